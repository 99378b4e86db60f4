"""The report of a dataset: on its page, as a table and as SHACL's report the same cells, under the same identifiers."""

import csv
import io
import re
import shutil
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import RdfFormat, parse

from lienket import languages
from lienket.build import build
from lienket.errors import SEVERITIES, Fault, UnavailableError
from lienket.project import Project
from lienket.quality import Report, report_of, sections
from lienket.releases.release import Release
from lienket.store import Store
from lienket.vocabulary import SH
from lienket.web import create_app

from .conftest import PROVINCE

PAGE = "/dataset/clinics/quality"


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The province with two clinics that have no founding date, built twice; in the second release with one."""
    folder = tmp_path_factory.mktemp("quality") / "province"
    shutil.copytree(PROVINCE, folder, ignore=shutil.ignore_patterns("var"))
    project = Project.read(folder)
    table = project.mappings / "health" / "clinics" / "clinics.csv"
    for date in ("1/7/1995", "03/11/2011"):
        text = table.read_text(encoding="utf-8")
        assert date in text
        table.write_text(text.replace(date, ""), encoding="utf-8")
        build(project)
    return project


@pytest.fixture(scope="module")
def visitor(deployment: Project) -> FlaskClient:
    return create_app(deployment).test_client()


def page(visitor: FlaskClient, address: str, language: str = "vi") -> str:
    answer = visitor.get(address, headers={"Accept": "text/html", "Accept-Language": language})
    assert answer.status_code == 200
    return answer.text


def test_the_page_says_column_rule_and_rows(visitor: FlaskClient) -> None:
    text = page(visitor, PAGE)
    assert "Cột <bdi>Ngày thành lập</bdi>" in text
    assert "2 cảnh báo" in text
    assert "Nên có ngày thành lập, ví dụ 1/7/1995." in text
    assert re.findall(r'<th scope="row">(\d+)</th>', text) == ["2", "4"]
    assert "<dt>Hàng nhận</dt><dd>3</dd>" in text
    assert "<dt>Hàng khác cần xem lại</dt><dd>2</dd>" in text
    assert "The founding date should be given" in page(visitor, PAGE, "en")


def test_the_page_of_the_dataset_leads_to_it(visitor: FlaskClient) -> None:
    text = page(visitor, "/dataset/clinics")
    assert '<a href="/dataset/clinics/quality">2 hàng cần xem lại</a>' in text
    assert '<a href="/dataset/units/quality">Không thấy có gì sai</a>' in page(visitor, "/dataset/units")
    assert "Không thấy có gì sai" in page(visitor, "/dataset/units/quality")


def test_without_script_the_address_narrows(visitor: FlaskClient) -> None:
    def is_hidden(query: str) -> bool:
        return bool(re.search(r"data-column=[^>]* hidden", page(visitor, PAGE + query)))

    assert not is_hidden("?severity=warning&column=clinics.csv / Ngày thành lập")
    assert is_hidden("?severity=note")
    assert not is_hidden("?severity=<b>&column=nowhere")


def test_every_form_has_the_same_identifiers(visitor: FlaskClient) -> None:
    rows = list(csv.DictReader(io.StringIO(visitor.get(PAGE + ".csv").text.removeprefix("\ufeff"))))
    assert [(row["tệp"], row["hàng"], row["cột"], row["mức độ"]) for row in rows] == [
        ("clinics.csv", "2", "Ngày thành lập", "cảnh báo"),
        ("clinics.csv", "4", "Ngày thành lập", "cảnh báo"),
    ]
    triples = list(parse(visitor.get(PAGE + ".ttl").data, format=RdfFormat.TURTLE))
    about = {quad.subject.value: quad.object.value for quad in triples if quad.predicate.value == SH + "focusNode"}
    iri = "https://data.songmay.example/dataset/clinics/quality#"
    assert about == {
        iri + rows[0]["mã"]: "https://data.songmay.example/id/clinic/K01",
        iri + rows[1]["mã"]: "https://data.songmay.example/id/clinic/K03",
    }
    assert all(f'id="{row["mã"]}"' in page(visitor, PAGE) for row in rows)
    english = visitor.get(PAGE + ".csv?lang=en").text
    assert english.startswith("\ufefffile,sheet,row")


def test_the_chart_shows_the_releases_that_are_kept(visitor: FlaskClient) -> None:
    chart = re.search(r"<figure class=\"trend\">.*?</figure>", page(visitor, PAGE), re.DOTALL)
    assert chart
    assert re.findall(r"<text x=\"\d+\" y=\"[0-9.]+\">(\d+)</text>", chart[0]) == ["1", "2"]


def test_nothing_says_where_the_machine_keeps_its_files(deployment: Project, visitor: FlaskClient) -> None:
    report = Release.current(deployment.var).report_path("clinics").read_text(encoding="utf-8")
    assert str(deployment.root) not in report
    assert str(deployment.root) not in page(visitor, PAGE)


def test_a_dataset_that_is_not_there_has_no_report(visitor: FlaskClient) -> None:
    assert visitor.get("/dataset/nothing/quality").status_code == 404
    assert visitor.get(PAGE + ".xyz").status_code in (404, 406)


def test_a_report_that_is_damaged_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").write_text('{"dataset": "x"}\n[1]\n', encoding="utf-8")
    with pytest.raises(UnavailableError):
        Report.read(tmp_path / "r.jsonl")


texts = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
faults = st.builds(
    Fault,
    message=st.sampled_from(["is no date", "is missing", "is used in row {first}"]),
    file=st.sampled_from([None, "a.csv", "b.csv"]),
    row=st.none() | st.integers(1, 9),
    column=texts,
    text=texts,
    values=st.just({"first": 2}),
    severity=st.sampled_from(SEVERITIES),
    because=st.none() | st.just(Fault("is not 1", values={"a": 1})),
)


@given(st.lists(faults, max_size=12))
def test_a_report_is_read_as_it_was_written(tmp_path_factory: pytest.TempPathFactory, found: list[Fault]) -> None:
    report = report_of("x", [("a.csv", None, 9), ("b.csv", None, 9)], found)
    path = tmp_path_factory.mktemp("report") / "x.jsonl"
    report.write(path)
    assert Report.read(path) == report
    assert len({finding.id for finding in report.findings}) == len(found)
    assert all(0 <= table.at_fault + table.remarked <= table.rows for table in report.tables)


def test_the_catalogue_measures_each_dataset(deployment: Project, visitor: FlaskClient) -> None:
    asked = """PREFIX dqv: <http://www.w3.org/ns/dqv#>
        SELECT ?metric ?value WHERE { GRAPH ?g { <https://data.songmay.example/dataset/clinics>
            dqv:hasQualityMeasurement ?m . ?m dqv:isMeasurementOf ?metric ; dqv:value ?value ; dqv:computedOn ?d } }"""
    found = {
        row["metric"].value.rpartition("#")[2]: row["value"].value  # type: ignore[union-attr]
        for row in Store.open(Release.current(deployment.var).store_path).select(asked)
    }
    assert found.items() >= {"rows": "3", "rows-at-fault": "2", "warnings": "2"}.items()
    points = {name: int(number) for name, number in found.items() if name.startswith("metadata-")}
    assert len(points) == 6
    assert sum(points.values()) == 2 * points["metadata-score"]
    assert "dqv:QualityMeasurement" in visitor.get("/dataset/clinics.ttl").text


def test_a_rule_and_the_engines_own_words_are_each_said_once() -> None:
    pack = languages.get("en")

    def group(*whys: str) -> tuple[str, str]:
        faults = [Fault("Must be odd.", "t.csv", row, "Số", "2", because=Fault(why)) for row, why in enumerate(whys, 2)]
        report = report_of("t", [("t.csv", None, 9)], faults, str)
        (section,) = sections(report.findings, pack)
        (one,) = section.groups
        return one.rule, one.because

    assert group("is even", "is even") == ("Must be odd.", "is even")
    assert group("is even", "is 4") == ("Must be odd.", "")  # the rows say why, each for itself


def test_the_page_says_which_inner_rule_is_broken(tmp_path: Path) -> None:
    folder = tmp_path / "province"
    shutil.copytree(PROVINCE, folder, ignore=shutil.ignore_patterns("var"))
    (folder / "shapes" / "either.ttl").write_text(
        """
        @prefix sh: <http://www.w3.org/ns/shacl#> .
        @prefix sm: <https://data.songmay.example/ontology/> .
        sm:Either a sh:NodeShape ; sh:targetClass sm:Clinic ; sh:severity sh:Warning ;
            sh:message "Một trong hai điều phải đúng."@vi , "One of two things must hold."@en ;
            sh:or ( [ sh:path sm:bedCount ; sh:minInclusive 100000 ] [ sh:path sm:fee ; sh:minCount 9 ] ) .
        """,
        encoding="utf-8",
    )
    visitor = create_app(_built(folder)).test_client()
    reasons = {
        "vi": ("Một trong hai điều phải đúng.", "fee: có 1 giá trị, cần ít nhất 9"),
        "en": ("One of two things must hold.", "fee: has 1 values, and at least 9 are needed"),
    }
    for language, (rule, reason) in reasons.items():
        text = page(visitor, PAGE, language)
        assert text.count(rule) == 1  # the rows say only what is different in them
        assert "bedCount: “" in text
        assert reason in text


def _built(folder: Path) -> Project:
    project = Project.read(folder)
    build(project)
    return project
