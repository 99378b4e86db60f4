"""Mappings over files of every kind: how they are packed, encoded and written, and what is said where they are not."""

import bz2
import gzip
import io
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lienket import languages
from lienket.errors import Fault, InputError, RefusedError
from lienket.mapping import map_rules, read_rules

XSD = "http://www.w3.org/2001/XMLSchema#"
PREFIXES = """@prefix rml: <http://w3id.org/rml/> . @prefix rr: <http://www.w3.org/ns/r2rml#> .
@prefix old: <http://semweb.mmlab.be/ns/rml#> . @prefix ql: <http://semweb.mmlab.be/ns/ql#> .
@prefix d2rq: <http://www.wiwiss.fu-berlin.de/suhl/bizer/D2RQ/0.1#> . @prefix csvw: <http://www.w3.org/ns/csvw#> .
@prefix ex: <http://example.org/> .
"""


def values(folder: Path, source: str, references: Sequence[str] = ("v",), subject: str = "id", **how: Any) -> list[str]:
    """Map each reference to ex:p of a subject with the row's id; return the objects in N-Triples syntax."""
    maps = "".join(
        f"rml:predicateObjectMap [ rml:predicate ex:p{number} ; rml:objectMap [ rml:reference {name!r} ] ] ;\n"
        for number, name in enumerate(references)
    )
    (folder / "r.ttl").write_text(
        PREFIXES
        + f"ex:t a rml:TriplesMap ; {source}\n{maps}"
        + f"rml:subjectMap [ rml:template 'http://example.org/{{{subject}}}' ] .",
        encoding="utf-8",
    )
    with map_rules([read_rules(folder / "r.ttl")], root=folder, **{"language": None, **how}) as mapped:
        mapped.write_nquads(folder / "out.nq", sort=True)
        assert not [fault for fault in mapped.faults if fault.severity == "error"]
    with (folder / "out.nq").open(encoding="utf-8", newline="\n") as lines:
        return [line.split(" ", 2)[2].removesuffix(" .\n") for line in lines]


def refusal(folder: Path, source: str, **how: Any) -> tuple[Fault, ...]:
    with pytest.raises(InputError) as raised:
        values(folder, source, **how)
    return raised.value.faults


