"""The addresses of the JSON API."""

from collections.abc import Iterator
from typing import Final

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from lienket import classes
from lienket.classes import Class
from lienket.formats import GEO_JSON, HTML, RECORDS_CSV, RECORDS_JSON, Format
from lienket.web import addresses, past
from lienket.web.answers import finished, split_suffix, unchanged, wanted
from lienket.web.api import openapi, parameters, selection, things, writing
from lienket.web.api.overview import overview_page, told
from lienket.web.api.parameters import Asked
from lienket.web.asking import rows
from lienket.web.names import iri_of
from lienket.web.problems import Problem
from lienket.web.queries import nodes
from lienket.web.shown import Shown, once, shown

OVERVIEW_FORMATS: Final[tuple[Format, ...]] = (RECORDS_JSON, HTML)
"""A program that does not say what it wants gets what programs read; browsers say it."""

blueprint = Blueprint("api", __name__)


@blueprint.before_request
def _require_text() -> None:
    parameters.require_text()


@once
def table(present: Shown) -> dict[str, Class]:
    """Return the classes of a release by name; raises `UnavailableError` where it has no table of them."""
    return {each.name: each for each in classes.read(present.release.path / classes.FILE)}


@blueprint.get("/api")
@blueprint.get("/api.<suffix>")
def overview(suffix: str = "") -> Response:
    """Answer what there is: the classes with their properties, for people or for programs."""
    present = shown()
    format_ = wanted(OVERVIEW_FORMATS, suffix)
    _require_known(("lang", "release"))
    if (answer := unchanged(present, format_)) is not None:
        return answer
    found = list(table(present).values())
    body = overview_page(present, found) if format_ is HTML else writing.written_json(told(present, found))
    return _sent(body, present, format_, among=OVERVIEW_FORMATS, path="/api")


@blueprint.get("/api/openapi.json")
def description() -> Response:
    """Answer the description of all this for programs (<https://spec.openapis.org/oas/v3.1.1.html>)."""
    present = shown()
    _require_known(("lang", "release"))
    if (answer := unchanged(present, RECORDS_JSON)) is not None:
        return answer
    body = writing.written_json(openapi.description(present.project, list(table(present).values())))
    return _sent(body, present, RECORDS_JSON)


@blueprint.get("/api/<name>")
def listed(name: str) -> Response:
    """Answer the things of a class that fit what is asked."""
    present = shown()
    class_, suffix = _class(present, name)
    among = formats_of(class_)
    format_ = wanted(among, suffix)
    asked = parameters.read(class_, request.args, geometry=format_ is GEO_JSON)
    if (answer := unchanged(present, format_)) is not None:
        return answer
    if format_ is RECORDS_JSON:
        asked = _paged(asked)
    total, iris = selection.selected(present, class_, asked)
    found = things.described(present, class_, iris, asked.fields, geometry=asked.geometry or format_ is GEO_JSON)
    links = dict(_pages(asked, total))
    here = f"{request.script_root}/api/{class_.name}"
    if format_ is RECORDS_CSV:
        body = writing.written_csv(found, asked.fields, geometry=asked.geometry)
    elif format_ is GEO_JSON:
        features = [writing.feature(each, asked.fields) for each in found]
        body = writing.written_json({"type": "FeatureCollection", "numberMatched": total, "features": features})
    else:
        items = [writing.record(each, asked.fields, geometry=asked.geometry) for each in found]
        pages = {relation: links.get(relation) for relation in ("next", "prev")}
        body = writing.written_json(
            {"class": class_.iri, "total": total, "page": asked.page, "size": asked.size, **pages, "items": items}
        )
    response = _sent(body, present, format_, among=among, path=here)
    for relation, href in links.items():
        response.headers.add("Link", f'<{href}>; rel="{relation}"')
    return response


