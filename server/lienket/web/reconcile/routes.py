"""The addresses of the reconciliation service."""

import json
from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, render_template, request

from lienket import __version__
from lienket.formats import HTML
from lienket.web import addresses, language
from lienket.web.answers import page_number
from lienket.web.api.openapi import label_of, text_in
from lienket.web.api.parameters import require_text
from lienket.web.api.routes import table
from lienket.web.describe import describe, exists, statements
from lienket.web.names import links, order_of
from lienket.web.problems import Problem
from lienket.web.reconcile import extension
from lienket.web.reconcile.candidates import Wanted, class_of, found, id_of, iri_from
from lienket.web.reconcile.scores import Candidate, winner
from lienket.web.search import context
from lienket.web.shown import Shown, project, shown

BATCH: Final = 50
"""Queries, or things to be extended, in one request."""

_BODY: Final = 1 << 20
_LONGEST: Final = 300
_LIMIT, _MOST = 10, 25
_PROPERTIES: Final = 10
_SUGGESTED: Final = 10

PREVIEW_POLICY: Final = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'"
"""A preview stands in a frame of whoever asks; there is nothing in it to be clicked by mistake."""

_PREVIEW_WIDTH, _PREVIEW_HEIGHT = 430, 320

blueprint = Blueprint("reconcile", __name__)


@blueprint.before_request
def _require_text() -> None:
    require_text()


@blueprint.route("/reconcile", methods=["GET", "POST"])
def endpoint() -> Response:
    """Answer a batch of queries or a data extension, and the manifest where nothing is asked."""
    request.max_content_length = _BODY
    request.max_form_memory_size = _BODY
    present = shown()
    if text := request.values.get("queries"):
        return _answer(_reconciled(present, _read(text, "queries")))
    if text := request.values.get("extend"):
        return _answer(extension.extended(present, _read(text, "extend"), BATCH))
    if request.method == "POST":
        raise _refused("queries", "a JSON object")
    return _answer(_manifest(present))


@blueprint.get("/reconcile/properties")
def properties() -> Response:
    """Propose the properties of a class to be fetched."""
    present = shown()
    class_ = class_of(present, request.args.get("type", ""))
    proposed = [
        {"id": each.predicates[0] if len(each.predicates) == 1 else each.name, "name": label_of(each)}
        for each in (class_.properties if class_ else ())
    ]
    limit = request.args.get("limit", "")
    number = int(limit) if limit.isascii() and limit.isdigit() and len(limit) < 5 else len(proposed)
    return _answer({"type": class_.iri if class_ else None, "limit": number, "properties": proposed[:number]})


@blueprint.get("/reconcile/suggest/<what>")
def suggest(what: str) -> Response:
    """Suggest things, classes or properties that begin like what is typed."""
    present = shown()
    prefix = request.args.get("prefix", "").strip()[:_LONGEST]
    cursor = request.args.get("cursor", "0")
    first = int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 5 else 0
    if what == "entity":
        result = _things_like(present, prefix, first)
    elif what in ("type", "property"):
        result = _named_like(_types(present) if what == "type" else _properties(present), prefix)
        result = result[first : first + _SUGGESTED]
    else:
        raise Problem.of(404)
    return _answer({"result": result})


@blueprint.get("/reconcile/preview")
def preview() -> Response:
    """Answer a thing as a small page for a frame."""
    present = shown()
    page_number()
    iri = iri_from(request.args.get("id", ""))
    if not addresses.is_ours(iri) or not exists(present, iri):
        raise Problem.of(404)
    described = describe(present, iri, statements(present, iri), language.language())
    response = Response(render_template("preview.html", described=described), content_type=HTML.content_type)
    response.headers["Content-Security-Policy"] = PREVIEW_POLICY
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


def _manifest(present: Shown) -> dict[str, Any]:
    root = request.host_url.rstrip("/") + request.script_root
    here = f"{root}/reconcile"
    base_iri = project().base_iri
    return {
        "versions": ["0.1", "0.2"],
        "name": project().title[language.tag()],
        "identifierSpace": base_iri + "id/",
        "schemaSpace": base_iri + "ontology/",
        "defaultTypes": _types(present),
        "documentation": f"{root}/api",
        "serviceVersion": __version__,
        "batchSize": BATCH,
        "view": {"url": f"{root}/id/{{{{id}}}}"},
        "preview": {"url": f"{here}/preview?id={{{{id}}}}", "width": _PREVIEW_WIDTH, "height": _PREVIEW_HEIGHT},
        "suggest": {
            what: {"service_url": here, "service_path": f"/suggest/{what}"} for what in ("entity", "type", "property")
        },
        "extend": {"propose_properties": {"service_url": here, "service_path": "/properties"}, "property_settings": []},
    }


def _reconciled(present: Shown, batch: Mapping[str, Any]) -> dict[str, Any]:
    if len(batch) > BATCH:
        raise Problem(
            413,
            "Too large",
            "A batch holds up to {most} queries.",
            values={"most": BATCH},
            members={"batchSize": BATCH},
        )
    wanted = {key: _wanted(present, key, query) for key, query in batch.items()}
    return {key: {"result": _result(present, each)} for key, each in wanted.items()}


