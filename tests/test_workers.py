"""Query workers: whatever a query does, it ends, and the next one is answered."""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from lienket.errors import UnavailableError
from lienket.store import Store
from lienket.web import process
from lienket.web.workers import Pool, Query

ENDLESS = "SELECT (COUNT(*) AS ?count) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
HUGE = "SELECT * WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
HUNGRY = "SELECT * WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f ?i"


def make_store(folder: Path, name: str, size: int = 500) -> Path:
    lines = folder / f"{name}.nq"
    graph = f"<https://example.org/{name}>"
    lines.write_text(
        "".join(
            f'<https://example.org/{name}/{n}> <https://example.org/is> "số {n}"@vi {graph} .\n' for n in range(size)
        ),
        encoding="utf-8",
    )
    store = Store.create(folder / name)
    store.load([lines])
    store.close()
    return folder / name


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_store(tmp_path_factory.mktemp("stores"), "one")


@pytest.fixture
def pool() -> Iterator[Pool]:
    with closing(Pool(1, 256)) as made:
        yield made
    assert not made.pids() or not any(map(runs, made.pids()))


def runs(pid: int) -> bool:
    """Return whether a process runs; one that is dead and not waited for counts too."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def text(pool: Pool, store: Path, query: str, seconds: float = 20.0, table: str = "csv") -> str:
    with pool.run(store, Query(query, table, "nt"), seconds) as answer:
        return b"".join(answer).decode()


def count(pool: Pool, store: Path) -> str:
    return text(pool, store, "SELECT (COUNT(*) AS ?count) WHERE { ?s ?p ?o }")


def test_an_answer_comes_in_blocks_after_its_header(pool: Pool, store: Path) -> None:
    with pool.run(store, Query("SELECT ?s ?o WHERE { ?s ?p ?o }", "json", None), 20) as answer:
        assert (answer.kind, answer.format, answer.columns) == ("table", "json", ["s", "o"])
        blocks = list(answer)
    assert b"".join(blocks).count(b"https://example.org/one/") == 500
    assert list(answer) == []


def test_a_worker_answers_many_queries(pool: Pool, store: Path) -> None:
    assert count(pool, store) == "count\r\n500\r\n"
    before = pool.pids()
    assert text(pool, store, "ASK {}") == "true"
    assert pool.pids() == before
    assert len(before) == 1


def test_nothing_is_started_before_the_first_query() -> None:
    with closing(Pool(4, 256)) as pool:
        assert pool.pids() == []


@pytest.mark.parametrize(
    ("query", "reason", "line", "column"),
    [
        ("SELECT * WHERE {\n  ?s ?p }", "syntax", 2, 10),
        ("", "syntax", 1, 1),
        ("INSERT DATA { <urn:a> <urn:b> <urn:c> }", "syntax", 1, 1),
    ],
)
def test_a_malformed_query_names_its_place(
    pool: Pool, store: Path, query: str, reason: str, line: int, column: int
) -> None:
    with pytest.raises(process.QueryError) as caught:
        text(pool, store, query)
    assert caught.value.reason == reason
    assert caught.value.line == line
    assert caught.value.column is not None
    assert caught.value.column >= column
    before = pool.pids()
    count(pool, store)
    assert pool.pids() == before, "a malformed query costs no worker"


def test_a_dataset_that_is_no_iri_is_the_askers_fault(pool: Pool, store: Path) -> None:
    with pytest.raises(process.QueryError) as caught:
        pool.run(store, Query("ASK {}", "json", None, default_graphs=("not an iri",)), 20)
    assert caught.value.reason == "dataset"


@pytest.mark.parametrize(("query", "kind"), [("ASK {}", "table"), ("DESCRIBE <urn:a>", "graph")])
def test_a_kind_of_answer_that_no_format_holds(pool: Pool, store: Path, query: str, kind: str) -> None:
    with pytest.raises(process.QueryError) as caught:
        pool.run(store, Query(query, None, None), 20)
    assert (caught.value.reason, caught.value.message) == ("format", kind)


def test_short_answers_carry_only_the_prefixes_they_use(pool: Pool, store: Path) -> None:
    prefixes = {"ex": "https://example.org/", "other": "https://example.com/"}
    query = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 3"
    with pool.run(store, Query(query, None, "ttl", prefixes=prefixes), 20) as answer:
        turtle = b"".join(answer).decode()
    assert "@prefix ex: <https://example.org/> ." in turtle
    assert "other" not in turtle


@pytest.mark.parametrize("query", [ENDLESS, HUGE])
def test_a_query_is_ended_at_its_deadline(pool: Pool, store: Path, query: str) -> None:
    count(pool, store)
    before = pool.pids()
    started = time.monotonic()
    with pytest.raises(process.DeadlineError):
        text(pool, store, query, seconds=0.5)
    assert 0.4 < time.monotonic() - started < 1.5
    wait_until(lambda: not runs(before[0]))
    assert count(pool, store) == "count\r\n500\r\n"


def test_the_kernel_ends_a_query_whose_reader_dawdles(pool: Pool, store: Path) -> None:
    answer = pool.run(store, Query(HUGE, "csv", None), 0.5)
    assert answer.next_block()
    time.sleep(1.0)  # nobody reads, nobody looks at the clock
    with pytest.raises(process.DeadlineError):
        list(answer)
    assert count(pool, store)


def test_nobody_waits_for_the_dead(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process gives its memory back before it ends, at the lowest priority: that may take long."""
    dead = threading.Event()
    bury = process.Worker.bury
    monkeypatch.setattr(process.Worker, "bury", lambda worker: (dead.wait(20), bury(worker)))
    with closing(Pool(2, 256)) as pool:
        try:
            for _ in range(2):
                started = time.monotonic()
                with pytest.raises(process.DeadlineError):
                    text(pool, store, ENDLESS, seconds=0.5)
                assert time.monotonic() - started < 1
                assert count(pool, store) == "count\r\n500\r\n"
        finally:
            dead.set()


