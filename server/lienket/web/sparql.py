"""The SPARQL endpoint: a query to a page, to rows or to triples; without a query, a form or the service description.

    request ─▶ protocol.read ─▶ known? 304 ─▶ pool.run ─▶ first block or end ─▶ status line ─▶ the rest

The status waits until 64 kB or all of the answer are there, so an error has its own status. A result that breaks off
later is a broken transfer and never a clean end. <https://www.w3.org/TR/sparql11-protocol/>
"""

import hashlib
import json
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from threading import Lock
from typing import Final

import pyoxigraph as ox
from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from lienket import __version__
from lienket.errors import UnavailableError
from lienket.formats import GRAPH_FORMATS, HTML, TABLE_FORMATS, Format, by_suffix
from lienket.web import protocol, querypage, workers
from lienket.web.description import service_description
from lienket.web.graphs import serialized
from lienket.web.problems import RETRY_SECONDS, Problem
from lienket.web.protocol import CACHE, Asked
from lienket.web.querypage import PAGE_ROWS, PATH
from lienket.web.shown import Shown, project, shown
from lienket.web.workers import Answer, Pool, Query

blueprint = Blueprint("sparql", __name__)

FIRST_BYTES: Final = 1 << 16
"""The status line waits for so much of the answer, or for its end."""

_FEW: Final = 5
"""Of the words that the parser expected, so many are named."""

_NOT_OFFERED: Final = ("SERVICE", "LATERAL")
"""Words that the parser knows and this endpoint does not advise."""

_AGAIN_SECONDS: Final = 1
"""A query that was interrupted may be sent again after so long."""

_EXTENSION: Final = "lienket.query_workers"
_SPOOLED_IN_MEMORY: Final = 1 << 20
_starting = Lock()


@blueprint.route(f"/{PATH}", methods=["GET", "POST"])
def endpoint() -> Response:
    """Answer one request of the SPARQL protocol."""
    try:
        asked = protocol.read(
            request, query_bytes=project()["limits.query_bytes"], seconds=project()["limits.query_seconds"]
        )
        if asked is None:
            return _described()
        return _answered(asked)
    except Problem as problem:
        if protocol.wants_page(request):
            return querypage.refused(_asked_text(), problem)
        raise


def pool() -> Pool:
    """Return this process's query workers."""
    with _starting:
        if _EXTENSION not in current_app.extensions:
            settings = project()
            size = settings["limits.query_workers"]
            current_app.extensions[_EXTENSION] = Pool(
                size,
                settings["limits.query_memory"],
                queue=max(1, settings["server.threads"] - size - 1),  # a thread is left for everything else
            )
    present: Pool = current_app.extensions[_EXTENSION]
    return present


def _described() -> Response:
    """Answer a look at the endpoint: the form for people, the service description for programs."""
    format_ = protocol.wanted_format(request, (*GRAPH_FORMATS, HTML))
    if format_ is HTML:
        return querypage.empty(shown())
    present = shown()
    canonical = project().base_iri + PATH
    triples = service_description(
        canonical, (canonical, _requested_endpoint() or canonical), present.release.manifest["graphs"]
    )
    body = serialized(triples, format_, present.prefixes)
    response = Response(body, content_type=format_.content_type)
    return _cacheable(response, _tag(present, request.base_url, format_.suffix))


def _answered(asked: Asked) -> Response:
    present = shown()
    tag = None if asked.words.is_volatile or HTML in (asked.table, asked.graph) else _tag_of(present, asked)
    if tag and request.method in ("GET", "HEAD") and request.if_none_match.contains_weak(tag):
        return _cacheable(Response(status=304), tag)
    answer = _run(present, asked)
    try:
        return _sent(answer, asked, tag)
    except BaseException:
        answer.close()
        raise


def _run(present: Shown, asked: Asked) -> Answer:
    """Return the answer whose header is known, or raise the `Problem` with the query."""
    query = Query(
        asked.query,
        table=asked.table.suffix if asked.table else None,
        graph=asked.graph.suffix if asked.graph else None,
        base_iri=project().base_iri + PATH,
        default_graphs=asked.default_graphs,
        named_graphs=asked.named_graphs,
        prefixes=present.prefixes,
        page_rows=PAGE_ROWS,
    )
    try:
        return pool().run(present.release.store_path, query, asked.seconds, gone=_gone())
    except workers.QueryError as error:
        raise _fault_of(error, asked, present.prefixes) from error
    except UnavailableError as error:
        raise _failure_of(error, asked) from error


def _sent(answer: Answer, asked: Asked, tag: str | None) -> Response:
    """Return the response of an answer, once its first 64 kB or all of it are there."""
    format_ = by_suffix(answer.format)
    if format_ is None:
        raise LookupError(answer.format)
    first, complete = _first_block(answer, asked, to_the_end=format_ is HTML)
    if format_ is HTML:
        return querypage.answered(asked, answer.columns, json.loads(first))
    if complete:
        response = Response(first, content_type=format_.content_type)
    elif request.environ.get("SERVER_PROTOCOL") == "HTTP/1.0":
        response = _spooled(first, answer, asked, format_)
    else:
        response = Response(_rest(first, answer), content_type=format_.content_type)
        response.call_on_close(answer.close)  # also where nobody reads: HEAD, or a client that left
    return _cacheable(response, tag)


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
        raise _failure_of(error, asked) from error
    return bytes(first), False


def _rest(first: bytes, answer: Answer) -> Iterator[bytes]:
    """Yield the answer; an error in here reaches the server after the status line, which then cuts the connection."""
    yield first
    yield from answer


