"""What rules may compare, and by what they may find candidates, as SQL over the `lk_…` macros of a language pack.

Of a text two forms are made, once for each row: as it is compared (`lk_compared`), and of that its letters alone
(`lk_letters_of`).
"""

from collections.abc import Mapping
from typing import Final

from ..sql import identifier

KEYS: Final[Mapping[str, str]] = {
    "same": "lk_clean({field})",
    "compared": "{compared}",
    "letters": "{letters}",
    "beginning": "left(replace({letters}, ' ', ''), 5)",
    "ending": "right(replace({letters}, ' ', ''), 5)",
    "words": "unnest(list_filter(string_split({letters}, ' '), lambda w: len(w) > 1))",
    "pairs": "unnest(list_transform(list_zip(string_split({letters}, ' ')[:-2], string_split({letters}, ' ')[2:]), "
    "lambda p: p[1] || ' ' || p[2]))",
    "numbers": "unnest(regexp_extract_all({field}, '[0-9]+'))",
    "cell": "unnest(lk_cells(longitude, latitude, {around}))",
}
"""Key method → SQL of a row's key, or of several."""

COMPARISONS: Final[Mapping[str, str]] = {
    "same": "CASE WHEN s.{field} = '' OR o.{field} = '' THEN NULL "
    "ELSE CAST(lk_clean(s.{field}) = lk_clean(o.{field}) AS DOUBLE) END",
    "likeness": "CASE WHEN s.{letters} = '' OR o.{letters} = '' THEN NULL WHEN s.{compared} = o.{compared} THEN 1.0 "
    "WHEN s.{letters} = o.{letters} THEN 0.99 ELSE p.{likeness} END",
    "numbers": "CASE WHEN len(regexp_extract_all(s.{field}, '[0-9]+')) = 0 OR "
    "len(regexp_extract_all(o.{field}, '[0-9]+')) = 0 THEN NULL ELSE len(list_intersect("
    "regexp_extract_all(s.{field}, '[0-9]+'), regexp_extract_all(o.{field}, '[0-9]+'))) / greatest("
    "len(list_distinct(regexp_extract_all(s.{field}, '[0-9]+'))), "
    "len(list_distinct(regexp_extract_all(o.{field}, '[0-9]+')))) END",
    "distance": "lk_metres(s.longitude, s.latitude, o.longitude, o.latitude)",
    "days": "CAST(abs(date_diff('day', TRY_CAST(s.{field} AS DATE), TRY_CAST(o.{field} AS DATE))) AS DOUBLE)",
}
"""Comparison → SQL of its value, NULL where a side says nothing: 0 to 1, metres, days."""

OF_TEXT: Final = frozenset(
    name for known in (KEYS, COMPARISONS) for name, sql in known.items() if "{letters}" in sql or "{compared}" in sql
)
"""Methods that want the two forms of a text."""

MACROS: Final[Mapping[str, str]] = {
    "lk_metres(x1, y1, x2, y2)": """12742000 * asin(sqrt(
        pow(sin(radians(y2 - y1) / 2), 2)
        + cos(radians(y1)) * cos(radians(y2)) * pow(sin(radians(x2 - x1) / 2), 2)))""",
    "lk_cells(x, y, around)": """CASE WHEN x IS NULL OR y IS NULL THEN NULL ELSE
        list_transform(range((2 * around + 1) * (2 * around + 1)), lambda i:
            CAST(floor(x * 100) - around + i // (2 * around + 1) AS BIGINT) * 100000
            + CAST(floor(y * 100) - around + i % (2 * around + 1) AS BIGINT)) END""",
}
"""Signature → body: distance on a sphere (haversine), and cells of a hundredth of a degree, about a kilometre."""


def columns(field: str) -> dict[str, str]:
    """Return the quoted names of what a row has of a field."""
    forms = ("compared", "letters", "likeness")
    return {"field": identifier(field), **{form: identifier(f"{form} {field}") for form in forms}}


def comparison(method: str, field: str) -> str:
    """Return the SQL of a comparison of the rows `s` and `o`, of which `p` holds the likeness of texts."""
    return COMPARISONS[method].format(**columns(field))


def key(method: str, field: str, *, around: bool) -> str:
    """Return the SQL of a row's keys; `around` gives those of neighbouring cells too, for points beside a line."""
    return KEYS[method].format(**columns(field), around=int(around))
