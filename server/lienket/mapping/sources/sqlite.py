"""SQLite <https://www.sqlite.org/datatype3.html>: any cell may hold any type, whatever its column was declared."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from typing import Final
from urllib.parse import quote

import adbc_driver_sqlite
import duckdb

from ...sql import identifier, literal
from ..rules import Database
from .natural import varied_item
from .session import Answered, Arrow, answering, name_parts, selected, table, text

_DECLARED: Final = (
    ("BOOL", "boolean"), ("DATETIME", "dateTime"), ("TIMESTAMP", "dateTime"), ("DATE", "date"), ("TIME", "time"),
    ("DECIMAL", "decimal"), ("NUMERIC", "decimal"),
)  # fmt: skip
"""What is part of a declared type → the natural datatype."""


@contextmanager
def connect(database: Database, connection: duckdb.DuckDBPyConnection) -> Iterator["_Session"]:
    """Open a file, to read alone."""
    uri = f"file:{quote(database.address.partition(':')[2])}?mode=ro"
    with ExitStack() as stack:
        yield _Session(uri, Arrow(lambda: adbc_driver_sqlite.connect(uri), connection, stack))


class _Session:
    def __init__(self, uri: str, arrow: Arrow) -> None:
        self._uri = uri
        self._arrow = arrow

    def tables(self, name: str) -> list[str]:
        return [table(name_parts(name))]

    def answered(self, statement: str) -> list[Answered]:
        # As a view the statement can only be one that answers rows, and its columns keep their declared types.
        with answering(sqlite3.Error), closing(sqlite3.connect(self._uri, uri=True)) as connection:
            connection.execute(f"CREATE TEMP VIEW lk_answer AS {statement}")
            described = connection.execute("PRAGMA table_info(lk_answer)").fetchall()
        # A view renames a column that is there twice.
        return [
            Answered(name, next((type_ for word, type_ in _DECLARED if word in declared.upper()), None))
            for _, name, declared, *_ in described
        ]

    def cells(self, statement: str, columns: Sequence[Answered]) -> duckdb.DuckDBPyRelation:
        answer = self._arrow.ask(selected([part for column in columns for part in _parts(column)], statement))
        items = [f"{varied_item(text(2 * n), text(2 * n + 1))} AS c{n}" for n in range(len(columns))]
        return answer.project(", ".join(items)) if items else answer


def _parts(column: Answered) -> tuple[str, str]:
    """Return what asks for a cell's text and for the name of its datatype.

    No text is NULL, because the driver takes the type of a column from its first rows.
    """
    cell = f"q.{identifier(column.name)}"
    number = f"CASE typeof({cell}) WHEN 'integer' THEN 'integer' WHEN 'real' THEN 'double'"
    stated = literal(column.datatype) if column.datatype else "''"
    datatype = f"{number} WHEN 'blob' THEN 'hexBinary' ELSE {stated} END"
    if column.datatype in ("boolean", "decimal"):
        datatype = f"CASE WHEN typeof({cell}) IN ('integer', 'real') THEN {stated} ELSE '' END"
    return (
        f"CASE typeof({cell}) WHEN 'real' THEN printf('%!.17g', {cell}) WHEN 'blob' THEN hex({cell}) "
        f"WHEN 'null' THEN '' ELSE CAST({cell} AS TEXT) END",
        f"CASE WHEN {cell} IS NULL THEN 'null' ELSE {datatype} END",
    )
