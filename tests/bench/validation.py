"""`make bench`: Liên Kết and pySHACL hold the same triples against the same shapes, in one run; and a large table.

What counts is the time from the start of the process to the finished report, and the most memory it held; the reports
have to hold the same results, one by one. Of the large table, mapping and validating are measured in one process.
"""

import json
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import click
import duckdb
import pyoxigraph as ox

from lienket.build.neighbours import changed_nodes, refers_to
from lienket.validation import read_shapes, tell, validate_relation
from tests.bench.mapping import OURS, PERMITS, PREFIXES, SOURCE, permits, triples_map
from tests.bench.processes import LIENKET, PYTHON, Run, folder_of, measure, peer

PEER: Final = "pyshacl==0.40.1"
SH: Final = "http://www.w3.org/ns/shacl#"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"

SHAPES: Final = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix ex: <http://example.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
ex:Shape a sh:NodeShape ; sh:targetClass ex:Permit ; sh:property ex:name, ex:ward, ex:issued, ex:amount, ex:number .
ex:name sh:path ex:hasName ; sh:minCount 1 ; sh:maxCount 1 ; sh:uniqueLang true ; sh:languageIn ( "vi" ) .
ex:ward sh:path ex:hasWard ; sh:minCount 1 ; sh:nodeKind sh:IRI ; sh:class ex:Ward .
ex:issued sh:path ex:wasIssued ; sh:minCount 1 ; sh:datatype xsd:date .
ex:amount sh:path ex:hasAmount ; sh:datatype xsd:integer ; sh:minInclusive 0 .
ex:number sh:path ex:hasNumber ; sh:maxCount 1 ; sh:minLength 5 ; sh:pattern "^GP-[0-9]+$" .
"""

TABLE_SHAPES: Final = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix ex: <http://example.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
ex:Shape a sh:NodeShape ; sh:targetClass ex:Permit ; sh:property
    [ sh:path ex:name ; sh:minCount 1 ; sh:maxCount 1 ; sh:pattern "^Giấy phép " ; sh:languageIn ( "vi" ) ] ,
    [ sh:path ex:ward ; sh:minCount 1 ; sh:maxCount 1 ; sh:class ex:Ward ] ,
    [ sh:path ex:issued ; sh:minCount 1 ; sh:maxCount 1 ; sh:datatype xsd:date ;
      sh:minInclusive "2020-01-01"^^xsd:date ] ,
    [ sh:path ex:amount ; sh:minCount 1 ; sh:maxCount 1 ; sh:datatype xsd:integer ; sh:minInclusive 0 ] ,
    [ sh:path ex:note ; sh:maxCount 1 ; sh:minLength 1 ; sh:maxLength 200 ] ,
    [ sh:path ex:longitude ; sh:maxCount 1 ; sh:datatype xsd:decimal ; sh:minInclusive 106.8 ; sh:maxInclusive 108.3 ] ,
    [ sh:path ex:latitude ; sh:maxCount 1 ; sh:datatype xsd:decimal ; sh:minInclusive 15.9 ; sh:maxInclusive 17 ] ,
    [ sh:path ex:kind ; sh:minCount 1 ; sh:maxCount 1 ; sh:in ( KINDS ) ] .
""".replace("KINDS", " ".join(f"<http://example.org/kind/k{number}>" for number in range(12)))

MAP_AND_VALIDATE: Final = """
import json, sys, time
from pathlib import Path
from lienket.mapping import map_rules, read_rules
from lienket.validation import read_shapes, read_triples, validate_relation
folder = Path.cwd()
times = [time.perf_counter()]
with map_rules([read_rules(folder / "ours.rml.ttl")], root=folder, language=None) as mapped:
    rows = mapped.write_nquads(folder / "ours.nq")
    times.append(time.perf_counter())
    context = "".join(read_triples([folder / "wards.ttl"]))
    report = validate_relation(mapped.connection, "quads", read_shapes([folder / "shapes.ttl"]), context, rows=rows,
                               records=mapped.records, scattered=mapped.scattered)
    times.append(time.perf_counter())
Path("times.json").write_text(json.dumps([len(report.results), times[1] - times[0], times[2] - times[1]]))
"""

