"""`make bench`: tables mapped by Liên Kết and by morph-kgc, one after the other in the same run; prints the ratios.

What counts is the time from the start of the process to the finished N-Quads file, and the most memory it held. The
last line of each scenario is the limit: what DuckDB needs just to read the tables and to write as many bytes.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from tests.bench.processes import LIENKET, PYTHON, Run, folder_of, measure, peer

PEER: Final = "morph-kgc==2.10.0"

PREFIXES: Final = """
@prefix rml: <http://w3id.org/rml/> .
@prefix ex: <http://example.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
SOURCE: Final = "rml:logicalSource [ rml:source {source} ; rml:referenceFormulation rml:CSV ]"
OURS: Final = '[ a rml:RelativePathSource ; rml:path "{table}" ; rml:null "" ]'
THEIRS: Final = '"{table}"'

PERMITS: Final = """
    rml:subjectMap [ rml:template "http://example.org/permit/{id}" ; rml:class ex:Permit ] ;
    rml:predicateObjectMap
        [ rml:predicate ex:name ; rml:objectMap [ rml:reference "name" ; rml:language "vi" ] ] ,
        [ rml:predicate ex:ward ; rml:objectMap [ rml:template "http://example.org/ward/{ward}" ] ] ,
        [ rml:predicate ex:issued ; rml:objectMap [ rml:reference "issued" ; rml:datatype xsd:date ] ] ,
        [ rml:predicate ex:amount ; rml:objectMap [ rml:reference "amount" ; rml:datatype xsd:integer ] ] ,
        [ rml:predicate ex:note ; rml:objectMap [ rml:reference "note" ] ] ,
        [ rml:predicate ex:longitude ; rml:objectMap [ rml:reference "longitude" ; rml:datatype xsd:decimal ] ] ,
        [ rml:predicate ex:latitude ; rml:objectMap [ rml:reference "latitude" ; rml:datatype xsd:decimal ] ] ,
        [ rml:predicate ex:kind ; rml:objectMap [ rml:template "http://example.org/kind/{kind}" ] ] .
"""


@dataclass(frozen=True)
class Scenario:
    """Tables and rules over them."""

    title: str
    tables: dict[str, Callable[[], Iterator[str]]]
    """Lines by file name."""
    rules: str
    """Turtle, where `«table»` stands for the source of a triples map that reads this table."""
    against_peer: bool = True


def permits(rows: int, distinct: int | None = None) -> Iterator[str]:
    """Yield a table of nine columns; one cell of ten is empty in one of them. Beyond `distinct` rows come again."""
    yield "id,name,ward,issued,amount,note,longitude,latitude,kind"
    for place in range(rows):
        row = place % (distinct or rows)
        note = f"Ghi chú số {row}" if row % 10 else ""
        yield (
            f"{row},Giấy phép Nguyễn Văn {row},{19750 + row % 40},2025-{row % 12 + 1:02}-{row % 28 + 1:02},{row * 7},"
            f"{note},107.{row % 9999:04},16.{row % 9999:04},k{row % 12}"
        )


def pairs(rows: int, parents: int) -> Iterator[str]:
    """Yield a table of children, each with one of so many parents."""
    yield "id,parent,name"
    for row in range(rows):
        yield f"{row},{row % parents},Hộ số {row}"


def triples_map(name: str, table: str, rest: str) -> str:
    """Return a triples map in Turtle."""
    return f"<#{name}> a rml:TriplesMap ; «{table}» ; {rest}\n"


def join_rules() -> str:
    """Return rules that join a table of children with one of parents."""
    parent = 'rml:subjectMap [ rml:template "http://example.org/parent/{id}" ; rml:class ex:Parent ] .'
    child = """
    rml:subjectMap [ rml:template "http://example.org/child/{id}" ] ;
    rml:predicateObjectMap [ rml:predicate ex:parent ; rml:objectMap [ rml:parentTriplesMap <#parent> ;
        rml:joinCondition [ rml:child "parent" ; rml:parent "code" ] ] ] ."""
    return triples_map("parent", "parents.csv", parent) + triples_map("child", "children.csv", child)


def parents(rows: int, codes: int) -> Iterator[str]:
    """Yield a table of parents; several share a code where there are fewer codes than rows."""
    yield "id,code"
    for row in range(rows):
        yield f"{row},{row % codes}"


def twenty_rules() -> str:
    """Return twenty triples maps that all read one table, each with a predicate of its own."""
    columns = ["name", "ward", "issued", "amount", "note", "longitude", "latitude", "kind"]
    return "".join(
        triples_map(
            f"rule{number}", "permits.csv",
            f'rml:subjectMap [ rml:template "http://example.org/rule{number}/{{id}}" ] ; rml:predicateObjectMap '
            f'[ rml:predicate ex:p{number} ; rml:objectMap [ rml:reference "{columns[number % len(columns)]}" ] ] .',
        )
        for number in range(20)
    )  # fmt: skip


