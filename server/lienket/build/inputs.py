"""What a dataset's output is made from, by content: where that is the same, the output is, and need not be made again.

Of its own: every file that its rules read, those that lie with other datasets too, the rules themselves, `dataset.ttl`
and `expected.nq`. Of all datasets alike: the engine, some settings, the ontology with its code lists, the shapes.

No other dataset's output counts, because nothing that makes one looks at it: rules read tables. Shapes do look at what
other datasets tell, so that a dataset whose output is the same is checked again where that has changed: `neighbours`
finds those. What shows only in the whole, such as a publisher whom no dataset names, is looked for in every build.

The ontology and the shapes count as a whole: a shape's SPARQL may ask for any term, so that no part of them can be
known to be of no matter.
"""

import hashlib
import json
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from lienket.content import Content
from lienket.datasets import DESCRIPTION, EXPECTED, Dataset
from lienket.errors import Fault, InputError
from lienket.mapping import files_read
from lienket.project import Project
from lienket.releases.digests import sha256

LIBRARIES: Final = ("babel", "duckdb", "pyoxigraph", "pyshacl", "python-calamine", "rdflib")
"""What the engine lets do a part of its work, and so may make the output another one."""

_SHARED_SETTINGS: Final = ("base_iri", "languages", "databases")
"""Settings that mapping and validation depend on."""
_IN_NO_RELEASE: Final = ("server.", "limits.", "releases.", "folders.")
"""Settings that no release depends on; what is in a folder counts, not where it is."""
_SHOWS_ONLY: Final = ("cli", "handing", "linking", "linksets", "starter", "telling", "watching", "web")
"""Parts of the engine that make nothing of a release."""


@dataclass(frozen=True)
class Inputs:
    """The content of a deployment, by SHA-256."""

    tables: Mapping[str, str]
    """By path below the mappings folder: every file there."""
    shared: Mapping[str, str]
    """What counts for every dataset: "engine", "settings", "ontology", "shapes"."""
    whole: str
    """Everything that a release is made from, databases left aside: to know those is to read them."""

    def of(self, project: Project, content: Content, dataset: Dataset) -> dict[str, str] | None:
        """Return the files that a dataset's output is made from, with their digests, by path below the mappings folder.

        None where a database is read, or a file is not there.
        """
        read = files_read(content.rules[dataset.id], root=project.mappings)
        return None if read is None else self._digests(project, _own(project, dataset) | _names(project, read))

    def are(self, known: Mapping[str, str], project: Project, dataset: Dataset) -> bool:
        """Tell whether the files that a dataset's output was made from are what they were, and of its own no other."""
        return _own(project, dataset) <= known.keys() and self._digests(project, known) == known

    def _digests(self, project: Project, names: Iterable[str]) -> dict[str, str]:
        return {name: self.tables.get(name) or sha256(project.mappings / name) for name in sorted(names)}


def read_inputs(project: Project) -> Inputs:
    """Return the digests of a deployment's content as it is now; raises `InputError` where a file cannot be read."""
    try:
        folders = {
            name: {os.path.relpath(path, folder): sha256(path) for path in _files(folder)}
            for name, folder in
            (("ontology", project.ontology), ("mappings", project.mappings), ("shapes", project.shapes))
        }  # fmt: skip
    except OSError as error:
        raise InputError(
            Fault("cannot be read: {reason}", file=str(error.filename), values={"reason": error.strerror})
        ) from error
    settings = {name: value for name, value in project.settings.items() if not name.startswith(_IN_NO_RELEASE)}
    shared = {
        "engine": _engine(),
        "settings": _digest({name: settings[name] for name in _SHARED_SETTINGS}),
        "ontology": _digest(folders["ontology"]),
        "shapes": _digest(folders["shapes"]),
    }
    profile = project.root / str(project["catalogue.profile"])
    whole = [shared, settings, folders, sha256(profile) if profile.is_file() else None]
    return Inputs(folders["mappings"], shared, _digest(whole))


def require_unchanged(project: Project, before: Mapping[str, str]) -> None:
    """Raise `InputError` naming the files that are not what they were when `before` was read."""
    changed = [name for name, digest in before.items() if sha256(project.mappings / name) != digest]
    if changed:
        raise InputError(*(
            Fault("was replaced while it was read; build again when it is whole", file=str(project.mappings / name))
            for name in changed
        ))  # fmt: skip


def software() -> dict[str, str]:
    """Return the versions of the engine, of Python and of the libraries."""
    return {
        "lienket": version("lienket"),
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
    }


def _own(project: Project, dataset: Dataset) -> set[str]:
    return _names(project, (dataset.folder / DESCRIPTION, dataset.folder / EXPECTED, *dataset.mappings))


def _names(project: Project, paths: Iterable[Path]) -> set[str]:
    return {os.path.relpath(path, project.mappings) for path in paths if path.is_file()}


def _engine() -> str:
    """Return the digest of the engine: its own files too, because one at work on it does not change its version."""
    digest = hashlib.sha256(json.dumps(software()).encode())
    for part in sorted(files("lienket").iterdir(), key=lambda entry: entry.name):
        if part.name.removesuffix(".py") not in _SHOWS_ONLY:
            for name, content in _contents(part):
                digest.update(f"{name} {hashlib.sha256(content).hexdigest()}\n".encode())
    return digest.hexdigest()


def _contents(part: Traversable) -> Iterable[tuple[str, bytes]]:
    if part.is_file():
        yield part.name, part.read_bytes()
    elif part.name != "__pycache__":
        for entry in sorted(part.iterdir(), key=lambda entry: entry.name):
            yield from ((f"{part.name}/{name}", content) for name, content in _contents(entry))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
