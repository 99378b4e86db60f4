"""The one table of RDF and result formats; negotiation, suffixes, dumps and documentation derive from it.

Media types: <https://www.iana.org/assignments/media-types>; negotiation: RFC 9110 §12.5.1.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from pyoxigraph import QueryResultsFormat, RdfFormat

Kind = Literal["graph", "table", "page"]


@dataclass(frozen=True)
class Format:
    """One way to write an answer."""

    name: str
    suffix: str
    media_types: tuple[str, ...]
    """The first is the one we send; all are understood."""
    kinds: tuple[Kind, ...]
    rdf: RdfFormat | None = None
    results: QueryResultsFormat | None = None
    iri: str | None = None
    """The format in <http://www.w3.org/ns/formats/>, for service descriptions and catalogues."""
    eu_file_type: str | None = None
    """Code in the EU file-type list, for the catalogue."""

    @property
    def media_type(self) -> str:
        """The media type we send."""
        return self.media_types[0]

    @property
    def content_type(self) -> str:
        """The `Content-Type` header, with the charset where the type is textual and has one."""
        return f"{self.media_type}; charset=utf-8" if self.media_type.startswith("text/") else self.media_type


_W3C = "http://www.w3.org/ns/formats/"

HTML = Format("HTML", "html", ("text/html", "application/xhtml+xml"), ("page",), eu_file_type="HTML")
TURTLE = Format("Turtle", "ttl", ("text/turtle", "application/x-turtle"), ("graph",), rdf=RdfFormat.TURTLE,
                iri=_W3C + "Turtle", eu_file_type="RDF_TURTLE")  # fmt: skip
JSON_LD = Format("JSON-LD", "jsonld", ("application/ld+json",), ("graph",), rdf=RdfFormat.JSON_LD,
                 iri=_W3C + "JSON-LD", eu_file_type="JSON_LD")  # fmt: skip
N_TRIPLES = Format("N-Triples", "nt", ("application/n-triples", "text/plain"), ("graph",), rdf=RdfFormat.N_TRIPLES,
                   iri=_W3C + "N-Triples", eu_file_type="RDF_N_TRIPLES")  # fmt: skip
RDF_XML = Format("RDF/XML", "rdf", ("application/rdf+xml",), ("graph",), rdf=RdfFormat.RDF_XML,
                 iri=_W3C + "RDF_XML", eu_file_type="RDF_XML")  # fmt: skip
N_QUADS = Format("N-Quads", "nq", ("application/n-quads",), (), rdf=RdfFormat.N_QUADS,
                 iri=_W3C + "N-Quads", eu_file_type="RDF_N_QUADS")  # fmt: skip
TRIG = Format("TriG", "trig", ("application/trig",), (), rdf=RdfFormat.TRIG, iri=_W3C + "TriG",
              eu_file_type="RDF_TRIG")  # fmt: skip
ATOM = Format("Atom", "atom", ("application/atom+xml",), (), eu_file_type="ATOM")
JSON = Format("JSON", "json", ("application/sparql-results+json", "application/json"), ("table",),
              results=QueryResultsFormat.JSON, iri=_W3C + "SPARQL_Results_JSON", eu_file_type="JSON")  # fmt: skip
XML = Format("XML", "xml", ("application/sparql-results+xml", "application/xml", "text/xml"), ("table",),
             results=QueryResultsFormat.XML, iri=_W3C + "SPARQL_Results_XML", eu_file_type="XML")  # fmt: skip
CSV = Format("CSV", "csv", ("text/csv",), ("table",), results=QueryResultsFormat.CSV,
             iri=_W3C + "SPARQL_Results_CSV", eu_file_type="CSV")  # fmt: skip
TSV = Format("TSV", "tsv", ("text/tab-separated-values",), ("table",), results=QueryResultsFormat.TSV,
             iri=_W3C + "SPARQL_Results_TSV", eu_file_type="TSV")  # fmt: skip

RECORDS_JSON = Format("JSON", "json", ("application/json",), (), eu_file_type="JSON")
RECORDS_CSV = Format("CSV", "csv", ("text/csv",), (), eu_file_type="CSV")
GEO_JSON = Format("GeoJSON", "geojson", ("application/geo+json", "application/vnd.geo+json"), (),
                  eu_file_type="GEOJSON")  # fmt: skip
"""Things with their names in the visitor's language, for those who know no RDF."""

FORMATS: tuple[Format, ...] = (HTML, TURTLE, JSON_LD, N_TRIPLES, RDF_XML, N_QUADS, TRIG, ATOM, JSON, XML, CSV, TSV)

GRAPH_FORMATS: tuple[Format, ...] = tuple(f for f in FORMATS if "graph" in f.kinds)
TABLE_FORMATS: tuple[Format, ...] = tuple(f for f in FORMATS if "table" in f.kinds)


def by_suffix(suffix: str, among: Sequence[Format] = FORMATS) -> Format | None:
    """Return the format that is written with `suffix` (without its dot), or None.

    >>> by_suffix("ttl").name
    'Turtle'
    """
    return next((f for f in among if f.suffix == suffix), None)


def by_media_type(media_type: str, among: Sequence[Format] = FORMATS) -> Format | None:
    """Return the format of a media type without parameters, or None.

    >>> by_media_type("application/json").name
    'JSON'
    """
    return next((f for f in among if media_type.strip().lower() in f.media_types), None)


@lru_cache(maxsize=1024)
def negotiate(accept: str | None, among: tuple[Format, ...]) -> Format | None:
    """Return the format of `among` that an `Accept` header likes best, or None where it takes none of them.

    The header's quality values decide, then the order of `among`; no header means the first. A more specific range
    sets the quality of what it covers (RFC 9110 §12.5.1).

    >>> negotiate("text/html;q=0.5, text/turtle", (HTML, TURTLE)).name
    'Turtle'
    >>> negotiate("*/*", (HTML, TURTLE)).name
    'HTML'
    >>> negotiate("image/png", (HTML, TURTLE)) is None
    True
    """
    if accept is None or not accept.strip():
        return among[0]
    ranges = list(_ranges(accept))
    best: tuple[float, int] | None = None
    chosen: Format | None = None
    for position, format_ in enumerate(among):
        quality = max((_quality(media_type, ranges) for media_type in format_.media_types), default=0.0)
        rank = (quality, -position)
        if quality > 0 and (best is None or rank > best):
            best, chosen = rank, format_
    return chosen


def _ranges(accept: str) -> Iterable[tuple[str, float]]:
    for part in accept.split(","):
        media_range, *parameters = (piece.strip() for piece in part.split(";"))
        quality = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "q":
                try:
                    quality = min(max(float(value), 0.0), 1.0)
                except ValueError:
                    quality = 0.0
        if media_range:
            yield media_range.lower(), quality


def _quality(media_type: str, ranges: Sequence[tuple[str, float]]) -> float:
    for wanted in (media_type, media_type.partition("/")[0] + "/*", "*/*"):
        found = [quality for media_range, quality in ranges if media_range == wanted]
        if found:
            return max(found)
    return 0.0
