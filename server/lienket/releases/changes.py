"""What has changed between releases, per dataset and per resource, as quads and as numbers.

A release keeps the difference from the one before it in its folder `changes/`. That of any two releases is found from
their dumps, which are sorted. Blank nodes go by the labels that the mapping gave them.
"""

import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from lienket.errors import Fault, UnavailableError
from lienket.releases import statements
from lienket.releases.release import Release
from lienket.releases.statements import Difference


@dataclass(frozen=True)
class Change:
    """What has changed in one dataset."""

    dataset: str
    """Its id."""
    difference: Difference

    @property
    def resources(self) -> dict[str, tuple[int, int]]:
        """Subject, as N-Quads write it → how many of its statements were added and removed."""
        added, removed = (
            Counter(line.split(b" ", 1)[0].decode() for line in lines)
            for lines in (self.difference.added, self.difference.removed)
        )
        return {subject: (added[subject], removed[subject]) for subject in sorted(added.keys() | removed.keys())}

    @property
    def added(self) -> list[ox.Quad]:
        """The quads that have come, as the mapping wrote them."""
        return list(statements.parse(self.difference.added))

    @property
    def removed(self) -> list[ox.Quad]:
        """The quads that have gone, as the mapping wrote them."""
        return list(statements.parse(self.difference.removed))

    def as_json(self) -> dict[str, Any]:
        """Return the numbers."""
        return {
            "added": len(self.difference.added),
            "removed": len(self.difference.removed),
            "resources": {
                subject.strip("<>"): {"added": added, "removed": removed}
                for subject, (added, removed) in self.resources.items()
            },
        }


def of(release: Release, dataset_id: str) -> Change:
    """Return what has changed in a dataset since the release before (`manifest["previous"]`); it may be nothing.

    Raises `UnavailableError` where the files cannot be read.
    """
    lines = (_lines(release.changes / f"{dataset_id}.{what}.nq.gz") for what in ("removed", "added"))
    return Change(dataset_id, Difference(*lines))


def between(old: Release, new: Release) -> Iterator[Change]:
    """Yield what has changed in each dataset that is not the same in two releases, in the order of their ids.

    Raises `UnavailableError` where the dumps cannot be read.
    """
    before, after = (release.manifest["datasets"] for release in (old, new))
    for dataset_id in sorted(before.keys() | after.keys()):
        left, right = before.get(dataset_id), after.get(dataset_id)
        name = f"{dataset_id}.nq.gz"
        if left is None:
            yield Change(dataset_id, Difference((), _lines(new.dumps / name)))
        elif right is None:
            yield Change(dataset_id, Difference(_lines(old.dumps / name), ()))
        elif left["digests"]["quads"] != right["digests"]["quads"]:
            with _reading(old.dumps / name):
                yield Change(dataset_id, statements.difference(old.dumps / name, new.dumps / name))


def patch(change: Change) -> Iterator[str]:
    """Yield the lines of a change as RDF Patch (<https://afs.github.io/rdf-delta/rdf-patch.html>)."""
    for sign, lines in (("D", change.difference.removed), ("A", change.difference.added)):
        for line in lines:
            yield f"{sign} {line.decode().rstrip()}"


def _lines(path: Path) -> tuple[bytes, ...]:
    """Return the lines of a packed file; one that is not there has none."""
    if not path.is_file():
        return ()
    with _reading(path), statements.opened(path) as file:
        return tuple(file)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zlib.error) as error:
        raise UnavailableError(Fault("cannot be read: {reason}", file=str(path), values={"reason": error})) from error
