"""References across datasets: what shapes look up about things that another dataset describes.

A dataset's own things are counted as it states them itself. What it refers to is looked up in the union of all
datasets, of which only those statements are taken that shapes can ask for: the types in the classes of sh:class, and
what lies further along a path than the focus node. Blank nodes are nobody else's, so nobody is told of them.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import duckdb

from ..sql import identifier, literal
from ..vocabulary import RDF
from .documents import Shapes
from .paths import steps
from .query import listed
from .session import Session
from .shapes import PredicatePath, PropertyShape, Shape, Term

_COMPARED: Final = ("Equals", "Disjoint", "LessThan", "LessThanOrEquals")

Asked = tuple[Literal["class", "predicate", "anything"], Term]


def tell(connection: duckdb.DuckDBPyConnection, relation: str, shapes: Shapes, path: Path, context: str = "") -> None:
    """Write what a dataset's relation (subject, predicate, object) states that shapes may ask for in other datasets.

    It is N-Triples, each line once, in code-point order. `context` is N-Triples of the ontology, which says what is a
    subclass of what.
    """
    asked = {each for shape in shapes.roots for each in _asked(shape, at_focus=True)}
    with Session.opened(connection, relation, None, context) as session:
        below = session.subclasses({term for kind, term in asked if kind == "class"})
        classes = sorted(set().union(*below.values()))
        predicates = sorted(term for kind, term in asked if kind == "predicate")
        type_ = literal(f"<{RDF}type>")
        parts = ["true"] if any(kind == "anything" for kind, _ in asked) else []
        parts += [f"predicate = {type_} AND object IN ({listed(classes)})"] if classes else []
        parts += [f"predicate IN ({listed(predicates)})"] if predicates else []
        named = "NOT starts_with(subject, '_') AND NOT starts_with(object, '_')"
        stated = f"FROM {identifier(relation)} WHERE {named} AND ({' OR '.join(parts) or 'false'})"
        lines = f"SELECT DISTINCT concat_ws(' ', subject, predicate, object, '.') AS line {stated} ORDER BY line"
        # No text of N-Triples holds a line break, so that nothing has to be quoted; the delimiter never occurs.
        options = "FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01'"
        session.ask(f"COPY ({lines}) TO {literal(str(path))} ({options})")


def _asked(shape: Shape, *, at_focus: bool) -> Iterator[Asked]:
    """Yield what a shape looks up about other nodes than the focus nodes."""
    at_values = at_focus and not isinstance(shape, PropertyShape)
    if shape.deactivated:
        return
    if isinstance(shape, PropertyShape) and not (at_focus and isinstance(shape.path, PredicatePath)):
        yield from (("predicate", step.predicate) for step, _ in steps(shape.path))
    for constraint in shape.constraints:
        if constraint.component == "Class":
            yield "class", constraint.terms[0]
        elif constraint.component in _COMPARED and not at_focus:
            yield "predicate", constraint.terms[0]
        elif constraint.component == "Closed" and not at_values:
            yield "anything", ""
        for inner in constraint.shapes:
            yield from _asked(inner, at_focus=at_values)
