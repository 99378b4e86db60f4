"""What has to hold of tables: keys used twice, references that lead nowhere, empty cells; each names its cell."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienket.mapping import map_rules, read_rules

from .test_mapping import BASE, HOSTILE, SOME, VIETNAMESE, Workshop, triples_map
from .test_views import field, mapped_view, view

CSVW = "@prefix csvw: <http://www.w3.org/ns/csvw#> .\n"


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    monkeypatch.chdir(tmp_path)
    workshop = Workshop(tmp_path)
    workshop.table([["mã", "tên"], ["46", "Huế"], ["48", "Đà Nẵng"]], "provinces.csv")
    workshop.table(
        [["mã", "tỉnh", "tên"], ["1", "46", "Phú Xuân"], ["2", "47", ""], [" 1", "46", "Kim Long"], ["", "48", "A"],
         ["", "", ""], ["1", "", "Vỹ Dạ"]]
    )  # fmt: skip
    return workshop


def with_schema(schema: str, rules: str) -> str:
    """State a schema of CSVW on the source of the first triples map."""
    return CSVW + rules.replace('rml:path "t.csv"', f'rml:path "t.csv" ; csvw:tableSchema [ {schema} ]', 1)


def told(workshop: Workshop, *texts: str, **how: Any) -> list[str]:
    with workshop.run(*texts, **{"language": VIETNAMESE, **how}) as mapped:
        return [VIETNAMESE.say(fault) for fault in mapped.faults]


FOUND = [
    "t.csv, hàng 3, cột tên: trống, mà hàng nào cũng phải có; hãy điền vào",
    "t.csv, hàng 3, cột tỉnh: “47” không có trong cột mã của provinces.csv; hãy sửa ở đây hoặc bổ sung ở đó",
    "t.csv, hàng 4, cột mã: “ 1” đã dùng ở hàng 2; mỗi hàng phải có giá trị riêng",
    "t.csv, hàng 5, cột mã: trống, mà hàng nào cũng phải có; hãy điền vào",
    "t.csv, hàng 7, cột mã: “1” đã dùng ở hàng 2; mỗi hàng phải có giá trị riêng",
]


def test_annotations_of_a_view_name_the_cells(workshop: Workshop) -> None:
    provinces = view("p", field("code", 'rml:reference "mã"'), path="provinces.csv")
    annotations = (
        'rml:structuralAnnotation [ a rml:PrimaryKeyAnnotation ; rml:onFields ("id") ] ,'
        ' [ a rml:NotNullAnnotation ; rml:onFields ("name") ] ,'
        ' [ a rml:ForeignKeyAnnotation ; rml:onFields ("province") ; rml:targetView <#p> ; rml:targetFields ("code") ]'
    )
    names = {"id": "mã", "province": "tỉnh", "name": "tên"}
    places = view("v", *(field(name, f'rml:reference "{column}"') for name, column in names.items()), annotations)
    rules = mapped_view("v", {"ex:name": 'rml:reference "name"'})
    assert told(workshop, provinces, places, rules) == FOUND


def test_a_schema_of_csvw_names_the_cells(workshop: Workshop) -> None:
    schema = (
        'csvw:primaryKey "mã" ; csvw:column ( [ csvw:name "ten" ; csvw:title "tên" ; csvw:required true ] ) ;'
        ' csvw:foreignKey [ csvw:columnReference "tỉnh" ; csvw:reference ['
        ' csvw:resource "provinces.csv" ; csvw:columnReference ( "mã" ) ] ]'
    )
    rules = triples_map({"ex:name": 'rml:reference "tên"'}, subject='rml:template "id/{mã}"')
    assert told(workshop, with_schema(schema, rules)) == FOUND


@pytest.mark.parametrize("references", ["[[tỉnh, provinces]]", "[tỉnh, provinces.csv, mã]", "[[$(tỉnh), x~csv, mã]]"])
def test_yarrrml_states_them_in_three_lines(workshop: Workshop, references: str) -> None:
    path = workshop.folder / "rules.yml"
    path.write_text(
        f"""
sources:
  places:
    access: t.csv
    key: mã
    required: [tên]
    references: {references.replace("x~", "provinces.csv~")}
  provinces: {{access: provinces.csv~csv, key: mã}}
mappings:
  place: {{source: places, s: id/$(mã), po: [[ex:name, $(tên)]]}}
