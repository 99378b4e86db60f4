"""Linking measured on tables whose right answer is known: units, addresses, sites, and identifiers that are wrong.

The tables are read from `../shared`; the rules are those of the deployment. docs/linking.md has the figures.
"""

import csv
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from lienket import languages
from lienket.linking import (
    AddressRule,
    Gazetteer,
    Located,
    MatchRule,
    Proposed,
    gazetteer_of,
    locate,
    propose,
    read_rules,
)
from lienket.releases.release import Release
from lienket.store import Store

ROOT: Final = Path(__file__).parent.parent
GOLD: Final = ROOT.parent / "shared" / "data" / "gold"
PORTAL: Final = ROOT.parent / "shared" / "data" / "hue_portal"
NOISY: Final = ROOT.parent / "shared" / "data" / "wikidata_noisy_dr5hn" / "vn_cities.csv"

pytestmark = pytest.mark.skipif(not GOLD.is_dir(), reason=f"the gold tables are not there: {GOLD}")

VI: Final = languages.get("vi")
UNIT: Final = "https://lod.hue.gov.vn/id/unit/"

CORRECTED: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("an_uong", "3153"): ("phu-thuan-2021-04", "phường Phú Thuận of Huế, not the commune of that name on the coast"),
    ("an_uong", "2938"): ("phu-thuan-2021-04", "phường Phú Thuận of Huế, not the commune of that name on the coast"),
    ("di_tich", "341"): ("20080", "Hương Phong of A Lưới, as the address says, not the one of Hương Trà (20002)"),
}
"""Rows of the silver table with another answer, and why: the table's own column is contradicted by its address."""

SITES: Final = {
    "35": "261", "36": "310", "37": "262", "40": "335", "43": "292", "47": "354", "49": "356", "52": "129", "6": "126",
    "12": "357", "1": "55", "2": "128", "4": "127", "8": "124", "10": "331", "11": "323", "38": "57", "32": "34",
    "48": "58", "51": "330", "33": "52", "50": "314", "41": "244", "44": "316", "45": "353",
}  # fmt: skip
"""Heritage row → monument row, by hand: each of the 50 heritage rows was read and looked for among the 180 monuments by
name, bracketed name, kind and place. 25 have one; essays, persons and documents have none."""

TICKETED: Final = {
    "5": "352", "6": "128", "7": "357", "8": "126", "9": "124", "10": "55", "11": "127", "12": "262", "13": "132",
    "14": "244", "37": "40", "38": "129",
}  # fmt: skip
"""Ticketed place → monument, as the Monuments Centre's table in this repository has it."""


def read(path: Path) -> list[dict[str, str]]:
    csv.field_size_limit(1 << 30)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def table(name: str) -> list[dict[str, str]]:
    return read(next(PORTAL.glob(name)))


@pytest.fixture(scope="module")
def gazetteer(hue: Release) -> Gazetteer:
    rule = read_rules(ROOT / "mappings" / "links" / "addresses", "https://lod.hue.gov.vn/dataset/addresses")[0]
    assert isinstance(rule, AddressRule)
    return gazetteer_of(Store.open(hue.store_path), rule, VI)


def test_every_commune_of_2025_leads_to_its_unit_of_today(gazetteer: Gazetteer) -> None:
    gold = read(GOLD / "commune_old_to_new_2025.csv")
    right = [
        row for row in gold
        if gazetteer.today.get(f"{UNIT}{row['gso_old']}-2025-01") == (f"{UNIT}{row['gso_new']}-2025-07",)
    ]  # fmt: skip
    assert (len(right), len(gold)) == (133, 133)


@pytest.fixture(scope="module")
def silver() -> list[dict[str, str]]:
    return read(GOLD / "silver_place_to_commune.csv")


@pytest.fixture(scope="module")
def located(silver: list[dict[str, str]], gazetteer: Gazetteer) -> list[Located]:
    rows = [
        {
            "id": f"{row['table']}/{row['id']}",
            "address": row["address"],
            "longitude": row["lon"],
            "latitude": row["lat"],
        }
        for row in silver
    ]
    return locate(rows, gazetteer, VI)