def test_the_place_of_a_dawdling_reader_goes_to_the_next(store: Path) -> None:
    with closing(Pool(1, 256)) as pool:
        dawdling = pool.run(store, Query(HUGE, "csv", None), 0.5)
        assert dawdling.next_block()
        assert count(pool, store) == "count\r\n500\r\n"
        with pytest.raises(process.DeadlineError):
            list(dawdling)
        wait_until(lambda: len(pool.pids()) == 1)


def test_a_query_has_a_memory_ceiling(store: Path) -> None:
    with closing(Pool(1, 64)) as pool:
        with pytest.raises(process.QueryMemoryError):
            text(pool, store, HUNGRY)
        assert count(pool, store) == "count\r\n500\r\n"


def test_a_worker_that_crashes_is_replaced(pool: Pool, store: Path, caplog: pytest.LogCaptureFixture) -> None:
    nested = "ASK " + "{" * 20000 + "}" * 20000
    with caplog.at_level(logging.CRITICAL), pytest.raises((process.WorkerDiedError, process.QueryError)):
        text(pool, store, nested)
    assert count(pool, store) == "count\r\n500\r\n"


def test_a_worker_killed_in_mid_query(pool: Pool, store: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.CRITICAL), pool.run(store, Query(HUGE, "csv", None), 20) as answer:
        os.kill(pool.pids()[0], signal.SIGKILL)
        with pytest.raises(process.WorkerKilledError):
            list(answer)
    assert count(pool, store) == "count\r\n500\r\n"


def test_a_worker_killed_while_idle(pool: Pool, store: Path) -> None:
    count(pool, store)
    os.kill(pool.pids()[0], signal.SIGKILL)
    time.sleep(0.1)
    assert count(pool, store) == "count\r\n500\r\n"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can refuse a process its sockets")
