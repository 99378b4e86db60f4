"""What has changed in a dataset, release by release, for harvesters to follow: a Linked Data Event Stream.

    /dataset/<id>/changes                     the root: what the stream is, and where its pages are
    /dataset/<id>/changes/<release>           what that release has changed, page by page
    /dataset/<id>/changes/before/<release>    what was last changed before the first kept release, as it is there

A member is a version of one resource. Its IRI names the graph that holds what is said of the resource, in the very
words of the data, so that a member needs no rewriting and the data may use any vocabulary. A resource of which nothing
is said any more has a member of the class `as:Delete`. Pages never change. Of what was changed in releases that are
kept no more there is the latest version, under the name and the moment that it had: whoever comes late gets all, and
whoever has followed has nothing new to read there.

LDES 1.0: <https://w3id.org/ldes/specification>; TREE: <https://w3id.org/tree/specification>.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final
from urllib.parse import quote

import pyoxigraph as ox
from flask import Blueprint, Response, render_template, request

from lienket.formats import ATOM, HTML, JSON_LD, N_QUADS, TRIG, Format
from lienket.releases import versions
from lienket.releases.release import Release
from lienket.releases.versions import Version
from lienket.vocabulary import ACTIVITY, DCT, LDES, RDF, SH, TREE, XSD
from lienket.web import addresses, feeds, language, past
from lienket.web.answers import page_number, sent, unchanged, wanted
from lienket.web.datasets import Dataset, datasets
from lienket.web.missing import not_here
from lienket.web.names import order_of
from lienket.web.problems import Problem
from lienket.web.shown import Shown, shown

MEMBER_FORMATS: Final[tuple[Format, ...]] = (TRIG, N_QUADS, JSON_LD)
"""What can write graphs."""

CHANGES_FORMATS: Final[tuple[Format, ...]] = (HTML, *MEMBER_FORMATS, ATOM)

A_PAGE: Final = 1000
"""Members on a page."""

_FOR_EVER: Final = "public, max-age=31536000, immutable"
_ID: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{6}Z-[0-9a-f]{6}")
_IN_FRAGMENTS: Final = "/:@!$&'()*+,;=-._~?"
_CREATED: Final = ox.NamedNode(DCT + "created")
_VERSION_OF: Final = ox.NamedNode(DCT + "isVersionOf")
_TYPE: Final = ox.NamedNode(RDF + "type")
_DELETE: Final = ox.NamedNode(ACTIVITY + "Delete")

_Quads = Iterator[ox.Quad]

blueprint = Blueprint("streams", __name__)


@dataclass(frozen=True)
class Stream:
    """The stream of one dataset over the kept releases."""

    dataset: str
    """Its id."""
    iri: str
    """That of the root and, with `#stream`, of the stream."""
    line: tuple[Release, ...]
    """The releases that have the dataset without a gap up to the current one, the oldest first."""

    @property
    def changed(self) -> list[Release]:
        """Those that have changed something in it."""
        return [one for one in self.line if versions.is_changed(one, self.dataset)]

    @property
    def itself(self) -> ox.NamedNode:
        """The stream."""
        return ox.NamedNode(self.iri + "#stream")


@blueprint.get("/dataset/<dataset_id>/changes")
@blueprint.get("/dataset/<dataset_id>/changes.<suffix>")
def changes(dataset_id: str, suffix: str = "") -> Response:
    """Answer the root of a dataset's stream, the same as a page, or as an Atom feed."""
    present = shown()
    about = _dataset(present, dataset_id)
    format_ = wanted(CHANGES_FORMATS, suffix)
    if (answer := unchanged(present, format_)) is None:
        stream = stream_of(present, about)
        if format_ is HTML:
            body: str | bytes = _page(present, about, stream)
        elif format_ is ATOM:
            body = feeds.of_dataset(present, about, stream.changed)
        else:
            body = _written(present, _root(present, stream), format_)
        answer = sent(body, present, format_, iri=stream.iri, among=CHANGES_FORMATS)
    answer.headers["Cache-Control"] = "no-cache"  # the oldest pages may go before the next release comes
    return answer


@blueprint.get("/dataset/<dataset_id>/changes/<release_id>")
def changed(dataset_id: str, release_id: str) -> Response:
    """Answer a page of the versions that one release has made."""
    present = shown()
    stream, one = _at(present, dataset_id, release_id)
    if not versions.is_changed(one, dataset_id):
        raise Problem.of(404)
    created = one.manifest["created"]
    subjects = (Version(subject, one.id, created) for subject in versions.changed_in(one, dataset_id))
    bounds = (("GreaterThanOrEqualToRelation", created), ("LessThanOrEqualToRelation", created))
    return _members(present, stream, one, f"{stream.iri}/{one.id}", subjects, bounds)


