"""An RDF document held as it was written: terms in their order, lexical forms untouched."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Self

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from ..errors import Fault, shown
from ..rdf import read_quads
from ..vocabulary import RDF
from .legacy import modernised

Node = NamedNode | BlankNode
Term = NamedNode | BlankNode | Literal

_FIRST = NamedNode(RDF + "first")
_REST = NamedNode(RDF + "rest")
_TYPE = NamedNode(RDF + "type")
_MADE = re.compile(r"[0-9a-f]{24,32}")
"""What a parser calls a node that the file gives no label: a random number."""


class Document:
    """The triples of one Turtle (or other RDF) file, by subject and predicate, in the order of the file."""

    def __init__(self, path: Path, base_iri: str, *others: Path) -> None:
        """Read `path` and what is read together with it; relative IRIs are resolved against `base_iri`.

        Words of R2RML and of legacy RML become those of RML.

        Raises InputError where the file is missing, unreadable or not well-formed, with its line.
        """
        prefixes: dict[str, str] = {}
        triples = (
            (quad.subject, quad.predicate, quad.object)
            for each in (path, *others)
            for quad in read_quads(Path(shown(each)), base_iri=base_iri, prefixes=prefixes)
            # A mapping has one graph: what a format with graphs says of them is left aside.
            if isinstance(quad.subject, NamedNode | BlankNode) and not isinstance(quad.object, Triple)
        )
        self._fill(shown(path), ((subject, word.value, object_) for subject, word, object_ in modernised(triples)))
        self._prefixes.update(prefixes)

    @classmethod
    def of(
        cls, path: Path, triples: Iterable[tuple[Node, str, Term]], names: Mapping[Node, str], rows: Mapping[str, int],
        warnings: Iterable[Fault] = (),
    ) -> Self:  # fmt: skip
        """Return the document that triples make; `names` are what its file calls a node, `rows` where that is."""
        document = cls.__new__(cls)
        document._fill(shown(path), triples)
        document._names.update(names)
        document._rows = dict(rows)
        document.warnings = tuple(warnings)
        return document

    def _fill(self, file: str, triples: Iterable[tuple[Node, str, Term]]) -> None:
        self.file = file
        self.warnings: tuple[Fault, ...] = ()
        """What is not wrong in the file, and should be mended all the same."""
        self._rows: dict[str, int] | None = None
        self._names: dict[Node, str] = {}
        self._prefixes: dict[str, str] = {}
        self._triples: dict[Node, dict[str, list[Term]]] = {}
        for subject, predicate, object_ in triples:
            objects = self._triples.setdefault(subject, {}).setdefault(predicate, [])
            if object_ not in objects:
                objects.append(object_)

    def name(self, node: Term) -> str:
        """Return what the file calls a node: with its prefix, `#` and the fragment, a label behind `_:`, or its IRI.

        Of nodes without any name it is `[]` and which of them in the order of the file: `[] (2)`.
        """
        if isinstance(node, Literal):
            return node.value
        if node in self._names:
            return self._names[node]
        if isinstance(node, BlankNode):
            unnamed = [
                each for each in self._outermost() if isinstance(each, BlankNode) and _MADE.fullmatch(each.value)
            ]
            return f"[] ({unnamed.index(node) + 1})" if node in unnamed else str(node)
        name = self._short(node.value)
        # A name stands for one node alone, also where a prefix has the name of a scheme.
        taken = any(each != node and each.value == name for each in self._triples)
        return node.value if taken else name

    def _outermost(self) -> list[Node]:
        """Return the subjects that nothing in the file leads to."""
        inner = {each for objects in self._triples.values() for several in objects.values() for each in several}
        return [subject for subject in self._triples if subject not in inner]

    def _short(self, iri: str) -> str:
        for prefix, namespace in sorted(self._prefixes.items(), key=lambda each: -len(each[1])):
            if prefix == "<" and iri.startswith(namespace + "#"):
                return iri.removeprefix(namespace)
            if prefix != "<" and namespace and re.fullmatch(re.escape(namespace) + r"[\w.-]+", iri):
                return f"{prefix}:{iri.removeprefix(namespace)}"
        return iri

    def row(self, name: str) -> int | None:
        """Return the line of the file that begins with a name; None where no line does."""
        if self._rows is None:
            self._rows = {}
            unnamed = 0
            lines = Path(self.file).read_text(encoding="utf-8", errors="replace").splitlines()
            for number, line in enumerate(lines, 1):
                if line[:1].strip():
                    first = line.split()[0].removeprefix("<").removesuffix(">")
                    unnamed += line.startswith("[")
                    self._rows.setdefault(f"[] ({unnamed})" if line.startswith("[") else first, number)
        return self._rows.get(name)

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
