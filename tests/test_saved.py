"""Example queries at addresses of their own: what a visitor chooses is a term and never text of a query."""

import csv
import io
from pathlib import Path
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lienket.build import build
from lienket.project import Project
from lienket.web import create_app
from lienket.web.querytext import bound

from .deployments import ONTOLOGY, THINGS, write_dataset, write_deployment

EXAMPLES = (
    ONTOLOGY
    + '''
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix q: <https://data.example.org/id/query/> .
@prefix p: <https://data.example.org/id/query/parameter/> .
q:larger a sh:SPARQLSelectExecutable ; rdfs:label "Nhiều hơn"@vi , "Larger"@en ;
    rdfs:comment "Vật có nhiều hơn."@vi , "Things with more."@en ;
    sh:parameter [ sh:path p:least ; sh:datatype xsd:integer ; sh:defaultValue 2 ; sh:order 1 ;
                   sh:name "ít nhất"@vi , "at least"@en ] ;
    sh:select """PREFIX ex: <https://data.example.org/ontology/>
# ?least in a comment, '?least' in a string: neither is a variable
SELECT ?thing ?amount WHERE { { SELECT ?thing ?amount { ?thing ex:amount ?amount FILTER(?amount >= ?least) } }
  FILTER("?least" != "x") } ORDER BY ?amount""" .
q:said a sh:SPARQLSelectExecutable ; rdfs:label "Đã nói"@vi , "Said"@en ;
    sh:parameter [ sh:path p:text ; sh:datatype xsd:string ; sh:name "chữ"@vi , "text"@en ] ,
        [ sh:path p:day ; sh:datatype xsd:date ; sh:defaultValue "2025-07-01"^^xsd:date ] ,
        [ sh:path p:lang ; sh:datatype xsd:string ; sh:defaultValue "no" ] ;
    sh:select "SELECT (STR(?text) AS ?given) (?day AS ?date) {}" .
q:named a sh:SPARQLAskExecutable ; rdfs:label "Có tên"@vi , "Named"@en ;
    sh:parameter [ sh:path p:name ; sh:datatype rdf:langString ; sh:defaultValue "Một"@vi ] ;
    sh:ask "ASK { ?thing <http://www.w3.org/2004/02/skos/core#prefLabel> ?name }" .
q:of a sh:SPARQLConstructExecutable ; rdfs:label "Của"@vi , "Of"@en ;
    sh:parameter [ sh:path p:thing ; sh:defaultValue <https://data.example.org/id/thing/1> ] ;
    sh:construct "CONSTRUCT { ?thing ?p ?o } WHERE { ?thing ?p ?o }" .
q:endless a sh:SPARQLSelectExecutable ; rdfs:label "Mãi"@vi , "Endless"@en ;
    sh:select "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }" .
'''
)


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("saved")
    project = write_deployment(folder, "\n[limits]\nquery_seconds = 2\n")
    (folder / "ontology" / "o.ttl").write_text(EXAMPLES, encoding="utf-8")
    rows = [
        {"id": str(n), "name": name, "amount": str(n), "until": ""} for n, name in enumerate(("Không", "Một", "Hai"))
    ]
    write_dataset(folder, "things", THINGS, rows, ["id", "name", "amount", "until"])
    build(project)
    return project


@pytest.fixture(scope="module")
def asker(deployment: Project) -> FlaskClient:
    app = create_app(deployment)
    app.testing = True
    return app.test_client()


def cells(asker: FlaskClient, address: str) -> list[dict[str, str]]:
    answer = asker.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.data.decode(), newline="")))


