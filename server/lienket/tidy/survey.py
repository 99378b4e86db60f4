"""What is in a dataset's statements: the kinds of things and their properties, places, periods, links outside.

It is read off the sorted N-Quads, in which all that is said of one thing stands together.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from lienket.tidy.names import column_names
from lienket.vocabulary import GEO, LOCN, OWL, RDF, SCHEMA, SKOS, SOSA, TIME

Pair = tuple[str, str]
"""An IRI of a property, and what its values are: "iri", a language tag with its @, or the IRI of a datatype or ""."""
Said = list[tuple[str, str, str]]
"""What is said of one thing: property, what the value is, the value."""

IRI: Final = "iri"
BLANK: Final = "blank"

TYPE: Final = RDF + "type"
AS_WKT: Final = GEO + "asWKT"
HAS_GEOMETRY: Final = (GEO + "hasGeometry", GEO + "hasDefaultGeometry", LOCN + "geometry")

_SDMX_PERIOD: Final = "http://purl.org/linked-data/sdmx/2009/dimension#refPeriod"
_ABOUT_TIME: Final = frozenset((
    TIME + "inXSDDate", TIME + "inXSDDateTimeStamp", TIME + "inXSDgYear", TIME + "inXSDgYearMonth",
    SCHEMA + "startDate", SCHEMA + "endDate", SCHEMA + "validFrom", SCHEMA + "observationDate",
    SOSA + "resultTime", _SDMX_PERIOD,
))  # fmt: skip
"""Properties that say when what the data tells of was so."""
_TIME: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:T.*)?")

_LINKS: Final = frozenset((
    OWL + "sameAs", SKOS + "exactMatch", SKOS + "closeMatch", SKOS + "broadMatch", SKOS + "narrowMatch",
    SKOS + "relatedMatch", SCHEMA + "sameAs",
))  # fmt: skip
"""Properties that lead to the same thing, or nearly the same, elsewhere."""
_UNITS: Final = frozenset((
    "http://purl.org/linked-data/sdmx/2009/attribute#unitMeasure", "http://qudt.org/schema/qudt/hasUnit",
    "http://qudt.org/schema/qudt/unit",
))  # fmt: skip
_NO_LINKS: Final = (
    "http://www.w3.org/", "https://www.w3.org/", "http://purl.org/", "https://schema.org/", "http://www.opengis.net/",
    "http://xmlns.com/", "http://qudt.org/", "http://www.wikidata.org/prop",
)  # fmt: skip
"""What words are made of; to use a word is no link."""

_ESCAPE: Final = re.compile(r'\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([tbnrf"\'\\]))')
_MEANT: Final = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}


@dataclass
class Kind:
    """Things of the same classes."""

    classes: tuple[str, ...]
    subjects: int = 0
    most: dict[Pair, int] = field(default_factory=dict)
    """How often a thing has a property at most."""
    having: Counter[Pair] = field(default_factory=Counter)
    """How many things have it."""
    name: str = ""
    """A name for file names, each once in the dataset."""
    label: str = ""
    """The class that it is named after."""


@dataclass(frozen=True)
class Survey:
    """What is in a dataset's statements."""

    kinds: tuple[Kind, ...]
    names: Mapping[Pair, str]
    """A column's name, each once in the dataset."""
    shapes: Mapping[str, str]
    """Geometry → its Well-Known Text."""
    period: tuple[str, str] | None
    """First and last day that the data tells of, as yyyy-mm-dd."""
    links: Mapping[tuple[str, str], int]
    """(property, what the IRI of the target begins with) → number of links to elsewhere."""
    units: tuple[str, ...]
    """Units of measure that figures are in, by IRI."""


def subjects(nquads: Path, graph: str) -> Iterator[tuple[str, Said]]:
    """Yield each thing with an IRI and all that is said of it; `graph` is the IRI that every line ends with."""
    end = len(f" <{graph}> .\n".encode())
    with nquads.open("rb") as file:
        terms = (line[:-end].split(b" ", 2) for line in file)
        for subject, lines in groupby(terms, key=lambda parts: parts[0]):
            if subject.startswith(b"<"):
                yield subject[1:-1].decode(), [_said(predicate, value) for _, predicate, value in lines]


def _said(predicate: bytes, value: bytes) -> tuple[str, str, str]:
    text = value.decode()
    if text.startswith("<"):
        return predicate[1:-1].decode(), IRI, text[1:-1]
    if text.startswith("_:"):
        return predicate[1:-1].decode(), BLANK, text
    lexical, _, rest = text[1:].rpartition('"')
    plain = _ESCAPE.sub(_unescaped, lexical) if "\\" in lexical else lexical
    return predicate[1:-1].decode(), rest[3:-1] if rest.startswith("^^") else rest, plain


