"""What befalls a machine while releases are made and served: the last good one serves, and nothing is left behind."""

import http.client
import math
import multiprocessing
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lienket.build import build, verification
from lienket.errors import InputError, LienketError, UnavailableError
from lienket.project import Project
from lienket.releases import release
from lienket.releases.release import Release
from lienket.store import Store

from .conftest import PROVINCE
from .deployments import THINGS, Row, write_dataset, write_deployment
from .test_cli import free_port, run

COLUMNS = ("id", "name", "amount", "until")
KILLS = 50
PROCESSES = multiprocessing.get_context("forkserver")
"""Processes that start at once, with everything loaded."""


def table(folder: Path, edition: int, count: int = 300) -> Path:
    """Write the table of an edition: a tenth of its rows tell which one it is."""
    rows: list[Row] = [
        {"id": f"{n:04}", "name": f"Chợ số {n}", "amount": str(edition if n % 10 == 0 else n), "until": ""}
        for n in range(count)
    ]
    return write_dataset(folder, "things", THINGS, rows, COLUMNS)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A deployment of two datasets and its first release."""
    made = write_deployment(tmp_path / "deployment", "[releases]\nkeep = 2\n")
    write_dataset(made.root, "others", THINGS, [{"id": "x", "name": "Khác", "amount": "1", "until": ""}], COLUMNS)
    table(made.root, 1)
    build(made)
    return made


def outcome(root: Path, full: bool, user: int, ulimit: int, said: Path) -> None:
    """Build in this process, as another user or with a limit for files where given; write down what was said."""
    sys.stderr = said.with_suffix(".stderr").open("w")
    if ulimit:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (ulimit, ulimit))
    if user:
        os.setuid(user)
    try:
        text = f"built {build(Project.read(root), full=full).id}"
    except LienketError as error:
        text = f"{type(error).__name__}: {error}"
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.getrlimit(resource.RLIMIT_FSIZE)[1],) * 2)
    sys.stderr.write(text)
    sys.stderr.flush()


@contextmanager
def building(root: Path, said: Path, *, full: bool = False, user: int = 0, ulimit: int = 0) -> Iterator["Process"]:
    PROCESSES.set_forkserver_preload(["lienket.build", "tests.test_faults"])
    process = PROCESSES.Process(target=outcome, args=(root, full, user, ulimit, said))
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()
        process.close()


Process = multiprocessing.context.ForkServerProcess


def litter(var: Path) -> set[str]:
    """Return what lies in var and should not."""
    known = {"current", "releases", "lock"}
    kept = {one.id for one in release.kept(var)}
    return {path.name for path in var.iterdir()} - known | {path.name for path in (var / "releases").iterdir()} - kept


def test_a_build_killed_at_any_point_changes_nothing(project: Project, tmp_path: Path) -> None:
    said = tmp_path / "said"
    took = {}
    for full in (False, True):
        table(project.root, 2 + full)
        started = time.monotonic()
        with building(project.root, said, full=full) as process:
            process.join()
            assert process.exitcode == 0
        took[full] = time.monotonic() - started
    points = random.Random(5)  # noqa: S311  no secret
    killed = 0
    for edition in range(10, 10 + KILLS):
        full = edition % 2 == 0
        table(project.root, edition)
        before = Release.current(project.var).id
        with building(project.root, said, full=full) as process:
            process.join(points.uniform(0, took[full]))
            killed += process.is_alive()
            process.kill()
            process.join()
        after = Release.current(project.var)
        release.require_whole(after)
        assert after.id == before or after.manifest["previous"] == before
        assert Store.open(after.store_path).counts() == after.manifest["graphs"]
        assert len(release.kept(project.var)) <= 3, "what is being made is no release"
    assert killed > KILLS / 2
    table(project.root, 99)
    last = build(project)
    assert last == Release.current(project.var)
    assert verification.faults(last) == []
    assert litter(project.var) == set()
    assert len(release.kept(project.var)) == 2


@contextmanager
def small_disk(size: int) -> Iterator[Path]:
    """Give a folder on a disk of so many bytes."""
    with tempfile.TemporaryDirectory() as folder:
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], check=False,
                          capture_output=True).returncode:  # fmt: skip
            pytest.skip("only root can make a disk")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.parametrize("room", [20_000, 200_000, 500_000, 1_000_000])
def test_a_full_disk_is_named_and_the_last_release_serves(tmp_path: Path, room: int) -> None:
    with small_disk(64_000_000) as disk:
        made = write_deployment(disk / "deployment")
        table(made.root, 1, 3000)
        first = build(made)
        table(made.root, 2, 3000)
        free = shutil.disk_usage(disk).free
        (disk / "filler").write_bytes(b"x" * max(free - room, 0))
        with pytest.raises(UnavailableError, match=r"make room|space") as caught:
            build(made, full=True)
        assert len(str(caught.value).splitlines()) < 5
        assert Release.current(made.var) == first
        assert verification.faults(first) == []
        (disk / "filler").unlink()
        second = build(made)
        assert second.manifest["previous"] == first.id
        assert litter(made.var) == set()


@pytest.mark.parametrize("limit", [30_000, 200_000, 2_000_000])
def test_files_that_cannot_grow_are_named(project: Project, tmp_path: Path, limit: int) -> None:
    table(project.root, 2, 10_000)
    before = Release.current(project.var)
    said = tmp_path / "said"
    with building(project.root, said, full=True, ulimit=limit) as process:
        process.join()
        text = said.with_suffix(".stderr").read_text()
        assert process.exitcode == 0, text
    assert "UnavailableError" in text
    assert Release.current(project.var) == before
    assert verification.faults(before) == []
    build(project)
    assert litter(project.var) == set()


def test_a_read_only_disk_is_named_and_serves(project: Project, tmp_path: Path) -> None:
    if os.getuid():
        pytest.skip("root alone can mount a disk")
    current = Release.current(project.var)
    table(project.root, 2)
    subprocess.run(["mount", "--bind", project.root, project.root], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", project.root], check=True)
        with pytest.raises(UnavailableError, match="Read-only"):
            build(project)
        with pytest.raises(UnavailableError, match="Read-only"):
            release.rollback(project.var, current.id)
        assert Store.open(Release.current(project.var).store_path).counts() == current.manifest["graphs"]
        assert verification.faults(current) == []
    finally:
        subprocess.run(["umount", "-l", project.root], check=True)
    assert build(project).manifest["previous"] == current.id


@pytest.mark.parametrize("moment", ["things", "dumps"])
def test_a_table_replaced_while_it_is_read_is_named(project: Project, moment: str) -> None:
    table(project.root, 2)
    before = Release.current(project.var)

    def progress(what: str, *_: int) -> None:
        if what == moment:
            table(project.root, 3, 200)

    with pytest.raises(InputError, match=r"things\.csv: was replaced while it was read"):
        build(project, progress=progress)
    assert Release.current(project.var) == before
    assert litter(project.var) == set()
    assert build(project).manifest["datasets"]["things"]["rows"] == 200


def test_of_two_builds_at_once_one_is_told_to_wait(project: Project) -> None:
    table(project.root, 2)
    answers: list[subprocess.CompletedProcess[str]] = []

    def second(what: str, *_: int) -> None:
        if what == "dumps" and not answers:
            answers.append(run("--language", "en", "build", cwd=project.root))

    built = build(project, progress=second)
    assert answers[0].returncode == 3
    assert "another build runs" in answers[0].stderr
    assert Release.current(project.var) == built


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def overwrite(path: Path) -> None:
    path.write_bytes(b"\xff" * path.stat().st_size)


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A deployment with two releases that share no file."""
    made = write_deployment(tmp_path_factory.mktemp("twice"))
    for edition in (1, 2):
        table(made.root, edition)
        build(made, full=True)
    return made


