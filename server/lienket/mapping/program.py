"""What rules compile to: SELECTs that make quads, and SELECTs that find cells no quad can be made of."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..sql import literal
from .pieces import Pieces
from .sources import Table


@dataclass(frozen=True)
class Branch:
    """One predicate with one object in one graph, for every row of a table."""

    triples_map: str
    number: int
    """Place of the triples map among all."""
    table: Table | None
    sources: str
    """FROM clause; the table is `c`, a joined parent `p`."""
    sources_of_subject: str
    """FROM clause as far as the subject needs it."""
    condition: str | None
    subject: Pieces
    predicate: Pieces
    object: Pieces
    graph: Pieces | None
    """The graph's name; None for the default graph."""
    predicate_iri: str | None
    """The predicate where it is the same for all rows."""
    subject_columns: tuple[str, ...]
    columns: tuple[str, ...]
    """Columns that the object is made of, by header; those of the subject where it is made of none."""
    several: bool
    """Whether a row may make more than one of these quads: in a join, or from a list of values."""
    conditional: bool = False
    """Whether the subject has a condition, so that rows without one are nothing unusual."""

    @property
    def terms(self) -> tuple[Pieces, ...]:
        """The terms, as they follow one another in a line."""
        return (self.subject, self.predicate, self.object, *((self.graph,) if self.graph is not None else ()))

    @property
    def present(self) -> tuple[str, ...]:
        """SQL conditions under which there is a quad; without any every row makes one."""
        return tuple(dict.fromkeys(condition for term in self.terms for condition in term.present))

    @property
    def where(self) -> str:
        """WHERE clause of the rows that make a quad."""
        conditions = [*([self.condition] if self.condition else []), *self.present]
        return f" WHERE {' AND '.join(conditions)}" if conditions else ""

    def line(self) -> tuple[str, ...]:
        """Return the pieces of the line of N-Quads <https://www.w3.org/TR/n-quads/> of a row that makes a quad."""
        return (*(part for term in self.terms for part in (*term.parts, "' '")), "'.'")

    def may_equal(self, other: "Branch") -> bool:
        """Tell whether a quad of this branch may be a quad of the other."""
        return len(self.terms) == len(other.terms) and all(
            mine.may_equal(theirs) for mine, theirs in zip(self.terms, other.terms, strict=True)
        )

    def select(self) -> str:
        """Return the SELECT whose rows are quads with the cells they come from."""
        listed = ", ".join(map(literal, self.columns))
        return (
            f"SELECT {literal(self.triples_map)} AS triples_map, "
            f"{literal(self.table.file) if self.table else 'NULL'} AS source, c.row AS row, "
            f"{self.subject.text} AS subject, {self.predicate.text} AS predicate, {self.object.text} AS object, "
            f"{self.graph.text if self.graph is not None else 'CAST(NULL AS VARCHAR)'} AS graph, "
            f"CAST([{listed}] AS VARCHAR[]) AS columns FROM {self.sources}{self.where}"
        )


@dataclass(frozen=True)
class Check:
    """A question whose answers are rows (row, text) that hold something that cannot become a term."""

    sql: str
    table: Table
    columns: tuple[str, ...]
    """Names of the columns as the rules write them."""
    message: str
    values: Mapping[str, str] = field(default_factory=dict)
    translations: Mapping[str, str] = field(default_factory=dict)
    other: str | None = None
    """Name of the value of the message that `sql` tells for each row, in a third column (row, text, other)."""


@dataclass(frozen=True)
class Program:
    """Everything that rules compile to."""

    preparations: tuple[str, ...]
    """Statements to run first: they add to each table the columns that are made once and read often."""
    branches: tuple[Branch, ...]
    checks: tuple[Check, ...]

    def quads(self) -> str:
        """Return the query whose rows are the quads: the relation that shapes look at and N-Quads are written from."""
        if not self.branches:
            return (
                "SELECT * FROM (SELECT '' AS triples_map, '' AS source, CAST(0 AS BIGINT) AS row, '' AS subject, "
                "'' AS predicate, '' AS object, '' AS graph, CAST([] AS VARCHAR[]) AS columns) WHERE false"
            )
        return "\nUNION ALL ".join(branch.select() for branch in self.branches)

    def lost_rows(self) -> Iterator[tuple[Table, tuple[str, ...], str]]:
        """Yield for each table the query (row) for rows of which a cell is lost: read only for a subject that has none.

        With it go the headers of the columns that such subjects are made of. Tables of which every row has all its
        subjects are left out, and so are those of JSON, where a value that is not there is nothing unusual.
        """
        for table in {branch.table.identifier: branch.table for branch in self.branches if branch.table}.values():
            mine = [branch for branch in self.branches if branch.table == table]
            kinds = {column.kind for column in table.columns.values()}
            if table.view or kinds != {"text"} or any(branch.conditional for branch in mine):
                continue
            for subject in dict.fromkeys(branch.subject for branch in mine if branch.subject_columns):
                headers = next(branch.subject_columns for branch in mine if branch.subject == subject)
                lost = " OR ".join(_lost(table, mine, subject))
                if lost and subject.present:
                    where = f"{subject.absent} AND ({lost})"
                    yield table, headers, f"SELECT c.row FROM {table.identifier} AS c WHERE {where}"

    def subjects(self) -> str:
        """Return the query (branch number, row, subject) with every subject that a row makes or should make."""
        first = {branch.number: branch for branch in reversed(self.branches) if branch.table}
        return "\nUNION ALL ".join(
            f"SELECT {number} AS number, c.row AS row, {branch.subject.sql} AS subject FROM {branch.sources_of_subject}"
            for number, branch in sorted(first.items())
        ) or "SELECT 0 AS number, CAST(0 AS BIGINT) AS row, '' AS subject WHERE false"  # fmt: skip


def _lost(table: Table, branches: Sequence[Branch], subject: Pieces) -> Iterator[str]:
    """Yield for each column that is read for `subject` the condition that its cell is filled and read for nothing."""
    for column in table.columns.values():
        readers = dict.fromkeys(
            branch.subject for branch in branches if column.name in (*branch.columns, *branch.subject_columns)
        )
        if subject in readers:
            unread = " AND ".join(reader.absent for reader in readers)
            yield f"(c.{column.identifier} <> '' AND {unread})"
