"""From an address, with its coordinates, to the unit that it names and the unit of today. Text first, point second.

    address ─▶ level and name of each unit in it ─▶ units of that name, of every generation ─▶ those of today
    point   ─▶ unit of today that it lies in                                                      ─▶ agree? decide

A point never overrules a commune that is named: where they disagree a person decides, and the department is told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import duckdb

from ..languages import Language
from .areas import Areas, Point, point_of
from .matching import define
from .sides import Row

BOTH: Final = "text and point agree"
NEAR: Final = "text, with the point near its border"
TEXT: Final = "text alone"
CHOSEN: Final = "text leaves several, the point decides"
POINT: Final = "point alone"
CONFLICT: Final = "text and point disagree"
AMBIGUOUS: Final = "text leaves several"
SEVERAL: Final = "text names several communes"
NONE: Final = "nothing to go by"

SURE: Final = (BOTH, NEAR, TEXT, CHOSEN, POINT)
"""Decisions that need no person."""

_ABOVE_SAME: Final = 1.5
_ABOVE_NAMED_SAME: Final = 1.0
"""Under the same name, at another level: a district that has become a town."""
_ABOVE_OTHER: Final = -1.5
_LEVEL_SAME: Final = 1.0


@dataclass(frozen=True)
class Unit:
    """A unit of one generation of the list, under one of its names."""

    iri: str
    level: str
    name: str
    """As it is compared."""
    above: frozenset[str]
    """Names of the units above it, as they are compared, with their levels and without."""


@dataclass(frozen=True)
class Located:
    """What an address was found to name."""

    id: str
    decision: str
    named: tuple[str, ...]
    """Units that the text names, of all generations that fit."""
    by_text: tuple[str, ...]
    """Units of today that the text leads to."""
    by_point: tuple[str, ...]
    """Units of today in which the point lies."""
    metres: float | None
    """From the point to the unit that the text leads to, 0 inside of it."""

    @property
    def today(self) -> str | None:
        """The unit of today, where it is sure."""
        if self.decision not in SURE:
            return None
        if self.decision == CHOSEN:
            return next(unit for unit in self.by_text if unit in self.by_point)
        return (self.by_text or self.by_point)[0]


@dataclass
class Gazetteer:
    """Units of all generations with what has become of them, and the areas of today's."""

    units: dict[str, list[Unit]] = field(default_factory=dict)
    """By name as it is compared."""
    today: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Unit → what it belongs to today, itself where it is of today."""
    names: dict[str, str] = field(default_factory=dict)
    areas: Areas = field(default_factory=lambda: Areas({}))

    @classmethod
    def read(cls, units: Sequence[Row], areas: Sequence[Row], language: Language) -> "Gazetteer":
        """Take in the rows of a rule's `units` (?unit ?level ?name ?title ?above ?later) and `areas` (?unit ?wkt)."""
        made = cls(areas=Areas.read({row["unit"]: row["wkt"] for row in areas}))
        later: dict[str, set[str]] = {}
        above: dict[str, set[str]] = {}
        for row in units:
            made.names.setdefault(row["unit"], row["title"])
            later.setdefault(row["unit"], set()).update(filter(None, [row.get("later", "")]))
            above.setdefault(row["unit"], set()).update(filter(None, [row.get("above", "")]))
        made.today = {unit: tuple(sorted(_last(unit, later))) for unit in later}
        words = _compared([*(row["name"] for row in units), *(row["title"] for row in units)], language)
        titles = {unit: words[title] for unit, title in made.names.items()}
        bare = {row["unit"]: words[row["name"]] for row in reversed(units)}
        for unit, level, name in dict.fromkeys((row["unit"], row["level"], row["name"]) for row in units):
            over = _last(unit, above, whole=True)
            higher = frozenset(name for one in over for name in (titles.get(one, ""), bare.get(one, "")))
            one = Unit(unit, level.lower(), words[name], higher)
            made.units.setdefault(one.name, []).append(one)
        return made


def locate(
    rows: Iterable[Row], gazetteer: Gazetteer, language: Language, border: float = 300.0
) -> list[Located]:  # fmt: skip
    """Find for each row (?id ?address ?longitude ?latitude) what its address names, then and today.

    `border` is how far, in metres, a point may lie outside the unit that the text names: coordinates of three decimals
    are as good as that, and areas are simplified.
    """
    rows = list(rows)
    texts = _written_out([row["address"] for row in rows], language)
    found = {text: list(language.pack.mentions(text)) for text in set(texts)}
    words = _compared(
        [w for some in found.values() for level, name in some for w in (name, f"{level} {name}")], language
    )
    located = []
    for row, text in zip(rows, texts, strict=True):
        point = point_of(row.get("longitude", ""), row.get("latitude", ""), gazetteer.areas)
        fitting = _fitting(found[text], words, gazetteer, language)
        located.append(_decide(row["id"], fitting, point, gazetteer, border))
    return located


