"""Event streams: who follows one has the present graph, whenever they came and whatever was dropped meanwhile."""

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from pyshacl import validate
from rdflib import Graph

from lienket.formats import JSON_LD, N_QUADS, TRIG
from lienket.project import Project
from lienket.releases import release as releases
from lienket.releases import versions
from lienket.releases.release import Release
from lienket.store import Store
from lienket.web import create_app, streams
from tests import timeline
from tests.harvester import Harvester
from tests.timeline import BASE, STATES

THINGS = f"{BASE}dataset/things"
CHANGES = f"{THINGS}/changes"


def harvester(client: FlaskClient, dataset: str = "things") -> Harvester:
    def get(address: str) -> tuple[int, str, str, bytes]:
        assert address.startswith(BASE)
        answer = client.get("/" + address.removeprefix(BASE), headers={"Accept": "application/trig, text/turtle;q=0.9"})
        return answer.status_code, answer.mimetype or "", answer.headers["Cache-Control"], answer.data

    return Harvester(get, f"{BASE}dataset/{dataset}/changes")


def present(project: Project, dataset: str = "things") -> Mapping[str, frozenset[ox.Triple]]:
    """What the current store says of each named subject of a dataset."""
    store = Store.open(Release.current(project.var).store_path)
    graph = f"{BASE}dataset/{dataset}"
    rows = store.select(f"SELECT DISTINCT ?s WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} FILTER(isIRI(?s)) }}")
    return {row["s"].value: frozenset(store.described(row["s"].value, graph)) for row in rows}  # type: ignore[union-attr]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return timeline.make(tmp_path, "[releases]\nkeep = 3\n")


