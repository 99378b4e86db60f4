"""JSON documents: the items that a JSONPath finds, and of each the values at the paths that rules read."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb

from ...errors import Fault, InputError, shown
from ...sql import literal
from .. import jsonpath, jsonpath_sql
from ..jsonpath import Segment, Wildcard, is_singular
from ..rules import Source
from .files import encoding_fault
from .tables import Column, Table


def load(
    connection: duckdb.DuckDBPyConnection,
    identifier: str,
    path: Path,
    source: Source,
    wanted: Sequence[str],
    lists: Sequence[str],
) -> Table:
    """Load the items of a document in UTF-8 into the table `identifier`.

    Raises InputError where it is not JSON, or a path is none.
    """
    paths = _parsed(path, source, [*wanted, *lists])
    document = _read(path)
    columns, cells = {}, []
    for position, name in enumerate(wanted):
        value, several = jsonpath_sql.compile_path(paths[name], "item")
        column = Column(name, f"c{position}", "items" if several else "item")
        columns[name] = column
        item = "lk_clean_item(lk_item({}))"
        cell = f"list_transform({value}, lambda v: {item.format('v')})" if several else item.format(value)
        cells.append(f"{cell} AS {column.identifier}")
    for position, name in enumerate(lists):
        value, several = jsonpath_sql.compile_path(paths[name], "item")
        cells.append(f"{value if several else f'CASE WHEN {value} IS NOT NULL THEN [{value}] END'} AS l{position}")
    iterator = paths[source.iterator or "$"]
    with tempfile.TemporaryDirectory() as folder:
        records = Path(folder) / "records.json"
        try:
            if _is_plain(iterator):
                read = _handed(records, _found(document, iterator))
            else:
                items, many = jsonpath_sql.compile_path(iterator, "document")
                items = items if many else f"[{items}]"
                # An item is unnested together with its place, which is its row number.
                read = (
                    f"SELECT unnest({items}) AS item, unnest(range(1, len({items}) + 1)) AS row "
                    f"FROM (SELECT item AS document FROM ({_handed(records, [document])}))"
                )
            del document
            connection.execute(
                f"CREATE TABLE {identifier} AS SELECT {', '.join(['row', *cells])} FROM ({read}) WHERE item IS NOT NULL"
            )
        except (duckdb.Error, ValueError) as error:
            detail = str(error).splitlines()[0]
            raise InputError(Fault("is not JSON: {detail}", shown(path), values={"detail": detail})) from error
    connection.execute(f"CREATE TABLE {identifier}_typed (row BIGINT, name VARCHAR, text VARCHAR)")
    rows = connection.execute(f"SELECT count(*) FROM {identifier}").fetchall()[0][0]
    by_path = {name: f"l{position}" for position, name in enumerate(lists)}
    return Table(identifier, path, shown(path), None, tuple(wanted), rows, columns, by_path)


def _parsed(path: Path, source: Source, names: Sequence[str]) -> dict[str, tuple[Segment, ...]]:
    """Read the path of the items and those of their values; all that are none are named at once."""
    faults = []
    parsed: dict[str, tuple[Segment, ...]] = {}
    for text in (source.iterator or "$", *names):
        stated = f"$.{text}" if source.short_paths and not text.startswith("$") else text
        try:
            parsed[text] = jsonpath.parse(stated)
        except jsonpath.JsonPathError as error:
            faults.append(Fault("is read with the path {path}, which {detail}", shown(path),
                                values={"path": text, "detail": error}))  # fmt: skip
    if faults:
        raise InputError(*faults)
    return parsed


def _is_plain(segments: tuple[Segment, ...]) -> bool:
    """Tell whether a path goes down by names, places and wildcards alone, as almost all do that say where items are."""
    return all(is_singular(each) or each == Segment((Wildcard(),)) for each in segments)


def _found(document: Any, segments: tuple[Segment, ...]) -> list[Any]:
    """Return what a plain path finds; None stands for no value, and for nothing behind a wildcard."""
    nodes = [document]
    for segment in segments:
        match segment.selectors[0]:
            case str(name):
                nodes = [node.get(name) if isinstance(node, dict) else None for node in nodes]
            case int(place):
                nodes = [
                    node[place] if isinstance(node, list) and -len(node) <= place < len(node) else None
                    for node in nodes
                ]
            case _:
                nodes = [
                    each for node in nodes
                    for each in (node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())
                ]  # fmt: skip
    return nodes


def _handed(path: Path, items: Sequence[Any]) -> str:
    """Write items one by one, so that none has to be searched for in the whole; return the SQL that reads them."""
    longest, encode = 0, json.JSONEncoder(allow_nan=False).encode
    with path.open("w", encoding="utf-8") as file:
        for row, item in enumerate(items, 1):
            if item is not None:
                longest = max(longest, file.write(f'{{"row": {row}, "item": {encode(item)}}}\n'))
    return (
        f"SELECT row, item FROM read_json({literal(str(path))}, columns = {{'row': 'BIGINT', 'item': 'JSON'}}, "
        f"format = 'newline_delimited', maximum_object_size = {max(2 * longest, 1 << 24)})"
    )


def paths_to_nothing(connection: duckdb.DuckDBPyConnection, table: Table) -> Iterator[Fault]:
    """Yield a warning for every path at which no item has a value."""
    columns = list(table.columns.items())
    counts = [
        f"count(nullif(len({column.identifier}), 0))" if column.kind == "items"
        else f"count_if({column.identifier}.text IS NOT NULL OR {column.identifier}.datatype = '!')"
        for _, column in columns
    ]  # fmt: skip
    found = connection.execute(f"SELECT {', '.join([*counts, '1'])} FROM {table.identifier}").fetchall()[0]
    for (name, _), count in zip(columns, found, strict=False):
        if table.rows and not count:
            yield Fault("no item has a value at {path}", table.file, values={"path": name}, severity="warning")


def _read(path: Path) -> Any:
    """Return a document; raises InputError with the line where it is not JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"), parse_constant=_refuse)
    except UnicodeError as error:
        raise encoding_fault(path) from error
    except json.JSONDecodeError as error:
        fault = Fault("is not JSON: {detail}", shown(path), error.lineno, values={"detail": error.msg})
        raise InputError(fault) from error
    except (RecursionError, ValueError) as error:  # nested too deep, a number of too many digits
        raise InputError(Fault("is not JSON: {detail}", shown(path), values={"detail": error})) from error


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no value of JSON")
