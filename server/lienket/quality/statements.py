"""A report as SHACL has it (<https://www.w3.org/TR/shacl/#validation-report>), each result under its identifier.

What mapping found before there was a triple is a result too: its focus node is the row of the table, and its component
says so.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import quote

import pyoxigraph as ox

from ..errors import Fault
from ..formats import TURTLE
from ..languages import Language
from ..vocabulary import LIENKET_QUALITY, RDF, RDFS, SH, XSD
from .report import Report

_SEVERITIES: Final[Mapping[str, str]] = {"error": "Violation", "warning": "Warning", "note": "Info"}
MAPPING: Final = LIENKET_QUALITY + "MappingComponent"
"""Component of what is wrong with a cell before it could become a triple."""


def statements(report: Report, iri: str, languages: Iterable[Language]) -> list[ox.Triple]:
    """Return the report named `iri` as triples; a result is named by `iri`, "#" and its identifier."""
    packs = list(languages)
    node = ox.NamedNode(iri)
    triples = [
        ox.Triple(node, ox.NamedNode(RDF + "type"), ox.NamedNode(SH + "ValidationReport")),
        ox.Triple(node, ox.NamedNode(SH + "conforms"),
                  ox.Literal(str(not report.findings).lower(), datatype=ox.NamedNode(XSD + "boolean"))),
    ]  # fmt: skip
    for finding in report.findings:
        result = ox.NamedNode(f"{iri}#{finding.id}")
        triples.append(ox.Triple(node, ox.NamedNode(SH + "result"), result))
        triples += _result(result, finding.fault, iri, packs)
    return triples


def _result(result: ox.NamedNode, fault: Fault, iri: str, packs: Iterable[Language]) -> Iterator[ox.Triple]:
    place = "/".join(quote(str(part), safe="") for part in (fault.file, fault.sheet, fault.row) if part is not None)
    terms = fault.result or {
        "focusNode": f"<{iri}#{place}>",
        "resultSeverity": f"<{SH}{_SEVERITIES[fault.severity]}>",
        "sourceConstraintComponent": f"<{MAPPING}>",
    }
    said = " ; ".join(f"<{SH}{name}> {term}" for name, term in terms.items())
    text = f"{result} a <{SH}ValidationResult> ; {said} ."
    yield from (quad.triple for quad in ox.parse(text.encode(), format=TURTLE.rdf, rename_blank_nodes=True))
    for pack in packs:
        label = ox.Literal(pack.place(fault), language=pack.tag)
        yield ox.Triple(result, ox.NamedNode(RDFS + "label"), label)
        words = ox.Literal(pack.sentence(fault), language=pack.tag)
        yield ox.Triple(result, ox.NamedNode(SH + "resultMessage"), words)
