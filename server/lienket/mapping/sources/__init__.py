"""Tables: the only place that opens one.

A table is loaded once, whatever the number of rules that read it, as columns of text beside the row's number as a
person sees it in the file. Delimited text and JSON are read by DuckDB, workbooks by calamine. What DuckDB would count
wrongly or refuse (blank lines, rows of uneven length) is read by Python's `csv`, so that every row keeps its number and
every fault its place.
"""

import csv
import json
import math
import mmap
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Final, Literal

import duckdb
import python_calamine

from ...errors import Fault, InputError, RefusedError, shown
from ...languages import Language
from ...languages.text import clean
from ...sql import file_name, literal
from .. import jsonpath
from ..rules import Database, Source
from . import databases, dialects, files

ColumnKind = Literal["text", "item", "items"]

DELIMITED: Final = (".csv", ".tsv", ".tab", ".txt")
WORKBOOKS: Final = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")

_DELIMITERS: Final = (",", ";", "\t", "|")
_HEADER_WITHIN: Final = 30
"""The header is looked for in so many first rows: titles often stand above it."""
_FAULTS_SHOWN: Final = 100


@dataclass(frozen=True)
class Column:
    """One column of a loaded table."""

    name: str
    """Header as it stands in the file, or the JSONPath."""
    identifier: str
    """Name in SQL; never taken from the file."""
    kind: ColumnKind
    """"text": VARCHAR; "item": STRUCT(text, datatype) of a JSON value; "items": a list of those."""


