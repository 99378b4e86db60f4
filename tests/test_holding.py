"""What is open is not dropped: neither the store that a query reads for long, nor the one that a server shows."""

import http.client
import os
import time
from contextlib import closing
from pathlib import Path

import pytest

from lienket.errors import UnavailableError
from lienket.releases import release
from lienket.releases.release import Release
from lienket.store import Store, unused

from . import timeline
from .test_faults import litter
from .test_serving import fetch, sparql
from .test_sparql import served, wait_until

KEEP_TWO = """
[releases]
keep = 2

[limits]
query_seconds = 60
query_workers = 3

[server]
processes = 1
threads = 2
"""
LONG = "SELECT * { ?a ?b ?c . ?d ?e ?f }"
"""Longer than what the pipes and sockets on its way hold: it runs for as long as its reader likes."""


def open_files(folder: Path) -> list[str]:
    """Return which processes have what open below a folder."""
    found = []
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            target = os.readlink(descriptor)
        except OSError:
            continue
        if target.startswith(str(folder)):
            found.append(f"{descriptor.parts[2]} {target}")
    return found


def test_a_store_is_unused_when_the_last_reader_has_gone(tmp_path: Path) -> None:
    Store.create(tmp_path / "store").close()
    one, other = (Store.open(tmp_path / "store") for _ in range(2))
    for reader in (one, other):
        with unused(tmp_path / "store") as free:
            assert not free
        assert reader.ask("ASK {}")
    del reader, one, other
    with unused(tmp_path / "store") as free:
        assert free
        (tmp_path / "store").rename(tmp_path / "aside")
    with pytest.raises(UnavailableError):
        Store.open(tmp_path / "store")
    with unused(tmp_path / "store") as free:
        assert free, "what is not there is read by nobody"


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="looks at files where the system lists them")
def test_what_a_long_query_reads_stays_until_its_end(tmp_path: Path) -> None:
    project = timeline.make(tmp_path, KEEP_TWO)
    first = timeline.publish(project, {str(n): f"Chợ {n}" for n in range(200)})
    with served(project) as found:
        address = found.removesuffix("/sparql")
        many = int(fetch(address, sparql("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", format="csv"))[2].split()[1])
        with closing(http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)) as connection:
            connection.request("GET", sparql(LONG), headers={"Accept": "text/csv"})
            answer = connection.getresponse()
            lines = answer.read(100_000).count(b"\n")
            for number in range(3):
                timeline.publish(project, {"1": f"Lần {number}"})
                assert fetch(address, sparql("ASK {}", format="csv", n=str(number)))[2] == b"true"
            assert first.path.is_dir(), "it is read"
            assert len(release.kept(project.var)) == 3, "and nothing else is kept beyond two"
            while piece := answer.read(1 << 20):
                lines += piece.count(b"\n")
        assert lines == many**2 + 1
        wait_until(lambda: not open_files(first.path))
        last = timeline.publish(project, {"1": "Cuối"})
        assert not first.path.exists()
        assert release.kept(project.var)[0] == last
        assert len(release.kept(project.var)) == 2
        assert litter(project.var) == set()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="looks at files where the system lists them")
def test_a_server_that_nobody_asks_lets_go_by_itself(tmp_path: Path) -> None:
    project = timeline.make(tmp_path, KEEP_TWO)
    first = timeline.publish(project, {"1": "Một"})
    with served(project) as found:
        address = found.removesuffix("/sparql")
        assert fetch(address, sparql("ASK {}"))[0] == 200
        assert fetch(address, "/doc/thing/1.ttl")[0] == 200
        assert open_files(first.path)
        timeline.publish(project, {"1": "Hai"})
        assert fetch(address, f"/doc/thing/1.ttl?release={first.id}")[0] == 200
        timeline.publish(project, {"1": "Ba"})
        wait_until(lambda: not open_files(first.path))
        started = time.monotonic()
        timeline.publish(project, {"1": "Bốn"})
        assert not first.path.exists()
        assert len(release.kept(project.var)) == 2
        assert Release.current(project.var).id in fetch(address, "/healthz")[2].decode()
        assert time.monotonic() - started < 20
