"""Everything at once, for a while: memory, open files and processes stay as many as they were.

`SOAK_SECONDS=3600 pytest tests/test_soak.py` takes an hour; without it less than one. What may be gained does not grow
with the time, so that the longer a run, the smaller the leak that it finds.
"""

import math
import os
import re
import signal
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from statistics import linear_regression

import pytest

from lienket.project import Project
from lienket.releases import release
from tests import timeline
from tests.test_faults import litter
from tests.test_serving import fetch, raw, sparql
from tests.test_sparql import ENDLESS, HUGE, HUNGRY, served

SECONDS = float(os.environ.get("SOAK_SECONDS", "20"))
WARM = 9
"""Rounds before the first sample."""
MORE_MEMORY = 8.0
"""MiB that the line through the samples may rise from its beginning to its end."""
MORE_FILES = 4.0
SETTINGS = """
[releases]
keep = 3

[limits]
query_seconds = 1
query_memory = 128
query_workers = 3
client_queries = 6

[server]
processes = 1
threads = 2
"""


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="looks at processes where the system shows them")
def test_a_soak_leaves_memory_and_files_flat(tmp_path: Path) -> None:
    project = timeline.make(tmp_path, SETTINGS)
    publish(project, 0)
    with served(project) as found:
        address = found.removesuffix("/sparql")
        (server,) = (pid for pid in children(os.getpid(), deep=1) if is_web(pid, address))
        samples: list[tuple[float, float, float, float]] = []
        numbers = count()
        until = math.inf
        for round_ in count():
            for number in (next(numbers) for _ in range(12)):
                ask_everything(address, project, number)
            if round_ % 4 == 1:
                hang_up(address, ENDLESS, HUGE, HUNGRY)
            if round_ % 4 == 3:
                for worker in children(server):
                    os.kill(worker, signal.SIGKILL)
            if round_ % (2 if round_ < WARM else 6) == 1:
                publish(project, round_)
            if round_ == WARM:  # as many releases are kept and open, as many threads run as ever will
                until = time.monotonic() + SECONDS
            if round_ > WARM:
                samples.append((float(round_), *held(server)))
            if time.monotonic() > until and len(samples) > 12:
                break
        assert fetch(address, "/readyz")[0] == 200
        time.sleep(2)
        assert len(children(server)) <= 3
    assert len(release.kept(project.var)) <= 4
    assert litter(project.var) == set()
    for column, most in ((1, MORE_MEMORY), (2, MORE_FILES), (3, MORE_FILES)):
        assert gained(samples, column) < most, " ".join(str(round(sample[column])) for sample in samples)


def ask_everything(address: str, project: Project, number: int) -> None:
    """Send one request of each kind; what was sent before comes again after some hundred."""
    some = number * 7 % 300
    iri = f"<{timeline.BASE}id/thing/{some % 40}>"
    newest, *earlier = release.kept(project.var)
    for path, statuses in (
        (sparql(f"DESCRIBE {iri}"), {200}),
        (sparql(f"SELECT * {{ {iri} ?p ?o }} #{some}", format="csv"), {200}),
        (sparql(f"SELECT * {{ ?s ?p ?o }} LIMIT {some % 90 + 1} #{some}"), {200}),
        (sparql("SELECT {" + str(some)), {400}),
        (sparql(f"SELECT * {{ ?s ?p ?o }} #{some}", format="html"), {200}),
        (f"/doc/thing/{some % 40}.html?lang={'vi' if some % 2 else 'en'}", {200}),
        (f"/doc/thing/{some % 40}.ttl", {200}),
        (f"/doc/thing/{some % 40}.ttl?release={(earlier or [newest])[0].id}", {200, 404}),
        (f"/nowhere/{some}", {404}),
        (f"/search?q=so+{some}", {200}),
        ("/dataset/things", {200}),
        ("/dataset/things/changes", {200}),
        ("/timemap/link/doc/thing/1", {200}),
        ("/catalog.ttl", {200}),
        ("/dumps/things.nq.gz", {200}),
        ("/metrics", {200}),
    ):
        status = fetch(address, path)[0]
        assert status in statuses | {429, 503}, path
    body = f"ASK {{ {iri} ?p {some} }}".encode()
    head = "POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Type: application/sparql-query\r\nConnection: close\r\n"
    assert b" 200 " in raw(address, f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    raw(address, b"NO REQUEST\r\n\r\n")


def hang_up(address: str, *queries: str) -> None:
    """Ask and leave before the answer."""
    host, port = address.removeprefix("http://").split(":")
    for query in queries:
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(f"GET {sparql(query)} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            time.sleep(0.1)


def publish(project: Project, edition: int) -> None:
    timeline.publish(project, {str(n): f"Chợ số {n}, lần {edition if n % 5 == 0 else 0}" for n in range(40)})


def gained(samples: Sequence[tuple[float, ...]], column: int) -> float:
    """Return how far the line through a column of the samples rises."""
    times = [sample[0] for sample in samples]
    return linear_regression(times, [sample[column] for sample in samples]).slope * (times[-1] - times[0])


def children(pid: int, deep: int = 0) -> list[int]:
    """Return the processes that a process has started, and those that these have, so many levels more."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError):  # the thread has ended
            found += map(int, (task / "children").read_text().split())
    return found + [each for child in found if deep for each in children(child, deep - 1)]


def is_web(pid: int, address: str) -> bool:
    """Return whether a process is the web process (the child of the one that was started) behind an address."""
    command, environment = (Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "environ"))
    above = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    port = b"LIENKET_SERVER_PORT=" + address.rpartition(":")[2].encode() + b"\0"
    return port in environment and command == Path(f"/proc/{above}/cmdline").read_bytes()


def held(pid: int) -> tuple[float, float, float]:
    """Return the memory of a process in MiB, how many files it has open, and how many processes it has started."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) / 1024, len(list(Path(f"/proc/{pid}/fd").iterdir())), len(children(pid))
