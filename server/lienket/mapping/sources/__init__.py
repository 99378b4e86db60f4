"""Tables: the only place that opens one.

A table is loaded once, whatever the number of rules that read it, as columns beside the row's number as a person sees
it in the file. Each kind of source has its module here, which puts cells as they stand there into the table `loading`;
what becomes of them is the same for all.
"""

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import duckdb

from ...errors import Fault, InputError, RefusedError, nearest, shown
from ...languages import Language
from ...sql import literal
from ..rules import Database, Source
from . import databases, delimited, documents, files, markup, parquet, workbooks
from .tables import Column, ColumnKind, Loading, Table

KNOWN_SUFFIXES: Final = (*delimited.SUFFIXES, *workbooks.SUFFIXES, *parquet.SUFFIXES, ".json", ".xml")

__all__ = ["Column", "ColumnKind", "Loader", "Table", "resolve"]


def resolve(source: Source, document: Path, root: Path, copies: Mapping[str, Path]) -> Path:
    """Return the file of a source; of a web address its copy, since nothing is read from the network.

    Raises RefusedError where it lies outside of `root`, InputError where it does not exist.
    """
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", source.path):
        copy = copies.get(source.path)
        if copy is None:
            raise RefusedError(
                Fault("reads {path}, which is not in this folder: put a copy here, and name that", shown(document),
                      values={"path": source.path})
            )  # fmt: skip
        source = replace(source, path=str(copy.resolve()))
    folder = {"mapping": document.parent, "working": Path.cwd()}.get(source.root, root / source.root)
    try:
        path = (folder / source.path).resolve()
        found = path.is_file()
    except (OSError, ValueError) as error:  # a name too long, or with a character that no name may hold
        raise InputError(
            Fault("reads {path}, which is no name of a file", shown(document), values={"path": repr(source.path)})
        ) from error
    if not path.is_relative_to(root.resolve()):
        raise RefusedError(
            Fault("reads {path}, which lies outside of {root}: a source has to lie inside", shown(document),
                  values={"path": source.path, "root": shown(root)})
        )  # fmt: skip
    if not found:
        raise InputError(
            Fault("reads {path}, and there is no such file in {folder}", shown(document),
                  values={"path": source.path, "folder": shown(folder)}, meant=_neighbour(path))
        )  # fmt: skip
    return path


def _neighbour(path: Path) -> str | None:
    """Return the file beside a missing one that has a name like its."""
    if not path.parent.is_dir():
        return None
    return nearest(path.name, (each.name for each in path.parent.iterdir() if each.is_file()))


class Loader:
    """Loads tables into a DuckDB connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, language: Language | None) -> None:
        """Take the connection to load into; with a language every text is cleaned and an empty one is no value."""
        self._connection = connection
        self._language = language
        self._number = 0
        self.faults: list[Fault] = []
        """What is odd about a source, and can be meant: paths that lead nowhere."""

    def load(self, path: Path | Database, source: Source, wanted: Sequence[str], lists: Sequence[str] = ()) -> Table:
        """Load the table of a source; `wanted` are the columns or paths that rules read, `lists` those of records.

        Raises InputError with what a person has to mend: no such column, sheet or encoding, uneven rows, bad JSON.
        """
        identifier = f"t{self._number}"
        self._number += 1
        if isinstance(path, Database):
            loading = databases.load(self._connection, path, source, wanted)
            return self._finish(identifier, None, databases.asked(path, source), source, loading)
        try:
            with tempfile.TemporaryDirectory() as folder:
                table = self._load_file(identifier, path, source, wanted, lists, Path(folder))
        except OSError as error:
            raise InputError(
                Fault("cannot be read: {reason}", shown(path), values={"reason": error.strerror or error})
            ) from error
        except InputError as error:
            raise type(error)(*(replace(fault, file=shown(path)) for fault in error.faults)) from error
        table = replace(table, path=path, file=shown(path))
        if source.formulation in ("json", "xml"):
            self.faults += documents.paths_to_nothing(self._connection, table)
        return table

    def _load_file(
        self, identifier: str, path: Path, source: Source, wanted: Sequence[str], lists: Sequence[str], folder: Path
    ) -> Table:
        """Load a file by its kind; what has to be undone first is written into `folder`."""
        path = files.unpacked(path, source.compression, folder)
        suffix = path.suffix.lower()
        if source.formulation == "json":
            path = files.decoded(path, source.encoding, folder)
            return documents.load(self._connection, identifier, path, source, wanted, lists)
        if source.formulation == "xml":
            if source.encoding:  # else the document itself says how it is written
                path = files.decoded(path, source.encoding, folder)
            return markup.load(self._connection, identifier, path, source, wanted)
        if suffix in workbooks.SUFFIXES:
            decode = files.decoder(source.encoding, path) if source.encoding else None
            loading = workbooks.load(self._connection, path, source, wanted, decode)
        elif suffix in parquet.SUFFIXES:
            loading = parquet.load(self._connection, path, wanted)
        elif suffix in delimited.SUFFIXES:
            path = files.decoded(path, source.encoding, folder)
            loading = delimited.load(self._connection, path, source, wanted)
        else:
            raise InputError(
                Fault("is no kind of table that can be read; known are {known}", shown(path),
                      values={"known": ", ".join(KNOWN_SUFFIXES)})
            )  # fmt: skip
        return self._finish(identifier, path, shown(path), source, loading)

    def _finish(self, identifier: str, path: Path | None, file: str, source: Source, loading: Loading) -> Table:
        """Turn `loading` into the table that rules read: texts cleaned, and those as typed kept beside them."""
        execute = self._connection.execute
        kinds = {column.identifier: column.kind for column in loading.columns.values()}
        nulls = ", ".join(map(literal, source.nulls))
        texts, cells = {}, {}
        for name in sorted(kinds, key=lambda name: int(name[1:])):
            texts[name] = name if kinds[name] == "text" else f"{name}.text"
            if kinds[name] == "item":
                cell = f"lk_clean_item({name})"
            else:
                cell = f"nullif(lk_clean({name}), '')" if self._language else name
            cells[name] = f"CASE WHEN {texts[name]} NOT IN ({nulls}) THEN {cell} END" if nulls else cell
        listed = ", ".join([f"{loading.row} AS row", *(f"{cell} AS {name}" for name, cell in cells.items())])
        execute(f"CREATE TABLE {identifier}_typed (row BIGINT, name VARCHAR, text VARCHAR)")
        loaded = None
        if self._language:
            execute(f"CREATE TABLE {identifier} AS SELECT {listed} FROM loading")
            for name, text in texts.items():
                execute(
                    f"INSERT INTO {identifier}_typed SELECT l.row, '{name}', l.text FROM "
                    f"(SELECT {loading.row} AS row, {text} AS text FROM loading) AS l "
                    f"JOIN {identifier} AS t USING (row) WHERE t.{text} <> l.text"
                )
            execute("DROP TABLE loading")
        else:
            loaded = f"{identifier}_loaded"
            execute(f"ALTER TABLE loading RENAME TO {loaded}")
            execute(f"CREATE VIEW {identifier} AS SELECT {listed} FROM {loaded}")
        rows = execute(f"SELECT count(*) FROM {identifier}").fetchall()[0][0]
        return Table(identifier, path, file, loading.sheet, loading.header, rows, loading.columns, loaded=loaded)
