"""Runs what shapes compile to, in DuckDB, over a relation that stays where it is.

A view over tables, such as the mapping's quads, is not materialised: a question names its predicates, and DuckDB reads
only the parts of the view that make them. Of tables whose rows tell all of their subjects, most are passed by a sieve.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import duckdb

from .compile import Compiler, classes_of
from .documents import Shapes
from .explanations import Found, explain
from .focus import FOCUS, NEAR, FocusNodes
from .query import TRIPLES, listed
from .report import Further, Report, Result, filled, sorted_report
from .session import OWN, Session
from .shapes import Constraint, PredicatePath, PropertyShape, Shape, Term, foreign, needs_reference
from .sieve import RowWise, units
from .terms import plain

_DETAILED: Final = frozenset(("Node", "And", "Or", "Xone"))
"""Components of which a result says why a value does not conform to the inner shapes."""
MOST: Final = 100_000
"""So many results of one constraint are told, as many as memory takes lightly; of more, the number is told."""
_NOTHING: Final = "SELECT '' AS subject WHERE false"


def validate_relation(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    shapes: Shapes,
    context: str = "",
    *,
    elsewhere: Sequence[Path] = (),
    rows: int | None = None,
    records: Sequence[RowWise] = (),
    scattered: str = _NOTHING,
    most: int = MOST,
) -> Report:
    """Return the report of `shapes` over a relation (subject, predicate, object) of terms in N-Triples syntax.

    `context` is N-Triples of what the data refers to: known, and checked only where the data speaks of it;
    `elsewhere` are files of what other data tells (`references.tell`), which is looked up only, and not checked here.
    Of a view `rows` tells about how many rows it has. `records` are tables each of whose rows makes all of its triples
    that speak of its subject, and `scattered` is SQL (subject) of the subjects of all other triples; both for speed
    alone. Of each constraint `most` results are told, and of more the number.
    """
    with Session.opened(connection, relation, rows, context, elsewhere) as session:
        validation = _Validation(session, shapes, records if session.is_view else (), scattered, most)
        report = sorted_report(validation.results())
        return replace(report, further=tuple(validation.further))


class _Validation:
    def __init__(self, session: Session, shapes: Shapes, records: Sequence[RowWise], scattered: str, most: int) -> None:
        self._session = session
        self._shapes = shapes
        self._roots = [shape for shape in shapes.roots if not shape.deactivated]
        self._compiler = Compiler(session.subclasses(classes_of(self._roots)), most)
        self.further: list[Further] = []
        """What was found beyond the results."""
        self._focus = FocusNodes(session, self._compiler, self._roots, records, scattered)

    def results(self) -> Iterator[Result]:
        """Yield the results of all shapes that have targets in the data."""
        for number, shape in enumerate(self._roots):
            queries = list(dict.fromkeys(asked for asked, _ in foreign(shape)))
            if needs_reference(shape):
                if self._focus.find(number, shape):
                    yield from self._by_reference([shape], whole=True)
                continue
            answered = self._focus.sift(number, shape)
            if answered and self._session.holds_rows(FOCUS):
                yield from (result for _, result in self._found(shape, FOCUS, near=NEAR, wanted=answered))
            left = {constraint for _, constraint in units(shape)} - answered
            if left and self._focus.find(number, shape):
                yield from (result for _, result in self._found(shape, FOCUS, near=OWN, wanted=left))
                yield from self._by_reference(queries) if queries else ()

    def _found(
        self, shape: Shape, focus: str, *, near: str = TRIPLES, wanted: Collection[Constraint] | None = None
    ) -> Iterator[tuple[Term, Result]]:
        """Yield the results of a shape for the nodes in the table `focus`, each with the node that led to it."""
        question = self._compiler.violations(shape, focus, near=near, wanted=wanted)
        by_finding: dict[int, list[tuple[Any, ...]]] = {}
        for finding, *row in self._session.ask(question.sql) if question else ():
            by_finding.setdefault(finding, []).append(tuple(row))
        for finding, mine in by_finding.items():
            assert question is not None  # noqa: S101  it gave the rows
            found_by, constraint = question.findings[finding]
            further = mine[0][0] - len(mine)
            if further and focus == FOCUS:
                self.further.append(Further(found_by.node, constraint.iri, found_by.severity, further))
            details = self._details(constraint, [value for _, _, _, value, _, _ in mine], focus)
            for _, origin, focus_node, value, other, number in mine:
                found = Found(value, other, number)
                yield origin, _result(found_by, constraint, focus_node, found, details.get(value, ()))

    def _details(
        self, constraint: Constraint, values: Sequence[Term | None], focus: str
    ) -> dict[Term | None, tuple[Result, ...]]:
        """Return, by value, why it does not conform to the shapes of a constraint."""
        if constraint.component not in _DETAILED:
            return {}
        table = f"{focus}_"
        self._session.make(table, "SELECT DISTINCT unnest($1) AS node", values)
        reasons: dict[Term | None, list[Result]] = {}
        for shape in dict.fromkeys(constraint.shapes):
            for origin, result in self._found(shape, table):
                reasons.setdefault(origin, []).append(result)
        return {value: sorted_report(results).results for value, results in reasons.items()}

    def _by_reference(self, asked: Sequence[Shape], *, whole: bool = False) -> Iterator[Result]:
        """Yield what pySHACL finds for queries in SPARQL, over what they can see of the data and its context.

        With `whole` it is asked for everything that the shapes say, over all triples.
        """
        from .reads import predicates_read  # slow to load, and mostly not needed
        from .reference import validate_focus_nodes

        focus = [node for (node,) in self._session.ask(f"SELECT node FROM {FOCUS}")]
        read = None if whole else predicates_read(self._shapes.graph, asked)
        where = "" if read is None else f" WHERE predicate IN ({listed(sorted(read))})" if read else " WHERE false"
        relation = TRIPLES if whole else OWN
        triples = self._session.ask(f"SELECT DISTINCT subject, predicate, object FROM {relation}{where}")
        yield from validate_focus_nodes(triples, self._shapes, asked, focus, whole=whole)


def _result(shape: Shape, constraint: Constraint, focus: Term, found: Found, details: tuple[Result, ...]) -> Result:
    path = shape.path if isinstance(shape, PropertyShape) else None
    if constraint.component == "Closed" and found.other is not None:
        path = PredicatePath(found.other)
    explanation = explain(shape, constraint, found)
    values = {"value": None if found.value is None else plain(found.value), "count": found.number,
              "this": plain(focus), **explanation.values}  # fmt: skip
    stated = {name: value for name, value in values.items() if value is not None}
    return Result(
        focus_term=focus,
        result_path=path,
        value_term=found.value,
        component=constraint.iri,
        shape_term=shape.node,
        severity_iri=shape.severity,
        messages=filled(shape.messages, stated),
        explanation=explanation,
        details=details,
    )
