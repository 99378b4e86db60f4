"""The EU's DCAT-AP shapes <https://semiceu.github.io/DCAT-AP/releases/3.0.1/> over the deployments' catalogues."""

from pathlib import Path
from typing import Any

import pytest
from rdflib.namespace import DCTERMS

from lienket.releases.release import Release
from lienket.validation import Report, Shapes, read_graph, read_shapes, validate

from .suites import FOLDER, case

SHAPES = FOLDER / "dcat-ap" / "3.0.1" / "html" / "shacl"
FILES = ("shapes.ttl", "range.ttl", "deprecateduris.ttl", "mdr-vocabularies.shape.ttl")

needs_shapes = pytest.mark.skipif(not SHAPES.is_dir(), reason="the published suites are not beside this repository")


def parameters() -> list[Any]:
    return [pytest.param(name, id=name, marks=case("dcat-ap", name)) for name in FILES if SHAPES.is_dir()]


def violations(report: Report) -> list[str]:
    return [f"{r.focus_node} {r.path} {r.value} {r.component}" for r in report.results if r.severity == "error"]


def shapes(name: str, folder: Path) -> Shapes:
    """Return the EU's shapes; they write sh:shape, a word of drafts, where SHACL has sh:node."""
    mended = folder / name
    mended.write_text((SHAPES / name).read_text(encoding="utf-8").replace("sh:shape ", "sh:node "), encoding="utf-8")
    return read_shapes([mended])


@pytest.mark.parametrize("name", parameters())
def test_the_catalogues_conform(release: Release, hue: Release, name: str, tmp_path: Path) -> None:
    for deployment in (release, hue):
        assert violations(validate([deployment.path / "catalogue.nt"], shapes(name, tmp_path))) == []


@needs_shapes
def test_the_shapes_find_what_is_missing(release: Release, tmp_path: Path) -> None:
    """The check above can fail."""
    broken = read_graph([release.path / "catalogue.nt"])
    broken.remove((None, DCTERMS.title, None))
    broken.serialize(tmp_path / "broken.ttl")
    assert violations(validate([tmp_path / "broken.ttl"], shapes("shapes.ttl", tmp_path)))
