"""The server as it runs in earnest: what it writes down, what it keeps, and what attacks do to it."""

import gzip
import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from lienket.project import Project
from tests.releases import BASE_IRI, make_project, publish_quads
from tests.test_sparql import COUNT, ENDLESS, served, statements, wait_until

SETTINGS = """
[limits]
query_seconds = 2
query_memory = 128
query_workers = 2
query_queue = 4
client_queries = 6

[server]
processes = 1
threads = 2
proxies = 1

[logs]
access = "logs/access.jsonl"
slow = "logs/slow.jsonl"
slow_seconds = 1
addresses = "network"
"""
QUADS = statements("market", 300) + (
    f'<{BASE_IRI}id/evil/1> <http://www.w3.org/2000/01/rdf-schema#label> "<script>alert(1)</script>\\"\'>" '
    f"<{BASE_IRI}dataset/market> .\n"
)


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = make_project(tmp_path_factory.mktemp("served"), SETTINGS)
    publish_quads(project, QUADS)
    return project


@pytest.fixture(scope="module")
def address(deployment: Project) -> Iterator[str]:
    with served(deployment) as found:
        yield found.removesuffix("/sparql")


def fetch(address: str, path: str, client: str = "", **headers: str) -> tuple[int, dict[str, str], bytes]:
    if client:
        headers["X-Forwarded-For"] = client
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with closing(http.client.HTTPConnection(address.removeprefix("http://"), timeout=20)) as connection:
        connection.request("GET", path, headers=named)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


def sparql(query: str, **more: str) -> str:
    return "/sparql?query=" + quote(query) + "".join(f"&{name}={value}" for name, value in more.items())


def raw(address: str, request: bytes) -> bytes:
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(request)
        received = b""
        while True:
            try:
                piece = connection.recv(1 << 16)
            except ConnectionResetError:
                break
            if not piece:
                break
            received += piece
        return received


def lines(project: Project, name: str) -> list[dict[str, Any]]:
    path = project.root / "logs" / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def figure(address: str, name: str) -> float:
    text = fetch(address, "/metrics")[2].decode()
    return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if re.match(name + r"(\{|\s)", line))


# What is written down


def test_requests_are_written_down(address: str, deployment: Project) -> None:
    query = "SELECT ?s WHERE { ?s ?p ?o } LIMIT 7"
    assert fetch(address, sparql(query), "203.0.113.77")[0] == 200
    wait_until(lambda: any(entry.get("rows") == 7 for entry in lines(deployment, "access")))
    entry = next(entry for entry in lines(deployment, "access") if entry.get("rows") == 7)
    assert entry["status"] == 200
    assert entry["path"] == "/sparql"
    assert entry["seconds"] > 0
    assert re.fullmatch("[0-9a-f]{16}", entry["query"])
    assert entry["complete"] is True
    text = (deployment.root / "logs" / "access.jsonl").read_text()
    assert "SELECT" not in text, "a query is told by its digest"
    assert "203.0.113.77" not in text


def test_slow_queries_are_written_down_with_their_text(address: str, deployment: Project) -> None:
    assert fetch(address, sparql(ENDLESS, timeout="1.2"))[0] == 504
    wait_until(lambda: bool(lines(deployment, "slow")))
    entry = lines(deployment, "slow")[-1]
    assert entry["text"] == ENDLESS
    assert entry["outcome"] == "deadline"
    assert entry["seconds"] >= 1


def test_figures(address: str) -> None:
    before = figure(address, "lienket_requests_total")
    failed = figure(address, "lienket_failed_queries_total")
    assert fetch(address, "/healthz")[0] == 200
    assert fetch(address, sparql(ENDLESS, timeout="0.3"))[0] == 504
    assert figure(address, "lienket_requests_total") >= before + 2
    assert figure(address, "lienket_failed_queries_total") == failed + 1
    assert figure(address, "lienket_queries") == 0


