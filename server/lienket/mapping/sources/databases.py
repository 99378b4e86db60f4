"""Databases: which may be reached, and what they answer.

The query runs in the database and answers texts: each database knows best how its values are written. Only what
queries answer is read, never written: SQLite opens its file so, the others their transactions, and a query stands where
only one statement that yields rows may stand.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from textwrap import shorten
from typing import Final
from urllib.parse import quote, unquote

import duckdb

from ...errors import Fault, InputError, RefusedError, nearest, shown
from ..rules import Database, Source
from . import mysql, postgresql, sqlite
from .session import Answered, AnswerError, Connect, Session, name_parts
from .tables import Column, Loading

Databases = Callable[[Database], Database | None]
"""Asked for every database that a mapping states: answers the one to reach, or None where none may be."""


def named(known: Mapping[str, Database]) -> Databases:
    """Return the way to `known` databases by the addresses that mappings state; the first stands in where none is."""
    bare = {address.removeprefix("jdbc:"): database for address, database in known.items()}

    def answer(stated: Database) -> Database | None:
        return bare.get(stated.address.removeprefix("jdbc:") or next(iter(bare), ""))

    return answer


def reach(database: Database, document: Path, root: Path, databases: Databases | None) -> Database:
    """Return the database to ask for one that a mapping states: a file below `root`, or what the caller allows.

    Raises RefusedError where the caller does not, InputError where it is of no known kind or there is no such file.
    """
    allowed = databases(database) if databases else None
    found = allowed or database
    address = found.address.removeprefix("jdbc:")
    if not address:
        raise InputError(Fault("reads a database and states none; say which one to take", shown(document)))
    kind = address.partition(":")[0]
    if kind == "sqlite":
        path = (document.parent / address.partition(":")[2].removeprefix("//")).resolve()
        if not path.is_relative_to(root.resolve()):
            raise RefusedError(
                Fault("reads {path}, which lies outside of {root}: a source has to lie inside", shown(document),
                      values={"path": shown(path), "root": shown(root)})
            )  # fmt: skip
        if not path.is_file():
            raise InputError(
                Fault("reads {path}, and there is no such file in {folder}", shown(document),
                      values={"path": path.name, "folder": shown(path.parent)})
            )  # fmt: skip
        return Database(f"sqlite:{path}")
    if allowed is None:
        raise RefusedError(
            Fault("reads the database {database}, which is not allowed: name it under [databases] in lienket.toml, or "
                  "with --database", shown(document), values={"database": place(found)})
        )  # fmt: skip
    if kind not in _CONNECT:
        raise InputError(
            Fault("reads a database of a kind that is not known: {kind}; known are {known}", shown(document),
                  values={"kind": kind, "known": ", ".join(_CONNECT)})
        )  # fmt: skip
    return replace(found, address=address)


def place(database: Database) -> str:
    """Return a database as people may read it: without user and password, whatever the address holds.

    >>> place(Database("jdbc:postgresql://me:secret@host:5432/health?password=secret"))
    'postgresql://host:5432/health'
    """
    kind, _, rest = database.address.removeprefix("jdbc:").partition(":")
    if kind == "sqlite":
        return shown(Path(rest))
    return f"{kind}:{re.sub(r'//[^/]*@', '//', re.split(r'[?;]', rest)[0])}"


def asked(database: Database, source: Source) -> str:
    """Return a database together with the table or the query that it is asked, as people may read it.

    >>> asked(Database("jdbc:postgresql://host/health"), Source("", "mapping", "database table", "clinics"))
    'postgresql://host/health (clinics)'
    """
    return f"{place(database)} ({shorten(source.iterator or '', 60, placeholder=' …')})"


_CONNECT: Final[Mapping[str, Connect]] = {
    "sqlite": sqlite.connect, "postgresql": postgresql.connect, "postgres": postgresql.connect,
    "mysql": mysql.connect, "mariadb": mysql.connect,
}  # fmt: skip
"""What an address begins with → how such a database is opened."""


def load(connection: duckdb.DuckDBPyConnection, database: Database, source: Source, wanted: Sequence[str]) -> Loading:
    """Load what a database answers; cells are of the kind "item", with the natural datatypes of R2RML.

    Raises InputError where the database does not answer, or a wanted column is not in its answer.
    """
    connect = _CONNECT[database.address.partition(":")[0]]
    with _faults_of(database, source), connect(database, connection) as session:
        statement, answered = _statement(session, source)
        meant = _meant(answered, wanted, asked(database, source))
        used = [column for column in answered if column.name in meant.values()]
        cells = [f"c{number}" for number in range(len(used))]
        connection.register("lk_answer", session.cells(statement, used))
        try:
            connection.execute(
                f"CREATE TABLE loading AS SELECT {', '.join(['row_number() OVER () AS row', *cells])} FROM lk_answer"
            )
        finally:
            connection.unregister("lk_answer")
    identifiers = {column.name: cell for column, cell in zip(used, cells, strict=True)}
    columns = {name: Column(name, identifiers[column], "item") for name, column in meant.items()}
    return Loading(tuple(column.name for column in answered), columns)


def _statement(session: Session, source: Source) -> tuple[str, list[Answered]]:
    """Return the statement of a source and the columns that it answers; of a table the first reading that exists."""
    if source.formulation == "database query":
        statement = (source.iterator or "").strip().rstrip(";")
        return statement, session.answered(statement)
    *others, last = session.tables(source.iterator or "")
    for statement in others:
        try:
            return statement, session.answered(statement)
        except AnswerError:
            continue
    return last, session.answered(last)


def _meant(answered: Sequence[Answered], wanted: Sequence[str], file: str) -> dict[str, str]:
    """Find the wanted columns in an answer: by their name, or else by their name whatever the case of its letters."""
    found, faults = {}, []
    for name in wanted:
        bare = name_parts(name)[-1] if name.startswith('"') else name
        names = [column.name for column in answered if re.sub(r":\d+$", "", column.name) == bare]
        names = names or [column.name for column in answered if column.name.casefold() == bare.casefold()]
        if not names:
            known = [column.name for column in answered]
            faults.append(Fault("has no column {wanted}; the columns are: {known}", file, meant=nearest(name, known),
                                values={"wanted": name, "known": ", ".join(known)}))  # fmt: skip
        elif len(names) > 1:
            faults.append(Fault("has {number} columns with the name {wanted}; give each its own", file,
                                values={"wanted": name, "number": len(names)}))  # fmt: skip
        else:
            found[name] = names[0]
    if faults:
        raise InputError(*faults)
    return found


@contextmanager
def _faults_of(database: Database, source: Source) -> Iterator[None]:
    """Turn what a database says against a query into a fault that holds no secret."""
    try:
        yield
    except (AnswerError, duckdb.Error) as error:
        detail = str(error).splitlines()[0]
        for secret in _secrets(database):
            detail = detail.replace(secret, "…")
        fault = Fault("does not answer the query: {detail}", asked(database, source), values={"detail": detail})
        raise InputError(fault) from None


def _secrets(database: Database) -> list[str]:
    stated = re.findall(r"//[^/@]*:([^/@]*)@|password=([^&;]*)", database.address)
    found = [database.password or "", *(text for pair in stated for text in pair)]
    return [text for secret in found if secret for text in dict.fromkeys((secret, unquote(secret), quote(secret)))]
