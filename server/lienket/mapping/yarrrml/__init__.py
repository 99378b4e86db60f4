"""Reads YARRRML <https://rml.io/yarrrml/spec/> into the triples of an RML document, which `reader.py` reads on.

The part of it that people write: prefixes, base, sources, mappings with subjects, predicates and objects in short and
long form, graphs, languages, datatypes, functions, conditions, and objects that are subjects of another mapping.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from pyoxigraph import Literal, NamedNode

from ...errors import InputError, distinct, nearest
from ...vocabulary import GREL, IDLAB_FUNCTION, RDF, RML
from ..document import Document, Node
from ..terms import is_iri
from ..yaml_nodes import List, Map, Text, Value, read_yaml
from .inline import looks_like_call
from .parts import words_of
from .sources import Sources
from .texts import Piece, has_column

_TYPES: Final = {"iri": "IRI", "blank": "BlankNode", "literal": "Literal"}
_SHORT_FUNCTIONS: Final = {"equal": IDLAB_FUNCTION + "equal", "notEqual": IDLAB_FUNCTION + "notEqual"}
_SHORT_PARAMETERS: Final = {"str1": GREL + "valueParam", "str2": GREL + "valueParam2"}


def read_yarrrml(path: Path, base_iri: str) -> Document:
    """Read a file.

    Raises InputError with one fault a mistake; each names the line and the mapping.
    """
    found = read_yaml(path)
    reader = _Reader(path, base_iri)
    reader.read(found)
    if reader.faults:
        raise InputError(*distinct(reader.faults))
    return Document.of(path, reader.triples, reader.names, reader.rows, reader.warnings)


class _Reader(Sources):
    """Walks a file."""

    def __init__(self, path: Path, base_iri: str) -> None:
        super().__init__(path)
        self._base_iri = base_iri
        self._variants: dict[str, list[Node]] = {}
        self.names: dict[Node, str] = {}
        self.rows: dict[str, int] = {}

    # The document

    def read(self, value: Value) -> None:
        parts = self._parts(value, "document")
        if isinstance(prefixes := parts.get("prefixes", Map((), value.row)), Map):
            for key, each in prefixes.items:
                self._prefixes[key.text] = self._text(each, "prefix") or ""
        if "base" in parts:
            self._base_iri = self._text(parts["base"], "base") or self._base_iri
        if isinstance(sources := parts.get("sources"), Map):
            self._sources = {key.text: each for key, each in sources.items}
        mappings = parts.get("mappings")
        if not isinstance(mappings, Map) or not mappings.items:
            self._fault("holds no mappings; write mappings:, below it a name, and below that sources, s and po",
                        mappings or value)  # fmt: skip
            return
        read = []
        for key, each in mappings.items:
            self._mapping = key.text
            if key.text in words_of("mapping") and not isinstance(each, Map):
                self._mapping = ""
                self._fault("has {key} where a mapping's name is expected; indent it below its mapping", key,
                            key=key.text)  # fmt: skip
                continue
            read.append((key, self._parts(each, "mapping")))
            self._variants[key.text] = []
        # A mapping of several sources or subjects is as many triples maps; all are named before one joins another.
        pairs = [(key, mapping, *pair) for key, mapping in read for pair in self._pairs(mapping)]
        for number, (key, *_) in enumerate(pairs):
            node = NamedNode(f"urn:lienket:{number}")
            known = self._variants[key.text]
            self.names[node] = f"{key.text} ({len(known) + 1})" if known else key.text
            self.rows[self.names[node]] = key.row
            known.append(node)
        for named, (key, mapping, source, subject) in zip(list(self.names), pairs, strict=True):
            self._mapping = key.text
            self._triples_map(named, key, mapping, source, subject)

    def _pairs(self, mapping: Mapping[str, Value]) -> Iterator[tuple[Value | None, Value | None]]:
        """Yield every source with every subject."""
        sources: list[Value | None] = [*self._listed(mapping.get("sources"), whole=_is_source)]
        subjects: list[Value | None] = [*self._listed(mapping.get("subjects"))]
        for source in sources or [None]:
            yield from ((source, subject) for subject in subjects or [None])

    def _triples_map(
        self, node: Node, key: Text, mapping: Mapping[str, Value], source: Value | None, subject: Value | None
    ) -> None:
        self.triples.append((node, RDF + "type", NamedNode(RML + "TriplesMap")))
        if is_iri(self._base_iri):
            self._state(node, "baseIRI", NamedNode(self._base_iri))
        if source is None:
            self._fault("has no source", key)
        elif (logical := self._source(source)) is not None:
            self._state(node, "logicalSource", logical)
        subject_map = self._node(node, "subjectMap")
        if subject is None:
            self._state(subject_map, "termType", NamedNode(RML + "BlankNode"))
        else:
            if isinstance(subject, Text) and not has_column(subject.text) and ":" not in subject.text:
                self._warn("has the subject {found} without a column, so that all rows speak of one thing", subject,
                           found=subject.text)  # fmt: skip
            self._term(subject_map, subject, "IRI")
        if "condition" in mapping:
            self._condition(subject_map, mapping["condition"])
        for graph in self._listed(mapping.get("graphs")):
            self._term(self._node(subject_map, "graphMap"), graph, "IRI")
        for each in self._listed(mapping.get("predicateobjects"), whole=_is_short):
            self._predicate_objects(node, each)

    def _predicate_objects(self, node: Node, value: Value) -> None:
        graphs: list[Value] = []
        condition = None
        if isinstance(value, List):
            if len(value.items) not in (2, 3):
                self._fault("has a predicate and object of {number} parts; expected [predicate, object] or"
                            " [predicate, object, language or datatype]", value, number=len(value.items))  # fmt: skip
                return
            predicates = self._listed(value.items[0])
            objects = [self._short(each, value.items[2:]) for each in self._listed(value.items[1])]
        else:
            parts = self._parts(value, "predicateobjects")
            predicates, graphs = self._listed(parts.get("predicates")), self._listed(parts.get("graphs"))
            objects = [
                self._short(each.items[0], each.items[1:]) if isinstance(each, List) and each.items else (each, None)
                for each in self._listed(parts.get("objects"))
            ]
            condition = parts.get("condition")
        both = self._node(node, "predicateObjectMap")
        for predicate in predicates:
            if isinstance(predicate, Text) and has_column(predicate.text):
                self._term(self._node(both, "predicateMap"), predicate, "IRI")
            elif (iri := self._iri(predicate, "predicate")) is not None:
                self._state(both, "predicate", iri)
        is_class = any(isinstance(each, Text) and each.text in ("a", "rdf:type") for each in predicates)
        for object_, suffix in objects:
            self._object(both, object_, suffix, "IRI" if is_class else "Literal", condition)
        for graph in graphs:
            self._term(self._node(both, "graphMap"), graph, "IRI")

    def _short(self, value: Value, more: tuple[Value, ...]) -> tuple[Value, Value | None]:
        return value, more[0] if more else None

    def _object(
        self, both: Node, value: Value, suffix: Value | None, default: str, condition: Value | None
    ) -> None:  # fmt: skip
        parts = self._parts(value, "object") if isinstance(value, Map) else {}
        if "mapping" in parts:
            self._join(both, parts)
            return
        object_map = self._node(both, "objectMap")
        self._term(object_map, value, default)
        if isinstance(suffix, Text) and suffix.text.endswith("~lang"):
            self._tag(object_map, Text(suffix.text.removesuffix("~lang"), suffix.row))
        elif suffix is not None:
            self._typed(object_map, suffix)
        if "language" in parts:
            self._tag(object_map, parts["language"])
        if "datatype" in parts:
            self._typed(object_map, parts["datatype"])
        if condition is not None:
            self._condition(object_map, condition)

    def _tag(self, object_map: Node, value: Value) -> None:
        text = (self._text(value, "language") or "").removesuffix("~lang")
        if has_column(text):
            self._expression(self._node(object_map, "languageMap"), text, value)
        else:
            self._state(object_map, "language", Literal(text))

    def _typed(self, object_map: Node, value: Value) -> None:
        if isinstance(value, Text) and has_column(value.text):
            self._expression(self._node(object_map, "datatypeMap"), self._expanded(value.text, value), value)
        elif isinstance(value, Text) and re.fullmatch("[a-z]{2}(?:-[A-Z]{2})?", value.text):
            self._fault("has {found} as its datatype; a language is written {found}~lang", value, found=value.text)
        elif (iri := self._iri(value, "datatype")) is not None:
            self._state(object_map, "datatype", iri)

    # Terms

    def _term(self, term_map: Node, value: Value, default: str) -> None:
        """Write what a term map says: a text with references, or a function, of a kind that may be stated."""
        parts: dict[str, Value] = {"value": value}
        if isinstance(value, Map):
            parts = self._parts(value, "object")
        called = parts.get("value")
        if isinstance(called, Text) and looks_like_call(called.text) and self._is_prefixed(called.text):
            call = self._call(called)
            parts = parts | self._parts(call, "object") if call else {}
        stated = self._text(parts["type"], "type") if "type" in parts else None
        if stated is not None and stated not in _TYPES:
            self._fault("has the unknown type {found}; known are {known}", value, found=stated,
                        known=", ".join(_TYPES))  # fmt: skip
            return
        kind = _TYPES[stated] if stated else default
        if "condition" in parts:
            self._condition(term_map, parts["condition"])
        if "function" in parts:
            self._state(term_map, "termType", NamedNode(RML + kind))
            self._execution(term_map, parts)
        elif "value" not in parts:
            if parts:
                self._fault("has neither a value nor a function here", value)
        elif (text := self._text(parts["value"], "value")) is not None:
            if text.endswith("~iri"):
                text, kind = text.removesuffix("~iri"), "IRI"
            if kind == "IRI":
                text = self._expanded(text, parts["value"])
            self._text_of(term_map, text, kind, parts["value"])

    def _text_of(self, term_map: Node, text: str, kind: str, at: Value) -> None:
        found = self._pieces(text, at)
        if any(piece.is_column for piece in found):
            # A natural datatype is only asked for where nothing is said about the kind of term.
            if kind != "Literal" or len(found) > 1:
                self._state(term_map, "termType", NamedNode(RML + kind))
            self._write(term_map, found)
            return
        text = "".join(piece.text for piece in found)
        if kind != "IRI":
            self._state(term_map, "constant", Literal(text))
            return
        text = text if re.match("[A-Za-z][A-Za-z0-9+.-]*:", text) else self._base_iri + text
        if is_iri(text):
            self._state(term_map, "constant", NamedNode(text))
        else:
            self._fault("has {found} as its {what}, which is no IRI", at, found=text, what="value")

    def _expression(self, node: Node, text: str, at: Value) -> None:
        """Write a text with columns as a reference or a template."""
        self._write(node, self._pieces(text, at))

    def _write(self, node: Node, found: Sequence[Piece]) -> None:
        if len(found) == 1 and found[0].is_column:
            self._state(node, "reference", Literal(found[0].text))
            return
        texts = (f"{{{_braced(piece.text)}}}" if piece.is_column else _braced(piece.text) for piece in found)
        self._state(node, "template", Literal("".join(texts)))

    # Functions, conditions and joins

    def _function(self, value: Value) -> NamedNode | None:
        if isinstance(value, Text) and value.text in _SHORT_FUNCTIONS:
            return NamedNode(_SHORT_FUNCTIONS[value.text])
        return self._iri(value, "function")

    def _execution(self, node: Node, parts: Mapping[str, Value]) -> None:
        execution = self._node(node, "functionExecution")
        if (function := self._function(parts["function"])) is not None:
            self._state(execution, "function", function)
        for each in self._listed(parts.get("parameters")):
            name, value = self._parameter(each)
            if name is None or value is None:
                continue
            given = self._node(execution, "input")
            short = _SHORT_PARAMETERS.get(name.text) if isinstance(name, Text) else None
            parameter = NamedNode(short) if short else self._iri(name, "parameter")
            if parameter is not None:
                self._state(given, "parameter", parameter)
            self._term(self._node(given, "inputValueMap"), value, "Literal")

    def _parameter(self, value: Value) -> tuple[Value | None, Value | None]:
        if isinstance(value, List) and len(value.items) in (2, 3):
            return value.items[0], value.items[1]
        if isinstance(value, Map):
            parts = self._parts(value, "parameter")
            if {"parameter", "value"} <= parts.keys():
                return parts["parameter"], parts["value"]
            if not parts:
                return None, None
        self._fault("has parameters that are not written as [[parameter, value], …]", value)
        return None, None

    def _condition(self, node: Node, value: Value) -> None:
        parts = self._parts(value, "object")
        if "function" not in parts:
            self._fault("has a condition without a function", value)
            return
        self._execution(self._node(node, "condition"), parts)

    def _join(self, both: Node, parts: Mapping[str, Value]) -> None:
        name = self._text(parts["mapping"], "mapping") or ""
        if name not in self._variants:
            self._fault("joins the mapping {name}, which is not in this file; there are {known}", parts["mapping"],
                        name=name, known=", ".join(self._variants), meant=nearest(name, self._variants))  # fmt: skip
            return
        for parent in self._variants[name]:
            reference = self._node(both, "objectMap")
            self._state(reference, "parentTriplesMap", parent)
            for condition in self._listed(parts.get("condition")):
                self._join_condition(self._node(reference, "joinCondition"), condition)

    def _join_condition(self, node: Node, value: Value) -> None:
        parts = self._parts(value, "object")
        sides = [self._parameter(each)[1] for each in self._listed(parts.get("parameters"))]
        if _SHORT_FUNCTIONS["equal"] != getattr(self._function(parts.get("function", value)), "value", "") or (
            len(sides) != 2
        ):
            self._fault("joins on something else than equal with the parameters str1 (here) and str2 (there)", value)
            return
        for word, side in zip(("childMap", "parentMap"), sides, strict=True):
            if side is not None and (text := self._text(side, "parameter")) is not None:
                self._expression(self._node(node, word), text, side)


def _is_source(value: List) -> bool:
    """Tell whether a list is one source, [file~csv, iterator], and not several."""
    return bool(value.items) and isinstance(value.items[0], Text) and "~" in value.items[0].text and not any(
        isinstance(each, Text) and "~" in each.text for each in value.items[1:]
    )  # fmt: skip


def _is_short(value: List) -> bool:
    """Tell whether a list is one predicate with its object, and not several."""
    return bool(value.items) and isinstance(value.items[0], Text)


def _braced(text: str) -> str:
    """Escape for a template of RML."""
    return re.sub(r"[{}\\]", r"\\\g<0>", text)
