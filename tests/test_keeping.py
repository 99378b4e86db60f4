"""What was published is found damaged when it is, compared, backed up and brought back."""

import json
import shutil
import tarfile
import time
from pathlib import Path

import pytest

from lienket.build import build, verification
from lienket.errors import InputError, UnavailableError
from lienket.project import Project
from lienket.releases import archive, changes, release
from lienket.releases.release import Release

from .deployments import THINGS, Row, write_dataset, write_deployment
from .test_cli import run

COLUMNS = ("id", "name", "amount", "until")


def rows(count: int) -> list[Row]:
    return [{"id": f"{n:03}", "name": f"Chợ số {n}", "amount": str(n), "until": ""} for n in range(count)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A deployment with two releases: in the second a row has changed and a dataset has come."""
    folder = tmp_path_factory.mktemp("made")
    project = write_deployment(folder)
    write_dataset(folder, "things", THINGS, rows(30), COLUMNS)
    build(project)
    changed = rows(30)
    changed[3] = {**changed[3], "name": "Chợ Đông Ba"}
    write_dataset(folder, "things", THINGS, changed, COLUMNS)
    write_dataset(folder, "others", THINGS, rows(2), COLUMNS)
    build(project)
    return project


@pytest.fixture
def project(made: Project, tmp_path: Path) -> Project:
    """A copy of it, to break."""
    shutil.copytree(made.root, tmp_path / "copy", symlinks=True)
    return Project.read(tmp_path / "copy")


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place % len(content)] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)


@pytest.mark.parametrize("place", [0, 1 << 20, 12345])
@pytest.mark.parametrize(
    "pattern", ["store/*.sst", "store/MANIFEST-*", "dumps/things.nq.gz", "changes/*", "search.sqlite", "catalogue.nt",
                "reports/*", "manifest.json", "manifest.sha256"],
)  # fmt: skip
def test_a_flipped_byte_is_found(project: Project, pattern: str, place: int) -> None:
    current = Release.current(project.var)
    assert verification.faults(current) == []
    path = sorted(current.path.glob(pattern))[0]
    flip(path, place)
    try:
        found = verification.faults(Release(current.path))
    except UnavailableError as error:
        found = list(error.faults)
    named = path if path.name != "manifest.sha256" else path.with_name("manifest.json")
    assert [fault.file for fault in found] == [str(named)]


def test_verify_names_what_is_damaged_and_what_is_sound(project: Project) -> None:
    newest, oldest = release.kept(project.var)
    assert run("releases", "verify", cwd=project.root).returncode == 0
    (newest.dumps / "others.nq.gz").write_bytes(b"")
    done = run("--language", "en", "releases", "verify", newest.id, cwd=project.root)
    assert done.returncode == 3
    assert "others.nq.gz" in done.stderr
    assert f"lienket rollback {oldest.id}" in done.stderr
    assert run("rollback", oldest.id, cwd=project.root).returncode == 0


def test_changes_of_a_release_are_those_between_it_and_the_one_before(project: Project) -> None:
    newest, oldest = release.kept(project.var)
    assert newest.manifest["previous"] == oldest.id
    between = {change.dataset: change for change in changes.between(oldest, newest)}
    assert between == {name: changes.of(newest, name) for name in ("things", "others")}
    assert changes.of(oldest, "things").added == []
    assert newest.manifest["changes"] == {
        name: {"added": len(change.added), "removed": len(change.removed)} for name, change in between.items()
    }
    assert [quad.object.value for quad in between["things"].added] == ["Chợ Đông Ba"]  # type: ignore[union-attr]
    assert between["things"].resources == {"<https://data.example.org/id/thing/003>": (1, 1)}
    assert not between["others"].removed


def test_diff_in_numbers_and_in_quads(project: Project) -> None:
    newest, oldest = (one.id for one in release.kept(project.var))
    told = json.loads(run("diff", oldest, newest, "--json", cwd=project.root).stdout)
    assert told["datasets"]["things"] == {
        "added": 1, "removed": 1, "resources": {"https://data.example.org/id/thing/003": {"added": 1, "removed": 1}},
    }  # fmt: skip
    assert told["datasets"]["others"]["removed"] == 0
    patch = run("diff", newest, oldest, "--patch", cwd=project.root).stdout.splitlines()
    assert [line for line in patch if line.startswith("A ")] == [
        'A <https://data.example.org/id/thing/003> <http://www.w3.org/2004/02/skos/core#prefLabel> "Chợ số 3"@vi '
        "<https://data.example.org/dataset/things> ."
    ]
    assert "id/thing/003" in run("diff", oldest, newest, cwd=project.root).stdout
    assert "resources" not in run("--language", "en", "diff", newest, newest, cwd=project.root).stdout
    assert run("diff", newest, "2020-01-01T000000Z-000000", cwd=project.root).returncode == 1


def test_rollback_takes_less_than_a_second(project: Project) -> None:
    _, oldest = release.kept(project.var)
    started = time.monotonic()
    assert release.rollback(project.var) == oldest
    assert time.monotonic() - started < 1


def test_what_was_backed_up_comes_back(project: Project, tmp_path: Path) -> None:
    assert run("backup", tmp_path / "all.tar", cwd=project.root).returncode == 0
    assert run("backup", tmp_path / "all.tar", cwd=project.root).returncode == 1, "it is never written over"
    packed = run("backup", tmp_path / "all.tar.gz", cwd=project.root)
    assert (packed.returncode, "all.tar" in packed.stderr, (tmp_path / "all.tar.gz").exists()) == (1, True, False)
    assert not list(project.var.glob("check-*"))
    done = run("restore", tmp_path / "all.tar", tmp_path / "new", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    restored = Project.read(tmp_path / "new")
    assert [one.id for one in release.kept(restored.var)] == [one.id for one in release.kept(project.var)]
    assert Release.current(restored.var).id == Release.current(project.var).id
    for one in release.kept(restored.var):
        assert verification.faults(one) == []
    assert build(restored).id == Release.current(project.var).id, "the content is the same"
    shared = "dumps/things.things.csv"
    assert (tmp_path / "new").joinpath("mappings/office/things/things.csv").read_bytes() == (
        Release.current(restored.var).path / shared
    ).read_bytes()
    assert not list((tmp_path / "new").glob("restore-*"))


def test_a_restore_is_whole_or_nothing(project: Project, tmp_path: Path) -> None:
    whole = tmp_path / "all.tar"
    archive.backup(project, whole)
    with pytest.raises(InputError, match="not empty"):
        archive.restore(whole, project.root)
    target = tmp_path / "new"
    cut = tmp_path / "cut.tar"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    flipped = tmp_path / "flipped.tar"
    with tarfile.open(whole) as tar:
        dump = next(member for member in tar if member.name.endswith("dumps/things.nq.gz") and member.isreg())
    content = bytearray(whole.read_bytes())
    content[dump.offset_data + 20] ^= 1
    flipped.write_bytes(content)
    other = tmp_path / "other.tar"
    with tarfile.open(other, "w") as tar:
        tar.add(cut, "lienket.txt")
    for file, error in ((cut, InputError), (other, InputError), (flipped, UnavailableError)):
        with pytest.raises(error):
            archive.restore(file, target)
        assert not target.exists(), file