def expected(row: Mapping[str, str], gazetteer: Gazetteer) -> str:
    """Return the unit of today to which the address leads, after correction."""
    corrected = CORRECTED.get((row["table"], row["id"]), ("", ""))[0] or row["gso_old_by_text"]
    unit = corrected if "-" in corrected else f"{corrected}-2023-04"
    return gazetteer.today[UNIT + unit][0]


def test_addresses_lead_to_the_unit_of_today(
    silver: list[dict[str, str]], located: list[Located], gazetteer: Gazetteer
) -> None:
    published = [(row, one) for row, one in zip(silver, located, strict=True) if one.today]
    right = [one for row, one in published if one.today == expected(row, gazetteer)]
    assert len(silver) == 92
    assert len(right) / len(published) >= 0.97
    assert len(right) / len(silver) >= 0.93
    assert (len(right), len(published)) == (86, 86)


def test_what_text_and_point_say_differently_waits_for_a_person(located: list[Located]) -> None:
    waiting = [one for one in located if one.today is None]
    assert Counter(one.decision for one in waiting) == {"text and point disagree": 6}
    assert all(one.metres and one.metres > 1000 for one in waiting)


def test_addresses_name_the_unit_of_their_time(
    silver: list[dict[str, str]], located: list[Located], gazetteer: Gazetteer
) -> None:
    """The old code is the unit's own, or that of the unit which carried it on under the same name."""
    wrong = []
    for row, one in zip(silver, located, strict=True):
        old = CORRECTED.get((row["table"], row["id"]), ("", ""))[0] or row["gso_old_by_text"]
        found = {iri.removeprefix(UNIT) for iri in one.named}
        carried_on = f"{UNIT}{old}-2023-04"
        name = re.sub("^(Phường|Xã|Thị trấn) ", "", gazetteer.names.get(carried_on, ""))
        named = all(gazetteer.names[iri].endswith(name) and gazetteer.today[iri] == gazetteer.today[carried_on]
                    for iri in one.named) if name else False  # fmt: skip
        if found and not any(unit.startswith(old) for unit in found) and not named:
            wrong.append((row["address"], found))
    assert not wrong


def ways(name: str) -> list[str]:
    """Return the ways to write a name that the deployment's SELECT gives."""
    inside = re.search(r"[(]([^)]*)[)]", name)
    found = [name, re.sub(r" *[(][^)]*[)]", "", name), re.sub("^Lăng vua ", "Lăng ", name), re.sub(" Huế$", "", name)]
    if inside and len(inside[1]) > 6 and not re.search("[0-9]|khu ", inside[1]):
        found.append(inside[1])
    return list(dict.fromkeys(found))


def rows_of(rows: list[dict[str, str]], id_: str, name: str) -> list[dict[str, str]]:
    def degrees(row: dict[str, str], column: str) -> str:
        text = row.get(column, "")
        return "" if text in ("", "0", "-1") else text

    return [
        {"id": row[id_], "name": way, "longitude": degrees(row, "kinhdo"), "latitude": degrees(row, "vido")}
        for row in rows
        for way in ways(row[name])
    ]


def rule_of(name: str) -> MatchRule:
    rules = read_rules(ROOT / "mappings" / "links" / "sites", "https://lod.hue.gov.vn/dataset/sites")
    return next(rule for rule in rules if isinstance(rule, MatchRule) and rule.iri.endswith("#" + name))


@pytest.fixture(scope="module")
def monuments() -> list[dict[str, str]]:
    return rows_of(table("danh-sach-dia-diem-di-tich-van-hoa*-1.csv"), "id", "tendoituong")


def sure(proposed: Proposed) -> dict[str, str]:
    return {one.subject.removeprefix("h"): one.object for one in proposed.proposals if one.sure}


def test_sites_of_two_departments_are_found_and_none_is_wrong(monuments: list[dict[str, str]]) -> None:
    heritage = table("danh-sach-di-san-van-hoa*-1.csv")
    places = [{**row, "id": "h" + row["id"]} for row in heritage if row["tenphanloaidisan"].endswith("văn hóa vật thể")]
    found = sure(propose(rows_of(places, "id", "tendisan"), monuments, rule_of("attraction-monument"), VI))
    assert not {pair for pair in found.items() if pair not in SITES.items()}
    assert len(found) / len(SITES) >= 0.9


