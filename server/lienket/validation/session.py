"""One validation's tables in DuckDB: the data, what it refers to, and the macros that questions call."""

import re
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import duckdb

from ..errors import InputError
from ..sql import identifier, literal
from ..vocabulary import RDF, RDFS
from .compile import macros
from .documents import read_triples
from .lines import take_lines
from .query import TRIPLES
from .shapes import Term

DATA: Final = "lk_sh_data"
CONTEXT: Final = "lk_sh_context"
OWN: Final = "lk_sh_own"
"""The data and its context."""
_ELSEWHERE: Final = "lk_sh_elsewhere"

_MACRO: Final = re.compile(r"lk_\w+(?=\()")
_COPIED: Final = 500_000
"""A view of so few rows is copied: to plan a question over a view of many parts would take longer than to ask."""


def make_table(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Make an empty table (subject, predicate, object)."""
    connection.execute(f"CREATE TEMP TABLE {identifier(table)} (subject VARCHAR, predicate VARCHAR, object VARCHAR)")


def load(connection: duckdb.DuckDBPyConnection, table: str, pieces: Iterable[str]) -> None:
    """Add triples in N-Triples, as `read_triples` yields them, to a table.

    Raises `InputError` for triples about triples, of which SHACL knows nothing.
    """
    insert = (
        f"INSERT INTO {identifier(table)} SELECT s, p, substring(line, length(s) + length(p) + 3, "
        "length(line) - length(s) - length(p) - 4) FROM (SELECT line, split_part(line, ' ', 1) AS s, "
        "split_part(line, ' ', 2) AS p FROM (SELECT unnest(string_split($1, chr(10))) AS line) WHERE line <> '')"
    )
    # One piece is taken in while the next is read.
    with ThreadPoolExecutor(1) as background:
        taken = None
        for piece in pieces:
            if taken is not None:
                taken.result()
            taken = background.submit(connection.execute, insert, [piece])
        if taken is not None:
            taken.result()
    if connection.execute(f"SELECT 1 FROM {identifier(table)} WHERE starts_with(object, '<<') LIMIT 1").fetchall():
        raise InputError("triples about triples (RDF 1.2) cannot be validated with SHACL 1.0")


def take(connection: duckdb.DuckDBPyConnection, table: str, files: Iterable[Path]) -> None:
    """Add files of RDF to a table; raises `InputError` naming every file that is none."""
    load(connection, table, read_triples(file for file in files if not take_lines(connection, table, file)))


class Session:
    """A connection with the relations `DATA` and `CONTEXT`, `OWN`, which is both, and `TRIPLES`, which is all."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Use `opened` instead."""
        self._connection = connection
        self._macros = {signature.partition("(")[0]: (signature, body) for signature, body in macros().items()}
        self._tables: dict[str, str] = {}

    @classmethod
    @contextmanager
    def opened(
        cls,
        connection: duckdb.DuckDBPyConnection,
        relation: str,
        rows: int | None,
        context: str,
        elsewhere: Iterable[Path] = (),
    ) -> Iterator["Session"]:
        """Open a session over a view of about so many rows; leaving nothing behind.

        `context` is N-Triples of what is known beside the data; `elsewhere` are files of what other data tells.
        """
        session = cls(connection)
        try:
            for table in (CONTEXT, _ELSEWHERE):
                make_table(connection, table)
                session._tables[table] = "TABLE"
            load(connection, CONTEXT, [context])
            take(connection, _ELSEWHERE, elsewhere)
            data = f"SELECT subject, predicate, object FROM {identifier(relation)}"
            session.make(DATA, data, kind="TABLE" if rows is not None and rows <= _COPIED else "VIEW")
            session.make(OWN, f"FROM {DATA} UNION ALL FROM {CONTEXT}", kind="VIEW")
            session.make(TRIPLES, f"FROM {OWN} UNION ALL FROM {_ELSEWHERE}", kind="VIEW")
            yield session
        finally:
            for name, kind in reversed(session._tables.items()):
                connection.execute(f"DROP {kind} IF EXISTS {name}")

    @property
    def is_view(self) -> bool:
        """Whether the data was too large to be copied."""
        return self._tables[DATA] == "VIEW"

    def make(self, name: str, select: str, *values: object, kind: str = "TABLE") -> None:
        """Make a table, or a view, of what a SELECT gives; in place of one of the same name."""
        self._tables[name] = kind
        self._run(f"CREATE OR REPLACE TEMP {kind} {name} AS {select}", *values)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows that answer a query."""
        return self._run(query).fetchall()

    def holds_rows(self, relation: str) -> bool:
        """Tell whether a relation has any row."""
        return bool(self.ask(f"SELECT 1 FROM {relation} LIMIT 1"))

    def types(self) -> set[Term]:
        """Return the classes that the data states."""
        stated = f"SELECT DISTINCT object FROM {DATA} WHERE predicate = {literal(f'<{RDF}type>')}"
        return {class_ for (class_,) in self.ask(stated)}

    def subclasses(self, classes: Collection[Term]) -> dict[Term, set[Term]]:
        """Return the subclasses of some classes, themselves among them, as the triples state them."""
        below: dict[Term, set[Term]] = {}
        stated = f"SELECT DISTINCT object, subject FROM {TRIPLES} WHERE predicate = {literal(f'<{RDFS}subClassOf>')}"
        for above, each in self.ask(stated) if classes else ():
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

    def _run(self, query: str, *values: object) -> duckdb.DuckDBPyConnection:
        """Run a statement, and before it make the macros that it is the first to call."""
        for name in _MACRO.findall(query):
            if name in self._macros:
                signature, body = self._macros.pop(name)
                self._run(f"CREATE OR REPLACE TEMP MACRO {signature} AS {body}")
        return self._connection.execute(query, list(values))
