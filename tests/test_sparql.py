"""The SPARQL endpoint through its front door: by the app's client, and over real connections to a real server."""

import gzip
import http.client
import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pyoxigraph as ox
import pytest
import rdflib
import SPARQLWrapper
import zstandard
from flask import Flask
from flask.testing import FlaskClient
from rdflib.plugins.stores.sparqlstore import SPARQLStore

from lienket import formats
from lienket.project import Project
from lienket.vocabulary import RDF, SH, XSD
from lienket.web import create_app, querytext
from lienket.web.sparql import pool
from lienket.web.workers import Pool
from tests.releases import BASE_IRI, make_project, publish_quads

LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
COUNT = "SELECT (COUNT(*) AS ?count) WHERE { ?s ?p ?o }"
ENDLESS = "SELECT (COUNT(*) AS ?count) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
HUGE = "SELECT * WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
HUNGRY = "SELECT * WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f ?i"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def statements(graph: str, size: int) -> str:
    return "".join(
        f'<{BASE_IRI}id/{graph}/{n}> <{LABEL}> "số {n}"@vi <{BASE_IRI}dataset/{graph}> .\n' for n in range(size)
    )


QUADS = (
    statements("market", 300)
    + statements("bridge", 20)
    + f"""
<{BASE_IRI}id/query/all> <{RDF}type> <{SH}SPARQLSelectExecutable> <{BASE_IRI}ontology> .
<{BASE_IRI}id/query/all> <{SH}select> "SELECT * WHERE {{ ?s ?p ?o }}" <{BASE_IRI}ontology> .
<{BASE_IRI}id/query/all> <{LABEL}> "Everything"@en <{BASE_IRI}ontology> .
<{BASE_IRI}id/query/all> <{LABEL}> "Tất cả"@vi <{BASE_IRI}ontology> .
<{BASE_IRI}id/market/0> <https://example.org/cost> "20000"^^<{XSD}integer> <{BASE_IRI}dataset/bridge> .
<{BASE_IRI}id/market/0> <https://example.org/page> <https://example.org/page> <{BASE_IRI}dataset/bridge> .
"""
)

LIMITS = """
[limits]
query_seconds = 2
query_memory = 128
query_workers = 1
query_queue = 4
client_queries = 50
query_bytes = 4096

[server]
processes = 1
threads = 6
"""


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = make_project(tmp_path_factory.mktemp("deployment"), LIMITS)
    publish_quads(project, QUADS)
    return project


@pytest.fixture(scope="module")
def site(deployment: Project) -> Iterator[Flask]:
    app = create_app(deployment)
    yield app
    with app.app_context():
        pool().close()


@pytest.fixture
def visitor(site: Flask) -> FlaskClient:
    return site.test_client()


def ask(visitor: FlaskClient, query: str, accept: str | None = None, **parameters: str) -> Any:
    headers = {"Accept": accept} if accept else {}
    return visitor.get("/sparql", query_string={"query": query, **parameters}, headers=headers)


def parsed(text: bytes, media_type: str) -> rdflib.Graph:
    """Return RDF as a graph; rdflib's own JSON-LD parser warns of itself, so another one reads for it."""
    found = formats.by_media_type(media_type)
    assert found is not None
    lines = ox.serialize(ox.parse(text, format=found.rdf), format=ox.RdfFormat.N_TRIPLES)
    return rdflib.Graph().parse(data=lines or b"", format="nt")


# What is asked, and how


def test_get(visitor: FlaskClient) -> None:
    answer = ask(visitor, COUNT)
    assert answer.status_code == 200
    assert answer.content_type == "application/sparql-results+json"
    assert answer.content_length == len(answer.data)
    assert answer.json["results"]["bindings"][0]["count"]["value"] == "326"


def test_post_of_a_form(visitor: FlaskClient) -> None:
    answer = visitor.post("/sparql", data={"query": COUNT, "format": "csv"})
    assert answer.text == "count\r\n326\r\n"
    assert answer.content_type == "text/csv; charset=utf-8"


@pytest.mark.parametrize("content_type", ["application/sparql-query", "application/sparql-query; charset=UTF-8"])
def test_post_of_a_query(visitor: FlaskClient, content_type: str) -> None:
    query = 'SELECT ?s WHERE { ?s ?p "số 7"@vi } ORDER BY ?s # Huế'
    answer = visitor.post("/sparql?format=csv", data=query.encode(), content_type=content_type)
    assert answer.text.split() == ["s", f"{BASE_IRI}id/bridge/7", f"{BASE_IRI}id/market/7"]


