"""The web face through its front door: names, documents, formats, languages, failures."""

import csv
import gzip
import io
import json
import re
import shutil
from pathlib import Path
from urllib.parse import quote

import pyoxigraph as ox
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lienket import formats, languages
from lienket.project import Project
from lienket.releases import release
from lienket.releases.release import Release
from lienket.vocabulary import DCAT, DCT, GEO, RDF, RDFS, SCHEMA, SKOS, SOSA, XSD
from lienket.web import create_app
from lienket.web.resources import DOCUMENT_FORMATS
from tests.releases import BASE_IRI, make_project, publish_quads, write_index

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
UNIT = "unit/00101-2025-07"


def parsed(response: TestResponse, base_iri: str = "https://data.songmay.example/") -> set[ox.Triple]:
    format_ = formats.by_media_type(response.mimetype or "")
    assert format_ is not None
    assert format_.rdf is not None
    return {quad.triple for quad in ox.parse(response.data, format=format_.rdf, base_iri=base_iri)}


def shapes(triples: set[ox.Triple]) -> set[tuple[str, str, str]]:
    """Return triples without the names of their blank nodes, which differ from one answer to the next."""

    def text(term: object) -> str:
        return "_:" if isinstance(term, ox.BlankNode) else str(term)

    return {(text(t.subject), str(t.predicate), text(t.object)) for t in triples}


# ------------------------------------------------------------------ names and documents


@pytest.mark.parametrize(
    ("name", "document"),
    [(f"/id/{UNIT}", f"/doc/{UNIT}"), ("/ontology", "/doc/ontology"), ("/ontology/Unit", "/doc/ontology/Unit")],
)
@pytest.mark.parametrize("accept", [BROWSER, "text/turtle", "*/*"])
def test_a_name_leads_to_its_document(client: FlaskClient, name: str, document: str, accept: str) -> None:
    answer = client.get(name, headers={"Accept": accept})
    assert (answer.status_code, answer.headers["Location"]) == (303, document)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert client.head(name).status_code == 303
    followed = client.get(name, headers={"Accept": accept}, follow_redirects=True)
    assert followed.status_code == 200


def test_a_name_keeps_what_is_asked_beside_it(client: FlaskClient) -> None:
    assert client.get(f"/id/{UNIT}?lang=en").headers["Location"] == f"/doc/{UNIT}?lang=en"
    assert client.get(f"/id/{UNIT}.ttl").headers["Location"] == f"/doc/{UNIT}.ttl"


@pytest.mark.parametrize("format_", DOCUMENT_FORMATS, ids=lambda format_: format_.suffix)
def test_a_document_comes_in_every_format_by_suffix_and_by_accept(client: FlaskClient, format_: formats.Format) -> None:
    by_suffix = client.get(f"/doc/{UNIT}.{format_.suffix}", headers={"Accept": "image/png"})
    by_accept = client.get(f"/doc/{UNIT}", headers={"Accept": format_.media_type})
    for answer in (by_suffix, by_accept):
        assert answer.status_code == 200
        assert answer.mimetype == format_.media_type
        assert "Accept" in answer.headers["Vary"]
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["ETag"]
        assert answer.headers["Last-Modified"]
        links = answer.headers.getlist("Link")
        for other in DOCUMENT_FORMATS:
            expected = f'</doc/{UNIT}.{other.suffix}>; rel="alternate"; type="{other.media_type}"'
            assert (expected in links) == (other is not format_)


def test_all_formats_say_the_same(client: FlaskClient) -> None:
    answers = [parsed(client.get(f"/doc/{UNIT}.{format_.suffix}")) for format_ in formats.GRAPH_FORMATS]
    assert len({frozenset(shapes(triples)) for triples in answers}) == 1
    rows = list(csv.DictReader(io.StringIO(client.get(f"/doc/{UNIT}.csv").text)))
    assert len(rows) == len(answers[0])
    assert {"00101", "Phường Sông Mây"} <= {row["value"] for row in rows}
    assert {row["language"] for row in rows} >= {"vi", ""}