def _unescaped(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    return chr(int(code, 16)) if code else _MEANT.get(match[3], match[3])


def survey(
    nquads: Path, graph: str, *, base_iri: str, prefixes: Mapping[str, str], words: frozenset[str] = frozenset()
) -> Survey:
    """Read a dataset's statements once and return what is in them.

    `words` are beginnings of IRIs that are terms and entries of code lists: to use one is no link.
    """
    kinds: dict[tuple[str, ...], Kind] = {}
    shapes: dict[str, str] = {}
    first = last = ""
    links: Counter[tuple[str, str]] = Counter()
    pairs: set[Pair] = set()
    units: set[str] = set()
    own: set[str] = set()
    for subject, said in subjects(nquads, graph):
        own.add(beginning(subject))
        classes = tuple(value for predicate, kind, value in said if predicate == TYPE and kind == IRI)
        counted: Counter[Pair] = Counter()
        for predicate, kind, value in said:
            if predicate == TYPE or kind == BLANK:
                continue
            counted[predicate, kind] += 1
            if predicate == AS_WKT:
                shapes[subject] = value
            elif predicate in _ABOUT_TIME and (match := _TIME.fullmatch(value)):
                start, end = _days(match)
                first, last = min(first or start, start), max(last, end)
            elif kind == IRI and (target := _target(predicate, value, base_iri, words)):
                links[predicate, target] += 1
            if kind == IRI and predicate in _UNITS:
                units.add(value)
        if classes:
            known = kinds.setdefault(classes, Kind(classes))
            known.subjects += 1
            for pair, number in counted.items():
                known.most[pair] = max(known.most.get(pair, 0), number)
            known.having.update(counted.keys())
        pairs.update(counted)
    ordered = tuple(kinds[classes] for classes in sorted(kinds))
    _name_kinds(ordered, base_iri)
    return Survey(
        ordered, column_names(pairs, prefixes), shapes, (first, last) if first else None,
        {link: number for link, number in sorted(links.items()) if link[1] not in own},
        tuple(sorted(units)),
    )  # fmt: skip


def _days(match: re.Match[str]) -> tuple[str, str]:
    """Return the first and the last day of a year, a month or a day.

    >>> _days(_TIME.fullmatch("2016")), _days(_TIME.fullmatch("2024-02"))
    (('2016-01-01', '2016-12-31'), ('2024-02-01', '2024-02-29'))
    """
    year, month, day = match[1], match[2], match[3]
    if month is None:
        return f"{year}-01-01", f"{year}-12-31"
    if day is None:
        leap = int(year) % 4 == 0 and (int(year) % 100 != 0 or int(year) % 400 == 0)
        length = {"02": 29 if leap else 28, "04": 30, "06": 30, "09": 30, "11": 30}.get(month, 31)
        return f"{year}-{month}-01", f"{year}-{month}-{length}"
    return f"{year}-{month}-{day}", f"{year}-{month}-{day}"


def beginning(iri: str) -> str:
    """Return what the IRIs of things of the same sort begin with.

    >>> beginning("https://data.example/id/unit/19753-2025-07")
    'https://data.example/id/unit/'
    """
    return iri[: max(iri.rfind("/"), iri.rfind("#")) + 1]


def _target(predicate: str, value: str, base_iri: str, words: frozenset[str]) -> str:
    """Return what the IRI of a link to elsewhere begins with; "" where it is none."""
    if value.startswith(base_iri):
        start = beginning(value)
        return "" if start in words else start
    if predicate not in _LINKS and value.startswith(_NO_LINKS):
        return ""
    parts = urlsplit(value)
    return f"{parts.scheme}://{parts.netloc}/" if parts.scheme in ("http", "https") and parts.netloc else ""


def _name_kinds(kinds: tuple[Kind, ...], base_iri: str) -> None:
    """Give each kind a name: that of the class that tells it apart, best one in the deployment's own words."""
    taken: set[str] = set()
    shared = Counter(class_ for kind in kinds for class_ in kind.classes)
    for kind in kinds:
        ordered = sorted(kind.classes, key=lambda class_: (not class_.startswith(base_iri), shared[class_], class_))
        parts = [re.sub(r"[^A-Za-z0-9]+", "-", re.split(r"[/#]", class_)[-1]) for class_ in ordered]
        kind.label = ordered[0]
        name = parts[0]
        if name in taken:
            name = "-".join(dict.fromkeys(parts))
        number = 2
        while name in taken:
            name, number = f"{parts[0]}-{number}", number + 1
        taken.add(name)
        kind.name = name
