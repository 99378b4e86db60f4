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

from ...errors import Fault, InputError, shown
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
    """Write a copy in UTF-8, line by line where lines can be told, so that the one that cannot be read is known."""
    decode, wide = decoders.get(encoding.lower()), None
    if decode is None:
        try:
            codec = codecs.lookup(encoding).name
        except LookupError:
            known = ", ".join(("UTF-8", "UTF-16", "Windows-1258", *sorted(decoders)))
            raise InputError(
                Fault("is said to be in {encoding}, which is not known; known are {known}", shown(path),
                      values={"encoding": encoding, "known": known})
            ) from None  # fmt: skip
        wide = codec if codec.startswith(("utf-16", "utf-32")) else None
    row: int | None = 0
    try:
        with target.open("w", encoding="utf-8", newline="") as out:
            if wide:
                row = None
                with content.open(encoding=wide, newline="") as text:
                    shutil.copyfileobj(text, out)
                return
            with content.open("rb") as file:
                for number, line in enumerate(file, 1):
                    row = number
                    out.write(decode(line) if decode else line.decode(codec))
    except UnicodeError as error:
        raise InputError(Fault("is not text in {encoding}", shown(path), row, values={"encoding": encoding})) from error