@pytest.mark.parametrize("break_", [cut, overwrite, Path.unlink])
@pytest.mark.parametrize("pattern", ["store/CURRENT", "store/MANIFEST-*", "store/*.sst", "dumps/things.nq.gz"])
def test_a_broken_release_is_named_refused_and_made_anew(
    twice: Project, tmp_path: Path, pattern: str, break_: Callable[[Path], None]
) -> None:
    shutil.copytree(twice.root, tmp_path / "copy", symlinks=True)
    project = Project.read(tmp_path / "copy")
    second, first = release.kept(project.var)
    path = sorted(second.path.glob(pattern))[-1]
    break_(path)
    faults = verification.faults(Release(second.path))
    assert str(path) in {fault.file for fault in faults}
    if break_ is cut:  # a file of the same length is found by reading it all
        done = run("--language", "en", "serve", "--port", str(free_port()), cwd=project.root)
        assert done.returncode == 3
        assert path.name in done.stderr
        assert "lienket rollback" in done.stderr
    assert release.rollback(project.var) == first
    if break_ is not overwrite:
        with pytest.raises(UnavailableError, match="is damaged"):
            release.rollback(project.var, second.id)
    release.switch(project.var, second)
    table(project.root, 3)
    third = build(project)
    assert verification.faults(third) == []


