"""The front of the server: ASGI towards the network, the Flask application behind it, small answers kept in between.

    connection ─▶ kept? ─▶ a lookup? ─▶ threads for queries, threads for everything else ─▶ Flask ─▶ connection

A connection costs no thread, so clients that send nothing or read slowly hold up nobody; whoever hangs up is noticed
while the query still runs; an answer that breaks off is a broken transfer, which a WSGI server in front of us would
have to be trusted with. <https://asgi.readthedocs.io/en/latest/specs/www.html>
"""

import asyncio
import io
import logging
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from typing import Any, Final, NamedTuple
from urllib.parse import unquote_to_bytes

from lienket.errors import LienketError
from lienket.project import Project
from lienket.web.journal import NOTE, Entry, Journal
from lienket.web.kept import Headers, Kept, key_of
from lienket.web.protocol import body_limit

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Looked(NamedTuple):
    """A whole answer of status 200."""

    headers: Headers
    body: bytes
    note: dict[str, Any]
    """What the journal is told."""


LookUp = Callable[[Scope, dict[bytes, bytes], bytes, str], Looked | None]

_log = logging.getLogger(__name__)

QUERIES: Final = "/sparql"
"""Requests of this path have threads of their own."""

GONE: Final = "lienket.gone"
"""In the WSGI environment: a function that tells whether whoever asked has hung up."""

_WHOLE: Final = 1 << 20
"""Answers of a known length up to so many bytes are sent at once."""

_PATIENCE: Final = 0.05
"""An answer that takes longer makes us look whether whoever asked is still there."""

_FOLLOW_SECONDS: Final = 0.5
"""So often it is looked whether another release has become current."""

_READ_SECONDS: Final = 60.0
"""A client that takes nothing of its answer for so long is given up."""


@dataclass
class _Answer:
    """What the application said."""

    status: int
    headers: Headers
    body: bytes | None
    """All of it, or None where it comes in blocks."""
    blocks: Iterator[bytes]
    close: Callable[[], None]


