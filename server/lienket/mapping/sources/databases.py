"""Databases: SQLite files and PostgreSQL servers, asked through ADBC; answers stream to DuckDB as Arrow.

The query runs in the database and answers texts: each database knows best how its values are written. Only what
queries answer is read, never written: SQLite opens its file so, PostgreSQL its transactions, and only one statement
that yields rows is let through.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import shorten
from typing import Final, Protocol
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

import adbc_driver_manager
import adbc_driver_postgresql
import adbc_driver_sqlite
import duckdb

from ...errors import Fault, InputError, RefusedError, shown
from ...sql import identifier, literal
from ..rules import Database, Source
from .natural import varied_item
from .tables import Column, Loading

Databases = Callable[[Database], Database | None]
"""Asked for every database that a mapping states: answers the one to reach, or None where none may be."""


def named(known: Mapping[str, Database]) -> Databases:
    """Return the way to `known` databases by the addresses that mappings state; the first stands in where none is."""
    bare = {address.removeprefix("jdbc:"): database for address, database in known.items()}

    def answer(stated: Database) -> Database | None:
        return bare.get(stated.address.removeprefix("jdbc:") or next(iter(bare), ""))

    return answer


@dataclass(frozen=True)
class Answered:
    """One column of an answer: how it is called there, and the natural datatype of all its values where it has one."""

    name: str
    datatype: str | None


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
    if kind not in ("postgresql", "postgres"):
        raise InputError(
            Fault("reads a database of a kind that is not known: {kind}; known are {known}", shown(document),
                  values={"kind": kind, "known": "sqlite, postgresql"})
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


class Driver(Protocol):
    """How one kind of database is asked."""

    def open(self) -> adbc_driver_manager.AdbcConnection:
        """Return an open connection that cannot write."""

    def answered(self, statement: str, ask: Callable[[str], duckdb.DuckDBPyRelation]) -> list[Answered]:
        """Return the columns that a statement answers."""

    def tables(self, name: str) -> list[str]:
        """Return the statements that may read a table, the most literal reading of its name first."""

    def select(self, statement: str, columns: Sequence[Answered]) -> str:
        """Return a statement that answers two texts for each column: the value, or none, and its datatype, or none."""


class _Sqlite:
    """SQLite <https://www.sqlite.org/datatype3.html>: any cell may hold any type, whatever its column was declared."""

    _DECLARED: Final = (
        ("BOOL", "boolean"), ("DATETIME", "dateTime"), ("TIMESTAMP", "dateTime"), ("DATE", "date"), ("TIME", "time"),
        ("DECIMAL", "decimal"), ("NUMERIC", "decimal"),
    )  # fmt: skip

    def __init__(self, database: Database) -> None:
        path = database.address.partition(":")[2]
        self._uri = f"file:{quote(path)}?mode=ro"

    def open(self) -> adbc_driver_manager.AdbcConnection:
        return adbc_driver_manager.AdbcConnection(adbc_driver_sqlite.connect(self._uri))

    def tables(self, name: str) -> list[str]:
        return [f"SELECT * FROM {'.'.join(map(identifier, _parts(name)))}"]

    def answered(self, statement: str, ask: Callable[[str], duckdb.DuckDBPyRelation]) -> list[Answered]:
        # As a view the statement can only be one that answers rows, and its columns keep their declared types.
        with closing(sqlite3.connect(self._uri, uri=True)) as connection:
            connection.execute(f"CREATE TEMP VIEW lk_answer AS {statement}")
            described = connection.execute("PRAGMA table_info(lk_answer)").fetchall()
        # A view renames a column that is there twice.
        return [Answered(name, self._datatype(declared)) for _, name, declared, *_ in described]

    def _datatype(self, declared: str) -> str | None:
        return next((type_ for word, type_ in self._DECLARED if word in declared.upper()), None)

    def select(self, statement: str, columns: Sequence[Answered]) -> str:
        texts = []
        for column in columns:
            cell = f"q.{identifier(column.name)}"
            number = f"CASE typeof({cell}) WHEN 'integer' THEN 'integer' WHEN 'real' THEN 'double'"
            stated = literal(column.datatype) if column.datatype else "''"
            datatype = f"{number} WHEN 'blob' THEN 'hexBinary' ELSE {stated} END"
            if column.datatype in ("boolean", "decimal"):
                datatype = f"CASE WHEN typeof({cell}) IN ('integer', 'real') THEN {stated} ELSE '' END"
            # No text is NULL, because the driver takes the type of a column from its first rows.
            texts.append(
                f"CASE typeof({cell}) WHEN 'real' THEN printf('%!.17g', {cell}) WHEN 'blob' THEN hex({cell}) "
                f"WHEN 'null' THEN '' ELSE CAST({cell} AS TEXT) END, "
                f"CASE WHEN {cell} IS NULL THEN 'null' ELSE {datatype} END"
            )
        return f"SELECT {', '.join(texts)} FROM ({statement}\n) AS q"


