"""JSONPath as far as mapping rules need it: member names, indexes and wildcards (RFC 9535 §2.3)."""

import json
import re
from dataclasses import dataclass

from ..sql import literal

_NAME = re.compile(r"[A-Za-z_\x80-\U0010ffff][A-Za-z0-9_\x80-\U0010ffff]*")
_INDEX = re.compile(r"-?(?:0|[1-9][0-9]*)")


class JsonPathError(ValueError):
    """A path that is not JSONPath, or a part of JSONPath that is not supported; its text says which."""


@dataclass(frozen=True)
class Wildcard:
    """Every member of an object or item of a list."""


Step = str | int | Wildcard


def parse(path: str) -> tuple[Step, ...]:
    """Return the steps of a path from the root `$`.

    >>> parse("$.students[*]['First Name']")
    ('students', Wildcard(), 'First Name')

    Raises JsonPathError.
    """
    if not path.startswith("$"):
        raise JsonPathError("does not begin with $")
    steps: list[Step] = []
    position = 1
    while position < len(path):
        if path.startswith("..", position):
            raise JsonPathError("holds “..”, which is not supported")
        if path[position] == ".":
            position += 1
            if path.startswith("*", position):
                steps.append(Wildcard())
                position += 1
            elif found := _NAME.match(path, position):
                steps.append(found[0])
                position = found.end()
            else:
                raise JsonPathError(f"has no name after the dot at place {position}")
        elif path[position] == "[":
            step, position = _bracket(path, position + 1)
            steps.append(step)
        else:
            raise JsonPathError(f"has “{path[position]}” at place {position + 1}, where a dot or a bracket is expected")
    return tuple(steps)


def _bracket(path: str, position: int) -> tuple[Step, int]:
    """Read one selector after an opening bracket; return it and the place behind the closing one."""
    step: Step
    if path.startswith("*", position):
        step, position = Wildcard(), position + 1
    elif path[position : position + 1] in ("'", '"'):
        step, position = _quoted(path, position)
    elif found := _INDEX.match(path, position):
        step, position = int(found[0]), found.end()
    else:
        raise JsonPathError(f"has a selector at place {position + 1} that is not supported")
    if not path.startswith("]", position):
        raise JsonPathError(f"has a bracket that is not closed at place {position + 1}, or a selector not supported")
    return step, position + 1


def _quoted(path: str, position: int) -> tuple[str, int]:
    quote = path[position]
    text = ""
    position += 1
    while position < len(path) and path[position] != quote:
        if path[position] == "\\":
            text += path[position : position + 2].replace("\\'", "'")
            position += 2
        else:
            text += '\\"' if path[position] == '"' else path[position]
            position += 1
    if position >= len(path):
        raise JsonPathError("has a name whose quotation mark is not closed")
    try:
        return str(json.loads(f'"{text}"', strict=False)), position + 1
    except ValueError as error:
        raise JsonPathError("has a name with an escape that is not known") from error


def compile_path(steps: tuple[Step, ...], document: str) -> tuple[str, bool]:
    """Return the SQL that takes a path from the JSON expression `document`, and whether it gives a list of values."""
    expression, many = document, False
    for step in steps:
        if isinstance(step, Wildcard):
            each = "list_concat(json_extract({0}, '$[*]'), json_extract({0}, '$.*'))"
            expression = (
                f"flatten(list_transform({expression}, lambda j: {each.format('j')}))" if many
                else each.format(expression)
            )  # fmt: skip
            many = True
        else:
            pointer = literal(f"$[{'#' if step < 0 else ''}{step}]" if isinstance(step, int) else _pointer(step))
            expression = (
                f"list_transform({expression}, lambda j: json_extract(j, {pointer}))" if many
                else f"json_extract({expression}, {pointer})"
            )  # fmt: skip
    return expression, many


def _pointer(name: str) -> str:
    """Return a JSON Pointer of one step (RFC 6901), which takes any name."""
    return "/" + name.replace("~", "~0").replace("/", "~1")
