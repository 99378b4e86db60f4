"""The W3C's SPARQL 1.1 suites for what a query endpoint does: protocol, result formats, service description.

The suites are read as they are (`../shared/suites` beside the repository); expectations come from their manifests.
"""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyoxigraph as ox
import pytest
import rdflib
from flask.testing import FlaskClient
from rdflib.collection import Collection
from rdflib.namespace import RDF, Namespace

from lienket import formats
from lienket.web import create_app
from lienket.web.sparql import pool
from tests.releases import make_project, publish_quads

from .suites import FOLDER, case

MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
QT = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-query#")
UT = Namespace("http://www.w3.org/2009/sparql/tests/test-update#")
HT = Namespace("http://www.w3.org/2011/http#")
CNT = Namespace("http://www.w3.org/2011/content#")
SD = Namespace("http://www.w3.org/ns/sparql-service-description#")


def manifest(suite: str) -> rdflib.Graph:
    """Return the manifest of a suite, empty where the suite is not here."""
    path = FOLDER / suite / "manifest.ttl"
    graph = rdflib.Graph()
    return graph.parse(path, publicID=path.as_uri()) if path.is_file() else graph


def entries(graph: rdflib.Graph) -> list[rdflib.term.Node]:
    """Return the tests of a manifest in order."""
    head = next(graph.objects(predicate=MF.entries), None)
    return list(Collection(graph, head)) if head is not None else []


def parameters(suite: str) -> list[Any]:
    """Return a suite's tests for `parametrize`: the graph, the test."""
    graph = manifest(suite)
    tests = [(test, str(test).rpartition("#")[2]) for test in entries(graph)]
    return [pytest.param(graph, test, id=name, marks=case(suite, name)) for test, name in tests]


def client(folder: Path, quads: str) -> Iterator[FlaskClient]:
    """Yield a client of an endpoint over the given N-Quads."""
    project = make_project(folder)
    publish_quads(project, quads)
    app = create_app(project)
    yield app.test_client()
    with app.app_context():
        pool().close()


def in_graph(file: Path, graph: str) -> str:
    """Return an RDF file as N-Quads of one named graph."""
    format_ = formats.by_suffix(file.suffix[1:])
    assert format_ is not None
    name = ox.NamedNode(graph)
    quads = [
        ox.Quad(quad.subject, quad.predicate, quad.object, name)
        for quad in ox.parse(path=str(file), format=format_.rdf, base_iri="http://example.org/")
    ]
    return (ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b"").decode()


# Protocol


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """An endpoint that holds every graph the protocol's query tests name."""
    graph = manifest("sparql11-protocol")
    files: dict[str, Path] = {}
    for data in graph.objects(predicate=UT.graphData):
        file = urlsplit(str(graph.value(data, UT.graph))).path
        files[str(graph.value(data, rdflib.RDFS.label))] = Path(file)
    yield from client(
        tmp_path_factory.mktemp("protocol"), "".join(in_graph(file, name) for name, file in sorted(files.items()))
    )


@pytest.mark.parametrize(("graph", "test"), parameters("sparql11-protocol"))
def test_protocol(endpoint: FlaskClient, graph: rdflib.Graph, test: rdflib.term.Node) -> None:
    action = graph.value(test, MF.action)
    requests = graph.value(action, HT.requests)
    assert requests is not None
    for request in Collection(graph, requests):
        answer = endpoint.open(
            str(graph.value(request, HT.absolutePath)),
            method=str(graph.value(request, HT.methodName)),
            headers=headers(graph, request),
            data=body(graph, request),
        )
        check(answer, graph, request)


def headers(graph: rdflib.Graph, request: rdflib.term.Node) -> dict[str, str]:
    head = graph.value(request, HT.headers)
    fields = list(Collection(graph, head)) if head is not None else []
    return {str(graph.value(field, HT.fieldName)): str(graph.value(field, HT.fieldValue)) for field in fields}


def body(graph: rdflib.Graph, request: rdflib.term.Node) -> bytes | None:
    content = graph.value(request, HT.body)
    if content is None:
        return None
    encoding = str(graph.value(content, CNT.characterEncoding))
    return str(graph.value(content, CNT.chars)).encode(encoding)


def check(answer: Any, graph: rdflib.Graph, request: rdflib.term.Node) -> None:
    expected = graph.value(request, HT.resp)
    classes = {str(status)[-3] for status in graph.objects(expected, MF.expectedStatus)}
    assert str(answer.status_code)[0] in classes, f"{answer.status}: {answer.text}"
    boolean = graph.value(expected, MF.expectedBoolean)
    if boolean is not None:
        assert answer.json["boolean"] is boolean.toPython()  # type: ignore[attr-defined]
    kind = graph.value(expected, MF.expectedFormat)
    if kind is not None:
        among = formats.GRAPH_FORMATS if str(kind) == "RDF" else formats.TABLE_FORMATS
        assert formats.by_media_type(answer.mimetype, among)


