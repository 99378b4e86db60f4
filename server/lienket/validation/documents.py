"""Reads shapes and the data they are held against; refuses by name what nobody would check.

A misspelt SHACL term is skipped by validators without a word, so every term of the SHACL namespace is looked up here.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyoxigraph as ox
import rdflib
from rdflib.namespace import OWL, RDF, SH

from ..errors import Fault, Faults, InputError, shown
from ..formats import by_suffix
from ..rdf import read_quads
from .shape_reader import read_model
from .shapes import Shape
from .terms import canonical_lines

_TERMS = """
    targetClass targetNode targetObjectsOf targetSubjectsOf property path node name description order group
    defaultValue message severity deactivated inversePath alternativePath zeroOrMorePath oneOrMorePath zeroOrOnePath
    class datatype nodeKind minCount maxCount minExclusive minInclusive maxExclusive maxInclusive minLength maxLength
    pattern flags languageIn uniqueLang equals disjoint lessThan lessThanOrEquals not and or xone qualifiedValueShape
    qualifiedMinCount qualifiedMaxCount qualifiedValueShapesDisjoint closed ignoredProperties hasValue in
    sparql select ask prefixes declare prefix namespace suggestedShapesGraph shapesGraph entailment
    Shape NodeShape PropertyShape PropertyGroup NodeKind IRI BlankNode Literal BlankNodeOrIRI BlankNodeOrLiteral
    IRIOrLiteral Violation Warning Info SPARQLConstraint PrefixDeclaration
    ConstraintComponent Parameter parameter optional labelTemplate validator nodeValidator propertyValidator
    Validator SPARQLAskValidator SPARQLSelectValidator
    ValidationReport ValidationResult AbstractResult conforms result detail focusNode value resultPath resultMessage
    resultSeverity sourceShape sourceConstraint sourceConstraintComponent shapesGraphWellFormed
"""
SHACL_TERMS = frozenset(_TERMS.split())
"""The terms of SHACL Core, SHACL-SPARQL and their reports; functions and rules are refused."""

_COMPONENT = re.compile(r"[A-Z]\w+ConstraintComponent")
_SERVICE = re.compile(r"\bSERVICE\b", re.IGNORECASE)
_LINES = 50_000
"""So many triples are one piece of a file."""


@dataclass(frozen=True)
class Shapes:
    """A graph of shapes, what it says as values, and the files it came from."""

    graph: rdflib.Graph
    files: tuple[Path, ...]
    roots: tuple[Shape, ...]
    """The shapes that have targets; what they refer to hangs on them."""
    not_imported: tuple[Fault, ...] = ()
    """What the files import from the web and do not hold, as warnings."""


def read_shapes(files: Iterable[Path]) -> Shapes:
    """Return the shapes in `files`.

    Raises `InputError` with every fault: not RDF, an unknown term, a forbidden query, what contradicts SHACL, an import
    of a file that is not among `files`.
    """
    files = tuple(files)
    faults = Faults()
    graph = rdflib.Graph()
    places: dict[rdflib.term.Node, str] = {}
    for file in files:
        with faults.gathered():
            stated = _checked(file)
            graph += stated
            for subject in stated.subjects():
                places.setdefault(subject, shown(file))
    not_imported = list(_not_imported(graph, files, places))
    faults.found += [fault for fault in not_imported if fault.severity == "error"]
    faults.raise_if_any()
    roots = read_model(graph, lambda node: places.get(node, ", ".join(map(shown, files))))
    return Shapes(graph, files, roots, tuple(not_imported))


def _not_imported(
    graph: rdflib.Graph, files: Iterable[Path], places: Mapping[rdflib.term.Node, str]
) -> Iterator[Fault]:
    """Yield what is imported and not there: of files an error, of the web a warning."""
    there = {rdflib.URIRef(file.resolve().as_uri()) for file in files} | set(graph.subjects(RDF.type, OWL.Ontology))
    for node, imported in sorted(graph.subject_objects(OWL.imports)):
        if imported not in there:
            yield Fault("imports {iri}, which is not among the files of shapes; give its file, too: nothing is fetched",
                        file=places.get(node), values={"iri": imported},
                        severity="error" if str(imported).startswith("file:") else "warning")  # fmt: skip


def _checked(file: Path) -> rdflib.Graph:
    graph = read_graph([file])
    used = {
        term
        for triple in graph
        if not _is_data(graph, triple[0])
        for term in triple
        if isinstance(term, rdflib.URIRef) and term.startswith(str(SH))
    }
    faults = [
        Fault("is not a term of SHACL Core or SHACL-SPARQL; check its spelling", file=str(file), text=f"sh:{name}")
        for name in sorted(term.removeprefix(str(SH)) for term in used)
        if name not in SHACL_TERMS and not _COMPONENT.fullmatch(name)
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


def _is_data(graph: rdflib.Graph, node: rdflib.term.Node) -> bool:
    """Tell whether a node is something else than a shape, so that what it says is not for us: it has a type of its own.

    It is a shape all the same where it says anything that shapes say.
    """
    types = [str(type_) for type_ in graph.objects(node, RDF.type)]
    said = {str(predicate).removeprefix(str(SH)) for predicate in graph.predicates(node)}
    of_shapes = (str(SH), str(rdflib.RDFS.Class), str(rdflib.OWL.Class))
    return bool(types) and not any(type_.startswith(of_shapes) for type_ in types) and said.isdisjoint(SHACL_TERMS)


def read_triples(files: Iterable[Path]) -> Iterator[str]:
    """Yield the triples of RDF files as pieces of N-Triples, literals as written, blank nodes of different files apart.

    Equal terms are equal texts, as `terms.py` has it. Raises `InputError` naming every file that is not RDF.
    """
    faults = Faults()
    for file in files:
        with faults.gathered():
            quads = read_quads(file, apart=True)
            format_ = by_suffix(file.suffix.removeprefix("."))
            if format_ and format_.rdf and format_.rdf.supports_datasets:
                quads = (ox.Quad(quad.subject, quad.predicate, quad.object) for quad in quads)
            while lines := ox.serialize(islice(quads, _LINES), format=ox.RdfFormat.N_QUADS):
                yield canonical_lines(lines.decode())
    faults.raise_if_any()


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