def test_what_is_chosen_stands_for_its_variable_everywhere(asker: FlaskClient) -> None:
    assert [row["amount"] for row in cells(asker, "/query/larger.csv")] == ["2"]
    assert [row["amount"] for row in cells(asker, "/query/larger.csv?least=1")] == ["1", "2"]
    assert [row["amount"] for row in cells(asker, "/query/larger.csv?least=")] == ["2"], "nothing chosen is the default"


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200))
@example('"} UNION { ?s ?p ?o } #')
@example('\\" ) AS ?x) {} #')
@example("'''\"\"\"\n\r\u2028\\u0022")
@example("?text $text <urn:x> SERVICE")
def test_any_text_comes_back_as_it_was_given(asker: FlaskClient, text: str) -> None:
    (row,) = cells(asker, f"/query/said.csv?text={quote(text)}")
    assert row["given"].replace("\r\n", "\n") == text.replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("address", "parameter"),
    [
        ("/query/larger.csv?least=many", "least"), ("/query/larger.csv?most=1", "most"), ("/query/said.csv", "text"),
        ("/query/larger.csv?least=1&least=2", "least"), ("/query/said.csv?text=a&day=2025-02-30", "day"),
        ("/query/of.ttl?thing=nothing", "thing"), ("/query/of.ttl?thing=http://a/%3E%20b", "thing"),
        (f"/query/said.csv?text={'x' * 501}", "text"), ("/query/larger.csv?lang=xx", "lang"),
    ],
)  # fmt: skip
def test_a_bad_choice_is_named(asker: FlaskClient, address: str, parameter: str) -> None:
    answer = asker.get(address)
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert answer.get_json()["parameter"] == parameter
    assert answer.get_json()["expected"]


def test_every_kind_of_query_has_its_formats(asker: FlaskClient) -> None:
    assert asker.get("/query/named.json").get_json()["boolean"] is True
    assert asker.get("/query/named.json?name=M%E1%BA%A5y").get_json()["boolean"] is False
    triples = asker.get("/query/of", headers={"Accept": "text/turtle"})
    assert (triples.status_code, triples.mimetype) == (200, "text/turtle")
    assert "id/thing/2" in asker.get("/query/of.ttl?thing=id/thing/2").text
    assert asker.get("/query/of.csv").status_code == 406
    assert asker.get("/query/larger", headers={"Accept": "application/sparql-results+json"}).status_code == 200


def test_a_page_has_form_answer_query_and_downloads(asker: FlaskClient) -> None:
    page = asker.get("/query/larger?least=1&lang=en", headers={"Accept": "text/html"})
    assert page.status_code == 200
    for piece in ('type="number"', 'value="1"', "at least", "FILTER(?amount &gt;= &#34;1&#34;", "larger.csv?least=1",
                  "/sparql?query="):  # fmt: skip
        assert piece in page.text, piece
    assert "'?least' in a string" in page.text.replace("&#39;", "'")
    unanswered = asker.get("/query/said", headers={"Accept": "text/html"})
    assert unanswered.status_code == 200
    assert "<table" not in unanswered.text
    hostile = asker.get("/query/said?text=%3Cscript%3Ealert(1)%3C/script%3E", headers={"Accept": "text/html"})
    assert "<script>alert" not in hostile.text
    assert asker.get("/query/larger?least=x", headers={"Accept": "text/html"}).status_code == 400


def test_the_list_names_them_in_the_visitors_language(asker: FlaskClient) -> None:
    assert "Larger" in asker.get("/query?lang=en", headers={"Accept": "text/html"}).text
    told = {each["name"]: each for each in asker.get("/query.json?lang=vi").get_json()["queries"]}
    assert set(told) == {"larger", "said", "named", "of", "endless"}
    assert told["larger"]["parameters"][0]["label"] == "ít nhất"
    assert [each["name"] for each in told["said"]["parameters"]] == ["day", "text"], "lang is taken"
    assert asker.get("/query/nothing").status_code == 404


def test_answers_are_known_again_and_limits_hold(asker: FlaskClient) -> None:
    answer = asker.get("/query/larger.csv")
    assert asker.get("/query/larger.csv", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert asker.get("/query/larger.csv?least=1").headers["ETag"] != answer.headers["ETag"]
    assert asker.get("/query/endless.csv").status_code == 504


def test_no_release_is_503(tmp_path: Path) -> None:
    assert create_app(write_deployment(tmp_path)).test_client().get("/query").status_code == 503


def test_only_variables_are_bound() -> None:
    text = "SELECT ?a $a ?ab '?a' \"?a\" <?a> # ?a\n"
    assert bound(text, {"a": "<urn:x>"}) == "SELECT <urn:x> <urn:x> ?ab '?a' \"?a\" <?a> # ?a\n"
