"""The published cases of RML and R2RML, which are run and compared in one way.

RML-Core <https://w3id.org/rml/core/spec>, functions <https://w3id.org/rml/fnml/spec>, logical views
<https://w3id.org/rml/lv/spec>, the registry of sources, R2RML over SQLite. Datasets are compared up to the names of
blank nodes, with every literal as it was written; where the reason of a case says that something is mended, the case
has to fail as it is published and to pass when that is mended.
"""

import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import CanonicalizationAlgorithm, Dataset, RdfFormat, parse

from lienket.errors import InputError
from lienket.mapping import DEFAULT_BASE_IRI, Database, map_rules, read_rules

from .. import mysql
from ..postgresql import Server
from .suites import FOLDER, SUITES, Edit, Outcome, case

INDEX = FOLDER / "rml-index.json"


@dataclass(frozen=True)
class Expected:
    """What has to be known of one suite beside what its index says."""

    named: dict[str, str]
    """What the message has to name where the suite asks for an error: another error would not do."""
    partial: dict[str, str] = field(default_factory=dict)
    """Cases that expect what can be mapped, beside a cell that cannot: what the fault has to name."""
    base_iri: str = DEFAULT_BASE_IRI
    """Where the index gives none."""


EXPECTED = {
    "rml-core": Expected(named={
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
    "r2rml-sqlite": Expected(named={
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
    }, partial={
        "R2RMLTC0019b": "“Juan Daniel” does not make a valid IRI",
        "R2RMLTC0020b": "“Emily Smith” does not make a valid IRI",
    }),
    "rml-io-registry": Expected(named={
        "RMLIOREGTC0001b": "has no column THIS_COLUMN_DOES_NOT_EXIST; the columns are: Name",
        "RMLIOREGTC0002b": "no item has a value at $.THIS_VALUE_DOES_NOT_EXIST",
        "RMLIOREGTC0002c": "is read with the path Dhkef;esfkdleshfjdls;fk, which does not begin with $",
        "RMLIOREGTC0003b": "no item has a value at NON_EXISTING",
        "RMLIOREGTC0003c": "is read with the path ???dflidjsgfldfsnglds, which is not XPath: Invalid expression",
        "RMLIOREGTC0004b": "has no column DOES_NOT_EXIST; the columns are: Name",
        "RMLIOREGTC0004d": "Table 'test.sdfdfsstudent' doesn't exist",
        "RMLIOREGTC0004e": "right syntax to use near 'FROMasflijafo Person",
        "RMLIOREGTC0004g": "Table 'test.Students' doesn't exist",
        "RMLIOREGTC0004i": "Unknown column 'kjnqsdjfbqsdjfmsdnfm'",
        "RMLIOREGTC0004j": "Duplicate column name 'Name'",
        "RMLIOREGTC0004m": "has no column IDs; the columns are: FirstName, LastName",
        "RMLIOREGTC0005b": "has no column DOES_NOT_EXIST; the columns are: Name",
        "RMLIOREGTC0005c": 'relation "dasfd;sfd;lsfjstudent" does not exist',
        "RMLIOREGTC0005d": 'relation "Person" does not exist',
        "RMLIOREGTC0005e": 'syntax error at or near "FROMasflijafo"',
        "RMLIOREGTC0005g": 'relation "Students" does not exist',
        "RMLIOREGTC0005h": 'relation "Student" does not exist',
        "RMLIOREGTC0005i": 'column "kjnqsdjfbqsdjfmsdnfm" does not exist',
        "RMLIOREGTC0005j": 'column "name" does not exist',
        "RMLIOREGTC0005m": 'column "firstname" does not exist',
    }, base_iri="http://example.com/base/"),
    "rml-fnml": Expected(named={
        "RMLFNMLTC0101-CSV": "student.csv, row 1: has no column name; the columns are: Id, Name",
        "RMLFNMLTC0102-CSV": "calls the unknown function grel:unknown_func",
        "RMLFNMLTC0103-CSV": "calls grel:toUpperCase with grel:unknownParam, and it takes grel:valueParam",
        "RMLFNMLTC0104-CSV": "takes grel:unknownOut from grel:toUpperCase, and it returns grel:stringOut",
    }),
    "rml-lv": Expected(named={
        "RMLLVTC0005a": "reads Name, which is no field of the logical view",
        "RMLLVTC0005b": "reads <it>, which is no field of the logical view",
        "RMLLVTC0005c": "reads item, an iterable field, which has no value; its fields are: item.type",
        "RMLLVTC0008a": "view2 is made of itself: ",
        "RMLLVTC0008b": "View is made of itself: ",
        "RMLLVTC0008c": "jsonView is made of itself: ",
        "RMLLVTC0008d": "has the field item inside of itself",
        "RMLLVTC0009a": "jsonView has two fields with the name name",
        "RMLLVTC0009b": "csvView has two fields with the name name",
        "RMLLVTC0009c": "csvView has two fields with the name item",
    }),
}  # fmt: skip


EMPTY = "SET client_min_messages = error; DROP SCHEMA public CASCADE; CREATE SCHEMA public;\n"

Reach = Callable[[Path], Database]
"""Folder of a case → the database that its rules mean."""


def parameters() -> list[Any]:
    cases = json.loads(INDEX.read_text(encoding="utf-8")) if INDEX.exists() else []
    return [pytest.param(each, id=each["id"], marks=case(each["suite"], each["id"])) for each in cases]


def dataset(text: str) -> Dataset:
    # Lenient, because one case expects what it calls unsafe IRIs.
    quads = Dataset(parse(text, format=RdfFormat.N_QUADS, lenient=True))
    quads.canonicalize(CanonicalizationAlgorithm.UNSTABLE)
    return quads


def doubles_by_value(text: str) -> str:
    double = r'"([^"]*)"(\^\^<http://www.w3.org/2001/XMLSchema#double>)'
    return re.sub(double, lambda found: f'"{float(found[1])}"{found[2]}', text)


def in_sqlite(folder: Path) -> Database:
    return Database(f"sqlite:{folder / 'resource.db'}")


def in_postgresql(server: Server, folder: Path) -> Database:
    server.run(EMPTY + (folder / "resource.sql").read_text(encoding="utf-8"))
    return Database(server.address(), server.user, server.password)


def in_mysql(server: mysql.Server, folder: Path) -> Database:
    script = (folder / "resource.sql").read_text(encoding="utf-8")
    server.run(f"DROP DATABASE test; CREATE DATABASE test CHARACTER SET utf8mb4; {script}", "mysql")
    return Database(server.address(), server.user, server.password)


def mended(folder: Path, edits: tuple[Edit, ...], into: Path) -> Path:
    """Copy a case with its edits made; each has to find something."""
    shutil.copytree(folder, into)
    for edit in edits:
        file = into / edit.file
        if edit.pattern is None:
            file.unlink()
            continue
        text, times = re.subn(edit.pattern, edit.replacement, file.read_text(encoding="utf-8"))
        assert times, f"{edit.pattern} is not in {file}"
        file.write_text(text, encoding="utf-8")
        if edit.file == "resource.sql" and (into / "resource.db").exists():
            (into / "resource.db").unlink()
            with sqlite3.connect(into / "resource.db") as connection:
                connection.executescript(text)
            connection.close()
    return into


def run(case: dict[str, Any], folder: Path, out: Path, reach: Reach, *, strict: bool) -> str:
    """Map a case, and return what is said of it: the error if there is one, else the faults."""
    mapping = folder / case["mapping"]
    addresses = re.findall(r'[<"](http[^>"]*/Friends[^>"]*)', mapping.read_text(encoding="utf-8"))
    copies = {address: folder / Path(address).name for address in addresses}
    base_iri = case["base_iri"] or EXPECTED[case["suite"]].base_iri
    try:
        rules = read_rules(mapping, base_iri=base_iri)
        with map_rules(
            [rules], root=folder, language=None, strict=strict, databases=lambda _: reach(folder), copies=copies
        ) as mapped:
            mapped.write_nquads(out)
            return "\n".join(map(str, mapped.faults))
    except InputError as error:
        return str(error)


def check(case: dict[str, Any], folder: Path, out: Path, reach: Reach, *, by_value: bool = False) -> None:
    """Run a case, and raise AssertionError where it is not passed."""
    expected, name = EXPECTED[case["suite"]], case["id"]
    said = run(case, folder, out, reach, strict=name not in expected.partial)
    published = folder / "output.nq"
    wanted = published.read_text(encoding="utf-8") if published.exists() else ""
    if case["error_expected"] or name in expected.named:
        assert expected.named[name] in said
        assert not out.exists()
        assert not wanted.strip()
        return
    assert out.exists(), said
    assert expected.partial.get(name, "") in said
    found = out.read_text(encoding="utf-8")
    if by_value:
        found, wanted = doubles_by_value(found), doubles_by_value(wanted)
    assert dataset(found) == dataset(wanted)


@pytest.mark.skipif(not INDEX.exists(), reason="the published suites are not beside this repository")
@pytest.mark.parametrize("case", parameters())
def test_case(case: dict[str, Any], tmp_path: Path, request: pytest.FixtureRequest) -> None:
    suite, folder = SUITES[case["suite"]], FOLDER / case["dir"]
    remark = suite.remark(case["id"])
    reach: Reach = in_sqlite
    if suite.part(case["id"]).endswith("PostgreSQL"):
        reach = partial(in_postgresql, request.getfixturevalue("postgresql_server"))
    elif suite.part(case["id"]).endswith("MySQL"):
        reach = partial(in_mysql, request.getfixturevalue("mysql_server"))
    if remark.outcome is Outcome.MENDED or remark.doubles_by_value:
        with pytest.raises(AssertionError):
            check(case, folder, tmp_path / "published.nq", reach)
    if remark.outcome is Outcome.MENDED:
        folder = mended(folder, remark.edits, tmp_path / "mended")
    check(case, folder, tmp_path / "out.nq", reach, by_value=remark.doubles_by_value)


def test_comparison_leaves_literals_as_written() -> None:
    first, second = (f'<x:s> <x:p> "{text}"^^<http://www.w3.org/2001/XMLSchema#integer> .' for text in ("007", "7"))
    assert dataset(first) != dataset(second)
