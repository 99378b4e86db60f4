"""The catalogue and its datasets: DCAT for harvesters, pages for people, VoID, and the dumps themselves.

RDF is taken from the release's own files and not from the store, which rewrites literals such as
`"512"^^xsd:nonNegativeInteger`.
"""

from typing import Final

import pyoxigraph as ox
from flask import Blueprint, Response, abort, redirect, render_template, request, send_file
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from lienket.errors import Fault, UnavailableError
from lienket.formats import GRAPH_FORMATS, HTML, TURTLE, Format
from lienket.vocabulary import DCAT, DCT, DQV, PROV
from lienket.web import addresses, graphs, harvest, language, marked_up
from lienket.web.answers import iri_argument, page_number, sent, split_suffix, unchanged, wanted
from lienket.web.datasets import Dataset, datasets
from lienket.web.describe import describe, statements
from lienket.web.lists import classes_in, members_of
from lienket.web.missing import not_here
from lienket.web.names import links, order_of
from lienket.web.problems import Problem
from lienket.web.shown import Shown, once, shown

CATALOGUE_FORMATS: Final[tuple[Format, ...]] = (HTML, *GRAPH_FORMATS)

PREVIEWED: Final = 6
"""Resources of each class that a dataset's page shows."""

_SHOWN_APART: Final = (DCAT + "distribution", DCAT + "landingPage", DCT + "publisher", DCT + "license",
                       DCT + "modified", DCT + "identifier", DQV + "hasQualityMeasurement")  # fmt: skip

_FOR_PROGRAMS: Final = (PROV + "wasGeneratedBy", DCAT + "version", DCT + "type", DCT + "conformsTo")
"""What tells a person nothing that the downloads do not tell; it stands in the description as data."""

_ASKED_FIRST: Final = (DCT + "temporal", DCT + "spatial", DCT + "accrualPeriodicity", DCAT + "contactPoint",
                       PROV + "wasDerivedFrom", DCT + "source", DCT + "rights", DCT + "accessRights", DCT + "issued",
                       DCAT + "theme", DCAT + "keyword", DCT + "language")  # fmt: skip
"""What people ask of a dataset, in this order: when, where, how often, whom to write to, from whom, what one may do."""

_RELATIONS: Final = {"previous": "prev"}
"""Hydra's word for a page → the relation of links on the web."""

blueprint = Blueprint("catalogue", __name__)


@blueprint.get("/catalog")
@blueprint.get("/catalog.<suffix>")
def catalog(suffix: str = "") -> Response:
    """Answer the whole catalogue as DCAT, or as a page of its datasets."""
    if suffix and split_suffix("catalog." + suffix, CATALOGUE_FORMATS)[1] != suffix:
        abort(404)
    present = shown()
    format_ = wanted(CATALOGUE_FORMATS, suffix)
    if (answer := unchanged(present, format_)) is not None:
        return answer
    if format_ is HTML:
        body: str | bytes = render_template(
            "catalog.html", groups=by_publisher(present), formats=CATALOGUE_FORMATS, path=addresses.local(_iri(present))
        )
        return sent(body, present, format_, iri=_iri(present), among=CATALOGUE_FORMATS)
    found = harvest.page(present)
    body = graphs.serialized(harvest.described(present, found), format_, present.prefixes)
    response = sent(body, present, format_, iri=_iri(present), among=CATALOGUE_FORMATS)
    for relation, address in found.links.items() if found.last > 1 else ():
        response.headers.add("Link", f'<{address}>; rel="{_RELATIONS.get(relation, relation)}"')
    return response


@blueprint.get("/dataset")
def all_datasets() -> BaseResponse:
    """Lead from the folder of all datasets to the catalogue."""
    location = addresses.local(_iri(shown()))
    return redirect(f"{location}?{request.query_string.decode('ascii', 'replace')}".rstrip("?"), 302)


