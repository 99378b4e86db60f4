"""What SPARQL calls less, what it matches, and what a text is: told by SHACL's constraints over single literals."""

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import pytest

from lienket.errors import InputError
from lienket.validation import read_shapes, validate

PREFIXES = """
@prefix : <https://x.example/> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""

ASCENDING = {
    "whole numbers": ("-12", "0", "7", "+10", "1234567890123456789012345"),
    "numbers of many kinds": ("-1e300", "-2.5", '"-1"^^xsd:byte', "0.0", '"1.5"^^xsd:float', "2", "2.25", "3e0"),
    "numbers beyond doubles": ('"12345678901234567890"^^xsd:integer', '"12345678901234567890.1"^^xsd:decimal',
                               '"12345678901234567891"^^xsd:integer'),
    "negative numbers beyond doubles": ('"-12345678901234567891"^^xsd:integer', "-12345678901234567890.5",
                                        '"-12345678901234567890"^^xsd:integer'),
    "small decimals": ("0.1", "0.10000000000000000001", "0.11"),
    "infinities": ('"-INF"^^xsd:double', "-1e308", "0", "1e308", '"INF"^^xsd:float'),
    "texts": ('""', '"A"', '"a"', '"a\\\\"', '"ab"', '"Đ"', '"😀"'),
    "truth": ("false", '"1"^^xsd:boolean'),
    "dates": ('"-0045-03-15"^^xsd:date', '"0000-01-01"^^xsd:date', '"1999-12-31"^^xsd:date', '"2024-02-29"^^xsd:date',
              '"2024-03-01"^^xsd:date', '"12024-01-01"^^xsd:date'),
    "dates with zones": ('"2024-02-29+14:00"^^xsd:date', '"2024-02-29Z"^^xsd:date', '"2024-02-29-10:00"^^xsd:date'),
    "moments": ('"2024-02-29T11:59:59.9"^^xsd:dateTime', '"2024-02-29T12:00:00"^^xsd:dateTime',
                '"2024-02-29T12:00:00.000000001"^^xsd:dateTime', '"2024-02-29T24:00:00"^^xsd:dateTime',
                '"2024-03-01T00:00:01"^^xsd:dateTime'),
    "moments with zones": ('"2024-02-29T12:00:00+07:00"^^xsd:dateTime', '"2024-02-29T12:00:00Z"^^xsd:dateTimeStamp',
                           '"2024-02-29T11:00:00-05:30"^^xsd:dateTime'),
    "moments of both kinds, far apart": ('"2024-02-28T00:00:00"^^xsd:dateTime', '"2024-02-29T12:00:00Z"^^xsd:dateTime',
                                         '"2024-03-02T00:00:00"^^xsd:dateTime'),
    "times": ('"07:30:00"^^xsd:time', '"07:30:00.5"^^xsd:time', '"12:00:00"^^xsd:time'),
    "years": ('"1999"^^xsd:gYear', '"2024"^^xsd:gYear'),
    "months": ('"2023-12"^^xsd:gYearMonth', '"2024-01"^^xsd:gYearMonth'),
    "days": ('"-P1D"^^xsd:dayTimeDuration', '"PT0S"^^xsd:dayTimeDuration', '"PT1M30.5S"^^xsd:dayTimeDuration',
             '"PT25H"^^xsd:dayTimeDuration', '"P2D"^^xsd:dayTimeDuration'),
    "months and years": ('"-P1M"^^xsd:yearMonthDuration', '"P11M"^^xsd:yearMonthDuration',
                         '"P1Y"^^xsd:yearMonthDuration'),
}  # fmt: skip
"""Literals, each less than the next."""

EQUAL = {
    "numbers": ("2", "02", "+2", "2.0", "2.00", "2e0", '"2"^^xsd:byte', '"2"^^xsd:float'),
    "nothing": ("0", "-0", "0.0", '"-0"^^xsd:double'),
    "truth": ("true", '"1"^^xsd:boolean'),
    "moments": ('"2024-03-01T00:00:00"^^xsd:dateTime', '"2024-02-29T24:00:00"^^xsd:dateTime',
                '"2024-03-01T00:00:00.000"^^xsd:dateTime'),
    "moments with zones": ('"2024-02-29T12:00:00Z"^^xsd:dateTime', '"2024-02-29T19:00:00+07:00"^^xsd:dateTime'),
    "lengths": ('"P1D"^^xsd:dayTimeDuration', '"PT24H"^^xsd:dayTimeDuration'),
}  # fmt: skip
"""Literals of the same value."""

INCOMPARABLE = (
    ("1", '"1"'),
    ("1", "true"),
    ("1", '"1"@en'),
    ('"a"', '"a"@en'),
    ("1", '"x"^^xsd:integer'),
    ("1", '"300"^^xsd:byte'),
    ("1", '"NaN"^^xsd:double'),
    ("1", "<https://x.example/1>"),
    ('"2024-02-29"^^xsd:date', '"2024-02-30"^^xsd:date'),
    ('"2024-02-29"^^xsd:date', '"2024-02-29T00:00:00"^^xsd:dateTime'),
    ('"2024-02-29T12:00:00"^^xsd:dateTime', '"2024-02-29T12:00:00Z"^^xsd:dateTime'),
    ('"2024-02-29T12:00:00"^^xsd:dateTime', '"2024-03-01T01:00:00Z"^^xsd:dateTime'),
)
"""A bound, and a value that is neither less nor greater nor equal."""


def failing(constraints: Iterable[tuple[str, str]], folder: Path) -> list[bool]:
    """Return of each pair of a node and what a shape says of it whether the node does not conform."""
    shapes = "".join(
        f":S{number} a sh:NodeShape ; sh:targetNode {node} ; {said} .\n"
        for number, (node, said) in enumerate(constraints)
    )
    (folder / "s.ttl").write_text(PREFIXES + shapes, encoding="utf-8")
    (folder / "d.ttl").write_text("", encoding="utf-8")
    found = {result.shape for result in validate([folder / "d.ttl"], read_shapes([folder / "s.ttl"])).results}
    return [f"https://x.example/S{number}" in found for number in range(shapes.count("sh:NodeShape"))]


def asked(value: str, bound: str) -> list[tuple[str, str]]:
    names = ("minExclusive", "minInclusive", "maxInclusive", "maxExclusive")
    return [(value, f"sh:{name} {bound}") for name in names]


GREATER, SAME, LESS, NEITHER = (
    [False, False, True, True], [True, False, False, True], [True, True, False, False], [True, True, True, True],
)  # fmt: skip
"""What fails of `asked`."""


@pytest.mark.parametrize("name", ASCENDING)
def test_the_lesser_and_the_greater(name: str, tmp_path: Path) -> None:
    values = ASCENDING[name]
    pairs = [*pairwise(values), (values[0], values[-1])]
    constraints = [each for a, b in pairs for each in asked(a, b) + asked(b, a)]
    assert failing(constraints, tmp_path) == (LESS + GREATER) * len(pairs)


@pytest.mark.parametrize("name", EQUAL)
def test_equals(name: str, tmp_path: Path) -> None:
    pairs = [(a, b) for a in EQUAL[name] for b in EQUAL[name]]
    assert failing([each for a, b in pairs for each in asked(a, b)], tmp_path) == SAME * len(pairs)


def test_what_cannot_be_compared_fails_either_way(tmp_path: Path) -> None:
    constraints = [each for bound, value in INCOMPARABLE for each in asked(value, bound)]
    assert failing(constraints, tmp_path) == NEITHER * len(INCOMPARABLE)


def test_pairs_of_values_are_compared_alike(tmp_path: Path) -> None:
    """sh:lessThan knows neither side when it is compiled."""
    pairs = [pair for values in ASCENDING.values() for pair in pairwise(values)]
    pairs += [pair for values in EQUAL.values() for pair in pairwise(values)]
    pairs += INCOMPARABLE
    ascending = sum(len(values) - 1 for values in ASCENDING.values())
    equal = sum(len(values) - 1 for values in EQUAL.values())
    data = "".join(f":n{number} :low {low} ; :high {high} .\n" for number, (low, high) in enumerate(pairs))
    shapes = (
        ":L sh:targetSubjectsOf :low ; sh:path :low ; sh:lessThan :high ; a sh:PropertyShape .\n"
        ":E sh:targetSubjectsOf :low ; sh:path :low ; sh:lessThanOrEquals :high ; a sh:PropertyShape .\n"
    )
    (tmp_path / "d.ttl").write_text(PREFIXES + data, encoding="utf-8")
    (tmp_path / "s.ttl").write_text(PREFIXES + shapes, encoding="utf-8")
    results = validate([tmp_path / "d.ttl"], read_shapes([tmp_path / "s.ttl"])).results
    found = {(result.shape[-1], int(result.focus_node.rpartition("n")[2])) for result in results}
    never = {(letter, number) for letter in "LE" for number in range(ascending + equal, len(pairs))}
    assert found == {("L", number) for number in range(ascending, ascending + equal)} | never


PATTERNS = (
    (r"^\\d{2}$", "", ("12", "٣٤"), ("1", "123", "1\\n2", "12\\n")),
    ("^a.c$", "", ("abc", "a\\tc"), ("ac", "a\\nc", "a\\rc")),
    ("^a.c$", "s", ("abc", "a\\nc"), ("ac",)),
    ("^b$", "m", ("a\\nb", "b\\nc"), ("ab",)),
    ("^HUẾ$", "i", ("Huế", "huế"), ("Hue",)),
    ("a b  c", "x", ("abc",), ("a b  c",)),
    ("a.c", "q", ("xa.cx",), ("abc",)),
    (r"^\\w+$", "", ("Huế_1", "a+b"), ("a b", "a-b", "")),
    (r"^[\\w-]+$", "", ("Huế-1",), ("a b",)),
    (r"^\\W$", "", ("-", " "), ("a", "_")),
    (r"^\\s$", "", (" ", "\\t"), ("\u00a0", "x")),
    (r"^\\S+$", "", ("a\u00a0b",), ("a b",)),
    (r"^\\p{Lu}\\P{Lu}$", "", ("Aa", "Đđ"), ("aa", "AA")),
    (r"^[^\\d\\s]$", "", ("a",), ("1", " ")),
    (r"^\\i\\c*$", "", ("a1", "_x"), ("1a",)),
    (r"^(?:ab|cd){1,2}?e$", "", ("abe", "abcde"), ("e", "ababab")),
    (r"^[\\]\\[^\\\\-]+$", "", ("][^\\\\-",), ("a",)),
    (r"^\\(\\.\\*\\)$", "", ("(.*)",), ("()",)),
    ("'; DROP TABLE x; --", "", ("a'; DROP TABLE x; --",), ("x",)),
)
"""Pattern and flags as Turtle writes them, texts that match, texts that do not."""


@pytest.mark.parametrize(("pattern", "flags", "matching", "others"), PATTERNS)
def test_patterns(pattern: str, flags: str, matching: tuple[str, ...], others: tuple[str, ...], tmp_path: Path) -> None:
    said = f'sh:pattern "{pattern}"' + (f' ; sh:flags "{flags}"' if flags else "")
    texts = [f'"{text}"' for text in (*matching, *others)]
    assert failing([(text, said) for text in texts], tmp_path) == [False] * len(matching) + [True] * len(others)


@pytest.mark.parametrize(
    "pattern",
    [r"(?=a)", r"(?<=a)", r"(?i)a", r"(a)\\1", r"[a-z-[aeiou]]", r"[[a]", r"a{1,2000}", r"\\b", r"\\p{IsGreek}", "a]",
     "+a", "(a", "a)", "[a", "a{", r"[\\D]"],
)  # fmt: skip
def test_patterns_that_cannot_be_read_are_refused(pattern: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read at"):
        failing([('"a"', f'sh:pattern "{pattern}"')], tmp_path)


def test_what_a_text_is(tmp_path: Path) -> None:
    """Lengths are of characters, as they read; a blank node has none, an IRI its own."""
    texts = ('"a\\"\\\\\\n"', '"ế"@vi', '"😀"', '"12"^^xsd:integer', "<https://x.example/é>")
    lengths = (4, 1, 1, 2, 19)
    constraints = [
        (text, f"sh:minLength {length} ; sh:maxLength {length}") for text, length in zip(texts, lengths, strict=True)
    ]
    wrong = [(text, f"sh:minLength {length + 1}") for text, length in zip(texts, lengths, strict=True)]
    assert failing(constraints + wrong, tmp_path) == [False] * len(texts) + [True] * len(texts)
