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
    if faults:
        raise InputError(*faults)
    return graph


def read_graph(files: Iterable[Path]) -> rdflib.Graph:
    """Return the triples of RDF files as one graph, literals as written; raises `InputError` naming every bad file."""
    faults = Faults()
    graph = rdflib.Graph()
    with _literals_as_written():
        for number, file in enumerate(files):
            with faults.gathered():
                for quad in read_quads(file):
                    graph.add((_term(quad.subject, number), _term(quad.predicate, number), _term(quad.object, number)))
    faults.raise_if_any()
    return graph


def _term(term: object, file_number: int) -> rdflib.term.Node:
    """Return the rdflib term; blank nodes of different files stay different."""
    match term:
        case ox.NamedNode():
            return rdflib.URIRef(term.value)
        case ox.BlankNode():
            return rdflib.BNode(f"f{file_number}{term.value}")
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