def test_an_emperor_is_never_his_tomb(monuments: list[dict[str, str]]) -> None:
    """Not even where a table's kinds are left aside and all rows are compared."""
    heritage = table("danh-sach-di-san-van-hoa*-1.csv")
    emperors = [{**row, "id": "h" + row["id"]} for row in heritage if row["tenloaihinhdisan"] == "Vua triều Nguyễn"]
    assert len(emperors) == 15
    for name in ("attraction-monument", "ticketed-monument"):
        proposed = propose(rows_of(emperors, "id", "tendisan"), monuments, rule_of(name), VI)
        assert not [one for one in proposed.proposals if one.sure]


def test_ticketed_places_are_found_and_none_is_wrong(monuments: list[dict[str, str]]) -> None:
    places = [{**row, "id": "h" + row["id"]} for row in table("danh-sach-dia-diem-di-tich-tham-quan*.csv")]
    found = sure(propose(rows_of(places, "id", "title"), monuments, rule_of("ticketed-monument"), VI))
    assert not {pair for pair in found.items() if pair not in TICKETED.items()}
    assert len(found) / len(TICKETED) >= 0.9


def test_no_wrong_wikidata_item_is_taken_by_its_name(gazetteer: Gazetteer) -> None:
    """A name alone is evidence for a question, never for a link; an item that two units claim is no unit's."""
    items = [{"id": "http://www.wikidata.org/entity/" + row["wikiDataId"], "name": row["name"]} for row in read(NOISY)]
    units = [
        {"id": iri, "name": name}
        for iri, name in gazetteer.names.items()
        if iri.endswith("-2023-04") and name.startswith(("Huyện", "Thị xã", "Thành phố"))
    ]
    rules = read_rules(ROOT / "tests" / "links", "https://lod.hue.gov.vn/dataset/outside")
    proposed = propose(units, items, next(rule for rule in rules if isinstance(rule, MatchRule)), VI)
    assert len(proposed.proposals) >= 5
    assert not [one for one in proposed.proposals if one.sure]
    assert {one.predicate for one in proposed.proposals} == {"http://www.w3.org/2004/02/skos/core#closeMatch"}


def test_districts_are_linked_to_the_items_of_their_codes(hue: Release) -> None:
    rows = Store.open(hue.store_path).select(
        "SELECT ?unit ?item WHERE { GRAPH <https://lod.hue.gov.vn/dataset/national> "
        "{ ?unit <http://www.w3.org/2004/02/skos/core#exactMatch> ?item } FILTER(CONTAINS(STR(?item), 'geonames')) }"
    )
    found = {(str(row["unit"]).strip("<>"), str(row["item"]).strip("<>")) for row in rows}
    gold = read(GOLD / "district_pre2025_gso_geonames_wikidata.csv")
    assert found == {
        (f"{UNIT}{row['gso_code']}-2023-04", f"https://sws.geonames.org/{row['geonames_id']}/") for row in gold
    }
    assert len(found) == 10


def test_nothing_is_the_same_as_a_unit_of_another_generation(hue: Release) -> None:
    """No link of identity between units, whatever code or name they share, and none from a unit of today outside."""
    identity = "?p IN (owl:sameAs, skos:exactMatch)"
    store = Store.open(hue.store_path)
    prefixes = "PREFIX owl: <http://www.w3.org/2002/07/owl#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#>"
    unit = "STRSTARTS(STR({}), 'https://lod.hue.gov.vn/id/unit/')"
    assert not store.ask(
        f"{prefixes} ASK {{ GRAPH ?g {{ ?a ?p ?b }} FILTER({identity} && {unit.format('?a')} && {unit.format('?b')}) }}"
    )
    assert not store.ask(f"{prefixes} ASK {{ GRAPH ?g {{ ?a owl:sameAs ?b }} }}")
    today = f"{unit.format('?a')} && STRENDS(STR(?a), '-2025-07')"
    assert not store.ask(f"{prefixes} ASK {{ GRAPH ?g {{ ?a ?p ?b }} FILTER({identity} && {today}) }}")