def _fitting(
    mentions: Sequence[tuple[str, str]], words: Mapping[str, str], gazetteer: Gazetteer, language: Language
) -> list[list[Unit]]:
    """Return for each commune that is named the units that fit best."""
    communes = [(level, name) for level, name in mentions if level in language.pack.commune_levels]
    above = {
        (words[f"{level} {name}"], words[name]) for level, name in mentions if level not in language.pack.commune_levels
    }
    fitting = []
    for level, name in communes:
        known = [unit for unit in gazetteer.units.get(words[name], ()) if unit.level in language.pack.commune_levels]
        weighed = [(_fit(unit, level, above), unit) for unit in known]
        most = max((weight for weight, _ in weighed), default=0.0)
        if most > 0:
            fitting.append([unit for weight, unit in weighed if weight == most])
    return fitting


def _fit(unit: Unit, level: str, above: Iterable[tuple[str, str]]) -> float:
    """Return how well a unit fits what is written: its level, and each unit above it that is named."""
    weight = _LEVEL_SAME if unit.level == level else 0.0
    for whole, bare in above:
        weight += _ABOVE_SAME if whole in unit.above else _ABOVE_NAMED_SAME if bare in unit.above else _ABOVE_OTHER
    return weight


def _decide(
    id_: str, fitting: Sequence[Sequence[Unit]], point: Point | None, gazetteer: Gazetteer, border: float
) -> Located:  # fmt: skip
    each = [{today for unit in units for today in gazetteer.today[unit.iri]} for units in fitting]
    by_point = tuple(gazetteer.areas.holding(point)) if point else ()
    by_text = tuple(sorted(set().union(*each)))
    named = tuple(dict.fromkeys(unit.iri for unit in fitting[0])) if fitting else ()
    if not by_text:
        decision = POINT if len(by_point) == 1 else NONE if not by_point else AMBIGUOUS
        return Located(id_, decision, named, (), by_point, None)
    metres = None
    if point:
        known = [gazetteer.areas.metres(unit, point) for unit in by_text]
        metres = min((one for one in known if one is not None), default=None)
    if len(each) > 1 and len(set.intersection(*each)) != 1:
        return Located(id_, SEVERAL, named, by_text, by_point, metres)
    if len(each) > 1:
        by_text = tuple(set.intersection(*each))
    return Located(id_, _together(by_text, by_point, metres, border), named, by_text, by_point, metres)


def _together(by_text: Sequence[str], by_point: Sequence[str], metres: float | None, border: float) -> str:
    both = set(by_text) & set(by_point)
    if len(by_text) > 1:
        return CHOSEN if len(both) == 1 else AMBIGUOUS if both or not by_point else CONFLICT
    if metres is None:
        return TEXT
    if both:
        return BOTH
    return NEAR if metres <= border else CONFLICT


def _last(unit: str, arrows: Mapping[str, set[str]], *, whole: bool = False) -> set[str]:
    """Return what a unit's arrows lead to in the end, or with `whole` all that they lead to."""
    ends: set[str] = set()
    seen: set[str] = set()
    waiting = [unit]
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        further = arrows.get(one) or set()
        waiting += further
        if whole or not further:
            ends.add(one)
    return ends - {unit} if whole else ends


def _written_out(texts: Sequence[str], language: Language) -> list[str]:
    return _in_sql("lk_written_out(lk_clean(t))", texts, language)


def _compared(texts: Sequence[str], language: Language) -> dict[str, str]:
    distinct = list(dict.fromkeys(texts))
    return dict(zip(distinct, _in_sql("lk_compared(t)", distinct, language), strict=True))


def _in_sql(expression: str, texts: Sequence[str], language: Language) -> list[str]:
    """Return what a macro makes of texts: keys are made in one place."""
    with duckdb.connect() as connection:
        define(connection, language)
        rows = connection.execute(
            f"SELECT {expression} FROM (SELECT unnest($1::VARCHAR[]) AS t, unnest(range(len($1))) AS n) ORDER BY n",
            [list(texts)],
        ).fetchall()
    return [text for (text,) in rows]
