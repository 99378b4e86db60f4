"""Earlier releases: asked by name, by moment, and let go when they are kept no more."""

import gc
import os
import re
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from lienket.project import Project
from lienket.releases import release as releases
from lienket.releases.release import Release
from lienket.web import create_app, past
from tests import timeline
from tests.test_pages import served
from tests.timeline import STATES


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, list[Release]]:
    """A release of each state, made a second apart: HTTP knows no shorter time."""
    project = timeline.make(tmp_path_factory.mktemp("past"))
    made = []
    for names in STATES:
        made.append(timeline.publish(project, names))
        time.sleep(1)
    return project, made


@pytest.fixture(scope="module")
def past_app(history: tuple[Project, list[Release]]) -> Flask:
    app = create_app(history[0])
    app.testing = True
    return app


@pytest.fixture
def client(past_app: Flask) -> FlaskClient:
    return past_app.test_client()


@pytest.fixture
def made(history: tuple[Project, list[Release]]) -> list[Release]:
    return history[1]


def moment(release: Release) -> datetime:
    return release.created.replace(microsecond=0)


def links(header: list[str]) -> dict[str, tuple[str, str | None]]:
    """Relation → address and datetime."""
    found: dict[str, tuple[str, str | None]] = {}
    for line in ", ".join(header).split(", <"):
        address, _, parameters = line.lstrip("<").partition(">")
        named = dict(re.findall(r'(\w+)="([^"]*)"', parameters))
        for relation in named.get("rel", "").split():
            found.setdefault(relation, (address, named.get("datetime")))
    return found


@pytest.mark.parametrize("suffix", ["", ".ttl", ".csv", ".jsonld"])
def test_a_thing_is_told_as_a_release_has_it(client: FlaskClient, made: list[Release], suffix: str) -> None:
    for release, name in zip(made, ("Hai", "Hai mới", "Hai mới", "Hai mới"), strict=True):
        text = client.get(f"/doc/thing/2{suffix}?release={release.id}", headers={"Accept": "text/html"}).text
        assert f">{name}<" in text or f'"{name}"' in text or f",{name}," in text
    there = [client.get(f"/doc/thing/3{suffix}?release={one.id}").status_code for one in made]
    assert there == [200, 200, 404, 200]


def test_datasets_the_catalogue_and_downloads_too(client: FlaskClient, made: list[Release]) -> None:
    first, *_, last = made
    for path in ("/dataset/things", "/catalog", "/", "/dataset/things/quality", "/void", "/search?q=hai"):
        joint = "&" if "?" in path else "?"
        assert client.get(f"{path}{joint}release={first.id}").status_code == 200
    for one in (first, last):
        with client.get(f"/dumps/things.nq.gz?release={one.id}") as answer:
            assert answer.data == (one.dumps / "things.nq.gz").read_bytes()
    assert "Hai mới" not in client.get(f"/search.json?q=hai&release={first.id}").text
    assert client.get(f"/dataset?release={first.id}").headers["Location"].endswith(f"?release={first.id}")
    assert client.get(f"/id/thing/2?release={first.id}").headers["Location"].endswith(f"2?release={first.id}")


def test_an_unknown_release_is_404_with_those_there_are(client: FlaskClient, made: list[Release]) -> None:
    for asked in ("2020-01-01T000000Z-000000", "", "../../etc", "x" * 5000):
        answer = client.get("/doc/thing/2", query_string={"release": asked})
        assert answer.status_code == 404
        assert answer.json
        assert [each["id"] for each in answer.json["releases"]] == [one.id for one in reversed(made)]
    page = client.get("/doc/thing/2?release=none", headers={"Accept": "text/html", "Accept-Language": "vi"}).text
    assert "Không có bản phát hành này" in page
    for one in made:
        assert f'href="/doc/thing/2?release={one.id}"' in page


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        for name in ("href", "action"):
            if given.get(name):
                self.found.append((str(given[name]), str(given.get("rel") or "")))
        if tag == "input" and given.get("name") == "release":
            self.found.append(("hidden", str(given.get("value"))))


