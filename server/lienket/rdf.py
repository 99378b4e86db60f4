"""Reads and writes RDF files as they are: no store, so literals keep the form they were written in."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from lienket.errors import Fault, InputError, explained
from lienket.formats import FORMATS, Format, by_suffix

_EXPLANATIONS: Final = {
    r"The prefix (?:prefixes|mappings?|sources?): has not been declared":
        "is not {format}: this looks like YARRRML, whose files end with .yml",
    r"The prefix (?P<prefix>\S*:) has not been declared":
        "is not {format}: the prefix {prefix} is not declared; write @prefix {prefix} <…> . above",
    r"A dot is expected at the end of statements":
        "is not {format}: a semicolon, a comma or a dot is missing before this line, or in it",
    r"should end with a '?\]|Unexpected token.*\]":
        "is not {format}: a bracket [ is not closed before this line, or in it",
    r"Unexpected end": "is not {format}: it ends too early; a bracket, a quotation mark or the last dot is missing",
    r"Line jumps are not allowed in string literals": "is not {format}: a quotation mark is not closed in this line",
    r"^'[“”‘’]'": "is not {format}: “ ” are no quotation marks here; write the straight ones",
}  # fmt: skip
"""What the parser's words mean for a person, by their pattern."""


def rdf_files(folder: Path) -> list[Path]:
    """Return the Turtle files of a content folder, sorted; raises `InputError` where there is none to be found."""
    if not folder.is_dir():
        raise InputError(Fault("is no folder; make it, or set its name in lienket.toml", file=str(folder)))
    try:
        files = sorted(path for path in folder.rglob("*.ttl") if path.is_file())
        os.listdir(folder)
    except OSError as error:
        raise InputError(
            Fault("cannot be read: {reason}", file=str(folder), values={"reason": error.strerror})
        ) from None
    if not files:
        raise InputError(Fault("holds no .ttl file", file=str(folder)))
    return files


def read_quads(
    file: Path, *, base_iri: str | None = None, apart: bool = False, prefixes: dict[str, str] | None = None
) -> Iterator[ox.Quad]:
    """Yield the quads of an RDF file, its format told by its suffix.

    `apart` gives blank nodes names that no other file has. `prefixes` takes in those of the file, when all is read, and
    its base as that of the prefix `<`.

    Raises `InputError` with file, line and reason where it is not RDF or cannot be read.
    """
    format_ = by_suffix(file.suffix.removeprefix("."))
    if format_ is None or format_.rdf is None:
        known = ", ".join("." + known.suffix for known in FORMATS if known.rdf)
        raise InputError(Fault("is of no known RDF format; known are {known}", file=str(file), values={"known": known}))
    try:
        quads = ox.parse(
            path=str(file),
            format=format_.rdf,
            base_iri=base_iri or file.resolve().as_uri(),
            rename_blank_nodes=apart,
        )
        yield from quads
        if prefixes is not None:
            prefixes |= quads.prefixes | {"<": quads.base_iri or ""}
    except OSError as error:
        raise InputError(
            Fault("cannot be read: {reason}", file=str(file), values={"reason": error.strerror or error})
        ) from None
    except SyntaxError as error:
        reason = re.sub(r"^Parser error at line \d+.*?: ", "", error.msg)
        message, values = explained(reason, _EXPLANATIONS)
        raise InputError(
            Fault(message, file=str(file), row=error.lineno, values={"format": format_.name, **values})
        ) from None


def write_quads(
    quads: Iterable[ox.Quad] | Iterable[ox.Triple],
    path: Path,
    format_: Format,
    prefixes: Mapping[str, str] | None = None,
) -> None:
    """Write quads to `path`; raises `OSError` where it cannot be written."""
    ox.serialize(quads, output=str(path), format=format_.rdf, prefixes=dict(prefixes or {}))
