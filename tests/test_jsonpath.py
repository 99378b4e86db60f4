"""JSONPath (RFC 9535): what paths find, held against another engine, and what is said of texts that are no path."""

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import jsonpath_rfc9535
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lienket.mapping.jsonpath import JsonPathError, parse
from lienket.mapping.jsonpath_sql import compile_path

from .test_sources import refusal, values

CONNECTION = duckdb.connect()


def found(path: str, document: Any) -> list[Any]:
    """Return what a path finds, without its order: RFC 9535 leaves that of members open."""
    sql, many = compile_path(parse(path), "document")
    query = f"SELECT {sql} FROM (SELECT CAST($1 AS JSON) AS document)"
    ((nodes,),) = CONNECTION.execute(query, [json.dumps(document)]).fetchall()
    return unordered(json.loads(node) for node in (nodes if many else [nodes]) if node is not None)


def unordered(nodes: Any) -> list[Any]:
    return sorted(nodes, key=lambda node: json.dumps(node, sort_keys=True))


NAMES = st.sampled_from(["a", "b", "c", "0", "-", "", "*", "é", "a'b", 'a"b', "a~/b", "$..a", "x y"])
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from([0.5, -1.5, "a", "b", "ab", "é", ""]))
DOCUMENTS = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=12,
).map(lambda document: json.loads(json.dumps(document, sort_keys=True)))  # fmt: skip

PLACES = st.integers(-4, 4)
BOUNDS = st.one_of(st.just(""), PLACES.map(str))
QUOTED = NAMES.map(lambda name: json.dumps(name, ensure_ascii=False))
SINGULAR = st.lists(st.one_of(QUOTED, PLACES.map(str)).map("[{}]".format), max_size=2).map("".join)


def segments(selectors: st.SearchStrategy[str], least: int = 0) -> st.SearchStrategy[str]:
    bracketed = st.lists(selectors, min_size=1, max_size=2).map(lambda each: f"[{', '.join(each)}]")
    segment = st.one_of(
        st.tuples(st.sampled_from(["", ".."]), bracketed).map("".join), st.sampled_from([".a", "..b", ".*", "..*"])
    )
    return st.lists(segment, min_size=least, max_size=3).map("".join)


def conditions(paths: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    query = st.tuples(st.sampled_from("@$"), paths).map("".join)
    single = st.tuples(st.sampled_from("@$"), SINGULAR).map("".join)
    value = st.one_of(
        single, SCALARS.map(json.dumps), single.map("length({})".format), query.map("count({})".format),
        query.map("value({})".format),
    )  # fmt: skip
    comparison = st.tuples(value, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), value).map(" ".join)
    patterns = st.sampled_from(["'a.?'", "'[ab]'", "@.a", "'('"])
    matching = st.tuples(st.sampled_from(["match", "search"]), single, patterns)
    test = st.one_of(comparison, query, matching.map("{0[0]}({0[1]}, {0[2]})".format))
    return st.recursive(
        test,
        lambda inner: st.one_of(
            inner.map("!({})".format), st.tuples(inner, st.sampled_from(["&&", "||"]), inner).map(" ".join)
        ),
        max_leaves=3,
    )


PLAIN = st.one_of(
    QUOTED, PLACES.map(str), st.just("*"), st.tuples(BOUNDS, BOUNDS).map(":".join),
    st.tuples(BOUNDS, BOUNDS, BOUNDS).map(":".join),
)  # fmt: skip
# The other engine takes a bare @ for its value where it stands for the node, so conditions have paths that go on.
PATHS = segments(st.one_of(PLAIN, conditions(segments(PLAIN, 1)).map("?{}".format))).map("${}".format)


@settings(deadline=None, max_examples=400)
@given(PATHS, DOCUMENTS)
@example("$..*", {"a": [1, {"b": [2]}], "c": "x"})
@example("$[?@.a == $['b']]", [{"a": 1}, {"b": 1}, {}])
@example("$[?count(@..*) > length(@)]", [[1, [2]], [1], "abc"])
@example("$['0']", ["a"])
@example("$.a[:]", None)
@example("$[0]", {"0": "a"})
def test_paths_find_what_another_engine_finds(path: str, document: Any) -> None:
    assert found(path, document) == unordered(jsonpath_rfc9535.find(path, document).values())


