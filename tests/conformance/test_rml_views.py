"""The test cases of RML's modules for functions <https://w3id.org/rml/fnml/spec> and for logical views
<https://w3id.org/rml/lv/spec>, run as `test_rml.py` runs those of RML-Core.
"""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lienket.errors import InputError
from lienket.mapping import DEFAULT_BASE_IRI, map_rules, read_rules

from .test_rml import INDEX, SUITES, dataset

MODULES = {"rml-fnml": "RML-FNML", "rml-lv": "RML-LV"}

UNSUPPORTED: dict[str, str] = {}
"""Cases that are not passed, with the reason."""

NAMED = {
    "RMLFNMLTC0101-CSV": "student.csv, row 1: has no column name; the columns are: Id, Name",
    "RMLFNMLTC0102-CSV": "calls the unknown function grel:unknown_func",
    "RMLFNMLTC0103-CSV": "calls grel:toUpperCase with grel:unknownParam, and it takes grel:valueParam",
    "RMLFNMLTC0104-CSV": "takes grel:unknownOut from grel:toUpperCase, and it returns grel:stringOut",
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
}
"""What the message has to name where the suite asks for an error: another error would not do."""


def cases() -> list[dict[str, Any]]:
    if not INDEX.exists():
        return []
    return [case for case in json.loads(INDEX.read_text()) if case["suite"] in MODULES]


@pytest.fixture(scope="module")
def passed(request: pytest.FixtureRequest) -> Iterator[Counter[str]]:
    """Count the cases that pass, and tell their numbers at the end."""
    found: Counter[str] = Counter()
    yield found
    of = Counter(case["suite"] for case in cases())
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        for suite, name in MODULES.items():
            print(f"\n{name}: {found[suite]} of {of[suite]} cases passed")  # noqa: T201


@pytest.mark.skipif(not INDEX.exists(), reason="the published suites are not beside this repository")
@pytest.mark.parametrize("case", cases(), ids=lambda case: case["id"])
def test_rml_modules(case: dict[str, Any], tmp_path: Path, passed: Counter[str]) -> None:
    if case["id"] in UNSUPPORTED:
        pytest.skip(UNSUPPORTED[case["id"]])
    folder = SUITES / case["dir"]
    out = tmp_path / "out.nq"

    def run() -> None:
        rules = read_rules(folder / case["mapping"], base_iri=case["base_iri"] or DEFAULT_BASE_IRI)
        with map_rules([rules], root=folder, language=None, strict=True) as mapped:
            mapped.write_nquads(out)

    if case["error_expected"]:
        with pytest.raises(InputError) as raised:
            run()
        assert NAMED[case["id"]] in str(raised.value)
    else:
        run()
        assert dataset(out.read_text()) == dataset((folder / case["outputs"][0]).read_text())
    passed[case["suite"]] += 1
