"""A pool of query workers that can be killed: nothing else ends a query of pyoxigraph.

    pool.run(store, query, seconds)  ─▶  Answer: header, blocks, end

A worker (`lienket.web.worker`) answers one query at a time. It is killed at the query's deadline and when whoever asked
goes away before the end; a fresh one takes its place, also when another store is asked for. Processes are started,
never forked from a thread. Each web process has a pool of its own; it starts nothing before the first query.
"""

import json
import logging
import os
import select
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Condition, Lock
from types import TracebackType
from typing import Any, Final

from lienket.errors import Fault, InputError, UnavailableError
from lienket.web import worker

_log = logging.getLogger(__name__)

START_SECONDS: Final = 30.0
"""A worker that has not opened its store by then is given up."""

GONE_EVERY: Final = 0.25
"""Seconds between two looks whether whoever asked is still there."""

_STDERR_BYTES: Final = 1 << 16

_ENDED_FROM_OUTSIDE: Final = (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGHUP, -signal.SIGINT)
"""What a process that was killed ends with: by an operator, or by the system when memory is short."""


class QueryError(InputError):
    """The query cannot be answered as it is: `reason` is "syntax", "dataset" or "format"."""

    def __init__(
        self,
        reason: str,
        message: str,
        line: int | None = None,
        column: int | None = None,
        expected: Sequence[str] = (),
    ) -> None:
        super().__init__(Fault("{reason}", values={"reason": message or f"expected {', '.join(expected)}"}))
        self.reason = reason
        self.message = message
        self.line = line
        self.column = column
        self.expected = tuple(expected)
        """Words that the parser would have understood at this place; some of them."""


class BusyError(UnavailableError):
    """Every worker is busy, and stayed so."""


class DeadlineError(UnavailableError):
    """The query was ended at its deadline."""


class QueryMemoryError(UnavailableError):
    """The query wanted more memory than a query may use."""


class WorkerDiedError(UnavailableError):
    """The worker ended by itself in the middle of the query, or could not go on."""


class WorkerKilledError(WorkerDiedError):
    """The worker was ended from outside; the query is not at fault and may be sent again."""


class AbandonedError(UnavailableError):
    """Whoever asked is gone."""


@dataclass(frozen=True)
class Query:
    """What a worker needs to know of a query."""

    query: str
    table: str | None
    """Suffix of the format for rows and booleans; None where whoever asked takes none."""
    graph: str | None
    """Suffix of the format for triples; None where whoever asked takes none."""
    base_iri: str | None = None
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    prefixes: Mapping[str, str] = field(default_factory=dict)
    """For the formats that have prefixes."""
    page_rows: int = 1000
    """How many rows or triples are given for a page: where the format is HTML's, the answer is JSON to make one of."""


