"""Reconciliation: a clerk's names find our IRIs, and nothing is called certain that is not."""

import json
from typing import Any
from urllib.parse import quote

import jsonschema
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lienket import languages
from lienket.project import Project
from lienket.web import create_app
from lienket.web.reconcile.routes import BATCH
from lienket.web.reconcile.scores import Candidate, fit, winner

PACKS = [languages.get("vi"), languages.get("en")]
UNIT = "https://lod.hue.gov.vn/ontology/AdministrativeUnit"

TEXT = {"type": "string", "minLength": 1}
TYPE = {"type": "object", "required": ["id", "name"], "properties": {"id": TEXT, "name": TEXT}}
RESULT = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "required": ["result"],
        "additionalProperties": False,
        "properties": {
            "result": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["id", "name", "score", "match", "type"],
                    "properties": {
                        "id": TEXT,
                        "name": TEXT,
                        "score": {"type": "number", "minimum": 0, "maximum": 100},
                        "match": {"type": "boolean"},
                        "type": {"type": "array", "items": TYPE},
                        "features": {
                            "type": "array",
                            "items": {
                                "required": ["id", "value"],
                                "properties": {"id": TEXT, "value": {"type": ["boolean", "number"]}},
                            },
                        },
                    },
                },
            }
        },
    },
}
"""What version 0.2 says of the answer to a batch, in our words."""
PLACE = {"type": "object", "required": ["service_url", "service_path"],
         "properties": {"service_url": {"pattern": "^https?://"}, "service_path": {"pattern": "^/"}}}  # fmt: skip
WITH_ID = {"type": "string", "pattern": r"^https?://.*\{\{id\}\}"}
MANIFEST = {
    "type": "object",
    "required": ["versions", "name", "identifierSpace", "schemaSpace", "view", "preview", "suggest", "extend"],
    "properties": {
        "versions": {"contains": {"const": "0.2"}},
        "name": TEXT,
        "identifierSpace": {"pattern": "^https?://"},
        "schemaSpace": {"pattern": "^https?://"},
        "defaultTypes": {"type": "array", "uniqueItems": True, "items": TYPE},
        "batchSize": {"type": "integer"},
        "view": {"required": ["url"], "properties": {"url": WITH_ID}},
        "preview": {
            "required": ["url", "width", "height"],
            "properties": {"url": WITH_ID, "width": {"type": "integer"}, "height": {"type": "integer"}},
        },
        "suggest": {"properties": {"entity": PLACE, "type": PLACE, "property": PLACE}},
        "extend": {"properties": {"propose_properties": PLACE}},
    },
}
CELL = {
    "type": "object",
    "maxProperties": 2,
    "properties": {
        "id": TEXT, "name": TEXT, "str": {"type": "string"}, "int": {"type": "integer"}, "float": {"type": "number"},
        "date": {"pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"},
    },
    "additionalProperties": False,
}  # fmt: skip
EXTENDED = {
    "type": "object",
    "required": ["meta", "rows"],
    "properties": {
        "meta": {"type": "array", "items": TYPE},
        "rows": {"additionalProperties": {"additionalProperties": {"type": "array", "items": CELL}}},
    },
}


@pytest.fixture(scope="module")
def hue_site(hue_project: Project) -> Flask:
    app = create_app(hue_project)
    app.testing = True
    return app


@pytest.fixture
def refine(hue_site: Flask) -> FlaskClient:
    """A client as OpenRefine is one."""
    return hue_site.test_client()


def reconciled(refine: FlaskClient, *queries: dict[str, Any]) -> list[list[dict[str, Any]]]:
    batch = {f"q{number}": query for number, query in enumerate(queries)}
    answer = refine.post("/reconcile", data={"queries": json.dumps(batch)})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    jsonschema.validate(answer.get_json(), RESULT)
    return [answer.get_json()[key]["result"] for key in batch]


# ------------------------------------------------------------------ names as people write them


