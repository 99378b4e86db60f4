"""What a term is: SQL that takes it apart, and SQL that tells whether a value node has what a constraint asks."""

from collections.abc import Callable
from typing import Final

from ..datatypes import DATATYPES
from ..sql import literal
from ..vocabulary import RDF, XSD
from .comparisons import bounded
from .parameters import NODE_KINDS
from .patterns import to_re2
from .query import Query, listed
from .shapes import Constraint
from .terms import plain

TERM_MACROS: Final[dict[str, str]] = {
    # What follows the last quotation mark of a literal: its language or datatype.
    "lk_sh_suffix(t)": """split_part(t, '"', -1)""",
    "lk_sh_quoted(t)": "substring(t, 2, length(t) - length(lk_sh_suffix(t)) - 2)",
    "lk_sh_unescaped(x)": (
        r"list_aggregate(list_transform(string_split(x, '\\'), "
        r"""lambda p: replace(replace(replace(p, '\"', '"'), '\n', chr(10)), '\r', chr(13))), 'string_agg', '\')"""
    ),
    # SPARQL's str(): NULL for a blank node.
    "lk_sh_text(t)": (
        "CASE t[1] WHEN '<' THEN substring(t, 2, length(t) - 2) WHEN '\"' "
        r"THEN CASE WHEN contains(t, '\') THEN lk_sh_unescaped(lk_sh_quoted(t)) ELSE lk_sh_quoted(t) END END"
    ),
    # The language of a literal in small letters; empty where it has none.
    "lk_sh_language(t)": "CASE WHEN lk_sh_suffix(t)[1] = '@' THEN lower(substring(lk_sh_suffix(t), 2)) ELSE '' END",
}  # fmt: skip
"""Macros that take terms apart, by signature, helpers first."""

_FIRST_CHARACTERS: Final = {"IRI": "<", "BlankNode": "_", "Literal": '"'}

Test = Callable[[Query, Constraint, str], str]
"""Returns SQL that is true where a value node (SQL) has what a constraint asks; else it is false or NULL."""


def _class(query: Query, constraint: Constraint, value: str) -> str:
    return f"{value} IN (SELECT node FROM {query.instances(constraint.terms[0])})"


def _datatype(query: Query, constraint: Constraint, value: str) -> str:
    datatype = plain(constraint.terms[0])
    if datatype == XSD + "string":
        return f"ends_with({value}, '\"')"
    if datatype == RDF + "langString":
        return f"lk_sh_language({value}) <> ''"
    suffix = f'"^^<{datatype}>'
    stated = f"ends_with({value}, {literal(suffix)})"
    if datatype not in DATATYPES:
        return stated
    text = f"substring({value}, 2, length({value}) - {len(suffix) + 1})"
    return f"CASE WHEN {stated} THEN {DATATYPES[datatype].macro}({text}) END"


def _node_kind(query: Query, constraint: Constraint, value: str) -> str:
    kinds = NODE_KINDS[plain(constraint.terms[0]).partition("#")[2]]
    return f"{value}[1] IN ({listed([_FIRST_CHARACTERS[kind] for kind in kinds])})"


def _bound(comparison: str) -> Test:
    return lambda query, constraint, value: bounded(value, constraint.terms[0], comparison)


def _length(comparison: str) -> Test:
    def test(query: Query, constraint: Constraint, value: str) -> str:
        return f"length(lk_sh_text({value})) {comparison} {int(plain(constraint.terms[0]))}"

    return test


def _pattern(query: Query, constraint: Constraint, value: str) -> str:
    pattern, flags = constraint.terms
    return f"regexp_matches(lk_sh_text({value}), {literal(to_re2(pattern, flags))})"


def _language_in(query: Query, constraint: Constraint, value: str) -> str:
    language = f"lk_sh_language({value})"
    parts = []
    for wanted in (plain(term).lower() for term in constraint.terms):
        longer = f"starts_with({language}, {literal(wanted + '-')})"
        parts.append(f"{language} <> ''" if wanted == "*" else f"{language} = {literal(wanted)} OR {longer}")
    return " OR ".join(parts) or "false"


def _in(query: Query, constraint: Constraint, value: str) -> str:
    return f"{value} IN ({listed(constraint.terms)})" if constraint.terms else "false"


TESTS: Final[dict[str, Test]] = {
    "Class": _class,
    "Datatype": _datatype,
    "NodeKind": _node_kind,
    "MinExclusive": _bound(">"),
    "MinInclusive": _bound(">="),
    "MaxExclusive": _bound("<"),
    "MaxInclusive": _bound("<="),
    "MinLength": _length(">="),
    "MaxLength": _length("<="),
    "Pattern": _pattern,
    "LanguageIn": _language_in,
    "In": _in,
}
"""Component → the test that every value node has to pass by itself."""
