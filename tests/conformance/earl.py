"""The results of a run as an EARL report <https://www.w3.org/TR/EARL10-Schema/>, in the form that the W3C's test suites
ask of implementers <https://w3c.github.io/rdf-star/reports/>.
"""

from datetime import UTC, datetime
from pathlib import Path

from rdflib import DCTERMS, DOAP, FOAF, RDF, XSD, BNode, Graph, Literal, Namespace, URIRef

import lienket

from .record import Record
from .suites import SUITES, Outcome

PATH = Path(__file__).parents[2] / "var" / "earl.ttl"
EARL = Namespace("http://www.w3.org/ns/earl#")

REPORT, SUBJECT, ASSERTOR = URIRef(""), URIRef("#lienket"), URIRef("#tests")
"""Relative to the place where the report is put."""

OUTCOMES = {
    Outcome.PASSED: EARL.passed,
    Outcome.MENDED: EARL.cantTell,
    Outcome.FAILED: EARL.failed,
    Outcome.INAPPLICABLE: EARL.inapplicable,
    Outcome.UNTESTED: EARL.untested,
}


def report(record: Record, now: datetime | None = None) -> Graph:
    """Return the report of a run that ended `now`: one assertion a case, with its reason where there is one."""
    graph = Graph()
    graph.bind("earl", EARL)
    date = Literal((now or datetime.now(UTC)).isoformat(timespec="seconds"), datatype=XSD.dateTime)
    describe(graph, date)
    for result in sorted(record.results.values(), key=lambda result: (result.suite, result.name)):
        assertion, outcome = BNode(), BNode()
        graph.add((assertion, RDF.type, EARL.Assertion))
        graph.add((assertion, EARL.assertedBy, ASSERTOR))
        graph.add((assertion, EARL.subject, SUBJECT))
        graph.add((assertion, EARL.test, URIRef(SUITES[result.suite].tests + result.name)))
        graph.add((assertion, EARL.mode, EARL.automatic))
        graph.add((assertion, EARL.result, outcome))
        graph.add((outcome, RDF.type, EARL.TestResult))
        graph.add((outcome, EARL.outcome, OUTCOMES[result.outcome]))
        graph.add((outcome, DCTERMS.date, date))
        if result.reason:
            graph.add((outcome, DCTERMS.description, Literal(result.reason, lang="en")))
    return graph


def describe(graph: Graph, date: Literal) -> None:
    """Say who reports on what."""
    release = BNode()
    graph.add((REPORT, FOAF.primaryTopic, SUBJECT))
    graph.add((REPORT, DCTERMS.issued, date))
    graph.add((REPORT, FOAF.maker, ASSERTOR))
    for type_ in (DOAP.Project, EARL.TestSubject, EARL.Software):
        graph.add((SUBJECT, RDF.type, type_))
    graph.add((SUBJECT, DOAP.name, Literal("Liên Kết")))
    graph.add((SUBJECT, DOAP.shortdesc, Literal("A linked open data hub for government", lang="en")))
    graph.add((SUBJECT, DOAP["programming-language"], Literal("Python")))
    graph.add((SUBJECT, DOAP.release, release))
    graph.add((release, RDF.type, DOAP.Version))
    graph.add((release, DOAP.revision, Literal(lienket.__version__)))
    for type_ in (EARL.Assertor, EARL.Software):
        graph.add((ASSERTOR, RDF.type, type_))
    graph.add((ASSERTOR, DCTERMS.title, Literal("The tests of Liên Kết, run by `make conformance`", lang="en")))