class Worker:
    """One process, seen from here."""

    def __init__(self, store: Path, memory: int) -> None:
        """Start a worker over the store at `store`; its queries may use `memory` MiB. Does not wait for it.

        Raises `UnavailableError` where the system starts no more processes.
        """
        self.store = store
        self.answered = 0
        self._ready = False
        self._buffer = bytearray()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-S", "-P", worker.__file__, str(store), str(memory)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                # only what it needs: the same libraries as we have, none of our secrets
                env={"PYTHONPATH": os.pathsep.join(entry for entry in sys.path if os.path.isabs(entry))},
            )
        except OSError as error:
            raise UnavailableError(
                Fault("no query worker can be started: {reason}", values={"reason": error.strerror})
            ) from error
        self._answers = _pipe(self._process.stdout).fileno()
        self._poll = select.poll()
        self._poll.register(self._answers, select.POLLIN)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def is_alive(self) -> bool:
        """Return whether the process runs."""
        return self._process.poll() is None

    def await_ready(self, gone: Callable[[], bool] | None = None) -> None:
        """Wait until the store is open; raises `UnavailableError` where it does not open."""
        if self._ready:
            return
        kind, content = self.receive(time.monotonic() + START_SECONDS, gone)
        if kind != worker.READY:
            raise UnavailableError(json.loads(content)["message"])
        self._ready = True

    def send(self, request: Mapping[str, Any]) -> None:
        """Hand over a request; raises `WorkerDiedError` where nobody takes it."""
        payload = json.dumps(request).encode()
        rest = memoryview(worker.FRAME.pack(b"q", len(payload)) + payload)
        try:
            while rest:
                rest = rest[_pipe(self._process.stdin).write(rest) :]
        except (BrokenPipeError, ValueError):
            raise self._cause() from None

    def receive(self, until: float, gone: Callable[[], bool] | None = None) -> tuple[bytes, bytes]:
        """Return the next frame's kind and content.

        Raises `DeadlineError` when the clock (`time.monotonic`) passes `until`, `AbandonedError` when `gone` answers
        true, and what the worker died of where it died.
        """
        self._fill(worker.FRAME.size, until, gone)
        kind, length = worker.FRAME.unpack_from(self._buffer)
        end = worker.FRAME.size + length
        self._fill(end, until, gone)
        content = bytes(self._buffer[worker.FRAME.size : end])
        del self._buffer[:end]
        return kind, content

    def kill(self) -> None:
        """End the process at once; its pipes stay open for whoever reads them."""
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """End the process and close its pipes."""
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            _pipe(pipe).close()

    def _fill(self, length: int, until: float, gone: Callable[[], bool] | None) -> None:
        while len(self._buffer) < length:
            remaining = until - time.monotonic()
            if remaining <= 0:
                raise _deadline()
            if not self._poll.poll(1000 * (remaining if gone is None else min(remaining, GONE_EVERY))):
                if gone is not None and gone():
                    raise AbandonedError("whoever asked is gone")
                continue
            piece = os.read(self._answers, worker.BLOCK_BYTES)
            if not piece:
                raise self._cause()
            self._buffer += piece

    def _cause(self) -> UnavailableError:
        """Return what the worker died of."""
        try:
            code = self._process.wait(1)
        except subprocess.TimeoutExpired:  # it closed its pipes and lives
            self.kill()
            code = self._process.returncode
        if code == -signal.SIGALRM:
            return _deadline()
        stderr = _pipe(self._process.stderr)
        last_words = os.read(stderr.fileno(), _STDERR_BYTES) if not stderr.closed else b""
        if b"memory allocation" in last_words or b"MemoryError" in last_words:
            return _out_of_memory()
        if code in _ENDED_FROM_OUTSIDE:
            _log.error("query worker %d was ended from outside: %s", self.pid, code)
            return WorkerKilledError(Fault("a query worker was ended from outside, code {code}", values={"code": code}))
        lines = last_words.decode(errors="replace").strip().splitlines()
        _log.error("query worker %d ended with %s: %s", self.pid, code, lines[-1] if lines else "no word")
        return WorkerDiedError(Fault("a query worker ended by itself, code {code}", values={"code": code}))


