"""A release made from what has changed is the release that is made from nothing, to the last quad."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lienket import languages
from lienket.build import build
from lienket.project import Project
from lienket.releases.release import Release
from lienket.search import Search
from tests.conftest import with_settings
from tests.deployments import BLANKS, THINGS, Row, write_dataset, write_deployment

COLUMNS = ("id", "name", "amount", "until")


def rows(start: int, count: int) -> list[Row]:
    return [
        {"id": f"{n:03}", "name": f"Chợ số {n}", "amount": str(n), "until": "2019-12-31" if n % 5 == 0 else ""}
        for n in range(start, start + count)
    ]


@dataclass
class Tables:
    """Tables in the making: two that speak of the same things, one that makes blank nodes."""

    things: list[Row] = field(default_factory=lambda: rows(0, 40))
    others: list[Row] | None = field(default_factory=lambda: rows(30, 20))
    blanks: list[Row] | None = field(default_factory=lambda: rows(0, 3))

    def write(self, folder: Path) -> None:
        datasets = (("things", THINGS, self.things), ("others", THINGS, self.others), ("blanks", BLANKS, self.blanks))
        for id_, rules, table in datasets:
            if table is None:
                shutil.rmtree(folder / "mappings/office" / id_, ignore_errors=True)
            else:
                write_dataset(folder, id_, rules, table, COLUMNS)


Edit = Callable[[Tables], None]

names = st.sampled_from(["Chợ Đông Ba", "Cầu Trường Tiền", "Chợ số 3", 'A "quoted" name', "Chợ số 3 mới"])
amounts = st.sampled_from(["7", "007", "+7", "8", "", "12345678901234567890"])
places = st.integers(0, 60)


@st.composite
def cells(draw: st.DrawFn) -> Edit:
    """Change a row of a table, or write one more line about the same thing."""
    place, where = draw(places), draw(st.sampled_from(["things", "others", "blanks"]))
    new = {
        "name": draw(names),
        "amount": draw(amounts),
        "until": draw(st.sampled_from(["", "2019-12-31", "2999-01-01"])),
    }
    again = draw(st.booleans())

    def edit(tables: Tables) -> None:
        table = getattr(tables, where)
        if table:
            row = {**table[place % len(table)], **new}
            if again:
                table.append(row)
            else:
                table[place % len(table)] = row

    return edit


@st.composite
def removals(draw: st.DrawFn) -> Edit:
    """Take rows out of a table."""
    place, count = draw(places), draw(st.sampled_from([1, 2, 25]))

    def edit(tables: Tables) -> None:
        start = place % len(tables.things)
        del tables.things[start : min(start + count, len(tables.things) - 1)]

    return edit


def without_a_dataset(tables: Tables) -> None:
    tables.others = None if tables.others else rows(38, 9)


def without_blank_nodes(tables: Tables) -> None:
    tables.blanks = None if tables.blanks else rows(0, 2)


edits = st.one_of(cells(), cells(), removals(), st.sampled_from([without_a_dataset, without_blank_nodes]))


def statements(path: Path) -> set[ox.Quad]:
    """Return everything in a store, the default graph too, blank nodes renamed so that equal stores are equal."""
    held = ox.Dataset(ox.Store.read_only(str(path)))
    held.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return set(held)


def indexed(path: Path) -> dict[str, list[Any]]:
    """Return all that an index holds, its words too, by IRI in place of its own numbers."""
    queries = {
        "entry": "SELECT iri, kind, dataset, weight, until, length FROM entry",
        "label": "SELECT iri, rank, language, text FROM label JOIN entry ON entry.id = entry",
        "whole": "SELECT key, iri, rank FROM whole JOIN entry ON entry.id = entry",
        "words": "SELECT term, iri, col, offset FROM temp.vocabulary JOIN entry ON entry.id = doc",
    }
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, words, instance)")
        return {name: sorted(database.execute(query).fetchall(), key=str) for name, query in queries.items()}


def found(path: Path) -> Iterator[Any]:
    index = Search.open(path)
    for text in ("chợ", "cho so 3", "Đông Ba", "Chợ số 31", "vật", "bảng", "thing", "quoted", "table", "test"):
        yield text, index.find(text, language=languages.get("vi"), limit=100)
    index.close()


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.is_dir() else {}


def require_same(one: Release, other: Release) -> None:
    for name in ("datasets", "graphs", "quads", "changes", "content", "inputs", "previous"):
        assert one.manifest[name] == other.manifest[name], name
    assert statements(one.store_path) == statements(other.store_path)
    assert indexed(one.search_path) == indexed(other.search_path)
    assert list(found(one.search_path)) == list(found(other.search_path))
    assert files(one.dumps) == files(other.dumps)
    assert files(one.path / "reports") == files(other.path / "reports")
    assert files(one.path / "told") == files(other.path / "told")
    assert files(one.changes) == files(other.changes)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A deployment with its first release."""
    folder = tmp_path_factory.mktemp("started")
    project = write_deployment(folder)
    Tables().write(folder)
    build(project)
    return project


def test_a_small_change_shares_the_files_of_the_last_release(started: Project, tmp_path: Path) -> None:
    folder = tmp_path / "deployment"
    shutil.copytree(started.root, folder, symlinks=True)
    project, tables = Project.read(folder), Tables()
    tables.things[3] = {**tables.things[3], "name": "Cầu Trường Tiền"}
    tables.write(folder)
    before, after = Release.current(project.var), build(project)
    assert after.manifest["changes"] == {"things": {"added": 1, "removed": 1}}
    shared = [path for path in after.store_path.iterdir()
              if (before.store_path / path.name).exists() and path.samefile(before.store_path / path.name)]  # fmt: skip
    assert len([path for path in shared if path.suffix == ".sst"]) > 10
    for name in ("blanks.nq.gz", "others.nq.gz", "others.others.csv"):
        assert (after.dumps / name).samefile(before.dumps / name)
    assert build(project) == after


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(sequence=st.lists(st.lists(edits, min_size=1, max_size=3), min_size=1, max_size=3))
def test_what_has_changed_makes_the_same_release_as_everything(
    started: Project, tmp_path_factory: pytest.TempPathFactory, sequence: list[list[Edit]]
) -> None:
    folder = tmp_path_factory.mktemp("edited") / "deployment"
    shutil.copytree(started.root, folder, symlinks=True)
    project, tables = Project.read(folder), Tables()
    for step in sequence:
        for edit in step:
            edit(tables)
        tables.write(folder)
        beside = with_settings(project, folders__var=str(folder / "beside"))
        shutil.rmtree(beside.var, ignore_errors=True)
        shutil.copytree(project.var, beside.var, symlinks=True)
        before = Release.current(project.var)
        after = build(project)
        if after != before:
            require_same(after, build(beside, full=True))
    shutil.rmtree(folder)
