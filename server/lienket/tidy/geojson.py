"""The places of a dataset as a map: GeoJSON (RFC 7946), one feature for each thing that has a geometry.

A feature has what the thing's row has in the tables. Positions are longitude and latitude in WGS 84; rings of areas
turn as the RFC wants them (§3.1.6).
"""

import json
import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from lienket.tidy.names import THING
from lienket.tidy.survey import AS_WKT, BLANK, HAS_GEOMETRY, TYPE, Said, Survey, subjects
from lienket.vocabulary import XSD

Box = tuple[float, float, float, float]
"""West, south, east, north, in degrees."""

_WKT: Final = re.compile(r"\s*(?:<(?P<crs>[^>]*)>)?\s*(?P<kind>[A-Z]+)\s*(?P<body>\([^A-Z]*\))\s*", re.IGNORECASE)
_CRS84: Final = (None, "http://www.opengis.net/def/crs/OGC/1.3/CRS84", "https://www.opengis.net/def/crs/OGC/1.3/CRS84")
_KINDS: Final = {
    "POINT": ("Point", 0), "LINESTRING": ("LineString", 1), "POLYGON": ("Polygon", 2),
    "MULTIPOINT": ("MultiPoint", 1), "MULTILINESTRING": ("MultiLineString", 2), "MULTIPOLYGON": ("MultiPolygon", 3),
}  # fmt: skip
"""Word of WKT → type of GeoJSON, and how deep positions lie in its lists."""
_NUMBERS: Final = frozenset(XSD + name for name in (
    "integer", "decimal", "double", "float", "int", "long", "nonNegativeInteger", "positiveInteger",
))  # fmt: skip


def geometry(text: str) -> dict[str, Any] | None:
    """Return a WKT text as a geometry of GeoJSON; None where it is none, or is not in longitude and latitude.

    >>> geometry("POINT(107.58 16.47)")
    {'type': 'Point', 'coordinates': [107.58, 16.47]}
    >>> geometry("POLYGON((0 0,0 1,1 1,0 0))")["coordinates"]
    [[[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]]]
    """
    match = _WKT.fullmatch(text)
    if match is None or match["crs"] not in _CRS84 or match["kind"].upper() not in _KINDS:
        return None
    type_, depth = _KINDS[match["kind"].upper()]
    body = match["body"]
    if type_ == "MultiPoint":
        body = "(" + re.sub(r"[()]", "", body) + ")"  # each position may stand in brackets of its own
    lists = re.sub(r"[^(),]+", lambda part: _position(part[0]), body).replace("(", "[").replace(")", "]")
    try:
        coordinates = json.loads(lists)
    except ValueError:
        return None
    if depth == 0:
        coordinates = coordinates[0]
    if not _is_sound(coordinates, depth):
        return None
    if type_ == "Polygon":
        coordinates = _turned(coordinates)
    elif type_ == "MultiPolygon":
        coordinates = [_turned(polygon) for polygon in coordinates]
    return {"type": type_, "coordinates": coordinates}


def _position(text: str) -> str:
    numbers = text.split()
    if not numbers:
        return ""
    try:
        return json.dumps([float(number) for number in numbers[:2]])
    except ValueError:
        return "?"


def _is_sound(coordinates: Any, depth: int) -> bool:
    if not isinstance(coordinates, list) or not coordinates:
        return False
    if depth:
        return all(_is_sound(part, depth - 1) for part in coordinates)
    numbers = [number for number in coordinates if isinstance(number, float)]
    return len(numbers) == len(coordinates) == 2 and abs(numbers[0]) <= 180 and abs(numbers[1]) <= 90


def _turned(polygon: list[list[list[float]]]) -> list[list[list[float]]]:
    """Return a polygon whose outer ring turns against the clock and whose holes turn with it."""
    return [
        ring if (_area(ring) >= 0) == (number == 0) else ring[::-1]
        for number, ring in enumerate(_closed(ring) for ring in polygon)
    ]


