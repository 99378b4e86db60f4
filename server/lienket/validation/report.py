"""What a validation found: results as in SHACL's report, and the cells of the tables they come from.

<https://www.w3.org/TR/shacl/#validation-report>
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import rdflib
from rdflib.namespace import RDF, SH

from lienket.errors import Fault

SEVERITIES: Mapping[str, str] = {str(SH.Violation): "error", str(SH.Warning): "warning", str(SH.Info): "note"}
"""SHACL severity → severity of the fault; a severity of one's own counts as a warning."""


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
class Result:
    """One validation result."""

    focus_node: str
    """IRI, or `_:` and a label."""
    path: str | None
    """IRI of the predicate; None for a result about the node itself or along a longer path."""
    value: str | None
    """The value node: IRI or lexical form."""
    component: str
    """IRI of the constraint component."""
    shape: str
    """IRI of the shape, or `_:` and a label."""
    severity: str
    """"error", "warning" or "note"."""
    messages: Mapping[str, str] = field(hash=False)
    """Text by language tag; "" where it has none."""

    def faults(self, places: Iterable[Place]) -> list[Fault]:
        """Return this result as faults: one for each row it comes from, or one that names the node."""
        english = self.messages.get("en") or next(iter(self.messages.values()), "does not conform to its shape")
        rows: dict[tuple[str, str | None, int], list[Place]] = {}
        for place in places:
            rows.setdefault((place.file, place.sheet, place.row), []).append(place)
        if not rows:
            where = self.focus_node + (f" {self.path}" if self.path else "")
            return [Fault(english, file=where, text=self.value, severity=self.severity, translations=self.messages)]
        return [
            Fault(english, file=file, sheet=sheet, row=row, column=", ".join(place.column for place in cells),
                  text=", ".join(place.text for place in cells if place.text) or None,
                  severity=self.severity, translations=self.messages)
            for (file, sheet, row), cells in rows.items()
        ]  # fmt: skip


@dataclass(frozen=True)
class Report:
    """The results of one validation, and the same as a `sh:ValidationReport` graph."""

    results: tuple[Result, ...]
    graph: rdflib.Graph

    @property
    def conforms(self) -> bool:
        """Whether SHACL calls the data conforming: no result of any severity."""
        return not self.results

    def faults(self, locate: Callable[[str, str | None, str | None], Iterable[Place]]) -> list[Fault]:
        """Return every result as faults, with the cells that `locate(focus_node, path, value)` knows."""
        return [
            fault
            for result in self.results
            for fault in result.faults(locate(result.focus_node, result.path, result.value))
        ]


def read_report(graph: rdflib.Graph) -> Report:
    """Return the report that a validator wrote as a graph; nested details stay in the graph."""
    report = next(graph.subjects(RDF.type, SH.ValidationReport))
    results = [_result(graph, node) for node in graph.objects(report, SH.result)]
    results.sort(key=lambda r: (r.focus_node, r.path or "", r.value or "", r.component, r.shape))
    return Report(tuple(results), graph)


def _result(graph: rdflib.Graph, node: rdflib.term.Node) -> Result:
    def text(predicate: rdflib.URIRef) -> str | None:
        value = graph.value(node, predicate)
        return None if value is None else f"_:{value}" if isinstance(value, rdflib.BNode) else str(value)

    path = graph.value(node, SH.resultPath)
    return Result(
        focus_node=text(SH.focusNode) or "",
        path=str(path) if isinstance(path, rdflib.URIRef) else None,
        value=text(SH.value),
        component=text(SH.sourceConstraintComponent) or "",
        shape=text(SH.sourceShape) or "",
        severity=SEVERITIES.get(text(SH.resultSeverity) or "", "warning"),
        messages={
            (message.language or "") if isinstance(message, rdflib.Literal) else "": str(message)
            for message in graph.objects(node, SH.resultMessage)
        },
    )
