"""Writes the full-text index that `search` reads: built at once, or brought up to date for some resources.

What an entry says follows from the statements about its resource alone, so that both ways lead to the same index.
"""

import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from os.path import commonprefix
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from lienket.errors import Fault, UnavailableError
from lienket.languages import Language
from lienket.search import GENERAL_KINDS, OTHER_NAMES_FROM, words_of
from lienket.store import normalised
from lienket.vocabulary import DCT, GEO, LABEL_PREDICATES, RDF, SCHEMA, SKOS

ALTERNATIVE_PREDICATES: Final[tuple[str, ...]] = (
    SKOS + "altLabel", SKOS + "hiddenLabel", SKOS + "notation", DCT + "identifier", DCT + "alternative",
    SCHEMA + "alternateName", SCHEMA + "identifier",
)  # fmt: skip
"""What else a resource is known by: other names and official codes."""

_RANKS: Final = {
    iri: min(rank, OTHER_NAMES_FROM) for rank, iri in enumerate((*LABEL_PREDICATES, *ALTERNATIVE_PREDICATES))
}
"""Predicate of a name → its rank: the label first."""
_TYPE: Final = RDF + "type"
_IN_SCHEME: Final = SKOS + "inScheme"
_REPLACED: Final = DCT + "isReplacedBy"
_THROUGH: Final = SCHEMA + "validThrough"

PREDICATES: Final[tuple[str, ...]] = (*_RANKS, _TYPE, _IN_SCHEME, _REPLACED, _THROUGH)
"""All that an entry is made of."""

_TABLES: Final = """
PRAGMA journal_mode=OFF;
PRAGMA synchronous=OFF;
PRAGMA cache_size=-65536;
CREATE TABLE entry (id INTEGER PRIMARY KEY, iri TEXT NOT NULL UNIQUE, kind TEXT, dataset TEXT NOT NULL,
                    weight INTEGER NOT NULL, until TEXT, length INTEGER NOT NULL);
CREATE TABLE label (entry INTEGER NOT NULL, rank INTEGER NOT NULL, language TEXT NOT NULL, text TEXT NOT NULL,
                    PRIMARY KEY (entry, rank, language, text)) WITHOUT ROWID;
CREATE TABLE whole (key TEXT NOT NULL, entry INTEGER NOT NULL, rank INTEGER NOT NULL,
                    PRIMARY KEY (key, entry)) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5(label, other, content='', prefix='2 3 4', tokenize='unicode61 remove_diacritics 0');
"""  # noqa: E501

_AT_ONCE: Final = 5_000
"""Entries written in one go."""

Subject = tuple[str, Sequence[ox.Quad]]
"""An IRI, and what is said of it."""


@dataclass(frozen=True)
class _Names:
    """The names of one resource, and the keys they are found by."""

    texts: tuple[tuple[int, str, str], ...]
    """(rank, language tag or "", text), in this order and each once."""
    keys: tuple[tuple[str, int], ...]
    """(key, whether it is another name than the label), each key once under either; in the order of the texts."""

    @classmethod
    def of(cls, texts: Iterable[tuple[int, str, str]], languages: Sequence[Language]) -> "_Names":
        ordered = tuple(sorted(set(texts)))
        keys = {
            (" ".join(words_of(pack.key(text))), int(rank >= OTHER_NAMES_FROM)): None
            for rank, _, text in ordered
            for pack in languages
        }
        return cls(ordered, tuple(keys))

    def column(self, other: int) -> str:
        """Return what the full-text index takes: the keys of the labels, or those of other names."""
        return " ".join(key for key, is_other in self.keys if is_other == other)

    def wholes(self) -> dict[str, int]:
        """Return the keys by which the resource is found as a whole; a label comes before another name."""
        return dict(reversed(self.keys))


@dataclass(frozen=True)
class _Entry:
    """One resource of the index."""

    iri: str
    kind: str
    dataset: str
    """IRI of the graph that names it."""
    weight: int
    until: str | None
    """The day after which it is no longer in force; "" where something has taken its place."""
    names: _Names


def build(path: Path, subjects: Iterable[Subject], *, languages: Sequence[Language]) -> int:
    """Write the index of everything among `subjects` that has a name to a new file; return the number of entries.

    Each subject comes once, with all that is said of it by `PREDICATES`, whatever else is said too. Raises
    `UnavailableError` where the file cannot be written.
    """
    count = 0
    with _written(path), closing(sqlite3.connect(path)) as database:
        database.executescript(_TABLES)
        entries = (entry for iri, quads in subjects if (entry := _entry(iri, quads, languages)))
        while some := list(islice(entries, _AT_ONCE)):
            _insert(database, list(enumerate(some, count + 1)))
            count += len(some)
        database.execute("INSERT INTO words(words) VALUES ('optimize')")
        database.execute("ANALYZE")
        database.commit()
    return count