class _Postgresql:
    """PostgreSQL <https://www.postgresql.org/docs/current/datatype.html>: a column has one type."""

    _TYPES: Final = {
        "smallint": "integer", "integer": "integer", "bigint": "integer", "numeric": "decimal", "real": "double",
        "double precision": "double", "boolean": "boolean", "date": "date", "time without time zone": "time",
        "time with time zone": "time", "timestamp without time zone": "dateTime",
        "timestamp with time zone": "dateTime", "bytea": "hexBinary",
    }  # fmt: skip
    _OPTIONS: Final = ("sslmode", "sslrootcert", "connect_timeout")
    """Of what an address may state, what is passed on."""

    def __init__(self, database: Database) -> None:
        parts = urlsplit(database.address)
        given = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        user = database.user or given.pop("user", None) or unquote(parts.username or "")
        password = database.password or given.pop("password", None) or unquote(parts.password or "")
        login = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
        where = parts.netloc.rpartition("@")[2]
        options = {"connect_timeout": "10"} | {name: given[name] for name in self._OPTIONS if name in given}
        self._uri = f"postgresql://{login}{'@' if login else ''}{where}{parts.path}?{urlencode(options)}"

    def open(self) -> adbc_driver_manager.AdbcConnection:
        connection = adbc_driver_manager.AdbcConnection(adbc_driver_postgresql.connect(self._uri))
        for setting in ("default_transaction_read_only = on", "DateStyle = ISO", "bytea_output = hex",
                        "extra_float_digits = 1"):  # fmt: skip
            statement = adbc_driver_manager.AdbcStatement(connection)
            statement.set_sql_query(f"SET {setting}")
            statement.execute_update()
            statement.close()
        return connection

    def tables(self, name: str) -> list[str]:
        # A name without quotation marks may mean what its small letters say.
        readings = [_parts(name)] if '"' in name else [_parts(name), _parts(name.lower())]
        return list(dict.fromkeys(f"SELECT * FROM {'.'.join(map(identifier, parts))}" for parts in readings))

    def answered(self, statement: str, ask: Callable[[str], duckdb.DuckDBPyRelation]) -> list[Answered]:
        names = ask(f"SELECT * FROM ({statement}\n) AS q LIMIT 0").columns
        types = ", ".join(f"CAST(pg_typeof(q.{identifier(name)}) AS text)" for name in names)
        # Of no rows the statement is planned and not run; the columns of the join's empty side have their types.
        nothing = f"(SELECT * FROM ({statement}\n) AS p LIMIT 0) AS q"
        found = ask(f"SELECT {types} FROM (SELECT) AS one LEFT JOIN {nothing} ON true").fetchall() if names else [()]
        kinds = self._TYPES | {"character": "padded"}
        return [Answered(name, kinds.get(type_)) for name, type_ in zip(names, found[0], strict=True)]

    def select(self, statement: str, columns: Sequence[Answered]) -> str:
        texts = []
        for column in columns:
            cell = f"q.{identifier(column.name)}"
            text = f"CAST({cell} AS text)"
            if column.datatype == "padded":  # a cast to text would take the spaces away, which are part of the value
                text = f"format('%s', {cell})"
            datatype = literal(column.datatype) if column.datatype and column.datatype != "padded" else "''"
            texts.append(f"coalesce({text}, ''), CASE WHEN {cell} IS NULL THEN 'null' ELSE {datatype} END")
        return f"SELECT {', '.join(texts)} FROM ({statement}\n) AS q"


_DRIVERS: Final[Mapping[str, Callable[[Database], Driver]]] = {
    "sqlite": _Sqlite, "postgresql": _Postgresql, "postgres": _Postgresql,
}  # fmt: skip


