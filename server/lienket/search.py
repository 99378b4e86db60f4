"""The full-text index of a release: what a person types is found, with or without diacritics.

One SQLite file with an FTS5 table (<https://www.sqlite.org/fts5.html>). Texts and questions are both turned into keys
by the language packs before they meet, so SQLite's own folding plays no part; a text is kept under the key of every
language of the deployment, because a Vietnamese name is looked for on an English page too.
"""

import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from os.path import commonprefix
from pathlib import Path
from threading import Lock
from typing import Any, Final

import pyoxigraph as ox

from lienket.errors import Fault, UnavailableError
from lienket.languages import Language
from lienket.store import Store
from lienket.vocabulary import (
    DCT,
    FOAF,
    GEO,
    LABEL_PREDICATES,
    OWL,
    QB,
    RDF,
    RDFS,
    SCHEMA,
    SH,
    SKOS,
    VCARD,
    VOID,
)

ALTERNATIVE_PREDICATES: Final[tuple[str, ...]] = (
    SKOS + "altLabel", SKOS + "hiddenLabel", SKOS + "notation", DCT + "identifier", DCT + "alternative",
    SCHEMA + "alternateName", SCHEMA + "identifier",
)  # fmt: skip
"""What else a resource is known by: other names and official codes."""

_NAMES: Final = """
SELECT ?subject ?predicate ?text ?graph WHERE {{
  VALUES ?predicate {{ {predicates} }}
  GRAPH ?graph {{ ?subject ?predicate ?text }}
  FILTER(isIRI(?subject) && isLiteral(?text))
}}
"""
_KINDS: Final = f"""
SELECT ?subject ?kind WHERE {{
  GRAPH ?graph {{ ?subject <{RDF}type> ?kind }}
  FILTER(isIRI(?subject) && isIRI(?kind))
}}
"""
_ENDED: Final = f"""
SELECT DISTINCT ?subject WHERE {{
  {{ GRAPH ?graph {{ ?subject <{DCT}isReplacedBy> ?successor }} }}
  UNION
  {{ GRAPH ?graph {{ ?subject <{SCHEMA}validThrough> ?end }} FILTER(STR(?end) < SUBSTR(STR(NOW()), 1, 10)) }}
}}
"""
_STANDING_FOR_OTHERS: Final = f"""
SELECT DISTINCT ?subject WHERE {{
  {{ GRAPH ?graph {{ ?subject <{SKOS}inScheme> ?scheme }} }}
  UNION
  {{ GRAPH ?graph {{ ?subject a <{GEO}Geometry> }} }}
}}
"""
"""Entries of code lists and outlines; what they stand for is shown before them."""

GENERAL_KINDS: Final = (
    SKOS + "Concept", RDFS + "Resource", RDFS + "Class", RDFS + "Datatype", GEO + "Feature", GEO + "SpatialObject",
    DCT + "Location", FOAF + "Agent", VCARD + "Kind", VOID + "Dataset",
    "http://www.w3.org/2002/07/owl#NamedIndividual", "http://www.w3.org/2002/07/owl#Thing",
)  # fmt: skip
"""Types that say little where a resource has another one too."""

_SCHEMA: Final = """
CREATE TABLE name (subject TEXT NOT NULL, rank INTEGER NOT NULL, language TEXT NOT NULL, text TEXT NOT NULL,
                   graph TEXT NOT NULL);
CREATE TABLE kind (subject TEXT NOT NULL, kind TEXT NOT NULL);
CREATE TABLE weight (subject TEXT NOT NULL, weight INTEGER NOT NULL);
"""
_INDEX: Final = """
CREATE TABLE entry (id INTEGER PRIMARY KEY, iri TEXT NOT NULL UNIQUE, kind TEXT, dataset TEXT NOT NULL,
                    weight INTEGER NOT NULL, length INTEGER NOT NULL);
CREATE TABLE label (entry INTEGER NOT NULL, rank INTEGER NOT NULL, language TEXT NOT NULL, text TEXT NOT NULL,
                    PRIMARY KEY (entry, rank, language, text)) WITHOUT ROWID;
CREATE TABLE whole (key TEXT NOT NULL, entry INTEGER NOT NULL, rank INTEGER NOT NULL,
                    PRIMARY KEY (key, entry)) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5(label, other, content='', prefix='2 3 4', tokenize='unicode61 remove_diacritics 0');
"""  # noqa: E501

