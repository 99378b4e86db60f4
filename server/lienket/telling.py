"""How faults are told: a page for a person, whatever their number, and a table with all of them to hand back."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, groupby
from pathlib import Path
from typing import Final, TextIO

from lienket import languages
from lienket.errors import SEVERITIES, Fault, InputError, one_line
from lienket.languages import Language
from lienket.quality import Finding, identified

_HEADINGS: Final = {"warning": "Warnings:", "note": "Notes:"}
_KINDS: Final = 60
"""So many kinds of faults are told; of more, the number."""
_LINES: Final = 40
"""So many lines are shared among the kinds, ten at most for each and two at least."""
_RANGES: Final = 8
"""So many stretches of rows stand in one line."""
_LETTERS: Final = 100
"""So many letters of a cell are shown."""
_COLUMNS: Final = ("file", "sheet", "row", "column", "text", "what to mend", "severity", "id")


@dataclass(frozen=True)
class Kind:
    """Faults of one severity and message in one column of a table, or in one file, by row."""

    faults: tuple[Fault, ...]

    @property
    def first(self) -> Fault:
        """The first of them."""
        return self.faults[0]

    @property
    def is_of_cells(self) -> bool:
        """Whether they are about cells, so that the rows tell them apart."""
        return self.first.row is not None and self.first.column is not None


def kinds(faults: Iterable[Fault]) -> list[Kind]:
    """Return faults by severity, file, column and message; files and what is in them in the order of coming first."""
    found: dict[tuple[object, ...], list[Fault]] = {}
    files: dict[str | None, int] = {}
    for fault in faults:
        files.setdefault(fault.file, len(files))
        key = (fault.severity, fault.file, fault.sheet, fault.column, fault.message, fault.row is None)
        found.setdefault(key, []).append(fault)
    every = [Kind(tuple(sorted(same, key=lambda fault: fault.row or 0))) for same in found.values()]
    return sorted(every, key=lambda kind: (SEVERITIES.index(kind.first.severity), files[kind.first.file]))


def page(faults: Iterable[Fault], language: Language) -> Iterator[tuple[str | None, str]]:
    """Yield (severity, line): errors first, of each kind the first cells and how many more there are.

    A text that is wrong in many rows is told once, with the rows. Lines between two kinds have no severity.
    """
    every = kinds(faults)
    most = max(2, min(10, _LINES // max(1, len(every))))
    for severity, of_it in groupby(every[:_KINDS], key=lambda kind: kind.first.severity):
        if severity in _HEADINGS:
            yield None, language.gettext(_HEADINGS[severity])
        for kind in of_it:
            yield from ((severity, line) for line in _told(kind, language, most))
    if len(every) > _KINDS:
        rest = every[_KINDS:]
        words = language.gettext("… and {kinds} more kinds of faults, {number} in all; --report writes them to a file")
        number = language.format_number(sum(len(kind.faults) for kind in rest))
        yield None, words.format(kinds=len(rest), number=number)


def _told(kind: Kind, language: Language, most: int) -> Iterator[str]:
    if len(kind.faults) == 1:
        yield language.say(_short(kind.first))
        return
    if not kind.is_of_cells:
        yield from (language.say(_short(fault)) for fault in kind.faults[:most])
        yield from _more(len(kind.faults) - most, language, "… and {number} more of this kind", "")
        return
    rows: dict[tuple[str | None, str], list[int]] = {}
    for fault in kind.faults:
        rows.setdefault((fault.text, language.sentence(fault)), []).append(fault.row or 0)
    sentences = {sentence for _, sentence in rows}
    place = language.place(replace(kind.first, row=None, column=None))
    place = ", ".join(filter(None, (place, language.gettext("column {column}").format(column=kind.first.column))))
    number = _rows(len(kind.faults), language)
    if len(rows) == 1:
        ((text, sentence),) = rows
        yield one_line(f"{place}: {_quoted(text)}{sentence} ({number}: {_stretches(rows[text, sentence], language)})")
        return
    common = next(iter(sentences)) if len(sentences) == 1 else ""
    yield one_line(f"{place}, {number}: {common}" if common else f"{place}, {number}:")
    for (text, sentence), its in list(rows.items())[:most]:
        where = language.gettext("row {row}").format(row=_stretches(its, language))
        said = _quoted(text) or language.gettext("(empty)") if common else f"{_quoted(text)}{sentence}"
        yield one_line(f"    {where}: {said.rstrip()}")
    left = sum(len(its) for its in list(rows.values())[most:])
    yield from _more(left, language, "… and {number} more rows", "    ")


def _more(number: int, language: Language, words: str, indent: str) -> Iterator[str]:
    if number > 0:
        yield indent + language.gettext(words).format(number=language.format_number(number))


def _rows(number: int, language: Language) -> str:
    return language.ngettext("{number} row", "{number} rows", number).format(number=language.format_number(number))


def _short(fault: Fault) -> Fault:
    """Return a fault with no more of its cell than a line takes."""
    return replace(fault, text=_cut(fault.text)) if fault.text is not None else fault


def _cut(text: str) -> str:
    return text if len(text) <= _LETTERS else text[: _LETTERS - 1] + "…"


def _quoted(text: str | None) -> str:
    return f"“{_cut(text)}” " if text is not None else ""


def _stretches(rows: Sequence[int], language: Language) -> str:
    """Return rows as people write them: 2, 5–9, and how many more."""
    numbers = sorted(set(rows))
    places = count()
    found = [list(stretch) for _, stretch in groupby(numbers, key=lambda row: row - next(places))]
    shown = [f"{each[0]}–{each[-1]}" if len(each) > 1 else str(each[0]) for each in found[:_RANGES]]
    left = sum(map(len, found[_RANGES:]))
    if left:
        shown.append(language.gettext("and {number} more").format(number=language.format_number(left)))
    return ", ".join(shown)


@dataclass(frozen=True)
class Share:
    """How much of a table is without a fault."""

    file: str
    sheet: str | None
    rows: int
    at_fault: int
    """Rows with a fault; at least so many, where not all faults are named."""


def shares(tables: Iterable[tuple[str, str | None, int]], faults: Iterable[Fault]) -> list[Share]:
    """Return the share of each table, given as (file, sheet, rows)."""
    found: dict[tuple[str | None, str | None], set[int]] = {}
    for fault in faults:
        if fault.row is not None:
            found.setdefault((fault.file, fault.sheet), set()).add(fault.row)
    return [Share(file, sheet, rows, len(found.get((file, sheet), ()))) for file, sheet, rows in tables]


def of_share(share: Share, language: Language) -> str:
    """Return a share as a sentence."""
    words = language.gettext(
        "{table}: {good} of {rows} rows without a fault; of the other {number} what cannot be read is set aside"
    )
    good, rows, number = map(language.format_number, (share.rows - share.at_fault, share.rows, share.at_fault))
    table = f"{share.file} ({share.sheet})" if share.sheet else share.file
    return words.format(table=table, good=good, rows=rows, number=number)


def require_own(path: Path | None) -> None:
    """Raise InputError where a file stands in the place of a table of faults and is none: it may be what was read."""
    if path is None or not path.exists():
        return
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file), [])
    except (OSError, UnicodeError, csv.Error):
        header = []
    known = [list(map(languages.get(tag).gettext, _COLUMNS)) for tag in languages.available()]
    if header not in known:
        raise InputError(Fault("is there already and is no list of faults; name another file for it", file=str(path)))


def write_table(faults: Iterable[Fault], path: Path, language: Language) -> None:
    """Write every fault as a row of a CSV file that spreadsheet programs open as it is.

    A text that such a program would take for a formula gets an apostrophe before it.

    Raises OSError where the file cannot be written.
    """
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        write_rows(identified(faults), file, language)


def write_rows(findings: Iterable[Finding], file: TextIO, language: Language) -> None:
    """Write the same table into a text file that is open."""
    rows = csv.writer(file)
    rows.writerow(map(language.gettext, _COLUMNS))
    for finding in findings:
        fault = finding.fault
        cells = (
            fault.place, fault.sheet, fault.row, fault.column, fault.text, language.sentence(fault),
            language.gettext(fault.severity), finding.id,
        )  # fmt: skip
        rows.writerow("" if cell is None else harmless(str(cell)) for cell in cells)


def harmless(text: str) -> str:
    """Return a text as a cell of a table: what a spreadsheet would take for a formula gets an apostrophe before it.

    >>> harmless("=HYPERLINK(A1)"), harmless("-5.2"), harmless("Huyện")
    ("'=HYPERLINK(A1)", '-5.2', 'Huyện')
    """
    is_number = text[1:].replace(".", "", 1).isdecimal()
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) and not is_number else text