@blueprint.get("/dataset/<path:name>")
def dataset(name: str) -> Response:
    """Answer what one dataset is and where to get it."""
    present = shown()
    id_, suffix = split_suffix(name, CATALOGUE_FORMATS)
    about = datasets(present).get(f"{present.project.base_iri}dataset/{id_}")
    if about is None:
        raise not_here(present, name)
    format_ = wanted(CATALOGUE_FORMATS, suffix)
    if (answer := unchanged(present, format_)) is not None:
        return answer
    if format_ is HTML:
        body: str | bytes = _page(present, about)
    else:
        body = graphs.serialized(harvest.with_terms(present, [about.id]), format_, present.prefixes)
    response = sent(body, present, format_, iri=about.iri, among=CATALOGUE_FORMATS)
    if about.licence:
        response.headers.add("Link", f'<{addresses.uri(about.licence)}>; rel="license"')
    return response


@blueprint.get("/dumps/<name>")
def dump(name: str) -> Response:
    """Send a file of the release; only those that its manifest names."""
    present = shown()
    entry = next(
        (each for about in datasets(present).values() for each in about.counted["dumps"] if each["file"] == name),
        None,
    )
    if entry is None:
        abort(404)
    path = present.release.dumps / name
    if not path.is_file():
        raise UnavailableError(Fault("is named by the manifest and not there", file=str(path)))
    packed = "application/gzip" if name.endswith(".gz") else entry["media_type"]
    response = send_file(
        path, mimetype=packed, etag=entry["sha256"], last_modified=path.stat().st_mtime, as_attachment=True
    )
    response.headers["Cache-Control"] = "public, no-cache"
    return response


@blueprint.get("/.well-known/void")
@blueprint.get("/void")
def void() -> Response:
    """Answer the VoID description (<https://www.w3.org/TR/void/#well-known>), also where it names itself."""
    present = shown()
    format_ = wanted(GRAPH_FORMATS)
    if (answer := unchanged(present, format_)) is not None:
        return answer
    return sent(graphs.serialized(_file(present, "void.ttl"), format_, present.prefixes), present, format_)


@once
def statistics(present: Shown) -> list[ox.Triple]:
    """Return the VoID description of the release; nothing where it has none."""
    return _file(present, "void.ttl") if (present.release.path / "void.ttl").is_file() else []


def by_publisher(present: Shown) -> list[tuple[object, list[Dataset]]]:
    """Return the datasets grouped by who publishes them, in the order of the visitor's language."""
    pack = language.language()
    languages = order_of(present.project.languages, pack.tag)
    groups: dict[str, list[Dataset]] = {}
    for about in datasets(present).values():
        groups.setdefault(about.publisher, []).append(about)
    named = links(present, (iri for iri in groups if iri), languages)
    ordered = sorted(groups, key=lambda iri: (not iri, pack.sort_key(named[iri].name.value) if iri else ""))
    return [
        (named.get(iri), sorted(groups[iri], key=lambda about: pack.sort_key(about.title(languages).value)))
        for iri in ordered
    ]


def _page(present: Shown, about: Dataset) -> str:
    pack = language.language()
    said = [each for each in statements(present, about.iri) if each.graph == _iri(present)]
    described = describe(present, about.iri, said, pack, without=(*_SHOWN_APART, *_FOR_PROGRAMS), first=_ASKED_FIRST)
    if "class" in request.args:
        part = members_of(present, about.iri, iri_argument("class"), page_number(), pack)
        if not part.subjects:
            raise Problem.of(404)
        return render_template("members.html", about=about, described=described, part=part)
    return render_template(
        "dataset.html",
        about=about,
        described=described,
        trail=[],
        classes=classes_in(present, about.iri, PREVIEWED, pack),
        formats=CATALOGUE_FORMATS,
        publisher=links(present, [about.publisher], order_of(present.project.languages, pack.tag)).get(about.publisher),
        licence=links(present, [about.licence], order_of(present.project.languages, pack.tag)).get(about.licence),
        marked_up=Markup(marked_up.dataset(present, about, described, pack.tag)),  # noqa: S704 - escaped there
    )


def _iri(present: Shown) -> str:
    return present.project.base_iri + "catalog"


def _file(present: Shown, name: str) -> list[ox.Triple]:
    path = present.release.path / name
    try:
        return [quad.triple for quad in ox.parse(path=str(path), format=TURTLE.rdf, base_iri=present.project.base_iri)]
    except (OSError, SyntaxError) as error:
        raise UnavailableError(Fault("cannot be read: {reason}", file=str(path), values={"reason": error})) from error