@blueprint.get("/dataset/<dataset_id>/changes/before/<release_id>")
def before(dataset_id: str, release_id: str) -> Response:
    """Answer a page of the latest versions that were made before a release, of what is still described in it."""
    present = shown()
    stream, one = _at(present, dataset_id, release_id)
    if versions.is_new(one, dataset_id):
        raise Problem.of(404)
    bounds = (("LessThanRelation", one.manifest["created"]),)
    iri = f"{stream.iri}/before/{one.id}"
    return _members(present, stream, one, iri, versions.before(one, dataset_id), bounds)


def stream_of(present: Shown, about: Dataset) -> Stream:
    """Return the stream of a dataset."""
    line = []
    for one in past.shelf().line():
        if about.id not in one.manifest["datasets"]:
            break
        line.append(one)
        if versions.is_new(one, about.id):
            break  # there is no earlier version
    return Stream(about.id, f"{about.iri}/changes", tuple(reversed(line)))


def _dataset(present: Shown, dataset_id: str) -> Dataset:
    about = datasets(present).get(f"{present.project.base_iri}dataset/{dataset_id}")
    if about is None:
        raise not_here(present, f"dataset/{dataset_id}")
    return about


def _at(present: Shown, dataset_id: str, release_id: str) -> tuple[Stream, Release]:
    """Return the stream and a release of it; raises `Problem` 410 where that is not kept, 404 where it is no name."""
    stream = stream_of(present, _dataset(present, dataset_id))
    one = next((one for one in stream.line if one.id == release_id), None)
    if one is None and _ID.fullmatch(release_id):
        raise Problem(410, "No such release", "This release is not kept. The stream begins at {address}.",
                      values={"address": stream.iri}, headers={"Link": f'<{stream.iri}>; rel="start"'})  # fmt: skip
    if one is None:
        raise Problem.of(404)
    return stream, one


def _members(
    present: Shown, stream: Stream, one: Release, page: str, found: Iterator[Version],
    bounds: Sequence[tuple[str, str]],
) -> Response:  # fmt: skip
    """Return one page of members, read from the release in which they are as they were made."""
    format_ = wanted(MEMBER_FORMATS)
    if (answer := unchanged(present, format_)) is None:
        number = page_number()
        some = list(islice(found, (number - 1) * A_PAGE, number * A_PAGE + 1))
        if not some and number > 1:
            raise Problem.of(404)
        quads = _page_quads(past.of(one), stream, page, number, some, bounds)
        answer = sent(_written(present, quads, format_), present, format_)
    answer.headers["Cache-Control"] = _FOR_EVER
    return answer


def _page_quads(
    source: Shown, stream: Stream, page: str, number: int, some: Sequence[Version], bounds: Sequence[tuple[str, str]]
) -> _Quads:
    here = ox.NamedNode(page if number == 1 else f"{page}?page={number}")
    yield ox.Quad(stream.itself, ox.NamedNode(TREE + "view"), ox.NamedNode(stream.iri))
    yield ox.Quad(here, _TYPE, ox.NamedNode(TREE + "Node"))
    yield ox.Quad(here, ox.NamedNode(LDES + "immutable"), ox.Literal(True))
    if len(some) > A_PAGE:
        for kind, moment in bounds:
            yield from _relation(here, f"{page}?page={number + 1}", kind, moment)
    graph = stream.iri.removesuffix("/changes")
    for version in some[:A_PAGE]:
        member = _member(source, stream, version)
        yield ox.Quad(stream.itself, ox.NamedNode(TREE + "member"), member)
        yield ox.Quad(member, _VERSION_OF, ox.NamedNode(version.subject))
        yield ox.Quad(member, _CREATED, _moment(version.created))
        said = list(source.store.described(version.subject, graph))
        if not said:
            yield ox.Quad(member, _TYPE, _DELETE)
        for triple in said:
            yield ox.Quad(triple.subject, triple.predicate, triple.object, member)


def _member(source: Shown, stream: Stream, version: Version) -> ox.NamedNode:
    """Return the name of a version: the page of the release that made it, and the resource."""
    name = version.subject.removeprefix(source.project.base_iri)
    key = "".join(each if each > "\x7f" else quote(each, safe=_IN_FRAGMENTS) for each in name)
    return ox.NamedNode(f"{stream.iri}/{version.release}#{key}")


