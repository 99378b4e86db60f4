"""The SQL engine and pySHACL agree, result by result, on random shapes over random graphs.

What pySHACL itself gets wrong is kept out as narrowly as can be, each time with the reason.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lienket.validation import Report, read_shapes, validate
from lienket.validation.shapes import path_text

PREFIXES = """
@prefix : <https://x.example/> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""

PREDICATES = (":p", ":q", ":r")
OF_ONE_KIND = (":v", ":w")
"""Predicates of literals that go together: in sh:lessThan pySHACL orders IRIs, and texts in languages, with others."""
CLASSES = (":C", ":D", ":E")
NODES = (":a", ":b", ":c", "_:x")
TEXTS = ('"a"', '"abc"', '"Huế"', '"a\\"b\\\\n"', '"two\\nlines"', '""')
IN_LANGUAGES = ('"a"@en', '"A"@en', '"à"@vi', '"b"@en-GB', '"a"@vi')
DATATYPES = ("xsd:string", "xsd:integer", "xsd:decimal", "xsd:double", "xsd:byte", "xsd:boolean", "xsd:date",
             "xsd:dateTime", "rdf:langString", ":own")  # fmt: skip
NODE_KINDS = ("IRI", "BlankNode", "Literal", "BlankNodeOrIRI", "BlankNodeOrLiteral", "IRIOrLiteral")
LANGUAGES = ('"en"', '"vi"', '"en-GB"', '"fr"')
PATTERNS = ("a", "^a", "b$", "^[a-c]+$", "^https://x\\\\.example/[ab]$", "^\\\\d+$", "A", "^.{2,3}$", "e|ế")

OF_VALUES = (
    "class",
    "datatype",
    "nodeKind",
    "minInclusive",
    "minExclusive",
    "maxInclusive",
    "maxExclusive",
    "minLength",
    "maxLength",
    "pattern",
    "languageIn",
    "in",
    "hasValue",
    "equals",
    "disjoint",
    "closed",
)
OF_PROPERTIES = ("minCount", "maxCount", "uniqueLang")
OF_SHAPES = ("not", "and", "or", "xone", "node", "property")


@dataclass(frozen=True)
class Family:
    """Literals of one graph, and bounds for them.

    pySHACL orders values of different kinds, ill-typed ones, and texts in a language with others.
    """

    literals: tuple[str, ...]
    bounds: tuple[str, ...]


FAMILIES = (
    Family(("1", "2", "01", "10", "2.0", "2.50", "-3", "1e1", '"7"^^xsd:byte', '"-2"^^xsd:int',
            '"12345678901234567890"^^xsd:integer', '"12345678901234567891"^^xsd:integer'),
           ("1", "2", "2.5", "1e1", "12345678901234567890")),
    Family(('"2024-02-29"^^xsd:date', '"2024-03-01"^^xsd:date', '"1999-12-31"^^xsd:date'), ('"2024-03-01"^^xsd:date',)),
    Family(('"2024-02-29T12:00:00"^^xsd:dateTime', '"2024-02-29T12:00:00Z"^^xsd:dateTime',
            '"2024-02-29T12:00:00+07:00"^^xsd:dateTime', '"2024-02-29T12:00:00.5"^^xsd:dateTime',
            '"2024-02-29T19:00:00+07:00"^^xsd:dateTime'),
           ('"2024-02-29T12:00:00"^^xsd:dateTime', '"2024-02-29T12:00:00Z"^^xsd:dateTime')),
    Family(("true", "false"), ("true", "false")),
    Family(('"x"', '"y"', '"ab"', '"ế"'), ('"b"', '"x"')),
    Family(("1", "01", "2.0", "1e1", '"300"^^xsd:byte', '"x"^^xsd:integer', '"2024-13-45"^^xsd:date', '"x"^^:own',
            '"2024-02-29"^^xsd:date', '"1"^^xsd:boolean', '"2024-02-29T12:00:00"^^xsd:dateTime'), ()),
)  # fmt: skip


