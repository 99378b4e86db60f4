"""pySHACL, the reference validator: complete, and in memory.

It is the second opinion on everything, and the one opinion on queries in SPARQL, which no SQL is made of.
"""

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence

import pyshacl
import rdflib
from rdflib import OWL, RDF, RDFS
from rdflib.namespace import SH

from ..errors import Fault, InputError, shown
from .documents import Shapes
from .explanations import BY_QUERY
from .parameters import PARAMETERS
from .report import Explanation, Report, Result, sorted_report
from .shape_reader import TARGETS
from .shapes import Path, PredicatePath, PropertyShape, Shape, Term, within
from .terms import node_of, plain, term

Node = rdflib.term.Node


def validate_graph(data: rdflib.Graph, shapes: Shapes, context: rdflib.Graph) -> Report:
    """Return pySHACL's report of `shapes` over `data`; `context` is known to it and not checked itself.

    Raises `InputError` where pySHACL finds the shapes themselves at fault.
    """
    # pySHACL's own ont_graph takes in classes and properties alone, no code lists
    report = _validate(data + context if len(context) else data, shapes, rdflib.Graph() + shapes.graph)
    spoken_of = set(data.all_nodes()) if len(context) else None
    return sorted_report(result for result in report if spoken_of is None or node_of(result.focus_term) in spoken_of)


def validate_focus_nodes(
    triples: Iterable[tuple[Term, Term, Term]],
    shapes: Shapes,
    asked: Sequence[Shape],
    focus: Sequence[Term],
    *,
    whole: bool,
) -> Iterator[Result]:
    """Yield what pySHACL finds of some shapes for some focus nodes; without `whole` only by queries in SPARQL."""
    data = rdflib.Graph()
    for triple in triples:
        data.add(tuple(map(node_of, triple)))  # type: ignore[arg-type]
    graph = rdflib.Graph()
    graph += shapes.graph
    for name in TARGETS:
        graph.remove((None, SH[name], None))
    graph.remove((None, RDF.type, RDFS.Class))  # a shape that is a class would be its own target
    for shape in asked:
        node = node_of(shape.node)
        for parameter in PARAMETERS.values() if not whole else ():
            if parameter.component not in (None, "SPARQL"):
                graph.remove((node, SH[parameter.name], None))
        for each in focus:
            graph.add((node, SH.targetNode, node_of(each)))
    yield from _validate(data, shapes, graph)


def _validate(data: rdflib.Graph, shapes: Shapes, graph: rdflib.Graph) -> Iterator[Result]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what pySHACL warns of it also reports or refuses
            _, report, text = pyshacl.validate(
                data,
                shacl_graph=_with_imported_prefixes(graph),
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
    paths = {part.node: part.path for root in shapes.roots for part in within(root) if isinstance(part, PropertyShape)}
    for node in report.objects(next(report.subjects(RDF.type, SH.ValidationReport)), SH.result):
        yield _result(report, node, paths)


def _with_imported_prefixes(graph: rdflib.Graph) -> rdflib.Graph:
    """Give every node of sh:prefixes the declarations that it imports: pySHACL does not follow owl:imports there."""
    for node in set(graph.objects(None, SH.prefixes)):
        for imported in graph.transitive_objects(node, OWL.imports):
            for declaration in graph.objects(imported, SH.declare):
                graph.add((node, SH.declare, declaration))
    return graph


def _result(report: rdflib.Graph, node: Node, paths: Mapping[Term, Path]) -> Result:
    def said(predicate: rdflib.URIRef) -> Term | None:
        value = report.value(node, predicate)
        return None if value is None else term(value)

    shape = said(SH.sourceShape) or ""
    path = said(SH.resultPath)
    if path is not None and path.startswith("<"):
        result_path: Path | None = PredicatePath(path)
    else:  # pySHACL copies longer paths into its report by halves
        result_path = paths.get(shape)
    return Result(
        focus_term=said(SH.focusNode) or "",
        result_path=result_path,
        value_term=said(SH.value),
        component=plain(said(SH.sourceConstraintComponent) or "<>"),
        shape_term=shape,
        severity_iri=plain(said(SH.resultSeverity) or "<>"),
        messages={
            (message.language or "") if isinstance(message, rdflib.Literal) else "": str(message)
            for message in report.objects(node, SH.resultMessage)
        },
        explanation=Explanation(BY_QUERY, {"shape": plain(shape)}),
        details=tuple(_result(report, detail, paths) for detail in report.objects(node, SH.detail)),
        source_constraint=said(SH.sourceConstraint),
    )


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


def _at_fault(shapes: Shapes, reason: object) -> InputError:
    files = ", ".join(shown(file) for file in shapes.files)
    words = " ".join(str(reason).split())
    return InputError(Fault("the shapes are at fault: {reason}", file=files, values={"reason": words}))
