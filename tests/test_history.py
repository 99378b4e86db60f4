"""What a unit is today and was on a day, as JSON and as the drawing on its page."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from lienket.web import create_app
from tests.deployments import write_deployment
from tests.releases import BASE_IRI, publish_quads

BASE = "https://data.songmay.example/id/unit/"


def told(client: FlaskClient, **asked: str) -> dict[str, object]:
    answer = client.get("/history.json", query_string=asked)
    assert answer.status_code == 200
    assert answer.content_type.startswith("application/json") or "json" in answer.content_type
    (found,) = answer.get_json()["found"]
    return dict(found)


def iris(things: object) -> list[str]:
    assert isinstance(things, list)
    return [thing["iri"].removeprefix(BASE) for thing in things]


def test_a_former_unit_leads_to_that_of_today(client: FlaskClient) -> None:
    found = told(client, q="Xã Hạ Mây", on="2021-05-01")
    assert iris(found["today"]) == ["00101-2025-07"]
    assert iris(found["then"]) == ["00104-2020-01"]
    steps = found["steps"]
    assert isinstance(steps, list)
    (step,) = steps
    assert (step["earlier"], step["later"]) == (BASE + "00104-2020-01", BASE + "00101-2025-07")


def test_a_unit_of_today_was_several_before(client: FlaskClient) -> None:
    found = told(client, iri=BASE + "00101-2025-07", on="2021-05-01")
    assert iris(found["then"]) == ["00101-2020-01", "00104-2020-01"]
    assert iris(told(client, iri=BASE + "00101-2025-07", on="2025-08-01")["then"]) == ["00101-2025-07"]
    assert iris(told(client, iri=BASE + "00101-2025-07", on="1900-01-01")["then"]) == []


@pytest.mark.parametrize(
    ("query", "status"),
    [("q=nowhere", 404), ("iri=https://example.org/none", 404), ("q=", 400), ("", 400), ("iri=a b", 400),
     ("q=00101&on=2025", 400), ("q=%22%20%7D%20DROP", 404)],
)  # fmt: skip
def test_what_is_not_understood_or_not_there_is_said(client: FlaskClient, query: str, status: int) -> None:
    assert client.get("/history.json?" + query).status_code == status


def test_the_page_draws_it_and_marks_where_one_is(client: FlaskClient) -> None:
    page = client.get("/doc/unit/00101-2025-07.html").text
    drawn = re.search(r'<div class="history".*?</div>', page, re.DOTALL)
    assert drawn
    assert len(re.findall("<rect", drawn[0])) == 3
    assert len(re.findall('class="arrow"', drawn[0])) == 2
    assert len(re.findall('aria-current="page"', drawn[0])) == 1
    assert 'class="history"' not in client.get("/doc/market/cho-ben.html").text


def test_a_circle_of_successors_ends(tmp_path: Path) -> None:
    project = write_deployment(tmp_path)
    replaced = "<http://purl.org/dc/terms/isReplacedBy>"
    graph = f"<{BASE_IRI}dataset/units>"
    publish_quads(project, "".join(
        f"<{BASE_IRI}id/unit/{one}> {replaced} <{BASE_IRI}id/unit/{other}> {graph} .\n"
        for one, other in (("a", "b"), ("b", "c"), ("c", "a"))
    ))  # fmt: skip
    client = create_app(project).test_client()
    answer = client.get("/history.json", query_string={"iri": BASE_IRI + "id/unit/a"})
    assert answer.get_json()["found"][0]["today"] == []
    assert client.get("/doc/unit/a", headers={"Accept": "text/html"}).status_code == 200
