"""The endpoint described to programs: SPARQL 1.1 Service Description <https://www.w3.org/TR/sparql11-service-description/>."""

from collections.abc import Iterable, Iterator, Mapping

import pyoxigraph as ox

from lienket.formats import GRAPH_FORMATS, TABLE_FORMATS
from lienket.vocabulary import RDF, SD, VOID, XSD

_TYPE = ox.NamedNode(RDF + "type")


def service_description(
    service: str, endpoints: Iterable[str], graphs: Mapping[str, int]
) -> Iterator[ox.Triple]:  # fmt: skip
    """Yield the description of the service with the IRI `service`, asked at any of `endpoints`.

    `graphs` has the number of triples of each named graph; the default graph is their union, whose number of triples
    is not the sum where graphs overlap and is therefore not told.
    """
    iri = ox.NamedNode(service)
    dataset, default_graph = ox.BlankNode("dataset"), ox.BlankNode("default-graph")
    yield ox.Triple(iri, _TYPE, _sd("Service"))
    for endpoint in sorted(set(endpoints)):
        yield ox.Triple(iri, _sd("endpoint"), ox.NamedNode(endpoint))
    yield ox.Triple(iri, _sd("supportedLanguage"), _sd("SPARQL11Query"))
    yield ox.Triple(iri, _sd("feature"), _sd("UnionDefaultGraph"))
    for format_ in (*TABLE_FORMATS, *GRAPH_FORMATS):
        if format_.iri:
            yield ox.Triple(iri, _sd("resultFormat"), ox.NamedNode(format_.iri))
    yield ox.Triple(iri, _sd("defaultDataset"), dataset)
    yield ox.Triple(dataset, _TYPE, _sd("Dataset"))
    yield ox.Triple(dataset, _sd("defaultGraph"), default_graph)
    yield ox.Triple(default_graph, _TYPE, _sd("Graph"))
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


def _sd(name: str) -> ox.NamedNode:
    return ox.NamedNode(SD + name)
