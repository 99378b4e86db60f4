"""The published cases of RML and R2RML: RML-Core <https://w3id.org/rml/core/spec>, R2RML over SQLite, the registry.

They lie in `shared/suites` beside the repository and are skipped where that is absent. Datasets are compared up to the
names of blank nodes, with every literal as it was written.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import CanonicalizationAlgorithm, Dataset, RdfFormat, parse

from lienket.errors import InputError
from lienket.mapping import Database, map_rules, read_rules

from ..postgresql import Server

SUITES = Path(__file__).parents[2].parent / "shared" / "suites"
INDEX = SUITES / "rml-index.json"


@dataclass(frozen=True)
class Suite:
    """What has to be known of one suite beside what its index says."""

    title: str
    named: dict[str, str]
    """What the message has to name where the suite asks for an error: another error would not do."""
    skipped: dict[str, str] = field(default_factory=dict)
    """Cases that are not run, with the reason."""
    partial: dict[str, str] = field(default_factory=dict)
    """Cases that expect what can be mapped, beside a cell that cannot: what the fault has to name."""
    without: dict[str, str] = field(default_factory=dict)
    """Words of mappings that are not run, with the reason."""
    doubles_by_value: bool = False
    """Whether outputs write doubles in other than their canonical form."""
    untyped: str = "-"
    """Pattern of the cases whose outputs leave out the datatypes of numbers, all or some, against the specification."""


SUITE = {
    "rml-core": Suite("RML-Core", named={
        "RMLTC0002e-JSON": "student2.json",
        "RMLTC0002g-JSON": "$.students[*]]",
        "RMLTC0004b-JSON": "rml:subjectMap of the term type Literal",
        "RMLTC0007h-JSON": "rml:graphMap of the term type Literal",
        "RMLTC0012c-JSON": "no rml:subjectMap",
        "RMLTC0012d-JSON": "more than one rml:subjectMap",
        "RMLTC0015b-JSON": "a-english",
        "RMLTC0019b-JSON": "“Juan Daniel” does not make a valid IRI",
        "RMLTC0023a-JSON": "a brace opens inside of braces",
        "RMLTC0023b-JSON": "row 14: is not Turtle",
        "RMLTC0023c-JSON": "row 14: is not Turtle",
        "RMLTC0023d-JSON": "a brace opens inside of braces",
        "RMLTC0023e-JSON": "row 14: is not Turtle",
        "RMLTC0024a-JSON": 'the constant "School"',
        "RMLTC0025b-JSON": "$.amounts is a list or an object",
    }),
    "r2rml-sqlite": Suite("R2RML", named={
        # W3C asks for an error in the first five; the copy for SQLite has outputs for them, which are empty but one.
        "R2RMLTC0003a": "a version of SQL that is not known: rml:SQL1979",
        "R2RMLTC0004b": "rml:subjectMap of the term type Literal",
        "R2RMLTC0002c": "has no column IDs; the columns are: ID, Name",
        "R2RMLTC0002g": 'does not answer the query: near "THIS": syntax error',
        "R2RMLTC0002h": "has 2 columns with the name ID",
        "R2RMLTC0002e": "no such table: Students",
        "R2RMLTC0007h": "rml:graphMap of the term type Literal",
        "R2RMLTC0012c": "no rml:subjectMap",
        "R2RMLTC0012d": "more than one rml:subjectMap",
        "R2RMLTC0015b": "english",
    }, skipped={
        "R2RMLTC0002f": "asks for an error where R2RMLTC0002a, the same rules over the same table, asks for triples: "
        "SQLite does not tell the case of names apart",
        **dict.fromkeys(
            ("R2RMLTC0020a", "R2RMLTC0020b"),
            "expects addresses under example.com/company, and its table holds company.com",
        ),
    }, partial={
        "R2RMLTC0019b": "“Juan Daniel” does not make a valid IRI",
    }, untyped="R2RML.*"),
    "rml-io-registry": Suite("RML-IO-Registry", named={
        "RMLIOREGTC0001b": "has no column THIS_COLUMN_DOES_NOT_EXIST; the columns are: Name",
        "RMLIOREGTC0002b": "no item has a value at $.THIS_VALUE_DOES_NOT_EXIST",
        "RMLIOREGTC0002c": "is read with the path Dhkef;esfkdleshfjdls;fk, which does not begin with $",
        "RMLIOREGTC0005b": "has no column DOES_NOT_EXIST; the columns are: Name",
        "RMLIOREGTC0005c": 'relation "dasfd;sfd;lsfjstudent" does not exist',
        "RMLIOREGTC0005e": 'syntax error at or near "FROMasflijafo"',
        "RMLIOREGTC0005g": 'relation "Students" does not exist',
        "RMLIOREGTC0005i": 'column "kjnqsdjfbqsdjfmsdnfm" does not exist',
        "RMLIOREGTC0005j": 'column "name" does not exist',
        "RMLIOREGTC0005m": 'column "firstname" does not exist',
    }, skipped={
        "RMLIOREGTC0005d": "asks for an error where RMLIOREGTC0005v asks for triples: both name a table by capital "
        "letters that PostgreSQL has made small",
        "RMLIOREGTC0005k": "its query names a column ID without quotation marks: PostgreSQL has only “ID”, and says so",
        "RMLIOREGTC0005l": "its query names a column NoColumnName that is not in its table",
    }, without={
        "com.mysql": "MySQL: no server can be had here",
        "sqlserver": "SQL Server: no server can be had here",
        "rml:XPath": "XML is not read",
        "SPARQL_Results_CSV": "asks DBpedia over the network",
    }, doubles_by_value=True, untyped="RMLIOREGTC000[78]a"),
}  # fmt: skip


EMPTY = "SET client_min_messages = error; DROP SCHEMA public CASCADE; CREATE SCHEMA public;\n"


def cases() -> list[dict[str, Any]]:
    if not INDEX.exists():
        return []
    return [case for case in json.loads(INDEX.read_text()) if case["suite"] in SUITE]


def dataset(text: str) -> Dataset:
    # Lenient, because one case expects what it calls unsafe IRIs.
    quads = Dataset(parse(text, format=RdfFormat.N_QUADS, lenient=True))
    quads.canonicalize(CanonicalizationAlgorithm.UNSTABLE)
    return quads


def doubles_by_value(text: str) -> str:
    double = r'"([^"]*)"(\^\^<http://www.w3.org/2001/XMLSchema#double>)'
    return re.sub(double, lambda found: f'"{float(found[1])}"{found[2]}', text)


def by_value(text: str) -> str:
    number = r'"([+-]?[0-9.]+(?:E-?[0-9]+)?)"(?:\^\^<http://www.w3.org/2001/XMLSchema#(?:integer|double)>)?'
    return re.sub(number, lambda found: f'"{float(found[1])}"', text)


@pytest.fixture(scope="module")
def passed(request: pytest.FixtureRequest) -> Iterator[dict[str, list[str]]]:
    """Collect the cases that pass, and tell their number at the end."""
    found: dict[str, list[str]] = {name: [] for name in SUITE}
    yield found
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        for name, suite in SUITE.items():
            of = sum(case["suite"] == name for case in cases())
            print(f"\n{suite.title}: {len(found[name])} of {of} cases passed", end="")  # noqa: T201


@pytest.mark.skipif(not INDEX.exists(), reason="the published suites are not beside this repository")
@pytest.mark.parametrize("case", cases(), ids=lambda case: case["id"])
def test_case(
    case: dict[str, Any], tmp_path: Path, passed: dict[str, list[str]], request: pytest.FixtureRequest
) -> None:
    suite, name = SUITE[case["suite"]], case["id"]
    folder = SUITES / case["dir"]
    mapping = (folder / case["mapping"]).read_text(encoding="utf-8")
    reason = suite.skipped.get(name) or case["known_upstream_bug"]
    reason = reason or next((reason for word, reason in suite.without.items() if word in mapping), None)
    if reason:
        pytest.skip(reason)
    out = tmp_path / "out.nq"
    copies = {
        address: folder / Path(address).name for address in re.findall(r'[<"](http[^>"]*/Friends[^>"]*)', mapping)
    }
    database = Database(f"sqlite:{folder / 'resource.db'}")
    if "postgresql" in mapping:
        server: Server = request.getfixturevalue("postgresql_server")
        server.run(EMPTY + (folder / "resource.sql").read_text(encoding="utf-8"))
        database = Database(server.address(), server.user, server.password)

    def run() -> str:
        rules = read_rules(folder / case["mapping"], base_iri=case["base_iri"] or "http://example.com/base/")
        with map_rules(
            [rules], root=folder, language=None, strict=name not in suite.partial,
            databases=lambda _: database, copies=copies,
        ) as mapped:  # fmt: skip
            mapped.write_nquads(out)
            return "\n".join(map(str, mapped.faults))

    if case["error_expected"] or name in suite.named:
        with pytest.raises(InputError) as raised:
            run()
        assert suite.named[name] in str(raised.value)
    else:
        faults = run()
        assert suite.partial.get(name, "") in faults
        found, expected = (path.read_text(encoding="utf-8") for path in (out, folder / case["outputs"][0]))
        if suite.doubles_by_value:
            found, expected = doubles_by_value(found), doubles_by_value(expected)
        if re.fullmatch(suite.untyped, name):
            found, expected = by_value(found), by_value(expected)
        assert dataset(found) == dataset(expected)
    passed[case["suite"]].append(name)


def test_comparison_leaves_literals_as_written() -> None:
    first, second = (f'<x:s> <x:p> "{text}"^^<http://www.w3.org/2001/XMLSchema#integer> .' for text in ("007", "7"))
    assert dataset(first) != dataset(second)
