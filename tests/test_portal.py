"""Huế's own portal exports as they were published: their faults are named by cell, and mended they are a deployment.

The tables are read from `../shared`; only what a data steward writes about them is kept here, in `tests/portal`. What
must be found is counted a second time, in the raw files, with nothing but the csv module.
"""

import csv
import html
import re
import shutil
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import openpyxl
import pyoxigraph as ox
import pytest

from lienket import languages
from lienket.build import build, check
from lienket.errors import Fault
from lienket.handing import hand_back
from lienket.project import Project
from lienket.releases.release import Release
from lienket.store import Store
from lienket.web import create_app

from .conftest import ROOT

EXPORTS = ROOT.parent / "shared" / "data" / "hue_portal"
PORTAL = ROOT / "tests" / "portal"

pytestmark = pytest.mark.skipif(not EXPORTS.is_dir(), reason=f"the portal's exports are not there: {EXPORTS}")

_VISITS = "du-lieu-ve-luot-khach-tham-quan-cac-diem-di-tich-cua-trung-tam-bao-ton-di-tich-co-do-hue-2_1785207796-1"
TABLES = {
    "tourism/eating-places/restaurants.csv": "danh-sach-dia-diem-an-uong-tren-dia-ban-tinh_1726311604.csv",
    "tourism/attractions/attractions.csv": "danh-sach-cac-diem-du-lich_1731690004-1.csv",
    "tourism/travel-agents/travel-agents.csv": "du-lieu-cac-doanh-nghiep-kinh-doanh-dich-vu-lu-hanh_1704353395.csv",
    "culture/monuments/monuments.csv": "danh-sach-dia-diem-di-tich-van-hoa-tinh-thua-thien-hue_1726311601-1.csv",
    "culture/heritage/heritage.csv": "danh-sach-di-san-van-hoa-tinh-thua-thien-hue-1_1726311603-1.csv",
    "culture/theatre-scripts/scripts.csv": "kich_ban_tuong_1744277711.csv",
    "monuments-centre/visitor-counts/places.csv": "danh-sach-dia-diem-di-tich-tham-quan_1757394149.csv",
    "monuments-centre/visitor-counts/chart.csv": f"{_VISITS}__chart.csv",
    "monuments-centre/visitor-counts/grid.csv": f"{_VISITS}__grid.csv",
    "monuments-centre/ticket-revenue/revenue.csv": "du-lieu-ve-gia-ve-tham-quan-di-tich-cua-trung-tam-bao-ton"
    "-di-tich-co-do-hue-1_1785085393.csv",
}
"""Where the mappings look for a table → the export it is."""

Cells = set[tuple[str, int, str]]
"""Table, row as a spreadsheet program shows it, column."""

PREFIXES = """
PREFIX : <https://portal.example/ontology/>
PREFIX dcat: <http://www.w3.org/ns/dcat#>
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX schema: <https://schema.org/>
"""

MENDED: dict[str, Callable[[str], str]] = {
    "giathamkhaotu": lambda text: re.sub(r"[(].*|^trẻ em ", "", text),
    "giathamkhaoden": lambda text: re.sub(r"[(].*", "", text),
    "tinh": lambda _: "",
    "huyenthithanh": lambda _: "",
    "xaphuong": lambda _: "",
    "mota": lambda text: " ".join(text.split()[:2]),
    "Số lượng nhân vật": lambda _: "",
    "soLuotTrongNuoc": lambda _: "837180",
}
"""Column → what a clerk would make of a cell that is named. The other faults lie beside the cells that are named."""

DISH = "tendoituong, diachi, mota"
"""What a row of restaurants.csv says; the export says most of it twice."""


def deployment(folder: Path) -> Project:
    """Put the exports, unchanged, beside the mappings that read them."""
    shutil.copytree(PORTAL, folder)
    for table, export in TABLES.items():
        shutil.copyfile(EXPORTS / export, folder / "mappings" / table)
    return Project.read(folder)


def path_of(table: str) -> str:
    return next(path for path in TABLES if path.endswith(f"/{table}"))


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def raw(table: str) -> list[dict[str, str]]:
    return read(EXPORTS / TABLES[path_of(table)])


def cells(table: str, column: str, wrong: Callable[[dict[str, str]], object]) -> Cells:
    """Return the cells of a column in the raw rows that are wrong."""
    return {(table, number, column) for number, row in enumerate(raw(table), 2) if wrong(row)}


def named(faults: Iterable[Fault], severity: str) -> Cells:
    found = [
        (Path(fault.file or "").name, fault.row or 0, fault.column or "")
        for fault in faults
        if fault.severity == severity
    ]
    assert len(found) == len(set(found))
    return set(found)


