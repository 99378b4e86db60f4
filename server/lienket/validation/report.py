"""What a validation found: results as in SHACL's report, and the cells of the tables they come from.

<https://www.w3.org/TR/shacl/#validation-report>
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import Any, Final, Protocol

import pyoxigraph as ox

from ..errors import Fault
from ..formats import TURTLE
from ..rdf import write_quads
from ..vocabulary import RDF, SH, XSD
from .shapes import (
    AlternativePath,
    InversePath,
    Path,
    PredicatePath,
    RepeatedPath,
    SequencePath,
    Term,
    path_text,
    path_turtle,
)
from .terms import ox_term, plain

SEVERITIES: Final[Mapping[str, str]] = {SH + "Violation": "error", SH + "Warning": "warning", SH + "Info": "note"}
"""SHACL severity → severity of the fault; a severity of one's own counts as a warning."""


_DETAILS: Final = 5
"""So many inner constraints are told of a result; of more, the number."""


class Place(Protocol):
    """The cell of a table that made, or should have made, a triple; the mapping's `Cell` is one."""

    @property
    def file(self) -> str:
        """The table."""

    @property
    def sheet(self) -> str | None:
        """Its sheet."""

    @property
    def row(self) -> int:
        """Row as a spreadsheet program shows it."""

    @property
    def column(self) -> str:
        """Column header."""

    @property
    def text(self) -> str | None:
        """The cell as typed."""


@dataclass(frozen=True)
class Explanation:
    """What the engine itself says of a violation: an English sentence with `{name}` placeholders, and their values.

    It follows the text of the value, as in “x” is no number.
    """

    message: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message.format(**self.values)


@dataclass(frozen=True)
class Result:
    """One validation result. Terms are in N-Triples syntax."""

    focus_term: Term
    result_path: Path | None
    """Path to the value node; None for a result about the node itself."""
    value_term: Term | None
    component: str
    """IRI of the constraint component."""
    shape_term: Term
    severity_iri: str
    messages: Mapping[str, str] = field(hash=False)
    """The shape's own texts by language tag, placeholders but {column} filled in; "" where a text has no language."""
    explanation: Explanation = field(hash=False)
    details: tuple["Result", ...] = ()
    """Why the value does not conform to an inner shape."""
    source_constraint: Term | None = None
    """The constraint in SPARQL that found it."""

    @property
    def focus_node(self) -> str:
        """IRI, `_:` and a label, or what a literal says."""
        return plain(self.focus_term)

    @property
    def path(self) -> str | None:
        """IRI of the predicate; None for a result about the node itself or along a longer path."""
        return plain(self.result_path.predicate) if isinstance(self.result_path, PredicatePath) else None

    @property
    def value(self) -> str | None:
        """The value node: IRI, `_:` and a label, or what a literal says."""
        return None if self.value_term is None else plain(self.value_term)

    @property
    def shape(self) -> str:
        """IRI of the shape, or `_:` and a label."""
        return plain(self.shape_term)

    @property
    def severity(self) -> str:
        """ "error", "warning" or "note"."""
        return SEVERITIES.get(self.severity_iri, "warning")

    def as_json(self) -> dict[str, Any]:
        """Return the result as JSON takes it."""
        return {
            "focus_node": self.focus_node,
            "path": self.path or (path_text(self.result_path) if self.result_path else None),
            "value": self.value,
            "component": self.component,
            "shape": self.shape,
            "severity": self.severity,
            "messages": dict(self.messages),
            "explanation": str(self.explanation),
            "details": [detail.as_json() for detail in self.details],
        }

    def faults(self, places: Iterable[Place]) -> list[Fault]:
        """Return this result as faults: one for each row it comes from, or one that names the node."""
        rows: dict[tuple[str, str | None, int], list[Place]] = {}
        for place in places:
            rows.setdefault((place.file, place.sheet, place.row), []).append(place)
        if not rows:
            along = f" {self.path or path_text(self.result_path)}" if self.result_path else ""
            return [self._fault(self.focus_node + along, None, None, self.value, None)]
        return [
            self._fault(file, sheet, row, ", ".join(place.text for place in cells if place.text) or None,
                        ", ".join(place.column for place in cells))
            for (file, sheet, row), cells in rows.items()
        ]  # fmt: skip

    def _fault(self, file: str, sheet: str | None, row: int | None, text: str | None, column: str | None) -> Fault:
        details = [detail._as_detail(self.value) for detail in self.details]
        if len(details) > _DETAILS:
            details[_DETAILS:] = [Fault("and {number} more reasons", values={"number": len(details) - _DETAILS})]
        explanation = Fault(self.explanation.message, values=self.explanation.values, details=tuple(details))
        if not self.messages:
            return replace(explanation, file=file, row=row, column=column, text=text, sheet=sheet,
                           severity=self.severity, result=self.terms())  # fmt: skip
        messages = {tag: text.replace("{column}", column or "") for tag, text in self.messages.items()}
        english = messages.get("en") or next(iter(messages.values()))
        return Fault(english, file, row, column, text, sheet, severity=self.severity, translations=messages,
                     because=explanation, result=self.terms())  # fmt: skip

    def _as_detail(self, outer: str | None) -> Fault:
        """Return what an inner constraint found, said of the property by its short name; `outer` is told already."""
        path = re.split("[/#:]", self.path)[-1] if self.path else path_text(self.result_path or PredicatePath(""))
        value = self.value if self.value != outer else None
        fault = self._fault("", None, None, value, None)
        sentences = {tag: text.rstrip(".") for tag, text in fault.translations.items()}
        return replace(fault, message=fault.message.rstrip("."), translations=sentences, file=None,
                       column=path or None, because=None)  # fmt: skip

    def terms(self) -> dict[str, str]:
        """Return what SHACL's report says of it but the words: local name of the property → term in Turtle."""
        return {
            "focusNode": self.focus_term,
            **({"resultPath": path_turtle(self.result_path)} if self.result_path else {}),
            **({"value": self.value_term} if self.value_term is not None else {}),
            "resultSeverity": f"<{self.severity_iri}>",
            "sourceConstraintComponent": f"<{self.component}>",
            "sourceShape": self.shape_term,
        }


