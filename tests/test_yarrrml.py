"""YARRRML: the same quads as RML makes, faults with their line and mapping, and nothing that a file could run."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from lienket.errors import InputError
from lienket.mapping import Mapped, map_rules, read_rules

from .test_mapping import BASE, HOSTILE, SOME, VIETNAMESE, Workshop, triple

NAME = NamedNode("http://example.org/name")


class Yard(Workshop):
    """A folder with tables and a mapping in YARRRML."""

    def written(self, text: str) -> Path:
        path = self.folder / "rules.yml"
        path.write_text("prefixes:\n  ex: http://example.org/\n" + text, encoding="utf-8")
        return path

    def mapped(self, text: str, **how: Any) -> Mapped:
        return map_rules(
            [read_rules(self.written(text), base_iri=BASE)], **{"root": self.folder, "language": None, **how}
        )

    def made(self, text: str, **how: Any) -> set[Quad]:
        with self.mapped(text, **how) as mapped:
            assert not mapped.faults
            mapped.write_nquads(self.folder / "out.nq")
        return set(parse(path=str(self.folder / "out.nq"), format=RdfFormat.N_QUADS))

    def told(self, text: str) -> list[str]:
        with pytest.raises(InputError) as raised:
            self.mapped(text).close()
        for fault in raised.value.faults:
            assert VIETNAMESE.say(fault) != str(fault)
        return [re.split("rules.yml(?:, |: )", str(fault))[-1] for fault in raised.value.faults]


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    return Yard(tmp_path)


def test_a_table_becomes_quads_in_short_and_in_long_form(yard: Yard) -> None:
    yard.table([["id", "Tên", "Ngày", "Số {a}"], ["1", "Huế", "1/7/2025", "7"]])
    short = """mappings:
  place:
    sources: [[t.csv~csv]]
    s: id/$(id)
    po:
      - [a, ex:Place]
      - [ex:name, $(Tên), vi~lang]
      - [[ex:number, ex:count], "$(Số {a})", xsd:integer]
      - [ex:page, "trang/$(Số {a})~iri"]
      - [ex:text, "{$(id)}"]
      - [ex:fixed, [one, ex:two~iri]]
      - p: ex:date
        o: {function: lk:date, parameters: [[lk:text, $(Ngày)]], datatype: xsd:date}
"""
    long = """sources:
  table: {access: t.csv, referenceFormulation: csv}
mappings:
  place:
    sources: table
    subjects: [{value: id/$(id)}]
    predicateobjects:
      - {predicates: rdf:type, objects: ex:Place}
      - {predicates: ex:name, objects: {value: $(Tên), language: vi}}
      - {predicates: [ex:number, ex:count], objects: [{value: "$(Số {a})", datatype: xsd:integer}]}
      - {predicates: ex:page, objects: {value: "trang/$(Số {a})", type: iri}}
      - {predicates: ex:text, objects: "{$(id)}"}
      - {predicates: ex:fixed, objects: [one, {value: ex:two, type: iri}]}
      - {p: ex:date, o: [{f: lk:date, ps: [{parameter: lk:text, value: $(Ngày)}], datatype: xsd:date}]}
"""
    xsd = "http://www.w3.org/2001/XMLSchema#"
    seven = Literal("7", datatype=NamedNode(xsd + "integer"))
    expected = {
        triple("id/1", "name", Literal("Huế", language="vi")), triple("id/1", "number", seven),
        triple("id/1", "count", seven), triple("id/1", "page", NamedNode(BASE + "trang/7")),
        triple("id/1", "text", Literal("{1}")), triple("id/1", "fixed", Literal("one")),
        triple("id/1", "fixed", NamedNode("http://example.org/two")),
        triple("id/1", "date", Literal("2025-07-01", datatype=NamedNode(xsd + "date"))),
    }  # fmt: skip
    for text in (short, long):
        quads = yard.made(text, language=VIETNAMESE)
        assert {quad for quad in quads if not quad.predicate.value.endswith("#type")} == expected
        assert len(quads) == len(expected) + 1


def test_joins_conditions_graphs_and_several_sources(yard: Yard) -> None:
    yard.table([["id", "in", "kind"], ["1", "a", "x"], ["2", "b", "y"]])
    yard.table([["id", "in", "kind"], ["3", "a", "x"]], "u.csv")
    (yard.folder / "c.json").write_text('[{"code": "a", "size": 5}]')
    quads = yard.made(
        """mappings:
  place:
    sources: [[t.csv~csv], [u.csv~csv]]
    s: id/$(id)
    g: ex:graph
    po:
      - p: ex:in
        o: {mapping: commune, condition: {function: equal, parameters: [[str1, $(in)], [str2, $(code)]]}}
      - p: ex:kind
        o: $(kind)
        condition: {function: equal, parameters: [[str1, $(kind)], [str2, x]]}
  commune:
    source: ['c.json~jsonpath', '$[*]']
    s: commune/$(code)
    condition: {function: notEqual, parameters: [[str1, $(size)], [str2, 6]]}
    po: [ex:size, $(size)]
