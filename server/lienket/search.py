"""The full-text index of a release: what a person types is found, with or without diacritics.

One SQLite file with an FTS5 table (<https://www.sqlite.org/fts5.html>). Texts and questions are both turned into keys
by the language packs before they meet, so SQLite's own folding plays no part; a text is kept under the key of every
language of the deployment, because a Vietnamese name is looked for on an English page too.
"""

import json
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final

from lienket.errors import Fault, UnavailableError
from lienket.languages import Language
from lienket.vocabulary import DCT, FOAF, GEO, LABEL_PREDICATES, OWL, QB, RDF, RDFS, SH, SKOS, VCARD, VOID

TERM_KINDS: Final = (
    OWL + "ObjectProperty", OWL + "DatatypeProperty", OWL + "AnnotationProperty", OWL + "Ontology", RDF + "Property",
    QB + "DimensionProperty", QB + "MeasureProperty", QB + "AttributeProperty", QB + "CodedProperty",
    QB + "DataStructureDefinition", SH + "SPARQLExecutable", SH + "SPARQLSelectExecutable",
    SH + "SPARQLAskExecutable", SH + "SPARQLConstructExecutable", SH + "NodeShape", SH + "PropertyShape",
)  # fmt: skip
"""Kinds of what serves to work with the data: properties, structures, example queries. All data comes before them."""

CLASS_KINDS: Final = (OWL + "Class", RDFS + "Class", RDFS + "Datatype")
"""Kinds of classes: after the data too, unless what was typed is the very name."""

GENERAL_KINDS: Final = (
    SKOS + "Concept", RDFS + "Resource", RDFS + "Class", RDFS + "Datatype", GEO + "Feature", GEO + "SpatialObject",
    DCT + "Location", FOAF + "Agent", VCARD + "Kind", VOID + "Dataset",
    "http://www.w3.org/2002/07/owl#NamedIndividual", "http://www.w3.org/2002/07/owl#Thing",
)  # fmt: skip
"""Types that say little where a resource has another one too."""

OTHER_NAMES_FROM: Final = len(LABEL_PREDICATES)
"""Ranks from here on are names other than the label."""

_ENDED: Final = "entry.until < date('now')"
"""SQL: whether an entry is no longer in force. That day comes without a new release."""

_COUNT_TO: Final = 10_000
"""Hits are counted up to here; a page says "more than" beyond it."""


@dataclass(frozen=True)
class Hit:
    """One resource that was found."""

    iri: str
    label: str
    language: str
    """Language tag of `label`, or ""."""
    kind: str | None
    """IRI of its class."""
    dataset: str
    """IRI of the named graph that names it."""
    ended: bool
    """Whether it is no longer in force: something has taken its place, or its time is over."""


@dataclass(frozen=True)
class Hits:
    """One page of what was found."""

    total: int
    """How many there are in all; counted up to 10,000."""
    hits: tuple[Hit, ...]
    kinds: tuple[tuple[str, int], ...]
    """IRI of each class among all hits, with their number, the most frequent first; not narrowed by `kind`."""
    loosened: bool = False
    """Whether no resource holds all the words, so that those with any of them are shown."""


