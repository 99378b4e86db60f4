"""The JSON API: what is asked of the classes that the shapes describe, without SPARQL."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from openapi_spec_validator import validate
from schemathesis.generation import GenerationMode
from werkzeug.test import TestResponse

from lienket import classes
from lienket.build import build, verification
from lienket.project import Project
from lienket.releases.release import Release
from lienket.web import create_app

from .deployments import ONTOLOGY, SHAPES, THINGS, write_dataset, write_deployment

COLUMNS = ["id", "name", "amount", "until"]
SHAPES_OF_THINGS = (
    SHAPES
    + """
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix schema: <https://schema.org/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
<https://data.example.org/shapes/Amounts> a sh:NodeShape ; sh:targetClass ex:Thing ;
    sh:property
        [ sh:path ex:amount ; sh:order 2 ; sh:maxCount 1 ; sh:datatype xsd:integer ;
          sh:name "số lượng có"@vi , "amount held"@en ; sh:message "Một số."@vi , "One number."@en ] ,
        [ sh:path schema:validThrough ; sh:order 3 ; sh:severity sh:Warning ; sh:maxCount 1 ;
          sh:message "Một ngày."@vi , "One day."@en ] .
<https://data.example.org/shapes/Box> a sh:NodeShape ; sh:targetClass ex:Box ;
    sh:property [ sh:path ex:width ; sh:message "Cỡ."@vi , "Size."@en ] ,
        [ sh:path ( ex:amount ex:width ) ; sh:message "Cỡ."@vi , "Size."@en ] .
"""
)
MORE_ONTOLOGY = (
    ONTOLOGY
    + """
ex:Box a owl:Class ; rdfs:subClassOf ex:Thing ;
    rdfs:label "Hộp"@vi , "Box"@en ; skos:definition "Một hộp."@vi , "A box."@en .
ex:width a owl:DatatypeProperty ;
    rdfs:label "Cỡ"@vi , "Size"@en ; skos:definition "Cỡ."@vi , "The size."@en .
"""
)


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A table of 120 things, some of them of the subclass Box, some with names that want to be formulas."""
    folder = tmp_path_factory.mktemp("api")
    project = write_deployment(folder)
    (folder / "ontology" / "o.ttl").write_text(MORE_ONTOLOGY, encoding="utf-8")
    (folder / "shapes" / "s.ttl").write_text(SHAPES_OF_THINGS, encoding="utf-8")
    names = ["=1+1", "+84", "-đặc", "@sum", 'có "ngoặc", phẩy', "Đá", "Da", "Dá", "Ếch", "Em"]
    rows = [
        {"id": f"{number:03}", "name": names[number] if number < len(names) else f"Vật {number}",
         "amount": str(number - 5), "until": "2025" if number % 2 else ""}
        for number in range(120)
    ]  # fmt: skip
    rules = (
        THINGS + "<#boxes> a rml:TriplesMap ; rml:logicalSource [ rml:source [ a rml:RelativePathSource ; "
        'rml:root rml:MappingDirectory ; rml:path "boxes.csv" ] ; rml:referenceFormulation rml:CSV ] ; '
        'rml:subjectMap [ rml:template "id/box/{{id}}" ; rml:class ex:Box ] ; rml:predicateObjectMap '
        '[ rml:predicate skos:prefLabel ; rml:objectMap [ rml:reference "name" ; rml:language "vi" ] ] .'
    )
    table = write_dataset(folder, "things", rules, rows, COLUMNS)
    table.with_name("boxes.csv").write_text("id,name\nb1,Hộp một\n", encoding="utf-8")
    build(project)
    return project


@pytest.fixture(scope="module")
def site(deployment: Project) -> Flask:
    """The application over it."""
    app = create_app(deployment)
    app.testing = True
    return app


@pytest.fixture
def things(site: Flask) -> FlaskClient:
    """A program that asks."""
    return site.test_client()


def items(answer: TestResponse) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.get_json()["items"]
    return found


def table(answer: TestResponse) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


