"""What a request asks of a class: filters, order, page and fields, or a `Problem` that names what is wrong.

    ?kind=…  ?name.contains=…  ?beds.from=10&beds.to=20  ?sort=-beds  ?fields=label,beds  ?page=2&size=100  ?lang=en

Everything that is asked is understood or refused: a misspelt filter that was passed over would answer with too much.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import unquote_to_bytes

import pyoxigraph as ox
from flask import request
from werkzeug.datastructures import MultiDict

from lienket.classes import GEOMETRY, ORDERED, Class, Kind, Property
from lienket.datatypes import DATATYPES
from lienket.vocabulary import XSD
from lienket.web.problems import Problem
from lienket.web.shown import project

A_PAGE: Final = 50
"""Things on a page, where nothing else is asked."""

MOST_ON_A_PAGE: Final = 1000
MOST_PAGES: Final = 10_000

LONGEST: Final = 500
"""Characters of a value."""

MOST_VALUES: Final = 50
"""Values of one filter."""

Operation = Literal["is", "contains", "from", "to"]

EXAMPLES: Final[dict[Kind, str]] = {
    "integer": "12", "number": "12.5", "boolean": "true", "date": "2025-07-01", "moment": "2025-07-01T08:00:00",
    "time": "07:30", "year": "2025", "month": "2025-07",
}  # fmt: skip
"""How a value of each kind is written, by example."""

_ABSOLUTE: Final = re.compile(r"[a-z][a-z0-9+.-]*:\S", re.IGNORECASE)


@dataclass(frozen=True)
class Filter:
    """What a property of the wanted things has to be."""

    property: Property
    operation: Operation
    values: tuple[ox.NamedNode | ox.Literal, ...]
    """Any of them; a text is a literal without language and means what is written so in any."""


@dataclass(frozen=True)
class Asked:
    """What is asked of a class."""

    filters: tuple[Filter, ...]
    things: tuple[str, ...]
    """IRIs of the only things that are wanted; none where all are."""
    sort: Property | None
    """None for the order of the IRIs."""
    descending: bool
    fields: tuple[Property, ...]
    geometry: bool
    """Whether geometries are wanted."""
    page: int
    size: int
    paged: bool
    """Whether a page was asked for, rather than whatever there is."""


def read(class_: Class, arguments: "MultiDict[str, str]", *, geometry: bool) -> Asked:
    """Return what the arguments of an address ask of a class; raises `Problem` 400.

    `geometry` is whether geometries are wanted where no fields are named.
    """
    unknown = [name for name in arguments if name not in _known(class_)]
    if unknown:
        raise refused(unknown[0], "{name} is no parameter here; there are: {expected}", ", ".join(_known(class_)))
    sort, descending = _sort(class_, once(arguments, "sort"))
    fields = _fields(class_, once(arguments, "fields"))
    require_language(once(arguments, "lang"))
    page, size = once(arguments, "page"), once(arguments, "size")
    return Asked(
        filters=tuple(_filters(class_, arguments)),
        things=tuple(_iri("id", text).value for text in _values(arguments, "id")),
        sort=sort,
        descending=descending,
        fields=tuple(each for each in class_.properties if each.name in fields) if fields else class_.properties,
        geometry=bool(class_.geometries) and (GEOMETRY in fields if fields else geometry),
        page=_number("page", page, 1, MOST_PAGES),
        size=_number("size", size, A_PAGE, MOST_ON_A_PAGE),
        paged=page is not None or size is not None,
    )


def read_fields(class_: Class, arguments: "MultiDict[str, str]") -> tuple[tuple[Property, ...], bool]:
    """Return the properties wanted of one thing, and whether its geometry is; raises `Problem` 400."""
    known = ("fields", "lang", "release")
    unknown = [name for name in arguments if name not in known]
    if unknown:
        raise refused(unknown[0], "{name} is no parameter here; there are: {expected}", ", ".join(known))
    require_language(once(arguments, "lang"))
    fields = _fields(class_, once(arguments, "fields"))
    if not fields:
        return class_.properties, bool(class_.geometries)
    return tuple(each for each in class_.properties if each.name in fields), GEOMETRY in fields


def require_text() -> None:
    """Raise `Problem` 400 where the arguments of the address are no UTF-8."""
    try:
        unquote_to_bytes(request.query_string).decode()
    except UnicodeDecodeError:
        raise Problem(400, "Not understood", "The address is not UTF-8.") from None


def refused(name: str, sentence: str, expected: str) -> Problem:
    """Return the problem with a parameter: its name and what it may be, for people and for programs.

    The sentence has both in the places `{name}` and `{expected}`.
    """
    return Problem(
        400,
        "Not understood",
        sentence,
        values={"name": name[:60], "expected": expected},
        members={"parameter": name[:60], "expected": expected},
    )


def once(arguments: "MultiDict[str, str]", name: str) -> str | None:
    """Return the value of a parameter that may be given once, None where it is not; raises `Problem` 400."""
    values = arguments.getlist(name)
    if len(values) > 1:
        raise refused(name, "{name} may be given once; expected: {expected}", "1")
    return values[0] if values else None


def operations(property_: Property) -> tuple[Operation, ...]:
    """Return what can be asked of a property beside a value that it is."""
    if property_.ordered:
        return ("from", "to")
    return () if property_.kind == "boolean" else ("contains",)


def term_of(name: str, text: str, kind: Kind, datatype: str) -> ox.Literal | ox.NamedNode:
    """Return the term that a text means as a value of a kind; raises `Problem` 400.

    `name` is the parameter that it was given for. A link may be an IRI, or the path of one of ours (`id/…`), or a name.
    """
    if len(text) > LONGEST:
        raise refused(name, "{name} is longer than this: {expected}", str(LONGEST))
    text = unicodedata.normalize("NFC", text.strip())
    if kind in ("link", "any") and (text.startswith("id/") or "://" in text or text.lower().startswith("urn:")):
        return _iri(name, text)
    if kind == "boolean":
        if text not in ("true", "false", "1", "0"):
            raise refused(name, "{name} must be one of: {expected}", "true, false")
        return ox.Literal(text in ("true", "1"))
    if kind not in ORDERED:
        return ox.Literal(text)
    if kind == "time" and re.fullmatch(r"\d\d:\d\d", text):
        text += ":00"
    wanted = datatype or ORDERED[kind]
    for each in dict.fromkeys((wanted, ORDERED[kind], *((XSD + "double",) if kind == "number" else ()))):
        if each in DATATYPES and DATATYPES[each].holds(text):
            return ox.Literal(text, datatype=ox.NamedNode(each))
    raise refused(name, "{name} must be written like this: {expected}", EXAMPLES[kind])


def require_language(tag: str | None) -> None:
    """Raise `Problem` 400 where an answer is wanted in a language that the deployment does not speak."""
    if tag is not None and tag not in project().languages:
        raise refused("lang", "{name} must be one of: {expected}", ", ".join(project().languages))


def _known(class_: Class) -> list[str]:
    """Return the names of all parameters of a class's list."""
    found = ["page", "size", "sort", "fields", "lang", "release", "id"]
    for each in class_.properties:
        found += [each.name, *(f"{each.name}.{operation}" for operation in operations(each))]
    return found


