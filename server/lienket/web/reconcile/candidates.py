"""Candidates for one query: found by name in the index, held against the properties that were given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pyoxigraph as ox

from lienket import languages
from lienket.classes import Class, Property
from lienket.languages import Language
from lienket.search import Hit
from lienket.store import Term
from lienket.web import language
from lienket.web.api.routes import table
from lienket.web.names import iri_of, texts_of
from lienket.web.queries import nodes
from lienket.web.reconcile.scores import LEAST, Candidate, fit
from lienket.web.shown import Shown, project

_LOOKED_AT: Final = 40
"""Hits of the index that are scored."""

_KINDS_AT_ONCE: Final = 8
_MOST_VALUES: Final = 4000


@dataclass(frozen=True)
class Wanted:
    """One query of a batch."""

    text: str
    kinds: tuple[str, ...]
    """IRIs of classes; none for all."""
    limit: int
    properties: Mapping[str, tuple[str, ...]]
    """By identifier of the property: what it is given as, any of it; a thing by its identifier."""


def found(present: Shown, wanted: Wanted) -> list[Candidate]:
    """Return the candidates for a query, the best first."""
    packs = [languages.get(tag) for tag in project().languages]
    hits = _hits(present, wanted)
    names = present.search.names([hit.iri for hit in hits])
    candidates = [
        Candidate(hit.iri, hit.label, hit.kind, hit.ended, fit(wanted.text, names.get(hit.iri, ()), packs))
        for hit in hits
    ]
    candidates = [each for each in candidates if each.fits >= LEAST]
    if wanted.properties and candidates:
        said = _said(present, [each.iri for each in candidates], wanted)
        candidates = [replace(each, properties=said.get(each.iri, {})) for each in candidates]
    return sorted(candidates, key=lambda each: (-each.score, each.iri))


def properties_of(present: Shown, id_: str) -> list[Property]:
    """Return the properties that an identifier means: its IRI, or its name in any class."""
    every = [each for class_ in table(present).values() for each in class_.properties]
    return [each for each in every if id_ == each.name or id_ in each.predicates]


def class_of(present: Shown, id_: str) -> Class | None:
    """Return the class that an identifier means, by its IRI or its name."""
    return next((each for each in table(present).values() if id_ in (each.iri, each.name)), None)


def id_of(iri: str) -> str:
    """Return the identifier of one of our own things: what its IRI has after `id/`."""
    return iri.removeprefix(project().base_iri + "id/")


def iri_from(id_: str) -> str:
    """Return the IRI that an identifier means; an IRI is one itself."""
    return id_ if "://" in id_ else project().base_iri + "id/" + id_


def _hits(present: Shown, wanted: Wanted) -> list[Hit]:
    """Return what the index finds by the text as it is typed, and with its abbreviations written out."""
    pack = language.language()
    first = languages.get(project().languages[0])
    kinds: Sequence[str | None] = wanted.kinds[:_KINDS_AT_ONCE] or (None,)
    texts = dict.fromkeys((wanted.text, first.spelled_out(wanted.text)))
    own = project().base_iri + "id/"
    hits: dict[str, Hit] = {}
    for text in texts:
        for kind in kinds:
            for hit in present.search.find(text, language=_reader(pack, text), kind=kind, limit=_LOOKED_AT).hits:
                if hit.iri.startswith(own):
                    hits.setdefault(hit.iri, hit)
    return list(hits.values())


def _reader(pack: Language, text: str) -> Language:
    """Return the language whose keys find a text: that of the visitor unless the text has marks that it lacks."""
    first = languages.get(project().languages[0])
    return first if pack.key(text) != first.key(text) else pack


def _said(present: Shown, iris: Sequence[str], wanted: Wanted) -> dict[str, dict[str, bool]]:
    """Return by thing and property whether it says what was given; in one query, of a bounded number of rows."""
    predicates = {
        id_: {iri for each in properties_of(present, id_) for iri in each.predicates} for id_ in wanted.properties
    }
    every = sorted({iri for each in predicates.values() for iri in each})
    if not every:
        return {}
    rows = present.store.select(
        f"SELECT ?thing ?predicate ?value WHERE {{ VALUES ?thing {{ {nodes(iris)} }} ?thing ?predicate ?value "
        f"FILTER(?predicate IN ({', '.join(nodes([iri]) for iri in every)})) }} LIMIT {_MOST_VALUES}"
    )
    values: dict[str, dict[str, list[Term]]] = {}
    for row in rows:
        values.setdefault(iri_of(row["thing"]), {}).setdefault(iri_of(row["predicate"]), []).append(row["value"])
    linked = {iri_of(row["value"]) for row in rows if isinstance(row["value"], ox.NamedNode)}
    names = texts_of(present, sorted(linked))
    pack = languages.get(project().languages[0])
    keys: dict[str, dict[str, set[str]]] = {}
    for iri, by_predicate in values.items():
        for predicate, terms in by_predicate.items():
            spelled = keys.setdefault(iri, {}).setdefault(predicate, set())
            for term in terms:
                spelled |= {_key(pack, text) for text in _texts(term, names)}
    given = {id_: {_key(pack, text) for text in texts} for id_, texts in wanted.properties.items()}
    return {
        iri: {
            id_: any(not given[id_].isdisjoint(by_predicate[predicate]) for predicate in stated)
            for id_ in wanted.properties
            if (stated := predicates[id_] & by_predicate.keys())
        }
        for iri, by_predicate in keys.items()
    }


def _texts(term: Term, names: Mapping[str, Sequence[Any]]) -> list[str]:
    if isinstance(term, ox.NamedNode):
        key = id_of(term.value)
        return [term.value, key, key.rpartition("/")[2], *(text.value for text in names.get(term.value, ()))]
    return [term.value] if isinstance(term, ox.Literal) else []


def _key(pack: Language, text: str) -> str:
    return pack.name_key(pack.spelled_out(pack.clean(text)))
