"""Parquet files <https://parquet.apache.org/docs/file-format/>: columns have types, which are those of SQL."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb

from ...errors import Fault, InputError, shown
from ...sql import file_name, identifier
from .natural import item
from .tables import Column, Loading, find_columns

SUFFIXES: Final = (".parquet",)

_DATATYPES: Final = {
    "BOOLEAN": "boolean", "FLOAT": "double", "DOUBLE": "double", "DECIMAL": "decimal", "DATE": "date", "TIME": "time",
    "TIME WITH TIME ZONE": "time", "BLOB": "hexBinary", "TIMESTAMP": "dateTime", "TIMESTAMP_S": "dateTime",
    "TIMESTAMP_MS": "dateTime", "TIMESTAMP_NS": "dateTime", "TIMESTAMP WITH TIME ZONE": "dateTime",
    **dict.fromkeys(
        [sign + size for sign in ("", "U") for size in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")],
        "integer",
    ),
}  # fmt: skip
"""DuckDB's name of a type → its natural datatype; of others the values are plain text."""

_TEXTS: Final = {
    "BLOB": "hex({0})",
    # A moment is one, whatever the clock of the machine says.
    "TIMESTAMP WITH TIME ZONE": "CAST(make_timestamp(epoch_us({0})) AS VARCHAR) || 'Z'",
}
"""How a value of a type becomes text, where it is not cast."""


def load(connection: duckdb.DuckDBPyConnection, path: Path, wanted: Sequence[str]) -> Loading:
    """Load the wanted columns; rows are counted from 1. Cells are of the kind "item"; nested values are texts of JSON.

    Raises InputError where it is no Parquet file, or has no such column.
    """
    table = f"read_parquet({file_name(path)}, file_row_number = true)"
    try:
        described = connection.execute(f"DESCRIBE SELECT * EXCLUDE (file_row_number) FROM {table}").fetchall()
        header = tuple(name for name, *_ in described)
        places = find_columns(header, wanted, shown(path), None, None)
        cells = [f"{_cell(*described[place][:2])} AS c{place}" for place in sorted(set(places.values()))]
        connection.execute(
            f"CREATE TABLE loading AS SELECT {', '.join(['file_row_number + 1 AS row', *cells])} FROM {table}"
        )
    except duckdb.Error as error:
        raise InputError(
            Fault("cannot be read as Parquet: {detail}", shown(path), values={"detail": str(error).splitlines()[0]})
        ) from error
    return Loading(header, {name: Column(header[place], f"c{place}", "item") for name, place in places.items()})


def _cell(name: str, type_: str) -> str:
    text = _TEXTS.get(type_, "CAST({0} AS VARCHAR)")
    if type_.endswith("]") or type_.startswith(("STRUCT(", "MAP(", "UNION(")):
        text = "CAST(to_json({0}) AS VARCHAR)"
    return item(text.format(identifier(name)), _DATATYPES.get(re.sub(r"\(.*", "", type_)))