def test_pages_of_an_earlier_release_lead_to_nothing_but_it(client: FlaskClient, made: list[Release]) -> None:
    """A walk over everything that can be reached: the release is kept, but for the one way back."""
    id_ = made[1].id
    waiting = [f"/?release={id_}"]
    seen: set[str] = set()
    while waiting:
        address = waiting.pop()
        if address in seen or len(seen) > 150:
            continue
        seen.add(address)
        with client.get(address, headers={"Accept": "text/html,*/*;q=0.5"}, follow_redirects=True) as answer:
            assert answer.status_code == 200, address
            text = answer.get_data().decode("utf-8", "replace")
        if answer.mimetype != "text/html":
            continue
        assert text.count('class="past"') == 1, address
        assert "bản phát hành cũ" in text or "lang=en" in address
        page = _Links()
        page.feed(text)
        back = []
        for href, relation in page.found:
            path = urlsplit(urljoin(address, href)).path
            if not href.startswith("/") or path.startswith("/static/"):
                continue
            if parse_qs(urlsplit(href).query).get("release") == [id_]:
                waiting.append(href)
            elif path != "/search":  # a form, which carries the release in a field of its own
                back.append((href, relation))
        assert len(back) == 1, (address, back)
        assert "release" not in parse_qs(urlsplit(back[0][0]).query)
        assert ("hidden", id_) in page.found
    assert len(seen) > 40


def test_pages_say_that_they_are_old_in_both_languages(client: FlaskClient, made: list[Release]) -> None:
    page = client.get(f"/doc/thing/2?release={made[0].id}&lang=vi").text
    assert "Bạn đang đọc một bản phát hành cũ" in page
    assert 'href="/doc/thing/2?lang=vi"' in page
    assert "You are reading an earlier release" in client.get(f"/doc/thing/2?release={made[0].id}&lang=en").text
    assert "noindex" in page
    today = client.get(f"/doc/thing/2?release={made[-1].id}&lang=en").text
    assert "You are reading" not in today
    assert "still" in today
    assert 'class="past"' not in client.get("/doc/thing/2").text


def test_the_resource_is_its_own_timegate(client: FlaskClient, made: list[Release]) -> None:
    """RFC 7089, pattern 1.1, step by step."""
    original = client.get("/doc/thing/2.ttl")
    assert "Accept-Datetime" in original.headers["Vary"]
    assert links(original.headers.getlist("Link"))["timegate"] == ("http://localhost/doc/thing/2.ttl", None)
    assert "Memento-Datetime" not in original.headers
    for wanted, expected in (
        (moment(made[0]) - timedelta(days=900), made[0]),
        (moment(made[0]), made[0]),
        (moment(made[2]) - timedelta(seconds=1), made[1]),
        (moment(made[2]), made[2]),
        (moment(made[-1]) + timedelta(days=900), made[-1]),
    ):
        gate = client.get("/doc/thing/2.ttl", headers={"Accept-Datetime": format_datetime(wanted, usegmt=True)})
        assert gate.status_code == 302
        assert "Accept-Datetime" in gate.headers["Vary"]
        assert "Memento-Datetime" not in gate.headers
        assert gate.headers["Location"] == f"http://localhost/doc/thing/2.ttl?release={expected.id}"
        memento = client.get(gate.headers["Location"], headers={"Accept-Datetime": "any, it is none"})
        assert parsedate_to_datetime(memento.headers["Memento-Datetime"]) == moment(expected)
        told = links(memento.headers.getlist("Link"))
        assert told["original"][0] == told["timegate"][0] == "http://localhost/doc/thing/2.ttl"
        assert told["first"][0].endswith(made[0].id)
        assert told["last"][0].endswith(made[-1].id)
        place = made.index(expected)
        for relation, neighbour in (("prev", place - 1), ("next", place + 1)):
            if 0 <= neighbour < len(made):
                assert told[relation] == (f"http://localhost/doc/thing/2.ttl?release={made[neighbour].id}",
                                          format_datetime(moment(made[neighbour]), usegmt=True))  # fmt: skip
            else:
                assert relation not in told


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-23", "Mon, 23 Nov 2026 10:15:00 +0700",
                                  "Mon, 99 Nov 2026 10:15:00 GMT", "Mon, 23 Nov 2026 10:15 GMT"])  # fmt: skip
