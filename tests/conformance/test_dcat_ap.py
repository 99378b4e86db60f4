"""The EU's DCAT-AP shapes <https://semiceu.github.io/DCAT-AP/releases/3.0.1/> over the deployments' catalogues."""

from typing import Any

import pytest
import rdflib
from rdflib.namespace import DCTERMS

from lienket.release import Release
from lienket.validation import Report
from lienket.validation.reference import validate_graph
from lienket.validation.shapes import Shapes, read_graph

from .suites import FOLDER, case

SHAPES = FOLDER / "dcat-ap" / "3.0.1" / "html" / "shacl"
FILES = ("shapes.ttl", "range.ttl", "deprecateduris.ttl", "mdr-vocabularies.shape.ttl")

needs_shapes = pytest.mark.skipif(not SHAPES.is_dir(), reason="the published suites are not beside this repository")


def parameters() -> list[Any]:
    return [pytest.param(name, id=name, marks=case("dcat-ap", name)) for name in FILES if SHAPES.is_dir()]


def violations(report: Report) -> list[str]:
    return [f"{r.focus_node} {r.path} {r.value} {r.component}" for r in report.results if r.severity == "error"]


@pytest.mark.parametrize("name", parameters())
def test_the_catalogues_conform(release: Release, hue: Release, name: str) -> None:
    shapes = Shapes(read_graph([SHAPES / name]), (SHAPES / name,))
    for deployment in (release, hue):
        catalogue = read_graph([deployment.path / "catalogue.ttl"])
        assert violations(validate_graph(catalogue, shapes, rdflib.Graph())) == []


@needs_shapes
def test_the_shapes_find_what_is_missing(release: Release) -> None:
    """The check above can fail."""
    broken = read_graph([release.path / "catalogue.ttl"])
    broken.remove((None, DCTERMS.title, None))
    shapes = Shapes(read_graph([SHAPES / "shapes.ttl"]), ())
    assert violations(validate_graph(broken, shapes, rdflib.Graph()))
