"""The published suites, and every case of them that is not simply passed, with the reason.

This is the one table of such reasons: tests take from it what they skip or mend, and the document and the EARL report
say what stands here. A suite lies in `shared/suites` beside the repository, and is left alone where that is absent.

A new suite needs a row in SUITES, and tests whose parameters say which case they run:
`pytest.param(…, marks=case(suite, name))`. `conftest.py` records what becomes of them, and the document, the EARL
report and the end of a run speak of the suite.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2].parent / "shared" / "suites"
XSD = "http://www.w3.org/2001/XMLSchema#"


class Outcome(StrEnum):
    """What becomes of a case."""

    PASSED = "passed"
    MENDED = "mended"
    """Not passed as it is published, by a fault of the suite that is named; passed with that fault mended."""
    FAILED = "failed"
    INAPPLICABLE = "inapplicable"
    UNTESTED = "untested"


@dataclass(frozen=True)
class Edit:
    """How one file of a case is mended: each match of a pattern is replaced; without a pattern the file is left out."""

    file: str
    pattern: str | None = None
    replacement: str = ""


@dataclass(frozen=True)
class Remark:
    """What there is to say of a case."""

    outcome: Outcome
    reason: str
    """A clause, in Markdown."""
    edits: tuple[Edit, ...] = ()
    doubles_by_value: bool = False
    """Whether the output writes doubles in other than their canonical form."""


def passed(reason: str, *, doubles_by_value: bool = False) -> Remark:
    return Remark(Outcome.PASSED, reason, doubles_by_value=doubles_by_value)


def mended(reason: str, *edits: Edit, doubles_by_value: bool = False) -> Remark:
    return Remark(Outcome.MENDED, reason, edits, doubles_by_value)


def failed(reason: str) -> Remark:
    return Remark(Outcome.FAILED, reason)


def inapplicable(reason: str) -> Remark:
    return Remark(Outcome.INAPPLICABLE, reason)


def untested(reason: str) -> Remark:
    return Remark(Outcome.UNTESTED, reason)


@dataclass(frozen=True)
class Suite:
    """A suite, as the document and the EARL report speak of it."""

    title: str
    tests: str
    """What stands before a case's name in its address."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """Pattern of names → the title of what is counted by itself."""
    remarks: Mapping[str, Remark] = field(default_factory=dict)
    """Pattern of names → what there is to say; the first that fits holds."""

    def part(self, name: str) -> str:
        """Return the title under which a case is counted."""
        return next((title for pattern, title in self.parts.items() if fnmatchcase(name, pattern)), self.title)

    def pattern(self, name: str) -> str:
        """Return the pattern of the remark that holds for a case; its name where there is none."""
        return next((pattern for pattern in self.remarks if fnmatchcase(name, pattern)), name)

    def remark(self, name: str) -> Remark:
        """Return what there is to say of a case."""
        return self.remarks.get(self.pattern(name), Remark(Outcome.PASSED, ""))


def case(suite: str, name: str) -> list[pytest.MarkDecorator]:
    """Return the marks of a test that runs a case of a suite."""
    remark = SUITES[suite].remark(name)
    marks = [pytest.mark.case(suite, name)]
    if remark.outcome in (Outcome.INAPPLICABLE, Outcome.UNTESTED):
        marks.append(pytest.mark.skip(reason=remark.reason))
    if remark.outcome is Outcome.FAILED:
        marks.append(pytest.mark.xfail(reason=remark.reason, strict=True))
    return marks


INTEGER_LEFT_OUT = Edit("output.nq", r'"(\d+)"(?= *\.)', rf'"\1"^^<{XSD}integer>')
DOUBLE_LEFT_OUT = Edit("output.nq", r'"([\d.E]+)"(?= *\.)', rf'"\1"^^<{XSD}double>')
DOUBLE_AS_INTEGER = Edit("output.nq", r'"(\d+)"\^\^<[^>]*integer>', rf'"\1"^^<{XSD}double>')

