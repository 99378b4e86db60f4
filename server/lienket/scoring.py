"""The metadata score of data.europa.eu: 405 points for what a dataset's description says and what is served.

Metrics and points are those of its Metadata Quality Assessment <https://data.europa.eu/mqa/methodology>. A dataset has
the points of its own description and those of its best distribution. Whether an address answers is told by what the
release serves; an address elsewhere counts as silent, since nothing is asked over the network.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from lienket.vocabulary import DCAT, DCT

_EU: Final = "http://publications.europa.eu/resource/authority/"
_IANA: Final = ("https://www.iana.org/assignments/media-types/", "http://www.iana.org/assignments/media-types/")

_OPEN: Final = frozenset((
    "CSV", "GEOJSON", "GML", "GPKG", "JSON", "JSON_LD", "KML", "NETCDF", "ODS", "PARQUET", "RDF", "RDF_N_QUADS",
    "RDF_N_TRIPLES", "RDF_TRIG", "RDF_TURTLE", "RDF_XML", "SPARQLQ", "SPARQLQRES", "TSV", "TXT", "XML",
))  # fmt: skip
"""File types that no single maker owns."""
_READABLE: Final = (_OPEN - {"TXT"}) | {"XLS", "XLSX", "XLSB", "XLSM", "DBF", "SHP"}
"""File types whose content programs can take apart."""


@dataclass(frozen=True)
class Metric:
    """One of the things that points are given for."""

    name: str
    dimension: str
    points: int
    words: str
    """What it is, in the words that a language pack translates."""
    advice: str
    """What to do to have its points, likewise."""
    example: str = ""
    """What to write into dataset.ttl."""


_MADE: Final = "The release states this by itself as soon as the dataset is published."

METRICS: Final[tuple[Metric, ...]] = (
    Metric("keyword", "findability", 30, "Keywords", "Write the words that people search for, in each language.",
           'dcat:keyword "chợ"@vi , "markets"@en'),
    Metric("theme", "findability", 30, "Themes", "Name a theme of the EU's list, or of a list that is matched with it.",
           "dcat:theme <http://publications.europa.eu/resource/authority/data-theme/HEAL>"),
    Metric("spatial", "findability", 20, "Place", "Say which place the data is about, by its number in GeoNames.",
           "dct:spatial <https://sws.geonames.org/1562822/>"),
    Metric("temporal", "findability", 20, "Period",
           "Say which period the data is about; ask who delivered the table if it does not say so.",
           'dct:temporal [ a dct:PeriodOfTime ; dcat:startDate "2025-01-01"^^xsd:date ; '
           'dcat:endDate "2025-12-31"^^xsd:date ]'),
    Metric("access_url_answers", "accessibility", 50, "The dataset's address answers", _MADE),
    Metric("download_url", "accessibility", 20, "A file can be downloaded", _MADE),
    Metric("download_url_answers", "accessibility", 30, "The download's address answers", _MADE),
    Metric("format", "interoperability", 20, "Format of the files", _MADE),
    Metric("media_type", "interoperability", 10, "Media type of the files", _MADE),
    Metric("format_known", "interoperability", 10, "Format and media type are of the official lists",
           "Deliver the table in a usual format, such as CSV or XLSX."),
    Metric("non_proprietary", "interoperability", 20, "A format that no single maker owns",
           "Deliver the table in an open format, such as CSV."),
    Metric("machine_readable", "interoperability", 20, "A format that programs can take apart",
           "Deliver the table as CSV, XLSX or JSON, and not as a picture or PDF."),
    Metric("dcat_ap", "interoperability", 30, "The description follows DCAT-AP",
           "Mend what lienket check names in dataset.ttl."),
    Metric("licence", "reusability", 20, "Licence", "Name the licence by its address.",
           "dct:license <http://publications.europa.eu/resource/authority/licence/CC_BY_4_0>"),
    Metric("licence_known", "reusability", 10, "The licence is of the EU's list",
           "Name the licence by its address in the EU's list.",
           "dct:license <http://publications.europa.eu/resource/authority/licence/CC_BY_4_0>"),
    Metric("access_rights", "reusability", 10, "Access rights", "Say whether everybody may have the data.",
           "dct:accessRights <http://publications.europa.eu/resource/authority/access-right/PUBLIC>"),
    Metric("access_rights_known", "reusability", 5, "The access rights are of the EU's list",
           "Name the access rights by their address in the EU's list.",
           "dct:accessRights <http://publications.europa.eu/resource/authority/access-right/PUBLIC>"),
    Metric("contact_point", "reusability", 20, "Whom to ask", "Name the office to ask, and how to reach it.",
           'dcat:contactPoint [ a vcard:Organization ; vcard:fn "…"@vi ; vcard:hasEmail <mailto:…> ]'),
    Metric("publisher", "reusability", 10, "Publisher", "Name the department by its address.",
           "dct:publisher <../id/agency/…>"),
    Metric("rights", "contextuality", 5, "Conditions of use", "Say what one may do and what is to be cited.",
           'dct:rights [ a dct:RightsStatement ; rdfs:label "…"@vi , "…"@en ]'),
    Metric("byte_size", "contextuality", 5, "Size of the files", _MADE),
    Metric("issued", "contextuality", 5, "First published", _MADE),
    Metric("modified", "contextuality", 5, "Last changed", _MADE),
)  # fmt: skip
"""All metrics; their points sum up to `MOST`."""

DIMENSIONS: Final[Mapping[str, str]] = {
    "findability": "Findability",
    "accessibility": "Accessibility",
    "interoperability": "Interoperability",
    "reusability": "Reusability",
    "contextuality": "Contextuality",
}
"""Dimension → its name, in the words that a language pack translates."""

MOST: Final = sum(metric.points for metric in METRICS)

RATINGS: Final = ((351, "excellent"), (221, "good"), (121, "sufficient"), (0, "bad"))
"""Points from which on a rating holds, and the rating."""

Points = Mapping[str, int]
"""Name of a metric → the points that a dataset has for it."""


def total(points: Points) -> int:
    """Return the sum."""
    return sum(points.values())


def rating(points: int) -> str:
    """Return the word for a number of points.

    >>> rating(385), rating(120)
    ('excellent', 'bad')
    """
    return next(word for least, word in RATINGS if points >= least)


def of_dimension(points: Points, dimension: str) -> int:
    """Return the points of one dimension."""
    return sum(points.get(metric.name, 0) for metric in METRICS if metric.dimension == dimension)


def most_of(dimension: str) -> int:
    """Return the points that there are in one dimension."""
    return sum(metric.points for metric in METRICS if metric.dimension == dimension)


def missing(points: Points) -> list[Metric]:
    """Return what a dataset lacks points for, most points first."""
    lacking = [metric for metric in METRICS if points.get(metric.name, 0) < metric.points]
    return sorted(lacking, key=lambda metric: -metric.points)


def stars(points: Points, links: int) -> int:
    """Return how many of the five stars of open data a dataset has (<https://5stardata.info/>).

    One for an open licence, one each for a form that programs read, one that nobody owns, addresses for things (all
    that is published here has those), and links to other data. A star counts only upon the ones before it.

    >>> stars({"licence": 20, "machine_readable": 20, "non_proprietary": 20}, 0)
    4
    """
    reached = (points.get("licence"), points.get("machine_readable"), points.get("non_proprietary"), True, links)
    return next((number for number, has in enumerate(reached) if not has), len(reached))


PROMISED: Final[Mapping[str, int]] = {
    "CONT": 1, "UPDATE_CONT": 1, "HOURLY": 1, "DAILY": 2, "DAILY_2": 1, "WEEKLY": 8, "WEEKLY_2": 5, "WEEKLY_3": 4,
    "BIWEEKLY": 16, "MONTHLY": 32, "MONTHLY_2": 17, "MONTHLY_3": 12, "BIMONTHLY": 63, "QUARTERLY": 93,
    "ANNUAL_2": 185, "ANNUAL_3": 124, "ANNUAL": 367, "BIENNIAL": 732, "TRIENNIAL": 1097, "QUINQUENNIAL": 1828,
    "DECENNIAL": 3654,
}  # fmt: skip
"""Code of the EU's frequencies → days after which a dataset is overdue; the others promise nothing."""


def promised(frequency: str) -> int | None:
    """Return the days within which a dataset is to change again by its frequency, an IRI of the EU's list.

    None where nothing is promised.
    """
    return PROMISED.get(frequency.removeprefix(_EU + "frequency/"))


def score(
    triples: Iterable[ox.Triple], dataset: str, *, serves: Callable[[str], bool], conforms: bool
) -> dict[str, int]:  # fmt: skip
    """Return the points of a dataset by metric, from the description of it and of its distributions.

    `serves` tells whether an address answers; `conforms` whether the description meets the shapes of DCAT-AP.
    """
    said = _Said(triples)
    own = _of_dataset(said, dataset) | {"dcat_ap": conforms}
    best: dict[str, bool] = {}
    for distribution in said.of(dataset, DCAT + "distribution"):
        found = _of_distribution(said, distribution, serves)
        found["issued"] = bool(said.of(dataset, DCT + "issued") or said.of(distribution, DCT + "issued"))
        found["modified"] = bool(said.of(dataset, DCT + "modified") or said.of(distribution, DCT + "modified"))
        if not best or _sum(found) > _sum(best):
            best = found
    has = own | best
    return {metric.name: metric.points if has.get(metric.name) else 0 for metric in METRICS}


def _sum(has: Mapping[str, bool]) -> int:
    return sum(metric.points for metric in METRICS if has.get(metric.name))


def _of_dataset(said: "_Said", dataset: str) -> dict[str, bool]:
    rights = said.of(dataset, DCT + "accessRights")
    return {
        "keyword": bool(said.of(dataset, DCAT + "keyword")),
        "theme": bool(said.of(dataset, DCAT + "theme")),
        "spatial": bool(said.of(dataset, DCT + "spatial")),
        "temporal": bool(said.of(dataset, DCT + "temporal")),
        "access_rights": bool(rights),
        "access_rights_known": any(value.startswith(_EU + "access-right/") for value in rights),
        "contact_point": bool(said.of(dataset, DCAT + "contactPoint")),
        "publisher": bool(said.of(dataset, DCT + "publisher")),
    }


def _of_distribution(said: "_Said", distribution: str, serves: Callable[[str], bool]) -> dict[str, bool]:
    downloads = said.of(distribution, DCAT + "downloadURL")
    formats = said.of(distribution, DCT + "format")
    media_types = said.of(distribution, DCAT + "mediaType")
    names = {value.removeprefix(_EU + "file-type/") for value in formats if value.startswith(_EU + "file-type/")}
    licences = said.of(distribution, DCT + "license")
    return {
        "access_url_answers": any(map(serves, said.of(distribution, DCAT + "accessURL"))),
        "download_url": bool(downloads),
        "download_url_answers": any(map(serves, downloads)),
        "format": bool(formats),
        "media_type": bool(media_types),
        "format_known": bool(names) and any(value.startswith(_IANA) for value in media_types),
        "non_proprietary": bool(names & _OPEN),
        "machine_readable": bool(names & _READABLE),
        "licence": bool(licences),
        "licence_known": any(value.startswith(_EU + "licence/") for value in licences),
        "rights": bool(said.of(distribution, DCT + "rights")),
        "byte_size": bool(said.of(distribution, DCAT + "byteSize")),
    }


class _Said:
    """What triples say, by subject and predicate."""

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        self._values: dict[tuple[str, str], list[str]] = {}
        for triple in triples:
            if isinstance(triple.subject, ox.NamedNode) and not isinstance(triple.object, ox.Triple):
                key = (triple.subject.value, triple.predicate.value)
                self._values.setdefault(key, []).append(triple.object.value)

    def of(self, subject: str, predicate: str) -> list[str]:
        return self._values.get((subject, predicate), [])