def test_the_turtle_of_a_place_has_its_facts_and_its_geometry(client: FlaskClient, project: Project) -> None:
    answer = client.get(f"/doc/{UNIT}.ttl")
    iri = ox.NamedNode(project.base_iri + "id/" + UNIT)
    triples = parsed(answer)
    facts = {(t.predicate.value, t.object) for t in triples if t.subject == iri}
    assert (DCT + "identifier", ox.Literal("00101")) in facts
    assert (SKOS + "prefLabel", ox.Literal("Phường Sông Mây", language="vi")) in facts
    assert any("POLYGON" in str(t.object) for t in triples if t.predicate.value == GEO + "asWKT")
    assert "@prefix skos:" in answer.text
    assert "@prefix dcat:" not in answer.text, "only prefixes that are used"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("text/html;q=0.5, text/turtle", "text/turtle"),
        ("text/turtle;q=0.2, application/ld+json;q=0.9", "application/ld+json"),
        ("application/rdf+xml, text/turtle;q=0.9, */*;q=0.1", "application/rdf+xml"),
        (BROWSER, "text/html"),
        ("*/*", "text/html"),
        ("text/*;q=0.3, text/turtle;q=0", "text/html"),
        ("application/n-triples", "application/n-triples"),
    ],
)
def test_quality_values_decide(client: FlaskClient, accept: str, media_type: str) -> None:
    assert client.get(f"/doc/{UNIT}", headers={"Accept": accept}).mimetype == media_type


def test_a_format_nobody_has_is_406_and_says_what_there_is(client: FlaskClient) -> None:
    answer = client.get(f"/doc/{UNIT}", headers={"Accept": "image/png"})
    assert answer.status_code == 406
    assert "text/turtle" in answer.json["detail"]  # type: ignore[index]


def test_head_answers_like_get_without_the_body(client: FlaskClient) -> None:
    for path in (f"/doc/{UNIT}", f"/doc/{UNIT}.ttl", "/", "/catalog", "/search?q=mây", "/doc/nothing", "/robots.txt"):
        got, head = client.get(path), client.head(path)
        assert head.status_code == got.status_code
        assert head.data == b""
        assert head.headers["Content-Type"] == got.headers["Content-Type"]


