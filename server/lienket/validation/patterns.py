"""Regular expressions of SPARQL, which are those of XPath, written for RE2; what RE2 cannot say is refused by name.

<https://www.w3.org/TR/xpath-functions-31/#regex-syntax>, <https://github.com/google/re2/wiki/Syntax>. One thing is read
as all validators read it, and not as XPath does: a word character (`\\w`) may be an underscore.
"""

import re
from typing import Final

_CLASSES: Final = {
    "s": r" \t\n\r",
    "d": r"\p{Nd}",
    "w": r"\p{L}\p{M}\p{N}\p{S}\p{Pc}",
    "i": r"\p{L}_:",
    "c": r"\p{L}\p{M}\p{Nd}._:\x{B7}-",
}
"""Letter of a class of characters → its members, as they stand inside of brackets."""

_CONTROLS: Final = frozenset("nrt")
_MOST_REPEATS: Final = 1000
"""RE2 takes no greater number in braces."""


class PatternError(ValueError):
    """A pattern cannot be read; says why, and at which of its characters."""

    def __init__(self, meaning: str, found: str) -> None:
        super().__init__(f"{meaning}: {found}")
        self.meaning = meaning
        self.found = found


def to_re2(pattern: str, flags: str = "") -> str:
    r"""Return the pattern that matches in RE2 what `pattern` matches in SPARQL's REGEX.

    >>> to_re2(r"^\d+$"), to_re2("a.b", "i"), to_re2("a.b", "q")
    ('\\A[\\p{Nd}]+\\z', '(?i)a[^\\n\\r]b', 'a\\.b')

    Raises `PatternError` where it is none, or asks for what RE2 does not have.
    """
    unknown = sorted(set(flags) - set("imsxq"))
    if unknown:
        raise PatternError("flags are i, m, q, s and x", unknown[0])
    translated = re.escape(pattern) if "q" in flags else _Translation(pattern, flags).result()
    return ("(?i)" if "i" in flags else "") + translated


class _Translation:
    def __init__(self, pattern: str, flags: str) -> None:
        self._rest = pattern
        self._flags = flags
        self._depth = 0
        self._repeatable = False

    def result(self) -> str:
        parts = []
        while self._rest:
            parts.append(self._next())
        if self._depth:
            raise PatternError("a parenthesis is not closed", "(")
        return ("(?m)" if "m" in self._flags else "") + "".join(parts)

    def _take(self, number: int = 1) -> str:
        taken, self._rest = self._rest[:number], self._rest[number:]
        return taken

    def _next(self) -> str:
        if "x" in self._flags and self._rest[0] in " \t\n\r":
            return self._take() and ""
        repeatable, self._repeatable = self._repeatable, True
        match character := self._take():
            case "\\":
                return self._escape()
            case "[":
                return self._brackets()
            case "(":
                return self._open()
            case ")":
                self._depth -= 1
                if self._depth < 0:
                    raise PatternError("a parenthesis is closed that was not opened", ")")
                return ")"
            case "|":
                self._repeatable = False
                return "|"
            case "*" | "+" | "?" | "{":
                if not repeatable:
                    raise PatternError("there is nothing before it to repeat", character)
                return self._quantifier(character)
            case "^":
                return "^" if "m" in self._flags else r"\A"
            case "$":
                return "$" if "m" in self._flags else r"\z"
            case ".":
                return "(?s:.)" if "s" in self._flags else r"[^\n\r]"
            case "]" | "}":
                raise PatternError("as a character it is written with a backslash", character)
        return re.escape(character) if character.isascii() else character

    def _open(self) -> str:
        self._depth += 1
        self._repeatable = False
        if not self._rest.startswith("?"):
            return "(?:"
        if self._rest.startswith("?:"):
            self._take(2)
            return "(?:"
        raise PatternError("SPARQL has no lookahead, lookbehind or flags inside of a pattern", f"({self._rest[:2]}")

    def _quantifier(self, first: str) -> str:
        text = first
        if first == "{":
            found = re.match(r"(\d+)(,(\d*))?\}", self._rest, re.ASCII)
            if found is None:
                raise PatternError("as a character it is written with a backslash", first)
            if max(int(number or 0) for number in (found[1], found[3])) > _MOST_REPEATS:
                raise PatternError("so many repetitions cannot be counted; the most is 1000", first + found[0])
            text += self._take(found.end())
        if self._rest.startswith("?"):
            text += self._take()
        self._repeatable = False
        return text

    def _escape(self) -> str:
        letter = self._take()
        if letter.isdigit():
            raise PatternError("a group cannot be referred back to", f"\\{letter}")
        known = self._class(letter)
        if known is not None:
            members, negated = known
            return f"[{'^' if negated else ''}{members}]"
        return _character(letter)

    def _class(self, letter: str) -> tuple[str, bool] | None:
        """Return the members of a class that an escape names, and whether it takes all others."""
        if letter in ("p", "P"):
            found = re.match(r"\{([LMNPZSC][a-z]?)\}", self._rest)
            if found is None:
                raise PatternError("this class of characters is unknown", f"\\{letter}{self._rest[:12]}")
            self._take(found.end())
            return f"\\{letter}{found[0]}", False
        if letter.lower() in _CLASSES:
            return _CLASSES[letter.lower()], letter.isupper()
        return None

    def _brackets(self) -> str:
        text = "[" + (self._take() if self._rest.startswith("^") else "")
        first = True
        while True:
            if not self._rest:
                raise PatternError("a bracket is not closed", text)
            character = self._take()
            if character == "]" and not first:
                return text + "]"
            if character == "[" or (character == "-" and self._rest.startswith("[")):
                raise PatternError(
                    "brackets cannot stand in brackets; as a character [ is written with a backslash", text
                )
            if character == "\\":
                text += self._escape_in_brackets()
            else:
                text += "\\^" if character == "^" else "\\]" if character == "]" else character
            first = False

    def _escape_in_brackets(self) -> str:
        letter = self._take()
        known = self._class(letter)
        if known is None:
            return _character(letter)
        members, negated = known
        if negated:
            raise PatternError("what is not in a class cannot stand in brackets", f"\\{letter}")
        return members


def _character(letter: str) -> str:
    """Return the one character that an escape stands for."""
    if letter in _CONTROLS:
        return "\\" + letter
    if not letter or (letter.isascii() and letter.isalnum()):
        raise PatternError("this escape has no meaning in SPARQL", f"\\{letter}")
    return re.escape(letter)
