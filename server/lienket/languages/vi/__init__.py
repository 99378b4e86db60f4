"""Vietnamese: letters with two kinds of marks, and the ways dates, numbers, money and hours are written.

A vowel's own mark (ă â ê ô ơ ư) makes another letter; a tone mark (huyền, hỏi, ngã, sắc, nặng) belongs to the syllable,
and writers place it on different vowels of it: hòa and hoà, thủy and thuỷ are the same words. The order of the
dictionary goes by letters first, then by tones (CLDR, collation of `vi`).
"""

import re
import unicodedata
from typing import Final

from .. import Pack
from ..text import clean as _clean
from ..text import sql_clean, without_marks
from .encodings import DECODERS
from .places import COMMUNE_LEVELS, mentions

_VOWELS: Final = "aăâeêioôơuưy"
_TONES: Final = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}
"""Tone marks, with their place in the order of the dictionary; no mark comes first."""
_TONED: Final = {tone: "".join(unicodedata.normalize("NFC", vowel + tone) for vowel in _VOWELS) for tone in _TONES}
_FLAT: Final = str.maketrans("".join(_TONED.values()), _VOWELS * len(_TONED))
_LOOK_ALIKES: Final = str.maketrans("Ðð", "Đđ")
"""The Icelandic letter looks the same and gets into Vietnamese text."""
_LETTERS: Final = {"ă": "a1", "â": "a2", "đ": "d1", "ê": "e1", "ô": "o1", "ơ": "o2", "ư": "u1"}


def clean(text: str) -> str:
    """Compose letters, single spaces, and the Vietnamese Đ where its look-alike was typed.

    >>> clean(" Trường\u00a0Ðá ")
    'Trường Đá'
    """
    return _clean(text.translate(_LOOK_ALIKES))


def key(text: str) -> str:
    """Return lower case without diacritics.

    >>> key("Điện Thái Hoà")
    'dien thai hoa'
    """
    return without_marks(text.translate(_LOOK_ALIKES)).replace("đ", "d")


def name_key(text: str) -> str:
    """Return lower case with each syllable's tone mark at the syllable's end.

    >>> name_key("Thủy Xuân") == name_key("THUỶ  XUÂN"), name_key("Phú Lộc") == name_key("Phù Lọc")
    (True, False)
    """
    return unicodedata.normalize("NFC", re.sub(r"[^\W_]+", lambda match: _syllable_key(match[0]), clean(text).lower()))


def _syllable_key(syllable: str) -> str:
    tone = next((tone for tone, marked in _TONED.items() if any(letter in marked for letter in syllable)), "")
    return syllable.translate(_FLAT) + tone


def sort_key(text: str) -> str:
    """Return a key that sorts by letters of the Vietnamese alphabet, then by tones.

    >>> sorted(["Đá", "Dạ", "An", "Ân", "Ẩn"], key=sort_key)
    ['An', 'Ân', 'Ẩn', 'Dạ', 'Đá']
    """
    letters, tones = [], []
    for word in re.findall(r"[^\W_]+", clean(text).lower()):
        flat = word.translate(_FLAT)
        tone = next((order for tone, order in _TONES.items() if any(letter in _TONED[tone] for letter in word)), 0)
        letters.append("".join(_letter_key(letter) for letter in flat))
        tones.append(str(tone))
    return "-".join(letters) + "!" + "".join(tones)


def _letter_key(letter: str) -> str:
    if letter in _LETTERS:
        return _LETTERS[letter]
    base = unicodedata.normalize("NFD", letter)[0]
    return base if base.isdigit() else base + "0"


