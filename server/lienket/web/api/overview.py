"""What the API has to offer, for people and for programs."""

from collections.abc import Sequence
from typing import Any, Final

from flask import render_template, request

from lienket.classes import Class, Kind
from lienket.web.api.openapi import label_of, text_in
from lienket.web.api.parameters import EXAMPLES, operations
from lienket.web.shown import Shown

KINDS: Final[dict[Kind, str]] = {
    "text": "text", "string": "characters", "integer": "whole number", "number": "number", "boolean": "true or false",
    "date": "date", "moment": "date and time", "time": "time of day", "year": "year", "month": "month",
    "link": "another thing", "any": "any value",
}  # fmt: skip
"""What people call the kinds of values."""


def told(present: Shown, classes: Sequence[Class]) -> dict[str, Any]:
    """Return the classes and their properties, as programs read them."""
    root = f"{request.script_root}/api"
    return {
        "release": present.release.id,
        "description": f"{root}/openapi.json",
        "classes": [
            {
                "name": each.name,
                "iri": each.iri,
                "label": text_in(each.labels, each.name),
                "description": text_in(each.descriptions),
                "url": f"{root}/{each.name}",
                "geometry": bool(each.geometries),
                "properties": [
                    {
                        "name": property_.name,
                        "iris": property_.predicates,
                        "label": label_of(property_),
                        "description": text_in(property_.descriptions),
                        "kind": property_.kind,
                        "single": property_.single,
                        "required": property_.required,
                        "filters": [property_.name, *(f"{property_.name}.{name}" for name in operations(property_))],
                    }
                    for property_ in each.properties
                ],
            }
            for each in classes
        ],
    }


def overview_page(present: Shown, classes: Sequence[Class]) -> str:
    """Return the page about the API, with links to try."""
    return render_template(
        "api.html",
        classes=told(present, classes)["classes"],
        root=f"{request.script_root}/api",
        examples=EXAMPLES,
        kinds=KINDS,
    )
