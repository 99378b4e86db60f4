"""Files: what a source states of how its file is packed and encoded is undone, so that everything else reads UTF-8."""

import codecs
import gzip
import lzma
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO, Final, TextIO

from ... import languages
from ...errors import Fault, InputError, shown
from .tables import FAULTS_SHOWN

Decoder = Callable[[bytes], str]
"""Reads a text; raises UnicodeError."""

_SUFFIXES: Final = {"gzip": (".gz", ".gzip"), "zip": (".zip",), "targz": (".tar.gz", ".tgz"),
                    "tarxz": (".tar.xz", ".txz")}  # fmt: skip
UNPACKED_LIMIT: Final = 4 << 30
"""Bytes that a packed file may hold: three times what ten million rows need, and less than what fills a disk."""
WORKBOOK_LIMIT: Final = 1 << 30
"""The same for a workbook, which is read into memory: a sheet as full as sheets can be has about so much."""
_WIDE: Final = ("utf-16", "utf-32")
"""What the names of encodings begin with in which a line does not end with a byte of its own."""


def unpacked(path: Path, compression: str | None, folder: Path) -> Path:
    """Unpack the one file of a packed one into a folder, under a name of ours with its suffix; else return it itself.

    Raises InputError where the file is not packed so.
    """
    if compression is None:
        return path
    try:
        if compression == "gzip":
            name = path.name
            for suffix in _SUFFIXES["gzip"]:
                name = name.removesuffix(suffix)
            with gzip.open(path) as packed:
                return _copied(packed, name, folder)
        if compression == "zip":
            with zipfile.ZipFile(path) as archive:
                names = [info.filename for info in archive.infolist() if not info.is_dir()]
                with archive.open(_only(path, names)) as packed:
                    return _copied(packed, names[0], folder)
        with tarfile.open(path, "r:gz" if compression == "targz" else "r:xz") as archive_:
            members = {member.name: member for member in _within_limit(path, archive_) if member.isfile()}
            packed_ = archive_.extractfile(members[_only(path, list(members))])
            assert packed_  # noqa: S101  of a file there always is one
            return _copied(packed_, next(iter(members)), folder)
    except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise InputError(
            Fault("cannot be unpacked as {compression}: {detail}", shown(path),
                  values={"compression": compression, "detail": error})
        ) from error  # fmt: skip


def _only(path: Path, names: list[str]) -> str:
    if len(names) != 1:
        raise InputError(
            Fault("holds {number} files, where one table is expected: {names}", shown(path),
                  values={"number": len(names), "names": ", ".join(names[:10]) or "–"})
        )  # fmt: skip
    return names[0]


def _within_limit(path: Path, archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Yield the members of an archive, each before it is unpacked to find the next."""
    size = 0
    for member in archive:
        size += member.size
        if size > UNPACKED_LIMIT:
            raise too_big(path, UNPACKED_LIMIT)
        yield member


def _copied(packed: IO[bytes] | gzip.GzipFile, name: str, folder: Path) -> Path:
    target = folder / f"content{PurePosixPath(name).suffix.lower()}"
    with target.open("wb") as file:
        while block := packed.read(1 << 20):
            if file.tell() + len(block) > UNPACKED_LIMIT:  # what an archive says of its size is not trusted
                raise too_big(target, UNPACKED_LIMIT)
            file.write(block)
    return target


def too_big(path: Path, limit: int) -> InputError:
    """Return the fault of a file that holds more than `limit` bytes when unpacked."""
    return InputError(
        Fault("holds more than {limit} GiB when unpacked; put the table here as CSV or Parquet if it is that long",
              shown(path), values={"limit": limit >> 30})
    )  # fmt: skip


def decoded(path: Path, encoding: str | None, folder: Path) -> Path:
    """Return a text in UTF-8: the file itself, or a copy in a folder. None stated means UTF-8, or UTF-16 with its mark.

    Raises InputError with the lines, where lines can be told, that are not text in the encoding.
    """
    encoding = encoding or _marked(path)
    if encoding is None:
        return path
    decode = decoder(encoding, path)
    target = folder / f"decoded{path.suffix}"
    with target.open("w", encoding="utf-8", newline="") as out:
        if decode:
            rows = list(islice(_decode_lines(path, decode, out), FAULTS_SHOWN))
            if rows:
                raise InputError(*(_not_text(path, encoding, row) for row in rows))
        else:
            try:
                with path.open(encoding=encoding, newline="") as text:
                    shutil.copyfileobj(text, out)
            except UnicodeError as error:
                raise InputError(_not_text(path, encoding)) from error
    return target


def _not_text(path: Path, encoding: str, row: int | None = None) -> Fault:
    return Fault("is not text in {encoding}", shown(path), row, values={"encoding": encoding})


def _decode_lines(path: Path, decode: Decoder, out: TextIO) -> Iterator[int]:
    """Write every line that can be decoded; yield the rows of the others."""
    with path.open("rb") as file:
        for row, line in enumerate(file, 1):
            try:
                out.write(decode(line))
            except UnicodeError:
                yield row


def decoder(encoding: str, path: Path) -> Decoder | None:
    """Return what reads a line in an encoding, by its name in any letters; None where lines cannot be told in bytes.

    Raises InputError where nobody knows it.
    """
    of_languages = languages.decoders()
    for known, decode in of_languages.items():
        if known.lower() == encoding.lower():
            return decode
    try:
        " ".encode(encoding)  # refuses codecs of Python that are not about text
        name = codecs.lookup(encoding).name
    except (LookupError, ValueError) as error:
        raise InputError(
            Fault("is said to be in {encoding}, which is not known; known are {known}", shown(path),
                  values={"encoding": encoding, "known": ", ".join(("UTF-8", "UTF-16", *sorted(of_languages)))})
        ) from error  # fmt: skip
    return None if name.startswith(_WIDE) else lambda line: line.decode(name)


def _marked(path: Path) -> str | None:
    """Return UTF-16 where a text begins with its byte order mark."""
    with path.open("rb") as file:
        return "UTF-16" if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else None


def encoding_fault(path: Path) -> InputError:
    """Find the first line that is not UTF-8."""
    row = None
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeError:
                row = number
                break
    return InputError(Fault("is not text in UTF-8; save the table as “CSV UTF-8”", shown(path), row))
