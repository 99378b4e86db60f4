"""Triples by row: tables each of whose rows makes all that a triples map says of one subject."""

from collections.abc import Sequence
from dataclasses import dataclass

from .program import Branch


@dataclass(frozen=True)
class Records:
    """The rows of one triples map, side by side what the relation of quads has one below the other."""

    sources: str
    """FROM and WHERE clause of the rows that have a subject."""
    subject: str
    """SQL of the subject."""
    statements: tuple[tuple[str, str], ...]
    """Predicates (terms), each with the SQL of an object, which is NULL where there is none."""


def records(branches: Sequence[Branch]) -> tuple[Records, ...]:
    """Return the triples maps whose rows make each of their triples once."""
    return tuple(
        Records(
            sources=f"{mine[0].sources}{_where(mine[0].subject.present)}",
            subject=mine[0].subject.text,
            statements=tuple((f"<{branch.predicate_iri}>", _object(branch)) for branch in mine),
        )
        for mine in _by_triples_map(branches)
        if all(map(_by_row, mine))
    )


def scattered(branches: Sequence[Branch]) -> str:
    """Return SQL (subject) of the subjects of all other triples maps."""
    return " UNION ALL ".join(
        f"SELECT {mine[0].subject.text} AS subject FROM {mine[0].sources_of_subject}{_where(mine[0].subject.present)}"
        for mine in _by_triples_map(branches)
        if not all(map(_by_row, mine))
    ) or "SELECT '' AS subject WHERE false"  # fmt: skip


def _by_triples_map(branches: Sequence[Branch]) -> list[list[Branch]]:
    found: dict[int, list[Branch]] = {}
    for branch in branches:
        found.setdefault(branch.number, []).append(branch)
    return list(found.values())


def _by_row(branch: Branch) -> bool:
    return branch.table is not None and not branch.several and branch.predicate_iri is not None


def _object(branch: Branch) -> str:
    """Return the SQL of the object of a quad; NULL where there is no quad."""
    conditions = [condition for condition in branch.present if condition not in branch.subject.present]
    if branch.condition:
        conditions.append(branch.condition)
    return f"CASE WHEN {' AND '.join(conditions)} THEN {branch.object.text} END" if conditions else branch.object.text


def _where(conditions: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""
