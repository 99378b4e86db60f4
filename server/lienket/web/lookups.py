"""Lookups answered where they arrive: a query that asks for little of one thing costs neither a worker nor Flask.

    request ─▶ protocol.read ─▶ of one subject? ─▶ says little? ─▶ what a worker does ─▶ what Flask would have sent

Nothing can end a query in here, so only that is answered of which is known beforehand that it ends at once: a query
that is, from its first word to its last, one of the forms below, and whose subject has few statements, which are
counted by reading no more of them. Whatever else comes, and whatever goes wrong, takes the way through the application.
"""

import io
import json
import re
from collections.abc import Mapping, MutableMapping
from functools import partial
from typing import Any, Final, NamedTuple

import pyoxigraph as ox
from werkzeug.wrappers import Request

from lienket.errors import UnavailableError
from lienket.formats import HTML, Format, by_suffix
from lienket.project import Project
from lienket.web import CORS_HEADERS, SECURITY_HEADERS, journal, packing, protocol, sparql, worker
from lienket.web.front import Looked
from lienket.web.kept import Headers
from lienket.web.problems import Problem
from lienket.web.protocol import CACHE, Asked
from lienket.web.shown import showcase_of

MOST_STATEMENTS: Final = 100
MOST_CHARACTERS: Final = 1 << 15
"""A thing of which more is said, or in longer literals, is looked up by a worker."""

_LONGEST: Final = 2048
"""Bytes of a request; a longer one is not looked at."""

_IRI: Final = r"<[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]*>"
_NAME: Final = r"[A-Za-z][\w-]*:(?:\w[\w-]*)?"
_VARIABLE: Final = r"[?$]\w+"
_PROLOGUE: Final = rf"(?P<prologue>(?:PREFIX [A-Za-z][\w-]*: ?{_IRI} ?)*+)"
_SELECTED: Final = rf"(?:(?:DISTINCT |REDUCED )?{_VARIABLE}(?: {_VARIABLE})*|(?:DISTINCT ?|REDUCED ?)?\*)"
_REST: Final = rf" (?:{_VARIABLE}|{_IRI}|{_NAME}|a) (?:{_VARIABLE}|{_IRI}|{_NAME}) ?\.? ?\}}(?: ?LIMIT \d+)?"
_LOOKUP: Final = re.compile(
    rf"{_PROLOGUE}(?:DESCRIBE(?: |(?=<))|(?P<pattern>(?:SELECT {_SELECTED}|ASK) ?(?:WHERE ?)?\{{ ?))"
    rf"(?P<subject>{_IRI}|{_NAME})(?(pattern){_REST}|)",
    re.IGNORECASE | re.ASCII,
)
"""`DESCRIBE` of one thing, `SELECT` or `ASK` of one triple pattern whose subject is given."""

_DECLARED: Final = re.compile(rf"PREFIX ([A-Za-z][\w-]*:) ?({_IRI})", re.IGNORECASE | re.ASCII)


class Subject(NamedTuple):
    """The thing that a lookup is about."""

    iri: str
    in_pattern: bool
    """Whether it is asked for by a pattern, else all of it is."""