""".replace("$(code)", "$($.code)").replace("$(size)", "$($.size)")
    )
    graph, commune = "http://example.org/graph", NamedNode(BASE + "commune/a")
    five = Literal("5", datatype=NamedNode("http://www.w3.org/2001/XMLSchema#integer"))
    assert quads == {
        triple("id/1", "in", commune, graph), triple("id/3", "in", commune, graph),
        triple("id/1", "kind", Literal("x"), graph), triple("id/3", "kind", Literal("x"), graph),
        triple("commune/a", "size", five),
    }  # fmt: skip


def test_every_mistake_is_told_with_its_line_and_its_mapping(yard: Yard) -> None:
    yard.table([["id"], ["1"]])
    assert yard.told("""mappings:
  place:
    sources: [[t.csv~csv]]
    subjekt: id/$(id)
    po:
      - [exx:name, $(id)]
      - [ex:name]
      - [ex:name, {mapping: other}]
      - [ex:name, {function: nothing}]
      - p: ex:date
        o: {function: lk:date, parameters: [lk:text]}
  empty: {s: id/$(id), source: gone}
""") == [
        "row 6: mapping place has the unknown key subjekt; known are sources, subjects, graphs, predicateobjects,"
        " condition (did you mean subject?)",
        "row 8: mapping place uses the prefix exx, which is not among the prefixes (did you mean ex?)",
        "row 9: mapping place has a predicate and object of 1 parts; expected [predicate, object] or"
        " [predicate, object, language or datatype]",
        "row 10: mapping place joins the mapping other, which is not in this file; there are place, empty",
        "row 11: mapping place has nothing as its function, without a prefix; write it such as lk:nothing",
        "row 13: mapping place has parameters that are not written as [[parameter, value], …]",
        "row 14: mapping empty has the source gone, which is not among the sources: –; a file is written file.csv~csv",
    ]


LONG = "{function: lk:date, parameters: [[lk:text, $(Ngày (cũ))]], datatype: xsd:date}"
NESTED = (
    "{f: lk:concat, ps: [[lk:prefix, id/], [lk:text, {f: lk:slug, ps: [[lk:text, $(Tên)]]}], [lk:suffix, '(a,b)']],"
    " type: iri}"
)


@pytest.mark.parametrize(
    ("inline", "long"),
    [
        ("{function: lk:date(lk:text = $(Ngày (cũ))), datatype: xsd:date}", LONG),
        ("{f: 'lk:date(text=$(Ngày (cũ)))', datatype: xsd:date}", LONG),
        ("{value: lk:date( text = $(Ngày (cũ)) ), datatype: xsd:date}", LONG),
        ("""{f: "lk:concat(prefix = id/, text = lk:slug(text = $(Tên)), suffix = '(a,b)')", type: iri}""", NESTED),
        ("lk:slug(text = $(Tên))", "{function: lk:slug, parameters: [[lk:text, $(Tên)]]}"),
        ("{value: $(Tên), condition: {f: 'equal(str1 = $(id), str2 = 1)'}}",
         "{value: $(Tên), condition: {f: equal, ps: [[str1, $(id)], [str2, 1]]}}"),
        ("'Huế (lk:slug(text = x))'", "{value: 'Huế (lk:slug(text = x))'}"),
        ("'nothing:of(a = b)'", "{value: 'nothing:of(a = b)'}"),
    ],
)  # fmt: skip
def test_a_function_in_one_line_is_the_same_in_long_form(yard: Yard, inline: str, long: str) -> None:
    yard.table([["id", "Tên", "Ngày (cũ)"], ["1", "Đá Trắng", "1/7/2025"]])
    text = "mappings:\n  a:\n    source: [t.csv~csv]\n    s: id/$(id)\n    po:\n      - {p: ex:p, o: %s}\n"
    quads = yard.made(text % inline, language=VIETNAMESE)
    assert quads == yard.made(text % long, language=VIETNAMESE)
    assert len(quads) == 1


@pytest.mark.parametrize(
    "call", ["lk:date(", "lk:date(text)", "lk:date(text = a", "lk:date(text = a) b", "lk:date(text = a(b)"]
)
def test_a_call_that_does_not_end_is_told(yard: Yard, call: str) -> None:
    yard.table([["id"], ["1"]])
    text = f"mappings:\n  a: {{source: [t.csv~csv], s: id/$(id), po: [{{p: ex:p, o: {{f: '{call}'}}}}]}}"
    told = f"row 4: mapping a has {call} as its function; in one line it is written name(parameter = value, …)"
    assert yard.told(text) == [told]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mappings: [", "row 3: is not YAML: "),
        ("mappings:\n  a: {s: x, s: y}", "row 4: has the key s twice"),
        ("mappings: {}", "row 3: holds no mappings"),
        ("mapping:\n  a: {source: [t.csv~xquery], s: id/$(id)}", "row 4: mapping a has a reference formulation"),
        ("mappings:\n  a: {source: [[t.csv~csv]], s: 'id/ $(id)'}", "row 4: triples map a has a template"),
        ("mappings:\n  a: {source: [[t.csv~csv]], s: {function: lk:part}}", "triples map a calls lk:part with –"),
    ],
)
def test_a_mistake_names_where_it_is(yard: Yard, text: str, expected: str) -> None:
    yard.table([["id"], ["1"]])
    assert any(told.startswith(expected) or expected in told for told in yard.told(text))


def test_a_file_runs_nothing_and_unfolds_to_nothing_big(yard: Yard) -> None:
    yard.table([["id"], ["1"]])
    mark = yard.folder / "ran"
    tagged = f"!!python/object/apply:os.system ['touch {mark}']"
    with pytest.raises(InputError):
        yard.mapped(f"mappings: {tagged}")
    assert not mark.exists()
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    assert yard.told(f"{bomb}mappings: *a11")[0].endswith("is nested too deeply")
    assert yard.told("mappings: &m\n  a: *m")[0].endswith("is nested too deeply")
    assert yard.told("mappings: " + "[" * 100_000)
    outside = "mappings:\n  a: {source: [[../../etc/passwd~csv]], s: id/$(id)}"
    with pytest.raises(InputError, match="lies outside of"):
        yard.mapped(outside)


@SOME
@given(column=HOSTILE.filter(lambda text: bool(text.strip())), fixed=HOSTILE, value=HOSTILE)
def test_hostile_texts_stay_what_they_are(yard: Yard, column: str, fixed: str, value: str) -> None:
    (yard.folder / "t.json").write_text(json.dumps([{column: value}]), encoding="utf-8")

    def reference(name: str) -> str:
        path = f"$[{json.dumps(name)}]"
        return "$(" + "".join(f"\\{each}" if each in "()\\" else each for each in path) + ")"

    written = re.sub(r"(\\*)\$", r"\1\1\\$", fixed)
    before = re.sub(r"(\\+)\Z", r"\1\1", written)
    text = json.dumps(f"{before}{reference(column)}{written}|")
    quads = yard.made(
        "mappings:\n  a:\n    source: ['t.json~jsonpath', '$[*]']\n    s: http://example.org/s\n"
        f"    po: [[ex:name, {text}]]\n"
    )
    assert [quad.object for quad in quads] == [Literal(f"{fixed}{value}{fixed}|")]


@SOME
@given(st.text(alphabet="$()\\{}a=~:&*-[]'\"\n #!%@`,?|>", max_size=40))
def test_no_text_of_a_file_is_a_crash(yard: Yard, text: str) -> None:
    yard.table([["id"], ["1"]])
    called = json.dumps(f"lk:f(a = {text})")
    for whole in (
        text,
        f"mappings:\n  a:\n    s: {json.dumps(text)}\n    po: [[a, {json.dumps(text)}]]\n",
        f"mappings:\n  a:\n    s: {called}\n    po: [[a, {{f: {called}}}]]\n",
    ):
        try:
            yard.mapped(whole).close()
        except InputError as error:
            assert error.faults  # noqa: PT017
