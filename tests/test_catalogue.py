"""The catalogue and VoID of a release, held against the EU's shapes and what harvesters need."""

from pathlib import Path

import pytest
import rdflib
from rdflib.namespace import DCAT, DCTERMS, FOAF, RDF, VOID

from lienket.releases.release import Release
from lienket.validation import read_graph

ROOT = Path(__file__).parent.parent
BASE = "https://data.songmay.example/"


@pytest.fixture(scope="module")
def catalogue(release: Release) -> rdflib.Graph:
    return read_graph([release.path / "catalogue.nt"])


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
    columns = {str(page) for page in catalogue.objects(None, FOAF.page)}
    assert len(columns) == 3  # of each dataset's tables; they describe data and are none
    assert sizes == {address: size for address, size in files.items() if address not in columns}
    assert columns <= files.keys()


def test_void_counts_classes_and_properties(release: Release) -> None:
    void = read_graph([release.path / "void.ttl"])
    clinics = rdflib.URIRef(BASE + "dataset/clinics")
    counts = {
        str(void.value(part, VOID["class"])): int(str(void.value(part, VOID.entities)))
        for part in void.objects(clinics, VOID.classPartition)
    }
    assert counts[BASE + "ontology/Clinic"] == 3
    assert int(str(void.value(clinics, VOID.triples))) == release.manifest["graphs"][str(clinics)]
