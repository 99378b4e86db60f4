"""Reads geometries in Well-Known Text (OGC 06-103r4 §7; in RDF: GeoSPARQL 1.1 §8.5.1) as plain lists of positions."""

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

Position: TypeAlias = tuple[float, float]
"""Longitude, latitude in degrees (WGS 84)."""

_CRS84: Final = ("", "http://www.opengis.net/def/crs/OGC/1.3/CRS84", "https://www.opengis.net/def/crs/OGC/1.3/CRS84")
_WHOLE: Final = re.compile(
    r"\s*(?:<(?P<crs>[^>]*)>)?\s*(?P<kind>[A-Z]+)\s*(?P<dimension>Z|M|ZM)?\s*(?P<body>\(.*\))\s*", re.DOTALL | re.I
)
_INNERMOST: Final = re.compile(r"\(([^()]*)\)")
_LONGEST: Final = 4_000_000


@dataclass(frozen=True)
class Shape:
    """A geometry taken apart; the rings of areas stand in one list, to be filled by the even-odd rule."""

    points: tuple[Position, ...] = ()
    lines: tuple[tuple[Position, ...], ...] = ()
    areas: tuple[tuple[Position, ...], ...] = ()

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        positions = [*self.points, *(p for line in (*self.lines, *self.areas) for p in line)]
        longitudes = [longitude for longitude, _ in positions]
        latitudes = [latitude for _, latitude in positions]
        return min(longitudes), min(latitudes), max(longitudes), max(latitudes)


def read(text: str) -> Shape | None:
    """Return the shape of a WKT text; None where it is none, is empty, or is not in longitude and latitude.

    >>> read("POINT(107.58 16.47)").points
    ((107.58, 16.47),)
    >>> len(read("POLYGON((0 0,1 0,1 1,0 0),(0.2 0.1,0.4 0.1,0.4 0.2,0.2 0.1))").areas)
    2
    >>> read("POINT(571234 1823456)") is None
    True
    """
    match = _WHOLE.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None or (match["crs"] or "") not in _CRS84:
        return None
    try:
        parts = tuple(_positions(part[1]) for part in _INNERMOST.finditer(match["body"]))
    except ValueError:
        return None
    if not parts or not all(parts):
        return None
    kind = match["kind"].upper()
    if kind in ("POINT", "MULTIPOINT"):
        return Shape(points=tuple(position for part in parts for position in part))
    if kind in ("LINESTRING", "MULTILINESTRING"):
        return Shape(lines=parts)
    if kind in ("POLYGON", "MULTIPOLYGON"):
        return Shape(areas=parts)
    return None


def _positions(text: str) -> tuple[Position, ...]:
    positions = []
    for pair in text.split(","):
        longitude, latitude = (float(number) for number in pair.split()[:2])
        if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
            raise ValueError(pair)
        positions.append((longitude, latitude))
    return tuple(positions)


def simplified(line: tuple[Position, ...], tolerance: float) -> tuple[Position, ...]:
    """Return `line` without the positions that lie within `tolerance` degrees of it (Douglas and Peucker, 1973).

    >>> simplified(((0, 0), (1, 0.001), (2, 0)), 0.01)
    ((0, 0), (2, 0))
    """
    kept = [False] * len(line)
    if line:
        kept[0] = kept[-1] = True
    waiting = [(0, len(line) - 1)]
    while waiting:
        first, last = waiting.pop()
        (x1, y1), (x2, y2) = line[first], line[last]
        dx, dy = x2 - x1, y2 - y1
        length = (dx * dx + dy * dy) ** 0.5
        farthest, distance = 0, tolerance
        for index in range(first + 1, last):
            x, y = line[index]
            off = abs(dx * (y - y1) - dy * (x - x1)) / length if length else ((x - x1) ** 2 + (y - y1) ** 2) ** 0.5
            if off > distance:
                farthest, distance = index, off
        if farthest:
            kept[farthest] = True
            waiting += [(first, farthest), (farthest, last)]
    return tuple(position for position, keep in zip(line, kept, strict=True) if keep)
