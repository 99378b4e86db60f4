"""Reads property paths and lists out of a graph <https://www.w3.org/TR/shacl/#property-paths>."""

from collections.abc import Sequence

import rdflib
from rdflib import RDF, BNode, URIRef
from rdflib.namespace import SH

from .shapes import AlternativePath, InversePath, Path, PredicatePath, RepeatedPath, SequencePath
from .terms import term

Node = rdflib.term.Node


class IllFormedError(ValueError):
    """A path or a list is not what it should be; the message says why, for a fault."""


def read_list(graph: rdflib.Graph, head: Node) -> list[Node]:
    """Return the members of a list; raises `IllFormedError` where it has no end, or several."""
    members: list[Node] = []
    seen: set[Node] = set()
    while head != RDF.nil:
        firsts, rests = list(graph.objects(head, RDF.first)), list(graph.objects(head, RDF.rest))
        if head in seen or len(firsts) != 1 or len(rests) != 1:
            raise IllFormedError("a list is not well-formed")
        seen.add(head)
        members += firsts
        head = rests[0]
    return members


def read_path(graph: rdflib.Graph, node: Node, within: Sequence[Node] = ()) -> Path:
    """Return a path; raises `IllFormedError`. A blank node that is a list is a sequence, whatever else it states."""
    if isinstance(node, URIRef):
        return PredicatePath(term(node))
    if not isinstance(node, BNode) or node in within:
        raise IllFormedError("a path is an IRI or made of paths, and does not hold itself")
    within = (*within, node)
    if (node, RDF.rest, None) in graph:
        return SequencePath(_paths(graph, node, within))
    for alternatives in graph.objects(node, SH.alternativePath):
        return AlternativePath(_paths(graph, alternatives, within))
    for inner in graph.objects(node, SH.inversePath):
        return InversePath(read_path(graph, inner, within))
    for inner in graph.objects(node, SH.zeroOrMorePath):
        return RepeatedPath(read_path(graph, inner, within), "zeroOrMorePath")
    for inner in graph.objects(node, SH.oneOrMorePath):
        return RepeatedPath(read_path(graph, inner, within), "oneOrMorePath")
    for inner in graph.objects(node, SH.zeroOrOnePath):
        return RepeatedPath(read_path(graph, inner, within), "zeroOrOnePath")
    raise IllFormedError("a blank node states no kind of path")


def _paths(graph: rdflib.Graph, head: Node, within: Sequence[Node]) -> tuple[Path, ...]:
    paths = tuple(read_path(graph, member, within) for member in read_list(graph, head))
    if len(paths) < 2:
        raise IllFormedError("a sequence or an alternative has two paths or more")
    return paths