def _result(present: Shown, wanted: Wanted) -> list[dict[str, Any]]:
    if not wanted.text:
        return []
    candidates = found(present, wanted)
    one = winner(candidates)
    kinds = links(present, [each.kind for each in candidates if each.kind], _languages())
    return [
        {
            "id": id_of(each.iri),
            "name": each.name,
            "type": [{"id": each.kind, "name": kinds[each.kind].name.value}] if each.kind else [],
            "score": each.score,
            "match": each is one,
            "features": _features(each),
        }
        for each in candidates[: wanted.limit]
    ]


def _features(candidate: Candidate) -> list[dict[str, Any]]:
    """Return what the score was made of, so that a client can make its own."""
    return [
        {"id": "name", "value": candidate.fits},
        {"id": "ended", "value": candidate.ended},
        *({"id": f"property:{id_}", "value": fits} for id_, fits in candidate.properties.items()),
    ]


def _wanted(present: Shown, key: str, query: Any) -> Wanted:
    """Return a query of a batch, read; raises `Problem` 400 that names it."""
    if not isinstance(query, dict):
        raise _refused(f"queries.{key}", '{"query": "…"}')
    text = query.get("query", "")
    limit = query.get("limit", _LIMIT)
    if not isinstance(text, str) or len(text) > _LONGEST:
        raise _refused(f"queries.{key}.query", f"≤ {_LONGEST}")
    if isinstance(limit, bool) or not isinstance(limit, int | float) or not limit >= 1:
        raise _refused(f"queries.{key}.limit", f"1–{_MOST}")
    types = query.get("type") or []
    types = [types] if isinstance(types, str | dict) else types
    given = query.get("properties") or []
    if not isinstance(types, list) or not isinstance(given, list) or len(given) > _PROPERTIES:
        raise _refused(f"queries.{key}.properties", f"≤ {_PROPERTIES}")
    kinds: list[str] = []
    for each in types:
        id_ = each.get("id") if isinstance(each, dict) else each
        class_ = class_of(present, id_) if isinstance(id_, str) else None
        kinds += class_.members if class_ else [id_] if isinstance(id_, str) else []
    properties: dict[str, tuple[str, ...]] = {}
    for one in given:
        if not isinstance(one, dict) or not isinstance(one.get("pid"), str) or "v" not in one:
            raise _refused(f"queries.{key}.properties", '[{"pid": "…", "v": "…"}]')
        values = one["v"] if isinstance(one["v"], list) else [one["v"]]
        properties[one["pid"]] = tuple(filter(None, map(_given, values[:BATCH])))
    return Wanted(text.strip(), tuple(kinds), int(min(_MOST, limit)), {p: v for p, v in properties.items() if v})


def _given(value: Any) -> str:
    """Return what a value is held against: a thing's identifier, or a text."""
    if isinstance(value, dict):
        value = value.get("id", "")
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)[:_LONGEST] if isinstance(value, str | int | float) else ""


def _things_like(present: Shown, prefix: str, first: int) -> list[dict[str, Any]]:
    own = project().base_iri + "id/"
    hits = present.search.find(prefix, language=language.language(), limit=4 * _SUGGESTED, offset=first).hits
    mine = [hit for hit in hits if hit.iri.startswith(own)][:_SUGGESTED]
    kinds = links(present, [hit.kind for hit in mine if hit.kind], _languages())
    apart = context(present, mine, _languages())
    return [
        {
            "id": id_of(hit.iri),
            "name": hit.label,
            "description": ", ".join(apart.get(hit.iri, [])),
            "notable": [{"id": hit.kind, "name": kinds[hit.kind].name.value}] if hit.kind else [],
        }
        for hit in mine
    ]


def _types(present: Shown) -> list[dict[str, Any]]:
    return [{"id": each.iri, "name": text_in(each.labels, each.name)} for each in table(present).values()]


def _properties(present: Shown) -> list[dict[str, Any]]:
    every = [each for class_ in table(present).values() for each in class_.properties]
    named = {each.predicates[0] if len(each.predicates) == 1 else each.name: label_of(each) for each in every}
    return [{"id": id_, "name": name} for id_, name in sorted(named.items(), key=lambda item: (item[1], item[0]))]


def _named_like(known: list[dict[str, Any]], prefix: str) -> list[dict[str, Any]]:
    key = language.language().key(prefix)
    return [each for each in known if key in language.language().key(each["name"]) or each["id"].endswith(prefix)]


def _languages() -> tuple[str, ...]:
    return order_of(project().languages, language.tag())


def _read(text: str, name: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise _refused(name, "a JSON object")
    return said


def _refused(name: str, expected: str) -> Problem:
    return Problem(
        400,
        "Not understood",
        "{name} must be: {expected}",
        values={"name": name[:80], "expected": expected},
        members={"parameter": name[:80], "expected": expected},
    )


def _answer(members: Mapping[str, Any]) -> Response:
    response = Response(json.dumps(members, ensure_ascii=False) + "\n", content_type="application/json")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Content-Language"] = language.tag()
    response.vary.add("Accept-Language")
    return response
