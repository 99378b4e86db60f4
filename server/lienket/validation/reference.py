"""pySHACL, the reference validator: complete, and in memory."""

import re
import warnings

import pyshacl
import rdflib
from rdflib.namespace import RDF, SH

from lienket.errors import Fault, InputError, shown
from lienket.validation.report import Report, read_report
from lienket.validation.shapes import Shapes


def validate_graph(data: rdflib.Graph, shapes: Shapes, context: rdflib.Graph) -> Report:
    """Return pySHACL's report of `shapes` over `data`; `context` is known to it and not checked itself.

    Raises `InputError` where pySHACL finds the shapes themselves at fault.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what pySHACL warns of it also reports or refuses
            _, report, text = pyshacl.validate(
                data + context,  # pySHACL's own ont_graph takes in classes and properties alone, no code lists
                shacl_graph=shapes.graph,
                inference="none",
                advanced=False,
                js=False,
                do_owl_imports=False,
                meta_shacl=False,
            )
    except Exception as error:  # pySHACL lets through what its parsers raise at a faulty shape
        raise _at_fault(shapes, error) from error
    if not isinstance(report, rdflib.Graph):
        raise _at_fault(shapes, text)
    _restore_languages(report, shapes)
    return read_report(_about(data, report))


def _restore_languages(report: rdflib.Graph, shapes: Shapes) -> None:
    """Tag the messages of SPARQL constraints: pySHACL drops the language where it fills in variables."""
    tagged = [
        (re.compile(re.sub(r"\\{\\[?$]\w+\\}", ".*", re.escape(str(message))), re.DOTALL), message.language)
        for message in shapes.graph.objects(None, SH.message)
        if isinstance(message, rdflib.Literal) and message.language
    ]
    for result, message in list(report.subject_objects(SH.resultMessage)):
        if isinstance(message, rdflib.Literal) and not message.language:
            language = next((language for pattern, language in tagged if pattern.fullmatch(str(message))), None)
            report.remove((result, SH.resultMessage, message))
            report.add((result, SH.resultMessage, rdflib.Literal(str(message), lang=language)))


def _about(data: rdflib.Graph, report: rdflib.Graph) -> rdflib.Graph:
    """Drop the results about nodes that `data` does not speak of."""
    for result, focus_node in list(report.subject_objects(SH.focusNode)):
        if (result, RDF.type, SH.ValidationResult) in report and not _speaks_of(data, focus_node):
            report.remove((None, SH.result, result))
            report.remove((result, None, None))
    node = next(report.subjects(RDF.type, SH.ValidationReport))
    report.set((node, SH.conforms, rdflib.Literal((node, SH.result, None) not in report)))
    return report


def _speaks_of(data: rdflib.Graph, node: rdflib.term.Node) -> bool:
    return (node, None, None) in data or (None, None, node) in data


def _at_fault(shapes: Shapes, reason: object) -> InputError:
    files = ", ".join(shown(file) for file in shapes.files)
    words = " ".join(str(reason).split())
    return InputError(Fault("the shapes are at fault: {reason}", file=files, values={"reason": words}))