class Answer:
    """An answer on its way: `kind`, `format` and `columns` are known, the blocks come by iteration.

    Iteration raises what `Pool.run` raises where the answer breaks off. `close()` before the end ends the worker.
    """

    def __init__(self, pool: "Pool", until: float) -> None:
        self.until = until
        """When the query's time is over (`time.monotonic`)."""
        self.worker: Worker | None = None
        self.kind = ""
        """"table" (rows or a boolean) or "graph"."""
        self.format = ""
        """Suffix of the format of the blocks."""
        self.columns: list[str] = []
        """Variables of a SELECT query, in the answer's order."""
        self._pool = pool
        self._open = True

    @property
    def overdue(self) -> float:
        """From when on its worker's place may be given to another, whoever still reads."""
        return self.until + worker.GRACE_SECONDS

    def __iter__(self) -> Iterator[bytes]:
        """Yield the blocks in order, each about 64 kB but for the last."""
        while (block := self.next_block()) is not None:
            yield block

    def next_block(self, gone: Callable[[], bool] | None = None) -> bytes | None:
        """Return the next block, or None after the last."""
        if not self._open:
            return None
        try:
            content = self._next(worker.DATA, gone)
        except BaseException:
            self.close()
            raise
        if content is None:
            self._settle(healthy=True)
        return content

    def close(self) -> None:
        """Give the worker up; ends it unless the answer has come to its end."""
        self._settle(healthy=False)

    def __enter__(self) -> "Answer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def ask(self, query: Query, seconds: float, gone: Callable[[], bool] | None) -> None:
        """Send the query and read the header."""
        present = self._present()
        present.await_ready(gone)
        self.until = time.monotonic() + seconds
        present.send({**asdict(query), "seconds": seconds})
        header = self._next(worker.HEADER, gone)
        if header is None:
            raise WorkerDiedError("a query worker sent an answer without a header")
        content = json.loads(header)
        self.kind, self.format, self.columns = content["kind"], content["format"], content["columns"]

    def _next(self, wanted: bytes, gone: Callable[[], bool] | None) -> bytes | None:
        """Return the content of the next frame, None for the end."""
        kind, content = self._present().receive(self.until, gone)
        if kind == wanted:
            return content
        if kind == worker.END:
            return None
        if kind == worker.ERROR:
            raise self._said(json.loads(content))
        raise WorkerDiedError(Fault("a query worker sent a frame {kind} out of turn", values={"kind": kind}))

    def _said(self, error: Mapping[str, Any]) -> QueryError | UnavailableError:
        reason, message = error["reason"], error["message"]
        if reason == "memory":
            return _out_of_memory()
        if reason in ("syntax", "dataset", "format"):
            self._settle(healthy=True)
            return QueryError(reason, message, error.get("line"), error.get("column"), error.get("expected", ()))
        return WorkerDiedError(Fault("the store does not answer: {reason}", values={"reason": message}))

    def _present(self) -> Worker:
        if self.worker is None:
            raise WorkerDiedError("this answer has no worker")
        return self.worker

    def _settle(self, *, healthy: bool) -> None:
        if self._open:
            self._open = False
            self._pool.settle(self, healthy=healthy)