@pytest.mark.parametrize(("path", "said"), [
    ("a", "does not begin with $"), ("$.", "no name after the dot"), ("$..", "no name after the dot"),
    ("$.a]", "“]” at place 4, where a dot or a bracket is expected"), ("$.a ", "“ ” at place 4"),
    ("$[", "no selector in its bracket"), ("$[a]", "no selector in its bracket"),
    ("$[0", "a bracket that is not closed"),
    ("$['a", "whose quotation mark is not closed"), ("$['\\x']", "an escape that is not known"),
    ("$['\\ud800']", "an escape that is not known"), ("$[01]", "no selector in its bracket"),
    ("$[-0]", "has -0, which is no place in a list"), ("$[9007199254740992]", "which is no place in a list"),
    ("$[?]", "has no value"), ("$[?@.a==]", "has no value"), ("$[?@.a=1]", "a bracket that is not closed"),
    ("$[?1]", "a value where something that holds or not is expected"), ("$[?length(@)]", "a value where something"),
    ("$[?@.* == 1]", "may find several values where one is expected"), ("$[?length(@.*) == 1]", "may find several"),
    ("$[?count(1) == 1]", "calls count with something other than a path"),
    ("$[?match(@.a) == 1]", "calls match with 1 arguments, and it takes 2"),
    ("$[?match(@.a, 'x') == true]", "has match where a value is expected"),
    ("$[?system('x')]", "calls system, which is no function of JSONPath"),
    ("$[?(@.a]", "a parenthesis that is not closed"), ("$[?" + "(" * 9999, "is nested too deeply"),
])  # fmt: skip
def test_what_is_no_path_is_said(path: str, said: str) -> None:
    with pytest.raises(JsonPathError, match=re.escape(said)):
        parse(path)
    if path.isascii() and len(path) < 999:
        with pytest.raises(jsonpath_rfc9535.JSONPathError):
            jsonpath_rfc9535.compile(path)


def test_rules_read_by_any_path(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(
        """{"areas": [{"clinics": [{"id": 1, "beds": 5, "tel": ["a", "b", "c"]}, {"id": 2, "beds": 50}]},
            {"clinics": [{"id": 3, "beds": 70, "tel": ["d"]}]}]}""",
        encoding="utf-8",
    )
    source = """rml:logicalSource [ rml:source 't.json' ; rml:referenceFormulation rml:JSONPath ;
        rml:iterator '$..clinics[?@.beds < 60]' ] ;"""
    assert values(tmp_path, source, ["$.tel[1:]"], subject="$.id") == ['"b"', '"c"']


def test_items_are_found_wherever_they_are(tmp_path: Path) -> None:
    """Items of a plain path are handed over one by one, others are searched for; both are the same."""
    text = """{"a": [{"id": 1, "v": 1.50}, null, [{"id": 2, "v": "\\u00e9\\ud83d\\ude00"}], {"id": 3, "v": null}, 7],
        "b": {"x": {"id": 4, "v": 12345678901234567890}, "y": {"id": 5, "w": [{"id": 6, "v": true}]}}}"""
    (tmp_path / "t.json").write_bytes(b"\xef\xbb\xbf" + text.encode())
    xsd = "http://www.w3.org/2001/XMLSchema#"
    for plain, other, expected in (
        ("$.a[*]", "$.a[0:9]", [f'"1.5E0"^^<{xsd}double>']),
        ("$.a[-3][0]", "$.a[-3][0:1]", ['"é😀"']),
        ("$.b.*", "$.b['x', 'y']", [f'"12345678901234567890"^^<{xsd}integer>']),
        ("$.b.y.w.*", "$..w[?@.id]", [f'"true"^^<{xsd}boolean>']),
        ("$.b.x", "$.b['x', 'z']", [f'"12345678901234567890"^^<{xsd}integer>']),
        ("$.a[*].id.v", "$.a[9, 10]", []),
        ("$", "$[?@.id].none", []),
    ):
        for iterator in (plain, other):
            source = f"""rml:logicalSource [ rml:source 't.json' ; rml:referenceFormulation rml:JSONPath ;
                rml:iterator "{iterator}" ] ;"""
            assert values(tmp_path, source, ["$.v"], subject="$.id") == expected, iterator


@pytest.mark.parametrize("text", ['{"id": NaN}', '{"id": 1e999}', '{"id": 1', "[" * 20000, '{"id": "\\ud800"}', ""])
def test_what_is_no_json_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.json").write_text(text, encoding="utf-8")
    for iterator in ("$", "$[?@.id]"):
        source = f"""rml:logicalSource [ rml:source 't.json' ; rml:referenceFormulation rml:JSONPath ;
            rml:iterator "{iterator}" ] ;"""
        (fault,) = refusal(tmp_path, source, references=["$.id"], subject="$.id")
        assert str(fault).startswith(f"{tmp_path}/t.json")
        assert "is not JSON: " in str(fault)
        assert str(tmp_path) not in str(fault.values)
