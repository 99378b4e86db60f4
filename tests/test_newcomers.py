"""What newcomers get wrong, and whether the message is enough to mend it: in English, and in Vietnamese too."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from lienket import languages
from lienket.errors import Fault, InputError
from lienket.languages import Language
from lienket.mapping import map_rules, read_rules

from .conftest import ROOT

EXPORT = ROOT.parent / "shared" / "data" / "hue_portal" / "gia-ve-dich-vu-di-tich-hue_1730079840.csv"

VI = languages.get("vi")

TABLE = "Số hiệu,Khóa,Ngày\n1675/NQ,1675-nq,16/6/2025\n"
YARRRML = """\
prefixes:
  ex: http://example.org/
mappings:
  acts:
    sources: [[acts.csv~csv]]
    s: id/act/$(Khóa)
    po:
      - [a, ex:Act]
      - [ex:number, $(Số hiệu)]
      - {p: ex:date, o: {function: lk:date, parameters: [[lk:text, $(Ngày)]], datatype: xsd:date}}
"""
RML = """\
@prefix ex: <http://example.org/> .
@prefix lk: <https://w3id.org/lienket/function#> .
@prefix rml: <http://w3id.org/rml/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<#acts> a rml:TriplesMap ;
    rml:logicalSource [ rml:source [ rml:path "acts.csv" ] ; rml:referenceFormulation rml:CSV ] ;
    rml:subjectMap [ rml:template "id/act/{Khóa}" ; rml:class ex:Act ] ;
    rml:predicateObjectMap
        [ rml:predicate ex:number ; rml:objectMap [ rml:reference "Số hiệu" ] ] ,
        [ rml:predicate ex:date ; rml:objectMap [ rml:datatype xsd:date ; rml:functionExecution [ rml:function lk:date ;
            rml:input [ rml:parameter lk:text ; rml:inputValueMap [ rml:reference "Ngày" ] ] ] ] ] .