def of(table: str, found: Cells) -> Cells:
    return {cell for cell in found if cell[0] == table}


def composed(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).replace("Ð", "Đ").split())


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Fault]:
    """What `lienket check` says of the exports as they are."""
    return check(deployment(tmp_path_factory.mktemp("raw") / "portal"))[1]


@pytest.fixture(scope="module")
def errors(faults: Sequence[Fault]) -> Cells:
    return named(faults, "error")


@pytest.fixture(scope="module")
def warnings(faults: Sequence[Fault]) -> Cells:
    return named(faults, "warning")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, errors: Cells) -> Project:
    """The deployment with the named cells mended, and nothing else."""
    project = deployment(tmp_path_factory.mktemp("mended") / "portal")
    for table in {table for table, _, _ in errors} | {"places.csv"}:
        path = project.mappings / path_of(table)
        rows = read(path)
        for _, number, column in of(table, errors):
            row = rows[number - 2]
            if column in MENDED:
                row[column] = MENDED[column](row[column])
            elif column == "Stt":  # one of two rows with one name
                row["Tên kịch bản"] += f" ({row[column]})"
        repeated = {number - 2 for _, number, column in of(table, errors) if column == DISH}
        rows = [row for place, row in enumerate(rows) if place not in repeated]
        if table == "places.csv":  # a code that the list of places lacks
            rows.append({"id": "41", "title": "Hải Vân Quan"})
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    build(project)
    return project


@pytest.fixture(scope="module")
def store(project: Project) -> Store:
    return Store.open(Release.current(project.var).store_path)


def ask(store: Store, pattern: str) -> list[tuple[str, ...]]:
    """Return the values of ?a (and ?b, ?c) that a pattern finds."""
    names = [name for name in ("a", "b", "c") if re.search(rf"[?]{name}\b", pattern)]
    rows = store.select(f"{PREFIXES} SELECT DISTINCT * WHERE {{ {pattern} }}")
    return [tuple(row[name].value for name in names) for row in rows]  # type: ignore[union-attr]


# What is named


def test_prices_that_are_not_one_amount_are_named(errors: Cells) -> None:
    def unreadable(text: str) -> bool:
        return not re.fullmatch(r"(?:[0-9]{1,3}(?:[.][0-9]{3})* ?VND|Miễn phí)?", text)

    wrong = cells("monuments.csv", "giathamkhaotu", lambda row: unreadable(row["giathamkhaotu"]))
    wrong |= cells("monuments.csv", "giathamkhaoden", lambda row: unreadable(row["giathamkhaoden"]))
    assert len(wrong) == 58
    assert of("monuments.csv", errors) == wrong
    assert {("monuments.csv", 42, "giathamkhaotu"), ("monuments.csv", 46, "giathamkhaotu")} <= wrong


def test_what_was_typed_is_quoted(faults: Sequence[Fault]) -> None:
    said = [str(fault) for fault in faults]
    assert any(
        "heritage/heritage.csv, row 34, column xaphuong: “0” A commune's code has five digits" in line for line in said
    )
    assert any(
        "monuments.csv, row 42, column giathamkhaotu: “40.000 VND(trẻ em dưới 12t hoặc cao dưới 1m30)” is not one "
        "amount of money" in line
        for line in said
    )


def test_the_code_0_is_no_code(errors: Cells) -> None:
    wrong = [
        cells("heritage.csv", column, lambda row, column=column: row[column] == "0")  # type: ignore[misc]
        for column in ("tinh", "huyenthithanh", "xaphuong")
    ]
    assert [len(each) for each in wrong] == [6, 22, 23]
    assert of("heritage.csv", errors) == set.union(*wrong)
    assert ("heritage.csv", 34, "xaphuong") in errors  # Kinh Thành: a district, no commune
    assert ("heritage.csv", 34, "huyenthithanh") not in errors


def test_a_place_that_the_master_list_lacks_is_named(errors: Cells) -> None:
    known = {row["id"] for row in raw("places.csv")}
    wrong = cells("grid.csv", "placeId", lambda row: row["placeId"] not in known)
    wrong |= cells("chart.csv", "placeId", lambda row: row["placeId"] not in known)
    assert wrong == {("chart.csv", 14, "placeId"), *(("grid.csv", row, "placeId") for row in range(50, 54))}
    assert of("grid.csv", errors) | of("chart.csv", errors) - {("chart.csv", 3, "soLuotTrongNuoc")} == wrong
    assert not of("revenue.csv", errors)


