"""A question in SQL while it is being put together: its common tables, each made once."""

from collections.abc import Collection, Mapping
from typing import Final

from ..sql import literal
from ..vocabulary import RDF
from .shapes import Term

TRIPLES: Final = "lk_sh_triples"
"""Relation (subject, predicate, object) of all that is known: the data, its context, and what is told elsewhere."""


class Query:
    """Collects common tables; one that is asked for twice is the same."""

    def __init__(self, classes: Mapping[Term, Collection[Term]], focus: str = "", near: str = TRIPLES) -> None:
        """Take the subclasses of every class that the shapes name.

        `near` is a relation, as `TRIPLES` is, that holds all triples of the nodes in the table `focus`.
        """
        self._classes = classes
        self._focus = focus
        self._near = near
        self._tables: dict[str, str] = {}

    def named(self, sql: str) -> str:
        """Return the name of a common table; `{itself}` in a recursive one stands for it."""
        return self._tables.setdefault(sql, f"q{len(self._tables)}")

    def text(self, select: str) -> str:
        """Return the whole question."""
        tables = ",\n".join(f"{name} AS ({sql.replace('{itself}', name)})" for sql, name in self._tables.items())
        return f"WITH RECURSIVE {tables}\n{select}" if tables else select

    def triples_of(self, nodes: str) -> str:
        """Return the relation in which the triples of the nodes in a table are found soonest."""
        return self._near if nodes == self._focus else TRIPLES

    def members(self, relation: str, class_: Term) -> str:
        """Return SQL (node) of the instances of a class and of its subclasses that a relation states."""
        return (
            f"SELECT subject AS node FROM {relation} WHERE predicate = {literal(f'<{RDF}type>')} "
            f"AND object IN ({listed(self._classes.get(class_, (class_,)))})"
        )

    def instances(self, class_: Term) -> str:
        """Return the name of the table (node) of a class's instances."""
        return self.named(f"SELECT DISTINCT node FROM ({self.members(TRIPLES, class_)})")


def listed(terms: Collection[Term]) -> str:
    """Return terms as SQL literals with commas between."""
    return ", ".join(map(literal, terms))
