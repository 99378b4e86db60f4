"""The resource as it was at a moment: datetime negotiation over the kept releases.

Every resource is its own TimeGate and answers `Accept-Datetime` with 302 to the same address with `?release=ID`, which
is the memento: RFC 7089's pattern 1.1, <https://www.rfc-editor.org/rfc/rfc7089#section-4.1.1>. A resource that was not
there in a release has no memento of it.
"""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from threading import Lock
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, current_app, g, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from lienket.formats import FORMATS
from lienket.releases.release import Release
from lienket.web import addresses, past
from lienket.web.answers import split_suffix
from lienket.web.problems import Problem
from lienket.web.resources import resolved

TIMED: Final = frozenset((
    "catalogue.catalog", "catalogue.dataset", "quality.quality", "resources.document", "resources.name",
))  # fmt: skip
"""What is its own TimeGate."""

LINK_FORMAT: Final = "application/link-format"
"""<https://www.rfc-editor.org/rfc/rfc6690>."""

_DATE: Final = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT")
_KEPT: Final = 1024
"""So many answers to the question in which releases a resource was are kept."""

_EXTENSION: Final = "lienket.memento"

blueprint = Blueprint("memento", __name__)


class _Known:
    """In which releases the resources that were asked for last are described."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._line: tuple[Release, ...] = ()
        self._found: dict[str, tuple[Release, ...]] = {}

    def of(self, path: str) -> tuple[Release, ...]:
        """Return the releases that describe what is at `path`, the newest first."""
        line = past.shelf().line()
        with self._lock:
            if line != self._line or len(self._found) >= _KEPT:
                self._line, self._found = line, {}
            if path in self._found:
                return self._found[path]
        found = tuple(one for one in line if _describes(one, path))
        with self._lock:
            if line == self._line:
                self._found[path] = found
        return found


def register(app: Flask) -> None:
    """Let the pages of `app` be asked for as they were at a moment."""
    app.extensions[_EXTENSION] = _Known()
    app.register_blueprint(blueprint)
    app.before_request(_negotiate)
    app.after_request(_tell)


@blueprint.get("/timemap/<form>/<path:original>")
def timemap(form: str, original: str) -> Response:
    """Answer all mementos of a resource, as links (`link`) or as JSON (`json`)."""
    path = addresses.requested_path().removeprefix(f"timemap/{form}/")
    found = sorted(mementos(path), key=_moment) if form in ("link", "json") else []
    if not found:
        raise Problem.of(404)
    if form == "json":
        body, media_type = _json(path, found), "application/json"
    else:
        body, media_type = _links(path, found), LINK_FORMAT
    response = Response(body, content_type=media_type)
    response.headers["Cache-Control"] = "no-cache"
    return response


def mementos(path: str) -> tuple[Release, ...]:
    """Return the kept releases that describe what is at `path`, the newest first."""
    known: _Known = current_app.extensions[_EXTENSION]
    return known.of(path)


def _describes(release: Release, path: str) -> bool:
    first, _, rest = path.partition("/")
    if first in ("doc", "id", "ontology"):
        if first == "doc":
            path = rest if rest.partition("/")[0].partition(".")[0] == "ontology" else f"id/{rest}"
        try:
            return bool(resolved(past.of(release), path))
        except Problem:
            return False
    if first == "dataset":
        name = re.sub(r"/quality(\.[a-z]+)?$", "", rest)
        return any(each in release.manifest["datasets"] for each in (name, split_suffix(name, FORMATS)[0]))
    return first == "catalog" or first.startswith("catalog.")


def _negotiate() -> BaseResponse | None:
    """Lead who asks for a moment to the release of that moment, or else to the first one."""
    wanted = request.headers.get("Accept-Datetime")
    if wanted is None or request.endpoint not in TIMED or past.asked() or request.method not in ("GET", "HEAD"):
        return None
    moment = _read(wanted)
    path = addresses.requested_path()
    found = mementos(path)
    if not found:
        return None  # the resource itself says best what is not there
    before = [one for one in found if _moment(one) <= moment]
    one = max(before, key=_order) if before else min(found, key=_order)
    response = redirect(_memento(path, one), 302)
    response.headers["Cache-Control"] = "no-cache"
    g.gate = one
    return response


def _read(text: str) -> datetime:
    try:
        if _DATE.fullmatch(text.strip()):
            return parsedate_to_datetime(text.strip())
    except ValueError:
        pass
    raise Problem(
        400, "Not understood",
        "Accept-Datetime must be a moment such as Mon, 23 Nov 2026 10:15:00 GMT.", headers={"Vary": "Accept-Datetime"},
    )  # fmt: skip


def _tell(response: Response) -> Response:
    """Say of a resource where its earlier states are, and of an earlier state when it was and what stands beside it."""
    one = past.asked()
    if one is not None:
        response.headers["Cache-Control"] = "no-cache"  # for us, too: it may be kept no more tomorrow
        response.headers["X-Robots-Tag"] = "noindex"
    if request.endpoint not in TIMED or request.method not in ("GET", "HEAD") or response.status_code >= 400:
        return response
    path = addresses.requested_path()
    original, maps = _address(path), [_timemap(path, form) for form in ("link", "json")]
    response.headers.add("Link", f'<{original}>; rel="original timegate"')
    for address, media_type in zip(maps, (LINK_FORMAT, "application/json"), strict=True):
        response.headers.add("Link", f'<{address}>; rel="timemap"; type="{media_type}"')
    if one is None:
        response.vary.add("Accept-Datetime")
    else:
        response.headers["Memento-Datetime"] = _written(one.release)
    told = one.release if one else g.get("gate")
    if told is not None:
        found = sorted(mementos(path), key=_order)
        for each, relations in _beside(found, told):
            response.headers.add("Link", _entry(path, each, relations))
    return response


def _beside(found: Sequence[Release], told: Release) -> list[tuple[Release, str]]:
    """Return the mementos that a memento names, in order, with their relations."""
    ids = [one.id for one in found]
    if told.id not in ids:
        return []
    place = ids.index(told.id)
    names: dict[int, list[str]] = {0: ["first"]}
    names.setdefault(len(found) - 1, []).append("last")
    if place > 0:
        names.setdefault(place - 1, []).append("prev")
    if place < len(found) - 1:
        names.setdefault(place + 1, []).append("next")
    names.setdefault(place, [])
    return [(found[at], " ".join([*relations, "memento"])) for at, relations in sorted(names.items())]


def _links(path: str, found: Sequence[Release]) -> str:
    """Return a TimeMap as links (<https://www.rfc-editor.org/rfc/rfc7089#section-5>)."""
    first, last = _written(found[0]), _written(found[-1])
    lines = [
        f'<{_address(path)}>; rel="original timegate"',
        f'<{_timemap(path, "link")}>; rel="self"; type="{LINK_FORMAT}"; from="{first}"; until="{last}"',
    ]
    for place, one in enumerate(found):
        relations = ["first"] * (place == 0) + ["last"] * (place == len(found) - 1) + ["memento"]
        lines.append(_entry(path, one, " ".join(relations)))
    return ",\n".join(lines) + "\n"


def _json(path: str, found: Sequence[Release]) -> str:
    """Return a TimeMap as JSON, in the form that Memento aggregators use."""
    entries = [{"datetime": _moment(one).strftime("%Y-%m-%dT%H:%M:%SZ"), "uri": _memento(path, one)} for one in found]
    members: dict[str, Any] = {
        "original_uri": _address(path),
        "timegate_uri": _address(path),
        "timemap_uri": {"link_format": _timemap(path, "link"), "json_format": _timemap(path, "json")},
        "mementos": {"first": entries[0], "list": entries, "last": entries[-1]},
    }
    return json.dumps(members, ensure_ascii=False, indent=1) + "\n"


def _entry(path: str, one: Release, relations: str) -> str:
    return f'<{_memento(path, one)}>; rel="{relations}"; datetime="{_written(one)}"'


def _moment(one: Release) -> datetime:
    return one.created.astimezone(UTC).replace(microsecond=0)


def _order(one: Release) -> tuple[datetime, int]:
    return _moment(one), one.number


def _written(one: Release) -> str:
    return format_datetime(_moment(one), usegmt=True)


def _memento(path: str, one: Release) -> str:
    return _address(path, **{past.ARGUMENT: one.id})


def _timemap(path: str, form: str) -> str:
    return _address(f"timemap/{form}/{path}")


def _address(path: str, **more: str) -> str:
    """Return a whole address on this host, with the arguments of this request but for the release."""
    arguments = [(name, value) for name, value in request.args.items(multi=True) if name != past.ARGUMENT]
    query = urlencode([*arguments, *more.items()])
    return f"{request.url_root}{addresses.uri(path)}{'?' if query else ''}{query}"
