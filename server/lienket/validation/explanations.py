"""What the engine itself says of a violation, component by component, in words for people.

The sentences follow the value as typed: “x” is not …. They are translated by the language packs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..datatypes import DATATYPES
from .report import Explanation
from .shapes import Constraint, PropertyShape, Shape, path_text
from .terms import literal_parts, plain


@dataclass(frozen=True)
class Found:
    """What SQL found: terms in N-Triples syntax."""

    value: str | None
    other: str | None
    """The compared value, the language, or the predicate."""
    number: int | None
    """How many values there are."""


SENTENCES: Final[Mapping[str, str]] = {
    "Class": "is not known to be of the class {wanted}",
    "Datatype": "is not a literal of the datatype {wanted}",
    "NodeKind": "is not of the kind {wanted}",
    "MinCount": "has {count} values, and at least {wanted} are needed",
    "MaxCount": "has {count} values, and at most {wanted} are allowed",
    "MinExclusive": "is not greater than {wanted}",
    "MinInclusive": "is not {wanted} or greater",
    "MaxExclusive": "is not less than {wanted}",
    "MaxInclusive": "is not {wanted} or less",
    "MinLength": "has fewer characters than {wanted}",
    "MaxLength": "has more characters than {wanted}",
    "Pattern": "does not match the pattern {wanted}",
    "LanguageIn": "is not in one of the languages {wanted}",
    "UniqueLang": "has {count} values in the language {other}, and one is allowed",
    "Equals": "stands in only one of two places that must be equal, of which one is {wanted}",
    "Disjoint": "stands also at {wanted}, where it may not",
    "LessThan": "is not less than {other}, which stands at {wanted}",
    "LessThanOrEquals": "is not {other} or less, which stands at {wanted}",
    "Closed": "stands at {other}, which is not among the allowed properties",
    "Node": "does not conform to {shapes}",
    "Not": "conforms to {shapes}, and may not",
    "And": "does not conform to all of {shapes}",
    "Or": "conforms to none of {shapes}",
    "Xone": "conforms to none or to more than one of {shapes}",
    "QualifiedMinCount": "has {count} values that conform to {shape}, and at least {wanted} are needed",
    "QualifiedMaxCount": "has {count} values that conform to {shape}, and at most {wanted} are allowed",
    "HasValue": "does not have the value {wanted}",
    "In": "is not one of the allowed values: {wanted}",
}
"""Component → sentence with placeholders."""

OF_ANOTHER: Final = "is of the datatype {other}, and {wanted} is needed"
MISSING: Final = "is missing"
BY_QUERY: Final = "is found by the query of {shape}"
_MOST_SHOWN: Final = 5


def explain(shape: Shape, constraint: Constraint, found: Found) -> Explanation:
    """Return what is said of one violation."""
    sentence = SENTENCES.get(constraint.component)
    if sentence is None:
        return Explanation(BY_QUERY, {"shape": _called(shape)})
    if constraint.component == "MinCount" and found.number == 0:
        return Explanation(MISSING)
    if constraint.component == "Datatype" and found.value is not None:
        of_datatype = _of_datatype(found.value, plain(constraint.terms[0]))
        if of_datatype is not None:
            return of_datatype
    values = {
        "wanted": _wanted(constraint),
        "count": found.number,
        "other": None if found.other is None else _plain(found.other),
        "shapes": ", ".join(map(_called, constraint.shapes)),
        "shape": _called(next(iter(constraint.shapes), shape)),
    }
    return Explanation(sentence, {name: value for name, value in values.items() if "{" + name + "}" in sentence})


def _of_datatype(value: str, datatype: str) -> Explanation | None:
    """Return what is wrong with a literal that states a datatype: this one, with another text, or another one."""
    if not value.endswith(">") or not value.startswith('"'):
        return None
    stated = literal_parts(value)[1]
    if stated != datatype:
        return Explanation(OF_ANOTHER, {"other": stated, "wanted": datatype})
    known = DATATYPES.get(datatype)
    if known is None:
        return None
    return Explanation(known.expectation, {"example": known.example, "least": known.least, "most": known.most})


def _wanted(constraint: Constraint) -> str:
    terms = constraint.terms[:1] if constraint.component == "Pattern" else constraint.terms
    more = ", …" if len(terms) > _MOST_SHOWN else ""
    return ", ".join(_plain(term) for term in terms[:_MOST_SHOWN]) + more


def _plain(text: str) -> str:
    return plain(text) if text.startswith(("<", "_:", '"')) else text


def _called(shape: Shape) -> str:
    """Return what a shape without a name is about."""
    if not shape.node.startswith("_:"):
        return plain(shape.node)
    return f"[ {path_text(shape.path)} ]" if isinstance(shape, PropertyShape) else "[ … ]"