class Author:
    """Writes one graph and one file of shapes, with literals of one family; what to write is drawn."""

    def __init__(self, draw: st.DrawFn, family: Family) -> None:
        self._draw = draw
        self._bounds = family.bounds
        texts = TEXTS if '"x"' in family.bounds else TEXTS + IN_LANGUAGES
        self._literals = texts + family.literals
        # In sh:lessThan, though not in sh:minInclusive, pySHACL orders dates without a time zone with others.
        self._ordered = [text for text in family.literals if "dateTime" not in text or "Z" in text or "+07:00" in text]

    def one(self, choices: Sequence[str]) -> str:
        return self._draw(st.sampled_from(choices))

    def number(self, least: int, most: int) -> int:
        return self._draw(st.integers(least, most))

    def several(self, choices: Sequence[str], most: int) -> str:
        return " ".join(self.one(choices) for _ in range(self.number(0, most)))

    def graph(self) -> str:
        return PREFIXES + "".join(f"{self._triple()} .\n" for _ in range(self.number(8, 30)))

    def _triple(self) -> str:
        match self.number(0, 5):
            case 0:
                return f"{self.one(NODES)} a {self.one(CLASSES)}"
            case 1:
                return f"{self.one(CLASSES)} rdfs:subClassOf {self.one(CLASSES)}"
            case 2:
                return f"{self.one(NODES)} {self.one(OF_ONE_KIND)} {self.one(self._ordered)}"
        return f"{self.one(NODES)} {self.one(PREDICATES)} {self.one(NODES + self._literals)}"

    def shapes(self) -> str:
        said = self._siblings() if self.number(0, 4) == 0 else self._node_shape(2)
        return (
            f"{PREFIXES}:S a sh:NodeShape ; {self._targets()} ; {said} .\n"
            f":T a sh:PropertyShape ; {self._targets()} ; {self._property_shape(2)} ; sh:severity sh:Warning .\n"
        )

    def _targets(self) -> str:
        return " ; ".join(self._target() for _ in range(self.number(1, 3)))

    def _target(self) -> str:
        match self.one(("Class", "Node", "SubjectsOf", "ObjectsOf")):
            case "Class":
                return f"sh:targetClass {self.one(CLASSES)}"
            case "Node":
                return f"sh:targetNode {self._term()}"
            case kind:
                return f"sh:target{kind} {self.one(PREDICATES + OF_ONE_KIND)}"

    def _term(self) -> str:
        return self.one(NODES[:3] + self._literals)

    def _siblings(self) -> str:
        def counted(count: str) -> str:
            return (
                f"[ sh:path :p ; sh:qualifiedValueShape [ {self._node_shape(0)} ] ; sh:{count} {self.number(0, 3)} ; "
                "sh:qualifiedValueShapesDisjoint true ]"
            )

        return f"sh:property {counted('qualifiedMinCount')} , {counted('qualifiedMaxCount')}"

    def _node_shape(self, depth: int) -> str:
        return self._said(OF_VALUES + (OF_SHAPES if depth else ()), depth, 3)

    def _property_shape(self, depth: int) -> str:
        known = OF_VALUES + OF_PROPERTIES + ((*OF_SHAPES, "qualifiedValueShape") if depth else ())
        said = self._said(known, depth, 4)
        if self._bounds and self.number(0, 4) == 0:
            return f"sh:path :v ; {self.one(('sh:lessThan', 'sh:lessThanOrEquals'))} :w ; {said}"
        return f"sh:path {self._path(self.number(1, 4))} ; {said}"

    def _shape(self, depth: int) -> str:
        return f"[ {self._node_shape(depth) if self.number(0, 1) else self._property_shape(depth)} ]"

    def _path(self, size: int) -> str:
        """Return a path of a size. pySHACL walks back along predicates, and not along longer paths."""
        if size == 1:
            predicate = self.one(PREDICATES + OF_ONE_KIND)
            return f"[ sh:inversePath {predicate} ]" if self.number(0, 3) == 0 else predicate
        match self.one(("zeroOrMorePath", "oneOrMorePath", "zeroOrOnePath", "alternativePath", "")):
            case "alternativePath":
                return f"[ sh:alternativePath ( {self._path(size // 2)} {self._path(size - size // 2)} ) ]"
            case "":
                return f"( {self._path(size // 2)} {self._path(size - size // 2)} )"
            case repeated:
                return f"[ sh:{repeated} {self._path(size - 1)} ]"

    def _said(self, known: Sequence[str], depth: int, most: int) -> str:
        """Return what a shape says, each parameter once."""
        chosen = self._draw(st.lists(st.sampled_from(known), max_size=most, unique=True))
        if not self._bounds:
            chosen = [name for name in chosen if not name.endswith("clusive")]
        return " ; ".join(f"sh:{name} {self._value(name, depth)}" for name in chosen)

    def _value(self, name: str, depth: int) -> str:
        match name:
            case "class":
                return self.one(CLASSES)
            case "datatype":
                return self.one(DATATYPES)
            case "nodeKind":
                return f"sh:{self.one(NODE_KINDS)}"
            case "minInclusive" | "minExclusive" | "maxInclusive" | "maxExclusive":
                return self.one(self._bounds)
            case "minLength":  # where it is 0, pySHACL takes blank nodes
                return str(self.number(1, 3))
            case "maxLength" | "minCount" | "maxCount":
                return str(self.number(0, 3))
            case "pattern":
                return f'"{self.one(PATTERNS)}"' + (' ; sh:flags "i"' if self.number(0, 1) else "")
            case "languageIn":
                return f"( {self.several(LANGUAGES, 2)} )"
            case "in":
                return f"( {self.several(NODES[:3] + self._literals, 5)} )"
            case "hasValue":
                return self._term()
            case "equals" | "disjoint":
                return self.one(PREDICATES)
            case "closed":
                return f"true ; sh:ignoredProperties ( {self.several((*PREDICATES, 'rdf:type'), 3)} )"
            case "uniqueLang":
                return "true"
            case "not":
                return self._shape(depth - 1)
            case "node":
                return f"[ {self._node_shape(depth - 1)} ]"
            case "property":
                return f"[ {self._property_shape(depth - 1)} ]"
            case "qualifiedValueShape":
                counts = f"sh:qualifiedMinCount {self.number(0, 3)} ; sh:qualifiedMaxCount {self.number(0, 3)}"
                return f"{self._shape(depth - 1)} ; {counts}"
        return f"( {self._shape(depth - 1)} {self._shape(depth - 1)} )"


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a graph and shapes for it."""
    author = Author(draw, draw(st.sampled_from(FAMILIES)))
    return author.graph(), author.shapes()


def compared(report: Report) -> list[tuple[str, ...]]:
    """Return the results; blank nodes of the data have other names whenever it is read."""

    def named(term: str | None) -> str:
        return "_:" if term and term.startswith("_:") else term or ""

    return sorted(
        (
            named(result.focus_term), path_text(result.result_path) if result.result_path else "",
            named(result.value_term), result.component.rpartition("#")[2], result.shape_term, result.severity_iri,
        )
        for result in report.results
    )  # fmt: skip


@settings(max_examples=int(os.environ.get("CASES", "60")), deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_both_engines_find_the_same(case: tuple[str, str]) -> None:
    """`CASES=5000` in the environment asks for as many."""
    with TemporaryDirectory() as folder:
        data, file = Path(folder, "data.ttl"), Path(folder, "shapes.ttl")
        data.write_text(case[0], encoding="utf-8")
        file.write_text(case[1], encoding="utf-8")
        shapes = read_shapes([file])
        assert compared(validate([data], shapes)) == compared(validate([data], shapes, engine="pyshacl"))
