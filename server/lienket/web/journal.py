"""What is written down of requests: the access log, the log of slow queries, and the figures at /metrics.

Lines are JSON. A query is told by its digest; its text stands in the slow log alone. A visitor's address is told as far
as `logs.addresses` allows. Figures: <https://prometheus.io/docs/instrumenting/exposition_formats/>.
"""

import ipaddress
import json
import logging
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any, Final

from flask import current_app, request

from lienket import __version__
from lienket.project import Project

NOTE: Final = "lienket.note"
"""In the WSGI environment: what the application tells of the request, by name."""

_EXTENSION: Final = "lienket.journal"
_PARTS: Final = ("catalog", "dataset", "doc", "dumps", "healthz", "id", "metrics", "ontology", "readyz", "search",
                 "sparql", "static", "void")  # fmt: skip
_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


@dataclass
class Entry:
    """One request and its answer."""

    method: str
    path: str
    address: str
    status: int = 500
    bytes: int = 0
    seconds: float = 0.0
    kept: bool = False
    """Whether the answer was at hand."""
    complete: bool = False
    note: dict[str, Any] = field(default_factory=dict)
    """`query`: the digest; `text`; `rows`; `outcome` of a query that has no answer."""

    @property
    def part(self) -> str:
        """First part of the path, where it is one of ours."""
        first = self.path.lstrip("/").partition("/")[0].partition(".")[0]
        return first if first in _PARTS else "" if not first else "other"


class Journal:
    """Writes down the requests of one web process."""

    def __init__(self, project: Project) -> None:
        # loaded here: where the figures of several processes are gathered stands in the environment by now
        from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, values

        self._addresses = project["logs.addresses"]
        self._slow_seconds = project["logs.slow_seconds"]
        self._access = _log("access", project.root, project["logs.access"])
        self._slow = _log("slow", project.root, project["logs.slow"])
        self._gathered = values.ValueClass.__name__ != "MutexValue"
        self._registry = REGISTRY if self._gathered else CollectorRegistry()
        kept = None if self._gathered else self._registry
        self._requests = Counter(
            "lienket_requests", "Requests answered", ("part", "method", "status"), registry=kept
        )  # fmt: skip
        self._seconds = Histogram(
            "lienket_request_seconds", "Time to the end of an answer", ("part",), registry=kept, buckets=_BUCKETS
        )
        self._bytes = Counter("lienket_sent_bytes", "Bytes of answers", ("part",), registry=kept)
        self._at_hand = Counter("lienket_kept_answers", "Answers that were at hand", registry=kept)
        self._failed = Counter("lienket_failed_queries", "Queries without an answer", ("outcome",), registry=kept)
        self._broken = Counter("lienket_broken_answers", "Answers that broke off", registry=kept)
        self.running = Gauge("lienket_queries", "Queries that run or wait", registry=kept, multiprocess_mode="livesum")

    def write(self, entry: Entry) -> None:
        """Write down one request."""
        method = entry.method if entry.method in ("GET", "HEAD", "POST", "QUERY", "OPTIONS") else "other"
        self._requests.labels(entry.part, method, entry.status).inc()
        self._seconds.labels(entry.part).observe(entry.seconds)
        self._bytes.labels(entry.part).inc(entry.bytes)
        if entry.kept:
            self._at_hand.inc()
        if not entry.complete:
            self._broken.inc()
        if "outcome" in entry.note:
            self._failed.labels(entry.note["outcome"]).inc()
        if self._access is not None:
            self._access.info(self._line(entry))
        if self._slow is not None and "query" in entry.note and entry.seconds >= self._slow_seconds:
            self._slow.info(self._line(entry, text=entry.note.get("text", "")))

    def figures(self) -> tuple[bytes, str]:
        """Return the figures of all web processes, and their content type."""
        from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        registry = self._registry
        if self._gathered:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry), CONTENT_TYPE_LATEST

    def _line(self, entry: Entry, **more: object) -> str:
        said: dict[str, object] = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "method": entry.method,
            "path": entry.path,
            "status": entry.status,
            "seconds": round(entry.seconds, 4),
            "bytes": entry.bytes,
            "kept": entry.kept,
            "complete": entry.complete,
            **{name: entry.note[name] for name in ("query", "rows", "outcome") if name in entry.note},
            **more,
            "version": __version__,
        }
        if self._addresses != "none":
            said["address"] = entry.address if self._addresses == "whole" else network(entry.address)
        return json.dumps(said, ensure_ascii=False)


def network(address: str) -> str:
    """Return the network of an address, which is not a person's: 24 bits of IPv4, 48 of IPv6; "" of anything else.

    >>> network("203.0.113.77"), network("2001:db8:1:2::3"), network("nowhere")
    ('203.0.113.0', '2001:db8:1::', '')
    """
    return _network(address, 24, 48)


@lru_cache(maxsize=1024)
def client(address: str) -> str:
    """Return who asks, as far as shares go: an address of IPv4, a network of 64 bits of IPv6."""
    return _network(address, 32, 64)


def note() -> dict[str, Any]:
    """Return what is told of the running request, to be added to."""
    told: dict[str, Any] = request.environ.setdefault(NOTE, {})
    return told


def journal() -> Journal:
    """Return the journal of the running app."""
    present: Journal = current_app.extensions[_EXTENSION]
    return present


def register(extensions: dict[str, Any], project: Project) -> Journal:
    """Put a journal among an app's extensions."""
    made = Journal(project)
    extensions[_EXTENSION] = made
    return made


def of(extensions: Mapping[str, Any]) -> Journal:
    """Return the journal among an app's extensions."""
    made: Journal = extensions[_EXTENSION]
    return made


def _network(address: str, four: int, six: int) -> str:
    with suppress(ValueError):
        known = ipaddress.ip_address(address)
        length = four if known.version == 4 else six
        return str(ipaddress.ip_network((known, length), strict=False).network_address)
    return ""


def _log(name: str, root: Path, file: str) -> logging.Logger | None:
    """Return a log that writes lines to a file of the deployment, or to standard output; None where none is wanted."""
    if not file:
        return None
    log = logging.Logger(f"lienket.{name}", logging.INFO)  # not among the process's loggers: it has its own ways
    if file == "-":
        handler: logging.Handler = logging.StreamHandler(sys.stdout)
    else:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = WatchedFileHandler(path, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.addHandler(handler)
    return log
