"""The same in schema.org's words for search engines: JSON-LD in the page's head (<https://schema.org/>)."""

from typing import Any, Final

from flask import json

from lienket.vocabulary import SCHEMA
from lienket.web.datasets import Dataset
from lienket.web.describe import Description
from lienket.web.names import order_of
from lienket.web.shown import Shown

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
    """Return the JSON-LD of a dataset, as dataset search engines read it, safe inside a script element."""
    languages = order_of(present.project.languages, language)
    description = about.description(languages)
    members: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "@id": about.iri,
        "name": described.name.value,
        "url": about.iri,
        "isAccessibleForFree": True,
        "dateModified": present.release.manifest["created"],
        "distribution": [
            {
                "@type": "DataDownload",
                "encodingFormat": dump["media_type"],
                "contentUrl": f"{present.project.base_iri}dumps/{dump['file']}",
                "contentSize": str(dump["size"]),
            }
            for dump in about.counted.get("dumps", ())
        ],
    }
    if description:
        members["description"] = description.value
    if about.licence:
        members["license"] = about.licence
    if about.publisher:
        members["creator"] = {"@type": "Organization", "@id": about.publisher}
    return _embedded(members)


def _embedded(members: dict[str, Any]) -> str:
    text = json.dumps(members, ensure_ascii=False)
    return "".join(_UNSAFE.get(character, character) for character in text)
