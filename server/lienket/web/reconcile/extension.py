"""Data extension: what properties say of things that are reconciled already (API 0.2, "Data Extension Service")."""

from collections.abc import Mapping
from typing import Any

import pyoxigraph as ox

from lienket.classes import Class, Property
from lienket.web.api.openapi import label_of
from lienket.web.api.things import Link, described, plain
from lienket.web.problems import Problem
from lienket.web.reconcile.candidates import id_of, iri_from, properties_of
from lienket.web.shown import Shown


def extended(present: Shown, asked: Mapping[str, Any], most: int) -> dict[str, Any]:
    """Return what was asked of up to `most` things; raises `Problem` 400 and 413."""
    ids, wanted = asked.get("ids"), asked.get("properties")
    if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
        raise _refused("extend.ids")
    if not isinstance(wanted, list) or not all(isinstance(each, dict) for each in wanted):
        raise _refused("extend.properties")
    if len(ids) > most or len(wanted) > most:
        raise Problem(413, "Too large", "A batch holds up to {most} queries.", values={"most": most})
    fields: dict[str, Property] = {}
    for each in wanted:
        id_ = each.get("id")
        known = properties_of(present, id_) if isinstance(id_, str) else []
        if not known:
            raise _refused("extend.properties.id")
        fields[str(id_)] = _together(str(id_), known)
    class_ = Class("", "", (), {}, {}, tuple(fields.values()), ())
    iris = {id_: _sound(iri_from(id_)) for id_ in ids}
    things = described(present, class_, sorted(filter(None, iris.values())), list(fields.values()), geometry=False)
    by_iri = {thing.iri: thing for thing in things}
    rows = {
        id_: {name: [_cell(value) for value in (by_iri[iri].values[name] if iri else ())] for name in fields}
        for id_, iri in iris.items()
    }
    return {"meta": [{"id": id_, "name": label_of(each)} for id_, each in fields.items()], "rows": rows}


def _together(id_: str, known: list[Property]) -> Property:
    """Return one property for what an identifier means in whatever class."""
    predicates = tuple(dict.fromkeys(iri for each in known for iri in each.predicates))
    first = known[0]
    kind = first.kind if len({each.kind for each in known}) == 1 else "any"
    return Property(id_, predicates, kind, first.datatype, False, False, first.labels, first.descriptions)


def _cell(value: str | ox.Literal | Link) -> dict[str, Any]:
    if isinstance(value, Link):
        return {"id": id_of(value.iri), "name": value.name}
    if isinstance(value, ox.Literal) and value.datatype.value.endswith("#date"):
        return {"date": f"{value.value}T00:00:00"}
    given = plain(value)
    if isinstance(given, bool):
        return {"str": "true" if given else "false"}
    if isinstance(given, int):
        return {"int": given}
    return {"float": given} if isinstance(given, float) else {"str": str(given)}


def _sound(iri: str) -> str:
    try:
        return ox.NamedNode(iri).value
    except ValueError:
        return ""


def _refused(name: str) -> Problem:
    expected = '{"ids": ["…"], "properties": [{"id": "…"}]}'
    return Problem(
        400,
        "Not understood",
        "{name} must be: {expected}",
        values={"name": name, "expected": expected},
        members={"parameter": name, "expected": expected},
    )
