"""The web face of a release: pages for people, RDF and SPARQL for programs. Reads only.

    request ─▶ shown() ─▶ resolve ─▶ negotiate ─▶ describe ─▶ render
              the release   web.addresses  web.answers   web.describe   templates/ or web.graphs

`create_app` is the only entrance. Everything a visitor may ask is a route of one of the blueprints below, and every
failure is answered by `web.problems`.
"""

import gzip
import logging
from typing import Final

from flask import Flask, Response, request

from lienket.project import Project
from lienket.web import catalogue, home, missing, problems, quality, resources, search, shown, site, sparql, templates

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Nothing inline and nothing from elsewhere (<https://www.w3.org/TR/CSP3/>)."""

SECURITY_HEADERS: Final[dict[str, str]] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}

CORS_HEADERS: Final[dict[str, str]] = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Accept, Accept-Language, Content-Type, If-None-Match, If-Modified-Since",
    "Access-Control-Expose-Headers": "Content-Language, ETag, Link, Location, Retry-After",
    "Access-Control-Max-Age": "86400",
}
"""The data is public and no cookie is ever read, so any page may ask.

<https://fetch.spec.whatwg.org/#http-cors-protocol>
"""

_COMPRESSED: Final = (
    "text/", "application/json", "application/ld+json", "application/rdf+xml", "application/n-triples",
    "application/xml", "application/problem+json", "image/svg+xml",
)  # fmt: skip
_WORTH_COMPRESSING: Final = 1024


def create_app(project: Project) -> Flask:
    """Return the WSGI application of a deployment; it opens the release at the first request, in its own process."""
    app = Flask(__name__)
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 31_536_000  # static addresses carry a digest; others set their own
    app.logger.setLevel(logging.INFO)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False  # an IRI may hold two slashes in a row
    shown.register(app, project)
    problems.register(app)
    app.register_error_handler(404, missing.no_route)
    templates.register(app, project)
    for blueprint in (
        home.blueprint,
        search.blueprint,
        resources.blueprint,
        catalogue.blueprint,
        quality.blueprint,
        sparql.blueprint,
        site.blueprint,
    ):
        app.register_blueprint(blueprint)
    app.after_request(_secure)
    app.after_request(_compress)
    return app


def _secure(response: Response) -> Response:
    for name, value in {**SECURITY_HEADERS, **CORS_HEADERS}.items():
        response.headers.setdefault(name, value)
    return response


def _compress(response: Response) -> Response:
    """Send text compressed to who takes it; what is streamed or already on disk goes as it is."""
    if not (response.mimetype or "").startswith(_COMPRESSED):
        return response
    response.vary.add("Accept-Encoding")
    if (
        response.is_streamed
        or response.direct_passthrough
        or response.status_code not in (200, 404)
        or "Content-Encoding" in response.headers
        or not request.accept_encodings["gzip"]
    ):
        return response
    body = response.get_data()
    if len(body) >= _WORTH_COMPRESSING:
        response.set_data(gzip.compress(body, 6, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response