TOWNS: Final = 20
TOWN: Final = """
    SELECT * FROM (SELECT '<http://example.org/{kind}/' || r || '>' AS subject, unnest([
        {{'predicate': '<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>', 'object': '<http://example.org/{class_}>'}},
        {{'predicate': '<http://example.org/name>', 'object': '"Tên ' || r || '"'}},
        {{'predicate': '<http://example.org/ward>', 'object': '<http://example.org/ward/' || r // 2 || '>'}}
    ], recursive := true) FROM range({first}, {last}) AS t(r))
"""
"""Rows of a dataset: wards, or permits in wards."""
TOWN_SHAPES: Final = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix ex: <http://example.org/> .
ex:WardShape a sh:NodeShape ; sh:targetClass ex:Ward ; sh:property [ sh:path ex:name ; sh:minCount 1 ] .
ex:Shape a sh:NodeShape ; sh:targetClass ex:Permit ; sh:property
    [ sh:path ex:name ; sh:minCount 1 ; sh:maxCount 1 ; sh:pattern "^Tên " ] ,
    [ sh:path ex:ward ; sh:minCount 1 ; sh:class ex:Ward ] .
"""


def triples(permits_: int) -> Iterator[str]:
    """Yield N-Triples of permits, six each; of a hundred permits one is faulty, in one of five ways."""

    def line(subject: str, predicate: str, object_: str) -> str:
        return f"<http://example.org/{subject}> <{predicate}> {object_} ."

    def ours(name: str) -> str:
        return f"http://example.org/{name}"

    type_ = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
    for ward in range(40):
        yield line(f"ward/{ward}", type_, f"<{ours('Ward')}>")
    for row in range(permits_):
        permit, fault = f"permit/{row}", row // 100 % 5 if row % 100 == 0 else None
        day = "2024-13-45" if fault == 2 else f"2024-{row % 9 + 1:02}-{row % 28 + 1:02}"
        yield line(permit, type_, f"<{ours('Permit')}>")
        if fault != 0:
            yield line(permit, ours("hasName"), f'"Giấy phép số {row}"@vi')
        yield line(permit, ours("hasWard"), f"<{ours('kind' if fault == 1 else 'ward')}/{row % 40}>")
        yield line(permit, ours("wasIssued"), f'"{day}"^^<{XSD}date>')
        yield line(permit, ours("hasAmount"), f'"{-5 if fault == 3 else row}"^^<{XSD}integer>')
        yield line(permit, ours("hasNumber"), '"XX"' if fault == 4 else f'"GP-{row:06}"')


def results(report: Path) -> Counter[tuple[str, ...]]:
    """Return the results of a report in Turtle: focus node, path, component, value."""
    found: dict[str, dict[str, str]] = {}
    for quad in ox.parse(path=str(report), format=ox.RdfFormat.TURTLE):
        found.setdefault(str(quad.subject), {})[quad.predicate.value] = str(quad.object)
    names = [SH + name for name in ("focusNode", "resultPath", "sourceConstraintComponent", "value")]
    return Counter(tuple(said.get(name, "") for name in names) for said in found.values() if names[0] in said)


def line_of(name: str, run: Run, ours: Run, further: str = "") -> str:
    """Return the line of a Markdown table about one run."""
    return f"| {name} | {run.seconds:.2f} | {run.memory:,.0f} | {run.seconds / ours.seconds:.1f} |{further}"


def against_peer(number: int) -> None:
    """Hold a file of so many triples against shapes, and let the peer do the same."""
    folder = folder_of("validation")
    with (folder / "data.nt").open("w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in triples(number // 6))
    (folder / "shapes.ttl").write_text(SHAPES, encoding="utf-8")
    ours = measure([LIENKET, "validate", "data.nt", "--shapes", "shapes.ttl", "-o", "ours.ttl"], folder, "ours.ttl",
                   code=1)  # fmt: skip
    command: list[str | Path] = [
        peer(PEER).with_name("pyshacl"),
        "-s",
        "shapes.ttl",
        "-sf",
        "turtle",
        "-df",
        "nt",
        "-f",
        "turtle",
    ]
    theirs = measure([*command, "-o", "theirs.ttl", "data.nt"], folder, "theirs.ttl", code=1)
    found, expected = results(folder / "ours.ttl"), results(folder / "theirs.ttl")
    if found != expected:
        raise SystemExit(f"{found.total()} results, and {PEER} has {expected.total()}; not all are the same")
    click.echo(f"\n### {number:,} triples in a file, {found.total():,} results\n")
    click.echo("| | s | MiB | times ours |\n|---|---|---|---|")
    click.echo(line_of("lienket validate", ours, ours))
    click.echo(line_of(PEER, theirs, ours))


def large_table(rows: int) -> None:
    """Map a table and hold the mapping's relation against eight property shapes, in one process."""
    folder = folder_of("validation")
    with (folder / "permits.csv").open("w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in permits(rows))
    rules = triples_map("permits", "permits.csv", PERMITS)
    rules = rules.replace("«permits.csv»", SOURCE.format(source=OURS.format(table="permits.csv")))
    (folder / "ours.rml.ttl").write_text(PREFIXES + rules, encoding="utf-8")
    (folder / "shapes.ttl").write_text(TABLE_SHAPES, encoding="utf-8")
    wards = (f"<http://example.org/ward/{19750 + ward}> a <http://example.org/Ward> ." for ward in range(40))
    (folder / "wards.ttl").write_text("\n".join(wards), encoding="utf-8")
    run = measure([PYTHON, "-c", MAP_AND_VALIDATE], folder, "ours.nq")
    number, mapping, validating = json.loads((folder / "times.json").read_text(encoding="utf-8"))
    click.echo(f"\n### {rows:,} rows × 9 columns, {run.lines:,} statements, 8 property shapes, {number:,} results\n")
    click.echo("| | s | times mapping |\n|---|---|---|")
    click.echo(f"| mapping | {mapping:.2f} | 1.0 |")
    click.echo(f"| validating | {validating:.2f} | {validating / mapping:.1f} |")
    click.echo(f"\nMost memory of both together: {run.memory:,.0f} MiB.")


def referring(rows: int) -> None:
    """Change one of twenty datasets, half of them wards and half permits in these; validate again what is concerned."""
    folder = folder_of("validation")
    (folder / "shapes.ttl").write_text(TOWN_SHAPES, encoding="utf-8")
    shapes = read_shapes([folder / "shapes.ttl"])
    connection = duckdb.connect(":memory:")
    ids = [f"{kind}s{number}" for number in range(TOWNS // 2) for kind in ("ward", "permit")]
    for number, name in enumerate(ids):
        first, kind = number // 2 * rows, name.rstrip("0123456789")[:-1]
        town = TOWN.format(kind=kind, class_=kind.title(), first=first, last=first + rows)
        connection.execute(f"CREATE TABLE {name} AS {town}")

        lines = f"SELECT concat_ws(' ', subject, predicate, object, '.') FROM {name} ORDER BY ALL"
        connection.execute(f"COPY ({lines}) TO '{folder / name}.nq' (FORMAT csv, HEADER false, QUOTE '', ESCAPE '')")

    def validated(names: Iterable[str]) -> float:
        started = time.perf_counter()
        for name in names:
            elsewhere = [path for other, path in before.items() if other != name]
            validate_relation(connection, name, shapes, elsewhere=elsewhere)
        return time.perf_counter() - started

    def told(name: str, path: Path) -> Path:
        tell(connection, name, shapes, path)
        return path

    before = {name: told(name, folder / f"{name}.nt") for name in ids}
    all_ = validated(ids)
    changed = "wards3"
    ward = f"<http://example.org/ward/{3 * rows}>"
    connection.execute(f"UPDATE {changed} SET object = '<http://example.org/Town>' "
                       f"WHERE subject = '{ward}' AND ends_with(predicate, '#type>')")  # fmt: skip
    started = time.perf_counter()
    nodes = changed_nodes(before, before | {changed: told(changed, folder / "after.nt")})
    others = (name for name in ids if name != changed)
    concerned = [changed, *(name for name in others if refers_to(folder / f"{name}.nq", nodes))]
    looked = time.perf_counter() - started
    again = looked + validated(concerned)
    click.echo(f"\n### {TOWNS} datasets of {rows:,} rows, one changed: {len(concerned)} concerned\n")
    click.echo("| | s | times all |\n|---|---|---|")
    click.echo(f"| all validated | {all_:.2f} | 1.00 |")
    click.echo(f"| who is concerned is looked up | {looked:.2f} | {looked / all_:.2f} |")
    click.echo(f"| and validated again | {again:.2f} | {again / all_:.2f} |")


def main() -> None:
    """Measure all and print a table of each, in Markdown."""
    against_peer(int(os.environ.get("TRIPLES", "500000")))
    large_table(int(os.environ.get("ROWS", "200000")))
    referring(20_000)


if __name__ == "__main__":
    main()
