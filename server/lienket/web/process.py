"""One worker process seen from here, and what can happen to a query in it.

A worker (`lienket.web.worker`) answers one query at a time over two pipes, and may be killed at any moment.
"""

import json
import logging
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from lienket.errors import Fault, InputError, UnavailableError
from lienket.web import worker

_log = logging.getLogger(__name__)

START_SECONDS: Final = 30.0
"""A worker that has not opened its store by then is given up."""

GONE_EVERY: Final = 0.25
"""Seconds between two looks whether whoever asked is still there."""

SLOW_SECONDS: Final = 1.0
"""A query that runs for longer goes on at the lowest priority, so that short ones of others stay short."""

_LOWEST: Final = 19
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
    """Every worker is busy, and as many wait already as may."""


class CrowdedError(UnavailableError):
    """Whoever asks has as many queries running and waiting as one client may."""


class DeadlineError(UnavailableError):
    """The query was ended at its deadline."""

    def __init__(self, *faults: Fault | str, waited: bool = False) -> None:
        super().__init__(*faults)
        self.waited = waited
        """Whether it was still waiting for a worker."""


class QueryMemoryError(UnavailableError):
    """The query wanted more memory than a query may use."""


class TooLargeError(UnavailableError):
    """The answer has more rows or bytes than an answer may have: `what` and `most` say which and how many."""

    def __init__(self, what: str, most: int) -> None:
        super().__init__(Fault("the answer has more than {most} {what}", values={"most": most, "what": what}))
        self.what = what
        self.most = most


class WorkerDiedError(UnavailableError):
    """The worker ended by itself in the middle of the query, or could not go on."""


class WorkerOverflowError(WorkerDiedError):
    """The worker went beyond memory of its own: as a rule its stack was too small for the query."""


class WorkerKilledError(WorkerDiedError):
    """The worker was ended from outside; the query is not at fault and may be sent again."""


class AbandonedError(UnavailableError):
    """Whoever asked is gone."""


class Worker:
    """One process, seen from here."""

    def __init__(self, store: Path, memory: int) -> None:
        """Start a worker over the store at `store`; its queries may use `memory` MiB. Does not wait for it.

        Raises `UnavailableError` where the system starts no more processes.
        """
        self.store = store
        self.answered = 0
        self.slow = False
        """Whether its query went on at the lowest priority, from which there is no way back."""
        self._asked = 0.0
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
        self._asked = time.monotonic()
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
        """Let the process end; its pipes stay open for whoever reads them."""
        self._process.kill()

    def end(self) -> None:
        """Let the process end and close its pipes."""
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            _pipe(pipe).close()

    def bury(self) -> None:
        """Wait until the process has ended: it gives its memory back at the priority it has, which takes its time."""
        self._process.wait()

    def _fill(self, length: int, until: float, gone: Callable[[], bool] | None) -> None:
        while len(self._buffer) < length:
            now = time.monotonic()
            if now >= until:
                raise deadline()
            if not self.slow and self._ready and now - self._asked > SLOW_SECONDS:
                self._step_back()
            if not self._poll.poll(1000 * min(until - now, GONE_EVERY)):
                if gone is not None and gone():
                    raise AbandonedError("whoever asked is gone")
                continue
            piece = os.read(self._answers, worker.BLOCK_BYTES)
            if not piece:
                raise self._cause()
            self._buffer += piece

    def _step_back(self) -> None:
        self.slow = True
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self.pid, _LOWEST)

    def _cause(self) -> UnavailableError:
        """Return what the worker died of."""
        try:
            code = self._process.wait(1)
        except subprocess.TimeoutExpired:  # it closed its pipes and lives
            self.kill()
            code = self._process.wait()
        if code == -signal.SIGALRM:
            return deadline()
        stderr = _pipe(self._process.stderr)
        last_words = os.read(stderr.fileno(), _STDERR_BYTES) if not stderr.closed else b""
        if b"memory allocation" in last_words or b"MemoryError" in last_words:
            return out_of_memory()
        if code in _ENDED_FROM_OUTSIDE:
            _log.error("query worker %d was ended from outside: %s", self.pid, code)
            return WorkerKilledError(Fault("a query worker was ended from outside, code {code}", values={"code": code}))
        lines = last_words.decode(errors="replace").strip().splitlines()
        _log.error("query worker %d ended with %s: %s", self.pid, code, lines[-1] if lines else "no word")
        kind = WorkerOverflowError if code == -signal.SIGSEGV else WorkerDiedError
        return kind(Fault("a query worker ended by itself, code {code}", values={"code": code}))


def _pipe(pipe: Any) -> Any:
    """Return one of the process's pipes; all three were asked for."""
    if pipe is None:
        raise AssertionError("a worker is started with three pipes")
    return pipe


def deadline() -> DeadlineError:
    """Return the error of a query that was ended in time."""
    return DeadlineError("the query was ended at its deadline")


def out_of_memory() -> QueryMemoryError:
    """Return the error of a query that reached its memory ceiling."""
    return QueryMemoryError("the query needs more memory than a query may use")
