"""`make bench`: the endpoint side by side with `oxigraph serve-read-only`, in one run over the same million statements.

Requests per second are counted by wrk with 8 connections, which shares the machine with the server. Hostile queries
come from an address of their own, so they share nothing but the machine with the lookups beside them.
"""

import http.client
import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Final
from urllib.parse import quote

import click

from lienket.project import Project
from tests.bench import servers
from tests.bench.load import load, running
from tests.bench.processes import LIENKET, folder_of, peer
from tests.releases import BASE_IRI, make_project, publish_quads

PEER: Final = "oxigraph==0.5.13"
GRAPH: Final = f"<{BASE_IRI}dataset/permits>"
SETTINGS: Final = """
[limits]
query_seconds = 300
"""
HOSTILE: Final = (
    "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "SELECT ?c ?f { ?a ?b ?c . ?d ?e ?f } ORDER BY DESC(CONCAT(STR(?c), STR(?f)))",
    f"SELECT (COUNT(*) AS ?n) {{ ?a (<{BASE_IRI}ontology/ward>|^<{BASE_IRI}ontology/ward>)* ?b }}",
    "SELECT (MAX(CONCAT(STR(?c), STR(?f))) AS ?m) { ?a ?b ?c . ?d ?e ?f }",
)
DEADLINE: Final = 5
DESCRIBE: Final = f"DESCRIBE <{BASE_IRI}id/permit/%d>"
JOIN: Final = (
    f"PREFIX o: <{BASE_IRI}ontology/> SELECT (COUNT(*) AS ?n) {{ ?p o:ward <{BASE_IRI}id/ward/7> ; "
    f"o:kind <{BASE_IRI}id/kind/4> ; o:amount ?a FILTER(?a > %d) }}"
)


def permits(size: int) -> Iterator[str]:
    """Yield N-Quads: `size` permits of eight statements each; all lie in one hub, up to 100,000."""
    xsd = "http://www.w3.org/2001/XMLSchema#"
    for n in range(size):
        subject = f"<{BASE_IRI}id/permit/{n}>"
        for predicate, value in (
            ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", f"<{BASE_IRI}ontology/Permit>"),
            ("http://www.w3.org/2000/01/rdf-schema#label", f'"Giấy phép {n}"@vi'),
            (f"{BASE_IRI}ontology/ward", f"<{BASE_IRI}id/ward/{n % 45}>"),
            (f"{BASE_IRI}ontology/kind", f"<{BASE_IRI}id/kind/{n % 12}>"),
            (f"{BASE_IRI}ontology/amount", f'"{n * 7}"^^<{xsd}integer>'),
            (f"{BASE_IRI}ontology/issued", f'"2025-{n % 12 + 1:02}-{n % 28 + 1:02}"^^<{xsd}date>'),
            (f"{BASE_IRI}ontology/note", f'"Ghi chú số {n}"'),
        ):
            yield f"{subject} <{predicate}> {value} {GRAPH} .\n"
        if n < 100_000:
            yield f"{subject} <{BASE_IRI}ontology/hub> <{BASE_IRI}id/ward/hub> {GRAPH} .\n"
    yield f'<{BASE_IRI}id/ward/hub> <http://www.w3.org/2000/01/rdf-schema#label> "Hub"@vi {GRAPH} .\n'


def asked(port: int, path: str, accept: str = "text/html", source: str = "127.0.0.1") -> tuple[float, int]:
    """Return the seconds of one request from an address of this machine, and its status."""
    started = time.perf_counter()
    with closing(http.client.HTTPConnection("127.0.0.1", port, 60, source_address=(source, 0))) as connection:
        connection.request("GET", path, headers={"Accept": accept})
        answer = connection.getresponse()
        answer.read()
    return time.perf_counter() - started, answer.status


def sparql(query: str, **more: object) -> str:
    """Return the address of a query; %d stays what it is."""
    asks = "".join(f"&{name}={value}" for name, value in more.items())
    return "/sparql?query=" + quote(query).replace("%25d", "%d") + asks


def lookups(port: int, number: int, start: int) -> list[float]:
    """Return the milliseconds of so many lookups, one after the other."""
    found = [asked(port, sparql(DESCRIBE % (start + 17 * n)), "text/turtle") for n in range(number)]
    if {status for _, status in found} != {200}:
        raise SystemExit(f"lookups were answered {sorted({status for _, status in found})}")
    return sorted(1000 * seconds for seconds, _ in found)


