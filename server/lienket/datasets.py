"""The mappings folder: a folder a department, in it a folder a dataset.

<department>/<dataset id>/
  dataset.ttl        what the dataset is, in DCAT; `<>` is the dataset
  *.rml.ttl          how its tables become RDF; or *.yarrrml.yml, the same in YARRRML
  expected.nq        a few quads that must come out: example and test at once
  the tables themselves
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from lienket.errors import Fault, Faults, distinct
from lienket.rdf import read_quads
from lienket.vocabulary import DCAT, DCT

DESCRIPTION = "dataset.ttl"
EXPECTED = "expected.nq"
MAPPINGS = ("*.rml.ttl", "*.yarrrml.yml")
DATASET_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

REQUIRED: tuple[tuple[str, str, str, str], ...] = (
    ("dct:title", DCT + "title", "texts", 'its name, e.g. dct:title "Danh mục chợ"@vi, "Markets"@en'),
    ("dct:description", DCT + "description", "texts", "what it holds, in a sentence or two"),
    ("dcat:keyword", DCAT + "keyword", "texts", "words people would search for"),
    ("dct:publisher", DCT + "publisher", "iri", "the IRI of the department"),
    ("dct:license", DCT + "license", "iri", "the IRI of the licence"),
    ("dct:source", DCT + "source", "any", "where the figures come from"),
    ("dcat:theme", DCAT + "theme", "iri", "an IRI of the EU's data-theme list"),
    ("dcat:contactPoint", DCAT + "contactPoint", "any", "the office to ask"),
)
"""What a description must state: name, IRI, kind of value (a text in each language, an IRI, any), and what it means."""

OURS = frozenset(DCT + name for name in ("identifier", "modified")) | {DCAT + "distribution"}
"""What the engine states of a dataset, and a description may not."""


@dataclass(frozen=True)
class Dataset:
    """One dataset's folder, read."""

    id: str
    department: str
    folder: Path
    iri: str
    """`{base_iri}dataset/{id}`: the dataset, and the named graph of its triples."""
    description: tuple[ox.Triple, ...]
    mappings: tuple[Path, ...]
    expected: tuple[ox.Quad, ...]

    def text(self, predicate: str, language: str) -> str:
        """Return the literal of `predicate` in `language`; "" where there is none."""
        return next(
            (
                triple.object.value
                for triple in self.description
                if triple.subject == ox.NamedNode(self.iri)
                and triple.predicate.value == predicate
                and isinstance(triple.object, ox.Literal)
                and triple.object.language == language
            ),
            "",
        )


def read_datasets(folder: Path, *, base_iri: str, languages: Sequence[str], faults: Faults) -> list[Dataset]:
    """Return the datasets under `folder`, by id; what is wrong with them is added to `faults`.

    A dataset with a fault is returned all the same, so that what else is wrong with it can be said too.
    """
    if not folder.is_dir():
        faults.found.append(Fault("is no folder; set folders.mappings in lienket.toml", file=str(folder)))
        return []
    folder = folder.resolve()
    datasets = [
        _read_dataset(path, base_iri, languages, faults)
        for path in sorted(folder.glob("*/*/"))
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    if not datasets:
        faults.found.append(
            Fault("holds no dataset; a dataset is a folder <department>/<id> with a dataset.ttl", file=str(folder))
        )
    faults.found += _same_ids(datasets)
    return sorted(datasets, key=lambda dataset: dataset.id)


def _read_dataset(folder: Path, base_iri: str, languages: Sequence[str], faults: Faults) -> Dataset:
    iri = f"{base_iri}dataset/{folder.name}"
    if not DATASET_ID.fullmatch(folder.name):
        faults.found.append(
            Fault("is no dataset id; use small letters, digits and hyphens", file=str(folder), text=folder.name)
        )
    description: tuple[ox.Triple, ...] = ()
    path = folder / DESCRIPTION
    with faults.gathered():
        description = tuple(quad.triple for quad in read_quads(path, base_iri=iri, apart=True))
        faults.found += _missing(description, iri, path, languages) + _overreaching(description, iri, path)
    mappings = tuple(sorted(path for pattern in MAPPINGS for path in folder.glob(pattern)))
    if not mappings:
        fault = Fault("holds no mapping; write one as <table>.rml.ttl or <table>.yarrrml.yml", file=str(folder))
        faults.found.append(fault)
    expected: tuple[ox.Quad, ...] = ()
    if (folder / EXPECTED).exists():
        with faults.gathered():
            expected = tuple(read_quads(folder / EXPECTED))
    return Dataset(folder.name, folder.parent.name, folder, iri, description, mappings, expected)


def _missing(description: Iterable[ox.Triple], iri: str, path: Path, languages: Sequence[str]) -> list[Fault]:
    stated: dict[str, list[ox.NamedNode | ox.BlankNode | ox.Literal]] = {}
    for triple in description:
        if triple.subject == ox.NamedNode(iri) and not isinstance(triple.object, ox.Triple):
            stated.setdefault(triple.predicate.value, []).append(triple.object)
    faults = []
    for name, predicate, kind, meaning in REQUIRED:
        values = stated.get(predicate, [])
        if not values:
            faults.append(
                Fault("{name} is missing: {meaning}", file=str(path), values={"name": name, "meaning": meaning})
            )
        elif kind == "texts":
            said = {value.language for value in values if isinstance(value, ox.Literal)}
            faults += [
                Fault("{name} is missing in language {language}", file=str(path),
                      values={"name": name, "language": language})
                for language in languages
                if language not in said
            ]  # fmt: skip
        elif kind == "iri":
            faults += [
                Fault("{name} must be {meaning}", file=str(path), text=value.value if isinstance(value, ox.Literal)
                      else "[ ]", values={"name": name, "meaning": meaning})
                for value in values
                if not isinstance(value, ox.NamedNode)
            ]  # fmt: skip
    return faults


def _overreaching(description: Iterable[ox.Triple], iri: str, path: Path) -> list[Fault]:
    """Find what a description says of other things than its dataset, or states that the engine states itself."""
    faults = []
    for triple in description:
        if isinstance(triple.subject, ox.NamedNode) and triple.subject.value.partition("#")[0] != iri:
            faults.append(
                Fault("speaks of {other}; a description may speak of its own dataset alone: <>, <#…> or [ ]",
                      file=str(path), values={"other": triple.subject.value})
            )  # fmt: skip
        elif triple.subject == ox.NamedNode(iri) and triple.predicate.value in OURS:
            faults.append(
                Fault("states {property}, which every release states by itself; leave it out", file=str(path),
                      values={"property": triple.predicate.value})
            )  # fmt: skip
    return distinct(faults)


def _same_ids(datasets: Iterable[Dataset]) -> list[Fault]:
    first: dict[str, Dataset] = {}
    faults = []
    for dataset in datasets:
        if dataset.id in first:
            faults.append(
                Fault("has the same id as {other}; rename one folder", file=str(dataset.folder),
                      values={"other": first[dataset.id].folder})
            )  # fmt: skip
        first.setdefault(dataset.id, dataset)
    return faults