_FLAT_SQL: Final = f"'{''.join(_TONED.values())}', '{_VOWELS * len(_TONED)}'"
_TONE_SQL: Final = " ".join(f"WHEN regexp_matches(s, '[{marked}]') THEN '{tone}'" for tone, marked in _TONED.items())
_WHOLE: Final = "[+-]?(?:[0-9]{1,3}(?:[. ][0-9]{3})+|[0-9]+)"
_AMOUNT: Final = "(?:[0-9]{1,3}(?:[., ][0-9]{3})+|[0-9]+)"
_DATE: Final = (
    "(?:[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}|[0-9]{1,2}-[0-9]{1,2}-[0-9]{4}|[0-9]{1,2}[.][0-9]{1,2}[.][0-9]{4}"
    "|[0-9]{4}-[0-9]{2}-[0-9]{2})"
)
_CLOCK: Final = "[0-9]{1,2} ?: ?[0-9]{2}(?: ?: ?[0-9]{2})?"

# The towns of a province are left aside first, for their word ends in that of a commune: thị xã.
_TOWN: Final = "(?i:thị xã|tx[.]) *[^,;()]*"
_COMMUNE: Final = r"(?:^|[\s,;(–-])((?i:phường|xã|thị trấn|đặc khu|p[.]|x[.])) *((?:\p{Lu}|[0-9])[^,;()–]*)"
_ABOVE: Final = r"\s+-?\s*(?i:thành phố|tp|huyện|quận|tỉnh|h[.]|q[.])[\s.].*$"

# What stands before an abbreviation, and the abbreviations of levels that mean one thing. TT is a township only where
# something above it follows: at an address's end, and behind a level word, it abbreviates a province.
_BEFORE: Final = r"(^|[\s,;(–-])"
_ABBREVIATED: Final = (
    (rf"{_BEFORE}(?:TP[.]?|Tp[.]?|tp[.]?)\s*(\p{{Lu}})", "thành phố"),
    (rf"{_BEFORE}(?:TX|Tx|tx)[.]?\s*(\p{{Lu}})", "thị xã"),
    (rf"{_BEFORE}[Pp][.]\s*(\p{{Lu}}|[0-9])", "phường"),
    (rf"{_BEFORE}[Xx][.]\s*(\p{{Lu}})", "xã"),
    (rf"{_BEFORE}[Hh][.]\s*(\p{{Lu}})", "huyện"),
    (rf"{_BEFORE}[Qq][.]\s*(\p{{Lu}}|[0-9])", "quận"),
    (r"(^|[,;(]\s*)TT[.]?\s*(\p{Lu}[^,;()]*[,;])", "thị trấn"),
)


def _written_out(text: str) -> str:
    for pattern, words in _ABBREVIATED:
        text = f"regexp_replace({text}, '{pattern}', '\\1{words} \\2', 'g')"
    return text


def _tones_at_the_end(text: str) -> str:
    for tone, marked in _TONED.items():
        text = f"regexp_replace({text}, '([{marked}]\\p{{L}}*)', '\\1{tone}', 'g')"
    return text


_WORDS_SQL: Final = r"regexp_replace(lower(lk_written_out(lk_clean(t))), '[^\p{L}\p{N}]+', ' ', 'g')"
_TONED_SQL: Final = _tones_at_the_end(_WORDS_SQL)

