"""The RML-Core test cases of the W3C community group, all of them over JSON <https://w3id.org/rml/core/spec>.

They lie in `shared/suites` beside the repository and are skipped where that is absent. Datasets are compared up to the
names of blank nodes, with every literal as it was written.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import CanonicalizationAlgorithm, Dataset, RdfFormat, parse

from lienket.errors import InputError
from lienket.mapping import map_rules, read_rules

SUITES = Path(__file__).parents[2].parent / "shared" / "suites"
INDEX = SUITES / "rml-index.json"

UNSUPPORTED: dict[str, str] = {}
"""Cases that are not passed, with the reason."""

NAMED = {
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
}
"""What the message has to name where the suite asks for an error: another error would not do."""


def cases() -> list[dict[str, Any]]:
    if not INDEX.exists():
        return []
    return [case for case in json.loads(INDEX.read_text()) if case["suite"] == "rml-core"]


def dataset(path: Path) -> Dataset:
    # Lenient, because one case expects what it calls unsafe IRIs.
    quads = Dataset(parse(path=str(path), format=RdfFormat.N_QUADS, lenient=True))
    quads.canonicalize(CanonicalizationAlgorithm.UNSTABLE)
    return quads


@pytest.fixture(scope="module")
def passed(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Collect the cases that pass, and tell their number at the end."""
    found: list[str] = []
    yield found
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print(f"\nRML-Core: {len(found)} of {len(cases())} cases passed")  # noqa: T201


@pytest.mark.skipif(not INDEX.exists(), reason="the published suites are not beside this repository")
@pytest.mark.parametrize("case", cases(), ids=lambda case: case["id"])
def test_rml_core(case: dict[str, Any], tmp_path: Path, passed: list[str]) -> None:
    if case["id"] in UNSUPPORTED:
        pytest.skip(UNSUPPORTED[case["id"]])
    folder = SUITES / case["dir"]
    out = tmp_path / "out.nq"

    def run() -> None:
        rules = read_rules(folder / case["mapping"], base_iri=case["base_iri"])
        with map_rules([rules], root=folder, language=None, strict=True) as mapped:
            mapped.write_nquads(out)

    if case["error_expected"]:
        with pytest.raises(InputError) as raised:
            run()
        assert NAMED[case["id"]] in str(raised.value)
    else:
        run()
        assert dataset(out) == dataset(folder / case["outputs"][0])
    passed.append(case["id"])


def test_comparison_leaves_literals_as_written(tmp_path: Path) -> None:
    integer = "<http://www.w3.org/2001/XMLSchema#integer>"
    for number, text in enumerate(("007", "7")):
        (tmp_path / f"{number}.nq").write_text(f'<x:s> <x:p> "{text}"^^{integer} .\n')
    assert dataset(tmp_path / "0.nq") != dataset(tmp_path / "1.nq")