@dataclass(frozen=True)
class Table:
    """A loaded table, named by a source of rules."""

    identifier: str
    """Name in SQL; the typed texts that cleaning has changed are in `<identifier>_typed`."""
    path: Path | None
    """None for a database."""
    file: str
    """Path, or address of the database, as people read it."""
    sheet: str | None
    header: tuple[str, ...]
    rows: int
    columns: Mapping[str, Column]
    """By name as the rules write it."""
    lists: Mapping[str, str] = field(default_factory=dict)
    """By JSONPath, the columns of lists of JSON values that logical views go through."""
    view: str | None = None
    """Name of the logical view that this table holds; then file and rows are those of the table it is made of."""


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
                  values={"path": source.path, "folder": shown(folder)})
        )  # fmt: skip
    return path


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
            return self._load_database(identifier, path, source, wanted)
        try:
            with files.opened(path, source, {}) as content:
                table = self._load_file(identifier, content, source, wanted, lists)
        except OSError as error:
            raise InputError(
                Fault("cannot be read: {reason}", shown(path), values={"reason": error.strerror or error})
            ) from error
        except InputError as error:
            raise InputError(*(replace(fault, file=shown(path)) for fault in error.faults)) from error
        table = replace(table, path=path, file=shown(path))
        if source.formulation == "json":
            self.faults += self._paths_to_nothing(table)
        return table

    def _paths_to_nothing(self, table: Table) -> Iterator[Fault]:
        """Yield a warning for every path at which no item of JSON has a value."""
        columns = list(table.columns.items())
        counts = [
            f"count(nullif(len({column.identifier}), 0))" if column.kind == "items"
            else f"count_if({column.identifier}.text IS NOT NULL OR {column.identifier}.datatype = '!')"
            for _, column in columns
        ]  # fmt: skip
        found = self._connection.execute(f"SELECT {', '.join([*counts, '1'])} FROM {table.identifier}").fetchall()[0]
        for (name, _), count in zip(columns, found, strict=False):
            if table.rows and not count:
                yield Fault("no item has a value at {path}", table.file, values={"path": name}, severity="warning")

    def _load_file(
        self, identifier: str, path: Path, source: Source, wanted: Sequence[str], lists: Sequence[str]
    ) -> Table:
        if source.formulation == "json":
            return self._load_json(identifier, path, source, wanted, lists)
        suffix = path.suffix.lower()
        if suffix in WORKBOOKS:
            return self._load_workbook(identifier, path, source, wanted)
        if suffix in DELIMITED:
            return self._load_delimited(identifier, path, source, wanted)
        raise InputError(
            Fault("is no kind of table that can be read; known are {known}", shown(path),
                  values={"known": ", ".join((*DELIMITED, *WORKBOOKS, ".json"))})
        )  # fmt: skip

    # Delimited text

    def _load_delimited(self, identifier: str, path: Path, source: Source, wanted: Sequence[str]) -> Table:
        encoding = _encoding(path)
        if source.dialect and not dialects.is_usual(source.dialect):
            stated, row, rows = dialects.table(path, encoding, source.dialect)
            columns = _columns(stated, wanted, shown(path), None, row)
            self._load_records(_even(rows, len(stated), shown(path), None), len(stated))
            return self._finish(identifier, path, None, stated, source, columns)
        delimiter, header, above = _header(path, encoding, wanted, source.dialect.delimiter if source.dialect else None)
        columns = _columns(header, wanted, shown(path), None, above + 1)
        if encoding == "utf-8-sig" and above == 0 and not _needs_care(path, header):
            try:
                self._read_csv(path, len(header), delimiter)
                return self._finish(identifier, path, None, header, source, columns)
            except duckdb.Error:
                self._connection.execute("DROP TABLE IF EXISTS loading")
        numbered = enumerate(_records(path, encoding, delimiter, strict=True), 1)
        records = ((number, record) for number, record in numbered if number > above + 1 and record)
        self._load_records(_even(records, len(header), shown(path), None), len(header))
        return self._finish(identifier, path, None, header, source, columns)

    def _read_csv(self, path: Path, width: int, delimiter: str) -> None:
        """Read delimited text behind a header of one line into the table `loading`: row, c0, c1, …"""
        names = [f"c{position}" for position in range(width)]
        types = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
        cells = ", ".join(f"coalesce({name}, '') AS {name}" for name in names)
        self._connection.execute(
            f"CREATE TABLE loading AS SELECT row_number() OVER () + 1 AS row, {cells} "
            f"FROM read_csv({file_name(path)}, columns = {{{types}}}, header = false, skip = 1, "
            f"delim = {literal(delimiter)}, quote = '\"', escape = '\"', auto_detect = false, encoding = 'utf-8')"
        )

    def _load_records(self, records: Iterable[tuple[int, Sequence[str]]], width: int) -> None:
        """Hand numbered records to DuckDB, by way of a file of JSON, which leaves no room for another reading."""
        cells = [f"cells[{position + 1}] AS c{position}" for position in range(width)]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "records.json"
            with path.open("w", encoding="utf-8") as file:
                file.writelines(json.dumps({"row": number, "cells": record}) + "\n" for number, record in records)
            self._connection.execute(
                f"CREATE TABLE loading AS SELECT {', '.join(['row', *cells])} FROM read_json({literal(str(path))}, "
                "columns = {'row': 'BIGINT', 'cells': 'VARCHAR[]'}, format = 'newline_delimited', "
                f"maximum_object_size = {max(path.stat().st_size, 1 << 24)})"
            )

    # Workbooks

    def _load_workbook(self, identifier: str, path: Path, source: Source, wanted: Sequence[str]) -> Table:
        try:
            workbook = python_calamine.CalamineWorkbook.from_path(str(path))
            names = workbook.sheet_names
            if source.iterator is not None and source.iterator not in names:
                raise InputError(
                    Fault("has no sheet {sheet}; the sheets are {sheets}", shown(path),
                          values={"sheet": source.iterator, "sheets": ", ".join(names)})
                )  # fmt: skip
            sheet = source.iterator or names[0]
            rows = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        except (python_calamine.CalamineError, OSError, IndexError) as error:
            raise InputError(
                Fault("cannot be read as a workbook: {detail}", shown(path), values={"detail": error})
            ) from error
        texts = [[_cell_text(cell) for cell in row] for row in rows]
        position = _header_position(texts, wanted)
        header = _trimmed(texts[position]) if texts else ()
        columns = _columns(header, wanted, shown(path), sheet, position + 1)
        records = ((number, row) for number, row in enumerate(texts[position + 1 :], position + 2) if any(row))
        self._load_records(_even(records, len(header), shown(path), sheet), len(header))
        return self._finish(identifier, path, sheet, header, source, columns)

    # What both kinds share

    def _finish(
        self, identifier: str, path: Path, sheet: str | None, header: Sequence[str], source: Source,
        columns: Mapping[str, Column],
    ) -> Table:  # fmt: skip
        """Turn `loading` into the table that rules read: texts cleaned, and those as typed kept beside them."""
        execute = self._connection.execute
        used = sorted({column.identifier for column in columns.values()}, key=lambda name: int(name[1:]))
        nulls = ", ".join(map(literal, source.nulls))
        cells = []
        for name in used:
            text = f"nullif(lk_clean({name}), '')" if self._language else name
            cells.append(f"{f'CASE WHEN {name} NOT IN ({nulls}) THEN {text} END' if nulls else text} AS {name}")
        execute(f"CREATE TABLE {identifier} AS SELECT {', '.join(['row', *cells])} FROM loading")
        execute(f"CREATE TABLE {identifier}_typed (row BIGINT, name VARCHAR, text VARCHAR)")
        if self._language:
            for name in used:
                execute(
                    f"INSERT INTO {identifier}_typed SELECT l.row, '{name}', l.{name} FROM loading AS l "
                    f"JOIN {identifier} AS t USING (row) WHERE t.{name} <> l.{name}"
                )
        rows = self._connection.execute(f"SELECT count(*) FROM {identifier}").fetchall()[0][0]
        execute("DROP TABLE loading")
        return Table(identifier, path, shown(path), sheet, tuple(header), rows, columns)

    # Databases

    def _load_database(self, identifier: str, database: Database, source: Source, wanted: Sequence[str]) -> Table:
        header, cells = databases.load(self._connection, database, source, wanted)
        execute = self._connection.execute
        nulls = ", ".join(map(literal, source.nulls))
        used = [
            (f"CASE WHEN {name}.text NOT IN ({nulls}) THEN {self._cleaned(name)} END" if nulls else self._cleaned(name))
            + f" AS {name}"
            for name in sorted(set(cells.values()))
        ]
        execute(f"CREATE TABLE {identifier} AS SELECT {', '.join(['row', *used])} FROM loading")
        execute(f"CREATE TABLE {identifier}_typed (row BIGINT, name VARCHAR, text VARCHAR)")
        execute("DROP TABLE loading")
        rows = execute(f"SELECT count(*) FROM {identifier}").fetchall()[0][0]
        columns = {name: Column(name, cell, "item") for name, cell in cells.items()}
        return Table(identifier, None, databases.place(database), None, tuple(header), rows, columns)

    # JSON

    def _load_json(
        self, identifier: str, path: Path, source: Source, wanted: Sequence[str], lists: Sequence[str]
    ) -> Table:  # fmt: skip
        faults = []
        compiled: dict[str, tuple[str, bool]] = {}
        for text, document in ((source.iterator or "$", "document"), *((name, "item") for name in (*wanted, *lists))):
            stated = f"$.{text}" if source.short_paths and not text.startswith("$") else text
            try:
                compiled[document + text] = jsonpath.compile_path(jsonpath.parse(stated), document)
            except jsonpath.JsonPathError as error:
                faults.append(Fault("is read with the path {path}, which {detail}", shown(path),
                                    values={"path": text, "detail": error}))  # fmt: skip
        if faults:
            raise InputError(*faults)
        _check_json(path)
        items, many = compiled["document" + (source.iterator or "$")]
        columns, cells = {}, []
        for position, name in enumerate(wanted):
            value, several = compiled["item" + name]
            column = Column(name, f"c{position}", "items" if several else "item")
            columns[name] = column
            cell = f"list_transform({value}, lambda v: {self._item('v')})" if several else self._item(value)
            cells.append(f"{cell} AS {column.identifier}")
        for position, name in enumerate(lists):
            value, several = compiled["item" + name]
            cells.append(f"{value if several else f'CASE WHEN {value} IS NOT NULL THEN [{value}] END'} AS l{position}")
        items = items if many else f"[{items}]"
        # An item is unnested together with its place, which is its row number.
        query = (
            f"CREATE TABLE {identifier} AS SELECT {', '.join(['row', *cells])} FROM ("
            f"SELECT unnest({items}) AS item, unnest(range(1, len({items}) + 1)) AS row FROM ("
            f"SELECT CAST(ltrim(content, chr(65279)) AS JSON) AS document FROM read_text({file_name(path)}))) "
            "WHERE item IS NOT NULL"
        )
        try:
            self._connection.execute(query)
        except duckdb.Error as error:
            detail = str(error).splitlines()[0]
            raise InputError(Fault("is not JSON: {detail}", shown(path), values={"detail": detail})) from error
        self._connection.execute(f"CREATE TABLE {identifier}_typed (row BIGINT, name VARCHAR, text VARCHAR)")
        rows = self._connection.execute(f"SELECT count(*) FROM {identifier}").fetchall()[0][0]
        by_path = {name: f"l{position}" for position, name in enumerate(lists)}
        return Table(identifier, path, shown(path), None, tuple(wanted), rows, columns, by_path)

    def _item(self, value: str) -> str:
        return self._cleaned(f"lk_item({value})")

    def _cleaned(self, item: str) -> str:
        return f"lk_clean_item({item})"


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        return "utf-16" if file.read(2) in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def _header(
    path: Path, encoding: str, wanted: Sequence[str], stated: str | None
) -> tuple[str, tuple[str, ...], int]:  # fmt: skip
    """Return the delimiter, the header and the number of records above it.

    They are those by which most of the wanted names are found; among equals the header with more cells. A `stated`
    delimiter is taken as it is.
    """
    best: tuple[int, int] | None = None
    found: tuple[str, tuple[str, ...], int] = (",", (), 0)
    likely = ("\t",) if path.suffix.lower() in (".tsv", ".tab") else _DELIMITERS
    for delimiter in (stated,) if stated else likely:
        records = list(islice(_records(path, encoding, delimiter), _HEADER_WITHIN))
        position = _header_position(records, wanted)
        header = _trimmed(records[position]) if records else ()
        rank = (len({*map(clean, wanted)} & {*map(clean, header)}), len(header))
        if best is None or rank > best:
            best, found = rank, (delimiter, header, position)
    return found


