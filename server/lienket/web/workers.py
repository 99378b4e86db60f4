"""A pool of query workers that can be killed: nothing else ends a query of pyoxigraph.

    pool.run(store, query, seconds)  ─▶  a place  ─▶  a worker  ─▶  Answer: header, blocks, end

A worker (`lienket.web.process`) answers one query at a time. It is killed at the query's deadline and when whoever
asked goes away before the end; a fresh one takes its place, also when another store is asked for. Nobody waits for the
dead: they are buried, and replaced, aside. Processes are started, never forked from a thread. Each web process has a
pool of its own; it starts nothing before the first query.
"""

import json
import logging
import time
import weakref
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Condition, Lock
from types import TracebackType
from typing import Any

from lienket.errors import Fault, UnavailableError
from lienket.web import worker
from lienket.web.process import (
    GONE_EVERY,
    AbandonedError,
    BusyError,
    CrowdedError,
    DeadlineError,
    QueryError,
    TooLargeError,
    Worker,
    WorkerDiedError,
    deadline,
    out_of_memory,
)

_log = logging.getLogger(__name__)


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
    most_rows: int | None = None
    """An answer with more rows or triples breaks off."""
    most_bytes: int | None = None
    """An answer that is longer breaks off."""


@dataclass(eq=False)
class _Turn:
    """One who waits."""

    client: str


