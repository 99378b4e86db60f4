"""Names and what they lead to: spellings, slashes, what is gone, what is large, and the same bytes each time."""

import json
import unicodedata
from pathlib import Path
from urllib.parse import quote

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from lienket import formats
from lienket.vocabulary import DCT, HYDRA, RDFS
from lienket.web import create_app, describe
from tests.releases import BASE_IRI, make_project, publish_quads

LABEL = f"<{RDFS}label>"
GRAPH = f"<{BASE_IRI}dataset/things> ."
NFC, NFD = (unicodedata.normalize(form, "Chợ-Đầm-Huế") for form in ("NFC", "NFD"))


def quad(subject: str, predicate: str, value: str) -> str:
    return f"<{BASE_IRI}id/{subject}> {predicate} {value} {GRAPH}\n"


QUADS = (
    quad(f"market/{NFC}", LABEL, '"Composed"')
    + quad(f"bridge/{NFD}", LABEL, '"Decomposed"')
    + quad("unit/new", f"<{DCT}replaces>", f"<{BASE_IRI}id/unit/old>")
    + quad("unit/new", LABEL, '"New"@vi')
    + quad("unit/new", "<https://example.org/area>", '"3.5"^^<http://www.w3.org/2001/XMLSchema#decimal>')
    + quad("unit/new", "<https://example.org/at>", "<geo:16.4,107.6>")
    + quad("unit/slash/", LABEL, '"With a slash"')
    + "".join(quad("road/long", "<https://example.org/part>", f'"{n:04}"') for n in range(250))
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    project = make_project(tmp_path_factory.mktemp("dereferencing"))
    publish_quads(project, QUADS)
    return create_app(project).test_client()


@pytest.mark.parametrize("kind", ["market", "bridge"])
@pytest.mark.parametrize("spelling", [NFC, NFD])
@pytest.mark.parametrize("encoded", [True, False])
def test_composed_and_decomposed_letters_find_each_other(
    client: FlaskClient, kind: str, spelling: str, encoded: bool
) -> None:
    path = quote(spelling) if encoded else spelling
    for address in (f"/id/{kind}/{path}", f"/doc/{kind}/{path}.ttl"):
        answer = client.get(address, follow_redirects=True, headers={"Accept": "text/turtle"})
        assert answer.status_code == 200
        assert ("Composed" if kind == "market" else "Decomposed") in answer.text


def test_a_slash_at_the_end_is_no_other_thing(client: FlaskClient) -> None:
    answer = client.get("/id/unit/new/")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/doc/unit/new")
    answer = client.get("/doc/unit/new/")
    assert (answer.status_code, answer.headers["Location"]) == (308, "/doc/unit/new")
    assert client.get("/id/unit/slash/").headers["Location"] == "/doc/unit/slash/"
    assert client.get("/id/unit/nothing/").status_code == 404


def test_what_was_replaced_is_gone_and_says_by_what(client: FlaskClient) -> None:
    for address in ("/id/unit/old", "/doc/unit/old", "/doc/unit/old.ttl"):
        answer = client.get(address)
        assert answer.status_code == 410
        assert answer.json is not None
        assert answer.json["successors"] == [{"iri": f"{BASE_IRI}id/unit/new", "address": "/id/unit/new"}]
        assert answer.headers["Link"] == f'<{BASE_IRI}id/unit/new>; rel="successor-version"'
        assert client.head(address).status_code == 410
    page = client.get("/id/unit/old?lang=en", headers={"Accept": "text/html"})
    assert page.status_code == 410
    assert f"{BASE_IRI}id/unit/new" in page.text


def test_links_say_where_a_document_is_at_home(client: FlaskClient) -> None:
    assert '</doc/unit/new>; rel="describedby"' in client.get("/id/unit/new").headers.getlist("Link")
    for address in ("/doc/unit/new", "/doc/unit/new.ttl"):
        links = client.get(address).headers.getlist("Link")
        assert f'<{BASE_IRI}doc/unit/new>; rel="canonical"' in links
        assert f'<{BASE_IRI}id/unit/new>; rel="describes"' in links


def test_json_ld_has_a_context(client: FlaskClient) -> None:
    answer = client.get("/doc/unit/new.jsonld")
    document = json.loads(answer.data)
    assert document["@context"] == {"dct": DCT, "rdfs": RDFS, "xsd": "http://www.w3.org/2001/XMLSchema#"}
    (node,) = document["@graph"]
    assert node["rdfs:label"] == {"@language": "vi", "@value": "New"}
    assert node["https://example.org/at"] == {"@id": "geo:16.4,107.6"}
    triples = {quad.triple for quad in ox.parse(answer.data, format=ox.RdfFormat.JSON_LD)}
    lines = client.get("/doc/unit/new.nt").data
    assert triples == {quad.triple for quad in ox.parse(lines, format=ox.RdfFormat.N_TRIPLES)}


@pytest.fixture
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(describe, "MOST_STATEMENTS", 100)
    monkeypatch.setattr("lienket.web.resources.MOST_STATEMENTS", 100)


@pytest.mark.usefixtures("short_pages")
def test_a_large_description_has_pages_and_says_so(client: FlaskClient) -> None:
    address: str | None = "/doc/road/long.nt"
    values: set[str] = set()
    pages = 0
    while address:
        answer = client.get(address)
        assert answer.status_code == 200
        found = [quad.triple for quad in ox.parse(answer.data, format=ox.RdfFormat.N_TRIPLES)]
        values |= {triple.object.value for triple in found if isinstance(triple.object, ox.Literal)}
        assert any(triple.object == ox.NamedNode(HYDRA + "PartialCollectionView") for triple in found)
        links = [link for link in answer.headers.getlist("Link") if 'rel="next"' in link]
        following = [triple.object for triple in found if triple.predicate.value == HYDRA + "next"]
        assert len(links) == len(following) == (pages < 2)
        address = links[0].partition(">")[0].removeprefix("<") if links else None
        pages += 1
    assert (pages, len(values)) == (3, 250)
    assert client.get("/doc/road/long.nt?page=9").status_code == 404
    assert client.get("/doc/road/long.nt?page=x").status_code == 400


def test_a_small_description_has_no_pages(client: FlaskClient) -> None:
    assert "hydra" not in client.get("/doc/road/long.ttl").text


def test_the_same_release_has_the_same_bytes(client: FlaskClient, tmp_path: Path) -> None:
    project = make_project(tmp_path)
    publish_quads(project, QUADS)
    other = create_app(project).test_client()
    for format_ in (*formats.GRAPH_FORMATS, formats.CSV):
        address = f"/doc/unit/new.{format_.suffix}"
        assert client.get(address).data == client.get(address).data == other.get(address).data


def test_a_documents_tag_is_of_its_bytes(client: FlaskClient) -> None:
    for encoding in ("identity", "gzip", "zstd"):
        answer = client.get("/doc/road/long.nt", headers={"Accept-Encoding": encoding})
        tag = answer.headers["ETag"]
        assert not tag.startswith("W/")
        again = client.get("/doc/road/long.nt", headers={"Accept-Encoding": encoding, "If-None-Match": tag})
        assert (again.status_code, again.headers["ETag"]) == (304, tag)
    tags = {client.get("/doc/road/long.nt", headers={"Accept-Encoding": each}).headers["ETag"] for each in ("", "zstd")}
    assert len(tags) == 2
