"""`make bench`: what releases cost, and what a switch does to those who read.

A deployment of ten tables is built in full, with one table changed in one row of a hundred, and with nothing changed.
The peer is `oxigraph load` alone, of the same statements: it maps, checks, dumps and indexes nothing.
"""

import gzip
import http.client
import os
import shutil
import socket
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from lienket.project import Project
from lienket.releases import release
from lienket.releases.release import Release
from tests.bench.processes import LIENKET, folder_of, peer, timed
from tests.deployments import ONTOLOGY, Row, write_dataset, write_deployment

PEER: Final = "oxigraph==0.5.13"
TABLES: Final = 10
QUADS_A_ROW: Final = 9
REQUESTS: Final = 10_000
READERS: Final = 4
SWITCHES: Final = 10

COLUMNS: Final = ("id", "name", "note", "ward", "issued", "amount", "area", "kind", "other")
TERMS: Final = ("note", "ward", "issued", "area", "kind", "other")
SHAPES: Final = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix ex: <https://data.example.org/ontology/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

<https://data.example.org/shapes/Thing> a sh:NodeShape ; sh:targetClass ex:Thing ;
    sh:property [ sh:path skos:prefLabel ; sh:minCount 1 ; sh:maxCount 1 ; sh:message "Một tên."@vi , "One name."@en ] ;
    sh:property [ sh:path ex:amount ; sh:datatype xsd:integer ; sh:minInclusive 0 ;
        sh:message "Số."@vi , "A number."@en ] ;
    sh:property [ sh:path ex:issued ; sh:minCount 1 ; sh:datatype xsd:date ; sh:message "Ngày."@vi , "A day."@en ] ;
    sh:property [ sh:path ex:ward ; sh:nodeKind sh:IRI ; sh:message "Một phường."@vi , "A ward."@en ] .
"""
RULES: Final = """
<#rows> a rml:TriplesMap ;
    rml:logicalSource [ rml:source [ a rml:RelativePathSource ; rml:root rml:MappingDirectory ; rml:path "{id}.csv" ] ;
        rml:referenceFormulation rml:CSV ] ;
    rml:subjectMap [ rml:template "id/thing/{{id}}" ; rml:class ex:Thing ] ;
    rml:predicateObjectMap
        [ rml:predicate skos:prefLabel ; rml:objectMap [ rml:reference "name" ; rml:language "vi" ] ] ,
        [ rml:predicate ex:note ; rml:objectMap [ rml:reference "note" ] ] ,
        [ rml:predicate ex:ward ; rml:objectMap [ rml:template "id/ward/{{ward}}" ] ] ,
        [ rml:predicate ex:issued ; rml:objectMap [ rml:reference "issued" ; rml:datatype xsd:date ] ] ,
        [ rml:predicate ex:amount ; rml:objectMap [ rml:reference "amount" ; rml:datatype xsd:integer ] ] ,
        [ rml:predicate ex:area ; rml:objectMap [ rml:reference "area" ; rml:datatype xsd:decimal ] ] ,
        [ rml:predicate ex:kind ; rml:objectMap [ rml:template "id/kind/{{kind}}" ] ] ,
        [ rml:predicate ex:other ; rml:objectMap [ rml:template "id/thing/{{other}}" ] ] .
"""


def rows(number: int, count: int, edition: int = 0) -> list[Row]:
    """Return the rows of a table; in a later edition one of a hundred has another note and another amount."""
    made: list[Row] = []
    for place in range(count):
        key = number * count + place
        changed = edition if place % 100 == 7 else 0
        made.append({
            "id": f"{key:08}", "name": f"Giấy phép Nguyễn Văn {key}", "note": f"Ghi chú số {key + changed}",
            "ward": str(19750 + key % 40), "issued": f"2025-{key % 12 + 1:02}-{key % 28 + 1:02}",
            "amount": str(key * 7 + changed), "area": f"{key % 977}.{key % 9 + 1}", "kind": f"k{key % 12}",
            "other": f"{max(key - 1, 0):08}",
        })  # fmt: skip
    return made


def deployment(folder: Path, quads: int) -> Project:
    """Write a deployment of ten tables that make so many quads."""
    project = write_deployment(folder)
    terms = (
        f'ex:{term} a owl:DatatypeProperty ; rdfs:label "{term}"@vi , "{term}"@en ; '
        f'skos:definition "{term}."@vi , "{term}."@en .\n'
        for term in TERMS
    )
    (folder / "ontology/o.ttl").write_text(ONTOLOGY + "".join(terms), encoding="utf-8")
    (folder / "shapes/s.ttl").write_text(SHAPES, encoding="utf-8")
    for number in range(TABLES):
        write_dataset(folder, f"t{number}", RULES, rows(number, quads // QUADS_A_ROW // TABLES), COLUMNS)
    return project


def loaded_alone(project: Project) -> tuple[float, float]:
    """Return what Oxigraph's own command takes for the statements of the current release."""
    folder = folder_of("oxigraph")
    with (folder / "all.nq").open("wb") as target:
        for dump in sorted(Release.current(project.var).dumps.glob("*.nq.gz")):
            with gzip.open(dump) as packed:
                shutil.copyfileobj(packed, target)
    command: list[str | Path] = [peer(PEER).with_name("oxigraph"), "load", "--location", "store", "--file", "all.nq"]
    taken = timed(command, folder)
    shutil.rmtree(folder)
    return taken


