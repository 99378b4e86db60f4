"""Releases: switched in one step, verified, rolled back, kept as told."""

from pathlib import Path

import pyoxigraph as ox
import pytest

from lienket import formats
from lienket.errors import InputError, UnavailableError
from lienket.rdf import write_quads
from lienket.releases import release
from lienket.releases.digests import sha256
from lienket.releases.release import Release
from lienket.store import Store

GRAPH = "https://x.example/dataset/a"


def published(var: Path, text: str, keep: int = 5) -> Release:
    """Publish a release of one quad."""
    with release.building(var) as draft:
        node = ox.NamedNode("https://x.example/s")
        write_quads([ox.Quad(node, node, ox.Literal(text), ox.NamedNode(GRAPH))], draft / "a.nq", formats.N_QUADS)
        store = Store.create(draft / "store")
        store.load([draft / "a.nq"])
        store.close()
        (draft / "dumps").mkdir()
        dump = draft / "dumps" / "a.nq"
        (draft / "a.nq").rename(dump)
        dumps = [{"file": dump.name, "sha256": sha256(dump)}]
        manifest = {"graphs": {GRAPH: 1}, "quads": 1, "text": text, "datasets": {"a": {"dumps": dumps}}}
        return release.publish(var, release.seal(var, draft, manifest), keep=keep)


def test_no_release_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="lienket build"):
        Release.current(tmp_path)


def test_publishing_switches_and_a_reader_keeps_its_snapshot(tmp_path: Path) -> None:
    first = published(tmp_path, "one")
    reader = Store.open(first.store_path)
    second = published(tmp_path, "two")
    assert Release.current(tmp_path) == second
    (row,) = reader.select("SELECT ?o WHERE { GRAPH ?g { ?s ?p ?o } }")
    assert row["o"].value == "one"  # type: ignore[union-attr]


def test_a_build_that_fails_leaves_nothing(tmp_path: Path) -> None:
    first = published(tmp_path, "one")

    def fail() -> None:
        with release.building(tmp_path) as draft:
            (draft / "half").write_text("written")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert Release.current(tmp_path) == first
    assert not (tmp_path / "building").exists()


def test_the_same_content_twice_in_a_second_gives_two_releases(tmp_path: Path) -> None:
    assert published(tmp_path, "one").id != published(tmp_path, "one").id


def test_one_build_at_a_time(tmp_path: Path) -> None:
    with (
        release.building(tmp_path),
        pytest.raises(UnavailableError, match="another build"),
        release.building(tmp_path),
    ):
        pass


def test_rollback_to_the_one_before_or_a_named_one(tmp_path: Path) -> None:
    first, second = published(tmp_path, "one"), published(tmp_path, "two")
    assert release.rollback(tmp_path) == first
    assert release.rollback(tmp_path, second.id) == second
    with pytest.raises(InputError, match="no such release"):
        release.rollback(tmp_path, "2020-01-01T000000Z-000000")
    release.switch(tmp_path, first)
    with pytest.raises(InputError, match="no release before"):
        release.rollback(tmp_path)


def test_old_releases_go_and_the_one_before_stays(tmp_path: Path) -> None:
    for text in ("one", "two", "three"):
        last = published(tmp_path, text, keep=1)
    kept = release.kept(tmp_path)
    assert last in kept
    assert len(kept) == 2


def test_a_store_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError):
        Store.open(tmp_path / "store")
    assert not (tmp_path / "store").exists()


def test_an_unwritable_folder_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(UnavailableError, match=r"folders\.var"), release.building(tmp_path / "file" / "var"):
        pass