def _closed(ring: list[list[float]]) -> list[list[float]]:
    return ring if ring[0] == ring[-1] else [*ring, ring[0]]


def _area(ring: list[list[float]]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))


def write_map(nquads: Path, graph: str, found: Survey, path: Path) -> tuple[int, Box | None]:
    """Write the places of a dataset; return how many there are and the box around them. Without any, no file."""
    shapes = {iri: shape for iri, text in found.shapes.items() if (shape := geometry(text)) is not None}
    if not shapes:
        return 0, None
    count, box = 0, None
    pointed, outlines = _geometries(nquads, graph, shapes)
    with path.open("w", encoding="utf-8") as file:
        file.write('{"type":"FeatureCollection","features":[')
        for subject, said in subjects(nquads, graph):
            outline = _outline(subject, said, shapes, pointed)
            if outline is None:
                continue
            shape = shapes[outline]
            if not any(predicate == TYPE for predicate, _, _ in said):  # it is told of elsewhere, here only its outline
                said = [*said, *outlines[outline]]
            feature = {
                "type": "Feature",
                "id": subject,
                "geometry": shape,
                "properties": _properties(subject, said, found),
            }
            file.write(",\n" if count else "\n")
            json.dump(feature, file, ensure_ascii=False, separators=(",", ":"))
            count, box = count + 1, _around(box, shape)
        file.write("\n]}\n")
    return count, box


def _geometries(nquads: Path, graph: str, shapes: Mapping[str, Any]) -> tuple[frozenset[str], dict[str, Said]]:
    """Return the geometries that a thing of the dataset has, and what is said of all of them."""
    pointed: set[str] = set()
    outlines: dict[str, Said] = {}
    for subject, said in subjects(nquads, graph):
        if subject in shapes:
            outlines[subject] = said
        pointed.update(value for predicate, _, value in said if predicate in HAS_GEOMETRY)
    return frozenset(pointed), outlines


def _outline(subject: str, said: Said, shapes: Mapping[str, dict[str, Any]], pointed: frozenset[str]) -> str | None:
    """Return the geometry of a thing: an area before a line before a point, where it has several."""
    candidates = [value for predicate, _, value in said if predicate in HAS_GEOMETRY and value in shapes]
    if not candidates and subject in shapes and subject not in pointed:
        candidates = [subject]
    return max(
        candidates,
        key=lambda iri: ("Polygon" in shapes[iri]["type"], "Line" in shapes[iri]["type"]),
        default=None,
    )


def _properties(subject: str, said: Said, found: Survey) -> dict[str, Any]:
    properties: dict[str, Any] = {THING: subject}
    for predicate, kind, value in said:
        if predicate in (TYPE, AS_WKT) or predicate in HAS_GEOMETRY or kind == BLANK:
            continue
        name, known = found.names[predicate, kind], _value(kind, value)
        if name in properties:
            before = properties[name]
            properties[name] = [*(before if isinstance(before, list) else [before]), known]
        else:
            properties[name] = known
    return properties


def _value(kind: str, value: str) -> Any:
    if kind in _NUMBERS:
        try:
            number = float(value)
        except ValueError:
            return value
        whole = kind not in (XSD + "double", XSD + "float", XSD + "decimal")
        return int(value) if whole else number if number == number and abs(number) != float("inf") else value
    if kind == XSD + "boolean":
        return value in ("true", "1")
    return value


def _around(box: Box | None, shape: Mapping[str, Any]) -> Box:
    positions = list(_positions(shape["coordinates"]))
    west, east = min(p[0] for p in positions), max(p[0] for p in positions)
    south, north = min(p[1] for p in positions), max(p[1] for p in positions)
    if box is None:
        return west, south, east, north
    return min(box[0], west), min(box[1], south), max(box[2], east), max(box[3], north)


def _positions(coordinates: Any) -> Iterable[list[float]]:
    if isinstance(coordinates[0], float):
        yield coordinates
    else:
        for part in coordinates:
            yield from _positions(part)
