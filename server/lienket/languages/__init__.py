"""Languages: what depends on the words people write and not on the place they live in.

Each language is a folder beside this file, a pack: `__init__.py` with how text is cleaned, compared, sorted, and how
dates and numbers look (`PACK`), `messages.po` with the interface words, `functions.ttl` with the functions that mapping
rules may call on that language's way of writing. A new language is a new folder; nothing else lists them.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib import import_module
from pathlib import Path

import babel.dates
import babel.numbers
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from ..errors import Fault, InputError, one_line

WORDS = frozenset(("expected", "help", "meaning"))
"""Names of the values in a fault's message that are interface words, and so are translated."""

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Pack:
    """What a language's folder states in its `PACK`."""

    tag: str
    """Language tag (BCP 47)."""
    name: str
    """The language's name in itself."""
    clean: Callable[[str], str]
    """Repair what typing and copying does to a text, without changing a word of it."""
    key: Callable[[str], str]
    """Key for searching: no diacritics, lower case."""
    name_key: Callable[[str], str]
    """Key for comparing names: only ways of writing the same name fall together."""
    sort_key: Callable[[str], str]
    """Key whose code-point order is the language's dictionary order."""
    macros: Mapping[str, str]
    """SQL macros by signature, such as `lk_clean(t)`: `clean` and the functions of `functions.ttl` for DuckDB."""
    date_pattern: str
    """Unicode pattern of a date <https://unicode.org/reports/tr35/tr35-dates.html>."""
    datetime_pattern: str
    mentions: Callable[[str], Iterator[tuple[str, str]]]
    """Units of administration that an address names, abbreviations written out: level word in lower case, and name."""
    commune_levels: tuple[str, ...]
    """Level words of the lowest units."""
    abbreviations: Mapping[str, str] = field(default_factory=dict)
    """What is written for whole words in names, by search key: the dot belongs to it where it is never left out."""
    decoders: Mapping[str, Callable[[bytes], str]] = field(default_factory=dict)
    """Encodings that people of this language once wrote in, by name: what reads a text in one, and raises UnicodeError
    where it cannot be one."""


@dataclass(frozen=True)
class Language:
    """One language, ready to use; get it with `get`."""

    pack: Pack
    folder: Path
    _catalog: Catalog = field(repr=False, compare=False)

    @property
    def tag(self) -> str:
        """The language tag, such as `vi`."""
        return self.pack.tag

    @property
    def name(self) -> str:
        """The language's name in itself."""
        return self.pack.name

    @property
    def macros(self) -> Mapping[str, str]:
        """SQL macros by signature."""
        return self.pack.macros

    @property
    def functions(self) -> Path:
        """The FnO document that describes the functions of this language."""
        return self.folder / "functions.ttl"

    def clean(self, text: str) -> str:
        """Return the text in normal form: composed letters, single spaces, none at the ends."""
        return self.pack.clean(text)

    def key(self, text: str) -> str:
        """Return the search key: lower case without any diacritics."""
        return self.pack.key(text)

    def name_key(self, text: str) -> str:
        """Return the comparison key of a name; equal keys mean the same name written in two ways."""
        return self.pack.name_key(text)

    def spelled_out(self, text: str) -> str:
        """Return a name with its abbreviations written out, in whole words.

        >>> get("vi").spelled_out("UBND P.An Hòa, TP Đà Lạt")
        'ủy ban nhân dân phường An Hòa, thành phố Đà Lạt'
        """
        words = self.pack.abbreviations
        return " ".join(
            words.get(self.key(word)) or words.get(self.key(word).rstrip(".")) or word
            for word in re.sub(r"\b(\w{1,4}\.)(?=\w)", r"\1 ", text).split()
        )

    def sort_key(self, text: str) -> str:
        """Return a key whose code-point order is the dictionary order of the language."""
        return self.pack.sort_key(text)

    def gettext(self, message: str) -> str:
        """Return the translation of an English interface text, or the text itself where there is none."""
        found = self._catalog.get(message)
        return str(found.string) if found and found.string and not found.fuzzy and not found.pluralizable else message

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """Return the translation that fits a number; placeholders are left for the caller."""
        found = self._catalog.get(singular)
        if found and found.pluralizable and not found.fuzzy:
            forms = found.string if isinstance(found.string, tuple | list) else (found.string,)
            position = min(0 if self._catalog.num_plurals == 1 else int(number != 1), len(forms) - 1)
            if forms[position]:
                return str(forms[position])
        elif found and found.string:
            return str(found.string)
        return singular if number == 1 else plural

    def sentence(self, fault: Fault) -> str:
        """Return what a fault says in this language, without its place and its text.

        The fault's own translation comes first, then the interface words, then English.
        """
        sentence = fault.translations.get(self.tag) or self.gettext(fault.message)
        if fault.values:
            words = {name: self.gettext(v) if name in WORDS else v for name, v in fault.values.items()}  # type: ignore[arg-type]
            sentence = sentence.format(**words)
        if fault.meant:
            sentence += f" ({self.gettext('did you mean {meant}?').format(meant=fault.meant)})"
        if fault.details:
            sentence += f": {'; '.join(map(self.say, fault.details))}"
        if fault.because is not None:
            sentence += f" ({self.say(fault.because)})"
        return sentence

    def place(self, fault: Fault) -> str:
        """Return where a fault is, in this language."""
        place = [
            fault.place,
            self.gettext("sheet {sheet}").format(sheet=fault.sheet) if fault.sheet else "",
            self.gettext("row {row}").format(row=fault.row) if fault.row is not None else "",
            (self.gettext("column {column}") if fault.row is not None else "{column}").format(column=fault.column)
            if fault.column
            else "",
        ]
        return ", ".join(part for part in place if part)

    def say(self, fault: Fault) -> str:
        """Return a fault as one whole line in this language."""
        sentence, where = self.sentence(fault), self.place(fault)
        if fault.text is not None:
            sentence = f"“{fault.text}” {sentence}"
        return one_line(f"{where}: {sentence}" if where else sentence)

    def format_date(self, value: date | datetime) -> str:
        """Return a date, or a date with its time, as people of this language write it."""
        if isinstance(value, datetime):
            return babel.dates.format_datetime(value, self.pack.datetime_pattern, locale=self.tag)
        return babel.dates.format_date(value, self.pack.date_pattern, locale=self.tag)

    def format_number(self, value: int | float | Decimal) -> str:
        """Return a number with the separators of this language, with all decimals that it has."""
        return babel.numbers.format_decimal(value, locale=self.tag, decimal_quantization=False)


def available() -> tuple[str, ...]:
    """Return the tags of the languages that have a pack, sorted."""
    return tuple(sorted(folder.parent.name for folder in _HERE.glob("*/__init__.py")))


@cache
def decoders() -> Mapping[str, Callable[[bytes], str]]:
    """Return what reads the encodings of all languages, by name."""
    return {name: decode for tag in available() for name, decode in get(tag).pack.decoders.items()}


@cache
def get(tag: str) -> Language:
    """Return a language.

    Raises InputError where there is no pack for the tag; it names those that exist.
    """
    if tag not in available():
        raise InputError(
            Fault("no language “{tag}”; there are {tags}", values={"tag": tag, "tags": ", ".join(available())})
        )
    pack: Pack = import_module(f"{__name__}.{tag}").PACK
    folder = _HERE / tag
    catalogue = Catalog(locale=tag)
    messages = folder / "messages.po"
    if messages.exists():
        with messages.open("rb") as file:
            catalogue = read_po(file, locale=tag)
    return Language(pack, folder, catalogue)
