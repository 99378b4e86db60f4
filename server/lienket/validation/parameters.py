"""The parameters of SHACL's constraint components, as one table <https://www.w3.org/TR/shacl/#core-components>.

What a shape may say, how often, with what values, and which component it makes: the reader of shapes derives its
behaviour and its faults from here, as SHACL's own shapes for shapes would have it.
"""

from dataclasses import dataclass
from typing import Final

from ..vocabulary import SH

NODE_KINDS: Final = {
    "IRI": ("IRI",),
    "BlankNode": ("BlankNode",),
    "Literal": ("Literal",),
    "BlankNodeOrIRI": ("BlankNode", "IRI"),
    "BlankNodeOrLiteral": ("BlankNode", "Literal"),
    "IRIOrLiteral": ("IRI", "Literal"),
}
"""Value of sh:nodeKind → the kinds of term that it takes."""

EXPECTED: Final = {
    "iri": "an IRI",
    "integer": "a whole number such as 1",
    "boolean": "true or false",
    "string": "a text without a language",
    "text": "a text",
    "bound": "a number, a date or another value that can be compared",
    "kind": "one of sh:IRI, sh:BlankNode, sh:Literal, sh:BlankNodeOrIRI, sh:BlankNodeOrLiteral, sh:IRIOrLiteral",
    "term": "a term",
    "node": "an IRI or a literal",
    "shape": "a shape, so no literal",
    "iris": "a list of IRIs",
    "strings": "a list of texts without a language",
    "terms": "a list",
    "shapes": "a list of shapes",
    "query": "a constraint with one sh:select",
}
"""Kind of value → what a fault says was expected."""


@dataclass(frozen=True)
class Parameter:
    """One property of a shape."""

    name: str
    kind: str
    """Key of `EXPECTED`."""
    component: str | None = None
    """Component that each value makes a constraint of; None where it goes with another parameter or makes none."""
    many: bool = True
    """Whether a shape may state it more than once."""
    on_node_shapes: bool = True
    needs: tuple[str, ...] = ()
    """Parameters of which one has to stand beside it."""

    @property
    def iri(self) -> str:
        """IRI of the property."""
        return SH + self.name


def _one(name: str, kind: str, component: str | None = None) -> Parameter:
    return Parameter(name, kind, component, many=False)


def _counted(name: str, kind: str, component: str | None = None, *needs: str) -> Parameter:
    return Parameter(name, kind, component, many=False, on_node_shapes=False, needs=needs)


PARAMETERS: Final[dict[str, Parameter]] = {
    parameter.name: parameter
    for parameter in (
        Parameter("targetClass", "iri"),
        Parameter("targetNode", "node"),
        Parameter("targetSubjectsOf", "iri"),
        Parameter("targetObjectsOf", "iri"),
        _one("severity", "iri"),
        _one("deactivated", "boolean"),
        Parameter("message", "text"),
        Parameter("class", "iri", "Class"),
        _one("datatype", "iri", "Datatype"),
        _one("nodeKind", "kind", "NodeKind"),
        _counted("minCount", "integer", "MinCount"),
        _counted("maxCount", "integer", "MaxCount"),
        _one("minExclusive", "bound", "MinExclusive"),
        _one("minInclusive", "bound", "MinInclusive"),
        _one("maxExclusive", "bound", "MaxExclusive"),
        _one("maxInclusive", "bound", "MaxInclusive"),
        _one("minLength", "integer", "MinLength"),
        _one("maxLength", "integer", "MaxLength"),
        _one("pattern", "string", "Pattern"),
        Parameter("flags", "string", many=False, needs=("pattern",)),
        _one("languageIn", "strings", "LanguageIn"),
        _counted("uniqueLang", "boolean", "UniqueLang"),
        Parameter("equals", "iri", "Equals"),
        Parameter("disjoint", "iri", "Disjoint"),
        Parameter("lessThan", "iri", "LessThan", on_node_shapes=False),
        Parameter("lessThanOrEquals", "iri", "LessThanOrEquals", on_node_shapes=False),
        Parameter("not", "shape", "Not"),
        Parameter("and", "shapes", "And"),
        Parameter("or", "shapes", "Or"),
        Parameter("xone", "shapes", "Xone"),
        Parameter("node", "shape", "Node"),
        Parameter("property", "shape", "Property"),
        _counted("qualifiedValueShape", "shape", None, "qualifiedMinCount", "qualifiedMaxCount"),
        # Without a value shape these three say nothing, and SHACL's own tests allow that.
        _one("qualifiedMinCount", "integer", "QualifiedMinCount"),
        _one("qualifiedMaxCount", "integer", "QualifiedMaxCount"),
        _one("qualifiedValueShapesDisjoint", "boolean"),
        _one("closed", "boolean", "Closed"),
        Parameter("ignoredProperties", "iris", many=False, needs=("closed",)),
        Parameter("hasValue", "term", "HasValue"),
        _one("in", "terms", "In"),
        Parameter("sparql", "query", "SPARQL"),
    )
}
"""Parameters by name, in the order in which a shape's constraints are told."""
