"""Delimited text: CSV and its kin, by DuckDB where it counts rows as a spreadsheet program does, else by `csv`.

What DuckDB would count wrongly or refuse (blank lines, rows of uneven length) is read by Python's `csv`, so that every
row keeps its number and every fault its place.
"""

import csv
import mmap
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

import duckdb

from ...errors import Fault, InputError, shown
from ...languages.text import clean
from ...sql import file_name, literal
from ..rules import Source
from . import dialects
from .files import encoding_fault
from .tables import HEADER_WITHIN, Loading, even, header_position, load_records, text_columns, trimmed

SUFFIXES: Final = (".csv", ".tsv", ".tab", ".txt")

_DELIMITERS: Final = (",", ";", "\t", "|")


def load(connection: duckdb.DuckDBPyConnection, path: Path, source: Source, wanted: Sequence[str]) -> Loading:
    """Load delimited text in UTF-8; raises InputError with its faults."""
    if source.dialect and not dialects.is_usual(source.dialect):
        stated, row, rows = dialects.table(path, source.dialect)
        columns = text_columns(stated, wanted, shown(path), None, row)
        load_records(connection, even(rows, len(stated), shown(path), None), len(stated))
        return Loading(tuple(stated), columns)
    delimiter, header, above = _header(path, wanted, source.dialect.delimiter if source.dialect else None)
    loading = Loading(header, text_columns(header, wanted, shown(path), None, above + 1))
    if above == 0 and not _needs_care(path, header):
        try:
            _read_csv(connection, path, len(header), delimiter)
            return replace(loading, row="rowid + 2")
        except duckdb.Error:
            connection.execute("DROP TABLE IF EXISTS loading")
    numbered = enumerate(_records(path, delimiter, strict=True), 1)
    filled = ((number, record) for number, record in numbered if number > above + 1 and record)
    load_records(connection, even(filled, len(header), shown(path), None), len(header))
    return loading


def records(path: Path, wanted: Sequence[str], delimiter: str | None) -> Iterator[list[str]]:
    """Yield the records of delimited text in UTF-8 as they stand there; a blank line is an empty one."""
    yield from _records(path, _header(path, wanted, delimiter)[0])


def _read_csv(connection: duckdb.DuckDBPyConnection, path: Path, width: int, delimiter: str) -> None:
    """Read delimited text behind a header of one line into the table `loading`, in the order of the file.

    A row's number follows from its place; counting rows while they are read would take the second core's work away.
    """
    names = [f"c{position}" for position in range(width)]
    types = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    connection.execute(
        f"CREATE TABLE loading AS SELECT * FROM read_csv({file_name(path)}, columns = {{{types}}}, header = false, "
        f"force_not_null = [{', '.join(map(literal, names))}], skip = 1, delim = {literal(delimiter)}, "
        "quote = '\"', escape = '\"', auto_detect = false, encoding = 'utf-8')"
    )


def _header(path: Path, wanted: Sequence[str], stated: str | None) -> tuple[str, tuple[str, ...], int]:
    """Return the delimiter, the header and the number of records above it.

    They are those by which most of the wanted names are found; among equals the header with more cells. A `stated`
    delimiter is taken as it is.
    """
    best: tuple[int, int] | None = None
    found: tuple[str, tuple[str, ...], int] = (",", (), 0)
    likely = ("\t",) if path.suffix.lower() in (".tsv", ".tab") else _DELIMITERS
    for delimiter in (stated,) if stated else likely:
        records = list(islice(_records(path, delimiter), HEADER_WITHIN))
        position = header_position(records, wanted)
        header = trimmed(records[position]) if records else ()
        rank = (len({*map(clean, wanted)} & {*map(clean, header)}), len(header))
        if best is None or rank > best:
            best, found = rank, (delimiter, header, position)
    return found


def _records(path: Path, delimiter: str, *, strict: bool = False) -> Iterator[list[str]]:
    """Yield every record of delimited text; a blank line is an empty one.

    With `strict` a quotation mark in the wrong place or without its second is a fault, named with its row: read on as
    it stands, it would swallow the rows behind it.
    """
    csv.field_size_limit(sys.maxsize)
    row = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for record in csv.reader(file, delimiter=delimiter, strict=strict):
                row += 1
                yield record
    except UnicodeError as error:
        raise encoding_fault(path) from error
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
        # Each pattern begins with one letter, which is looked for far faster than one of two.
        patterns = (re.compile(rb"\n\r?\n"), re.compile(rb"\r(?!\n)"))
        return any(pattern.search(content, 0, end) for pattern in patterns)
