"""The catalogue as harvesters take it: page by page, each dataset whole on its page, or only what has changed.

It lies in the release in parts, so that a page costs what is on it, however many datasets there are. Pages are linked
in the two ways of Hydra that harvesters know: <https://www.hydra-cg.com/spec/latest/core/#collections>.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import urlencode

import pyoxigraph as ox
from flask import request

from lienket.errors import Fault, UnavailableError
from lienket.releases.release import CATALOGUE
from lienket.vocabulary import HYDRA, RDF, XSD
from lienket.web import addresses
from lienket.web.answers import page_number
from lienket.web.datasets import Dataset, datasets
from lienket.web.problems import Problem
from lienket.web.shown import Shown, once

A_PAGE: Final = 40
"""Datasets on a page: some 4 MB in the longest of the formats."""

_SINCE: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ].*)?")


@dataclass(frozen=True)
class Page:
    """A page of the catalogue."""

    number: int
    last: int
    datasets: Sequence[Dataset]
    """Those that are on it."""
    total: int
    """How many there are on all pages."""

    def address(self, number: int) -> str:
        """Return where another page is, on the host that was asked."""
        arguments = [(name, value) for name, value in request.args.items(multi=True) if name != "page"]
        return f"{addresses.requested()}?{urlencode([*arguments, ('page', str(number))])}"

    @property
    def links(self) -> dict[str, str]:
        """The other pages by what they are to this one: first, last, next, previous."""
        numbers = {"first": 1, "last": self.last, "previous": self.number - 1, "next": self.number + 1}
        return {name: self.address(number) for name, number in numbers.items() if 1 <= number <= self.last}


def page(present: Shown) -> Page:
    """Return the page that the request asks for; raises `Problem` 400 for a moment that is none, 404 beyond the end."""
    text = request.args.get("modified_since", "")
    since = _day(text) if text else ""
    wanted = [about for about in datasets(present).values() if about.counted["modified"] >= since]
    last = max(1, -(-len(wanted) // A_PAGE))
    number = page_number()
    if number > last:
        raise Problem.of(404)
    return Page(number, last, wanted[(number - 1) * A_PAGE : number * A_PAGE], len(wanted))


def described(present: Shown, found: Page) -> list[ox.Triple]:
    """Return what the catalogue says on a page, and where the others are."""
    triples = with_terms(present, [about.id for about in found.datasets], {present.project.base_iri + "catalog"})
    if found.last > 1:
        triples += _view(present, found)
    return triples


def with_terms(present: Shown, ids: Iterable[str], roots: Iterable[str] = ()) -> list[ox.Triple]:
    """Return what the catalogue says of datasets, and of everything they name; of `roots` too."""
    triples = [triple for id_ in ids for triple in part(present, id_)]
    shared = _shared(present)
    found: dict[ox.Triple, None] = {}
    waiting: list[object] = [ox.NamedNode(root) for root in roots]
    waiting += [triple.object for triple in triples]
    seen: set[object] = set()
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            for triple in shared.get(node, ()):
                found[triple] = None
                waiting.append(triple.object)
    return [*found, *triples]


def part(present: Shown, name: str) -> list[ox.Triple]:
    """Return what one dataset adds to the catalogue; by "" what is said in common."""
    path = present.release.path / CATALOGUE
    try:
        start, length = present.release.manifest["catalogue"][name]
        with path.open("rb") as file:
            file.seek(start)
            text = file.read(length)
        return [quad.triple for quad in ox.parse(text, format=ox.RdfFormat.N_TRIPLES)]
    except (KeyError, OSError, SyntaxError, ValueError) as error:
        raise UnavailableError(Fault("cannot be read: {reason}", file=str(path), values={"reason": error})) from error


@once
def _shared(present: Shown) -> dict[object, list[ox.Triple]]:
    """Return what is said in common, by subject."""
    found: dict[object, list[ox.Triple]] = {}
    for triple in part(present, ""):
        found.setdefault(triple.subject, []).append(triple)
    return found


def _view(present: Shown, found: Page) -> list[ox.Triple]:
    """Return the links between pages: one node of both classes, so that every harvester finds its own."""
    view = ox.NamedNode(found.address(found.number))
    catalogue = ox.NamedNode(present.project.base_iri + "catalog")
    triples = [ox.Triple(catalogue, ox.NamedNode(HYDRA + "view"), view)]
    for kind in ("PartialCollectionView", "PagedCollection"):
        triples.append(ox.Triple(view, ox.NamedNode(RDF + "type"), ox.NamedNode(HYDRA + kind)))
    for name, number in (("totalItems", found.total), ("itemsPerPage", A_PAGE)):
        count = ox.Literal(str(number), datatype=ox.NamedNode(XSD + "integer"))
        triples.append(ox.Triple(view, ox.NamedNode(HYDRA + name), count))
    for name, address in found.links.items():
        for word in (name, f"{name}Page"):
            triples.append(ox.Triple(view, ox.NamedNode(HYDRA + word), ox.NamedNode(address)))
    return triples


def _day(text: str) -> str:
    match = _SINCE.fullmatch(text)
    try:
        return date.fromisoformat(match[1] if match else text).isoformat()
    except ValueError:
        raise Problem(400, "Not understood", "modified_since must be a day or a moment, e.g. 2026-01-31.") from None
