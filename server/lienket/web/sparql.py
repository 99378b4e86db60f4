"""The SPARQL endpoint: a query to a page, to rows or to triples; without a query, a form or the service description.

    request ─▶ protocol.read ─▶ known? 304 ─▶ pool.run ─▶ first block or end ─▶ status line ─▶ the rest

The status waits until 64 kB or all of the answer are there, so an error has its own status. A result that breaks off
later is a broken transfer and never a clean end. <https://www.w3.org/TR/sparql11-protocol/>
"""

import hashlib
import json
import tempfile
import time
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import suppress
from threading import Lock
from typing import Any, Final

import pyoxigraph as ox
from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from lienket import __version__
from lienket.errors import UnavailableError
from lienket.formats import GRAPH_FORMATS, HTML, Format, by_suffix
from lienket.project import Project
from lienket.web import federation, journal, packing, protocol, querypage
from lienket.web.catalogue import statistics
from lienket.web.description import service_description
from lienket.web.failures import OUTCOMES, failure_of, fault_of
from lienket.web.front import GONE
from lienket.web.graphs import serialized
from lienket.web.journal import note
from lienket.web.problems import Problem
from lienket.web.process import QueryError
from lienket.web.protocol import CACHE, Asked
from lienket.web.querypage import PAGE_ROWS, PATH
from lienket.web.shown import Shown, project, shown
from lienket.web.workers import Answer, Pool, Query

blueprint = Blueprint("sparql", __name__)

FIRST_BYTES: Final = 1 << 16
"""The status line waits for so much of the answer, or for its end."""

_EXTENSION: Final = "lienket.query_workers"
_SPOOLED_IN_MEMORY: Final = 1 << 20
_starting = Lock()


@blueprint.route(f"/{PATH}", methods=["GET", "POST", "QUERY"])
def endpoint() -> Response:
    """Answer one request of the SPARQL protocol."""
    try:
        asked = protocol.read(
            request,
            query_bytes=project()["limits.query_bytes"],
            seconds=project()["limits.query_seconds"],
            may_ask_others=bool(project()["limits.services"]),
        )
        return _described() if asked is None else answered(asked)
    except Problem as problem:
        if protocol.wants_page(request):
            return querypage.refused(_asked_text(), problem)
        raise


@blueprint.after_request
def tell(response: Response) -> Response:
    """Tell the limits of a query (a dictionary of RFC 9651), and how one may be sent."""
    response.headers.update(limit_headers(project()))
    return response


def limit_headers(settings: Project) -> dict[str, str]:
    """Return what every answer of the endpoint tells."""
    return {
        "Query-Limits": ", ".join(f"{name}={number}" for name, number in querypage.limits(settings).items()),
        "Accept-Query": f'"{protocol.QUERY_TYPE}", "{protocol.FORM_TYPE}"',
    }


def pool() -> Pool:
    """Return this process's query workers."""
    return pool_of(current_app.extensions, project())


def pool_of(extensions: MutableMapping[str, Any], settings: Project) -> Pool:
    """Return the query workers among an app's extensions; they are put there when they are first asked for."""
    with _starting:
        if _EXTENSION not in extensions:
            extensions[_EXTENSION] = Pool(
                settings["limits.query_workers"],
                settings["limits.query_memory"],
                queue=settings["limits.query_queue"],
                each=settings["limits.client_queries"],
            )
    present: Pool = extensions[_EXTENSION]
    return present


def _described() -> Response:
    """Answer a look at the endpoint: the form for people, the service description for programs."""
    format_ = protocol.wanted_format(request, (*GRAPH_FORMATS, HTML))
    if format_ is HTML:
        return querypage.empty(shown())
    present = shown()
    canonical = project().base_iri + PATH
    triples = service_description(
        canonical,
        (canonical, _requested_endpoint() or canonical),
        present.release.manifest["graphs"],
        statistics(present),
        federated=bool(project()["limits.services"]),
    )
    body = serialized(triples, format_, present.prefixes)
    response = Response(body, content_type=format_.content_type)
    return _cacheable(response, _tag(present, request.base_url, format_.suffix))


def answered(asked: Asked) -> Response:
    """Return the answer of a query: 304 where it is known, else as it comes; raises `Problem`."""
    present = shown()
    note().update(told(asked))
    lasting = not asked.words.is_volatile and not asked.words.asks_others
    tag = tag_of(present, asked) if lasting and HTML not in (asked.table, asked.graph) else None
    if tag and request.method != "POST" and (same := packing.known(tag)) is not None:
        return _cacheable(Response(status=304), same, weak=asked.words.names_blank_nodes)
    until = time.monotonic() + asked.seconds
    if asked.words.asks_others:
        asked = federation.asked_out(asked, project()["limits.services"], until, project().base_iri + PATH)
    answer = _run(present, asked, until)
    try:
        return _sent(answer, asked, tag)
    except BaseException:
        answer.close()
        raise


def result_of(present: Shown, asked: Asked) -> tuple[list[str], dict[str, Any]]:
    """Return columns and content of an answer that is wanted for a page; raises `Problem`."""
    with _run(present, asked, time.monotonic() + asked.seconds) as answer:
        content, _ = _first_block(answer, asked, to_the_end=True)
        note()["rows"] = answer.rows
        return list(answer.columns), json.loads(content)


def told(asked: Asked) -> dict[str, str]:
    """Return what the journal is told of a query."""
    seed = asked.words.canonical
    return {"query": hashlib.sha256(seed.encode()).hexdigest()[:16], "text": asked.query}


