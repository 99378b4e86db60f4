"""Encodings of before Unicode: tables of codes, and mappings over files and workbooks that are written in them."""

import gzip
from collections.abc import Callable, Sequence
from pathlib import Path

import openpyxl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lienket import languages

from .test_languages import NAMES
from .test_sources import file, refusal, values
from .test_yarrrml import Yard

TCVN3, VNI = (languages.decoders()[name] for name in ("TCVN3", "VNI"))

WRITTEN = """
aàảãáạ  a aø aû aõ aù aï    a µ ¶ · ¸ ¹
ăằẳẵắặ  aê aè aú aü aé aë   ¨ » ¼ ½ ¾ Æ
âầẩẫấậ  aâ aà aå aã aá aä   © Ç È É Ê Ë
eèẻẽéẹ  e eø eû eõ eù eï    e Ì Î Ï Ð Ñ
êềểễếệ  eâ eà eå eã eá eä   ª Ò Ó Ô Õ Ö
iìỉĩíị  i ì æ ó í ò         i × Ø Ü Ý Þ
oòỏõóọ  o oø oû oõ où oï    o ß á â ã ä
ôồổỗốộ  oâ oà oå oã oá oä   « å æ ç è é
ơờởỡớợ  ô ôø ôû ôõ ôù ôï    ¬ ê ë ì í î
uùủũúụ  u uø uû uõ uù uï    u ï ñ ò ó ô
ưừửữứự  ö öø öû öõ öù öï    \\xad õ ö ÷ ø ù
yỳỷỹýỵ  y yø yû yõ yù î     y ú û ü ý þ
đ       ñ                   ®
"""
"""Letters, what VNI and what TCVN3 write for them, as one sees it who takes the codes for Latin ones."""
AS_VNI: dict[str, str] = {}
AS_TCVN3 = dict(zip("ĂÂÊÔƠƯĐ", "¡¢£¤¥¦§", strict=True))
for _letters, *_codes in map(str.split, WRITTEN.strip().splitlines()):
    AS_VNI |= dict(zip(_letters, _codes[: len(_letters)], strict=True))
    AS_TCVN3 |= dict(zip(_letters, (code.replace("\\xad", "\xad") for code in _codes[len(_letters) :]), strict=True))
AS_VNI |= {letter.upper(): written.upper() for letter, written in AS_VNI.items()}


Write = Callable[[str], str]


def vni(text: str) -> str:
    return "".join(AS_VNI.get(letter, letter) for letter in text)


def tcvn3(text: str) -> str:
    """Write as people did: capitals that have no code are typed as small ones, in a font of capitals."""
    small = "".join(letter if letter.isascii() or letter in AS_TCVN3 else letter.lower() for letter in text)
    return "".join(AS_TCVN3.get(letter, letter) for letter in small)


def test_every_letter_is_there() -> None:
    assert len(AS_VNI) == 2 * 73
    for letter, written in AS_VNI.items():
        assert VNI(written.encode("latin-1")) == letter
    for letter, written in AS_TCVN3.items():
        assert TCVN3(written.encode("latin-1")) == letter


@given(NAMES)
@example("Trường Tiểu học Phú Mỹ, 3 × 4 m² – “Đà Nẵng”")
def test_words_come_back(text: str) -> None:
    assert VNI(vni(text).encode("cp1252")) == text
    assert VNI(vni(text.upper()).encode("cp1252")) == text.upper()
    if "×" not in text:
        assert TCVN3(tcvn3(text).encode("cp1252")) == text


def test_signs_of_capitals_in_vni_may_be_small() -> None:
    assert VNI("AÙ Aù Ñaøi Ôû ÖÔÙC".encode("cp1252")) == "Á Á Đài Ở ƯỚC"


def test_capitals_with_a_tone_come_out_small_from_tcvn3() -> None:
    assert TCVN3(tcvn3("ĐƯỜNG LÊ LỢI").encode("latin-1")) == "ĐƯờNG LÊ LợI"


@given(st.binary())
@example(bytes(range(256)))
def test_any_codes_are_read_or_refused(codes: bytes) -> None:
    for decode in languages.decoders().values():
        try:
            decode(codes)
        except UnicodeError:
            continue


@pytest.mark.parametrize(("encoding", "write"), [("TCVN3", tcvn3), ("vni", vni)])
@pytest.mark.parametrize("stated", ["rml:encoding '{}'", "csvw:dialect [ csvw:encoding '{}' ]"])
def test_tables(tmp_path: Path, encoding: str, write: Write, stated: str) -> None:
    text = "id,Tên,v\r\n1,Sở Y tế,Trạm y tế xã Phú Đa\r\n2,Sở Y tế,{}\r\n3,x,\r\n4,x,{}\r\n"
    source = file("t.csv", stated.format(encoding)).replace("rml:path", "csvw:url" if "csvw" in stated else "rml:path")
    (tmp_path / "t.csv").write_bytes(write(text.format("Cồn Hến", "An Cựu")).encode("latin-1"))
    found = values(tmp_path, source, ("v", "Tên"), language=languages.get("vi"))
    assert {'"Trạm y tế xã Phú Đa"', '"Sở Y tế"', '"Cồn Hến"', '"An Cựu"'} < set(found)
    (tmp_path / "t.csv").write_bytes(write(text).encode("latin-1").replace(b"{}", b"\xff"))
    faults = refusal(tmp_path, source)
    assert [(fault.row, fault.message) for fault in faults] == [(row, "is not text in {encoding}") for row in (3, 5)]


