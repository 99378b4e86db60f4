"""Constraint components as SQL: one SELECT a constraint, whose rows are its violations.

<https://www.w3.org/TR/shacl/#core-components>. A row is (focus, value, other, number): focus node and value node;
what else the violation is about: the compared value, the language, the predicate; and how many values there are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from .comparisons import lesser
from .query import Query, listed
from .shapes import Constraint, Shape
from .terms import plain
from .values import TESTS, Test


@dataclass(frozen=True)
class ValueNodes:
    """The tables in which a shape finds its nodes."""

    focus: str
    """(node): the focus nodes."""
    pairs: str
    """(focus, value): their value nodes."""
    values: str
    """(node): all value nodes."""


class Conformance(Protocol):
    """Tells which nodes do not conform to a shape."""

    def __call__(self, shape: Shape, focus: str) -> str:
        """Return the name of a table (node) of those nodes in the table `focus` that do not."""


Builder = Callable[[Query, Constraint, ValueNodes, Conformance], str]

_ROW: Final = "focus, value, CAST(NULL AS VARCHAR) AS other, CAST(NULL AS BIGINT) AS number"
_FOCUS: Final = "focus, CAST(NULL AS VARCHAR) AS value, CAST(NULL AS VARCHAR) AS other"


def _tested(test: Test, query: Query, constraint: Constraint, nodes: ValueNodes, failing: Conformance) -> str:
    return f"SELECT {_ROW} FROM {nodes.pairs} WHERE NOT coalesce({test(query, constraint, 'value')}, false)"


def _min_count(query: Query, constraint: Constraint, nodes: ValueNodes, failing: Conformance) -> str:
    counted = f"SELECT node AS focus, count(value) AS number FROM {nodes.focus} LEFT JOIN {nodes.pairs} ON focus = node"
    return f"SELECT {_FOCUS}, number FROM ({counted} GROUP BY node) WHERE number < {_number(constraint)}"


def _max_count(query: Query, constraint: Constraint, nodes: ValueNodes, failing: Conformance) -> str:
    counted = f"SELECT focus, count(*) AS number FROM {nodes.pairs} GROUP BY focus"
    return f"SELECT {_FOCUS}, number FROM ({counted}) WHERE number > {_number(constraint)}"


def _has_value(query: Query, constraint: Constraint, nodes: ValueNodes, failing: Conformance) -> str:
    having = f"SELECT focus FROM {nodes.pairs} WHERE value = {listed(constraint.terms)}"
    return (
        f"SELECT {_FOCUS}, CAST(NULL AS BIGINT) AS number "
        f"FROM (SELECT node AS focus FROM {nodes.focus} WHERE node NOT IN ({having}))"
    )


def _unique_lang(query: Query, constraint: Constraint, nodes: ValueNodes, failing: Conformance) -> str:
    counted = (
        f"SELECT focus, lk_sh_language(value) AS other, count(*) AS number FROM {nodes.pairs} "
        "WHERE lk_sh_language(value) <> '' GROUP BY ALL"
    )
    return f"SELECT focus, CAST(NULL AS VARCHAR) AS value, other, number FROM ({counted}) WHERE number > 1"


def _others(query: Query, constraint: Constraint, nodes: ValueNodes) -> str:
    """Return the name of a table (focus, value) of what the focus nodes have of the constraint's predicate."""
    return query.named(
        f"SELECT DISTINCT f.node AS focus, t.object AS value FROM {nodes.focus} AS f "
        f"JOIN {query.triples_of(nodes.focus)} AS t "
        f"ON t.subject = f.node WHERE t.predicate = {listed(constraint.terms)}"
    )


def _equals(query: Query, constraint: Constraint, nodes: ValueNodes, failing: Conformance) -> str:
    others = _others(query, constraint, nodes)
    mine, theirs = f"SELECT focus, value FROM {nodes.pairs}", f"SELECT focus, value FROM {others}"
    return f"SELECT {_ROW} FROM (({mine} EXCEPT {theirs}) UNION ALL ({theirs} EXCEPT {mine}))"


def _disjoint(query: Query, constraint: Constraint, nodes: ValueNodes, failing: Conformance) -> str:
    others = _others(query, constraint, nodes)
    return f"SELECT {_ROW} FROM (SELECT focus, value FROM {nodes.pairs} INTERSECT SELECT focus, value FROM {others})"


