"""What robots, browsers and watchers ask for: robots.txt, the site map, the icon, the pulse."""

from typing import Final
from xml.sax.saxutils import escape

from flask import Blueprint, Response, current_app, jsonify

from lienket.formats import XML
from lienket.web import addresses, sparql, templates
from lienket.web.answers import sent, unchanged
from lienket.web.describe import exists
from lienket.web.journal import journal
from lienket.web.problems import Problem
from lienket.web.shown import Shown, project, shown
from lienket.web.workers import Query

A_FILE: Final = 50_000
"""Addresses in one site map (<https://www.sitemaps.org/protocol.html#index>)."""

_READY_SECONDS: Final = 3.0
"""A query that asks nothing is answered within this, or the server is not ready."""

_NAMESPACE: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"

blueprint = Blueprint("site", __name__)


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Let robots read everything but the questions."""
    lines = (
        "User-agent: *",
        "Disallow: /sparql",
        "Disallow: /search",
        "Disallow: /*?",
        f"Sitemap: {project().base_iri}sitemap.xml",
    )
    return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@blueprint.get("/sitemap.xml")
def sitemap() -> Response:
    """Answer the site map, or the list of its parts where there are too many addresses for one."""
    present = shown()
    if (answer := unchanged(present, XML)) is not None:
        return answer
    parts = -(-present.search.count() // A_FILE)
    if parts <= 1:
        return _part(1)
    day = present.release.manifest["created"][:10]
    body = "".join(
        f"<sitemap><loc>{escape(project().base_iri)}sitemap-{number}.xml</loc><lastmod>{day}</lastmod></sitemap>"
        for number in range(1, parts + 1)
    )
    return _sent(present, f'<sitemapindex xmlns="{_NAMESPACE}">{body}</sitemapindex>')


@blueprint.get("/sitemap-<int:number>.xml")
def sitemap_part(number: int) -> Response:
    """Answer one part of a large site map."""
    if not 1 <= number <= max(1, -(-shown().search.count() // A_FILE)):
        raise Problem.of(404)
    return _part(number)


def _part(number: int) -> Response:
    present = shown()
    day = present.release.manifest["created"][:10]
    base_iri = project().base_iri
    own = [iri for iri in present.search.addresses(after=(number - 1) * A_FILE, limit=A_FILE) if addresses.is_ours(iri)]
    front = ["", "catalog"]  # the catalogue has a name, so the index knows it too
    named = [addresses.document(iri).removeprefix("/") for iri in own if "#" not in iri]
    pages = [page for page in named if page not in front]
    if number == 1:
        pages = front + pages
    body = "".join(f"<url><loc>{escape(base_iri + page)}</loc><lastmod>{day}</lastmod></url>" for page in pages)
    return _sent(present, f'<urlset xmlns="{_NAMESPACE}">{body}</urlset>')


def _sent(present: Shown, text: str) -> Response:
    response = sent(f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n', present, XML)
    response.headers["Content-Type"] = "application/xml; charset=utf-8"
    return response


@blueprint.get("/favicon.ico")
def icon() -> Response:
    """Send the icon to who asks for it without having read a page."""
    return current_app.send_static_file("icon.svg")


@blueprint.get("/theme.css")
def theme() -> Response:
    """Send the deployment's own colours."""
    path = project().root / templates.FOLDER / templates.THEME
    if not path.is_file():
        raise Problem.of(404)
    return Response(path.read_text(encoding="utf-8"), content_type="text/css; charset=utf-8", headers={
        "Cache-Control": "public, max-age=31536000"  # its address carries a digest
    })  # fmt: skip


@blueprint.get("/readyz")
def ready() -> Response:
    """Say that a query was answered just now; 503 where none is."""
    present = shown()
    with sparql.pool().run(present.release.store_path, Query("ASK {}", "csv", None), _READY_SECONDS) as answer:
        said = b"".join(answer)
    response = jsonify(status="ok" if said == b"true" else "wrong", release=present.release.id)
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/metrics")
def metrics() -> Response:
    """Send the figures of all web processes to Prometheus."""
    figures, content_type = journal().figures()
    return Response(figures, content_type=content_type, headers={"Cache-Control": "no-store"})


@blueprint.get("/healthz")
def health() -> Response:
    """Say which release is on show, having read from its store; 503 where there is none."""
    present = shown()
    exists(present, project().base_iri + "ontology")
    response = jsonify(status="ok", release=present.release.id)
    response.headers["Cache-Control"] = "no-store"
    return response
