"""Answers that can be kept: what every document has in its headers, and when nothing need be sent at all."""

from collections.abc import Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

import pyoxigraph as ox
from flask import Response, request

from lienket import __version__
from lienket.formats import ATOM, GEO_JSON, HTML, RECORDS_CSV, RECORDS_JSON, Format, by_suffix, negotiate
from lienket.web import addresses, language, packing, past
from lienket.web.problems import Problem
from lienket.web.shown import Shown

_SPOKEN: Final = (HTML, ATOM, RECORDS_JSON, RECORDS_CSV, GEO_JSON)
"""Formats that are in a language."""


def tag_of(present: Shown, format_: Format) -> str:
    """Return the entity tag of this request's answer: it changes with the release, the format and the language."""
    spoken = f"-{language.tag()}" if format_ in _SPOKEN else ""
    return f"{present.release.id}{past.mark()}-{__version__}-{format_.suffix}{spoken}"


def unchanged(present: Shown, format_: Format) -> Response | None:
    """Return the empty answer for a visitor who has this release's answer already, else None (RFC 9110 §13.2.2)."""
    tag = tag_of(present, format_)
    since = request.headers.get("If-Modified-Since")
    if request.if_none_match:
        same = packing.known(tag)
    else:
        fresh = bool(since) and request.method in ("GET", "HEAD") and _not_after(past.seen(present), str(since))
        same = tag if fresh else None
    return finished(Response(status=304), present, format_, same) if same else None


def finished(response: Response, present: Shown, format_: Format, tag: str | None = None) -> Response:
    """Put into `response` what says how long it holds and what it depends on.

    A page's tag is weak: what it says is the same, its every byte need not be.
    """
    response.set_etag(tag or tag_of(present, format_), weak=format_ in _SPOKEN)
    response.last_modified = past.seen(present)
    response.headers["Cache-Control"] = "public, no-cache"
    response.vary.add("Accept")
    if format_ in _SPOKEN:
        response.vary.add("Accept-Language")
        response.headers["Content-Language"] = language.tag()
    return response


def sent(
    body: bytes | str, present: Shown, format_: Format, *, iri: str = "", among: Sequence[Format] = ()
) -> Response:
    """Return a document's answer; `iri` is what it describes and `among` the formats it can be had in."""
    response = Response(body, content_type=format_.content_type)
    for other in among:
        if other is not format_:
            address = past.within(addresses.document(iri, "." + other.suffix))
            response.headers.add("Link", f'<{address}>; rel="alternate"; type="{other.media_type}"')
    if iri:
        response.headers.add("Link", f'<{addresses.uri(iri)}>; rel="describes"')
    return finished(response, present, format_)


def wanted(among: Sequence[Format], suffix: str = "") -> Format:
    """Return the format asked for, by suffix or by the `Accept` header; raises `Problem` 406 where there is none."""
    format_ = by_suffix(suffix, among) if suffix else negotiate(request.headers.get("Accept"), among)
    if format_ is None:
        raise Problem(
            406,
            "Not in that format",
            "This address answers in: {formats}.",
            values={"formats": ", ".join(known.media_type for known in among)},
            headers={"Vary": "Accept"},
        )
    return format_


def split_suffix(path: str, among: Sequence[Format]) -> tuple[str, str]:
    """Return a path without the suffix of one of the formats, and that suffix or "".

    >>> from lienket.formats import TURTLE
    >>> split_suffix("unit/19753.ttl", [TURTLE]), split_suffix("unit/v1.2", [TURTLE])
    (('unit/19753', 'ttl'), ('unit/v1.2', ''))
    """
    stem, dot, suffix = path.rpartition(".")
    return (stem, suffix) if dot and stem and by_suffix(suffix, among) else (path, "")


def page_number() -> int:
    """Return the page asked for by `?page=`, from 1; raises `Problem` 400 where it is no such number."""
    text = request.args.get("page", "1")
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= 500 or len(text) > 9:
        raise Problem(400, "Not understood", "page must be a number from 1 to 500.")
    return int(text)


def iri_argument(name: str) -> str:
    """Return the IRI in an argument of the address; raises `Problem` 400 where it is none."""
    iri = request.args.get(name, "")
    try:
        ox.NamedNode(iri)
    except ValueError:
        raise Problem(400, "Not understood", "{name} must be an IRI.", values={"name": name}) from None
    return iri


def _not_after(moment: datetime, since: str) -> bool:
    try:
        return moment.replace(microsecond=0) <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False
