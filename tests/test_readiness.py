"""The metadata score and the page that says how far each department is."""

import csv
import io

import pytest
from flask.testing import FlaskClient

from lienket import scoring
from lienket.project import Project
from lienket.releases.release import Release
from lienket.web import create_app

BROWSER = "text/html"


def test_the_metric_has_as_many_points_as_the_european_one() -> None:
    """By <https://data.europa.eu/mqa/methodology>: 405 points in five dimensions."""
    assert scoring.MOST == 405
    assert [scoring.most_of(name) for name in scoring.DIMENSIONS] == [100, 100, 110, 75, 20]


def test_every_dataset_of_the_deployment_is_excellent(hue: Release) -> None:
    for dataset, facts in hue.manifest["datasets"].items():
        assert scoring.total(facts["score"]) >= 380, (dataset, scoring.missing(facts["score"]))


def test_missing_points_come_with_advice(release: Release) -> None:
    for facts in release.manifest["datasets"].values():
        lacking = scoring.missing(facts["score"])
        assert (
            scoring.total(facts["score"])
            + sum(metric.points - facts["score"].get(metric.name, 0) for metric in lacking)
            == scoring.MOST
        )
        assert all(metric.advice for metric in lacking)


@pytest.mark.parametrize(("language", "words"), [("vi", "Mức sẵn sàng của các đơn vị"), ("en", "Readiness of the")])
def test_the_page_tells_every_dataset_and_the_table_the_same(
    client: FlaskClient, release: Release, language: str, words: str
) -> None:
    page = client.get(f"/readiness?lang={language}", headers={"Accept": BROWSER})
    assert page.status_code == 200
    assert words in page.text
    table = client.get(f"/readiness.csv?lang={language}")
    assert table.mimetype == "text/csv"
    header, *rows = csv.reader(io.StringIO(table.text.removeprefix("\ufeff"), newline=""))
    assert len(header) == len(rows[0])
    by_address = {row[2].rsplit("/", 1)[1]: row for row in rows}
    assert by_address.keys() == release.manifest["datasets"].keys()
    for dataset, facts in release.manifest["datasets"].items():
        assert by_address[dataset][3] == str(facts["rows"])
        assert by_address[dataset][6] == str(scoring.total(facts["score"]))
        assert f"/dataset/{dataset}" in page.text


def test_the_score_is_in_the_catalogue_and_on_the_page(hue_project: Project, hue: Release) -> None:
    client = create_app(hue_project).test_client()
    data = client.get("/dataset/monuments.ttl").text
    points = scoring.total(hue.manifest["datasets"]["monuments"]["score"])
    assert "isMeasurementOf" in data
    assert f"{points}" in client.get("/dataset/monuments", headers={"Accept": BROWSER}).text
