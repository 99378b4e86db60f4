"""JSONPath <https://www.rfc-editor.org/rfc/rfc9535>: how a path is read. What it finds, `jsonpath_sql.py` says."""

import json
import re
from dataclasses import dataclass
from typing import Final, Literal

_NAME: Final = re.compile(r"[^\x00-@\[-^`{-\x7f][^\x00-/:-@\[-^`{-\x7f]*")
"""ASCII letters, digits and `_`, and all that is not ASCII; said by what is left out, which compiles in no time."""
_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?![0-9])")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORD: Final = re.compile(r"true|false|null")
_CALL: Final = re.compile(r"([a-z][a-z_0-9]*)\(")
_BLANKS: Final = re.compile(r"[ \t\n\r]*")
_COMPARISON: Final = re.compile(r"==|!=|<=|>=|<|>")
_LARGEST: Final = 2**53 - 1

FUNCTIONS: Final = {
    "length": ("value",), "count": ("nodes",), "value": ("nodes",), "match": ("value", "value"),
    "search": ("value", "value"),
}  # fmt: skip
"""Name → what its arguments are: one value, or all nodes that a path finds."""
TESTS: Final = ("match", "search")
"""Functions that are true or false; the others give a value."""


class JsonPathError(ValueError):
    """A text that is not JSONPath; it says why."""


@dataclass(frozen=True)
class Wildcard:
    """Every member of an object or item of a list."""


@dataclass(frozen=True)
class Slice:
    """Every so many items of a list."""

    start: int | None
    end: int | None
    step: int


@dataclass(frozen=True)
class Filter:
    """Those members or items for which something is so."""

    condition: "Condition"


Selector = str | int | Wildcard | Slice | Filter


@dataclass(frozen=True)
class Segment:
    """What is taken from a node, or from it and everything below it."""

    selectors: tuple[Selector, ...]
    below: bool = False


@dataclass(frozen=True)
class Query:
    """A path inside of a condition, from the root or from the member or item that is looked at."""

    from_root: bool
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class Value:
    """A value as JSON writes it."""

    text: str


@dataclass(frozen=True)
class Function:
    """What a function gives for values and nodes."""

    name: str
    arguments: tuple["Operand", ...]


Operand = Query | Value | Function


@dataclass(frozen=True)
class Comparison:
    """Two values beside each other."""

    left: Operand
    operator: str
    right: Operand


@dataclass(frozen=True)
class Joined:
    """Conditions of which all, or any, hold."""

    word: Literal["AND", "OR"]
    conditions: tuple["Condition", ...]


@dataclass(frozen=True)
class Not:
    """What is so where a condition does not hold."""

    condition: "Condition"


Condition = Comparison | Joined | Not | Query | Function
"""A query holds where it finds anything."""


def parse(path: str) -> tuple[Segment, ...]:
    """Return the segments of a path from the root `$`.

    >>> [segment.selectors for segment in parse("$.students[*]['First Name']")]
    [('students',), (Wildcard(),), ('First Name',)]

    Raises JsonPathError.
    """
    if not path.startswith("$"):
        raise JsonPathError("does not begin with $")
    parser = _Parser(path, 1)
    try:
        segments = parser.segments()
    except RecursionError as error:
        raise JsonPathError("is nested too deeply") from error
    if parser.position < len(path):
        found = path[parser.position]
        raise JsonPathError(f"has “{found}” at place {parser.position + 1}, where a dot or a bracket is expected")
    return segments


def is_singular(*segments: Segment) -> bool:
    """Tell whether segments find one node at most."""
    return all(
        not each.below and len(each.selectors) == 1 and isinstance(each.selectors[0], str | int) for each in segments
    )


