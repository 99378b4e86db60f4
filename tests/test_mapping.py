"""Mapping: rules, tables, quads, and the faults that name a cell."""

import contextlib
import csv
import functools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import duckdb
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, parse

from lienket import languages
from lienket.datatypes import DATATYPES
from lienket.errors import Fault, InputError, RefusedError
from lienket.mapping import Cell, Mapped, map_rules, read_rules
from lienket.mapping.compile import TableKey, compile_rules
from lienket.mapping.functions import define, functions, macros
from lienket.mapping.knowledge import Knowledge
from lienket.mapping.program import Program
from lienket.mapping.rules import Reference, TemplateError, parse_template
from lienket.mapping.sources import Table
from lienket.mapping.terms import IUNRESERVED, is_iri
from lienket.vocabulary import GREL, IDLAB_FUNCTION, LIENKET_FUNCTION, XSD

BASE = "https://data.example.org/"
PREFIXES = f"""@prefix rml: <http://w3id.org/rml/> . @prefix xsd: <{XSD}> . @prefix ex: <http://example.org/> .
@prefix lk: <https://w3id.org/lienket/function#> .
"""
VIETNAMESE = languages.get("vi")
SOME = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def quoted(text: str) -> str:
    """Return a string of Turtle."""
    return json.dumps(text, ensure_ascii=False)


def source(path: str, formulation: str = "CSV", iterator: str | None = None) -> str:
    iterated = f"rml:iterator {quoted(iterator)} ;" if iterator else ""
    return f"""rml:logicalSource [ rml:referenceFormulation rml:{formulation} ; {iterated}
        rml:source [ a rml:RelativePathSource ; rml:root rml:MappingDirectory ; rml:path {quoted(path)} ] ] ;"""


def called(function: str, **inputs: str) -> str:
    given_ = {LIENKET_FUNCTION + name: column for name, column in inputs.items()}
    return executed(LIENKET_FUNCTION + function, **given_)


def executed(function: str, **inputs: str) -> str:
    given_ = "".join(
        f" ; rml:input [ rml:parameter <{name}> ; rml:inputValueMap [ rml:reference {quoted(column)} ] ]"
        for name, column in inputs.items()
    )
    return f"rml:functionExecution [ rml:function <{function}>{given_} ]"


def triples_map(
    objects: Mapping[str, str], *, path: str = "t.csv", subject: str = 'rml:template "id/{id}"', name: str = "t",
    more: str = "", **of_source: Any,
) -> str:  # fmt: skip
    maps = "".join(
        f"rml:predicateObjectMap [ rml:predicate {predicate} ; rml:objectMap [ {object_} ] ] ;\n"
        for predicate, object_ in objects.items()
    )
    return f"<#{name}> a rml:TriplesMap ; {source(path, **of_source)}\n{maps}rml:subjectMap [ {subject} ] {more}.\n"