@pytest.mark.parametrize("content_type", ["application/sparql-query", "application/x-www-form-urlencoded"])
def test_the_method_query(visitor: FlaskClient, content_type: str) -> None:
    body = COUNT if content_type == "application/sparql-query" else urlencode({"query": COUNT})
    asked: dict[str, Any] = {"data": body, "content_type": content_type, "headers": {"Accept": "text/csv"}}
    answer = visitor.open("/sparql", method="QUERY", **asked)
    assert answer.text == "count\r\n326\r\n"
    assert "application/sparql-query" in answer.headers["Accept-Query"]
    asked["headers"] = {"Accept": "text/csv", "If-None-Match": answer.headers["ETag"]}
    assert visitor.open("/sparql", method="QUERY", **asked).status_code == 304
    assert visitor.post("/sparql", **asked).status_code == 200
    assert visitor.open("/sparql", method="QUERY").status_code == 415


def test_limits_are_told(visitor: FlaskClient) -> None:
    limits = "seconds=2, memory=128, rows=10000000, bytes=2147483648, query=4096, at-once=50"
    for answer in (ask(visitor, COUNT), ask(visitor, "SELECT {"), visitor.get("/sparql")):
        assert answer.headers["Query-Limits"] == limits
    page = visitor.get("/sparql?lang=en", headers={"Accept": BROWSER}).text
    assert "ended after 2 seconds" in page
    assert "may use 128 MiB and have 10,000,000 rows; 50 of yours" in page


def test_letters_in_an_address_need_no_escapes(visitor: FlaskClient) -> None:
    answer = visitor.get("/sparql", query_string='format=csv&query=ASK { ?s ?p "số 7"@vi }')
    assert answer.text == "true"


def test_the_default_graph_is_the_union_of_all(visitor: FlaskClient) -> None:
    query = f"SELECT ?cost ?name WHERE {{ <{BASE_IRI}id/market/0> <https://example.org/cost> ?cost ; <{LABEL}> ?name }}"
    assert ask(visitor, query, format="csv").text == "cost,name\r\n20000,số 0\r\n"


def test_the_protocol_names_the_dataset(visitor: FlaskClient) -> None:
    bridge, market = f"{BASE_IRI}dataset/bridge", f"{BASE_IRI}dataset/market"
    assert ask(visitor, COUNT, format="csv", **{"default-graph-uri": bridge}).text == "count\r\n22\r\n"
    stated = COUNT.replace("WHERE", f"FROM <{market}> WHERE")
    only_named = COUNT.replace("WHERE", f"FROM NAMED <{market}> WHERE")
    assert ask(visitor, only_named, format="csv").text == "count\r\n0\r\n"
    assert ask(visitor, stated, format="csv").text == "count\r\n300\r\n"
    assert ask(visitor, stated, format="csv", **{"default-graph-uri": bridge}).text == "count\r\n22\r\n"
    named = "SELECT (COUNT(*) AS ?count) WHERE { GRAPH ?g { ?s ?p ?o } }"
    assert ask(visitor, named, format="csv", **{"named-graph-uri": market}).text == "count\r\n300\r\n"
    both = visitor.get("/sparql", query_string={"query": COUNT, "default-graph-uri": [bridge, market], "format": "csv"})
    assert both.text == "count\r\n322\r\n"


def test_relative_iris_are_the_deployments_own(visitor: FlaskClient) -> None:
    answer = ask(visitor, "DESCRIBE <id/bridge/3>", "text/turtle")
    assert f"<{BASE_IRI}id/bridge/3> rdfs:label" in answer.text


def test_head_says_what_get_would(visitor: FlaskClient) -> None:
    head = visitor.head("/sparql", query_string={"query": COUNT})
    assert head.status_code == 200
    assert head.data == b""
    assert head.content_length == ask(visitor, COUNT).content_length
    assert visitor.head("/sparql", query_string={"query": "SELECT {"}).status_code == 400
    with closing(visitor.head("/sparql", query_string={"query": HUGE})) as long:
        assert long.status_code == 200
    assert ask(visitor, COUNT).status_code == 200, "the worker of an answer nobody reads is free again"


