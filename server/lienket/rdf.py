"""Reads and writes RDF files as they are: no store, so literals keep the form they were written in."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pyoxigraph as ox

from lienket.errors import Fault, InputError
from lienket.formats import FORMATS, Format, by_suffix


def read_quads(file: Path, *, base_iri: str | None = None, apart: bool = False) -> Iterator[ox.Quad]:
    """Yield the quads of an RDF file, its format told by its suffix.

    `apart` gives blank nodes names that no other file has.

    Raises `InputError` with file, line and reason where it is not RDF or cannot be read.
    """
    format_ = by_suffix(file.suffix.removeprefix("."))
    if format_ is None or format_.rdf is None:
        known = ", ".join("." + known.suffix for known in FORMATS if known.rdf)
        raise InputError(Fault("is of no known RDF format; known are {known}", file=str(file), values={"known": known}))
    try:
        yield from ox.parse(
            path=str(file),
            format=format_.rdf,
            base_iri=base_iri or file.resolve().as_uri(),
            rename_blank_nodes=apart,
        )
    except OSError as error:
        raise InputError(Fault("cannot be read: {reason}", file=str(file), values={"reason": error.strerror})) from None
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