class Workshop:
    """A folder with tables and rules."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def table(self, rows: Sequence[Sequence[str]], name: str = "t.csv") -> None:
        with (self.folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)

    def rules(self, *texts: str) -> Path:
        path = self.folder / "rules.rml.ttl"
        path.write_text(PREFIXES + "".join(texts), encoding="utf-8")
        return path

    def run(self, *texts: str, **how: Any) -> Mapped:
        how = {"root": self.folder, "language": None, **how}
        return map_rules([read_rules(self.rules(*texts), base_iri=BASE)], **how)

    def quads(self, *texts: str, **how: Any) -> set[Quad]:
        with self.run(*texts, **how) as mapped:
            assert not mapped.faults
            number = mapped.write_nquads(self.folder / "out.nq")
            quads = list(parse(path=str(self.folder / "out.nq"), format=RdfFormat.N_QUADS))
            assert len(quads) == number == len(set(quads))
            return set(quads)

    def refusal(self, *texts: str, **how: Any) -> tuple[Fault, ...]:
        with pytest.raises(InputError) as raised:
            self.run(*texts, **how).close()
        return raised.value.faults


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def triple(subject: str, predicate: str, object_: Any, graph: str | None = None) -> Quad:
    terms = (NamedNode(BASE + subject), NamedNode("http://example.org/" + predicate), object_)
    return Quad(*terms, NamedNode(graph)) if graph else Quad(*terms)


# Terms


def test_a_table_becomes_quads(workshop: Workshop) -> None:
    workshop.table([["id", "Tên", "Số dân"], ["1", "Huế", "6"], ["2", "Phú Lộc", "7"]])
    quads = workshop.quads(
        triples_map(
            {
                "ex:name": 'rml:reference "Tên" ; rml:language "vi"',
                "ex:people": 'rml:reference "Số dân" ; rml:datatype xsd:integer',
                "ex:page": 'rml:template "trang/{Tên}"',
                "ex:blank": 'rml:reference "Tên" ; rml:termType rml:BlankNode',
            }
        )
    )
    named = {quad for quad in quads if quad.predicate.value != "http://example.org/blank"}
    assert named == {
        triple("id/1", "name", Literal("Huế", language="vi")),
        triple("id/1", "people", Literal("6", datatype=NamedNode(XSD + "integer"))),
        triple("id/1", "page", NamedNode(BASE + "trang/Huế")),
        triple("id/2", "name", Literal("Phú Lộc", language="vi")),
        triple("id/2", "people", Literal("7", datatype=NamedNode(XSD + "integer"))),
        triple("id/2", "page", NamedNode(BASE + "trang/Phú%20Lộc")),
    }
    assert len({quad.object for quad in quads if isinstance(quad.object, BlankNode)}) == 2


def test_without_a_language_an_empty_cell_is_an_empty_text(workshop: Workshop) -> None:
    workshop.table([["id", "a"], ["1", ""]])
    rules = triples_map({"ex:a": 'rml:reference "a"'})
    assert workshop.quads(rules) == {triple("id/1", "a", Literal(""))}
    assert workshop.quads(rules, language=VIETNAMESE) == set()


def test_with_a_language_text_is_cleaned_and_quoted_as_typed(workshop: Workshop) -> None:
    workshop.table([["id", "Tên "], ["1", "  Kie\u0302\u0301n\u00a0trúc "], ["2", " 31/02/2025 "]])
    rules = triples_map({"ex:name": 'rml:reference "Tên"', "ex:date": called("date", text="Tên")})
    with workshop.run(rules, language=VIETNAMESE) as mapped:
        objects = mapped.quads.filter("predicate = '<http://example.org/name>'").order("row").fetchall()
        assert [row[5] for row in objects] == ['"Kiến trúc"', '"31/02/2025"']
        assert [(fault.row, fault.column, fault.text) for fault in mapped.faults] == [
            (2, "Tên", "  Kie\u0302\u0301n\u00a0trúc "),
            (3, "Tên", " 31/02/2025 "),
        ]
        assert VIETNAMESE.say(mapped.faults[1]).endswith(
            "hàng 3, cột Tên: “ 31/02/2025 ” không phải ngày có thật viết theo thứ tự ngày, tháng, năm, ví dụ 1/7/2025"
        )


def test_a_graph_takes_what_would_go_into_the_default_graph(workshop: Workshop) -> None:
    workshop.table([["id"], ["1"]])
    rules = (
        triples_map({"ex:a": 'rml:reference "id"'}),
        triples_map({"ex:b": 'rml:reference "id"'}, name="u", subject='rml:template "id/{id}" ; rml:graph ex:g'),
    )
    assert workshop.quads(*rules, graph=BASE + "dataset/x") == {
        triple("id/1", "a", Literal("1"), BASE + "dataset/x"),
        triple("id/1", "b", Literal("1"), "http://example.org/g"),
    }


def test_joins_take_the_subjects_of_another_table(workshop: Workshop) -> None:
    workshop.table([["id", "unit"], ["1", "a"], ["2", "b"], ["3", "z"]])
    workshop.table([["code", "id"], ["a", "10"], ["b", "20"], ["b", "21"]], "units.csv")
    joined = '[ rml:parentTriplesMap <#u> ; rml:joinCondition [ rml:child "unit" ; rml:parent "code" ] ]'
    rules = (
        triples_map({}, more=f"; rml:predicateObjectMap [ rml:predicate ex:in ; rml:objectMap {joined} ]"),
        triples_map({}, path="units.csv", subject='rml:template "unit/{id}"', name="u"),
    )
    assert workshop.quads(*rules) == {
        triple(f"id/{a}", "in", NamedNode(f"{BASE}unit/{b}")) for a, b in ((1, 10), (2, 20), (2, 21))
    }
    with workshop.run(*rules) as mapped:
        cell = Cell(mapped.tables[0].file, None, 3, "unit", "b")
        assert mapped.locate(BASE + "id/2", "http://example.org/in") == (cell,)


def test_a_table_is_loaded_once_for_all_rules(workshop: Workshop) -> None:
    workshop.table([["id", "a", "b"], ["1", "x", "y"]])
    rules = [triples_map({f"ex:{name}": f'rml:reference "{name}"'}, name=name) for name in "ab"]
    with workshop.run(*rules) as mapped:
        assert [(Path(table.file).name, table.header, table.rows) for table in mapped.tables] == [
            ("t.csv", ("id", "a", "b"), 1)
        ]


def test_equal_quads_are_written_once_and_sorted_on_request(workshop: Workshop) -> None:
    workshop.table([["id", "a"], ["2", "x"], ["1", "x"], ["1", "x"], ["1", "y"]])
    rules = triples_map({"ex:a": 'rml:reference "a"'})
    assert workshop.quads(rules) == {
        triple("id/1", "a", Literal("x")), triple("id/1", "a", Literal("y")), triple("id/2", "a", Literal("x"))
    }  # fmt: skip
    with workshop.run(rules) as mapped:
        assert mapped.write_nquads(workshop.folder / "sorted.nq", sort=True) == 3
    lines = (workshop.folder / "sorted.nq").read_text().splitlines()
    assert lines == sorted(lines)


def test_json_values_keep_their_natural_datatypes(workshop: Workshop) -> None:
    items = [{"id": 1, "v": [True, 1.5, 12345678901234567890123, "1e3", None, -0.25]}, {"id": 2, "v": [1e22]}]
    (workshop.folder / "t.json").write_text(json.dumps({"a b": items}))
    quads = workshop.quads(
        triples_map({"ex:v": 'rml:reference "$.v[*]"'}, path="t.json", subject='rml:template "id/{$.id}"',
                    formulation="JSONPath", iterator="$['a b'][*]")
    )  # fmt: skip
    assert quads == {
        triple("id/1", "v", Literal("true", datatype=NamedNode(XSD + "boolean"))),
        triple("id/1", "v", Literal("1.5E0", datatype=NamedNode(XSD + "double"))),
        triple("id/1", "v", Literal("12345678901234567890123", datatype=NamedNode(XSD + "integer"))),
        triple("id/1", "v", Literal("1e3")),
        triple("id/1", "v", Literal("-2.5E-1", datatype=NamedNode(XSD + "double"))),
        triple("id/2", "v", Literal("1.0E22", datatype=NamedNode(XSD + "double"))),
    }


# Tables


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("blank", [False, True])
def test_rows_have_the_numbers_that_a_spreadsheet_shows(workshop: Workshop, end: str, blank: bool) -> None:
    lines = ['id,"a\nb"' if blank else "id,a", '1,"x\ny"', *([""] * blank), "2,y", '3,"z""z"', "", ""]
    (workshop.folder / "t.csv").write_text(end.join(lines), encoding="utf-8", newline="")
    column = quoted("a\nb" if blank else "a")
    with workshop.run(triples_map({"ex:a": f"rml:reference {column}"})) as mapped:
        rows = mapped.quads.project("row, subject, object").order("row").fetchall()
    gap = int(blank)
    assert rows == [
        (2, f"<{BASE}id/1>", '"x\\ny"'), (3 + gap, f"<{BASE}id/2>", '"y"'), (4 + gap, f"<{BASE}id/3>", '"z\\"z"'),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", b"\xef\xbb\xbfid;T\xc3\xaan\r\n1;a,b\r\n"),
        ("t.tsv", "id\tTên\n1\ta,b\n".encode()),
        ("t.csv", "id;Tên\r\n1;a,b\r\n".encode("utf-16")),
        ("t.csv", 'id,Tên,,\n1,"a,b",,,\n'.encode()),
        ("t.csv", "Danh sách cơ sở, năm 2025\n\nid;Tên\n1;a,b\n".encode()),
        ("t.csv", "id|Tên\n1|a,b".encode()),
    ],
)
def test_tables_come_as_spreadsheet_programs_save_them(workshop: Workshop, name: str, content: bytes) -> None:
    (workshop.folder / name).write_bytes(content)
    assert workshop.quads(triples_map({"ex:a": 'rml:reference "Tên"'}, path=name)) == {
        triple("id/1", "a", Literal("a,b"))
    }


def test_workbooks_have_titles_above_headers_and_typed_cells(workshop: Workshop) -> None:
    book = openpyxl.Workbook()
    book.active.append(["BẢNG TỔNG HỢP"])  # type: ignore[union-attr]
    sheet = book.create_sheet("Số liệu")
    for row in (
        ["Danh sách cơ sở"], [], ["id", "Tên"], [1, "a"], [], [2, 16.5], [3, 6.794], [4, date(2025, 7, 1)],
        [5, datetime(2025, 7, 1, 10, 55)], [6, time(7, 30)], [7, True],
    ):  # fmt: skip
        sheet.append(row)
    book.save(workshop.folder / "t.xlsx")
    rules = triples_map({"ex:a": 'rml:reference "Tên"'}, path="t.xlsx", iterator="Số liệu")
    with workshop.run(rules, language=VIETNAMESE) as mapped:
        assert mapped.quads.project("row, object").order("row").fetchall() == [
            (4, '"a"'), (6, '"16.5"'), (7, '"6.7940"'), (8, '"2025-07-01"'), (9, '"2025-07-01T10:55:00"'),
            (10, '"07:30:00"'), (11, '"true"'),
        ]  # fmt: skip
        assert mapped.tables[0].sheet == "Số liệu"
        assert mapped.locate(f"{BASE}id/3", "http://example.org/a")[0].row == 7
    (fault,) = workshop.refusal(triples_map({}, path="t.xlsx", iterator="Trang 9"))
    assert str(fault).endswith("has no sheet Trang 9; the sheets are Sheet, Số liệu")


def test_a_missing_column_is_named_with_those_that_exist(workshop: Workshop) -> None:
    workshop.table([["id", "Tên", "Ghi chú", "Ghi chú"], ["1", "x", "", ""]])
    faults = workshop.refusal(
        triples_map({"ex:a": 'rml:reference "Ten"', "ex:b": 'rml:reference "Ghi chú"', "ex:c": 'rml:reference "Tuổi"'})
    )
    assert sorted(str(fault).partition(": ")[2] for fault in faults) == [
        "has 2 columns with the name Ghi chú; give each its own",
        "has no column Ten; the columns are: id, Tên, Ghi chú, Ghi chú (did you mean Tên?)",
        "has no column Tuổi; the columns are: id, Tên, Ghi chú, Ghi chú",
    ]


def test_faults_of_all_tables_and_rules_come_together(workshop: Workshop) -> None:
    workshop.table([["id"], ["1"]])
    workshop.table([["id"], ["1", "2"], ["3"], ["4", "5", "6"]], "uneven.csv")
    (workshop.folder / "latin.csv").write_bytes("id\nHu\xea\n".encode("latin-1"))
    (workshop.folder / "bad.json").write_text('{"a": [1,\n2')
    (workshop.folder / "t.pdf").write_bytes(b"")
    paths = ("uneven.csv", "latin.csv", "t.pdf", "gone.csv")
    faults = workshop.refusal(
        triples_map({"ex:a": called("nothing", text="id")}),
        triples_map({"ex:a": called("code", text="id")}, name="c"),
        *(triples_map({}, path=path, name=path.replace(".", "-")) for path in paths),
        triples_map({}, path="bad.json", name="json", formulation="JSONPath", subject='rml:template "{$.x[}"'),
        triples_map({}, path="bad.json", name="k", formulation="JSONPath", subject='rml:template "{$.x}"',
                    iterator="$[*]"),
    )  # fmt: skip
    said = "\n".join(map(str, faults))
    for expected in (
        "calls the unknown function lk:nothing; known are lk:code, lk:concat, lk:part, lk:pointDecimal",
        "calls lk:code with lk:text, and it takes lk:text, lk:width",
        "uneven.csv, row 2: has 2 cells, and the header has 1",
        "uneven.csv, row 4: has 3 cells, and the header has 1",
        "latin.csv, row 2: is not text in UTF-8",
        "t.pdf: is no kind of table that can be read",
        "reads gone.csv, and there is no such file",
        "is read with the path $.x[, which has no selector in its bracket at place 5",
        "bad.json, row 2: is not JSON",
    ):
        assert expected in said
    assert len(faults) == 9


@pytest.mark.parametrize("line", ['2,"open', '2,"a"b"', '2,"a"b'])
def test_a_stray_quotation_mark_swallows_nothing(workshop: Workshop, line: str) -> None:
    (workshop.folder / "t.csv").write_text(f"id,a\n1,x\n{line}\n3,y\n")
    (fault,) = workshop.refusal(triples_map({"ex:a": 'rml:reference "a"'}))
    assert str(fault).endswith("t.csv, row 3: has a quotation mark in the wrong place, or one without its second")


def test_a_source_has_to_lie_inside_of_the_root(workshop: Workshop) -> None:
    inside = workshop.folder / "inside"
    inside.mkdir()
    workshop.table([["id"], ["1"]])
    (inside / "link.csv").symlink_to(workshop.folder / "t.csv")
    for path in ("../t.csv", str(workshop.folder / "t.csv"), "link.csv"):
        (inside / "r.ttl").write_text(PREFIXES + triples_map({}, path=path))
        with pytest.raises(RefusedError, match="lies outside"):
            map_rules([read_rules(inside / "r.ttl", base_iri=BASE)], root=inside, language=None)
        map_rules([read_rules(inside / "r.ttl", base_iri=BASE)], root=workshop.folder, language=None).close()


# Rules


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("<#t> a rml:TriplesMap .", "triples map #t has no rml:subjectMap / rml:subject"),
        ("ex:a ex:b ex:c .", "holds no rml:TriplesMap"),
        ("<#t> a rml:TriplesMap ; rml:subject ex:s ; rml:refrence 1 .", "uses rml:refrence, which is no word of RML"),
        ("<#t> a rml:TriplesMap ; rml:subject ex:s ; rml:predicateObjectMap [ rml:predicate ex:p ; rml:objectMap "
         '[ rml:constant "a" ; rml:termType rml:Literall ] ] .', "unknown rml:termType in its rml:objectMap"),
        ("<#t> a rml:TriplesMap ; rml:subject ex:s ; rml:predicateObjectMap [ rml:predicate ex:p ] .",
         "without rml:object or rml:objectMap"),
        ('<#t> a rml:TriplesMap ; rml:subject ex:s ; rml:predicateObjectMap [ rml:predicate "p" ; rml:object 1 ] .',
         'rml:predicateMap with the constant "p", where only IRI may stand'),
        ("_:u a rml:TriplesMap .", "row 3: triples map _:u has no"),
        ("_:u a rml:TriplesMap ; rml:subject ex:s .\n[] a rml:TriplesMap ; rml:subject ex:s .\n[]\ta rml:TriplesMap .",
         "row 5: triples map [] (2) has no"),
        ("<#t> a rml:TriplesMap ; rml:subject ex:s ; rml:predicateObjectMap [ rml:predicate ex:p ; rml:objectMap "
         "[ rml:parentTriplesMap <#u> ] ] .", "joins the triples map #u, which is not in"),
        ("<#t> a rml:TriplesMap ; rml:subject ex:s ; rml:predicateObjectMap [ rml:predicate ex:p ; rml:objectMap "
         '[ rml:reference "x" ] ] .', "reads columns and has no rml:logicalSource"),
        (triples_map({}, subject='rml:template "a b/{id}"'), "with a character that no IRI may hold: a b/"),
        (triples_map({}, subject='rml:template "a/{id" '), "a brace is not closed"),
        (triples_map({}, subject='rml:template "a/{id}" ; rml:reference "id"'), "where exactly one has to stand"),
        (triples_map({}, formulation="XQuery"), "is not known: rml:XQuery; known are rml:CSV"),
        (triples_map({"ex:a": 'rml:reference "id" ; rml:language "vi" ; rml:datatype xsd:string'}), "both a language"),
        ("<#t> a rml:TriplesMap ; rml:subject ex:s .\nbroken", "row 4: is not Turtle"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_rules_is_named(workshop: Workshop, rules: str, said: str) -> None:
    path = workshop.rules(rules)
    with pytest.raises(InputError, match=re.escape(said)):
        read_rules(path, base_iri=BASE)


@pytest.mark.parametrize(
    ("head", "named"),
    [("<#rows>", "#rows"), (":rows", ":rows"), ("ex:rows", "ex:rows"), ("<https://a.example/b>", "https://a.example/b"),
     ("<rows>", BASE + "rows"), ("_:rows", "_:rows")],
)  # fmt: skip
def test_a_mistake_names_the_rule_as_the_file_writes_it_and_its_line(workshop: Workshop, head: str, named: str) -> None:
    path = workshop.rules("@prefix : <#> .\n\n" if head == ":rows" else "\n\n", f"{head} a rml:TriplesMap .")
    with pytest.raises(InputError) as raised:
        read_rules(path, base_iri=BASE)
    (fault,) = raised.value.faults
    assert (fault.values["triples_map"], fault.row) == (named, 5 if head != "<rows>" else None)


def test_a_name_stands_for_one_rule(workshop: Workshop) -> None:
    path = workshop.rules("@prefix urn: <http://example.org/u/> . <urn:a> a rml:TriplesMap . urn:a a rml:TriplesMap .")
    with pytest.raises(InputError) as raised:
        read_rules(path, base_iri=BASE)
    assert [fault.values["triples_map"] for fault in raised.value.faults] == ["urn:a", "http://example.org/u/a"]


def test_rules_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_rules(tmp_path / "none.ttl")
    (tmp_path / "rules.doc").write_text("x")
    with pytest.raises(InputError, match="is of no known RDF format"):
        read_rules(tmp_path / "rules.doc")


@given(st.lists(st.one_of(st.text(min_size=1), st.builds(Reference, st.text(min_size=1)))))
def test_templates_read_back_what_was_escaped(parts: list[str | Reference]) -> None:
    def escaped(text: str) -> str:
        return re.sub(r"[{}\\]", r"\\\g<0>", text)

    written = "".join(escaped(part) if isinstance(part, str) else f"{{{escaped(part.name)}}}" for part in parts)
    read = parse_template(written).parts
    assert "".join(escaped(part) if isinstance(part, str) else f"{{{escaped(part.name)}}}" for part in read) == written
    assert [part for part in read if isinstance(part, Reference)] == [
        part for part in parts if isinstance(part, Reference)
    ]


@given(st.text(alphabet="{}\\ab"))
def test_any_text_is_a_template_or_is_refused(text: str) -> None:
    with contextlib.suppress(TemplateError):
        parse_template(text)


# Faults and the way back to cells


def test_cells_that_cannot_become_rdf_are_named_and_left_out(workshop: Workshop) -> None:
    workshop.table(
        [["id", "Ngày", "Trang", "Số"], ["1", "2025-02-29", "http://a b", "12"], ["2", "2024-02-29", "http://a/", "x"]]
    )
    rules = triples_map(
        {
            "ex:date": 'rml:reference "Ngày" ; rml:datatype xsd:date',
            "ex:page": 'rml:reference "Trang" ; rml:termType rml:IRI',
            "ex:number": 'rml:reference "Số" ; rml:datatype xsd:byte',
        }
    )
    with workshop.run(rules) as mapped:
        assert [str(fault).partition("t.csv, ")[2] for fault in mapped.faults] == [
            "row 2, column Ngày: “2025-02-29” is not a date such as 2025-07-01",
            "row 2, column Trang: “http://a b” does not make a valid IRI: it holds a space or another character that "
            "no IRI may hold",
            "row 3, column Số: “x” is not a whole number from -128 to 127, such as 94",
        ]
        assert mapped.write_nquads(workshop.folder / "out.nq") == 3
    assert len(workshop.refusal(rules, strict=True)) == 3


def test_rows_of_which_something_is_lost_are_told(workshop: Workshop) -> None:
    workshop.table([["id", "a", "b"], ["1", "x", ""], ["", "y", "z"], ["", "", ""], ["", "", "z"]])
    rules = triples_map({"ex:a": 'rml:reference "a"'}, more="") + triples_map(
        {"ex:b": 'rml:reference "b"'}, name="u", subject='rml:template "b/{b}"'
    )
    with workshop.run(rules, language=VIETNAMESE) as mapped:
        assert [(fault.row, fault.column, fault.severity) for fault in mapped.faults] == [(3, "id", "error")]
        assert "cột id: để trống, nên nội dung của hàng này bị mất" in VIETNAMESE.say(mapped.faults[0])


@pytest.mark.parametrize(
    ("longitude", "latitude", "expected"),
    [
        ("1807", "16.4", ("x", "1807", "is no longitude")),
        ("107.5", "164", ("y", "164", "is no latitude")),
        ("107,5", "16.4", ("x", "107,5", "is no longitude")),
        ("16.4", "107.5", ("x, y", "16.4, 107.5", "looks like a latitude where the longitude belongs")),
        ("x", "y", ("x", "x", "is no longitude")),
        ("-1", "-1", None),
        ("107.5", "16.4", None),
    ],
)
def test_of_two_coordinates_the_wrong_one_is_named(
    workshop: Workshop, longitude: str, latitude: str, expected: tuple[str, str, str] | None
) -> None:
    workshop.table([["id", "x", "y"], ["1", longitude, latitude]])
    point = called("wktPoint", longitude="x", latitude="y")
    view = f"""<#v> a rml:LogicalView ; rml:viewOn <#s> ; rml:field [ rml:fieldName "id" ; rml:reference "id" ] ,
        [ rml:fieldName "at" ; {point} ] .
        <#s> rml:source [ rml:path "t.csv" ] ; rml:referenceFormulation rml:CSV .
        <#of-v> rml:logicalSource <#v> ; rml:subjectMap [ rml:template "{{id}}" ] ; rml:predicateObjectMap
            [ rml:predicate ex:at ; rml:objectMap [ rml:reference "at" ] ] ."""
    for rules in (triples_map({"ex:at": point}), view):
        with workshop.run(rules) as mapped:
            found = [(fault.column, fault.text, fault.message) for fault in mapped.faults]
        if expected is None:
            assert not found
        else:
            assert (found[0][:2], found[0][2].startswith(expected[2])) == (expected[:2], True)
            assert len(found) == (2 if longitude == "x" else 1)


def test_of_very_many_equal_faults_the_first_are_named(workshop: Workshop) -> None:
    workshop.table([["id", "a"], *([str(number), "x"] for number in range(100_005))])
    with workshop.run(triples_map({"ex:a": 'rml:reference "a" ; rml:datatype xsd:integer'})) as mapped:
        assert len(mapped.faults) == 100_001
        assert any("the same fault in 5 more rows" in str(fault) for fault in mapped.faults)


def test_of_rows_about_one_subject_those_are_named_that_hold_the_value(workshop: Workshop) -> None:
    workshop.table([["id", "a"], ["1", "x"], ["1", 'say "y"'], ["2", "x"], ["1", "x"]])
    with workshop.run(triples_map({"ex:a": 'rml:reference "a"; rml:language "vi"'})) as mapped:
        a = "http://example.org/a"
        assert [cell.row for cell in mapped.locate(BASE + "id/1", a, "x")] == [2, 5]
        assert [cell.row for cell in mapped.locate(BASE + "id/1", a, 'say "y"')] == [3]
        assert [cell.row for cell in mapped.locate(BASE + "id/1", a, "z")] == [2, 3, 5]


def test_every_triple_leads_back_to_its_cells(workshop: Workshop) -> None:
    workshop.table([["id", "Kinh độ", "Vĩ độ", "Tên"], ["1", " 107,5", "16.4", ""], ["2", "107.5", "16.4", "Huế"]])
    rules = triples_map(
        {"ex:at": called("wktPoint", longitude="Kinh độ", latitude="Vĩ độ"), "ex:name": 'rml:reference "Tên"'},
        subject='rml:template "id/{id}" ; rml:class ex:Place',
    )
    with workshop.run(rules, language=VIETNAMESE) as mapped:
        file = mapped.tables[0].file
        at = "http://example.org/at"
        assert mapped.locate(BASE + "id/2", at) == (
            Cell(file, None, 3, "Kinh độ", "107.5"),
            Cell(file, None, 3, "Vĩ độ", "16.4"),
        )
        assert [cell.text for cell in mapped.locate(BASE + "id/1", at)] == [" 107,5", "16.4"]
        assert mapped.locate(BASE + "id/1", "http://example.org/name") == (Cell(file, None, 2, "Tên", None),)
        key = (Cell(file, None, 2, "id", "1"),)
        assert mapped.locate(BASE + "id/1") == mapped.locate(BASE + "id/1", "http://example.org/unknown") == key
        assert mapped.locate(BASE + "id/9", at) == ()
        assert [(fault.column, fault.text) for fault in mapped.faults] == [("Kinh độ", " 107,5")]
        assert "POINT(107.5 16.4)" in str(mapped.quads.filter(f"predicate = '<{at}>'").fetchall())
        columns = dict(mapped.quads.project("predicate, columns").distinct().fetchall())
        assert columns[f"<{at}>"] == ["Kinh độ", "Vĩ độ"]
        assert columns["<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"] == ["id"]


def test_progress_is_told(workshop: Workshop) -> None:
    workshop.table([["id", "a"], ["1", "2"]])
    told: list[tuple[str, int, int]] = []
    rules = triples_map({"ex:a": 'rml:reference "a" ; rml:datatype xsd:integer'})
    workshop.run(rules, on_progress=lambda *step: told.append(step)).close()
    assert told == [("t.csv", 0, 1), ("t.csv", 0, 1)]


# What is hostile stays data

HOSTILE = st.text(
    alphabet=st.one_of(
        st.sampled_from("\"'\\<>{}|^`%_.-:/?#[]@!$&()*+,;= \n\r\t$ÐđếỬ\u0301\u2028\x00\x01\x7f\U0001f600"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=12,
)


@SOME
@given(cells=st.lists(st.tuples(HOSTILE, HOSTILE), max_size=4), names=st.lists(HOSTILE, min_size=2, max_size=2))
def test_hostile_texts_become_terms_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str]], names: list[str]
) -> None:
    workshop = Workshop(tmp_path_factory.mktemp("hostile"))
    # Names have to differ after cleaning and to stay apart from "id"; NUL is in no text that a table program writes.
    first, second = f"x{names[0]}x".replace("\0", ""), f"y{names[1]}y".replace("\0", "")
    rows = [(str(place), a.replace("\0", ""), b.replace("\0", "")) for place, (a, b) in enumerate(cells)]
    workshop.table([["id", first, second], *rows])

    def inside(name: str) -> str:
        return quoted("k/{" + re.sub(r"[{}\\]", r"\\\g<0>", name) + "}")

    rules = triples_map(
        {
            "ex:text": f'rml:reference {quoted(first)} ; rml:language "vi"',
            "ex:typed": f"rml:reference {quoted(second)} ; rml:datatype ex:datatype",
            "ex:iri": f"rml:template {inside(first)}",
            "ex:uri": f"rml:template {inside(second)} ; rml:termType rml:URI",
        }
    )
    expected = set()
    for place, a, b in rows:
        expected |= {
            triple(f"id/{place}", "text", Literal(a, language="vi")),
            triple(f"id/{place}", "typed", Literal(b, datatype=NamedNode("http://example.org/datatype"))),
            triple(f"id/{place}", "iri", NamedNode(f"{BASE}k/{encoded(a)}")),
            triple(f"id/{place}", "uri", NamedNode(f"{BASE}k/{encoded(b, 'A-Za-z0-9._~-')}")),
        }
    assert workshop.quads(rules) == expected


def encoded(text: str, keep: str = IUNRESERVED) -> str:
    return re.sub(
        f"[^{keep}]", lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), text, flags=re.DOTALL
    )


@SOME
@given(HOSTILE, HOSTILE)
def test_hostile_texts_cannot_leave_unsafe_iris_or_blank_nodes(
    tmp_path_factory: pytest.TempPathFactory, a: str, b: str
) -> None:
    workshop = Workshop(tmp_path_factory.mktemp("hostile"))
    a, b = a.replace("\0", ""), b.replace("\0", "")
    workshop.table([["id", "a"], ["1", a], ["2", b]])
    rules = triples_map(
        {
            "ex:unsafe": 'rml:reference "a" ; rml:termType rml:UnsafeIRI',
            "ex:blank": 'rml:template "{a}" ; rml:termType rml:BlankNode',
        }
    )
    with workshop.run(rules) as mapped:
        assert mapped.write_nquads(workshop.folder / "out.nq") == 4
    quads = list(parse(path=str(workshop.folder / "out.nq"), format=RdfFormat.N_QUADS, lenient=True))
    unsafe = {quad.object.value for quad in quads if isinstance(quad.object, NamedNode)}
    absolute = re.compile("[A-Za-z][A-Za-z0-9+.-]*:")
    assert unsafe == {text if absolute.match(text) else BASE + text for text in (a, b)}
    assert len({quad.object for quad in quads if isinstance(quad.object, BlankNode)}) == len({a, b})


# The compiled text


def compiled_texts(program: Program, knowledge: Knowledge) -> Iterator[str]:
    yield from (questions.sql for questions in knowledge.questions())
    yield program.quads()
    yield program.subjects()
    yield from (check.sql for check in program.checks)
    yield from (branch.select() for branch in program.branches)
    for statement in knowledge.preparations():
        if " AS SELECT " in statement:
            yield statement[statement.index("SELECT ") :]


def called_functions(statement: str) -> set[str]:
    """Return the functions that a statement calls, as DuckDB itself parses it."""
    serialized = duckdb.execute("SELECT json_serialize_sql($1)", [statement]).fetchall()[0][0]
    parsed = json.loads(serialized)
    assert not parsed["error"], parsed
    found: set[str] = set()
    waiting: list[Any] = [parsed]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if "function_name" in node and not node.get("is_operator"):
                found.add(node["function_name"])
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
    return {name.lower() for name in found}


def test_compiled_text_calls_nothing_but_the_named_functions(workshop: Workshop) -> None:
    workshop.table([["id", "a"], ["1", "2"]])
    (workshop.folder / "t.json").write_text('[{"id": 1, "a": [1, 2]}]')
    kinds = DATATYPES.values()
    rules = [
        triples_map(
            {
                "ex:a": 'rml:reference "a"', "ex:b": 'rml:reference "a" ; rml:language "vi"',
                "ex:c": 'rml:reference "a" ; rml:languageMap [ rml:reference "id" ]',
                "ex:d": 'rml:reference "a" ; rml:datatypeMap [ rml:template "{id}" ]',
                "ex:e": 'rml:template "{a}" ; rml:termType rml:URI', "ex:f": 'rml:reference "a"; rml:termType rml:IRI',
                "ex:g": 'rml:reference "a" ; rml:termType rml:UnsafeIRI',
                "ex:h": 'rml:template "{a}" ; rml:termType rml:BlankNode',
                **{f"ex:{kind.name}": f'rml:reference "a" ; rml:datatype xsd:{kind.name}' for kind in kinds},
                **{
                    f"ex:call-{number}": executed(function.iri, **dict.fromkeys(function.parameters, "a"))
                    for number, function in enumerate(functions(VIETNAMESE).values())
                },
            },
            more='; rml:predicateObjectMap [ rml:predicateMap [ rml:template "p/{a}" ] ; rml:objectMap [ '
            'rml:parentTriplesMap <#j> ; rml:joinCondition [ rml:child "a" ; rml:parent "$.a[*]" ] ] ; '
            'rml:graphMap [ rml:template "g/{a}" ] ]',
        ),
        triples_map({"ex:a": 'rml:reference "$.a[*]"'}, path="t.json", name="j", formulation="JSONPath",
                    iterator="$[*]", subject='rml:template "{$.id}"'),
        triples_map({"ex:a": 'rml:reference "$.a"'}, path="t.json", name="n", formulation="JSONPath",
                    iterator="$[*]", subject="rml:termType rml:BlankNode"),
    ]  # fmt: skip
    document = read_rules(workshop.rules(*rules), base_iri=BASE)
    with map_rules([document], root=workshop.folder, language=VIETNAMESE) as mapped:
        by_name = {table.path.suffix: table for table in mapped.tables if table.path}
    tables: dict[TableKey, Table] = {
        (document.path, each.origin): by_name[Path(each.origin.path).suffix]
        for each in document.triples_maps.values()
        if each.origin
    }
    knowledge = Knowledge()
    program = compile_rules([document], tables, functions(VIETNAMESE), BASE + "g", knowledge=knowledge)
    named = {signature.partition("(")[0].lower() for signature in macros(VIETNAMESE)}
    syntax = {"unnest", "list_value", "concat", "bool_and"}
    texts = list(compiled_texts(program, knowledge))
    found = {name for text in texts for name in called_functions(text)}
    assert found - syntax <= named
    assert {"lk_iri", "lk_uri", "lk_unsafe", "lk_blank", "lk_esc", "lk_is_date", "lk_fn_date"} <= found
    for text in (*texts, *macros(VIETNAMESE).values()):
        assert "->" not in re.sub("'[^']*'|->>", "", text), "lambdas are written with the word"


# Macros


@functools.cache
def database(tag: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    define(connection, languages.get(tag))
    return connection


@pytest.fixture(scope="module", autouse=True)
def _databases_are_closed() -> Iterator[None]:
    yield
    for tag in languages.available():
        database(tag).close()
    database.cache_clear()


def answer(expression: str, *values: object, tag: str = "vi") -> Any:
    return database(tag).execute(f"SELECT {expression}", list(values)).fetchall()[0][0]


@SOME
@given(text=HOSTILE)
def test_encoded_texts_make_valid_iris_and_can_be_read_back(text: str) -> None:
    iri = answer("lk_iri($1)", text)
    assert iri == encoded(text)
    assert unquote(iri) == text
    assert NamedNode(f"{BASE}{iri}")
    assert answer("lk_uri($1)", text).isascii()


@SOME
@given(text=st.one_of(HOSTILE, st.from_regex(r"[a-z]{1,3}:(//)?[a-z\[\]:0-9@/?#%é .]*", fullmatch=True)))
def test_an_iri_that_passes_is_one_for_the_store_too(text: str) -> None:
    valid = is_iri(text)
    assert answer("lk_is_iri($1)", text) is valid
    if valid:
        (quad,) = parse(f"<x:s> <x:p> <{text}> .", RdfFormat.N_QUADS)
        assert quad.object == NamedNode(text)


VALID = {
    "integer": ["0", "-7", "+007"], "nonNegativeInteger": ["0", "-0", "9" * 60], "positiveInteger": ["1"],
    "nonPositiveInteger": ["0", "-" + "9" * 60], "negativeInteger": ["-1"], "long": ["9223372036854775807"],
    "int": ["-2147483648"], "short": ["32767"], "byte": ["-128"], "unsignedLong": ["18446744073709551615"],
    "unsignedInt": ["4294967295"], "unsignedShort": ["65535"], "unsignedByte": ["255"],
    "decimal": ["1.5", ".5", "5.", "-0"], "double": ["1.5E3", "INF", "-INF", "NaN", "1e-7"], "float": ["1"],
    "boolean": ["true", "0"], "date": ["2024-02-29", "-0001-12-31", "12025-01-01Z", "2000-02-29+07:00"],
    "dateTime": ["2025-07-01T24:00:00", "2025-07-01T07:30:00.5Z"], "dateTimeStamp": ["2025-07-01T07:30:00-14:00"],
    "time": ["23:59:59", "24:00:00"], "gYear": ["2025", "-0044"], "gYearMonth": ["2025-12"], "gMonth": ["--02"],
    "gDay": ["---31"], "gMonthDay": ["--02-29"], "duration": ["P1Y2M3DT4H5M6.7S", "-P1D", "PT1M"],
    "dayTimeDuration": ["P1DT1H"], "yearMonthDuration": ["P1Y", "P13M"], "hexBinary": ["", "0fB7"], "language": ["vi"],
}  # fmt: skip
INVALID = {
    "integer": ["", "1.0", "1 000", "x", " 1"], "nonNegativeInteger": ["-1", "-" + "9" * 60], "positiveInteger": ["0"],
    "nonPositiveInteger": ["1"], "negativeInteger": ["0"], "long": ["9223372036854775808"], "int": ["2147483648"],
    "short": ["-32769"], "byte": ["128"], "unsignedLong": ["18446744073709551616", "-1"], "unsignedInt": ["-1"],
    "unsignedShort": ["65536"], "unsignedByte": ["256"], "decimal": ["1,5", ".", "1e3"], "double": ["inf", "1e"],
    "float": ["-"], "boolean": ["TRUE", "yes"],
    "date": ["2025-02-29", "1900-02-29", "2025-04-31", "1/7/2025", "0000-00-00", "2025-1-1", "02025-01-01"],
    "dateTime": ["2025-07-01", "2025-02-30T00:00:00", "2025-07-01T24:00:01", "2025-07-01 10:00:00"],
    "dateTimeStamp": ["2025-07-01T07:30:00"], "time": ["7:30", "25:00:00"], "gYear": ["25"], "gYearMonth": ["2025-13"],
    "gMonth": ["--13"], "gDay": ["---32"], "gMonthDay": ["--02-30", "--04-31"], "duration": ["P", "P1YT", "1Y"],
    "dayTimeDuration": ["P1Y", "PT"], "yearMonthDuration": ["P1D"], "hexBinary": ["abc", "xy"], "language": ["a-b"],
}  # fmt: skip


@pytest.mark.parametrize("name", [datatype.name for datatype in DATATYPES.values()])
def test_datatypes_are_checked_by_their_lexical_space(name: str) -> None:
    datatype = DATATYPES[XSD + name]
    for text in (*VALID[name], datatype.example):
        assert answer(f"{datatype.macro}($1)", text) is True, text
    for text in INVALID[name]:
        assert answer(f"{datatype.macro}($1)", text) is False, text
        assert answer("lk_is_valid($1, $2)", text, datatype.iri) is False, text
    assert answer(f"{datatype.macro}(NULL)") is None


@SOME
@given(st.dates())
def test_every_day_is_a_date(day: date) -> None:
    assert answer("lk_is_date($1)", day.isoformat())
    if day.year >= 1000:
        assert answer("lk_fn_date($1)", f"{day.day}/{day.month}/{day.year}") == day.isoformat()


@SOME
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_doubles_are_written_canonically(number: float) -> None:
    text = answer("lk_double($1)", number)
    assert re.fullmatch(r"-?[0-9]\.(?:0|[0-9]*[1-9])E(?:0|-?[1-9][0-9]*)", text)
    assert float(text) == number


@pytest.mark.parametrize("tag", languages.available())
def test_functions_do_what_their_examples_say(tag: str) -> None:
    language = languages.get(tag)
    for function in functions(language).values():
        assert {"en", "vi"} <= function.labels.keys(), function.iri
        assert {"en", "vi"} <= function.expectation.keys() or not function.leaves_empty, function.iri
        assert any(example.result for example in function.examples), function.iri
        for example in function.examples:
            arguments = [example.inputs[parameter] for parameter in function.parameters]
            marks = ", ".join(f"${place}" for place in range(1, len(arguments) + 1))
            assert answer(f"{function.macro}({marks})", *arguments, tag=tag) == example.result, example
            for missing, parameter in enumerate(function.parameters):
                if parameter in function.optional:
                    continue
                holed = [None if place == missing else text for place, text in enumerate(arguments)]
                assert answer(f"{function.macro}({marks})", *holed, tag=tag) in (None, "")


def test_a_function_may_be_called_on_what_another_returns(workshop: Workshop) -> None:
    workshop.table([["id", "a"], ["1", "Điện Thái Hoà"], ["2", "…"], ["3", ""]])
    inner = called("slug", text="a")
    nested = (
        "rml:functionExecution [ rml:function lk:code ; rml:input "
        f"[ rml:parameter lk:text ; rml:inputValueMap [ {inner} ] ] , "
        '[ rml:parameter lk:width ; rml:inputValue "20" ] ]'
    )
    with workshop.run(triples_map({"ex:a": nested, "ex:b": inner}), language=VIETNAMESE) as mapped:
        objects = [row[0] for row in mapped.quads.project("object").fetchall()]
        assert objects == ['"dien-thai-hoa"']
        assert [(fault.row, fault.text) for fault in mapped.faults] == [(2, "Điện Thái Hoà"), (3, "…")]


def test_a_file_name_is_no_pattern(tmp_path: Path) -> None:
    for name, cell in (("a[1]*.csv", "right"), ("a1.csv", "wrong"), ("a1b.csv", "wrong")):
        (tmp_path / name).write_text(f"id\n{cell}\n")
    (tmp_path / "m.ttl").write_text(
        """@prefix rml: <http://w3id.org/rml/> .
        <#t> a rml:TriplesMap ; rml:logicalSource [ rml:source "a[1]*.csv" ; rml:referenceFormulation rml:CSV ] ;
            rml:subjectMap [ rml:template "http://x/{id}" ; rml:class <http://x/C> ] ."""
    )
    rules = read_rules(tmp_path / "m.ttl", base_iri=BASE)
    with map_rules([rules], root=tmp_path, language=None, graph=None) as mapped:
        assert [row[0] for row in mapped.quads.project("subject").fetchall()] == ["<http://x/right>"]


