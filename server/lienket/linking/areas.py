"""Points and areas: which unit a point lies in, and how far it is from another."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .. import wkt

Point = tuple[float, float]
"""Longitude, latitude."""

_METRES: float = 111_195.0
"""In one degree of a great circle."""


@dataclass(frozen=True)
class Areas:
    """The areas of today's units."""

    shapes: Mapping[str, wkt.Shape]
    """By IRI of the unit."""

    @classmethod
    def read(cls, texts: Mapping[str, str]) -> "Areas":
        """Take in WKT texts by unit; one that is no area is left out."""
        shapes = ((unit, wkt.read(text)) for unit, text in texts.items())
        return cls({unit: shape for unit, shape in shapes if shape is not None and shape.areas})

    def holding(self, point: Point) -> list[str]:
        """Return the units in which a point lies; areas that were simplified each alone may overlap."""
        return [unit for unit, shape in self.shapes.items() if _in_box(shape, point, 0.0) and _inside(shape, point)]

    def metres(self, unit: str, point: Point) -> float | None:
        """Return how far a point is outside of a unit, 0 inside of it; None where its area is not known."""
        shape = self.shapes.get(unit)
        if shape is None:
            return None
        return 0.0 if _inside(shape, point) else min(_to_line(line, point) for line in shape.areas)

    def near(self, point: Point) -> bool:
        """Tell whether a point lies within a tenth of a degree of any area: farther away it is a mistake."""
        return any(_in_box(shape, point, 0.1) for shape in self.shapes.values())


def point_of(longitude: str, latitude: str, areas: Areas) -> Point | None:
    """Return the point that two texts give; longitude and latitude in each other's place are put right.

    None where there is none, or one that is nowhere near the areas: 0, -1 and the like stand for nothing.
    """
    try:
        point = float(longitude), float(latitude)
    except ValueError:
        return None
    return next((one for one in (point, point[::-1]) if areas.near(one)), None)


def _in_box(shape: wkt.Shape, point: Point, margin: float) -> bool:
    west, south, east, north = shape.box
    return west - margin <= point[0] <= east + margin and south - margin <= point[1] <= north + margin


def _inside(shape: wkt.Shape, point: Point) -> bool:
    """Tell by the even-odd rule."""
    x, y = point
    odd = False
    for (x1, y1), (x2, y2) in (pair for ring in shape.areas for pair in _segments(ring)):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            odd = not odd
    return odd


def _to_line(line: Sequence[Point], point: Point) -> float:
    """Return the metres to a line, on a plane that touches the earth at the point."""
    wide = math.cos(math.radians(point[1]))
    flat = [((x - point[0]) * wide * _METRES, (y - point[1]) * _METRES) for x, y in line]
    return min((_to_segment(*pair) for pair in _segments(flat)), default=math.inf)


def _to_segment(start: Point, end: Point) -> float:
    (x1, y1), (x2, y2) = start, end
    dx, dy = x2 - x1, y2 - y1
    length = dx * dx + dy * dy
    along = max(0.0, min(1.0, -(x1 * dx + y1 * dy) / length)) if length else 0.0
    return math.hypot(x1 + along * dx, y1 + along * dy)


def _segments(line: Sequence[Point]) -> Iterable[tuple[Point, Point]]:
    return pairwise(line)
