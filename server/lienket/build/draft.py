"""A release in the making: what its folder holds, made from what is new and from what the last release has already.

There are two ways to the same content. From nothing: all statements are loaded and indexed. Upon the last release: its
store and its index are taken over, and take in the difference alone.
"""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from lienket import catalogue, classes, formats, languages
from lienket import store as stores
from lienket.build import describing, indexing
from lienket.build.dumps import write_dumps
from lienket.build.inputs import Inputs, require_unchanged, software
from lienket.build.making import Progress
from lienket.build.outputs import Output
from lienket.build.profile import profile_faults
from lienket.content import Content
from lienket.datasets import Dataset
from lienket.errors import Faults
from lienket.project import Project
from lienket.rdf import read_quads, write_quads
from lienket.releases import statements, versions
from lienket.releases.digests import sha256
from lienket.releases.release import CATALOGUE, REPORTS, TOLD, Release
from lienket.releases.statements import Difference
from lienket.store import Store
from lienket.vocabulary import DCT

Facts = dict[str, Any]
"""What a manifest says of a dataset."""

_MUCH: Final = 5
"""Where more than one quad in so many has changed, loading all takes less time than changing the store."""


@dataclass(frozen=True)
class Base:
    """The last release, as far as a new one is made from it."""

    release: Release
    reusable: bool
    """Whether its files may be taken over; else it is only what the new one is compared with."""


@dataclass(frozen=True)
class Part:
    """One dataset on its way into the release."""

    dataset: Dataset
    output: Output | None
    """None where the dataset is taken over."""
    facts: Facts | None
    """What the last release says of it; None where it is new."""
    digest: str
    """Of its statements."""
    difference: Difference | None
    """What was added and removed since the last release; None where it is new there."""

    @property
    def is_replaced(self) -> bool:
        """Whether its graph has to be put in place as a whole: of blank nodes one cannot tell which they were."""
        return self.difference is None or self.difference.names_blank_nodes

    @property
    def changes(self) -> int:
        """How many quads a store has to put out and take in."""
        if self.difference is not None and not self.is_replaced:
            return len(self.difference.removed) + len(self.difference.added)
        return (self.output.quads if self.output else 0) + (self.facts["quads"] if self.facts else 0)


def make_parts(datasets: Sequence[Dataset], outputs: Iterable[Output], base: Base | None) -> list[Part]:
    """Put together what is known of each dataset, and find the differences."""
    known: dict[str, Facts] = base.release.manifest["datasets"] if base else {}
    made = {output.dataset.id: output for output in outputs}
    parts = []
    for dataset in datasets:
        output, facts = made.get(dataset.id), known.get(dataset.id)
        if output:
            digest = sha256(output.nquads)
        else:
            assert facts  # noqa: S101  a dataset that was not made is taken over
            digest = facts["digests"]["quads"]
        difference = Difference((), ()) if facts else None
        if base and output and facts and facts["digests"]["quads"] != digest:
            difference = statements.difference(base.release.dumps / f"{dataset.id}.nq.gz", output.nquads)
        parts.append(Part(dataset, output, facts, digest, difference))
    return parts