# ------------------------------------------------------------------ the table of classes


def test_the_table_says_what_the_shapes_and_the_ontology_say(deployment: Project) -> None:
    found = {each.name: each for each in classes.read(Release.current(deployment.var).path / classes.FILE)}
    assert set(found) == {"thing", "box"}
    amount = found["thing"].by_name["amount"]
    assert (amount.kind, amount.single, amount.required) == ("integer", True, False)
    assert amount.labels == {"vi": "số lượng có", "en": "amount held"}
    until = found["thing"].by_name["validThrough"]
    assert not until.single, "what is only advised is no promise"
    assert list(found["thing"].by_name) == ["label", "amount", "validThrough", "prefLabel"]
    assert set(found["box"].by_name) == {*found["thing"].by_name, "width"}, "a subclass has what its superclass has"
    assert len(found["thing"].members) == 2


def test_a_full_build_and_one_of_what_changed_tell_the_same(tmp_path: Path) -> None:
    project = write_deployment(tmp_path)
    table = write_dataset(tmp_path, "things", THINGS, [{"id": "1", "name": "A", "amount": "1", "until": ""}], COLUMNS)
    first = build(project)
    table.write_text("id,name,amount,until\n1,B,1,\n", encoding="utf-8")
    (tmp_path / "shapes" / "s.ttl").write_text(SHAPES_OF_THINGS, encoding="utf-8")
    (tmp_path / "ontology" / "o.ttl").write_text(MORE_ONTOLOGY, encoding="utf-8")
    changed = (build(project).path / classes.FILE).read_bytes()
    assert changed != (first.path / classes.FILE).read_bytes()
    assert changed == (build(project, full=True).path / classes.FILE).read_bytes()


def test_a_damaged_table_is_found_and_is_503(tmp_path: Path) -> None:
    project = write_deployment(tmp_path)
    write_dataset(tmp_path, "things", THINGS, [{"id": "1", "name": "A", "amount": "1", "until": ""}], COLUMNS)
    made = build(project)
    assert not verification.faults(made)
    (made.path / classes.FILE).write_text('{"classes": [{}]}', encoding="utf-8")
    assert any(classes.FILE in str(fault.file) for fault in verification.faults(made))
    answer = create_app(project).test_client().get("/api/thing")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


def test_names_that_meet_are_told_apart() -> None:
    from lienket.build.describing import _names, _property_name

    own, prefixes = "https://x.example/ontology/", {"dct": "http://purl.org/dc/terms/", "s": "https://schema.org/"}
    iris = [own + "type", prefixes["dct"] + "type", prefixes["s"] + "type", prefixes["s"] + "page", "urn:q:type"]
    names = _names(iris, own, prefixes, ["page"], _property_name)
    assert names[own + "type"] == "type"
    assert names[prefixes["dct"] + "type"] == "dct_type"
    assert names[prefixes["s"] + "page"] == "s_page"
    assert len(set(names.values())) == len(iris)
    fewer = _names([own + "type", prefixes["dct"] + "type"], own, prefixes, ["page"], _property_name)
    assert fewer[own + "type"] == "type"


# ------------------------------------------------------------------ lists


