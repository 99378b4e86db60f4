"""Functions of the compiled SQL: each is a DuckDB macro named `lk_…`, and nothing else is called there.

Three kinds: those that write terms (`lk_iri`, `lk_esc`, …), those that check them (`lk_is_date`, …), and those that
mapping rules call (`lk_fn_date`, `lk_grel_toUpperCase`, …), which are described in FnO
<https://w3id.org/function/ontology> in `functions.ttl` and `grel.ttl` beside this file and in every language pack.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import pyoxigraph

from .. import languages
from ..datatypes import DATATYPES, lexical_macros
from ..languages import Language
from ..sql import literal
from ..vocabulary import FNO, GREL, IDLAB_FUNCTION, LIENKET_FUNCTION, RDFS, XSD
from .document import Document, Node, Term
from .grel import GREL_MACROS
from .terms import IRI, IUNRESERVED, SCHEME, UNRESERVED, URI

_EXPECTATION: Final = LIENKET_FUNCTION + "expectation"
_EMPTY: Final = LIENKET_FUNCTION + "empty"
_STATES_NOTHING: Final = LIENKET_FUNCTION + "StatesNothing"
_MACRO_PREFIXES: Final = {LIENKET_FUNCTION: "lk_fn_", GREL: "lk_grel_", IDLAB_FUNCTION: "lk_idlab_"}

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
    "lk_is_iunreserved(t)": f"regexp_full_match(t, '[{IUNRESERVED}]*')",
    "lk_is_unreserved(t)": f"regexp_full_match(t, '[{UNRESERVED}]*')",
    "lk_is_plain(t)": r"""NOT (contains(t, '"') OR contains(t, '\') OR contains(t, chr(10)) OR contains(t, chr(13)))""",
    "lk_is_iri(t)": f"regexp_full_match(t, {literal(IRI)})",
    "lk_is_uri(t)": f"regexp_full_match(t, {literal(URI)})",
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
    "lk_numbered(l)": (
        "CASE WHEN len(l) > 0 THEN list_transform(l, lambda v, i: {'v': v, 'n': i - 1}) ELSE [NULL] END"
    ),
    "lk_csv(t)": (
        r"""list_transform(regexp_extract_all(t, '(?:"(?:[^"]|"")*"|[^"\r\n])+'), lambda r: list_transform("""
        """regexp_extract_all(r || ',', '("(?:[^"]|"")*"|[^,]*),', 1), """
        """lambda c: CASE WHEN c[1] = '"' THEN replace(c[2:-2], '""', '"') ELSE c END))"""
    ),
    "lk_csv_cell(h, r, n)": "r[list_position(h, n)]",
}
"""Macros that sources use while loading JSON, and views for records inside of records."""

_POINT: Final = r"[+-]?[0-9]+(?:\.[0-9]+)?"

MISTAKE_MACROS: Final[dict[str, str]] = {
    "lk_is_longitude_wrong(x)": f"NOT regexp_full_match(x, '{_POINT}') OR abs(try_cast(x AS DOUBLE)) > 180",
    "lk_is_latitude_wrong(y)": f"NOT regexp_full_match(y, '{_POINT}') OR abs(try_cast(y AS DOUBLE)) > 90",
    "lk_is_order_wrong(x, y)": (
        "NOT lk_is_latitude_wrong(x) AND lk_is_latitude_wrong(y) AND NOT lk_is_longitude_wrong(y)"
    ),
}
"""What tells which input of a function it is that cannot be read."""

FUNCTION_MACROS: Final[dict[str, str]] = {
    "lk_fn_pointDecimal(t)": f"CASE WHEN t = '' THEN '' WHEN regexp_full_match(t, '{_POINT}') THEN t END",
    "lk_fn_wktPoint(x, y)": (
        "CASE WHEN x = '' OR y = '' THEN '' "
        f"WHEN NOT regexp_full_match(x, '{_POINT}') OR NOT regexp_full_match(y, '{_POINT}') THEN NULL "
        "WHEN try_cast(x AS DOUBLE) = try_cast(y AS DOUBLE) AND try_cast(x AS DOUBLE) IN (0, -1) THEN '' "
        "WHEN abs(try_cast(x AS DOUBLE)) <= 180 AND abs(try_cast(y AS DOUBLE)) <= 90 "
        "THEN 'POINT(' || x || ' ' || y || ')' END"
    ),
    "lk_fn_concat(p, t, s)": "CASE WHEN t = '' THEN '' ELSE p || t || coalesce(s, '') END",
    "lk_fn_titleCase(t)": (
        r"CASE WHEN t = '' THEN '' ELSE list_aggregate(list_transform(regexp_extract_all(lower(nfc_normalize(t)), "
        r"'[\p{L}\p{N}]+|[^\p{L}\p{N}]+'), lambda s: upper(s[1]) || s[2:]), 'string_agg', '') END"
    ),
    "lk_fn_part(t, d, n)": (
        "CASE WHEN t = '' THEN '' WHEN try_cast(n AS INTEGER) >= 1 AND d <> '' "
        "THEN coalesce(trim(string_split(t, d)[try_cast(n AS INTEGER)]), '') END"
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

    inputs: Mapping[str, str | None]
    """Texts by parameter IRI; None for one that is left out."""
    result: str | None


@dataclass(frozen=True)
class Mistake:
    """One of the ways in which the inputs of a function can be wrong."""

    macro: str
    """Tells of the inputs whether it is this one."""
    parameters: tuple[str, ...]
    """IRIs of those inputs, in the order of the macro's arguments."""
    expectation: Mapping[str, str]
    """By language tag, what is said after them."""


@dataclass(frozen=True)
class Function:
    """A function that rules may call: FnO description and SQL macro."""

    iri: str
    parameters: tuple[str, ...]
    """Parameter IRIs, in the order of the macro's arguments."""
    optional: frozenset[str]
    """Those of them that a call may leave out."""
    outputs: tuple[str, ...]
    """What rml:return may name; all of them are names of the one text that the macro returns."""
    predicates: Mapping[str, str]
    """Parameter by the predicate that stands for it in descriptions of executions."""
    datatype: str | None
    """Datatype of what is returned, where that is no plain text."""
    leaves_empty: bool
    """Whether an empty text is returned where the input states nothing; else it is a text like others."""
    labels: Mapping[str, str]
    comments: Mapping[str, str]
    expectation: Mapping[str, str]
    """By language tag, what is said after an input that cannot be read; without it NULL is no value, and no fault."""
    mistakes: tuple[Mistake, ...]
    """What can be said more exactly than by `expectation`."""
    examples: tuple[Example, ...]

    @property
    def macro(self) -> str:
        """The SQL macro that does the work."""
        namespace = next(name for name in _MACRO_PREFIXES if self.iri.startswith(name))
        return _MACRO_PREFIXES[namespace] + self.iri.removeprefix(namespace)

    def parameter(self, name: str) -> str:
        """Return a parameter that is named by its own IRI or by its predicate; another name as it is."""
        return name if name in self.parameters else self.predicates.get(name, name)


def functions(language: Language | None = None) -> Mapping[str, Function]:
    """Return the functions that rules may call, by IRI; without a language only those that need none."""
    documents = [Path(__file__).with_name(name) for name in ("functions.ttl", "grel.ttl")]
    if language is not None:
        documents.append(language.functions)
    return {function.iri: function for function in _described(Document(documents[0], LIENKET_FUNCTION, *documents[1:]))}


def languages_of(iri: str) -> tuple[str, ...]:
    """Return the tags of the languages that bring a function with them."""
    function = pyoxigraph.NamedNode(iri)
    packs = (languages.get(tag) for tag in languages.available())
    return tuple(
        pack.tag for pack in packs if function in Document(pack.functions, LIENKET_FUNCTION).of_type(FNO + "Function")
    )


def _described(document: Document) -> Iterator[Function]:
    for node in document.of_type(FNO + "Function"):
        if not isinstance(node, pyoxigraph.NamedNode):
            continue
        parameters, outputs = (tuple(_listed(document, node, FNO + word)) for word in ("expects", "returns"))
        predicates = {
            predicate.value: parameter.value
            for parameter in (*parameters, *outputs)
            for predicate in document.objects(parameter, FNO + "predicate")
        }
        types = [type_.value for output in outputs for type_ in document.objects(output, FNO + "type")]
        named = {parameter.value for parameter in parameters}
        optional = (parameter.value for parameter in parameters if _says(document, parameter, "required", "false"))
        yield Function(
            iri=node.value,
            parameters=tuple(parameter.value for parameter in parameters),
            optional=frozenset(optional),
            outputs=(*(output.value for output in outputs),
                     *(predicate for predicate, name in predicates.items() if name not in named)),
            predicates=predicates,
            datatype=next((type_ for type_ in types if type_ != XSD + "string"), None),
            leaves_empty=any(
                state.value == _STATES_NOTHING for output in outputs for state in document.objects(output, _EMPTY)
            ),
            labels=_texts(document, node, RDFS + "label"),
            comments=_texts(document, node, RDFS + "comment"),
            expectation=_texts(document, node, _EXPECTATION),
            mistakes=tuple(_mistakes(document, node)),
            examples=tuple(_examples(document, node, predicates, outputs[0].value)),
        )  # fmt: skip


def _listed(document: Document, node: Term, word: str) -> Iterator[pyoxigraph.NamedNode]:
    for head in document.objects(node, word):
        yield from (each for each in document.members(head) if isinstance(each, pyoxigraph.NamedNode))


def _mistakes(document: Document, node: Node) -> Iterator[Mistake]:
    for head in document.objects(node, LIENKET_FUNCTION + "mistakes"):
        for mistake in document.members(head):
            (test,) = document.objects(mistake, LIENKET_FUNCTION + "test")
            parameters = tuple(each.value for each in _listed(document, mistake, LIENKET_FUNCTION + "of"))
            yield Mistake(test.value, parameters, _texts(document, mistake, _EXPECTATION))


def _says(document: Document, node: Node, word: str, text: str) -> bool:
    return any(value.value == text for value in document.objects(node, FNO + word))


def _examples(document: Document, node: Node, predicates: Mapping[str, str], output: str) -> Iterator[Example]:
    for run in document.of_type(FNO + "Execution"):
        if node in document.objects(run, FNO + "executes"):
            texts = {
                name: next((value.value for value in document.objects(run, predicate)), None)
                for predicate, name in predicates.items()
            }
            result = texts.pop(output)
            yield Example(texts, result)


def _texts(document: Document, node: Term, predicate: str) -> dict[str, str]:
    return {
        text.language or "": text.value
        for text in document.objects(node, predicate)
        if isinstance(text, pyoxigraph.Literal)
    }


def macros(language: Language | None = None) -> dict[str, str]:
    """Return every macro by signature, helpers before those that use them."""
    known = TERM_MACROS | lexical_macros()
    cases = " ".join(f"WHEN {literal(iri)} THEN {datatype.macro}(t)" for iri, datatype in DATATYPES.items())
    known["lk_is_valid(t, d)"] = f"CASE d {cases} ELSE true END"
    known |= ITEM_MACROS | MISTAKE_MACROS | FUNCTION_MACROS | GREL_MACROS
    if language is not None:
        known |= language.macros
        known["lk_clean_text(t)"] = "nullif(lk_clean(t), '')"
        known["lk_clean_item(i)"] = (
            "CASE WHEN i IS NOT NULL AND (i.datatype IS NOT NULL OR lk_clean(i.text) <> '') "
            "THEN {'text': lk_clean(i.text), 'datatype': i.datatype} END"
        )
    else:
        known["lk_clean_text(t)"] = "t"
        known["lk_clean_item(i)"] = "i"
    return known


def define(connection: duckdb.DuckDBPyConnection, language: Language | None = None) -> None:
    """Define every macro in a DuckDB connection."""
    statements = (f"CREATE OR REPLACE TEMP MACRO {signature} AS {body}" for signature, body in macros(language).items())
    connection.execute("; ".join(statements))
