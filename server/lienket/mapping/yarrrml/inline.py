"""Functions that are called in one line, YARRRML <https://rml.io/yarrrml/spec/#functions>, as the same in long form.

    call     = name "(" [ argument { "," argument } ] ")"
    argument = name "=" ( call | text | quoted )

A text ends before a comma or a closing bracket; columns $(…) may hold both. Calls inside of calls and texts in
quotation marks are ours.
"""

import re
from typing import Final

from ..yaml_nodes import List, Map, Text, Value
from .texts import REFERENCE

_NAME: Final = r"[^\s(),=$'\"]+"
_CALL: Final = re.compile(rf"\s*({_NAME})\(")
_PARAMETER: Final = re.compile(rf"\s*({_NAME})\s*=")
_QUOTED: Final = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)')""")
_TEXT: Final = re.compile(rf"\s*((?:{REFERENCE.pattern}|[^,()])*)")
_DEEPEST: Final = 20
_END: Final = re.compile(r"\s*\)")
_COMMA: Final = re.compile(r"\s*,")


class InlineError(ValueError):
    """A text that begins like a call and is none."""


def looks_like_call(text: str) -> bool:
    """Tell whether a text begins like a call: a name with its prefix, a bracket, and a parameter or the end."""
    found = _CALL.match(text)
    return found is not None and ":" in found[1] and bool(
        _PARAMETER.match(text, found.end()) or _END.match(text, found.end())
    )  # fmt: skip


def read_call(text: str, row: int) -> Map:
    """Return a call as it is in long form, with the keys function and parameters.

    Parameters without a prefix have that of their function.

    Raises InlineError.
    """
    call, position = _read(text, 0, row, 0)
    if text[position:].strip():
        raise InlineError(text)
    return call


def _read(text: str, position: int, row: int, depth: int) -> tuple[Map, int]:
    found = _CALL.match(text, position)
    if found is None or depth > _DEEPEST:
        raise InlineError(text)
    prefix, colon, _ = found[1].rpartition(":")
    parameters: list[Value] = []
    position = found.end()
    end = _END.match(text, position)
    while end is None:
        parameter = _PARAMETER.match(text, position)
        if parameter is None:
            raise InlineError(text)
        name = parameter[1] if ":" in parameter[1] else f"{prefix}{colon}{parameter[1]}"
        value, position = _value(text, parameter.end(), row, depth)
        parameters.append(List((Text(name, row), value), row))
        comma, end = _COMMA.match(text, position), _END.match(text, position)
        if comma is None and end is None:
            raise InlineError(text)
        position = comma.end() if comma else position
    items = ((Text("function", row), Text(found[1], row)), (Text("parameters", row), List(tuple(parameters), row)))
    return Map(items, row), end.end()


def _value(text: str, position: int, row: int, depth: int) -> tuple[Value, int]:
    if quoted := _QUOTED.match(text, position):
        return Text(quoted[1] if quoted[1] is not None else quoted[2], row), quoted.end()
    if _CALL.match(text, position):
        return _read(text, position, row, depth + 1)
    plain = _TEXT.match(text, position)
    if plain is None:
        raise InlineError(text)
    return Text(plain[1].strip(), row), plain.end()
