"""SERVICE to endpoints that the deployment names, and to no other."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from flask import Flask
from flask.testing import FlaskClient

from lienket.web import create_app
from lienket.web.sparql import pool
from tests.releases import BASE_IRI, make_project, publish_quads

EXAMPLE = "https://example.org/"
QUADS = "".join(
    f"<{BASE_IRI}id/unit/{n}> <{EXAMPLE}same> <{EXAMPLE}place/{n}> <{BASE_IRI}dataset/units> .\n" for n in range(4)
)
ROWS: list[dict[str, Any]] = [
    {"place": {"type": "uri", "value": EXAMPLE + "place/1"}, "name": {"type": "literal", "value": 'Chợ "Một"\n\\'}},
    {
        "place": {"type": "uri", "value": EXAMPLE + "place/2"},
        "name": {"type": "literal", "value": "Hai", "xml:lang": "vi"},
    },
    {
        "place": {"type": "uri", "value": EXAMPLE + "place/3"},
        "name": {"type": "typed-literal", "value": "3", "datatype": "http://www.w3.org/2001/XMLSchema#integer"},
    },
    {"place": {"type": "bnode", "value": "b0"}},
    {"place": {"type": "uri", "value": EXAMPLE + "place/4"}},
]
EVIL: list[dict[str, Any]] = [{"place": {"type": "uri", "value": "urn:a> } ?s ?p ?o { <urn:b"}}]  # fmt: skip


class Elsewhere(HTTPServer):
    """An endpoint that answers what it is told, and remembers what it was asked."""

    asked: list[str]
    status = 200
    rows = ROWS
    location = ""


class Handler(BaseHTTPRequestHandler):
    server: Elsewhere

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.asked.append(parse_qs(body)["query"][0])
        answer = {"head": {"vars": ["place", "name"]}, "results": {"bindings": self.server.rows}}
        content = json.dumps(answer).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/sparql-results+json")
        self.send_header("Content-Length", str(len(content)))
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def elsewhere() -> Iterator[Elsewhere]:
    with Elsewhere(("127.0.0.1", 0), Handler) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def other() -> Iterator[Elsewhere]:
    with elsewhere() as server:
        yield server


@pytest.fixture(autouse=True)
def afresh(other: Elsewhere) -> None:
    other.asked.clear()
    other.status, other.rows, other.location = 200, ROWS, ""


def endpoint(other: Elsewhere) -> str:
    return f"http://127.0.0.1:{other.server_port}/sparql"


@pytest.fixture(scope="module")
def site(other: Elsewhere, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    limits = f'\n[limits]\nservices = ["{endpoint(other)}"]\nquery_workers = 1\nquery_seconds = 5\n'
    project = make_project(tmp_path_factory.mktemp("federation"), limits)
    publish_quads(project, QUADS)
    app = create_app(project)
    yield app
    with app.app_context():
        pool().close()


@pytest.fixture
def visitor(site: Flask) -> FlaskClient:
    return site.test_client()


def ask(visitor: FlaskClient, query: str) -> Any:
    return visitor.get("/sparql", query_string={"query": query, "format": "csv", "lang": "en"})


def test_rows_of_another_endpoint_are_joined(visitor: FlaskClient, other: Elsewhere) -> None:
    query = f"""PREFIX ex: <{EXAMPLE}>
    SELECT ?unit ?name {{ ?unit ex:same ?place . SERVICE <{endpoint(other)}> {{ ?place ex:name ?name {{}} }} }}
    ORDER BY ?unit"""
    answer = ask(visitor, query)
    assert answer.status_code == 200, answer.text
    assert answer.text.splitlines()[0] == "unit,name"
    assert [line.rpartition(",")[2] for line in answer.text.splitlines() if line.endswith(("Hai", ",3"))] == [
        "Hai",
        "3",
    ]
    assert 'Chợ ""Một""\n\\' in answer.text
    assert other.asked[0].count("{") == 2
    assert f"PREFIX ex: <{EXAMPLE}>" in other.asked[0]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers


def test_what_it_gives_no_name_is_itself_alone(visitor: FlaskClient, other: Elsewhere) -> None:
    other.rows = [ROWS[3], ROWS[3], {"place": {"type": "bnode", "value": "b1"}}]
    service = f"SERVICE <{endpoint(other)}> {{ ?place ?p ?name }}"
    assert ask(visitor, f"ASK {{ ?unit <{EXAMPLE}same> ?place . {service} }}").text == "false"
    counted = ask(visitor, f"SELECT (count(DISTINCT ?place) AS ?places) {{ {service} }}")
    assert counted.text == "places\r\n2\r\n"


def test_no_row_there_is_no_row_here(visitor: FlaskClient, other: Elsewhere) -> None:
    other.rows = []
    query = f"ASK {{ ?unit ?p ?place . SERVICE <{endpoint(other)}> {{ ?place ?q ?name }} }}"
    assert ask(visitor, query).text == "false"


@pytest.mark.parametrize("named", ["<http://127.0.0.1:1/>", "<http://169.254.169.254/latest>", "?where", "ex:a",
                                   "<file:///etc/passwd>"])  # fmt: skip
def test_no_other_endpoint_is_asked(visitor: FlaskClient, other: Elsewhere, named: str) -> None:
    answer = ask(visitor, f"PREFIX ex: <{EXAMPLE}> SELECT * {{ SERVICE SILENT {named} {{ ?place ?p ?o }} }}")
    assert answer.status_code == 403
    assert endpoint(other) in answer.json["detail"]


@pytest.mark.parametrize(
    "text",
    [
        "SERVICE <{there}>",
        "SERVICE",
        "SERVICE <{there}> {{ SERVICE <{there}> {{ ?s ?p ?o }} }}",
        "?s ?p 1SERVICE<{there}> {{ ?s ?p ?o }}",
        "SERVICESILENT <{there}> {{ ?s ?p ?o }}",
    ],
)
def test_what_is_not_written_so_is_refused(visitor: FlaskClient, other: Elsewhere, text: str) -> None:
    answer = ask(visitor, f"SELECT * {{ {text.format(there=endpoint(other))} }}")
    assert answer.status_code in (400, 403)
    assert other.asked == []


def test_one_that_fails_is_named_unless_it_may(visitor: FlaskClient, other: Elsewhere) -> None:
    other.status = 500
    answer = ask(visitor, f"SELECT * {{ SERVICE <{endpoint(other)}> {{ ?s ?p ?o }} }}")
    assert answer.status_code == 502
    assert endpoint(other) in answer.json["detail"]
    silent = ask(visitor, f"SELECT ?u {{ ?u ?p ?o SERVICE SILENT <{endpoint(other)}> {{ ?s ?q ?r }} }}")
    assert len(silent.text.splitlines()) == 5, "each row is kept"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_it_is_not_followed_to_where_it_leads(visitor: FlaskClient, other: Elsewhere, status: int) -> None:
    with elsewhere() as inner:
        other.status, other.location = status, f"http://127.0.0.1:{inner.server_port}/"
        assert ask(visitor, f"SELECT * {{ SERVICE <{endpoint(other)}> {{ ?s ?p ?o }} }}").status_code == 502
        assert inner.asked == []


def test_an_endless_answer_is_not_read_to_its_end(visitor: FlaskClient, other: Elsewhere) -> None:
    other.rows = [{"name": {"type": "literal", "value": "x" * (17 << 20)}}]
    answer = ask(visitor, f"SELECT * {{ SERVICE <{endpoint(other)}> {{ ?s ?p ?o }} }}")
    assert answer.status_code == 502
    assert "16,777,216 bytes" in answer.json["detail"]


def test_what_it_sends_is_never_code(visitor: FlaskClient, other: Elsewhere) -> None:
    other.rows = EVIL
    answer = ask(visitor, f"SELECT * {{ SERVICE <{endpoint(other)}> {{ ?place ?p ?name }} }}")
    assert answer.status_code == 502


def test_more_rows_than_are_read_are_said_to_be(visitor: FlaskClient, other: Elsewhere) -> None:
    other.rows = ROWS[:1] * 10_001
    answer = ask(visitor, f"SELECT * {{ SERVICE <{endpoint(other)}> {{ ?place ?p ?name }} }}")
    assert answer.status_code == 403
    assert "10000" in answer.json["detail"]


def test_it_is_described_where_it_is_switched_on(visitor: FlaskClient, tmp_path: Path) -> None:
    assert "BasicFederatedQuery" in visitor.get("/sparql").text
    project = make_project(tmp_path)
    publish_quads(project, QUADS)
    assert "BasicFederatedQuery" not in create_app(project).test_client().get("/sparql").text
