"""Plain N-Triples are taken in line by line, and then the relation holds what the parser would have made of them."""

from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lienket.errors import InputError
from lienket.validation import read_triples
from lienket.validation.lines import take_lines
from lienket.validation.session import load, make_table

XSD = "http://www.w3.org/2001/XMLSchema#"
IRIS = ("http://x.example", "https://x.example:80/a/b?c=d#e", "urn:isbn:1-2", "http://x.example/Huế%20", "http:a", "a",
        "http://x.example/a#b#c", "http://x.example/a b", "http://x.example/%zz", "http://x.example/[a]",
        "mailto:a@b.c", "http://x.example/?a?b", "http://[::1]/", "http://x.example:99999999/", "HTTP://x.example/",
        "http://x.example/\\u00E9", "http://x.example/\ufdd0", "urn:a:", "https:///a",
        "http://..", "urn:x:a|b")  # fmt: skip
SUFFIXES = ("", "@vi", "@en-GB", "@EN", "@a", "@x-y", f"^^<{XSD}integer>", f"^^<{XSD}string>", "^^<a>", "^^", "@")
pieces = st.sampled_from(("a", "ế", "e\u0302", " ", ".", '\\"', "\\\\", "\\n", "\\t", "\\u0041", "\t", "\x7f", "\x00",
                          "\u2028",
                          "\U0001f600", "\\", '"', "\\r", "\ufeff", "\x85"))  # fmt: skip
iris = st.sampled_from(IRIS).map("<{}>".format)
literals = st.tuples(st.lists(pieces, max_size=4).map("".join), st.sampled_from(SUFFIXES)).map(
    lambda parts: f'"{parts[0]}"{parts[1]}'
)
subjects = iris | st.just("_:b")
ends = st.sampled_from((" .", " .", " .", ".", " . ", " . # x", ""))
lines = st.tuples(subjects, iris, subjects | literals, ends).map(
    lambda parts: " ".join(parts[:3]) + parts[3]
) | st.sampled_from(("", "# comment", "\r"))


def held(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, str, str]]:
    return sorted(connection.execute(f"FROM {table}").fetchall())


@settings(max_examples=600, deadline=None)
@given(st.lists(lines, min_size=1, max_size=3), st.sampled_from(("\n", "\n", "\r\n")))
def test_lines_are_what_the_parser_makes_of_them(written: list[str], end: str) -> None:
    with TemporaryDirectory() as folder, duckdb.connect(":memory:") as connection:
        file = Path(folder, "a.nt")
        file.write_bytes("".join(line + end for line in written).encode())
        for table in ("taken", "parsed"):
            make_table(connection, table)
        if not take_lines(connection, "taken", file):
            assert held(connection, "taken") == []
            return
        load(connection, "parsed", read_triples([file]))
        assert held(connection, "taken") == held(connection, "parsed")


@pytest.mark.parametrize("suffix", ["", "@vi", f"^^<{XSD}integer>"])
def test_ordinary_lines_are_taken(suffix: str, tmp_path: Path) -> None:
    line = f'<http://x.example/a#b> <https://x.example/> "Huế \\"7\\""{suffix} .\n'
    (tmp_path / "a.nt").write_text(line * 2, "utf-8")
    with duckdb.connect(":memory:") as connection:
        make_table(connection, "taken")
        assert take_lines(connection, "taken", tmp_path / "a.nt")
        assert len(held(connection, "taken")) == 2


def test_of_a_file_with_one_other_line_nothing_is_taken_and_the_parser_says_why(tmp_path: Path) -> None:
    file = tmp_path / "a.nt"
    file.write_text("<http://x.example/a> <http://x.example/b> <http://x.example/c> .\n" * 5000 + "oops\n", "utf-8")
    with duckdb.connect(":memory:") as connection:
        make_table(connection, "taken")
        assert not take_lines(connection, "taken", file)
        assert held(connection, "taken") == []
        with pytest.raises(InputError, match="row 5001"):
            load(connection, "taken", read_triples([file]))