class Pool:
    """Runs queries, `size` at a time. For many threads at once."""

    def __init__(
        self, size: int, memory: int, *, wait_seconds: float = 2.0, queue: int = 1, queries_each: int = 1000
    ) -> None:
        """Make a pool of up to `size` workers whose queries may use `memory` MiB.

        Where all are busy, up to `queue` callers wait, `wait_seconds` at most. A worker is replaced after
        `queries_each` queries.
        """
        self.size = size
        self.memory = memory
        self.wait_seconds = wait_seconds
        self.queue = queue
        self.queries_each = queries_each
        self._changed = Condition()
        self._waiting = 0
        self._closed = False
        self._idle: list[Worker] = []
        self._running: set[Answer] = set()
        self._started = _Started()
        self._finalizer = weakref.finalize(self, self._started.end_all)

    def run(self, store: Path, query: Query, seconds: float, *, gone: Callable[[], bool] | None = None) -> Answer:
        """Return the answer of `query` over the store at `store` as soon as its header is known.

        The whole of it must have come `seconds` after the worker took it. `gone` is asked now and then whether whoever
        asked has left.

        Raises `QueryError` where the query is at fault, `BusyError`, `DeadlineError`, `QueryMemoryError`,
        `WorkerKilledError`, `WorkerDiedError`, `AbandonedError`, and `UnavailableError` where the store does not open.
        """
        answer = self._admit()
        try:
            answer.worker = self._worker(store)
            answer.ask(query, seconds, gone)
        except BaseException:
            answer.close()
            raise
        return answer

    def close(self) -> None:
        """End every worker; answers on their way break off."""
        with self._changed:
            self._closed = True
            idle, self._idle = self._idle, []
            running = [answer.worker for answer in self._running if answer.worker is not None]
            self._changed.notify_all()
        for present in idle:
            self._started.end(present)
        for present in running:  # their readers close the pipes
            present.kill()

    def pids(self) -> list[int]:
        """Return the process ids of the workers."""
        return self._started.pids()

    def settle(self, answer: Answer, *, healthy: bool) -> None:
        """Take back the worker of an answer that has ended; one that is not healthy is ended and replaced."""
        present = answer.worker
        if present is not None:
            present.answered += 1
            if not healthy or self._closed or present.answered >= self.queries_each:
                self._started.end(present)
                present = None if answer.worker is None or self._closed else self._replacement(answer.worker.store)
        with self._changed:
            counted = answer in self._running
            self._running.discard(answer)
            if present is not None and counted and not self._closed:
                self._idle.append(present)
                present = None
            self._changed.notify()
        if present is not None:  # its place was given to another already
            self._started.end(present)

    def _admit(self) -> Answer:
        """Return an answer to be, counted as running; raises `BusyError` where there is no place for it."""
        until = time.monotonic() + self.wait_seconds
        with self._changed:
            if len(self._running) >= self.size and not self._reclaim():
                if self._waiting >= self.queue:
                    raise _busy()
                self._waiting += 1
                try:
                    while len(self._running) >= self.size and not self._reclaim():
                        now = time.monotonic()
                        if now >= until:
                            raise _busy()
                        overdue = min(answer.overdue for answer in self._running)
                        self._changed.wait(max(0.001, min(until, overdue) - now))
                finally:
                    self._waiting -= 1
            if self._closed:
                raise _busy()
            answer = Answer(self, time.monotonic() + START_SECONDS)
            self._running.add(answer)
            return answer

    def _reclaim(self) -> bool:
        """Free the place of an answer whose time is over and whose reader dawdles; return whether there was one."""
        for answer in self._running:
            if answer.overdue < time.monotonic():
                self._running.discard(answer)
                if answer.worker is not None:
                    answer.worker.kill()
                return True
        return False

    def _worker(self, store: Path) -> Worker:
        """Return a live worker over `store`; idle ones over another store are ended."""
        with self._changed:
            useless = [idle for idle in self._idle if idle.store != store or not idle.is_alive()]
            self._idle = [idle for idle in self._idle if idle not in useless]
            present = self._idle.pop() if self._idle else None
        for idle in useless:
            self._started.end(idle)
        return present or self._started.start(store, self.memory)

    def _replacement(self, store: Path) -> Worker | None:
        try:
            return self._started.start(store, self.memory)
        except UnavailableError as error:  # the next query tries again, and its sender is told
            _log.warning("%s", error)
            return None


class _Started:
    """Every worker that runs, so that none outlives the pool."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._workers: set[Worker] = set()

    def start(self, store: Path, memory: int) -> Worker:
        started = Worker(store, memory)
        with self._lock:
            self._workers.add(started)
        return started

    def end(self, ended: Worker) -> None:
        with self._lock:
            self._workers.discard(ended)
        ended.end()

    def end_all(self) -> None:
        with self._lock:
            workers, self._workers = self._workers, set()
        for present in workers:
            present.end()

    def pids(self) -> list[int]:
        with self._lock:
            return sorted(present.pid for present in self._workers)


def _pipe(pipe: Any) -> Any:
    """Return one of the process's pipes; all three were asked for."""
    if pipe is None:
        raise AssertionError("a worker is started with three pipes")
    return pipe


def _busy() -> BusyError:
    return BusyError("every query worker is busy")


def _deadline() -> DeadlineError:
    return DeadlineError("the query was ended at its deadline")


def _out_of_memory() -> QueryMemoryError:
    return QueryMemoryError("the query needs more memory than a query may use")