def _encoding_fault(path: Path) -> InputError:
    """Find the first line that is not UTF-8."""
    row = None
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeError:
                row = number
                break
    return InputError(Fault("is not text in UTF-8; save the table as “CSV UTF-8”", shown(path), row))


def _records(path: Path, encoding: str, delimiter: str, *, strict: bool = False) -> Iterator[list[str]]:
    """Yield every record of delimited text; a blank line is an empty one.

    With `strict` a quotation mark in the wrong place or without its second is a fault, named with its row: read on as
    it stands, it would swallow the rows behind it.
    """
    csv.field_size_limit(sys.maxsize)
    row = 0
    try:
        with path.open(encoding=encoding, newline="") as file:
            for record in csv.reader(file, delimiter=delimiter, strict=strict):
                row += 1
                yield record
    except UnicodeError as error:
        raise _encoding_fault(path) from error
    except csv.Error as error:
        fault = Fault("has a quotation mark in the wrong place, or one without its second", shown(path), row + 1)
        raise InputError(fault) from error


def _needs_care(path: Path, header: Sequence[str]) -> bool:
    """Tell whether DuckDB would count rows otherwise than a spreadsheet program does.

    It leaves out blank lines; a header may take several lines; and single carriage returns ended lines once.
    """
    if path.stat().st_size == 0 or any("\n" in name or "\r" in name for name in header):
        return True
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        end = len(content)
        while end and content[end - 1] in b" \t\r\n":
            end -= 1
        return re.compile(rb"\n\r?\n|\r(?!\n)").search(content, 0, end) is not None


