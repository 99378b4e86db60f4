"""Texts and terms in SQL: pieces that follow one another, and the conditions under which there is a text at all.

Kept apart until the end, the fixed pieces of a whole line of N-Quads melt into few literals, and one call puts it
together: a text is not copied once for every piece.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from ..sql import literal

_LITERAL: Final = re.compile(r"'(?:[^']|'')*'")


@dataclass(frozen=True)
class Pieces:
    """A text; none of its pieces is NULL where all of `present` is true."""

    parts: tuple[str, ...]
    """SQL expressions."""
    present: tuple[str, ...] = ()
    """SQL conditions; without any there is a text for every row."""

    @classmethod
    def fixed(cls, text: str) -> Self:
        """Return a text that is the same for every row."""
        return cls((literal(text),))

    @classmethod
    def nullable(cls, sql: str) -> Self:
        """Return the text of any SQL expression."""
        return cls((sql,), (f"{sql} IS NOT NULL",))

    def __add__(self, other: "Pieces") -> "Pieces":
        """Return the text followed by another."""
        return Pieces((*self.parts, *other.parts), tuple(dict.fromkeys((*self.present, *other.present))))

    def wrapped(self, before: str, after: str) -> "Pieces":
        """Return the text between two fixed ones."""
        return Pieces.fixed(before) + self + Pieces.fixed(after)

    def where(self, *conditions: str) -> "Pieces":
        """Return the text as far as these conditions hold, too."""
        return Pieces(self.parts, tuple(dict.fromkeys((*self.present, *conditions))))

    @property
    def varying(self) -> tuple[str, ...]:
        """The pieces that are not the same for every row."""
        return tuple(part for part in self.parts if not is_literal(part))

    @property
    def text(self) -> str:
        """SQL of the text where it is present."""
        return concatenated(self.parts)

    @property
    def sql(self) -> str:
        """SQL of the text, NULL where there is none."""
        if not self.present or self.present == (f"{self.text} IS NOT NULL",):
            return self.text
        return f"CASE WHEN {' AND '.join(self.present)} THEN {self.text} END"

    @property
    def absent(self) -> str:
        """SQL that tells whether there is no text."""
        return f"NOT coalesce({' AND '.join(self.present)}, false)" if self.present else "false"

    def may_equal(self, other: "Pieces") -> bool:
        """Tell whether the two may be the same text in some rows: not where what they begin or end with differs."""
        mine, theirs = merged(self.parts), merged(other.parts)
        if len(mine) == len(theirs) == 1 and is_literal(mine[0]) and is_literal(theirs[0]):
            return mine == theirs
        starts = sorted((_fixed_text(mine[:1]), _fixed_text(theirs[:1])), key=len)
        ends = sorted((_fixed_text(mine[-1:]), _fixed_text(theirs[-1:])), key=len)
        return starts[1].startswith(starts[0]) and ends[1].endswith(ends[0])


def is_literal(sql: str) -> bool:
    """Tell whether a SQL expression is one string literal, so that it is the same for every row."""
    return _LITERAL.fullmatch(sql) is not None


def merged(parts: Iterable[str]) -> tuple[str, ...]:
    """Return SQL expressions with neighbouring literals made one."""
    found: list[str] = []
    for part in parts:
        if found and is_literal(part) and is_literal(found[-1]):
            found[-1] = found[-1][:-1] + part[1:]
        else:
            found.append(part)
    return tuple(found)


def concatenated(parts: Iterable[str]) -> str:
    """Return the SQL of texts that follow one another."""
    together = merged(parts)
    return together[0] if len(together) == 1 else f"concat({', '.join(together)})"


def _fixed_text(part: tuple[str, ...]) -> str:
    return part[0][1:-1] if part and is_literal(part[0]) else ""