def test_health_and_readiness(address: str) -> None:
    for path in ("/healthz", "/readyz"):
        status, headers, body = fetch(address, path)
        assert (status, json.loads(body)["status"]) == (200, "ok")
        assert headers["cache-control"] == "no-store"


# What is kept


def test_small_answers_are_kept_and_known_again(address: str) -> None:
    kept = figure(address, "lienket_kept_answers_total")
    first = fetch(address, sparql(COUNT))
    second = fetch(address, sparql(COUNT))
    assert first[2] == second[2]
    assert first[1]["etag"] == second[1]["etag"]
    assert fetch(address, sparql(COUNT), If_None_Match=first[1]["etag"])[::2] == (304, b"")
    assert figure(address, "lienket_kept_answers_total") == kept + 2
    packed = fetch(address, sparql(COUNT + " #" + "x" * 10), Accept_Encoding="gzip")
    assert packed[0] == 200
    rows = "SELECT ?s ?o WHERE { ?s ?p ?o } LIMIT 90"
    for _ in range(2):
        plain, small = fetch(address, sparql(rows)), fetch(address, sparql(rows), Accept_Encoding="gzip")
        assert gzip.decompress(small[2]) == plain[2]
        assert small[1]["etag"] != plain[1]["etag"]


def test_answers_to_a_query_in_the_body_are_kept_too(address: str) -> None:
    def post(query: str, media_type: str = "application/sparql-query") -> bytes:
        head = f"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Type: {media_type}\r\nConnection: close\r\n"
        known = "Accept: text/csv\r\nIf-None-Match: *\r\n"
        return raw(address, f"{head}{known}Content-Length: {len(query)}\r\n\r\n{query}".encode())

    kept = figure(address, "lienket_kept_answers_total")
    first, second = (post(COUNT + " #posted").partition(b"\r\n\r\n") for _ in range(2))
    assert first[0].startswith(b"HTTP/1.1 200")
    assert second[0].startswith(b"HTTP/1.1 200"), "only what is fetched can be not modified"
    assert first[2] == second[2]
    assert figure(address, "lienket_kept_answers_total") == kept + 1
    assert b"false" in post("ASK { ?s ?p 'posted' }")
    assert b"415" in post(COUNT + " #posted", "text/plain").partition(b"\r\n")[0], "another type is another request"


def test_what_is_kept_goes_with_its_release(tmp_path: Path) -> None:
    project = make_project(tmp_path, SETTINGS)
    publish_quads(project, statements("market", 3))
    with served(project) as found:
        address = found.removesuffix("/sparql")
        for _ in range(2):
            assert fetch(address, sparql(COUNT, format="csv"))[2] == b"count\r\n3\r\n"
        publish_quads(project, statements("market", 4))
        time.sleep(0.1)
        assert fetch(address, sparql(COUNT, format="csv"))[2] == b"count\r\n4\r\n"


# Who asks too much


