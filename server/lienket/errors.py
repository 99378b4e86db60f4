"""What can go wrong, and how it is said.

    LienketError
    ├── InputError        the input is at fault: tables, mappings, shapes, settings (exit code 1)
    │   └── RefusedError  the input is understood and not allowed: a path outside its root, an update query
    └── UnavailableError  something outside does not answer: the store, a port, a folder (exit code 3, HTTP 503)

Every error carries one or more `Fault`: one line each for the person who can mend it. Collect faults and raise
once, so that all mistakes are reported together. Anything else that is raised is a bug and shows its traceback.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Final

SEVERITIES: Final = ("error", "warning", "note")
"""The worst first."""


@dataclass(frozen=True, order=True)
class Fault:
    """One thing to mend, and where.

    `message` is an English sentence with `{name}` placeholders for `values`; a language pack translates it before the
    values go in. It says what was found, what was expected and what to do. Where a message comes from content (a
    shape's `sh:message`), `translations` holds it by language tag and `message` is the English or only one.
    """

    message: str
    file: str | None = None
    row: int | None = None
    """Row as a spreadsheet program shows it, or line of a text file; the first is 1."""
    column: str | None = None
    """Column header; several headers are joined by ", ". Without a row, the name of a setting or the like."""
    text: str | None = None
    """The cell as typed."""
    sheet: str | None = None
    values: Mapping[str, object] = field(default_factory=dict, compare=False)
    translations: Mapping[str, str] = field(default_factory=dict, compare=False)
    severity: str = "error"
    """"error", "warning" or "note"; only errors stop a publication."""
    meant: str | None = None
    """The word that was probably meant; it is asked for behind the sentence."""
    because: "Fault | None" = field(default=None, compare=False)
    """Where a message comes from content: what the engine itself says of the fault."""
    details: "tuple[Fault, ...]" = field(default=(), compare=False)
    """Where a rule is made of others: which of those are broken, and how."""
    result: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Where SHACL found it: its validation result, local name of the property → term in Turtle."""

    def __str__(self) -> str:
        """Return the English line.

        >>> str(Fault("is not a day-first date", file="a.csv", row=3, column="Ngày", text="31/02"))
        'a.csv, row 3, column Ngày: “31/02” is not a day-first date'
        """
        place = ", ".join(
            part
            for part in (
                self.place,
                f"sheet {self.sheet}" if self.sheet else None,
                f"row {self.row}" if self.row is not None else None,
                (f"column {self.column}" if self.row is not None else self.column) if self.column else None,
            )
            if part
        )
        sentence = self.message.format(**self.values) if self.values else self.message
        sentence += f" (did you mean {self.meant}?)" if self.meant else ""
        if self.text is not None:
            sentence = f"“{self.text}” {sentence}"
        if self.details:
            sentence = f"{sentence}: {'; '.join(map(str, self.details))}"
        if self.because is not None:
            sentence = f"{sentence} ({self.because})"
        return one_line(f"{place}: {sentence}" if place else sentence)

    @property
    def place(self) -> str:
        """The file as a person in the working folder would name it."""
        return shown(Path(self.file)) if self.file and self.file.startswith("/") else self.file or ""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that a wrong one looks like, whatever their accents, capitals and signs; None without one.

    >>> nearest("So hieu", ["Khóa", "Số hiệu"])
    'Số hiệu'
    >>> nearest("lk:number", ["lk:date"]) is None
    True
    """

    def plain(text: str) -> str:
        letters = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
        return "".join(letter for letter in letters if letter.isalnum())

    words = {plain(each): each for each in known}
    found = get_close_matches(plain(word), words, n=1, cutoff=0.7)
    return words[found[0]] if found and words[found[0]] != word else None


def explained(reason: str, explanations: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Return what a parser's reason means, and the values in it; "is not {format}: {reason}" where nobody knows.

    `explanations` are sentences by the pattern of the reason; groups of the pattern are their values.
    """
    for pattern, sentence in explanations.items():
        found = re.search(pattern, reason, re.DOTALL)
        if found:
            return sentence, {name: text or "" for name, text in found.groupdict().items()}
    return "is not {format}: {reason}", {"reason": reason}


def shown(path: Path) -> str:
    """Return a path as people read it: relative to the working folder where it lies below it."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except (OSError, ValueError):
        return str(path)


def one_line(text: str) -> str:
    r"""Return `text` on one line, with control characters spelt out.

    >>> one_line("a\nb")
    'a\\nb'
    """
    return "".join(c if c.isprintable() or c == "\u00ad" else c.encode("unicode_escape").decode() for c in text)


def distinct(faults: Iterable[Fault]) -> list[Fault]:
    """Return faults without those that say the same."""
    return list({(fault, str(fault.values)): fault for fault in reversed(list(faults))}.values())[::-1]


class LienketError(Exception):
    """An error that a person can act on; `str()` gives one line a fault."""

    exit_code = 3

    def __init__(self, *faults: Fault | str) -> None:
        self.faults: tuple[Fault, ...] = tuple(Fault(fault) if isinstance(fault, str) else fault for fault in faults)
        super().__init__("\n".join(map(str, self.faults)))


class InputError(LienketError):
    """The input is at fault; the faults say where and what to do."""

    exit_code = 1


class RefusedError(InputError):
    """The input is understood, and not allowed."""


class UnavailableError(LienketError):
    """Something outside does not answer: a store, a port, a folder."""

    exit_code = 3


@dataclass
class Faults:
    """Gathers the faults of several steps, so that all are reported at once.

    >>> faults = Faults()
    >>> with faults.gathered():
    ...     raise InputError("first")
    >>> with faults.gathered():
    ...     raise InputError("second")
    >>> faults.raise_if_any()
    Traceback (most recent call last):
        ...
    lienket.errors.InputError: first
    second
    """

    found: list[Fault] = field(default_factory=list)

    @contextmanager
    def gathered(self) -> Iterator[None]:
        """Keep the faults of an `InputError` raised inside, and go on after the block."""
        try:
            yield
        except InputError as error:
            self.found += error.faults

    @property
    def stop(self) -> bool:
        """Whether any fault stops a publication."""
        return any(fault.severity == "error" for fault in self.found)

    def raise_if_any(self) -> None:
        """Raise `InputError` with every fault, if there is one that stops a publication."""
        if self.stop:
            raise InputError(*self.found)
