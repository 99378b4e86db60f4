"""The outcome of a mapping: quads as a relation, the cells that cannot become RDF, and the way back to any cell."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import duckdb

from ..errors import Fault, UnavailableError, distinct
from .program import Branch, Check, Program
from .records import Records, records, scattered
from .sources import Table
from .writing import Compression, write_nquads

_FAULTS_A_RULE: Final = 100_000
"""So many cells are named for one rule, as many as memory takes lightly; of more, the number is told."""


_MACHINE_FAULTS: Final = (duckdb.IOException, duckdb.OutOfMemoryException)


@dataclass(frozen=True)
class Cell:
    """One cell of a table."""

    file: str
    sheet: str | None
    row: int
    """Row as a spreadsheet program shows it; of JSON the place of the item, from 1."""
    column: str
    text: str | None
    """The text as typed; None where the cell holds no value."""


class Mapped:
    """Quads of a mapping, as long as it is open. A context manager."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, program: Program, tables: tuple[Table, ...]) -> None:
        """Take over a connection with loaded tables; it is closed with this object."""
        self.connection = connection
        """DuckDB, with the view `quads`; for those who ask more of the relation than this class does."""
        self.tables = tables
        """The tables that were read."""
        self.faults: tuple[Fault, ...] = ()
        """Cells that could not become RDF, and rows of which something is lost, by table and row."""
        self._program = program
        self._subjects_listed = False
        for statement in program.preparations:
            connection.execute(statement)
        connection.execute(f"CREATE VIEW quads AS {program.quads()}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
        if isinstance(error, _MACHINE_FAULTS):
            raise _unwritable(error) from error

    def close(self) -> None:
        """Give the memory back; the object is of no use afterwards."""
        self.connection.close()

    @property
    def quads(self) -> duckdb.DuckDBPyRelation:
        """The quads, as often as they are made.

        Columns: triples_map, source, row, subject, predicate, object, graph (NULL: the default graph), columns (list of
        headers); terms in N-Triples syntax.
        """
        return self.connection.view("quads")

    @property
    def records(self) -> tuple[Records, ...]:
        """The triples maps whose rows make each of their triples once, for those who would rather ask row by row."""
        return records(self._program.branches)

    @property
    def scattered(self) -> str:
        """SQL (subject) of what the other triples maps speak of."""
        return scattered(self._program.branches)

    @property
    def names_graphs(self) -> bool:
        """Whether a quad may be in another graph than the default graph, so that N-Triples cannot hold them all."""
        return any(branch.graph is not None for branch in self._program.branches)

    def write_nquads(self, path: Path | str, *, sort: bool = False, compression: Compression = "none") -> int:
        """Write the distinct quads as N-Quads; return their number.

        With `sort` the lines are in code-point order, so that equal data make equal files.
        """
        branches = self._program.branches
        return write_nquads(branches, self._all, Path(path), sort=sort, compression=compression)

    def check(self, on_progress: Callable[[str, int, int], None] | None = None, *, lost_rows: str = "warning") -> None:
        """Look for cells that cannot become RDF and name them in `faults`.

        `lost_rows` is the severity of a row whose subject has an empty key: RML makes nothing of it without a word,
        and in a department's table it is a mistake.
        """
        faults: list[Fault] = []
        for done, check in enumerate(self._program.checks):
            if on_progress:
                on_progress(", ".join(check.columns), done, len(self._program.checks))
            faults += self._faults_of(check)
        named = {(fault.file, fault.sheet, fault.row) for fault in faults}
        faults += [fault for fault in self._lost_rows(lost_rows) if (fault.file, fault.sheet, fault.row) not in named]
        self.faults = tuple(
            sorted(distinct(faults), key=lambda fault: (fault.file or "", fault.row or 0, fault.column or ""))
        )

    def _lost_rows(self, severity: str) -> Iterator[Fault]:
        """Yield rows of which something is lost, because the cells that would name its subject are empty."""
        for table, headers, query in self._program.lost_rows():
            for (row,) in self._all(f"{query} ORDER BY row LIMIT {_FAULTS_A_RULE}"):
                yield Fault("is empty, so that what this row says is lost; fill it in, or empty the row", table.file,
                            row, ", ".join(headers), sheet=table.sheet, severity=severity)  # fmt: skip

    def _faults_of(self, check: Check) -> list[Fault]:
        table = check.table
        headers = ", ".join(table.columns[name].name for name in check.columns)
        cells = "row, text, other" if check.other else "row, text, NULL"
        found = self._all(f"SELECT DISTINCT {cells} FROM ({check.sql}) ORDER BY row LIMIT {_FAULTS_A_RULE + 1}")
        rows = [row for row, *_ in found]
        typed = (self._typed_of_view if table.view else self._typed)(table, check.columns, rows)
        faults = [
            Fault(check.message, table.file, row, headers, typed.get(row, text) or None, table.sheet,
                  {**check.values, check.other: other} if check.other else check.values, check.translations)
            for row, text, other in found[:_FAULTS_A_RULE]
        ]  # fmt: skip
        if len(found) > _FAULTS_A_RULE:
            number = self._all(f"SELECT count(DISTINCT row) FROM ({check.sql})")[0][0] - _FAULTS_A_RULE
            faults.append(Fault("has the same fault in {number} more rows", table.file, None, headers,
                                sheet=table.sheet, values={"number": number}))  # fmt: skip
        return faults

    def locate(self, subject: str, predicate: str | None = None, value: str | None = None) -> tuple[Cell, ...]:
        """Return the cells that made a subject, or its objects of a predicate, or should have made them.

        `subject` is an IRI, or `_:` with a label; `predicate` an IRI. Where the rows of the subject have rules for the
        predicate, the cells are those the rules read, whether they hold something or not; else those of the subject.
        Of several rows that speak of one subject, those that made the object `value` (an IRI, a label, or what a
        literal says) are meant, if any did.
        """
        self._list_subjects()
        term = subject if subject.startswith("_:") else f"<{subject}>"
        found = self._all("SELECT number, row FROM mapped_subjects WHERE subject = $1 ORDER BY number, row", term)
        branches: dict[int, list[Branch]] = {}
        for branch in self._program.branches:
            branches.setdefault(branch.number, []).append(branch)
        if len(found) > 1 and predicate is not None and value is not None:
            found = self._rows_with(term, predicate, value) or found
        cells: list[Cell] = []
        for exact in (True, False):
            for number, row in found:
                mine = branches[number]
                if exact and predicate is not None:
                    mine = [branch for branch in mine if branch.predicate_iri in (predicate, None)]
                    columns = [name for branch in mine for name in branch.columns]
                else:
                    columns = list(mine[0].subject_columns)
                table = mine[0].table if mine else None
                if table is not None:
                    cells += self._cells(table, row, tuple(dict.fromkeys(columns)))
            if cells:
                break
        return tuple(dict.fromkeys(cells))

    def _rows_with(self, subject: str, predicate: str, value: str) -> list[tuple[int, int]]:
        """Return (branch number, row) of the rows that made a quad with an object that reads like `value`."""
        like = "subject = $1 AND (object IN ($2, '<' || $2 || '>') OR starts_with(object, '\"' || lk_esc($2) || '\"'))"
        return sorted(
            (branch.number, row)
            for branch in self._program.branches
            if branch.table is not None and branch.predicate_iri in (predicate, None)
            for (row,) in self._all(
                f"SELECT DISTINCT row FROM ({branch.select()}) WHERE {like} AND predicate = $3",
                subject, value, f"<{predicate}>",
            )
        )  # fmt: skip

    def _list_subjects(self) -> None:
        if not self._subjects_listed:
            self.connection.execute(
                "CREATE TABLE mapped_subjects AS SELECT DISTINCT number, row, subject "
                f"FROM ({self._program.subjects()}) WHERE subject IS NOT NULL"
            )
            self._subjects_listed = True

    def _cells(self, table: Table, row: int, headers: Sequence[str]) -> list[Cell]:
        by_header = {column.name: name for name, column in table.columns.items()}
        return [
            Cell(table.file, table.sheet, row, header, self._typed(table, (by_header[header],), [row]).get(row))
            for header in headers
        ]

    def _typed(self, table: Table, names: Sequence[str], rows: Sequence[int]) -> dict[int, str]:
        """Return the texts of some cells of some rows as they were typed; of several cells joined by a comma."""
        if not rows:
            return {}
        texts: dict[int, list[str]] = {}
        for name in names:
            column = table.columns[name]
            value = {
                "text": f"coalesce(y.text, t.{column.identifier})",
                "item": f"t.{column.identifier}.text",
                "items": f"list_aggregate(list_transform(t.{column.identifier}, lambda i: i.text), 'string_agg', ', ')",
            }[column.kind]
            found = self._all(
                f"SELECT DISTINCT t.row, {value} FROM {table.identifier} AS t LEFT JOIN {table.identifier}_typed AS y "
                f"ON y.row = t.row AND y.name = '{column.identifier}' WHERE t.row IN (SELECT unnest($1))", list(rows),
            )  # fmt: skip
            for row, text in found:
                if text is not None:
                    texts.setdefault(row, []).append(text)
        return {row: ", ".join(parts) for row, parts in texts.items()}

    def _typed_of_view(self, table: Table, names: Sequence[str], rows: Sequence[int]) -> dict[int, str]:
        """Return what cleaning has changed; a row may be several of a view, so the check tells the other texts."""
        query = f"SELECT row, text FROM {table.identifier}_typed WHERE name = $1 AND row IN (SELECT unnest($2))"
        if len(names) != 1 or not rows:
            return {}
        return dict(self._all(query, table.columns[names[0]].identifier, list(rows)))

    def _all(self, query: str, *values: object) -> list[Any]:
        with machine_faults():
            return self.connection.execute(query, list(values)).fetchall()


@contextmanager
def machine_faults() -> Iterator[None]:
    """Raise `UnavailableError` where a disk is full or fails, while a mapping is open without being a context."""
    try:
        yield
    except _MACHINE_FAULTS as error:
        raise _unwritable(error) from error


def _unwritable(error: Exception) -> UnavailableError:
    """Return what a full disk or one that fails comes to; tables are read by then, so that it is about writing."""
    number = re.search(r'"errno":"(\d+)"', str(error))
    reason = os.strerror(int(number.group(1))) if number else str(error)
    return UnavailableError(
        Fault("the statements cannot be written: {reason}; make room on the disk", values={"reason": reason})
    )