R2RML_NUMBERS = "[R2RML §10.2](https://www.w3.org/TR/r2rml/#natural-mapping)"
JSON_NUMBERS = (
    "[the registry's natural mapping of JSON](https://github.com/kg-construct/rml-io-registry/blob/main/json-path/section/"
    "natural-rdf-mapping.md) makes a number without fraction an xsd:integer"
)
BY_VALUE = passed(
    f"the output writes `80.25` where ours writes `8.025E1`; {R2RML_NUMBERS} takes any lexical form of the value, so "
    "doubles are compared by value",
    doubles_by_value=True,
)
ERROR_AND_NOTHING = passed(
    "the W3C asks for an error, this copy for no triples; an error that names the fault is asked for, and that nothing "
    "is written"
)

R2RML = {
    **dict.fromkeys(
        ("R2RMLTC0002a", "R2RMLTC0007[cd]", "R2RMLTC0008b", "R2RMLTC0009d", "R2RMLTC0011[ab]", "R2RMLTC0016a",
         "R2RMLTC0018a"),
        mended(
            f"the output leaves out the datatype of an INTEGER, which is xsd:integer by {R2RML_NUMBERS}, and which the "
            "suite itself writes for the same table in `R2RMLTC0007e`, `0007f` and `0008a`; the datatype is added",
            INTEGER_LEFT_OUT,
        ),
    ),
    **dict.fromkeys(
        ("R2RMLTC0005b", "R2RMLTC0016b"),
        mended(
            f"the output leaves out the datatype of a FLOAT, which is xsd:double by {R2RML_NUMBERS}; it is added",
            DOUBLE_LEFT_OUT,
        ),
    ),
    "R2RMLTC0005a": mended(
        f"the output leaves out the datatype of a FLOAT, which is xsd:double by {R2RML_NUMBERS}; it is added, and "
        "doubles are compared by value",
        DOUBLE_LEFT_OUT, doubles_by_value=True,
    ),
    "R2RMLTC0012a": mended(
        f"the output types a FLOAT as xsd:integer, and {R2RML_NUMBERS} as xsd:double; the datatype is replaced, and "
        "doubles are compared by value",
        DOUBLE_AS_INTEGER, doubles_by_value=True,
    ),
    "R2RMLTC0004b": mended(
        "the output has a triple of a subject map whose term type is rr:Literal, where "
        "[R2RML §7.4](https://www.w3.org/TR/r2rml/#termtype) allows rr:IRI and rr:BlankNode, and the W3C asks for an "
        "error; an error is asked for",
        Edit("output.nq"),
    ),
    "R2RMLTC0020[ab]": mended(
        "the output speaks of `http://example.com/company/Alice`, which stands in the W3C's table, and this copy's "
        "table holds `http://company.com/Alice`; the table is mended",
        Edit("resource.sql", "http://company.com/", "http://example.com/company/"),
    ),
    "R2RMLTC0002f": inapplicable(
        "asks for an error where `R2RMLTC0002a`, the same rules over the same table, asks for triples: the W3C's rules "
        "name delimited identifiers as regular ones, which SQLite does not tell apart"
    ),
    "R2RMLTC0002[cgh]": ERROR_AND_NOTHING,
    "R2RMLTC0003a": ERROR_AND_NOTHING,
}  # fmt: skip