def update(path: Path, base: Path, subjects: Iterable[Subject], *, languages: Sequence[Language]) -> None:
    """Write a new file with the index at `base`, of which some subjects are brought up to date.

    Each comes once, with all that is now said of it. Raises `UnavailableError` where the file cannot be written.
    """
    with _written(path):
        shutil.copyfile(base, path)
        with closing(sqlite3.connect(path)) as database:
            database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536;")
            entries = {iri: _entry(iri, quads, languages) for iri, quads in subjects}
            numbers = {iri: number for iri in entries
                       for (number,) in database.execute("SELECT id FROM entry WHERE iri = ?", (iri,))}  # fmt: skip
            # SQLite's full-text index takes in what comes in the order of its numbers
            for iri, number in sorted(numbers.items(), key=lambda item: item[1]):
                _delete(database, number, languages)
                if (entry := entries[iri]) is not None:
                    _insert(database, [(number, entry)])
            (last,) = database.execute("SELECT coalesce(max(id), 0) FROM entry").fetchone()
            new = [entry for iri, entry in sorted(entries.items()) if entry and iri not in numbers]
            _insert(database, list(enumerate(new, last + 1)))
            database.commit()


@contextmanager
def _written(path: Path) -> Iterator[None]:
    try:
        path.unlink(missing_ok=True)
        yield
    except (OSError, sqlite3.Error) as error:
        raise UnavailableError(
            Fault("cannot be written: {reason}", file=str(path), values={"reason": error})
        ) from error


def _entry(iri: str, quads: Sequence[ox.Quad], languages: Sequence[Language]) -> _Entry | None:
    """Return the entry of a resource; None without a label, merely labelled here, or part of another (`…#part`)."""
    names: list[tuple[int, str, str, str]] = []
    kinds: set[str] = set()
    weights: set[str] = set()
    until: list[str] = []
    for quad in quads:
        predicate, object_ = quad.predicate.value, quad.object
        if isinstance(object_, ox.Literal) and predicate in _RANKS:
            literal = normalised(object_)
            if literal.value.strip() and isinstance(quad.graph_name, ox.NamedNode):
                names.append((_RANKS[predicate], literal.language or "", literal.value, quad.graph_name.value))
        elif predicate == _TYPE and isinstance(object_, ox.NamedNode):
            kinds.add(object_.value)
        elif predicate == _THROUGH and isinstance(object_, ox.Literal | ox.NamedNode):
            until.append(normalised(object_).value if isinstance(object_, ox.Literal) else object_.value)
        elif predicate == _REPLACED:
            until.append("")
        elif predicate == _IN_SCHEME:
            weights.add(predicate)
    if not names or not kinds or "#" in iri:
        return None
    names.sort()
    if names[0][0] >= OTHER_NAMES_FROM:
        return None
    telling = sorted(kind for kind in kinds if kind not in GENERAL_KINDS) or sorted(kinds)
    return _Entry(
        iri,
        kind=max(telling, key=lambda kind: len(commonprefix((kind, iri)))),  # noqa: RUF071 - IRIs; the deployment's own class before others
        dataset=names[0][3],
        weight=int(bool(weights) or GEO + "Geometry" in kinds),
        until=min(until, default=None),
        names=_Names.of(((rank, language, text) for rank, language, text, _ in names), languages),
    )


def _insert(database: sqlite3.Connection, entries: Sequence[tuple[int, _Entry]]) -> None:
    database.executemany(
        "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (number, entry.iri, entry.kind, entry.dataset, entry.weight, entry.until,
             min(len(key) for key, other in entry.names.keys if not other))
            for number, entry in entries
        ],
    )  # fmt: skip
    database.executemany(
        "INSERT INTO label VALUES (?, ?, ?, ?)",
        [(number, *text) for number, entry in entries for text in entry.names.texts],
    )
    database.executemany(
        "INSERT INTO whole VALUES (?, ?, ?)",
        [(key, number, other) for number, entry in entries for key, other in entry.names.wholes().items()],
    )
    database.executemany(
        "INSERT INTO words(rowid, label, other) VALUES (?, ?, ?)",
        [(number, entry.names.column(0), entry.names.column(1)) for number, entry in entries],
    )


def _delete(database: sqlite3.Connection, number: int, languages: Sequence[Language]) -> None:
    """Take an entry out; the full-text index keeps no texts, and has to be told what it was given."""
    rows = database.execute("SELECT rank, language, text FROM label WHERE entry = ?", (number,)).fetchall()
    names = _Names.of(rows, languages)
    database.execute(
        "INSERT INTO words(words, rowid, label, other) VALUES ('delete', ?, ?, ?)",
        (number, names.column(0), names.column(1)),
    )
    database.executemany("DELETE FROM whole WHERE key = ? AND entry = ?", [(key, number) for key in names.wholes()])
    database.execute("DELETE FROM label WHERE entry = ?", (number,))
    database.execute("DELETE FROM entry WHERE id = ?", (number,))