def load(connection: duckdb.DuckDBPyConnection, database: Database, source: Source, wanted: Sequence[str]) -> Loading:
    """Load what a database answers; cells are of the kind "item", with the natural datatypes of R2RML.

    Raises InputError where the database does not answer, or a wanted column is not in its answer.
    """
    driver = _DRIVERS[database.address.partition(":")[0]](database)
    with _faults_of(database, source), ExitStack() as stack:
        opened = stack.enter_context(closing(driver.open()))

        def ask(statement: str) -> duckdb.DuckDBPyRelation:
            query = stack.enter_context(closing(adbc_driver_manager.AdbcStatement(opened)))
            query.set_sql_query(statement)
            stream, _ = query.execute_query()
            return connection.from_arrow(stream)

        statement, answered = _statement(driver, source, ask)
        meant = _meant(answered, wanted, asked(database, source))
        used = list(dict.fromkeys(meant.values()))
        asked_for = [column for column in answered if column.name in used]
        names = {column.name: f"c{number}" for number, column in enumerate(asked_for)}
        if asked_for:
            answer = ask(driver.select(statement, asked_for))
            flat = [f"a{number}" for number in range(2 * len(asked_for))]
        else:
            answer, flat = ask(f"SELECT 1 FROM ({statement}\n) AS q"), ["a0"]
        cells = [f"{varied_item(f'a{2 * n}', f'a{2 * n + 1}')} AS c{n}" for n in range(len(asked_for))]
        connection.register(
            "lk_answer",
            answer.project(", ".join(f"CAST(#{n + 1} AS VARCHAR) AS {name}" for n, name in enumerate(flat))),
        )
        try:
            connection.execute(
                f"CREATE TABLE loading AS SELECT {', '.join(['row_number() OVER () AS row', *cells])} FROM lk_answer"
            )
        finally:
            connection.unregister("lk_answer")
    columns = {name: Column(name, names[column], "item") for name, column in meant.items()}
    return Loading(tuple(column.name for column in answered), columns)


def _statement(
    driver: Driver, source: Source, ask: Callable[[str], duckdb.DuckDBPyRelation]
) -> tuple[str, list[Answered]]:
    """Return the statement of a source and the columns that it answers; of a table the first reading that exists."""
    if source.formulation == "database query":
        statement = (source.iterator or "").strip().rstrip(";")
        return statement, driver.answered(statement, ask)
    *others, last = driver.tables(source.iterator or "")
    for statement in others:
        try:
            return statement, driver.answered(statement, ask)
        except adbc_driver_manager.Error:
            continue
    return last, driver.answered(last, ask)


def _meant(answered: Sequence[Answered], wanted: Sequence[str], file: str) -> dict[str, str]:
    """Find the wanted columns in an answer: by their name, or else by their name whatever the case of its letters."""
    found, faults = {}, []
    for name in wanted:
        bare = _parts(name)[-1] if name.startswith('"') else name
        names = [column.name for column in answered if re.sub(r":\d+$", "", column.name) == bare]
        names = names or [column.name for column in answered if column.name.casefold() == bare.casefold()]
        if not names:
            known = ", ".join(column.name for column in answered)
            faults.append(Fault("has no column {wanted}; the columns are: {known}", file,
                                values={"wanted": name, "known": known}))  # fmt: skip
        elif len(names) > 1:
            faults.append(Fault("has {number} columns with the name {wanted}; give each its own", file,
                                values={"wanted": name, "number": len(names)}))  # fmt: skip
        else:
            found[name] = names[0]
    if faults:
        raise InputError(*faults)
    return found


def _parts(name: str) -> list[str]:
    """Return the parts of a name that dots divide, without their quotation marks.

    >>> _parts('health."Cơ sở.2025"')
    ['health', 'Cơ sở.2025']
    """
    found = re.findall(r'"(?:[^"]|"")+"|[^."]+', name)
    return [part[1:-1].replace('""', '"') if part.startswith('"') else part for part in found] or [name]


@contextmanager
def _faults_of(database: Database, source: Source) -> Iterator[None]:
    """Turn what a database says against a query into a fault that holds no secret."""
    try:
        yield
    except (adbc_driver_manager.Error, sqlite3.Error, duckdb.Error) as error:
        detail = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        for secret in _secrets(database):
            detail = detail.replace(secret, "…")
        fault = Fault("does not answer the query: {detail}", asked(database, source), values={"detail": detail})
        raise InputError(fault) from None


def _secrets(database: Database) -> list[str]:
    stated = re.findall(r"//[^/@]*:([^/@]*)@|password=([^&;]*)", database.address)
    found = [database.password or "", *(text for pair in stated for text in pair)]
    return [text for secret in found if secret for text in dict.fromkeys((secret, unquote(secret), quote(secret)))]
