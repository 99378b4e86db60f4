"""How SPARQL compares literals: which datatypes go together, and SQL that tells the lesser of two terms.

<https://www.w3.org/TR/sparql11-query/#OperatorMapping>; dates, times and lengths of time are ordered as XPath orders
them, and one with a time zone is before one without only if it is so in every zone
<https://www.w3.org/TR/xmlschema11-2/#rf-order>. Every macro returns NULL where SPARQL finds an error: of ill-typed
literals, of literals that do not go together, of what is no literal.
"""

from collections.abc import Iterable
from typing import Final

from ..datatypes import DATATYPES
from ..sql import literal
from ..vocabulary import XSD
from .terms import literal_parts

_LIMITED: Final = (
    "nonNegativeInteger", "positiveInteger", "nonPositiveInteger", "negativeInteger", "long", "int", "short",
    "byte", "unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte",
)  # fmt: skip

KINDS: Final[dict[str, tuple[str, ...]]] = {
    "number": ("integer", "decimal", "double", "float", *_LIMITED),
    "string": ("string",),
    "boolean": ("boolean",),
    "dateTime": ("dateTime", "dateTimeStamp"),
    "date": ("date",),
    "time": ("time",),
    "gYearMonth": ("gYearMonth",),
    "gYear": ("gYear",),
    "dayTimeDuration": ("dayTimeDuration",),
    "yearMonthDuration": ("yearMonthDuration",),
}
"""Kind of value → the datatypes whose values are compared with each other."""

_UNLIMITED: Final = ("integer", "decimal", "double", "float")
"""Datatypes of numbers without limits, the frequent ones first."""

_SAFE_DIGITS: Final = 15
"""So many digits of a decimal a double holds, so that different numbers are different doubles."""

_PLAIN: Final = {"dateTime": 19, "date": 10, "time": 8, "gYearMonth": 7, "gYear": 4}
"""Kind → length of a text without time zone, fraction or unusual year: such texts are in the order of their moments."""

_MOMENT: Final = (
    r"^(-?[0-9]{4,})(?:-([0-9]{2}))?(?:-([0-9]{2}))?"
    r"(?:T([0-9]{2}):([0-9]{2}):([0-9]{2}(?:\.[0-9]+)?))?(Z|[+-][0-9]{2}:[0-9]{2})?$"
)
_DAY_TIME: Final = r"^(-?)P(?:([0-9]+)D)?(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+(?:\.[0-9]+)?)S)?)?$"
_YEAR_MONTH: Final = r"^(-?)P(?:([0-9]+)Y)?(?:([0-9]+)M)?$"


def kind_of(term: str) -> str | None:
    """Return the kind of a literal's value; None where it is compared with nothing.

    >>> kind_of('"7"^^<http://www.w3.org/2001/XMLSchema#byte>'), kind_of('"x"@vi'), kind_of("<x:y>")
    ('number', None, None)
    """
    if not term.startswith('"'):
        return None
    text, datatype, _ = literal_parts(term)
    lexical = DATATYPES.get(datatype)
    if (lexical is not None and not lexical.holds(text)) or text == "NaN":
        return None
    return next((kind for kind, names in KINDS.items() if datatype.removeprefix(XSD) in names), None)


def bounded(value: str, bound: str, comparison: str) -> str:
    """Return SQL that is true where a value (SQL) stands in a comparison, such as `<=`, to a bound (a term)."""
    kind = kind_of(bound)
    if kind is None:
        return "false"
    if kind != "number":
        return f"lk_sh_compare_{kind}({value}, {literal(bound)}) {comparison} 0"
    text = literal_parts(bound)[0]
    number = f"CAST({literal(text)} AS DOUBLE)"
    # The lambda names what would else be written out, and evaluated, three times.
    compared = f"lambda n: lk_sh_compare_numbers({value}, {literal(bound)}, n, {number})"
    exactly = f"list_transform([lk_sh_number({value})], {compared})[1] {comparison} 0"
    if len(text) > _SAFE_DIGITS:
        return exactly
    short = f"length({value}) <= {2 + _SAFE_DIGITS + len(f'^^<{XSD}int>')}"
    return f"CASE WHEN {short} THEN lk_sh_number({value}) {comparison} {number} ELSE {exactly} END"


def lesser(first: str, second: str, comparison: str) -> str:
    """Return SQL that is true where two keys, made by `lk_sh_key`, stand in a comparison, `<` or `<=`."""
    return f"lk_sh_compare({first}, {second}) {comparison} 0"