def test_a_total_that_is_not_the_sum_of_its_parts_is_named(errors: Cells, faults: Sequence[Fault]) -> None:
    sums: Counter[tuple[str, str]] = Counter()
    for row in raw("grid.csv"):
        sums["soLuotTrongNuoc", row["placeId"]] += int(row["soLuongTrongNuoc"])
        sums["soLuotQuocTe", row["placeId"]] += int(row["soLuongQuocTe"])
    wrong = set[tuple[str, int, str]]()
    for column in ("soLuotTrongNuoc", "soLuotQuocTe"):
        wrong |= cells("chart.csv", column, lambda row, c=column: int(row[c]) != sums[c, row["placeId"]])  # type: ignore[misc]
    assert wrong == {("chart.csv", 3, "soLuotTrongNuoc")}  # Lăng Tự Đức; the other 25 are right
    assert wrong <= errors
    # SHACL names one focus node, here the total: that the four rows of grid.csv may be the wrong side is only said.
    (fault,) = [fault for fault in faults if fault.column == "soLuotTrongNuoc"]
    assert "“837179” The total must be the sum of that place's customer types in grid.csv, 837180" in str(fault)
    assert "là 837180" in fault.translations["vi"]


def test_a_description_where_a_dish_belongs_is_named(errors: Cells) -> None:
    wrong = cells("restaurants.csv", "mota", lambda row: len(row["mota"]) > 100)
    dishes = {cell for cell in of("restaurants.csv", errors) if cell[2] == "mota"}
    assert dishes == wrong == {("restaurants.csv", 2, "mota"), ("restaurants.csv", 3, "mota")}


def test_scripts_of_one_name_and_a_play_without_characters_are_named(errors: Cells) -> None:
    names = Counter(row["Tên kịch bản"] for row in raw("scripts.csv"))
    wrong = cells("scripts.csv", "Stt", lambda row: names[row["Tên kịch bản"]] > 1)
    assert len(wrong) == 6
    wrong |= cells("scripts.csv", "Số lượng nhân vật", lambda row: row["Số lượng nhân vật"] == "0")
    assert of("scripts.csv", errors) == wrong
    assert ("scripts.csv", 36, "Số lượng nhân vật") in wrong


def test_what_is_doubtful_is_a_warning(warnings: Cells) -> None:
    def spelling(text: str) -> str:
        return re.sub(r"\W+", " ", composed(text)).strip().lower()

    spellings: dict[str, set[str]] = {}
    for row in raw("monuments.csv"):
        spellings.setdefault(spelling(row["loaihinh"]), set()).add(composed(row["loaihinh"]))
    kinds = cells("monuments.csv", "loaihinh", lambda row: len(spellings[spelling(row["loaihinh"])]) > 1)
    assert len(kinds) == 77  # of two kinds; that “Kiến trúc nghệ thuật” is typed in two ways shows to nobody
    expected = [
        kinds,
        cells("monuments.csv", "loaihinh", lambda row: not row["loaihinh"]),
        cells("monuments.csv", "kinhdo, vido", lambda row: not row["kinhdo"]),
        cells("restaurants.csv", "kinhdo, vido", lambda row: not row["kinhdo"]),
        cells("heritage.csv", "kinhdo, vido", lambda row: row["phanloaidisan"] == "1" and row["kinhdo"] == "0"),
        cells("attractions.csv", "toaDoY, toaDoX", lambda row: row["toaDoX"] in ("", "-1")),
        cells("attractions.csv", "ten", lambda row: row["ten"] == row["ten"].upper()),
        cells("travel-agents.csv", "totalRows", lambda row: int(row["totalRows"]) != len(raw("travel-agents.csv"))),
    ]
    assert [len(each) for each in expected] == [77, 5, 1, 2, 1, 13, 3, 10]
    assert warnings == set.union(*expected)
    assert {("monuments.csv", 150, "kinhdo, vido"), ("attractions.csv", 163, "toaDoY, toaDoX")} <= warnings
    assert {("restaurants.csv", 2928, "kinhdo, vido"), ("heritage.csv", 34, "kinhdo, vido")} <= warnings


def test_rows_that_say_again_what_another_says_are_named(errors: Cells, faults: Sequence[Fault]) -> None:
    seen: dict[tuple[str, ...], int] = {}
    again = {}
    for number, row in enumerate(raw("restaurants.csv"), 2):
        first = seen.setdefault(tuple(composed(row[name]) for name in DISH.split(", ")), number)
        if first != number:
            again[number] = first
    assert (len(seen), len(again)) == (3384, 3410)
    told = {fault.row: fault.values["first"] for fault in faults if fault.column == DISH}
    assert told == again
    assert {cell[1] for cell in of("restaurants.csv", errors)} == {2, 3, *again}


