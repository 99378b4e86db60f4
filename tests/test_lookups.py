"""Lookups in the event loop: whatever is answered there is what the application and its workers would have said."""

import gzip
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any
from urllib.parse import quote, urlencode

import pyoxigraph as ox
import pytest
from flask import Flask
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from lienket.project import Project
from lienket.vocabulary import RDF
from lienket.web import create_app, lookups, querytext
from lienket.web.front import Looked
from lienket.web.journal import NOTE
from lienket.web.lookups import Lookups, subject_of
from lienket.web.shown import showcase_of
from lienket.web.sparql import pool, pool_of
from lienket.web.workers import Query
from tests.releases import BASE_IRI, make_project, publish_quads

GRAPH = f"<{BASE_IRI}dataset/market>"
NAMES = "PREFIX ex: <https://example.org/> "


def statements() -> Iterator[str]:
    """Yield N-Quads: a little of some things, a blank node that leads to others and back, much of one thing."""
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    for n in range(6):
        yield f'<https://example.org/{n}> {label} "Chợ số {n}"@vi {GRAPH} .'
        yield f"<https://example.org/{n}> <{RDF}type> <https://example.org/Market> {GRAPH} ."
        yield f"<https://example.org/{n}> <https://example.org/near> <https://example.org/{(n + 1) % 6}> {GRAPH} ."
    yield f"<https://example.org/1> <https://example.org/at> _:one {GRAPH} ."
    yield f'_:one <https://example.org/x> "1.5"^^<http://www.w3.org/2001/XMLSchema#decimal> {GRAPH} .'
    yield f"_:one <https://example.org/at> _:two {GRAPH} ."
    yield f"_:two <https://example.org/at> _:one {GRAPH} ."
    yield f'_:two {label} "a \\"cell\\",\\nof two lines" {GRAPH} .'
    for n in range(80):
        yield f'<https://example.org/2> <https://example.org/note> "Ghi chú dài hơn một chút, số {n}" {GRAPH} .'
    for n in range(lookups.MOST_STATEMENTS + 1):
        yield f'<https://example.org/hub> <https://example.org/note> "{n}" {GRAPH} .'
    yield f'<https://example.org/tome> <https://example.org/note> "{"a" * (lookups.MOST_CHARACTERS + 1)}" {GRAPH} .'


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = make_project(tmp_path_factory.mktemp("lookups"), "[limits]\nclient_queries = 2\nresult_rows = 90\n")
    publish_quads(project, "\n".join(statements()))
    return project


@pytest.fixture(scope="module")
def app(deployment: Project) -> Iterator[Flask]:
    made = create_app(deployment)
    yield made
    with made.app_context():
        pool().close()


Ask = Callable[..., Looked | None]


@pytest.fixture(scope="module")
def ask(app: Flask, deployment: Project) -> Ask:
    """A function that answers a request as the front would, None where it would hand it on."""
    here = Lookups(app.extensions, deployment)
    showcase_of(app.extensions).look()
    link = (deployment.var / "current").readlink()

    def answer(query: str, method: str = "GET", **headers: str) -> Looked | None:
        address, body, sent = request_of(query, method, headers)
        named = {name.lower().encode(): value.encode() for name, value in sent.items()}
        scope = {"method": method, "query_string": address.encode(), "client": ("203.0.113.1", 1)}
        return here.answer(scope, named, body, str(link))

    return answer