TERM_KINDS: Final = (
    OWL + "ObjectProperty", OWL + "DatatypeProperty", OWL + "AnnotationProperty", OWL + "Ontology", RDF + "Property",
    QB + "DimensionProperty", QB + "MeasureProperty", QB + "AttributeProperty", QB + "CodedProperty",
    QB + "DataStructureDefinition", SH + "SPARQLExecutable", SH + "SPARQLSelectExecutable",
    SH + "SPARQLAskExecutable", SH + "SPARQLConstructExecutable", SH + "NodeShape", SH + "PropertyShape",
)  # fmt: skip
"""Kinds of what serves to work with the data: properties, structures, example queries. All data comes before them."""

CLASS_KINDS: Final = (OWL + "Class", RDFS + "Class", RDFS + "Datatype")
"""Kinds of classes: after the data too, unless what was typed is the very name."""

_OTHER: Final = len(LABEL_PREDICATES)
"""Ranks from here on are names other than the label."""

_ENDED_WEIGHT: Final = 2
"""Entries are sorted by the sum of what speaks against them; from here on they are no longer in force."""

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


def build(path: Path, store: Store, *, languages: Sequence[Language]) -> int:
    """Write the index of everything in `store` that has a name to a new file at `path`; return the number of entries.

    Raises `UnavailableError` where the file cannot be written.
    """
    try:
        path.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as database:
            database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _INDEX)
            database.execute("ATTACH '' AS staging")  # SQLite's own temporary file: memory stays small
            database.executescript(_SCHEMA.replace("CREATE TABLE ", "CREATE TABLE staging."))
            _stage(database, store)
            count = _fill(database, languages)
            database.commit()
            database.execute("INSERT INTO words(words) VALUES ('optimize')")
            database.commit()
            database.execute("DETACH staging")
            database.execute("ANALYZE")
            database.commit()
    except (OSError, sqlite3.Error) as error:
        raise UnavailableError(
            Fault("cannot be written: {reason}", file=str(path), values={"reason": error})
        ) from error
    return count


def _stage(database: sqlite3.Connection, store: Store) -> None:
    """Copy names, kinds and withdrawals out of the store, in whatever order it gives them."""
    ranks = {iri: rank for rank, iri in enumerate((*LABEL_PREDICATES, *ALTERNATIVE_PREDICATES))}
    predicates = " ".join(f"<{iri}>" for iri in ranks)
    database.executemany(
        "INSERT INTO staging.name VALUES (?, ?, ?, ?, ?)",
        (
            (subject, min(ranks[predicate], _OTHER), text.language or "", text.value, graph)
            for subject, predicate, text, graph in _rows(store, _NAMES.format(predicates=predicates))
            if isinstance(text, ox.Literal) and text.value.strip()
        ),
    )
    database.executemany("INSERT INTO staging.kind VALUES (?, ?)", _rows(store, _KINDS))
    for query, weight in ((_STANDING_FOR_OTHERS, 1), (_ENDED, _ENDED_WEIGHT)):
        database.executemany(
            "INSERT INTO staging.weight VALUES (?, ?)", ((subject, weight) for (subject,) in _rows(store, query))
        )
    database.execute("CREATE INDEX staging.weight_subject ON weight (subject, weight)")
    database.execute("CREATE INDEX staging.name_subject ON name (subject, rank, language, text, graph)")
    database.execute("CREATE INDEX staging.kind_subject ON kind (subject, kind)")


def _rows(store: Store, query: str) -> Iterator[tuple[Any, ...]]:
    """Return the rows of a SELECT as tuples; IRIs as text, literals as they are."""
    answer = store.query(query)
    if not isinstance(answer, ox.QuerySolutions):
        raise TypeError("a SELECT query is needed")
    for solution in answer:
        yield tuple(term.value if isinstance(term, ox.NamedNode) else term for term in solution)


def _fill(database: sqlite3.Connection, languages: Sequence[Language]) -> int:
    reader = database.cursor()
    reader.execute("SELECT subject, rank, language, text, graph FROM staging.name ORDER BY subject, rank")
    count = 0
    subject: str | None = None
    names: list[tuple[int, str, str, str]] = []
    for iri, *name in reader:
        if iri != subject:
            if subject is not None and _enter(database, count + 1, subject, names, languages):
                count += 1
            subject, names = iri, []
        names.append((name[0], name[1], name[2], name[3]))
    if subject is not None and _enter(database, count + 1, subject, names, languages):
        count += 1
    return count


