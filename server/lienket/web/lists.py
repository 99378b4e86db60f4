"""Lists of resources: what points at one, what a dataset holds; the first few on its page, the rest page by page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import pyoxigraph as ox

from lienket.languages import Language
from lienket.search import GENERAL_KINDS
from lienket.store import Term
from lienket.vocabulary import GEO
from lienket.web import addresses
from lienket.web.describe import MOST_VALUES
from lienket.web.names import Link, iri_of, links, order_of
from lienket.web.queries import query
from lienket.web.shown import Shown

MOST_COUNTED: Final = 10_000
"""What points here is counted up to this number."""

_SORTED_BY_NAME: Final = 200
"""A list of up to so many is shown in the order of its names."""

_MOST_BY_KIND: Final = 1000
"""Up to so many resources that point here are told apart by their classes."""

A_PAGE: Final = 60
"""Resources on a page of a longer list."""

_Found: TypeAlias = tuple[str, str | None, int, list[str]]
"""A group in the making: property or class, class that stands apart, count, resources."""


@dataclass(frozen=True)
class Pointing:
    """The resources that point here by one property."""

    by: Link
    """The property, or the class of a dataset's list."""
    count: int
    """Up to `MOST_COUNTED`."""
    subjects: tuple[Link, ...]
    kind: Link | None = None
    """The class of all of them, where classes stand apart."""
    page: int = 1
    more: bool = False

    @property
    def pages(self) -> int:
        """How many pages the whole list has."""
        return -(-self.count // A_PAGE)


def pointing(present: Shown, iri: str, pack: Language) -> tuple[Pointing, ...]:
    """Return what points at `iri`: each property with its count and the first resources.

    As long as there are not too many, those of each class stand apart.
    """
    counts = {
        iri_of(row["predicate"]): int(row["count"].value)
        for row in present.store.select(query("pointing"), **_pointed(present, iri))
        if isinstance(row.get("predicate"), ox.NamedNode) and isinstance(row["count"], ox.Literal)
    }
    if sum(counts.values()) <= _MOST_BY_KIND:
        return _groups(present, _by_kind(present, iri), MOST_VALUES, pack)
    found: list[_Found] = []
    for predicate, count in counts.items():
        terms = {**_pointed(present, iri), "predicate": ox.NamedNode(predicate)}
        found.append((predicate, None, count, _some(present, "pointing_by", terms)))
    return _groups(present, found, MOST_VALUES, pack)


def pointing_by(present: Shown, iri: str, predicate: str, kind: str | None, page: int, pack: Language) -> Pointing:
    """Return one page of the resources, perhaps of one class, that point at `iri` by `predicate`."""
    terms = {**_pointed(present, iri), "predicate": ox.NamedNode(predicate)}
    if kind is None:
        return _page(present, "pointing_by", terms, predicate, None, page, pack)
    return _page(present, "pointing_by_kind", {**terms, "class": ox.NamedNode(kind)}, predicate, kind, page, pack)


def _pointed(present: Shown, iri: str) -> dict[str, Term]:
    base_iri = present.project.base_iri
    graphs = {"shapes": ox.NamedNode(base_iri + "shapes"), "void": ox.NamedNode(base_iri + "void")}
    return {"object": ox.NamedNode(iri), **graphs}


def _by_kind(present: Shown, iri: str) -> list[_Found]:
    """Return what points at `iri` by property and class, the largest groups first; every resource once a property.

    A resource of several classes stands with the most telling one: the deployment's own before others.
    """
    kinds: dict[tuple[str, str], set[str]] = {}
    for row in present.store.select(query("pointing_kinds"), **_pointed(present, iri)):
        found = kinds.setdefault((iri_of(row["predicate"]), iri_of(row["subject"])), set())
        if isinstance(row.get("class"), ox.NamedNode):
            found.add(iri_of(row["class"]))
    groups: dict[tuple[str, str | None], list[str]] = {}
    for (predicate, subject), classes in kinds.items():
        best = min(classes, key=lambda kind: (kind in GENERAL_KINDS, not addresses.is_ours(kind), kind), default=None)
        groups.setdefault((predicate, best), []).append(subject)
    ordered = sorted(groups.items(), key=lambda group: -len(group[1]))
    return [(predicate, kind, len(subjects), subjects) for (predicate, kind), subjects in ordered]


def classes_in(present: Shown, graph: str, shown_each: int, pack: Language) -> tuple[Pointing, ...]:
    """Return the classes of a dataset's resources: each with its number and the first resources.

    Of several classes of the same resources only the most telling one, and outlines last.
    """
    found = []
    for row in present.store.select(query("classes"), graph=ox.NamedNode(graph)):
        if isinstance(row.get("class"), ox.NamedNode) and isinstance(row["count"], ox.Literal):
            terms = {"graph": ox.NamedNode(graph), "class": row["class"]}
            found.append((iri_of(row["class"]), None, int(row["count"].value), _some(present, "members", terms)))
    found.sort(key=lambda group: (group[0] in GENERAL_KINDS, not addresses.is_ours(group[0])))
    seen: set[frozenset[str]] = set()
    telling = []
    for group in found:
        if frozenset(group[3]) not in seen and not (seen and group[0] in GENERAL_KINDS):
            telling.append(group)
        seen.add(frozenset(group[3]))
    found = sorted(telling, key=lambda group: (group[0] == GEO + "Geometry", -group[2]))
    return _groups(present, found, shown_each, pack)


def members_of(present: Shown, graph: str, class_: str, page: int, pack: Language) -> Pointing:
    """Return one page of a dataset's resources of one class."""
    terms = {"graph": ox.NamedNode(graph), "class": ox.NamedNode(class_)}
    return _page(present, "members", terms, class_, None, page, pack)


def _some(present: Shown, name: str, terms: Mapping[str, Term]) -> list[str]:
    """Return a few resources of a list, so many that they can be put into the order of their names."""
    rows = present.store.select(f"{query(name)}LIMIT {_SORTED_BY_NAME}", **terms)
    return [iri_of(row["subject"]) for row in rows]


def _groups(present: Shown, found: Sequence[_Found], shown_each: int, pack: Language) -> tuple[Pointing, ...]:
    languages = order_of(present.project.languages, pack.tag)
    needed = [each for iri, kind, _, subjects in found for each in (iri, kind, *subjects[:_SORTED_BY_NAME]) if each]
    named = links(present, needed, languages)
    groups = []
    for iri, kind, count, subjects in found:
        first = subjects
        if len(subjects) <= _SORTED_BY_NAME:
            first = sorted(subjects, key=lambda subject: (pack.sort_key(named[subject].name.value), subject))
        shown = tuple(named[subject] for subject in first[:shown_each])
        groups.append(Pointing(named[iri], count, shown, named[kind] if kind else None, more=count > len(shown)))
    return tuple(groups)


def _page(
    present: Shown, name: str, terms: Mapping[str, Term], by: str, kind: str | None, page: int, pack: Language
) -> Pointing:
    """Return one page of a list in the order of its IRIs, which end in codes more often than not."""
    rows = present.store.select(f"{query(name)}LIMIT {MOST_COUNTED}", **terms)
    start = (page - 1) * A_PAGE
    subjects = sorted(iri_of(row["subject"]) for row in rows)
    part = subjects[start : start + A_PAGE]
    named = links(present, [by, *part, *([kind] if kind else [])], order_of(present.project.languages, pack.tag))
    return Pointing(
        named[by],
        len(subjects),
        tuple(named[subject] for subject in part),
        named[kind] if kind else None,
        page=page,
        more=len(subjects) > start + A_PAGE,
    )
