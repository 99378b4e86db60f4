"""Validation: SHACL over the mapping's output, before anything is published (<https://www.w3.org/TR/shacl/>).

It never looks at the store, whose literals are normalised: a report must quote what the table said.
"""

from collections.abc import Sequence
from pathlib import Path

import rdflib

from lienket.validation.reference import validate_graph
from lienket.validation.report import Place, Report, Result
from lienket.validation.shapes import Shapes, read_graph, read_shapes

__all__ = ["Place", "Report", "Result", "Shapes", "read_graph", "read_shapes", "validate"]


def validate(data: Sequence[Path], shapes: Shapes, *, context: rdflib.Graph | None = None) -> Report:
    """Return the report of `shapes` over the RDF files `data` taken together.

    `context` is what the data refers to and is not checked itself: an ontology, code lists.
    Raises `InputError` naming every file that is not RDF.
    """
    return validate_graph(read_graph(data), shapes, context if context is not None else rdflib.Graph())
