"""GREL's functions and those of IDLab, which mappings for other RML engines call, as SQL macros.

They are described in `grel.ttl`, and keep their own ways: an empty text is a text, places count from 0, and NULL is no
value rather than a fault.
GREL <https://openrefine.org/docs/manual/grelfunctions>; IRIs <https://users.ugent.be/~bjdmeest/function/grel.ttl>.
"""

from collections.abc import Iterable
from typing import Final


def _replaced(text: str, pairs: Iterable[tuple[str, str]]) -> str:
    """Return SQL that replaces characters one after the other."""
    for found, written in pairs:
        text = f"replace({text}, {found}, {written})"
    return text


_HTML: Final = (("'&'", "'&amp;'"), ("'<'", "'&lt;'"), ("'>'", "'&gt;'"), ("'\"'", "'&quot;'"))
_XML: Final = (*_HTML, ("''''", "'&apos;'"))
_SCRIPT: Final = (
    (r"'\'", r"'\\'"), ("'\"'", "'\\\"'"), ("''''", "'\\'''"), ("chr(10)", r"'\n'"), ("chr(13)", r"'\r'"),
    ("chr(9)", r"'\t'"), ("'/'", r"'\/'"),
)  # fmt: skip

GREL_MACROS: Final[dict[str, str]] = {
    "lk_grel_toUpperCase(t)": "upper(t)",
    "lk_grel_toLowerCase(t)": "lower(t)",
    "lk_grel_string_toTitlecase(t)": "lk_fn_titleCase(t)",
    "lk_grel_string_trim(t)": r"regexp_replace(t, '^\s+|\s+$', '', 'g')",
    "lk_grel_string_length(t)": "CAST(length(t) AS VARCHAR)",
    "lk_grel_string_replace(t, f, r)": "CASE WHEN f = '' AND r IS NOT NULL THEN t ELSE replace(t, f, r) END",
    "lk_grel_string_replaceChars(t, f, r)": "translate(t, f, r)",
    "lk_grel_string_chomp(t, d)": (
        "CASE WHEN ends_with(t, d) THEN t[:length(t) - length(d)] WHEN d IS NOT NULL THEN t END"
    ),
    "lk_grel_string_contains(t, s)": "CAST(instr(t, s) > 0 AS VARCHAR)",
    "lk_grel_string_startsWith(t, s)": "CAST(starts_with(t, s) AS VARCHAR)",
    "lk_grel_string_endsWith(t, s)": "CAST(ends_with(t, s) AS VARCHAR)",
    "lk_grel_string_indexOf(t, s)": "CAST(instr(t, s) - 1 AS VARCHAR)",
    "lk_grel_string_lastIndexOf(t, s)": (
        "CASE WHEN s = '' THEN CAST(length(t) AS VARCHAR) WHEN instr(t, s) > 0 "
        "THEN CAST(length(t) - instr(reverse(t), reverse(s)) - length(s) + 1 AS VARCHAR) "
        "WHEN t IS NOT NULL AND s IS NOT NULL THEN '-1' END"
    ),
    # A place from the end is negative; one that lies outside of the text is none.
    "lk_grel_place(t, i)": (
        "CASE WHEN abs(try_cast(i AS INTEGER)) > length(t) THEN NULL WHEN try_cast(i AS INTEGER) < 0 "
        "THEN length(t) + try_cast(i AS INTEGER) ELSE try_cast(i AS INTEGER) END"
    ),
    "lk_grel_string_substring(t, i, j)": (
        "CASE WHEN j IS NULL THEN t[lk_grel_place(t, i) + 1:] ELSE t[lk_grel_place(t, i) + 1:lk_grel_place(t, j)] END"
    ),
    "lk_grel_escape(t, m)": (
        f"CASE lower(m) WHEN 'html' THEN {_replaced('t', _HTML)} WHEN 'xml' THEN {_replaced('t', _XML)} "
        f"WHEN 'url' THEN url_encode(t) WHEN 'javascript' THEN {_replaced('t', _SCRIPT)} "
        "WHEN 'csv' THEN CASE WHEN regexp_matches(t, '[\",\\r\\n]') THEN '\"' || replace(t, '\"', '\"\"') || '\"' "
        "ELSE t END END"
    ),
    "lk_grel_string_md5(t)": "md5(t)",
    "lk_grel_string_sha1(t)": "sha1(t)",
    "lk_grel_string_toNumber(t)": "CASE WHEN regexp_full_match(trim(t), '[+-]?[0-9]+') THEN trim(t) END",
    "lk_grel_boolean_not(b)": "CASE b WHEN 'true' THEN 'false' WHEN 'false' THEN 'true' END",
    "lk_grel_controls_if(b, x, y)": "CASE b WHEN 'true' THEN x WHEN 'false' THEN y END",
    "lk_idlab_alwaysReturnsABC()": "'ABC'",
    "lk_idlab_toUpperCaseURL(t)": "CASE WHEN upper(t)[:4] = 'HTTP' THEN upper(t) ELSE 'http://' || upper(t) END",
    "lk_idlab_equal(t, s)": "CAST(t = s AS VARCHAR)",
    "lk_idlab_notEqual(t, s)": "CAST(t <> s AS VARCHAR)",
    "lk_idlab_isNull(t)": "CAST(t IS NULL AS VARCHAR)",
    "lk_idlab_isNotNull(t)": "CAST(t IS NOT NULL AS VARCHAR)",
    "lk_idlab_trueCondition(b, t)": "CASE WHEN b = 'true' THEN t END",
}
"""Macros by signature; `lk_fn_titleCase` is defined before them."""
