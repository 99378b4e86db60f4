"""Writes the quads of a program as N-Quads <https://www.w3.org/TR/n-quads/>, each once.

Where each row of a table has a subject of its own, a row becomes all of its lines at once. Where a quad may come twice,
equal ones are told by what varies in them, predicate by predicate, before they are put together.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Literal

from ..sql import literal
from .pieces import concatenated, is_literal, merged
from .program import Branch

Ask = Callable[[str], list[tuple[Any, ...]]]
"""Runs a query and returns its rows."""

Compression = Literal["none", "gzip", "zstd"]

_NOTHING: Final = "SELECT '' AS line WHERE false"
_END: Final = "chr(10)"


def write_nquads(
    branches: Sequence[Branch], ask: Ask, path: Path, *, sort: bool = False, compression: Compression = "none"
) -> int:
    """Write the distinct quads of branches; return their number. With `sort` the lines are in code-point order."""
    at_once: dict[int, list[Branch]] = {}
    parts: list[str] = []
    own = _Subjects(ask)
    for group in _groups(branches):
        branch = group[0]
        if len(group) > 1:
            parts.append(f"SELECT DISTINCT line FROM ({' UNION ALL '.join(map(_line_by_line, group))})")
        elif not branch.several and own.unique(branch):
            at_once.setdefault(branch.number, []).append(branch)
        else:
            parts.append(_distinct(branch))
    further = 0
    for together in at_once.values():
        if sort:
            parts += map(_line_by_line, together)
        else:
            parts.append(_rows(together))
            further += ask(_further_lines(together))[0][0]
    query = f"SELECT line FROM ({' UNION ALL '.join(parts) or _NOTHING})"
    # No text of N-Quads holds a line break, so that nothing has to be quoted; the delimiter never occurs.
    options = "FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01', "
    options += f"COMPRESSION {compression}"
    order = " ORDER BY line" if sort else ""
    written = ask(f"COPY ({query}{order}) TO {literal(str(path))} ({options})")
    return int(written[0][0]) + int(further or 0)


def _groups(branches: Sequence[Branch]) -> Iterator[list[Branch]]:
    """Yield the branches that may make the same quads together, the others alone."""
    waiting = list(branches)
    while waiting:
        group = [waiting.pop(0)]
        for each in group:
            equal = [other for other in waiting if each.may_equal(other)]
            waiting = [other for other in waiting if other not in equal]
            group += equal
        yield group


class _Subjects:
    """Knows of which branches every row has a subject of its own."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._known: dict[str, bool] = {}

    def unique(self, branch: Branch) -> bool:
        """Tell whether no two rows have the same subject."""
        if branch.table is None:
            return False
        varying = branch.subject.varying
        # What is put between the same texts is the same if and only if the whole is.
        key = varying[0] if len(varying) == 1 else branch.subject.sql
        # Different hashes are of different texts; equal ones need not be of equal texts, and then nothing is lost.
        query = f"SELECT count(*) = count(DISTINCT hash({key})) FROM {branch.sources} WHERE {key} IS NOT NULL"
        if query not in self._known:
            self._known[query] = bool(self._ask(query)[0][0])
        return self._known[query]


def _line_by_line(branch: Branch) -> str:
    """Return the SELECT of one line a row."""
    return f"SELECT {concatenated(branch.line())} AS line FROM {branch.sources}{branch.where}"


def _distinct(branch: Branch) -> str:
    """Return the SELECT of the distinct lines of one branch."""
    keys: list[str] = []
    line: list[str] = []
    for term in branch.terms:
        # One varying piece between fixed ones tells a term from all others; several might make the same in two ways.
        for part in term.parts if len(term.varying) == 1 else (term.text,):
            if not is_literal(part):
                keys.append(part)
            line.append(part if is_literal(part) else f"k{len(keys)}")
        line.append("' '")
    listed = ", ".join(f"{key} AS k{number}" for number, key in enumerate(keys, 1)) or "1"
    found = f"SELECT DISTINCT {listed} FROM {branch.sources}{branch.where}"
    return f"SELECT {concatenated((*line, literal('.')))} AS line FROM ({found})"


def _conditional(branch: Branch) -> tuple[str, ...]:
    """Return the conditions of a branch beyond those of its subject."""
    return tuple(condition for condition in branch.present if condition not in branch.subject.present)


def _rows(branches: Sequence[Branch]) -> str:
    """Return the SELECT of one text a row: all lines of its subject."""
    certain = [branch for branch in branches if not _conditional(branch)]
    others = [branch for branch in branches if _conditional(branch)]
    subject = branches[0].subject
    where = f" WHERE {' AND '.join(subject.present)}" if subject.present else ""
    if certain:
        parts = [part for branch in certain for part in (literal("\n"), *branch.line())][1:]
        parts += [_case(branch, (literal("\n"), *branch.line())) for branch in others]
        return f"SELECT concat({', '.join(merged(parts))}) AS line FROM {branches[0].sources}{where}"
    lines = ", ".join(_case(branch, branch.line()) for branch in others)
    query = f"SELECT concat_ws({_END}, {lines}) AS line FROM {branches[0].sources}{where}"
    return f"SELECT line FROM ({query}) WHERE line <> ''"


def _case(branch: Branch, parts: Sequence[str]) -> str:
    return f"CASE WHEN {' AND '.join(_conditional(branch))} THEN {concatenated(parts)} END"


def _further_lines(branches: Sequence[Branch]) -> str:
    """Return the query for how many lines the rows make beyond one each."""
    subject = branches[0].subject
    conditions = [" AND ".join(found) for found in map(_conditional, branches) if found]
    found = [f"coalesce(({condition})::INTEGER, 0)" for condition in conditions]
    number = " + ".join([str(len(branches) - len(conditions)), *found])
    where = f" WHERE {' AND '.join(subject.present)}" if subject.present else ""
    return f"SELECT coalesce(sum(greatest({number} - 1, 0)), 0)::BIGINT FROM {branches[0].sources}{where}"
