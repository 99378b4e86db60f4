"""A clerk's loop: what has changed in the folders, and what has changed among the faults since the last run."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lienket.errors import Fault
from lienket.project import Project

PAUSE: Final = 0.5
"""Seconds between two looks. Looking works on every file system, a department's network drive among them."""


@dataclass(frozen=True)
class Change:
    """The difference between two runs."""

    new: tuple[Fault, ...]
    mended: tuple[Fault, ...]
    left: int
    """Faults of both runs."""


def changes(project: Project, pause: float = PAUSE) -> Iterator[None]:
    """Yield whenever tables, mappings, shapes, the ontology or the settings have changed and are at rest again."""
    before = _seen(project)
    while True:
        time.sleep(pause)
        now = _seen(project)
        if now == before:
            continue
        while (after := _seen_later(project, pause)) != now:  # a large table takes its time to be saved
            now = after
        before = now
        yield


def compare(before: Sequence[Fault], after: Sequence[Fault]) -> Change:
    """Return what has changed among faults; a fault that only moved to another row is the same one."""
    gone = Counter(map(_key, before))
    new = []
    for fault in after:
        if gone[_key(fault)] > 0:
            gone[_key(fault)] -= 1
        else:
            new.append(fault)
    mended = []
    for fault in reversed(before):
        if gone[_key(fault)] > 0:
            gone[_key(fault)] -= 1
            mended.append(fault)
    return Change(tuple(new), tuple(reversed(mended)), len(after) - len(new))


def _key(fault: Fault) -> tuple[object, ...]:
    return (fault.file, fault.sheet, fault.column, fault.text, fault.message, fault.severity)


def _seen_later(project: Project, pause: float) -> dict[Path, tuple[int, int]]:
    time.sleep(pause)
    return _seen(project)


def _seen(project: Project) -> dict[Path, tuple[int, int]]:
    """Return when each file was changed last, and its size; a spreadsheet program's lock files are none of them."""
    found = {}
    folders = (project.ontology, project.mappings, project.shapes)
    for path in (project.root / "lienket.toml", *(path for folder in folders for path in folder.rglob("*"))):
        try:
            state = path.stat()
        except OSError:
            continue  # gone since it was listed, as files are while a program saves
        if path.is_file() and not path.name.startswith((".", "~$")):
            found[path] = (state.st_mtime_ns, state.st_size)
    return found
