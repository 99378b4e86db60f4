"""Workbooks: sheets of XLSX, XLS and ODS, read by calamine; cells become the texts that a person sees in them."""

import math
import re
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

import duckdb
import python_calamine

from ...errors import Fault, InputError, shown
from ..rules import Source
from . import files
from .tables import FAULTS_SHOWN, Loading, even, header_position, load_records, text_columns, trimmed

SUFFIXES: Final = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")


def load(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    source: Source,
    wanted: Sequence[str],
    decode: files.Decoder | None,
) -> Loading:
    """Load the sheet that the iterator names, or the first; raises InputError with its faults.

    `decode` reads texts whose letters are those of a font with an encoding of its own.
    """
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as parts:
                if sum(part.file_size for part in parts.infolist()) > files.WORKBOOK_LIMIT:
                    raise files.too_big(path, files.WORKBOOK_LIMIT)
        workbook = python_calamine.CalamineWorkbook.from_path(str(path))
        names = workbook.sheet_names
        if source.iterator is not None and source.iterator not in names:
            raise InputError(
                Fault("has no sheet {sheet}; the sheets are {sheets}", shown(path),
                      values={"sheet": source.iterator, "sheets": ", ".join(names)})
            )  # fmt: skip
        sheet = source.iterator or names[0]
        rows = workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, OSError, IndexError, zipfile.BadZipFile) as error:
        raise InputError(
            Fault("cannot be read as a workbook: {detail}", shown(path), values={"detail": error})
        ) from error
    texts = [[cell_text(cell) for cell in row] for row in rows]
    unread = _decode(texts, decode) if decode else []
    position = header_position(texts, wanted)
    header = trimmed(texts[position]) if texts else ()
    columns = text_columns(header, wanted, shown(path), sheet, position + 1)
    headers = {int(column.identifier[1:]): column.name for column in columns.values()}
    faults = [
        Fault("is not text in {encoding}", shown(path), row + 1, headers[place], texts[row][place], sheet,
              values={"encoding": source.encoding})
        for row, place in unread
        if row > position and place in headers
    ]  # fmt: skip
    if faults:
        raise InputError(*faults[:FAULTS_SHOWN])
    records = ((number, row) for number, row in enumerate(texts[position + 1 :], position + 2) if any(row))
    load_records(connection, even(records, len(header), shown(path), sheet), len(header))
    return Loading(header, columns, sheet)


def _decode(texts: list[list[str]], decode: files.Decoder) -> list[tuple[int, int]]:
    """Decode texts in their places; return the places, row and column from 0, of those that cannot be.

    A program that knew nothing of the font took the codes for Windows-1252.
    """
    unread = []
    for row, cells in enumerate(texts):
        for place, cell in enumerate(cells):
            if not cell.isascii():
                try:
                    cells[place] = decode(cell.encode("cp1252"))
                except UnicodeError:
                    unread.append((row, place))
    return unread


def cell_text(cell: object) -> str:
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
