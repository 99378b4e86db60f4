"""Linking 100,000 generated places with 100,000 others, of which six in ten are the same, beside splink 5.

    python -m tests.bench.linking [ROWS]

Both read the same two Parquet files and work in a process of their own, in one run. The right answer is known, since
the second register is made from the first: misspelt, without diacritics, tone marks elsewhere, decomposed, in capitals,
with house number, ward or coordinates left out. splink comes into an environment of its own, made here.
"""

import json
import random
import sys
import unicodedata
from pathlib import Path
from typing import Final

import click
import duckdb

from tests.bench.processes import PYTHON, folder_of, peer, timed

ROWS: Final = 100_000
SPLINK: Final = Path(__file__).with_name("linking_splink.py")
_SAME: Final = 0.6
_SYLLABLES: Final = (
    "An Bình Bạch Bảo Cát Châu Chánh Cầu Diên Dương Gia Hà Hải Hạnh Hiền Hoà Hoàng Hội Hương Hưng Khánh Kim "
    "Lan Lâm Lễ Lộc Long Lương Mai Minh Mỹ Nam Nghĩa Ngọc Nguyệt Nhân Ninh Phong Phú Phúc Phước Phương Quang "
    "Quảng Quý Sơn Tâm Tân Tây Thái Thanh Thành Thảo Thịnh Thiên Thọ Thuận Thủy Thượng Tiên Toàn Trạch Tràng "
    "Trung Trường Tú Tuyền Văn Vân Viên Vinh Vỹ Xuân Yên Ý "
)
_KINDS: Final = ("Chùa", "Đình", "Miếu", "Nhà hàng", "Quán", "Trường", "Chợ", "Khách sạn", "Nhà thờ họ", "Cửa hàng")
_TURNED: Final = {"òa": "oà", "oà": "òa", "ủy": "uỷ", "óa": "oá", "úy": "uý"}


def main() -> None:
    """Make the registers, run both, print a table."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    folder = folder_of("linking")
    write_registers(folder, rows)
    peers = peer("splink==5.0.0", f"duckdb=={duckdb.__version__}")
    click.echo(f"{rows:,} x {rows:,} rows, {int(rows * _SAME):,} the same")
    for name, python, script in (("lienket", PYTHON, __file__), ("splink 5", peers, SPLINK)):
        seconds, memory = timed([python, script, "run", "."], folder)
        figures = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
        said = ", ".join(f"{what} {value:,.4f}".removesuffix(".0000") for what, value in figures.items())
        click.echo(f"{name:>10}: {seconds:.1f} s, {memory:.0f} MiB, {said}")


def write_registers(folder: Path, rows: int) -> None:
    """Write `subjects.parquet` and `objects.parquet`; rows whose ids end alike are the same place."""
    chance = random.Random(8)  # noqa: S311  the same registers in every run
    places = [_place(chance) for _ in range(rows)]
    left = [(f"a{number}", *place) for number, place in enumerate(places)]
    same = [(f"b{number}", *_variant(chance, place)) for number, place in enumerate(places[: int(rows * _SAME)])]
    others = [(f"b{number}", *_variant(chance, _place(chance))) for number in range(len(same), rows)]
    with duckdb.connect() as connection:
        for name, some in (("subjects", left), ("objects", [*same, *others])):
            columns = list(zip(*some, strict=True))
            picked = ", ".join(f"unnest(${number + 1}) AS {column}" for number, column in enumerate(COLUMNS))
            connection.execute(f"CREATE TABLE {name} AS SELECT {picked}", [list(column) for column in columns])
            connection.execute(f"COPY {name} TO '{folder / name}.parquet'")


COLUMNS: Final = ("id", "name", "house", "street", "ward", "longitude", "latitude")
Place = tuple[str, str, str, str, float | None, float | None]


def _place(chance: random.Random) -> Place:
    def words(number: int) -> str:
        return " ".join(chance.choice(_SYLLABLES.split()) for _ in range(number))

    name = f"{chance.choice(_KINDS)} {words(chance.choice((2, 2, 3)))}"
    return (
        name,
        str(chance.randrange(1, 400)),
        words(2),
        words(2),
        107.2 + chance.random(),
        16.0 + chance.random() / 2,
    )


def _variant(chance: random.Random, place: Place) -> Place:
    name, house, street, ward, longitude, latitude = place
    name, street = _rewritten(chance, name), _rewritten(chance, street)
    if chance.random() < 0.10:
        house = ""
    if chance.random() < 0.15:
        ward = ""
    if chance.random() < 0.25:
        return name, house, street, ward, None, None
    assert longitude is not None and latitude is not None  # noqa: PT018
    return name, house, street, ward, longitude + chance.gauss(0, 0.0004), latitude + chance.gauss(0, 0.0004)


def _rewritten(chance: random.Random, text: str) -> str:
    if chance.random() < 0.30:
        for usual, other in _TURNED.items():
            text = text.replace(usual, other)
    if chance.random() < 0.20:
        place = chance.randrange(len(text))
        text = chance.choice((text[:place] + text[place + 1 :], text[:place] + "n" + text[place:],
                              text[:place] + "a" + text[place + 1 :]))  # fmt: skip
    if chance.random() < 0.20:
        text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
        text = text.replace("đ", "d").replace("Đ", "D")
    if chance.random() < 0.10:
        text = unicodedata.normalize("NFD", text)
    return text.upper() if chance.random() < 0.10 else text


def ours(folder: Path) -> dict[str, float]:
    """Link the registers with the rule beside this file; return figures."""
    from lienket import languages
    from lienket.linking import MatchRule, define, match, read_rules

    rule = read_rules(Path(__file__).parent, "https://data.example/dataset/bench")[0]
    assert isinstance(rule, MatchRule)
    with duckdb.connect() as connection:
        define(connection, languages.get("vi"))
        for side in ("subjects", "objects"):
            connection.execute(f"""CREATE TABLE {side} AS SELECT id, name, house, street, ward,
                longitude, latitude FROM read_parquet('{folder / side}.parquet')""")
        match(connection, rule)
        same = int(connection.execute("SELECT count(*) FROM subjects").fetchall()[0][0] * _SAME)
        found, right = connection.execute(
            f"""SELECT count(*), count(*) FILTER (WHERE subject[2:] = object[2:]) FROM scored WHERE r_subject = 1
            AND r_object = 1 AND total >= {rule.accept} AND total - coalesce(next_subject, -1e9) >= {rule.margin}
            AND total - coalesce(next_object, -1e9) >= {rule.margin}"""
        ).fetchall()[0]
        pairs, together = connection.execute(
            """SELECT count(*), count(*) FILTER (WHERE s.id[2:] = o.id[2:]) FROM candidates AS c
            JOIN subject_rows AS s ON s.row = c.s JOIN object_rows AS o ON o.row = c.o"""
        ).fetchall()[0]
    return {"pairs": pairs, "blocking recall": together / same, "precision": right / found, "recall": right / same}


if __name__ == "__main__":
    if sys.argv[1:2] == ["run"]:
        Path("figures.json").write_text(json.dumps(ours(Path(sys.argv[2]))), encoding="utf-8")
    else:
        main()
