"""Shapes as values: what SHACL Core says, told apart from the RDF that says it <https://www.w3.org/TR/shacl/>.

Terms are in N-Triples syntax, as in the relation that is validated: `<iri>`, `_:label`, `"text"@vi`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from ..vocabulary import SH

Term: TypeAlias = str


@dataclass(frozen=True)
class PredicatePath:
    """One step along a predicate."""

    predicate: Term


@dataclass(frozen=True)
class InversePath:
    """A path walked from its end."""

    path: "Path"


@dataclass(frozen=True)
class SequencePath:
    """Paths one after the other."""

    paths: tuple["Path", ...]


@dataclass(frozen=True)
class AlternativePath:
    """Any one of several paths."""

    paths: tuple["Path", ...]


@dataclass(frozen=True)
class RepeatedPath:
    """A path walked several times, or not at all."""

    path: "Path"
    how: Literal["zeroOrMorePath", "oneOrMorePath", "zeroOrOnePath"]


Path: TypeAlias = PredicatePath | InversePath | SequencePath | AlternativePath | RepeatedPath

_MARKS: Final = {"zeroOrMorePath": "*", "oneOrMorePath": "+", "zeroOrOnePath": "?"}


def path_text(path: Path) -> str:
    """Return a path as SPARQL writes it.

    >>> step = PredicatePath("<q>")
    >>> path_text(SequencePath((InversePath(PredicatePath("<p>")), RepeatedPath(step, "oneOrMorePath"))))
    '(^<p>/<q>+)'
    """
    match path:
        case PredicatePath(predicate):
            return predicate
        case InversePath(inner):
            return f"^{path_text(inner)}"
        case SequencePath(paths):
            return f"({'/'.join(map(path_text, paths))})"
        case AlternativePath(paths):
            return f"({'|'.join(map(path_text, paths))})"
        case RepeatedPath(inner, how):
            return path_text(inner) + _MARKS[how]


def path_turtle(path: Path) -> str:
    """Return a path as shapes write it in Turtle, with whole IRIs.

    >>> path_turtle(SequencePath((InversePath(PredicatePath("<p>")), PredicatePath("<q>"))))
    '( [ <http://www.w3.org/ns/shacl#inversePath> <p> ] <q> )'
    """
    match path:
        case PredicatePath(predicate):
            return predicate
        case InversePath(inner):
            return f"[ <{SH}inversePath> {path_turtle(inner)} ]"
        case SequencePath(paths):
            return f"( {' '.join(map(path_turtle, paths))} )"
        case AlternativePath(paths):
            return f"[ <{SH}alternativePath> ( {' '.join(map(path_turtle, paths))} ) ]"
        case RepeatedPath(inner, how):
            return f"[ <{SH}{how}> {path_turtle(inner)} ]"


@dataclass(frozen=True)
class Target:
    """Focus nodes that a shape names <https://www.w3.org/TR/shacl/#targets>."""

    kind: Literal["class", "node", "subjectsOf", "objectsOf"]
    term: Term


@dataclass(frozen=True, eq=False)
class Constraint:
    """One constraint: a component with the values of its parameters."""

    component: str
    """Name in SHACL, such as `MinCount`; the IRI of a component that the shapes define themselves."""
    terms: tuple[Term, ...] = ()
    """Values of the parameters, in the order of the component; members of a list."""
    shapes: tuple["Shape", ...] = ()
    """Shapes that the parameters refer to."""

    @property
    def iri(self) -> str:
        """IRI of the constraint component."""
        return self.component if ":" in self.component else f"{SH}{self.component}ConstraintComponent"


@dataclass(frozen=True, eq=False)
class Shape:
    """What all shapes have."""

    node: Term
    file: str
    targets: tuple[Target, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    severity: str = SH + "Violation"
    """IRI of the severity."""
    messages: Mapping[str, str] = field(default_factory=dict)
    """Text by language tag; "" where it has none."""
    deactivated: bool = False


@dataclass(frozen=True, eq=False)
class NodeShape(Shape):
    """A shape whose value node is the focus node itself."""


@dataclass(frozen=True, eq=False)
class PropertyShape(Shape):
    """A shape whose value nodes lie at the end of a path."""

    path: Path = field(kw_only=True)


FOREIGN: Final = "SPARQL"
"""The component that no SQL is made of; components that shapes define themselves are the others."""


def is_foreign(constraint: Constraint) -> bool:
    """Tell whether a constraint is a query in SPARQL, which the reference validator has to run."""
    return constraint.component == FOREIGN or ":" in constraint.component


def within(shape: Shape) -> Iterator[Shape]:
    """Yield a shape and all that it refers to, as often as it does."""
    yield shape
    for constraint in shape.constraints:
        for inner in constraint.shapes:
            yield from within(inner)


def needs_reference(shape: Shape) -> bool:
    """Tell whether a query in SPARQL decides something that SQL goes on from, so that SQL alone cannot validate."""
    return any(
        needs_reference(inner)
        if constraint.component == "Property" and not isinstance(shape, PropertyShape)
        else any(is_foreign(each) for part in within(inner) for each in part.constraints)
        for constraint in shape.constraints
        for inner in constraint.shapes
    )


def foreign(shape: Shape) -> Iterator[tuple[Shape, Constraint]]:
    """Yield the queries in SPARQL of a shape, and of its property shapes, that look at the same focus nodes."""
    for constraint in shape.constraints if not shape.deactivated else ():
        if is_foreign(constraint):
            yield shape, constraint
        if constraint.component == "Property" and not isinstance(shape, PropertyShape):
            yield from foreign(constraint.shapes[0])