class Lookups:
    """Answers lookups over the release that a web process has open; for one thread."""

    def __init__(self, extensions: MutableMapping[str, Any], project: Project) -> None:
        """Answer from what is among an app's extensions."""
        self._project = project
        self._showcase = showcase_of(extensions)
        self._pool = sparql.pool_of(extensions, project)
        told = {**sparql.limit_headers(project), **SECURITY_HEADERS, **CORS_HEADERS}
        self._same: Headers = [(name.lower().encode(), value.encode()) for name, value in told.items()]

    def answer(self, scope: Mapping[str, Any], headers: Mapping[bytes, bytes], body: bytes, link: str) -> Looked | None:
        """Return the answer to a request of the endpoint over the release behind `link`; None to let others answer."""
        present = self._showcase.at_hand(link)
        if present is None or len(scope["query_string"]) + len(body) > _LONGEST or b"if-none-match" in headers:
            return None
        asked = self._read(scope, headers, body)
        subject = subject_of(asked.words.canonical) if asked is not None else None
        if asked is None or subject is None or not self._pool.has_share(self._client(scope, headers)):
            return None
        try:
            said = present.store.little_of(subject.iri, statements=MOST_STATEMENTS, characters=MOST_CHARACTERS)
        except (ValueError, UnavailableError):
            return None
        if said is None:
            return None
        request = vars(sparql.query_of(present, asked))
        found = partial(worker.answer_of, present.store, request) if subject.in_pattern else lambda: said
        sheet = worker.Sheet()
        kind, end = worker.last_frame(found, request, sheet)
        if kind != worker.END:
            return None
        (_, header), *blocks = sheet.frames
        format_ = by_suffix(json.loads(header)["format"])
        if format_ is None:
            return None
        text = b"".join(block for _, block in blocks)
        sent, text = self._packed(sparql.tag_of(present, asked), format_, text, headers)
        return Looked(sent, text, {**sparql.told(asked), "rows": end["rows"]})

    def _read(self, scope: Mapping[str, Any], headers: Mapping[bytes, bytes], body: bytes) -> Asked | None:
        """Return what is asked, None where it is nothing for us."""
        environ: dict[str, Any] = {
            "REQUEST_METHOD": scope["method"],
            "QUERY_STRING": scope["query_string"].decode("latin-1"),
            "CONTENT_TYPE": headers.get(b"content-type", b"").decode("latin-1"),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": io.BytesIO(body),
        }
        if b"accept" in headers:
            environ["HTTP_ACCEPT"] = headers[b"accept"].decode("latin-1")
        settings = self._project
        try:
            asked = protocol.read(
                Request(environ),
                query_bytes=settings["limits.query_bytes"],
                seconds=settings["limits.query_seconds"],
            )
        except Problem:
            return None
        if asked is None or asked.default_graphs or asked.named_graphs or HTML in (asked.table, asked.graph):
            return None
        return asked

    def _packed(self, tag: str, format_: Format, body: bytes, headers: Mapping[bytes, bytes]) -> tuple[Headers, bytes]:
        """Return the headers of an answer and its body, packed where that is wanted and worth it."""
        vary = "Accept"
        encoding = None
        if packing.is_packed(format_.media_type):
            vary = "Accept, Accept-Encoding"
            if len(body) >= packing.WORTH:
                encoding = packing.wanted(headers.get(b"accept-encoding", b"").decode("latin-1"))
        if encoding is not None:
            body = packing.packed(encoding, body)
            tag = f"{tag}-{encoding}"
        own: Headers = [
            (b"content-type", format_.content_type.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"vary", vary.encode()),
            (b"cache-control", CACHE.encode()),
            (b"etag", f'"{tag}"'.encode()),
            *([(b"content-encoding", encoding.encode())] if encoding else []),
        ]
        return [*own, *self._same], body

    def _client(self, scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> str:
        """Return who asks, as the application would know it behind so many proxies."""
        address = str(scope["client"][0]) if scope.get("client") else ""
        if proxies := self._project["server.proxies"]:
            said = headers.get(b"x-forwarded-for", b"").decode("latin-1").split(",")
            if len(said) >= proxies and said[-proxies].strip():
                address = said[-proxies].strip()
        return journal.client(address)


def subject_of(query: str) -> Subject | None:
    """Return the one thing that a query is about, None where it is no lookup; `query` is canonical.

    >>> subject_of("PREFIX ex: <https://example.org/> SELECT ?name WHERE { ex:1 ex:name ?name }")
    Subject(iri='https://example.org/1', in_pattern=True)
    >>> subject_of("DESCRIBE ?s WHERE { ?s ?p ?o }") is None
    True
    """
    found = _LOOKUP.fullmatch(query)
    if found is None:
        return None
    declared = [(prefix, namespace[1:-1]) for prefix, namespace in _DECLARED.findall(found["prologue"])]
    iri = found["subject"][1:-1]
    if not found["subject"].startswith("<"):
        prefix, colon, name = found["subject"].partition(":")
        namespaces = [namespace for known, namespace in declared if known == prefix + colon]
        if len(namespaces) != 1:
            return None
        iri = namespaces[0] + name
    if "/." in iri or not all(_is_iri(namespace) for _, namespace in declared):
        return None  # the engine might read it as another one (RFC 3986, section 5.2.4), or refuse it
    return Subject(iri, bool(found["pattern"]))


def _is_iri(text: str) -> bool:
    try:
        ox.NamedNode(text)
    except ValueError:
        return False
    return True
