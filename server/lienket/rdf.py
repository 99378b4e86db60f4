"""Reads and writes RDF files as they are: no store, so literals keep the form they were written in."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pyoxigraph as ox

from lienket.errors import Fault, InputError
from lienket.formats import FORMATS, Format, by_suffix


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
        raise InputError(
            Fault("is not {format}: {reason}", file=str(file), row=error.lineno,
                  values={"format": format_.name, "reason": error.msg})
        ) from None  # fmt: skip


def write_quads(
    quads: Iterable[ox.Quad] | Iterable[ox.Triple],
    path: Path,
    format_: Format,
    prefixes: Mapping[str, str] | None = None,
) -> None:
    """Write quads to `path`; raises `OSError` where it cannot be written."""
    ox.serialize(quads, output=str(path), format=format_.rdf, prefixes=dict(prefixes or {}))
