"""What one dataset refers to in another is looked up in the whole release, by `build` and by `check`."""

import re
from pathlib import Path

import pytest

from lienket.build import build, check
from lienket.errors import Fault, InputError
from lienket.project import Project
from lienket.quality import Report
from lienket.releases.release import Release
from tests.deployments import THINGS, Row, write_dataset, write_deployment, write_table

ONTOLOGY = """
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix ex: <https://data.example.org/ontology/> .

ex:Ward a owl:Class ;
    rdfs:label "Phường"@vi , "Ward"@en ; skos:definition "Một phường."@vi , "A ward."@en .
ex:inWard a owl:ObjectProperty ;
    rdfs:label "Thuộc phường"@vi , "In ward"@en ; skos:definition "Phường nào."@vi , "Which ward."@en .
"""
SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix ex: <https://data.example.org/ontology/> .

<https://data.example.org/shapes/InWard> a sh:NodeShape ; sh:targetSubjectsOf ex:inWard ;
    sh:property [ sh:path ex:inWard ; sh:class ex:Ward ;
        sh:message "Phường phải có trong danh mục phường."@vi , "The ward must be in the list of wards."@en ] .
"""
WARDS = THINGS.replace("id/thing/", "id/ward/").replace("ex:Thing", "ex:Ward")
IN_WARDS = THINGS.replace(
    "[ rml:predicate schema:validThrough",
    '[ rml:predicate ex:inWard ; rml:objectMap [ rml:template "id/ward/{{ward}}" ] ] ,\n'
    "        [ rml:predicate schema:validThrough",
)
COLUMNS = ("id", "name", "amount", "until")
UNCHECKED = ("bridges", "markets", "towers")


def wards(*ids: str) -> list[Row]:
    return [{"id": ward, "name": f"Phường {ward}", "amount": "1", "until": ""} for ward in ids]


def things(prefix: str, *its: str) -> list[Row]:
    return [{"id": f"{prefix}{n}", "name": f"Vật {n}", "amount": "1", "until": "", "ward": ward}
            for n, ward in enumerate(its, 1)]  # fmt: skip


def table_of(project: Project, id_: str) -> Path:
    return project.mappings / "office" / id_ / f"{id_}.csv"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Wards, and three datasets that are in wards: one before them by name and two after, of which one is elsewhere."""
    project = write_deployment(tmp_path)
    (tmp_path / "ontology/w.ttl").write_text(ONTOLOGY, encoding="utf-8")
    (tmp_path / "shapes/w.ttl").write_text(SHAPES, encoding="utf-8")
    write_dataset(tmp_path, "listed", WARDS, wards("w1", "w2", "w3"), COLUMNS)
    write_dataset(tmp_path, "bridges", IN_WARDS, things("b", "w1", "w2"), (*COLUMNS, "ward"))
    write_dataset(tmp_path, "markets", IN_WARDS, things("m", "w2", "w3", "w3"), (*COLUMNS, "ward"))
    write_dataset(tmp_path, "towers", IN_WARDS, things("t", "w1"), (*COLUMNS, "ward"))
    return project


