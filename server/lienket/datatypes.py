"""Lexical spaces: which texts the XSD datatypes and language tags take, and how a person is told of one they do not.

Datatypes: XML Schema 1.1 part 2 <https://www.w3.org/TR/xmlschema11-2/>; language tags: BCP 47 §2.1. The patterns are
written so that both Python's `re` and DuckDB's RE2 read them.
"""

import calendar
import re
from dataclasses import dataclass, replace
from typing import Final

from .sql import literal
from .vocabulary import XSD

LANGUAGE_TAG: Final = (
    "(?:(?:[A-Za-z]{2,3}(?:-[A-Za-z]{3}){0,3}|[A-Za-z]{4}|[A-Za-z]{5,8})"  # language, extended language
    "(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|[0-9]{3}))?"  # script, region
    "(?:-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*"  # variants
    "(?:-[A-WY-Za-wy-z0-9](?:-[A-Za-z0-9]{2,8})+)*"  # extensions
    "(?:-[Xx](?:-[A-Za-z0-9]{1,8})+)?|[Xx](?:-[A-Za-z0-9]{1,8})+)"  # private use
)
"""Pattern of a whole well-formed language tag."""


def is_language_tag(text: str) -> bool:
    """Tell whether `text` is a well-formed language tag.

    >>> is_language_tag("vi-Latn-VN"), is_language_tag("a-english")
    (True, False)
    """
    return re.fullmatch(LANGUAGE_TAG, text) is not None


@dataclass(frozen=True)
class Datatype:
    """One XSD datatype whose lexical space we check."""

    name: str
    pattern: str
    expectation: str
    """Sentence for a person, said after the text that is not in the lexical space; `{example}` shows a right one."""
    example: str
    least: str | None = None
    most: str | None = None
    reader: str | None = None
    """Name of the function (lk:) that reads what people write instead."""
    calendar: bool = False
    """Whether the text begins with year, month and day, which have to be a day of the calendar."""

    @property
    def iri(self) -> str:
        """The IRI of the datatype."""
        return XSD + self.name

    @property
    def hint(self) -> str:
        """Sentence for a person where a function would read what is written; `{function}` is its name."""
        return self.expectation + "; the function {function} reads it as people write it"

    @property
    def macro(self) -> str:
        """The SQL macro that tells whether a text is in the lexical space."""
        return f"lk_is_{self.name}"

    def holds(self, text: str) -> bool:
        """Tell whether a text is in the lexical space, as the macro does.

        >>> DATATYPES[XSD + "byte"].holds("300"), DATATYPES[XSD + "date"].holds("2024-02-29")
        (False, True)
        """
        if re.fullmatch(self.pattern, text) is None:
            return False
        if self.least is not None and int(text) < int(self.least):
            return False
        if self.calendar:
            year, month, day = re.fullmatch(r"-?([0-9]+)-([0-9]{2})-([0-9]{2}).*", text).groups()  # type: ignore[union-attr]
            most = calendar.monthrange(2000 if calendar.isleap(int(year)) else 2001, int(month))[1]
            return int(day) <= most
        return self.most is None or int(text) <= int(self.most)


_WHOLE = "is not a whole number such as {example}"
_RANGE = "is not a whole number from {least} to {most}, such as {example}"
_NUMBER = "is not a number such as {example}"
_DIGITS = "[+-]?[0-9]+"
_DECIMAL = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_DOUBLE = rf"(?:{_DECIMAL}(?:[Ee][+-]?[0-9]+)?|[+-]?INF|NaN)"
_ZONE = "(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_YEAR = "-?(?:[1-9][0-9]{3,}|0[0-9]{3})"
_MONTH = "(?:0[1-9]|1[0-2])"
_DAY = "(?:0[1-9]|[12][0-9]|3[01])"
_CLOCK = r"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?)"
_DAYS = "(?:[0-9]+D)"
_HOURS = r"(?:T(?:[0-9]+H(?:[0-9]+M)?(?:[0-9]+(?:\.[0-9]+)?S)?|[0-9]+M(?:[0-9]+(?:\.[0-9]+)?S)?|[0-9]+(?:\.[0-9]+)?S))"
_YEARS = "(?:[0-9]+Y(?:[0-9]+M)?|[0-9]+M)"


def _integer(name: str, least: str | None, most: str | None, example: str = "6794") -> Datatype:
    sentence = {
        (False, False): _WHOLE,
        (True, True): _RANGE,
        (True, False): "is not a whole number of {least} or more, such as {example}",
        (False, True): "is not a whole number of {most} or less, such as {example}",
    }[(least is not None, most is not None)]
    return Datatype(name, _DIGITS, sentence, example, least, most)


