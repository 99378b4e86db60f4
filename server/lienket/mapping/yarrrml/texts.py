r"""Texts of YARRRML <https://rml.io/yarrrml/spec/#template>: fixed pieces, and columns in `$(…)`.

A backslash before a dollar sign makes it a letter like others; before a column of which the text in front ends with a
backslash, that is written twice.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

REFERENCE: Final = re.compile(r"\$\(((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*)\)")
"""A column or path; brackets inside of it are in pairs, or behind a backslash."""

_DOLLAR: Final = re.compile(r"(\\*)\$")
_MEANT: Final = re.compile(r"\$(?:\(|\{[^}]*\}?|\w*[^\W\d]\w*)")


@dataclass(frozen=True)
class Piece:
    """A part of a text: the name of a column, or what is fixed."""

    text: str
    is_column: bool
    looks_like_column: str | None = None
    """What in a fixed text may have been meant as a column: `$(` without its end, `${…}`, `$name`."""


def pieces(text: str) -> Iterator[Piece]:
    r"""Yield the pieces of a text.

    >>> [(piece.text, piece.is_column) for piece in pieces(r"id/$(Mã (cũ))-\$(x)")]
    [('id/', False), ('Mã (cũ)', True), ('-$(x)', False)]
    """
    fixed, position, doubt = "", 0, None
    while found := _DOLLAR.search(text, position):
        start = found.end() - 1
        fixed += text[position : found.start()] + "\\" * (len(found[1]) // 2)
        reference = None if len(found[1]) % 2 else REFERENCE.match(text, start)
        if reference:
            if fixed:
                yield Piece(fixed, False, doubt)
            yield Piece(re.sub(r"\\(.)", r"\1", reference[1]), True)
            fixed, doubt, position = "", None, reference.end()
            continue
        meant = None if len(found[1]) % 2 else _MEANT.match(text, start)
        doubt = doubt or (meant and meant[0])
        fixed, position = fixed + "$", start + 1
    fixed += text[position:]
    if fixed or not text:
        yield Piece(fixed, False, doubt)


def has_column(text: str) -> bool:
    """Tell whether a text names a column."""
    return any(piece.is_column for piece in pieces(text))
