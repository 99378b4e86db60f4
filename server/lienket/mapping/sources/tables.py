"""Loaded tables, and what all files with rows have in common: a header, the columns wanted, numbered records."""

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import duckdb

from ...errors import Fault, InputError, nearest
from ...languages.text import clean
from ...sql import literal

ColumnKind = Literal["text", "item", "items"]

HEADER_WITHIN: Final = 30
"""The header is looked for in so many first rows: titles often stand above it."""
FAULTS_SHOWN: Final = 100


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
    loaded: str | None = None
    """Name in SQL of the table as it was loaded, where `identifier` only looks at that."""

    @property
    def name(self) -> str:
        """What it is called for short: name of the file, or address of the database."""
        return self.path.name if self.path else self.file


@dataclass(frozen=True)
class Loading:
    """What a reader has put into the table `loading`: `c0`, `c1`, … with cells as the source has them."""

    header: tuple[str, ...]
    columns: Mapping[str, Column]
    """By name as the rules write it."""
    sheet: str | None = None
    row: str = "row"
    """SQL of a row's number as people see it."""


def find_columns(
    header: Sequence[str], wanted: Sequence[str], file: str, sheet: str | None, row: int | None
) -> dict[str, int]:
    """Find the places of the wanted columns in a header, however spaces and letters are composed there.

    Raises InputError that names every missing or doubled column, and the columns there are.
    """
    cleaned = [clean(name) for name in header]
    if not any(cleaned):
        raise InputError(Fault("is empty: there is no line with the names of its columns", file, sheet=sheet))
    found, faults = {}, []
    for name in wanted:
        places = [place for place, each in enumerate(header) if each == name]
        places = places or [place for place, each in enumerate(cleaned) if each == clean(name)]
        if not places:
            known = ", ".join(each for each in cleaned if each)
            faults.append(Fault("has no column {wanted}; the columns are: {known}", file, row, sheet=sheet,
                                values={"wanted": name, "known": known}, meant=nearest(name, cleaned)))  # fmt: skip
        elif len(places) > 1:
            faults.append(Fault("has {number} columns with the name {wanted}; give each its own", file, row,
                                sheet=sheet, values={"wanted": name, "number": len(places)}))  # fmt: skip
        else:
            found[name] = places[0]
    if faults:
        raise InputError(*faults)
    return found


def text_columns(
    header: Sequence[str], wanted: Sequence[str], file: str, sheet: str | None, row: int
) -> dict[str, Column]:
    """Return the wanted columns of a header whose cells are texts; raises as `find_columns` does."""
    return {
        name: Column(clean(header[place]), f"c{place}", "text")
        for name, place in find_columns(header, wanted, file, sheet, row).items()
    }


def header_position(texts: Sequence[Sequence[str]], wanted: Sequence[str]) -> int:
    """Return the place of the header: the first row that has all wanted names, or most of them."""
    names = {clean(name) for name in wanted}
    best, most = 0, -1
    for position, row in enumerate(texts[:HEADER_WITHIN]):
        found = len(names & {clean(cell) for cell in row})
        if found > most and any(row):
            best, most = position, found
    return best


def trimmed(record: Sequence[str]) -> tuple[str, ...]:
    """Return a header without the empty cells behind its last name."""
    last = max((position for position, cell in enumerate(record) if clean(cell)), default=-1)
    return tuple(record[: last + 1])


def even(
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
            if len(faults) >= FAULTS_SHOWN:
                break
        yield number, [*record[:width], *[""] * (width - len(record))]
    if faults:
        raise InputError(*faults)


def load_records(
    connection: duckdb.DuckDBPyConnection, records: Iterable[tuple[int, Sequence[str]]], width: int
) -> None:
    """Hand numbered records to DuckDB as the table `loading`."""
    load_arrays(connection, ((number, json.dumps(record)) for number, record in records), width, "loading")


def load_arrays(
    connection: duckdb.DuckDBPyConnection, records: Iterable[tuple[int, str]], width: int, into: str
) -> None:
    """Hand numbered arrays of texts to DuckDB, by way of a file of JSON, which leaves no room for another reading."""
    cells = [f"cells[{position + 1}] AS c{position}" for position in range(width)]
    longest = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.json"
        with path.open("w", encoding="utf-8", newline="") as file:
            for number, record in records:
                longest = max(longest, file.write(f'{{"row": {number}, "cells": {record}}}\n'))
        connection.execute(
            f"CREATE TABLE {into} AS SELECT {', '.join(['row', *cells])} FROM read_json({literal(str(path))}, "
            "columns = {'row': 'BIGINT', 'cells': 'VARCHAR[]'}, format = 'newline_delimited', "
            f"maximum_object_size = {max(4 * longest, 1 << 24)})"
        )
