"""Searching by name: a page, and the same as JSON for programs."""

from typing import Final

from flask import Blueprint, Response, json, render_template, request

from lienket.formats import HTML, JSON, Format
from lienket.web import addresses, language
from lienket.web.answers import page_number, sent, unchanged, wanted
from lienket.web.names import links, order_of
from lienket.web.problems import Problem
from lienket.web.shown import shown

A_PAGE: Final = 20

LONGEST: Final = 200
"""A longer question is no name."""

_FORMATS: Final[tuple[Format, ...]] = (HTML, JSON)

blueprint = Blueprint("search", __name__)


@blueprint.get("/search")
@blueprint.get("/search.json")
def search() -> Response:
    """Answer what is called like `?q=`, perhaps of one class (`?kind=`), page by page."""
    present = shown()
    format_ = wanted(_FORMATS, "json" if request.path.endswith(".json") else "")
    text = request.args.get("q", "").strip()
    if len(text) > LONGEST:
        raise Problem(
            400, "Not understood", "A search may be up to {number} characters long.", values={"number": LONGEST}
        )
    number = page_number()
    kind = request.args.get("kind") or None
    if (answer := unchanged(present, format_)) is not None:
        return answer
    pack = language.language()
    languages = order_of(present.project.languages, pack.tag)
    found = present.search.find(text, language=pack, kind=kind, limit=A_PAGE, offset=(number - 1) * A_PAGE)
    iris = [*(iri for iri, _ in found.kinds), *(hit.dataset for hit in found.hits), *([kind] if kind else [])]
    named = links(present, iris, languages)
    if format_ is HTML:
        body = render_template(
            "search.html", text=text, found=found, named=named, kind=kind, page=number, pages=-(-found.total // A_PAGE)
        )
        response = sent(body, present, format_)
        response.headers["X-Robots-Tag"] = "noindex"
        return response
    members = {
        "query": text,
        "total": found.total,
        "loosened": found.loosened,
        "results": [
            {
                "iri": hit.iri,
                "label": hit.label,
                "language": hit.language or None,
                "kind": hit.kind,
                "dataset": hit.dataset,
                "ended": hit.ended,
                "address": addresses.local(hit.iri),
            }
            for hit in found.hits
        ],
        "kinds": [{"iri": iri, "label": named[iri].name.value, "count": count} for iri, count in found.kinds],
    }
    response = sent(json.dumps(members, ensure_ascii=False) + "\n", present, format_)
    response.headers["Content-Type"] = "application/json"
    return response