def _enter(
    database: sqlite3.Connection,
    number: int,
    iri: str,
    names: Sequence[tuple[int, str, str, str]],
    languages: Sequence[Language],
) -> bool:
    """Write one resource, or leave it out: without a label, merely labelled here, or part of another (`…#part`)."""
    best = min(rank for rank, *_ in names)
    kinds = [kind for (kind,) in database.execute("SELECT kind FROM staging.kind WHERE subject = ? ORDER BY 1", (iri,))]
    if best >= _OTHER or not kinds or "#" in iri:
        return False
    telling = [kind for kind in kinds if kind not in GENERAL_KINDS] or kinds
    kind = max(telling, key=lambda kind: len(commonprefix((kind, iri))))  # noqa: RUF071 - IRIs; the deployment's own class before others
    weighed = "SELECT coalesce(sum(weight), 0) FROM staging.weight WHERE subject = ?"
    (weight,) = database.execute(weighed, (iri,)).fetchone()
    graph = next(graph for rank, _, _, graph in names if rank == best)
    label_keys: dict[str, None] = {}
    other_keys: dict[str, None] = {}
    for rank, language, text, _ in names:
        database.execute("INSERT OR IGNORE INTO label VALUES (?, ?, ?, ?)", (number, rank, language, text))
        for pack in languages:
            key = " ".join(_words(pack.key(text)))
            (label_keys if rank < _OTHER else other_keys).setdefault(key)
            database.execute("INSERT OR IGNORE INTO whole VALUES (?, ?, ?)", (key, number, int(rank >= _OTHER)))
    database.execute(
        "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?)",
        (number, iri, kind, graph, weight, min(map(len, label_keys))),
    )
    database.execute(
        "INSERT INTO words(rowid, label, other) VALUES (?, ?, ?)", (number, " ".join(label_keys), " ".join(other_keys))
    )
    return True


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
        words = _words(language.key(text))[:16]
        if not words:
            return Hits(0, (), ())
        whole = " ".join(words)
        found = self._find(_together(words), whole, language.tag, kind, limit, offset)
        if found.total or found.kinds or len(words) == 1:
            return found
        loosened = self._find(_either(words), whole, language.tag, kind, limit, offset)
        return Hits(loosened.total, loosened.hits, loosened.kinds, loosened=True)

    def addresses(self, *, after: int = 0, limit: int = 50_000) -> list[str]:
        """Return the IRIs of the entries from number `after` + 1 on, for a site map."""
        return [
            iri
            for (iri,) in self._read("SELECT iri FROM entry WHERE id > ? ORDER BY id LIMIT ?", (after, limit))
        ]  # fmt: skip

    def count(self) -> int:
        """Return the number of entries."""
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
            """SELECT entry.id, entry.iri, entry.kind, entry.dataset, entry.weight
               FROM words JOIN entry ON entry.id = words.rowid
               LEFT JOIN whole ON whole.key = ? AND whole.entry = entry.id
               WHERE words MATCH ? AND (? IS NULL OR entry.kind = ?)
               ORDER BY CASE WHEN entry.kind IN (SELECT value FROM json_each(?)) THEN 4
                             WHEN whole.rank IS NULL AND entry.kind IN (SELECT value FROM json_each(?)) THEN 3
                             ELSE coalesce(whole.rank, 2) END,
                        entry.weight, bm25(words, 4.0, 1.0), entry.length, entry.iri
               LIMIT ? OFFSET ?""",
            (whole, match, kind, kind, json.dumps(TERM_KINDS), json.dumps(CLASS_KINDS), limit, offset),
        )
        labels = self._labels([row[0] for row in rows], tag)
        hits = tuple(
            Hit(iri, *labels[number], kind=found_kind, dataset=dataset, ended=weight >= _ENDED_WEIGHT)
            for number, iri, found_kind, dataset, weight in rows
        )
        return Hits(total, hits, tuple((name, number) for name, number in kinds if name is not None))

    def _labels(self, numbers: Sequence[int], tag: str) -> dict[int, tuple[str, str]]:
        """Return label and language tag of each entry: the best name in the language `tag`, else the best there is."""
        marks = ", ".join("?" * len(numbers))
        rows = self._read(
            f"SELECT entry, language, text FROM label WHERE entry IN ({marks}) AND rank < {_OTHER} "
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


def _words(key: str) -> list[str]:
    """Return the words of a key.

    >>> _words("so 23 (le-loi)")
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
