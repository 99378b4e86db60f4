"""What a query in SPARQL reads: the predicates it names, so that it is given no more of the data than it can see."""

from collections.abc import Iterable, Iterator, Mapping

import rdflib
from rdflib.namespace import SH
from rdflib.paths import AlternativePath, InvPath, MulPath, SequencePath
from rdflib.plugins.sparql.algebra import translateQuery
from rdflib.plugins.sparql.parser import parseQuery

from .paths import predicates_of
from .shapes import PropertyShape, Shape, Term, is_foreign
from .terms import node_of, term

_PATH = rdflib.URIRef("urn:x-lienket:path")
_VALIDATORS = (SH.validator, SH.nodeValidator, SH.propertyValidator)


def predicates_read(graph: rdflib.Graph, shapes: Iterable[Shape]) -> frozenset[Term] | None:
    """Return the predicates that the queries of some shapes can see; None where that may be any."""
    prefixes = {
        str(prefix): str(namespace)
        for declared in graph.objects(None, SH.declare)
        for prefix in graph.objects(declared, SH.prefix)
        for namespace in graph.objects(declared, SH.namespace)
    }
    found: set[Term] = set()
    for shape in shapes:
        if isinstance(shape, PropertyShape):
            found |= predicates_of(shape.path)
        for query in _queries(graph, shape):
            try:
                parsed = translateQuery(parseQuery(query.replace("$PATH", f"<{_PATH}>")), initNs=prefixes)
                found |= {term(predicate) for predicate in _predicates(parsed.algebra) if predicate != _PATH}
            except Exception:  # any predicate, or a query that is none: whoever runs it says what is wrong with it
                return None
    return frozenset(found)


def _queries(graph: rdflib.Graph, shape: Shape) -> Iterator[str]:
    """Yield the queries of a shape's own constraints and of the components that the shapes define."""
    nodes = list(graph.objects(node_of(shape.node), SH.sparql))
    for constraint in shape.constraints:
        if is_foreign(constraint) and constraint.component != "SPARQL":
            component = rdflib.URIRef(constraint.component)
            nodes += [node for validator in _VALIDATORS for node in graph.objects(component, validator)]
    for node in nodes:
        yield from (str(query) for stated in (SH.select, SH.ask) for query in graph.objects(node, stated))


def _predicates(part: object) -> Iterator[rdflib.URIRef]:
    """Yield the predicates of every triple pattern in a part of a query's algebra; raises ValueError of any."""
    if isinstance(part, Mapping):
        for _, predicate, _ in part.get("triples", ()):
            yield from _steps(predicate)
        for name, inner in part.items():
            if name != "triples":
                yield from _predicates(inner)
    elif isinstance(part, list | tuple | set):
        for inner in part:
            yield from _predicates(inner)


def _steps(predicate: object) -> Iterator[rdflib.URIRef]:
    match predicate:
        case rdflib.URIRef():
            yield predicate
        case InvPath():
            yield from _steps(predicate.arg)
        case MulPath():
            yield from _steps(predicate.path)
        case SequencePath() | AlternativePath():
            for step in predicate.args:
                yield from _steps(step)
        case _:
            raise ValueError("any predicate")
