"""The endpoint described to programs: SPARQL 1.1 Service Description <https://www.w3.org/TR/sparql11-service-description/>."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import pyoxigraph as ox

from lienket.formats import GRAPH_FORMATS, TABLE_FORMATS
from lienket.vocabulary import RDF, SD, VOID, XSD

_TYPE = ox.NamedNode(RDF + "type")

_FUNCTIONS: Final = "http://www.opengis.net/def/function/geosparql/"
_GEOSPARQL: Final = (
    "distance", "envelope", "asGeoJSON", "sfEquals", "sfDisjoint", "sfIntersects", "sfTouches", "sfCrosses", "sfWithin",
    "sfContains", "sfOverlaps", "ehEquals", "ehDisjoint", "ehMeet", "ehOverlap", "ehCovers", "ehCoveredBy", "ehInside",
    "ehContains", "rcc8eq", "rcc8dc", "rcc8ec", "rcc8po", "rcc8tppi", "rcc8tpp", "rcc8ntpp", "rcc8ntppi",
)  # fmt: skip
"""Functions of GeoSPARQL 1.1 that the store knows."""


def service_description(
    service: str, endpoints: Iterable[str], graphs: Mapping[str, int], statistics: Iterable[ox.Triple] = (),
    *, federated: bool = False,
) -> Iterator[ox.Triple]:  # fmt: skip
    """Yield the description of the service with the IRI `service`, asked at any of `endpoints`.

    `graphs` has the number of triples of each named graph; the default graph is their union, whose number of triples
    is not the sum where graphs overlap and is therefore not told. `statistics` is the VoID description, in which a
    dataset has the name of its graph: what it says of a graph is said here of it. `federated` tells that `SERVICE` may
    ask some other endpoints.
    """
    iri = ox.NamedNode(service)
    dataset, default_graph = ox.BlankNode("dataset"), ox.BlankNode("default-graph")
    yield ox.Triple(iri, _TYPE, _sd("Service"))
    for endpoint in sorted(set(endpoints)):
        yield ox.Triple(iri, _sd("endpoint"), ox.NamedNode(endpoint))
    yield ox.Triple(iri, _sd("supportedLanguage"), _sd("SPARQL11Query"))
    yield ox.Triple(iri, _sd("feature"), _sd("UnionDefaultGraph"))
    if federated:
        yield ox.Triple(iri, _sd("feature"), _sd("BasicFederatedQuery"))
    for function in _GEOSPARQL:
        yield ox.Triple(iri, _sd("extensionFunction"), ox.NamedNode(_FUNCTIONS + function))
    for format_ in (*TABLE_FORMATS, *GRAPH_FORMATS):
        if format_.iri:
            yield ox.Triple(iri, _sd("resultFormat"), ox.NamedNode(format_.iri))
    yield ox.Triple(iri, _sd("defaultDataset"), dataset)
    yield ox.Triple(dataset, _TYPE, _sd("Dataset"))
    yield ox.Triple(dataset, _sd("defaultGraph"), default_graph)
    yield ox.Triple(default_graph, _TYPE, _sd("Graph"))
    said: dict[object, list[ox.Triple]] = {}
    for triple in statistics:
        said.setdefault(triple.subject, []).append(triple)
    for number, (name, triples) in enumerate(sorted(graphs.items()), 1):
        named, graph = ox.BlankNode(f"named-graph-{number}"), ox.BlankNode(f"graph-{number}")
        yield ox.Triple(dataset, _sd("namedGraph"), named)
        yield ox.Triple(named, _TYPE, _sd("NamedGraph"))
        yield ox.Triple(named, _sd("name"), ox.NamedNode(name))
        yield ox.Triple(named, _sd("graph"), graph)
        yield ox.Triple(graph, _TYPE, _sd("Graph"))
        yield ox.Triple(
            graph, ox.NamedNode(VOID + "triples"), ox.Literal(str(triples), datatype=ox.NamedNode(XSD + "integer"))
        )
        for triple in said.get(ox.NamedNode(name), ()):
            if triple.predicate.value in _STATISTICS:
                yield ox.Triple(graph, triple.predicate, triple.object)
                yield from said.get(triple.object, ())


_STATISTICS: Final = tuple(
    VOID + name
    for name in ("entities", "classes", "properties", "distinctSubjects", "distinctObjects", "classPartition",
                 "propertyPartition")
)  # fmt: skip


def _sd(name: str) -> ox.NamedNode:
    return ox.NamedNode(SD + name)