_MACROS: Final = {
    "lk_clean(t)": sql_clean("translate(t, 'Ðð', 'Đđ')"),
    "lk_written_out(t)": f"CASE WHEN regexp_matches(t, '[.]|T[PTXtpx]|tp') THEN {_written_out('t')} ELSE t END",
    # How names are compared: abbreviations written out, each syllable's tone at its end, y after a lone consonant as i.
    "lk_compared(t)": rf"""trim(regexp_replace(translate({_TONED_SQL}, {_FLAT_SQL}),
        '(^| )([mlhkstv])y\b', '\1\2i', 'g'))""",
    "lk_letters_of(c)": "strip_accents(translate(c, 'đ', 'd'))",
    "lk_level(w)": "CASE w WHEN 'p.' THEN 'phường' WHEN 'x.' THEN 'xã' ELSE w END",
    # Several of one kind cannot be told apart; none is nothing stated.
    "lk_only(l)": "CASE len(list_distinct(l)) WHEN 0 THEN '' WHEN 1 THEN l[1] END",
    # Day, month and year in words or with one kind of separator, never with two; the calendar has the last word.
    "lk_fn_date(t)": rf"""CASE WHEN t = '' THEN ''
        WHEN regexp_full_match(t, '{_DATE}') AND t[5] <> '-' THEN
            CAST(try_cast(regexp_replace(t, '^([0-9]+).([0-9]+).([0-9]+)$', '\3-\2-\1') AS DATE) AS VARCHAR)
        WHEN regexp_full_match(t, '{_DATE}') THEN CAST(try_cast(t AS DATE) AS VARCHAR)
        WHEN regexp_full_match(lower(t), '(?:ngày )?[0-9]{{1,2}} tháng [0-9]{{1,2}} năm [0-9]{{4}}') THEN
            CAST(try_cast(regexp_replace(lower(t), '^\D*([0-9]+)\D+([0-9]+)\D+([0-9]+)$', '\3-\2-\1') AS DATE)
                 AS VARCHAR) END""",
    "lk_clock(l)": """CASE WHEN try_cast(l[1] AS INTEGER) < 24 AND coalesce(try_cast(l[2] AS INTEGER), 0) < 60
            AND coalesce(try_cast(l[3] AS INTEGER), 0) < 60
        THEN lpad(l[1], 2, '0') || ':' || coalesce(l[2], '00') || ':' || coalesce(l[3], '00')
        WHEN try_cast(l[1] AS INTEGER) = 24 AND coalesce(try_cast(l[2] AS INTEGER), 0) = 0
            AND coalesce(try_cast(l[3] AS INTEGER), 0) = 0 THEN '24:00:00' END""",
    # SA: before noon, CH: after noon, as spreadsheets set to Vietnamese write them.
    "lk_half(c, half)": """CASE WHEN half = 'CH' AND c < '12' THEN
            CAST(CAST(c[1:2] AS INTEGER) + 12 AS VARCHAR) || c[3:]
        WHEN half = 'SA' AND c[1:2] = '12' THEN '00' || c[3:] WHEN half = 'SA' AND c >= '12' THEN NULL
        ELSE c END""",
    "lk_fn_time(t)": f"""CASE WHEN t = '' OR lower(t) = 'cả ngày' THEN ''
        WHEN regexp_full_match(t, '{_CLOCK}') THEN lk_clock(string_split(replace(t, ' ', ''), ':'))
        WHEN regexp_full_match(lower(t), '[0-9]{{1,2}} ?(?:h|giờ) ?(?:[0-9]{{2}}(?: ?(?:phút|p))?)?') THEN
            lk_clock(regexp_extract_all(t, '[0-9]+')) END""",
    "lk_fn_dateTime(t)": rf"""CASE WHEN t = '' THEN ''
        WHEN regexp_full_match(t, '{_DATE}[ T,]+{_CLOCK}(?: ?(?:SA|CH))?') THEN
            lk_fn_date(regexp_extract(t, '^{_DATE}')) || 'T' ||
            lk_half(lk_fn_time(regexp_extract(t, '^\S+?[ T,]+({_CLOCK})', 1)), t[-2:])
        WHEN regexp_full_match(t, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(?:[.][0-9]+)?'
                '(?:Z|[+-][0-9]{{2}}:[0-9]{{2}})?') AND lk_fn_date(t[1:10]) IS NOT NULL THEN t END""",
    # One or more spans of a day; each side is read as a time of day, and midnight at the end is 24:00.
    "lk_span(l)": """CASE WHEN len(l) = 2 AND lk_fn_time(l[1]) <> '' AND lk_fn_time(l[2]) <> '' THEN
        lk_fn_time(l[1])[1:5] || '-' || CASE WHEN lk_fn_time(l[2]) = '00:00:00' THEN '24:00'
            ELSE lk_fn_time(l[2])[1:5] END END""",
    "lk_all(l)": "CASE WHEN len(list_filter(l, lambda p: p IS NULL)) = 0 THEN array_to_string(l, ', ') END",
    "lk_fn_openingHours(t)": r"""CASE WHEN t = '' THEN ''
        WHEN regexp_full_match(lower(t), 'cả ngày|24 ?/ ?(?:24|7)|24 ?(?:h|giờ)') THEN '00:00-24:00'
        ELSE lk_all(list_transform(regexp_split_to_array(lower(t), '\s*(?:[;,]|và)\s*'), lambda p:
            lk_span(regexp_split_to_array(regexp_replace(p, '^từ ', ''), '\s*(?:[-–—]|đến)\s*')))) END""",
    "lk_fn_integer(t)": f"""CASE WHEN t = '' THEN '' WHEN regexp_full_match(t, '{_WHOLE}') THEN
        CAST(try_cast(regexp_replace(t, '[. ]', '', 'g') AS HUGEINT) AS VARCHAR) END""",
    "lk_fn_decimal(t)": f"""CASE WHEN t = '' THEN '' WHEN regexp_full_match(t, '{_WHOLE}(?:,[0-9]+)?') THEN
        replace(regexp_replace(t, '[. ]', '', 'g'), ',', '.') END""",
    "lk_fn_money(t)": f"""CASE WHEN t = '' THEN '' WHEN lower(t) = 'miễn phí' THEN '0'
        WHEN regexp_full_match(lower(t), '{_AMOUNT} ?(?:vnd|vnđ|đồng|đ|₫)?') THEN
        CAST(try_cast(regexp_replace(t, '[^0-9]', '', 'g') AS HUGEINT) AS VARCHAR) END""",
    "lk_fn_slug(t)": r"""CASE WHEN t = '' THEN '' ELSE nullif(trim(regexp_replace(strip_accents(translate(
        lower(nfc_normalize(t)), 'đð', 'dd')), '[^a-z0-9]+', '-', 'g'), '-'), '') END""",
    # The commune ends at a comma, at a bracket, or where another level of the administration begins.
    "lk_fn_addressCommune(t)": rf"""lk_only(list_transform(
        regexp_extract_all(regexp_replace(nfc_normalize(t), '{_TOWN}', '', 'g'), '{_COMMUNE}'),
        lambda p: lk_level(lower(regexp_extract(p, '{_COMMUNE}', 1))) || ' ' ||
            trim(regexp_replace(regexp_extract(p, '{_COMMUNE}', 2), '{_ABOVE}', ''), ' .')))""",
    "lk_fn_nameKey(t)": f"""nfc_normalize(list_aggregate(list_transform(
        regexp_extract_all(lower(lk_clean(t)), '[\\p{{L}}\\p{{N}}]+|[^\\p{{L}}\\p{{N}}]+'),
        lambda s: translate(s, {_FLAT_SQL}) || CASE {_TONE_SQL} ELSE '' END), 'string_agg', ''))""",
}

_ABBREVIATIONS: Final = {
    "p.": "phường", "x.": "xã", "tt": "thị trấn", "tx": "thị xã", "tp": "thành phố", "q.": "quận", "h.": "huyện",
    "t.": "tỉnh", "ubnd": "ủy ban nhân dân", "hđnd": "hội đồng nhân dân", "hdnd": "hội đồng nhân dân", "gd&đt":
    "giáo dục và đào tạo", "vh&tt": "văn hóa và thể thao", "tn&mt": "tài nguyên và môi trường", "đ.": "đường",
}  # fmt: skip

PACK: Final = Pack(
    tag="vi",
    name="Tiếng Việt",
    clean=clean,
    key=key,
    name_key=name_key,
    sort_key=sort_key,
    macros=_MACROS,
    date_pattern="dd/MM/yyyy",
    datetime_pattern="dd/MM/yyyy HH:mm",
    mentions=mentions,
    commune_levels=COMMUNE_LEVELS,
    abbreviations=_ABBREVIATIONS,
    decoders=DECODERS,
)