def test_an_unchanged_document_is_not_sent_again(client: FlaskClient) -> None:
    first = client.get(f"/doc/{UNIT}.ttl")
    again = client.get(f"/doc/{UNIT}.ttl", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    since = client.get(f"/doc/{UNIT}.ttl", headers={"If-Modified-Since": first.headers["Last-Modified"]})
    assert since.status_code == 304
    older = {"If-Modified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"}
    assert client.get(f"/doc/{UNIT}.ttl", headers=older).status_code == 200
    other = client.get(f"/doc/{UNIT}.nt", headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200, "another format is another answer"
    vi, en = (client.get(f"/doc/{UNIT}.html?lang={tag}").headers["ETag"] for tag in ("vi", "en"))
    assert vi != en


def test_pages_are_compressed_for_who_takes_it(client: FlaskClient) -> None:
    plain = client.get(f"/doc/{UNIT}.html")
    packed = client.get(f"/doc/{UNIT}.html", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert "Accept-Encoding" in packed.headers["Vary"]


def test_other_origins_may_ask(client: FlaskClient) -> None:
    answer = client.options(f"/doc/{UNIT}", headers={"Origin": "https://elsewhere.example"})
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "GET" in answer.headers["Access-Control-Allow-Methods"]


def test_every_answer_is_under_a_strict_policy(client: FlaskClient) -> None:
    for path in ("/", f"/doc/{UNIT}", f"/doc/{UNIT}.ttl", "/nowhere", "/catalog", "/static/style.css"):
        headers = client.get(path, buffered=True).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in headers


# ------------------------------------------------------------------ failures


@pytest.mark.parametrize("path", ["/id/unit/none", "/doc/unit/none", "/doc/unit/none.ttl", "/dataset/none",
                                  "/dumps/none.nq.gz", "/nowhere", "/ontology/None", "/doc/", "/catalog.exe",
                                  "/doc/unit%2Fnone", "/id/%00", "/id/%FF", "/id/a%20b%22%3E",
                                  "/dumps/..%2Fmanifest.json",
                                  "/static/../problems.py", "/sitemap-9.xml"])  # fmt: skip
def test_what_is_not_there_is_404(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"
    assert answer.json["status"] == 404  # type: ignore[index]
    page = client.get(path, headers={"Accept": BROWSER})
    assert (page.status_code, page.mimetype) == (404, "text/html")


def test_a_404_suggests_what_was_meant(client: FlaskClient) -> None:
    answer = client.get("/id/unit/da-trang")
    suggestions = answer.json["suggestions"]  # type: ignore[index]
    assert "Xã Đá Trắng" in [each["label"] for each in suggestions]
    assert suggestions[0]["address"].startswith("/")
    page = client.get("/id/unit/da-trang.html?lang=vi", headers={"Accept": BROWSER}).text
    assert "Đá Trắng" in page
    assert "<code>/id/unit/da-trang.html</code>" in page
    assert 'value="da trang"' in page
    nowhere = client.get("/du-lieu/da-trang")
    assert "Xã Đá Trắng" in [each["label"] for each in nowhere.json["suggestions"]]  # type: ignore[index]


def test_the_folder_of_datasets_leads_to_the_catalogue(client: FlaskClient) -> None:
    for path in ("/dataset", "/dataset/"):
        assert client.get(path + "?lang=en", follow_redirects=True).status_code == 200
        assert client.get(path + "?lang=en").headers["Location"] == "/catalog?lang=en"


def test_a_dataset_tells_its_period_and_its_contact_in_a_line_each(client: FlaskClient) -> None:
    text = client.get("/dataset/clinics.html?lang=vi").text
    assert "từ 01/07/2025 đến 30/06/2026" in text
    assert "Sở Y tế Sông Mây" in text
    assert 'href="mailto:du-lieu@songmay.example"' in text


@pytest.mark.parametrize("path", ["/search?q=a&page=0", "/search?q=a&page=x", "/search?q=a&page=-1", "/search?page=²",
                                  "/search?q=" + "a" * 300, f"/doc/{UNIT}.html?pointing=no%20iri",
                                  f"/doc/{UNIT}.html?property=%00"])  # fmt: skip
def test_what_is_not_understood_is_400(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 400
    assert answer.json["detail"]  # type: ignore[index]


def test_nothing_can_be_written(client: FlaskClient) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = client.open(f"/doc/{UNIT}", method=method)
        assert answer.status_code == 405
        assert "GET" in answer.headers["Allow"]


def test_problems_speak_the_visitors_language(client: FlaskClient) -> None:
    for tag, sentence in (("vi", "Không có gì ở địa chỉ này."), ("en", "There is nothing at this address.")):
        assert client.get("/nowhere", headers={"Accept-Language": tag}).json["detail"] == sentence  # type: ignore[index]


PATHS = ["/", "/id/market/1", "/doc/market/1", "/catalog", "/dataset/x", "/dumps/x", "/search?q=a", "/sitemap.xml",
         "/.well-known/void", "/healthz", "/ontology"]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_without_a_release_everything_is_503(tmp_path: Path, path: str) -> None:
    client = create_app(make_project(tmp_path)).test_client()
    answer = client.get(path)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.get(path, headers={"Accept": BROWSER}).status_code == 503


@pytest.mark.parametrize("path", PATHS)
def test_an_unreadable_store_is_503_and_never_404(tmp_path: Path, path: str) -> None:
    deployment = make_project(tmp_path)
    published = publish_quads(deployment, HOSTILE)
    (published.store_path / "CURRENT").unlink()
    client = create_app(deployment).test_client()
    assert client.get(path).status_code == 503


def test_robots_and_static_files_need_no_release(tmp_path: Path) -> None:
    client = create_app(make_project(tmp_path)).test_client()
    for path in ("/robots.txt", "/favicon.ico", "/static/style.css"):
        assert client.get(path, buffered=True).status_code == 200


def test_a_missing_index_fails_the_search_alone(tmp_path: Path) -> None:
    deployment = make_project(tmp_path)
    publish_quads(deployment, HOSTILE)
    client = create_app(deployment).test_client()
    assert client.get("/search?q=a").status_code == 503
    assert client.get("/doc/market/1").status_code == 200
    assert client.get("/doc/market/none").status_code == 404


def test_a_new_release_is_shown_at_once(tmp_path: Path) -> None:
    deployment = make_project(tmp_path)
    first = publish_quads(deployment, HOSTILE)
    client = create_app(deployment).test_client()
    before = client.get("/doc/market/1.nt")
    publish_quads(deployment, HOSTILE.replace('"plain"', '"changed"') + MANY)
    after = client.get("/doc/market/1.nt", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert b"changed" in after.data
    release.switch(deployment.var, first)
    assert b"plain" in client.get("/doc/market/1.nt").data
    shutil.rmtree(first.path)  # an open reader keeps what it has read of
    (deployment.var / "current").unlink()
    assert client.get("/doc/market/1.nt").status_code == 503


# ------------------------------------------------------------------ languages


def test_the_language_is_asked_for_or_negotiated(client: FlaskClient) -> None:
    for path, accept, expected in (
        ("/", "vi", "vi"), ("/", "en-GB,en;q=0.9", "en"), ("/", "fr", "vi"), ("/", "", "vi"),
        ("/?lang=en", "vi", "en"), ("/?lang=xx", "en", "en"), ("/?lang=../vi", "vi", "vi"),
    ):  # fmt: skip
        answer = client.get(path, headers={"Accept-Language": accept, "Accept": BROWSER})
        assert f'<html lang="{expected}">' in answer.text
        assert answer.headers["Content-Language"] == expected
        assert "Accept-Language" in answer.headers["Vary"]


def test_the_other_language_is_one_step_away_on_the_same_page(client: FlaskClient) -> None:
    text = client.get(f"/doc/{UNIT}.html?lang=vi").text
    assert f'<link rel="alternate" hreflang="en" href="/doc/{UNIT}.html?lang=en">' in text
    assert "Những điều đã biết" in text
    assert "What is known" in client.get(f"/doc/{UNIT}.html?lang=en").text


def test_a_language_that_was_asked_for_is_kept_from_page_to_page(client: FlaskClient) -> None:
    for path in ("/", f"/doc/{UNIT}.html", "/dataset/clinics", "/search?q=mây", "/catalog", "/nowhere"):
        joint = "&" if "?" in path else "?"
        text = client.get(f"{path}{joint}lang=en", headers={"Accept": BROWSER}).text
        pages = [link for link in re.findall(r'<a [^>]*href="(/(?:id|dataset|catalog|search|sparql)[^"]*)"', text)
                 if not re.search(r"\.(ttl|jsonld|json|nt|rdf|csv)$", link)]  # fmt: skip
        assert pages
        assert not [link for link in pages if "lang=en" not in link and "lang=vi" not in link]


def test_no_path_makes_a_link_to_another_host(client: FlaskClient) -> None:
    for path in ("//elsewhere.example/x", "///elsewhere.example", "/%2F%2Felsewhere.example", "/\\elsewhere.example"):
        text = client.get("http://localhost" + path, headers={"Accept": BROWSER}).text
        links = re.findall(r'(?:href|action)="([^"]+)"', text)
        assert links
        assert not [link for link in links if link.startswith(("//", "/\\", "\\"))]


def test_a_fault_of_ours_is_500_and_tells_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deployment = make_project(tmp_path)
    publish_quads(deployment, HOSTILE)
    monkeypatch.setattr("lienket.web.resources.statements", lambda *_: 1 / 0)
    answer = create_app(deployment).test_client().get("/doc/market/1.ttl")
    assert (answer.status_code, answer.mimetype) == (500, "application/problem+json")
    assert "division" not in answer.text


def test_a_label_in_another_language_says_so(client: FlaskClient) -> None:
    assert '<bdi lang="vi">Phường Sông Mây</bdi>' in client.get(f"/doc/{UNIT}.html?lang=en").text


def test_every_interface_sentence_has_its_vietnamese() -> None:
    """A sentence in a template or a `Problem` that the Vietnamese pack lacks would be shown in English."""
    web = Path(languages.__file__).parent.parent / "web"
    templates = "\n".join(path.read_text(encoding="utf-8") for path in (web / "templates").glob("*.html"))
    sentences = set(re.findall(r"""\b_\(\s*"([^"]+)"|\b_\(\s*'([^']+)'""", templates))
    pack = languages.get("vi")
    plain = [one or other for one, other in sentences]
    assert len(plain) > 40
    same = [text for text in plain if pack.gettext(text) == text and pack.ngettext(text, text, 2) == text]
    assert same == []
    counted = re.findall(r'\b_n\(\s*"([^"]+)",\s*"([^"]+)"', templates)
    assert [one for one, many in counted if pack.ngettext(one, many, 2) in (one, many)] == []


def test_no_text_of_a_page_is_outside_the_language_packs() -> None:
    """Letters between tags must come through `_`: only names that are the same in every language may stand there."""
    web = Path(languages.__file__).parent.parent / "web"
    same_everywhere = {"SPARQL", "DCAT", "VoID", "IRI", "API", "Croissant", "JSON", "CSV", "GeoJSON", "Atom"}
    for path in sorted((web / "templates").glob("*.html")):
        text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        text = re.sub(r"<[^>]*>", " ", text, flags=re.DOTALL)
        words = set(re.findall(r"[^\W\d_]{2,}", text)) - {"nbsp", "amp", "doctype", "html"}
        assert words <= same_everywhere, f"{path.name}: {words - same_everywhere}"


# ------------------------------------------------------------------ pages


def test_a_resource_page_tells_the_whole_story(client: FlaskClient, project: Project) -> None:
    text = client.get(f"/doc/{UNIT}.html").text
    assert "<h1><bdi>Phường Sông Mây</bdi></h1>" in text
    assert 'class="here"' in text, "a map"
    assert "openstreetmap.org/#map=" in text, "an area has no pin"
    assert "Những gì trỏ tới đây" in text
    assert "Xã Hạ Mây" in text, "a predecessor points here"
    assert project.base_iri + "id/" + UNIT in text
    assert 'href="/dataset/units"' in text
    assert 'href="/doc/' + UNIT + '.ttl"' in text
    embedded = re.search(r'<script type="application/ld\+json">(.*?)</script>', text)
    assert embedded is not None
    about = json.loads(embedded[1])
    assert about["name"] == "Phường Sông Mây"
    assert about["@id"] == project.base_iri + "id/" + UNIT
    assert about["geo"]["latitude"] == pytest.approx(20.05)


def test_links_stay_on_the_host_that_serves_them(app: Flask) -> None:
    client = app.test_client()
    for base in ("http://localhost:8000", "http://proxy.example"):
        text = client.get(f"/doc/{UNIT}.html", base_url=base).text
        links = re.findall(r'<a [^>]*href="([^"]+)"', text)
        assert links
        assert not [link for link in links if link.startswith("https://data.songmay.example")]
    mounted = client.get(f"/doc/{UNIT}.html", base_url="http://proxy.example/lod").text
    local = [link for link in re.findall(r'(?:href|action|src)="([^"]+)"', mounted) if link.startswith("/")]
    assert local
    assert all(link.startswith("/lod/") for link in local), local


def test_a_replaced_place_leads_to_its_successor(client: FlaskClient) -> None:
    text = client.get("/doc/unit/00104-2020-01.html", headers={"Accept-Language": "en"}).text
    assert "No longer in force" in text
    assert f'href="/id/{UNIT}"' in text


def test_the_longer_lists_have_pages(client: FlaskClient, project: Project) -> None:
    answer = client.get(f"/doc/{UNIT}.html", query_string={"pointing": DCT + "isReplacedBy", "lang": "vi"})
    assert answer.status_code == 200
    assert "Xã Hạ Mây" in answer.text
    kind = project.base_iri + "ontology/Unit"
    narrowed = client.get(f"/doc/{UNIT}.html", query_string={"pointing": DCT + "isReplacedBy", "kind": kind})
    assert "Xã Hạ Mây" in narrowed.text
    for nothing in (
        {"pointing": RDFS + "label"},
        {"pointing": DCT + "isReplacedBy", "page": 9},
        {"property": RDFS + "x"},
    ):
        assert client.get(f"/doc/{UNIT}.html", query_string=nothing).status_code == 404
    one = client.get(f"/doc/{UNIT}.html", query_string={"property": DCT + "identifier"})
    assert "00101" in one.text
    members = client.get("/dataset/units.html", query_string={"class": kind})
    assert "Xã Đá Trắng" in members.text
    assert client.get("/dataset/units.html", query_string={"class": RDFS + "Nothing"}).status_code == 404


def test_the_front_page_counts_truly(client: FlaskClient, release: Release) -> None:
    text = client.get("/", headers={"Accept-Language": "en"}).text
    assert f"<b>{len(release.manifest['datasets'])}</b>" in text
    assert f"<b>{release.manifest['quads']:,}</b>" in text
    assert 'aria-label="Xã Đá Trắng"' in text, "its outline is a link"
    assert 'href="/dataset/clinics"' in text


# ------------------------------------------------------------------ catalogue, datasets, dumps


def test_the_catalogue_comes_in_every_format(client: FlaskClient, project: Project) -> None:
    answers = []
    for format_ in formats.GRAPH_FORMATS:
        by_suffix = client.get(f"/catalog.{format_.suffix}")
        assert by_suffix.mimetype == format_.media_type
        answers.append(frozenset(shapes(parsed(by_suffix))))
        assert client.get("/catalog", headers={"Accept": format_.media_type}).data
    assert len(set(answers)) == 1
    catalogue = f"<{project.base_iri}catalog>"
    assert (catalogue, f"<{RDF}type>", f"<{DCAT}Catalog>") in answers[0]
    page = client.get("/catalog", headers={"Accept": BROWSER})
    assert page.mimetype == "text/html"
    assert "/dataset/clinics" in page.text


def test_sizes_in_the_catalogue_keep_their_type(client: FlaskClient) -> None:
    assert "nonNegativeInteger" in client.get("/catalog.nt").text
    assert "nonNegativeInteger" in client.get("/dataset/clinics.nt").text


def test_a_dataset_answers_for_itself(client: FlaskClient, project: Project, release: Release) -> None:
    page = client.get("/dataset/clinics?lang=en", headers={"Accept": BROWSER})
    assert page.status_code == 200
    for dump in release.manifest["datasets"]["clinics"]["dumps"]:
        assert f'href="/dumps/{quote(dump["file"])}"' in page.text
    iri = f"<{project.base_iri}dataset/clinics>"
    for format_ in formats.GRAPH_FORMATS:
        found = shapes(parsed(client.get(f"/dataset/clinics.{format_.suffix}")))
        assert (iri, f"<{RDF}type>", f"<{DCAT}Dataset>") in found
        assert not [s for s, _, _ in found if s.startswith(f"<{project.base_iri}dataset/units")]
        assert [o for s, p, o in found if p == f"<{DCAT}downloadURL>"]
    assert any("license" in link for link in page.headers.getlist("Link"))


def test_dumps_are_sent_whole_and_unchanged(client: FlaskClient, release: Release) -> None:
    for about in release.manifest["datasets"].values():
        for dump in about["dumps"]:
            path = f"/dumps/{dump['file']}"
            answer = client.get(path, headers={"Accept-Encoding": "gzip"}, buffered=True)
            assert answer.status_code == 200
            assert answer.data == (release.dumps / dump["file"]).read_bytes()
            assert "Content-Encoding" not in answer.headers
            packed = dump["file"].endswith(".gz")
            assert answer.mimetype == ("application/gzip" if packed else dump["media_type"])
            assert dump["sha256"] in answer.headers["ETag"]
            again = client.get(path, headers={"If-None-Match": answer.headers["ETag"]}, buffered=True)
            assert again.status_code == 304
            part = client.get(path, headers={"Range": "bytes=0-9"}, buffered=True)
            assert (part.status_code, part.data) == (206, answer.data[:10])


def test_void_robots_and_site_map(client: FlaskClient, project: Project, release: Release) -> None:
    void = client.get("/.well-known/void")
    assert client.get("/void").data == void.data
    assert void.mimetype == "text/turtle"
    assert any("void#Dataset" in str(triple.object) for triple in parsed(void))
    robots = client.get("/robots.txt").text
    assert f"Sitemap: {project.base_iri}sitemap.xml" in robots
    sitemap = client.get("/sitemap.xml")
    assert sitemap.mimetype == "application/xml"
    addresses = re.findall(r"<loc>([^<]+)</loc><lastmod>([^<]+)</lastmod>", sitemap.text)
    assert (f"{project.base_iri}doc/{UNIT}", release.manifest["created"][:10]) in addresses
    assert len(set(addresses)) == len(addresses)
    for address, _ in addresses:
        assert client.get("/" + address.removeprefix(project.base_iri)).status_code == 200, address


def test_a_large_site_map_is_split(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = re.findall(r"<loc>([^<]+)</loc>", client.get("/sitemap.xml").text)
    monkeypatch.setattr("lienket.web.site.A_FILE", 7)
    parts = re.findall(r"<loc>([^<]+)</loc>", client.get("/sitemap.xml").text)
    assert len(parts) > 1
    found = [
        address
        for part in parts
        for address in re.findall(r"<loc>([^<]+)</loc>", client.get("/" + part.rpartition("/")[2]).text)
    ]
    assert found == whole


def test_a_deployment_sets_the_tone_and_may_replace_a_template(tmp_path: Path) -> None:
    deployment = make_project(tmp_path)
    plain = create_app(deployment).test_client()
    assert plain.get("/theme.css").status_code == 404
    assert "theme.css" not in plain.get("/nowhere", headers={"Accept": BROWSER}).text
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "theme.css").write_text(":root { --brand: #5b2a86 }", encoding="utf-8")
    own = '{% extends "engine/problem.html" %}{% block main %}Own words. {{ super() }}{% endblock %}'
    (tmp_path / "templates" / "problem.html").write_text(own, encoding="utf-8")
    client = create_app(deployment).test_client()
    text = client.get("/nowhere", headers={"Accept": BROWSER}).text
    assert "Own words." in text
    address = re.search(r'href="(/theme\.css\?v=\w+)"', text)
    assert address is not None
    assert client.get(address[1]).text == ":root { --brand: #5b2a86 }"


def test_health_names_the_release(client: FlaskClient, release: Release) -> None:
    assert client.get("/healthz").json == {"status": "ok", "release": release.id}


def test_searching_finds_people_s_spellings(client: FlaskClient) -> None:
    for text in ("Đá Trắng", "da trang", "ĐÁ TRẮNG", "đá trắn"):
        page = client.get("/search", query_string={"q": text, "lang": "vi"}, headers={"Accept": BROWSER})
        assert "Xã Đá Trắng" in page.text
        answer = client.get("/search.json", query_string={"q": text}).json
        assert "Xã Đá Trắng" in [hit["label"] for hit in answer["results"]]  # type: ignore[index]
    assert client.get("/search?q=x", headers={"Accept": "application/json"}).mimetype == "application/json"
    nothing = client.get("/search?q=zzzzzz&lang=en", headers={"Accept": BROWSER})
    assert (nothing.status_code, "Nothing is called like this" in nothing.text) == (200, True)
    assert client.get("/search", headers={"Accept": BROWSER}).status_code == 200


# ------------------------------------------------------------------ hostile and odd data

SCRIPT = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
ESCAPED = SCRIPT.replace("\\", "\\\\").replace('"', '\\"')
GRAPH = f"<{BASE_IRI}dataset/markets>"
MARKET = f"<{BASE_IRI}id/market/"
HOSTILE = f"""
{MARKET}1> <{RDF}type> <{BASE_IRI}ontology/Market> {GRAPH} .
{MARKET}1> <{SKOS}prefLabel> "plain"@vi {GRAPH} .
{MARKET}2> <{RDF}type> <{BASE_IRI}ontology/Market> {GRAPH} .
{MARKET}2> <{SKOS}prefLabel> "{ESCAPED}"@vi {GRAPH} .
{MARKET}2> <{SKOS}prefLabel> "{ESCAPED} en"@en {GRAPH} .
{MARKET}2> <{DCT}description> "{ESCAPED}" {GRAPH} .
{MARKET}2> <{SCHEMA}url> <javascript:alert(3)> {GRAPH} .
{MARKET}2> <{SCHEMA}url> "javascript:alert(4)"^^<http://www.w3.org/2001/XMLSchema#anyURI> {GRAPH} .
{MARKET}2> <{SCHEMA}nearby> {MARKET}1> {GRAPH} .
{MARKET}2> <{GEO}asWKT> "POINT(abc {ESCAPED})"^^<{GEO}wktLiteral> {GRAPH} .
{MARKET}2> <{DCT}issued> "31/02/2020"^^<http://www.w3.org/2001/XMLSchema#date> {GRAPH} .
{MARKET}2> <{DCT}extent> "many"^^<http://www.w3.org/2001/XMLSchema#integer> {GRAPH} .
{MARKET}2> <https://example.org/{SCRIPT.encode().hex()}> "x" {GRAPH} .
{MARKET}v1.2> <{RDFS}label> "a dot"@en {GRAPH} .
{MARKET}file.ttl> <{RDFS}label> "named like a file"@en {GRAPH} .
{MARKET}chợ%2C-1> <{RDFS}label> "a comma"@en {GRAPH} .
{MARKET}a/b//c> <{RDFS}label> "slashes"@en {GRAPH} .
{MARKET}3> <{SCHEMA}geo> _:here {GRAPH} .
_:here <{SCHEMA}latitude> "16.5" {GRAPH} .
_:here <{SCHEMA}nested> _:there {GRAPH} .
_:there <{SCHEMA}name> "deep" {GRAPH} .
{MARKET}3> <{GEO}hasGeometry> {MARKET}3#point> {GRAPH} .
{MARKET}3#point> <{GEO}asWKT> "<http://www.opengis.net/def/crs/OGC/1.3/CRS84> POINT(107.5 16.5)"^^<{GEO}wktLiteral> {GRAPH} .
"""  # noqa: E501
MANY = "".join(
    f"{MARKET}many-{n:03}> <{SCHEMA}nearby> {MARKET}1> {GRAPH} .\n"
    f'{MARKET}1> <{SCHEMA}seller> "seller {n:03}" {GRAPH} .\n'
    for n in range(130)
)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    deployment = make_project(tmp_path_factory.mktemp("hostile"))
    published = publish_quads(deployment, HOSTILE + MANY)
    packs = [languages.get(tag) for tag in deployment.languages]
    write_index(published.search_path, HOSTILE + MANY, packs)
    return create_app(deployment).test_client()


@pytest.mark.parametrize("path", ["/doc/market/2.html", "/doc/market/1.html", "/search?q=script", "/doc/market/alert",
                                  "/doc/ontology/Market", "/search?q=" + quote(SCRIPT), "/" + quote(SCRIPT),
                                  "/doc/market/2.html?lang=en", "/?q=" + quote(SCRIPT)])  # fmt: skip
def test_text_from_data_and_visitors_is_never_markup(hostile: FlaskClient, path: str) -> None:
    text = hostile.get(path, headers={"Accept": BROWSER}).text
    assert "<script>alert" not in text
    assert "<img" not in text
    assert 'href="javascript' not in text
    assert "</script><script>" not in text.replace("</script>\n<script", "")


def test_a_hostile_label_is_still_shown(hostile: FlaskClient) -> None:
    assert "&lt;img src=x" in hostile.get("/doc/market/2.html").text
    assert "31/02/2020" in hostile.get("/doc/market/2.html").text


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("market/v1.2", "a dot"), ("market/file.ttl", "named like a file"), ("market/chợ%2C-1", "a comma"),
        ("market/ch%E1%BB%A3%2C-1", "a comma"), ("market/chợ,-1", "a comma"), ("market/a/b//c", "slashes"),
    ],
)  # fmt: skip
def test_odd_keys_are_found(hostile: FlaskClient, path: str, label: str) -> None:
    answer = hostile.get(f"/id/{path}", headers={"Accept": "text/turtle"}, follow_redirects=True)
    assert answer.status_code == 200
    assert label in answer.text


def test_a_suffix_counts_unless_it_is_part_of_the_name(hostile: FlaskClient) -> None:
    turtle = hostile.get("/doc/market/v1.2.ttl")
    assert turtle.mimetype == "text/turtle"
    assert "a dot" in turtle.text
    itself = hostile.get("/doc/market/file.ttl", headers={"Accept": "application/n-triples"})
    assert itself.mimetype == "application/n-triples"
    assert hostile.get("/doc/market/file.ttl.ttl").mimetype == "text/turtle"
    assert hostile.get("/doc/market/v1").status_code == 404


def test_what_belongs_to_a_thing_comes_with_it(hostile: FlaskClient) -> None:
    triples = parsed(hostile.get("/doc/market/3.ttl"), BASE_IRI)
    assert {"16.5", "deep"} <= {t.object.value for t in triples if isinstance(t.object, ox.Literal)}
    assert any("POINT" in str(t.object) for t in triples)
    assert len(triples) == 6
    page = hostile.get("/doc/market/3.html").text
    assert "16.50000° N, 107.50000° E" in page
    assert 'class="mark"' in page
    assert "deep" in page


def test_long_lists_are_cut_and_say_so(hostile: FlaskClient) -> None:
    page = hostile.get("/doc/market/1.html?lang=en").text
    assert len(re.findall(r"seller \d", page)) == 20
    assert "All 130 values" in page
    assert len(re.findall(r">many-\d+<", page)) == 20
    assert ">130<" in page
    second = hostile.get("/doc/market/1.html", query_string={"property": SCHEMA + "seller", "page": 2})
    assert len(re.findall(r"seller \d", second.text)) == 20
    pages = [
        hostile.get("/doc/market/1.html", query_string={"pointing": SCHEMA + "nearby", "page": number}).text
        for number in (1, 2, 3)
    ]
    named = [name for text in pages for name in re.findall(r">(many-\d+)<", text)]
    assert sorted(set(named)) == sorted(named)
    assert len(named) == 130
    assert len(parsed(hostile.get("/doc/market/1.nt"), BASE_IRI)) == 132


QUDT = "http://qudt.org/schema/qudt/"


def test_quantities_links_and_lists_as_people_read_them(tmp_path: Path) -> None:
    def name(number: int) -> str:
        return f"Chợ {number:02}" if number else "Chợ Ất"

    graph, rain = f"<{BASE_IRI}dataset/rain>", f"<{BASE_IRI}id/rain/1>"
    millimetre = f"<{BASE_IRI}id/code/unit/mm>"
    lines = [
        f"{rain} <{RDF}type> <{BASE_IRI}ontology/Rain>",
        f'{rain} <{SOSA}hasSimpleResult> "12.5"^^<{XSD}decimal>',
        f"{rain} <{QUDT}hasUnit> {millimetre}",
        f'{millimetre} <{SKOS}prefLabel> "Milimét"@vi',
        f'{rain} <{DCT}identifier> "R1"',
        f'{rain} <{SKOS}notation> "R-1"',
        f'{rain} <{DCT}issued> "2025-07-01"^^<{XSD}date>',
        f'{rain} <{DCT}modified> "2025-08-01"^^<{XSD}date>',
        f"{rain} <{DCT}relation> <http://www.wikidata.org/entity/Q36399>",
        *(f"<{BASE_IRI}id/market/{30 - i}> <{DCT}subject> {rain}" for i in range(30)),
        *(f'<{BASE_IRI}id/market/{30 - i}> <{SKOS}prefLabel> "{name(i)}"@vi' for i in range(30)),
    ]
    deployment = make_project(tmp_path)
    publish_quads(deployment, "".join(f"{line} {graph} .\n" for line in lines))
    client = create_app(deployment).test_client()
    text = client.get("/doc/rain/1.html?lang=vi").text
    assert "12,5</bdi> milimét" in text
    assert '<dl class="facts">' in text
    assert text.count("12,5</bdi>") == 1, "what the box of facts says is not said again below it"
    assert "Q36399</bdi></a> <small>www.wikidata.org</small>" in text
    short = re.findall(r"<bdi>(Chợ [^<]+)</bdi>", text)
    whole = client.get("/doc/rain/1.html", query_string={"pointing": DCT + "subject", "lang": "vi"}).text
    assert len(short) == 20
    assert re.findall(r"<bdi>(Chợ [^<]+)</bdi>", whole)[:20] == short
    assert short[:2] == ["Chợ 01", "Chợ 02"]


def test_the_service_description_has_the_statistics_of_each_graph(client: FlaskClient, project: Project) -> None:
    found = parsed(client.get("/sparql", headers={"Accept": "text/turtle"}))
    classes = [t.object for t in found if t.predicate.value == "http://rdfs.org/ns/void#class"]
    assert ox.NamedNode(project.base_iri + "ontology/Unit") in classes
    assert any(t.predicate.value.endswith("#extensionFunction") for t in found)