class Search:
    """An index, open for reading; may be used by several threads."""

    def __init__(self, database: sqlite3.Connection, path: Path) -> None:
        self._database = database
        self._path = path
        self._lock = Lock()

    @classmethod
    def open(cls, path: Path) -> "Search":
        """Open the index at `path`; raises `UnavailableError` where there is none or it is no index."""
        try:
            database = sqlite3.connect(
                f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
            database.execute("SELECT 1 FROM entry LIMIT 1").fetchone()
        except (OSError, sqlite3.Error) as error:
            raise UnavailableError(
                Fault("is no search index: {reason}; run: lienket build", file=str(path), values={"reason": error})
            ) from error
        return cls(database, path)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def find(self, text: str, *, language: Language, kind: str | None = None, limit: int = 20, offset: int = 0) -> Hits:
        """Return the resources whose names hold every word of `text`, the last one perhaps not typed to its end.

        Those named exactly so come first, then those still in force, then the shorter names; terms and example queries
        come after all data. `kind` keeps one class.
        Where no resource holds every word, those that hold any of them are returned, and the answer says so.
        """
        words = words_of(language.key(text))[:16]
        if not words:
            return Hits(0, (), ())
        whole = " ".join(words)
        found = self._find(_together(words), whole, language.tag, kind, limit, offset)
        if found.total or found.kinds or len(words) == 1:
            return found
        loosened = self._find(_either(words), whole, language.tag, kind, limit, offset)
        return Hits(loosened.total, loosened.hits, loosened.kinds, loosened=True)

    def names(self, iris: Sequence[str]) -> dict[str, list[tuple[str, bool]]]:
        """Return all names of resources, the label first, each with whether it is another name than the label."""
        marks = ", ".join("?" * len(iris))
        rows = self._read(
            "SELECT entry.iri, label.text, label.rank FROM label JOIN entry ON entry.id = label.entry "
            f"WHERE entry.iri IN ({marks}) ORDER BY entry.iri, label.rank, label.language, label.text",
            tuple(iris),
        )
        found: dict[str, list[tuple[str, bool]]] = {}
        for iri, text, rank in rows:
            found.setdefault(iri, []).append((text, rank >= OTHER_NAMES_FROM))
        return found

    def addresses(self, *, after: int = 0, limit: int = 50_000) -> list[str]:
        """Return the IRIs of the entries with the numbers from `after` + 1 to `after` + `limit`, for a site map."""
        query = "SELECT iri FROM entry WHERE id > ? AND id <= ? ORDER BY id"
        return [iri for (iri,) in self._read(query, (after, after + limit))]

    def count(self) -> int:
        """Return the number of the last entry; those that were taken out have left gaps."""
        return int(self._read("SELECT coalesce(max(id), 0) FROM entry", ())[0][0])

    def _find(self, match: str, whole: str, tag: str, kind: str | None, limit: int, offset: int) -> Hits:
        kinds = self._read(
            f"""SELECT kind, count(*) FROM (
                  SELECT entry.kind FROM words JOIN entry ON entry.id = words.rowid
                  WHERE words MATCH ? LIMIT {_COUNT_TO}
                ) GROUP BY kind ORDER BY 2 DESC, 1""",
            (match,),
        )
        total = sum(number for name, number in kinds if kind is None or name == kind)
        rows = self._read(
            f"""SELECT entry.id, entry.iri, entry.kind, entry.dataset, coalesce({_ENDED}, false)
               FROM words JOIN entry ON entry.id = words.rowid
               LEFT JOIN whole ON whole.key = ? AND whole.entry = entry.id
               WHERE words MATCH ? AND (? IS NULL OR entry.kind = ?)
               ORDER BY CASE WHEN entry.kind IN (SELECT value FROM json_each(?)) THEN 4
                             WHEN whole.rank IS NULL AND entry.kind IN (SELECT value FROM json_each(?)) THEN 3
                             ELSE coalesce(whole.rank, 2) END,
                        entry.weight + 2 * coalesce({_ENDED}, false), bm25(words, 4.0, 1.0), entry.length, entry.iri
               LIMIT ? OFFSET ?""",
            (whole, match, kind, kind, json.dumps(TERM_KINDS), json.dumps(CLASS_KINDS), limit, offset),
        )
        labels = self._labels([row[0] for row in rows], tag)
        hits = tuple(
            Hit(iri, *labels[number], kind=found_kind, dataset=dataset, ended=bool(ended))
            for number, iri, found_kind, dataset, ended in rows
        )
        return Hits(total, hits, tuple((name, number) for name, number in kinds if name is not None))

    def _labels(self, numbers: Sequence[int], tag: str) -> dict[int, tuple[str, str]]:
        """Return label and language tag of each entry: the best name in the language `tag`, else the best there is."""
        marks = ", ".join("?" * len(numbers))
        rows = self._read(
            f"SELECT entry, language, text FROM label WHERE entry IN ({marks}) AND rank < {OTHER_NAMES_FROM} "
            "ORDER BY entry, lower(language) <> ?, lower(language) NOT LIKE ? || '-%', rank, language, text",
            (*numbers, tag, tag),
        )
        labels: dict[int, tuple[str, str]] = {}
        for entry, language, text in rows:
            labels.setdefault(entry, (text, language))
        return labels

    def _read(self, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return self._database.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise UnavailableError(
                Fault("does not answer: {reason}", file=str(self._path), values={"reason": error})
            ) from error


def words_of(key: str) -> list[str]:
    """Return the words of a key.

    >>> words_of("so 23 (le-loi)")
    ['so', '23', 'le', 'loi']
    """
    return re.findall(r"[^\W_]+", key)


def _together(words: Sequence[str]) -> str:
    """Return the FTS5 expression for all of `words`; quoted, so that no word is taken for an operator.

    >>> _together(["di", "not"])
    '"di" "not"*'
    """
    return " ".join(f'"{word}"' for word in words) + "*"


def _either(words: Sequence[str]) -> str:
    return " OR ".join(f'"{word}"' for word in words) + "*"