def test_a_query_reaches_no_network(pool: Pool, store: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        with pytest.raises(UnavailableError, match="Permission denied"):
            text(pool, store, f"SELECT * WHERE {{ SERVICE <http://127.0.0.1:{port}/> {{ ?s ?p ?o }} }}")
        text(pool, store, f"SELECT * WHERE {{ SERVICE SILENT <http://127.0.0.1:{port}/> {{ ?s ?p ?o }} }}")
        with pytest.raises(TimeoutError):
            server.accept()


def test_an_answer_given_up_ends_its_worker(pool: Pool, store: Path) -> None:
    answer = pool.run(store, Query(HUGE, "csv", None), 20)
    pids = pool.pids()
    assert answer.next_block()
    answer.close()
    wait_until(lambda: not runs(pids[0]))
    started = time.monotonic()
    assert count(pool, store)
    assert time.monotonic() - started < 5


def test_whoever_is_gone_ends_the_query(pool: Pool, store: Path) -> None:
    started = time.monotonic()
    with pytest.raises(process.AbandonedError):
        pool.run(store, Query(ENDLESS, "csv", None), 20, gone=lambda: time.monotonic() - started > 1)
    assert time.monotonic() - started < 5


def test_whoever_waits_in_vain_is_told_at_the_deadline(pool: Pool, store: Path) -> None:
    with pool.run(store, Query(HUGE, "csv", None), 20):
        started = time.monotonic()
        with pytest.raises(process.DeadlineError) as caught:
            text(pool, store, "ASK {}", seconds=0.3)
        assert caught.value.waited
        assert 0.2 < time.monotonic() - started < 1.5
    assert count(pool, store)


def test_the_last_worker_is_for_others(store: Path) -> None:
    with closing(Pool(3, 256, queue=8)) as pool:
        greedy = [pool.run(store, Query(HUGE, "csv", None), 20, client="greedy") for _ in range(2)]
        with pytest.raises(process.DeadlineError):
            pool.run(store, Query("ASK {}", "csv", None), 0.4, client="greedy")
        with pool.run(store, Query("ASK {}", "csv", None), 5, client="modest") as answer:
            assert b"".join(answer) == b"true"
        for each in greedy:
            each.close()


def test_who_has_least_is_next(store: Path) -> None:
    with closing(Pool(2, 256, queue=8)) as pool:
        running = [pool.run(store, Query(HUGE, "csv", None), 20, client=name) for name in "ab"]
        order: list[str] = []

        def ask(client: str) -> None:
            with pool.run(store, Query("ASK {}", "csv", None), 20, client=client) as answer:
                order.append(client)
                list(answer)

        threads = []
        for place, client in enumerate("aac", 1):
            threads.append(threading.Thread(target=ask, args=(client,)))
            threads[-1].start()
            wait_until(lambda place=place: pool.waiting == place)  # type: ignore[misc]
        running[1].close()
        wait_until(lambda: bool(order))
        running[0].close()
        for thread in threads:
            thread.join(20)
    assert order == ["c", "a", "a"], "a came first and has one running"


def test_one_client_may_only_have_so_many(store: Path) -> None:
    with closing(Pool(2, 256, queue=8, each=1)) as pool, pool.run(store, Query(HUGE, "csv", None), 20, client="a"):
        with pytest.raises(process.CrowdedError):
            pool.run(store, Query("ASK {}", "csv", None), 20, client="a")
        assert text(pool, store, "ASK {}") == "true"


def test_whoever_leaves_the_queue_leaves_room(store: Path) -> None:
    with closing(Pool(1, 256, queue=1)) as pool, pool.run(store, Query(HUGE, "csv", None), 20):
        started = time.monotonic()
        with pytest.raises(process.AbandonedError):
            pool.run(store, Query("ASK {}", "csv", None), 20, gone=lambda: time.monotonic() - started > 0.3)
        assert time.monotonic() - started < 2
        assert pool.waiting == 0


@pytest.mark.skipif(sys.platform != "linux", reason="a thread's priority is read from /proc")
def test_a_long_query_steps_back(pool: Pool, store: Path) -> None:
    count(pool, store)
    pids = pool.pids()
    seen: list[int] = []

    def gone() -> bool:
        seen.append(os.getpriority(os.PRIO_PROCESS, pids[0]))
        return False

    with pytest.raises(process.DeadlineError):
        pool.run(store, Query(ENDLESS, "csv", None), 1.8, gone=gone)
    assert seen[-1] == 19
    assert seen[0] < 19


@pytest.mark.parametrize("format_", ["csv", "tsv", "xml", "json"])
@pytest.mark.parametrize("rows", [0, 1, 2, 500])
def test_rows_are_counted(pool: Pool, store: Path, format_: str, rows: int) -> None:
    query = Query(f"SELECT ?s ?o WHERE {{ ?s ?p ?o }} LIMIT {rows}", format_, None)
    with pool.run(store, query, 20) as answer:
        list(answer)
    assert answer.rows == rows


@pytest.mark.parametrize("format_", ["nt", "ttl", "rdf", "jsonld"])
def test_triples_are_counted(pool: Pool, store: Path, format_: str) -> None:
    with pool.run(store, Query("CONSTRUCT WHERE { ?s ?p ?o }", None, format_), 20) as answer:
        list(answer)
    assert answer.rows == 500


@pytest.mark.parametrize(("what", "limits"), [("rows", {"most_rows": 499}), ("bytes", {"most_bytes": 5000})])
@pytest.mark.parametrize(("form", "format_"), [("SELECT ?s ?o", "json"), ("CONSTRUCT", "nt")])
def test_an_answer_has_its_limits(
    pool: Pool, store: Path, form: str, format_: str, what: str, limits: dict[str, int]
) -> None:
    asked = Query(form + " WHERE { ?s ?p ?o }", format_, format_, **limits)  # type: ignore[arg-type]
    with pytest.raises(process.TooLargeError) as caught, pool.run(store, asked, 20) as answer:
        list(answer)
    assert caught.value.what == what
    assert count(pool, store)


def test_only_so_many_wait(store: Path) -> None:
    with closing(Pool(1, 256, queue=1)) as pool:
        busy = pool.run(store, Query(HUGE, "csv", None), 20)
        answers: list[str] = []
        waiting = threading.Thread(target=lambda: answers.append(count(pool, store)))
        waiting.start()
        wait_until(lambda: pool.waiting == 1)
        with pytest.raises(process.BusyError):
            count(pool, store)
        busy.close()
        waiting.join(20)
    assert answers == ["count\r\n500\r\n"]


def test_another_release_gets_fresh_workers(pool: Pool, store: Path, tmp_path: Path) -> None:
    assert count(pool, store) == "count\r\n500\r\n"
    before = pool.pids()
    other = make_store(tmp_path, "two", size=7)
    assert count(pool, other) == "count\r\n7\r\n"
    wait_until(lambda: not runs(before[0]))
    wait_until(lambda: len(pool.pids()) == 1)


def test_a_store_that_is_not_there(pool: Pool, tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="is no store"):
        count(pool, tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_a_worker_is_replaced_after_so_many_queries(store: Path) -> None:
    with closing(Pool(1, 256, queries_each=3)) as pool:
        seen = set()
        for _ in range(7):
            text(pool, store, "ASK {}")
            seen.update(pool.pids())
        assert len(seen) >= 3
        wait_until(lambda: len(pool.pids()) == 1)


def test_many_threads_share_the_workers(store: Path) -> None:
    with closing(Pool(2, 256, queue=8)) as pool:
        answers: list[str] = []
        threads = [
            threading.Thread(target=lambda: answers.extend(count(pool, store) for _ in range(5))) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert answers == ["count\r\n500\r\n"] * 40
        wait_until(lambda: len(pool.pids()) <= 2)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts open files where the system lists them")
def test_nothing_leaks(store: Path, caplog: pytest.LogCaptureFixture) -> None:
    def round_trip() -> set[int]:
        with closing(Pool(1, 64)) as pool, caplog.at_level(logging.CRITICAL):
            seen = set()
            for query in ("ASK {}", "ASK {", HUNGRY):
                with suppress(process.QueryError, UnavailableError):
                    text(pool, store, query)
                seen.update(pool.pids())
            answer = pool.run(store, Query(HUGE, "csv", None), 20)
            seen.update(pool.pids())
            answer.close()
            with pytest.raises(process.DeadlineError):
                text(pool, store, ENDLESS, seconds=0.1)
            return seen | set(pool.pids())

    round_trip()
    before = set(os.listdir("/proc/self/fd"))
    pids = round_trip()
    assert len(set(os.listdir("/proc/self/fd")) - before) <= 1  # the listing itself
    assert not any(map(runs, pids))


def test_workers_end_with_their_process(store: Path) -> None:
    program = f"""
import sys
from pathlib import Path
from lienket.web.workers import Pool, Query
pool = Pool(1, 256)
list(pool.run(Path({str(store)!r}), Query("ASK {{}}", "csv", None), 20))
print(pool.pids()[0], flush=True)
if sys.argv[1] == "wait":
    sys.stdin.read()
"""
    ended = subprocess.run([sys.executable, "-c", program, "end"], capture_output=True, text=True, check=True)
    assert not runs(int(ended.stdout))
    with subprocess.Popen(
        [sys.executable, "-c", program, "wait"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as killed:
        assert killed.stdout is not None
        pid = int(killed.stdout.readline())
        assert runs(pid)
        killed.kill()
    wait_until(lambda: not alive(pid))


def alive(pid: int) -> bool:
    """Return whether a process that is not our child runs; whether its new parent has looked is not ours to say."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return runs(pid) if sys.platform != "linux" else False
    return state not in "ZX"


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until, "did not come about in 10 seconds"
        time.sleep(0.02)
