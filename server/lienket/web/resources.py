"""Things and terms: `/id/…` and `/ontology/…` name them, `/doc/…` tells about them.

A name answers 303 to its document (<https://www.w3.org/TR/cooluris/#r303gendocument>); the document is a page or RDF by
its suffix, or by the `Accept` header where it has none.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from flask import Blueprint, Response, redirect, render_template, request
from markupsafe import Markup

from lienket.formats import CSV, GRAPH_FORMATS, HTML, Format
from lienket.web import addresses, graphs, history, language, marked_up, past
from lienket.web.alike import alike
from lienket.web.answers import iri_argument, page_number, sent, split_suffix, unchanged, wanted
from lienket.web.datasets import datasets
from lienket.web.describe import (
    MOST_STATEMENTS,
    Description,
    Statement,
    describe,
    exists,
    statements,
    successors,
    values_of,
)
from lienket.web.lists import pointing, pointing_by
from lienket.web.missing import gone, not_here
from lienket.web.names import Text, links, order_of
from lienket.web.problems import Problem
from lienket.web.shown import Shown, shown

DOCUMENT_FORMATS: Final[tuple[Format, ...]] = (HTML, *GRAPH_FORMATS, CSV)

blueprint = Blueprint("resources", __name__)


@blueprint.get("/id/<path:key>")
@blueprint.get("/ontology")
@blueprint.get("/ontology/<path:key>")
def name(key: str = "") -> Response:
    """Lead from the name of a thing to the document about it."""
    iri, suffix = resolved(shown(), addresses.requested_path())
    location = addresses.document(iri, "." + suffix if suffix else "")
    if request.query_string:
        location += "?" + request.query_string.decode("ascii", "replace")
    response = redirect(location, 303)
    response.headers["Cache-Control"] = "public, no-cache"
    response.headers.add("Link", f'<{past.within(addresses.document(iri))}>; rel="describedby"')
    return response  # type: ignore[return-value]


@blueprint.get("/doc/<path:key>")
def document(key: str) -> Response:
    """Answer what is known of a thing, in the format asked for."""
    present = shown()
    path = addresses.requested_path().removeprefix("doc/")
    iri, suffix = resolved(present, path if path.partition("/")[0].partition(".")[0] == "ontology" else "id/" + path)
    if path.endswith("/"):
        return redirect(past.within(addresses.document(iri, "." + suffix if suffix else "")), 308)  # type: ignore[return-value]
    format_ = wanted(DOCUMENT_FORMATS, suffix)
    if (answer := unchanged(present, format_)) is not None:
        return answer
    said = statements(present, iri, 1 if format_ is HTML else page_number())
    if format_ is HTML:
        response = sent(page(present, iri, said), present, format_, iri=iri, among=DOCUMENT_FORMATS)
    else:
        response = _data(present, iri, said, format_)
    for link in _links(present, iri, said):
        response.headers.add("Link", link)
    return response


def _data(present: Shown, iri: str, said: Sequence[Statement], format_: Format) -> Response:
    """Return a description as data: all of it, or a page of it that says so."""
    number, more = page_number(), len(said) > MOST_STATEMENTS
    if not said and number > 1:
        raise Problem.of(404)
    found = graphs.triples(iri, said[:MOST_STATEMENTS])
    links = []
    if more or number > 1:
        about = addresses.canonical(iri)
        asked = past.asked()
        found += graphs.paged(about, number, more=more, release=asked.id if asked else "")
        here = addresses.document(iri, "." + format_.suffix) + "?page="
        links = [f'<{past.within(f"{here}{number - 1}")}>; rel="prev"'] if number > 1 else []
        links += [f'<{past.within(f"{here}{number + 1}")}>; rel="next"'] if more else []
    body = graphs.written(found, format_, present.prefixes)
    response = sent(body, present, format_, iri=iri, among=DOCUMENT_FORMATS)
    for link in links:
        response.headers.add("Link", link)
    return response


def _links(present: Shown, iri: str, said: Sequence[Statement]) -> Iterator[str]:
    """Yield where the document is at home, what it belongs to, and what one may do with it (RFC 8288)."""
    yield f'<{addresses.uri(addresses.canonical(iri))}>; rel="canonical"'
    catalogued = datasets(present)
    about = [catalogued[graph] for graph in dict.fromkeys(s.graph for s in said if s.node is None)
             if graph in catalogued]  # fmt: skip
    for source in about:
        yield f'<{addresses.uri(source.iri)}>; rel="collection"'
    for licence in dict.fromkeys(source.licence for source in about if source.licence):
        yield f'<{addresses.uri(licence)}>; rel="license"'


def page(present: Shown, iri: str, said: Sequence[Statement]) -> str:
    """Return the page about a thing of which so much is said, or one of its longer lists."""
    pack = language.language()
    if "pointing" in request.args:
        part = pointing_by(
            present,
            iri,
            iri_argument("pointing"),
            iri_argument("kind") if "kind" in request.args else None,
            page_number(),
            pack,
        )
        if not part.subjects:
            raise Problem.of(404)
        described = describe(present, iri, said, pack)
        return render_template("pointing.html", described=described, part=part, trail=trail(present, described))
    described = describe(present, iri, said, pack)
    if "property" in request.args:
        number = page_number()
        part_of, more = values_of(present, iri, said, iri_argument("property"), number, pack)
        if part_of is None:
            raise Problem.of(404)
        return render_template(
            "values.html", described=described, part=part_of, page=number, more=more, trail=trail(present, described)
        )
    about_sources = [iri for source in described.sources for iri in (source.publisher, source.licence) if iri]
    return render_template(
        "resource.html",
        described=described,
        trail=trail(present, described),
        named=links(present, about_sources, order_of(present.project.languages, pack.tag)),
        pointing=pointing(present, iri, pack),
        alike=alike(present, iri, order_of(present.project.languages, pack.tag), pack),
        history=history.drawing(present, iri, order_of(present.project.languages, pack.tag)),
        formats=DOCUMENT_FORMATS,
        marked_up=Markup(marked_up.thing(present, described)),  # noqa: S704 - escaped by Jinja's own JSON writer
    )


def trail(present: Shown, described: Description) -> list[tuple[Text, str]]:
    """Return the way from the front page to a thing: the dataset that describes it."""
    languages = order_of(present.project.languages, language.tag())
    return [(source.title(languages), addresses.local(source.iri)) for source in described.sources[:1]]


def resolved(present: Shown, path: str) -> tuple[str, str]:
    """Return the IRI that a requested path stands for, and the suffix that asks for a format or "".

    A suffix counts only where the whole path is not itself the name of something, and a slash at the end only where
    that is part of the name. Raises `Problem` 404, with suggestions, where nothing is said of any reading of the path,
    and 410 with its successors where something else says that it has replaced it.
    """
    readings = [(path, "")]
    stem, suffix = split_suffix(path, DOCUMENT_FORMATS)
    if suffix:
        readings.append((stem, suffix))
    if path.endswith("/"):
        readings.append((path.rstrip("/"), ""))
    candidates = [(iri, its_suffix) for reading, its_suffix in readings for iri in addresses.iris(reading)]
    for iri, its_suffix in candidates:
        if exists(present, iri):
            return iri, its_suffix
    for iri, _ in candidates:
        if followed := successors(present, iri):
            raise gone(followed)
    raise not_here(present, path)
