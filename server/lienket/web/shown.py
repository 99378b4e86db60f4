"""The release on show: opened once, opened again when another one becomes current.

A request works on one release from its beginning to its end: `shown()` answers the same all through it, and a reader of
the store keeps its snapshot even where the release is replaced meanwhile.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, wraps
from threading import Lock
from typing import Any, TypeVar

import pyoxigraph as ox
from flask import Flask, current_app, g

from lienket.project import Project
from lienket.releases.release import Release
from lienket.search import Search
from lienket.store import Store
from lienket.vocabulary import PREFIXES
from lienket.web.queries import query

_EXTENSION = "lienket"
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Shown:
    """One release, open for reading."""

    project: Project
    release: Release
    store: Store
    prefixes: dict[str, str]
    """Namespace by prefix: the engine's and the deployment's own."""
    kept: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """Answers that `once` keeps."""

    @cached_property
    def search(self) -> Search:
        """The full-text index; raises `UnavailableError` where the release has none that can be read."""
        return Search.open(self.release.search_path)


def once(function: Callable[[Shown], _Answer]) -> Callable[[Shown], _Answer]:
    """Keep the answer of `function` for as long as its release is on show; a release never changes."""
    name = f"{function.__module__}.{function.__qualname__}"

    @wraps(function)
    def kept(present: Shown) -> _Answer:
        if name not in present.kept:
            present.kept[name] = function(present)  # two threads may both work it out; the answer is the same
        answer: _Answer = present.kept[name]
        return answer

    return kept


class Showcase:
    """Holds the release on show for the whole process."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._lock = Lock()
        self._link: str | None = None
        self._shown: Shown | None = None

    def look(self) -> Shown:
        """Return the current release, opened; raises `UnavailableError` where there is none or it cannot be read."""
        link = self._read_link()
        present = self._shown
        if present is not None and link is not None and link == self._link:
            return present
        with self._lock:
            if self._shown is None or self._link != link or link is None:
                self._shown = None  # a release that is gone is not shown any more, whatever comes next
                self._shown = self._open()
                self._link = link
            return self._shown

    def at_hand(self, link: str) -> Shown | None:
        """Return the release that the link `current` leads to by `link`, None where that is not open yet."""
        return self._shown if self._link == link else None

    def _read_link(self) -> str | None:
        try:
            return os.readlink(self.project.var / "current")
        except OSError:
            return None

    def _open(self) -> Shown:
        return opened(self.project, Release.current(self.project.var))


def opened(project: Project, release: Release) -> Shown:
    """Return a release, opened; raises `UnavailableError` where it cannot be read."""
    store = Store.open(release.store_path)
    return Shown(project, release, store, {**PREFIXES, **_declared_prefixes(store)})


def register(app: Flask, project: Project) -> None:
    """Give `app` its showcase; nothing is opened before the first request."""
    app.extensions[_EXTENSION] = Showcase(project)


def project() -> Project:
    """Return the deployment of the running app."""
    return _showcase().project


def shown() -> Shown:
    """Return the release that this request is answered from, the same one all through it.

    It is the one on show unless the request has named another. Raises `UnavailableError` where there is none or it
    cannot be read, which is answered with 503.
    """
    if "shown" not in g:
        g.shown = on_show()
    present: Shown = g.shown
    return present


def on_show() -> Shown:
    """Return the current release, opened, the same one for the whole request; raises as `shown` does."""
    if "on_show" not in g:
        g.on_show = _showcase().look()
    present: Shown = g.on_show
    return present


def showcase_of(extensions: Mapping[str, Any]) -> Showcase:
    """Return the showcase among an app's extensions."""
    showcase: Showcase = extensions[_EXTENSION]
    return showcase


def _showcase() -> Showcase:
    return showcase_of(current_app.extensions)


def _declared_prefixes(store: Store) -> dict[str, str]:
    rows = store.select(query("prefixes"))
    return {
        row["prefix"].value: row["namespace"].value
        for row in rows
        if isinstance(row["prefix"], ox.Literal) and isinstance(row["namespace"], ox.Literal | ox.NamedNode)
    }