def filled(messages: Mapping[str, str], values: Mapping[str, object]) -> dict[str, str]:
    """Return texts with their placeholders filled in, as {value} or as SPARQL has it, {?value} or {$value}.

    >>> filled({"en": "{value} of {count} {other}"}, {"value": "x", "count": 2})
    {'en': 'x of 2 {other}'}
    """
    return {
        tag: re.sub(r"\{[?$]?(\w+)\}", lambda found: str(values.get(found[1], found[0])), text)
        for tag, text in messages.items()
    }


@dataclass(frozen=True)
class Further:
    """Violations of one constraint that are too many to be told one by one."""

    shape_term: Term
    component: str
    """IRI of the constraint component."""
    severity_iri: str
    number: int

    def fault(self) -> Fault:
        """Return them as a fault."""
        values = {"number": self.number, "component": self.component.rpartition("#")[2]}
        return Fault("has {number} more results of {component}, which are not listed", file=plain(self.shape_term),
                     values=values, severity=SEVERITIES.get(self.severity_iri, "warning"))  # fmt: skip


@dataclass(frozen=True)
class Report:
    """The results of one validation, by focus node, path, value, component and shape."""

    results: tuple[Result, ...]
    further: tuple[Further, ...] = ()

    @property
    def number(self) -> int:
        """How many results there are, told or not."""
        return len(self.results) + sum(further.number for further in self.further)

    @property
    def conforms(self) -> bool:
        """Whether SHACL calls the data conforming: no result of any severity."""
        return not self.results

    def faults(self, locate: Callable[[str, str | None, str | None], Iterable[Place]]) -> list[Fault]:
        """Return every result as faults, with the cells that `locate(focus_node, path, value)` knows."""
        told = (result.faults(locate(result.focus_node, result.path, result.value)) for result in self.results)
        return [*(fault for faults in told for fault in faults), *(further.fault() for further in self.further)]

    def triples(self) -> Iterator[ox.Triple]:
        """Yield the same as a `sh:ValidationReport`."""
        report = ox.BlankNode()
        yield _triple(report, RDF + "type", ox.NamedNode(SH + "ValidationReport"))
        conforms = ox.Literal(str(self.conforms).lower(), datatype=ox.NamedNode(XSD + "boolean"))
        yield _triple(report, SH + "conforms", conforms)
        for result in self.results:
            yield from _result(report, "result", result)

    def write(self, path: FilePath) -> None:
        """Write the same in Turtle; raises `OSError` where that cannot be."""
        write_quads(self.triples(), path, TURTLE, {"sh": SH, "xsd": XSD})


