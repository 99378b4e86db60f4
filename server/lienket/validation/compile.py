"""Shapes into SQL: questions over a relation of triples, whose answers are violations.

Pure: shapes go in, SQL comes out, and nothing here knows who runs it. The text reads the relation `query.TRIPLES` and
those that the caller names, calls the macros of `macros()` and functions that every SQL database has, and takes up no
word of a shape except through `sql.literal`. Terms are in N-Triples syntax, as the mapping writes them.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from ..datatypes import lexical_macros
from ..sql import literal
from .comparisons import COMPARISON_MACROS
from .components import COMPONENTS, ValueNodes
from .paths import value_nodes
from .query import TRIPLES, Query
from .shapes import Constraint, PropertyShape, Shape, Target, Term, is_foreign, within
from .values import TERM_MACROS


def macros() -> dict[str, str]:
    """Return every macro that compiled text may call, by signature, helpers first."""
    return lexical_macros() | TERM_MACROS | COMPARISON_MACROS


def classes_of(shapes: Iterable[Shape]) -> set[Term]:
    """Return the classes that shapes name, in targets and in constraints."""
    parts = [part for shape in shapes for part in within(shape)]
    found = {target.term for part in parts for target in part.targets if target.kind == "class"}
    return found | {each.terms[0] for part in parts for each in part.constraints if each.component == "Class"}


KINDS: Final = ("class", "subjectsOf", "objectsOf")
"""Kinds of targets that a relation tells; nodes are named by the shapes themselves."""


@dataclass(frozen=True)
class Question:
    """One SELECT (finding, total, origin, focus, value, other, number); each row is a violation.

    `finding` is a place in `findings`, and `total` how many violations there are of it; `origin` is the node, of those
    that were asked about, that leads to the focus node; for the rest see `components.py`.
    """

    sql: str
    findings: tuple[tuple[Shape, Constraint], ...]


class Compiler:
    """Compiles shapes for data whose classes are known."""

    def __init__(self, classes: Mapping[Term, AbstractSet[Term]], most: int) -> None:
        """Take the subclasses, itself among them, of every class that the shapes name.

        `most` is how many violations of one constraint are wanted; of more, the number is told.
        """
        self.most = most
        self.classes = classes

    def targets(self, shape: Shape, relation: str, kinds: Collection[str] = KINDS) -> str | None:
        """Return SQL (node) of the nodes that a relation (subject, predicate, object) makes targets of a shape.

        None where the shape has no targets of these kinds.
        """
        query = Query(self.classes)
        parts = [_target(query, target, relation) for target in shape.targets if target.kind in kinds]
        return " UNION ALL ".join(parts) or None

    def may_have_targets(self, shape: Shape, types: Collection[Term]) -> bool:
        """Tell whether data in which nothing is of other classes than `types` may hold targets of a shape."""
        return any(
            target.kind != "class" or not self.classes[target.term].isdisjoint(types) for target in shape.targets
        )

    def violations(
        self, shape: Shape, focus: str, *, near: str = TRIPLES, wanted: Collection[Constraint] | None = None
    ) -> Question | None:
        """Return the question for the violations of a shape by the nodes in the table `focus` (node).

        `near` is a relation, as `TRIPLES` is, with all triples of these nodes; `wanted` are the constraints that are
        asked for, if not all: of the shape, and of property shapes that hang on it.
        None where nothing is asked for. What queries in SPARQL find is not among the violations.
        """
        query = Query(self.classes, focus, near)
        found = list(_violations(query, shape, focus, wanted))
        if not found:
            return None
        parts = [f"SELECT {number} AS finding, * FROM ({sql})" for number, (_, _, sql) in enumerate(found)]
        union = "\nUNION ALL ".join(parts)
        place = "row_number() OVER (PARTITION BY finding ORDER BY focus, value, other)"
        counted = f"SELECT finding, count(*) OVER (PARTITION BY finding) AS total, * EXCLUDE (finding) FROM ({union})"
        sql = query.text(f"{counted} QUALIFY {place} <= {self.most}")
        return Question(sql, tuple((shape, each) for shape, each, _ in found))


def _target(query: Query, target: Target, relation: str) -> str:
    match target.kind:
        case "class":
            return query.members(relation, target.term)
        case "subjectsOf":
            return f"SELECT subject AS node FROM {relation} WHERE predicate = {literal(target.term)}"
        case _:
            return f"SELECT object AS node FROM {relation} WHERE predicate = {literal(target.term)}"


def _violations(
    query: Query, shape: Shape, focus: str, wanted: Collection[Constraint] | None = None
) -> Iterator[tuple[Shape, Constraint, str]]:
    """Yield the constraints of a shape and of its property shapes, each with SQL (origin, focus, …)."""
    if shape.deactivated:
        return
    nodes = _value_nodes(query, shape, focus)
    on_property_shape = isinstance(shape, PropertyShape)
    for constraint in shape.constraints:
        whole = constraint.component != "Property" or on_property_shape
        if whole and wanted is not None and constraint not in wanted:
            continue
        if constraint.component == "Property":
            for inner, each, sql in _violations(query, constraint.shapes[0], nodes.values, None if whole else wanted):
                if on_property_shape:
                    # As often as values lead there: each of them is validated by itself.
                    walked = f"({sql}) AS v JOIN {nodes.pairs} AS p ON p.value = v.origin"
                    sql = f"SELECT p.focus AS origin, v.focus, v.value, v.other, v.number FROM {walked}"
                yield inner, each, sql
        elif not is_foreign(constraint):
            sql = COMPONENTS[constraint.component](query, constraint, nodes, _Conformance(query))
            yield shape, constraint, f"SELECT focus AS origin, * FROM ({sql})"


def _value_nodes(query: Query, shape: Shape, focus: str) -> ValueNodes:
    if not isinstance(shape, PropertyShape):
        return ValueNodes(focus, query.named(f"SELECT node AS focus, node AS value FROM {focus}"), focus)
    pairs = query.named(value_nodes(query, shape.path, focus))
    return ValueNodes(focus, pairs, query.named(f"SELECT DISTINCT value AS node FROM {pairs}"))


class _Conformance:
    def __init__(self, query: Query) -> None:
        self._query = query

    def __call__(self, shape: Shape, focus: str) -> str:
        nodes = _value_nodes(self._query, shape, focus)
        parts = ["SELECT CAST(NULL AS VARCHAR) AS node WHERE false"]
        for constraint in () if shape.deactivated else shape.constraints:
            if constraint.component != "Property":
                sql = COMPONENTS[constraint.component](self._query, constraint, nodes, self)
                parts.append(f"SELECT focus AS node FROM ({sql})")
                continue
            failing = f"SELECT node FROM {self(constraint.shapes[0], nodes.values)}"
            if isinstance(shape, PropertyShape):
                failing = f"SELECT focus AS node FROM {nodes.pairs} WHERE value IN ({failing})"
            parts.append(failing)
        return self._query.named(f"SELECT DISTINCT node FROM ({' UNION ALL '.join(parts)})")
