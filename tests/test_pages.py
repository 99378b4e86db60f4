"""The pages in a real Chromium: nothing breaks, nothing comes from elsewhere, everything works without script."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from lienket.build import build
from lienket.project import Project
from lienket.web import create_app

from .conftest import PROVINCE

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the path"),
]

UNIT = "/doc/unit/00101-2025-07"
PAGES = ["/", UNIT, "/doc/unit/00104-2020-01", "/doc/clinic/K02", "/doc/ontology", "/doc/ontology/Clinic",
         "/catalog", "/dataset/clinics", "/dataset/clinics/quality", "/search?q=mây", "/search",
         "/doc/code/clinic-kind", "/sparql", "/changes", "/dataset/clinics/changes", "/api", "/query"]  # fmt: skip

READABLE = """() => {
  const channel = (value) => {
    value /= 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const color = rgba(getComputedStyle(each).backgroundColor);
      if (color[3] === 255) return color;
    }
    return [255, 255, 255, 255];
  };
  const poor = [];
  const texts = "h1, h2, h3, h4, p, a, li, dt, dd, span, bdi, button, label, small, code, summary";
  for (const element of document.querySelectorAll(texts)) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const [one, other] = [light(rgba(style.color)), light(behind(element))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    if (ratio < 4.5) poor.push(`${element.tagName} ${element.textContent.trim().slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return poor;
}"""
"""Texts whose contrast with what is behind them is below 4.5 (WCAG 2.2, 1.4.3)."""

SMALL_TARGETS = """() => [...document.querySelectorAll("a, button, input, summary")]
  .filter((each) => each.checkVisibility() && !each.closest("svg") && !each.closest("p, dd, dt, h1, h2, h3, h4"))
  .map((each) => [each.getBoundingClientRect(), each.textContent.trim().slice(0, 30)])
  .filter(([box]) => box.width > 1 && box.height < 24)
  .map(([box, text]) => `${text}: ${box.height}`)"""
"""Targets lower than 24 px that do not stand in a line of text (WCAG 2.2, 2.5.8)."""


REPEATED_IDS = """() => {
  const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
  return ids.filter((id, place) => ids.indexOf(id) !== place);
}"""


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """Write nothing."""


@dataclass
class Seen:
    """What a page did while it was open."""

    said: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def address(app: Flask) -> Iterator[str]:
    with served(app) as address:
        yield address


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve an application on a port of its own; give its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--disable-dev-shm-usage"])
        yield opened
        opened.close()


@contextmanager
def visit(browser: Browser, url: str, **settings: Any) -> Iterator[tuple[Page, Seen]]:
    """Open a page in a context of its own."""
    context = browser.new_context(**{"locale": "vi-VN", **settings})
    page, seen = context.new_page(), Seen()
    page.on("console", lambda message: seen.said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: seen.said.append(str(error)))
    page.on("request", lambda request: seen.hosts.add(urlsplit(request.url).netloc))
    page.goto(url, wait_until="load")
    yield page, seen
    context.close()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1440, "dark")])
def test_a_page_is_quiet_whole_and_readable(browser: Browser, address: str, path: str, width: int, scheme: str) -> None:
    size = {"width": width, "height": 800}
    with visit(browser, address + path, viewport=size, color_scheme=scheme) as (page, seen):
        assert seen.said == []
        assert seen.hosts == {urlsplit(address).netloc}
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("h1").count() == 1
        assert page.locator("main").count() == 1
        assert page.evaluate(REPEATED_IDS) == []
        assert page.evaluate(READABLE) == []
        assert page.evaluate(SMALL_TARGETS) == []


@pytest.mark.parametrize("path", ["/", UNIT, "/dataset/clinics", "/sparql", "/doc/nothing/here"])
def test_pages_work_without_script(browser: Browser, address: str, path: str) -> None:
    with visit(browser, address + path, java_script_enabled=False) as (page, seen):
        assert seen.hosts == {urlsplit(address).netloc}
        assert page.locator("h1").inner_text()


def test_the_measure_of_contrast_measures(browser: Browser, address: str) -> None:
    with visit(browser, address + "/") as (page, _):
        page.evaluate("document.querySelector('h1').style.color = 'rgb(150 160 165)'")
        assert [text for text in page.evaluate(READABLE) if text.startswith("H1")]


def test_one_goes_from_a_question_to_a_place_and_on(browser: Browser, address: str) -> None:
    with visit(browser, address + "/", java_script_enabled=False) as (page, _):
        page.get_by_role("searchbox").fill("da trang")
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Xã Đá Trắng", exact=True).first.click()
        assert page.locator("h1").inner_text() == "Xã Đá Trắng"
        assert urlsplit(page.url).path == "/doc/unit/00107-2025-07"
        assert page.get_by_role("img", name="Xã Đá Trắng").is_visible()
        page.get_by_role("link", name="English").click()
        assert page.locator("html").get_attribute("lang") == "en"
        assert urlsplit(page.url).path == "/doc/unit/00107-2025-07"
        page.get_by_role("link", name="Datasets").click()
        assert page.locator("h1").is_visible()


def test_places_on_the_map_are_links_with_names(browser: Browser, address: str) -> None:
    with visit(browser, address + "/") as (page, _):
        area = page.locator("figure.map").get_by_role("link", name="Xã Đá Trắng")
        box = area.bounding_box()
        assert box is not None
        assert box["width"] > 40
        area.click()
        assert page.locator("h1").inner_text() == "Xã Đá Trắng"


def test_the_keyboard_reaches_everything_first_the_content(browser: Browser, address: str) -> None:
    with visit(browser, address + UNIT) as (page, _):
        page.keyboard.press("Tab")
        skip = page.evaluate("document.activeElement.className")
        assert skip == "skip"
        assert page.locator(".skip").bounding_box()["y"] >= 0  # type: ignore[index]
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.id") == "q"


def test_the_address_can_be_copied(browser: Browser, address: str) -> None:
    permissions = ["clipboard-read", "clipboard-write"]
    with visit(browser, address + UNIT, permissions=permissions) as (page, seen):
        page.get_by_role("button", name="Sao chép").click()
        page.get_by_role("button", name="Đã sao chép").wait_for()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == "https://data.songmay.example/id/unit/00101-2025-07"
        assert seen.said == []


def test_a_page_prints_and_survives_forced_colours(browser: Browser, address: str) -> None:
    with visit(browser, address + UNIT, forced_colors="active") as (page, seen):
        page.emulate_media(media="print")
        assert not page.locator(".top nav").is_visible()
        assert page.locator("h1").is_visible()
        assert seen.said == []


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The province with two rows that lack a founding date, served."""
    folder = tmp_path_factory.mktemp("reported") / "province"
    shutil.copytree(PROVINCE, folder, ignore=shutil.ignore_patterns("var"))
    table = folder / "mappings" / "health" / "clinics" / "clinics.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("1/7/1995", ""), encoding="utf-8")
    deployment = Project.read(folder)
    build(deployment)
    with served(create_app(deployment)) as address:
        yield address


@pytest.mark.parametrize("script", [True, False])
def test_a_report_is_narrowed_with_and_without_script(browser: Browser, reported: str, script: bool) -> None:
    url = reported + "/dataset/clinics/quality"
    with visit(browser, url, java_script_enabled=script, viewport={"width": 360, "height": 800}) as (page, seen):
        group = page.locator(".group-of.warning")
        assert group.is_visible()
        page.get_by_label("Mức độ").select_option("note")
        if not script:
            page.get_by_role("button", name="Xem").click()
        group.wait_for(state="hidden")
        assert "severity=note" in page.url
        page.get_by_label("Mức độ").select_option("warning")
        if not script:
            page.get_by_role("button", name="Xem").click()
        group.wait_for(state="visible")
        assert seen.said == []
        if script:
            assert page.evaluate("document.documentElement.scrollWidth") <= 360
            assert page.evaluate(READABLE) == []
            assert page.evaluate(SMALL_TARGETS) == []
            page.emulate_media(media="print")
            assert group.is_visible()
            assert not page.locator("form.narrow").is_visible()
