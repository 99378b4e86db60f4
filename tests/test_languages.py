"""Languages: how text is cleaned, compared, sorted and said."""

import ast
import itertools
import re
import string
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from hypothesis import given, settings
from hypothesis import strategies as st

import lienket
from lienket import languages
from lienket.datatypes import DATATYPES
from lienket.errors import Fault, InputError
from lienket.mapping.functions import functions
from lienket.mapping.reading import PLACES
from lienket.validation.explanations import BY_QUERY, MISSING, OF_ANOTHER, SENTENCES
from lienket.validation.parameters import EXPECTED

from .test_mapping import answer

VI = languages.get("vi")
EN = languages.get("en")
ENGINE = Path(lienket.__file__).parent
MESSAGES = ENGINE / "languages" / "vi" / "messages.po"

LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxy"
TONES = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")
"""In the order of the dictionary: ngang, huyền, hỏi, ngã, sắc, nặng."""

SYLLABLES = st.builds(
    lambda onset, vowel, tone, coda: unicodedata.normalize("NFC", onset + vowel + tone + coda),
    st.sampled_from(["", "b", "đ", "h", "ngh", "th", "tr", "x"]),
    st.sampled_from("aăâeêioôơuưy"),
    st.sampled_from(TONES),
    st.sampled_from(["", "c", "m", "ng", "nh", "t"]),
)
NAMES = st.lists(SYLLABLES, min_size=1, max_size=4).map(" ".join)
ANY_TEXT = st.text(
    alphabet=st.one_of(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
        st.sampled_from(" \u00a0\u200b\ufeff\u2003\n\tÐðĐđ\u0301\u0323ếỬ“”…"),
    )
)


def test_every_pack_is_found_and_stands_up() -> None:
    assert languages.available() == ("en", "vi")
    for tag in languages.available():
        language = languages.get(tag)
        assert language.tag == tag
        assert language.name
        assert language.functions.exists()
        assert {f"lk_fn_{name}" for name in map(_local, functions(language))} >= {
            signature.partition("(")[0] for signature in language.macros if signature.startswith("lk_fn_")
        }
    assert {_local(iri) for iri in functions(VI)} == {_local(iri) for iri in functions(EN)}
    with pytest.raises(InputError, match="no language “xx”; there are en, vi"):
        languages.get("xx")


def _local(iri: str) -> str:
    return iri.rpartition("#")[2]


# Cleaning


@settings(deadline=None)
@given(ANY_TEXT)
def test_python_and_sql_clean_alike_and_once(text: str) -> None:
    for language in (VI, EN):
        cleaned = language.clean(text)
        assert answer("lk_clean($1)", text, tag=language.tag) == cleaned
        assert language.clean(cleaned) == cleaned
        assert unicodedata.is_normalized("NFC", cleaned)
        assert cleaned == cleaned.strip()


def test_the_look_alike_of_đ_is_mended_in_vietnamese_only() -> None:
    assert VI.clean("Trường Ðá, Ðông ð") == "Trường Đá, Đông đ"
    assert EN.clean("Ðe") == "Ðe"


# Keys


@given(NAMES)
def test_the_search_key_has_no_diacritics(name: str) -> None:
    key = VI.key(name.title())
    assert key.isascii()
    assert key == key.lower()
    assert len(key) == len(VI.clean(name))
    assert VI.key(unicodedata.normalize("NFD", name)) == key


@settings(deadline=None)
@given(NAMES)
def test_the_name_key_is_the_same_in_sql(name: str) -> None:
    for written in (name, name.upper(), unicodedata.normalize("NFD", name), f" {name}\u00a0 ({name})"):
        assert answer("lk_fn_nameKey($1)", written) == VI.name_key(written)


@given(SYLLABLES, st.sampled_from(TONES[1:]))
def test_the_place_of_a_tone_does_not_matter_but_the_tone_does(onset: str, tone: str) -> None:
    for first, second in (("o", "a"), ("o", "e"), ("u", "y")):
        before, after = (
            unicodedata.normalize("NFC", text) for text in (f"h{first}{tone}{second}", f"h{first}{second}{tone}")
        )
        assert before != after
        assert VI.name_key(f"{onset} {before}") == VI.name_key(f"{onset} {after}".upper())
        others = {VI.name_key(unicodedata.normalize("NFC", f"h{first}{second}{other}")) for other in TONES}
        assert len(others) == len(TONES)


def test_names_that_differ_stay_apart() -> None:
    names = ["Phú Lộc", "Phù Lọc", "Phú Lọc", "Phu Loc", "Phú Lôc", "Hương", "Hường", "Huong", "Dạ", "Đạ"]
    assert len({VI.name_key(name) for name in names}) == len(names)


# Sorting


def test_letters_sort_by_the_alphabet() -> None:
    assert sorted(sorted(LETTERS), key=VI.sort_key) == list(LETTERS)
    assert sorted(LETTERS.upper(), key=VI.sort_key) == list(LETTERS.upper())


@given(st.permutations(TONES))
def test_tones_sort_in_the_order_of_the_dictionary(tones: list[str]) -> None:
    words = [unicodedata.normalize("NFC", f"ma{tone}") for tone in tones]
    assert sorted(words, key=VI.sort_key) == ["ma", "mà", "mả", "mã", "má", "mạ"]


