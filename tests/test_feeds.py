"""Atom feeds: as RFC 4287 wants them, read by a feed reader, found from the pages, in the visitor's language."""

from pathlib import Path
from xml.etree import ElementTree

import feedparser
import pytest
from flask.testing import FlaskClient

from lienket.web import create_app
from tests import timeline
from tests.timeline import BASE, STATES

ATOM = "{http://www.w3.org/2005/Atom}"
FEEDS = ["/changes.atom", "/dataset/things/changes.atom", "/dataset/nodes/changes.atom"]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    project = timeline.make(tmp_path_factory.mktemp("feeds"))
    for names in STATES:
        timeline.publish(project, {**names, "9": "Một & hai <ba> \u200b"})
    return create_app(project).test_client()


@pytest.mark.parametrize("path", FEEDS)
@pytest.mark.parametrize("tag", ["vi", "en"])
def test_a_feed_is_as_the_rfc_wants_it(client: FlaskClient, path: str, tag: str) -> None:
    answer = client.get(path, query_string={"lang": tag})
    assert answer.mimetype == "application/atom+xml"
    assert answer.headers["Content-Language"] == tag
    feed = ElementTree.fromstring(answer.data)
    assert feed.tag == ATOM + "feed"
    _require(feed, id=1, title=1, updated=1, author=1)  # §4.1.1
    links = [(link.get("rel"), link.get("type"), link.get("hreflang")) for link in feed.findall(ATOM + "link")]
    assert len(set(links)) == len(links)
    (own,) = [link.get("href") for link in feed.findall(ATOM + "link") if link.get("rel") == "self"]
    assert own == f"{BASE}{path[1:]}?lang={tag}"
    entries = feed.findall(ATOM + "entry")
    assert entries
    for entry in entries:
        _require(entry, id=1, title=1, updated=1, content=1, link=None)  # §4.1.2
        content = entry.find(ATOM + "content")
        assert content is not None
        assert content.get("type") == "xhtml"
        assert [child.tag for child in content] == ["{http://www.w3.org/1999/xhtml}div"]  # §4.1.3.3
    ids = [_text(each, "id") for each in (feed, *entries)]
    assert len(set(ids)) == len(ids)
    moments = [_text(entry, "updated") for entry in entries]
    assert moments == sorted(moments, reverse=True)
    assert _text(feed, "updated") == moments[0]


def _require(element: ElementTree.Element, **counts: int | None) -> None:
    for name, count in counts.items():
        found = len(element.findall(ATOM + name))
        assert found == count if count else found > 0, name


def _text(element: ElementTree.Element, name: str) -> str:
    return str(element.findtext(ATOM + name))


def test_a_feed_reader_reads_what_has_changed(client: FlaskClient) -> None:
    told = feedparser.parse(client.get("/dataset/things/changes.atom?lang=vi").data)
    assert not told.bozo
    assert told.version == "atom10"
    assert told.feed.title == "Thay đổi: Bảng things"
    assert told.feed.language == "vi"
    assert len(told.entries) == 4
    assert "Một nữa" in told.entries[0].content[0].value
    assert "Ba" in told.entries[1].content[0].value  # gone, and named by its key
    assert told.entries[2].title == "Bảng things: thêm 1 phát biểu, bỏ 1 phát biểu."
    assert "<script" not in client.get("/dataset/things/changes.atom").text
    page = client.get(told.entries[1].link.removeprefix(BASE))
    assert page.status_code == 200
    assert 'class="past"' in page.text
    hub = feedparser.parse(client.get("/changes.atom?lang=en").data)
    assert [entry.title.partition(":")[0] for entry in hub.entries] == ["1 dataset changed"] * 3 + [
        "2 datasets changed"
    ]


def test_pages_lead_to_the_feeds_in_the_visitors_language(client: FlaskClient) -> None:
    for path, feed in (("/", "/changes.atom"), ("/dataset/things", "/dataset/things/changes.atom"),
                       ("/doc/thing/2", "/changes.atom"), ("/dataset/things/changes", "/dataset/things/changes.atom"),
                       ("/changes", "/changes.atom")):  # fmt: skip
        for tag in ("vi", "en"):
            page = client.get(path, headers={"Accept-Language": tag, "Accept": "text/html"}).text
            (link,) = [line for line in page.splitlines() if 'type="application/atom+xml" title=' in line
                       and 'rel="alternate"' in line and "lang=" in line]  # fmt: skip
            assert f'href="{feed}?lang={tag}"' in link
            assert client.get(f"{feed}?lang={tag}").status_code == 200


def test_a_feed_speaks_the_language_that_is_accepted(client: FlaskClient) -> None:
    one, other = (client.get("/changes.atom", headers={"Accept-Language": tag}) for tag in ("vi", "en"))
    assert one.headers["ETag"] != other.headers["ETag"]
    assert "Accept-Language" in one.headers["Vary"]
    again = client.get("/changes.atom", headers={"Accept-Language": "vi", "If-None-Match": one.headers["ETag"]})
    assert again.status_code == 304


def test_names_that_xml_cannot_hold_do_no_harm(tmp_path: Path) -> None:
    project = timeline.make(tmp_path)
    timeline.publish(project, STATES[0])
    timeline.publish(project, {**STATES[0], "2": "Hai\x08<b>"})
    told = feedparser.parse(create_app(project).test_client().get("/dataset/things/changes.atom").data)
    assert not told.bozo
    assert "&lt;b&gt;" in told.entries[0].content[0].value
