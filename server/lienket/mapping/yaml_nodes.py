"""YAML as plain nodes with their lines, and nothing else: no type is made of a text, no tag is obeyed.

YAML 1.1 <https://yaml.org/spec/1.1/>; texts stay as they were written, so that `no` and `007` are those texts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from ..errors import Fault, InputError, shown

_MOST: Final = 100_000
_DEEPEST: Final = 40


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
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        row = mark.line + 1 if mark else None
        fault = Fault("is not {format}: {reason}", shown(path), row, values={"format": "YAML", "reason": reason})
        raise InputError(fault) from error
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
