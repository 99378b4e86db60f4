"""PostgreSQL <https://www.postgresql.org/docs/current/datatype.html>: a column has one type."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

import adbc_driver_postgresql
import duckdb

from ...sql import identifier
from ..rules import Database
from .natural import item
from .session import Answered, Arrow, name_parts, selected, table, text

_PADDED: Final = "character"
_TYPES: Final = {
    "smallint": "integer", "integer": "integer", "bigint": "integer", "numeric": "decimal", "real": "double",
    "double precision": "double", "boolean": "boolean", "date": "date", "time without time zone": "time",
    "time with time zone": "time", "timestamp without time zone": "dateTime", "timestamp with time zone": "dateTime",
    "bytea": "hexBinary", _PADDED: _PADDED,
}  # fmt: skip
"""Type → natural datatype; of those not here the values are plain text."""
_OPTIONS: Final = ("sslmode", "sslrootcert", "connect_timeout")
"""Of what an address may state, what is passed on."""
_SETTINGS: Final = (
    "default_transaction_read_only = on", "DateStyle = ISO", "bytea_output = hex", "extra_float_digits = 1",
)  # fmt: skip


@contextmanager
def connect(database: Database, connection: duckdb.DuckDBPyConnection) -> Iterator["_Session"]:
    """Open a database, with transactions that read alone."""
    uri = _uri(database)
    with ExitStack() as stack:
        arrow = Arrow(lambda: adbc_driver_postgresql.connect(uri), connection, stack)
        for setting in _SETTINGS:
            arrow.tell(f"SET {setting}")
        yield _Session(arrow)


def _uri(database: Database) -> str:
    parts = urlsplit(database.address)
    given = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    user = database.user or given.get("user") or unquote(parts.username or "")
    password = database.password or given.get("password") or unquote(parts.password or "")
    login = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
    where = parts.netloc.rpartition("@")[2]
    options = {"connect_timeout": "10"} | {name: given[name] for name in _OPTIONS if name in given}
    return f"postgresql://{login}{'@' if login else ''}{where}{parts.path}?{urlencode(options)}"


class _Session:
    def __init__(self, arrow: Arrow) -> None:
        self._arrow = arrow

    def tables(self, name: str) -> list[str]:
        # A name without quotation marks may mean what its small letters say.
        readings = [name_parts(name)] if '"' in name else [name_parts(name), name_parts(name.lower())]
        return list(dict.fromkeys(map(table, readings)))

    def answered(self, statement: str) -> list[Answered]:
        # Of no rows the statement is planned and not run; the columns of a join's empty side have their types.
        nothing = f"{selected(['*'], statement)} LIMIT 0"
        names = self._arrow.ask(nothing).columns
        types = [f"CAST(pg_typeof(p.{identifier(name)}) AS text)" for name in names]
        if not types:
            return []
        found = self._arrow.ask(f"SELECT {', '.join(types)} FROM (SELECT) AS one LEFT JOIN ({nothing}) AS p ON true")
        return [Answered(name, _TYPES.get(type_)) for name, type_ in zip(names, found.fetchall()[0], strict=True)]

    def cells(self, statement: str, columns: Sequence[Answered]) -> duckdb.DuckDBPyRelation:
        answer = self._arrow.ask(selected([_text(column) for column in columns], statement))
        items = [
            f"{item(text(n), None if column.datatype == _PADDED else column.datatype)} AS c{n}"
            for n, column in enumerate(columns)
        ]
        return answer.project(", ".join(items)) if items else answer


def _text(column: Answered) -> str:
    cell = f"q.{identifier(column.name)}"
    if column.datatype == _PADDED:  # a cast would take the spaces away, which are part of the value
        return f"CASE WHEN {cell} IS NOT NULL THEN format('%s', {cell}) END"
    return f"CAST({cell} AS text)"