def _case_of_datatypes(names: Iterable[str], result: str, otherwise: str = "NULL") -> str:
    """Return SQL that has of some datatypes `result`, in which `{x}` is the text; NULL if that is invalid."""
    cases = []
    for name in names:
        suffix = f'"^^<{XSD}{name}>'
        text = f"substring(t, 2, length(t) - {len(suffix) + 1})"
        valid = f"{DATATYPES[XSD + name].macro}({text})"
        made = result.replace("{x}", f"'1972-12-31T' || {text}" if name == "time" else text)
        cases.append(f"WHEN ends_with(t, {literal(suffix)}) THEN CASE WHEN {valid} THEN {made} END")
    return f"CASE {' '.join(cases)} ELSE {otherwise} END"


def _number() -> str:
    """Return SQL of the number that a term is. NaN is less than nothing and nothing is less than it, so it is none."""
    text, name = """regexp_extract(t, '^"([^"]*)"', 1)""", "regexp_extract(t, '#([A-Za-z]+)>$', 1)"
    limited = f"CASE WHEN lk_sh_limited({text}, {name}) THEN try_cast({text} AS DOUBLE) END"
    return _case_of_datatypes(_UNLIMITED, "nullif(try_cast({x} AS DOUBLE), 'NaN'::DOUBLE)", limited)


def _plain(kind: str) -> str:
    """Return SQL that tells whether a term is a moment that is ordered as its text is; midnight has two texts."""
    suffix = f'"^^<{XSD}{kind}>'
    macro, text = DATATYPES[XSD + kind].macro, f"substring(t, 2, {_PLAIN[kind]})"
    fits = f"length(t) = {_PLAIN[kind] + len(suffix) + 1} AND ends_with(t, {literal(suffix)})"
    return f"{fits} AND {macro}({text}) AND NOT contains(t, '24:00:00')"


def _limited() -> str:
    """Return SQL that tells whether `x` is a whole number of the datatype named `d`, which has limits."""
    return f"CASE d {' '.join(f'WHEN {literal(name)} THEN {DATATYPES[XSD + name].macro}(x)' for name in _LIMITED)} END"


def _kind() -> str:
    cases = (
        f"WHEN ends_with(t, {literal(f'^^<{XSD}{name}>')}) THEN {literal(kind)}"
        for kind, names in KINDS.items()
        for name in names
    )
    return f"CASE WHEN ends_with(t, '\"') THEN 'string' {' '.join(cases)} END"


def _scalar() -> str:
    return f"CASE lk_sh_kind(t) {' '.join(f'WHEN {literal(kind)} THEN lk_sh_{kind}(t)' for kind in _SCALARS)} END"


def _parted(pattern: str, names: str, result: str) -> str:
    """Return SQL of a number; in `result` the lambda's `p` holds the parts of the text as the pattern names them."""
    return f"list_transform([regexp_extract({{x}}, {literal(pattern)}, {names})], lambda p: {result})[1]"


def _count(part: str, type_: str = "HUGEINT") -> str:
    return f"coalesce(try_cast(nullif(p.{part}, '') AS {type_}), 0)"


def _compare_scalars(kind: str) -> str:
    compared = f"lk_sh_compare_scalars(lk_sh_{kind}(a), lk_sh_{kind}(b), lk_sh_zoned(a) = lk_sh_zoned(b))"
    if kind not in _PLAIN:
        return compared
    return f"CASE WHEN lk_sh_plain_{kind}(a) AND lk_sh_plain_{kind}(b) THEN lk_sh_sign(a, b) ELSE {compared} END"


_SECONDS: Final = "DECIMAL(38, 9)"
_SCALARS: Final = {
    "boolean": f"CASE WHEN {{x}} IN ('true', '1') THEN 1 ELSE 0 END::{_SECONDS}",
    **{
        kind: _parted(
            _MOMENT, "['y', 'm', 'd', 'h', 'i', 's', 'z']",
            "(lk_sh_days(try_cast(p.y AS HUGEINT), coalesce(try_cast(nullif(p.m, '') AS INTEGER), 1), "
            f"coalesce(try_cast(nullif(p.d, '') AS INTEGER), 1)) * 86400 + {_count('h')} * 3600 + {_count('i')} * 60 "
            f"- lk_sh_offset(p.z))::{_SECONDS} + {_count('s', _SECONDS)}",
        )
        for kind in ("dateTime", "date", "time", "gYearMonth", "gYear")
    },
    "dayTimeDuration": _parted(
        _DAY_TIME, "['n', 'd', 'h', 'i', 's']",
        f"CASE WHEN p.n = '-' THEN -1 ELSE 1 END * (({_count('d')} * 86400 + {_count('h')} * 3600 "
        f"+ {_count('i')} * 60)::{_SECONDS} + {_count('s', _SECONDS)})",
    ),
    "yearMonthDuration": _parted(
        _YEAR_MONTH, "['n', 'y', 'm']",
        f"(CASE WHEN p.n = '-' THEN -1 ELSE 1 END * ({_count('y')} * 12 + {_count('m')}))::{_SECONDS}",
    ),
}  # fmt: skip
"""Kind → SQL of the place of a value, whose text is `{x}`, in the order of its kind."""

