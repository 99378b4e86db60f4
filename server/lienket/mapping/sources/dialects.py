"""Delimited text in a dialect that its source states <https://www.w3.org/TR/tabular-metadata/#dialect-descriptions>."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ...errors import Fault, InputError, shown
from ..rules import Dialect
from .files import encoding_fault


def is_usual(dialect: Dialect) -> bool:
    """Tell whether text in a dialect is written as it is where none is stated, whatever its delimiter."""
    return replace(dialect, delimiter=None) == Dialect()


def table(path: Path, dialect: Dialect) -> tuple[list[str], int, Iterator[tuple[int, list[str]]]]:
    """Return the header of a text in UTF-8, its row, and the records behind it with their rows.

    A text without a header has row 0.
    """
    filled = ((row, record) for row, record in records(path, dialect) if any(record))
    row, first = next(filled, (1, []))
    if dialect.header:
        return first, row, filled

    def all_records() -> Iterator[tuple[int, list[str]]]:
        yield row, first
        yield from filled

    return [str(number) for number in range(1, len(first) + 1)], 0, all_records()


def records(path: Path, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """Yield the records of a text in UTF-8 with their rows, from the first that the dialect does not skip."""
    row = 0
    at_start, at_end = dialect.trim
    with path.open(encoding="utf-8-sig", newline="") as file:
        # A comment becomes a blank line, which is left out, so that every row keeps its number.
        lines = ("\n" if dialect.comment and line.startswith(dialect.comment) else line for line in file)
        reader = csv.reader(
            lines, delimiter=dialect.delimiter or ("\t" if path.suffix.lower() in (".tsv", ".tab") else ","),
            quotechar=dialect.quote or None, quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
            doublequote=dialect.double_quote, escapechar=None if dialect.double_quote else "\\",
            skipinitialspace=at_start, strict=True,
        )  # fmt: skip
        try:
            for record in reader:
                row += 1
                if row <= dialect.skip_rows:
                    continue
                cells = [cell.lstrip() for cell in record] if at_start else record
                yield row, [cell.rstrip() for cell in cells] if at_end else cells
        except UnicodeError as error:
            raise encoding_fault(path) from error
        except csv.Error as error:
            raise InputError(
                Fault("has a quotation mark in the wrong place, or one without its second", shown(path), row + 1)
            ) from error