def test_other_sites_may_ask(visitor: FlaskClient) -> None:
    asked = visitor.options(
        "/sparql", headers={"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    )
    assert asked.status_code in (200, 204)
    assert "POST" in asked.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in asked.headers["Access-Control-Allow-Headers"]
    for answer in (asked, ask(visitor, COUNT), ask(visitor, "SELECT {"), visitor.put("/sparql")):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "ETag" in ask(visitor, COUNT).headers["Access-Control-Expose-Headers"]


# What it is answered in

TABLE_TYPES = [
    "application/sparql-results+json",
    "application/sparql-results+xml",
    "text/csv",
    "text/tab-separated-values",
]
GRAPH_TYPES = ["text/turtle", "application/n-triples", "application/ld+json", "application/rdf+xml"]


@pytest.mark.parametrize("media_type", TABLE_TYPES)
@pytest.mark.parametrize("query", [COUNT, "ASK {}"])
def test_rows_by_accept(visitor: FlaskClient, query: str, media_type: str) -> None:
    answer = ask(visitor, query, f"image/png, {media_type}, */*;q=0.1")
    assert answer.status_code == 200
    assert answer.mimetype == media_type
    assert "Accept" in answer.headers["Vary"]


@pytest.mark.parametrize("media_type", GRAPH_TYPES)
@pytest.mark.parametrize("query", ["DESCRIBE <id/bridge/3>", "CONSTRUCT WHERE { ?s ?p ?o }"])
def test_triples_by_accept(visitor: FlaskClient, query: str, media_type: str) -> None:
    answer = ask(visitor, query, media_type)
    assert answer.status_code == 200
    assert answer.mimetype == media_type
    assert len(parsed(answer.data, media_type)) == (1 if "DESCRIBE" in query else 326)


@pytest.mark.parametrize(
    ("name", "table", "graph"),
    [
        ("json", "application/sparql-results+json", "application/ld+json"),
        ("xml", "application/sparql-results+xml", "application/rdf+xml"),
        ("csv", "text/csv", None),
        ("text/tab-separated-values", "text/tab-separated-values", None),
        ("ttl", None, "text/turtle"),
        ("turtle", None, "text/turtle"),
        ("application/n-triples", None, "application/n-triples"),
        ("json-ld", None, "application/ld+json"),
        ("rdf+xml", None, "application/rdf+xml"),
        ("html", "text/html", "text/html"),
        ("parquet", None, None),
    ],
)
def test_format_beats_accept(visitor: FlaskClient, name: str, table: str | None, graph: str | None) -> None:
    for query, expected in (("ASK {}", table), ("DESCRIBE <id/bridge/3>", graph)):
        answer = ask(visitor, query, "application/sparql-results+xml, application/n-triples", format=name)
        assert answer.status_code == (200 if expected else 406)
        assert answer.mimetype == (expected or "application/problem+json")


@pytest.mark.parametrize(
    ("query", "accept"), [("ASK {}", "text/turtle"), ("DESCRIBE <urn:a>", "text/csv"), ("ASK {}", "image/png")]
)
def test_what_cannot_be_written_so_is_406(visitor: FlaskClient, query: str, accept: str) -> None:
    answer = ask(visitor, query, accept)
    assert answer.status_code == 406
    assert "text/html" in answer.json["detail"]


def test_turtle_has_the_deployments_prefixes(visitor: FlaskClient) -> None:
    assert "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> ." in ask(visitor, "DESCRIBE <id/bridge/3>").text


def test_explicit_columns_keep_their_order(visitor: FlaskClient) -> None:
    answer = ask(visitor, "SELECT ?s ?p ?o WHERE { ?s ?p ?o } LIMIT 1", "text/csv")
    assert answer.text.startswith("s,p,o\r\n")


# What goes wrong


@pytest.mark.parametrize(
    ("query", "line"),
    [("SELECT * WHERE {\n  ?s ?p }", 2), ("SELECT", 1), ("ASK {} ASK {}", 1), ("SELECT * { ?s ?p ?o \x00 }", 1)],
)
def test_a_malformed_query_is_400_with_its_place(visitor: FlaskClient, query: str, line: int) -> None:
    answer = ask(visitor, query)
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    assert answer.json["line"] == line
    assert answer.json["column"] >= 1
    assert answer.json["reason"]
    assert str(answer.json["column"]) in answer.json["detail"]
    for noise in ("[", "..=", "not found", "SERVICE"):
        assert noise not in answer.json["detail"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_prefix_that_is_not_declared_is_named(visitor: FlaskClient) -> None:
    detail = ask(visitor, "SELECT * { ?s foaf:name ?o }", lang="en").json["detail"]
    known = "PREFIX foaf: <http://xmlns.com/foaf/0.1/>"
    assert detail == f"No PREFIX is declared for: foaf:. Put this before the query: {known}"
    detail = ask(visitor, "SELECT * { ?s foaf:name ?o ; nobody:knows ?x }", lang="en").json["detail"]
    assert detail == "No PREFIX is declared for: foaf:, nobody:"


def test_a_worker_killed_from_outside_is_503_and_the_query_may_be_sent_again(
    visitor: FlaskClient, site: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    with site.app_context():
        present: Pool = pool()
    ask(visitor, COUNT)
    results: list[Any] = []
    asking = threading.Thread(target=lambda: results.append(ask(site.test_client(), ENDLESS, timeout="1.9")))
    with caplog.at_level(logging.CRITICAL):
        asking.start()
        time.sleep(0.4)
        os.kill(present.pids()[0], signal.SIGKILL)
        asking.join(20)
    answer = results[0]
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.json["title"] == "Bị gián đoạn"
    assert ask(visitor, COUNT).status_code == 200


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/sparql?query=", 400),
        ("/sparql?default-graph-uri=urn:a", 400),
        ("/sparql?query=ASK{}&query=ASK{}", 400),
        ("/sparql?query=ASK%7B%7D%FF", 400),
        ("/sparql?query=ASK{}&default-graph-uri=not%20an%20iri", 400),
        ("/sparql?query=ASK{}&timeout=soon", 400),
        ("/sparql?query=ASK{}&timeout=-1", 400),
        ("/sparql?query=ASK{}&timeout=nan", 400),
        ("/sparql?query=ASK{}" + "&a=b" * 300, 400),
        ("/sparql?query=ASK{}%23" + "a" * 5000, 414),
        ("/sparql?update=CLEAR%20ALL", 403),
        ("/sparql?query=CLEAR%20ALL", 403),
        ("/sparql?query=PREFIX%20a%3A%3Curn%3Aa%3E%20insert%20data%7B%7D", 403),
    ],
)
def test_addresses_that_ask_nothing_answerable(visitor: FlaskClient, address: str, status: int) -> None:
    answer: Any = visitor.get(address)
    assert answer.status_code == status, answer.text
    assert answer.json["status"] == status
    assert answer.json["detail"]


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"", "application/sparql-query", 400),
        (b"query=", "application/x-www-form-urlencoded", 400),
        (b"name=value", "application/x-www-form-urlencoded", 400),
        (b"query=ASK%7B%7D&query=ASK%7B%7D", "application/x-www-form-urlencoded", 400),
        (b"ASK {} # \xff", "application/sparql-query", 400),
        (b"query=ASK%7B%7D%23%FF", "application/x-www-form-urlencoded", 400),
        ("ASK {}".encode("utf-16"), "application/sparql-query", 400),
        ("ASK {}".encode("utf-16"), "application/sparql-query; charset=utf-16", 415),
        (b"ASK {}", "text/plain", 415),
        (b"ASK {}", "", 415),
        (b"CLEAR ALL", "application/sparql-update", 403),
        (b"update=CLEAR+ALL", "application/x-www-form-urlencoded", 403),
        (b"ASK {} #" + b"a" * 5000, "application/sparql-query", 413),
        (b"query=ASK{}%23" + b"a" * 5000, "application/x-www-form-urlencoded", 413),
        (b"a=" + b"a" * 100_000, "application/x-www-form-urlencoded", 413),
    ],
)
def test_posts_that_ask_nothing_answerable(visitor: FlaskClient, body: bytes, content_type: str, status: int) -> None:
    answer: Any = visitor.post("/sparql", data=body, content_type=content_type)
    assert answer.status_code == status, answer.text
    assert answer.json["status"] == status


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_405(visitor: FlaskClient, method: str) -> None:
    answer = visitor.open("/sparql?query=ASK{}", method=method)
    assert answer.status_code == 405
    assert {"GET", "HEAD", "POST"} <= set(answer.headers["Allow"].split(", "))