COMPARISON_MACROS: Final[dict[str, str]] = {
    "lk_sh_kind(t)": _kind(),
    "lk_sh_sign(x, y)": "CASE WHEN x < y THEN -1 WHEN x > y THEN 1 WHEN x = y THEN 0 END",
    "lk_sh_limited(x, d)": _limited(),
    "lk_sh_number(t)": _number(),
    "lk_sh_exact(t)": f"NOT (ends_with(t, '^^<{XSD}double>') OR ends_with(t, '^^<{XSD}float>'))",
    # Whole part and fraction of a decimal without its sign and needless zeros, in an order that is that of numbers.
    "lk_sh_digits_of(p)": "{'length': length(p.whole), 'whole': p.whole, 'fraction': p.fraction}",
    "lk_sh_digits(t)": (
        """lk_sh_digits_of(regexp_extract(t, '^"[+-]?0*([0-9]*)\\.?([0-9]*?)0*"', ['whole', 'fraction']))"""
    ),
    # Where the two are equal as doubles, decimals may still differ in digits that no double holds.
    "lk_sh_compare_numbers(a, b, x, y)": (
        "CASE WHEN x < y THEN -1 WHEN x > y THEN 1 WHEN x = y THEN CASE WHEN lk_sh_exact(a) AND lk_sh_exact(b) "
        "THEN lk_sh_sign(lk_sh_digits(a), lk_sh_digits(b)) * CASE WHEN x < 0 THEN -1 ELSE 1 END ELSE 0 END END"
    ),
    "lk_sh_compare_string(a, b)": (
        "CASE WHEN ends_with(a, '\"') AND ends_with(b, '\"') THEN lk_sh_sign(lk_sh_text(a), lk_sh_text(b)) END"
    ),
    # Days since 1970: the year is moved by whole cycles of 400 years into one that every calendar knows.
    "lk_sh_days(y, m, d)": (
        "date_diff('day', DATE '1970-01-01', make_date(((y % 400 + 400) % 400 + 2000)::BIGINT, m, d)) "
        "+ (y - (y % 400 + 400) % 400 - 2000) // 400 * 146097"
    ),
    "lk_sh_offset(z)": (
        "CASE WHEN z IN ('', 'Z') THEN 0 ELSE CASE WHEN z[1] = '-' THEN -60 ELSE 60 END "
        "* (z[2:3]::INTEGER * 60 + z[5:6]::INTEGER) END"
    ),
    "lk_sh_zoned(t)": r"""regexp_matches(t, '(?:Z|[+-][0-9]{2}:[0-9]{2})"\^\^')""",
    "lk_sh_compare_scalars(x, y, same)": "CASE WHEN same OR abs(x - y) > 50400 THEN sign(x - y) END",
    **{f"lk_sh_{kind}(t)": _case_of_datatypes(KINDS[kind], result) for kind, result in _SCALARS.items()},
    **{f"lk_sh_plain_{kind}(t)": _plain(kind) for kind in _PLAIN},
    **{f"lk_sh_compare_{kind}(a, b)": _compare_scalars(kind) for kind in _SCALARS},
    # All that two terms of unknown kinds are compared by, made once of each.
    "lk_sh_key(t)": (
        "{'kind': lk_sh_kind(t), 'term': t, 'number': lk_sh_number(t), 'zoned': lk_sh_zoned(t), "
        f"'scalar': {_scalar()}}}"
    ),
    "lk_sh_compare(a, b)": (
        "CASE WHEN a.kind <> b.kind THEN NULL WHEN a.kind = 'number' "
        "THEN lk_sh_compare_numbers(a.term, b.term, a.number, b.number) "
        "WHEN a.kind = 'string' THEN lk_sh_compare_string(a.term, b.term) "
        "ELSE lk_sh_compare_scalars(a.scalar, b.scalar, a.zoned = b.zoned) END"
    ),
}
"""Macros that compare terms, by signature, helpers first."""