prefixes: {{ex: "http://example.org/"}}
""",
        encoding="utf-8",
    )
    with map_rules([read_rules(path, base_iri=BASE)], root=workshop.folder, language=VIETNAMESE) as mapped:
        assert [VIETNAMESE.say(fault) for fault in mapped.faults] == FOUND
        assert mapped.write_nquads(workshop.folder / "out.nq") == 3  # nothing is left out for it


def test_keys_and_references_may_take_several_columns_and_their_own_table(workshop: Workshop) -> None:
    rows = [["2024", "1", ""], ["2025", "1", "1"], ["2025", "2", "3"], ["2025", "1", "1"]]
    workshop.table([["năm", "mã", "trước"], *rows])
    schema = (
        'csvw:primaryKey ( "năm" "mã" ) ; csvw:foreignKey [ csvw:columnReference ( "năm" "trước" ) ;'
        ' csvw:reference [ csvw:resource <#s> ; csvw:columnReference ( "năm" "mã" ) ] ]'
    )
    rules = triples_map({}, subject='rml:template "id/{năm}/{mã}" ; rml:class ex:T')
    same = '\n<#s> rml:referenceFormulation rml:CSV ; rml:source [ rml:path "t.csv" ] .'
    assert told(workshop, with_schema(schema, rules) + same) == [
        "t.csv, hàng 4, cột năm, trước: “2025, 3” không có trong cột năm, mã của t.csv;"
        " hãy sửa ở đây hoặc bổ sung ở đó",
        "t.csv, hàng 5, cột năm, mã: “2025, 1” đã dùng ở hàng 3; mỗi hàng phải có giá trị riêng",
    ]


def test_what_a_foreign_key_refers_to_has_to_be_a_key(workshop: Workshop) -> None:
    workshop.table([["mã"], ["46"], ["46"], ["48"]], "provinces.csv")
    schema = (
        'csvw:foreignKey [ csvw:columnReference "tỉnh" ; csvw:reference ['
        ' csvw:resource "provinces.csv" ; csvw:columnReference "mã" ] ]'
    )
    rules = triples_map({}, subject='rml:template "id/{mã}" ; rml:class ex:T')
    assert "provinces.csv, hàng 3, cột mã: “46” đã dùng ở hàng 2; mỗi hàng phải có giá trị riêng" in told(
        workshop, with_schema(schema, rules)
    )


def test_records_of_one_row_are_told_apart(workshop: Workshop) -> None:
    (workshop.folder / "t.json").write_text('[{"c": ["a", "b", "a"]}, {"c": ["b"]}]')
    annotation = 'rml:structuralAnnotation [ a rml:UniqueAnnotation ; rml:onFields ("c") ]'
    of_json = {"path": "t.json", "formulation": "JSONPath", "iterator": "$[*]"}
    made = view("v", field("c", 'rml:reference "$.c[*]"'), annotation, **of_json)
    with workshop.run(made, mapped_view("v", {}, 'rml:template "{c}" ; rml:class ex:T')) as mapped:
        assert [(fault.row, fault.text, fault.values) for fault in mapped.faults] == [
            (1, "a", {"first": 1}), (2, "b", {"first": 1}),
        ]  # fmt: skip


def test_an_annotation_of_safe_addresses_is_held_against_the_cells(workshop: Workshop) -> None:
    workshop.table([["id"], ["a"], ["Huế"], ["a b"]])
    annotation = 'rml:structuralAnnotation [ a rml:IriSafeAnnotation ; rml:onFields ("id") ]'
    made = view("v", field("id", 'rml:reference "id"'), annotation)
    assert told(workshop, made, mapped_view("v", {}, 'rml:template "{id}" ; rml:class ex:T')) == [
        "t.csv, hàng 4, cột id: “a b” có ký tự phải mã hóa khi đưa vào địa chỉ"
    ]


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ('a rml:KeyAnnotation ; rml:onFields ("id")', "kind that is not known; known are rml:PrimaryKeyAnnotation"),
        ("a rml:UniqueAnnotation", "has no rml:onFields"),
        ('a rml:UniqueAnnotation ; rml:onFields "id"', 'that is no list of names, such as ("a" "b")'),
        ('a rml:UniqueAnnotation ; rml:onFields ("ID")', "reads ID, which is no field of the logical view"),
        ('a rml:InclusionAnnotation ; rml:onFields ("id") ; rml:targetView <#x> ; rml:targetFields ("id")',
         "#x, which is no logical view"),
        ('a rml:InclusionAnnotation ; rml:onFields ("id") ; rml:targetView <#v> ; rml:targetFields ("id" "id")',
         "refers with id to id, id, which are not as many"),
    ],
)  # fmt: skip
def test_an_annotation_that_is_wrong_is_told(workshop: Workshop, annotation: str, expected: str) -> None:
    made = view("v", field("id", 'rml:reference "mã"'), f"rml:structuralAnnotation [ {annotation} ]")
    faults = workshop.refusal(made, mapped_view("v", {}))
    assert any(expected in str(fault) for fault in faults)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ('csvw:primaryKey "mã xã"', "has no column mã xã; the columns are: mã, tỉnh, tên"),
        ('csvw:foreignKey [ csvw:columnReference "tỉnh" ]', "has a csvw:foreignKey that is not whole"),
        ('csvw:foreignKey [ csvw:columnReference "tỉnh" ; csvw:reference [ csvw:resource "../x.csv" ;'
         ' csvw:columnReference "mã" ] ]', "reads ../x.csv, which lies outside of"),
    ],
)  # fmt: skip
def test_a_schema_that_is_wrong_is_told(workshop: Workshop, schema: str, expected: str) -> None:
    rules = triples_map({"ex:name": 'rml:reference "tên"'}, subject='rml:template "id/{mã}"')
    faults = workshop.refusal(with_schema(schema, rules))
    assert any(expected in str(fault) for fault in faults)


@SOME
@given(st.lists(st.tuples(st.sampled_from(["a", "b", "", "c "]), HOSTILE), max_size=8), HOSTILE)
def test_keys_and_references_are_those_that_counting_finds(
    workshop: Workshop, rows: list[tuple[str, str]], known: str
) -> None:
    workshop.table([["id", "ref"], *rows])
    workshop.table([["x"], [known]], "x.csv")
    schema = (
        'csvw:primaryKey "id" ; csvw:foreignKey [ csvw:columnReference "ref" ; csvw:reference ['
        ' csvw:resource "x.csv" ; csvw:columnReference "x" ] ]'
    )
    rules = triples_map({"ex:ref": 'rml:reference "ref"'}, subject='rml:template "id/{id}"')
    with workshop.run(with_schema(schema, rules), language=None) as mapped:
        named = {(fault.row, fault.column, fault.message.split()[0:2][1]) for fault in mapped.faults}
    seen: Counter[str] = Counter()
    expected = set()
    for number, (key, reference) in enumerate(rows, 2):
        if key and seen[key]:
            expected.add((number, "id", "used"))
        seen[key] += 1
        if reference and reference != known:
            expected.add((number, "ref", "not"))
        if not key and reference:
            expected.add((number, "id", "empty,"))
    assert named == expected
