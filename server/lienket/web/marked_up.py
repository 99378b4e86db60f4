"""The same in schema.org's words for search engines: JSON-LD in the page's head (<https://schema.org/>)."""

from collections.abc import Iterable
from typing import Any, Final

import pyoxigraph as ox
from flask import json

from lienket.vocabulary import DCAT, DCT, SCHEMA
from lienket.web import harvest
from lienket.web.datasets import Dataset
from lienket.web.describe import Description
from lienket.web.names import links, order_of
from lienket.web.shown import Shown

_LONGEST: Final = 5000
"""Characters of a description that search engines read."""

_UNSAFE: Final = {
    "<": "\\u003c",
    ">": "\\u003e",
    "&": "\\u0026",
    "'": "\\u0027",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
}


def thing(present: Shown, described: Description) -> str:
    """Return the JSON-LD of a thing, safe inside a script element."""
    kinds = [kind.iri.removeprefix(SCHEMA) for kind in described.kinds if kind.iri.startswith(SCHEMA)]
    members: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": kinds[0] if kinds else ("Place" if described.map else "Thing"),
        "@id": described.iri,
        "name": described.name.value,
        "url": described.iri,
    }
    if described.other_names:
        members["alternateName"] = [text.value for text in described.other_names]
    if described.summary:
        members["description"] = described.summary.value
    if described.map is not None:
        longitude, latitude = described.map.centre
        members["geo"] = {"@type": "GeoCoordinates", "latitude": round(latitude, 6), "longitude": round(longitude, 6)}
    if described.sources:
        members["subjectOf"] = [{"@type": "Dataset", "@id": source.iri} for source in described.sources]
    return _embedded(members)


def dataset(present: Shown, about: Dataset, described: Description, language: str) -> str:
    """Return the JSON-LD of a dataset, as dataset search engines read it, safe inside a script element.

    What they ask for: <https://developers.google.com/search/docs/appearance/structured-data/dataset>.
    """
    languages = order_of(present.project.languages, language)
    said = _Said(harvest.part(present, about.id), about.iri)
    members: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "@id": about.iri,
        "name": described.name.value,
        "alternateName": [text.value for text in about.titles if text.value != described.name.value],
        "description": (about.description(languages) or described.name).value[:_LONGEST],
        "url": about.iri,
        "identifier": about.iri,
        "version": about.modified,
        "inLanguage": list(present.project.languages),
        "isAccessibleForFree": True,
        "datePublished": about.issued,
        "dateModified": about.modified,
        "keywords": said.texts(DCAT + "keyword"),
        "includedInDataCatalog": {"@type": "DataCatalog", "@id": f"{present.project.base_iri}catalog"},
        "spatialCoverage": [{"@type": "Place", "@id": place} for place in said.iris(DCT + "spatial")],
        "temporalCoverage": [_interval(said, period) for period in said.nodes(DCT + "temporal")],
        "license": about.licence,
        "distribution": [
            {
                "@type": "DataDownload",
                "name": dump["file"],
                "encodingFormat": dump["media_type"],
                "contentUrl": f"{present.project.base_iri}dumps/{dump['file']}",
                "contentSize": f"{dump['size']} B",
                "sha256": dump["sha256"],
            }
            for dump in about.counted.get("dumps", ())
        ],
    }
    if about.publisher:
        named = links(present, [about.publisher], languages)[about.publisher].name.value
        body = {"@type": "Organization", "@id": about.publisher, "name": named, "url": about.publisher}
        members["creator"] = members["publisher"] = body
    return _embedded({name: value for name, value in members.items() if value})


def _interval(said: "_Said", period: object) -> str:
    """Return a period as ISO 8601 has it, open at an end that is not known."""
    start, end = (next(iter(said.texts(DCAT + name, period)), "..") for name in ("startDate", "endDate"))
    return f"{start}/{end}"


class _Said:
    """What the catalogue says of a dataset."""

    def __init__(self, triples: Iterable[ox.Triple], iri: str) -> None:
        self._about: object = ox.NamedNode(iri)
        self._values: dict[tuple[object, str], list[Any]] = {}
        for triple in triples:
            self._values.setdefault((triple.subject, triple.predicate.value), []).append(triple.object)

    def nodes(self, predicate: str, subject: object = None) -> list[Any]:
        return self._values.get((subject or self._about, predicate), [])

    def texts(self, predicate: str, subject: object = None) -> list[str]:
        return [value.value for value in self.nodes(predicate, subject) if isinstance(value, ox.Literal)]

    def iris(self, predicate: str) -> list[str]:
        return [value.value for value in self.nodes(predicate) if isinstance(value, ox.NamedNode)]


def _embedded(members: dict[str, Any]) -> str:
    text = json.dumps(members, ensure_ascii=False)
    return "".join(_UNSAFE.get(character, character) for character in text)
