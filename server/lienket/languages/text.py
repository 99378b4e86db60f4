"""What the cleaning of text has in common in all languages, in Python and in SQL."""

import re
import unicodedata
from typing import Final

SPACES: Final = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""Inside of a character class: everything that looks like a space."""
INVISIBLE: Final = "\\x00-\\x08\\x0e-\\x1f\\x7f\u200b\ufeff"
"""Inside of a character class: what cannot be seen and means nothing in a cell; most of it no XML may hold."""

_PLAIN: Final = "!-~\u00a1-\u01bf\u1ea0-\u1ef9\u2010-\u2027\u2030-\u205e\u20a0-\u20bf"
"""Inside of a character class: visible characters that composing leaves alone, as most cells hold nothing else."""

_UNSEEN: Final = re.compile(f"[{INVISIBLE}]")
_GAPS: Final = re.compile(f"[{SPACES}]+")


class _Marks(dict[int, int | None]):
    """For `str.translate`: takes combining marks away, and learns which are some as they come."""

    def __missing__(self, code: int) -> int | None:
        self[code] = None if unicodedata.combining(chr(code)) else code
        return self[code]


_MARKS: Final = _Marks()


def clean(text: str) -> str:
    r"""Compose letters (NFC), make every run of spaces one space, and take those at the ends away.

    >>> clean("  Kie\u0302\u0301n\u00a0 trúc ")
    'Kiến trúc'
    """
    return unicodedata.normalize("NFC", _GAPS.sub(" ", _UNSEEN.sub("", text)).strip(" "))


def sql_clean(text: str) -> str:
    """Return the SQL expression that does to the SQL expression `text` what `clean` does.

    Most cells are clean already: those are looked at once and left alone.
    """
    visible = f"regexp_replace({text}, '[{INVISIBLE}]', '', 'g')"
    squeezed = f"trim(regexp_replace({visible}, '[{SPACES}]+', ' ', 'g'), ' ')"
    plain = f"regexp_full_match({text}, '[{_PLAIN}]+(?: [{_PLAIN}]+)*')"
    return f"CASE WHEN {plain} THEN {text} ELSE nfc_normalize({squeezed}) END"


def without_marks(text: str) -> str:
    """Return the text in lower case without combining marks, with single spaces.

    >>> without_marks("Điện  Thái Hoà")
    'đien thai hoa'
    """
    return unicodedata.normalize("NFD", clean(text).lower()).translate(_MARKS)
