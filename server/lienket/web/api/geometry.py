"""Geometries in the words of GeoJSON (<https://www.rfc-editor.org/rfc/rfc7946#section-3.1>)."""

import json
import re
from typing import Any, Final

_CRS84: Final = ("", "http://www.opengis.net/def/crs/OGC/1.3/CRS84", "https://www.opengis.net/def/crs/OGC/1.3/CRS84")
_WHOLE: Final = re.compile(
    r"\s*(?:<(?P<crs>[^>]*)>)?\s*(?P<kind>[A-Z]+)\s*(?P<dimension>ZM|Z|M)?\s*(?P<body>\(.*\))\s*", re.DOTALL | re.I
)
_NUMBER: Final = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_POSITION: Final = re.compile(rf"{_NUMBER}(?:\s+{_NUMBER})+")
_KINDS: Final = {
    "POINT": ("Point", 0), "LINESTRING": ("LineString", 1), "POLYGON": ("Polygon", 2), "MULTIPOINT": ("MultiPoint", 1),
    "MULTILINESTRING": ("MultiLineString", 2), "MULTIPOLYGON": ("MultiPolygon", 3),
}  # fmt: skip
"""By the word of Well-Known Text: that of GeoJSON, and how deep its positions lie."""


def geometry_of(text: str) -> dict[str, Any] | None:
    """Return the geometry of a WKT text; None where it is none, is of no simple kind, or not in longitude and latitude.

    >>> geometry_of("POINT(107.58 16.47)")
    {'type': 'Point', 'coordinates': [107.58, 16.47]}
    >>> geometry_of("MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)))")["coordinates"][0][0][1]
    [1.0, 0.0]
    >>> geometry_of("POINT EMPTY") is None
    True
    """
    match = _WHOLE.fullmatch(text)
    if match is None or (match["crs"] or "") not in _CRS84 or match["kind"].upper() not in _KINDS:
        return None
    kind, depth = _KINDS[match["kind"].upper()]
    body = match["body"]
    if kind == "MultiPoint":
        body = re.sub(r"\(\s*([^()]+?)\s*\)", r"\1", body)  # each of its points may be in brackets or not
        body = body if body.startswith("(") else f"({body})"
    most = 2 if match["dimension"] in ("M", "m") else 3
    try:
        nested = json.loads(_POSITION.sub(lambda found: _position(found[0], most), body).translate(_BRACKETS))
        coordinates = nested if depth else nested[0]
        return {"type": kind, "coordinates": coordinates} if _is_sound(coordinates, depth) else None
    except (ValueError, IndexError, RecursionError):  # brackets may be nested to any depth
        return None


_BRACKETS: Final = str.maketrans("()", "[]")


def _position(text: str, most: int) -> str:
    return json.dumps([float(number) for number in text.split()[:most]])


def _is_sound(nested: Any, depth: int) -> bool:
    """Tell whether positions lie so deep, and each is a longitude and a latitude."""
    if not isinstance(nested, list) or not nested:
        return False
    if depth:
        return all(_is_sound(each, depth - 1) for each in nested)
    return (
        all(isinstance(number, float) for number in nested)
        and len(nested) >= 2
        and -180 <= nested[0] <= 180
        and -90 <= nested[1] <= 90
    )