@given(st.lists(NAMES, unique=True))
def test_letters_come_before_tones(names: list[str]) -> None:
    order = {letter: place for place, letter in enumerate(" " + LETTERS)}

    def by_the_book(name: str) -> tuple[list[int], list[int]]:
        letters, tones = [], []
        for syllable in name.split(" "):
            decomposed = unicodedata.normalize("NFD", syllable)
            tones.append(max((TONES.index(mark) for mark in decomposed if mark in TONES[1:]), default=0))
            bare = "".join(mark for mark in decomposed if mark not in TONES[1:])
            letters.append([order[letter] for letter in unicodedata.normalize("NFC", bare)])
        return list(itertools.chain.from_iterable([*letter, 0] for letter in letters)), tones

    assert sorted(names, key=lambda name: (VI.sort_key(name), name)) == sorted(
        names, key=lambda name: (by_the_book(name), name)
    )


def test_names_of_places_sort_as_a_reader_expects() -> None:
    names = ["An Cựu", "Ân", "A Lưới", "Dương Nỗ", "Đá", "Huế", "Hương Trà", "Vỹ Dạ", "Thuận An", "Thuận Hóa", "Phú 1"]
    assert sorted(names, key=VI.sort_key) == [
        "A Lưới", "An Cựu", "Ân", "Dương Nỗ", "Đá", "Huế", "Hương Trà", "Phú 1", "Thuận An", "Thuận Hóa", "Vỹ Dạ",
    ]  # fmt: skip
    assert sorted(["Zoo", "éclair", "apple"], key=EN.sort_key) == ["apple", "éclair", "Zoo"]


# Saying


def test_a_fault_is_said_whole_in_its_language() -> None:
    fault = Fault(
        "is not a date such as {example}", file="bảng.csv", row=12, column="Ngày", text="31/02/2025", sheet="Số liệu",
        values={"example": "2025-07-01"},
    )  # fmt: skip
    assert VI.say(fault) == (
        "bảng.csv, trang tính Số liệu, hàng 12, cột Ngày: “31/02/2025” không phải ngày, ví dụ 2025-07-01"
    )
    assert EN.say(fault) == str(fault)
    assert VI.say(Fault("says {x}", translations={"vi": "nói {x}"}, values={"x": "{y}"})) == "nói {y}"
    assert VI.say(Fault("nobody translated this {brace}")) == "nobody translated this {brace}"


def test_interface_words_follow_the_number() -> None:
    assert VI.ngettext("{number} row", "{number} rows", 2).format(number=2) == "2 hàng"
    assert EN.ngettext("{number} row", "{number} rows", 1) == "{number} row"
    assert EN.ngettext("{number} row", "{number} rows", 2) == "{number} rows"


def test_dates_and_numbers_look_as_they_do_at_home() -> None:
    assert VI.format_date(date(2025, 7, 1)) == "01/07/2025"
    assert VI.format_date(datetime(2025, 7, 1, 7, 5)) == "01/07/2025 07:05"
    assert EN.format_date(date(2025, 7, 1)) == "1 July 2025"
    assert (VI.format_number(6794.25), EN.format_number(6794.25)) == ("6.794,25", "6,794.25")


# The message catalogue


def placeholders(message: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(message) if name}


def test_translations_keep_their_placeholders_and_none_is_empty() -> None:
    with MESSAGES.open("rb") as file:
        catalogue = read_po(file, locale="vi")
    for message in catalogue:
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple | list) else (message.id,)
        strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
        assert all(strings), message.id
        assert not message.fuzzy, message.id
        for translated in strings:
            assert placeholders(str(translated)) <= placeholders(str(ids[-1])) | placeholders(str(ids[0])), message.id


def fault_messages() -> Iterator[str]:
    """Yield the English sentences of the faults that the engine raises, read from its source."""
    for path in ENGINE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict):
                start = {"_EXPLANATIONS": "", "_HOW": "mapping {mapping} "}.get(getattr(node.target, "id", ""))
                if start is not None:
                    yield from (start + ast.literal_eval(text) for text in node.value.values)
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                texts = [
                    part.value
                    for argument in node.args
                    for part in ast.walk(argument)
                    if isinstance(part, ast.Constant) and isinstance(part.value, str) and " " in part.value
                ]
                if name in ("Fault", "Check", "_add_check") or (name == "_fault" and path.parent.name == "validation"):
                    yield from (text for text in texts if re.match("[a-z{][a-zA-Z {}:-]+", text))
                elif name == "_ask":
                    yield from (text for text in texts if re.match("is [a-z{][a-zA-Z {}:-]+$", text))
                elif name in ("_fault", "_warn"):
                    if path.parent.name == "yarrrml":
                        yield from (f"mapping {{mapping}} {text}" for text in texts)
                        continue
                    places = {"reader.py": ("triples_map",), "view_reader.py": ("logical_view",)}
                    for place in places.get(path.name, PLACES):
                        yield from (f"{PLACES[place]} {text}" for text in texts)
    yield from (datatype.expectation for datatype in DATATYPES.values())
    yield from (*SENTENCES.values(), MISSING, OF_ANOTHER, BY_QUERY, *EXPECTED.values())
    yield from (datatype.hint for datatype in DATATYPES.values() if datatype.reader)


def test_every_fault_can_be_said_in_vietnamese() -> None:
    without_triples_map = (
        "holds no rml:TriplesMap", "uses {word}, which is", "holds no mappings", "has {key} where a mapping's name",
    )  # fmt: skip
    missing = set()
    for message in fault_messages():
        plain = message.removeprefix("triples map {triples_map} ").removeprefix("mapping {mapping} ")
        if plain.startswith(without_triples_map):
            message = plain
        if plain and "lk_" not in plain and VI.gettext(message) == message:
            missing.add(message)
    assert not missing
