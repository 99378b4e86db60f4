"""pySHACL, the reference validator: complete, and in memory."""

import pyshacl
import pyshacl.errors
import rdflib

from lienket.errors import Fault, InputError
from lienket.validation.report import Report, read_report
from lienket.validation.shapes import Shapes


def validate_graph(data: rdflib.Graph, shapes: Shapes, context: rdflib.Graph) -> Report:
    """Return pySHACL's report of `shapes` over `data`; `context` is known to it.

    Raises `InputError` where pySHACL finds the shapes themselves at fault.
    """
    try:
        _, report, text = pyshacl.validate(
            data,
            shacl_graph=shapes.graph,
            ont_graph=context,
            inference="none",
            advanced=False,
            js=False,
            do_owl_imports=False,
            meta_shacl=False,
        )
    except pyshacl.errors.ReportableRuntimeError as error:
        raise _at_fault(shapes, error) from None
    if not isinstance(report, rdflib.Graph):
        raise _at_fault(shapes, text)
    return read_report(report)


def _at_fault(shapes: Shapes, reason: object) -> InputError:
    files = ", ".join(map(str, shapes.files))
    return InputError(Fault("the shapes are at fault: {reason}", file=files, values={"reason": reason}))