def _trimmed(record: Sequence[str]) -> tuple[str, ...]:
    """Return a header without the empty cells behind its last name."""
    last = max((position for position, cell in enumerate(record) if clean(cell)), default=-1)
    return tuple(record[: last + 1])


def _even(
    records: Iterable[tuple[int, Sequence[str]]], width: int, file: str, sheet: str | None
) -> Iterator[tuple[int, Sequence[str]]]:
    """Bring records to the width of the header.

    Raises InputError at the end where cells stand beyond the last header; all such rows are named.
    """
    faults = []
    for number, record in records:
        if any(map(clean, record[width:])):
            faults.append(Fault("has {found} cells, and the header has {expected}", file, number, sheet=sheet,
                                values={"found": len(record), "expected": width}))  # fmt: skip
            if len(faults) >= _FAULTS_SHOWN:
                break
        yield number, [*record[:width], *[""] * (width - len(record))]
    if faults:
        raise InputError(*faults)


def _header_position(texts: Sequence[Sequence[str]], wanted: Sequence[str]) -> int:
    """Return the place of the header: the first row that has all wanted names, or most of them."""
    names = {clean(name) for name in wanted}
    best, most = 0, -1
    for position, row in enumerate(texts[:_HEADER_WITHIN]):
        found = len(names & {clean(cell) for cell in row})
        if found > most and any(row):
            best, most = position, found
    return best