@pytest.mark.parametrize("query", [ENDLESS, ENDLESS.replace("COUNT(*)", "MAX(CONCAT(STR(?a), STR(?k)))")])
def test_a_query_that_takes_too_long_is_504(visitor: FlaskClient, query: str) -> None:
    started = time.monotonic()
    answer = ask(visitor, query, timeout="0.5")
    assert answer.status_code == 504
    assert time.monotonic() - started < 2
    assert ask(visitor, COUNT).status_code == 200


def test_timeout_only_lowers_the_deadline(visitor: FlaskClient) -> None:
    started = time.monotonic()
    assert ask(visitor, ENDLESS, timeout="1000").status_code == 504
    assert time.monotonic() - started < 5


def test_a_query_that_takes_too_much_memory_is_507(visitor: FlaskClient) -> None:
    hungry = "SELECT * WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f ?i"
    assert ask(visitor, hungry).status_code == 507
    assert ask(visitor, COUNT).status_code == 200


def test_a_result_cut_after_its_beginning_is_no_clean_end(visitor: FlaskClient) -> None:
    answer = visitor.get("/sparql", query_string={"query": HUGE, "timeout": "0.5"}, buffered=False)
    assert answer.status_code == 200
    with pytest.raises(Exception, match="deadline"):
        list(answer.response)
    answer.close()


def test_no_release_is_503(tmp_path: Path) -> None:
    answer = create_app(make_project(tmp_path)).test_client().get("/sparql?query=ASK{}")
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers


def test_a_full_pool_is_503(visitor: FlaskClient, site: Flask) -> None:
    with site.app_context():
        present: Pool = pool()
    ask(visitor, COUNT)
    results: list[int] = []
    threads = [
        threading.Thread(target=lambda: results.append(ask(site.test_client(), ENDLESS, timeout="1.9").status_code))
        for _ in range(present.size + present.queue + 1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert 503 in results
    assert 504 in results
    assert set(results) == {503, 504}


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
        "SELECT * { sErViCe<http://127.0.0.1:1/>{ ?s ?p ?o } }",
        "SELECT * { SERVICE # comment\n SILENT <http://127.0.0.1:1/> { ?s ?p ?o } }",
        "SELECT * { SERVICESILENT<http://127.0.0.1:1/>{ ?s ?p ?o } }",
        "PREFIX : <http://127.0.0.1:1/> SELECT * { SERVICE:a { ?s ?p ?o } }",
        "SELECT * { ?s ?p 1SERVICE<http://127.0.0.1:1/>{ ?s ?p ?o } }",
        "SELECT * { ?s ?p true.SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
        "PREFIX e: <urn:e> SELECT * { ?s ?p e:a\\' . SERVICE <http://127.0.0.1:1/> { ?s ?p e:b\\' } }",
        "PREFIX e: <urn:e> SELECT * { ?s ?p e:a\\# . SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
        "SELECT * { ?s ?p <urn:\\u0061#a> . SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
        'SELECT * { ?s ?p "a"@en.SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }',
        "SELECT * { ?s ?p ?o FILTER(?o<3)SERVICE<http://127.0.0.1:1/>{} }",
        "ASK { FILTER EXISTS { SERVICE ?where { ?s ?p ?o } } }",
    ],
)
def test_no_spelling_asks_another_endpoint(visitor: FlaskClient, query: str) -> None:
    answer = ask(visitor, query)
    assert answer.status_code == 400
    assert "SERVICE" in answer.json["detail"]


@pytest.mark.parametrize(
    "query",
    [
        'ASK { ?s ?p "SERVICE" }',
        "ASK { ?s ?p '''it's a SERVICE ''' }",
        'ASK { ?s ?p """a "quoted" SERVICE""" }',
        "ASK { ?service <urn:SERVICE#a> $service } # SERVICE",
        "PREFIX org: <http://www.w3.org/ns/org#> ASK { ?s org:service ?o ; org:a.service _:service }",
        'ASK { ?s ?p "a"@x-service }',
    ],
)
def test_the_word_may_stand_where_it_asks_nobody(visitor: FlaskClient, query: str) -> None:
    assert ask(visitor, query).status_code == 200


def test_words_of_hostile_texts_are_told_in_time() -> None:
    started = time.monotonic()
    for text in ('"""' + "\\" * 65000, "'" * 65000, "a." * 32000, "<" * 65000, "<a" * 32000, ":" * 65000, "\\" * 65000):
        querytext.read(text)
    assert time.monotonic() - started < 2


# What may be kept