@pytest.mark.parametrize(
    ("typed", "id_", "score"),
    [
        ("Phường Phú Xuân", "unit/19753-2025-07", 100),
        ("PHƯỜNG  PHÚ XUÂN", "unit/19753-2025-07", 98),
        ("Phường Thuận Hoá", "unit/19789-2025-07", 98),  # the tone mark stands elsewhere
        ("P. Phú Xuân", "unit/19753-2025-07", 95),
        ("P.Phú Xuân", "unit/19753-2025-07", 95),
        ("phuong phu xuan", "unit/19753-2025-07", 90),
        ("Phươ\u0300ng Phu\u0301 Xuân", "unit/19753-2025-07", 100),
    ],
)
def test_a_name_is_known_however_it_is_written(refine: FlaskClient, typed: str, id_: str, score: float) -> None:
    (result,) = reconciled(refine, {"query": typed, "type": UNIT})
    assert (result[0]["id"], result[0]["score"], result[0]["match"]) == (id_, score, True)
    assert [each["match"] for each in result].count(True) == 1
    assert [each["score"] for each in result] == sorted((each["score"] for each in result), reverse=True)


@pytest.mark.parametrize(
    "query",
    [
        {"query": "Phường Vĩnh Ninh", "type": UNIT},  # two lists had a ward of this name
        {"query": "Phú Xuân"},  # a ward, and communes elsewhere in the national list
        {"query": "Phù Xuần", "type": UNIT},  # other marks: another name
        {"query": "Xuân Phú Phường", "type": UNIT},
        {
            "query": "Lăng Khải Định",
            "type": "monument",
            "properties": [{"pid": "containedInPlace", "v": "P. Phú Xuân"}],
        },
    ],
)
def test_nothing_is_certain_that_is_not(refine: FlaskClient, query: dict[str, Any]) -> None:
    (result,) = reconciled(refine, query)
    assert result
    assert not any(each["match"] for each in result)


def test_what_else_is_known_decides_between_namesakes(refine: FlaskClient) -> None:
    namesakes = {"query": "Phường Vĩnh Ninh", "type": UNIT}
    by_end, by_name = reconciled(
        refine,
        {**namesakes, "properties": [{"pid": "temporal", "v": "2025-01"}]},
        {**namesakes, "properties": [{"pid": "http://purl.org/dc/terms/temporal", "v": {"id": "period/2023-04"}}]},
    )
    assert (by_end[0]["id"], by_end[0]["match"]) == ("unit/19783-2025-01", True)
    assert (by_name[0]["id"], by_name[0]["match"]) == ("unit/19783-2023-04", True)
    features = {each["id"]: each["value"] for each in by_end[0]["features"]}
    assert features == {"name": 100.0, "ended": True, "property:temporal": True}
    assert by_end[0]["score"] == round(0.7 * 99 + 0.3 * 100, 1), "the score is what its features make"


def test_classes_narrow_by_iri_by_name_and_with_their_subclasses(refine: FlaskClient) -> None:
    by_iri, by_name, by_list, elsewhere = reconciled(
        refine,
        {"query": "Lăng Khải Định", "type": "https://lod.hue.gov.vn/ontology/Monument"},
        {"query": "Lăng Khải Định", "type": "monument"},
        {"query": "Lăng Khải Định", "type": ["monument", "administrative-unit"], "type_strict": "any"},
        {"query": "Lăng Khải Định", "type": UNIT},
    )
    assert by_iri[0] == by_name[0] == by_list[0]
    assert (by_iri[0]["id"], by_iri[0]["match"], by_iri[0]["type"][0]["name"]) == ("monument/126", True, "Di tích")
    assert not any("monument" in each["id"] for each in elsewhere)


def test_no_answer_is_an_empty_list(refine: FlaskClient) -> None:
    assert reconciled(refine, {"query": "zzzz"}, {"query": ""}, {"properties": [{"pid": "x", "v": 1}]}) == [[], [], []]