def sorted_report(results: Iterable[Result]) -> Report:
    """Return the report of results in the order in which they are told."""
    return Report(
        tuple(
            sorted(
                results,
                key=lambda r: (
                    r.focus_term, path_text(r.result_path) if r.result_path else "", r.value_term or "",
                    r.component, r.shape_term,
                ),
            )
        )
    )  # fmt: skip


def _triple(subject: ox.BlankNode, predicate: str, object_: ox.NamedNode | ox.BlankNode | ox.Literal) -> ox.Triple:
    return ox.Triple(subject, ox.NamedNode(predicate), object_)


def _result(parent: ox.BlankNode, link: str, result: Result) -> Iterator[ox.Triple]:
    node = ox.BlankNode()
    yield _triple(parent, SH + link, node)
    yield _triple(node, RDF + "type", ox.NamedNode(SH + "ValidationResult"))
    yield _triple(node, SH + "focusNode", ox_term(result.focus_term))
    yield _triple(node, SH + "resultSeverity", ox.NamedNode(result.severity_iri))
    yield _triple(node, SH + "sourceConstraintComponent", ox.NamedNode(result.component))
    yield _triple(node, SH + "sourceShape", ox_term(result.shape_term))
    if result.value_term is not None:
        yield _triple(node, SH + "value", ox_term(result.value_term))
    if result.source_constraint is not None:
        yield _triple(node, SH + "sourceConstraint", ox_term(result.source_constraint))
    if result.result_path is not None:
        end, triples = _path(result.result_path)
        yield _triple(node, SH + "resultPath", end)
        yield from triples
    messages = result.messages or {"en": str(result.explanation)}
    for tag, text in messages.items():
        yield _triple(node, SH + "resultMessage", ox.Literal(text, language=tag or None))
    for detail in result.details:
        yield from _result(node, "detail", detail)


def _path(path: Path) -> tuple[ox.NamedNode | ox.BlankNode, list[ox.Triple]]:
    """Return the node of a path and the triples that describe it."""
    match path:
        case PredicatePath(predicate):
            return ox.NamedNode(plain(predicate)), []
        case SequencePath(paths):
            return _list(paths)
        case AlternativePath(paths):
            return _described("alternativePath", *_list(paths))
        case InversePath(inner):
            return _described("inversePath", *_path(inner))
        case RepeatedPath(inner, how):
            return _described(how, *_path(inner))


def _described(
    name: str, end: ox.NamedNode | ox.BlankNode, triples: list[ox.Triple]
) -> tuple[ox.BlankNode, list[ox.Triple]]:
    node = ox.BlankNode()
    return node, [_triple(node, SH + name, end), *triples]


def _list(paths: tuple[Path, ...]) -> tuple[ox.NamedNode | ox.BlankNode, list[ox.Triple]]:
    head: ox.NamedNode | ox.BlankNode = ox.NamedNode(RDF + "nil")
    triples: list[ox.Triple] = []
    for path in reversed(paths):
        member, described = _path(path)
        node = ox.BlankNode()
        triples += [_triple(node, RDF + "first", member), _triple(node, RDF + "rest", head), *described]
        head = node
    return head, triples
