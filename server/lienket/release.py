"""Releases: built aside, verified, switched by one atomic rename, rolled back the same way.

    var/building/<id>/              a release in the making; nobody reads it
    var/releases/<id>/
      store/                        Oxigraph, one named graph a dataset, read only
      search.sqlite                 full-text index
      dumps/                        per dataset, from the mapping's output
      reports/                      per dataset, what was found in its tables
      catalogue.ttl  void.ttl       the DCAT catalogue and the VoID description
      manifest.json                 what is in it, with digests and counts
    var/current -> releases/<id>    what the server shows

A failure at any point leaves `current` as it was.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from lienket.errors import Fault, InputError, UnavailableError
from lienket.store import Store

REPORTS = "reports"
"""Folder of what was found in the datasets, one file each."""

_ID = re.compile(r"\d{4}-\d{2}-\d{2}T\d{6}Z-[0-9a-f]{6}")


@dataclass(frozen=True)
class Release:
    """A release folder."""

    path: Path

    @classmethod
    def current(cls, var: Path) -> "Release":
        """Return the release that is served; raises `UnavailableError` where there is none yet."""
        link = var / "current"
        if not (link / "manifest.json").is_file():
            raise UnavailableError(Fault("no release here yet; run: lienket build", file=str(var)))
        return cls(link.resolve())  # the folder itself, so that a switch cannot mix two releases

    @property
    def id(self) -> str:
        """Time of the build and a piece of its content's digest, e.g. `2026-11-23T101500Z-3f9c2a`."""
        return self.path.name

    @property
    def created(self) -> datetime:
        """When it was built; releases are ordered by it."""
        return datetime.fromisoformat(self.manifest["created"])

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

    def report_path(self, dataset_id: str) -> Path:
        """Return the file of what was found in a dataset."""
        return self.path / REPORTS / f"{dataset_id}.jsonl"

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Content of manifest.json: `created`, `quads`, `graphs`, `software`, and by dataset id its digests and counts.

        Raises `UnavailableError` where it is damaged.
        """
        path = self.path / "manifest.json"
        try:
            manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            missing = {"created", "datasets", "graphs", "quads"} - manifest.keys()
        except (OSError, ValueError, AttributeError) as error:
            raise UnavailableError(
                Fault("cannot be read: {reason}", file=str(path), values={"reason": error})
            ) from error
        if missing:
            raise UnavailableError(
                Fault("is damaged: it lacks {names}", file=str(path), values={"names": ", ".join(sorted(missing))})
            )
        return manifest


def kept(var: Path) -> list[Release]:
    """Return every release that has a sound manifest, newest first."""
    folder = var / "releases"
    if not folder.is_dir():
        return []
    releases = [Release(path) for path in folder.iterdir() if _ID.fullmatch(path.name)]
    return sorted(filter(_is_sound, releases), key=lambda release: release.created, reverse=True)


def _is_sound(release: Release) -> bool:
    try:
        return release.created is not None
    except (UnavailableError, ValueError):
        return False


@contextmanager
def scratch(var: Path) -> Iterator[Path]:
    """Give an empty folder for work that is not to be kept; raises `UnavailableError` where none can be made."""
    try:
        var.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix="check-", dir=var)
    except OSError as error:
        raise _unwritable(var, error) from error
    with folder as name:
        yield Path(name)


def _unwritable(var: Path, error: OSError) -> UnavailableError:
    return UnavailableError(
        Fault("cannot be written: {reason}; give the folder to this user, or set folders.var in lienket.toml",
              file=str(var), values={"reason": error.strerror})
    )  # fmt: skip


@contextmanager
def building(var: Path) -> Iterator[Path]:
    """Give an empty folder to build a release in; it is removed unless `publish` has taken it.

    Raises `UnavailableError` where another build runs or the folder cannot be written. The lock is the kernel's, so a
    crash cannot leave it behind.
    """
    try:
        (var / "releases").mkdir(parents=True, exist_ok=True)
        lock = (var / "lock").open("w")
    except OSError as error:
        raise _unwritable(var, error) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UnavailableError(Fault("another build runs here; wait for it to end", file=str(var))) from None
        shutil.rmtree(var / "building", ignore_errors=True)
        draft = var / "building" / "draft"
        try:
            draft.mkdir(parents=True)
            yield draft
        except OSError as error:
            raise _unwritable(var, error) from error
        finally:
            shutil.rmtree(var / "building", ignore_errors=True)


def publish(var: Path, draft: Path, manifest: dict[str, Any], *, keep: int) -> Release:
    """Verify the draft, give it its name, and switch `current` to it in one step; then drop releases beyond `keep`.

    Raises `UnavailableError` where the store does not hold what the manifest says; nothing is switched then.
    """
    created = datetime.now(UTC)
    digest = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
    while (var / "releases" / (name := f"{created:%Y-%m-%dT%H%M%SZ}-{digest[:6]}")).exists():
        created += timedelta(seconds=1)
    manifest = {"release": name, "created": created.isoformat(timespec="microseconds"), **manifest}
    (draft / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    verify(Release(draft))
    release = Release(var / "releases" / name)
    previous = os.path.realpath(var / "current")
    draft.rename(release.path)
    try:
        switch(var, release)
    except OSError:
        shutil.rmtree(release.path, ignore_errors=True)
        raise
    _prune(var, keep, spared=(str(release.path), previous))
    return release


def _prune(var: Path, keep: int, *, spared: tuple[str, ...]) -> None:
    """Drop releases beyond `keep`; moved aside first, so that a crash leaves no half release among the whole ones."""
    aside = var / "building"
    aside.mkdir(exist_ok=True)
    for old in kept(var)[keep:]:
        if str(old.path) not in spared:
            old.path.rename(aside / old.id)
            shutil.rmtree(aside / old.id, ignore_errors=True)


def verify(release: Release) -> None:
    """Open the release as a server would and hold it against its manifest.

    Raises `UnavailableError` naming every graph whose count differs and every dump whose digest does.
    """
    counts = Store.open(release.store_path).counts()
    expected: dict[str, int] = release.manifest["graphs"]
    faults = [
        Fault("holds {found} quads of {graph}; its manifest says {expected}", file=str(release.store_path),
              values={"found": counts.get(graph, 0), "graph": graph, "expected": expected.get(graph, 0)})
        for graph in sorted(counts.keys() | expected.keys())
        if counts.get(graph, 0) != expected.get(graph, 0)
    ]  # fmt: skip
    faults += [
        Fault("is not what was written: its digest differs from the manifest", file=str(release.dumps / dump["file"]))
        for dataset in release.manifest["datasets"].values()
        for dump in dataset["dumps"]
        if sha256(release.dumps / dump["file"]) != dump["sha256"]
    ]
    if faults:
        raise UnavailableError(*faults)


def switch(var: Path, release: Release) -> None:
    """Make `release` the current one; a reader sees the old or the new, never neither."""
    aside = var / "current.new"
    aside.unlink(missing_ok=True)
    aside.symlink_to(Path("releases") / release.id)
    os.replace(aside, var / "current")


def rollback(var: Path, release_id: str | None = None) -> Release:
    """Switch back to the release `release_id`, or to the newest one older than the current; return it.

    Where `current` leads nowhere, the newest release is taken. Raises `InputError` where there is no such release, and
    `UnavailableError` where it is not what was published; nothing is switched then.
    """
    releases = kept(var)
    try:
        current: Release | None = Release.current(var)
    except UnavailableError:
        current = None
    if release_id:
        wanted = [release for release in releases if release.id == release_id]
    else:
        wanted = [release for release in releases if current is None or release.created < current.created]
    if not wanted:
        raise InputError(
            Fault(
                "no such release; there are: {ids}" if release_id else "no release before {current}; there are: {ids}",
                file=str(var / "releases"),
                text=release_id,
                values={
                    "ids": ", ".join(release.id for release in releases) or "–",
                    "current": current.id if current else "–",
                },
            )
        )
    verify(wanted[0])
    try:
        switch(var, wanted[0])
    except OSError as error:
        raise _unwritable(var, error) from error
    return wanted[0]


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal; an absent file has none ("")."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
