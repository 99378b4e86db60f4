"""What a mapping writes: every quad once, whatever comes twice, is empty or has to be escaped."""

import csv
import gzip
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from lienket.mapping import map_rules, read_rules

LIENKET = Path(sys.executable).with_name("lienket")
EX = "http://example.org/"
TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
INTEGER = NamedNode("http://www.w3.org/2001/XMLSchema#integer")

RULES = """
@prefix rml: <http://w3id.org/rml/> .
@prefix ex: <http://example.org/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<#thing> a rml:TriplesMap ;
    rml:logicalSource [ rml:source [ a rml:RelativePathSource ; rml:path "t.csv" ; rml:null "" ] ;
        rml:referenceFormulation rml:CSV ] ;
    rml:subjectMap [ rml:template "thing/{id}" ; rml:class ex:Thing ] ;
    rml:predicateObjectMap
        [ rml:predicate ex:name ; rml:objectMap [ rml:reference "name" ; rml:language "vi" ] ] ,
        [ rml:predicate ex:number ; rml:objectMap [ rml:reference "number" ; rml:datatype xsd:integer ] ] ,
        [ rml:predicate ex:pair ; rml:objectMap [ rml:template "{name}{number}" ; rml:termType rml:Literal ] ] ,
        [ rml:predicate ex:text ; rml:objectMap [ rml:reference "number" ] ] .
<#also> a rml:TriplesMap ;
    rml:logicalSource [ rml:source [ a rml:RelativePathSource ; rml:path "t.csv" ; rml:null "" ] ;
        rml:referenceFormulation rml:CSV ] ;
    rml:subjectMap [ rml:template "thing/{number}" ] ;
    rml:predicateObjectMap [ rml:predicate ex:text ; rml:objectMap [ rml:reference "name" ] ] ;
    rml:predicateObjectMap [ rml:predicate ex:same ; rml:objectMap [ rml:parentTriplesMap <#thing> ;
        rml:joinCondition [ rml:child "name" ; rml:parent "number" ] ] ] .
"""

CELL = st.sampled_from(["", "1", "2", "12", "x", "a b", 'a"b', "a\\b", "1,2", "đ"])
ROW = st.tuples(CELL, CELL, CELL)


def expected(rows: Iterable[tuple[str, str, str]]) -> set[Quad]:
    """Return what the rules say of rows (id, name, number), in the words of RML."""
    rows = list(rows)
    quads = set()

    def thing(key: str) -> NamedNode:
        kept = "".join(c if c.isalnum() else "".join(f"%{byte:02X}" for byte in c.encode()) for c in key)
        return NamedNode(f"{EX}thing/{kept}")

    for id_, name, number in rows:
        if id_:
            quads.add(Quad(thing(id_), TYPE, NamedNode(EX + "Thing")))
            if name:
                quads.add(Quad(thing(id_), NamedNode(EX + "name"), Literal(name, language="vi")))
            if number.isascii() and number.isdigit():
                quads.add(Quad(thing(id_), NamedNode(EX + "number"), Literal(number, datatype=INTEGER)))
            if number and name:
                quads.add(Quad(thing(id_), NamedNode(EX + "pair"), Literal(name + number)))
            if number:
                quads.add(Quad(thing(id_), NamedNode(EX + "text"), Literal(number)))
        if number:
            if name:
                quads.add(Quad(thing(number), NamedNode(EX + "text"), Literal(name)))
            for other, _, wanted in rows:
                if name and name == wanted and other:
                    quads.add(Quad(thing(number), NamedNode(EX + "same"), thing(other)))
    return quads


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ROW, max_size=6))
def test_every_quad_is_written_once(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]]) -> None:
    folder = tmp_path_factory.mktemp("writing")
    write_table(folder, rows)
    with map_rules([read_rules(folder / "t.rml.ttl", base_iri=EX)], root=folder, language=None) as mapped:
        plain, ordered = folder / "plain.nq", folder / "ordered.nq"
        numbers = mapped.write_nquads(plain), mapped.write_nquads(ordered, sort=True)
        seen = mapped.quads.project("subject || ' ' || predicate || ' ' || object || ' .'").distinct().fetchall()
    lines = ordered.read_text(encoding="utf-8").splitlines()
    assert sorted(plain.read_text(encoding="utf-8").splitlines()) == sorted(lines) == sorted(line for (line,) in seen)
    assert [line.encode() for line in lines] == sorted(line.encode() for line in lines)
    assert numbers == (len(lines), len(lines))
    quads = list(parse(path=str(ordered), format=RdfFormat.N_QUADS))
    assert set(quads) == expected(rows)
    assert len(quads) == len(set(quads)) == len(lines)


def write_table(folder: Path, rows: Iterable[tuple[str, ...]]) -> None:
    (folder / "t.rml.ttl").write_text(RULES, encoding="utf-8")
    with (folder / "t.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([("id", "name", "number"), *rows])


@pytest.mark.parametrize("name", ["out.nq", "out.nt", "out.nq.gz", "out.nt.zst"])
def test_the_name_of_the_file_says_what_is_written(tmp_path: Path, name: str) -> None:
    rows = [(str(number), f"Huế {number}", str(number)) for number in range(2000)]
    write_table(tmp_path, rows)
    for output in (name, "again-" + name):
        command: list[str | Path] = [LIENKET, "map", "t.rml.ttl", "-o", output, "--sort", "--memory", "100MB"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True)
        assert done.returncode == 0, done.stderr
    content = (tmp_path / name).read_bytes()
    assert content == (tmp_path / ("again-" + name)).read_bytes()
    if name.endswith(".gz"):
        content = gzip.decompress(content)
    elif name.endswith(".zst"):
        options = "compression = 'zstd', header = false, delim = '\x01', quote = '', columns = {'line': 'VARCHAR'}"
        lines = duckdb.execute(f"SELECT line FROM read_csv($1, {options})", [str(tmp_path / name)]).fetchall()
        content = "\n".join(line for (line,) in lines).encode()
    assert set(parse(content, format=RdfFormat.N_QUADS)) == expected(rows)


def test_other_names_and_amounts_are_refused(tmp_path: Path) -> None:
    write_table(tmp_path, [("1", "x", "2")])
    for arguments, words in (
        (["-o", "out.ttl"], "has to end with .nq"),
        (["-o", "out.nq", "--memory", "much"], "“much” is no amount of memory"),
    ):
        done = subprocess.run([LIENKET, "map", "t.rml.ttl", *arguments], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 1
        assert words in done.stderr
    rules = (tmp_path / "t.rml.ttl").read_text()
    (tmp_path / "t.rml.ttl").write_text(rules.replace("rml:class ex:Thing", "rml:class ex:Thing ; rml:graph ex:g"))
    done = subprocess.run([LIENKET, "map", "t.rml.ttl", "-o", "out.nt"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert "cannot hold the graphs" in done.stderr
    assert not (tmp_path / "out.nt").exists()