class Front:
    """The ASGI application of one web process."""

    def __init__(
        self, wsgi: Wsgi, project: Project, journal: Journal, look_up: LookUp, follow: Callable[[], None]
    ) -> None:
        """Answer by `look_up` what it can, else by `wsgi`; `follow` makes both turn to the current release."""
        self._wsgi = wsgi
        self._look_up = look_up
        self._follow = follow
        self._following: asyncio.Task[None] | None = None
        self._journal = journal
        self._kept = Kept(project.var / "current")
        self._most = body_limit(project["limits.query_bytes"])
        queries = project["limits.query_workers"] + project["limits.query_queue"]
        self._for_queries = ThreadPoolExecutor(queries, "query")
        self._for_others = ThreadPoolExecutor(project["server.threads"], "page")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
        if scope["type"] != "http":
            return
        if self._following is None:
            self._following = asyncio.create_task(self._keep_following())
        entry = Entry(scope["method"], scope["path"], str(scope["client"][0]) if scope.get("client") else "")
        started = time.monotonic()
        try:
            await self._respond(scope, receive, send, entry)
        finally:
            entry.seconds = time.monotonic() - started
            self._journal.write(entry)

    async def _respond(self, scope: Scope, receive: Receive, send: Send, entry: Entry) -> None:
        headers = dict(scope["headers"])
        release = self._kept.look()
        is_query = scope["path"] == QUERIES
        body = await self._body(receive, headers)
        key = key_of(scope, headers, body, is_query=is_query)
        if (kept := self._kept.get(key)) is not None:
            status, sent = kept.answer(scope["method"], headers)
            entry.kept = True
            await _send_whole(send, status, sent.headers, sent.body, entry)
            return
        if key and is_query and scope["method"] != "HEAD":
            looked = self._look_up(scope, headers, body or b"", release)
            if looked is not None:
                entry.note.update(looked.note)
                self._kept.put(key, release, 200, looked.headers, looked.body)
                await _send_whole(send, 200, looked.headers, looked.body, entry)
                return
        gone = Event()
        environ = _environ(scope, body, gone)
        environ[NOTE] = entry.note
        threads = self._for_queries if is_query else self._for_others
        watch = _Watch(receive, gone)
        self._journal.running.inc(is_query)
        try:
            answer = await watch.over(asyncio.get_running_loop().run_in_executor(threads, self._answer, environ))
            if answer.body is None:
                watch.begin()
                await _send_blocks(send, answer, threads, gone, entry)
                return
            if key and scope["method"] != "HEAD":
                self._kept.put(key, release, answer.status, answer.headers, answer.body)
            await _send_whole(send, answer.status, answer.headers, answer.body, entry)
        finally:
            watch.end()
            self._journal.running.dec(is_query)

    async def _keep_following(self) -> None:
        """Follow the current release also while nobody asks for anything: what is held open here cannot be dropped."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_FOLLOW_SECONDS)
            await loop.run_in_executor(self._for_others, self._follow)

    async def _body(self, receive: Receive, headers: dict[bytes, bytes]) -> bytes | None:
        """Return the body of a request; None for one that is announced as larger than any that is read."""
        length = headers.get(b"content-length", b"0")
        if b"transfer-encoding" not in headers and length == b"0":
            return b""
        if length.isdigit() and int(length) > self._most:
            return None
        body = bytearray()
        more = True
        while more and len(body) <= self._most:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        return bytes(body)

    def _answer(self, environ: dict[str, Any]) -> _Answer:
        """Let the application answer; in a thread."""
        said: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            said[:] = [(status, headers)]

        result = self._wsgi(environ, start_response)
        close = getattr(result, "close", lambda: None)
        try:
            blocks = iter(result)
            status, named = said[0]
            headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in named]
            length = next((int(value) for name, value in headers if name == b"content-length"), None)
            body = None
            if (length is not None and length <= _WHOLE) or environ["REQUEST_METHOD"] == "HEAD":
                body = b"".join(blocks)
                close()
        except BaseException:
            close()
            raise
        return _Answer(int(status.split(" ", 1)[0]), headers, body, blocks, close)


class _Watch:
    """Looks whether whoever asked is still there, once it takes long enough to be worth it."""

    def __init__(self, receive: Receive, gone: Event) -> None:
        self._receive = receive
        self._gone = gone
        self._task: asyncio.Task[None] | None = None

    async def over(self, answer: "asyncio.Future[_Answer]") -> _Answer:
        """Return the answer; begin to look where it is not there in a moment."""
        try:
            done, _ = await asyncio.wait((answer,), timeout=_PATIENCE)
            if not done:
                self.begin()
            return await asyncio.shield(answer)
        except asyncio.CancelledError:  # the server has given the connection up: let the thread end and clean up
            self._gone.set()
            answer.add_done_callback(_dropped)
            raise

    def begin(self) -> None:
        """Begin to look."""
        if self._task is None:
            self._task = asyncio.create_task(self._look())

    def end(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()

    async def _look(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone.set()


def _dropped(answer: "asyncio.Future[_Answer]") -> None:
    if not answer.cancelled() and answer.exception() is None:
        answer.result().close()


async def _send_whole(send: Send, status: int, headers: Headers, body: bytes, entry: Entry) -> None:
    entry.status, entry.bytes, entry.complete = status, len(body), True
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _send_blocks(send: Send, answer: _Answer, threads: ThreadPoolExecutor, gone: Event, entry: Entry) -> None:
    """Send an answer block by block; where it breaks off there is no end, and the server cuts the connection."""
    loop = asyncio.get_running_loop()
    entry.status = answer.status
    try:
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        while not gone.is_set():
            block = await loop.run_in_executor(threads, next, answer.blocks, None)
            if block is None:
                await send({"type": "http.response.body", "body": b""})
                entry.complete = True
                return
            entry.bytes += len(block)
            message = {"type": "http.response.body", "body": block, "more_body": True}
            await asyncio.wait_for(send(message), _READ_SECONDS)
    except LienketError as error:  # said in the log, in one line; the connection says it to whoever reads
        _log.warning("an answer broke off: %s", error)
    finally:
        loop.run_in_executor(threads, answer.close)


def _environ(scope: Scope, body: bytes | None, gone: Event) -> dict[str, Any]:
    """Return the WSGI environment of a request (PEP 3333)."""
    raw = scope.get("raw_path") or scope["path"].encode()
    query = scope["query_string"].decode("latin-1")
    root: str = scope.get("root_path", "")
    path = unquote_to_bytes(raw).decode("latin-1").removeprefix(root)
    server = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": root,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "RAW_URI": raw.decode("latin-1") + (f"?{query}" if query else ""),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": str(server[0]),
        "SERVER_PORT": str(server[1] or 80),
        "REMOTE_ADDR": str(scope["client"][0]) if scope.get("client") else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": io.BytesIO(body or b""),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        GONE: gone.is_set,
    }
    for name, value in scope["headers"]:
        if name == b"transfer-encoding":  # the body is here, and its length is known
            continue
        text = value.decode("latin-1")
        variable = name.decode("latin-1").upper().replace("-", "_")
        if variable not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            variable = "HTTP_" + variable
            text = f"{environ[variable]},{text}" if variable in environ else text
        environ[variable] = text
    if body:
        environ["CONTENT_LENGTH"] = str(len(body))
    return environ
