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
from .references import tell
from .report import Place, Report, Result
from .session import make_table, take

__all__ = [
    "Place",
    "Report",
    "Result",
    "Shapes",
    "read_graph",
    "read_shapes",
    "read_triples",
    "tell",
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
        take(connection, "triples", data)
        return validate_relation(connection, "triples", shapes, "".join(read_triples(context)))
