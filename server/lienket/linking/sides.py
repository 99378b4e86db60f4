"""The sides of a rule: what its SELECT answers over a release, as rows of text in DuckDB."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import duckdb
import pyoxigraph as ox

from ..errors import Fault, InputError, RefusedError
from ..sql import identifier
from ..store import Store

Row = Mapping[str, str]

_REMOTE: Final = re.compile(r"<[^<>\s]*>|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|#[^\n]*|(\bSERVICE\b)", re.I)


def rows(store: Store, select: str, file: Path, wanted: Sequence[str]) -> list[dict[str, str]]:
    """Return what a rule's SELECT answers, as text; unbound variables are "".

    Raises `InputError` where it is no SELECT or lacks a variable of `wanted`, `RefusedError` where it asks elsewhere.
    """
    if any(found[1] for found in _REMOTE.finditer(select)):
        raise RefusedError(Fault("asks other endpoints by SERVICE; lienket link --endpoint does that", file=str(file)))
    try:
        answer = store.query(select)
    except SyntaxError as error:
        raise InputError(
            Fault("is not a SPARQL query: {reason}", file=str(file), values={"reason": error.msg})
        ) from error
    if not isinstance(answer, ox.QuerySolutions):
        raise InputError(Fault("is no SELECT; a side of a rule is one", file=str(file)))
    names = [variable.value for variable in answer.variables]
    if missing := [f"?{name}" for name in wanted if name not in names]:
        raise InputError(
            Fault("lacks the variables {names}", file=str(file), values={"names": ", ".join(missing)}, text=select[:80])
        )
    return [
        {name: _text(term) for name, term in zip(names, solution, strict=True)}
        for solution in answer
    ]  # fmt: skip


def load(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Row]) -> None:
    """Make a table of rows of text; every row has the same names."""
    names = list(rows[0]) if rows else ["id", "name"]
    columns = [[row[name] for row in rows] for name in names]
    picked = ", ".join(f"unnest(${n}::VARCHAR[]) AS {identifier(name)}" for n, name in enumerate(names, 1))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT {picked}", columns)


def names(rows: Iterable[Row]) -> dict[str, str]:
    """Return the first name of each thing."""
    found: dict[str, str] = {}
    for row in rows:
        if row.get("name"):
            found.setdefault(row["id"], row["name"])
    return found


def _text(term: object) -> str:
    return term.value if isinstance(term, ox.NamedNode | ox.Literal) else ""
