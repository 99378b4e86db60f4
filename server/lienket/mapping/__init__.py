"""Mapping: tables in, quads out. RML rules are compiled to SQL, which DuckDB runs over tables that are loaded once.

`read_rules` reads a mapping document, `map_rules` runs it: the outcome, `Mapped`, holds the quads as a relation, writes
them as N-Quads, names the cells that cannot become RDF, and finds the cells behind any triple.
"""

import tempfile
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import duckdb

from ..errors import Fault, InputError, RefusedError, distinct
from ..languages import Language
from .compile import TableKey, check_calls, compile_rules, lists_of_views, needs
from .expressions import Expressions
from .functions import Function, define, functions
from .keys import constraint_checks
from .knowledge import Knowledge
from .mapped import Cell, Mapped, machine_faults
from .program import Check
from .reader import read_rules
from .rules import DEFAULT_BASE_IRI, Database, LogicalView, Rules, Source, views
from .sources import Loader, Table, grids, resolve
from .sources.databases import Databases, named, place, reach
from .views import compile_view

__all__ = [
    "DEFAULT_BASE_IRI", "Cell", "Database", "Databases", "Mapped", "Rules", "Source", "Table", "files_read", "grids",
    "machine_faults", "map_rules", "named", "read_rules",
]  # fmt: skip

Progress = Callable[[str, int, int], None]

MEMORY: Final = "1GB"
"""So much memory is taken at most for tables; a small server has that, and it holds some five million rows."""


def map_rules(
    rules: Sequence[Rules],
    *,
    root: Path,
    language: Language | None,
    graph: str | None = None,
    strict: bool = False,
    databases: Databases | None = None,
    copies: Mapping[str, Path] | None = None,
    memory: str = MEMORY,
    on_progress: Progress | None = None,
) -> Mapped:
    """Load the tables that the rules read, and make the relation of their quads.

    Every source has to lie inside of `root`. With a language, texts are cleaned, empty cells are no values, and the
    rules may call the functions of that language. `graph` (an IRI) takes what would go into the default graph.
    `databases` is asked for every database that a rule reads, and answers which one to reach with which user and
    password, or None where none may be; without it only SQLite files inside of `root` are read.
    `copies` are the files, inside of `root`, to read for web addresses.
    `memory` is how much tables may take up before they move to temporary files, such as 4GB.
    `on_progress` is called with what is being done, and how much of how much.

    Raises InputError where rules and tables do not fit together (all faults at once), and with `strict` also where
    cells cannot become RDF or paths of JSON lead nowhere; without it those terms are left out, and `Mapped.faults`
    names the cells.
    """
    known = functions(language)
    connection = _connection(memory)
    try:
        define(connection, language)
        loader = Loader(connection, language)
        tables = _load(loader, rules, root, databases, copies or {}, check_calls(rules, known), on_progress)
        distinct_tables = {table.identifier: table for table in tables.values()}
        checks = [*_make_views(connection, rules, tables, known), *constraint_checks(rules, tables)]
        knowledge = Knowledge()
        compile_rules(rules, tables, known, graph, knowledge=knowledge)
        _learn(connection, knowledge, on_progress)
        program = compile_rules(rules, tables, known, graph, checks, knowledge)
        mapped = Mapped(connection, program, tuple(distinct_tables.values()))
        mapped.check(on_progress, lost_rows="error" if language else "warning")
        mapped.faults += (*loader.faults, *(warning for document in rules for warning in document.warnings))
        errors = [*(fault for fault in mapped.faults if fault.severity == "error"), *loader.faults]
        if strict and errors:
            raise InputError(*errors)
    except BaseException:
        connection.close()
        raise
    return mapped


def files_read(rules: Sequence[Rules], *, root: Path) -> tuple[Path, ...] | None:
    """Return the files that `map_rules` reads for the rules; None where it reads a database or misses a file."""
    sources = [(source, document) for document, source in needs(rules) if not isinstance(source, LogicalView)]
    if any(source.database for source, _ in sources):
        return None
    try:
        return tuple(dict.fromkeys(resolve(source, document, root, {}) for source, document in sources))
    except InputError:
        return None