def test_a_list_comes_in_pages_that_join(things: FlaskClient) -> None:
    found, address, pages = [], "/api/thing?size=50", 0
    while address:
        answer = things.get(address)
        found += [each["id"] for each in items(answer)]
        assert answer.get_json()["total"] == 121
        links = answer.headers.getlist("Link")
        address, pages = answer.get_json()["next"], pages + 1
        assert any('rel="next"' in link for link in links) == bool(address)
    assert pages == 3
    assert len(found) == len(set(found)) == 121
    assert found == sorted(found)
    assert items(things.get("/api/thing?page=9")) == []


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("amount=3", ["008"]),
        ("amount=3&amount=4&amount=+5", ["008", "009", "010"]),
        ("amount.from=112", ["117", "118", "119"]),
        ("amount.from=-4&amount.to=-3", ["001", "002"]),
        ("label=Da", ["006"]),
        ("prefLabel=Vật 77", ["077"]),
        ("label.contains=VẬT 11&amount.to=107", ["011", "110", "111", "112"]),
        ("label=da", []),
        ("label=%22%7D%20UNION%20%7B%20?thing%20?p%20?o%20%7D%20%23", []),
        ("amount=5&label=Da", []),
        ("id=id/thing/005&id=https://data.example.org/id/thing/006", ["005", "006"]),
        ("id=id/nobody", []),
        ("validThrough=2025&size=2", ["001", "003"]),
        ("validThrough.contains=02&amount.from=113", ["119"]),
        ("size=2&sort=-amount", ["119", "118"]),
        ("size=3&sort=amount", ["000", "001", "002"]),
        ("size=2&sort=-id", ["119", "118"]),
    ],
)
def test_filters_and_orders(things: FlaskClient, query: str, ids: list[str]) -> None:
    answer = things.get(f"/api/thing?{query}")
    assert [each["id"].rpartition("/")[2] for each in items(answer) if "/box/" not in each["id"]] == ids


def test_names_stand_in_the_order_of_the_dictionary(things: FlaskClient) -> None:
    names = [each["label"] for each in items(things.get("/api/thing?sort=label&size=1000&fields=label"))]
    wanted = ["Da", "Dá", "Đá", "Em", "Ếch", "Hộp một"]
    assert [name for name in names if name in wanted] == wanted
    down = [each["label"] for each in items(things.get("/api/thing?sort=-label&size=1000&fields=label"))]
    assert down == names[::-1]


def test_values_have_their_kinds(things: FlaskClient) -> None:
    (thing,) = items(things.get("/api/thing?id=id/thing/007"))
    assert thing == {
        "id": "https://data.example.org/id/thing/007",
        "url": "/api/thing/thing/007",
        "page": "/id/thing/007",
        "label": "Dá",
        "amount": 2,
        "validThrough": ["2025"],
        "prefLabel": ["Dá"],
    }
    (box,) = items(things.get("/api/box"))
    assert (box["label"], box["amount"], box["width"]) == ("Hộp một", None, [])
    assert box["url"] == "/api/box/box/b1"