def test_a_malformed_moment_is_400(client: FlaskClient, text: str) -> None:
    answer = client.get("/doc/thing/2", headers={"Accept-Datetime": text})
    assert answer.status_code == 400
    assert "Accept-Datetime" in answer.headers["Vary"]


@given(text=st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=40))
def test_no_moment_breaks_anything(past_app: Flask, text: str) -> None:
    answer = past_app.test_client().get("/catalog", headers={"Accept-Datetime": text})
    assert answer.status_code in (302, 400)


def test_a_thing_that_was_away_has_no_memento_of_that_time(client: FlaskClient, made: list[Release]) -> None:
    away = format_datetime(moment(made[2]), usegmt=True)
    gate = client.get("/doc/thing/3", headers={"Accept-Datetime": away})
    assert gate.headers["Location"].endswith(made[1].id)
    told = links(client.get(f"/doc/thing/3?release={made[1].id}").headers.getlist("Link"))
    assert told["next"][0].endswith(made[3].id)
    assert client.get("/doc/thing/4", headers={"Accept-Datetime": away}).headers["Location"].endswith(made[2].id)
    assert client.get("/doc/thing/none", headers={"Accept-Datetime": away}).status_code == 404
    name = client.get("/id/thing/2", headers={"Accept-Datetime": away}, follow_redirects=True)
    assert [step.status_code for step in name.history] == [302, 303]
    assert parsedate_to_datetime(name.headers["Memento-Datetime"]) == moment(made[2])


def test_the_timemap_lists_what_there_is(client: FlaskClient, made: list[Release]) -> None:
    answer = client.get("/timemap/link/doc/thing/3")
    assert answer.mimetype == "application/link-format"
    entries = answer.text.strip().split(",\n")
    assert entries[0] == '<http://localhost/doc/thing/3>; rel="original timegate"'
    assert [re.search(r"release=([^>]+)>", entry)[1] for entry in entries[2:]] == [  # type: ignore[index]
        made[0].id, made[1].id, made[3].id]  # fmt: skip
    told = client.get("/timemap/json/doc/thing/3").json
    assert told
    assert [each["uri"] for each in told["mementos"]["list"]] == re.findall(
        r"<([^>]+)>; rel=\"[^\"]*memento", answer.text
    )
    for entry in told["mementos"]["list"]:
        memento = client.get(entry["uri"])
        assert memento.status_code == 200
        assert f"{parsedate_to_datetime(memento.headers['Memento-Datetime']):%Y-%m-%dT%H:%M:%SZ}" == entry["datetime"]
    for path in ("link/doc/thing/none", "xml/doc/thing/3", "link/sparql", "json/dataset/none"):
        assert client.get(f"/timemap/{path}").status_code == 404
    for path in (
        "dataset/things",
        "dataset/things.ttl",
        "catalog",
        "doc/ontology",
        "id/thing/3",
        "dataset/things/quality",
    ):
        assert client.get(f"/timemap/link/{path}").status_code == 200


@pytest.fixture
def address(past_app: Flask) -> Iterator[str]:
    with served(past_app) as address:
        yield address


