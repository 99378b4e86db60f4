"""Things as JSON, as a table and as GeoJSON.

A table is for spreadsheets too: it begins with the mark by which they know UTF-8, and a text that one of them would run
as a formula gets an apostrophe before it. Programs that must not see either take JSON.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from lienket.classes import GEOMETRY, Property
from lienket.telling import harmless
from lienket.web import addresses
from lienket.web.api.things import Link, Thing, plain

JOINT: Final = " | "
"""What stands between several values in a cell."""


def record(thing: Thing, fields: Sequence[Property], *, geometry: bool) -> dict[str, Any]:
    """Return a thing as JSON has it: a property that can have several values is a list, one without value null."""
    members: dict[str, Any] = {
        "id": thing.iri,
        "url": thing.url or None,
        "page": addresses.local(thing.iri) or None,
    }
    for each in fields:
        values = [plain(value) for value in thing.values[each.name]]
        members[each.name] = values if not each.single else (values or [None])[0]
    return {**members, GEOMETRY: thing.geometry} if geometry else members


def written_json(members: Mapping[str, Any]) -> str:
    """Return an answer as JSON."""
    return json.dumps(members, ensure_ascii=False) + "\n"


def feature(thing: Thing, fields: Sequence[Property]) -> dict[str, Any]:
    """Return a thing as a feature of GeoJSON (RFC 7946 §3.2)."""
    members = record(thing, fields, geometry=False)
    return {"type": "Feature", "id": thing.iri, GEOMETRY: thing.geometry, "properties": members}


def written_csv(things: Sequence[Thing], fields: Sequence[Property], *, geometry: bool) -> str:
    """Return things as a table (RFC 4180): a link has a column for its IRI and one for its name."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    heads = ["id"]
    for each in fields:
        heads += [f"{each.name}.id", f"{each.name}.label"] if each.kind == "link" else [each.name]
    writer.writerow([*heads, GEOMETRY] if geometry else heads)
    for thing in things:
        cells = [thing.iri]
        for each in fields:
            values = thing.values[each.name]
            if each.kind == "link":
                cells.append(JOINT.join(value.iri for value in values if isinstance(value, Link)))
                cells.append(JOINT.join(value.name if isinstance(value, Link) else _text(value) for value in values))
            else:
                cells.append(JOINT.join(map(_text, values)))
        writer.writerow([harmless(cell) for cell in ([*cells, thing.wkt] if geometry else cells)])
    return "\ufeff" + file.getvalue()


def _text(value: Any) -> str:
    """Return a value as a cell has it: literals as exactly as the data."""
    if isinstance(value, Link):
        return value.iri
    return value if isinstance(value, str) else str(value.value)
