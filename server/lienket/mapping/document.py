"""An RDF document held as it was written: terms in their order, lexical forms untouched."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from ..errors import Fault
from ..rdf import read_quads
from ..vocabulary import RDF
from .legacy import modernised

Node = NamedNode | BlankNode
Term = NamedNode | BlankNode | Literal

_FIRST = NamedNode(RDF + "first")
_REST = NamedNode(RDF + "rest")
_TYPE = NamedNode(RDF + "type")


def shown(path: Path) -> str:
    """Return a path as people read it: relative to the working folder where it lies below it."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def distinct(faults: Iterable[Fault]) -> list[Fault]:
    """Return faults without those that say the same."""
    return list({str(fault): fault for fault in reversed(list(faults))}.values())[::-1]


class Document:
    """The triples of one Turtle (or other RDF) file, by subject and predicate, in the order of the file."""

    def __init__(self, path: Path, base_iri: str) -> None:
        """Read `path`; relative IRIs in it are resolved against `base_iri`, words of R2RML become those of RML.

        Raises InputError where the file is missing, unreadable or not well-formed, with its line.
        """
        self.file = shown(path)
        self._triples: dict[Node, dict[str, list[Term]]] = {}
        # A mapping has one graph: what a format with graphs says of them is left aside.
        triples = (
            (quad.subject, quad.predicate, quad.object)
            for quad in read_quads(Path(self.file), base_iri=base_iri)
            if isinstance(quad.subject, NamedNode | BlankNode) and not isinstance(quad.object, Triple)
        )
        for subject, predicate, object_ in modernised(triples):
            objects = self._triples.setdefault(subject, {}).setdefault(predicate.value, [])
            if object_ not in objects:
                objects.append(object_)

    def nodes(self) -> Iterator[Node]:
        """Yield every subject, in the order of the file."""
        return iter(self._triples)

    def predicates(self, subject: Term) -> tuple[str, ...]:
        """Return the predicate IRIs of a subject."""
        return tuple(self._triples.get(subject, {})) if not isinstance(subject, Literal) else ()

    def objects(self, subject: Term, predicate: str) -> tuple[Term, ...]:
        """Return the objects of a subject and a predicate IRI; empty where there is none."""
        if isinstance(subject, Literal):
            return ()
        return tuple(self._triples.get(subject, {}).get(predicate, ()))

    def of_type(self, class_iri: str) -> Iterator[Node]:
        """Yield the subjects that are typed with a class."""
        return (node for node in self._triples if NamedNode(class_iri) in self.objects(node, _TYPE.value))

    def members(self, head: Term) -> Iterator[Term]:
        """Yield the members of an RDF list; a list that runs into itself ends there."""
        seen: set[Term] = set()
        while head not in seen and (first := self.objects(head, _FIRST.value)):
            yield first[0]
            seen.add(head)
            rest = self.objects(head, _REST.value)
            if not rest:
                return
            head = rest[0]