def workbook(path: Path, *rows: Sequence[object]) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet
    for row in rows:
        sheet.append(list(row))
    book.save(path)


@pytest.mark.parametrize(("encoding", "write"), [("TCVN3", tcvn3), ("VNI", vni)])
def test_workbooks(tmp_path: Path, encoding: str, write: Write) -> None:
    source = file("t.xlsx", f"rml:encoding '{encoding}'")
    head = [write("Danh sách trạm y tế")], ["id", write("Tên trạm"), "x"]
    workbook(tmp_path / "t.xlsx", *head, [1, write("Xã “Phú Đa”"), "Đã gõ bằng Unicode"], [2, 7.5, None])
    assert values(tmp_path, source, ["Tên trạm"]) == ['"Xã “Phú Đa”"', '"7.5"']
    workbook(tmp_path / "t.xlsx", *head, [1, "Đã gõ bằng Unicode", ""], [2, "ÿ", ""], [3, "x", ""])
    faults = refusal(tmp_path, source, references=["Tên trạm"])
    assert [(fault.row, fault.column, fault.text, fault.sheet) for fault in faults] == [
        (3, "Tên trạm", "Đã gõ bằng Unicode", "Sheet"), (4, "Tên trạm", "ÿ", "Sheet"),
    ]  # fmt: skip


def test_yarrrml_says_it_with_the_words_of_rml(tmp_path: Path) -> None:
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(tcvn3("id,Tên\n1,Phú Đa\n").encode("latin-1")))
    quads = Yard(tmp_path).made("""
sources:
  t: {access: t.csv.gz, referenceFormulation: csv, encoding: TCVN3, compression: gzip}
mappings:
  place: {sources: t, s: ex:$(id), po: [[ex:name, $(Tên)]]}
""")
    assert [str(quad.object) for quad in quads] == ['"Phú Đa"']


def test_windows_1258_is_composed(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes("id,v\n1,Hu\u00ea\u0301\n".encode("cp1258"))
    assert values(tmp_path, file("t.csv", "rml:encoding 'Windows-1258'")) == ['"Huế"']


DIALECT = """rml:logicalSource [ rml:referenceFormulation rml:CSV ; rml:source [ a csvw:Table ; csvw:url 't.csv' ;
    {} csvw:dialect [ csvw:commentPrefix '#' ] ] ] ;"""
JSON = """rml:logicalSource [ rml:referenceFormulation rml:JSONPath ; rml:iterator '$[*]' ;
    rml:source [ rml:path 't.json' ; {} ] ] ;"""


@pytest.mark.parametrize(("name", "text", "source"), [
    ("t.csv", "id,v\n1,Huế\n", file("t.csv", "{}")),
    ("t.tsv", "id\tv\n\n1\tHuế\n", file("t.tsv", "{}")),
    ("t.csv", "# chú thích\nid,v\n1,Huế\n", DIALECT),
    ("t.json", '[{"id": 1, "v": "Huế"}]', JSON),
])  # fmt: skip
def test_utf_16(tmp_path: Path, name: str, text: str, source: str) -> None:
    for codec in ("utf-16", "utf-16-be"):
        mark = "\ufeff" if codec == "utf-16-be" else ""
        (tmp_path / name).write_bytes((mark + text).encode(codec))
        for stated in ("rml:encoding rml:UTF-16 ;", ""):
            references = ("$.v",) if name == "t.json" else ("v",)
            subject = "$.id" if name == "t.json" else "id"
            found = values(tmp_path, source.replace("{}", stated), references, subject=subject)
            assert found == ['"Huế"'], (codec, stated)
    (tmp_path / name).write_bytes(b"\xff\xfe\x00\xd8" + b"x\x00" * 9)
    assert "is not text in UTF-16" in str(refusal(tmp_path, source.replace("{}", ""))[0])


def test_utf_16_says_nothing_of_workbooks(tmp_path: Path) -> None:
    workbook(tmp_path / "t.xlsx", ["id", "v"], [1, "Huế"])
    assert values(tmp_path, file("t.xlsx", "rml:encoding rml:UTF-16")) == ['"Huế"']


def test_what_is_no_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"id,v\n1,\xff\n")
    (fault,) = refusal(tmp_path, file("t.csv", "rml:encoding rml:ASCII"))
    assert (fault.row, fault.message) == (2, "is not text in {encoding}")
    for name in ("EBCDIC-VN", "zlib", "hex", "\\u0000"):
        (fault,) = refusal(tmp_path, file("t.csv", f"rml:encoding '{name}'"))
        assert "which is not known; known are UTF-8, UTF-16, TCVN3, VNI, Windows-1258" in str(fault)