REGISTRY = {
    "RMLIOREGTC0003d": mended(
        "the rules name the namespace `http://example.org`, the document `http://example.org/`; moreover they ask for "
        "`student` and `Name` without a prefix, which in XPath "
        "[are names of no namespace](https://www.w3.org/TR/xpath-10/#node-tests); address and prefixes are mended",
        Edit("mapping.ttl", '"http://example.org"', '"http://example.org/"'),
        Edit("mapping.ttl", "/student", "/ex:student"),
        Edit("mapping.ttl", '"Name"', '"ex:Name"'), Edit("mapping.ttl", "{Name}", "{ex:Name}"),
    ),
    "RMLIOREGTC0004h": inapplicable(
        "asks for an error, as MySQL takes `\"Student\"` for a text unless it is told that names stand in quotation "
        "marks; it is told so here, as [names of the rules](https://www.w3.org/TR/r2rml/#dfn-sql-identifier) are those "
        "of the standard, and then the table and its columns are there"
    ),
    "RMLIOREGTC0004k": mended(
        f"the output leaves out the datatype of an INTEGER, {R2RML_NUMBERS}; it is added", INTEGER_LEFT_OUT
    ),
    "RMLIOREGTC0004l": mended(
        "asks for triples of `SELECT NoColumnName, ID, Name`, which MySQL refuses, as the table has no such column; "
        "the title speaks of qualified names, so the query is made to hold those; the output leaves out the datatype "
        f"of an INTEGER, {R2RML_NUMBERS}, which is added",
        Edit("mapping.ttl", "SELECT NoColumnName, ID, Name", "SELECT student.ID, student.Name"), INTEGER_LEFT_OUT,
    ),
    "RMLIOREGTC0004[otw]": BY_VALUE,
    "RMLIOREGTC0005d": mended(
        "asks for an error, as a table that is not there is named, and PostgreSQL has this table, `Person`, as it has "
        "that of `RMLIOREGTC0005v`, `Patient`, where triples are asked for; the same case for MySQL, "
        "`RMLIOREGTC0004d`, names `sdfdfsstudent`; the rules are made to name `\"Person\"`, which is not there",
        Edit("mapping.ttl", '"Person"', r'"\\"Person\\""'),
    ),
    "RMLIOREGTC0005k": mended(
        "asks for triples of `SELECT ID, Name`, which PostgreSQL refuses, as the columns are `\"ID\"` and `\"Name\"`; "
        f"the output leaves out the datatype of an INTEGER, {R2RML_NUMBERS}; both are mended",
        Edit("mapping.ttl", "SELECT ID, Name", r'SELECT \\"ID\\", \\"Name\\"'), INTEGER_LEFT_OUT,
    ),
    "RMLIOREGTC0005l": mended(
        "asks for triples of `SELECT NoColumnName, ID, Name`, which PostgreSQL refuses, as the columns are `\"ID\"` "
        "and `\"Name\"` alone; the title speaks of qualified names, so the query is made to hold those; the output "
        f"leaves out the datatype of an INTEGER, {R2RML_NUMBERS}, which is added",
        Edit("mapping.ttl", "SELECT NoColumnName, ID, Name", r'SELECT student.\\"ID\\", student.\\"Name\\"'),
        INTEGER_LEFT_OUT,
    ),
    "RMLIOREGTC0005[otw]": BY_VALUE,
    "RMLIOREGTC0006*": untested("SQL Server: no server can be had here"),
    "RMLIOREGTC000[78]a": mended(
        f"the output leaves out the datatype of numbers, and {JSON_NUMBERS}; it is added", INTEGER_LEFT_OUT
    ),
    "RMLIOREGTC0009a": inapplicable("Kafka is not read; moreover mapping.ttl is not Turtle (`@prefix … ;`)"),
    "RMLIOREGTC0010a": inapplicable("MQTT is not read; moreover mapping.ttl is not Turtle (`@prefix … ;`)"),
    "RMLIOREGTC0011a": inapplicable("asks DBpedia over the network, which a mapping may not"),
    "RMLIOREGTC0012i": mended(
        "the rules are those of another case: they name columns `ID` and `Name` where the table has `id`, `name`, "
        "`age` and the output speaks of `http://example.org/{id}` and foaf:age; the rules are made to fit the output",
        Edit("mapping.ttl", r'"http://example.com/\{ID\}/\{Name\}";\s*rml:class foaf:Person', '"http://example.org/{id}"'),
        Edit("mapping.ttl", "ex:id", "foaf:age"), Edit("mapping.ttl", '"ID"', '"age"'),
        Edit("mapping.ttl", '"Name"', '"name"'),
    ),
}  # fmt: skip

