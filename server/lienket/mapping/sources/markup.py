"""XML documents: the elements that an XPath finds, and of each the values at the paths that rules read.

XPath 1.0 <https://www.w3.org/TR/xpath-10/>, as libxml2 runs it. Nothing but the file is opened; a document with
entities of its own is refused, and so is what libxml2 takes for an attack: text of more than 10 MB in one piece, more
than 256 levels, entities that grow.
"""

import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import duckdb
from lxml import etree

from ...errors import Fault, InputError, RefusedError, shown
from ...sql import literal
from ..rules import Source
from .tables import Column, Table

LARGEST: Final = 100
"""Megabytes of XML that are read: in memory small elements take some twenty times as much."""

_STRING: Final = etree.XPath("string($value)", smart_strings=False)


def load(
    connection: duckdb.DuckDBPyConnection, identifier: str, path: Path, source: Source, wanted: Sequence[str]
) -> Table:
    """Load the elements of a document into the table `identifier`: `row`, their place from 1, and `c0`, `c1`, …

    In the order of `wanted` (XPaths, each once) these hold items {text, datatype}, or lists of those where a path finds
    several values in one element.

    Raises InputError where it is not XML, or a path is no XPath; RefusedError where it is too large, or has entities.
    """
    paths = _Paths(path, source, wanted)
    document = _document(path, source)
    elements = paths.elements(document)
    several = [False] * len(wanted)
    with tempfile.TemporaryDirectory() as folder:
        records = Path(folder) / "records.json"
        with records.open("w", encoding="utf-8") as file:
            for row, element in enumerate(elements, 1):
                cells = list(paths.texts(element))
                several = [before or len(texts) > 1 for before, texts in zip(several, cells, strict=True)]
                file.write(json.dumps({"row": row, "cells": cells}) + "\n")
        columns = ", ".join(["row", *(_column(place, many) for place, many in enumerate(several))])
        connection.execute(
            f"CREATE TABLE {identifier} AS SELECT {columns} FROM read_json({literal(str(records))}, "
            "columns = {'row': 'BIGINT', 'cells': 'VARCHAR[][]'}, format = 'newline_delimited', "
            f"maximum_object_size = {max(records.stat().st_size, 1 << 24)})"
        )
    connection.execute(f"CREATE TABLE {identifier}_typed (row BIGINT, name VARCHAR, text VARCHAR)")
    found = {
        name: Column(name, f"c{place}", "items" if many else "item")
        for place, (name, many) in enumerate(zip(wanted, several, strict=True))
    }
    return Table(identifier, path, shown(path), None, tuple(wanted), len(elements), found)


def _column(place: int, many: bool) -> str:
    item = "lk_clean_item({{'text': {}, 'datatype': NULL::VARCHAR}})"
    texts = f"cells[{place + 1}]"
    if many:
        return f"list_transform({texts}, lambda v: {item.format('v')}) AS c{place}"
    return f"CASE WHEN len({texts}) > 0 THEN {item.format(f'{texts}[1]')} END AS c{place}"


def _document(path: Path, source: Source) -> Any:
    """Parse a file; a stated encoding has been undone, whatever the document says of itself."""
    if path.stat().st_size > LARGEST << 20:
        raise RefusedError(
            Fault("is larger than {limit} MB, and XML is read as a whole: split it", shown(path),
                  values={"limit": LARGEST})
        )  # fmt: skip
    parser = etree.XMLParser(
        encoding="utf-8" if source.encoding else None, resolve_entities=False, no_network=True, load_dtd=False,
        huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        with path.open("rb") as file:
            document = etree.parse(file, parser)
    except etree.XMLSyntaxError as error:
        fault = Fault("is not XML: {detail}", shown(path), error.lineno, values={"detail": error.msg})
        raise InputError(fault) from error
    declared = document.docinfo.internalDTD
    names = [entity.name for entity in declared.iterentities()] if declared is not None else []
    if names:
        raise RefusedError(
            Fault("declares entities, which are not read: {names}; put their text in their place", shown(path),
                  values={"names": ", ".join(names[:10])})
        )  # fmt: skip
    return document


class _Paths:
    """The paths of one source, compiled."""

    def __init__(self, path: Path, source: Source, wanted: Sequence[str]) -> None:
        """Compile the iterator and what is wanted; all that are no XPath are named at once."""
        self._file = shown(path)
        self._nulls = frozenset(source.nulls)
        self._iterator = source.iterator or ""
        self._wanted = wanted
        compiled, faults = [], []
        for each in (self._iterator, *wanted):
            try:
                # The functions of EXSLT would run regular expressions of the mapping over the data.
                found = etree.XPath(each, namespaces=dict(source.namespaces), regexp=False, smart_strings=False)
                compiled.append(found)
            except (etree.XPathError, ValueError) as error:
                faults.append(self._not_xpath(each, error))
        if faults:
            raise InputError(*faults)
        self._find, *self._take = compiled

    def _not_xpath(self, path: str, detail: object) -> Fault:
        return Fault("is read with the path {path}, which is not XPath: {detail}", self._file,
                     values={"path": path, "detail": detail})  # fmt: skip

    def _run(self, compiled: Any, path: str, place: Any) -> Any:
        try:
            return compiled(place)
        except etree.XPathError as error:
            raise InputError(self._not_xpath(path, error)) from error

    def elements(self, document: Any) -> list[Any]:
        """Return the elements that the iterator finds."""
        found = self._run(self._find, self._iterator, document)
        if not isinstance(found, list) or not all(map(etree.iselement, found)):
            raise InputError(
                Fault("is read with the path {path}, which finds texts where elements are expected", self._file,
                      values={"path": self._iterator})
            )  # fmt: skip
        return found

    def texts(self, element: Any) -> Iterator[list[str]]:
        """Yield for each wanted path the texts of what it finds in an element, or the one that it computes."""
        for take, path in zip(self._take, self._wanted, strict=True):
            found = self._run(take, path, element)
            texts = [_text(each, element) for each in (found if isinstance(found, list) else [found])]
            yield [text for text in texts if text not in self._nulls]


def _text(value: Any, place: Any) -> str:
    """Return what `string()` of XPath gives: of an element all text inside of it."""
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):  # a namespace: its prefix and its address
        return str(value[1])
    return str(_STRING(place, value=[value] if etree.iselement(value) else value))
