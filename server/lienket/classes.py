"""The classes of a release, as its shapes describe them: what can be asked of things without knowing RDF.

A release carries the table in a file of its own, `classes.json`, so that a server needs neither shapes nor ontology to
answer from it. `build/describing.py` makes it; `web/api` reads it.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal

from .errors import Fault, UnavailableError
from .vocabulary import GEO, LABEL_PREDICATES, RDF, XSD

FILE: Final = "classes.json"
"""The table's name in a release."""

LABEL: Final = "label"
"""The property that every class has: what a thing is called."""

GEOMETRY: Final = "geometry"
"""The member that holds where a thing is; not among the properties."""

RESERVED: Final = ("fields", GEOMETRY, "id", LABEL, "lang", "page", "release", "size", "sort", "url")
"""Names that no property has: they mean something else in an address or in an answer."""

RESERVED_CLASSES: Final = ("openapi",)
"""Names that no class has."""

Kind = Literal[
    "text", "string", "integer", "number", "boolean", "date", "moment", "time", "year", "month", "link", "any",
]  # fmt: skip

KINDS: Final[dict[str, Kind]] = {
    RDF + "langString": "text",
    **dict.fromkeys((XSD + name for name in ("string", "anyURI", "normalizedString", "token", "language")), "string"),
    **dict.fromkeys(
        (
            XSD + name
            for name in (
                "integer", "nonNegativeInteger", "positiveInteger", "nonPositiveInteger", "negativeInteger", "long",
                "int", "short", "byte", "unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte",
            )
        ),
        "integer",
    ),
    **dict.fromkeys((XSD + name for name in ("decimal", "double", "float")), "number"),
    XSD + "boolean": "boolean",
    XSD + "date": "date",
    XSD + "dateTime": "moment",
    XSD + "time": "time",
    XSD + "gYear": "year",
    XSD + "gYearMonth": "month",
    GEO + "wktLiteral": "string",
}  # fmt: skip
"""Datatype → what kind of value a property of it has; others are "any"."""

ORDERED: Final[dict[str, str]] = {
    "integer": XSD + "integer", "number": XSD + "decimal", "date": XSD + "date", "moment": XSD + "dateTime",
    "time": XSD + "time", "year": XSD + "gYear", "month": XSD + "gYearMonth",
}  # fmt: skip
"""Kinds with an order, which can be asked by range, with the datatype that is compared."""


@dataclass(frozen=True)
class Property:
    """One property of a class."""

    name: str
    """How it is called in addresses and answers: the local name of its IRI."""
    predicates: tuple[str, ...]
    """IRIs; what any of them states is a value."""
    kind: Kind
    datatype: str
    """IRI of the datatype that the shapes demand; "" where they demand none."""
    single: bool
    """Whether the shapes let a thing have one value at most: in each language one, where it is a text."""
    required: bool
    """Whether the shapes demand a value."""
    labels: dict[str, str]
    """What it is called, by language."""
    descriptions: dict[str, str]

    @property
    def ordered(self) -> bool:
        """Whether it can be asked by range."""
        return self.kind in ORDERED


@dataclass(frozen=True)
class Class:
    """One class."""

    name: str
    """How it is called in addresses: the local name of its IRI, in small letters."""
    iri: str
    members: tuple[str, ...]
    """IRIs of the class and its subclasses: what is of any of them is of it."""
    labels: dict[str, str]
    descriptions: dict[str, str]
    properties: tuple[Property, ...]
    """In the order in which the shapes want them."""
    geometries: tuple[str, ...]
    """IRIs of the predicates that lead from some of its things to geometries, the one to be shown first."""

    @cached_property
    def by_name(self) -> dict[str, Property]:
        """The properties by name."""
        return {each.name: each for each in self.properties}


def label_property() -> Property:
    """Return the property that every class has: the names, by whatever predicate they are stated."""
    return Property(LABEL, LABEL_PREDICATES, "text", "", single=True, required=False, labels={}, descriptions={})


def write(classes: Sequence[Class], path: Path) -> None:
    """Write the table."""
    text = json.dumps({"classes": [asdict(each) for each in classes]}, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def read(path: Path) -> tuple[Class, ...]:
    """Return the table in `path`; raises `UnavailableError` where there is none or it is damaged."""
    try:
        return tuple(map(_class, json.loads(path.read_text(encoding="utf-8"))["classes"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnavailableError(
            Fault("is no table of classes: {reason}; run: lienket build", file=str(path), values={"reason": error})
        ) from error


def _class(said: dict[str, Any]) -> Class:
    properties = tuple(Property(**{**each, "predicates": tuple(each["predicates"])}) for each in said["properties"])
    lists = {name: tuple(said[name]) for name in ("members", "geometries")}
    return Class(**{**said, **lists, "properties": properties})