SPARQL_TESTS = "http://www.w3.org/2009/sparql/docs/tests/data-sparql11/"
READ_ONLY = inapplicable("the endpoint is read only and takes no updates")
NORMALISED = failed("the store keeps numbers in their canonical form: `1.0E6` comes back as `1000000`")

SUITES = {
    "rml-core": Suite("RML-Core", "http://w3id.org/rml/core/test/"),
    "rml-fnml": Suite("RML-FNML", "http://w3id.org/rml/fnml/test/"),
    "rml-lv": Suite("RML-LV", "http://w3id.org/rml/lv/test/"),
    "r2rml-sqlite": Suite(
        "R2RML over SQLite", "https://github.com/morph-kgc/morph-kgc/tree/main/test/r2rml/", remarks=R2RML
    ),
    "rml-io-registry": Suite(
        "RML-IO-Registry", "http://w3id.org/rml/io-registry/test/", parts={
            "RMLIOREGTC0001*": "RML-IO-Registry: CSV",
            "RMLIOREGTC000[278]*": "RML-IO-Registry: JSON (files, DCAT, Web of Things)",
            "RMLIOREGTC0012*": "RML-IO-Registry: CSVW",
            "RMLIOREGTC0003*": "RML-IO-Registry: XML",
            "RMLIOREGTC0005*": "RML-IO-Registry: PostgreSQL",
            "RMLIOREGTC0004*": "RML-IO-Registry: MySQL",
            "RMLIOREGTC0006*": "RML-IO-Registry: SQL Server",
            "RMLIOREGTC0009*": "RML-IO-Registry: streams",
            "RMLIOREGTC0010*": "RML-IO-Registry: streams",
            "RMLIOREGTC0011*": "RML-IO-Registry: SPARQL",
        }, remarks=REGISTRY,
    ),
    "shacl": Suite(
        "SHACL", "https://w3c.github.io/data-shapes/data-shapes-test-suite/tests/",
        parts={"core/*": "SHACL Core", "sparql/*": "SHACL-SPARQL, by pySHACL"}, remarks={
            "sparql/pre-binding/shapesGraph-001": inapplicable(
                "pySHACL does not bind $shapesGraph, which SHACL leaves to the validator"
            ),
        },
    ),
    "sparql11-protocol": Suite(
        "SPARQL 1.1 Protocol", f"{SPARQL_TESTS}protocol/manifest#", remarks={
            "update_*": READ_ONLY, "bad_update_*": READ_ONLY, "bad_multiple_updates": READ_ONLY,
        },
    ),
    "sparql11-json-res": Suite("SPARQL 1.1 results in JSON", f"{SPARQL_TESTS}json-res/manifest#"),
    "sparql11-csv-tsv-res": Suite(
        "SPARQL 1.1 results in CSV and TSV", f"{SPARQL_TESTS}csv-tsv-res/manifest#",
        remarks={"csv03": NORMALISED, "tsv03": NORMALISED},
    ),
    "sparql11-service-description": Suite(
        "SPARQL 1.1 Service Description", f"{SPARQL_TESTS}service-description/manifest#", remarks={
            "*": passed("the suite says in words what it asks for; the checks are ours"),
        },
    ),
    "dcat-ap": Suite(
        "DCAT-AP 3.0.1 shapes over `/catalog`", "https://semiceu.github.io/DCAT-AP/releases/3.0.1/html/shacl/",
        remarks={"*": passed(
            "no violation in the catalogue of Huế, nor in that of the tests' province; the files' `sh:shape`, a word "
            "of drafts, is read as `sh:node`"
        )},
    ),
}  # fmt: skip
"""Folder → suite, in the order of the document."""
