"""What all parts of a YARRRML file have in common: keys, texts, prefixes, triples, and how a mistake is told."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pyoxigraph import BlankNode, NamedNode

from ...errors import Fault, shown
from ...vocabulary import GREL, IDLAB_FUNCTION, LIENKET_FUNCTION, PREFIXES, RDF, RML
from ..document import Node, Term
from ..terms import is_iri
from ..yaml_nodes import List, Map, Text, Value

_KEYS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "document": {
        "prefixes": ("prefixes", "prefix"), "base": ("base",), "sources": ("sources", "source"),
        "mappings": ("mappings", "mapping", "m"), "authors": ("authors", "author", "a"),
    },
    "source": {
        "access": ("access",), "referenceFormulation": ("referenceFormulation",), "iterator": ("iterator",),
        "null": ("null", "nulls"), "type": ("type",), "key": ("key",), "required": ("required",),
        "references": ("references", "reference"), "encoding": ("encoding",), "compression": ("compression",),
    },
    "mapping": {
        "sources": ("sources", "source"), "subjects": ("subjects", "subject", "s"), "graphs": ("graphs", "graph", "g"),
        "predicateobjects": ("predicateobjects", "predicateobject", "po"),
        "condition": ("condition", "conditions", "c"),
    },
    "predicateobjects": {
        "predicates": ("predicates", "predicate", "p"), "objects": ("objects", "object", "o"),
        "graphs": ("graphs", "graph", "g"), "condition": ("condition", "conditions", "c"),
    },
    "object": {
        "value": ("value", "v"), "type": ("type", "t"), "datatype": ("datatype", "d"), "language": ("language", "l"),
        "mapping": ("mapping", "mappings", "m"), "function": ("function", "f", "fn"),
        "parameters": ("parameters", "parameter", "pms", "ps"), "condition": ("condition", "conditions", "c"),
    },
    "parameter": {"parameter": ("parameter", "pm"), "value": ("value", "v"), "type": ("type", "t"), "from": ("from",)},
}  # fmt: skip
"""What may stand in each part of a file: key → the ways to write it."""

_PREFIXES: Final = PREFIXES | {"lk": LIENKET_FUNCTION, "grel": GREL, "idlab-fn": IDLAB_FUNCTION}


class Parts:
    """Writes triples of RML as it walks the file; collects faults instead of stopping at the first."""

    def __init__(self, path: Path) -> None:
        """Take the file that is read; its name is told with every fault."""
        self._file = shown(path)
        self._prefixes: dict[str, str] = dict(_PREFIXES)
        self._mapping = ""
        self.triples: list[tuple[Node, str, Term]] = []
        self.faults: list[Fault] = []

    # Triples and faults

    def _state(self, subject: Node, word: str, object_: Term) -> None:
        self.triples.append((subject, RML + word, object_))

    def _node(self, subject: Node, word: str) -> Node:
        node = BlankNode()
        self._state(subject, word, node)
        return node

    def _fault(self, message: str, at: Value, **values: object) -> None:
        if self._mapping:
            message, values = "mapping {mapping} " + message, {"mapping": self._mapping, **values}
        self.faults.append(Fault(message, self._file, at.row, values=values))

    # Shapes of the file

    def _parts(self, value: Value, kind: str) -> dict[str, Value]:
        """Return what a part of the file says, by key; another key is a fault."""
        if not isinstance(value, Map):
            self._fault("has something else where {kind} with its keys is expected", value, kind=kind)
            return {}
        words = {word: key for key, ways in _KEYS[kind].items() for word in ways}
        found: dict[str, Value] = {}
        for key, each in value.items:
            if key.text not in words:
                self._fault("has the unknown key {key}; known are {known}", key, key=key.text,
                            known=", ".join(_KEYS[kind]))  # fmt: skip
            else:
                found[words[key.text]] = each
        return found

    def _text(self, value: Value, what: str) -> str | None:
        if isinstance(value, Text):
            return value.text
        self._fault("has no text as its {what}", value, what=what)
        return None

    def _iri(self, value: Value, what: str) -> NamedNode | None:
        text = self._text(value, what)
        if text is None:
            return None
        text = RDF + "type" if text == "a" else self._expanded(text.removesuffix("~iri"), value)
        if not is_iri(text):
            self._fault("has {found} as its {what}, which is no IRI", value, found=text, what=what)
            return None
        return NamedNode(text)

    def _expanded(self, text: str, at: Value) -> str:
        """Return a text with its prefix written out; what looks like a prefix and was not declared is a fault."""
        prefix, colon, rest = text.partition(":")
        if not colon or "$(" in prefix or rest.startswith("//"):
            return text
        if prefix in self._prefixes:
            return self._prefixes[prefix] + rest
        if re.fullmatch(r"[A-Za-z][\w.-]*", prefix) and prefix not in ("urn", "mailto", "tel", "geo", "data"):
            self._fault("uses the prefix {prefix}, which is not among the prefixes", at, prefix=prefix)
        return text

    def _listed(self, value: Value | None, whole: Callable[[List], bool] | None = None) -> list[Value]:
        """Return the items of a list, or what stands alone as the only one."""
        if value is None:
            return []
        if isinstance(value, List) and not (whole and whole(value)):
            return list(value.items)
        return [value]