class _Parser:
    def __init__(self, path: str, position: int) -> None:
        self._path = path
        self.position = position

    def _error(self, what: str) -> JsonPathError:
        return JsonPathError(f"{what} at place {self.position + 1}")

    def _found(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self._path, self.position)
        if found:
            self.position = found.end()
        return found

    def _blanks(self) -> None:
        self._found(_BLANKS)

    def _at(self, text: str) -> bool:
        return self._path.startswith(text, self.position)

    def _took(self, text: str) -> bool:
        if not self._at(text):
            return False
        self.position += len(text)
        return True

    def segments(self) -> tuple[Segment, ...]:
        found = []
        while True:
            before = self.position
            self._blanks()
            below = self._took("..")
            if self._took("["):
                found.append(Segment(self._bracketed(), below))
            elif below or self._took("."):
                found.append(Segment((self._shorthand(),), below))
            else:
                self.position = before
                return tuple(found)

    def _shorthand(self) -> Selector:
        if self._took("*"):
            return Wildcard()
        if name := self._found(_NAME):
            return name[0]
        raise JsonPathError(f"has no name after the dot at place {self.position}")

    def _bracketed(self) -> tuple[Selector, ...]:
        selectors = [self._selector()]
        while self._took(","):
            selectors.append(self._selector())
        if not self._took("]"):
            raise self._error("has a bracket that is not closed")
        return tuple(selectors)

    def _selector(self) -> Selector:
        self._blanks()
        selector: Selector
        if self._took("*"):
            selector = Wildcard()
        elif self._at("'") or self._at('"'):
            selector = self._quoted()
        elif self._took("?"):
            selector = Filter(self._any_of())
        else:
            selector = self._place_or_slice()
        self._blanks()
        return selector

    def _place_or_slice(self) -> int | Slice:
        start = self._integer()
        self._blanks()
        if not self._took(":"):
            if start is None:
                raise self._error("has no selector in its bracket")
            return start
        self._blanks()
        end, step = self._integer(), None
        self._blanks()
        if self._took(":"):
            self._blanks()
            step = self._integer()
        return Slice(start, end, 1 if step is None else step)

    def _integer(self) -> int | None:
        found = self._found(_INTEGER)
        if not found:
            return None
        if found[0] == "-0" or len(found[0]) > 17 or abs(int(found[0])) > _LARGEST:
            raise self._error(f"has {found[0]}, which is no place in a list,")
        return int(found[0])

    def _quoted(self) -> str:
        quote = self._path[self.position]
        text = ""
        self.position += 1
        while self.position < len(self._path) and not self._at(quote):
            if self._at("\\"):
                text += self._path[self.position : self.position + 2].replace("\\'", "'")
                self.position += 2
            else:
                text += '\\"' if self._at('"') else self._path[self.position]
                self.position += 1
        if not self._took(quote):
            raise JsonPathError("has a name whose quotation mark is not closed")
        try:
            found = str(json.loads(f'"{text}"', strict=False))
            found.encode()
        except ValueError as error:
            raise JsonPathError("has a name with an escape that is not known") from error
        return found

    # Conditions

    def _any_of(self) -> Condition:
        return self._joined("||", "OR")

    def _joined(self, sign: str, word: Literal["AND", "OR"]) -> Condition:
        conditions = []
        while True:
            conditions.append(self._joined("&&", "AND") if word == "OR" else self._basic())
            self._blanks()
            if not self._took(sign):
                return Joined(word, tuple(conditions)) if len(conditions) > 1 else conditions[0]

    def _basic(self) -> Condition:
        self._blanks()
        negated = self._took("!")
        self._blanks()
        condition: Condition
        if self._took("("):
            condition = self._any_of()
            self._blanks()
            if not self._took(")"):
                raise self._error("has a parenthesis that is not closed")
        else:
            condition = self._comparison_or_test(negated)
        return Not(condition) if negated else condition

    def _comparison_or_test(self, negated: bool) -> Condition:
        left = self._operand()
        self._blanks()
        operator = None if negated else self._found(_COMPARISON)
        if operator is None:
            if isinstance(left, Value) or (isinstance(left, Function) and left.name not in TESTS):
                raise self._error("has a value where something that holds or not is expected")
            return left
        self._blanks()
        right = self._operand()
        for side in (left, right):
            self._check_value(side)
        return Comparison(left, operator[0], right)

    def _operand(self) -> Operand:
        if self._at("'") or self._at('"'):
            return Value(json.dumps(self._quoted(), ensure_ascii=False))
        if self._at("@") or self._at("$"):
            from_root = self._at("$")
            self.position += 1
            return Query(from_root, self.segments())
        if (call := self._found(_CALL)) is not None:
            return self._function(call[1])
        if (found := self._found(_NUMBER) or self._found(_WORD)) is not None:
            return Value(found[0])
        raise self._error("has no value")

    def _function(self, name: str) -> Function:
        if name not in FUNCTIONS:
            raise self._error(f"calls {name}, which is no function of JSONPath,")
        arguments: list[Operand] = []
        while not self._took(")"):
            if arguments and not self._took(","):
                raise self._error("has a parenthesis that is not closed")
            self._blanks()
            arguments.append(self._operand())
            self._blanks()
        if len(arguments) != len(FUNCTIONS[name]):
            raise self._error(f"calls {name} with {len(arguments)} arguments, and it takes {len(FUNCTIONS[name])},")
        for kind, argument in zip(FUNCTIONS[name], arguments, strict=True):
            if kind == "value":
                self._check_value(argument)
            elif not isinstance(argument, Query):
                raise self._error(f"calls {name} with something other than a path")
        return Function(name, tuple(arguments))

    def _check_value(self, operand: Operand) -> None:
        if isinstance(operand, Query) and not is_singular(*operand.segments):
            raise self._error("has a path that may find several values where one is expected")
        if isinstance(operand, Function) and operand.name in TESTS:
            raise self._error(f"has {operand.name} where a value is expected")
