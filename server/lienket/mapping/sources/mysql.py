"""MySQL <https://dev.mysql.com/doc/refman/8.4/en/data-types.html> and MariaDB, asked through PyMySQL.

Names may stand in quotation marks, as the standard has it (ANSI_QUOTES). PyMySQL is an extra of the package and is
loaded where a mapping needs it; it answers row by row, which go to DuckDB by way of a file.
"""

import ssl
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import duckdb

from ...errors import Fault, UnavailableError
from ...sql import identifier
from ..rules import Database
from .natural import item
from .session import Answered, AnswerError, answering, name_parts, selected, table
from .tables import load_arrays

_TYPES: Final = {
    0: "decimal", 1: "integer", 2: "integer", 3: "integer", 4: "double", 5: "double", 7: "dateTime", 8: "integer",
    9: "integer", 10: "date", 11: "time", 12: "dateTime", 14: "date", 16: "integer", 246: "decimal", 255: "hexBinary",
}  # fmt: skip
"""Code of a type in the protocol → natural datatype; of those not here the values are plain text."""
_FLAGS: Final = (1, 16)
"""TINYINT and BIT, which are booleans where they are one wide."""
_STRINGS: Final = (15, 249, 250, 251, 252, 253, 254)
"""Types whose values are bytes, not text, where their character set is `binary`."""

_ENCRYPTED: Final = {
    "required": (ssl.CERT_NONE, False), "verify_ca": (ssl.CERT_REQUIRED, False),
    "verify_identity": (ssl.CERT_REQUIRED, True),
}  # fmt: skip
"""`sslMode` of an address → whether the server has to prove itself, and by its name."""


@contextmanager
def connect(database: Database, connection: duckdb.DuckDBPyConnection) -> Iterator["_Session"]:
    """Open a database, with transactions that read alone.

    Raises UnavailableError where PyMySQL is not installed.
    """
    try:
        import pymysql
    except ImportError as error:
        raise UnavailableError(
            Fault("MySQL is read through PyMySQL, which is not installed: pip install 'lienket[mysql]'")
        ) from error
    parts = urlsplit(database.address)
    given = {name.lower(): values[-1] for name, values in parse_qs(parts.query).items()}
    user = database.user or given.get("user") or unquote(parts.username or "")
    password = database.password or given.get("password") or unquote(parts.password or "")
    errors = (pymysql.MySQLError, RuntimeError)  # the latter where a way to log in needs what is not installed
    with answering(*errors):
        opened = pymysql.connect(
            host=parts.hostname or "localhost", port=parts.port or 3306, user=user, password=password.encode(),
            database=parts.path.removeprefix("/"), charset="utf8mb4", sql_mode="ANSI_QUOTES",
            ssl=_encryption(given.get("sslmode", "")), init_command="SET SESSION TRANSACTION READ ONLY",
        )  # fmt: skip
    with closing(opened):
        yield _Session(opened, pymysql.cursors.SSCursor, errors, connection)
    connection.execute("DROP TABLE IF EXISTS lk_rows")


def _encryption(mode: str) -> ssl.SSLContext | None:
    stated = _ENCRYPTED.get(mode.lower().replace("-", "_"))
    if stated is None:
        return None
    context = ssl.create_default_context()
    context.check_hostname = False  # before a certificate may go unverified
    context.verify_mode, context.check_hostname = stated
    return context


class _Session:
    def __init__(
        self, opened: Any, cursor: Any, errors: tuple[type[Exception], ...], connection: duckdb.DuckDBPyConnection
    ) -> None:
        self._opened = opened
        self._cursor = cursor
        self._errors = errors
        self._connection = connection

    def tables(self, name: str) -> list[str]:
        return [table(name_parts(name))]

    def answered(self, statement: str) -> list[Answered]:
        # Of no rows the statement is planned and not run; the columns of a join's empty side have their character sets.
        nothing = f"{selected(['*'], statement)} LIMIT 0"
        with answering(*self._errors), closing(self._opened.cursor()) as cursor:
            cursor.execute(nothing)
            described = [(name, type_, width) for name, type_, _, width, *_ in cursor.description]
            sets = ", ".join(f"charset(p.{identifier(name)})" for name, *_ in described)
            cursor.execute(f"SELECT {sets} FROM (SELECT 1) AS one LEFT JOIN ({nothing}) AS p ON true")
            return [
                Answered(name, _datatype(type_, width, set_))
                for (name, type_, width), set_ in zip(described, cursor.fetchone(), strict=True)
            ]

    def cells(self, statement: str, columns: Sequence[Answered]) -> duckdb.DuckDBPyRelation:
        with answering(*self._errors), closing(self._opened.cursor(self._cursor)) as cursor:
            # The server writes an array for each row: to take rows apart in Python costs most of the time.
            cursor.execute(selected([f"json_array({', '.join(map(_text, columns))})"], statement))
            load_arrays(self._connection, enumerate(map(_array, cursor), 1), len(columns), "lk_rows")
        items = [f"{item(f'c{n}', column.datatype)} AS c{n}" for n, column in enumerate(columns)]
        return self._connection.table("lk_rows").project(", ".join(items or ["row"]))


def _datatype(type_: int, width: int, character_set: str) -> str | None:
    if type_ in _FLAGS and width == 1:
        return "boolean"
    if type_ in _STRINGS and character_set == "binary":
        return "hexBinary"
    return _TYPES.get(type_)


def _array(row: tuple[str | None]) -> str:
    if row[0] is None:
        raise AnswerError("a row is longer than max_allowed_packet")
    return row[0]


def _text(column: Answered) -> str:
    cell = f"q.{identifier(column.name)}"
    if column.datatype == "hexBinary":
        return f"hex({cell})"
    if column.datatype in ("boolean", "integer"):  # the text of a BIT would be its bytes
        cell = f"{cell} + 0"
    return f"CAST({cell} AS char)"