def test_batches_come_by_get_too(refine: FlaskClient) -> None:
    batch = quote(json.dumps({"q0": {"query": "Lăng Khải Định", "limit": 1}}))
    assert len(refine.get(f"/reconcile?queries={batch}").get_json()["q0"]["result"]) == 1


# ------------------------------------------------------------------ the rules


def candidate(fits: float, *, ended: bool = False, **properties: bool) -> Candidate:
    return Candidate(f"urn:{fits}{ended}", "", None, ended, fits, properties)


def test_the_winner_is_clear_or_there_is_none() -> None:
    assert winner([]) is None
    sure = candidate(100)
    assert winner([candidate(60), sure]) is sure
    assert winner([sure, candidate(96)]) is None
    assert winner([candidate(84)]) is None
    assert winner([sure, candidate(100, ended=True)]) is None
    assert winner([candidate(100, place=False)]) is None
    told = candidate(100, place=True)
    assert winner([told, candidate(100, place=False)]) is told


@settings(deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_every_score_is_a_score_and_a_name_fits_itself(text: str, other: str) -> None:
    assert -12 <= fit(text, [(other, False)], PACKS) <= 100
    assert fit(text, [(text, False)], PACKS) == 100
    assert fit(text, [(other, True), (text, False)], PACKS) == 100


@pytest.mark.parametrize(
    ("typed", "name", "score"),
    [
        ("Lăng Tự Đức", "Lăng Tự Đức (Khiêm Lăng)", 92), ("TP Huế", "Thành phố Huế", 95),
        ("tp hue", "Thành phố Huế", 90),
        ("UBND P.An Cựu", "Ủy ban nhân dân phường An Cựu", 95), ("Phú Lộc", "Phù Lọc", 70), ("phu loc", "Phù Lọc", 90),
        ("Đông Ba", "Chợ Đông Ba", 48), ("", "Chợ", 0),
    ],
)  # fmt: skip
def test_how_names_compare(typed: str, name: str, score: float) -> None:
    assert fit(typed, [(name, False)], PACKS[:1]) == score


# ------------------------------------------------------------------ the other services


def test_the_manifest_leads_to_services_that_answer(refine: FlaskClient) -> None:
    manifest = refine.get("/reconcile").get_json()
    jsonschema.validate(manifest, MANIFEST)
    viewed = manifest["view"]["url"].replace("{{id}}", quote("monument/126", safe=""))
    assert refine.get(viewed).headers["Location"] == "/doc/monument/126"
    for what, prefix, id_ in (
        ("entity", "lăng khải", "monument/126"), ("type", "di t", "https://lod.hue.gov.vn/ontology/Monument"),
        ("property", "loại h", "https://lod.hue.gov.vn/ontology/monumentKind"),
    ):  # fmt: skip
        place = manifest["suggest"][what]
        answer = refine.get(f"{place['service_url']}{place['service_path']}?prefix={quote(prefix)}")
        assert id_ in [each["id"] for each in answer.get_json()["result"]], what
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    proposed = manifest["extend"]["propose_properties"]
    answer = refine.get(f"{proposed['service_url']}{proposed['service_path']}?type=monument&limit=3")
    assert len(answer.get_json()["properties"]) == 3


def test_a_preview_may_stand_in_a_frame_and_does_nothing(refine: FlaskClient) -> None:
    answer = refine.get("/reconcile/preview?id=monument%2F126")
    assert answer.status_code == 200
    assert "Lăng Khải Định" in answer.text
    assert "frame-ancestors" not in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "<script" not in answer.text
    assert "<form" not in answer.text
    for id_ in ("nope", "http://example.org/x", "../ontology", "a%20b%3E", ""):
        assert refine.get(f"/reconcile/preview?id={id_}").status_code == 404


def test_columns_are_added_for_what_is_reconciled(refine: FlaskClient) -> None:
    asked: dict[str, Any] = {"ids": ["monument/126", "monument/none", "a b>"], "properties": [
        {"id": "containedInPlace"}, {"id": "referencePriceFrom"}, {"id": "label"},
        {"id": "https://lod.hue.gov.vn/ontology/monumentKind", "settings": {}},
    ]}  # fmt: skip
    extended = refine.post("/reconcile", data={"extend": json.dumps(asked)}).get_json()
    jsonschema.validate(extended, EXTENDED)
    row = extended["rows"]["monument/126"]
    assert row["containedInPlace"] == [{"id": "unit/19813-2025-07", "name": "Phường Thủy Xuân"}]
    assert list(row["referencePriceFrom"][0]) == ["int"]
    assert row["label"] == [{"str": "Lăng Khải Định"}]
    assert set(extended["rows"]) == set(asked["ids"])
    assert not any(extended["rows"]["monument/none"].values())
    dated = {"ids": ["unit/19753-2025-07"], "properties": [{"id": "validFrom"}]}
    found = refine.post("/reconcile", data={"extend": json.dumps(dated)}).get_json()
    assert found["rows"]["unit/19753-2025-07"]["validFrom"] == [{"date": "2025-07-01T00:00:00"}]


# ------------------------------------------------------------------ what is malformed


@pytest.mark.parametrize(
    ("queries", "status"),
    [
        ("{", 400), ("[]", 400), ('{"q0": 1}', 400), ('{"q0": {"query": 5}}', 400), ("[" * 100_000, 400),
        ('{"q0": {"query": "a", "limit": 0}}', 400), ('{"q0": {"query": "a", "limit": NaN}}', 400),
        ('{"q0": {"query": "a", "limit": Infinity}}', 200), ('{"q0": {"query": "a", "limit": 1e400}}', 200),
        ('{"q0": {"query": "a", "properties": [{}]}}', 400), ('{"q0": {"query": "a", "properties": {}}}', 200),
        (json.dumps({"q0": {"query": "a" * 301}}), 400), ('{"q0": {"query": "\\u0000\\ud800\\"*"}}', 200),
        (json.dumps({f"q{number}": {"query": "a"} for number in range(BATCH + 1)}), 413),
        ('{"q0": {"query": "a", "type": [{"id": {"x": 1}}, 7], "properties": [{"pid": "x", "v": {"id": []}}]}}', 200),
    ],
)  # fmt: skip
def test_malformed_batches_are_answered(refine: FlaskClient, queries: str, status: int) -> None:
    answer = refine.post("/reconcile", data={"queries": queries})
    assert answer.status_code == status, answer.text
    if status == 400:
        assert answer.get_json()["parameter"].startswith("queries")


@pytest.mark.parametrize(
    ("extend", "status"),
    [
        ("{}", 400), ('{"ids": "x", "properties": []}', 400), ('{"ids": [], "properties": [{"id": "nothing"}]}', 400),
        ('{"ids": [], "properties": []}', 200), (json.dumps({"ids": ["a"] * 51, "properties": []}), 413),
    ],
)  # fmt: skip
def test_malformed_extensions_are_answered(refine: FlaskClient, extend: str, status: int) -> None:
    assert refine.post("/reconcile", data={"extend": extend}).status_code == status


def test_other_malformed_requests(refine: FlaskClient) -> None:
    assert refine.post("/reconcile").status_code == 400
    assert refine.post("/reconcile", data={"queries": "x" * (1 << 21)}).status_code == 413
    assert refine.get("/reconcile?queries=%ff").status_code == 400
    assert refine.get("/reconcile/suggest/nothing").status_code == 404
    assert refine.get("/reconcile/suggest/entity?prefix=%22*%20OR&cursor=x").status_code == 200
    assert refine.put("/reconcile").status_code == 405


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(query=st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(
        st.sampled_from(["query", "type", "limit", "properties", "pid", "v", "id"]) | st.text(max_size=3),
        each, max_size=4),
    max_leaves=8,
))  # fmt: skip
def test_no_batch_breaks_the_server(hue_site: Flask, query: Any) -> None:
    answer = hue_site.test_client().post("/reconcile", data={"queries": json.dumps({"q0": query})})
    assert answer.status_code in (200, 400)