def test_a_known_answer_is_304_without_running(visitor: FlaskClient, site: Flask) -> None:
    first = ask(visitor, COUNT)
    assert first.headers["Cache-Control"] == "public, no-cache"
    assert not first.headers["ETag"].startswith("W/")
    with site.app_context():
        answered = [worker.answered for worker in pool()._idle]
    again = visitor.get("/sparql", query_string={"query": COUNT}, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    with site.app_context():
        assert [worker.answered for worker in pool()._idle] == answered


def test_tags_differ_by_query_dataset_and_format(visitor: FlaskClient) -> None:
    tags = [
        answer.headers["ETag"]
        for answer in (
            ask(visitor, COUNT),
            ask(visitor, COUNT.replace("?s", "?t")),
            ask(visitor, COUNT, format="csv"),
            ask(visitor, COUNT, **{"default-graph-uri": f"{BASE_IRI}dataset/bridge"}),
            ask(visitor, COUNT, **{"named-graph-uri": f"{BASE_IRI}dataset/bridge"}),
        )
    ]
    assert len(set(tags)) == len(tags)


def test_the_same_question_in_other_spacing_has_the_same_tag(visitor: FlaskClient) -> None:
    spaced = "# all of it\n" + COUNT.replace(" ", "  \n ") + " "
    assert ask(visitor, COUNT).headers["ETag"] == ask(visitor, spaced).headers["ETag"]
    for query in ("ASK { ?s ?p 'a  b' }", "ASK { ?s ?p 'a b' }", "ASK { ?s ?p 'a # b' }", "ASK { ?s ?p 'a' }"):
        others = {ask(visitor, other).headers["ETag"] for other in ("ASK { ?s ?p 'a   b' }", COUNT)}
        assert ask(visitor, query).headers["ETag"] not in others


def test_a_tag_is_of_the_bytes_that_were_sent(visitor: FlaskClient) -> None:
    query = {"query": "SELECT ?s ?o WHERE { ?s ?p ?o } LIMIT 100"}
    plain = visitor.get("/sparql", query_string=query)
    for encoding, unpacked in (("gzip", gzip.decompress), ("zstd", zstandard.ZstdDecompressor().decompress)):
        packed = visitor.get("/sparql", query_string=query, headers={"Accept-Encoding": encoding})
        assert packed.headers["Content-Encoding"] == encoding
        assert unpacked(packed.data) == plain.data
        assert "Accept-Encoding" in packed.headers["Vary"]
        tag = packed.headers["ETag"]
        assert tag != plain.headers["ETag"]
        again = visitor.get("/sparql", query_string=query, headers={"Accept-Encoding": encoding, "If-None-Match": tag})
        assert (again.status_code, again.headers["ETag"]) == (304, tag)
    both = visitor.get("/sparql", query_string=query, headers={"Accept-Encoding": "gzip, zstd;q=0.5"})
    assert both.headers["Content-Encoding"] == "gzip"


def test_blank_nodes_of_an_answer_make_its_tag_weak(visitor: FlaskClient) -> None:
    answer = ask(visitor, "CONSTRUCT { [] ?p ?o } WHERE { ?s ?p ?o }", "text/turtle")
    assert answer.headers["ETag"].startswith("W/")


def test_the_same_query_has_the_same_bytes_from_any_worker(visitor: FlaskClient, site: Flask) -> None:
    queries = ["SELECT ?g (COUNT(*) AS ?n) (SAMPLE(?o) AS ?one) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ?p",
               "SELECT DISTINCT ?o { ?s ?p ?o }", "DESCRIBE ?s { ?s ?p ?o }",
               "SELECT ?a ?b { ?a ?p ?x . ?b ?q ?x } LIMIT 500"]  # fmt: skip
    first = [ask(visitor, query).data for query in queries]
    with site.app_context():
        for pid in pool().pids():
            os.kill(pid, signal.SIGKILL)
    time.sleep(0.1)
    assert [ask(visitor, query).data for query in queries] == first


@pytest.mark.parametrize(
    "query", ["SELECT (NOW() AS ?n) {}", "SELECT (rand() AS ?n) {}", "SELECT (struuid() AS ?n) {}"]
)
def test_what_differs_every_time_is_not_kept(visitor: FlaskClient, query: str) -> None:
    answer = ask(visitor, query)
    assert answer.status_code == 200
    assert "ETag" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_new_release_is_seen_at_once(tmp_path: Path) -> None:
    project = make_project(tmp_path, LIMITS.replace("query_seconds = 2", "query_seconds = 20"))
    publish_quads(project, statements("market", 3))
    app = create_app(project)
    visitor = app.test_client()
    first = ask(visitor, COUNT, format="csv")
    assert first.text == "count\r\n3\r\n"
    publish_quads(project, statements("market", 4))
    tag = {"If-None-Match": first.headers["ETag"]}
    second = visitor.get("/sparql", query_string={"query": COUNT, "format": "csv"}, headers=tag)
    assert (second.status_code, second.text) == (200, "count\r\n4\r\n")
    with app.app_context():
        pool().close()


# The service description


def test_a_look_at_the_endpoint_describes_it(visitor: FlaskClient) -> None:
    for media_type in GRAPH_TYPES:
        answer = visitor.get("/sparql", headers={"Accept": media_type})
        assert answer.mimetype == media_type
        counts = parsed(answer.data, media_type).query(
            "PREFIX sd: <http://www.w3.org/ns/sparql-service-description#> PREFIX void: <http://rdfs.org/ns/void#> "
            "SELECT ?name ?count WHERE { [] a sd:Service ; sd:defaultDataset [ sd:namedGraph "
            "[ sd:name ?name ; sd:graph [ void:triples ?count ] ] ] }"
        )
        found = {str(row[0]): int(row[1]) for row in counts}  # type: ignore[index, arg-type]
        assert found == {
            f"{BASE_IRI}dataset/market": 300,
            f"{BASE_IRI}dataset/bridge": 22,
            f"{BASE_IRI}ontology": 4,
        }
    assert visitor.get("/sparql").mimetype == "text/turtle"
    assert visitor.get("/sparql?format=jsonld").mimetype == "application/ld+json"
    assert visitor.get("/sparql", headers={"Accept": "image/png"}).status_code == 406


def test_the_description_names_only_what_the_endpoint_does(visitor: FlaskClient) -> None:
    text = visitor.get("/sparql").text
    assert "UnionDefaultGraph" in text
    assert "BasicFederatedQuery" not in text
    assert "SPARQL11Update" not in text


# The page


def test_the_page_has_a_form_and_examples(visitor: FlaskClient) -> None:
    answer = visitor.get("/sparql", headers={"Accept": BROWSER, "Accept-Language": "en"})
    assert answer.status_code == 200
    assert answer.mimetype == "text/html"
    assert '<textarea id="query" name="query"' in answer.text
    assert "Everything" in answer.text
    assert "Tất cả" in visitor.get("/sparql?lang=vi", headers={"Accept": BROWSER}).text


def test_the_page_shows_rows_in_the_querys_order(visitor: FlaskClient) -> None:
    query = "SELECT * WHERE { ?thing ?property ?cost FILTER(isNumeric(?cost)) }"
    text = ask(visitor, query, BROWSER, lang="en").text
    head = text[text.index("<thead>") : text.index("</thead>")]
    assert [head.index(name) for name in (">thing<", ">property<", ">cost<")] == sorted(
        head.index(name) for name in (">thing<", ">property<", ">cost<")
    )
    assert 'href="/id/market/0"' in text
    assert f'title="{BASE_IRI}id/market/0"' in text
    assert "xsd:integer" in text
    assert quote("SELECT * WHERE", safe="").replace("%20", "+") in text, "downloads ask the same query"
    assert re.search(r"<code>http://localhost/sparql\?query=[^<]*format=csv</code>", text), "for a spreadsheet"


def test_the_page_shows_answers_of_every_kind(visitor: FlaskClient) -> None:
    assert "<strong>yes</strong>" in ask(visitor, "ASK {}", BROWSER, lang="en").text
    assert "rdfs:label" in ask(visitor, "DESCRIBE <id/bridge/3>", BROWSER).text
    assert "<table>" not in ask(visitor, "SELECT * { ?s <urn:none> ?o }", BROWSER).text


def test_the_page_says_when_it_shows_a_part(visitor: FlaskClient) -> None:
    part = "there is more of it than a page shows"
    assert part in ask(visitor, "SELECT * { ?a ?b ?c . ?d ?e ?f }", BROWSER, lang="en").text
    assert part not in ask(visitor, "SELECT * { ?a ?b ?c }", BROWSER, lang="en").text


def test_the_page_keeps_the_query_that_failed(visitor: FlaskClient) -> None:
    query = 'SELECT * { ?s ?p "</textarea><script>" '
    answer = ask(visitor, query, BROWSER, lang="en")
    assert answer.status_code == 400
    assert answer.mimetype == "text/html"
    assert "&lt;/textarea&gt;&lt;script&gt;" in answer.text
    assert "</textarea><script>" not in answer.text
    assert "Everything" in answer.text, "the examples are still there"
    assert "PREFIX skos: &lt;" in answer.text, "and the prefixes"
    caret = ask(visitor, "SELECT * WHERE {\n  ?s ?p }", BROWSER).text
    assert re.search(r"<code>  \?s \?p }\n +\^</code>", caret)
    posted = visitor.post("/sparql?lang=en", data={"query": query}, headers={"Accept": BROWSER})
    assert posted.status_code == 400
    assert "&lt;/textarea&gt;" in posted.text
    too_long = visitor.post("/sparql?lang=en", data={"query": "a" * 100_000}, headers={"Accept": BROWSER})
    assert too_long.status_code == 413


def test_the_page_shows_markup_as_text(visitor: FlaskClient) -> None:
    query = 'SELECT ("<script>" AS ?text) (<https://example.org/%22%3E> AS ?iri) (<javascript:alert(1)> AS ?j) {}'
    text = ask(visitor, query, BROWSER).text
    assert "<script>" not in text.replace("<script src", "").replace('<script type="application', "")
    assert 'href="javascript' not in text


# Over real connections


@contextmanager
def served(project: Project) -> Iterator[str]:
    """Serve a deployment by the server that serves it in earnest; yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = (
        "import sys; from pathlib import Path; from lienket.project import Project; "
        "from lienket.web.serving import serve; serve(Project.read(Path(sys.argv[1])))"
    )
    environment = {**os.environ, "LIENKET_SERVER_PORT": str(port)}
    with subprocess.Popen(
        [sys.executable, "-c", program, str(project.root)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            wait_until(lambda: connects(port))
            yield f"http://127.0.0.1:{port}/sparql"
        finally:
            server.terminate()
            server.wait(20)


def connects(port: int) -> bool:
    with closing(socket.socket()) as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until, "did not come about in 20 seconds"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def address(deployment: Project) -> Iterator[str]:
    with served(deployment) as found:
        yield found


def exchange(address: str, request: bytes) -> bytes:
    """Send bytes and return all that comes back until the server closes."""
    port = int(address.split(":")[2].split("/")[0])
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(request)
        received = bytearray()
        while True:
            try:
                piece = connection.recv(1 << 16)
            except ConnectionResetError:
                break
            if not piece:
                break
            received += piece
    return bytes(received)


def get(query: str, version: str = "1.1", **parameters: str) -> bytes:
    asked = urlencode({"query": query, **parameters})
    return f"GET /sparql?{asked} HTTP/{version}\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()


def test_a_long_result_comes_in_chunks_and_ends_cleanly(address: str) -> None:
    received = exchange(address, get("SELECT * WHERE { ?a ?b ?c . ?d ?e ?f } LIMIT 20000", format="csv"))
    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"transfer-encoding: chunked" in received.lower()
    assert received.endswith(b"\r\n0\r\n\r\n")


def test_a_cut_result_is_a_broken_transfer(address: str) -> None:
    asked = urlencode({"query": HUGE, "format": "csv", "timeout": "0.7"})
    with urllib.request.urlopen(f"{address}?{asked}") as response:
        assert response.status == 200
        assert response.headers["Transfer-Encoding"] == "chunked"
        with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
            list(iter(lambda: response.read(1 << 16), b""))


def test_a_client_that_cannot_tell_a_cut_result_gets_a_status(address: str) -> None:
    cut = exchange(address, get(HUGE, "1.0", format="csv", timeout="0.7"))
    assert b" 504 " in cut.splitlines()[0]
    whole = exchange(address, get("SELECT * WHERE { ?a ?b ?c . ?d ?e ?f } LIMIT 20000", "1.0", format="csv"))
    head, _, body = whole.partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head.lower()
    assert len(body) > 1 << 16


@pytest.mark.parametrize("query", [HUGE, ENDLESS])
def test_a_client_that_leaves_frees_its_worker(address: str, query: str) -> None:
    exchange(address, get(COUNT))
    port = int(address.split(":")[2].split("/")[0])
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(get(query))
        time.sleep(0.3)
    started = time.monotonic()
    assert exchange(address, get(COUNT)).startswith(b"HTTP/1.1 200 OK")
    assert time.monotonic() - started < 1.5, "before the deadline"


def test_a_query_ends_in_time_on_the_wire(address: str) -> None:
    started = time.monotonic()
    assert exchange(address, get(ENDLESS, timeout="0.5")).startswith(b"HTTP/1.1 504 ")
    assert time.monotonic() - started < 2


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="finds processes where the system lists them")
def test_the_server_leaves_no_process_behind(tmp_path: Path) -> None:
    project = make_project(tmp_path, LIMITS)
    publish_quads(project, statements("market", 3))
    with served(project) as address:
        assert exchange(address, get(COUNT)).startswith(b"HTTP/1.1 200 OK")
        assert workers_of(str(tmp_path))
    wait_until(lambda: not workers_of(str(tmp_path)))


def workers_of(root: str) -> list[int]:
    """Return the query workers over a deployment's stores."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if any(word.endswith(b"worker.py") for word in words) and any(word.startswith(root.encode()) for word in words):
            found.append(int(entry.parent.name))
    return found


@pytest.mark.parametrize("method", [SPARQLWrapper.GET, SPARQLWrapper.POST])
@pytest.mark.parametrize("request_method", [SPARQLWrapper.URLENCODED, SPARQLWrapper.POSTDIRECTLY])
@pytest.mark.parametrize(
    ("format_", "media_type"),
    [
        (SPARQLWrapper.JSON, "application/sparql-results+json"),
        (SPARQLWrapper.XML, "application/sparql-results+xml"),
        (SPARQLWrapper.CSV, "text/csv"),
        (SPARQLWrapper.TSV, "text/tab-separated-values"),
    ],
)
def test_sparqlwrapper_reads_rows(
    address: str, method: str, request_method: str, format_: str, media_type: str
) -> None:
    if method == SPARQLWrapper.GET and request_method == SPARQLWrapper.POSTDIRECTLY:
        return  # a body goes with POST alone
    wrapper = SPARQLWrapper.SPARQLWrapper(address)
    wrapper.setMethod(method)
    wrapper.setRequestMethod(request_method)
    wrapper.setReturnFormat(format_)
    wrapper.setQuery(COUNT)
    with closing(wrapper.query().response) as response:
        assert response.headers["Content-Type"].partition(";")[0] == media_type
        assert b"326" in response.read()


@pytest.mark.parametrize(
    ("format_", "media_type"),
    [
        (SPARQLWrapper.TURTLE, "text/turtle"),
        (SPARQLWrapper.XML, "application/rdf+xml"),
        (SPARQLWrapper.RDFXML, "application/rdf+xml"),
        (SPARQLWrapper.JSONLD, "application/ld+json"),
    ],
)
def test_sparqlwrapper_reads_triples(address: str, format_: str, media_type: str) -> None:
    wrapper = SPARQLWrapper.SPARQLWrapper(address)
    wrapper.setReturnFormat(format_)
    wrapper.setQuery(f"DESCRIBE <{BASE_IRI}id/bridge/3>")
    with closing(wrapper.query().response) as response:
        assert response.headers["Content-Type"].partition(";")[0] == media_type
        assert len(parsed(response.read(), media_type)) == 1


def test_sparqlwrapper_tells_of_a_malformed_query(address: str) -> None:
    wrapper = SPARQLWrapper.SPARQLWrapper(address)
    wrapper.setQuery("SELECT {")
    with pytest.raises(SPARQLWrapper.SPARQLExceptions.QueryBadFormed):
        wrapper.query()


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
def test_rdflibs_store_reads(address: str, method: str) -> None:
    store = SPARQLStore(address, method=method)
    graph = rdflib.Graph(store)
    market = rdflib.URIRef(f"{BASE_IRI}id/market/7")
    assert str(graph.value(market, rdflib.RDFS.label)) == "số 7"
    assert len(list(graph.query("SELECT ?s WHERE { ?s ?p ?o } LIMIT 5"))) == 5
    assert graph.query("ASK { ?s ?p ?o }").askAnswer is True
    assert len(graph.query("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 5").graph or []) == 5


def test_errors_reach_plain_clients(address: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{address}?query=SELECT")
    with caught.value as problem:
        assert problem.code == 400
        assert json.loads(problem.read())["line"] == 1
