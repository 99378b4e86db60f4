"""The catalogue and VoID of a release, held against the EU's shapes and what harvesters need."""

from pathlib import Path

import pytest
import rdflib
from rdflib.namespace import DCAT, DCTERMS, FOAF, RDF, VOID

from lienket.release import Release
from lienket.validation import Report, Shapes, read_graph, read_shapes, validate

ROOT = Path(__file__).parent.parent
DCAT_AP = ROOT.parent / "shared" / "suites" / "dcat-ap" / "3.0.1" / "html" / "shacl"
DCAT_AP_SHAPES = ("shapes.ttl", "range.ttl", "deprecateduris.ttl", "mdr-vocabularies.shape.ttl")
BASE = "https://data.songmay.example/"

needs_shapes = pytest.mark.skipif(not DCAT_AP.is_dir(), reason="needs the DCAT-AP shapes under ../shared/suites")


def violations(report: Report) -> list[str]:
    return [f"{r.focus_node} {r.path} {r.value} {r.component}" for r in report.results if r.severity == "error"]


@pytest.fixture(scope="module")
def catalogue(release: Release) -> rdflib.Graph:
    return read_graph([release.path / "catalogue.ttl"])


def dcat_ap(name: str, folder: Path) -> Shapes:
    """Return the EU's shapes; they write sh:shape, a word of drafts, where SHACL has sh:node."""
    mended = folder / name
    mended.write_text((DCAT_AP / name).read_text(encoding="utf-8").replace("sh:shape ", "sh:node "), encoding="utf-8")
    return read_shapes([mended])


@needs_shapes
@pytest.mark.parametrize("name", DCAT_AP_SHAPES)
def test_it_conforms_to_dcat_ap(release: Release, name: str, tmp_path: Path) -> None:
    assert violations(validate([release.path / "catalogue.ttl"], dcat_ap(name, tmp_path))) == []


@needs_shapes
def test_the_shapes_find_what_is_missing(catalogue: rdflib.Graph, tmp_path: Path) -> None:
    """The check above can fail."""
    broken = rdflib.Graph() + catalogue
    broken.remove((None, DCTERMS.title, None))
    broken.serialize(tmp_path / "broken.ttl")
    assert violations(validate([tmp_path / "broken.ttl"], dcat_ap("shapes.ttl", tmp_path)))


def test_every_dataset_has_what_people_and_harvesters_ask_for(catalogue: rdflib.Graph) -> None:
    datasets = set(catalogue.objects(rdflib.URIRef(BASE + "catalog"), DCAT.dataset))
    assert {str(dataset) for dataset in datasets} == {BASE + "dataset/" + d for d in ("agencies", "clinics", "units")}
    for dataset in datasets:
        for language in ("vi", "en"):
            for predicate in (DCTERMS.title, DCTERMS.description, DCAT.keyword):
                assert any(o.language == language for o in catalogue.objects(dataset, predicate))  # type: ignore[attr-defined]
        for predicate in (DCTERMS.identifier, DCTERMS.publisher, DCTERMS.license, DCTERMS.modified, DCAT.contactPoint):
            assert catalogue.value(dataset, predicate) is not None
        publisher = catalogue.value(dataset, DCTERMS.publisher)
        assert catalogue.value(publisher, FOAF.name) is not None


def test_distributions_are_the_files_of_the_release(catalogue: rdflib.Graph, release: Release) -> None:
    sizes = {
        str(catalogue.value(distribution, DCAT.downloadURL)): int(str(catalogue.value(distribution, DCAT.byteSize)))
        for distribution in catalogue.subjects(RDF.type, DCAT.Distribution)
        if catalogue.value(distribution, DCAT.downloadURL)
    }
    files = {BASE + "dumps/" + path.name: path.stat().st_size for path in release.dumps.iterdir()}
    assert sizes == files


def test_void_counts_classes_and_properties(release: Release) -> None:
    void = read_graph([release.path / "void.ttl"])
    clinics = rdflib.URIRef(BASE + "dataset/clinics")
    counts = {
        str(void.value(part, VOID["class"])): int(str(void.value(part, VOID.entities)))
        for part in void.objects(clinics, VOID.classPartition)
    }
    assert counts[BASE + "ontology/Clinic"] == 3
    assert int(str(void.value(clinics, VOID.triples))) == release.manifest["graphs"][str(clinics)]
