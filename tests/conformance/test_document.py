"""`docs/conformance.md` and the EARL report say what the run gave."""

from datetime import UTC, datetime

import pytest
from rdflib import DCTERMS, RDF, Graph, Literal, URIRef

from . import document, earl
from .conftest import RECORD
from .record import Record
from .suites import SUITES, Outcome

EMPTY = "Above.\n\n" + "Between.\n\n".join(document.HEADS.values()) + "\nBelow.\n"
"""A document that nothing was written to."""


def record(**outcomes: Outcome) -> Record:
    """Return a record of cases of RML-Core."""
    made = Record({("rml-core", name) for name in outcomes})
    for name, outcome in outcomes.items():
        made.add("rml-core", name, outcome, "" if outcome is Outcome.PASSED else "a | b")
    return made


@pytest.mark.document
def test_the_document_says_what_the_run_gave(request: pytest.FixtureRequest) -> None:
    text = document.PATH.read_text(encoding="utf-8")
    assert document.written(request.config.stash[RECORD], text) == text, "run `make conformance`"


@pytest.mark.document
def test_every_remark_is_about_a_case(request: pytest.FixtureRequest) -> None:
    run = request.config.stash[RECORD]
    for folder, suite in SUITES.items():
        names = [name for of, name in run.cases if of == folder]
        assert not names or set(suite.remarks) <= {suite.pattern(name) for name in names}, folder


def test_the_document_counts_and_gives_reasons() -> None:
    text = document.written(record(a=Outcome.PASSED, b=Outcome.PASSED, c=Outcome.FAILED), EMPTY)
    assert text.startswith("Above.")
    assert text.endswith("\nBelow.\n")
    assert "| RML-Core | 3 | 2 |  | 1 |  |  |\n" in text
    assert "| RML-Core | `c` (1) | failed | a \\| b |\n" in text
    assert document.written(record(a=Outcome.PASSED), text) != text


def test_the_document_keeps_what_was_not_run() -> None:
    text = document.written(record(a=Outcome.PASSED, b=Outcome.MENDED), EMPTY)
    partly = record(a=Outcome.PASSED)
    partly.cases.add(("rml-core", "b"))
    assert document.written(partly, text) == text
    assert document.written(Record(), text) == text


def test_a_failure_stays_whatever_else_is_passed() -> None:
    made = record(a=Outcome.FAILED)
    made.add("rml-core", "a", Outcome.PASSED, "")
    assert made.results["rml-core", "a"].outcome is Outcome.FAILED


def test_the_earl_report_asserts_every_case() -> None:
    made = record(a=Outcome.PASSED, b=Outcome.UNTESTED)
    turtle = earl.report(made, datetime(2026, 1, 2, tzinfo=UTC)).serialize(format="turtle")
    graph = Graph().parse(data=turtle, publicID="https://data.example.org/earl.ttl")
    found = {}
    for assertion in graph.subjects(RDF.type, earl.EARL.Assertion):
        assert graph.value(assertion, earl.EARL.subject) == URIRef("https://data.example.org/earl.ttl#lienket")
        result = graph.value(assertion, earl.EARL.result)
        test = graph.value(assertion, earl.EARL.test)
        found[str(test)] = graph.value(result, earl.EARL.outcome), graph.value(result, DCTERMS.description)
    assert found == {
        "http://w3id.org/rml/core/test/a": (earl.EARL.passed, None),
        "http://w3id.org/rml/core/test/b": (earl.EARL.untested, Literal("a | b", lang="en")),
    }
