"""Natural datatypes: how a value that has a type in its source becomes text of XSD.

That is the table of R2RML <https://www.w3.org/TR/r2rml/#natural-mapping>.
"""

from typing import Final

from ...vocabulary import XSD

_TEXTS: Final = {
    "boolean": "CASE lower({0}) WHEN '1' THEN 'true' WHEN '0' THEN 'false' ELSE lower({0}) END",
    "double": "CASE lower({0}) WHEN 'nan' THEN 'NaN' WHEN 'inf' THEN 'INF' WHEN 'infinity' THEN 'INF' "
              "WHEN '-inf' THEN '-INF' WHEN '-infinity' THEN '-INF' "
              "ELSE coalesce(lk_double(try_cast({0} AS DOUBLE)), {0}) END",
    "dateTime": "regexp_replace(replace({0}, ' ', 'T'), '([+-][0-9]{{2}})$', '\\1:00')",
    "time": "regexp_replace({0}, '([+-][0-9]{{2}})$', '\\1:00')",
    "hexBinary": "upper(CASE WHEN starts_with({0}, '\\x') THEN substr({0}, 3) ELSE {0} END)",
}  # fmt: skip
"""SQL that takes a source's text of a datatype to that of XSD; texts of the others are the same."""


def item(text: str, datatype: str | None) -> str:
    """Return the SQL of a cell, STRUCT(text, datatype), from that of its text, where all values have one datatype."""
    stated = f"'{XSD}{datatype}'" if datatype else "NULL::VARCHAR"
    made = _TEXTS.get(datatype or "", "{0}").format(text)
    return f"CASE WHEN {text} IS NOT NULL THEN {{'text': {made}, 'datatype': {stated}}} END"


def varied_item(text: str, datatype: str) -> str:
    """Return the same where each value has its own: `datatype` is the SQL of its name; '' is none, 'null' no value."""
    cases = " ".join(f"WHEN '{name}' THEN {sql.format(text)}" for name, sql in _TEXTS.items())
    return (
        f"CASE WHEN {datatype} <> 'null' THEN {{'text': CASE {datatype} {cases} ELSE {text} END, "
        f"'datatype': CASE WHEN {datatype} <> '' THEN '{XSD}' || {datatype} END}} END"
    )
