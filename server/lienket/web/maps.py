"""Maps as inline SVG: the administrative areas of the release as a base, a place drawn over it. No script, no tiles.

Positions become whole units of one plane for the whole deployment (longitude shrunk by the cosine of the middle
latitude, latitude upside down), so the base's outlines are worked out once a release and every map only chooses its
window. Texts and marks are placed in the window's own 720 x 540 units and keep their size.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import cos, radians
from typing import Final

import pyoxigraph as ox

from lienket import wkt
from lienket.web import addresses
from lienket.web.names import Text, iri_of, name_of, order_of, texts_of
from lienket.web.queries import query
from lienket.web.shown import Shown, once
from lienket.wkt import Position, Shape

WIDTH: Final = 720
HEIGHT: Final = 540
_SMALL_WIDTH: Final = 120
_SMALL_HEIGHT: Final = 90

_UNITS: Final = 20_000
"""Units of the plane in a degree of latitude: one is about five metres."""

_CLOSEST: Final = 0.06
"""Degrees of latitude that a window shows at least: a point is shown with its surroundings."""

_LOCATOR: Final = (0.65 * WIDTH, 0.66 * HEIGHT, float(WIDTH), float(HEIGHT))
"""Where templates lay the locator over the map."""

_LETTER: Final = 7.5
_LETTER_ON_A_PHONE: Final = 11.5
"""Width of a letter of a label, in the window's units; static/style.css has the sizes that go with it."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Area:
    """One area of the base map, in the plane."""

    iri: str
    box: Box
    """Left, top, right, bottom."""
    middle: Position
    fine: str
    """Outline as SVG path data."""
    coarse: str


@dataclass(frozen=True)
class Plane:
    """How positions become units."""

    west: float
    north: float
    shrink: float

    def place(self, position: Position) -> Position:
        """Return the position in units, x to the right and y downwards."""
        longitude, latitude = position
        return ((longitude - self.west) * self.shrink * _UNITS, (self.north - latitude) * _UNITS)

    def path(self, lines: Iterable[Sequence[Position]], *, closed: bool) -> str:
        """Return SVG path data in whole units, each step relative to the one before."""
        pieces: list[str] = []
        for line in lines:
            x, y = (round(number) for number in self.place(line[0]))
            steps = []
            left, top = x, y
            for position in line[1:]:
                next_x, next_y = (round(number) for number in self.place(position))
                if (next_x, next_y) != (x, y):
                    steps.append(f"{next_x - x} {next_y - y}")
                    x, y = next_x, next_y
            pieces.append(f"M{left} {top}" + ("l" + " ".join(steps) if steps else "") + ("z" if closed else ""))
        return "".join(pieces).replace(" -", "-")


@dataclass(frozen=True)
class Base:
    """The areas of a release."""

    plane: Plane
    box: Box
    areas: tuple[Area, ...]
    """The larger first, so that what lies inside is drawn on top."""
    silhouette: str
    """All areas roughly, as path data in the plane."""


@dataclass(frozen=True)
class Drawn:
    """One outline of a map."""

    path: str
    iri: str = ""
    name: Text = field(default_factory=lambda: Text(""))
    href: str = ""
    here: bool = False


@dataclass(frozen=True)
class Label:
    """One name on a map, in the window's units."""

    x: float
    y: float
    text: Text
    minor: bool
    """Whether a small map leaves it out."""


@dataclass(frozen=True)
class Map:
    """A window on the plane, ready for templates/_map.html."""

    transform: str
    """SVG transform from the plane to the window."""
    base: tuple[Drawn, ...]
    labels: tuple[Label, ...]
    area: str = ""
    line: str = ""
    marks: tuple[Position, ...] = ()
    silhouette: str = ""
    """All areas roughly, as path data in the plane; "" where the map itself shows them all."""
    locator: str = ""
    """SVG transform from the plane to the locator, a window of 120 x 90."""
    window: Box = (0, 0, 0, 0)
    """What the map shows, in the locator's units: x, y, width, height."""
    centre: Position = (0.0, 0.0)
    """Longitude and latitude of its middle."""
    zoom: int = 0
    """The zoom level of web maps that shows about as much."""
    point: bool = False