def in_page(page: Path, table: str) -> set[tuple[str, int, str]]:
    """Return (severity, row, column) of the cells that a page shows of a table; the first twenty of each group."""
    found = set()
    for section in page.read_text(encoding="utf-8").split('<section class="finding-section"')[1:]:
        heading = re.search(r'data-column="([^"]*)"', section)
        assert heading
        file, _, column = html.unescape(heading[1]).partition(" / ")
        for group in section.split('<section class="group-of ')[1:]:
            rows = re.findall(r'<th scope="row">([0-9]+)</th>', group)
            found |= {(group.partition('"')[0], int(row), column) for row in rows if file == table}
    return found


def test_the_pages_for_the_departments_show_the_faults_at_their_cells(
    tmp_path: Path, errors: Cells, warnings: Cells
) -> None:
    project = deployment(tmp_path / "portal")
    outputs, found = check(project)
    written = hand_back(project, outputs, found, tmp_path / "pages", tmp_path / "marked", languages.get("vi"))
    shown = 0
    for output in outputs:
        for table in output.sources:
            cells = in_page(tmp_path / "pages" / f"{output.dataset.id}.html", table)
            told = {("error", row, column) for _, row, column in of(table, errors)}
            told |= {("warning", row, column) for _, row, column in of(table, warnings)}
            assert cells <= told
            for severity, column in {(severity, column) for severity, _, column in told}:
                rows = sorted(row for how, row, name in told if (how, name) == (severity, column))
                first = sorted(row for how, row, name in cells if (how, name) == (severity, column))
                assert len(first) >= min(len(rows), 20), (table, column)
            shown += len(cells)
            if table != "restaurants.csv":
                copies = [path for path in written if path.name == f"{output.dataset.id}.{table}.xlsx"]
                assert marked(copies) == {(row, name) for _, row, column in told for name in names(table, column)}
    assert shown == 176
    page = (tmp_path / "pages" / "eating-places.html").read_text(encoding="utf-8")
    assert "<dt>Số hàng</dt><dd>6.794</dd>" in page
    assert "3.410 lỗi" in page


def names(table: str, column: str) -> list[str]:
    return [column] if column in raw(table)[0] else column.split(", ")


def marked(copies: Sequence[Path]) -> set[tuple[int, str]]:
    """Return row and header of the coloured cells."""
    sheets = [openpyxl.load_workbook(path).worksheets[0] for path in copies]
    return {
        (number, str(header.value))
        for sheet in sheets
        for number, row in enumerate(sheet.iter_rows(), 1)
        for header, cell in zip(sheet[1], row, strict=True)
        if cell.fill.patternType == "solid"
    }