def _columns(header: Sequence[str], wanted: Sequence[str], file: str, sheet: str | None, row: int) -> dict[str, Column]:
    """Find the wanted columns in a header, however spaces and letters are composed there.

    Raises InputError that names every missing or doubled column, and the columns there are.
    """
    cleaned = [clean(name) for name in header]
    if not any(cleaned):
        raise InputError(Fault("is empty: there is no line with the names of its columns", file, sheet=sheet))
    columns, faults = {}, []
    for name in wanted:
        places = [place for place, found in enumerate(header) if found == name]
        places = places or [place for place, found in enumerate(cleaned) if found == clean(name)]
        if not places:
            known = ", ".join(found for found in cleaned if found)
            faults.append(Fault("has no column {wanted}; the columns are: {known}", file, row, sheet=sheet,
                                values={"wanted": name, "known": known}))  # fmt: skip
        elif len(places) > 1:
            faults.append(Fault("has {number} columns with the name {wanted}; give each its own", file, row,
                                sheet=sheet, values={"wanted": name, "number": len(places)}))  # fmt: skip
        else:
            columns[name] = Column(cleaned[places[0]], f"c{places[0]}", "text")
    if faults:
        raise InputError(*faults)
    return columns


def _cell_text(cell: object) -> str:
    """Return what stands in a cell of a workbook as text.

    Numbers are written with a point. Three decimals get a zero behind them, because 6.794 read as a text in a language
    that writes points between thousands would be another number.
    """
    match cell:
        case bool():
            return "true" if cell else "false"
        case float() if math.isfinite(cell):
            text = format(Decimal(repr(cell)), "f")
            text = text.removesuffix(".0")
            return text + "0" if re.fullmatch(r"-?[0-9]{1,3}\.[0-9]{3}", text) else text
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case datetime() | time():
            return cell.isoformat()
        case date():
            return cell.isoformat()
        case timedelta():
            minutes, seconds = divmod(round(cell.total_seconds()), 60)
            return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"
        case None:
            return ""
    return str(cell)


def _check_json(path: Path) -> None:
    """Raise InputError with the line where a file is not JSON."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        json.loads(text)
    except UnicodeError as error:
        raise _encoding_fault(path) from error
    except json.JSONDecodeError as error:
        fault = Fault("is not JSON: {detail}", shown(path), error.lineno, values={"detail": error.msg})
        raise InputError(fault) from error
    except (RecursionError, ValueError) as error:  # nested too deep, a number of too many digits
        raise InputError(Fault("is not JSON: {detail}", shown(path), values={"detail": error})) from error