"""


def faults_of(folder: Path, file: str, text: str, language: Language | None = VI) -> Sequence[Fault]:
    """Map the table with a mapping that may be wrong; return what is told."""
    (folder / file).write_text(text, encoding="utf-8")
    try:
        with map_rules([read_rules(Path(file))], root=folder, language=language) as mapped:
            mapped.write_nquads(folder / "out.nq")
            return mapped.faults
    except InputError as error:
        return error.faults


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "acts.csv").write_text(TABLE, encoding="utf-8")
    return tmp_path


def test_the_mappings_are_right(folder: Path) -> None:
    for file, text in (("m.yml", YARRRML), ("m.ttl", RML)):
        assert not faults_of(folder, file, text)
        assert (folder / "out.nq").read_text(encoding="utf-8").count("\n") == 3


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("    s:", "\ts:", "m.yml, row 6: is not YAML: a tab stands here; indent with spaces"),
        ("    s:", "   s:", "m.yml, row 6: is not YAML: lines of one level have to begin in the same column"),
        ("    s: ", "    s:", "m.yml, row 7: is not YAML: lines of one level have to begin in the same column, and "
         "each is a key with a colon and a space"),
        ("    po:", "  po:", "m.yml, row 7: has po where a mapping's name is expected; indent it below its mapping"),
        ("$(Số hiệu)]", "$(Số hiệu)", "m.yml, row 9: is not YAML: a bracket [ or { that opens here is not closed"),
        ("$(Số hiệu)", '"$(Số hiệu)', "m.yml, row 9: is not YAML: a quotation mark that opens here is not closed"),
        ("id/act", "{id}/act", "m.yml, row 6: is not YAML: a text that begins with {, [ or a quotation mark has to"),
        ("id/act", "*act", "m.yml, row 6: is not YAML: a text that begins with * or & has to stand in quotation marks"),
        ("id/act", "ex:act: ", "m.yml, row 6: is not YAML: a text with a colon has to stand in quotation marks"),
        ("$(Số hiệu)", "Số: $(Số hiệu)", "m.yml, row 9: mapping acts has Số where a value is expected; a column is "
         "written $(column), and a text with a colon or braces has to stand in quotation marks"),
        ("$(Số hiệu)", "{Số hiệu}", "m.yml, row 9: mapping acts has Số hiệu where a value is expected; a column"),
        ("$(Số hiệu)", "$Số hiệu", "m.yml, row 9: mapping acts has $Số in a text; a column is written $(column)"),
        ("id/act/$(Khóa)", "id/act/$(Khóa", "m.yml, row 6: mapping acts has $( in a text; a column is written"),
        ("$(Số hiệu)", "$(So hieu)", "acts.csv, row 1: has no column So hieu; the columns are: Số hiệu, Khóa, Ngày "
         "(did you mean Số hiệu?)"),
        ("ex: http", "e: http", "m.yml, row 8: mapping acts uses the prefix ex, which is not among the prefixes"),
        ("    sources: [[acts.csv~csv]]\n", "", "m.yml, row 4: mapping acts has no source"),
        ("[[acts.csv~csv]]", "act", "m.yml, row 5: mapping acts has the source act, which is not among the sources: –; "
         "a file is written file.csv~csv"),
        ("acts.csv", "act.csv", "m.yml: reads act.csv, and there is no such file in . (did you mean acts.csv?)"),
        ("lk:date", "lk:dates", "calls the unknown function lk:dates; known are"),
        ("lk:date", "date", "mapping acts has date as its function, without a prefix; write it such as lk:date"),
        ("lk:text", "lk:value", "calls lk:date with lk:value, and it takes lk:text"),
        ("[[lk:text, $(Ngày)]]", "[lk:text, $(Ngày)]", "has parameters that are not written as [[parameter, value]"),
        ("{function: lk:date, parameters: [[lk:text, $(Ngày)]],", "{value: $(Ngày),", "acts.csv, row 2, column Ngày: "
         "“16/6/2025” is not a date such as 2025-07-01; the function lk:date reads it as people write it"),
        ("$(Số hiệu)]", "$(Số hiệu), vi]", "mapping acts has vi as its datatype; a language is written vi~lang"),
        ("- [ex:number, $(Số hiệu)]", "- ex:number: $(Số hiệu)", "mapping acts has ex:number where a predicate and its "
         "object are expected; write each as [predicate, object]"),
        ("id/act/$(Khóa)", "id/act #$(Khóa)", "mapping acts has the subject id/act without a column, so that all rows"),
        ("mappings:", "Mappings:", "row 3: has the unknown key Mappings; known are prefixes, base, sources, mappings, "
         "authors (did you mean mappings?)"),
    ],
)  # fmt: skip
def test_mistakes_in_yarrrml(folder: Path, right: str, wrong: str, told: str) -> None:
    assert right in YARRRML
    faults = faults_of(folder, "m.yml", YARRRML.replace(right, wrong))
    assert any(told in str(fault) for fault in faults), [str(fault) for fault in faults]
    assert all(VI.sentence(fault) != str(fault).partition(": ")[2] for fault in faults)


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("@prefix ex: <http://example.org/> .\n", "", "m.ttl, row 6: is not Turtle: the prefix ex: is not declared; "
         "write @prefix ex: <…> . above"),
        ("ex:Act ] ;", "ex:Act ]", "m.ttl, row 8: is not Turtle: a semicolon, a comma or a dot is missing before"),
        ('"Số hiệu" ] ] ,', '"Số hiệu" ] ,', "is not Turtle: a bracket [ is not closed before this line, or in it"),
        ("] ] ] ] ] .", "] ] ] ] ]", "is not Turtle: it ends too early; a bracket, a quotation mark or the last dot"),
        ('"Số hiệu"', '"Số hiệu', "m.ttl, row 9: is not Turtle: a quotation mark is not closed in this line"),
        ('"Số hiệu"', "“Số hiệu”", "m.ttl, row 9: is not Turtle: “ ” are no quotation marks here"),
        ("rml:reference", "rml:refrence", "uses rml:refrence, which is no word of RML or one that is not supported "
         "(did you mean rml:reference?)"),
        ("w3id.org/rml/", "w3id.org/rml#", "holds no rml:TriplesMap; the prefix rml: has to stand for http://w3id.org/"),
        ("{Khóa}", "$(Khóa)", "m.ttl, row 5: triples map #acts has a subject without a column in braces, so"),
        ('"Số hiệu"', '"{Số hiệu}"', "has no column {Số hiệu}; the columns are: Số hiệu, Khóa, Ngày (did you mean Số"),
        ("xsd:date", "xsd:Date", "row 5: triples map #acts states the datatype xsd:Date, which XSD does not have (did "
         "you mean xsd:date?)"),
        ("rml:objectMap [ rml:reference", "rml:object [ rml:reference", "row 5: triples map #acts has an rml:object "
         "that is described by rules; it takes a constant, and rules stand in rml:objectMap"),
    ],
)  # fmt: skip
def test_mistakes_in_rml(folder: Path, right: str, wrong: str, told: str) -> None:
    assert right in RML
    faults = faults_of(folder, "m.ttl", RML.replace(right, wrong))
    assert any(told in str(fault) for fault in faults), [str(fault) for fault in faults]
    assert all(VI.sentence(fault) != str(fault).partition(": ")[2] for fault in faults)


def test_a_mapping_under_the_wrong_suffix_is_told(folder: Path) -> None:
    (fault,) = faults_of(folder, "m.ttl", YARRRML)
    assert str(fault) == "m.ttl, row 1: is not Turtle: this looks like YARRRML, whose files end with .yml"
    (fault,) = faults_of(folder, "m.yml", RML)
    assert str(fault) == "m.yml, row 1: is not YAML: @ stands here, as in Turtle, whose files end with .ttl"


def test_a_function_of_a_language_says_how_to_choose_one(folder: Path) -> None:
    (fault,) = faults_of(folder, "m.yml", YARRRML, language=None)
    assert str(fault).endswith(
        "calls lk:date, which belongs to a language: choose one with --language (there are en, vi)"
    )


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (TABLE.replace(",", ";").encode(), None),
        (TABLE.replace(",", "\t").encode(), None),
        (TABLE.encode("utf-16"), None),
        (b"\xef\xbb\xbf" + TABLE.encode(), None),
        (("DANH MỤC VĂN BẢN,,\n" + TABLE).encode(), None),
        ("Số hiệu,Khóa,Ngày\ná,1,1/1/2025\n".encode("cp1258", "ignore"), "acts.csv, row 1: is not text in UTF-8; save"),
        ((TABLE + "1,2,1/1/2025,Hà Nội\n").encode(), "acts.csv, row 3: has 4 cells, and the header has 3"),
        ((TABLE + '1,"2,1/1/2025\n').encode(), "acts.csv, row 3: has a quotation mark in the wrong place, or one"),
        ((TABLE + "1,2,6/16/2025\n").encode(), "acts.csv, row 3, column Ngày: “6/16/2025” is not a day of the calendar "
         "written day first, such as 1/7/2025"),
        (b"", "acts.csv: is empty: there is no line with the names of its columns"),
    ],
)  # fmt: skip
def test_tables_as_people_save_them(folder: Path, table: bytes, told: str | None) -> None:
    (folder / "acts.csv").write_bytes(table)
    faults = faults_of(folder, "m.yml", YARRRML)
    assert [str(fault)[: len(told or "")] for fault in faults] == ([told] if told else [])


def test_a_dollar_sign_may_be_meant(folder: Path) -> None:
    text = YARRRML.replace("$(Số hiệu)", r"'\$(Khóa) là \$x, US$ 5, \\$(Khóa)'")
    assert not faults_of(folder, "m.yml", text)
    assert r'"$(Khóa) là $x, US$ 5, \\1675-nq"' in (folder / "out.nq").read_text(encoding="utf-8")


@pytest.mark.skipif(not EXPORT.exists(), reason=f"the portal's export is not there: {EXPORT}")
def test_a_table_nobody_has_mapped_is_mapped_by_what_the_messages_say(folder: Path) -> None:
    table = EXPORT.read_text(encoding="utf-8-sig")
    (folder / "articles.csv").write_text(table.replace("16-09-2024 11:15", "31-09-2024 11:15"), encoding="utf-8")
    text = """mappings:
  article:
    sources: [[articles.csv~csv]]
    s: id/article/$(id)
    po:
      - [a, schema:Article]
      - [schema:headline, $(Title), vi~lang]
      - {p: schema:datePublished, o: {function: lk:dateTime(text = $(publishTime)), datatype: xsd:dateTime}}
"""
    assert len(text.splitlines()) < 10
    (fault,) = faults_of(folder, "m.yml", text)
    assert VI.say(fault).startswith("articles.csv, hàng 1: không có cột Title; các cột hiện có: id, title, ")
    assert fault.meant == "title"
    (fault,) = faults_of(folder, "m.yml", text.replace("Title", fault.meant))
    assert VI.say(fault) == (
        "articles.csv, hàng 3, cột publishTime: “31-09-2024 11:15” không phải ngày kèm giờ, ví dụ 17-09-2024 10:55"
    )
    (folder / "articles.csv").write_text(table, encoding="utf-8")
    assert not faults_of(folder, "m.yml", text.replace("Title", "title"))
    assert (folder / "out.nq").read_text(encoding="utf-8").count("dateTime> .") == 12