class Told:
    """Gathers what a build says that it is doing."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, what: str, done: int, total: int) -> None:
        if what in ("listed", *UNCHECKED):
            self.names.append(what)

    @property
    def touched(self) -> set[str]:
        return set(self.names)


def cells(faults: list[Fault]) -> list[tuple[str, int | None, str | None, str | None]]:
    return sorted((Path(f.file or "").name, f.row, f.column, f.text) for f in faults if f.severity == "error")


def refused(project: Project, told: Told | None = None) -> list[Fault]:
    with pytest.raises(InputError) as caught:
        build(project, progress=told or Told())
    return list(caught.value.faults)


def test_a_reference_into_another_dataset_passes_and_one_to_nothing_is_named_at_its_cell(project: Project) -> None:
    build(project)
    write_table(table_of(project, "markets"), things("m", "w2", "w9", "w3"), (*COLUMNS, "ward"))
    faults = refused(project)
    assert cells(faults) == [("markets.csv", 3, "ward", "w9")]
    assert "The ward must be in the list of wards." in str(faults[0])


def test_what_goes_in_one_dataset_is_named_in_those_that_point_at_it(project: Project) -> None:
    before = build(project)
    write_table(table_of(project, "listed"), wards("w1", "w2"), COLUMNS)
    told = Told()
    assert cells(refused(project, told)) == [("markets.csv", 3, "ward", "w3"), ("markets.csv", 4, "ward", "w3")]
    assert told.touched == {"listed", "markets"}  # the others point at other wards
    assert Release.current(project.var) == before
    write_table(table_of(project, "markets"), things("m", "w2", "w1", "w1"), (*COLUMNS, "ward"))
    after = build(project)
    assert after != before
    assert after.told_path("towers").samefile(before.told_path("towers"))


def test_only_those_are_validated_again_whom_a_change_concerns(project: Project) -> None:
    build(project)
    renamed = [{**row, "name": f"{row['name']} mới"} for row in wards("w1", "w2", "w3")]
    told = Told()
    write_table(table_of(project, "listed"), renamed, COLUMNS)
    build(project, progress=told)
    assert told.touched == {"listed"}  # a name is not looked up
    told = Told()
    write_table(table_of(project, "listed"), [*renamed, *wards("w4")], COLUMNS)
    build(project, progress=told)
    assert told.touched == {"listed"}  # nobody has pointed at it


def test_a_warning_goes_when_another_dataset_mends_it(project: Project) -> None:
    shapes = project.shapes / "w.ttl"
    shapes.write_text(SHAPES.replace("sh:class", "sh:severity sh:Warning ; sh:class"), encoding="utf-8")
    write_table(table_of(project, "towers"), things("t", "w1", "w9"), (*COLUMNS, "ward"))
    before = build(project)
    assert Report.read(before.report_path("towers")).count("warning") == 1
    write_table(table_of(project, "listed"), wards("w1", "w2", "w3", "w9"), COLUMNS)
    told = Told()
    after = build(project, progress=told)
    assert told.touched == {"listed", "towers"}
    assert Report.read(after.report_path("towers")).findings == ()
    assert after.manifest["changes"].keys() == {"listed"}
    assert after.manifest["datasets"]["towers"]["warnings"] == 0
    assert build(project) == after


def test_a_dataset_that_is_taken_away_is_missed(project: Project) -> None:
    build(project)
    for path in table_of(project, "listed").parent.iterdir():
        path.unlink()
    table_of(project, "listed").parent.rmdir()
    assert {file for file, *_ in cells(refused(project))} == {f"{name}.csv" for name in UNCHECKED}


def test_one_dataset_is_checked_against_what_the_others_say_now(project: Project) -> None:
    assert cells(check(project, ["markets"])[1]) == []  # before there is any release
    build(project)
    write_table(table_of(project, "listed"), wards("w1", "w2", "w9"), COLUMNS)
    write_table(table_of(project, "markets"), things("m", "w2", "w9", "w3"), (*COLUMNS, "ward"))
    assert cells(check(project, ["markets"])[1]) == [("markets.csv", 4, "ward", "w3")]
    told = Told()
    check(project, ["towers"], progress=told)
    assert told.touched == {"towers", "listed", "markets"}  # bridges are as they were released


def test_another_departments_broken_table_is_in_nobodys_way(project: Project) -> None:
    build(project)
    broken = table_of(project, "listed")
    broken.write_text("mã,tên\n1,2\n", encoding="utf-8")
    outputs, faults = check(project, ["markets"])
    assert [output.dataset.id for output in outputs] == ["markets"]
    assert [(f.severity, f.message.partition(";")[0]) for f in faults] == [("note", "cannot be mapped")]
    assert {Path(f.file or "").name for f in refused(project)} == {"listed", "listed.csv"}
    rules = broken.with_name("listed.rml.ttl")
    rules.write_text(re.sub("rml:class", "rml:clas", rules.read_text(encoding="utf-8")), encoding="utf-8")
    assert [f.severity for f in check(project, ["markets"])[1]] == ["note"]