def _root(present: Shown, stream: Stream) -> _Quads:
    """Yield what a client has to know before it reads the pages, and where these are."""
    here, itself = ox.NamedNode(stream.iri), stream.itself
    shape, retention = ox.NamedNode(stream.iri + "#member"), ox.NamedNode(stream.iri + "#retention")
    days = ox.Literal(f"P{present.project['releases.days']}D", datatype=ox.NamedNode(XSD + "duration"))
    for subject, predicate, value in (
        (itself, RDF + "type", ox.NamedNode(LDES + "EventStream")),
        (itself, TREE + "view", here),
        (itself, TREE + "shape", shape),
        (itself, LDES + "timestampPath", _CREATED),
        (itself, LDES + "versionOfPath", _VERSION_OF),
        (itself, LDES + "versionDeletePath", _TYPE),
        (itself, LDES + "versionDeleteObject", _DELETE),
        (itself, DCT + "isPartOf", ox.NamedNode(stream.iri.removesuffix("/changes"))),
        (here, RDF + "type", ox.NamedNode(TREE + "Node")),
        (here, RDF + "type", ox.NamedNode(LDES + "EventSource")),
        (here, LDES + "retentionPolicy", retention),
        (retention, RDF + "type", ox.NamedNode(LDES + "RetentionPolicy")),
        (retention, LDES + "versionAmount", ox.Literal(1)),
        (retention, LDES + "fullLogDuration", days),
        (retention, LDES + "versionDeleteDuration", days),
        (shape, RDF + "type", ox.NamedNode(SH + "NodeShape")),
    ):
        yield ox.Quad(subject, ox.NamedNode(predicate), value)
    for path, predicate, value in (
        (_VERSION_OF, SH + "nodeKind", ox.NamedNode(SH + "IRI")),
        (_CREATED, SH + "datatype", ox.NamedNode(XSD + "dateTime")),
    ):
        property_ = ox.BlankNode()
        yield ox.Quad(shape, ox.NamedNode(SH + "property"), property_)
        yield ox.Quad(property_, ox.NamedNode(SH + "path"), path)
        yield ox.Quad(property_, ox.NamedNode(predicate), value)
        for bound in ("minCount", "maxCount"):
            yield ox.Quad(property_, ox.NamedNode(SH + bound), ox.Literal(1))
    oldest = stream.line[0]
    if not versions.is_new(oldest, stream.dataset):
        yield from _relation(here, f"{stream.iri}/before/{oldest.id}", "LessThanRelation", oldest.manifest["created"])
    for one in stream.changed:
        for kind in ("GreaterThanOrEqualToRelation", "LessThanOrEqualToRelation"):
            yield from _relation(here, f"{stream.iri}/{one.id}", kind, one.manifest["created"])


def _relation(here: ox.NamedNode, to: str, kind: str, moment: str) -> _Quads:
    relation = ox.BlankNode()
    yield ox.Quad(here, ox.NamedNode(TREE + "relation"), relation)
    yield ox.Quad(relation, _TYPE, ox.NamedNode(TREE + kind))
    yield ox.Quad(relation, ox.NamedNode(TREE + "node"), ox.NamedNode(to))
    yield ox.Quad(relation, ox.NamedNode(TREE + "path"), _CREATED)
    yield ox.Quad(relation, ox.NamedNode(TREE + "value"), _moment(moment))


def _moment(text: str) -> ox.Literal:
    return ox.Literal(text.replace("+00:00", "Z"), datatype=ox.NamedNode(XSD + "dateTime"))


def _written(present: Shown, quads: _Quads, format_: Format) -> bytes:
    found = list(quads)
    terms = {term for quad in found for term in (quad.predicate, quad.object)}
    used = "\n".join(term.value for term in terms if isinstance(term, ox.NamedNode))
    known = {**present.prefixes, "ldes": LDES, "tree": TREE, "as": ACTIVITY, "xsd": XSD}
    prefixes = {name: namespace for name, namespace in known.items() if namespace in used or namespace == XSD}
    text = ox.serialize(found, format=format_.rdf, prefixes=prefixes if format_ is TRIG else None)
    assert text is not None  # noqa: S101 - without an output it returns what it wrote
    return text


def _page(present: Shown, about: Dataset, stream: Stream) -> str:
    return render_template(
        "changes.html",
        about=about,
        title=about.title(order_of(present.project.languages, language.tag())),
        entries=feeds.entries_of(present, about, stream.changed),
        first=addresses.local(f"{stream.iri}/{stream.line[0].id}"),
        path=addresses.local(stream.iri),
        iri=stream.iri,
        formats=CHANGES_FORMATS,
        args=request.args,
    )
