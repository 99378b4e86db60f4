"""When each resource of a dataset was last changed: in which release, also where that is not kept any more.

A release keeps it as `changes/<dataset>.versions.gz`, lines in the order of their bytes:

    * <release> <moment>            all that is not named below was last changed then
    +<subject>                      was changed in this release, or is gone since
    <subject> <release> <moment>    was last changed in that earlier one

A subject is an IRI as N-Quads write it, with its brackets; a change of a blank node is one of the resources that it
belongs to. A dataset that is new in a release has no such file there: all of it is of that release. The file grows with
what has ever changed and not with the dataset.
"""

import heapq
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, takewhile
from pathlib import Path
from typing import Final

from lienket.releases import release as releases
from lienket.releases import statements
from lienket.releases.release import Release
from lienket.releases.statements import Difference

_CHANGED: Final = b"+"
_REST: Final = b"*"


@dataclass(frozen=True)
class Version:
    """A resource as a release has changed it."""

    subject: str
    """Its IRI."""
    release: str
    """The release's name."""
    created: str
    """When that was made, as in its manifest."""


def write(base: Release, dataset_id: str, changes: Path, difference: Difference, new: Path | None) -> None:
    """Write the versions of a dataset that `base` has, too, into the folder `changes` of a new release.

    `new` is the file of its statements; None where it was taken over and so is the same.
    """
    before, after = _path(base.changes, dataset_id), _path(changes, dataset_id)
    withdrawn = {line for one in _withdrawn(base, dataset_id) for line in _lines(one.changes, dataset_id)
                 if line.startswith(_CHANGED)}  # fmt: skip
    touched = sorted({*(_CHANGED + subject + b"\n" for subject in _touched(base, dataset_id, difference, new)),
                      *withdrawn})  # fmt: skip
    if not touched and before.is_file() and not _has_own(base, dataset_id):
        os.link(before, after)
        return
    here = f" {base.id} {base.manifest['created']}\n".encode()
    own = (line[1:-1] + here for line in _lines(base.changes, dataset_id) if line.startswith(_CHANGED))
    earlier = (line for line in _lines(base.changes, dataset_id) if line.startswith(b"<"))
    rest = next(_lines(base.changes, dataset_id), _REST + here)
    changed = {line[1:-1] for line in touched}
    kept = (line for line in heapq.merge(own, earlier) if line.partition(b" ")[0] not in changed)
    statements.write((rest, *touched, *kept), after)


def changed_in(release: Release, dataset_id: str) -> Iterator[str]:
    """Yield the IRIs of the resources of a dataset that a release has changed, those that are gone among them."""
    if not _path(release.changes, dataset_id).is_file():
        yield from map(_iri, _subjects(release, dataset_id))
        return
    for line in takewhile(lambda line: not line.startswith(b"<"), _lines(release.changes, dataset_id)):
        if line.startswith(_CHANGED):
            yield _iri(line[1:-1])


def before(release: Release, dataset_id: str) -> Iterator[Version]:
    """Yield the resources of a dataset that were last changed before a release, as they are in it."""
    lines = _lines(release.changes, dataset_id)
    rest = next(lines, b"")
    if not rest:
        return
    own, entry = set(), next(lines, b"")
    while entry.startswith(_CHANGED):
        own.add(entry[1:-1])
        entry = next(lines, b"")
    for subject in _subjects(release, dataset_id):
        while entry and entry.partition(b" ")[0] < subject:
            entry = next(lines, b"")
        if subject not in own:
            _, name, moment = (entry if entry.partition(b" ")[0] == subject else rest).decode().split()
            yield Version(_iri(subject), name, moment)


def is_changed(release: Release, dataset_id: str) -> bool:
    """Tell whether a release has changed anything in a dataset; one that is new there is a change."""
    return not _path(release.changes, dataset_id).is_file() or _has_own(release, dataset_id)


def is_new(release: Release, dataset_id: str) -> bool:
    """Tell whether all of a dataset is of a release."""
    return not _path(release.changes, dataset_id).is_file()


def _path(changes: Path, dataset_id: str) -> Path:
    return changes / f"{dataset_id}.versions.gz"


def _lines(changes: Path, dataset_id: str) -> Iterator[bytes]:
    path = _path(changes, dataset_id)
    if path.is_file():
        with statements.opened(path) as file:
            yield from file


def _has_own(release: Release, dataset_id: str) -> bool:
    lines = _lines(release.changes, dataset_id)
    return next((line for line in lines if not line.startswith(_REST)), b"").startswith(_CHANGED)


def _withdrawn(base: Release, dataset_id: str) -> list[Release]:
    """Return the releases that were made upon `base` and rolled back.

    What they have changed is changed again by the next one, back to what it was, for all who have followed them.
    """
    newer = [one for one in releases.kept(base.path.parent.parent) if one.number > base.number]
    return [one for one in newer if dataset_id in one.manifest["datasets"] and not is_new(one, dataset_id)]


def _subjects(release: Release, dataset_id: str) -> Iterator[bytes]:
    """Yield the named subjects of a dataset in the order of its dump."""
    with statements.opened(release.dumps / f"{dataset_id}.nq.gz") as lines:
        for subject, _ in groupby(lines, key=lambda line: line.partition(b" ")[0]):
            if subject.startswith(b"<"):
                yield subject


def _touched(base: Release, dataset_id: str, difference: Difference, new: Path | None) -> set[bytes]:
    """Return the named subjects of which something else is said, or of a blank node that belongs to them."""
    subjects = {line.partition(b" ")[0] for line in (*difference.removed, *difference.added)}
    blank = {subject for subject in subjects if subject.startswith(b"_:")}
    named = subjects - blank
    if blank and new:
        holders: dict[bytes, set[bytes]] = {}
        for path in (base.dumps / f"{dataset_id}.nq.gz", new):
            with statements.opened(path) as lines:
                for subject, node in _links_to_blanks(lines):
                    holders.setdefault(node, set()).add(subject)
        waiting = list(blank)
        while waiting:
            for subject in holders.pop(waiting.pop(), ()):
                (waiting.append if subject.startswith(b"_:") else named.add)(subject)
    return named


def _links_to_blanks(lines: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Yield subject and object of each statement whose object is a blank node."""
    for line in lines:
        if b" _:" in line:
            subject, _, rest = line.split(b" ", 2)
            if rest.startswith(b"_:"):
                yield subject, rest.partition(b" ")[0]


def _iri(subject: bytes) -> str:
    return subject.decode()[1:-1]