def test_fields_are_chosen(things: FlaskClient) -> None:
    (thing,) = items(things.get("/api/thing?id=id/thing/007&fields=amount"))
    assert set(thing) == {"id", "url", "page", "amount"}


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("amount=x", "amount"), ("amount.from=1.5", "amount.from"), ("ammount=1", "ammount"), ("page=0", "page"),
        ("size=1001", "size"), ("size=10&size=20", "size"), ("sort=validThrough", "sort"), ("sort=", "sort"),
        ("fields=label,x", "fields"), ("fields=geometry", "fields"), ("lang=fr", "lang"), ("id=x", "id"),
        ("id=http://a b", "id"), (f"label={'x' * 501}", "label"), ("label.from=a", "label.from"),
        ("amount.contains=1", "amount.contains"), ("&".join(["amount=1"] * 51), "amount"), ("page=٣", "page"),
        ("format=json", "format"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_named(things: FlaskClient, query: str, parameter: str) -> None:
    answer = things.get(f"/api/thing?{query}")
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    problem = answer.get_json()
    assert problem["parameter"] == parameter
    assert problem["expected"]
    assert parameter in problem["detail"]


@pytest.mark.parametrize("query", ["label=%ff", "label=%C3%28", "%80=1"])
def test_arguments_that_are_no_utf8_are_400(things: FlaskClient, query: str) -> None:
    assert things.get(f"/api/thing?{query}").status_code == 400


# ------------------------------------------------------------------ formats


def test_a_table_for_spreadsheets(things: FlaskClient) -> None:
    answer = things.get("/api/thing.csv")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.data.startswith(b"\xef\xbb\xbfid,")
    assert answer.data.endswith(b"\r\n")
    rows = table(answer)
    assert len(rows) == 121, "all of it, not a page"
    assert [row["label"] for row in rows[1:6]] == [
        "'=1+1",
        "'+84".replace("'", ""),
        "'-đặc",
        "'@sum",
        'có "ngoặc", phẩy',
    ]
    assert rows[1]["amount"] == "-5"
    assert len(table(things.get("/api/thing.csv?size=7"))) == 7
    assert table(things.get("/api/thing", headers={"Accept": "text/csv"})) == rows


def test_too_much_for_one_answer_is_refused_and_not_cut(things: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lienket.web.api.selection.MOST_AT_ONCE", 100)
    answer = things.get("/api/thing.csv?lang=en")
    assert answer.status_code == 403
    assert "121" in answer.get_json()["detail"]
    assert len(table(things.get("/api/thing.csv?size=1000"))) == 121


def test_too_many_come_as_the_store_has_them_and_are_not_sorted(
    things: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = {each["id"] for each in items(things.get("/api/thing?size=1000"))}
    monkeypatch.setattr("lienket.web.api.selection.MOST_SORTED", 100)
    for sort in ("label", "amount", "-id"):
        assert things.get(f"/api/thing?sort={sort}").get_json()["parameter"] == "sort"
    pages = [items(things.get(f"/api/thing?size=50&page={page}")) for page in (1, 2, 3)]
    assert [each["id"] for page in pages for each in page] != sorted(whole), "as the store has them"
    assert {each["id"] for page in pages for each in page} == whole, "and the pages join all the same"
    assert things.get("/api/thing?size=50").get_json()["total"] == 121
    assert things.get("/api/thing?sort=label&amount.to=20").status_code == 200


def test_places_come_as_geojson(client: FlaskClient) -> None:
    answer = client.get("/api/clinic.geojson")
    assert answer.content_type == "application/geo+json"
    found = answer.get_json()
    assert found["type"] == "FeatureCollection"
    assert found["features"][0]["geometry"] == {"type": "Point", "coordinates": [105.05, 20.05]}
    assert found["features"][0]["properties"]["label"]
    one = client.get("/api/clinic/clinic/K01.geojson").get_json()
    assert (one["type"], one["geometry"]["type"]) == ("Feature", "Point")
    assert client.get("/api/clinic?fields=label,geometry").get_json()["items"][0]["geometry"]["type"] == "Point"
    assert table(client.get("/api/clinic.csv?fields=geometry"))[0]["geometry"].startswith("POINT")


def test_links_are_asked_by_name_and_by_iri(client: FlaskClient) -> None:
    by_name = items(client.get("/api/clinic?kind=Health station&lang=en"))
    by_iri = items(client.get("/api/clinic?kind=https://data.songmay.example/id/code/clinic-kind/tram-y-te&lang=en"))
    by_path = items(client.get("/api/clinic?kind=id/code/clinic-kind/tram-y-te&lang=en"))
    by_part = items(client.get("/api/clinic?kind.contains=HEALTH&lang=en"))
    assert len(by_name) == 2
    assert by_name == by_iri == by_path == by_part
    assert by_name[0]["kind"][0]["label"] == "Health station"
    (row,) = table(client.get("/api/clinic.csv?id=id/clinic/K01&fields=kind&lang=vi"))
    assert (row["kind.label"], row["kind.id"].rpartition("/")[2]) == ("Trạm y tế", "tram-y-te")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/nothing", 404), ("/api/clinic.ttl", 404), ("/api/thing.geojson", 404), ("/api/clinic/clinic/K99", 404),
        ("/api/clinic/clinic/K01.csv", 200), ("/api/clinic/clinic%2FK01", 200), ("/api/clinic/unit/00101-2025-07", 404),
        ("/api/clinic/%3E", 404), ("/api/clinic/../../etc/passwd", 404), ("/api.json", 200), ("/api.html", 200),
        ("/api.xml", 406), ("/api/", 200), ("/api/clinic/", 200),
    ],
)  # fmt: skip
def test_addresses(client: FlaskClient, path: str, status: int) -> None:
    assert client.get(path, follow_redirects=True).status_code == status


def test_a_class_without_places_has_no_geojson(things: FlaskClient) -> None:
    assert things.get("/api/thing.geojson").status_code == 406
    assert things.get("/api/thing", headers={"Accept": "application/geo+json"}).status_code == 406


def test_other_methods_are_405(client: FlaskClient) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert client.open("/api/clinic", method=method).status_code == 405
    head = client.head("/api/clinic")
    assert (head.status_code, head.data, head.content_length) == (200, b"", client.get("/api/clinic").content_length)


def test_what_is_known_is_304_and_each_language_has_its_own_tag(client: FlaskClient) -> None:
    answer = client.get("/api/clinic")
    assert client.get("/api/clinic", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    other = client.get("/api/clinic", headers={"Accept-Language": "en"})
    assert other.headers["ETag"] != answer.headers["ETag"]
    assert "Accept-Language" in other.headers["Vary"]
    assert other.headers["Access-Control-Allow-Origin"] == "*"


def test_an_earlier_release_can_be_asked(client: FlaskClient, release: Release) -> None:
    answer = client.get(f"/api/clinic?release={release.id}&size=1")
    assert f"release={release.id}" in answer.get_json()["next"]
    assert client.get("/api/clinic?release=2020-01-01T000000Z-000000").status_code == 404


def test_no_release_is_503(tmp_path: Path) -> None:
    app = create_app(write_deployment(tmp_path))
    for path in ("/api", "/api/thing", "/api/openapi.json", "/api/thing/1"):
        assert app.test_client().get(path).status_code == 503


def test_a_question_that_takes_too_long_is_504(deployment: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(deployment.settings, "limits.query_seconds", 0)
    answer = create_app(deployment).test_client().get("/api/thing")
    assert answer.status_code == 504
    assert answer.mimetype == "application/problem+json"


# ------------------------------------------------------------------ the description


def test_the_page_says_how_to_ask_in_both_languages(client: FlaskClient) -> None:
    for tag, words in (("vi", "Cách hỏi"), ("en", "How to ask")):
        answer = client.get(f"/api?lang={tag}", headers={"Accept": "text/html"})
        assert answer.status_code == 200
        assert words in answer.text
        assert "bedCount.from" in answer.text
        assert "<script" not in answer.text.replace('<script src="/static/', "")
    assert client.get("/api").get_json()["classes"][0]["name"] == "clinic"


@pytest.mark.parametrize("tag", ["vi", "en"])
def test_the_description_is_openapi(client: FlaskClient, things: FlaskClient, tag: str) -> None:
    for asked in (client, things):
        description = asked.get(f"/api/openapi.json?lang={tag}").get_json()
        assert description["openapi"].startswith("3.1")
        validate(description)


@pytest.fixture(params=["province", "things"])
def described(request: pytest.FixtureRequest, app: Flask, site: Flask) -> Flask:
    return app if request.param == "province" else site


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_answer_is_as_described(described: Flask, mode: GenerationMode) -> None:
    """Asks what the description allows, or what it forbids, and holds every answer against it."""
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", described)
    asked = 0
    for result in schema.get_all_operations():
        operation = result.ok()  # type: ignore[union-attr]
        if mode is GenerationMode.NEGATIVE and not operation.query:
            continue

        @settings(
            max_examples=15, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: schemathesis.Case[Any]) -> None:
            nonlocal asked
            asked += 1
            case.call_and_validate(headers={"Accept-Encoding": "identity"})

        ask()
    assert asked > 30


def test_the_description_names_every_parameter_that_is_understood(things: FlaskClient) -> None:
    description = things.get("/api/openapi.json").get_json()
    named = {each["name"] for each in description["paths"]["/api/thing"]["get"]["parameters"]} | {"release"}
    refused = things.get("/api/thing?nonsense=1").get_json()["expected"]
    assert set(refused.split(", ")) == named
    assert json.dumps(description)