def request_of(query: str, method: str, headers: Mapping[str, str]) -> tuple[str, bytes, dict[str, str]]:
    """Return query string, body and headers of a request that asks a query."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if method == "GET":
        return "query=" + quote(query), b"", sent
    if method == "POST":
        return "", urlencode({"query": query}).encode(), {**sent, "Content-Type": "application/x-www-form-urlencoded"}
    return "", query.encode(), {**sent, "Content-Type": "application/sparql-query"}


def by_the_application(app: Flask, query: str, method: str, headers: Mapping[str, str]) -> tuple[int, Looked]:
    address, body, sent = request_of(query, method, headers)
    note: dict[str, Any] = {}
    answer = app.test_client().open("/sparql", method=method, query_string=address, data=body, headers=sent,
                                    environ_overrides={NOTE: note})  # fmt: skip
    named = [(name.lower().encode(), value.encode()) for name, value in answer.headers.items()]
    return answer.status_code, Looked(named, answer.get_data(), note)


terms = st.sampled_from([f"<https://example.org/{name}>" for name in (*range(6), "hub", "tome", "nothing")] + [
    "ex:1", "ex:2", "ex:", "ex:near", "a", "<near>", "<https://example.org/./1>", "<https://example.org/a b>", "?s",
    "?o", "$p", "_:b", '"text"', "nope:1", "ex:-1", "<https://[bad>", f"<{RDF}type>", "ex:note",
])  # fmt: skip
spaces = st.sampled_from(["", " ", " ", " ", "\n", " # PREFIX x:\n"])
prologues = st.sampled_from([NAMES, NAMES, NAMES, NAMES.lower(), "", NAMES + NAMES, "PREFIX ex:<https://example.org/>",
                             "PREFIX ex: <https://example.org/../> ", "BASE <https://example.org/> ", "PREFIX : <a:> ",
                             "PREFIX x: <https://[bad> " + NAMES, "PREFIX", "#\n"])  # fmt: skip
words = st.sampled_from(
    ["DESCRIBE", "SELECT", "WHERE", "LIMIT 2", "{", "}", ".", "*", "?o", "FROM", "PREFIX ex:", "<a:b>"]
)
heads = st.sampled_from(["SELECT *", "SELECT ?o", "SELECT DISTINCT ?p ?o", "SELECT REDUCED*", "ASK", "select distinct*",
                         "SELECT ?nobody", "CONSTRUCT"])  # fmt: skip
tails = st.sampled_from(["}", ".}", " . } LIMIT 2", "}LIMIT 0", "} ORDER BY ?o", "} OFFSET 1"])


@st.composite
def queries(draw: st.DrawFn) -> str:
    """Return a lookup, or what nearly is one."""
    one, two, three, four = (draw(spaces) for _ in range(4))
    if draw(st.booleans()):
        return f"{draw(prologues)}DESCRIBE{one}{draw(terms)}{two}"
    where = draw(st.sampled_from(["", "WHERE", " where "]))
    pattern = f"{{{two}{draw(terms)} {three}{draw(terms)} {draw(terms)}{four}"
    return f"{draw(prologues)}{draw(heads)}{one}{where}{pattern}{draw(tails)}"


SENT = st.fixed_dictionaries({}, optional={
    "Accept": st.sampled_from(["*/*", "text/turtle", "application/n-triples", "application/rdf+xml, text/csv",
                               "application/ld+json;q=0.5, application/sparql-results+json", "text/html", "image/png",
                               "application/sparql-results+xml", "text/tab-separated-values,text/turtle"]),
    "Accept_Encoding": st.sampled_from(["gzip", "zstd;q=0.1, gzip", "identity", "br", "*", "gzip;q=0"]),
})  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(query=queries(), method=st.sampled_from(["GET", "GET", "POST", "QUERY"]), headers=SENT)
@example(query="DESCRIBE <https://example.org/1>", method="GET", headers={})
@example(query="DESCRIBE<https://example.org/2>", method="POST", headers={"Accept_Encoding": "gzip"})
@example(query=NAMES + "SELECT * WHERE { ex:2 ex:note ?o }", method="GET", headers={"Accept_Encoding": "zstd"})
def test_it_is_what_the_application_says(
    app: Flask, ask: Ask, query: str, method: str, headers: dict[str, str]
) -> None:
    looked = ask(query, method, **headers)
    event("handed on" if looked is None else "answered here")
    if looked is None:
        return
    status, told = by_the_application(app, query, method, headers)
    assert status == 200
    assert sorted(looked.headers) == sorted(told.headers)
    assert looked.body == told.body
    assert looked.note == told.note


@settings(max_examples=500, deadline=None)
@given(prologues, st.lists(spaces, min_size=2, max_size=2), st.lists(words, max_size=1), terms)
def test_what_is_taken_for_a_lookup_is_one(prologue: str, between: list[str], more: list[str], term: str) -> None:
    """No text is taken for a lookup that the engine does not understand, or understands otherwise."""
    text = between[1].join([f"{prologue}DESCRIBE{between[0]}{term}", *more])
    subject = subject_of(querytext.read(text).canonical)
    event("none" if subject is None else "a lookup")
    if subject is None:
        return
    memory = ox.Store()
    try:
        memory.add(ox.Quad(ox.NamedNode(subject.iri), ox.NamedNode("urn:p"), ox.Literal("it")))
    except ValueError:  # it is asked for in vain here, too
        return
    answer = memory.query(text, base_iri=BASE_IRI)
    assert isinstance(answer, ox.QueryTriples)
    assert [str(triple.object) for triple in answer] == ['"it"']


@pytest.mark.parametrize(
    "query",
    [
        "DESCRIBE <https://example.org/1>",
        "prefix ex: <https://example.org/>\n# which\ndescribe ex:5",
        "SELECT ?o { <https://example.org/1> ?p ?o }",
        NAMES + "SELECT DISTINCT ?o WHERE { ex:1 ex:near ?o . } LIMIT 5",
        NAMES + "ASK { ex:1 a ex:Market }",
        "DESCRIBE <https://example.org/nothing>",
    ],
)
def test_lookups_are_answered_here(ask: Ask, query: str) -> None:
    for method in ("GET", "POST", "QUERY"):
        assert ask(query, method) is not None


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("DESCRIBE <https://example.org/hub>", {}),  # says much
        ("SELECT * { <https://example.org/hub> ?p ?o } LIMIT 1", {}),
        ("DESCRIBE <https://example.org/tome>", {}),  # says it at length
        ("DESCRIBE ?s { ?s ?p ?o }", {}),
        ("DESCRIBE <https://example.org/1> <https://example.org/2>", {}),
        ("SELECT * { <https://example.org/1> ?p ?o . ?a ?b ?c }", {}),
        ("SELECT * { <https://example.org/1> ?p ?o . <https://example.org/1> ?q ?r }", {}),
        ("SELECT * { <https://example.org/1> <https://example.org/near>* ?o }", {}),
        ("SELECT * { ?s ?p <https://example.org/1> }", {}),
        ("SELECT (COUNT(*) AS ?n) { <https://example.org/1> ?p ?o }", {}),
        ("DESCRIBE <1>", {}),
        ("DESCRIBE <https://example.org/1", {}),
        ("DESCRIBE <https://example.org/1> #" + "a" * 3000, {}),
        ("DESCRIBE <https://example.org/1>", {"Accept": "text/html"}),
        ("DESCRIBE <https://example.org/1>", {"Accept": "text/csv"}),
        ("DESCRIBE <https://example.org/1>", {"If_None_Match": '"a"'}),
    ],
)
def test_what_is_none_goes_its_way(ask: Ask, query: str, headers: dict[str, str]) -> None:
    assert ask(query, **headers) is None


def test_limits_of_the_deployment_hold(app: Flask, ask: Ask) -> None:
    """`result_rows` is 90, `client_queries` 2."""
    assert ask("SELECT * { <https://example.org/2> ?p ?o }") is not None
    busy = pool_of(app.extensions, showcase_of(app.extensions).project)
    query = Query("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", "csv", None)
    store = showcase_of(app.extensions).look().release.store_path
    with (
        closing(busy.run(store, query, 20, client="203.0.113.1")),
        closing(busy.run(store, query, 20, client="203.0.113.1")),
    ):
        assert ask("DESCRIBE <https://example.org/1>") is None, "this client has its share"
        assert not busy.has_share("203.0.113.1")
        assert busy.has_share("203.0.113.2")
    assert ask("DESCRIBE <https://example.org/1>") is not None


def test_a_release_that_is_not_open_is_not_looked_into(app: Flask, deployment: Project) -> None:
    here = Lookups(app.extensions, deployment)
    scope = {"method": "GET", "query_string": b"query=DESCRIBE%20%3Chttps://example.org/1%3E", "client": None}
    assert here.answer(scope, {}, b"", "releases/another") is None


def test_packed_answers_hold_the_same(ask: Ask) -> None:
    query = "DESCRIBE <https://example.org/2>"
    plain, packed = ask(query), ask(query, Accept_Encoding="gzip")
    assert plain is not None
    assert packed is not None
    assert gzip.decompress(packed.body) == plain.body
    assert dict(packed.headers)[b"etag"] != dict(plain.headers)[b"etag"]
