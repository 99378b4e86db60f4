"""Searching by name: a page, and the same as JSON for programs."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import pyoxigraph as ox
from flask import Blueprint, Response, json, render_template, request

from lienket.formats import HTML, JSON, Format
from lienket.search import Hit
from lienket.store import Term
from lienket.vocabulary import DCT, ORG, SCHEMA, SKOS
from lienket.web import addresses, language, past
from lienket.web.answers import page_number, sent, unchanged, wanted
from lienket.web.names import iri_of, links, order_of
from lienket.web.problems import Problem
from lienket.web.queries import query_over
from lienket.web.shown import Shown, shown
from lienket.web.values import shown_literal

A_PAGE: Final = 20

LONGEST: Final = 200
"""A longer question is no name."""

_FORMATS: Final[tuple[Format, ...]] = (HTML, JSON)

_WHOLES: Final = (DCT + "isPartOf", ORG + "subOrganizationOf", SCHEMA + "containedInPlace", SKOS + "broader",
                  DCT + "spatial")  # fmt: skip
"""What a thing is part of; the first of these that is stated is shown."""

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
    told_apart = context(present, found.hits, languages)
    if format_ is HTML:
        body = render_template(
            "search.html",
            text=text,
            found=found,
            named=named,
            kind=kind,
            page=number,
            pages=-(-found.total // A_PAGE),
            told_apart=told_apart,
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
                "context": told_apart.get(hit.iri, []),
                "address": past.within(addresses.local(hit.iri)),
            }
            for hit in found.hits
        ],
        "kinds": [{"iri": iri, "label": named[iri].name.value, "count": count} for iri, count in found.kinds],
    }
    response = sent(json.dumps(members, ensure_ascii=False) + "\n", present, format_)
    response.headers["Content-Type"] = "application/json"
    return response


def context(present: Shown, hits: Sequence[Hit], languages: Sequence[str]) -> dict[str, list[str]]:
    """Return what tells apart the hits that share their name: level, what they are part of, time; by IRI."""
    count = Counter((hit.label.casefold(), hit.kind) for hit in hits)
    alike = [hit.iri for hit in hits if count[hit.label.casefold(), hit.kind] > 1]
    if not alike:
        return {}
    said: dict[str, dict[str, list[Term]]] = {}
    for row in present.store.select(query_over("context", alike)):
        said.setdefault(iri_of(row["subject"]), {}).setdefault(iri_of(row["link"]), []).append(row["value"])
    values = [value for links_of in said.values() for found in links_of.values() for value in found]
    named = links(present, (iri_of(value) for value in values if isinstance(value, ox.NamedNode)), languages)
    pack = language.language()

    def texts(iri: str, *predicates: str) -> list[str]:
        found = (said.get(iri, {}).get(predicate, ()) for predicate in predicates)
        values = next((each for each in found if each), ())
        return sorted(
            named[value.value].name.value if isinstance(value, ox.NamedNode) else shown_literal(value, pack).text
            for value in values
            if isinstance(value, ox.NamedNode | ox.Literal)
        )[:2]

    return {
        iri: [
            *texts(iri, DCT + "type"),
            *texts(iri, *_WHOLES),
            *(
                texts(iri, DCT + "temporal")
                or _validity(texts(iri, SCHEMA + "validFrom"), texts(iri, SCHEMA + "validThrough"))
            ),
        ]
        for iri in alike
    }


def _validity(start: Sequence[str], end: Sequence[str]) -> list[str]:
    if start and end:
        return [language.translated("from {start} to {end}", start=start[0], end=end[0])]
    if start:
        return [language.translated("since {start}", start=start[0])]
    return [language.translated("until {end}", end=end[0])] if end else []
