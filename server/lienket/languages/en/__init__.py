"""English: the plain alphabet, days before months, commas between thousands."""

import re
from collections.abc import Iterator
from typing import Final

from .. import Pack
from ..text import clean, sql_clean, without_marks

_WHOLE: Final = "[+-]?(?:[0-9]{1,3}(?:[, ][0-9]{3})+|[0-9]+)"
_MONTHS: Final = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_MONTH_NAMES: Final = "january february march april may june july august september october november december"
_SPELLED: Final = "|".join(f"{name[:3]}(?:{name[3:]})?" for name in _MONTH_NAMES.split())
_CLOCK: Final = "[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?"
_DATE: Final = (
    "(?:[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}|[0-9]{1,2}-[0-9]{1,2}-[0-9]{4}|[0-9]{1,2}[.][0-9]{1,2}[.][0-9]{4}"
    "|[0-9]{4}-[0-9]{2}-[0-9]{2})"
)


_MACROS: Final = {
    "lk_clean(t)": sql_clean("t"),
    "lk_written_out(t)": "t",
    "lk_compared(t)": r"array_to_string(regexp_extract_all(lower(lk_clean(t)), '[\p{L}\p{N}]+'), ' ')",
    "lk_letters_of(c)": "strip_accents(translate(c, 'đ', 'd'))",
    "lk_fn_date(t)": rf"""CASE WHEN t = '' THEN ''
        WHEN regexp_full_match(t, '{_DATE}') AND t[5] <> '-' THEN
            CAST(try_cast(regexp_replace(t, '^([0-9]+).([0-9]+).([0-9]+)$', '\3-\2-\1') AS DATE) AS VARCHAR)
        WHEN regexp_full_match(t, '{_DATE}') THEN CAST(try_cast(t AS DATE) AS VARCHAR)
        WHEN regexp_full_match(lower(t), '[0-9]{{1,2}} (?:{_SPELLED}),? [0-9]{{4}}') THEN
            CAST(try_cast(regexp_extract(t, '[0-9]{{4}}$') || '-' || CAST(list_position(string_split('{_MONTHS}', '|'),
                regexp_extract(lower(t), '[a-z]{{3}}')) AS VARCHAR) || '-' || regexp_extract(t, '^[0-9]+') AS DATE)
                AS VARCHAR) END""",
    "lk_clock(l)": """CASE WHEN try_cast(l[1] AS INTEGER) < 24 AND coalesce(try_cast(l[2] AS INTEGER), 0) < 60
            AND coalesce(try_cast(l[3] AS INTEGER), 0) < 60
        THEN lpad(l[1], 2, '0') || ':' || coalesce(l[2], '00') || ':' || coalesce(l[3], '00') END""",
    "lk_half(c, half)": """CASE WHEN half = 'pm' AND c < '12' THEN
            CAST(CAST(c[1:2] AS INTEGER) + 12 AS VARCHAR) || c[3:]
        WHEN half = 'am' AND c[1:2] = '12' THEN '00' || c[3:] WHEN half = 'am' AND c >= '12' THEN NULL
        ELSE c END""",
    "lk_fn_time(t)": f"""CASE WHEN t = '' OR lower(t) = 'all day' THEN ''
        WHEN regexp_full_match(lower(t), '{_CLOCK}(?: ?[ap]m)?') THEN
            lk_half(lk_clock(regexp_extract_all(t, '[0-9]+')), regexp_extract(lower(t), '[ap]m$')) END""",
    "lk_fn_dateTime(t)": rf"""CASE WHEN t = '' THEN ''
        WHEN regexp_full_match(lower(t), '{_DATE}[ t,]+{_CLOCK}(?: ?[ap]m)?') THEN
            lk_fn_date(regexp_extract(t, '^{_DATE}')) || 'T' ||
            lk_fn_time(regexp_extract(lower(t), '^\S+?[ t,]+({_CLOCK}(?: ?[ap]m)?)$', 1))
        WHEN regexp_full_match(t, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(?:[.][0-9]+)?'
                '(?:Z|[+-][0-9]{{2}}:[0-9]{{2}})?') AND lk_fn_date(t[1:10]) IS NOT NULL THEN t END""",
    "lk_span(l)": """CASE WHEN len(l) = 2 AND lk_fn_time(l[1]) <> '' AND lk_fn_time(l[2]) <> '' THEN
        lk_fn_time(l[1])[1:5] || '-' || CASE WHEN lk_fn_time(l[2]) = '00:00:00' THEN '24:00'
            ELSE lk_fn_time(l[2])[1:5] END END""",
    "lk_all(l)": "CASE WHEN len(list_filter(l, lambda p: p IS NULL)) = 0 THEN array_to_string(l, ', ') END",
    "lk_fn_openingHours(t)": r"""CASE WHEN t = '' THEN ''
        WHEN regexp_full_match(lower(t), 'all day|24 ?/ ?7|24 hours') THEN '00:00-24:00'
        ELSE lk_all(list_transform(regexp_split_to_array(lower(t), '\s*(?:[;,]| and )\s*'), lambda p:
            lk_span(regexp_split_to_array(p, '\s*(?:[-–—]| to )\s*')))) END""",
    "lk_fn_integer(t)": f"""CASE WHEN t = '' THEN '' WHEN regexp_full_match(t, '{_WHOLE}') THEN
        CAST(try_cast(regexp_replace(t, '[, ]', '', 'g') AS HUGEINT) AS VARCHAR) END""",
    "lk_fn_decimal(t)": f"""CASE WHEN t = '' THEN '' WHEN regexp_full_match(t, '{_WHOLE}(?:[.][0-9]+)?') THEN
        regexp_replace(t, '[, ]', '', 'g') END""",
    "lk_fn_money(t)": f"""CASE WHEN t = '' THEN '' WHEN lower(t) = 'free' THEN '0'
        WHEN regexp_full_match(lower(t), '[$€£]? ?{_WHOLE}(?:[.][0-9]+)?(?: ?[a-z]{{3}})?') THEN
        regexp_replace(t, '[^0-9.]', '', 'g') END""",
    "lk_fn_slug(t)": r"""CASE WHEN t = '' THEN '' ELSE nullif(trim(regexp_replace(strip_accents(
        translate(lower(nfc_normalize(t)), 'đð', 'dd')), '[^a-z0-9]+', '-', 'g'), '-'), '') END""",
    "lk_only(l)": "CASE len(list_distinct(l)) WHEN 0 THEN '' WHEN 1 THEN l[1] END",
    "lk_fn_addressCommune(t)": r"""lk_only(list_transform(
        regexp_extract_all(t, '(?:^|[,;(])\s*[^,;()]+ (?i:ward|commune|township)'),
        lambda p: ltrim(p, ' ,;(')))""",
    "lk_fn_nameKey(t)": "lower(lk_clean(t))",
}


def _key(text: str) -> str:
    return without_marks(text).replace("đ", "d")


def _name_key(text: str) -> str:
    return clean(text).lower()


def _mentions(address: str) -> Iterator[tuple[str, str]]:
    for found in re.finditer(r"([A-Z][^,;()]*?) (ward|commune|township|district|town|city|province)\b", address, re.I):
        yield found[2].lower(), found[1].strip()


PACK: Final = Pack(
    tag="en",
    name="English",
    clean=clean,
    key=_key,
    name_key=_name_key,
    sort_key=_key,
    macros=_MACROS,
    date_pattern="d MMMM y",
    datetime_pattern="d MMMM y HH:mm",
    mentions=_mentions,
    commune_levels=("ward", "commune", "township"),
)