@once
def base(present: Shown) -> Base | None:
    """Return the base map of a release; None where it has no areas."""
    areas = {iri_of(row["class"]) for row in present.store.select(query("areas"))}
    shapes: dict[str, Shape] = {}
    administrative: set[str] = set()
    for row in present.store.select(query("places")):
        iri, text = iri_of(row["place"]), row["shape"]
        if iri not in shapes and isinstance(text, ox.Literal) and (shape := wkt.read(text.value)) is not None:
            shapes[iri] = shape
        if "class" in row and iri_of(row["class"]) in areas:
            administrative.add(iri)
    chosen = {iri: shape for iri, shape in shapes.items() if iri in administrative} or shapes
    if not chosen:
        return None
    plane = _plane(_around(shape.box for shape in chosen.values()))
    box = _around(_placed(plane, shape) for shape in chosen.values())
    whole = [shape for shape in chosen.values() if width(_placed(plane, shape)) > 0.95 * width(box)]
    rough = [
        ring
        for shape in whole[:1] or chosen.values()
        for area in shape.areas
        if len(ring := wkt.simplified(area, max(width(box), height(box)) / _SMALL_WIDTH / _UNITS)) > 3
    ]
    return Base(
        plane,
        box,
        tuple(
            sorted(
                (_area(plane, iri, shape, width(box)) for iri, shape in chosen.items()),
                key=lambda area: (-width(area.box) * height(area.box), area.iri),
            )
        ),
        plane.path(rough, closed=True),
    )


def of_areas(present: Shown, language: str) -> Map | None:
    """Return the map of all areas, each a link; None where the release has none."""
    ground = base(present)
    if ground is None:
        return None
    scale, left, top = _window(ground.box, margin=0.02)
    texts = texts_of(present, [area.iri for area in ground.areas])
    languages = order_of(present.project.languages, language)
    drawn = tuple(
        Drawn(area.coarse, area.iri, name_of(area.iri, texts, languages), addresses.local(area.iri))
        for area in ground.areas
    )
    return Map(_transform(scale, left, top), drawn, _labels(ground.areas, drawn, scale, left, top))


def of_place(present: Shown, iri: str, geometries: Sequence[str], languages: Sequence[str]) -> Map | None:
    """Return the map of a place, with its surroundings; None where it has no geometry that can be drawn."""
    shapes = [shape for shape in map(wkt.read, geometries) if shape is not None]
    if not shapes:
        return None
    shape = Shape(
        tuple(dict.fromkeys(p for s in shapes for p in s.points)),
        tuple(line for s in shapes for line in s.lines),
        tuple(area for s in shapes for area in s.areas),
    )
    ground = base(present)
    plane = ground.plane if ground is not None else _plane(shape.box)
    here = _placed(plane, shape)
    whole = ground is not None and width(here) > 0.5 * width(ground.box)
    scale, left, top = _window(here, margin=0.06 if whole else 0.5, least=_CLOSEST * _UNITS)
    seen = (left, top, left + WIDTH / scale, top + HEIGHT / scale)
    around = [area for area in ground.areas if _meet(area.box, seen)] if ground is not None else []
    texts = texts_of(present, [area.iri for area in around])
    drawn = tuple(Drawn(area.fine, area.iri, name_of(area.iri, texts, languages)) for area in around)
    west, south, east, north = shape.box
    middle = ((west + east) / 2, (south + north) / 2)
    point = not shape.areas and not shape.lines
    small = ground is not None and width(seen) * height(seen) < 0.6 * width(ground.box) * height(ground.box)
    marks = tuple(_inside(plane.place(p), scale, left, top) for p in shape.points) if point else ()
    free = [(x - 24, y - 52, x + 24, y + 6) for x, y in marks] + ([_LOCATOR] if small else [])
    return Map(
        _transform(scale, left, top),
        drawn,
        _labels([area for area in around if area.iri != iri and not whole], drawn, scale, left, top, free=free),
        area=plane.path(shape.areas, closed=True),
        line=plane.path(shape.lines, closed=False),
        marks=marks,
        silhouette=ground.silhouette if ground is not None and small else "",
        locator=_transform(_small_scale(ground), *ground.box[:2]) if ground is not None else "",
        window=_small_window(ground, seen) if ground is not None else (0, 0, 0, 0),
        centre=middle,
        zoom=_zoom(height(seen) / _UNITS),
        point=point,
    )


def width(box: Box) -> float:
    """Return the width of a box."""
    return box[2] - box[0]


def height(box: Box) -> float:
    """Return the height of a box."""
    return box[3] - box[1]


