"""Files: what a source states of how its file is packed and encoded is undone, so that everything else reads UTF-8."""

import codecs
import gzip
import lzma
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Final

from ...errors import Fault, InputError
from ..document import shown
from ..rules import Source

Decoder = Callable[[bytes], str]

_SUFFIXES: Final = {"gzip": (".gz", ".gzip"), "zip": (".zip",), "targz": (".tar.gz", ".tgz"),
                    "tarxz": (".tar.xz", ".txz")}  # fmt: skip


@contextmanager
def opened(path: Path, source: Source, decoders: Mapping[str, Decoder]) -> Iterator[Path]:
    """Give the file of a source as plain text in UTF-8: the file itself, or a copy that lives as long as the context.

    `decoders` read encodings that Python does not know, by name in small letters.

    Raises InputError where the file is not packed or encoded as the source says.
    """
    if source.compression is None and source.encoding is None:
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        content = path
        if source.compression:
            content = _unpacked(path, source.compression, Path(folder))
        if source.encoding:
            decoded = Path(folder) / f"decoded{content.suffix}"
            _decode(path, content, source.encoding, decoders, decoded)
            content = decoded
        yield content


def _unpacked(path: Path, compression: str, folder: Path) -> Path:
    """Unpack the one file of a packed one into a folder, under a name of ours with its suffix."""
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
            members = {member.name: member for member in archive_ if member.isfile()}
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


def _copied(packed: IO[bytes] | gzip.GzipFile, name: str, folder: Path) -> Path:
    target = folder / f"content{PurePosixPath(name).suffix.lower()}"
    with target.open("wb") as file:
        shutil.copyfileobj(packed, file, 1 << 20)
    return target


def _decode(path: Path, content: Path, encoding: str, decoders: Mapping[str, Decoder], target: Path) -> None:
    """Write a copy in UTF-8, line by line, so that the line that cannot be read is known."""
    decode = decoders.get(encoding.lower())
    if decode is None:
        try:
            codec = codecs.lookup(encoding)
            if codec.name.startswith("utf"):  # a byte order mark is no part of the text
                codec = codecs.lookup("utf-8-sig" if codec.name == "utf-8" else codec.name)
        except LookupError:
            known = ", ".join(("UTF-8", "UTF-16", "Windows-1258", *sorted(decoders)))
            raise InputError(
                Fault("is said to be in {encoding}, which is not known; known are {known}", shown(path),
                      values={"encoding": encoding, "known": known})
            ) from None  # fmt: skip
        _transcode(path, content, encoding, codec.name, target)
        return
    with content.open("rb") as file, target.open("w", encoding="utf-8", newline="") as out:
        for line in file:
            out.write(decode(line))


def _transcode(path: Path, content: Path, encoding: str, codec: str, target: Path) -> None:
    row = 0
    try:
        with content.open(encoding=codec, newline="") as file, target.open("w", encoding="utf-8", newline="") as out:
            for line in file:
                row += 1
                out.write(line)
    except UnicodeError as error:
        raise InputError(
            Fault("is not text in {encoding}", shown(path), row + 1, values={"encoding": encoding})
        ) from error