@blueprint.get("/api/<name>/<path:key>")
def one(name: str, key: str) -> Response:
    """Answer one thing of a class; its key is what its IRI has after `id/`."""
    present = shown()
    class_, _ = _class(present, name, suffixed=False)
    among = formats_of(class_)
    path = addresses.requested_path().split("/", 2)[2]
    iri, suffix = _resolved(present, class_, path)
    format_ = wanted(among, suffix)
    fields, geometry = parameters.read_fields(class_, request.args)
    if (answer := unchanged(present, format_)) is not None:
        return answer
    (thing,) = things.described(present, class_, [iri], fields, geometry=geometry or format_ is GEO_JSON)
    if format_ is RECORDS_CSV:
        body = writing.written_csv([thing], fields, geometry=geometry)
    elif format_ is GEO_JSON:
        body = writing.written_json(writing.feature(thing, fields))
    else:
        body = writing.written_json(writing.record(thing, fields, geometry=geometry))
    response = _sent(body, present, format_, among=among, path=thing.url)
    response.headers.add("Link", f'<{past.within(addresses.document(iri))}>; rel="describedby"')
    return response


def formats_of(class_: Class) -> tuple[Format, ...]:
    """Return the formats that a class can be had in."""
    return (RECORDS_JSON, RECORDS_CSV, GEO_JSON) if class_.geometries else (RECORDS_JSON, RECORDS_CSV)


def _class(present: Shown, name: str, *, suffixed: bool = True) -> tuple[Class, str]:
    """Return the class of a name and the suffix after it; raises `Problem` 404 with the names there are."""
    known = table(present)
    formats = (RECORDS_JSON, RECORDS_CSV, GEO_JSON)
    stem, suffix = (name, "") if name in known or not suffixed else split_suffix(name, formats)
    if stem not in known:
        raise Problem(
            404,
            "Not here",
            "There is no class {name}; there are: {expected}",
            values={"name": stem[:60], "expected": ", ".join(known)},
            members={"parameter": "class", "expected": list(known)},
        )
    return known[stem], suffix


def _resolved(present: Shown, class_: Class, path: str) -> tuple[str, str]:
    """Return the IRI of the thing of a class that a path stands for, and the suffix after it; raises `Problem` 404."""
    stem, suffix = split_suffix(path, formats_of(class_))
    readings = [(path, ""), *([(stem, suffix)] if suffix else [])]
    candidates = {iri: its for reading, its in readings for iri in reversed(addresses.iris("id/" + reading))}
    text = (
        f"SELECT ?thing WHERE {{ VALUES ?thing {{ {nodes(filter(_is_iri, candidates))} }} "
        f"VALUES ?class {{ {nodes(class_.members)} }} ?thing a ?class }}"
    )
    found = {iri_of(row["thing"]) for row in rows(present, text)}
    for iri, its_suffix in candidates.items():
        if iri in found:
            return iri, its_suffix
    values = {"name": class_.name, "key": path[:100]}
    raise Problem(404, "Not here", "There is no {name} with the key {key}.", values=values)


def _is_iri(iri: str) -> bool:
    try:
        return bool(nodes([iri]))
    except ValueError:
        return False


def _paged(asked: Asked) -> Asked:
    return Asked(**{**vars(asked), "paged": True})


def _pages(asked: Asked, total: int) -> Iterator[tuple[str, str]]:
    """Yield relations and addresses of other pages of a list (RFC 8288)."""
    if not asked.paged:
        return
    last = max(1, -(-total // asked.size))
    for relation, number, there in (
        ("first", 1, True),
        ("prev", min(asked.page - 1, last), asked.page > 1),
        ("next", asked.page + 1, asked.page < last),
        ("last", last, True),
    ):
        if there and number <= parameters.MOST_PAGES:
            yield relation, _here(page=str(number))


def _here(**changes: str) -> str:
    arguments: MultiDict[str, str] = MultiDict(request.args)
    for name, value in changes.items():
        arguments[name] = value
    return addresses.with_arguments(addresses.requested(), arguments)


def _require_known(known: tuple[str, ...]) -> None:
    for name in request.args:
        if name not in known:
            raise parameters.refused(name, "{name} is no parameter here; there are: {expected}", ", ".join(known))
    parameters.require_language(parameters.once(request.args, "lang"))


def _sent(body: str, present: Shown, format_: Format, *, among: tuple[Format, ...] = (), path: str = "") -> Response:
    response = Response(body, content_type=format_.content_type)
    for other in among:
        if other is not format_:
            href = addresses.with_arguments(f"{path}.{other.suffix}", request.args)
            response.headers.add("Link", f'<{href}>; rel="alternate"; type="{other.media_type}"')
    response.headers.add("Link", f'<{request.script_root}/api/openapi.json>; rel="service-desc"')
    return finished(response, present, format_)