def _spooled(first: bytes, answer: Answer, asked: Asked, format_: Format) -> Response:
    """Return an answer of known length: HTTP/1.0 cannot tell one that broke off from one that ended."""
    file = tempfile.SpooledTemporaryFile(_SPOOLED_IN_MEMORY)  # noqa: SIM115 - closed with the response
    try:
        for block in _rest(first, answer):
            file.write(block)
    except UnavailableError as error:
        file.close()
        raise _failure_of(error, asked) from error
    length = file.tell()
    file.seek(0)
    response = Response(iter(lambda: file.read(FIRST_BYTES), b""), content_type=format_.content_type)
    response.content_length = length
    response.call_on_close(file.close)
    return response


def _fault_of(error: workers.QueryError, asked: Asked, prefixes: Mapping[str, str]) -> Problem:
    """Return the problem of a query that cannot be answered as it is."""
    if error.reason == "format":
        return protocol.not_acceptable((*(GRAPH_FORMATS if error.message == "graph" else TABLE_FORMATS), HTML))
    if error.reason == "dataset":
        return Problem(400, protocol.NOT_UNDERSTOOD, "A graph of the dataset is no IRI: {reason}",
                       values={"reason": error.message})  # fmt: skip
    if error.line is None:
        return Problem(400, protocol.NOT_UNDERSTOOD, "{reason}", values={"reason": error.message})
    expected = ", ".join([word for word in error.expected if word not in _NOT_OFFERED][:_FEW])
    place = {"line": error.line, "column": error.column}
    members = {**place, "reason": error.message or (f"expected {expected}" if expected else "not understood")}
    undeclared = asked.words.undeclared
    if undeclared:
        known = [f"PREFIX {name} <{prefixes[name[:-1]]}>" for name in undeclared if name[:-1] in prefixes]
        values = {**place, "prefixes": ", ".join(undeclared), "lines": " ".join(known)}
        said = (
            "No PREFIX is declared for: {prefixes}. Put this before the query: {lines}"
            if len(known) == len(undeclared)
            else "No PREFIX is declared for: {prefixes}"
        )
        return Problem(400, protocol.NOT_UNDERSTOOD, said, values=values, members=members)
    if error.message:
        said = "Line {line}, column {column}: {reason}"
    elif expected:
        said = "Line {line}, column {column}: the query is not understood up to here. Possible would be: {expected}"
    else:
        said = "Line {line}, column {column}: the query is not understood up to here."
    values = {**place, "reason": error.message, "expected": expected}
    return Problem(400, protocol.NOT_UNDERSTOOD, said, values=values, members=members)


def _failure_of(error: UnavailableError, asked: Asked) -> Problem:
    """Return the problem of a query that was understood and not answered."""
    if isinstance(error, workers.DeadlineError):
        return Problem(
            504,
            "Out of time",
            "The query was ended after {seconds} s. Ask for less at once: name a graph or a class, add FILTER or "
            "LIMIT, or take the whole dataset as a download.",
            values={"seconds": f"{asked.seconds:g}"},
        )
    if isinstance(error, workers.QueryMemoryError):
        return Problem(
            507,
            "Out of memory",
            "The query needs more than {memory} MiB. Ask for less at once: sort or group fewer rows, or take the whole "
            "dataset as a download.",
            values={"memory": project()["limits.query_memory"]},
        )
    if isinstance(error, workers.BusyError):
        return Problem(
            503,
            "Busy",
            "Other queries are running; please send yours again in a moment.",
            headers={"Retry-After": str(max(1, round(project()["limits.query_seconds"] / 2)))},
        )
    if isinstance(error, workers.WorkerKilledError):
        current_app.logger.error("query interrupted: %s", error)
        return Problem(
            503,
            "Interrupted",
            "The query was interrupted on our side before it had its answer. A fresh worker stands ready: please send "
            "it again.",
            headers={"Retry-After": str(_AGAIN_SECONDS)},
        )
    if isinstance(error, workers.WorkerDiedError):
        current_app.logger.error("query failed: %s", error)
        return Problem(
            500,
            "Our fault",
            "The query could not be carried out: the program that answers broke down over it. It has been written "
            "down; a simpler query may be answered.",
        )
    current_app.logger.error("query not answered: %s", error)
    return Problem.of(503, Retry_After=str(RETRY_SECONDS))


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


def _tag_of(present: Shown, asked: Asked) -> str:
    """Return the entity tag of an answer: the same query over the same release has the same answer."""
    return _tag(
        present,
        asked.query,
        *(f"default {graph}" for graph in sorted(asked.default_graphs)),
        *(f"named {graph}" for graph in sorted(asked.named_graphs)),
        asked.table.suffix if asked.table else "",
        asked.graph.suffix if asked.graph else "",
    )


def _tag(present: Shown, *parts: str) -> str:
    seed = json.dumps([present.release.id, __version__, *parts])
    return hashlib.sha256(seed.encode()).hexdigest()[:32]


def _cacheable(response: Response, tag: str | None) -> Response:
    """Put into `response` how long it holds; without a tag it holds for nobody else."""
    response.vary.add("Accept")
    if tag is None:
        response.headers["Cache-Control"] = "no-store"
    else:
        response.headers["Cache-Control"] = CACHE
        response.set_etag(tag, weak=True)  # weak: the same whether compressed or not
    return response


def _gone() -> Callable[[], bool] | None:
    """Return a function that tells whether whoever asked has hung up; None where the server does not let us look."""
    connection = request.environ.get("gunicorn.socket") or request.environ.get("werkzeug.socket")
    if not isinstance(connection, socket.socket):
        return None

    def gone() -> bool:
        try:
            return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True
        except ValueError:  # an encrypted connection cannot be peeked at
            return False

    return gone
