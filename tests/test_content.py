"""Huế itself: the deployment at the root of the repository, built and held against what is known of the place."""

import gzip

import pyoxigraph as ox
import pytest

from lienket.content import read_content
from lienket.project import Project
from lienket.releases.release import Release
from lienket.store import Store
from lienket.web import create_app

from .conftest import ROOT

PREFIXES = """
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX geo: <http://www.opengis.net/ont/geosparql#>
PREFIX hue: <https://lod.hue.gov.vn/ontology/>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX qb: <http://purl.org/linked-data/cube#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX sosa: <http://www.w3.org/ns/sosa/>
"""


@pytest.fixture(scope="module")
def store(hue: Release) -> Store:
    return Store.open(hue.store_path)


def rows(store: Store, query: str) -> list[dict[str, str]]:
    return [{name: term.value for name, term in row.items()} for row in store.select(PREFIXES + query)]  # type: ignore[union-attr]


def number(store: Store, pattern: str) -> int:
    return int(rows(store, f"SELECT (COUNT(DISTINCT ?x) AS ?n) WHERE {{ {pattern} }}")[0]["n"])


def test_every_dataset_states_what_must_come_out() -> None:
    for dataset in read_content(Project.read(ROOT)).datasets:
        assert len(dataset.expected) >= 3, f"{dataset.folder}/expected.nq needs some quads"


def test_nothing_in_it_is_doubtful(hue: Release) -> None:
    assert {name: facts["warnings"] for name, facts in hue.manifest["datasets"].items() if facts["warnings"]} == {}


def test_every_link_within_the_hub_resolves(store: Store) -> None:
    dangling = rows(
        store,
        """
        SELECT DISTINCT ?link ?predicate WHERE {
            GRAPH ?graph { ?s ?predicate ?link }
            FILTER(STRSTARTS(STR(?graph), "https://lod.hue.gov.vn/dataset/"))
            FILTER(isIRI(?link) && REGEX(STR(?link), "^https://lod.hue.gov.vn/(id|ontology)/"))
            FILTER NOT EXISTS { GRAPH ?other { ?link ?p ?o } }
        }
        """,
    )
    assert dangling == []


def test_every_term_used_has_a_name_in_both_languages(store: Store) -> None:
    unnamed = rows(
        store,
        """
        SELECT DISTINCT ?term WHERE {
            { SELECT DISTINCT ?term WHERE { GRAPH ?graph { ?s ?term ?o }
                FILTER(STRSTARTS(STR(?graph), "https://lod.hue.gov.vn/dataset/")) } }
            UNION
            { SELECT DISTINCT ?term WHERE { GRAPH ?graph { ?s a ?term }
                FILTER(STRSTARTS(STR(?graph), "https://lod.hue.gov.vn/dataset/")) } }
            FILTER(!(EXISTS { ?term rdfs:label ?vi FILTER(LANG(?vi) = "vi") }
                  && EXISTS { ?term rdfs:label ?en FILTER(LANG(?en) = "en") }))
        }
        """,
    )
    assert unnamed == []


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        # GSO letter 1027/CTK-CSCL and Decision 19/2025/QĐ-TTg
        ("?x skos:inScheme <https://lod.hue.gov.vn/id/code/commune>", 3321),
        ("?x skos:inScheme <https://lod.hue.gov.vn/id/code/province>", 34),
        # Huế 2002–2016: 12 months, 15 years, 4 properties
        ("GRAPH <https://lod.hue.gov.vn/dataset/monthly-climate> { ?x a sosa:Observation }", 720),
        ("?x a hue:Monument", 180),
    ],
)
def test_counts(store: Store, pattern: str, expected: int) -> None:
    assert number(store, pattern) == expected


def test_text_is_composed_and_without_the_foreign_eth(store: Store) -> None:
    bad = rows(
        store,
        """
        SELECT ?o WHERE { GRAPH ?g { ?s ?p ?o } FILTER(isLiteral(?o))
            FILTER(REGEX(?o, "[TONES]") || (LANG(?o) = "vi" && REGEX(?o, "[Ðð]"))) }
        """.replace("TONES", "\u0300\u0301\u0303\u0309\u0323"),
    )
    assert bad == []


def test_the_communes_of_today(store: Store) -> None:
    communes = rows(
        store,
        """
        SELECT ?unit (COUNT(DISTINCT ?old) AS ?predecessors) (SAMPLE(?wkt) AS ?geometry) WHERE {
            ?unit a hue:AdministrativeUnit ; dct:identifier ?code ; skos:prefLabel ?name ; dct:replaces ?old ;
                geo:hasGeometry/geo:asWKT ?wkt .
            FILTER(REGEX(STR(?unit), "/id/unit/[0-9]{5}-2025-07$"))
        } GROUP BY ?unit
        """,
    )
    assert len(communes) == 40
    # 133 communes before 1 July 2025, by resolution 1675/NQ-UBTVQH15
    assert sum(int(row["predecessors"]) for row in communes) >= 133