class Answer:
    """An answer on its way: `kind`, `format` and `columns` are known, the blocks come by iteration.

    Iteration raises what `Pool.run` raises where the answer breaks off. `close()` before the end ends the worker.
    """

    def __init__(self, pool: "Pool", until: float, client: str) -> None:
        self.until = until
        """When the query's time is over (`time.monotonic`)."""
        self.client = client
        """Who asked."""
        self.worker: Worker | None = None
        self.rows: int | None = None
        """Rows, triples or the one boolean in it, once it has come to its end."""
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

    def ask(self, query: Query, gone: Callable[[], bool] | None) -> None:
        """Send the query and read the header."""
        present = self._present()
        present.await_ready(gone)
        seconds = self.until - time.monotonic()
        if seconds <= 0:
            raise deadline()
        present.send({**vars(query), "seconds": seconds})
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
            self.rows = json.loads(content)["rows"]
            return None
        if kind == worker.ERROR:
            raise self._said(json.loads(content))
        raise WorkerDiedError(Fault("a query worker sent a frame {kind} out of turn", values={"kind": kind}))

    def _said(self, error: Mapping[str, Any]) -> QueryError | UnavailableError:
        reason, message = error["reason"], error["message"]
        if reason == "memory":
            return out_of_memory()
        if reason in ("rows", "bytes"):
            return TooLargeError(reason, int(message))
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
    """Runs queries, `size` at a time, with fair shares for those who ask. For many threads at once."""

    def __init__(
        self, size: int, memory: int, *, queue: int = 1, each: int | None = None, queries_each: int = 10_000
    ) -> None:
        """Make a pool of up to `size` workers whose queries may use `memory` MiB.

        Where all are busy, up to `queue` callers wait, each until its deadline. One client may have `each` queries
        running and waiting (None: as many as there is room for); it never gets the last worker while it has others.
        A worker is replaced after `queries_each` queries.
        """
        self.size = size
        self.memory = memory
        self.queue = queue
        self.each = each
        self.queries_each = queries_each
        self._changed = Condition()
        self._waiting: list[_Turn] = []
        self._closed = False
        self._idle: list[Worker] = []
        self._running: set[Answer] = set()
        self._store: Path | None = None
        self._aside = ThreadPoolExecutor(1, "burial")
        self._started = _Started()
        self._finalizer = weakref.finalize(self, self._started.end_all)

    @property
    def running(self) -> int:
        """How many queries run."""
        return len(self._running)

    @property
    def waiting(self) -> int:
        """How many wait for a worker."""
        return len(self._waiting)

    def run(
        self, store: Path, query: Query, seconds: float, *, client: str = "", gone: Callable[[], bool] | None = None
    ) -> Answer:
        """Return the answer of `query` over the store at `store` as soon as its header is known.

        The whole of it must have come `seconds` from now. `client` is who asks, as far as shares go; `gone` is asked
        now and then whether whoever asked has left.

        Raises `QueryError` where the query is at fault, `BusyError`, `CrowdedError`, `DeadlineError`,
        `QueryMemoryError`, `TooLargeError`, `WorkerKilledError`, `WorkerDiedError`, `AbandonedError`, and
        `UnavailableError` where the store does not open.
        """
        answer = self._admit(client, time.monotonic() + seconds, gone)
        try:
            answer.worker = self._worker(store)
            answer.ask(query, gone)
        except BaseException:
            answer.close()
            raise
        return answer

    def follow(self, store: Path) -> None:
        """Let idle workers over any other store than `store` end; those that answer end with their answers."""
        with self._changed:
            useless = self._turn_to(store)
        for idle in useless:
            self._dismiss(idle)

    def has_share(self, client: str) -> bool:
        """Tell whether one more query of a client would be taken, as far as its share goes."""
        if self.each is None or not (self._running or self._waiting):
            return True
        with self._changed:
            return self._of(client) < self.each

    def close(self) -> None:
        """End every worker; answers on their way break off."""
        with self._changed:
            self._closed = True
            idle, self._idle = self._idle, []
            running = [answer.worker for answer in self._running if answer.worker is not None]
            self._changed.notify_all()
        for present in idle:
            self._dismiss(present)
        for present in running:  # their readers close the pipes
            present.kill()
        self._aside.shutdown()

    def pids(self) -> list[int]:
        """Return the process ids of the workers."""
        return self._started.pids()

    def settle(self, answer: Answer, *, healthy: bool) -> None:
        """Take back the worker of an answer that has ended; one that is not healthy is ended and replaced."""
        present = answer.worker
        with self._changed:
            counted = answer in self._running  # else its place was given to another already
            self._running.discard(answer)
            if present is not None and healthy and counted and self._may_go_on(present):
                self._idle.append(present)
                present = None
            self._changed.notify_all()
        if present is not None:
            self._dismiss(present, replace=True)

    def _may_go_on(self, present: Worker) -> bool:
        present.answered += 1
        if self._closed or present.slow or present.answered >= self.queries_each:
            return False
        return present.store == self._store

    def _dismiss(self, present: Worker, *, replace: bool = False) -> None:
        """End a worker that nobody reads any more; what takes time is done aside."""
        self._started.forget(present)
        present.end()
        try:
            self._aside.submit(self._bury, present, replace)
        except RuntimeError:  # the pool is closed
            self._bury(present, replace=False)

    def _bury(self, present: Worker, replace: bool) -> None:
        present.bury()
        if not replace or not self._has_room_for(present.store):
            return
        try:
            fresh = self._started.start(present.store, self.memory)
        except UnavailableError as error:  # the next query tries again, and its sender is told
            _log.warning("%s", error)
            return
        with self._changed:
            if self._has_room_for(fresh.store):
                self._idle.append(fresh)
                return
        self._dismiss(fresh)

    def _has_room_for(self, store: Path) -> bool:
        return not self._closed and store == self._store and len(self._idle) + len(self._running) < self.size

    def _admit(self, client: str, until: float, gone: Callable[[], bool] | None) -> Answer:
        """Return an answer to be, counted as running, as soon as it is its turn."""
        turn = _Turn(client)
        with self._changed:
            if self.each is not None and self._of(client) >= self.each:
                raise CrowdedError("one client has as many queries here as it may")
            self._waiting.append(turn)
            try:
                if self._next() is not turn and len(self._waiting) > self.queue:
                    raise BusyError("every query worker is busy")
                while self._next() is not turn:
                    self._await_change(until, gone)
                if self._closed:
                    raise BusyError("every query worker is busy")
                answer = Answer(self, until, client)
                self._running.add(answer)
            finally:
                self._waiting.remove(turn)
                self._changed.notify_all()
        return answer

    def _await_change(self, until: float, gone: Callable[[], bool] | None) -> None:
        """Wait for a moment; raises `DeadlineError` and `AbandonedError` for whoever waits in vain."""
        now = time.monotonic()
        if now >= until:
            raise DeadlineError("the query waited for a worker until its deadline", waited=True)
        if gone is not None and gone():
            raise AbandonedError("whoever asked is gone")
        overdue = min((answer.overdue for answer in self._running), default=until)
        self._changed.wait(max(0.001, min(until, overdue, now + GONE_EVERY) - now))

    def _next(self) -> "_Turn | None":
        """Return whose turn it is, None where there is no room: who has least running, and of these who came first."""
        if self._closed:
            return self._waiting[0]
        if len(self._running) >= self.size and not self._reclaim():
            return None
        running = Counter(answer.client for answer in self._running)
        share = max(1, self.size - 1)
        fair = [turn for turn in self._waiting if running[turn.client] < share]
        return min(fair, key=lambda turn: running[turn.client], default=None)

    def _of(self, client: str) -> int:
        clients = [*(answer.client for answer in self._running), *(turn.client for turn in self._waiting)]
        return clients.count(client)

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
            useless = self._turn_to(store)
            present = self._idle.pop() if self._idle else None
        for idle in useless:
            self._dismiss(idle)
        return present or self._started.start(store, self.memory)

    def _turn_to(self, store: Path) -> list[Worker]:
        """Make `store` the one to answer from; return the idle workers that are of no use for it any more."""
        self._store = store
        useless = [idle for idle in self._idle if idle.store != store or not idle.is_alive()]
        self._idle = [idle for idle in self._idle if idle not in useless]
        return useless


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

    def forget(self, ended: Worker) -> None:
        with self._lock:
            self._workers.discard(ended)

    def end_all(self) -> None:
        with self._lock:
            workers, self._workers = self._workers, set()
        for present in workers:
            present.end()
        for present in workers:
            present.bury()

    def pids(self) -> list[int]:
        with self._lock:
            return sorted(present.pid for present in self._workers)
