"""R2RML and legacy RML said in the words of RML, so that one reader reads all three.

R2RML <https://www.w3.org/TR/r2rml/>, legacy RML <https://rml.io/specs/rml/>; which word stands for which is what the
module for backward compatibility of RML-Core states, <http://w3id.org/rml/core/bc>.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode

from ..vocabulary import LEGACY_RML, QL, R2RML, RML

_Quad = tuple[NamedNode | BlankNode, NamedNode, NamedNode | BlankNode | Literal]

_WORDS: Final[dict[str, str]] = {
    R2RML + "column": "reference",
    R2RML + "logicalTable": "logicalSource",
    R2RML + "tableName": "iterator",
    R2RML + "sqlQuery": "iterator",
    LEGACY_RML + "query": "iterator",
}
"""Words that are called otherwise in RML; every other one has kept its name."""

_FORMULATIONS: Final[dict[str, str]] = {
    R2RML + "tableName": "SQL2008Table",
    R2RML + "sqlQuery": "SQL2008Query",
    LEGACY_RML + "query": "SQL2008Query",
}
"""Words that say by themselves how the source is read."""


def modernised(quads: Iterable[_Quad]) -> Iterator[_Quad]:
    """Yield triples with the words of R2RML and legacy RML replaced by those of RML."""
    quads = list(quads)
    # What a word says of the formulation is stronger than ql:CSV, which old mappings write beside a query.
    stated = {subject for subject, predicate, _ in quads if predicate.value in _FORMULATIONS}
    for subject, predicate, object_ in quads:
        word = predicate.value
        # An inverse expression only tells a database how to be faster.
        if word == R2RML + "inverseExpression":
            continue
        if word == LEGACY_RML + "referenceFormulation" and subject in stated:
            continue
        if word in _FORMULATIONS:
            yield subject, NamedNode(RML + "referenceFormulation"), NamedNode(RML + _FORMULATIONS[word])
        yield subject, NamedNode(_modern(word)), _modern_term(object_)


def _modern(word: str) -> str:
    if word in _WORDS:
        return RML + _WORDS[word]
    for namespace in (R2RML, LEGACY_RML):
        if word.startswith(namespace):
            return RML + word.removeprefix(namespace)
    return word


def _modern_term(term: NamedNode | BlankNode | Literal) -> NamedNode | BlankNode | Literal:
    if not isinstance(term, NamedNode):
        return term
    if term.value == QL + "CSV":
        return NamedNode(RML + "CSV")
    return NamedNode(_modern(term.value))
