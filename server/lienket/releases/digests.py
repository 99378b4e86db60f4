"""SHA-256 of files, and the list of a folder's files by which any byte that has changed is found at any later time."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypedDict

from lienket.errors import Fault


class File(TypedDict):
    """What is known of a file."""

    size: int
    """Bytes."""
    sha256: str


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal; an absent file has none ("")."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def list_files(folder: Path, base: Path | None = None, known: Mapping[str, File] | None = None) -> dict[str, File]:
    """Return what is in a folder, by path.

    A file that is one with that of the same path in the folder `base` (a hard link) is what `known` says of it: its
    digest was taken when it was written, and what has happened to its bytes since is not made good by a new one.
    """
    found = {}
    for path in _files(folder):
        name = str(path.relative_to(folder))
        if base and known and name in known and (base / name).is_file() and (base / name).samefile(path):
            found[name] = known[name]
        else:
            found[name] = File(size=path.stat().st_size, sha256=sha256(path))
    return found


def cut_or_missing(folder: Path, known: Mapping[str, File]) -> list[Fault]:
    """Return a fault for each file that is not there or is not as long as it was: a look that costs nothing."""
    faults = []
    for name, file in known.items():
        path = folder / name
        if not path.is_file():
            faults.append(Fault("is missing", file=str(path)))
        elif path.stat().st_size != file["size"]:
            faults.append(
                Fault("has {found} bytes; {expected} were written", file=str(path),
                      values={"found": path.stat().st_size, "expected": file["size"]})
            )  # fmt: skip
    return faults


def changed(folder: Path, known: Mapping[str, File]) -> list[Fault]:
    """Return a fault for each file that is not what was written, to the byte."""
    faults = cut_or_missing(folder, known)
    named = {fault.file for fault in faults}
    for name, file in known.items():
        path = folder / name
        if str(path) not in named and _unreadable_or_other(path, file["sha256"]):
            faults.append(Fault("is not what was written: its digest differs from the manifest", file=str(path)))
    return sorted(faults)


def _unreadable_or_other(path: Path, digest: str) -> bool:
    try:
        return sha256(path) != digest
    except OSError:
        return True


def write_to_disk(folder: Path, base: Path | None = None) -> None:
    """Wait until a folder's files are on the disk, so that a power cut cannot take back what a rename has promised.

    Files that are one with those of the same path in `base` are there already.
    """
    for path in _files(folder):
        other = base / path.relative_to(folder) if base else None
        if not (other and other.is_file() and other.samefile(path)):
            _sync(path)
    for path in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        _sync(path)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _files(folder: Path) -> Iterator[Path]:
    return iter(sorted(path for path in folder.rglob("*") if path.is_file()))
