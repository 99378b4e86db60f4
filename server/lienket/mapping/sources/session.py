"""What all kinds of databases have in common: a session, which answers statements with cells."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import adbc_driver_manager
import duckdb

from ...sql import identifier
from ..rules import Database


@dataclass(frozen=True)
class Answered:
    """One column of an answer: how it is called there, and the natural datatype of all its values where it has one."""

    name: str
    datatype: str | None


class AnswerError(Exception):
    """A database does not answer; the text says why, in its own words."""


class Session(Protocol):
    """An open database that cannot be written; its methods raise AnswerError."""

    def tables(self, name: str) -> list[str]:
        """Return the statements that may read a table, the most literal reading of its name first."""

    def answered(self, statement: str) -> list[Answered]:
        """Return the columns that a statement answers, without running it."""

    def cells(self, statement: str, columns: Sequence[Answered]) -> duckdb.DuckDBPyRelation:
        """Run a statement; return those columns of its answer as `c0`, `c1`, …: STRUCT(text, datatype)."""


Connect = Callable[[Database, duckdb.DuckDBPyConnection], AbstractContextManager[Session]]
"""Opens a database; the DuckDB connection is to hold the cells."""


class Arrow:
    """A database that is asked through ADBC: answers stream to DuckDB."""

    def __init__(self, open_: Callable[[], Any], connection: duckdb.DuckDBPyConnection, stack: ExitStack) -> None:
        """Open it with a driver's function; with `stack` it is closed."""
        self._connection = connection
        self._stack = stack
        with answering(adbc_driver_manager.Error):
            self._opened = stack.enter_context(closing(adbc_driver_manager.AdbcConnection(open_())))

    def tell(self, statement: str) -> None:
        """Run a statement that answers nothing."""
        with answering(adbc_driver_manager.Error):
            self._prepared(statement).execute_update()

    def ask(self, statement: str) -> duckdb.DuckDBPyRelation:
        """Return the rows that a statement answers."""
        with answering(adbc_driver_manager.Error):
            stream, _ = self._prepared(statement).execute_query()
            return self._connection.from_arrow(stream)

    def _prepared(self, statement: str) -> adbc_driver_manager.AdbcStatement:
        prepared = self._stack.enter_context(closing(adbc_driver_manager.AdbcStatement(self._opened)))
        prepared.set_sql_query(statement)
        return prepared


def selected(expressions: Sequence[str], statement: str) -> str:
    """Return the statement that asks for expressions over the rows `q` of another one, which stays what it is."""
    return f"SELECT {', '.join(expressions) or '1'} FROM ({statement}\n) AS q"


def table(parts: Sequence[str]) -> str:
    """Return the statement that reads a table by the parts of its name."""
    return f"SELECT * FROM {'.'.join(map(identifier, parts))}"


def text(position: int) -> str:
    """Return the SQL of the text at a position, from 0, of an answer."""
    return f"CAST(#{position + 1} AS VARCHAR)"


def name_parts(name: str) -> list[str]:
    """Return the parts of a name that dots divide, without their quotation marks.

    >>> name_parts('health."Cơ sở.2025"')
    ['health', 'Cơ sở.2025']
    """
    found = re.findall(r'"(?:[^"]|"")+"|[^."]+', name)
    return [part[1:-1].replace('""', '"') if part.startswith('"') else part for part in found] or [name]


@contextmanager
def answering(*errors: type[Exception]) -> Iterator[None]:
    """Turn the errors of a driver into AnswerError."""
    try:
        yield
    except errors as error:
        said = str(error.args[-1] if error.args else "").strip()
        raise AnswerError(said or type(error).__name__) from error
