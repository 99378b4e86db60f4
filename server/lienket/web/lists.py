"""Lists of resources: what points at one, what a dataset holds; the first few on its page, the rest page by page."""

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final, TypeAlias, TypeVar

import pyoxigraph as ox

from lienket.languages import Language
from lienket.search import GENERAL_KINDS
from lienket.store import Term
from lienket.vocabulary import DCAT, DCT, GEO, SPDX, TIME
from lienket.web import addresses
from lienket.web.describe import MOST_VALUES
from lienket.web.names import Link, iri_of, links, order_of
from lienket.web.queries import query
from lienket.web.shown import Shown, once

MOST_COUNTED: Final = 10_000
"""What points here is counted up to this number."""

_SORTED_BY_NAME: Final = 5000
"""A list of up to so many is shown in the order of its names, a longer one in the order of its IRIs."""

_NAMED_AT_ONCE: Final = 1000

_KEPT_LISTS: Final = 64
"""So many lists are kept in their order, those that were asked for last."""

PLUMBING: Final = (GEO + "Geometry", DCT + "PeriodOfTime", DCAT + "Distribution", SPDX + "Checksum")
_PLUMBING_NAMESPACES: Final = (TIME, "http://www.opengis.net/ont/sf#", SPDX)
"""Classes of what only serves to describe something else: outlines, intervals, checksums."""

_MOST_BY_KIND: Final = 1000
"""Up to so many resources that point here are told apart by their classes."""

A_PAGE: Final = 60
"""Resources on a page of a longer list."""

_NUMBER: Final = re.compile(r"\d+")
_DIGITS: Final = 12
_keeping = Lock()

_Kept = TypeVar("_Kept")
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
    counts = _kept(present, ("pointing", iri), lambda: _counts(present, iri))
    if sum(counts.values()) <= _MOST_BY_KIND:
        return _groups(present, _by_kind(present, iri), MOST_VALUES, pack)
    found: list[_Found] = []
    for predicate, count in counts.items():
        terms = {**_pointed(present, iri), "predicate": ox.NamedNode(predicate)}
        found.append((predicate, None, count, _in_order(present, "pointing_by", terms, pack)))
    return _groups(present, found, MOST_VALUES, pack, ordered=True)


def _counts(present: Shown, iri: str) -> dict[str, int]:
    return {
        iri_of(row["predicate"]): int(row["count"].value)
        for row in present.store.select(query("pointing"), **_pointed(present, iri))
        if isinstance(row.get("predicate"), ox.NamedNode) and isinstance(row["count"], ox.Literal)
    }


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

    Of several classes of the same resources only the most telling one; what only serves to describe the others is
    left out as long as there are others.
    """
    found: list[tuple[str, int, frozenset[str], dict[str, Term]]] = []
    for row in present.store.select(query("classes"), graph=ox.NamedNode(graph)):
        if isinstance(row.get("class"), ox.NamedNode) and isinstance(row["count"], ox.Literal):
            terms: dict[str, Term] = {"graph": ox.NamedNode(graph), "class": row["class"]}
            members = frozenset(_subjects(present, "members", terms))
            found.append((iri_of(row["class"]), int(row["count"].value), members, terms))
    found.sort(key=lambda group: (group[0] in GENERAL_KINDS, not addresses.is_ours(group[0])))
    found = [group for group in found if not _is_plumbing(group[0])] or found
    seen: set[frozenset[str]] = set()
    telling = []
    for group in found:
        if group[2] not in seen and not (seen and group[0] in GENERAL_KINDS):
            telling.append(group)
        seen.add(group[2])
    groups: list[_Found] = [
        (class_, None, count, _in_order(present, "members", terms, pack))
        for class_, count, _, terms in sorted(telling, key=lambda group: -group[1])
    ]
    return _groups(present, groups, shown_each, pack, ordered=True)


def members_of(present: Shown, graph: str, class_: str, page: int, pack: Language) -> Pointing:
    """Return one page of a dataset's resources of one class."""
    terms = {"graph": ox.NamedNode(graph), "class": ox.NamedNode(class_)}
    return _page(present, "members", terms, class_, None, page, pack)


def _is_plumbing(class_: str) -> bool:
    return class_ in PLUMBING or class_.startswith(_PLUMBING_NAMESPACES)


def _subjects(present: Shown, name: str, terms: Mapping[str, Term]) -> list[str]:
    """Return the resources of a list, at most `MOST_COUNTED`, in no order."""
    rows = present.store.select(f"{query(name)}LIMIT {MOST_COUNTED}", **terms)
    return [iri_of(row["subject"]) for row in rows]


def _in_order(present: Shown, name: str, terms: Mapping[str, Term], pack: Language) -> list[str]:
    """Return the resources of a list in the one order that a page's first few and the pages of all have."""
    key = (name, pack.tag, *sorted((variable, str(term)) for variable, term in terms.items()))
    return _kept(present, key, lambda: _sorted(present, _subjects(present, name, terms), pack))


def _kept(present: Shown, key: tuple[object, ...], work: Callable[[], _Kept]) -> _Kept:
    """Return what `work` gives, or what it gave before for the same release and key."""
    kept = _kept_lists(present)
    with _keeping:
        if key in kept:
            kept.move_to_end(key)
            found: _Kept = kept[key]
            return found
    made = work()
    with _keeping:
        kept[key] = made
        while len(kept) > _KEPT_LISTS:
            kept.popitem(last=False)
    return made


@once
def _kept_lists(present: Shown) -> OrderedDict[tuple[object, ...], Any]:
    return OrderedDict()


def _sorted(present: Shown, subjects: Sequence[str], pack: Language) -> list[str]:
    """Return resources in the order of their names in the visitor's language, numbers by size; many by their IRIs."""
    if len(subjects) > _SORTED_BY_NAME:
        return sorted(subjects)
    languages = order_of(present.project.languages, pack.tag)
    keys = {}
    for start in range(0, len(subjects), _NAMED_AT_ONCE):
        for iri, link in links(present, subjects[start : start + _NAMED_AT_ONCE], languages).items():
            keys[iri] = pack.sort_key(_NUMBER.sub(lambda number: number[0].zfill(_DIGITS), link.name.value))
    return sorted(subjects, key=lambda subject: (keys[subject], subject))


def _groups(
    present: Shown, found: Sequence[_Found], shown_each: int, pack: Language, *, ordered: bool = False
) -> tuple[Pointing, ...]:
    languages = order_of(present.project.languages, pack.tag)
    first = [
        (subjects if ordered else _sorted(present, subjects, pack))[:shown_each] for _, _, _, subjects in found
    ]  # fmt: skip
    needed = [each for (iri, kind, _, _), shown in zip(found, first, strict=True) for each in (iri, kind, *shown)]
    named = links(present, (each for each in needed if each), languages)
    return tuple(
        Pointing(
            named[iri],
            count,
            tuple(named[subject] for subject in shown),
            named[kind] if kind else None,
            more=count > len(shown),
        )
        for (iri, kind, count, _), shown in zip(found, first, strict=True)
    )


def _page(
    present: Shown, name: str, terms: Mapping[str, Term], by: str, kind: str | None, page: int, pack: Language
) -> Pointing:
    """Return one page of a list."""
    start = (page - 1) * A_PAGE
    subjects = _in_order(present, name, terms, pack)
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
