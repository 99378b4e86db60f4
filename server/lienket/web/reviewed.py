"""What waits for a person to decide, as one file that needs no server: both sides, the evidence, a map."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from math import cos, radians
from pathlib import Path
from typing import Final

from markupsafe import Markup, escape

from lienket.languages import Language
from lienket.web.mailed import environment
from lienket.wkt import Position, Shape

_WIDE: Final = 320.0
_LEAST: Final = 0.004
"""Degrees that a map shows at least: some four hundred metres."""


_ALIKE: Final = 0.6


@dataclass(frozen=True)
class Piece:
    """One piece of evidence."""

    name: str
    value: str
    weight: float


@dataclass(frozen=True)
class Case:
    """One pair that waits."""

    linkset: str
    rule: str
    score: str
    names: tuple[str, str]
    iris: tuple[str, str]
    fields: tuple[tuple[str, str, str], ...]
    """Name of a field, and what either side says."""
    evidence: tuple[Piece, ...]
    others: str
    note: str
    places: tuple[Shape | None, Shape | None]

    @property
    def heaviest(self) -> float:
        """The most that a piece weighs, for the bars."""
        return max((abs(piece.weight) for piece in self.evidence), default=1.0) or 1.0

    @property
    def total(self) -> float:
        """All bits together."""
        return sum(piece.weight for piece in self.evidence)

    @property
    def map(self) -> "Map | None":
        """Both sides on one map; None where neither has a place."""
        shapes = [shape for shape in self.places if shape is not None]
        return Map.of(self.places) if shapes else None


@dataclass(frozen=True)
class Map:
    """Two sides as SVG draws them."""

    width: float
    height: float
    areas: tuple[tuple[str, str], ...]
    """"one" or "other", and the path."""
    points: tuple[tuple[str, float, float], ...]

    @classmethod
    def of(cls, places: Sequence[Shape | None]) -> "Map":
        """Fit both into one frame."""
        boxes = [shape.box for shape in places if shape is not None]
        west, south = min(box[0] for box in boxes), min(box[1] for box in boxes)
        east, north = max(box[2] for box in boxes), max(box[3] for box in boxes)
        span = max(east - west, north - south, _LEAST) * 1.15
        west, north = (west + east - span) / 2, (south + north + span) / 2
        scale = _WIDE / span
        narrow = cos(radians(north))

        def at(position: Position) -> tuple[float, float]:
            x = (position[0] - west) * scale
            return round(_WIDE / 2 + (x - _WIDE / 2) * narrow, 1), round((north - position[1]) * scale, 1)

        areas, points = [], []
        for side, shape in zip(("one", "other"), places, strict=True):
            for ring in shape.areas if shape else ():
                areas.append((side, "M" + "L".join(f"{x} {y}" for x, y in map(at, ring)) + "Z"))
            points += [(side, *at(position)) for position in (shape.points if shape else ())]
        return cls(_WIDE, _WIDE, tuple(areas), tuple(points))


def write(title: str, cases: Sequence[Case], path: Path, language: Language) -> Path:
    """Write the page of what waits and return its path; raises OSError where that cannot be."""
    static = Path(__file__).parent / "static"
    style = Markup("\n".join((static / name).read_text(encoding="utf-8") for name in ("style.css", "review.css")))  # noqa: S704 - our own files
    made = environment(language)
    made.globals["marked"] = marked
    text = made.get_template("review.html").render(title=title, cases=cases, style=style)
    path.write_text(text, encoding="utf-8")
    return path


def marked(text: str, other: str) -> Markup:
    """Return a text in which what the other has not is marked; texts that have little in common are left as they are.

    >>> marked("Chợ Bến", "Chợ Bếm")
    Markup('Chợ Bế<mark>n</mark>')
    """
    matched = SequenceMatcher(None, text, other, autojunk=False)
    if matched.ratio() < _ALIKE:
        return escape(text)
    found = Markup()
    for what, start, end, _, _ in matched.get_opcodes():
        piece = escape(text[start:end])
        found += piece if what == "equal" or not piece else Markup("<mark>{}</mark>").format(piece)
    return found
