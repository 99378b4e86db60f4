"""Things and terms: `/id/…` and `/ontology/…` name them, `/doc/…` tells about them.

A name answers 303 to its document (<https://www.w3.org/TR/cooluris/#r303gendocument>); the document is a page or RDF by
its suffix, or by the `Accept` header where it has none.
"""

from typing import Final

from flask import Blueprint, Response, redirect, render_template, request
from markupsafe import Markup

from lienket.formats import CSV, GRAPH_FORMATS, HTML, Format
from lienket.web import addresses, graphs, language, marked_up
from lienket.web.answers import iri_argument, page_number, sent, split_suffix, unchanged, wanted
from lienket.web.describe import Description, describe, exists, statements, values_of
from lienket.web.lists import pointing, pointing_by
from lienket.web.missing import not_here
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
    return response  # type: ignore[return-value]


@blueprint.get("/doc/<path:key>")
def document(key: str) -> Response:
    """Answer what is known of a thing, in the format asked for."""
    present = shown()
    path = addresses.requested_path().removeprefix("doc/")
    iri, suffix = resolved(present, path if path.partition("/")[0].partition(".")[0] == "ontology" else "id/" + path)
    format_ = wanted(DOCUMENT_FORMATS, suffix)
    if (answer := unchanged(present, format_)) is not None:
        return answer
    if format_ is HTML:
        body: bytes | str = page(present, iri)
    else:
        body = graphs.written(iri, statements(present, iri), format_, present.prefixes)
    return sent(body, present, format_, iri=iri, among=DOCUMENT_FORMATS)


def page(present: Shown, iri: str) -> str:
    """Return the page about a thing, or one of its longer lists."""
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
        described = describe(present, iri, statements(present, iri), pack)
        return render_template("pointing.html", described=described, part=part, trail=trail(present, described))
    said = statements(present, iri)
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
        formats=DOCUMENT_FORMATS,
        marked_up=Markup(marked_up.thing(present, described)),  # noqa: S704 - escaped by Jinja's own JSON writer
    )


def trail(present: Shown, described: Description) -> list[tuple[Text, str]]:
    """Return the way from the front page to a thing: the dataset that describes it."""
    languages = order_of(present.project.languages, language.tag())
    return [(source.title(languages), addresses.local(source.iri)) for source in described.sources[:1]]


def resolved(present: Shown, path: str) -> tuple[str, str]:
    """Return the IRI that a requested path stands for, and the suffix that asks for a format or "".

    A suffix counts only where the whole path is not itself the name of something. Raises `Problem` 404, with
    suggestions, where nothing is said of any reading of the path.
    """
    readings = [(path, "")]
    stem, suffix = split_suffix(path, DOCUMENT_FORMATS)
    if suffix:
        readings.append((stem, suffix))
    for reading, its_suffix in readings:
        for iri in addresses.iris(reading):
            if exists(present, iri):
                return iri, its_suffix
    raise not_here(present, path)
