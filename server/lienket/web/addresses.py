"""IRIs and the addresses this server answers them at.

The data keeps its canonical IRIs, `{base_iri}…`; a page links to the same path on whatever host it is served from, so
everything works on localhost and behind a proxy of another name.
"""

import re
import unicodedata
from contextlib import suppress
from urllib.parse import quote, unquote, urlencode

from flask import request
from werkzeug.datastructures import MultiDict

from lienket.web.shown import project

_ESCAPED_LETTERS = re.compile(r"(?:%[89A-Fa-f][0-9A-Fa-f])+")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_KEPT = "/:@!$&'()*+,;=~-._%"
_UNRESERVED = "/~-._"


def iris(path: str) -> list[str]:
    """Return the IRIs that a requested `path` (without its first slash) may stand for, likeliest first.

    Letters beyond ASCII arrive percent-encoded and are plain in most IRIs; a comma may be plain in the address and
    encoded in the IRI, or the other way round; a letter with its accents may be one character or several. An ordinary
    path has one candidate.

    >>> spellings("id/market/An C%E1%BB%B1u, 1")[:3]
    ['id/market/An%20Cựu,%201', 'id/market/An%20Cựu%2C%201', 'id/market/An%20C%E1%BB%B1u,%201']
    """
    return [project().base_iri + spelling for spelling in spellings(path)]


def spellings(path: str) -> list[str]:
    """Return the ways the same path may be written in an IRI; see `iris`."""
    plain = _ESCAPED_LETTERS.sub(_letters, _ESCAPE.sub(lambda escape: escape[0].upper(), path))
    plain = "".join(character if character > "\x7f" else quote(character, safe=_KEPT) for character in plain)
    decoded = unquote(plain)
    strict = "".join(c if c > "\x7f" else quote(c, safe=_UNRESERVED) for c in decoded)
    lenient = "".join(c if c > "\x7f" else quote(c, safe=_KEPT.removesuffix("%")) for c in decoded)
    found = (plain, strict, lenient)
    # one keyboard types a letter with its accents as one character, another one as several
    forms = [unicodedata.normalize(form, each) for form in ("NFC", "NFD") for each in found]
    return list(dict.fromkeys((*found, quote(plain, safe=_KEPT), *forms, *(quote(each, safe=_KEPT) for each in forms))))


def requested_path() -> str:
    """Return the path of the request as it was sent, without its first slash and without the mount point."""
    raw = request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI")
    if not raw:
        return quote(request.path.removeprefix("/"), safe=_KEPT)
    path = re.sub(r"^[a-z]+://[^/]*", "", str(raw)).partition("?")[0]
    with suppress(UnicodeError):  # letters sent as they are come as one character a byte (PEP 3333)
        path = path.encode("latin-1").decode("utf-8")
    return path.removeprefix(request.script_root).removeprefix("/")


def requested() -> str:
    """Return the address of this request on this host, without arguments; never one that leads to another host."""
    return f"{request.script_root}/{quote(requested_path().lstrip('/'), safe=_KEPT)}"


def local(iri: str) -> str:
    """Return where a page links to for `iri`: a path here for our own, else the IRI itself if it is a web address.

    Returns "" for what a browser must not follow, e.g. `javascript:` or `urn:`.
    """
    base_iri = project().base_iri
    if iri.startswith(base_iri):
        return f"{request.script_root}/{quote(iri.removeprefix(base_iri), safe=_KEPT + '#?')}"
    return iri if iri.startswith(("http://", "https://")) else ""


def document(iri: str, suffix: str = "") -> str:
    """Return the path of the document about one of our own IRIs; `suffix` with its dot asks for a format."""
    rest = iri.removeprefix(project().base_iri)
    first, _, key = rest.partition("/")
    if first == "id":
        rest = "doc/" + key
    elif first == "ontology":
        rest = "doc/" + rest
    return f"{request.script_root}/{quote(rest, safe=_KEPT)}{suffix}"


def canonical(iri: str) -> str:
    """Return where the document about one of our own IRIs is at home."""
    return project().base_iri + document(iri).removeprefix(request.script_root).removeprefix("/")


def uri(iri: str) -> str:
    """Return `iri` with everything beyond ASCII percent-encoded, as a header needs it.

    >>> uri("https://data.example/id/chợ")
    'https://data.example/id/ch%E1%BB%A3'
    """
    return quote(iri, safe=_KEPT + "#?[]")


def with_arguments(path: str, arguments: MultiDict[str, str]) -> str:
    """Return a path with arguments, in ASCII, as an address and a header need it."""
    kept = urlencode(list(arguments.items(multi=True)))
    return f"{path}?{kept}" if kept else path


def is_ours(iri: str) -> bool:
    """Return whether `iri` is one of this deployment."""
    return iri.startswith(project().base_iri)


def _letters(match: re.Match[str]) -> str:
    try:
        return unquote(match[0], errors="strict")
    except UnicodeDecodeError:
        return match[0]
