"""References across datasets: what shapes look up about things that another dataset describes.

A dataset's own things are counted as it states them itself. What it refers to is looked up in the union of all
datasets, of which only those statements are taken that shapes can ask for: the types in the classes of sh:class, and
what lies further along a path than the focus node. Blank nodes are nobody else's, so nobody is told of them.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Told:
    """What one dataset tells the others: triples in N-Triples syntax."""

    triples: frozenset[tuple[Term, Term, Term]]

    def text(self) -> str:
        """Return the triples as lines."""
        return "".join(f"{' '.join(triple)} .\n" for triple in sorted(self.triples))


def told(
    connection: duckdb.DuckDBPyConnection, relation: str, shapes: Shapes, context: str = "", *, rows: int | None = None
) -> Told:
    """Return what a dataset's relation (subject, predicate, object) states that shapes may ask for in other datasets.

    `context` is N-Triples of the ontology, which says what is a subclass of what; of a view `rows` tells about how many
    rows it has.
    """
    asked = {each for shape in shapes.roots for each in _asked(shape, at_focus=True)}
    with Session.opened(connection, relation, rows, context) as session:
        below = session.subclasses({term for kind, term in asked if kind == "class"})
        classes = sorted(set().union(*below.values()))
        predicates = sorted(term for kind, term in asked if kind == "predicate")
        type_ = literal(f"<{RDF}type>")
        parts = ["true"] if any(kind == "anything" for kind, _ in asked) else []
        parts += [f"predicate = {type_} AND object IN ({listed(classes)})"] if classes else []
        parts += [f"predicate IN ({listed(predicates)})"] if predicates else []
        named = "NOT starts_with(subject, '_') AND NOT starts_with(object, '_')"
        stated = f"SELECT DISTINCT subject, predicate, object FROM {identifier(relation)} WHERE {named}"
        return Told(frozenset(session.ask(f"{stated} AND ({' OR '.join(parts) or 'false'})")))


def changed_nodes(before: Mapping[str, Told], after: Mapping[str, Told]) -> frozenset[Term]:
    """Return the nodes of which datasets, by id, now tell something else, and those that lead to such nodes.

    Whoever refers to one of them is to be validated again; of all others the results stay as they were.
    """
    changed: set[Term] = set()
    for dataset in before.keys() | after.keys():
        nothing = Told(frozenset())
        of = before.get(dataset, nothing).triples ^ after.get(dataset, nothing).triples
        changed |= {end for subject, predicate, object_ in of for end in _ends(subject, predicate, object_)}
    links: dict[Term, set[Term]] = {}
    for each in (*before.values(), *after.values()) if changed else ():
        for subject, predicate, object_ in each.triples:
            if predicate != f"<{RDF}type>" and object_.startswith("<"):
                links.setdefault(object_, set()).add(subject)
                links.setdefault(subject, set()).add(object_)
    open_ = list(changed)
    while open_:
        new = links.get(open_.pop(), set()) - changed
        changed |= new
        open_ += new
    return frozenset(changed)


def refers_to(connection: duckdb.DuckDBPyConnection, relation: str, nodes: Collection[Term]) -> bool:
    """Tell whether a dataset's relation (subject, predicate, object) speaks of any of some nodes."""
    query = f"SELECT 1 FROM {identifier(relation)} WHERE subject IN $1 OR object IN $1 LIMIT 1"
    return bool(nodes) and bool(connection.execute(query, [list(nodes)]).fetchall())


def _ends(subject: Term, predicate: Term, object_: Term) -> Iterator[Term]:
    """Yield the nodes of which a triple tells something; a class is not told of by its members."""
    yield subject
    if predicate != f"<{RDF}type>" and object_.startswith("<"):
        yield object_


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