def hostile(port: int) -> None:
    """Print what eight hostile queries do to the lookups of others, and how they end."""
    quiet = lookups(port, 200, 0)
    ends: list[tuple[float, int]] = []

    def attack(number: int) -> None:
        query = HOSTILE[number % len(HOSTILE)] + f" #{number}"
        ends.append(asked(port, sparql(query, timeout=DEADLINE), "text/csv", "127.0.0.9"))

    threads = [threading.Thread(target=attack, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    beside = lookups(port, 200, 10_000)
    for thread in threads:
        thread.join()
    late = max(seconds for seconds, _ in ends) - DEADLINE
    statuses = {status: sum(other == status for _, other in ends) for _, status in ends}
    before, during = quiet[int(0.95 * len(quiet))], beside[int(0.95 * len(beside))]
    click.echo("\n### 8 hostile queries at once\n\n| | p50 ms | p95 ms |\n|---|---|---|")
    click.echo(f"| lookups, quiet | {median(quiet):.1f} | {before:.1f} |")
    click.echo(f"| lookups beside them | {median(beside):.1f} | {during:.1f} |\n")
    click.echo(f"p95 × {during / before:.1f}; they ended with {statuses}, the last {late:+.2f} s after {DEADLINE} s")


def memory(pid: int) -> float:
    """Return the memory of a process and its descendants in MiB, shared pages counted once for each."""
    total, waiting = 0.0, [pid]
    while waiting:
        each = waiting.pop()
        try:
            found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{each}/status").read_text())
            tasks = list(Path(f"/proc/{each}/task").iterdir())
            waiting += [int(word) for task in tasks for word in (task / "children").read_text().split()]
        except OSError:
            continue
        total += int(found[1]) / 1024 if found else 0
    return total


def large(port: int, pid: int) -> None:
    """Print what a result of a gigabyte does to the server's memory."""
    before, most, size = memory(pid), 0.0, 0
    query = "SELECT * { VALUES ?n { 1 2 3 4 5 } ?a ?b ?c }"
    started = time.perf_counter()
    with closing(http.client.HTTPConnection("127.0.0.1", port, 60)) as connection:
        connection.request("GET", sparql(query), headers={"Accept": "application/sparql-results+json"})
        answer = connection.getresponse()
        while piece := answer.read(1 << 20):
            size += len(piece)
            if size % (50 << 20) < 1 << 20:
                most = max(most, memory(pid))
    seconds = time.perf_counter() - started
    click.echo(f"\n### One result of {size / 1e9:.2f} GB\n")
    click.echo(
        f"{seconds:.0f} s, {size / seconds / 1e6:.0f} MB/s; all processes {before:.0f} MiB before, {most:.0f} at most"
    )


def compare(ours: int, theirs: int, folder: Path) -> None:
    """Print requests per second of both servers."""
    click.echo(
        "\n### 8 connections\n\n| | lienket/s | p50 ms | p95 ms | oxigraph/s | of it |\n|---|---|---|---|---|---|"
    )
    for name, query, accept, different in (
        ("point DESCRIBE", DESCRIBE, "text/turtle", 120_000),
        ("the same, cached", DESCRIBE, "text/turtle", 1),
        ("join", JOIN, "text/csv", 100_000),
    ):
        mine = load(ours, sparql(query), accept, different, folder)
        other = load(theirs, sparql(query).replace("/sparql", "/query"), accept, different, folder)
        share = mine.rate / other.rate
        click.echo(
            f"| {name} | {mine.rate:,.0f} | {mine.middle:.1f} | {mine.most:.1f} | {other.rate:,.0f} | {share:.0%} |"
        )


def pages(port: int) -> None:
    """Print the median of pages that are not kept."""
    click.echo("\n### Pages, one after the other\n\n| | median ms |\n|---|---|")
    for name, path in (("a resource", "/doc/permit/%d.html"), ("100,000 incoming links", "/doc/ward/hub.html?n=%d")):
        found = [asked(port, path % n)[0] for n in range(60)][10:]
        click.echo(f"| {name} | {1000 * median(found):.1f} |")


def main() -> None:
    """Build both stores, serve them side by side, and print the tables in Markdown."""
    if shutil.which("wrk") is None:
        raise SystemExit("wrk counts the requests: apt-get install wrk")
    folder = folder_of("serving")
    size = int(os.environ.get("PERMITS", "125000"))
    lines = "".join(permits(size))
    project: Project = make_project(folder / "deployment", SETTINGS)
    publish_quads(project, lines)
    (folder / "all.nq").write_text(re.sub(r" <[^>]*> \.$", " .", lines, flags=re.MULTILINE), encoding="utf-8")
    program = peer(PEER).with_name("oxigraph")
    location: list[str | Path] = ["--location", folder / "peer"]
    subprocess.run([program, "load", *location, "--file", folder / "all.nq"], check=True, capture_output=True)
    ours, theirs = 8151, 8152
    with (
        running([LIENKET, "-C", project.root, "serve"], ours, folder / "lienket.log") as pid,
        running([program, "serve-read-only", *location, "--bind", f"127.0.0.1:{theirs}"], theirs, folder / "peer.log"),
    ):
        lookups(ours, 50, 0)
        compare(ours, theirs, folder)
        pages(ours)
        hostile(ours)
        large(ours, pid)
    servers.compare()


if __name__ == "__main__":
    main()