# Result formats


@pytest.mark.parametrize(("graph", "test"), [*parameters("sparql11-json-res"), *parameters("sparql11-csv-tsv-res")])
def test_results(tmp_path: Path, graph: rdflib.Graph, test: rdflib.term.Node) -> None:
    action = graph.value(test, MF.action)
    query, data, result = (
        Path(urlsplit(str(node)).path)
        for node in (graph.value(action, QT.query), graph.value(action, QT.data), graph.value(test, MF.result))
    )
    for visitor in client(tmp_path, in_graph(data, "http://example.org/")):
        suffix = {"srj": "json"}.get(result.suffix[1:], result.suffix[1:])
        answer: Any = visitor.post(
            f"/sparql?format={suffix}", data=query.read_bytes(), content_type="application/sparql-query"
        )
        assert answer.status_code == 200
        # an answer without ORDER BY, and the columns of SELECT *, have no order; blank nodes have no names
        assert rows(answer.text, suffix) == rows(result.read_text(encoding="utf-8"), suffix)


def rows(text: str, suffix: str) -> Any:
    """Return a result without what means nothing: order, and the names of blank nodes."""
    if suffix == "json":
        found = json.loads(text)
        if "boolean" in found:
            return found["boolean"]
        bindings = [
            sorted(
                (name, cell["type"], "" if cell["type"] == "bnode" else cell["value"], cell.get("xml:lang", ""),
                 cell.get("datatype", ""))
                for name, cell in row.items()
            )
            for row in found["results"]["bindings"]
        ]  # fmt: skip
        return sorted(found["head"]["vars"]), sorted(bindings)
    table = list(csv.reader(text.splitlines(), delimiter="\t" if suffix == "tsv" else ",", quoting=csv.QUOTE_MINIMAL
                            if suffix == "csv" else csv.QUOTE_NONE))  # fmt: skip
    columns = sorted(range(len(table[0])), key=lambda place: table[0][place])
    return [[table[0][place] for place in columns]], sorted(
        [re.sub(r"^_:.*", "_:", row[place]) for place in columns] for row in table[1:] if row
    )


# Service description


@pytest.fixture(scope="module")
def description(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rdflib.Graph]:
    """What a look at an endpoint gives."""
    quads = "<urn:a> <urn:b> <urn:c> <https://data.example.org/dataset/one> .\n"
    for visitor in client(tmp_path_factory.mktemp("description"), quads):
        answer = visitor.get("/sparql", headers={"Accept": "text/turtle"})
        assert answer.status_code == 200
        yield rdflib.Graph().parse(data=answer.data, format="turtle")


@pytest.mark.parametrize(("graph", "test"), parameters("sparql11-service-description"))
def test_service_description(description: rdflib.Graph, graph: rdflib.Graph, test: rdflib.term.Node) -> None:
    CHECKS[str(test).rpartition("#")[2]](description)


def returns_rdf(description: rdflib.Graph) -> None:
    assert len(description) > 0


def has_endpoint_triple(description: rdflib.Graph) -> None:
    assert rdflib.URIRef("http://localhost/sparql") in set(description.objects(predicate=SD.endpoint))


def conforms_to_schema(description: rdflib.Graph) -> None:
    """Every property stands between classes that the vocabulary gives it."""
    (service,) = description.subjects(RDF.type, SD.Service)
    assert set(description.subjects(SD.endpoint)) == {service}
    assert (service, SD.supportedLanguage, SD.SPARQL11Query) in description
    assert (service, SD.feature, SD.UnionDefaultGraph) in description
    assert len(set(description.objects(service, SD.resultFormat))) == len(
        [*formats.TABLE_FORMATS, *formats.GRAPH_FORMATS]
    )
    (dataset,) = description.objects(service, SD.defaultDataset)
    assert (dataset, RDF.type, SD.Dataset) in description
    (default_graph,) = description.objects(dataset, SD.defaultGraph)
    assert (default_graph, RDF.type, SD.Graph) in description
    for named in description.objects(dataset, SD.namedGraph):
        assert (named, RDF.type, SD.NamedGraph) in description
        (name,) = description.objects(named, SD.name)
        assert isinstance(name, rdflib.URIRef)
        (held,) = description.objects(named, SD.graph)
        assert (held, RDF.type, SD.Graph) in description


CHECKS = {
    "returns-rdf": returns_rdf,
    "has-endpoint-triple": has_endpoint_triple,
    "conforms-to-schema": conforms_to_schema,
}
"""What each test of the service description suite asks for; the manifest says it in words alone."""
