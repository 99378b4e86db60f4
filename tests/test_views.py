"""Logical views: fields of nested records, tables inside of cells, joins, and the faults that name a cell in them."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from lienket.mapping import Mapped

from .test_mapping import BASE, HOSTILE, SOME, VIETNAMESE, Workshop, called, quoted, source, triple, triples_map


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def field(name: str, expression: str, *inner: str) -> str:
    return f"rml:field [ rml:fieldName {quoted(name)} ; {expression} {''.join(f'; {each}' for each in inner)} ]"


def items(name: str, iterator: str, *inner: str) -> str:
    stated = f"rml:referenceFormulation rml:JSONPath ; rml:iterator {quoted(iterator)}"
    return f"rml:field [ a rml:IterableField ; rml:fieldName {quoted(name)} ; {stated} ; {' ; '.join(inner)} ]"


def view(name: str, *parts: str, path: str = "t.csv", on: str = "", **of_source: Any) -> str:
    if not on:
        return f"<#{name}> a rml:LogicalView ; rml:viewOn <#{name}-source> ; {' ; '.join(parts)} .\n" + source(
            path, **of_source
        ).replace("rml:logicalSource [", f"<#{name}-source>").replace("] ] ;", "] .")
    return f"<#{name}> a rml:LogicalView ; rml:viewOn <#{on}> ; {' ; '.join(parts)} .\n"


def mapped_view(name: str, objects: dict[str, str], subject: str = 'rml:template "id/{id}"') -> str:
    text = triples_map(objects, subject=subject, name=f"of-{name}")
    start, end = text.index("rml:logicalSource"), text.index("] ] ;") + len("] ] ;")
    return text[:start] + f"rml:logicalSource <#{name}> ;" + text[end:]


def objects_of(mapped: Mapped) -> list[Any]:
    return mapped.quads.project("row, object").order("row, object").fetchall()


def test_records_inside_of_records_become_rows(workshop: Workshop) -> None:
    people = [
        {"id": 1, "thẻ": [{"số": "A", "phí": [5, 6]}, {"số": "B", "phí": []}]},
        {"id": 2, "thẻ": []},
    ]
    (workshop.folder / "t.json").write_text(json.dumps(people), encoding="utf-8")
    cards = items("thẻ", "$.thẻ[*]", field("số", 'rml:reference "$.số"'), field("phí", 'rml:reference "$.phí[*]"'))
    made = view("v", field("id", 'rml:reference "$.id"'), cards, path="t.json", formulation="JSONPath", iterator="$[*]")
    rules = mapped_view("v", {"ex:card": 'rml:reference "thẻ.số"', "ex:fee": 'rml:template "{#}-{thẻ.#}-{thẻ.phí}"',
                              "ex:id": 'rml:reference "id"'})  # fmt: skip
    xsd_integer = NamedNode("http://www.w3.org/2001/XMLSchema#integer")
    assert workshop.quads(made, rules) == {
        triple("id/1", "card", Literal("A")), triple("id/1", "card", Literal("B")),
        triple("id/1", "fee", NamedNode(BASE + "0-0-5")), triple("id/1", "fee", NamedNode(BASE + "0-0-6")),
        triple("id/1", "id", Literal("1", datatype=xsd_integer)),
        triple("id/2", "id", Literal("2", datatype=xsd_integer)),
    }  # fmt: skip


def test_a_function_in_a_field_makes_a_part_of_an_iri_and_names_the_cells_it_cannot_read(workshop: Workshop) -> None:
    workshop.table([["id", "Tên", "Ngày"], ["1", "Điện Thái Hoà", "1/7/2025"], ["2", "…", "31/02/2025"]])
    made = view("v", field("slug", called("slug", text="Tên")), field("ngày", called("date", text="Ngày")))
    rules = mapped_view("v", {"ex:date": 'rml:reference "ngày"'}, 'rml:template "place/{slug}"')
    with workshop.run(made, rules, language=VIETNAMESE) as mapped:
        assert objects_of(mapped) == [(2, '"2025-07-01"')]
        assert [(fault.row, fault.column, fault.text) for fault in mapped.faults] == [
            (3, "Ngày", "31/02/2025"), (3, "Tên", "…"),
        ]  # fmt: skip
        assert mapped.locate(BASE + "place/dien-thai-hoa", "http://example.org/date")[0].row == 2
        assert [table.rows for table in mapped.tables] == [2]


def test_a_cell_is_told_as_it_was_typed(workshop: Workshop) -> None:
    workshop.table([["id", "Ngày"], ["1", " hôm\u00a0 qua"]])
    made = view("v", field("id", 'rml:reference "id"'), field("ngày", 'rml:reference "Ngày"'))
    rules = mapped_view("v", {"ex:date": called("date", text="ngày")})
    with workshop.run(made, rules, language=VIETNAMESE) as mapped:
        (fault,) = mapped.faults
        assert (fault.row, fault.column, fault.text) == (2, "Ngày", " hôm\u00a0 qua")
        (cell,) = mapped.locate(BASE + "id/1", "http://example.org/date")
        assert (cell.row, cell.column, cell.text) == (2, "Ngày", " hôm\u00a0 qua")


def test_what_is_wrong_inside_of_a_cell_names_the_cell(workshop: Workshop) -> None:
    workshop.table([["id", "json", "bảng"], ["1", '[{"a": 1}]', "a,b\n1,2"], ["2", "[{", "a,c\n1,2"], ["3", "", ""]])
    a_csv = (
        'rml:field [ a rml:IterableField ; rml:fieldName "hàng" ; rml:referenceFormulation rml:CSV ; '
        + field("b", 'rml:reference "b"') + " ]"
    )  # fmt: skip
    made = view(
        "v", field("id", 'rml:reference "id"'),
        field("json", 'rml:reference "json"', items("i", "$[*]", field("a", 'rml:reference "$.a"'))),
        field("bảng", 'rml:reference "bảng"', a_csv),
    )  # fmt: skip
    rules = mapped_view("v", {"ex:a": 'rml:reference "json.i.a"', "ex:b": 'rml:reference "bảng.hàng.b"'})
    with workshop.run(made, rules, language=VIETNAMESE) as mapped:
        assert objects_of(mapped) == [(2, '"1"^^<http://www.w3.org/2001/XMLSchema#integer>'), (2, '"2"')]
        assert [(fault.row, fault.column, fault.message) for fault in mapped.faults] == [
            (3, "bảng", "is a table without the column {wanted}"), (3, "json", "is not JSON"),
        ]  # fmt: skip


def test_views_join_and_are_made_of_views(workshop: Workshop) -> None:
    workshop.table([["mã", "tên"], ["1", "Huế"], ["2", "Phú Lộc"], ["2", "Phú Lộc cũ"]], "names.csv")
    workshop.table([["id", "xã"], ["a", "1"], ["b", "2"], ["c", "9"]])
    names = view("n", field("mã", 'rml:reference "mã"'), field("tên", 'rml:reference "tên"'), path="names.csv")
    condition = 'rml:joinCondition [ rml:child "xã" ; rml:parent "mã" ]'
    taken = field("tên xã", 'rml:reference "tên"')
    joined = f"rml:leftJoin [ rml:parentLogicalView <#n> ; {condition} ; {taken} ]"
    places = view("v", field("id", 'rml:reference "id"'), field("xã", 'rml:reference "xã"'), joined)
    upon = view("u", field("id", 'rml:reference "id"'), field("tên", 'rml:template "xã {tên xã}"'), on="v")
    quads = workshop.quads(
        names, places, upon,
        mapped_view("v", {"ex:in": 'rml:reference "xã"', "ex:place": 'rml:reference "tên xã.#"'}),
        mapped_view("u", {"ex:name": 'rml:reference "tên"'}),
    )  # fmt: skip
    said = {(quad.subject.value[-1], quad.predicate.value[-5:], quad.object.value) for quad in quads}  # type: ignore[union-attr]
    assert said == {
        ("a", "rg/in", "1"), ("b", "rg/in", "2"), ("c", "rg/in", "9"),
        ("a", "place", "0"), ("b", "place", "0"), ("b", "place", "1"),
        ("a", "/name", "xã Huế"), ("b", "/name", "xã Phú Lộc"), ("b", "/name", "xã Phú Lộc cũ"),
    }  # fmt: skip


def test_a_wrong_column_of_a_view_is_told_with_those_there_are(workshop: Workshop) -> None:
    workshop.table([["id", "Tên"], ["1", "a"]])
    rules = mapped_view("v", {}, 'rml:template "{tên}"')
    faults = workshop.refusal(view("v", field("tên", 'rml:reference "Ten"')), rules)
    assert [str(fault).partition(": ")[2] for fault in faults] == [
        "has no column Ten; the columns are: id, Tên (did you mean Tên?)"
    ]
    rules = mapped_view("v", {}, 'rml:template "{Tên}"')
    faults = workshop.refusal(view("v", field("tên", 'rml:reference "Tên"')), rules)
    assert "reads Tên, which is no field of the logical view" in str(faults[0])
    assert VIETNAMESE.say(faults[0]).endswith("các trường là: tên")


def test_each_record_of_a_view_has_its_own_blank_node(workshop: Workshop) -> None:
    (workshop.folder / "t.json").write_text('[{"C#": ["a", "b"]}]')
    of_json = {"path": "t.json", "formulation": "JSONPath", "iterator": "$[*]"}
    made = view("v", field("C#", "rml:reference \"$['C#'][*]\""), **of_json)
    objects = {"ex:a": 'rml:reference "C#"', "ex:n": 'rml:reference "C#.#"'}
    rules = mapped_view("v", objects, "rml:termType rml:BlankNode")
    quads = workshop.quads(made, rules)
    assert {quad.object.value for quad in quads} == {"a", "b", "0", "1"}  # type: ignore[union-attr]
    assert len({quad.subject for quad in quads}) == 2


def test_only_json_holds_records_outside_of_a_cell(workshop: Workshop) -> None:
    workshop.table([["id"], ["1"]])
    made = view("v", field("id", 'rml:reference "id"'), items("i", "$[*]", field("a", 'rml:reference "$.a"')))
    plain = view("v", field("id", 'rml:reference "id"'))
    upon = view("u", items("i", "$[*]", field("a", 'rml:reference "$.a"')), on="v")
    for views, name in (((made,), "v"), ((plain, upon), "u")):
        (fault,) = workshop.refusal(*views, mapped_view("v", {}))
        assert str(fault).endswith(f"#{name} has an iterable field that is no part of a cell: only JSON has such")


@SOME
@given(name=HOSTILE, text=HOSTILE)
def test_hostile_names_and_texts_stay_what_they_are(workshop: Workshop, name: str, text: str) -> None:
    record = {"id": 1, "list": [{name: text}], "text": json.dumps([{name: text}])}
    (workshop.folder / "t.json").write_text(json.dumps([record]), encoding="utf-8")
    path = f"$[{json.dumps(name)}]"
    inner = field(name or "x", f"rml:reference {quoted(path)}")
    made = view(
        "v", items("i", "$.list[*]", inner), field("text", 'rml:reference "$.text"', items("j", "$[*]", inner)),
        path="t.json", formulation="JSONPath", iterator="$[*]",
    )  # fmt: skip
    columns = [f"i.{name or 'x'}", f"text.j.{name or 'x'}"]
    rules = mapped_view("v", {f"ex:p{n}": f"rml:reference {quoted(each)}" for n, each in enumerate(columns)},
                        'rml:constant <http://example.org/s>')  # fmt: skip
    with workshop.run(made, rules) as mapped:
        mapped.write_nquads(workshop.folder / "out.nq")
    quads: list[Quad] = list(parse(path=str(workshop.folder / "out.nq"), format=RdfFormat.N_QUADS))
    assert {(quad.predicate.value[-2:], quad.object) for quad in quads} == {
        ("p0", Literal(text)), ("p1", Literal(text))
    }  # fmt: skip