def scenarios(rows: int) -> list[Scenario]:
    """Return what is measured; `rows` is the size of the first table, the others follow it."""
    tenth = rows // 10
    one = triples_map("permits", "permits.csv", PERMITS)
    return [
        Scenario(f"{rows:,} rows × 9 columns", {"permits.csv": lambda: permits(rows)}, one),
        Scenario(f"{rows * 10:,} rows × 9 columns", {"permits.csv": lambda: permits(rows * 10)}, one,
                 against_peer=False),
        Scenario(f"{rows:,} rows, half of them twice", {"permits.csv": lambda: permits(rows, rows // 2)}, one),
        Scenario(f"join 1–1, {tenth:,} and {tenth:,} rows",
                 {"children.csv": lambda: pairs(tenth, tenth), "parents.csv": lambda: parents(tenth, tenth)},
                 join_rules()),
        Scenario(f"join 1–N, {tenth:,} and {tenth:,} rows",
                 {"children.csv": lambda: pairs(tenth, tenth // 10),
                  "parents.csv": lambda: parents(tenth, tenth // 10)}, join_rules()),
        Scenario(f"20 rules on one table of {tenth:,} rows", {"permits.csv": lambda: permits(tenth)}, twenty_rules()),
    ]  # fmt: skip


def write(scenario: Scenario, folder: Path) -> None:
    """Write the tables of a scenario, and its rules for both engines."""
    for name, lines in scenario.tables.items():
        with (folder / name).open("w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in lines())
    for engine, source in (("ours", OURS), ("theirs", THEIRS)):
        rules = scenario.rules
        for name in scenario.tables:
            rules = rules.replace(f"«{name}»", SOURCE.format(source=source.format(table=name)))
        (folder / f"{engine}.rml.ttl").write_text(PREFIXES + rules, encoding="utf-8")
    (folder / "theirs.ini").write_text(
        "[CONFIGURATION]\noutput_file: theirs.nq\noutput_format: N-QUADS\n[data]\nmappings: theirs.rml.ttl\n"
    )


LIMIT: Final = """
import sys, duckdb
tables, length, lines = sys.argv[1].split(), int(sys.argv[2]), int(sys.argv[3])
connection = duckdb.connect(config={"preserve_insertion_order": "false"})
for name in tables:
    connection.execute(f"CREATE TABLE \\"{name}\\" AS SELECT * FROM read_csv('{name}', all_varchar = true)")
text = f"repeat('x', {length // lines - 1})"
connection.execute(f"COPY (SELECT {text} FROM range({lines})) TO 'limit.nq' (FORMAT csv, HEADER false)")
"""


def limit(scenario: Scenario, run: Run, folder: Path) -> Run:
    """Measure what DuckDB needs to read the tables of a scenario and to write as many bytes in as many lines."""
    arguments = [" ".join(scenario.tables), str(run.size), str(run.lines)]
    return measure([PYTHON, "-c", LIMIT, *arguments], folder, "limit.nq")


def report(name: str, run: Run, rows: int, ours: Run) -> str:
    """Return the line of a Markdown table about one run."""
    cells = [
        name, f"{run.seconds:.2f}", f"{run.memory:,.0f}", f"{rows / run.seconds:,.0f}",
        f"{run.lines / run.seconds:,.0f}", f"{run.size / run.seconds / 1e6:,.0f}", f"{run.seconds / ours.seconds:.1f}",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure every scenario and print a table of each, in Markdown."""
    for scenario in scenarios(int(os.environ.get("ROWS", "200000"))):
        folder = folder_of("mapping")
        write(scenario, folder)
        rows = sum(sum(1 for _ in lines()) - 1 for lines in scenario.tables.values())
        ours = measure([LIENKET, "map", "ours.rml.ttl", "-o", "ours.nq"], folder, "ours.nq")
        runs = {"lienket": ours}
        if scenario.against_peer:
            runs[PEER] = measure([peer(PEER), "-m", "morph_kgc", "theirs.ini"], folder, "theirs.nq")
            if runs[PEER].lines != ours.lines:
                raise SystemExit(f"{scenario.title}: {ours.lines:,} statements, and the peer has {runs[PEER].lines:,}")
        runs["read and write alone"] = limit(scenario, ours, folder)
        click.echo(f"\n### {scenario.title}: {ours.lines:,} statements, {ours.size / 1e6:,.0f} MB\n")
        click.echo("| | s | MiB | rows/s | statements/s | MB/s | times ours |\n|---|---|---|---|---|---|---|")
        for name, run in runs.items():
            click.echo(report(name, run, rows, ours))


if __name__ == "__main__":
    main()
