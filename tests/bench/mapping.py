"""`make bench`: one table mapped by Liên Kết and by morph-kgc, one after the other in the same run; prints a ratio.

The peer gets an environment of its own under var/bench, made at the first run. What counts is the time from the start
of the process to the finished N-Quads file, and the most memory it held. ROWS=1000000 make bench changes the size.
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import click

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "var" / "bench"
PEER = "morph-kgc==2.10.0"

MAPPING = """
@prefix rml: <http://w3id.org/rml/> .
@prefix ex: <http://example.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<#permits> a rml:TriplesMap ;
    rml:logicalSource [ rml:source {source} ; rml:referenceFormulation rml:CSV ] ;
    rml:subjectMap [ rml:template "http://example.org/permit/{{id}}" ; rml:class ex:Permit ] ;
    rml:predicateObjectMap
        [ rml:predicate ex:name ; rml:objectMap [ rml:reference "name" ; rml:language "vi" ] ] ,
        [ rml:predicate ex:ward ; rml:objectMap [ rml:template "http://example.org/ward/{{ward}}" ] ] ,
        [ rml:predicate ex:issued ; rml:objectMap [ rml:reference "issued" ; rml:datatype xsd:date ] ] ,
        [ rml:predicate ex:amount ; rml:objectMap [ rml:reference "amount" ; rml:datatype xsd:integer ] ] ,
        [ rml:predicate ex:note ; rml:objectMap [ rml:reference "note" ] ] ,
        [ rml:predicate ex:longitude ; rml:objectMap [ rml:reference "longitude" ; rml:datatype xsd:decimal ] ] ,
        [ rml:predicate ex:latitude ; rml:objectMap [ rml:reference "latitude" ; rml:datatype xsd:decimal ] ] ,
        [ rml:predicate ex:kind ; rml:objectMap [ rml:template "http://example.org/kind/{{kind}}" ] ] .
"""


@dataclass(frozen=True)
class Run:
    """What one process took: seconds, most memory in MiB, lines written."""

    seconds: float
    memory: float
    lines: int


def write_table(rows: int) -> None:
    """Write the table and both mappings."""
    with (FOLDER / "permits.csv").open("w", encoding="utf-8") as file:
        file.write("id,name,ward,issued,amount,note,longitude,latitude,kind\n")
        for row in range(rows):
            day = f"2025-{row % 12 + 1:02}-{row % 28 + 1:02}"
            file.write(
                f"{row},Giấy phép Nguyễn Văn {row},{19750 + row % 40},{day},{row * 7},"
                f"Ghi chú số {row},107.{row % 9999:04},16.{row % 9999:04},k{row % 12}\n"
            )
    (FOLDER / "ours.rml.ttl").write_text(
        MAPPING.format(source='[ a rml:RelativePathSource ; rml:path "permits.csv" ]'), encoding="utf-8"
    )
    (FOLDER / "theirs.rml.ttl").write_text(MAPPING.format(source='"permits.csv"'), encoding="utf-8")
    (FOLDER / "theirs.ini").write_text(
        "[CONFIGURATION]\noutput_file: theirs.nq\noutput_format: N-QUADS\n[data]\nmappings: theirs.rml.ttl\n"
    )


def peer() -> Path:
    """Return the Python of the peer's own environment."""
    python = FOLDER / "peer" / "bin" / "python"
    if not python.exists():
        uv = Path(sys.executable).with_name("uv")
        subprocess.run([uv, "venv", "--quiet", FOLDER / "peer"], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python, PEER], check=True)
    return python


def measure(command: list[str | Path], output: str) -> Run:
    """Run a command to its end and return what it took."""
    started = time.perf_counter()
    with subprocess.Popen(command, cwd=FOLDER, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if process.returncode:
        sys.exit(f"{command[0]} ended with {process.returncode}")
    with (FOLDER / output).open("rb") as file:
        lines = sum(1 for _ in file)
    return Run(seconds, usage.ru_maxrss / 1024, lines)


def main() -> None:
    """Measure both and print the table."""
    rows = int(os.environ.get("ROWS", "200000"))
    FOLDER.mkdir(parents=True, exist_ok=True)
    write_table(rows)
    lienket = Path(sys.executable).with_name("lienket")
    runs = {
        "lienket map": measure([lienket, "map", "ours.rml.ttl", "-o", "ours.nq"], "ours.nq"),
        PEER: measure([peer(), "-m", "morph_kgc", "theirs.ini"], "theirs.nq"),
    }
    ours, theirs = runs.values()
    click.echo(f"{rows:,} rows, {os.cpu_count()} cores")
    for name, run in runs.items():
        click.echo(f"{name:20} {run.seconds:7.2f} s {run.memory:7.0f} MiB {run.lines:>12,} lines")
    click.echo(f"ratio {theirs.seconds / ours.seconds:.1f} in time, {theirs.memory / ours.memory:.1f} in memory")
    if ours.lines != theirs.lines:
        sys.exit("the two did not write the same number of statements")


if __name__ == "__main__":
    main()