def test_who_follows_misses_nothing_where_the_clock_is_set_back(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Earlier(datetime):
        @classmethod
        def now(cls, tz: object = None) -> "Earlier":
            return cls.fromisoformat((datetime.now(UTC) - timedelta(days=400)).isoformat())

    client = create_app(project).test_client()
    made = [timeline.publish(project, STATES[0])]
    follower = harvester(client)
    follower.follow()
    for names in STATES[1:3]:
        monkeypatch.setattr(releases, "datetime", Earlier)
        made.append(timeline.publish(project, names))
        follower.follow()
        assert follower.state == present(project)
    assert [one.created for one in made] == sorted(one.created for one in made)
    assert len({one.created.replace(microsecond=0) for one in made}) == 3, "also for who counts in seconds"


def test_who_follows_has_what_the_store_has(project: Project) -> None:
    client = create_app(project).test_client()
    early = late = None
    for number, names in enumerate(STATES):
        timeline.publish(project, names)
        early = early or harvester(client)
        new = early.follow()
        assert new == (3, 1, 2, 2)[number]  # every version once
        assert early.state == present(project)
        if number == 1:
            late = harvester(client)
            assert late.follow() == 4  # each version of 2 is told
        elif late:
            late.follow()
            assert late.state == early.state
    last = harvester(client)  # the first release is gone: only the latest of its versions that still held are told
    last.follow()
    assert last.state == present(project)
    assert len(last.seen) == 2 + 1 + 2 + 2
    assert last.seen < early.seen  # type: ignore[union-attr]  # under the same names, so nobody reads them twice


@pytest.mark.parametrize("seed", range(3))
def test_any_history_gives_the_present(project: Project, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random edits, releases that come and go, rollbacks, two harvesters that come when they like; small pages."""
    monkeypatch.setattr(streams, "A_PAGE", 2)
    chance = random.Random(seed)  # noqa: S311
    client = create_app(project).test_client()
    names = {str(key): f"Tên {key}" for key in range(5)}
    timeline.publish(project, names)
    constant, behind = harvester(client), harvester(client)
    constant.follow()
    for step in range(9):
        if chance.random() < 0.2 and len(releases.kept(project.var)) > 2:
            releases.rollback(project.var)
            names = {key: f"{name}, sửa" for key, name in names.items()}
        for key in chance.sample(sorted(names), 2):
            names.pop(key) if chance.random() < 0.4 else names.update({key: f"Tên {key} lần {step}"})
        names[f"n{step}"] = "Mới"
        timeline.publish(project, names)
        constant.follow()
        assert constant.state == present(project)
        if chance.random() < 0.3:
            behind = harvester(client)
            behind.follow()
            assert behind.state == present(project)


def test_pages_that_never_change_are_read_once_and_are_the_same_for_ever(project: Project) -> None:
    client = create_app(project).test_client()
    first, second = (timeline.publish(project, names) for names in STATES[:2])
    one = harvester(client)
    one.follow()
    before = client.get(f"/dataset/things/changes/{second.id}").data
    timeline.publish(project, STATES[2])
    one.fetched.clear()
    one.follow()
    assert [address for address in one.fetched if first.id in address or second.id in address] == []
    assert client.get(f"/dataset/things/changes/{second.id}").data == before
    timeline.publish(project, STATES[3])
    answer = client.get(f"/dataset/things/changes/{first.id}")
    assert answer.status_code == 410
    assert f'<{CHANGES}>; rel="start"' in answer.headers.getlist("Link")
    assert client.get("/dataset/things/changes/first").status_code == 404
    assert client.get("/dataset/others/changes").status_code == 404


def test_a_resource_changes_with_its_blank_nodes(project: Project) -> None:
    timeline.publish(project, STATES[0])
    client = create_app(project).test_client()
    one = harvester(client, "nodes")
    assert one.follow() == 2
    table = project.mappings / "office" / "nodes" / "nodes.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("Nút 8", "Nút tám"), encoding="utf-8")
    second = timeline.publish(project, STATES[0])
    assert list(versions.changed_in(second, "nodes")) == [f"{BASE}id/thing/8"]
    assert one.follow() == 1
    texts = {str(triple.object).strip('"') for said in one.state.values() for triple in said}
    assert {"Nút tám", "Nút 9"} <= texts
    assert "Nút 8" not in texts


def test_a_release_that_changes_nothing_in_a_dataset_has_no_page_there(project: Project) -> None:
    first = timeline.publish(project, STATES[0])
    second = timeline.publish(project, STATES[1])
    third = timeline.publish(project, STATES[2])
    client = create_app(project).test_client()
    root = client.get("/dataset/nodes/changes.nq").text
    assert first.id in root
    assert second.id not in root
    assert client.get(f"/dataset/nodes/changes/{second.id}").status_code == 404
    assert not versions.is_new(third, "nodes")
    files = [one.changes / "nodes.versions.gz" for one in (second, third)]
    assert files[0].samefile(files[1])


PRIMER = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix ldes: <https://w3id.org/ldes#> .
@prefix tree: <https://w3id.org/tree#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix dct: <http://purl.org/dc/terms/> .

[] a sh:NodeShape ; sh:targetSubjectsOf tree:view ;
    sh:property [ sh:path tree:view ; sh:minCount 1 ; sh:maxCount 1 ; sh:nodeKind sh:IRI ] ,
        [ sh:path tree:member ; sh:nodeKind sh:IRI ] .
[] a sh:NodeShape ; sh:targetClass ldes:EventStream ;
    sh:property [ sh:path ldes:timestampPath ; sh:minCount 1 ; sh:maxCount 1 ] ,
        [ sh:path ldes:versionOfPath ; sh:minCount 1 ; sh:maxCount 1 ] ,
        [ sh:path ldes:versionDeletePath ; sh:minCount 1 ; sh:maxCount 1 ] ,
        [ sh:path ldes:versionDeleteObject ; sh:minCount 1 ; sh:maxCount 1 ] ,
        [ sh:path tree:shape ; sh:minCount 1 ; sh:maxCount 1 ; sh:class sh:NodeShape ] .
[] a sh:NodeShape ; sh:targetSubjectsOf ldes:retentionPolicy ;
    sh:property [ sh:path ldes:retentionPolicy ; sh:maxCount 1 ; sh:nodeKind sh:IRI ; sh:node [
        sh:property [ sh:path ldes:fullLogDuration ; sh:maxCount 1 ; sh:datatype xsd:duration ] ,
            [ sh:path ldes:versionAmount ; sh:minCount 1 ; sh:maxCount 1 ; sh:datatype xsd:integer ;
                sh:minInclusive 1 ] ,
            [ sh:path ldes:versionDeleteDuration ; sh:maxCount 1 ; sh:datatype xsd:duration ] ] ] .
[] a sh:NodeShape ; sh:targetObjectsOf tree:relation ;
    sh:property [ sh:path tree:node ; sh:minCount 1 ; sh:maxCount 1 ; sh:nodeKind sh:IRI ] ,
        [ sh:path tree:path ; sh:minCount 1 ; sh:maxCount 1 ; sh:hasValue dct:created ] ,
        [ sh:path tree:value ; sh:minCount 1 ; sh:maxCount 1 ; sh:datatype xsd:dateTime ] .
[] a sh:NodeShape ; sh:targetSubjectsOf ldes:immutable ;
    sh:property [ sh:path ldes:immutable ; sh:hasValue true ; sh:maxCount 1 ] .
"""
"""What section 6 of the LDES Server Primer demands of pages (<https://w3id.org/ldes/server-primer>), as shapes."""


def test_pages_are_as_the_primer_has_them(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "A_PAGE", 1)
    for _ in timeline.publish_all(project):
        pass
    client = create_app(project).test_client()
    one = harvester(client)
    one.follow()
    assert any("before" in address and "page=2" in address for address in one.fetched)
    shapes = Graph().parse(data=PRIMER, format="turtle")
    root = _default_graph(client, CHANGES)
    shapes += _part_of_shape(root)
    for address in one.fetched:
        page = _default_graph(client, address)
        conforms, _, told = validate(page, shacl_graph=shapes)
        assert conforms, told
    _, _, told = validate(Graph().parse(data=PRIMER_WRONG, format="turtle"), shacl_graph=shapes)
    assert told.count("Constraint Violation") == 6  # the shapes find what is wrong


PRIMER_WRONG = """
@prefix tree: <https://w3id.org/tree#> .
<a> tree:view <b>, <c> ; tree:member [] .
<b> tree:relation [ tree:node <d> ; tree:path <http://purl.org/dc/terms/created> ] .
<d> <https://w3id.org/ldes#immutable> false .
"""


def _default_graph(client: FlaskClient, address: str) -> Graph:
    answer = client.get("/" + address.removeprefix(BASE), headers={"Accept": "application/n-quads"})
    quads = ox.parse(answer.data, format=ox.RdfFormat.N_QUADS)
    lines = ox.serialize((quad.triple for quad in quads if quad.graph_name == ox.DefaultGraph()),
                         format=ox.RdfFormat.N_TRIPLES)  # fmt: skip
    return Graph().parse(data=lines, format="nt")


def _part_of_shape(root: Graph) -> Graph:
    """The stream's own tree:shape, aimed at its members."""
    text = f"<{CHANGES}#member> <http://www.w3.org/ns/shacl#targetObjectsOf> <https://w3id.org/tree#member> ."
    return root + Graph().parse(data=text, format="nt")


def test_every_format_says_the_same(project: Project) -> None:
    first, second = (timeline.publish(project, names) for names in STATES[:2])
    client = create_app(project).test_client()
    for path in ("/dataset/things/changes", f"/dataset/things/changes/{second.id}",
                 f"/dataset/things/changes/before/{second.id}"):  # fmt: skip
        said = []
        for format_ in (TRIG, N_QUADS, JSON_LD):
            answer = client.get(path, headers={"Accept": format_.media_type})
            assert (answer.status_code, answer.mimetype) == (200, format_.media_type)
            assert "Accept" in answer.headers["Vary"]
            again = client.get(path, headers={"Accept": format_.media_type, "If-None-Match": answer.headers["ETag"]})
            assert again.status_code == 304
            said.append(ox.Dataset(ox.parse(answer.data, format=format_.rdf)))
        for each in said:
            each.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
        assert said[0] == said[1] == said[2]
    assert client.get(f"/dataset/things/changes/{first.id}", headers={"Accept": "text/turtle"}).status_code == 406
