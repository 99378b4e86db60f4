"""A sieve for large tables: row by row, SQL that tells which subjects conform, so that few are looked at closely.

Where each row of a table makes all triples of its subject, most questions about its values and their number can be
answered from the row alone, without grouping or joining millions of terms. The answers are exact; what a row cannot
answer is left to the questions of `compile.py`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import product
from typing import Final, Protocol

from ..sql import literal
from ..vocabulary import RDF
from .comparisons import lesser
from .query import Query, listed
from .shapes import AlternativePath, Constraint, Path, PredicatePath, PropertyShape, Shape, Target, Term
from .terms import plain
from .values import TESTS

_TYPE: Final = f"<{RDF}type>"
_LESS: Final = {"LessThan": "<", "LessThanOrEquals": "<="}
SUBJECT: Final = "s"
"""The subject, among the columns of a row."""


class RowWise(Protocol):
    """Rows of a table, each of which makes all that one source says of a subject; the mapping's `Records` are such."""

    @property
    def sources(self) -> str:
        """FROM and WHERE clause of the rows."""

    @property
    def subject(self) -> str:
        """SQL of the subject."""

    @property
    def statements(self) -> Sequence[tuple[Term, str]]:
        """Predicates, each with the SQL of an object, which is NULL where there is none."""


def units(shape: Shape) -> list[tuple[Shape, Constraint]]:
    """Return the constraints of a shape, and of property shapes that hang on it, that are answered each by itself."""
    found: list[tuple[Shape, Constraint]] = []
    for constraint in shape.constraints if not shape.deactivated else ():
        if constraint.component == "Property" and not isinstance(shape, PropertyShape):
            found += units(constraint.shapes[0])
        else:
            found.append((shape, constraint))
    return found


class Sieve:
    """Compiles the sieve of a shape for the rows of one table."""

    def __init__(self, rows: RowWise, classes: Mapping[Term, AbstractSet[Term]]) -> None:
        """Take the subclasses, itself among them, of every class that the shapes name."""
        self._rows = rows
        self._classes = classes
        self._columns: dict[Term, list[str]] = {}
        for number, (predicate, _) in enumerate(rows.statements):
            self._columns.setdefault(predicate, []).append(f"o{number}")

    def may_be_target(self, shape: Shape) -> bool:
        """Tell whether a row may make a target of a shape: not where it states other classes, the same for all rows."""
        return any(self._target(target) is not None for target in shape.targets)

    def answers(self, shape: Shape, constraint: Constraint) -> bool:
        """Tell whether a row alone shows if a constraint holds."""
        return self._unit(Query(self._classes), shape, constraint) is not None

    def suspects(self, shape: Shape, constraints: Sequence[tuple[Shape, Constraint]], skipped: str) -> str:
        """Return SQL (subject, predicate, object): all triples of the targets of a shape that break a constraint.

        Subjects of which `skipped`, SQL of a condition on `s`, is true are left out.
        """
        query = Query(self._classes)
        held = [self._unit(query, of, constraint) or "false" for of, constraint in constraints]
        targets = " OR ".join(filter(None, map(self._target, shape.targets)))
        chosen = f"({targets}) AND NOT ({' AND '.join(held) or 'true'}) AND NOT ({skipped})"
        objects = ", ".join(f"{sql} AS o{number}" for number, (_, sql) in enumerate(self._rows.statements))
        triples = ", ".join(
            f"{{'predicate': {literal(predicate)}, 'object': o{number}}}"
            for number, (predicate, _) in enumerate(self._rows.statements)
        )
        # Unnested and not filtered: DuckDB would write out, and make, each term again for every place in a condition.
        rows = f"SELECT {self._rows.subject} AS {SUBJECT}, {objects} FROM {self._rows.sources}"
        found = f"SELECT {SUBJECT} AS subject, unnest(CASE WHEN {chosen} THEN [{triples}] END) AS t FROM ({rows})"
        return query.text(f"SELECT subject, t.predicate, t.object FROM ({found}) WHERE t.object IS NOT NULL")

    def _target(self, target: Target) -> str | None:
        """Return SQL that tells whether a row's subject is a target; None where it cannot be one."""
        if target.kind == "subjectsOf":
            return " OR ".join(f"{column} IS NOT NULL" for column in self._columns.get(target.term, ())) or None
        if target.kind != "class":
            return None
        classes = self._classes[target.term]
        fixed = {literal(class_) for class_ in classes}
        stated = [
            f"coalesce(o{number} IN ({listed(sorted(classes))}), false)"
            for number, (predicate, sql) in enumerate(self._rows.statements)
            if predicate == _TYPE and (sql in fixed or not _is_fixed(sql))
        ]
        return " OR ".join(stated) or None

    def _unit(self, query: Query, shape: Shape, constraint: Constraint) -> str | None:
        values = self._values(shape, SUBJECT)
        return None if values is None else self._holds(query, shape, constraint, values, SUBJECT)

    def _values(self, shape: Shape, node: str) -> list[str] | None:
        """Return the columns of the value nodes, of which any may be NULL; None where they are not in the row."""
        if not isinstance(shape, PropertyShape):
            return [node]
        return self._along(shape.path) if node == SUBJECT else None

    def _along(self, path: Path) -> list[str] | None:
        match path:
            case PredicatePath(predicate):
                return self._columns.get(predicate, [])
            case AlternativePath(paths):
                parts = [self._along(part) for part in paths]
                return None if None in parts else [column for part in parts for column in part or ()]
        return None

    def _conforms(self, query: Query, shape: Shape, node: str) -> str | None:
        """Return SQL that tells whether a node conforms to a shape; None where the row does not show it."""
        values = self._values(shape, node)
        if shape.deactivated or values is None:
            return "true" if shape.deactivated else None
        return _all(self._holds(query, shape, constraint, values, node) for constraint in shape.constraints)

    def _holds(
        self, query: Query, shape: Shape, constraint: Constraint, values: Sequence[str], node: str
    ) -> str | None:
        """Return SQL, true or false, that tells whether a constraint holds for value nodes; None for no answer."""
        component = constraint.component
        if component in TESTS:
            return _each(values, lambda value: f"coalesce({TESTS[component](query, constraint, value)}, false)")
        if component in _COUNTED:
            return _COUNTED[component](constraint, values)
        if component in _OF_SHAPES:
            return self._of_shapes(query, constraint, values)
        if component in _QUALIFIED:
            return self._qualified(query, constraint, values)
        if component == "Property":
            return _each(values, lambda value: self._conforms(query, constraint.shapes[0], value))
        if node != SUBJECT:
            return None
        others = self._columns.get(constraint.terms[0], []) if constraint.terms else []
        match component:
            case "Equals":
                return f"list_sort({_distinct(values)}) = list_sort({_distinct(others)})"
            case "Disjoint":
                return f"NOT list_has_any({_distinct(values)}, {_distinct(others)})"
            case "LessThan" | "LessThanOrEquals":
                return _less(values, others, _LESS[component])
            case "Closed" if values == [SUBJECT]:
                further = [o for predicate, columns in self._columns.items() if predicate not in constraint.terms
                           for o in columns]  # fmt: skip
                return " AND ".join(f"{column} IS NULL" for column in further) or "true"
        return None

    def _of_shapes(self, query: Query, constraint: Constraint, values: Sequence[str]) -> str | None:
        def held(value: str) -> str | None:
            conforming = [self._conforms(query, shape, value) for shape in constraint.shapes]
            if None in conforming:
                return None
            number = " + ".join(f"({each})::INTEGER" for each in conforming) or "0"
            return f"{number} {_OF_SHAPES[constraint.component].format(all=len(conforming))}"

        return _each(values, held)

    def _qualified(self, query: Query, constraint: Constraint, values: Sequence[str]) -> str | None:
        def counted(value: str) -> str | None:
            mine, *siblings = (self._conforms(query, shape, value) for shape in constraint.shapes)
            if mine is None or None in siblings:
                return None
            fitting = " AND ".join([f"({mine})", *(f"NOT ({sibling})" for sibling in siblings)])
            return f"({value} IS NOT NULL AND {fitting})::INTEGER"

        number = "0" if not values else counted(values[0]) if len(values) == 1 else None
        return None if number is None else f"{number} {_QUALIFIED[constraint.component]} {_number(constraint)}"