def test_a_question_over_two_departments(store: Store) -> None:
    """Monuments by commune of today, with the units the commune replaced."""
    found = rows(
        store,
        """
        SELECT ?name (COUNT(DISTINCT ?monument) AS ?monuments) (COUNT(DISTINCT ?old) AS ?predecessors) WHERE {
            GRAPH <https://lod.hue.gov.vn/dataset/monuments> { ?monument a hue:Monument ; ?in ?unit }
            GRAPH <https://lod.hue.gov.vn/dataset/administrative-units> {
                ?unit skos:prefLabel ?name FILTER(LANG(?name) = "vi")
                ?unit dct:replaces ?old }
        } GROUP BY ?name ORDER BY DESC(?monuments)
        """,
    )
    phu_xuan = next(row for row in found if row["name"] == "Phường Phú Xuân")
    assert int(phu_xuan["monuments"]) > 10
    assert int(phu_xuan["predecessors"]) >= 6  # Tây Lộc, Thuận Lộc, Gia Hội, Thuận Hòa, Đông Ba, Phú Hậu …


def test_every_example_query_answers_and_is_explained_in_both_languages(hue_project: Project, store: Store) -> None:
    examples = rows(
        store,
        """
        PREFIX sh: <http://www.w3.org/ns/shacl#>
        SELECT ?example (COUNT(DISTINCT ?label) AS ?labels) (COUNT(DISTINCT ?comment) AS ?comments) WHERE {
            ?example a sh:SPARQLSelectExecutable ; rdfs:label ?label ; rdfs:comment ?comment
        } GROUP BY ?example
        """,
    )
    assert len(examples) >= 5
    visitor = create_app(hue_project).test_client()
    for example in examples:
        assert (example["labels"], example["comments"]) == ("2", "2")
        assert len(visitor.get(f"/query/{example['example'].rpartition('/')[2]}.csv").data.splitlines()) > 1
    for told in visitor.get("/query.json").get_json()["queries"]:
        assert all(each["label"] != each["name"] and each["default"] for each in told["parameters"])


def test_dumps_are_what_the_store_holds(hue: Release, store: Store) -> None:
    """Loaded again, the dumps give the graphs of the store."""
    for dataset_id, facts in hue.manifest["datasets"].items():
        with gzip.open(hue.dumps / f"{dataset_id}.nq.gz") as file:
            loaded = ox.Dataset(ox.parse(file.read(), format=ox.RdfFormat.N_QUADS))
        assert len(loaded) == facts["quads"], dataset_id


def example(store: Store, name: str) -> str:
    iri = f"https://lod.hue.gov.vn/id/example-query/{name}"
    return rows(store, f"SELECT ?query WHERE {{ <{iri}> <http://www.w3.org/ns/shacl#select> ?query }}")[0]["query"]


def test_monuments_of_a_unit_of_today_are_found_under_its_former_units(store: Store) -> None:
    found = rows(store, example(store, "monuments-in-a-unit-of-today"))
    by_name = {row["name"]: row.get("registeredUnder", "") for row in found}
    assert len(by_name) >= 46  # those that the table itself places in the ward of today
    assert "Phường Thuận Lộc" in by_name["Di tích thời niên thiếu của chủ tịch Hồ Chí Minh tại 112 Mai Thúc Loan"]
    assert "Phường Phú Hòa" in by_name["Đình phường Phú Hòa"]  # a ward that no code list has any more
    assert not {"Lăng Tự Đức (Khiêm Lăng)", "Cung An Định"} & by_name.keys()


def test_a_place_is_told_by_its_units_on_a_day(store: Store) -> None:
    found = rows(store, example(store, "unit-on-a-day"))
    assert {row["name"] for row in found} == {
        "Phường Phú Hội", "Phường Phú Nhuận", "Phường Phường Đúc", "Phường Phước Vĩnh", "Phường Trường An",
        "Phường Vĩnh Ninh",
    }  # fmt: skip


def test_rain_meets_visitors_where_a_month_is_stated_and_nowhere_else(store: Store) -> None:
    query = example(store, "rain-and-visitors")
    (only,) = rows(store, query)
    assert "month" not in only
    assert "millimetres" not in only
    said = list(store.construct("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"))
    period, month = (ox.NamedNode("https://lod.hue.gov.vn/id/" + key)
                     for key in ("code/stated-period/khong-ro", "month/2016-10"))  # fmt: skip
    equals = ox.NamedNode("http://www.w3.org/2006/time#intervalEquals")
    stated = Store.holding(
        [ox.Quad(t.subject, t.predicate, t.object) for t in (*said, ox.Triple(period, equals, month))]
    )
    (joined,) = rows(stated, query)
    assert joined["visitors"] == only["visitors"]
    assert joined["month"] == month.value
    assert float(joined["millimetres"]) > 0