def _filters(class_: Class, arguments: "MultiDict[str, str]") -> Iterable[Filter]:
    for each in class_.properties:
        if texts := _values(arguments, each.name):
            yield Filter(each, "is", tuple(term_of(each.name, text, each.kind, each.datatype) for text in texts))
        for operation in operations(each):
            name = f"{each.name}.{operation}"
            text = once(arguments, name)
            if text is not None:
                kind: Kind = "string" if operation == "contains" else each.kind
                yield Filter(each, operation, (term_of(name, text, kind, each.datatype),))


def _values(arguments: "MultiDict[str, str]", name: str) -> list[str]:
    texts = arguments.getlist(name)
    if len(texts) > MOST_VALUES:
        raise refused(name, "{name} may have so many values: {expected}", str(MOST_VALUES))
    return texts


def _sort(class_: Class, text: str | None) -> tuple[Property | None, bool]:
    if text is None or text in ("id", "-id"):
        return None, text == "-id"
    sortable = ["id", *(each.name for each in class_.properties if is_sortable(each))]
    name = text.removeprefix("-")
    if name not in sortable:
        raise refused(
            "sort", "{name} must be one of these, with - before it for the reverse: {expected}", ", ".join(sortable)
        )
    return class_.by_name[name], text.startswith("-")


def is_sortable(property_: Property) -> bool:
    """Return whether things can be put in the order of a property; of several values of one thing the least counts."""
    return property_.ordered or property_.kind in ("text", "string")


def _fields(class_: Class, text: str | None) -> Sequence[str]:
    if text is None:
        return ()
    known = [*class_.by_name, *([GEOMETRY] if class_.geometries else [])]
    names = [name.strip() for name in text.split(",")]
    if unknown := [name for name in names if name not in known]:
        raise refused(
            "fields", "{name} must be some of these, with commas between: {expected}", ", ".join(known)
        ) from (KeyError(unknown[0]))
    return names


def _iri(name: str, text: str) -> ox.NamedNode:
    iri = project().base_iri + text if text.startswith("id/") else text
    try:
        if not _ABSOLUTE.match(iri) or len(iri) > LONGEST:
            raise ValueError(iri)
        return ox.NamedNode(iri)
    except ValueError:
        raise refused(name, "{name} must be an IRI: {expected}", project().base_iri + "id/…") from None


def _number(name: str, text: str | None, default: int, most: int) -> int:
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) or not 1 <= int(text) <= most:
        raise refused(name, "{name} must be a number: {expected}", f"1–{most}")
    return int(text)
