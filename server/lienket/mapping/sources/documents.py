"""JSON documents: the items that a JSONPath finds, and of each the values at the paths that rules read."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

from ...errors import Fault, InputError, shown
from ...sql import file_name
from .. import jsonpath, jsonpath_sql
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
    compiled = _compiled(path, source, [*wanted, *lists])
    _check(path)
    items, many = compiled["document" + (source.iterator or "$")]
    columns, cells = {}, []
    for position, name in enumerate(wanted):
        value, several = compiled["item" + name]
        column = Column(name, f"c{position}", "items" if several else "item")
        columns[name] = column
        item = "lk_clean_item(lk_item({}))"
        cell = f"list_transform({value}, lambda v: {item.format('v')})" if several else item.format(value)
        cells.append(f"{cell} AS {column.identifier}")
    for position, name in enumerate(lists):
        value, several = compiled["item" + name]
        cells.append(f"{value if several else f'CASE WHEN {value} IS NOT NULL THEN [{value}] END'} AS l{position}")
    items = items if many else f"[{items}]"
    # An item is unnested together with its place, which is its row number.
    query = (
        f"CREATE TABLE {identifier} AS SELECT {', '.join(['row', *cells])} FROM ("
        f"SELECT unnest({items}) AS item, unnest(range(1, len({items}) + 1)) AS row FROM ("
        f"SELECT CAST(ltrim(content, chr(65279)) AS JSON) AS document FROM read_text({file_name(path)}))) "
        "WHERE item IS NOT NULL"
    )
    try:
        connection.execute(query)
    except duckdb.Error as error:
        detail = str(error).splitlines()[0]
        raise InputError(Fault("is not JSON: {detail}", shown(path), values={"detail": detail})) from error
    connection.execute(f"CREATE TABLE {identifier}_typed (row BIGINT, name VARCHAR, text VARCHAR)")
    rows = connection.execute(f"SELECT count(*) FROM {identifier}").fetchall()[0][0]
    by_path = {name: f"l{position}" for position, name in enumerate(lists)}
    return Table(identifier, path, shown(path), None, tuple(wanted), rows, columns, by_path)


def _compiled(path: Path, source: Source, names: Sequence[str]) -> dict[str, tuple[str, bool]]:
    """Compile the path of the items and those of their values; keys begin with what they are taken from."""
    faults = []
    compiled: dict[str, tuple[str, bool]] = {}
    for text, document in ((source.iterator or "$", "document"), *((name, "item") for name in names)):
        stated = f"$.{text}" if source.short_paths and not text.startswith("$") else text
        try:
            compiled[document + text] = jsonpath_sql.compile_path(jsonpath.parse(stated), document)
        except jsonpath.JsonPathError as error:
            faults.append(Fault("is read with the path {path}, which {detail}", shown(path),
                                values={"path": text, "detail": error}))  # fmt: skip
    if faults:
        raise InputError(*faults)
    return compiled


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


def _check(path: Path) -> None:
    """Raise InputError with the line where a file is not JSON."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        json.loads(text)
    except UnicodeError as error:
        raise encoding_fault(path) from error
    except json.JSONDecodeError as error:
        fault = Fault("is not JSON: {detail}", shown(path), error.lineno, values={"detail": error.msg})
        raise InputError(fault) from error
    except (RecursionError, ValueError) as error:  # nested too deep, a number of too many digits
        raise InputError(Fault("is not JSON: {detail}", shown(path), values={"detail": error})) from error
