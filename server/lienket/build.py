"""The spine: `build` reads as the recipe by which a deployment's content becomes a release.

tables + mappings ──▶ quads ──▶ shapes ──▶ release
"""

import hashlib
import platform
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from lienket import catalogue, formats, languages, release, search
from lienket.content import Content, read_content
from lienket.datasets import Dataset
from lienket.dumps import write_dumps
from lienket.errors import Fault, Faults, UnavailableError
from lienket.mapping import Mapped, Rules, map_rules
from lienket.ontology import Ontology
from lienket.project import Project
from lienket.rdf import read_quads, write_quads
from lienket.release import Release
from lienket.store import Store
from lienket.validation import Place, Shapes, validate
from lienket.vocabulary import DCT, RDF

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True)
class Output:
    """What the mapping of one dataset gave."""

    dataset: Dataset
    nquads: Path
    quads: int
    rows: int
    tables: tuple[Path, ...]
    faults: tuple[Fault, ...]


def build(project: Project, *, progress: Progress = lambda *_: None) -> Release:
    """Build the content into a new release, verify it, and switch to it; return it.

    Raises `InputError` with every fault of the content, `UnavailableError` where a release cannot be written; the
    release that was current stays so then.
    """
    started = time.monotonic()
    content = read_content(project)
    with release.building(project.var) as draft:
        outputs = _outputs(project, content, draft, progress)
        _refuse_faulty(outputs)
        manifest = _manifest(project, content, outputs)
        for number, output in enumerate(outputs):
            progress("dumps", number, len(outputs))
            manifest["datasets"][output.dataset.id]["dumps"] = write_dumps(
                output.dataset, output.nquads, output.quads, output.tables, draft / "dumps", content.ontology.prefixes
            )
        progress("store", 0, 1)
        _load(project, content, outputs, manifest, draft)
        progress("index", 0, 1)
        packs = [languages.get(tag) for tag in project.languages]
        search.build(draft / "search.sqlite", Store.open(draft / "store"), languages=packs)
        manifest["seconds"] = round(time.monotonic() - started, 1)
        return release.publish(project.var, draft, manifest, keep=project["releases.keep"])


def check(
    project: Project, dataset_ids: Sequence[str] = (), *, progress: Progress = lambda *_: None
) -> tuple[list[Output], list[Fault]]:
    """Map and validate without publishing; return the outputs and every fault found, of any severity.

    Raises `InputError` where the content cannot be read, or names no such dataset.
    """
    content = read_content(project, dataset_ids)
    with release.scratch(project.var) as folder:
        outputs = _outputs(project, content, folder, progress)
    return outputs, [fault for output in outputs for fault in output.faults]


def _outputs(project: Project, content: Content, folder: Path, progress: Progress) -> list[Output]:
    """Map every dataset to N-Quads and hold the quads against the shapes."""
    outputs = []
    for number, dataset in enumerate(content.datasets):
        progress(dataset.id, number, len(content.datasets))
        outputs.append(_output(project, content, dataset, folder))
    progress("", len(content.datasets), len(content.datasets))
    return outputs


def _output(project: Project, content: Content, dataset: Dataset, folder: Path) -> Output:
    nquads = folder / f"{dataset.id}.nq"
    with map_rules(
        content.rules[dataset.id],
        root=project.mappings,
        language=languages.get(project.languages[0]),
        graph=dataset.iri,
    ) as mapped:
        count = mapped.write_nquads(nquads, sort=True)
        report = validate([nquads], content.shapes, context=content.ontology.files)
        faults = [
            *mapped.faults,
            *report.faults(lambda focus_node, path: _places(mapped, focus_node, path)),
            *_terms_undefined(content.ontology, dataset, mapped),
            *_expected_missing(dataset, nquads),
        ]
        tables = {table.path: table.rows for table in mapped.tables if table.path}
    described = _described_tables(content.rules[dataset.id])
    rows = sum(n for path, n in tables.items() if path.parent == dataset.folder and path.name in described)
    return Output(dataset, nquads, count, rows, tuple(tables), tuple(dict.fromkeys(faults)))


def _described_tables(rules: Iterable[Rules]) -> set[str]:
    """Return the names of the tables that say something themselves; a table that is only looked up does not."""
    return {
        Path(triples_map.source.path).name
        for document in rules
        for triples_map in document.triples_maps.values()
        if triples_map.source and (triples_map.classes or triples_map.predicate_object_maps)
    }


def _places(mapped: Mapped, focus_node: str, path: str | None) -> list[Place]:
    return [
        Place(file=cell.file, row=cell.row, column=cell.column, text=cell.text, sheet=cell.sheet)
        for cell in mapped.locate(focus_node, path)
    ]


