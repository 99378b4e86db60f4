"""The spine: `build` reads as the recipe by which a deployment's content becomes a release.

tables + mappings ──▶ quads ──▶ shapes ──▶ release
"""

import hashlib
import platform
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from lienket import catalogue, formats, languages, release, search
from lienket.content import Content, read_content
from lienket.dumps import write_dumps
from lienket.errors import Fault, Faults, InputError, UnavailableError
from lienket.outputs import Output, make_output
from lienket.project import Project
from lienket.rdf import read_quads, write_quads
from lienket.release import Release
from lienket.store import Store
from lienket.validation import Shapes
from lienket.vocabulary import DCT

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


def build(project: Project, *, progress: Progress = lambda *_: None) -> Release:
    """Build the content into a new release, verify it, and switch to it; return it.

    Raises `InputError` with every fault of the content, `UnavailableError` where a release cannot be written; the
    release that was current stays so then.
    """
    started = time.monotonic()
    digest = content_digest(project)
    content = read_content(project)
    with release.building(project.var) as draft:
        outputs = _outputs(project, content, draft, progress)
        Faults([fault for output in outputs for fault in output.faults]).raise_if_any()
        manifest = _draft(project, content, outputs, draft, progress)
        progress("index", 0, 1)
        packs = [languages.get(tag) for tag in project.languages]
        search.build(draft / "search.sqlite", Store.open(draft / "store"), languages=packs)
        manifest |= {"content": digest, "seconds": round(time.monotonic() - started, 1)}
        return release.publish(project.var, draft, manifest, keep=project["releases.keep"])


def check(
    project: Project, dataset_ids: Sequence[str] = (), *, progress: Progress = lambda *_: None
) -> tuple[list[Output], list[Fault]]:
    """Do all that `build` does but publish, for all datasets or those named; return the outputs and every fault found.

    What only shows in the whole, such as a publisher that no dataset describes, is looked for where no dataset is
    named. Raises `InputError` where the content cannot be read, or holds no such dataset.
    """
    content = read_content(project, dataset_ids)
    with release.scratch(project.var) as folder:
        outputs = _outputs(project, content, folder, progress)
        faults = Faults([fault for output in outputs for fault in output.faults])
        if not dataset_ids and not faults.stop:
            with faults.gathered():
                _draft(project, content, outputs, folder, progress)
    return outputs, faults.found


def is_stale(project: Project) -> bool:
    """Tell whether the content, the settings or the engine differ from those of the current release.

    Databases are not asked: to know what has changed in one is to read it all, and they may be out of reach.
    """
    try:
        return Release.current(project.var).manifest.get("content") != content_digest(project)
    except UnavailableError:
        return True


def content_digest(project: Project) -> str:
    """Return one SHA-256 over the engine's version, the settings that a release depends on, and every content file."""
    settings = {name: value for name, value in project.settings.items() if not name.startswith(("server.", "limits."))}
    digest = hashlib.sha256(f"{version('lienket')} {sorted(settings.items())}".encode())
    for folder in (project.ontology, project.mappings, project.shapes):
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            digest.update(f"{file.relative_to(folder)} {release.sha256(file)}\n".encode())
    return digest.hexdigest()


def _outputs(project: Project, content: Content, folder: Path, progress: Progress) -> list[Output]:
    """Map every dataset to N-Quads and hold the quads against the shapes; raises the faults of all at once."""
    outputs = []
    faults = Faults()
    for number, dataset in enumerate(content.datasets):
        progress(dataset.id, number, len(content.datasets))
        with faults.gathered():
            outputs.append(make_output(project, content, dataset, folder))
    progress("", len(content.datasets), len(content.datasets))
    if faults.stop:
        raise InputError(*faults.found, *(fault for output in outputs for fault in output.faults))
    return outputs


def _draft(
    project: Project, content: Content, outputs: Sequence[Output], draft: Path, progress: Progress
) -> dict[str, Any]:
    """Write dumps, store and catalogue into the folder `draft`; return the manifest."""
    manifest = _manifest(project, content, outputs)
    for number, output in enumerate(outputs):
        progress("dumps", number, len(outputs))
        manifest["datasets"][output.dataset.id]["dumps"] = write_dumps(
            output.dataset, output.nquads, output.quads, output.tables, draft / "dumps", content.ontology.prefixes
        )
    _write_reports(outputs, draft)
    progress("store", 0, 1)
    _load(project, content, outputs, manifest, draft)
    return manifest


def _write_reports(outputs: Sequence[Output], draft: Path) -> None:
    """Write what was found in each dataset, for the department that keeps it."""
    (draft / release.REPORTS).mkdir()
    for output in outputs:
        output.report.write(draft / release.REPORTS / f"{output.dataset.id}.jsonl")


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
            "tables": [table.name for table in output.tables if table.is_relative_to(dataset.folder)],
            "rows": output.rows,
            **output.report.figures(),
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