@dataclass
class Draft:
    """The folder of a release in the making. Call `write`."""

    project: Project
    content: Content
    inputs: Inputs
    parts: Sequence[Part]
    base: Base | None
    folder: Path
    """The outputs' statements lie here too, and are gone in the end."""
    progress: Progress
    manifest: dict[str, Any] = field(default_factory=dict)

    def write(self) -> dict[str, Any]:
        """Write dumps, changes, store, catalogue, table of classes and index; return the manifest.

        Raises `InputError` where a table was replaced meanwhile, or where the whole shows what is missing.
        """
        self.manifest = {
            "base_iri": self.project.base_iri,
            "previous": self.base.release.id if self.base else None,
            "software": software(),
            "content": self.inputs.whole,
            "inputs": dict(self.inputs.shared),
            "datasets": {},
            "graphs": {},
        }
        making = self.folder / "making"
        files = [self._statements(part) for part in self.parts] if self.is_anew else []
        files += [self._graph(name, quads) for name, quads in self._content_quads()]
        self.progress("store", 0, 1)
        with ThreadPoolExecutor(1) as aside:
            filling = aside.submit(self._fill, making, files)
            self._write_dumps()
            self._write_changes()
            self._write_reports()
            if self.is_anew:
                described = self._write_catalogue(self._names(files))
                self._write_index([*files, *described.values()])
            store = filling.result()
        if not self.is_anew:
            described = self._write_catalogue(store)
        for graph, path in described.items():
            self._replace(store, graph, path)
        classes.write(describing.described(self.content, store, self.project.base_iri), self.folder / classes.FILE)
        store.close()
        stores.copy(making, self.folder / "store")
        shutil.rmtree(making)
        if not self.is_anew:
            self._update_index(store.touched)
        for path in self.folder.glob("*.nq"):
            path.unlink()
        self.manifest["quads"] = sum(self.manifest["graphs"].values())
        return self.manifest

    @cached_property
    def is_anew(self) -> bool:
        """Whether store and index are made from nothing."""
        if self.base is None or not self.base.reusable:
            return True
        before = self.base.release.manifest
        engine = before["inputs"]["engine"], before["inputs"]["settings"]
        if engine != (self.inputs.shared["engine"], self.inputs.shared["settings"]):
            return True
        gone = sum(before["datasets"][dataset_id]["quads"] for dataset_id in self._gone())
        return bool((sum(part.changes for part in self.parts) + gone) * _MUCH > before["quads"])

    def _gone(self) -> list[str]:
        known = self.base.release.manifest["datasets"] if self.base else {}
        return sorted(known.keys() - {part.dataset.id for part in self.parts})

    def _statements(self, part: Part) -> Path:
        """Return a dataset's statements as a file; those that are taken over are unpacked."""
        if part.output:
            return part.output.nquads
        assert self.base  # noqa: S101  what is taken over is taken from there
        path = self.folder / f"{part.dataset.id}.nq"
        with statements.opened(self.base.release.dumps / f"{part.dataset.id}.nq.gz") as packed, path.open("wb") as file:
            shutil.copyfileobj(packed, file)
        return path

    def _graph(self, name: str, quads: Iterable[ox.Quad]) -> Path:
        """Write a graph that is no dataset's into a file, and count it."""
        path = self.folder / f"_{name}.nq"
        write_quads(quads, path, formats.N_QUADS)
        statements.sort(path)
        self.manifest["graphs"][self.project.base_iri + name] = statements.statistics(path).quads
        return path

    def _content_quads(self) -> Iterator[tuple[str, Iterable[ox.Quad]]]:
        yield "ontology", self.content.ontology.quads()
        graph = ox.NamedNode(self.project.base_iri + "shapes")
        shapes = (quad.triple for file in self.content.shapes.files for quad in read_quads(file, apart=True))
        yield "shapes", (ox.Quad(triple.subject, triple.predicate, triple.object, graph) for triple in shapes)

    def _fill(self, making: Path, files: Sequence[Path]) -> Store:
        """Make the store of all but the catalogue."""
        if self.is_anew:
            store = Store.create(making)
            store.load(files)
            return store
        assert self.base  # noqa: S101  without one all is made anew
        store = Store.upon(self.base.release.store_path, making)
        for part in self.parts:
            if part.output and part.is_replaced:
                self._replace(store, part.dataset.iri, part.output.nquads)
            elif part.output and part.difference:
                added = [
                    *part.difference.added,
                    *statements.falling_together(part.difference.removed, part.output.nquads),
                ]
                store.change(list(statements.parse(part.difference.removed)), list(statements.parse(added)))
        before = self.base.release.manifest
        for dataset_id in self._gone():
            store.replace(before["datasets"][dataset_id]["graph"], ())
        for name, path in zip(("ontology", "shapes"), files, strict=True):
            if self.inputs.shared[name] != before["inputs"][name]:
                self._replace(store, self.project.base_iri + name, path)
        return store

    def _replace(self, store: Store, graph: str, nquads: Path) -> None:
        with statements.opened(nquads) as lines:
            store.replace(graph, statements.parse(lines, apart=True))

    def _write_dumps(self) -> None:
        """Write the files that people download, or take them over; note what the manifest says of each dataset."""
        folder = self.folder / "dumps"
        folder.mkdir()
        for number, part in enumerate(self.parts):
            self.progress("dumps", number, len(self.parts))
            if part.output:
                written = write_dumps(part.output, folder, self.content.ontology, self.project)
                facts = self._facts(part, part.output) | written.told | {"dumps": written.files}
                require_unchanged(self.project, facts["inputs"] or {})
            else:
                assert self.base  # noqa: S101  what is taken over is taken from there
                assert part.facts  # noqa: S101
                facts = part.facts
                for dump in facts["dumps"]:
                    os.link(self.base.release.dumps / dump["file"], folder / dump["file"])
            self.manifest["datasets"][part.dataset.id] = facts
            self.manifest["graphs"][part.dataset.iri] = facts["stored"]

    def _facts(self, part: Part, output: Output) -> Facts:
        counted = statements.statistics(output.nquads)
        unchanged = part.facts is not None and not part.difference
        return {
            "graph": part.dataset.iri,
            "department": part.dataset.department,
            "title": {tag: part.dataset.text(DCT + "title", tag) for tag in self.project.languages},
            "quads": output.quads,
            "stored": counted.quads,
            "rows": output.rows,
            "tables": [table.name for table in output.tables if table.is_relative_to(part.dataset.folder)],
            **output.report.figures(),
            "inputs": self.inputs.of(self.project, self.content, part.dataset),
            "digests": {"quads": part.digest},
            "issued": part.facts["issued"] if part.facts else _today(),
            "modified": part.facts["modified"] if unchanged and part.facts else _today(),
            "classes": counted.classes,
            "properties": counted.properties,
        }

    def _write_changes(self) -> None:
        """Write what was added and removed since the last release, and note the numbers by dataset."""
        changes: dict[str, dict[str, int]] = {}
        if self.base:
            folder = self.folder / "changes"
            folder.mkdir()
            for part in self.parts:
                if part.difference is None and part.output:
                    changes[part.dataset.id] = {"added": part.output.quads, "removed": 0}
                    dump = self.folder / "dumps" / f"{part.dataset.id}.nq.gz"
                    os.link(dump, folder / f"{part.dataset.id}.added.nq.gz")
                elif part.difference:
                    lines = {"added": part.difference.added, "removed": part.difference.removed}
                    changes[part.dataset.id] = {what: len(some) for what, some in lines.items()}
                    for what, some in lines.items():
                        if some:
                            statements.write(some, folder / f"{part.dataset.id}.{what}.nq.gz")
                if part.difference is not None:
                    new = part.output.nquads if part.output else None
                    versions.write(self.base.release, part.dataset.id, folder, part.difference, new)
            for dataset_id in self._gone():
                removed = self.base.release.manifest["datasets"][dataset_id]["quads"]
                changes[dataset_id] = {"added": 0, "removed": removed}
                os.link(self.base.release.dumps / f"{dataset_id}.nq.gz", folder / f"{dataset_id}.removed.nq.gz")
        self.manifest["changes"] = dict(sorted(changes.items()))

    def _write_reports(self) -> None:
        """Write what was found in each dataset, for the department that keeps it; or take it over.

        What a dataset tells the others was written when it was mapped, or is taken over, too.
        """
        (self.folder / REPORTS).mkdir()
        (self.folder / TOLD).mkdir(exist_ok=True)
        for part in self.parts:
            path = self.folder / REPORTS / f"{part.dataset.id}.jsonl"
            if part.output:
                part.output.report.write(path)
            else:
                assert self.base  # noqa: S101  what is taken over is taken from there
                os.link(self.base.release.report_path(part.dataset.id), path)
                told = self.base.release.told_path(part.dataset.id)
                os.link(told, self.folder / TOLD / told.name)

    def _names(self, files: Iterable[Path]) -> Store:
        """Return what is said of those whom the catalogue names, while the store itself is still being filled."""
        return Store.holding(statements.beginning(files, catalogue.named(self.project, self.content.datasets)))

    def _write_catalogue(self, store: Store) -> dict[str, Path]:
        """Describe the release in DCAT and VoID, in files; return the statements by graph."""
        source = catalogue.Source(self.project, store, self.content.ontology)
        for dataset in self.content.datasets:
            facts = self.manifest["datasets"][dataset.id]
            of_dataset = catalogue.describe_dataset(source, dataset, facts)
            facts["score"] = catalogue.points(source, of_dataset, dataset, facts)
        triples = self._write_parts(catalogue.describe(source, self.content.datasets, self.manifest))
        Faults(profile_faults(self.project, self.content.datasets, triples, self.folder)).raise_if_any()
        of_data = catalogue.describe_data(self.project, self.content.datasets, self.manifest)
        write_quads(of_data, self.folder / "void.ttl", formats.TURTLE, self.content.ontology.prefixes)
        files = {}
        for name, described in (("catalog", triples), ("void", of_data)):
            graph = ox.NamedNode(self.project.base_iri + name)
            quads = (ox.Quad(triple.subject, triple.predicate, triple.object, graph) for triple in described)
            files[graph.value] = self._graph(name, quads)
        return files

    def _write_parts(self, parts: Iterable[tuple[str, list[ox.Triple]]]) -> list[ox.Triple]:
        """Write the catalogue part by part, and note where each lies; return all of it."""
        triples, places = [], {}
        with (self.folder / CATALOGUE).open("wb") as file:
            for name, part in parts:
                text = ox.serialize(part, format=ox.RdfFormat.N_TRIPLES)
                assert text is not None  # noqa: S101  without an output it returns what it wrote
                places[name] = [file.tell(), len(text)]
                file.write(text)
                triples += part
        self.manifest["catalogue"] = places
        return triples

    def _write_index(self, files: Sequence[Path]) -> None:
        """Write the full-text index of all statements."""
        self.progress("index", 0, 1)
        found = statements.about(files, indexing.PREDICATES)
        indexing.build(self._index, found, languages=self._packs)

    def _update_index(self, touched: Mapping[str, set[str]]) -> None:
        """Write the full-text index of the last release, brought up to date where something else is said."""
        self.progress("index", 0, 1)
        assert self.base  # noqa: S101  without one all is made anew
        final = Store.open(self.folder / "store")
        iris = set().union(*(touched.get(predicate, ()) for predicate in indexing.PREDICATES))
        subjects = ((iri, list(final.about(iri))) for iri in sorted(iris))
        indexing.update(self._index, self.base.release.search_path, subjects, languages=self._packs)

    @property
    def _index(self) -> Path:
        return self.folder / "search.sqlite"

    @property
    def _packs(self) -> list[languages.Language]:
        return [languages.get(tag) for tag in self.project.languages]


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
