"""Constraints as checks: keys that are used twice, references that lead nowhere, cells that must not be empty.

Pure like `compile.py`. What is found changes no statement: RML-LV <http://w3id.org/rml/lv/spec> lets annotations do no
such thing. An empty text is no value here, so that an empty cell is no key and refers to nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from .expressions import Scope
from .program import Check
from .rules import Constraint, Holds, LogicalView, Rules, Source
from .sources import Column, Table

_Tables = Mapping[tuple[Path, Source | LogicalView], Table]


def constraint_checks(rules: Sequence[Rules], tables: _Tables) -> Iterator[Check]:
    """Yield the checks of the constraints of all documents; what two of them say of one table is asked once."""
    asked: set[str] = set()
    for document in rules:
        for constraint in document.constraints:
            table = tables[document.path, constraint.on]
            target = tables[document.path, constraint.target] if constraint.target else None
            for check in _CHECKS[constraint.holds](constraint, table, target):
                if check.sql not in asked:
                    asked.add(check.sql)
                    yield check


def _values(table: Table, columns: Sequence[str], alias: str = "c") -> tuple[list[str], str]:
    """Return the SQL of the values of columns, NULL where they are empty, and the clause they are read from."""
    scope = Scope(table, "", alias)
    return [f"nullif({scope.cell(name)[0]}, '')" for name in columns], scope.sources


def _keyed(table: Table, columns: Sequence[str]) -> str:
    """Return the SELECT (row, k0, k1, …, text) of the rows that have a value in each of some columns."""
    values, sources = _values(table, columns)
    named = ", ".join(f"{value} AS k{place}" for place, value in enumerate(values))
    text = " || ', ' || ".join(values)
    where = " AND ".join(f"{value} IS NOT NULL" for value in values)
    return f"SELECT c.row AS row, {named}, {text} AS text FROM {sources} WHERE {where}"


def _unique(constraint: Constraint, table: Table, _: Table | None) -> Iterator[Check]:
    """Ask for every row whose key a row above has; `other` is the first one.

    Keys are counted by their hashes, so that no more than those that come twice are kept as texts.
    """
    keyed = _keyed(table, constraint.columns)
    keys = ", ".join(f"k{place}" for place in range(len(constraint.columns)))
    hashes = f"SELECT hash({keys}) AS h FROM ({keyed}) GROUP BY h HAVING count(*) > 1"
    twice = f"SELECT * FROM ({keyed}) WHERE hash({keys}) IN ({hashes})"
    rows = f"SELECT list(row ORDER BY row) AS rows, any_value(text) AS text FROM ({twice}) GROUP BY {keys}"
    sql = f"SELECT unnest(rows[2:]) AS row, text, rows[1] AS other FROM ({rows})"
    yield Check(sql, table, constraint.columns, "is used already in row {first}; each row needs its own", {}, {},
                "first")  # fmt: skip


def _filled(constraint: Constraint, table: Table, _: Table | None) -> Iterator[Check]:
    """Ask for every row that holds something, and nothing in a column that must be filled."""
    for name in constraint.columns:
        others = " OR ".join(f"NOT {_is_empty(each)}" for other, each in table.columns.items() if other != name)
        where = f"{_is_empty(table.columns[name])} AND ({others or 'false'})"
        sql = f"SELECT c.row AS row, '' AS text FROM {table.identifier} AS c WHERE {where}"
        yield Check(sql, table, (name,), "is empty, and no row may lack it; fill it in")


def _is_empty(column: Column) -> str:
    place = f"c.{column.identifier}"
    if column.kind == "items":
        return f"coalesce(len({place}), 0) = 0"
    return f"coalesce({place}{'.text' if column.kind == 'item' else ''}, '') = ''"


def _iri_safe(constraint: Constraint, table: Table, _: Table | None) -> Iterator[Check]:
    for name in constraint.columns:
        (value,), sources = _values(table, (name,))
        sql = f"SELECT c.row AS row, {value} AS text FROM {sources} WHERE lk_iri({value}) <> {value}"
        yield Check(sql, table, (name,), "holds a character that an address would have to encode")


def _reference(constraint: Constraint, table: Table, target: Table | None) -> Iterator[Check]:
    """Ask for every row whose values do not stand together in a row of the target."""
    assert target is not None  # noqa: S101  a reference has one
    there, sources = _values(target, constraint.target_columns, "p")
    named = ", ".join(f"{value} AS t{place}" for place, value in enumerate(there))
    same = " AND ".join(f"k{place} = t{place}" for place in range(len(there)))
    keyed = _keyed(table, constraint.columns)
    sql = f"SELECT row, text FROM ({keyed}) ANTI JOIN (SELECT {named} FROM {sources}) ON {same}"
    values = {
        "columns": ", ".join(target.columns[name].name for name in constraint.target_columns),
        "table": f"{target.file} ({target.sheet})" if target.sheet else target.file,
    }
    message = "does not stand in column {columns} of {table}; mend it here, or add it there"
    yield Check(sql, table, constraint.columns, message, values)


_CHECKS: Final[dict[Holds, Callable[[Constraint, Table, Table | None], Iterator[Check]]]] = {
    "unique": _unique, "filled": _filled, "iri safe": _iri_safe, "reference": _reference,
}  # fmt: skip
