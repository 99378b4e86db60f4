"""How faults are told: on one page whatever their number, nothing lost, and all of them in the table to hand back."""

import csv
import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from lienket import languages
from lienket.errors import Fault
from lienket.telling import kinds, page, write_table

VI = languages.get("vi")
EN = languages.get("en")


def cell(row: int, text: str | None, message: str = "is not a date", **more: object) -> Fault:
    return Fault(message, "t.csv", row, "Ngày", text, **more)  # type: ignore[arg-type]


def lines(*faults: Fault, language: languages.Language = EN) -> list[str]:
    return [line for _, line in page(faults, language)]


def test_one_fault_is_one_line() -> None:
    assert lines(cell(3, "31/02")) == ["t.csv, row 3, column Ngày: “31/02” is not a date"]


def test_one_text_that_is_wrong_in_many_rows_is_told_once() -> None:
    faults = [cell(row, "0") for row in (9, 3, 4, 5, 12)]
    assert lines(*faults) == ["t.csv, column Ngày: “0” is not a date (5 rows: 3–5, 9, 12)"]
    assert lines(*(cell(2 * row, "0") for row in range(1, 12))) == [
        "t.csv, column Ngày: “0” is not a date (11 rows: 2, 4, 6, 8, 10, 12, 14, 16, and 3 more)"
    ]


def test_of_many_texts_the_first_rows_are_told_and_the_number_of_the_others() -> None:
    faults = [cell(row, f"a{row}" if row % 2 else "b") for row in range(2, 102)]
    told = lines(*faults, language=VI)
    assert told[0] == "t.csv, cột Ngày, 100 hàng: is not a date"
    assert told[1].startswith("    hàng 2, 4, 6, 8, 10, 12, 14, 16, và 42 hàng nữa: “b”")
    assert told[2:5] == ["    hàng 3: “a3”", "    hàng 5: “a5”", "    hàng 7: “a7”"]
    assert told[-1] == "    … và 41 hàng nữa"
    assert len(told) == 12


def test_what_is_said_otherwise_in_every_row_is_said_there() -> None:
    message = "is used already in row {first}; each row needs its own"
    assert lines(cell(5, "a", message, values={"first": 2}), cell(6, "b", message, values={"first": 3})) == [
        "t.csv, column Ngày, 2 rows:",
        "    row 5: “a” is used already in row 2; each row needs its own",
        "    row 6: “b” is used already in row 3; each row needs its own",
    ]


def test_errors_come_first_and_a_file_stays_together() -> None:
    faults = [
        cell(2, "a", severity="warning"), Fault("is missing", "u.csv"), cell(3, "b"), Fault("is odd", "u.csv"),
        cell(4, None, "is empty"),
    ]  # fmt: skip
    assert lines(*faults) == [
        "t.csv, row 3, column Ngày: “b” is not a date", "t.csv, row 4, column Ngày: is empty",
        "u.csv: is missing", "u.csv: is odd", "Warnings:", "t.csv, row 2, column Ngày: “a” is not a date",
    ]  # fmt: skip


def test_a_long_text_is_cut_on_the_page() -> None:
    (line,) = lines(cell(2, "x" * 5000))
    assert len(line) < 200
    assert "…” is not a date" in line


@given(st.lists(st.tuples(st.integers(2, 400), st.sampled_from("abcdef"), st.sampled_from(["m", "n", "o"]))))
def test_a_page_is_short_and_its_numbers_are_those_of_the_faults(found: list[tuple[int, str, str]]) -> None:
    faults = list({(row, message): cell(row, text, message) for row, text, message in found}.values())
    told = lines(*faults)
    assert len(told) <= 3 * 12
    assert sum(len(kind.faults) for kind in kinds(faults)) == len(faults)
    numbers = [int(n) for line in told for n in re.findall(r"(\d+) rows(?=:| *$|:)", line) if "more" not in line]
    assert sum(numbers) + sum(line.startswith("t.csv, row") for line in told) == len(faults)


def test_many_kinds_are_told_by_their_number() -> None:
    told = lines(*(cell(row, "a", f"is wrong in way {row}") for row in range(500)))
    assert len(told) == 61
    assert told[-1] == "… and 440 more kinds of faults, 440 in all; --report writes them to a file"


def test_the_table_holds_every_fault_and_no_formula(tmp_path: Path) -> None:
    texts = ["=HYPERLINK(1)", "-1", "+84", "@x", 'a"b\nc', ""]
    faults = [*(cell(row, text, sheet="Tờ 1") for row, text in enumerate(texts, 2)), Fault("is missing", "u.csv")]
    write_table(faults, tmp_path / "f.csv", VI)
    with (tmp_path / "f.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["tệp", "trang tính", "hàng", "cột", "nội dung ô", "cần sửa", "mức độ", "mã"]
    assert [row[4] for row in rows] == ["'=HYPERLINK(1)", "-1", "+84", "'@x", 'a"b\nc', "", ""]
    assert rows[0][:-1] == ["t.csv", "Tờ 1", "2", "Ngày", "'=HYPERLINK(1)", "is not a date", "lỗi"]
    assert rows[-1][:-1] == ["u.csv", "", "", "", "", "còn thiếu", "lỗi"]
    assert len({row[-1] for row in rows}) == len(rows)