def test_a_title_above_the_header_moves_the_rows_and_changes_nothing_else(tmp_path: Path, errors: Cells) -> None:
    """The portal's own workbooks have such a title; whoever made them CSV took it away, so it is put back."""
    project = deployment(tmp_path / "portal")
    path = project.mappings / path_of("scripts.csv")
    path.write_text("DANH SÁCH KỊCH BẢN TUỒNG,,,,,,,,,,\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    moved = named(check(project, ["theatre-scripts"])[1], "error")
    assert moved == {(table, row + 1, column) for table, row, column in of("scripts.csv", errors)}


def test_longitude_taken_for_latitude_is_named_in_every_row(tmp_path: Path) -> None:
    project = deployment(tmp_path / "portal")
    path = project.mappings / "tourism/attractions/attractions.rml.ttl"
    names = {"toaDoX": "toaDoY", "toaDoY": "toaDoX"}
    path.write_text(
        re.sub(r"toaDo[XY]", lambda match: names[match[0]], path.read_text(encoding="utf-8")), encoding="utf-8"
    )
    wrong = named(check(project, ["attractions"])[1], "error")
    assert wrong == cells("attractions.csv", "toaDoX, toaDoY", lambda row: row["toaDoX"] not in ("", "-1"))
    assert len(wrong) == 183


# What comes out


def test_places_and_their_dishes_are_each_once(store: Store) -> None:
    places = {(row["tendoituong"], row["diachi"]) for row in raw("restaurants.csv")}
    dishes = {(row["tendoituong"], row["diachi"], row["mota"]) for row in raw("restaurants.csv")}
    assert (len(places), len(dishes)) == (212, 3384)
    assert sorted(ask(store, "?x a schema:FoodEstablishment ; rdfs:label ?a ; schema:address ?b")) == sorted(
        (composed(name), composed(address)) for name, address in places
    )
    assert len(ask(store, "?a :dish ?b")) == 3384
    came_from = "?a a schema:FoodEstablishment ; <http://www.w3.org/ns/prov#wasDerivedFrom> ?b"
    assert len(ask(store, came_from)) == 3384  # each dish's row, under the id that the export gave it
    assert ask(store, "?x rdfs:label 'Bánh in Hồng Phúc'@vi ; :opensAt ?a ; :priceFrom ?b ; :priceTo ?c") == [
        ("07:00:00", "20000", "200000")
    ]


def test_all_text_is_composed(store: Store) -> None:
    assert sum(row["loaihinh"] != unicodedata.normalize("NFC", row["loaihinh"]) for row in raw("monuments.csv")) == 10
    texts = [text for (text,) in ask(store, "GRAPH ?g { ?s ?p ?a } FILTER(isLiteral(?a))")]
    assert [text for text in texts if not unicodedata.is_normalized("NFC", text) or "Ð" in text] == []
    kind = "<https://portal.example/id/code/monument-kind/kien-truc-nghe-thuat>"
    assert len(ask(store, f"?a :kind {kind}")) == 71
    tomb = raw("monuments.csv")[97 - 2]
    assert tomb["tendoituong"] == "Lăng Ðồng Khánh (Tư Lăng)"  # with the Icelandic letter
    assert ask(store, f"<https://portal.example/id/monument/{tomb['id']}> rdfs:label ?a") == [
        ("Lăng Đồng Khánh (Tư Lăng)",)
    ]


def test_hours_are_times_and_all_day_is_none(store: Store) -> None:
    typed = [row["mocua"] for row in raw("monuments.csv")]
    assert (typed.count("07: 00"), typed.count("07:00"), typed.count("Cả ngày")) == (38, 1, 130)
    opens = [time for _, time in ask(store, "?a a schema:LandmarksOrHistoricalBuildings ; :opensAt ?b")]
    assert opens.count("07:00:00") == 39
    assert len(opens) == 180 - 130 - typed.count("")


def test_coordinates_that_say_nothing_make_no_point(store: Store) -> None:
    known = {row["id"] for row in raw("heritage.csv") if (row["kinhdo"], row["vido"]) != ("0", "0")}
    assert len(known) == 50 - 23
    assert {a for a, _ in ask(store, "?x a schema:CreativeWork ; dct:identifier ?a ; dcat:centroid ?b")} == known
    known = {row["id"] for row in raw("attractions.csv") if row["toaDoX"] not in ("", "-1")}
    assert len(known) == 196 - 13
    assert {a for a, _ in ask(store, "?x a schema:TouristAttraction ; dct:identifier ?a ; dcat:centroid ?b")} == known


def test_every_point_lies_in_hue(store: Store) -> None:
    points = [re.findall(r"[0-9.]+", point) for _, point in ask(store, "?a dcat:centroid ?b")]
    assert len(points) == 211 + 179 + 27 + 183
    assert all(106.8 < float(x) < 108.3 and 15.9 < float(y) < 16.9 for x, y in points)


def test_heritage_has_names_in_two_languages_and_the_commune_of_its_time(store: Store) -> None:
    rows = store.select(
        f"{PREFIXES} SELECT ?name ?commune WHERE {{ <https://portal.example/id/heritage/34> rdfs:label ?name ; "
        ":formerCommune [ dct:identifier '19762' ; rdfs:label ?commune ] } ORDER BY ?name"
    )
    assert [row["commune"] for row in rows] == [ox.Literal("Phường Thuận Hòa", language="vi")] * 2
    assert {row["name"].language for row in rows} == {"vi", "en"}  # type: ignore[union-attr]


def test_visits_and_sales_are_of_places_in_the_master_list(store: Store) -> None:
    assert len(ask(store, "?a :place [ rdfs:label ?b ]")) == 13 + 52 + 22
    revenue = sum(int(amount) for _, amount in ask(store, "?a a :TicketSale ; :revenue ?b"))
    assert revenue == sum(int(row["total"]) for row in raw("revenue.csv"))


def test_mended_it_is_a_deployment_that_serves(project: Project) -> None:
    app = create_app(project)
    app.testing = True
    address = f"/id/monument/{raw('monuments.csv')[97 - 2]['id']}"
    data = app.test_client().get(address, headers={"Accept": "text/turtle"}, follow_redirects=True)
    assert (data.status_code, data.mimetype) == (200, "text/turtle")
    page = app.test_client().get(address, headers={"Accept": "text/html"}, follow_redirects=True)
    assert page.status_code == 200
    for answer in (data, page):
        assert "Lăng Đồng Khánh (Tư Lăng)" in answer.text