def test_an_empty_table_is_one_fault(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("")
    (tmp_path / "m.ttl").write_text(
        """@prefix rml: <http://w3id.org/rml/> .
        <#t> a rml:TriplesMap ; rml:logicalSource [ rml:source "t.csv" ; rml:referenceFormulation rml:CSV ] ;
            rml:subjectMap [ rml:template "http://x/{a}/{b}" ; rml:class <http://x/C> ] ."""
    )
    rules = read_rules(tmp_path / "m.ttl", base_iri=BASE)
    with pytest.raises(InputError, match="is empty") as caught:
        map_rules([rules], root=tmp_path, language=None, graph=None)
    assert len(caught.value.faults) == 1


def test_a_condition_decides_on_a_term_and_on_its_faults(workshop: Workshop) -> None:
    workshop.table([["id", "loại", "ngày"], ["1", "A", "1/7/2025"], ["2", "B", "hỏng"], ["3", "A", "hỏng"]])
    condition = (
        f"rml:condition [ rml:functionExecution [ rml:function <{IDLAB_FUNCTION}equal> ; rml:input "
        f'[ rml:parameter <{GREL}valueParameter> ; rml:inputValueMap [ rml:reference "loại" ] ] , '
        f'[ rml:parameter <{GREL}valueParam2> ; rml:inputValue "A" ] ] ]'
    )
    dated = {"ex:date": called("date", text="ngày")}
    subject = f'rml:template "id/{{id}}" ; {condition}'
    with workshop.run(triples_map(dated, subject=subject), language=VIETNAMESE) as made:
        assert made.quads.project("subject, object").fetchall() == [(f"<{BASE}id/1>", '"2025-07-01"')]
        assert [(fault.row, fault.text) for fault in made.faults] == [(4, "hỏng")]
    objects = {"ex:name": f'rml:reference "id" ; {condition}', "ex:kind": f'rml:template "{{loại}}" ; {condition}'}
    with workshop.run(triples_map(objects), language=VIETNAMESE) as made:
        assert made.quads.aggregate("row, count(*)", "row").fetchall() == [(2, 2), (4, 2)]
        assert not made.faults


def test_an_iri_is_built_of_what_a_function_returns(workshop: Workshop) -> None:
    workshop.table([["id", "tên"], ["1", "Điện Thái Hoà"], ["2", ""]])
    prefixed = (
        "rml:functionExecution [ rml:function lk:concat ; rml:input "
        '[ rml:parameter lk:prefix ; rml:inputValueMap [ rml:template "place/{id}-" ; rml:termType rml:Literal ] ] , '
        f"[ rml:parameter lk:text ; rml:inputValueMap [ {called('slug', text='tên')} ] ] ] ; rml:return lk:result"
    )
    quads = workshop.quads(triples_map({"ex:at": f"{prefixed} ; rml:termType rml:IRI"}), language=VIETNAMESE)
    assert quads == {triple("id/1", "at", NamedNode(BASE + "place/1-dien-thai-hoa"))}


def test_an_execution_that_feeds_itself_is_refused(workshop: Workshop) -> None:
    looped = triples_map({"ex:a": "rml:functionExecution <#e>"})
    inner = "<#e> rml:function lk:titleCase ; rml:input [ rml:parameter lk:text ; rml:inputValueMap "
    (fault,) = workshop.refusal(looped, f"{inner}[ rml:functionExecution <#e> ] ] .")
    assert str(fault).endswith("has an rml:functionExecution that is an input of itself")
