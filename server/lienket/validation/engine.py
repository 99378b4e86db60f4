"""Runs what shapes compile to, in DuckDB, over a relation that stays where it is.

A view over tables, such as the mapping's quads, is not materialised: a question names its predicates, and DuckDB reads
only the parts of the view that make them.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import duckdb

from ..errors import InputError
from ..sql import identifier, literal
from ..vocabulary import RDF, RDFS
from .compile import Compiler, classes_of, macros
from .documents import Shapes
from .explanations import Found, explain
from .query import TRIPLES, listed
from .reads import predicates_read
from .report import Report, Result, filled, sorted_report
from .shapes import Constraint, PredicatePath, PropertyShape, Shape, Term, foreign, needs_reference
from .terms import plain

_MACRO = re.compile(r"lk_\w+(?=\()")
_DATA = "lk_sh_data"
_CONTEXT = "lk_sh_context"
_OUTSIDE = "lk_sh_outside"
_FOCUS = "lk_sh_focus"
_COPIED = 500_000
"""A relation of so few rows is copied: to plan a question over a view of many parts would take longer than to ask."""
_DETAILED = frozenset(("Node", "And", "Or", "Xone"))
"""Components of which a result says why a value does not conform to the inner shapes."""


def load(connection: duckdb.DuckDBPyConnection, table: str, pieces: Iterable[str]) -> int:
    """Make a table (subject, predicate, object) of triples in N-Triples; return the number of its rows.

    Raises `InputError` for triples about triples, of which SHACL knows nothing.
    """
    connection.execute(f"CREATE TEMP TABLE {identifier(table)} (subject VARCHAR, predicate VARCHAR, object VARCHAR)")
    for piece in pieces:
        connection.execute(
            f"INSERT INTO {identifier(table)} SELECT s, p, substring(line, length(s) + length(p) + 3, "
            "length(line) - length(s) - length(p) - 4) FROM (SELECT line, split_part(line, ' ', 1) AS s, "
            "split_part(line, ' ', 2) AS p FROM (SELECT unnest(string_split($1, chr(10))) AS line) WHERE line <> '')",
            [piece],
        )
    counted = f"SELECT count(*), count_if(starts_with(object, '<<')) FROM {identifier(table)}"
    ((rows, quoted),) = connection.execute(counted).fetchall()
    if quoted:
        raise InputError("triples about triples (RDF 1.2) cannot be validated with SHACL 1.0")
    return int(rows)


def validate_relation(
    connection: duckdb.DuckDBPyConnection, relation: str, shapes: Shapes, context: str = "", *, rows: int
) -> Report:
    """Return the report of `shapes` over a relation (subject, predicate, object) of terms in N-Triples syntax.

    `context` is N-Triples of what the data refers to: known, and checked only where the data speaks of it. `rows` is
    about how many rows the relation has.
    """
    load(connection, _CONTEXT, [context])
    kind = "TABLE" if rows <= _COPIED else "VIEW"
    connection.execute(
        f"CREATE TEMP {kind} {_DATA} AS SELECT subject, predicate, object FROM {identifier(relation)};"
        f"CREATE TEMP VIEW {TRIPLES} AS FROM {_DATA} UNION ALL FROM {_CONTEXT}"
    )
    try:
        return sorted_report(_Validation(connection, shapes).results())
    finally:
        connection.execute(
            f"DROP TABLE IF EXISTS {_FOCUS}; DROP TABLE IF EXISTS {_OUTSIDE};"
            f"DROP VIEW {TRIPLES}; DROP {kind} {_DATA}; DROP TABLE {_CONTEXT}"
        )


class _Validation:
    def __init__(self, connection: duckdb.DuckDBPyConnection, shapes: Shapes) -> None:
        self._connection = connection
        self._shapes = shapes
        self._macros = {signature.partition("(")[0]: (signature, body) for signature, body in macros().items()}
        self._compiler = Compiler(self._classes(classes_of(shapes.roots)))
        self._has_context = bool(self._all(f"SELECT 1 FROM {_CONTEXT} LIMIT 1"))
        types = self._all(f"SELECT DISTINCT object FROM {_DATA} WHERE predicate = {literal(f'<{RDF}type>')}")
        self._used = {class_ for (class_,) in types}

    def results(self) -> Iterator[Result]:
        """Yield the results of all shapes that have targets in the data."""
        roots = [shape for shape in self._shapes.roots if not shape.deactivated]
        outside = self._find_outside(roots)
        for number, shape in enumerate(roots):
            if number not in outside and not self._compiler.may_have_targets(shape, self._used):
                continue
            if not self._find_focus(number, shape):
                continue
            queries = list(foreign(shape))
            if needs_reference(shape):
                yield from self._by_reference(shape, [shape])
                continue
            yield from (result for _, result in self._found(shape, _FOCUS))
            if queries:
                yield from self._by_reference(shape, list(dict.fromkeys(asked for asked, _ in queries)))

    def _run(self, query: str) -> duckdb.DuckDBPyConnection:
        """Run a statement, and before it make the macros that it is the first to call."""
        for name in _MACRO.findall(query):
            if name in self._macros:
                signature, body = self._macros.pop(name)
                self._run(f"CREATE OR REPLACE TEMP MACRO {signature} AS {body}")
        return self._connection.execute(query)

    def _all(self, query: str) -> list[tuple[Any, ...]]:
        return self._run(query).fetchall()

    def _classes(self, classes: Collection[Term]) -> dict[Term, set[Term]]:
        """Return the subclasses of classes, as the triples state them."""
        below: dict[Term, set[Term]] = {}
        stated = f"SELECT DISTINCT object, subject FROM {TRIPLES} WHERE predicate = {literal(f'<{RDFS}subClassOf>')}"
        for above, each in self._all(stated) if classes else ():
            below.setdefault(above, set()).add(each)
        found: dict[Term, set[Term]] = {}
        for class_ in classes:
            mine = found.setdefault(class_, {class_})
            open_ = [class_]
            while open_:
                new = below.get(open_.pop(), set()) - mine
                mine |= new
                open_ += new
        return found

    def _find_outside(self, roots: Sequence[Shape]) -> set[int]:
        """Make the table of targets that the data does not make such: named by a shape, or known from the context.

        With a context only those are meant that the data speaks of. Returns the places of the shapes that have any.
        """
        parts = []
        for number, shape in enumerate(roots):
            named = [target.term for target in shape.targets if target.kind == "node"]
            nodes = [f"SELECT unnest([{listed(named)}]) AS node"] if named else []
            targets = self._compiler.targets(shape, _CONTEXT) if self._has_context else None
            nodes += [targets] if targets else []
            parts += [f"SELECT {number} AS shape, node FROM ({each})" for each in nodes]
        targets = " UNION ALL ".join(parts) or "SELECT 0 AS shape, '' AS node WHERE false"
        self._run(f"CREATE OR REPLACE TEMP TABLE {_OUTSIDE} AS SELECT DISTINCT shape, node FROM ({targets})")
        if self._has_context and self._all(f"SELECT 1 FROM {_OUTSIDE} LIMIT 1"):
            spoken_of = f"SELECT subject AS node FROM {_DATA} UNION ALL SELECT object FROM {_DATA}"
            self._run(
                f"CREATE OR REPLACE TEMP TABLE {_OUTSIDE} AS "
                f"SELECT DISTINCT o.shape, o.node FROM ({spoken_of}) AS d JOIN {_OUTSIDE} AS o ON o.node = d.node"
            )
        return {number for (number,) in self._all(f"SELECT DISTINCT shape FROM {_OUTSIDE}")}

    def _find_focus(self, number: int, shape: Shape) -> bool:
        """Make the table of a shape's focus nodes; tell whether there are any."""
        parts = [f"SELECT node FROM {_OUTSIDE} WHERE shape = {number}"]
        targets = self._compiler.targets(shape, _DATA)
        parts += [targets] if targets else []
        nodes = " UNION ALL ".join(parts)
        self._run(f"CREATE OR REPLACE TEMP TABLE {_FOCUS} AS SELECT DISTINCT node FROM ({nodes})")
        return bool(self._all(f"SELECT 1 FROM {_FOCUS} LIMIT 1"))

    def _found(self, shape: Shape, focus: str) -> Iterator[tuple[Term, Result]]:
        """Yield the results of a shape for the nodes in the table `focus`, each with the node that led to it."""
        question = self._compiler.violations(shape, focus)
        if question is None:
            return
        rows = self._all(question.sql)
        by_finding: dict[int, list[tuple[Any, ...]]] = {}
        for finding, *row in rows:
            by_finding.setdefault(finding, []).append(tuple(row))
        for finding, mine in by_finding.items():
            found_by, constraint = question.findings[finding]
            details = self._details(constraint, [value for _, _, value, _, _ in mine], focus)
            for origin, focus_node, value, other, number in mine:
                found = Found(value, other, number)
                yield origin, _result(found_by, constraint, focus_node, found, details.get(value, ()))

    def _details(
        self, constraint: Constraint, values: Sequence[Term | None], focus: str
    ) -> dict[Term | None, tuple[Result, ...]]:
        """Return, by value, why it does not conform to the shapes of a constraint."""
        if constraint.component not in _DETAILED:
            return {}
        table = f"{focus}_"
        nodes = "SELECT DISTINCT unnest($1) AS node"
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {nodes}", [values])
        reasons: dict[Term | None, list[Result]] = {}
        for shape in dict.fromkeys(constraint.shapes):
            for origin, result in self._found(shape, table):
                reasons.setdefault(origin, []).append(result)
        self._connection.execute(f"DROP TABLE {table}")
        return {value: sorted_report(results).results for value, results in reasons.items()}

    def _by_reference(self, shape: Shape, asked: Sequence[Shape]) -> Iterator[Result]:
        """Yield what pySHACL finds for queries in SPARQL, over the triples that the queries can see."""
        from .reference import validate_focus_nodes  # slow to load, and mostly not needed

        focus = [node for (node,) in self._all(f"SELECT node FROM {_FOCUS}")]
        whole = asked == [shape] and needs_reference(shape)
        read = None if whole else predicates_read(self._shapes.graph, asked)
        where = "" if read is None else f" WHERE predicate IN ({listed(sorted(read))})" if read else " WHERE false"
        triples = self._all(f"SELECT DISTINCT subject, predicate, object FROM {TRIPLES}{where}")
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