def test_legacy_rml(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text('{"x": [{"id": 1, "v": "a"}]}', encoding="utf-8")
    (tmp_path / "t.csv").write_text("id,v\n2,b\n", encoding="utf-8")
    json_ = "old:logicalSource [ old:source 't.json' ; old:referenceFormulation ql:JSONPath ; old:iterator '$.x[*]' ] ;"
    csv_ = "old:logicalSource [ old:source 't.csv' ; old:referenceFormulation ql:CSV ] ;"
    assert values(tmp_path, json_) == ['"a"']
    assert values(tmp_path, csv_) == ['"b"']


def packed(path: Path, kind: str, *contents: bytes) -> None:
    if kind == "gzip":
        path.write_bytes(gzip.compress(contents[0]))
    elif kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            for number, content in enumerate(contents):
                archive.writestr(f"../../{number}.csv", content)
    else:
        with tarfile.open(path, "w:gz" if kind == "targz" else "w:xz") as archive_:
            for number, content in enumerate(contents):
                info = tarfile.TarInfo(f"../../{number}.csv")
                info.size = len(content)
                archive_.addfile(info, io.BytesIO(content))


def file(path: str, more: str) -> str:
    return f"""rml:logicalSource [ rml:referenceFormulation rml:CSV ; rml:source [ a rml:FilePath ; rml:path '{path}' ;
        {more} ] ] ;"""


@pytest.mark.parametrize("kind", ["gzip", "zip", "targz", "tarxz"])
def test_packed_files(tmp_path: Path, kind: str) -> None:
    path = tmp_path / ("t.csv.gz" if kind == "gzip" else f"t.{kind}")
    packed(path, kind, b"id,v\n1,a\n")
    assert values(tmp_path, file(path.name, f"rml:compression rml:{kind}")) == ['"a"']
    path.write_bytes(bz2.compress(b"id,v\n1,a\n"))
    assert f"cannot be unpacked as {kind}" in str(refusal(tmp_path, file(path.name, f"rml:compression rml:{kind}"))[0])
    if kind != "gzip":
        packed(path, kind, b"id,v\n", b"id,v\n")
        assert "holds 2 files" in str(refusal(tmp_path, file(path.name, f"rml:compression rml:{kind}"))[0])


@pytest.mark.parametrize("kind", ["gzip", "zip", "targz", "tarxz"])
def test_packed_files_end_at_a_limit(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lienket.mapping.sources.files.UNPACKED_LIMIT", 5 << 20)
    path = tmp_path / ("t.csv.gz" if kind == "gzip" else f"t.{kind}")
    packed(path, kind, b"id,v\n1,a\n" + b"\n" * (4 << 20))
    assert values(tmp_path, file(path.name, f"rml:compression rml:{kind}")) == ['"a"']
    packed(path, kind, b"id,v\n1,a\n" + b"\n" * (8 << 20))
    (fault,) = refusal(tmp_path, file(path.name, f"rml:compression rml:{kind}"))
    assert str(fault).startswith(f"{path}: holds more than 0 GiB when unpacked")
    if kind == "zip":  # one that says it is small
        raw = path.read_bytes()
        path.write_bytes(raw.replace(((8 << 20) + 9).to_bytes(4, "little"), (9).to_bytes(4, "little")))
        assert refusal(tmp_path, file(path.name, f"rml:compression rml:{kind}"))


def test_workbooks_end_at_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "t.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", b" " * (3 << 20))
    assert "cannot be read as a workbook" in str(refusal(tmp_path, file("t.xlsx", ""))[0])
    monkeypatch.setattr("lienket.mapping.sources.files.WORKBOOK_LIMIT", 2 << 20)
    assert "holds more than 0 GiB" in str(refusal(tmp_path, file("t.xlsx", ""))[0])


def test_dialects(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("Tổng hợp\n# c\nid| v \n1|' a|b '\n\n# c\n2|\n", encoding="utf-8")
    dialect = """csvw:delimiter '|' ; csvw:quoteChar "'" ; csvw:commentPrefix '#' ; csvw:skipRows 1 ; csvw:trim true"""
    source = f"""rml:logicalSource [ rml:referenceFormulation rml:CSV ;
        rml:source [ a csvw:Table ; csvw:url 't.csv' ; csvw:null '' ; csvw:dialect [ {dialect} ] ] ] ;"""
    assert values(tmp_path, source) == ['"a|b"']
    (tmp_path / "t.csv").write_text("1;a\n", encoding="utf-8")
    with pytest.raises(InputError, match="the columns are: 1, 2"):
        values(tmp_path, source.replace(dialect, "csvw:delimiter ';' ; csvw:header false"))
    assert "that is not one character: ::" in str(refusal(tmp_path, source.replace("'|'", "'::'"))[0])


def test_web_addresses_are_read_from_copies(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,v\n1,a\n", encoding="utf-8")
    source = "rml:logicalSource [ rml:referenceFormulation rml:CSV ; rml:source 'https://x.vn/t.csv' ] ;"
    assert values(tmp_path, source, copies={"https://x.vn/t.csv": tmp_path / "t.csv"}) == ['"a"']
    with pytest.raises(RefusedError, match="put a copy here"):
        values(tmp_path, source)


PARQUET = """SELECT 1 :: TINYINT AS id, 12 :: UBIGINT AS n, 12.50 :: DECIMAL(9, 2) AS d, 0.1 :: FLOAT AS f,
    80.25 :: DOUBLE AS "Số đo", 'infinity' :: DOUBLE AS inf, true AS b, DATE '2025-07-01' AS day,
    TIMESTAMP '2025-07-01 07:30:00' AS t, TIMESTAMPTZ '2025-07-01 07:30:00+07' AS z, TIME '07:30:00' AS clock,
    'x' :: BLOB AS x, ' a"b ' AS "s'{0}; --", NULL :: INTEGER AS nothing, ['Huế', 'Đà Nẵng'] AS list,
    {'a': 1} AS struct"""


def parquet(path: Path, query: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")


def test_parquet_has_natural_datatypes(tmp_path: Path) -> None:
    parquet(tmp_path / "t.parquet", PARQUET)
    names = (
        "n",
        "d",
        "f",
        "Số đo",
        "inf",
        "b",
        "day",
        "t",
        "z",
        "clock",
        "x",
        "s'{0}; --",
        "nothing",
        "list",
        "struct",
    )
    found = values(tmp_path, file("t.parquet", ""), names)
    assert sorted(found) == sorted([
        f'"12"^^<{XSD}integer>', f'"12.50"^^<{XSD}decimal>', f'"1.0E-1"^^<{XSD}double>', f'"8.025E1"^^<{XSD}double>',
        f'"INF"^^<{XSD}double>', f'"true"^^<{XSD}boolean>', f'"2025-07-01"^^<{XSD}date>',
        f'"2025-07-01T07:30:00"^^<{XSD}dateTime>', f'"2025-07-01T00:30:00Z"^^<{XSD}dateTime>',
        f'"07:30:00"^^<{XSD}time>', f'"78"^^<{XSD}hexBinary>', '" a\\"b "', '"[\\"Huế\\",\\"Đà Nẵng\\"]"',
        '"{\\"a\\":1}"',
    ])  # fmt: skip


def test_parquet_is_read_as_any_table(tmp_path: Path) -> None:
    """Packed, with nulls, with a language; and what is wrong is said of a row that counts from 1."""
    parquet(
        tmp_path / "t [1].parquet", "SELECT i AS id, CASE i WHEN 2 THEN ' - ' ELSE ' xã  A' END AS v FROM range(3) t(i)"
    )
    (tmp_path / "t.parquet.gz").write_bytes(gzip.compress((tmp_path / "t [1].parquet").read_bytes()))
    for name, more in (("t [1].parquet", ""), ("t.parquet.gz", "rml:compression rml:gzip ;")):
        found = values(tmp_path, file(name, more + "rml:null ' - '"), language=languages.get("vi"))
        assert found == ['"xã A"', '"xã A"']
    missing = refusal(tmp_path, file("t [1].parquet", ""), references=["w"])
    assert "t [1].parquet: has no column w; the columns are: id, v" in str(missing[0])
    parquet(tmp_path / "t.parquet", "SELECT i AS id, CASE i WHEN 1 THEN 'một' ELSE '1' END AS v FROM range(3) t(i)")
    (tmp_path / "r.ttl").write_text(
        PREFIXES
        + """ex:t a rml:TriplesMap ; rml:logicalSource [ rml:source 't.parquet' ] ;
        rml:subjectMap [ rml:template 'http://example.org/{id}' ] ; rml:predicateObjectMap [ rml:predicate ex:p ;
        rml:objectMap [ rml:reference 'v' ; rml:datatype <http://www.w3.org/2001/XMLSchema#integer> ] ] ."""
    )
    with map_rules([read_rules(tmp_path / "r.ttl")], root=tmp_path, language=None) as mapped:
        (fault,) = mapped.faults
    assert (fault.row, fault.column, fault.text) == (2, "v", "một")


@pytest.mark.parametrize("content", [b"", b"PAR1", b"id,v\n1,a\n", b"PAR1" + b"\xff" * 100 + b"PAR1"])
def test_what_is_no_parquet_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.parquet").write_bytes(content)
    (fault,) = refusal(tmp_path, file("t.parquet", ""))
    assert str(fault).startswith(f"{tmp_path}/t.parquet: cannot be read as Parquet: ")