def test_one_client_is_told_when_it_has_enough(address: str) -> None:
    statuses: list[int] = []
    others: list[float] = []

    def hostile() -> None:
        statuses.append(fetch(address, sparql(ENDLESS), "203.0.113.1")[0])

    threads = [threading.Thread(target=hostile) for _ in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    for number in range(20):
        started = time.monotonic()
        assert fetch(address, sparql(f"ASK {{ ?s ?p {number} }}"), "203.0.113.2")[0] == 200
        others.append(time.monotonic() - started)
    for thread in threads:
        thread.join(20)
    assert set(statuses) <= {429, 503, 504}
    assert statuses.count(504) >= 4
    assert sorted(others)[10] < 0.5, "the last worker is for others"


def test_shares_are_of_the_address_that_the_proxy_saw(address: str) -> None:
    """What a client writes into the header itself stands before what the proxy adds, and counts for nothing."""
    statuses: list[int] = []

    def hostile(number: int) -> None:
        forged = f"198.51.100.{number}, {number}.{number}.{number}.{number}, 203.0.113.9"
        statuses.append(fetch(address, sparql(ENDLESS), forged)[0])

    threads = [threading.Thread(target=hostile, args=(number,)) for number in range(1, 11)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    for number in range(5):
        started = time.monotonic()
        assert fetch(address, sparql(f"ASK {{ ?s ?p {number}9999 }}"), "203.0.113.10")[0] == 200, (
            "ten names are one client"
        )
        assert time.monotonic() - started < 1, "who never gets the last worker"
    for thread in threads:
        thread.join(20)
    assert set(statuses) <= {429, 503, 504}


# Attacks


def test_a_thousand_clients_that_say_nothing(address: str) -> None:
    host, port = address.removeprefix("http://").split(":")
    with ExitStack() as stack:
        for number in range(1000):
            connection = stack.enter_context(socket.create_connection((host, int(port)), timeout=20))
            if number % 2:
                connection.sendall(b"GET /sparql?query=ASK HTT")
        started = time.monotonic()
        assert fetch(address, sparql("ASK { ?s ?p 1000 }"))[0] == 200
        assert time.monotonic() - started < 2


def test_ten_megabytes_of_query(address: str) -> None:
    body = b"ASK {} #" + b"a" * 10_000_000
    head = "POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Type: application/sparql-query\r\nConnection: close\r\n"
    try:
        received = raw(address, f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    except (BrokenPipeError, ConnectionResetError):
        received = b""  # it was not read to its end
    assert not received or received.startswith(b"HTTP/1.1 413")
    chunked = b"".join(b"100000\r\n" + b"a" * 0x100000 + b"\r\n" for _ in range(2)) + b"0\r\n\r\n"
    try:
        received = raw(address, f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + chunked)
    except (BrokenPipeError, ConnectionResetError):
        received = b""
    assert not received or received.startswith(b"HTTP/1.1 413")
    small = b"8\r\nASK {} #\r\n0\r\n\r\n"
    assert b"true" in raw(address, f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + small)
    assert fetch(address, sparql("ASK {}"))[0] == 200


@pytest.mark.parametrize(
    "query",
    [
        "ASK " + "{" * 20_000 + "}" * 20_000,
        "ASK { FILTER(" + "(" * 20_000 + "1" + ")" * 20_000 + ") }",
        "ASK { FILTER(" + "!" * 20_000 + "true) }",
        "ASK { FILTER(" + "STR(" * 5_000 + "1" + ")" * 5_000 + ") }",
        "ASK { " + "OPTIONAL {" * 5_000 + "}" * 5_000 + " }",
        "ASK { FILTER(" + "||".join(["1"] * 20_000) + ") }",
        "ASK { " + "".join(f"BIND(1 AS?v{number:x})" for number in range(3_600)) + " }",
    ],
    ids=["groups", "brackets", "not", "functions", "optional", "or", "bind"],
)
def test_deep_nesting(address: str, query: str) -> None:
    """However a query exhausts the stack of its process, it is told that the query is at fault, and harms nobody."""
    head = "POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Type: application/sparql-query\r\nAccept-Language: en\r\n"
    received = raw(address, f"{head}Connection: close\r\nContent-Length: {len(query)}\r\n\r\n{query}".encode())
    assert int(received.split(b" ", 2)[1]) == 400
    assert b"nested too deep" in received
    assert fetch(address, sparql("ASK {}"))[0] == 200


@pytest.mark.parametrize(
    "line",
    [
        b"GET /sparql?query=ASK%7B%7D%FF HTTP/1.1",
        b"GET /sparql?query=ASK%7B%7D%zz HTTP/1.1",
        b"GET /sparql?query=\xff\xfe HTTP/1.1",
        b"GET /id/%E1%BB HTTP/1.1",
        b"GET /id/%00 HTTP/1.1",
        b"GET /id/a%0d%0aSet-Cookie:%20a=b HTTP/1.1",
        b"GET /id/" + b"a" * 9000 + b" HTTP/1.1",
        b"GET /static/../../../../etc/passwd HTTP/1.1",
        b"GET /static/%2e%2e/%2e%2e/etc/passwd HTTP/1.1",
        b"GET /dumps/..%2f..%2fmanifest.json HTTP/1.1",
        b"GET //evil.example/id/market/1 HTTP/1.1",
        b"GET http://evil.example/id/market/1 HTTP/1.1",
        b"GET / HTTP/9.9",
        b"\x00\x01\x02",
        b"FOO BAR BAZ",
        b"GET / HTTP/1.1\r\nHeader\x00: a",
        b"GET / HTTP/1.1\r\nContent-Length: -1",
        b"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked",
        b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nAccept: " + b"a/b;q=,;" * 500,
        b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nAccept-Encoding: ;;;q=x,\xff",
        b'GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nIf-None-Match: "\xff,,,',
        b"GET /doc/market/1 HTTP/1.1\r\nIf-Modified-Since: yesterday\r\nRange: bytes=9-1",
    ],
)
def test_what_is_malformed_is_answered_and_harms_nobody(address: str, line: bytes) -> None:
    received = raw(address, line + b"\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    head = received.partition(b"\r\n\r\n")[0]
    assert b" 500 " not in head.partition(b"\r\n")[0]
    assert b"root:" not in received
    assert b"\r\nset-cookie" not in head.lower()
    for location in re.findall(rb"(?im)^location: *(.*?)\r?$", head):
        assert location.startswith(b"/")
        assert not location.startswith(b"//")
    assert fetch(address, "/healthz")[0] == 200


def test_an_iri_with_a_line_break_reaches_no_header(tmp_path: Path) -> None:
    """The store takes in what its writer let through: IRIs that would end a header, a tag, or a query."""
    project = make_project(tmp_path, "[server]\nprocesses = 1\nthreads = 2\n")
    evil = f"{BASE_IRI}id/evil/\r\nSet-Cookie: a=b"
    publish_lenient(project, evil)
    with served(project) as found:
        where = found.removesuffix("/sparql")
        for path in ("/id/evil/%0D%0ASet-Cookie:%20a=b", "/doc/evil/%0D%0ASet-Cookie:%20a=b", "/doc/good/1.html",
                     "/doc/good/1.ttl", "/doc/good/1.csv", sparql("SELECT * { ?s ?p ?o }"), "/doc/replaced/1.ttl",
                     "/changes", f"/doc/good/1?property={quote(evil)}"):  # fmt: skip
            received = raw(where, f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
            head = received.partition(b"\r\n\r\n")[0]
            assert int(received.split(b" ", 2)[1]) in (200, 303, 400, 404, 410), (path, received[:300])
            assert b"Set-Cookie" in received or "SELECT" not in path, "it is in the store"
            assert not re.search(rb"(?im)^set-cookie", head), path


def publish_lenient(project: Project, evil: str) -> None:
    """Publish a release with an IRI that no parser would have let through."""
    escaped = evil.replace("\r", "\\u000D").replace("\n", "\\u000A").replace(" ", "\\u0020")
    graph = f"<{BASE_IRI}dataset/market>"
    publish_quads(
        project,
        f"<{BASE_IRI}id/good/1> <http://purl.org/dc/terms/relation> <{escaped}> {graph} .\n"
        f"<{escaped}> <http://purl.org/dc/terms/replaces> <{BASE_IRI}id/replaced/1> {graph} .\n"
        f'<{escaped}> <http://www.w3.org/2000/01/rdf-schema#label> "evil" {graph} .\n',
    )


def test_markup_in_labels_is_text_everywhere(address: str) -> None:
    for path in ("/doc/evil/1.html", "/search?q=script", sparql("SELECT * { ?s ?p ?o FILTER(STRLEN(?o) > 12) }")):
        status, headers, body = fetch(address, path, Accept="text/html")
        assert status in (200, 503), "this release has no index to search"
        assert b"<script>alert" not in body
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
