"""A copy of a table as a workbook in which the cells to mend are coloured and carry a comment that says why."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill

from ..errors import SEVERITIES, Fault, InputError
from ..languages import Language
from ..languages.text import clean

MOST_ROWS: Final = 1_048_576
"""So many rows a sheet can have."""

_COLOURS: Final[Mapping[str, str]] = {"error": "FFC7CE", "warning": "FFEB9C", "note": "DDEBF7"}
_MOST_COMMENTS: Final = 5_000
"""So many cells get a comment, as many as programs open lightly; all are coloured."""
_HEADER_WITHIN: Final = 30
_LONGEST: Final = 32_767
"""Characters a cell can hold."""


@dataclass
class Marks:
    """What to put on one sheet: the cells to mend by row and header, and what is said of them."""

    language: Language
    cells: dict[int, dict[str | None, list[Fault]]] = field(default_factory=dict)
    left: int = _MOST_COMMENTS
    """Comments that may still be made."""

    def take(self, fault: Fault) -> None:
        """Add one fault that names a row."""
        assert fault.row is not None  # noqa: S101  others have no cell
        self.cells.setdefault(fault.row, {}).setdefault(fault.column, []).append(fault)

    @property
    def headers(self) -> set[str]:
        """The headers that are named, alone or with others."""
        named = {column for columns in self.cells.values() for column in columns if column}
        return named | {part for column in named for part in column.split(", ")}

    def at(self, row: int, header: Mapping[str, int]) -> Iterator[tuple[int, list[Fault], bool]]:
        """Yield of a row the places of cells to mend, from 0, with their faults; and whether a comment goes there."""
        for column, faults in self.cells.get(row, {}).items():
            names = [column] if column and column in header else (column or "").split(", ")
            places = [header[name] for name in names if name in header] or [0]
            for number, place in enumerate(places):
                comment = number == 0 and self.left > 0
                self.left -= comment
                yield place, faults, comment

    def mark(self, cell: Any, faults: Sequence[Fault], comment: bool) -> None:
        """Colour a cell, and put what is said of it beside it."""
        worst = min(faults, key=lambda fault: SEVERITIES.index(fault.severity)).severity
        cell.fill = PatternFill("solid", fgColor=_COLOURS[worst])
        if not comment:
            return
        said = [
            f"{self.language.gettext(fault.severity).capitalize()}: {self.language.sentence(fault)}" for fault in faults
        ]
        if cell.comment:
            said.insert(0, cell.comment.text)
        text = "\n".join(dict.fromkeys(said))
        cell.comment = Comment(ILLEGAL_CHARACTERS_RE.sub("", text)[:_LONGEST], "Liên Kết", height=110, width=320)


def mark_sheet(sheet: Any, marks: Marks) -> None:
    """Mark the cells of a sheet of an open workbook."""
    first = [[cell.value for cell in row] for row in sheet.iter_rows(max_row=_HEADER_WITHIN)]
    header = _header(first, marks.headers)
    for row in sorted(marks.cells):
        for place, faults, comment in marks.at(row, header):
            marks.mark(sheet.cell(row, place + 1), faults, comment)


def write_sheet(rows: Iterable[Sequence[str]], marks: Marks, title: str, path: Path) -> None:
    """Write rows of text as a workbook with its cells marked, row by row.

    Raises InputError where there are more rows than a sheet can have, OSError where the file cannot be written.
    """
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    rest = iter(rows)
    first = list(islice(rest, _HEADER_WITHIN))
    header = _header(first, marks.headers)
    top = next((number for number, row in enumerate(first, 1) if set(map(clean, row)) >= set(header)), 1)
    sheet.freeze_panes = f"A{top + 1}"
    for number, row in enumerate(chain(first, rest), 1):
        if number > MOST_ROWS:
            raise InputError(Fault("has more rows than a sheet can have, {most}", values={"most": MOST_ROWS}))
        found = list(marks.at(number, header))
        if not found and number != top:
            sheet.append([_text(cell) for cell in row])
            continue
        width = max([len(row), *(place + 1 for place, _, _ in found)])
        cells = [WriteOnlyCell(sheet, _text(row[place]) if place < len(row) else None) for place in range(width)]
        for cell in cells:
            cell.data_type = "s" if cell.value is not None else cell.data_type
            if number == top:
                cell.font = Font(bold=True)
        for place, faults, comment in found:
            marks.mark(cells[place], faults, comment)
        sheet.append(cells)
    book.save(path)


def _header(first: Sequence[Sequence[object]], wanted: set[str]) -> dict[str, int]:
    """Return the places of the headers, in the row that has most of the wanted ones."""
    best: dict[str, int] = {}
    most = -1
    names = set(map(clean, wanted))
    for row in first:
        places: dict[str, int] = {}
        for place, cell in enumerate(row):
            if isinstance(cell, str) and clean(cell):
                places.setdefault(cell, place)
                places.setdefault(clean(cell), place)
        found = len(names & places.keys())
        if found > most and places:
            best, most = places, found
    return best


def _text(cell: str) -> str:
    return ILLEGAL_CHARACTERS_RE.sub("", cell)[:_LONGEST]
