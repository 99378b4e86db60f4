"""Describes the tables of a dataset for programs: columns, datatypes, keys, what words of the graph they stand for.

CSV on the Web: <https://www.w3.org/TR/tabular-metadata/>. All tables of a dataset are one group, so that a reference
from one to another can be told. The tables as delivered are described too; they make no statements, since what a cell
becomes there is a matter of the mapping.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lienket.tidy.names import THING
from lienket.tidy.survey import IRI
from lienket.tidy.tables import Column, Made
from lienket.vocabulary import RDF, XSD

Texts = Mapping[str, str]
"""A text by language tag."""

_CONTEXT: Final = "http://www.w3.org/ns/csvw"
_BUILT_IN: Final = frozenset((
    "anyURI", "base64Binary", "boolean", "byte", "date", "dateTime", "dateTimeStamp", "dayTimeDuration", "decimal",
    "double", "duration", "float", "gDay", "gMonth", "gMonthDay", "gYear", "gYearMonth", "hexBinary", "int", "integer",
    "language", "long", "negativeInteger", "nonNegativeInteger", "nonPositiveInteger", "positiveInteger", "short",
    "string", "time", "unsignedByte", "unsignedInt", "unsignedLong", "unsignedShort", "yearMonthDuration",
))  # fmt: skip
"""Datatypes that CSVW knows by their name in XML Schema."""


@dataclass(frozen=True)
class Delivered:
    """A table as a department delivered it."""

    file: str
    header: tuple[str, ...]
    properties: Mapping[str, str]
    """Column → the property that its cells become values of as they are."""
    key: tuple[str, ...] = ()
    delimiter: str = ","
    encoding: str = "utf-8"
    skip_rows: int = 0


def describe(
    made: Iterable[Made], delivered: Iterable[Delivered], *, title: Texts, licence: str, labels: Mapping[str, Texts]
) -> dict[str, Any]:  # fmt: skip
    """Return the description of a dataset's tables as JSON has it; `labels` name properties by their IRI."""
    group: dict[str, Any] = {
        "@context": _CONTEXT,
        "dc:title": [{"@value": text, "@language": tag} for tag, text in title.items()],
        "tables": [
            *(_made(table, labels) for table in made),
            *(_delivered(table, labels) for table in delivered),
        ],
    }
    if licence:
        group["dc:license"] = {"@id": licence}
    return group


def _made(table: Made, labels: Mapping[str, Texts]) -> dict[str, Any]:
    thing = {"name": THING, "titles": {"und": [THING]}, "datatype": "anyURI", "required": True, "suppressOutput": True}
    types = [
        {"name": f"class{number}", "virtual": True, "propertyUrl": "rdf:type", "valueUrl": class_}
        for number, class_ in enumerate(table.classes, 1)
    ]
    alone = table.of != table.file
    schema: dict[str, Any] = {
        "aboutUrl": f"{{+{THING}}}",
        "columns": [thing, *(_column(column, labels) for column in table.columns), *types],
        "primaryKey": [THING, *(column.name for column in table.columns if alone)],
    }
    if alone:
        reference = {"resource": table.of, "columnReference": THING}
        schema["foreignKeys"] = [{"columnReference": THING, "reference": reference}]
    return {"url": table.file, "tableSchema": schema}


def _column(column: Column, labels: Mapping[str, Texts]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": column.name,
        "titles": _titles(column.name, labels.get(column.property, {})),
        "propertyUrl": column.property,
    }
    if column.required:
        described["required"] = True
    if column.kind == IRI:
        return described | {"datatype": "anyURI", "valueUrl": f"{{+{column.name}}}"}
    if column.kind.startswith("@"):
        return described | {"datatype": "string", "lang": column.kind[1:]}
    return described | {"datatype": _datatype(column.kind)}


def _datatype(iri: str) -> str | dict[str, str]:
    name = iri.removeprefix(XSD)
    if not iri or name in _BUILT_IN:
        return name or "string"
    if iri == RDF + "HTML":
        return "html"
    return {"@id": iri, "base": "string"}


def _titles(name: str, texts: Texts) -> dict[str, list[str]]:
    """Return the titles: that of the header is in no language, the others are for people."""
    return {"und": [name], **{tag: [text] for tag, text in texts.items()}}


def _delivered(table: Delivered, labels: Mapping[str, Texts]) -> dict[str, Any]:
    names = {header: f"column{number}" for number, header in enumerate(table.header, 1)}
    columns = []
    for header, name in names.items():
        column: dict[str, Any] = {
            "name": name,
            "titles": _titles(header, labels.get(table.properties.get(header, ""), {})),
        }
        if header in table.properties:
            column["propertyUrl"] = table.properties[header]
        columns.append(column)
    schema: dict[str, Any] = {"columns": columns}
    if table.key and set(table.key) <= names.keys():
        schema["primaryKey"] = [names[header] for header in table.key]
    described: dict[str, Any] = {"url": table.file, "suppressOutput": True, "tableSchema": schema}
    dialect = {
        name: value
        for name, value, usual in (
            ("delimiter", table.delimiter, ","), ("encoding", table.encoding, "utf-8"),
            ("skipRows", table.skip_rows, 0),
        )
        if value != usual
    }  # fmt: skip
    return described | ({"dialect": dialect} if dialect else {})
