"""What all parts of a YARRRML file have in common: keys, texts, prefixes, triples, and how a mistake is told."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pyoxigraph import BlankNode, NamedNode

from ...errors import Fault, nearest, shown
from ...vocabulary import GREL, IDLAB_FUNCTION, LIENKET_FUNCTION, PREFIXES, RDF, RML
from ..document import Node, Term
from ..terms import is_iri
from ..yaml_nodes import List, Map, Text, Value
from .inline import InlineError, read_call
from .texts import Piece, pieces

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

_HOW: Final = {
    "object": "has {keys} where a value is expected; a column is written $(column), and a text with a colon or braces "
    "has to stand in quotation marks",
    "predicateobjects": "has {keys} where a predicate and its object are expected; write each as [predicate, object]",
    "parameter": "has {keys} where a parameter is expected; write all as [[parameter, value], …]",
}
"""What is said where none of the keys is known."""
_EXAMPLES: Final = {"function": "lk:", "parameter": "lk:", "predicate": "schema:", "datatype": "xsd:"}
"""Prefixes that may have been forgotten."""

_PREFIXES: Final = PREFIXES | {"lk": LIENKET_FUNCTION, "grel": GREL, "idlab-fn": IDLAB_FUNCTION}


def words_of(kind: str) -> dict[str, str]:
    """Return the ways to write the keys of a part of a file, with the key that they stand for."""
    return {word: key for key, ways in _KEYS[kind].items() for word in ways}


class Parts:
    """Writes triples of RML as it walks the file; collects faults instead of stopping at the first."""

    def __init__(self, path: Path) -> None:
        """Take the file that is read; its name is told with every fault."""
        self._file = shown(path)
        self._prefixes: dict[str, str] = dict(_PREFIXES)
        self._mapping = ""
        self.triples: list[tuple[Node, str, Term]] = []
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []

    # Triples and faults

    def _state(self, subject: Node, word: str, object_: Term) -> None:
        self.triples.append((subject, RML + word, object_))

    def _node(self, subject: Node, word: str) -> Node:
        node = BlankNode()
        self._state(subject, word, node)
        return node

    def _fault(self, message: str, at: Value, *, meant: str | None = None, **values: object) -> None:
        if self._mapping:
            message, values = "mapping {mapping} " + message, {"mapping": self._mapping, **values}
        self.faults.append(Fault(message, self._file, at.row, values=values, meant=meant))

    def _warn(self, message: str, at: Value, **values: object) -> None:
        values = {"mapping": self._mapping, **values}
        message = "mapping {mapping} " + message
        self.warnings.append(Fault(message, self._file, at.row, values=values, severity="warning"))

    # Shapes of the file

    def _parts(self, value: Value, kind: str) -> dict[str, Value]:
        """Return what a part of the file says, by key; another key is a fault."""
        if not isinstance(value, Map):
            self._fault("has something else where {kind} with its keys is expected", value, kind=kind)
            return {}
        words = words_of(kind)
        found: dict[str, Value] = {}
        if kind in _HOW and value.items and not any(key.text in words for key, _ in value.items):
            self._fault(_HOW[kind], value, keys=", ".join(key.text for key, _ in value.items))
            return {}
        for key, each in value.items:
            if key.text not in words:
                self._fault("has the unknown key {key}; known are {known}", key, key=key.text,
                            known=", ".join(_KEYS[kind]), meant=nearest(key.text, words))  # fmt: skip
            else:
                found[words[key.text]] = each
        function = found.get("function")
        if isinstance(function, Text) and "(" in function.text:
            call = self._call(function)
            return found | self._parts(call, kind) if call else {}
        return found

    def _is_prefixed(self, text: str) -> bool:
        """Tell whether a text begins with a prefix that is declared."""
        return text.strip().partition(":")[0] in self._prefixes

    def _call(self, value: Text) -> Map | None:
        """Return in long form what is called in one line."""
        try:
            return read_call(value.text, value.row)
        except InlineError:
            self._fault("has {found} as its function; in one line it is written name(parameter = value, …)", value,
                        found=value.text)  # fmt: skip
            return None

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
            if what in _EXAMPLES and re.fullmatch(r"\w+", text):
                self._fault("has {found} as its {what}, without a prefix; write it such as {example}", value,
                            found=text, what=what, example=_EXAMPLES[what] + text)  # fmt: skip
            else:
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
            self._fault("uses the prefix {prefix}, which is not among the prefixes", at, prefix=prefix,
                        meant=nearest(prefix, self._prefixes))  # fmt: skip
        return text

    def _pieces(self, text: str, at: Value) -> list[Piece]:
        """Return the pieces of a text; one that looks like a column and is none is a fault."""
        found = list(pieces(text))
        for piece in found:
            if piece.looks_like_column:
                self._fault("has {found} in a text; a column is written $(column), and a dollar sign that is meant as"
                            " such has a backslash before it", at, found=piece.looks_like_column)  # fmt: skip
        return found

    def _listed(self, value: Value | None, whole: Callable[[List], bool] | None = None) -> list[Value]:
        """Return the items of a list, or what stands alone as the only one."""
        if value is None:
            return []
        if isinstance(value, List) and not (whole and whole(value)):
            return list(value.items)
        return [value]
