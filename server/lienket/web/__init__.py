"""The web face of a release: pages for people, RDF and SPARQL for programs. Reads only.

    request ─▶ shown() ─▶ resolve ─▶ negotiate ─▶ describe ─▶ render
              the release   web.addresses  web.answers   web.describe   templates/ or web.graphs

`create_app` is the only entrance. Everything a visitor may ask is a route of one of the blueprints below, and every
failure is answered by `web.problems`.
"""

import logging
from typing import Final

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from lienket.errors import UnavailableError
from lienket.project import Project
from lienket.web import (
    api,
    catalogue,
    croissant,
    feeds,
    history,
    home,
    journal,
    memento,
    missing,
    packing,
    past,
    problems,
    quality,
    readiness,
    resources,
    search,
    shown,
    site,
    sparql,
    streams,
    templates,
)
from lienket.web.reconcile import routes as reconciliation
from lienket.web.saved import routes as saved_queries

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
    "Access-Control-Expose-Headers": "Accept-Query, Content-Language, ETag, Link, Location, Memento-Datetime, "
    "Query-Limits, Retry-After",
}
PREFLIGHT_HEADERS: Final[dict[str, str]] = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, QUERY, OPTIONS",
    "Access-Control-Allow-Headers": "Accept, Accept-Datetime, Accept-Language, Content-Type, If-None-Match, "
    "If-Modified-Since",
    "Access-Control-Max-Age": "86400",
}
"""The data is public and no cookie is ever read, so any page may ask.

<https://fetch.spec.whatwg.org/#http-cors-protocol>
"""


def create_app(project: Project) -> Flask:
    """Return the WSGI application of a deployment; it opens the release at the first request, in its own process."""
    app = Flask(__name__)
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 31_536_000  # static addresses carry a digest; others set their own
    app.logger.setLevel(logging.INFO)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False  # an IRI may hold two slashes in a row
    if proxies := project["server.proxies"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies)  # type: ignore[method-assign]
    shown.register(app, project)
    past.register(app, project)
    journal.register(app.extensions, project)
    problems.register(app)
    app.register_error_handler(404, missing.no_route)
    templates.register(app, project)
    for blueprint in (
        home.blueprint,
        search.blueprint,
        resources.blueprint,
        history.blueprint,
        catalogue.blueprint,
        quality.blueprint,
        croissant.blueprint,
        readiness.blueprint,
        streams.blueprint,
        feeds.blueprint,
        sparql.blueprint,
        api.blueprint,
        saved_queries.blueprint,
        reconciliation.blueprint,
        site.blueprint,
    ):
        app.register_blueprint(blueprint)
    memento.register(app)
    app.after_request(_secure)
    app.after_request(packing.pack)
    return app


def follow(app: Flask) -> None:
    """Turn to the release that is current, before anybody asks for it, and let go of those that are not."""
    with app.app_context():
        past.shelf().line()
        try:
            present = shown.on_show()
        except UnavailableError:  # whoever asks is told
            return
        sparql.pool().follow(present.release.store_path)


def _secure(response: Response) -> Response:
    headers = response.headers
    headers.extend([pair for pair in (*SECURITY_HEADERS.items(), *CORS_HEADERS.items()) if pair[0] not in headers])
    if request.method == "OPTIONS":
        headers.update(PREFLIGHT_HEADERS)
    return response
