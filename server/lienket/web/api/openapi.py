"""The description of the API for programs, made from the release's own table of classes.

OpenAPI 3.1: <https://spec.openapis.org/oas/v3.1.1.html>.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from flask import request

from lienket import __version__
from lienket.classes import GEOMETRY, Class, Kind, Property
from lienket.project import Project
from lienket.web import language
from lienket.web.api.parameters import (
    A_PAGE,
    LONGEST,
    MOST_ON_A_PAGE,
    MOST_PAGES,
    MOST_VALUES,
    is_sortable,
    operations,
)
from lienket.web.shown import project

Schema = dict[str, Any]

_TEXT: Final[Schema] = {"type": "string", "maxLength": LONGEST}
_IRI: Final = r"^https?://[A-Za-z0-9.-]+/[A-Za-z0-9./_~-]*$"
_CLOCK: Final = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
ASKED: Final[dict[Kind, Schema]] = {
    "text": _TEXT,
    "string": _TEXT,
    "link": _TEXT,
    "any": _TEXT,
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "moment": {"type": "string", "pattern": f"^[0-9]{{4}}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])T{_CLOCK}Z?$"},
    "time": {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"},
    "year": {"type": "string", "pattern": "^[1-9][0-9]{3}$"},
    "month": {"type": "string", "pattern": "^[1-9][0-9]{3}-(0[1-9]|1[0-2])$"},
}  # fmt: skip
"""How a value of each kind is asked for; a link by IRI or by name."""

_GIVEN: Final[dict[Kind, Schema]] = {
    **{kind: {"type": "string"} for kind in ASKED},
    "integer": {"type": "integer"},
    "number": {"type": ["number", "string"], "description": "INF and NaN are texts"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "link": {"anyOf": [{"$ref": "#/components/schemas/Link"}, {"type": "string"}]},
    "any": {"anyOf": [{"$ref": "#/components/schemas/Link"}, {"type": ["string", "number", "boolean"]}]},
}
"""How a value of each kind is given."""

_REFERENCE: Final[Schema] = {"type": "string", "format": "uri-reference"}

_LINK: Final[Schema] = {
    "type": "object",
    "required": ["id", "label", "page"],
    "properties": {
        "id": {"type": "string", "description": "IRI"},
        "label": {"type": "string"},
        "page": {"type": "string"},
    },
}

_PROBLEM: Final[Schema] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": _REFERENCE,
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "parameter": {"type": "string", "description": "the parameter at fault"},
        "expected": {"description": "what it may be"},
    },
}
_GEOMETRY: Final[Schema] = {
    "type": ["object", "null"],
    "description": "RFC 7946 §3.1",
    "required": ["type", "coordinates"],
    "properties": {"type": {"type": "string"}, "coordinates": {"type": "array"}},
}

_REFUSALS: Final = {
    "400": "a parameter is not understood",
    "403": "too many for one answer",
    "404": "not here",
    "406": "not in that format",
    "429": "too many queries of one client at once",
    "503": "not available at the moment",
    "504": "out of time",
}


def description(deployment: Project, classes: Sequence[Class]) -> dict[str, Any]:
    """Return the description of the API over a release with these classes, in the visitor's language."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Schema] = {"Link": _LINK, "Problem": _PROBLEM, "Geometry": _GEOMETRY}
    for each in classes:
        schemas[_schema_name(each)] = _thing(each)
        paths[f"/api/{each.name}"] = {"get": _list(each)}
        paths[f"/api/{each.name}/{{key}}"] = {"get": _one(each)}
    both: dict[str, Schema] = {"application/json": {"type": "object"}, "text/html": {"type": "string"}}
    overview = _operation("overview", "What there is", _common(), both)
    itself = _operation("description", "This description", _common(), {"application/json": {"type": "object"}})
    tag = language.tag()
    info = {
        "title": deployment.title[tag],
        "description": deployment["description"][tag],
        "version": __version__,
        "license": {"name": deployment["catalogue.licence"], "url": deployment["catalogue.licence"]},
    }
    return {
        "openapi": "3.1.0",
        "info": info if deployment["catalogue.licence"] else {n: v for n, v in info.items() if n != "license"},
        **({"servers": [{"url": request.script_root}]} if request.script_root else {}),
        "paths": {"/api": {"get": overview}, "/api/openapi.json": {"get": itself}, **paths},
        "components": {"schemas": schemas},
    }


def text_in(texts: dict[str, str], otherwise: str = "") -> str:
    """Return a text of the table in the visitor's language, or in the next that it has."""
    return next((texts[each] for each in (language.tag(), "", *texts) if each in texts), otherwise)


def label_of(property_: Property) -> str:
    """Return what a property is called, in the visitor's language."""
    return text_in(property_.labels, language.translated("name") if not property_.labels else property_.name)


def _schema_name(class_: Class) -> str:
    return "".join(part[:1].upper() + part[1:] for part in class_.name.split("-")) + "Thing"


