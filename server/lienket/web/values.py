"""Literals as a person reads them: dates, numbers and places in the forms of the visitor's language."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from lienket import wkt
from lienket.languages import Language
from lienket.vocabulary import GEO, XSD

if TYPE_CHECKING:
    from lienket.web.describe import Property

_LONG: Final = 600
_LONG_OUTLINE: Final = 60


@dataclass(frozen=True)
class Value:
    """One value of a property, ready to be shown."""

    text: str
    language: str = ""
    iri: str = ""
    href: str = ""
    datatype: str = ""
    exact: str = ""
    """The literal as it stands in the data, where `text` is another form of it."""
    parts: "tuple[Property, ...]" = ()
    """What is said of the node, where it belongs to the resource alone."""
    unit: str = ""
    """The unit of a quantity, where the data states it."""
    host: str = ""
    """Where a link leads to, if nothing names it but the end of its IRI."""

    @property
    def long(self) -> bool:
        """Whether a page folds it away: prose that fills a screen, outlines of any length."""
        return len(self.text) > (_LONG_OUTLINE if self.datatype == GEO + "wktLiteral" else _LONG)


def shown_literal(literal: ox.Literal, pack: Language) -> Value:
    """Return a literal in the forms of the language `pack`; what does not fit its datatype stays as it is."""
    datatype = literal.datatype.value
    write = _WRITERS.get(datatype)
    text = literal.value
    if write is not None:
        try:
            text = write(literal.value, pack)
        except (ValueError, InvalidOperation):
            text = literal.value
    href = ""
    if datatype == XSD + "anyURI" and literal.value.startswith(("http://", "https://")):
        href = literal.value
    exact = literal.value if text != literal.value else ""
    return Value(text, literal.language or "", href=href, datatype=datatype, exact=exact)


def _date(text: str, pack: Language) -> str:
    return str(pack.format_date(date.fromisoformat(text[:10])))


def _date_time(text: str, pack: Language) -> str:
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return f"{pack.format_date(moment.date())} {moment:%H:%M}"


def _time(text: str, pack: Language) -> str:
    return time.fromisoformat(text.removesuffix("Z")).strftime("%H:%M")


def _number(text: str, pack: Language) -> str:
    return str(pack.format_number(Decimal(text)))


def _month(text: str, pack: Language) -> str:
    year, month = text[:7].split("-")
    return f"{int(month):02}/{int(year)}"


def _boolean(text: str, pack: Language) -> str:
    return str(pack.gettext("yes" if text in ("true", "1") else "no"))


def _shape(text: str, pack: Language) -> str:
    shape = wkt.read(text)
    if shape is not None and len(shape.points) == 1 and not shape.areas and not shape.lines:
        return coordinates(*shape.points[0])
    return text


def coordinates(longitude: float, latitude: float) -> str:
    """Return a position in degrees.

    >>> coordinates(107.57909, 16.46971)
    '16.46971° N, 107.57909° E'
    """
    north, east = ("N" if latitude >= 0 else "S"), ("E" if longitude >= 0 else "W")
    return f"{abs(latitude):.5f}° {north}, {abs(longitude):.5f}° {east}"


_WRITERS: Final[dict[str, Callable[[str, Language], str]]] = {
    XSD + "date": _date,
    XSD + "dateTime": _date_time,
    XSD + "time": _time,
    XSD + "gYearMonth": _month,
    XSD + "integer": _number,
    XSD + "decimal": _number,
    XSD + "double": _number,
    XSD + "float": _number,
    XSD + "boolean": _boolean,
    GEO + "wktLiteral": _shape,
}
