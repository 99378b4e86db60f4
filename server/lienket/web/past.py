"""Earlier releases: what `?release=ID` asks for is answered from that release, as long as it is kept.

The releases that may be asked are the current one and those that it was made upon, each upon the one before. One that
was rolled back is not among them: it was withdrawn. A few are held open, those that were asked last, and let go as soon
as another one is current, so that retention may drop them; a request that reads one keeps it until its end.
"""

import os
import re
from collections import OrderedDict
from datetime import datetime
from threading import Lock
from typing import Final, NamedTuple

from flask import Flask, current_app, g, request

from lienket.errors import UnavailableError
from lienket.project import Project
from lienket.releases import release as releases
from lienket.releases.release import Release
from lienket.web import addresses
from lienket.web.problems import Problem
from lienket.web.shown import Shown, on_show, opened

ARGUMENT: Final = "release"

KEEPING: Final = frozenset((
    "api.description", "api.listed", "api.one", "api.overview",
    "catalogue.all_datasets", "catalogue.catalog", "catalogue.dataset", "catalogue.dump", "catalogue.void", "home.home",
    "quality.quality", "resources.document", "resources.name", "saved.listed", "saved.run",
    "search.search",
))  # fmt: skip
"""What can be asked of an earlier release."""

_ADDRESSES: Final = frozenset((
    "", ".well-known", "api", "catalog", "dataset", "doc", "dumps", "id", "ontology", "query", "search", "void",
))  # fmt: skip
"""How the addresses of `KEEPING` begin."""

OPEN: Final = 4
"""So many earlier releases are held open by a process; each takes some 4 MB."""

_EXTENSION: Final = "lienket.past"


class Asked(NamedTuple):
    """The release that a request has asked for by name."""

    release: Release
    current: Release

    @property
    def id(self) -> str:
        """Its name."""
        return self.release.id

    @property
    def is_current(self) -> bool:
        """Whether it is the one that is shown to those who name none."""
        return self.release.id == self.current.id

    @property
    def day(self) -> str:
        """The day when it was made."""
        return self.release.created.date().isoformat()


class Shelf:
    """The releases of a deployment that may be asked, and those of them that are open."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._lock = Lock()
        self._seen: tuple[str, int] | None = None
        self._line: tuple[Release, ...] = ()
        self._open: OrderedDict[str, Shown] = OrderedDict()

    def line(self) -> tuple[Release, ...]:
        """Return the current release and those before it, the newest first; none where there is no current one."""
        seen = self._look()
        with self._lock:
            if seen is None or seen != self._seen:
                self._line = line_of(self._project)
                self._seen = seen
                self._open.clear()
            return self._line

    def open(self, release: Release) -> Shown:
        """Return a release of the line, opened; raises `UnavailableError` where it cannot be read."""
        with self._lock:
            if release.id in self._open:
                self._open.move_to_end(release.id)
                return self._open[release.id]
        found = opened(self._project, release)
        with self._lock:
            while len(self._open) >= OPEN:
                self._open.popitem(last=False)
            return self._open.setdefault(release.id, found)

    @property
    def held(self) -> list[str]:
        """The names of the releases that are open."""
        return list(self._open)

    def _look(self) -> tuple[str, int] | None:
        """Return what changes whenever releases come, go or become current."""
        try:
            return os.readlink(self._project.var / "current"), os.stat(self._project.var / "releases").st_mtime_ns
        except OSError:
            return None


def line_of(project: Project) -> tuple[Release, ...]:
    """Return the current release and the kept ones that it was made upon, the newest first."""
    try:
        one: Release | None = Release.current(project.var)
    except UnavailableError:
        return ()
    kept = {release.id: release for release in releases.kept(project.var)}
    line = []
    while one is not None and one.id in kept:
        line.append(one)
        one = kept.get(one.manifest.get("previous") or "")
    return tuple(line)


def register(app: Flask, project: Project) -> None:
    """Let `app` answer from earlier releases; none is opened before it is asked for."""
    app.extensions[_EXTENSION] = Shelf(project)
    app.before_request(_choose)


def shelf() -> Shelf:
    """Return the releases of the running app."""
    found: Shelf = current_app.extensions[_EXTENSION]
    return found


def of(release: Release) -> Shown:
    """Return a release of the line, opened: the one on show, or an earlier one."""
    present = on_show()
    if present.release.id == release.id:
        return present
    try:
        return shelf().open(release)
    except UnavailableError:
        if release.path.is_dir():
            raise
        raise unknown(release.id) from None  # it went while it was looked for


def asked() -> Asked | None:
    """Return the release that this request has asked for by name, if any."""
    found: Asked | None = g.get("asked")
    return found


def within(href: str) -> str:
    """Return a link with the release that was asked for, if any; what cannot be asked of it stays as it is."""
    found = asked()
    if found is None or not href.startswith(f"{request.script_root}/") or not reaches(href):
        return href
    path, hash_, fragment = href.partition("#")
    return f"{path}{'&' if '?' in path else '?'}{ARGUMENT}={found.id}{hash_}{fragment}"


def reaches(href: str) -> bool:
    """Tell whether a page may lead there: from one of an earlier release not to what only the current one has."""
    if asked() is None or not href.startswith(f"{request.script_root}/"):
        return True
    return re.split(r"(?<=.)\.|[/?#]", href.removeprefix(f"{request.script_root}/"))[0] in _ADDRESSES


def unknown(release_id: str) -> Problem:
    """Return the problem that there is no such release, with those that there are."""
    members = [
        {"id": one.id, "created": one.manifest["created"], "address": f"{addresses.requested()}?{ARGUMENT}={one.id}"}
        for one in shelf().line()
    ]
    return Problem(
        404,
        "No such release",
        "The release {id} is not kept, or never was. These can be asked: {ids}",
        values={"id": release_id[:60], "ids": ", ".join(str(one["id"]) for one in members) or "–"},
        members={"releases": members},
    )


def mark() -> str:
    """Return what an entity tag needs beside the release that is read: pages of earlier ones lead to the current."""
    found = asked()
    return f"-{found.current.id}" if found else ""


def seen(present: Shown) -> datetime:
    """Return since when a page is as it is; one of an earlier release has changed with the current one."""
    found = asked()
    return found.current.created if found else present.release.created


def _choose() -> None:
    """Let the request be answered from the release that it names."""
    line = shelf().line()
    id_ = request.args.get(ARGUMENT)
    if id_ is None or request.endpoint not in KEEPING:
        return
    one = next((one for one in line if one.id == id_), None)
    if one is None:
        raise unknown(id_)
    g.shown = of(one)
    g.asked = Asked(one, line[0])