def _thing(class_: Class) -> Schema:
    properties: dict[str, Schema] = {
        "id": {"type": "string", "description": "IRI"},
        "url": {"type": ["string", "null"], "description": "the record of this thing alone"},
        "page": {"type": ["string", "null"], "description": "the page for people"},
    }
    for each in class_.properties:
        given = _GIVEN[each.kind]
        schema = {"anyOf": [given, {"type": "null"}]} if each.single else {"type": "array", "items": given}
        properties[each.name] = {**schema, "title": label_of(each), "description": text_in(each.descriptions)}
    if class_.geometries:
        properties[GEOMETRY] = {"$ref": "#/components/schemas/Geometry"}
    return {
        "type": "object",
        "title": text_in(class_.labels, class_.name),
        "description": text_in(class_.descriptions),
        "required": ["id", "url", "page"],
        "properties": properties,
    }


def _list(class_: Class) -> dict[str, Any]:
    thing = {"$ref": f"#/components/schemas/{_schema_name(class_)}"}
    page = {
        "type": "object",
        "required": ["class", "total", "page", "size", "next", "prev", "items"],
        "properties": {
            "class": {"type": "string"},
            "total": {"type": "integer"},
            "page": {"type": "integer"},
            "size": {"type": "integer"},
            "next": {"type": ["string", "null"]},
            "prev": {"type": ["string", "null"]},
            "items": {"type": "array", "items": thing},
        },
    }
    features = {
        "type": "object",
        "required": ["type", "features"],
        "properties": {"type": {"const": "FeatureCollection"}, "features": {"type": "array"}},
    }
    sortable = ["id", *(each.name for each in class_.properties if is_sortable(each))]
    parameters = [
        *(parameter for each in class_.properties for parameter in _filters(each)),
        _many("id", {"type": "string", "pattern": _IRI}, "the IRI of a thing"),
        _parameter("sort", {"enum": [*sortable, *(f"-{name}" for name in sortable)]}, "the order; - reverses it"),
        _parameter("page", {**_upto(MOST_PAGES), "default": 1}, "the page"),
        _parameter("size", {**_upto(MOST_ON_A_PAGE), "default": A_PAGE}, "things on a page"),
        *_fields(class_),
        *_common(),
    ]  # fmt: skip
    contents: dict[str, Schema] = {"application/json": page, "text/csv": {"type": "string"}}
    if class_.geometries:
        contents["application/geo+json"] = features
    return _operation(f"list-{class_.name}", text_in(class_.labels, class_.name), parameters, contents)


def _one(class_: Class) -> dict[str, Any]:
    key = {
        "name": "key",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "minLength": 1},
        "description": "what the IRI has after id/",
    }
    contents: dict[str, Schema] = {
        "application/json": {"$ref": f"#/components/schemas/{_schema_name(class_)}"},
        "text/csv": {"type": "string"},
    }
    if class_.geometries:
        contents["application/geo+json"] = {"type": "object"}
    parameters = [key, *_fields(class_), *_common()]
    return _operation(f"get-{class_.name}", text_in(class_.labels, class_.name), parameters, contents)


def _operation(
    id_: str, summary: str, parameters: Sequence[dict[str, Any]], contents: dict[str, Schema]
) -> dict[str, Any]:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        "operationId": id_,
        "summary": summary,
        "parameters": list(parameters),
        "responses": {
            "200": {
                "description": summary,
                "content": {media_type: {"schema": schema} for media_type, schema in contents.items()},
            },
            **{status: {"description": words, "content": problem} for status, words in _REFUSALS.items()},
        },
    }


def _filters(property_: Property) -> Iterable[dict[str, Any]]:
    label = label_of(property_)
    by = ": IRI, id/…, label" if property_.kind == "link" else ""
    yield _many(property_.name, ASKED[property_.kind], f"{label} ={by}")
    for operation in operations(property_):
        schema = _TEXT if operation == "contains" else ASKED[property_.kind]
        sign = {"contains": "∋", "from": "≥", "to": "≤"}[operation]
        yield _parameter(f"{property_.name}.{operation}", schema, f"{label} {sign}")


def _fields(class_: Class) -> Iterable[dict[str, Any]]:
    names = [*class_.by_name, *([GEOMETRY] if class_.geometries else [])]
    schema = {"type": "array", "items": {"enum": names}, "minItems": 1}
    found = _parameter("fields", schema, "the properties wanted")
    return [{**found, "style": "form", "explode": False}]


def _common() -> list[dict[str, Any]]:
    return [
        _parameter("lang", {"enum": list(project().languages)}, "the language of names and texts"),
    ]


def _upto(most: int) -> Schema:
    return {"type": "integer", "minimum": 1, "maximum": most}


def _many(name: str, schema: Schema, description: str) -> dict[str, Any]:
    wanted = {"type": "array", "items": schema, "minItems": 1, "maxItems": MOST_VALUES}
    return _parameter(name, wanted, description)


def _parameter(name: str, schema: Schema, description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, "description": description}