def _is_fixed(sql: str) -> bool:
    """Tell whether SQL is one literal, the same for every row."""
    return sql.startswith("'") and sql.endswith("'") and "'" not in sql[1:-1].replace("''", "")


def _each(values: Sequence[str], test: Callable[[str], str | None]) -> str | None:
    """Return SQL that tells whether every value that there is passes a test; None where one has no answer."""
    return _all(
        None if held is None else f"({value} IS NULL OR ({held}))" for value in values for held in [test(value)]
    )


def _all(parts: Iterable[str | None]) -> str | None:
    found = list(parts)
    return None if None in found else " AND ".join(f"({part})" for part in found) or "true"


def _distinct(values: Sequence[str]) -> str:
    """Return SQL of the list of distinct values, without NULL."""
    return f"list_distinct(CAST([{', '.join(values)}] AS VARCHAR[]))"


def _count(values: Sequence[str]) -> str:
    if len(values) < 2:
        return f"({values[0]} IS NOT NULL)::INTEGER" if values else "0"
    return f"len({_distinct(values)})"


def _number(constraint: Constraint) -> int:
    return int(plain(constraint.terms[0]))


def _has_value(constraint: Constraint, values: Sequence[str]) -> str:
    return " OR ".join(f"coalesce({value} = {listed(constraint.terms)}, false)" for value in values) or "false"


def _unique_lang(constraint: Constraint, values: Sequence[str]) -> str:
    if len(values) < 2:
        return "true"
    languages = f"list_transform({_distinct(values)}, lambda v: nullif(lk_sh_language(v), ''))"
    return f"list_count({languages}) = len(list_distinct({languages}))"


def _less(values: Sequence[str], others: Sequence[str], comparison: str) -> str:
    """Return SQL that tells whether each value is less than each of the others."""
    return " AND ".join(
        f"list_transform([{{'a': lk_sh_key({value}), 'b': lk_sh_key({other})}}], lambda k: "
        f"{value} IS NULL OR {other} IS NULL OR coalesce({lesser('k.a', 'k.b', comparison)}, false))[1]"
        for value, other in product(values, others)
    ) or "true"  # fmt: skip


_COUNTED: Final[Mapping[str, Callable[[Constraint, Sequence[str]], str]]] = {
    "MinCount": lambda constraint, values: f"{_count(values)} >= {_number(constraint)}",
    "MaxCount": lambda constraint, values: f"{_count(values)} <= {_number(constraint)}",
    "HasValue": _has_value,
    "UniqueLang": _unique_lang,
}
"""Component → SQL that tells whether the value nodes together are as they should be."""

_OF_SHAPES: Final = {"Node": "= {all}", "And": "= {all}", "Or": "> 0", "Xone": "= 1", "Not": "= 0"}
"""Component → how many of its shapes a value node has to conform to."""

_QUALIFIED: Final = {"QualifiedMinCount": ">=", "QualifiedMaxCount": "<="}