def query_of(present: Shown, asked: Asked) -> Query:
    """Return what carries a query out over a release."""
    settings = present.project
    return Query(
        asked.query,
        table=asked.table.suffix if asked.table else None,
        graph=asked.graph.suffix if asked.graph else None,
        base_iri=settings.base_iri + PATH,
        default_graphs=asked.default_graphs,
        named_graphs=asked.named_graphs,
        prefixes=present.prefixes,
        page_rows=PAGE_ROWS,
        most_rows=settings["limits.result_rows"],
        most_bytes=settings["limits.result_size"] << 20,
    )


def _run(present: Shown, asked: Asked, until: float) -> Answer:
    """Return the answer whose header is known, or raise the `Problem` with the query."""
    query = query_of(present, asked)
    client = journal.client(request.remote_addr or "")
    try:
        seconds = until - time.monotonic()
        return pool().run(present.release.store_path, query, seconds, client=client, gone=_gone())
    except QueryError as error:
        raise fault_of(error, asked, present.prefixes) from error
    except UnavailableError as error:
        raise failure_of(error, asked.seconds, intricate=asked.words.intricate) from error


def _sent(answer: Answer, asked: Asked, tag: str | None) -> Response:
    """Return the response of an answer, once its first 64 kB or all of it are there."""
    format_ = by_suffix(answer.format)
    if format_ is None:
        raise LookupError(answer.format)
    first, complete = _first_block(answer, asked, to_the_end=format_ is HTML)
    if complete:
        note()["rows"] = answer.rows
    if format_ is HTML:
        return querypage.answered(asked, answer.columns, json.loads(first))
    if complete:
        response = Response(first, content_type=format_.content_type)
    elif request.environ.get("SERVER_PROTOCOL") == "HTTP/1.0":
        response = _spooled(first, answer, asked, format_)
    else:
        response = Response(_rest(first, answer, note()), content_type=format_.content_type)
        response.call_on_close(answer.close)  # also where nobody reads: HEAD, or a client that left
    return _cacheable(response, tag, weak=asked.words.names_blank_nodes)


def _first_block(answer: Answer, asked: Asked, *, to_the_end: bool) -> tuple[bytes, bool]:
    """Return the beginning of an answer, and whether it is all of it."""
    gone = _gone()
    first = bytearray()
    try:
        while to_the_end or len(first) < FIRST_BYTES:
            block = answer.next_block(gone)
            if block is None:
                return bytes(first), True
            first += block
    except UnavailableError as error:
        raise failure_of(error, asked.seconds, intricate=asked.words.intricate) from error
    return bytes(first), False


def _rest(first: bytes, answer: Answer, told: dict[str, Any]) -> Iterator[bytes]:
    """Yield the answer; an error in here reaches the server after the status line, which then cuts the connection."""
    yield first
    try:
        yield from answer
    except UnavailableError as error:
        told["outcome"] = OUTCOMES.get(type(error), "unavailable")
        raise
    told["rows"] = answer.rows


def _spooled(first: bytes, answer: Answer, asked: Asked, format_: Format) -> Response:
    """Return an answer of known length: HTTP/1.0 cannot tell one that broke off from one that ended."""
    file = tempfile.SpooledTemporaryFile(_SPOOLED_IN_MEMORY)  # noqa: SIM115 - closed with the response
    try:
        for block in _rest(first, answer, note()):
            file.write(block)
    except UnavailableError as error:
        file.close()
        raise failure_of(error, asked.seconds, intricate=asked.words.intricate) from error
    length = file.tell()
    file.seek(0)
    response = Response(iter(lambda: file.read(FIRST_BYTES), b""), content_type=format_.content_type)
    response.content_length = length
    response.call_on_close(file.close)
    return response


def _asked_text() -> str:
    """Return the query as it was sent, for the form; "" where it cannot be read."""
    with suppress(RequestEntityTooLarge):
        return request.values.get("query", "")
    return ""


def _requested_endpoint() -> str:
    """Return the address the endpoint was asked at, "" where it is no IRI."""
    address = f"{request.root_url.rstrip('/')}/{PATH}"
    with suppress(ValueError):
        return ox.NamedNode(address).value
    return ""


def tag_of(present: Shown, asked: Asked) -> str:
    """Return the entity tag of an answer: the same query over the same release has the same answer."""
    return _tag(
        present,
        asked.words.canonical,
        *(f"default {graph}" for graph in sorted(asked.default_graphs)),
        *(f"named {graph}" for graph in sorted(asked.named_graphs)),
        asked.table.suffix if asked.table else "",
        asked.graph.suffix if asked.graph else "",
    )


def _tag(present: Shown, *parts: str) -> str:
    seed = json.dumps([present.release.id, __version__, *parts])
    return hashlib.sha256(seed.encode()).hexdigest()[:32]


def _cacheable(response: Response, tag: str | None, *, weak: bool = False) -> Response:
    """Put into `response` how long it holds; without a tag it holds for nobody else.

    A tag is weak where the answer has blank nodes of its own: it is the same graph, not the same bytes.
    """
    response.vary.add("Accept")
    if tag is None:
        response.headers["Cache-Control"] = "no-store"
    else:
        response.headers["Cache-Control"] = CACHE
        response.set_etag(tag, weak=weak)
    return response


def _gone() -> Callable[[], bool] | None:
    """Return a function that tells whether whoever asked has hung up; None where the server does not tell."""
    gone: Callable[[], bool] | None = request.environ.get(GONE)
    return gone
