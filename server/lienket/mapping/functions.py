"""Functions of the compiled SQL: each is a DuckDB macro named `lk_…`, and nothing else is called there.

Three kinds: those that write terms (`lk_iri`, `lk_esc`, …), those that check them (`lk_is_date`, …), and those that
mapping rules call (`lk_fn_date`, …), which are described in FnO <https://w3id.org/function/ontology> in `functions.ttl`
beside this file and in every language pack.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import pyoxigraph

from ..languages import Language
from ..vocabulary import FNO, LIENKET_FUNCTION, RDFS, XSD
from .document import Document, Node
from .sql import literal
from .terms import DATATYPES, IRI, IUNRESERVED, LANGUAGE_TAG, SCHEME, UNRESERVED, URI, Datatype

_EXPECTATION: Final = LIENKET_FUNCTION + "expectation"
_RESULT: Final = LIENKET_FUNCTION + "result"

_FAR: Final = "'1" + "0" * 38 + "'::HUGEINT"
"""A whole number beyond the limits of every datatype."""
# What the N-Quads grammar keeps out of an IRI; written as \uXXXX it can stand there and cannot end the IRI.
_UNWRITABLE: Final = '\\x00-\\x20<>"{}|^`\\\\'


def _encode(keep: str) -> str:
    """Return SQL that percent-encodes the characters of `t` outside of a class; most texts hold at most spaces."""
    return (
        f"CASE WHEN regexp_full_match(t, '[{keep}]*') THEN t "
        f"WHEN regexp_full_match(t, '[ {keep}]*') THEN replace(t, ' ', '%20') ELSE list_aggregate(list_transform("
        f"regexp_extract_all(t, '[{keep}]+|[^{keep}]+'), "
        f"lambda p: CASE WHEN regexp_full_match(p, '[{keep}]+') THEN p ELSE url_encode(p) END), 'string_agg', '') END"
    )


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


TERM_MACROS: Final[dict[str, str]] = {
    "lk_iri(t)": _encode(IUNRESERVED),
    "lk_uri(t)": _encode(UNRESERVED),
    "lk_unsafe(t)": (
        f"CASE WHEN NOT regexp_matches(t, '[{_UNWRITABLE}]') THEN t ELSE list_aggregate(list_transform("
        f"regexp_extract_all(t, '[{_UNWRITABLE}]|[^{_UNWRITABLE}]+'), "
        f"lambda p: CASE WHEN regexp_full_match(p, '[{_UNWRITABLE}]') "
        "THEN '\\u' || lpad(to_hex(ord(p)), 4, '0') ELSE p END), 'string_agg', '') END"
    ),
    "lk_absolute(t, base)": f"CASE WHEN regexp_matches(t, '^{SCHEME}') THEN t ELSE base || t END",
    "lk_esc(t)": (
        r"""CASE WHEN regexp_matches(t, '["\\\n\r]') THEN replace(replace(replace(replace(t, '\', '\\'), '"', '\"'),"""
        r""" chr(10), '\n'), chr(13), '\r') ELSE t END"""
    ),
    "lk_blank(t)": "CASE WHEN regexp_full_match(t, '[A-Za-z0-9]+') THEN 'b' || t ELSE 'x' || hex(encode(t)) END",
    "lk_datatype(d)": f"CASE WHEN d IS NULL OR d = '{XSD}string' THEN '' ELSE '^^<' || d || '>' END",
    "lk_stated(t)": "nullif(t, '')",
    "lk_is_iri(t)": f"regexp_full_match(t, {literal(IRI)})",
    "lk_is_uri(t)": f"regexp_full_match(t, {literal(URI)})",
    "lk_is_language_tag(t)": f"regexp_full_match(t, {literal(LANGUAGE_TAG)})",
    "lk_leap(y)": "y % 4 = 0 AND (y % 100 <> 0 OR y % 400 = 0)",
    # A day of the calendar: the year is replaced by one with the same February, so that no year is too far away.
    "lk_calendar(t)": (
        "try_cast(CASE WHEN lk_leap(try_cast(regexp_extract(t, '^-?([0-9]+)-', 1) AS HUGEINT)) THEN '2000' "
        "ELSE '2001' END || regexp_extract(t, '^-?[0-9]+(-[0-9]{2}-[0-9]{2})', 1) AS DATE) IS NOT NULL"
    ),
    # Canonical form <https://www.w3.org/TR/xmlschema-2/#double>: one digit before the point, no needless zero.
    "lk_double(x)": (
        "regexp_replace(regexp_replace(CASE WHEN format('{:.15e}', x::DOUBLE)::DOUBLE = x "
        "THEN format('{:.15e}', x::DOUBLE) ELSE format('{:.16e}', x::DOUBLE) END, "
        r" '(\.[0-9]+?)0*e', '\1E'), 'E[+]?(-?)0*([0-9])', 'E\1\2')"
    ),
}
"""Macros that write and check terms, by signature."""

ITEM_MACROS: Final[dict[str, str]] = {
    # A value of JSON as its text with its natural datatype; "!" marks a list or an object, which has no text.
    "lk_item(v)": (
        "CASE json_type(v) WHEN 'NULL' THEN NULL "
        "WHEN 'VARCHAR' THEN {'text': v ->> '$', 'datatype': NULL::VARCHAR} "
        f"WHEN 'BOOLEAN' THEN {{'text': v::VARCHAR, 'datatype': '{XSD}boolean'}} "
        "WHEN 'ARRAY' THEN {'text': NULL, 'datatype': '!'} WHEN 'OBJECT' THEN {'text': NULL, 'datatype': '!'} "
        f"ELSE CASE WHEN regexp_full_match(v::VARCHAR, '-?[0-9]+') "
        f"THEN {{'text': v::VARCHAR, 'datatype': '{XSD}integer'}} "
        f"ELSE {{'text': coalesce(lk_double(try_cast(v AS DOUBLE)), v::VARCHAR), 'datatype': '{XSD}double'}} END END"
    ),
}
"""Macros that sources use while loading JSON."""

_POINT: Final = r"[+-]?[0-9]+(?:\.[0-9]+)?"

FUNCTION_MACROS: Final[dict[str, str]] = {
    "lk_fn_pointDecimal(t)": f"CASE WHEN t = '' THEN '' WHEN regexp_full_match(t, '{_POINT}') THEN t END",
    "lk_fn_wktPoint(x, y)": (
        "CASE WHEN x = '' OR y = '' THEN '' "
        f"WHEN NOT regexp_full_match(x, '{_POINT}') OR NOT regexp_full_match(y, '{_POINT}') THEN NULL "
        "WHEN try_cast(x AS DOUBLE) = try_cast(y AS DOUBLE) AND try_cast(x AS DOUBLE) IN (0, -1) THEN '' "
        "WHEN abs(try_cast(x AS DOUBLE)) <= 180 AND abs(try_cast(y AS DOUBLE)) <= 90 "
        "THEN 'POINT(' || x || ' ' || y || ')' END"
    ),
    "lk_fn_code(t, w)": (
        "CASE WHEN t = '' THEN '' WHEN length(t) <= try_cast(w AS INTEGER) AND "
        "regexp_full_match(t, '[A-Za-z0-9]+') THEN lpad(t, try_cast(w AS INTEGER), '0') END"
    ),
}
"""Functions that work alike in every language."""


@dataclass(frozen=True)
class Example:
    """What a function returns for an input; None where the input cannot be read."""

    inputs: Mapping[str, str]
    """Texts by parameter IRI."""
    result: str | None


@dataclass(frozen=True)
class Function:
    """A function that rules may call: FnO description and SQL macro."""

    iri: str
    parameters: tuple[str, ...]
    """Parameter IRIs, in the order of the macro's arguments."""
    labels: Mapping[str, str]
    comments: Mapping[str, str]
    expectation: Mapping[str, str]
    """By language tag, what is said after an input that cannot be read."""
    examples: tuple[Example, ...]

    @property
    def macro(self) -> str:
        """The SQL macro that does the work."""
        return "lk_fn_" + self.iri.removeprefix(LIENKET_FUNCTION)


def functions(language: Language | None = None) -> Mapping[str, Function]:
    """Return the functions that rules may call, by IRI; without a language only those that need none."""
    documents = [Path(__file__).with_name("functions.ttl")]
    if language is not None:
        documents.append(language.functions)
    return {function.iri: function for path in documents for function in _described(path)}


def _described(path: Path) -> Iterator[Function]:
    document = Document(path, LIENKET_FUNCTION)
    for node in document.of_type(FNO + "Function"):
        if not isinstance(node, pyoxigraph.NamedNode):
            continue
        parameters = tuple(
            parameter.value
            for head in document.objects(node, FNO + "expects")
            for parameter in document.members(head)
            if isinstance(parameter, pyoxigraph.NamedNode)
        )
        examples = tuple(
            Example(
                {parameter: document.objects(run, parameter)[0].value for parameter in parameters},
                next((result.value for result in document.objects(run, _RESULT)), None),
            )
            for run in document.of_type(FNO + "Execution")
            if node in document.objects(run, FNO + "executes")
        )
        yield Function(
            node.value, parameters, _texts(document, node, RDFS + "label"), _texts(document, node, RDFS + "comment"),
            _texts(document, node, _EXPECTATION), examples,
        )  # fmt: skip


def _texts(document: Document, node: Node, predicate: str) -> dict[str, str]:
    return {
        text.language or "": text.value
        for text in document.objects(node, predicate)
        if isinstance(text, pyoxigraph.Literal)
    }


def macros(language: Language | None = None) -> dict[str, str]:
    """Return every macro by signature, helpers before those that use them."""
    known = dict(TERM_MACROS)
    known |= {f"{datatype.macro}(t)": _lexical(datatype) for datatype in DATATYPES.values()}
    cases = " ".join(f"WHEN {literal(iri)} THEN {datatype.macro}(t)" for iri, datatype in DATATYPES.items())
    known["lk_is_valid(t, d)"] = f"CASE d {cases} ELSE true END"
    known |= ITEM_MACROS | FUNCTION_MACROS
    if language is not None:
        known |= language.macros
        known["lk_clean_item(i)"] = (
            "CASE WHEN i IS NOT NULL AND (i.datatype IS NOT NULL OR lk_clean(i.text) <> '') "
            "THEN {'text': lk_clean(i.text), 'datatype': i.datatype} END"
        )
    return known


def define(connection: duckdb.DuckDBPyConnection, language: Language | None = None) -> None:
    """Define every macro in a DuckDB connection."""
    for signature, body in macros(language).items():
        connection.execute(f"CREATE OR REPLACE TEMP MACRO {signature} AS {body}")
