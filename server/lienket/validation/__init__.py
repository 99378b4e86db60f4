"""Validation: SHACL over the mapping's output, before anything is published (<https://www.w3.org/TR/shacl/>).

It never looks at the store, whose literals are normalised: a report must quote what the table said. Shapes are read
into values (`shapes.py`), compiled to SQL (`compile.py`), and asked of a relation of triples in DuckDB (`engine.py`).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import duckdb

from .documents import Shapes, read_graph, read_shapes, read_triples
from .engine import validate_relation
from .lines import take_lines
from .references import Told, changed_nodes, refers_to, told
from .report import Place, Report, Result
from .session import load, make_table

__all__ = [
    "Place",
    "Report",
    "Result",
    "Shapes",
    "Told",
    "changed_nodes",
    "read_graph",
    "read_shapes",
    "read_triples",
    "refers_to",
    "told",
    "validate",
    "validate_relation",
]


def validate(
    data: Sequence[Path], shapes: Shapes, *, context: Sequence[Path] = (), engine: Literal["sql", "pyshacl"] = "sql"
) -> Report:
    """Return the report of `shapes` over the RDF files `data` taken together.

    `context` are files that the data refers to and that are not checked themselves: an ontology, code lists.
    Raises `InputError` naming every file that is not RDF.
    """
    if engine == "pyshacl":
        from .reference import validate_graph  # slow to load, and mostly not needed

        return validate_graph(read_graph(data), shapes, read_graph(context))
    with duckdb.connect(":memory:") as connection:
        make_table(connection, "triples")
        load(connection, "triples", read_triples(file for file in data if not take_lines(connection, "triples", file)))
        return validate_relation(connection, "triples", shapes, "".join(read_triples(context)))
