"""From content to a release: what comes out, and what stops it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lienket.build import build, check, is_stale
from lienket.errors import InputError
from lienket.project import Project
from lienket.releases.release import Release
from lienket.store import Store

from .conftest import PROVINCE

CLINICS = "mappings/health/clinics/clinics.csv"
CLINIC_RULES = "mappings/health/clinics/clinics.rml.ttl"


@pytest.fixture
def deployment(tmp_path: Path) -> Project:
    """A copy of the invented province, to break."""
    folder = tmp_path / "province"
    shutil.copytree(PROVINCE, folder, ignore=shutil.ignore_patterns("var"))
    return Project.read(folder)


def edit(project: Project, name: str, change: Callable[[str], str]) -> None:
    """Change one file of a deployment; the change must change something."""
    path = project.root / name
    before = path.read_text(encoding="utf-8")
    after = change(before)
    assert after != before
    path.write_text(after, encoding="utf-8")


def refusal(project: Project) -> str:
    """Build, which must be refused, and return what was said."""
    with pytest.raises(InputError) as caught:
        build(project)
    return str(caught.value)


def test_a_release_holds_a_graph_for_each_dataset(release: Release) -> None:
    graphs = release.manifest["graphs"]
    base = "https://data.songmay.example/"
    for name in ("dataset/agencies", "dataset/clinics", "dataset/units", "ontology", "shapes", "catalog", "void"):
        assert graphs[base + name] > 0
    assert release.manifest["quads"] == sum(graphs.values())


def test_what_clerks_type_becomes_correct_rdf(release: Release) -> None:
    rows = Store.open(release.store_path).select(
        """
        PREFIX sm: <https://data.songmay.example/ontology/>
        PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
        SELECT ?name ?beds ?fee WHERE { GRAPH <https://data.songmay.example/dataset/clinics> {
            <https://data.songmay.example/id/clinic/K02> skos:prefLabel ?name ; sm:bedCount ?beds ; sm:fee ?fee } }
        """
    )
    assert [(row["name"].value, row["beds"].value, row["fee"].value) for row in rows] == [  # type: ignore[union-attr]
        ("Phòng khám Đá Trắng", "1250", "0")
    ]


def test_a_place_that_is_not_known_is_no_place(release: Release) -> None:
    store = Store.open(release.store_path)
    assert not store.ask("ASK { GRAPH ?g { <https://data.songmay.example/id/geometry/clinic-K03> ?p ?o } }")


def test_a_triple_of_two_graphs_is_one_in_their_union(release: Release) -> None:
    store = Store.open(release.store_path)
    (named,) = store.select(
        "SELECT (COUNT(*) AS ?n) WHERE { SELECT DISTINCT ?s ?p ?o WHERE { GRAPH ?g { ?s ?p ?o } } }"
    )
    (quads,) = store.select("SELECT (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } }")
    (union,) = store.select("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }")
    assert union == named
    assert union != quads  # a dataset's title is in the catalogue and in the VoID description


def test_one_bad_cell_stops_the_publication_and_is_named(deployment: Project) -> None:
    published = build(deployment)
    edit(deployment, CLINICS, lambda text: text.replace("15-02-2004", "31-02-2004"))
    said = refusal(deployment)
    assert said.count("clinics.csv, row 3, column Ngày thành lập") == 1
    assert "clinics.csv, row 3, column Ngày thành lập: “31-02-2004”" in said
    assert Release.current(deployment.var) == published
    assert not (deployment.var / "building").exists()


def test_a_broken_shape_names_node_path_and_the_cell(deployment: Project) -> None:
    edit(deployment, CLINICS, lambda text: text.replace("1.250", "9.250"))
    said = refusal(deployment)
    assert "clinics.csv, row 3, column Số giường: “9.250” Beds must be between 0 and 2,000, e.g. 12." in said


def test_a_missing_value_names_the_row_and_the_empty_column(deployment: Project) -> None:
    edit(deployment, CLINICS, lambda text: text.replace("Phòng khám Ðá Trắng", ""))
    assert "clinics.csv, row 3, column Tên cơ sở: Each clinic needs a name." in refusal(deployment)


def test_a_warning_does_not_stop_the_publication(deployment: Project) -> None:
    edit(deployment, CLINICS, lambda text: text.replace("1/7/1995", ""))
    assert build(deployment).manifest["datasets"]["clinics"]["warnings"] == 1
    _, faults = check(deployment, ["clinics"])
    assert [fault.severity for fault in faults] == ["warning"]


def test_an_empty_key_stops_the_publication(deployment: Project) -> None:
    edit(deployment, CLINICS, lambda text: text.replace("K02,", ","))
    assert "clinics.csv, row 3, column Mã cơ sở: is empty" in refusal(deployment)


def test_a_table_without_rows_stops_the_publication(deployment: Project) -> None:
    edit(deployment, CLINICS, lambda text: text.splitlines()[0] + "\n")
    assert "makes no statement" in refusal(deployment)


def test_a_dataset_writes_into_its_own_graph_alone(deployment: Project) -> None:
    graph = "; rml:graph <https://data.songmay.example/dataset/units> ; rml:class sm:Clinic"
    edit(deployment, CLINIC_RULES, lambda text: text.replace("; rml:class sm:Clinic", graph))
    assert "writes into the graph <https://data.songmay.example/dataset/units>" in refusal(deployment)


def test_a_description_speaks_of_its_own_dataset_alone(deployment: Project) -> None:
    said = '<https://data.songmay.example/dataset/units> dct:title "x"@vi . <> dct:modified "1999-01-01" .'
    edit(deployment, "mappings/health/clinics/dataset.ttl", lambda text: text + said)
    refused = refusal(deployment)
    assert "speaks of https://data.songmay.example/dataset/units" in refused
    assert "states http://purl.org/dc/terms/modified" in refused


def test_without_shapes_nothing_is_published(deployment: Project) -> None:
    shutil.rmtree(deployment.shapes)
    assert "shapes: is no folder" in refusal(deployment)


def test_faults_of_several_datasets_are_said_at_once(deployment: Project) -> None:
    (deployment.root / CLINICS).unlink()
    (deployment.root / "mappings/office/agencies/agencies.csv").unlink()
    said = refusal(deployment)
    assert "clinics.csv" in said
    assert "agencies.csv" in said


def test_tables_of_any_name_can_be_downloaded(deployment: Project) -> None:
    folder = deployment.root / "mappings/health/clinics"
    (folder / "clinics.csv").rename(folder / "cơ sở [2025].csv")
    edit(
        deployment,
        "mappings/health/clinics/clinics.rml.ttl",
        lambda text: text.replace('clinics.csv"', 'cơ sở [2025].csv"'),
    )
    published = build(deployment)
    names = [dump["file"] for dump in published.manifest["datasets"]["clinics"]["dumps"]]
    assert "clinics.cơ_sở_2025_.csv" in names


def test_staleness_is_told_by_content(deployment: Project) -> None:
    assert is_stale(deployment)
    build(deployment)
    assert not is_stale(deployment)
    edit(deployment, CLINICS, lambda text: text.replace("12,", "13,"))
    assert is_stale(deployment)


def test_all_faults_of_all_files_are_said_at_once(deployment: Project) -> None:
    edit(deployment, "ontology/songmay.ttl", lambda text: text.replace("sm:fee a owl", "sm:fee a a owl"))
    edit(deployment, "shapes/clinic.ttl", lambda text: text.replace("sh:minCount", "sh:minCout"))
    edit(deployment, "mappings/office/agencies/dataset.ttl", lambda text: text.replace("dct:license", "dct:licence"))
    edit(deployment, CLINIC_RULES, lambda text: text.replace("rml:subjectMap", "rml:sub"))
    said = refusal(deployment)
    for words in ("songmay.ttl, row", "sh:minCout", "dct:license is missing", "clinics.rml.ttl"):
        assert words in said


def test_a_missing_column_is_named_with_those_that_exist(deployment: Project) -> None:
    edit(deployment, CLINIC_RULES, lambda text: text.replace('"Số giường"', '"Số gường"'))
    said = refusal(deployment)
    assert "Số gường" in said
    assert "Số giường" in said
    assert "clinics.csv" in said


def test_a_missing_table_is_named(deployment: Project) -> None:
    (deployment.root / CLINICS).unlink()
    assert "clinics.csv" in refusal(deployment)


def test_an_undefined_term_is_named(deployment: Project) -> None:
    edit(deployment, CLINIC_RULES, lambda text: text.replace("sm:fee", "sm:fees"))
    assert "https://data.songmay.example/ontology/fees, which the ontology does not define" in refusal(deployment)


def test_an_expected_quad_that_is_not_made_is_named(deployment: Project) -> None:
    edit(deployment, CLINICS, lambda text: text.replace("1.250", "1.251"))
    said = refusal(deployment)
    assert "expected.nq" in said
    assert '"1250"' in said


def test_a_publisher_nobody_describes_is_named(deployment: Project) -> None:
    edit(deployment, "mappings/health/clinics/dataset.ttl", lambda text: text.replace("agency/health", "agency/helth"))
    assert "agency/helth has no name in any dataset" in refusal(deployment)


def test_an_unchanged_dataset_keeps_its_date_and_digest(deployment: Project) -> None:
    first, second = build(deployment), build(deployment)
    assert first.manifest["datasets"] == second.manifest["datasets"]


def test_check_of_an_unknown_dataset_names_those_there_are(deployment: Project) -> None:
    with pytest.raises(InputError, match="agencies, clinics, units"):
        check(deployment, ["clinic"])
