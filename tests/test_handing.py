"""What a department gets back: pages that need no server, marked copies of its tables, and what changed since."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from lienket.cli import commands
from lienket.errors import Fault
from lienket.project import Project
from lienket.watching import compare

from .conftest import PROVINCE

RED, YELLOW = "00FFC7CE", "00FFEB9C"


@pytest.fixture
def deployment(tmp_path: Path) -> Project:
    """The province with a number of beds that is none, one that is too large, and no founding date in row 2."""
    shutil.copytree(PROVINCE, tmp_path / "province", ignore=shutil.ignore_patterns("var"))
    project = Project.read(tmp_path / "province")
    (project.mappings / "health" / "clinics" / "expected.nq").unlink()
    table = project.mappings / "health" / "clinics" / "clinics.csv"
    text = table.read_text(encoding="utf-8")
    table.write_text(text.replace("1/7/1995", "").replace("1.250", "nhiều").replace(",8,", ",9.999,"), encoding="utf-8")
    return project


def check(project: Project, *options: str) -> str:
    result = CliRunner().invoke(commands, ["-C", str(project.root), "check", *options])
    assert result.exit_code == 1, result.output
    return result.output


def coloured(path: Path, sheet: str | None = None) -> dict[str, tuple[str, str]]:
    """Return colour and comment of the marked cells."""
    book = openpyxl.load_workbook(path)
    return {
        cell.coordinate: (cell.fill.fgColor.rgb, cell.comment.text if cell.comment else "")
        for row in (book[sheet] if sheet else book.worksheets[0]).iter_rows()
        for cell in row
        if cell.fill.patternType == "solid"
    }


def test_a_page_holds_errors_and_warnings_and_needs_nothing_beside_it(deployment: Project, tmp_path: Path) -> None:
    out = tmp_path / "pages"
    check(deployment, "--html", str(out))
    assert sorted(path.name for path in out.iterdir()) == ["agencies.html", "clinics.html", "units.html"]
    page = (out / "clinics.html").read_text(encoding="utf-8")
    for said in (
        "Cột <bdi>Số giường</bdi>",
        "nhiều",
        "Số giường phải từ 0 đến 2.000, ví dụ 12.</h3>",
        "<q>lớn hơn 2000</q>",
        "1 cảnh báo",
        "<dt>Hàng nhận</dt><dd>1</dd>",
        '<dt>Hàng có lỗi</dt><dd class="error">2</dd>',
    ):
        assert said in page, said
    assert "src=" not in page
    assert "<link" not in page
    assert str(deployment.root) not in page


def test_where_nothing_can_be_mapped_the_page_says_why(deployment: Project, tmp_path: Path) -> None:
    table = deployment.mappings / "health" / "clinics" / "clinics.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("Số giường", "Số gường"), encoding="utf-8")
    check(deployment, "--html", str(tmp_path / "pages"))
    assert "Số gường" in (tmp_path / "pages" / "check.html").read_text(encoding="utf-8")


def test_a_csv_becomes_a_marked_workbook_and_stays_as_it_is(deployment: Project, tmp_path: Path) -> None:
    table = deployment.mappings / "health" / "clinics" / "clinics.csv"
    table.write_text("DANH SÁCH,,,,,,,,\n" + table.read_text(encoding="utf-8"), encoding="utf-8")
    before = table.read_bytes()
    check(deployment, "--xlsx", str(tmp_path / "marked"))
    assert table.read_bytes() == before
    (path,) = (tmp_path / "marked").iterdir()
    cells = coloured(path)
    assert {place: colour for place, (colour, _) in cells.items()} == {"E3": YELLOW, "F4": RED, "F5": RED}
    assert cells["F5"][1] == "Lỗi: Số giường phải từ 0 đến 2.000, ví dụ 12. (lớn hơn 2000)"
    sheet = openpyxl.load_workbook(path).worksheets[0]
    assert [cell.value for cell in sheet[2]][:2] == ["Mã cơ sở", "Tên cơ sở"]
    assert sheet["F4"].value == "nhiều"
    assert sheet.freeze_panes == "A3"


def test_a_workbook_keeps_its_looks_and_its_other_sheets(deployment: Project, tmp_path: Path) -> None:
    folder = deployment.mappings / "health" / "clinics"
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for line in (folder / "clinics.csv").read_text(encoding="utf-8").splitlines():
        sheet.append(line.replace('"', "").split(","))
    sheet.column_dimensions["B"].width = 44
    book.create_sheet("Ghi chú")["A1"] = "=1+1"
    book.save(folder / "clinics.xlsx")
    (folder / "clinics.csv").unlink()
    mapping = folder / "clinics.rml.ttl"
    mapping.write_text(mapping.read_text(encoding="utf-8").replace("clinics.csv", "clinics.xlsx"), encoding="utf-8")
    before = (folder / "clinics.xlsx").read_bytes()
    said = check(deployment, "--xlsx", str(tmp_path / "marked"), "clinics")
    assert (folder / "clinics.xlsx").read_bytes() == before
    paths = list((tmp_path / "marked").iterdir())
    assert len(paths) == 1, said
    assert {place: colour for place, (colour, _) in coloured(paths[0]).items()} == {
        "E2": YELLOW, "F3": RED, "F4": RED,
    }  # fmt: skip
    marked = openpyxl.load_workbook(paths[0])
    assert marked.worksheets[0].column_dimensions["B"].width == 44
    assert marked["Ghi chú"]["A1"].value == "=1+1"


def test_a_formula_in_a_csv_stays_text(deployment: Project, tmp_path: Path) -> None:
    table = deployment.mappings / "health" / "clinics" / "clinics.csv"
    text = table.read_text(encoding="utf-8").replace("nhiều", "=HYPERLINK(1)").replace("Phòng khám Ðá Trắng", "=1+1")
    table.write_text(text, encoding="utf-8")
    check(deployment, "--xlsx", str(tmp_path / "marked"))
    (path,) = (tmp_path / "marked").iterdir()
    sheet = openpyxl.load_workbook(path).worksheets[0]
    assert (sheet["F3"].value, sheet["F3"].data_type) == ("=HYPERLINK(1)", "s")
    assert sheet["B3"].data_type == "s"


@pytest.mark.parametrize("option", ["--html", "--xlsx"])
def test_nothing_is_written_among_what_is_read(deployment: Project, option: str) -> None:
    before = sorted(deployment.mappings.rglob("*"))
    said = check(deployment, option, str(deployment.mappings / "health" / "clinics"))
    assert "nằm trong thư mục bảng" in said
    assert sorted(deployment.mappings.rglob("*")) == before


def test_watch_says_what_is_mended_and_what_is_new(deployment: Project, tmp_path: Path) -> None:
    table = deployment.mappings / "health" / "clinics" / "clinics.csv"
    said = tmp_path / "said.txt"
    command = [sys.executable, "-c", "from lienket.cli import main; main()", "-C", str(deployment.root), "check",
               "--watch"]  # fmt: skip
    with said.open("w") as file, subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT) as process:
        try:
            wait_for(said, "đang chờ thay đổi")
            text = table.read_text(encoding="utf-8").replace("nhiều", "12").replace("15-02-2004", "31/02/2004")
            table.write_text(text, encoding="utf-8")
            wait_for(said, "Còn lại: 2")
        finally:
            process.terminate()
    told = said.read_text(encoding="utf-8").split("đang chờ thay đổi")[1]
    mended, new = told.split("Mới: 1")
    assert "Đã sửa: 1" in mended
    assert "“nhiều”" in mended
    assert "“31/02/2004”" in new


def wait_for(file: Path, words: str) -> None:
    deadline = time.monotonic() + 60
    while words not in file.read_text(encoding="utf-8"):
        assert time.monotonic() < deadline, file.read_text(encoding="utf-8")
        time.sleep(0.1)


cells = st.builds(Fault, st.sampled_from("ab"), st.just("t.csv"), st.integers(1, 5), st.sampled_from("xy"),
                  st.sampled_from("uv"))  # fmt: skip


@given(st.lists(cells, max_size=8), st.lists(cells, max_size=8))
def test_every_fault_is_new_or_mended_or_left(before: list[Fault], after: list[Fault]) -> None:
    change = compare(before, after)
    assert len(change.new) + change.left == len(after)
    assert len(change.mended) + change.left == len(before)
    moved = [Fault(f.message, f.file, (f.row or 0) + 1, f.column, f.text) for f in before]
    assert compare(before, moved) == compare(before, before)
    assert compare(before, before).left == len(before)