def builds(quads: int) -> None:
    """Measure the builds and print their table."""
    folder = folder_of("releases")
    project = deployment(folder, quads)
    command: list[str | Path] = [LIENKET, "build"]
    taken = {"full build, ten tables": timed(command, folder)}
    first = Release.current(project.var)
    taken["nothing changed"] = timed(command, folder)
    if Release.current(project.var) != first:
        raise SystemExit("nothing has changed, and there is a new release")
    write_dataset(folder, "t4", RULES, rows(4, quads // QUADS_A_ROW // TABLES, 1), COLUMNS)
    taken["one table of ten changed in 1 % of its rows"] = timed(command, folder)
    taken["rollback to the release before"] = timed([LIENKET, "rollback"], folder)
    taken[f"{PEER} load of the same statements"] = loaded_alone(project)
    full = taken["full build, ten tables"][0]
    click.echo(f"\n### {first.manifest['quads']:,} quads of {TABLES} tables\n")
    click.echo("| | s | MiB | times the full build |\n|---|---|---|---|")
    for name, (seconds, memory) in taken.items():
        click.echo(f"| {name} | {seconds:.2f} | {memory:,.0f} | {seconds / full:.3f} |")


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def served(project: Project) -> Iterator[int]:
    """Serve the current release; give the port."""
    port = free_port()
    with subprocess.Popen(
        [LIENKET, "-C", project.root, "serve", "--port", str(port)], stdout=subprocess.DEVNULL
    ) as server:
        while not answers(port):
            time.sleep(0.1)
        yield port
        server.terminate()


def answers(port: int) -> bool:
    """Tell whether the server answers."""
    try:
        return bool(ask(http.client.HTTPConnection("127.0.0.1", port, timeout=5), "/healthz")[0] == 200)
    except OSError:
        return False


def ask(connection: http.client.HTTPConnection, path: str) -> tuple[int, str | None]:
    """Return the status and the ETag of a page."""
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    return answer.status, answer.getheader("ETag")


class Readers:
    """Threads that read pages until all requests are made, and note when each was answered and how long it took."""

    def __init__(self, port: int, requests: int) -> None:
        self.port, self.requests = port, requests
        self.times: list[tuple[float, float]] = []
        self.failed = 0

    def run(self) -> None:
        """Read; returns at the end."""
        threads = [threading.Thread(target=self._read, args=(number,)) for number in range(READERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _read(self, number: int) -> None:
        for place in range(number, self.requests, READERS):
            started = time.perf_counter()
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            try:
                status, _ = ask(connection, f"/doc/thing/{place % 997:08}.ttl")
            except (OSError, http.client.HTTPException):
                status = 0
            finally:
                connection.close()
            self.failed += status != 200
            self.times.append((time.perf_counter(), time.perf_counter() - started))


def percentile(times: list[float]) -> float:
    """Return the 99th percentile, in milliseconds."""
    return statistics.quantiles(times, n=100)[98] * 1000


def switches(quads: int) -> None:
    """Measure what readers see of switches between two releases, and print the table."""
    folder = folder_of("switches")
    project = deployment(folder, quads)
    timed([LIENKET, "build"], folder)
    write_dataset(folder, "t0", RULES, rows(0, quads // QUADS_A_ROW // TABLES, 1), COLUMNS)
    timed([LIENKET, "build"], folder)
    changed = f"/doc/thing/{7:08}.ttl"
    with served(project) as port:
        calm = Readers(port, REQUESTS // 5)
        calm.run()
        busy = Readers(port, REQUESTS)
        reading = threading.Thread(target=busy.run)
        reading.start()
        pause = percentile([seconds for _, seconds in calm.times]) / 1000
        seen, moments = [], []
        for _ in range(SWITCHES):
            time.sleep(1 + pause)
            kept = release.kept(project.var)
            other = next(one for one in kept if one != Release.current(project.var))
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            before = ask(connection, changed)
            moments.append(time.perf_counter())
            release.switch(project.var, other)
            while ask(connection, changed) == before:
                time.sleep(0.01)
            seen.append(time.perf_counter() - moments[-1])
        reading.join()
    during = [
        took for ended, took in busy.times if any(ended - took < moment + 2 and moment < ended for moment in moments)
    ]
    click.echo(f"\n### {SWITCHES} switches under load, {len(busy.times):,} requests by {READERS} readers\n")
    click.echo("| | |\n|---|---|")
    click.echo(f"| failed requests | {busy.failed} |")
    click.echo(f"| a new release is seen after, at the longest | {max(seen):.2f} s |")
    click.echo(f"| p99 without a switch | {percentile([took for _, took in calm.times]):.0f} ms |")
    click.echo(f"| p99 in the two seconds from a switch on | {percentile(during):.0f} ms |")


def main() -> None:
    """Measure all and print tables in Markdown."""
    quads = int(os.environ.get("QUADS", "1000000"))
    builds(quads)
    switches(quads // 10)


if __name__ == "__main__":
    main()