def _plane(box: Box) -> Plane:
    west, south, _, north = box
    return Plane(west, north, cos(radians((south + north) / 2)))


def _around(boxes: Iterable[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _placed(plane: Plane, shape: Shape) -> Box:
    west, south, east, north = shape.box
    left, top = plane.place((west, north))
    right, bottom = plane.place((east, south))
    return left, top, right, bottom


def _area(plane: Plane, iri: str, shape: Shape, span: float) -> Area:
    tolerance = span / WIDTH / _UNITS  # one unit of the window that shows everything
    rings = [wkt.simplified(ring, tolerance) for ring in shape.areas]
    largest = max(shape.areas, key=_size)
    return Area(
        iri,
        _placed(plane, shape),
        plane.place(_middle(largest)),
        plane.path(shape.areas, closed=True),
        plane.path([ring for ring in rings if len(ring) > 3] or [largest], closed=True),
    )


def _size(ring: Sequence[Position]) -> float:
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(ring)))


def _middle(ring: Sequence[Position]) -> Position:
    """Return the centre of gravity of a ring, worked out beside its first position to keep the digits."""
    x0, y0 = ring[0]
    twice = x = y = 0.0
    for (x1, y1), (x2, y2) in pairwise(ring):
        cross = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        twice += cross
        x += (x1 + x2 - 2 * x0) * cross
        y += (y1 + y2 - 2 * y0) * cross
    return (x0 + x / (3 * twice), y0 + y / (3 * twice)) if twice else (x0, y0)


def _window(box: Box, *, margin: float, least: float = 0.0) -> tuple[float, float, float]:
    """Return scale, left and top of the window that shows `box` with a margin around it."""
    wide = max(width(box) * (1 + 2 * margin), least * WIDTH / HEIGHT, 1.0)
    tall = max(height(box) * (1 + 2 * margin), least, 1.0)
    scale = min(WIDTH / wide, HEIGHT / tall)
    centre_x, centre_y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return scale, centre_x - WIDTH / scale / 2, centre_y - HEIGHT / scale / 2


def _transform(scale: float, left: float, top: float) -> str:
    return f"scale({scale:.6g}) translate({-left:.1f} {-top:.1f})"


def _inside(place: Position, scale: float, left: float, top: float) -> Position:
    return round((place[0] - left) * scale, 1), round((place[1] - top) * scale, 1)


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _labels(
    areas: Sequence[Area], drawn: Sequence[Drawn], scale: float, left: float, top: float, *, free: Iterable[Box] = ()
) -> tuple[Label, ...]:
    """Return the names that fit into their areas without meeting another; the widest areas choose first.

    `free` are places that no name may cover.
    """
    names = {outline.iri: outline.name for outline in drawn}
    labels: dict[str, Label] = {}
    taken: list[Box] = list(free)
    for letter, minor in ((_LETTER_ON_A_PHONE, False), (_LETTER, True)):
        for area in areas:
            x, y = _inside(area.middle, scale, left, top)
            half = len(names[area.iri].value) * letter / 2
            box = (x - half, y - 1.5 * letter, x + half, y + 1.5 * letter)
            holds_others = any(other is not area and _within(other.middle, area.box) for other in areas)
            inside = box[0] > 4 and box[2] < WIDTH - 4 and box[1] > 4 and box[3] < HEIGHT - 4
            fits = inside and width(area.box) * scale > 1.5 * half and not holds_others
            if fits and area.iri not in labels and not any(_meet(box, other) for other in taken):
                taken.append(box)
                labels[area.iri] = Label(x, y, names[area.iri], minor)
    return tuple(labels.values())


def _within(place: Position, box: Box) -> bool:
    return box[0] < place[0] < box[2] and box[1] < place[1] < box[3] and width(box) > 0


def _small_scale(ground: Base) -> float:
    return min(_SMALL_WIDTH / max(width(ground.box), 1), _SMALL_HEIGHT / max(height(ground.box), 1))


def _small_window(ground: Base, seen: Box) -> Box:
    scale = _small_scale(ground)
    return (
        round((seen[0] - ground.box[0]) * scale, 1),
        round((seen[1] - ground.box[1]) * scale, 1),
        round(width(seen) * scale, 1),
        round(height(seen) * scale, 1),
    )


def _zoom(degrees: float) -> int:
    zoom = 8
    while zoom < 18 and degrees * 2 ** (zoom - 8) < 1.2:
        zoom += 1
    return zoom
