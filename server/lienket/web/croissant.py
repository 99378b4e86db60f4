"""A dataset's tables as machine learning tools load them: Croissant 1.0.

It says of the tables made for programs what their description in CSVW says, in the other vocabulary:
<https://docs.mlcommons.org/croissant/docs/croissant-spec.html>.
"""

import json
import re
from typing import Any, Final

from flask import Blueprint, Response

from lienket.errors import Fault, UnavailableError
from lienket.formats import JSON_LD
from lienket.vocabulary import XSD
from lienket.web.answers import sent, unchanged
from lienket.web.datasets import Dataset, datasets
from lienket.web.missing import not_here
from lienket.web.names import links
from lienket.web.shown import Shown, shown

_CONTEXT: Final = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataBiases": "cr:dataBiases",
    "dataCollection": "cr:dataCollection",
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "personalSensitiveInformation": "cr:personalSensitiveInformation",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}  # fmt: skip
"""The context that the specification prescribes to the letter."""

_TYPES: Final = {
    "anyURI": "sc:URL", "boolean": "sc:Boolean", "date": "sc:Date", "dateTime": "sc:DateTime", "decimal": "sc:Float",
    "double": "sc:Float", "float": "sc:Float", "integer": "sc:Integer", "int": "sc:Integer", "long": "sc:Integer",
    "nonNegativeInteger": "sc:Integer", "positiveInteger": "sc:Integer",
}  # fmt: skip
"""Datatype of CSVW → of Croissant; all others are text."""

blueprint = Blueprint("croissant", __name__)


@blueprint.get("/dataset/<dataset_id>/croissant.json")
def croissant(dataset_id: str) -> Response:
    """Answer how programs for machine learning load a dataset's tables."""
    present = shown()
    about = datasets(present).get(f"{present.project.base_iri}dataset/{dataset_id}")
    if about is None or not any(dump["kind"] == "tidy" for dump in about.counted["dumps"]):
        raise not_here(present, f"dataset/{dataset_id}")
    if (answer := unchanged(present, JSON_LD)) is not None:
        return answer
    body = json.dumps(described(present, about), ensure_ascii=False, indent=1) + "\n"
    return sent(body, present, JSON_LD, iri=about.iri)


def described(present: Shown, about: Dataset) -> dict[str, Any]:
    """Return the description of a dataset's tables."""
    languages = (*(tag for tag in present.project.languages if tag == "en"), *present.project.languages)
    description = about.description(languages)
    tables = {table["url"]: table for table in columns(present, about)["tables"]}
    files = [dump for dump in about.counted["dumps"] if dump["kind"] == "tidy"]
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "@id": about.iri,
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": about.id,
        "alternateName": about.title(languages).value,
        "description": description.value if description else about.id,
        "url": about.iri,
        "license": about.licence,
        "creator": {"@type": "sc:Organization", "@id": about.publisher, "name": publisher_name(present, about)},
        "datePublished": about.issued,
        "dateModified": about.modified,
        "version": about.modified.replace("-", "."),
        "distribution": [_file(present, dump) for dump in files],
        "recordSet": [_records(dump["file"], tables[dump["file"]]["tableSchema"]) for dump in files],
    }


def publisher_name(present: Shown, about: Dataset) -> str:
    """Return what the publisher of a dataset is called, in English where it has such a name."""
    named = links(present, [about.publisher], ("en", *present.project.languages)) if about.publisher else {}
    return named[about.publisher].name.value if about.publisher in named else ""


def columns(present: Shown, about: Dataset) -> dict[str, Any]:
    """Return the description of a dataset's tables in CSVW, as it lies in the release."""
    path = present.release.dumps / f"{about.id}.csvw.json"
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnavailableError(Fault("cannot be read: {reason}", file=str(path), values={"reason": error})) from error
    return found


def _file(present: Shown, dump: dict[str, Any]) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": dump["file"],
        "name": dump["file"],
        "contentUrl": f"{present.project.base_iri}dumps/{dump['file']}",
        "contentSize": f"{dump['size']} B",
        "encodingFormat": dump["media_type"],
        "sha256": dump["sha256"],
    }


def _records(file: str, schema: dict[str, Any]) -> dict[str, Any]:
    name = re.sub(r"\.csv$", "", file)
    fields = [column for column in schema["columns"] if not column.get("virtual")]
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "key": [{"@id": f"{name}/{column}"} for column in schema["primaryKey"]],
        "field": [_field(file, name, column) for column in fields],
    }


def _field(file: str, records: str, column: dict[str, Any]) -> dict[str, Any]:
    datatype = column["datatype"]
    known = datatype if isinstance(datatype, str) else datatype["@id"].removeprefix(XSD)
    titles = [title for tag, some in column["titles"].items() if tag != "und" for title in some]
    field = {
        "@type": "cr:Field",
        "@id": f"{records}/{column['name']}",
        "name": column["name"],
        "description": " / ".join(titles) or column["name"],
        "dataType": _TYPES.get(known, "sc:Text"),
        "source": {"fileObject": {"@id": file}, "extract": {"column": column["name"]}},
    }
    if "propertyUrl" in column:
        field["equivalentProperty"] = column["propertyUrl"]
    return field
