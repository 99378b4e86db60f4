"""Tables as a spreadsheet program shows them, cell by cell and with every row, for a copy that people are handed."""

import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import python_calamine

from ...errors import Fault, InputError, shown
from ..rules import Source
from . import delimited, dialects, files, workbooks

if TYPE_CHECKING:
    import openpyxl

_KEPT_WHOLE: Final = 64 << 20
"""A workbook with more bytes unpacked is not copied with its looks: that takes fifty times its size in memory."""


@contextmanager
def rows(path: Path, source: Source, sheet: str | None, wanted: Sequence[str]) -> Iterator[Iterator[list[str]] | None]:
    """Give the rows of a table, the first one first; None of what is no table of rows, such as JSON.

    Raises InputError where it cannot be read.
    """
    with tempfile.TemporaryDirectory() as folder:
        unpacked = files.unpacked(path, source.compression, Path(folder))
        suffix = unpacked.suffix.lower()
        if suffix in workbooks.SUFFIXES:
            yield _of_sheet(unpacked, sheet)
        elif suffix in delimited.SUFFIXES:
            decoded = files.decoded(unpacked, source.encoding, Path(folder))
            if source.dialect and not dialects.is_usual(source.dialect):
                yield _filled(dialects.records(decoded, source.dialect))
            else:
                yield delimited.records(decoded, wanted, source.dialect.delimiter if source.dialect else None)
        else:
            yield None


def workbook(path: Path) -> "openpyxl.Workbook | None":
    """Return an XLSX workbook with its looks, to be saved elsewhere; None of another file, and of one too large."""
    if path.suffix.lower() not in (".xlsx", ".xlsm") or not zipfile.is_zipfile(path):
        return None
    with zipfile.ZipFile(path) as parts:
        if sum(part.file_size for part in parts.infolist()) > _KEPT_WHOLE:
            return None
    import openpyxl  # slow to load, and needed for copies alone

    try:
        return openpyxl.load_workbook(path)
    except (ValueError, KeyError, OSError, zipfile.BadZipFile):  # what calamine can read and openpyxl cannot
        return None


def _of_sheet(path: Path, sheet: str | None) -> Iterator[list[str]]:
    try:
        opened = python_calamine.CalamineWorkbook.from_path(str(path))
        cells = opened.get_sheet_by_name(sheet or opened.sheet_names[0]).to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, OSError, IndexError) as error:
        raise InputError(
            Fault("cannot be read as a workbook: {detail}", shown(path), values={"detail": error})
        ) from error
    return ([workbooks.cell_text(cell) for cell in row] for row in cells)


def _filled(records: Iterator[tuple[int, list[str]]]) -> Iterator[list[str]]:
    """Yield records with an empty one for every row that has none."""
    last = 0
    for row, record in records:
        yield from ([] for _ in range(last + 1, row))
        yield record
        last = row