def _less_than(
    query: Query, constraint: Constraint, nodes: ValueNodes, failing: Conformance, *, comparison: str
) -> str:
    others = _others(query, constraint, nodes)
    mine, theirs = (
        query.named(f"SELECT focus, lk_sh_key(value) AS key FROM {table}") for table in (nodes.pairs, others)
    )
    return (
        "SELECT m.focus, m.key.term AS value, t.key.term AS other, CAST(NULL AS BIGINT) AS number FROM "
        f"{mine} AS m JOIN {theirs} AS t ON t.focus = m.focus "
        f"WHERE NOT coalesce({lesser('m.key', 't.key', comparison)}, false)"
    )


def _closed(query: Query, constraint: Constraint, nodes: ValueNodes, failing: Conformance) -> str:
    known = f" WHERE t.predicate NOT IN ({listed(constraint.terms)})" if constraint.terms else ""
    # Distinct with the value node: two of them may state the same.
    stated = f"FROM {nodes.pairs} AS p JOIN {query.triples_of(nodes.values)} AS t ON t.subject = p.value{known}"
    return (
        "SELECT focus, object AS value, predicate AS other, CAST(NULL AS BIGINT) AS number "
        f"FROM (SELECT DISTINCT p.focus, p.value, t.predicate, t.object {stated})"
    )


def _shaped(query: Query, constraint: Constraint, nodes: ValueNodes, failing: Conformance, *, condition: str) -> str:
    """Return the value nodes that fail the wrong number of shapes; in `condition`, `failed` is how many they fail."""
    failed = " + ".join(_failed(query, shape, nodes, failing) for shape in constraint.shapes) or "0"
    return f"SELECT {_ROW} FROM (SELECT focus, value, {failed} AS failed FROM {nodes.pairs}) WHERE " + condition.format(
        all=len(constraint.shapes)
    )


def _failed(query: Query, shape: Shape, nodes: ValueNodes, failing: Conformance) -> str:
    return f"(value IN (SELECT node FROM {failing(shape, nodes.values)}))::INTEGER"


def _qualified(
    query: Query, constraint: Constraint, nodes: ValueNodes, failing: Conformance, *, comparison: str
) -> str:
    """Return the focus nodes with too few or too many values that conform to the first shape and to no other."""
    mine, *siblings = constraint.shapes
    conforming = [f"NOT ({_failed(query, mine, nodes, failing)})::BOOLEAN"]
    conforming += [f"({_failed(query, sibling, nodes, failing)})::BOOLEAN" for sibling in siblings]
    qualified = f"SELECT focus, value FROM {nodes.pairs} WHERE {' AND '.join(conforming)}"
    counted = f"SELECT node AS focus, count(value) AS number FROM {nodes.focus} LEFT JOIN ({qualified}) ON focus = node"
    return f"SELECT {_FOCUS}, number FROM ({counted} GROUP BY node) WHERE number {comparison} {_number(constraint)}"


def _number(constraint: Constraint) -> int:
    return int(plain(constraint.terms[0]))


COMPONENTS: Final[Mapping[str, Builder]] = {
    **{component: partial(_tested, test) for component, test in TESTS.items()},
    "MinCount": _min_count,
    "MaxCount": _max_count,
    "HasValue": _has_value,
    "UniqueLang": _unique_lang,
    "Equals": _equals,
    "Disjoint": _disjoint,
    "LessThan": partial(_less_than, comparison="<"),
    "LessThanOrEquals": partial(_less_than, comparison="<="),
    "Closed": _closed,
    "Node": partial(_shaped, condition="failed > 0"),
    "Not": partial(_shaped, condition="failed = 0"),
    "And": partial(_shaped, condition="failed > 0"),
    "Or": partial(_shaped, condition="failed = {all}"),
    "Xone": partial(_shaped, condition="failed <> {all} - 1"),
    "QualifiedMinCount": partial(_qualified, comparison="<"),
    "QualifiedMaxCount": partial(_qualified, comparison=">"),
}
"""Component → SELECT of its violations. `Property` has none of its own: its violations are those of its shape."""