def _terms_undefined(ontology: Ontology, dataset: Dataset, mapped: Mapped) -> list[Fault]:
    used = mapped.quads.project("predicate").distinct().fetchall()
    used += mapped.quads.filter(f"predicate = '<{RDF}type>'").project("object").distinct().fetchall()
    return [
        Fault("uses {term}, which the ontology does not define; check its spelling or define it",
              file=", ".join(map(str, dataset.mappings)), values={"term": term})
        for term in ontology.undefined(text.strip("<>") for (text,) in used)
    ]  # fmt: skip


def _expected_missing(dataset: Dataset, nquads: Path) -> list[Fault]:
    if not dataset.expected:
        return []
    found = set(read_quads(nquads))
    return [
        Fault("is expected and was not made; mend the table or the mapping, or this line if the fact has changed",
              file=str(dataset.folder / "expected.nq"), text=str(quad))
        for quad in dataset.expected
        if quad not in found
    ]  # fmt: skip


def _refuse_faulty(outputs: Iterable[Output]) -> None:
    Faults([fault for output in outputs for fault in output.faults]).raise_if_any()


def _manifest(project: Project, content: Content, outputs: Sequence[Output]) -> dict[str, Any]:
    before = _datasets_before(project)
    shapes_digest = _digest(content.shapes.files)
    datasets = {}
    for output in outputs:
        dataset = output.dataset
        digests = {
            "tables": _digest(output.tables),
            "mappings": _digest([dataset.folder / "dataset.ttl", *dataset.mappings]),
            "quads": release.sha256(output.nquads),
        }
        last = before.get(dataset.id, {})
        unchanged = last.get("digests", {}).get("quads") == digests["quads"]
        datasets[dataset.id] = {
            "graph": dataset.iri,
            "department": dataset.department,
            "title": {tag: dataset.text(DCT + "title", tag) for tag in project.languages},
            "quads": output.quads,
            "rows": output.rows,
            "tables": [table.name for table in output.tables if table.is_relative_to(dataset.folder)],
            "warnings": sum(fault.severity == "warning" for fault in output.faults),
            "digests": digests,
            "modified": last["modified"] if unchanged else datetime.now(UTC).date().isoformat(),
        }
    return {
        "base_iri": project.base_iri,
        "software": {
            "lienket": version("lienket"),
            "python": platform.python_version(),
            **{name: version(name) for name in ("duckdb", "pyoxigraph", "pyshacl", "rdflib")},
        },
        "shapes": shapes_digest,
        "ontology": _digest(content.ontology.files),
        "datasets": datasets,
    }


def _datasets_before(project: Project) -> dict[str, Any]:
    try:
        datasets: dict[str, Any] = Release.current(project.var).manifest["datasets"]
    except UnavailableError:
        return {}
    return datasets


def _digest(files: Iterable[Path]) -> str:
    """Return one SHA-256 over the names and contents of files."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.name} {release.sha256(file)}\n".encode())
    return digest.hexdigest()


def _load(project: Project, content: Content, outputs: Iterable[Output], manifest: dict[str, Any], draft: Path) -> None:
    """Fill the store: datasets, ontology, shapes, then the catalogue that is made from them."""
    store = Store.create(draft / "store")
    for output in outputs:
        store.load_nquads(output.nquads)
        output.nquads.unlink()
    _load_quads(store, draft, content.ontology.quads())
    _load_quads(store, draft, _shape_quads(project, content.shapes))
    manifest["graphs"] = store.counts()
    for name, describe in (("catalogue", catalogue.describe), ("void", catalogue.describe_data)):
        triples = describe(project, content.datasets, manifest, store)
        write_quads(triples, draft / f"{name}.ttl", formats.TURTLE, content.ontology.prefixes)
        graph = ox.NamedNode(project.base_iri + ("catalog" if name == "catalogue" else name))
        _load_quads(store, draft, (ox.Quad(t.subject, t.predicate, t.object, graph) for t in triples))
    manifest["graphs"] = store.counts()
    manifest["quads"] = sum(manifest["graphs"].values())
    store.close()


def _load_quads(store: Store, draft: Path, quads: Iterable[ox.Quad]) -> None:
    path = draft / "part.nq"
    write_quads(quads, path, formats.N_QUADS)
    store.load_nquads(path)
    path.unlink()


def _shape_quads(project: Project, shapes: Shapes) -> Iterable[ox.Quad]:
    graph = ox.NamedNode(project.base_iri + "shapes")
    for file in shapes.files:
        for quad in read_quads(file, apart=True):
            yield ox.Quad(quad.subject, quad.predicate, quad.object, graph)