def test_the_memento_client_finds_its_way(address: str, made: list[Release]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import memento_client

        with memento_client.MementoClient(timegate_uri="") as client:
            told = client.get_memento_info(f"{address}/doc/thing/2", moment(made[1]).replace(tzinfo=None))
        gc.collect()
    assert told["timegate_uri"] == told["original_uri"] == f"{address}/doc/thing/2"
    found = told["mementos"]
    assert found["closest"]["uri"] == [f"{address}/doc/thing/2?release={made[1].id}"]
    assert found["closest"]["http_status_code"] == 200
    for relation, release in (("closest", made[1]), ("first", made[0]), ("prev", made[0]), ("next", made[2]),
                              ("last", made[3])):  # fmt: skip
        assert found[relation]["datetime"] == moment(release).replace(tzinfo=None)
        assert found[relation]["uri"][0].endswith(release.id)


def test_what_is_kept_in_front_is_not_mixed_up(client: FlaskClient, made: list[Release]) -> None:
    one, other = (client.get("/doc/thing/2", query_string={"release": each.id}) for each in made[:2])
    assert one.headers["ETag"] != other.headers["ETag"]
    assert "public" not in one.headers["Cache-Control"]
    again = client.get("/doc/thing/2", query_string={"release": made[0].id},
                       headers={"If-None-Match": one.headers["ETag"]})  # fmt: skip
    assert again.status_code == 304
    assert again.headers["Memento-Datetime"] == one.headers["Memento-Datetime"]


def _descriptors(folder: Path) -> int:
    """How many files below a folder this process holds open."""
    found = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            found += os.readlink(descriptor).startswith(str(folder))
        except OSError:
            continue  # the one by which the list is read
    return found


def test_few_are_open_and_those_that_go_are_let_go(tmp_path: Path) -> None:
    project = timeline.make(tmp_path, "[releases]\nkeep = 7\n")
    made = [timeline.publish(project, {"1": f"Lần {number}"}) for number in range(7)]
    app = create_app(project)
    app.testing = True
    client = app.test_client()
    shelf = app.extensions["lienket.past"]
    for one in made[:-1] * 2:
        assert client.get(f"/doc/thing/1.ttl?release={one.id}").status_code == 200
        assert len(shelf.held) <= past.OPEN
    assert shelf.held == [one.id for one in made[6 - past.OPEN : 6]]
    gc.collect()
    assert _descriptors(made[0].path) == 0  # pushed out
    assert _descriptors(made[5].path) > 0
    for number in range(7):  # all of them are dropped
        timeline.publish(project, {"1": f"Lần nữa {number}"})
        assert client.get("/healthz").status_code == 200  # any request will do
        gc.collect()
        assert shelf.held == []
    assert sum(_descriptors(one.path) for one in made) == 0
    answer = client.get(f"/doc/thing/1?release={made[5].id}")
    assert answer.status_code == 404
    assert answer.json
    assert len(answer.json["releases"]) == 7


def test_a_release_is_dropped_when_no_request_reads_it(tmp_path: Path) -> None:
    """A store never comes back from a file that is gone: what is read stays until the request is answered."""
    project = timeline.make(tmp_path, "[releases]\nkeep = 2\n")
    first, second = (timeline.publish(project, names) for names in STATES[:2])
    app = create_app(project)
    client = app.test_client()
    with ThreadPoolExecutor(1) as aside:
        with app.test_request_context(f"/doc/thing/2?release={first.id}"):
            app.preprocess_request()
            third = aside.submit(timeline.publish, project, STATES[2])
            while Release.current(project.var).id == second.id:
                time.sleep(0.1)  # the switch waits for nobody
            time.sleep(0.5)
            assert first.path.is_dir()
            assert "Hai" in app.make_response(app.dispatch_request()).get_data(as_text=True)
        assert third.result()
    assert client.get("/healthz").status_code == 200
    gc.collect()
    timeline.publish(project, STATES[3])
    assert not first.path.exists()
    assert client.get(f"/doc/thing/2?release={first.id}").status_code == 404


def test_a_file_that_goes_between_two_looks_is_503(tmp_path: Path) -> None:
    project = timeline.make(tmp_path)
    first, _ = (timeline.publish(project, names) for names in STATES[:2])
    client = create_app(project).test_client()
    assert client.get(f"/doc/thing/2?release={first.id}").status_code == 200
    (first.path / "catalogue.nt").unlink()
    answer = client.get(f"/catalog.ttl?release={first.id}")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]


def test_what_was_rolled_back_cannot_be_asked(tmp_path: Path) -> None:
    project = timeline.make(tmp_path)
    first, second = (timeline.publish(project, names) for names in STATES[:2])
    client = create_app(project).test_client()
    assert client.get(f"/doc/thing/2?release={second.id}").status_code == 200
    releases.rollback(project.var)
    assert client.get(f"/doc/thing/2?release={second.id}").status_code == 404
    assert client.get("/timemap/link/doc/thing/2").text.count("memento") == 1
    third = timeline.publish(project, STATES[2])
    told = client.get("/timemap/json/doc/thing/2").json
    assert told
    assert [each["uri"].rpartition("=")[2] for each in told["mementos"]["list"]] == [first.id, third.id]
