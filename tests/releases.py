"""Small releases made of hand-written quads, for tests that need no mapping."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pyoxigraph as ox

from lienket.build import indexing
from lienket.languages import Language
from lienket.project import Project
from lienket.releases import statements
from lienket.releases.release import Release, building, publish, seal
from lienket.store import Store

BASE_IRI = "https://data.example.org/"

SETTINGS = f"""
base_iri = "{BASE_IRI}"
languages = ["vi", "en"]
title = {{ vi = "Dữ liệu thử", en = "Test data" }}
description = {{ vi = "Vài câu để thử.", en = "A few statements to test with." }}
publisher = {{ iri = "id/agency/test", name = {{ vi = "Nhóm thử", en = "Testers" }} }}
"""


def make_project(folder: Path, settings: str = "") -> Project:
    """Return a deployment in `folder` that has settings and nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lienket.toml").write_text(SETTINGS + settings, encoding="utf-8")
    return Project.read(folder)


def publish_quads(project: Project, nquads: str) -> Release:
    """Publish a release of the quads given as N-Quads."""
    with building(project.var) as draft:
        lines = _written(nquads, draft / "quads.nq")
        store = Store.create(draft / "store")
        store.load([lines])
        store.close()
        quads = set(ox.parse(path=str(lines), format=ox.RdfFormat.N_QUADS, lenient=True))
        graphs = Counter(quad.graph_name.value for quad in quads if isinstance(quad.graph_name, ox.NamedNode))
        lines.unlink()
        manifest = {"quads": len(quads), "graphs": dict(graphs), "datasets": {}, "software": {}}
        return publish(project.var, seal(project.var, draft, manifest), keep=5)


def write_index(path: Path, nquads: str, languages: Sequence[Language]) -> int:
    """Write the index of the quads given as N-Quads; return the number of entries."""
    lines = _written(nquads, path.with_name("index.nq"))
    count = indexing.build(path, statements.about([lines], indexing.PREDICATES), languages=languages)
    lines.unlink()
    return count


def _written(nquads: str, path: Path) -> Path:
    """Write N-Quads as a mapping does: no empty lines, each line once, in order."""
    path.write_text("".join(f"{line}\n" for line in nquads.splitlines() if line.strip()), encoding="utf-8")
    statements.sort(path)
    return path
