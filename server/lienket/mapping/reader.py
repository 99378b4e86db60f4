"""Reads an RML document into rules, and reports every mistake in it at once.

RML-Core <http://w3id.org/rml/core/spec>, RML-IO <http://w3id.org/rml/io/spec> (tables and JSON in files), RML-FNML
<http://w3id.org/rml/fnml/spec> (function executions), RML-LV <http://w3id.org/rml/lv/spec> (logical views).
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from pyoxigraph import BlankNode, NamedNode

from ..datatypes import XSD_NAMES, is_language_tag
from ..errors import InputError, nearest
from ..vocabulary import RDF, RML, XSD
from .document import Document, Node, Term
from .key_reader import KeyReading
from .reading import short
from .rules import (
    DEFAULT_BASE_IRI,
    TERM_TYPES,
    Call,
    Constant,
    Constraint,
    LogicalView,
    PredicateObjectMap,
    Reference,
    RefObjectMap,
    Rules,
    Source,
    Template,
    TermMap,
    TermType,
    TriplesMap,
    term_maps,
    term_references,
    views,
)
from .terms import is_iri

_PROPERTIES: Final = frozenset(
    RML + name
    for name in (
        "logicalSource", "source", "referenceFormulation", "iterator", "root", "path", "null", "encoding",
        "compression", "sqlVersion", "subjectMap", "subject", "class", "baseIRI", "predicateObjectMap", "predicateMap",
        "predicate", "objectMap", "object", "graphMap", "graph", "constant", "reference", "template", "termType",
        "languageMap", "language", "datatypeMap", "datatype", "parentTriplesMap", "joinCondition", "childMap", "child",
        "parentMap", "parent", "functionExecution", "function", "functionMap", "input", "parameter", "parameterMap",
        "inputValue", "inputValueMap", "return", "returnMap", "condition", "viewOn", "field", "fieldName", "leftJoin",
        "innerJoin", "parentLogicalView", "structuralAnnotation", "onFields", "targetView", "targetFields",
        "namespace", "namespacePrefix", "namespaceURL",
    )
)  # fmt: skip
"""The words of RML that this module reads; another one in the namespace is a mistake, said so."""

_TEXTS: Final = ("languageMap", "datatypeMap")
"""Maps whose text becomes part of another term."""

YARRRML_SUFFIXES: Final = (".yml", ".yaml")


def read_rules(path: Path | str, *, base_iri: str = DEFAULT_BASE_IRI) -> Rules:
    """Read a mapping document: RML in Turtle (or another format of RDF), or YARRRML where the suffix is `.yml`.

    `base_iri` is put before relative IRIs that the rules make (RML concatenates), except where a triples map states
    its own rml:baseIRI; relative IRIs of the document itself are resolved against it.

    Raises InputError with one fault a mistake; each names the file and the triples map.
    """
    path = Path(path)
    document = _document(path, base_iri)
    reader = _Reader(document, base_iri)
    triples_maps = reader.triples_maps()
    if reader.faults:
        raise InputError(*reader.faults)
    of_views = [view.name for each in triples_maps.values() for view in views(each.source)]
    rows = {name: row for name in (*triples_maps, *of_views) if (row := document.row(name)) is not None}
    return Rules(path, triples_maps, reader.constraints, tuple(reader.warnings), rows)


def _document(path: Path, base_iri: str) -> Document:
    if path.suffix.lower() not in YARRRML_SUFFIXES:
        return Document(path, base_iri)
    from .yarrrml import read_yarrrml  # rules in RML do not wait for a reader of YAML

    return read_yarrrml(path, base_iri)


class _Reader(KeyReading):
    """Walks a document."""

    def __init__(self, document: Document, base_iri: str) -> None:
        super().__init__(document)
        self._base_iri = base_iri

    @property
    def constraints(self) -> tuple[Constraint, ...]:
        """What has to hold of the tables."""
        return tuple(self._constraints)

    def triples_maps(self) -> dict[str, TriplesMap]:
        self._check_words()
        nodes = list(
            dict.fromkeys(
                [
                    *self._document.of_type(RML + "TriplesMap"),
                    *(
                        node
                        for node in self._document.nodes()
                        if {RML + "logicalSource", RML + "subjectMap"} & set(self._document.predicates(node))
                    ),
                ]
            )
        )
        if not nodes:
            self._fault("holds no rml:TriplesMap; the prefix rml: has to stand for {namespace}", namespace=RML)
        names = {self._document.name(node) for node in nodes}
        found = {}
        for node in nodes:
            self._place = {"triples_map": self._document.name(node)}
            triples_map = self._triples_map_of(node)
            if triples_map is None:
                continue
            found[triples_map.name] = triples_map
            for each in triples_map.predicate_object_maps:
                for parent in each.objects:
                    if isinstance(parent, RefObjectMap) and parent.parent not in names:
                        self._fault("joins the triples map {parent}, which is not in this file", parent=parent.parent)
        for view in self._document.of_type(RML + "LogicalView"):
            self._logical_view(view)  # one that nobody uses may be at fault too
        self._read_annotations()
        for triples_map in found.values():
            self._place = {"triples_map": triples_map.name}
            self._check_joins(triples_map, found)
            self._check_field_names(triples_map, found)
        return found

    def _check_words(self) -> None:
        unknown = {
            predicate: node
            for node in self._document.nodes()
            for predicate in self._document.predicates(node)
            if predicate.startswith(RML) and predicate not in _PROPERTIES
        }
        for predicate in sorted(unknown):
            self._fault("uses {word}, which is no word of RML or one that is not supported", word=short(predicate),
                        meant=nearest(short(predicate), map(short, _PROPERTIES)))  # fmt: skip

    def _check_joins(self, triples_map: TriplesMap, found: Mapping[str, TriplesMap]) -> None:
        for each in triples_map.predicate_object_maps:
            for parent in each.objects:
                if not isinstance(parent, RefObjectMap) or parent.parent not in found or parent.conditions:
                    continue
                if found[parent.parent].source != triples_map.source:
                    self._fault(
                        "joins {parent}, which has another source, without a condition: give it an rml:joinCondition",
                        parent=parent.parent,
                    )

    def _triples_map_of(self, node: Node) -> TriplesMap | None:
        before = len(self.faults)
        subject_node = self._one(node, "subjectMap", "subject", required=True)
        source = self._abstract_source(node, "logicalSource")
        subject = self._shortcut_or_map(node, "subject", "subjectMap", ("IRI", "BlankNode"))
        classes: list[NamedNode] = []
        graphs: tuple[TermMap, ...] = ()
        if subject_node is not None and not self._document.objects(node, RML + "subject"):
            for class_ in self._document.objects(subject_node, RML + "class"):
                if isinstance(class_, NamedNode):
                    classes.append(class_)
                else:
                    self._fault("has an rml:class that is not an IRI: {found}", found=class_)
            graphs = self._graphs(subject_node)
        maps = tuple(
            self._predicate_object_map(each) for each in self._document.objects(node, RML + "predicateObjectMap")
        )
        base = self._one(node, "baseIRI")
        if base is not None and (not isinstance(base, NamedNode) or not is_iri(base.value)):
            self._fault("has an rml:baseIRI that is not an IRI: {found}", found=base)
        if len(self.faults) > before or not subject or not isinstance(subject[0], TermMap):
            return None
        base_iri = base.value if isinstance(base, NamedNode) else self._base_iri
        name = self._document.name(node)
        triples_map = TriplesMap(name, source, subject[0], tuple(classes), graphs, maps, base_iri)
        if isinstance(subject[0].expression, Template) and not term_references(subject[0]):
            self._warn("has a subject without a column in braces, so that all rows speak of one thing")
        if source is None and self._document.objects(node, RML + "logicalSource"):
            return None  # its view is at fault, and that is told already
        if source is None and any(term_references(each) for each in term_maps(triples_map)):
            self._fault("reads columns and has no rml:logicalSource")
            return None
        return triples_map

    def _abstract_source(self, node: Term, word: str) -> Source | LogicalView | None:
        logical = self._one(node, word)
        if logical is None:
            return None
        return self._logical_view(logical) if self._is_view(logical) else self._source(logical)

    def _source(self, logical: Term) -> Source | None:
        source = self._sources.read(logical)
        if source is not None:
            self._read_schema(logical, source)
        return source

    def _predicate_object_map(self, node: Term) -> PredicateObjectMap:
        predicates = self._shortcut_or_map(node, "predicate", "predicateMap", ("IRI",))
        objects = self._shortcut_or_map(node, "object", "objectMap", ("IRI", "BlankNode", "Literal"), joins=True)
        for found, word in ((predicates, "predicate"), (objects, "object")):
            stated = self._document.objects(node, RML + word) or self._document.objects(node, RML + word + "Map")
            if not found and not stated:
                self._fault("has a predicate object map without rml:{word} or rml:{word}Map", word=word)
        return PredicateObjectMap(
            tuple(each for each in predicates if isinstance(each, TermMap)), tuple(objects), self._graphs(node)
        )

    def _graphs(self, node: Term) -> tuple[TermMap, ...]:
        found = self._shortcut_or_map(node, "graph", "graphMap", ("IRI", "BlankNode"))
        return tuple(each for each in found if isinstance(each, TermMap))

    def _shortcut_or_map(
        self, node: Term, shortcut: str, word: str, kinds: tuple[str, ...], *, joins: bool = False
    ) -> "list[TermMap] | list[TermMap | RefObjectMap]":
        """Read the constant shortcuts and the term maps of one position, in document order within each."""
        found: list[TermMap | RefObjectMap] = []
        for constant in self._document.objects(node, RML + shortcut):
            if any(each.startswith(RML) for each in self._document.predicates(constant)):
                self._fault("has an rml:{word} that is described by rules; it takes a constant, and rules stand in"
                            " rml:{word}Map", word=shortcut)  # fmt: skip
                continue
            term_map = self._constant(constant, word, kinds)
            if term_map:
                found.append(term_map)
        for each in self._document.objects(node, RML + word):
            if joins and self._document.objects(each, RML + "parentTriplesMap"):
                reference = self._ref_object_map(each)
                if reference:
                    found.append(reference)
            else:
                term_map = self._term_map(each, word, kinds)
                if term_map:
                    found.append(term_map)
        return found

    def _ref_object_map(self, node: Term) -> RefObjectMap | None:
        parent = self._one(node, "parentTriplesMap", required=True)
        conditions = self._join_conditions(node)
        return RefObjectMap(self._document.name(parent), conditions) if parent is not None else None

    def _constant(self, term: Term, word: str, kinds: tuple[str, ...]) -> TermMap | None:
        kind: TermType = (
            "IRI" if isinstance(term, NamedNode) else "BlankNode" if isinstance(term, BlankNode) else "Literal"
        )
        if kind not in kinds:
            self._fault("has an rml:{word} with the constant {found}, where only {kinds} may stand",
                        word=word, found=term, kinds=" / ".join(kinds))  # fmt: skip
            return None
        return TermMap(Constant(term), kind)

    def _term_map(self, node: Term, word: str, kinds: tuple[str, ...], default: TermType = "IRI") -> TermMap | None:
        """Read a term map; a condition of it is kept with its term, that of a language or datatype in its text."""
        term_map = self._unconditional_term_map(node, word, kinds, default)
        condition = None if word in _TEXTS else self._condition(node)
        return replace(term_map, condition=condition) if term_map and condition else term_map

    def _unconditional_term_map(
        self, node: Term, word: str, kinds: tuple[str, ...], default: TermType
    ) -> TermMap | None:  # fmt: skip
        stated = self._one(node, "termType")
        term_type = TERM_TYPES.get(getattr(stated, "value", "")) if stated is not None else None
        if stated is not None and term_type is None:
            self._fault("has an unknown rml:termType in its rml:{word}: {found}; known are {known}", word=word,
                        found=short(str(getattr(stated, "value", stated))),
                        known=", ".join(map(short, TERM_TYPES)))  # fmt: skip
            return None
        language = self._language(node)
        datatype = self._datatype(node)
        read = self._expression if word in _TEXTS else self._unconditional
        expression = read(node, word, optional=term_type == "BlankNode")
        if expression is None:
            return None
        if isinstance(expression, Constant):
            constant = self._constant(expression.term, word, kinds)
            if constant and term_type is not None and _family(term_type) != _family(constant.term_type):
                self._fault("has an rml:{word} whose constant {found} is no {kind}", word=word,
                            found=expression.term, kind=term_type)  # fmt: skip
                return None
            if constant and constant.term_type == "Literal" and (language or datatype):
                return TermMap(constant.expression, "Literal", language, datatype)
            return constant
        if term_type is None:
            reads_text = word == "objectMap" and isinstance(expression, Reference | Call)
            term_type = "Literal" if reads_text or language or datatype else default
        if _family(term_type) not in kinds:
            self._fault("has an rml:{word} of the term type {found}, where only {kinds} may stand",
                        word=word, found=term_type, kinds=" / ".join(kinds))  # fmt: skip
            return None
        if term_type != "Literal" and (language or datatype):
            self._fault("has an rml:{word} with a language or datatype that is no literal", word=word)
            return None
        if language and datatype:
            self._fault("has an rml:{word} with both a language and a datatype", word=word)
            return None
        if term_type in ("IRI", "URI") and isinstance(expression, Template):
            self._check_template_text(expression, word)
        return TermMap(expression, term_type, language, datatype)

    def _check_template_text(self, template: Template, word: str) -> None:
        """Refuse fixed text that no IRI may hold; what is filled in is encoded when it is."""
        for part in template.parts:
            if isinstance(part, str) and re.search(r'[\x00-\x20<>"{}|^`\\]', part):
                self._fault("has a template in its rml:{word} with a character that no IRI may hold: {found}",
                            word=word, found=part)  # fmt: skip
                return

    def _language(self, node: Term) -> TermMap | None:
        found = self._shortcut_or_literal(node, "language", "languageMap")
        if found and isinstance(found.expression, Constant):
            tag = found.expression.term.value
            # Longer first parts are kept for languages yet to be registered: they are words such as “english”.
            if not is_language_tag(tag) or re.match("[A-Za-z]{4}", tag):
                self._fault("has a language tag that is not well-formed: {found}; expected one such as vi or en-GB",
                            found=tag)  # fmt: skip
                return None
        return found

    def _shortcut_or_literal(self, node: Term, shortcut: str, word: str) -> TermMap | None:
        constants = self._document.objects(node, RML + shortcut)
        if constants:
            return self._constant(constants[0], word, ("Literal",))
        maps = self._document.objects(node, RML + word)
        return self._term_map(maps[0], word, ("Literal",), "Literal") if maps else None

    def _datatype(self, node: Term) -> TermMap | None:
        constants = self._document.objects(node, RML + "datatype")
        maps = self._document.objects(node, RML + "datatypeMap")
        found = None
        if constants:
            found = self._constant(constants[0], "datatype", ("IRI",))
        elif maps:
            found = self._term_map(maps[0], "datatypeMap", ("IRI",))
        if found and found.expression == Constant(NamedNode(RDF + "langString")):
            self._fault("states the datatype rdf:langString; state rml:language instead")
            return None
        if found and isinstance(found.expression, Constant):
            iri = found.expression.term.value
            if iri.startswith(XSD) and iri.removeprefix(XSD) not in XSD_NAMES:
                self._warn("states the datatype {datatype}, which XSD does not have", datatype=short(iri),
                           meant=nearest(short(iri), (f"xsd:{name}" for name in XSD_NAMES)))  # fmt: skip
        return found


def _family(term_type: TermType) -> str:
    return term_type if term_type in ("BlankNode", "Literal") else "IRI"
