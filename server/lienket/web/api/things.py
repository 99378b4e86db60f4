"""What the properties of things say, as plain values: numbers, dates, texts in one language, links with their names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Final
from urllib.parse import quote

import pyoxigraph as ox
from flask import request

from lienket.classes import LABEL, ORDERED, Class, Property
from lienket.store import Row, Term
from lienket.vocabulary import GEO, LABEL_PREDICATES, XSD
from lienket.web import addresses, language
from lienket.web.api.geometry import geometry_of
from lienket.web.asking import rows
from lienket.web.names import Text, iri_of, local_name, order_of, preferred
from lienket.web.queries import nodes, query_over
from lienket.web.shown import Shown, project

_AT_ONCE: Final = 1000
"""Things that are asked about in one query."""


@dataclass(frozen=True)
class Link:
    """A value that is a thing itself."""

    iri: str
    name: str


@dataclass(frozen=True)
class Thing:
    """A thing with what was asked of it."""

    iri: str
    url: str
    """Address of its own record here; "" for things that are named elsewhere."""
    values: Mapping[str, Sequence[str | ox.Literal | Link]]
    """By name of the property: texts in the visitor's language, other literals, links."""
    wkt: str = ""
    """Where it lies, as Well-Known Text."""
    geometry: dict[str, Any] | None = field(default=None)
    """Where it lies, in GeoJSON's words; None also where GeoJSON has none for it."""


def described(
    present: Shown, class_: Class, iris: Sequence[str], fields: Sequence[Property], *, geometry: bool
) -> list[Thing]:
    """Return what `fields` say of things, in the order of `iris`; raises `Problem` where that takes too long."""
    found: list[Thing] = []
    for start in range(0, len(iris), _AT_ONCE):
        some = iris[start : start + _AT_ONCE]
        found += _described(present, class_, some, fields, geometry=geometry)
    return found


def url_of(class_: Class, iri: str) -> str:
    """Return the address of a thing's record here; "" for things that are named elsewhere."""
    key = iri.removeprefix(project().base_iri + "id/")
    return "" if key == iri else f"{request.script_root}/api/{quote(class_.name)}/{quote(key, safe=_KEPT)}"


_KEPT: Final = "/:@!$&'()*+,;=~-._"


def _described(
    present: Shown, class_: Class, iris: Sequence[str], fields: Sequence[Property], *, geometry: bool
) -> list[Thing]:
    said = _statements(present, iris, fields)
    shapes = _shapes(present, class_, iris) if geometry else {}
    linked = {
        value.value
        for by_predicate in said.values()
        for each in fields
        if each.kind in ("link", "any")
        for predicate in each.predicates
        for value in by_predicate.get(predicate, ())
        if isinstance(value, ox.NamedNode)
    }
    names = _names(present, sorted(linked))
    languages = order_of(project().languages, language.tag())
    things = []
    for iri in iris:
        values = {each.name: _values(each, said.get(iri, {}), names, languages) for each in fields}
        wkt = shapes.get(iri, "")
        things.append(Thing(iri, url_of(class_, iri), values, wkt, geometry_of(wkt) if wkt else None))
    return things


def _statements(present: Shown, iris: Sequence[str], fields: Sequence[Property]) -> dict[str, dict[str, list[Term]]]:
    """Return by thing and predicate what is said."""
    predicates = " ".join(f"<{iri}>" for iri in sorted({iri for each in fields for iri in each.predicates}))
    text = (
        f"SELECT ?thing ?predicate ?value WHERE {{ VALUES ?thing {{ {nodes(iris)} }} ?thing ?predicate ?value "
        f"FILTER(?predicate IN ({', '.join(predicates.split())})) }}"
    )
    found: dict[str, dict[str, list[Term]]] = {}
    for row in rows(present, text) if predicates and iris else ():
        found.setdefault(iri_of(row["thing"]), {}).setdefault(iri_of(row["predicate"]), []).append(row["value"])
    return found


def _shapes(present: Shown, class_: Class, iris: Sequence[str]) -> dict[str, str]:
    """Return by thing its geometry, by the first predicate that leads to one."""
    if not class_.geometries or not iris:
        return {}
    predicates = ", ".join(f"<{iri}>" for iri in class_.geometries)
    text = (
        f"SELECT ?thing ?predicate ?text WHERE {{ VALUES ?thing {{ {nodes(iris)} }} ?thing ?predicate ?geometry "
        f"FILTER(?predicate IN ({predicates})) ?geometry <{GEO}asWKT> ?text }}"
    )
    found: dict[str, tuple[int, str]] = {}
    for row in rows(present, text):
        if isinstance(shape := row["text"], ox.Literal):
            ranked = (class_.geometries.index(iri_of(row["predicate"])), shape.value)
            found[iri_of(row["thing"])] = min(ranked, found.get(iri_of(row["thing"]), ranked))
    return {iri: shape for iri, (_, shape) in found.items()}


def _names(present: Shown, iris: Sequence[str]) -> dict[str, str]:
    """Return what things are called, in the visitor's language; those without a name by the end of their IRIs."""
    languages = order_of(project().languages, language.tag())
    names = {}
    for start in range(0, len(iris), _AT_ONCE):
        some = iris[start : start + _AT_ONCE]
        texts: dict[str, list[tuple[int, str, str]]] = {}
        found: list[Row] = rows(present, query_over("names", some))
        for row in found:
            if isinstance(text := row["text"], ox.Literal):
                rank = LABEL_PREDICATES.index(iri_of(row["predicate"]))
                texts.setdefault(iri_of(row["subject"]), []).append((rank, text.language or "", text.value))
        for iri in some:
            best = preferred([Text(value, tag) for _, tag, value in sorted(texts.get(iri, ()))], languages)
            names[iri] = best.value if best else local_name(iri)
    return names


def _values(
    property_: Property, said: Mapping[str, Sequence[Term]], names: Mapping[str, str], languages: Sequence[str]
) -> list[str | ox.Literal | Link]:
    """Return the values of a property in an order that does not change."""
    found = [value for predicate in property_.predicates for value in said.get(predicate, ())]
    if property_.kind == "text":
        ranked = [value for value in found if isinstance(value, ox.Literal)]
        texts = [Text(value.value, value.language or "") for value in ranked]
        if property_.name != LABEL:  # of names the better predicate comes first
            texts.sort(key=lambda text: (text.value, text.language))
        best = preferred(texts, languages)
        same = [text.value for text in texts if best and text.language == best.language]
        return list(dict.fromkeys(same[:1] if property_.single else same))
    links = sorted({value.value for value in found if isinstance(value, ox.NamedNode)})
    literals = sorted({value for value in found if isinstance(value, ox.Literal)}, key=str)
    return [*literals, *(Link(iri, names.get(iri, local_name(iri))) for iri in links)]


def plain(value: str | ox.Literal | Link) -> Any:
    """Return a value as JSON has it: numbers and booleans as such, links as objects, all others as texts."""
    if isinstance(value, str):
        return value
    if isinstance(value, Link):
        return {"id": value.iri, "label": value.name, "page": addresses.local(value.iri) or value.iri}
    datatype = value.datatype.value
    if datatype == XSD + "boolean":
        return value.value in ("true", "1")
    if datatype == ORDERED["integer"]:
        return int(value.value)
    if datatype in (XSD + "decimal", XSD + "double", XSD + "float") and isfinite(float(value.value)):
        return float(value.value)
    return value.value
