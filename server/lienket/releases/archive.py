"""Everything that matters of a deployment in one archive: its settings, its content, the releases that are kept.

A tar file (POSIX.1-2001) with `lienket.toml`, the folders `ontology/ mappings/ shapes/`, and `var/` with the releases
and the link to the current one. Files that releases share are in it once. Secrets stand in the environment and in no
archive. Releases are packed already, so that the archive is not.
"""

import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from lienket.errors import Fault, InputError, LienketError, UnavailableError
from lienket.project import Project
from lienket.releases import digests, release
from lienket.releases.release import Release

_SETTINGS: Final = "lienket.toml"
_CONTENT: Final = ("ontology", "mappings", "shapes")
_VAR: Final = "var"


def backup(project: Project, archive: Path) -> None:
    """Write a deployment into a new file, in one step; a build may run meanwhile.

    Raises `InputError` where the file is there already or its name promises another form, `UnavailableError` where it
    cannot be written.
    """
    if archive.suffix != ".tar":
        raise InputError(Fault("is written as a tar file that is not packed; name it {name}", file=str(archive),
                               values={"name": archive.name.split(".")[0] + ".tar"}))  # fmt: skip
    if archive.exists():
        raise InputError(Fault("is there already; name another file", file=str(archive)))
    part = archive.with_name(archive.name + ".part")
    with release.scratch(project.var) as folder, _writing(archive, part):
        _link(project, folder)
        with tarfile.open(part, "w", format=tarfile.PAX_FORMAT) as tar:
            tar.add(project.root / _SETTINGS, _SETTINGS)
            for name in _CONTENT:
                tar.add(getattr(project, name), name)
            for name in ("releases", "current"):
                if os.path.lexists(folder / name):
                    tar.add(folder / name, f"{_VAR}/{name}")
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.rename(archive)


def restore(archive: Path, folder: Path) -> Project:
    """Put what `backup` wrote into an empty folder, once every release is found to be what it was; return it.

    Raises `InputError` where the folder is not empty or the file is no such archive, `UnavailableError` where a release
    is damaged or the folder cannot be written; the folder is empty again then.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(Fault("is not empty; restore into an empty folder", file=str(folder)))
    if not archive.is_file():
        raise InputError(Fault("is missing", file=str(archive)))
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        unpacked = Path(tempfile.mkdtemp(prefix="restore-", dir=folder))
        _unpack(archive, unpacked)
        _require_sound(unpacked / _VAR)
        return _put_in_place(unpacked, folder)
    except OSError as error:
        _empty(folder, made)
        raise _failed(folder, error) from error
    except LienketError:
        _empty(folder, made)
        raise


def _link(project: Project, folder: Path) -> None:
    """Give the releases a second name each, so that none goes away while it is read."""
    for one in release.kept(project.var):
        shutil.copytree(one.path, folder / "releases" / one.id, copy_function=os.link)
    current = project.var / "current"
    if current.is_symlink() and (folder / "releases" / os.path.basename(os.readlink(current))).exists():
        (folder / "current").symlink_to(os.readlink(current))


def _unpack(archive: Path, folder: Path) -> None:
    try:
        with archive.open("rb") as file:
            file.seek(-min(2 * tarfile.BLOCKSIZE, archive.stat().st_size), os.SEEK_END)
            if file.read() != bytes(2 * tarfile.BLOCKSIZE):  # a cut between two files shows nowhere else
                raise tarfile.ReadError("unexpected end of data")
        with tarfile.open(archive, "r:") as tar:
            tar.extractall(folder, filter="data")
    except tarfile.TarError as error:
        raise InputError(
            Fault("is no archive of lienket backup, or is cut short: {reason}", file=str(archive),
                  values={"reason": error})
        ) from error  # fmt: skip
    if not (folder / _SETTINGS).is_file():
        raise InputError(Fault("is no archive of lienket backup: it lacks {names}", file=str(archive),
                               values={"names": _SETTINGS}))  # fmt: skip


def _require_sound(var: Path) -> None:
    faults = []
    folder = var / "releases"
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        one = Release(path)
        faults += digests.changed(path, one.files)
    if faults:
        raise UnavailableError(*faults)


def _put_in_place(unpacked: Path, folder: Path) -> Project:
    shutil.move(unpacked / _SETTINGS, folder / _SETTINGS)
    project = Project.read(folder)
    for name in (*_CONTENT, _VAR):
        target: Path = getattr(project, name)
        if target.exists():
            raise InputError(Fault("is there already; restore where nothing is", file=str(target)))
    for name in (*_CONTENT, _VAR):
        target = getattr(project, name)
        if (unpacked / name).exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(unpacked / name, target)
    shutil.rmtree(unpacked)
    return project


def _empty(folder: Path, made: bool) -> None:
    """Leave the folder as it was found."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()
    if made:
        folder.rmdir()


@contextmanager
def _writing(archive: Path, part: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _failed(archive, error) from error
    finally:
        part.unlink(missing_ok=True)


def _failed(path: Path, error: OSError) -> UnavailableError:
    return UnavailableError(
        Fault("cannot be written: {reason}", file=str(path), values={"reason": error.strerror or error})
    )