def test_a_clock_set_back_changes_no_order(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Release.current(project.var)

    class Earlier(datetime):
        @classmethod
        def now(cls, tz: object = None) -> "Earlier":
            now = datetime.now(UTC) - timedelta(days=400)
            return cls.fromisoformat(now.isoformat())

    monkeypatch.setattr(release, "datetime", Earlier)
    table(project.root, 2)
    second = build(project)
    assert second.created > first.created, "who follows the moments of changes sees them in order"
    assert release.kept(project.var) == [second, first]
    table(project.root, 3)
    third = build(project)
    assert third.created > second.created
    assert release.kept(project.var) == [third, second], "the oldest has gone, whatever the clock says"
    assert release.rollback(project.var) == second


def test_a_release_of_another_engine_is_refused_by_name_and_made_anew(project: Project) -> None:
    old = Release.current(project.var)
    manifest = old.path / release.MANIFEST
    text = manifest.read_text(encoding="utf-8").replace(f'"layout": {release.LAYOUT}', '"layout": 1')
    manifest.write_text(text, encoding="utf-8")
    (old.path / release.CHECKSUM).unlink()
    done = run("--language", "en", "serve", "--port", str(free_port()), cwd=project.root)
    assert done.returncode == 3
    assert "another layout" in done.stderr
    assert release.kept(project.var) == []
    new = build(project)
    assert Release.current(project.var) == new
    assert verification.faults(new) == []


def test_sigterm_lets_requests_finish(tmp_path: Path) -> None:
    folder = tmp_path / "province"
    shutil.copytree(PROVINCE, folder, ignore=shutil.ignore_patterns("var"))
    assert run("build", cwd=folder).returncode == 0
    port = free_port()
    query = "/sparql?query=SELECT%20*%20%7B%20GRAPH%20%3Fg%20%7B%3Fs%20%3Fp%20%3Fo%7D%20%7D&format=json"
    heavy = "/sparql?query=SELECT%20(COUNT(*)%20AS%20%3Fn)%20%7B%3Fa%20%3Fb%20%3Fc.%3Fd%20%3Fe%20%3Ff%7D&format=json"
    with subprocess.Popen(
        [Path(sys.executable).with_name("lienket"), "-C", folder, "serve", "--port", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    ) as server:  # fmt: skip
        try:
            wait_for(port)
            stop = threading.Event()
            told = math.inf
            broken: list[str] = []
            done = [0] * 6

            def ask(number: int) -> None:
                while not stop.is_set():
                    started = time.monotonic()
                    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
                    try:
                        connection.connect()
                    except OSError:
                        return  # it listens no more
                    try:
                        connection.request("GET", heavy if number == 0 else query if number % 2 else "/")
                        answer = connection.getresponse()
                        text = answer.read()
                        if answer.status not in (200, 503) and started < told:  # 503: too many queries at once
                            broken.append(f"{answer.status} {text.decode()}")
                        done[number] += 1
                    except (http.client.HTTPException, OSError) as error:
                        if started < told:  # what it had taken; whoever comes later is turned away
                            broken.append(repr(error))
                    finally:
                        connection.close()

            threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(done))]
            for thread in threads:
                thread.start()
            time.sleep(2)
            told = time.monotonic()
            server.send_signal(signal.SIGTERM)
            code = server.wait(30)
            stop.set()
            for thread in threads:
                thread.join()
        finally:
            server.kill()
        assert code == 0, server.stderr and server.stderr.read()
    assert sum(done) > 20
    assert broken == []


def wait_for(port: int) -> None:
    for _ in range(100):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise AssertionError("the server does not start")