def _load(
    loader: Loader,
    rules: Sequence[Rules],
    root: Path,
    databases: Databases | None,
    copies: Mapping[str, Path],
    faults: list[Fault],
    on_progress: Progress | None,
) -> dict[TableKey, Table]:
    """Load each table once; raise every fault found in rules and tables together."""
    wanted: dict[tuple[Path | Database, Source], dict[str, None]] = {}
    lists: dict[tuple[Path | Database, Source], dict[str, None]] = {}
    inner = lists_of_views(rules)
    shared: dict[TableKey, tuple[Path | Database, Source]] = {}
    refused = False
    for (document, source), names in needs(rules).items():
        if isinstance(source, LogicalView):
            continue
        try:
            path: Path | Database = (
                reach(source.database, document, root, databases) if source.database
                else resolve(source, document, root, copies)
            )  # fmt: skip
        except InputError as error:
            refused |= isinstance(error, RefusedError)
            faults += error.faults
            continue
        same = replace(source, path="", root="", database=None)
        shared[document, source] = (path, same)
        wanted.setdefault((path, same), {}).update(dict.fromkeys(names))
        lists.setdefault((path, same), {}).update(dict.fromkeys(inner.get((document, source), ())))
    tables: dict[tuple[Path | Database, Source], Table] = {}
    for done, ((path, source), columns) in enumerate(wanted.items()):
        if on_progress:
            on_progress(path.name if isinstance(path, Path) else place(path), done, len(wanted))
        try:
            tables[path, source] = loader.load(path, source, tuple(columns), tuple(lists[path, source]))
        except InputError as error:
            faults += error.faults
    if faults:
        raise (RefusedError if refused else InputError)(*distinct(faults))
    return {key: tables[place] for key, place in shared.items()}


def _connection(memory: str) -> duckdb.DuckDBPyConnection:
    """Open a database of our own, which loads nothing and moves what is too much into files of its own.

    Raises InputError where `memory` is no amount of memory.
    """
    settings: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "memory_limit": memory,
        "temp_directory": str(Path(tempfile.gettempdir()) / f"lienket-{uuid.uuid4().hex}"),
    }
    try:
        return duckdb.connect(":memory:", config=settings)
    except duckdb.Error as error:
        raise InputError(
            Fault("“{memory}” is no amount of memory; write it like 500MB or 4GB", values={"memory": memory})
        ) from error


def _learn(connection: duckdb.DuckDBPyConnection, knowledge: Knowledge, on_progress: Progress | None) -> None:
    """Make the columns that are wanted so far, and answer what was asked."""
    # Rows carry their numbers by now; keeping them in order would cost the second core and much memory.
    connection.execute("SET preserve_insertion_order = false")
    for statement in knowledge.preparations():
        connection.execute(statement)
    asked = list(knowledge.questions())
    for done, questions in enumerate(asked):
        if on_progress:
            on_progress(questions.table.name, done, len(asked))
        knowledge.learn(questions, connection.execute(questions.sql).fetchall()[0])
    knowledge.complete = True


def _make_views(
    connection: duckdb.DuckDBPyConnection,
    rules: Sequence[Rules],
    tables: dict[TableKey, Table],
    known: Mapping[str, Function],
) -> list[Check]:
    """Make each logical view once, as a table beside those it is made of; return the checks of what it reads."""
    checks: list[Check] = []
    names = needs(rules)
    for document in rules:
        for view in (view for source in document.sources() for view in views(source)):
            if (document.path, view) in tables:
                continue
            identifier = f"w{len(tables)}"
            mine = {source: table for (path, source), table in tables.items() if path == document.path}
            made = compile_view(view, identifier, names[document.path, view], mine, Expressions(known))
            connection.execute(f"CREATE TABLE {identifier} AS {made.select}")
            connection.execute(f"CREATE TABLE {identifier}_typed AS {made.typed}")
            tables[document.path, view] = made.table
            checks += made.checks
    return checks
