"""Encodings of Vietnamese before Unicode: TCVN3 of the north, VNI of the south, Windows-1258.

TCVN3 (TCVN 5712:1993, VN3; also called ABC) and VNI live in fonts: a text is Latin to the computer and Vietnamese only
to the eye. TCVN3 has no codes for capital vowels with a tone: people wrote them with a font of capitals (.VnTimeH),
which no table of text remembers, so they come out small. VNI writes a vowel and behind it a sign for all its marks.
"""

import codecs
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Final

_UNDEFINED: Final = "\ufffe"

_TYPOGRAPHY: Final = bytes(range(0x80, 0xA0)).decode("cp1252", "replace").replace("\ufffd", _UNDEFINED) + "\xa0"
"""Codes 80 to A0, which both leave to quotation marks, dashes and the fixed space, as Windows-1252 has them."""

_TCVN3: Final = {
    0xA1: "ĂÂÊÔƠƯĐăâêôơưđ", 0xB5: "àảãáạ", 0xBB: "ằẳẵắ", 0xC6: "ặầẩẫấậè", 0xCE: "ẻẽéẹềểễếệìỉ", 0xDC: "ĩíịò",
    0xE1: "ỏõóọồổỗốộờởỡớợù", 0xF1: "ủũúụừửữứựỳỷỹýỵ",
}  # fmt: skip
"""Letters by the code of the first of a row."""

_TONES: Final = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")
_VNI_LETTERS: Final = {"ñ": "đ", "ô": "ơ", "ö": "ư", "ì": "ì", "í": "í", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ"}
_VNI_SIGNS: Final = (("aeouyôö", "", " øûõùï"), ("aeo", "\u0302", "âàåãáä"), ("a", "\u0306", "êèúüéë"))
"""Vowels as VNI writes them, the mark that makes another letter, and its signs with each tone; a space is none."""


def _charmap(letters: Mapping[int, str]) -> str:
    """Return the 256 characters of a code page; beyond those stated it is ASCII and typography."""
    page = [*map(chr, range(0x80)), *_TYPOGRAPHY, *_UNDEFINED * 0x5F]
    for first, row in letters.items():
        page[first : first + len(row)] = row
    return "".join(page)


def _vni_letters() -> dict[str, str]:
    """Return every small letter by what VNI writes for it."""
    found = dict(_VNI_LETTERS)
    for vowels, mark, signs in _VNI_SIGNS:
        for vowel in vowels:
            for sign, tone in zip(signs, _TONES, strict=True):
                if sign != " ":
                    letter = _VNI_LETTERS.get(vowel, vowel)
                    found[vowel + sign] = unicodedata.normalize("NFC", letter + mark + tone)
    return found


_TCVN3_PAGE: Final = _charmap(_TCVN3)
_VNI_PAGE: Final = _charmap({0xA0: bytes(range(0xA0, 0x100)).decode("latin-1")})
_VNI: Final = _vni_letters() | {sign: sign for sign in "×÷"}
_VNI_WRITTEN: Final = re.compile(
    "|".join(f"[{vowels}][{signs.strip()}]" for vowels, _, signs in _VNI_SIGNS) + "|[\xc0-\xff]", re.IGNORECASE
)


def tcvn3(text: bytes) -> str:
    """Read TCVN3; raises UnicodeError at a code that it does not have.

    >>> tcvn3(b"x\\xb7 h\\xe9i")
    'xã hội'
    """
    return codecs.charmap_decode(text, "strict", _TCVN3_PAGE)[0]


def vni(text: bytes) -> str:
    """Read VNI (Windows); raises UnicodeError at a sign that stands behind no vowel it belongs to.

    >>> vni("Xaõ HOÄI".encode("latin-1"))
    'Xã HỘI'
    """

    def letter(written: re.Match[str]) -> str:
        found = _VNI.get(written[0].lower())
        if found is None:
            raise UnicodeDecodeError("vni", text, written.start(), written.end(), "no letter of Vietnamese")
        return found.upper() if written[0][0].isupper() else found

    return _VNI_WRITTEN.sub(letter, codecs.charmap_decode(text, "strict", _VNI_PAGE)[0])


def windows_1258(text: bytes) -> str:
    """Read Windows-1258, where tones stand behind their vowels; letters come out composed."""
    return unicodedata.normalize("NFC", text.decode("cp1258"))


DECODERS: Final[Mapping[str, Callable[[bytes], str]]] = {
    "TCVN3": tcvn3, "VNI": vni, "Windows-1258": windows_1258,
}  # fmt: skip
