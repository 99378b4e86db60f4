"""Reads shapes and the data they are held against; refuses by name what nobody would check.

A misspelt SHACL term is skipped by validators without a word, so every term of the SHACL namespace is looked up here.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox
import rdflib
from rdflib.namespace import SH

from lienket.errors import Fault, Faults, InputError
from lienket.rdf import read_quads

_TERMS = """
    targetClass targetNode targetObjectsOf targetSubjectsOf property path node name description order group
    defaultValue message severity deactivated inversePath alternativePath zeroOrMorePath oneOrMorePath zeroOrOnePath
    class datatype nodeKind minCount maxCount minExclusive minInclusive maxExclusive maxInclusive minLength maxLength
    pattern flags languageIn uniqueLang equals disjoint lessThan lessThanOrEquals not and or xone qualifiedValueShape
    qualifiedMinCount qualifiedMaxCount qualifiedValueShapesDisjoint closed ignoredProperties hasValue in
    sparql select ask prefixes declare prefix namespace suggestedShapesGraph shapesGraph entailment
    Shape NodeShape PropertyShape PropertyGroup NodeKind IRI BlankNode Literal BlankNodeOrIRI BlankNodeOrLiteral
    IRIOrLiteral Violation Warning Info SPARQLConstraint PrefixDeclaration
"""
SHACL_TERMS = frozenset(_TERMS.split())
"""The terms of SHACL Core and SHACL-SPARQL constraints; custom components, functions and rules are refused."""

SHAPE_LINKS = (SH.targetClass, SH.node, SH.property, SH["class"], SH.datatype, SH.nodeKind)
"""Terms whose values name something, and so are no literals."""

_SERVICE = re.compile(r"\bSERVICE\b", re.IGNORECASE)


@dataclass(frozen=True)
class Shapes:
    """A graph of shapes and the files it came from."""

    graph: rdflib.Graph
    files: tuple[Path, ...]


def read_shapes(files: Iterable[Path]) -> Shapes:
    """Return the shapes in `files`; raises `InputError` with every fault: not RDF, unknown term, forbidden query."""
    files = tuple(files)
    faults = Faults()
    graph = rdflib.Graph()
    for file in files:
        with faults.gathered():
            graph += _checked(file)
    faults.raise_if_any()
    return Shapes(graph, files)


def _checked(file: Path) -> rdflib.Graph:
    graph = read_graph([file])
    used = {term for triple in graph for term in triple if isinstance(term, rdflib.URIRef) and term.startswith(str(SH))}
    faults = [
        Fault("is not a term of SHACL Core or SHACL-SPARQL; check its spelling", file=str(file), text=f"sh:{name}")
        for name in sorted(term.removeprefix(str(SH)) for term in used)
        if name not in SHACL_TERMS
    ]
    faults += [
        Fault("a query in a shape may not use SERVICE: shapes are checked without network", file=str(file))
        for predicate in (SH.select, SH.ask)
        for query in graph.objects(None, predicate)
        if _SERVICE.search(str(query))
    ]
    faults += _unreadable(graph, file)
    if faults:
        raise InputError(*faults)
    return graph


def _unreadable(graph: rdflib.Graph, file: Path) -> list[Fault]:
    """Find the patterns and queries that no validator could read."""
    faults = []
    for shape, pattern in graph.subject_objects(SH.pattern):
        try:
            re.compile(str(pattern))
        except re.error as error:
            faults.append(
                Fault("sh:pattern of {shape} is no regular expression: {reason}", file=str(file), text=str(pattern),
                      values={"shape": shape, "reason": error})
            )  # fmt: skip
    for predicate in SHAPE_LINKS:
        faults += [
            Fault("sh:{name} of {shape} must be an IRI", file=str(file), text=str(value),
                  values={"name": predicate.removeprefix(str(SH)), "shape": shape})
            for shape, value in graph.subject_objects(predicate)
            if isinstance(value, rdflib.Literal)
        ]  # fmt: skip
    return faults


def read_graph(files: Iterable[Path]) -> rdflib.Graph:
    """Return the triples of RDF files as one graph, literals as written, blank nodes of different files apart.

    Raises `InputError` naming every file that is not RDF.
    """
    faults = Faults()
    graph = rdflib.Graph()
    with _literals_as_written():
        for file in files:
            with faults.gathered():
                for quad in read_quads(file, apart=True):
                    graph.add((_term(quad.subject), _term(quad.predicate), _term(quad.object)))
    faults.raise_if_any()
    return graph


def _term(term: object) -> rdflib.term.Node:
    match term:
        case ox.NamedNode():
            return rdflib.URIRef(term.value)
        case ox.BlankNode():
            return rdflib.BNode(term.value)
        case ox.Literal():
            if term.language:
                return rdflib.Literal(term.value, lang=term.language)
            datatype = term.datatype.value
            plain = datatype == str(rdflib.XSD.string)
            return rdflib.Literal(term.value, datatype=None if plain else rdflib.URIRef(datatype))
    raise InputError("triples about triples (RDF 1.2) cannot be validated with SHACL 1.0")


@contextmanager
def _literals_as_written() -> Iterator[None]:
    before = rdflib.NORMALIZE_LITERALS
    rdflib.NORMALIZE_LITERALS = False
    try:
        yield
    finally:
        rdflib.NORMALIZE_LITERALS = before
