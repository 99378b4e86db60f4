"""Sources of YARRRML <https://rml.io/yarrrml/spec/#sources>, and what has to hold of their tables.

`key`, `required` and `references` are an extension of ours: what CSVW says with csvw:primaryKey, csvw:required and
csvw:foreignKey <https://www.w3.org/TR/tabular-metadata/#schemas>, in as few words as it takes.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode

from ...errors import nearest
from ...vocabulary import CSVW, RDF, RML
from ..document import Node, Term
from ..yaml_nodes import List, Map, Text, Value
from .parts import Parts
from .texts import pieces

_FORMULATIONS: Final = {"csv": "CSV", "jsonpath": "JSONPath", "json": "JSONPath", "xpath": "XPath"}


class Sources(Parts):
    """Writes logical sources; a source with a name once, however many mappings read it."""

    def __init__(self, path: Path) -> None:
        """Take the file that is read."""
        super().__init__(path)
        self._sources: dict[str, Value] = {}
        self._logical: dict[str, Node] = {}

    def _source(self, value: Value) -> Node | None:
        """Return the logical source that a name, a list [file, iterator] or a map describes."""
        if isinstance(value, Text) and value.text in self._sources:
            name = value.text
            if name not in self._logical:
                self._logical[name] = BlankNode()  # known before it is described: a table may refer to itself
                self._describe(self._logical[name], self._sources[name])
            return self._logical[name]
        if isinstance(value, Text) and not {"~", "."} & set(value.text):
            self._fault("has the source {source}, which is not among the sources: {known}; a file is written "
                        "file.csv~csv", value, source=value.text, known=", ".join(self._sources) or "–",
                        meant=nearest(value.text, self._sources))  # fmt: skip
            return None
        logical = BlankNode()
        self._describe(logical, value)
        return logical

    def _describe(self, logical: Node, value: Value) -> None:
        if isinstance(value, List) and len(value.items) == 1 and isinstance(value.items[0], List):
            value = value.items[0]
        parts: dict[str, Value] = {}
        if isinstance(value, List) and value.items and isinstance(value.items[0], Text):
            parts = dict(zip(("access", "iterator"), value.items, strict=False))
        elif isinstance(value, Text):
            parts["access"] = value
        else:
            parts = self._parts(value, "source")
        access = self._text(parts["access"], "access") if "access" in parts else None
        if access is None:
            self._fault("has a source without access", value)
            return
        path, _, formulation = access.rpartition("~") if "~" in access else (access, "", "")
        stated: str | None = formulation
        if "referenceFormulation" in parts:
            stated = self._text(parts["referenceFormulation"], "referenceFormulation")
        if stated:
            word = _FORMULATIONS.get(stated.lower().removeprefix("ql:").removeprefix("rml:"))
            if word is None:
                self._fault("has a reference formulation that is not known: {found}; known are {known}", value,
                            found=stated, known=", ".join(("csv", "jsonpath", "xpath")))  # fmt: skip
                return
            self._state(logical, "referenceFormulation", NamedNode(RML + word))
        if "iterator" in parts:
            self._state(logical, "iterator", Literal(self._text(parts["iterator"], "iterator") or ""))
        for null in self._listed(parts.get("null")):
            self._state(logical, "null", Literal(self._text(null, "null") or ""))
        file = self._node(logical, "source")
        self._state(file, "path", Literal(path))
        for word in ("encoding", "compression"):  # words of RML that YARRRML lacks
            if word in parts:
                self._state(file, word, Literal(self._text(parts[word], word) or ""))
        self._schema(file, parts)

    # What has to hold

    def _schema(self, file: Node, parts: Mapping[str, Value]) -> None:
        if not {"key", "required", "references"} & parts.keys():
            return
        schema = BlankNode()
        self.triples.append((file, CSVW + "tableSchema", schema))
        for name in self._columns(parts.get("key"), "key"):
            self.triples.append((schema, CSVW + "primaryKey", Literal(name)))
        columns: list[Term] = []
        for name in self._columns(parts.get("required"), "required"):
            columns.append(column := BlankNode())
            self.triples.append((column, CSVW + "title", Literal(name)))
            self.triples.append((column, CSVW + "required", Literal("true")))
        if columns:
            self.triples.append((schema, CSVW + "column", self._list(columns)))
        for each in self._listed(parts.get("references"), whole=_is_reference):
            self._reference(schema, each)

    def _reference(self, schema: Node, value: Value) -> None:
        """Write a reference, [column, source or file, column there]; the key of a named source may be left out."""
        if not isinstance(value, List) or len(value.items) not in (2, 3):
            self._fault("has a reference that is not written as [column, source, column there]", value)
            return
        here, where, *stated = value.items
        name = self._text(where, "source")
        if name is None:
            return
        there = self._columns(stated[0], "column") if stated else self._key(name)
        if not there:
            self._fault("refers to {found}, which has no key: write [column, source, column there]", value, found=name)
            return
        resource = self._source(where) if name in self._sources or "~" in name else Literal(name)
        if resource is not None:
            foreign, reference = BlankNode(), BlankNode()
            columns = self._list(map(Literal, self._columns(here, "column")))
            self.triples += [
                (schema, CSVW + "foreignKey", foreign),
                (foreign, CSVW + "columnReference", columns),
                (foreign, CSVW + "reference", reference),
                (reference, CSVW + "resource", resource),
                (reference, CSVW + "columnReference", self._list(map(Literal, there))),
            ]

    def _key(self, name: str) -> list[str]:
        """Return the key that a named source states."""
        source = self._sources.get(name)
        parts = source.items if isinstance(source, Map) else ()
        return [column for key, value in parts if key.text == "key" for column in self._columns(value, "key")]

    def _columns(self, value: Value | None, what: str) -> list[str]:
        """Return names of columns, written as they are or as references."""
        texts = [self._text(each, what) for each in self._listed(value)]
        return [piece.text for text in texts if text for piece in pieces(text)]

    def _list(self, members: Iterable[Term]) -> Node:
        head: Node = NamedNode(RDF + "nil")
        for member in reversed(list(members)):
            cell = BlankNode()
            self.triples += [(cell, RDF + "first", member), (cell, RDF + "rest", head)]
            head = cell
        return head


def _is_reference(value: List) -> bool:
    """Tell whether a list is one reference, and not several."""
    return not all(isinstance(each, List) for each in value.items)
