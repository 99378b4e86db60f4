"""YAML as plain nodes with their lines, and nothing else: no type is made of a text, no tag is obeyed.

YAML 1.1 <https://yaml.org/spec/1.1/>; texts stay as they were written, so that `no` and `007` are those texts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from ..errors import Fault, InputError, explained, shown

_MOST: Final = 100_000
_DEEPEST: Final = 40


_EXPLANATIONS: Final = {
    r"found character '\\t'": "is not {format}: a tab stands here; indent with spaces",
    r"found character '@'": "is not {format}: @ stands here, as in Turtle, whose files end with .ttl",
    r"found character '(?P<sign>[`%])'":
        "is not {format}: a text that begins with {sign} has to stand in quotation marks",
    r"while scanning an? (?:alias|anchor)":
        "is not {format}: a text that begins with * or & has to stand in quotation marks",
    r"undefined alias": "is not {format}: a text that begins with * has to stand in quotation marks",
    r"while parsing a flow (?:sequence|mapping)":
        "is not {format}: a bracket [ or {{ that opens here is not closed, or a comma is missing in it",
    r"while scanning a quoted scalar": "is not {format}: a quotation mark that opens here is not closed",
    r"mapping values are not allowed":
        "is not {format}: a text with a colon has to stand in quotation marks, or this line is indented too far",
    r"while parsing a block (?:mapping|collection).*found '<(?:scalar|flow)":
        "is not {format}: a text that begins with {{, [ or a quotation mark has to stand in quotation marks as a whole",
    r"while parsing a block (?:mapping|collection)|could not find expected ':'":
        "is not {format}: lines of one level have to begin in the same column, and each is a key with a colon and a"
        " space, or an item with a hyphen",
}  # fmt: skip
"""What the parser's words mean for a person, by their pattern."""


@dataclass(frozen=True)
class Text:
    """A scalar."""

    text: str
    row: int


@dataclass(frozen=True)
class List:
    """A sequence."""

    items: "tuple[Value, ...]"
    row: int


@dataclass(frozen=True)
class Map:
    """A mapping with its keys in order; a key states its own line."""

    items: "tuple[tuple[Text, Value], ...]"
    row: int


Value = Text | List | Map


def read_yaml(path: Path) -> Value:
    """Read a file.

    Raises InputError with the line where it is no YAML, says a key twice, or unfolds to more than a person writes.
    """
    try:
        node = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
    except (OSError, UnicodeError) as error:
        raise InputError(Fault("cannot be read: {reason}", shown(path), values={"reason": error})) from error
    except RecursionError as error:
        raise InputError(Fault("is nested too deeply", shown(path))) from error
    except yaml.YAMLError as error:
        context = getattr(error, "context", None) or ""
        opens = context.startswith(("while parsing a flow", "while scanning a quoted"))
        mark = getattr(error, "context_mark" if opens else "problem_mark", None)
        said = (getattr(error, name, None) for name in ("context", "problem"))
        reason = "; ".join(filter(None, said)) or str(error).splitlines()[0]
        message, values = explained(reason, _EXPLANATIONS)
        row = mark.line + 1 if mark else None
        raise InputError(Fault(message, shown(path), row, values={"format": "YAML", **values})) from error
    if node is None:
        raise InputError(Fault("is empty", shown(path)))
    return _Converter(path).value(node, 0)


class _Converter:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._number = 0

    def value(self, node: yaml.Node, depth: int) -> Value:
        # An alias is the same node once more: a few of them can unfold to more than any memory holds.
        self._number += 1
        row = node.start_mark.line + 1
        if self._number > _MOST or depth > _DEEPEST:
            raise InputError(Fault("is nested too deeply", shown(self._path), row))
        match node:
            case yaml.SequenceNode():
                return List(tuple(self.value(each, depth + 1) for each in node.value), row)
            case yaml.MappingNode():
                return Map(tuple(self._pairs(node, depth)), row)
        is_null = node.tag == "tag:yaml.org,2002:null"
        try:  # two escapes may stand for one character; half of one is none
            text = str(node.value).encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeError as error:
            values = {"format": "YAML", "reason": "half of a character"}
            raise InputError(Fault("is not {format}: {reason}", shown(self._path), row, values=values)) from error
        return Text("" if is_null else text, row)

    def _pairs(self, node: yaml.MappingNode, depth: int) -> Iterator[tuple[Text, Value]]:
        seen: set[str] = set()
        for key_node, value_node in node.value:
            key = self.value(key_node, depth + 1)
            if not isinstance(key, Text):
                raise InputError(Fault("has a key that is no text", shown(self._path), key.row))
            if key.text in seen:
                raise InputError(Fault("has the key {key} twice", shown(self._path), key.row, values={"key": key.text}))
            seen.add(key.text)
            yield key, self.value(value_node, depth + 1)
