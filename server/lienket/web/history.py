"""What became of things that were replaced, and what they were made from: as a graph on their page and as JSON.

a thing ─▶ all that led to it, all that came of it ─▶ columns from earlier to later ─▶ SVG
                                                   └▶ what is it today, what was it on a day
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import pyoxigraph as ox
from flask import Blueprint, Response, request

from lienket.formats import JSON
from lienket.vocabulary import SCHEMA
from lienket.web import addresses, language, past
from lienket.web.answers import iri_argument, sent, unchanged
from lienket.web.names import Link, iri_of, links
from lienket.web.problems import Problem
from lienket.web.queries import query, query_over
from lienket.web.shown import Shown, shown

MOST: Final = 300
"""Things that a history takes in; a larger one is cut where it is farthest."""

_WIDTH, _HEIGHT, _GAP, _BETWEEN = 164, 46, 10, 28
_LONGEST: Final = 21
_LONGEST_PERIOD: Final = 23
"""Characters that a box has room for."""
_BEGINNINGS: Final = (SCHEMA + "validFrom", SCHEMA + "foundingDate")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")

blueprint = Blueprint("history", __name__)


@dataclass
class Lineage:
    """A thing with all that led to it and all that came of it."""

    iri: str
    depths: dict[str, int] = field(default_factory=dict)
    """Steps from the thing: below 0 for what led to it."""
    arrows: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """(earlier, later) → the changes that did it."""
    validity: dict[str, tuple[str, str]] = field(default_factory=dict)
    """First and last day, "" where not stated."""

    @property
    def today(self) -> list[str]:
        """What the thing has become in the end: itself, where nothing has replaced it."""
        replaced = {earlier for earlier, _ in self.arrows}
        return [iri for iri, depth in self.depths.items() if depth >= 0 and iri not in replaced]

    def on(self, day: str) -> list[str]:
        """Return what stood in the thing's place on a day; things that state no day at all are left out.

        What does not say when it ended, ended when what replaced it began.
        """
        begun = {
            earlier for earlier, later in self.arrows
            if (first := self.validity.get(later, ("", ""))[0]) and first <= day
        }  # fmt: skip
        return [
            iri for iri, (first, last) in self.validity.items()
            if (first or last) and (not first or first <= day) and (day <= last if last else iri not in begun)
        ]  # fmt: skip


@dataclass(frozen=True)
class Box:
    """A thing in the drawing."""

    link: Link
    text: str
    """Its name, as long as there is room for."""
    period: str
    months: str
    x: int
    y: int
    here: bool


@dataclass(frozen=True)
class Drawing:
    """A history as SVG draws it."""

    boxes: tuple[Box, ...]
    lines: tuple[str, ...]
    """Paths from box to box."""
    width: int
    height: int
    box_width: int = _WIDTH
    box_height: int = _HEIGHT


def lineage_of(present: Shown, iri: str) -> Lineage | None:
    """Return the history of a thing; None where it replaced nothing and nothing has replaced it."""
    found = Lineage(iri, {iri: 0})
    for step in (-1, 1):
        border, depth = [iri], 0
        while border and len(found.depths) < MOST:
            depth += step
            reached: dict[str, None] = {}
            for row in present.store.select(query_over("lineage", border)):
                end = row.get("earlier" if step < 0 else "later")
                if end is None:
                    continue
                here, other = iri_of(row["subject"]), iri_of(end)
                arrow = (other, here) if step < 0 else (here, other)
                changes = found.arrows.setdefault(arrow, [])
                if "change" in row and iri_of(row["change"]) not in changes:
                    changes.append(iri_of(row["change"]))
                if other != iri and found.depths.get(other, 0) * step < depth * step:
                    reached[other] = None
            found.depths.update(dict.fromkeys(reached, depth))
            border = list(reached) if abs(depth) < MOST else []
    if len(found.depths) == 1:
        return None
    found.validity = dict.fromkeys(found.depths, ("", ""))
    for row in present.store.select(query_over("validity", found.depths)):
        first, last = found.validity[iri_of(row["subject"])]
        day = row["value"].value if isinstance(row["value"], ox.Literal) else ""
        is_first = iri_of(row["predicate"]) in _BEGINNINGS
        found.validity[iri_of(row["subject"])] = (day, last) if is_first else (first, day)
    return found


def drawing(present: Shown, iri: str, languages: Sequence[str]) -> Drawing | None:
    """Return the history of a thing as a drawing; None where it has none."""
    found = lineage_of(present, iri)
    if found is None:
        return None
    named = links(present, found.depths, languages)
    columns: dict[int, list[str]] = {}
    for one, depth in found.depths.items():
        columns.setdefault(depth, []).append(one)
    pack = language.language()
    tallest = max(map(len, columns.values()))
    height = tallest * (_HEIGHT + _GAP) - _GAP
    places: dict[str, tuple[int, int]] = {}
    for number, depth in enumerate(sorted(columns)):
        column = sorted(columns[depth], key=lambda one: (found.validity[one], pack.sort_key(named[one].name.value)))
        top = (height - (len(column) * (_HEIGHT + _GAP) - _GAP)) // 2
        for row, one in enumerate(column):
            places[one] = number * (_WIDTH + _BETWEEN), top + row * (_HEIGHT + _GAP)
    boxes = tuple(
        Box(
            named[one],
            _short(named[one].name.value),
            _period(found.validity[one]),
            _months(found.validity[one]),
            x,
            y,
            one == iri,
        )
        for one, (x, y) in places.items()
    )
    lines = tuple(_path(places[earlier], places[later]) for earlier, later in found.arrows
                  if earlier in places and later in places)  # fmt: skip
    return Drawing(boxes, lines, len(columns) * (_WIDTH + _BETWEEN) - _BETWEEN, height)


@blueprint.get("/history.json")
def answer() -> Response:
    """Tell what a thing is today and what it was on a day, by its IRI, or by its name or code."""
    present = shown()
    if (kept := unchanged(present, JSON)) is not None:
        return kept
    day = request.args.get("on", "")
    if day and not _DAY.fullmatch(day):
        raise Problem(400, "Not understood", "on must be a day as yyyy-mm-dd.")
    languages = present.project.languages
    found: list[Lineage] = []
    for iri in _asked(present):
        if not any(iri in one.depths for one in found) and (one := lineage_of(present, iri)) is not None:
            found.append(one)  # an earlier one of the same name is the same history
    if not found:
        raise Problem.of(404)
    named = links(present, {iri for one in found for iri in (*one.depths, *_changes(one))}, languages)
    body = {"on": day or None, "found": [_told(one, named, day) for one in found]}
    return sent(json.dumps(body, ensure_ascii=False) + "\n", present, JSON)


def _asked(present: Shown) -> list[str]:
    if "iri" in request.args:
        return [iri_argument("iri")]
    text = request.args.get("q", "").strip()
    if not text:
        raise Problem(400, "Not understood", "iri or q must say what is asked for.")
    rows = present.store.select(query("called"), asked=ox.Literal(text))
    return sorted({iri_of(row["subject"]) for row in rows})


def _told(found: Lineage, named: Mapping[str, Link], day: str) -> dict[str, Any]:
    def things(iris: Iterable[str]) -> list[dict[str, str | None]]:
        return [
            {
                "iri": iri, "name": named[iri].name.value, "from": found.validity[iri][0] or None,
                "through": found.validity[iri][1] or None, "address": past.within(addresses.local(iri)),
            }
            for iri in sorted(iris)
        ]  # fmt: skip

    told: dict[str, Any] = {**things([found.iri])[0], "today": things(found.today)}
    if day:
        told["then"] = things(found.on(day))
    told["steps"] = [
        {"earlier": earlier, "later": later, "changes": [
            {"iri": change, "name": named[change].name.value} for change in changes]}
        for (earlier, later), changes in sorted(found.arrows.items())
    ]  # fmt: skip
    return told


def _changes(found: Lineage) -> Iterable[str]:
    return (change for changes in found.arrows.values() for change in changes)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"


def _period(validity: tuple[str, str]) -> str:
    """Return both days in the visitor's way, or as they are stated where that is too long for a box."""
    for first, last in (tuple(_written(day) for day in validity), validity):
        text = f"{first or '…'} – {last or '…'}" if first or last else ""
        if len(text) <= _LONGEST_PERIOD:
            break
    return text


def _months(validity: tuple[str, str]) -> str:
    """Return the period as months in digits, which are read alike everywhere and fit a box."""
    first, last = (f"{int(month)}/{year}" if month.isdecimal() else day
                   for day in validity for year, _, month in [day[:7].partition("-")])  # fmt: skip
    return f"{first or '…'} – {last or '…'}" if first or last else ""


def _written(day: str) -> str:
    try:
        return language.language().format_date(date.fromisoformat(day)) if day else ""
    except ValueError:  # years have more than four digits, or what is stated is no day
        return day


def _path(earlier: tuple[int, int], later: tuple[int, int]) -> str:
    """Return a curve from the right side of one box to the left side of another."""
    x1, y1 = earlier[0] + _WIDTH, earlier[1] + _HEIGHT // 2
    x2, y2 = later[0], later[1] + _HEIGHT // 2
    middle = (x1 + x2) // 2
    return f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}"
