"""Releases: built aside, switched by one atomic rename, rolled back the same way.

    var/building/                   releases in the making; nobody reads them
    var/releases/<id>/
      store/                        Oxigraph, one named graph a dataset, read only
      search.sqlite                 full-text index
      dumps/                        per dataset, from the mapping's output
      reports/                      per dataset, what was found in its tables
      told/                         per dataset, what the others look up in it when they are validated
      changes/                      per dataset, what was added and removed since the release before, and since when
                                    each resource is as it is
      catalogue.nt  void.ttl        the DCAT catalogue, dataset by dataset, and the VoID description
      classes.json                  what the shapes say of each class, for those who know no RDF
      manifest.json                 what is in it, with counts and the digest of every file
      manifest.sha256               the manifest's own
    var/current -> releases/<id>    what the server shows

A failure at any point leaves `current` as it was. Releases are ordered by number and not by time, since clocks are set
back. Files that two releases have in common are one file with two names: a release costs what has changed.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Final

from lienket import store
from lienket.errors import Fault, InputError, UnavailableError
from lienket.releases import digests

LAYOUT: Final = 3
"""Number of the form of release folders: what is where, and what the manifest says. Others are refused."""

MANIFEST: Final = "manifest.json"
CHECKSUM: Final = "manifest.sha256"
CATALOGUE: Final = "catalogue.nt"
"""File of the catalogue, part by part; the manifest says where each part lies."""
REPORTS: Final = "reports"
"""Folder of what was found in the datasets, one file each."""
TOLD: Final = "told"
"""Folder of what each dataset tells the others when they are held against the shapes, one file each."""
_LOCK: Final = "lock"
_PATIENCE: Final = 2
"""Seconds that releases to be dropped are waited for while they are read; what is read for longer goes later."""

_TRIES: Final = 20
_PAUSE: Final = 0.1
"""Seconds."""

_ID: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{6}Z-[0-9a-f]{6}")
_NEEDED: Final = frozenset(("number", "created", "datasets", "graphs", "quads", "files"))


@dataclass(frozen=True)
class Release:
    """A release folder."""

    path: Path

    @classmethod
    def current(cls, var: Path) -> "Release":
        """Return the release that is served; raises `UnavailableError` where there is none yet."""
        link = var / "current"
        if not (link / MANIFEST).is_file():
            raise UnavailableError(Fault("no release here yet; run: lienket build", file=str(var)))
        return cls(link.resolve())  # the folder itself, so that a switch cannot mix two releases

    @property
    def id(self) -> str:
        """Time of the build and a piece of its content's digest, e.g. `2026-11-23T101500Z-3f9c2a`."""
        return self.path.name

    @property
    def created(self) -> datetime:
        """When it was built, by the clock of that time."""
        return datetime.fromisoformat(self.manifest["created"])

    @property
    def number(self) -> int:
        """Its place in the order of all releases; the next is higher."""
        return int(self.manifest["number"])

    @property
    def store_path(self) -> Path:
        """Folder of the store."""
        return self.path / "store"

    @property
    def search_path(self) -> Path:
        """File of the full-text index."""
        return self.path / "search.sqlite"

    @property
    def dumps(self) -> Path:
        """Folder of the dumps."""
        return self.path / "dumps"

    @property
    def changes(self) -> Path:
        """Folder of the differences from the release before."""
        return self.path / "changes"

    def report_path(self, dataset_id: str) -> Path:
        """Return the file of what was found in a dataset."""
        return self.path / REPORTS / f"{dataset_id}.jsonl"

    def told_path(self, dataset_id: str) -> Path:
        """Return the file of what a dataset tells the others: N-Triples in code-point order."""
        return self.path / TOLD / f"{dataset_id}.nt"

    @property
    def files(self) -> dict[str, digests.File]:
        """Size and digest of every file but the manifest, by path."""
        files: dict[str, digests.File] = self.manifest["files"]
        return files

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Content of manifest.json: `created`, `quads`, `graphs`, `software`, and by dataset id its digests and counts.

        Raises `UnavailableError` where it is damaged, or was written by an engine with another layout of releases.
        """
        path = self.path / MANIFEST
        try:
            text = path.read_bytes()
            checksum = (self.path / CHECKSUM).read_bytes() if (self.path / CHECKSUM).is_file() else None
            manifest: dict[str, Any] = json.loads(text)
            layout = manifest.get("layout")
        except (OSError, ValueError, AttributeError) as error:
            raise UnavailableError(
                Fault("cannot be read: {reason}", file=str(path), values={"reason": error})
            ) from error
        if checksum is None or checksum != _checksum(text):
            if layout != LAYOUT and checksum is None:
                raise UnavailableError(_other_engine(path, manifest))
            raise UnavailableError(Fault("is not what was written: its digest differs", file=str(path)))
        if layout != LAYOUT:
            raise UnavailableError(_other_engine(path, manifest))
        missing = _NEEDED - manifest.keys()
        if missing:
            raise UnavailableError(
                Fault("is damaged: it lacks {names}", file=str(path), values={"names": ", ".join(sorted(missing))})
            )
        return manifest


def _other_engine(path: Path, manifest: Mapping[str, Any]) -> Fault:
    made_by = (manifest.get("software") or {}).get("lienket", "?")
    return Fault("is of a release that Liên Kết {version} has made in another layout; make a new one: lienket build",
                 file=str(path), values={"version": made_by})  # fmt: skip


def _checksum(manifest: bytes) -> bytes:
    """Return what `sha256sum --check` reads."""
    return f"{hashlib.sha256(manifest).hexdigest()}  {MANIFEST}\n".encode()


def kept(var: Path) -> list[Release]:
    """Return every release that has a sound manifest, newest first."""
    return sorted(filter(_is_sound, _folders(var)), key=lambda release: release.number, reverse=True)


def named(var: Path, release_id: str) -> Release:
    """Return the kept release of that name; raises `InputError` where there is none."""
    releases = kept(var)
    for release in releases:
        if release.id == release_id:
            return release
    raise InputError(
        Fault("no such release; there are: {ids}", file=str(var / "releases"), text=release_id,
              values={"ids": _ids(releases)})
    )  # fmt: skip


def _ids(releases: Iterable[Release]) -> str:
    return ", ".join(release.id for release in releases) or "–"


def _folders(var: Path) -> list[Release]:
    folder = var / "releases"
    return [Release(path) for path in folder.iterdir() if _ID.fullmatch(path.name)] if folder.is_dir() else []


def _is_sound(release: Release) -> bool:
    try:
        return release.created is not None and release.number >= 0
    except (UnavailableError, ValueError, TypeError):
        return False


@contextmanager
def scratch(var: Path) -> Iterator[Path]:
    """Give an empty folder for work that is not to be kept; raises `UnavailableError` where none can be made."""
    try:
        var.mkdir(parents=True, exist_ok=True)
        _sweep(var)
        folder, lock = _scratch_folder(var)
    except OSError as error:
        raise _unwritable(var, error) from error
    try:
        with lock, _temporary_files_in(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


_SCRATCH: Final = "check-"


def _scratch_folder(var: Path) -> tuple[Path, IO[Any]]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=var))
        with suppress(BlockingIOError, FileNotFoundError):  # it was taken for a dead one before it was locked
            lock = _locked(folder)
            if (folder / _LOCK).exists():
                return folder, lock
            lock.close()


def _sweep(var: Path) -> None:
    """Remove the scratch folders of processes that were killed: nobody holds their locks any more."""
    for folder in var.glob(f"{_SCRATCH}*/"):
        try:
            with _locked(folder):
                shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:
            continue


def _locked(place: Path) -> IO[Any]:
    """Return a file in a folder, locked by the kernel while it is open; raises `BlockingIOError` if it is taken."""
    lock = (place / _LOCK).open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise
    return lock


@contextmanager
def _temporary_files_in(folder: Path) -> Iterator[None]:
    """Let temporary files lie in `folder`, where the next run finds and removes what a killed one has left."""
    before = tempfile.tempdir
    tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


def _unwritable(var: Path, error: OSError) -> UnavailableError:
    return UnavailableError(
        Fault("cannot be written: {reason}; give the folder to this user, make room on its disk, or set folders.var in "
              "lienket.toml", file=str(var), values={"reason": error.strerror or error})
    )  # fmt: skip


@contextmanager
def building(var: Path) -> Iterator[Path]:
    """Give an empty folder to build a release in; it is removed unless `publish` has taken it.

    Raises `UnavailableError` where another build runs or the folder cannot be written. The lock is the kernel's, so a
    crash cannot leave it behind.
    """
    try:
        (var / "releases").mkdir(parents=True, exist_ok=True)
        lock = _locked(var)
    except BlockingIOError:
        raise UnavailableError(Fault("another build runs here; wait for it to end", file=str(var))) from None
    except OSError as error:
        raise _unwritable(var, error) from error
    with lock:
        shutil.rmtree(var / "building", ignore_errors=True)
        draft, temporary = var / "building" / "draft", var / "building" / "temporary"
        try:
            _sweep(var)
            draft.mkdir(parents=True)
            temporary.mkdir()
            with _temporary_files_in(temporary):
                yield draft
        except OSError as error:
            raise _unwritable(var, error) from error
        finally:
            _remove(var / "building")


def _remove(folder: Path) -> None:
    """Remove a folder into which a store that is being given up may still be writing."""
    for _ in range(_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(_PAUSE)


def seal(var: Path, draft: Path, manifest: Mapping[str, Any], base: Release | None = None) -> Release:
    """Give the draft its manifest, with the digests of its files; return it, with its name to be, where it lies.

    What the draft shares with the release `base` is known from there. Who follows releases by their moments misses
    none: where the clock was set back, the moment is a second after the latest one.
    """
    earlier = kept(var)
    latest = max((release.created for release in earlier), default=datetime.min.replace(tzinfo=UTC))
    now = datetime.now(UTC)
    created = now if now > latest else latest + timedelta(seconds=1)
    text = json.dumps(manifest, sort_keys=True)
    while (var / "releases" / (name := _name(created, text))).exists():
        created += timedelta(seconds=1)
    number = max((release.number for release in earlier), default=0) + 1
    files = digests.list_files(draft, base.path if base else None, base.files if base else None)
    manifest = {
        "release": name,
        "layout": LAYOUT,
        "number": number,
        "created": created.isoformat(timespec="microseconds"),
        **manifest,
        "files": files,
    }
    content = (json.dumps(manifest, ensure_ascii=False, indent=1) + "\n").encode()
    (draft / MANIFEST).write_bytes(content)
    (draft / CHECKSUM).write_bytes(_checksum(content))
    sealed = Release(draft.rename(draft.with_name(name)))
    digests.write_to_disk(sealed.path, base.path if base else None)
    return sealed


def _name(created: datetime, text: str) -> str:
    return f"{created:%Y-%m-%dT%H%M%SZ}-{hashlib.sha256(text.encode()).hexdigest()[:6]}"


def publish(var: Path, sealed: Release, *, keep: int, days: int = 0) -> Release:
    """Switch `current` to a sealed draft in one step; then drop releases beyond `keep` that are older than `days`."""
    release = Release(var / "releases" / sealed.id)
    previous = os.path.realpath(var / "current")
    sealed.path.rename(release.path)
    try:
        switch(var, release)
    except OSError:
        shutil.rmtree(release.path, ignore_errors=True)
        raise
    _prune(var, keep, days, spared=(str(release.path), previous))
    return release


def _prune(var: Path, keep: int, days: int, *, spared: tuple[str, ...]) -> None:
    """Drop old releases, and those of other engines, that no process reads.

    They are moved aside first, so that a crash leaves no half release. One that is read goes with the next publication.
    """
    aside = var / "building" / "dropped"
    aside.mkdir(parents=True, exist_ok=True)
    newest = kept(var)
    since = datetime.now(UTC) - timedelta(days=days)
    stay = {release.path for release in newest[:keep]} | {one.path for one in newest if days and one.created > since}
    waiting = [old for old in _folders(var) if old.path not in stay and str(old.path) not in spared]
    until = time.monotonic() + _PATIENCE
    while waiting:
        for old in waiting:
            with store.unused(old.store_path) as free:
                if free:
                    old.path.rename(aside / old.id)
        waiting = [old for old in waiting if old.path.exists()]
        shutil.rmtree(aside, ignore_errors=True)
        if not waiting or time.monotonic() > until:
            return
        aside.mkdir(exist_ok=True)
        time.sleep(_PAUSE)


def switch(var: Path, release: Release) -> None:
    """Make `release` the current one; a reader sees the old or the new, never neither."""
    aside = var / "current.new"
    aside.unlink(missing_ok=True)
    aside.symlink_to(Path("releases") / release.id)
    os.replace(aside, var / "current")


def require_whole(release: Release) -> None:
    """Raise `UnavailableError` where a release's files are missing or cut short, or its store does not open.

    That takes milliseconds. What has changed within a file is found by reading it all: `verification.faults`.
    """
    faults = digests.cut_or_missing(release.path, release.files)
    try:
        if not faults:
            store.Store.open(release.store_path)
    except UnavailableError as error:
        faults += error.faults
    if faults:
        advice = Fault("is damaged; to show an earlier release: lienket rollback; to make a new one: lienket build "
                       "--full", file=str(release.path))  # fmt: skip
        raise UnavailableError(*faults, advice)


def rollback(var: Path, release_id: str | None = None) -> Release:
    """Switch back to the release `release_id`, or to the newest one older than the current; return it.

    Where `current` leads nowhere, the newest release is taken. Raises `InputError` where there is no such release, and
    `UnavailableError` where its files are not all there; nothing is switched then.
    """
    releases = kept(var)
    try:
        current: Release | None = Release.current(var)
        number = current.number if current else 0
    except UnavailableError:
        current = None
    earlier = [release for release in releases if current is None or release.number < number]
    if not release_id and not earlier:
        raise InputError(
            Fault("no release before {current}; there are: {ids}", file=str(var / "releases"),
                  values={"ids": _ids(releases), "current": current.id if current else "–"})
        )  # fmt: skip
    wanted = named(var, release_id) if release_id else earlier[0]
    require_whole(wanted)
    try:
        switch(var, wanted)
    except OSError as error:
        raise _unwritable(var, error) from error
    return wanted