DATATYPES: Final[dict[str, Datatype]] = {
    datatype.iri: datatype
    for datatype in (
        replace(_integer("integer", None, None), reader="integer"),
        _integer("nonNegativeInteger", "0", None),
        _integer("positiveInteger", "1", None),
        _integer("nonPositiveInteger", None, "0", "-12"),
        _integer("negativeInteger", None, "-1", "-12"),
        _integer("long", "-9223372036854775808", "9223372036854775807"),
        _integer("int", "-2147483648", "2147483647"),
        _integer("short", "-32768", "32767"),
        _integer("byte", "-128", "127", "94"),
        _integer("unsignedLong", "0", "18446744073709551615"),
        _integer("unsignedInt", "0", "4294967295"),
        _integer("unsignedShort", "0", "65535"),
        _integer("unsignedByte", "0", "255", "94"),
        Datatype("decimal", _DECIMAL, _NUMBER, "1234.5", reader="decimal"),
        Datatype("double", _DOUBLE, _NUMBER, "1.5E3"),
        Datatype("float", _DOUBLE, _NUMBER, "1.5E3"),
        Datatype("boolean", "true|false|0|1", "is neither true nor false", "true"),
        Datatype("date", f"{_YEAR}-{_MONTH}-{_DAY}{_ZONE}?", "is not a date such as {example}", "2025-07-01",
                 reader="date", calendar=True),
        Datatype("dateTime", f"{_YEAR}-{_MONTH}-{_DAY}T{_CLOCK}{_ZONE}?",
                 "is not a date with a time such as {example}", "2025-07-01T07:30:00", reader="dateTime",
                 calendar=True),
        Datatype("dateTimeStamp", f"{_YEAR}-{_MONTH}-{_DAY}T{_CLOCK}{_ZONE}",
                 "is not a date with a time and a zone such as {example}", "2025-07-01T07:30:00+07:00", calendar=True),
        Datatype("time", f"{_CLOCK}{_ZONE}?", "is not a time of day such as {example}", "07:30:00", reader="time"),
        Datatype("gYear", f"{_YEAR}{_ZONE}?", "is not a year such as {example}", "2025"),
        Datatype("gYearMonth", f"{_YEAR}-{_MONTH}{_ZONE}?", "is not a month of a year such as {example}", "2025-07"),
        Datatype("gMonth", f"--{_MONTH}{_ZONE}?", "is not a month such as {example}", "--07"),
        Datatype("gDay", f"---{_DAY}{_ZONE}?", "is not a day of a month such as {example}", "---01"),
        Datatype("gMonthDay", f"--(?:02-(?:0[1-9]|[12][0-9])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
                 f"|(?:0[13578]|1[02])-{_DAY}){_ZONE}?", "is not a day of a year such as {example}", "--07-01"),
        Datatype("duration", f"-?P(?:{_YEARS}{_DAYS}?{_HOURS}?|{_DAYS}{_HOURS}?|{_HOURS})",
                 "is not a length of time such as {example}", "P1Y6M"),
        Datatype("dayTimeDuration", f"-?P(?:{_DAYS}{_HOURS}?|{_HOURS})",
                 "is not a length of time such as {example}", "P1DT12H"),
        Datatype("yearMonthDuration", f"-?P{_YEARS}", "is not a length of time such as {example}", "P1Y6M"),
        Datatype("hexBinary", "(?:[0-9A-Fa-f]{2})*", "is not written in hexadecimal digits such as {example}", "0FB7"),
        Datatype("language", LANGUAGE_TAG, "is not a language tag such as {example}", "vi"),
    )
}  # fmt: skip
"""Datatypes that are checked, by IRI; a text of any other datatype is taken as it is."""

XSD_NAMES: Final = frozenset(
    ("string", "normalizedString", "token", "NMTOKEN", "NMTOKENS", "Name", "NCName", "ID", "IDREF", "IDREFS", "ENTITY",
     "ENTITIES", "anyURI", "QName", "NOTATION", "base64Binary", "anyType", "anySimpleType", "anyAtomicType",
     *(datatype.name for datatype in DATATYPES.values()))
)  # fmt: skip
"""All datatypes of XSD <https://www.w3.org/TR/xmlschema11-2/#built-in-datatypes>, checked or not."""

_FAR: Final = "'1" + "0" * 38 + "'::HUGEINT"
"""A whole number beyond the limits of every datatype."""


def lexical_macros() -> dict[str, str]:
    """Return the SQL macros that tell whether a text is in a lexical space, by signature; helpers come first."""
    known = {
        "lk_is_language_tag(t)": f"regexp_full_match(t, {literal(LANGUAGE_TAG)})",
        "lk_leap(y)": "y % 4 = 0 AND (y % 100 <> 0 OR y % 400 = 0)",
        # A day of the calendar: a year that is too far away is replaced by one with the same February.
        "lk_calendar(t)": (
            "CASE WHEN t[5] = '-' THEN try_cast(t[:10] AS DATE) IS NOT NULL ELSE try_cast("
            "CASE WHEN lk_leap(try_cast(regexp_extract(t, '^-?([0-9]+)-', 1) AS HUGEINT)) THEN '2000' ELSE '2001' END "
            "|| regexp_extract(t, '^-?[0-9]+(-[0-9]{2}-[0-9]{2})', 1) AS DATE) IS NOT NULL END"
        ),
    }
    return known | {f"{datatype.macro}(t)": _lexical(datatype) for datatype in DATATYPES.values()}


def _lexical(datatype: Datatype) -> str:
    """Return SQL that tells whether `t` is in the lexical space of a datatype; NULL of NULL."""
    matches = f"regexp_full_match(t, {literal(datatype.pattern)})"
    if datatype.least is not None or datatype.most is not None:
        # What no HUGEINT holds is beyond every limit on the side of its sign.
        number = f"coalesce(try_cast(t AS HUGEINT), CASE WHEN t[1] = '-' THEN -{_FAR} ELSE {_FAR} END)"
        bounds = [f"{number} >= {datatype.least}"] if datatype.least is not None else []
        bounds += [f"{number} <= {datatype.most}"] if datatype.most is not None else []
        return f"CASE WHEN t IS NULL THEN NULL WHEN {matches} THEN {' AND '.join(bounds)} ELSE false END"
    if datatype.calendar:
        return f"CASE WHEN t IS NULL THEN NULL WHEN {matches} THEN lk_calendar(t) ELSE false END"
    return matches
