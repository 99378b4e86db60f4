"""Programs that others wrote, asking the server as it runs: curl, a spreadsheet's CSV link, Comunica."""

import csv
import io
import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.conftest import ROOT
from tests.releases import BASE_IRI, make_project, publish_quads
from tests.test_sparql import COUNT, LABEL, served, statements

SOURCES = ROOT / "tests" / "clients"
INSTALLED = ROOT / "var" / "clients"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    project = make_project(tmp_path_factory.mktemp("clients"))
    publish_quads(project, statements("market", 30))
    with served(project) as found:
        yield found


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed here")
def test_curl(address: str) -> None:
    def curl(*arguments: str) -> str:
        return subprocess.run(["curl", "-sSi", *arguments], capture_output=True, text=True, check=True).stdout

    head, _, body = curl(address, "--data-urlencode", f"query={COUNT}", "-H", "Accept: text/csv").partition("\n\n")
    assert "HTTP/1.1 200" in head
    assert "content-type: text/csv; charset=utf-8" in head.lower()
    assert body.split() == ["count", "30"]
    query = ["-X", "QUERY", "-H", "Content-Type: application/sparql-query", "--data-binary", COUNT]
    assert '"30"' in curl(address, *query)
    assert (
        "content-encoding: zstd"
        in curl(address, "-I", "-H", "Accept-Encoding: zstd", "-H", "Accept: text/html").lower()
    )
    followed = curl("-L", "-H", "Accept: text/turtle", address.replace("/sparql", "/id/market/7"))
    assert "303" in followed.splitlines()[0]
    assert "số 7" in followed


def test_a_spreadsheet_reads_rows_by_a_link(address: str) -> None:
    query = f"SELECT ?market ?name WHERE {{ ?market <{LABEL}> ?name }} ORDER BY ?market"
    with urllib.request.urlopen(f"{address}?format=csv&query={quote(query)}") as answer:
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        rows = list(csv.reader(io.TextIOWrapper(answer, encoding="utf-8", newline="")))
    assert rows[0] == ["market", "name"]
    assert rows[1] == [f"{BASE_IRI}id/market/0", "số 0"]
    assert len(rows) == 31


@pytest.fixture(scope="module")
def comunica() -> Path:
    """Comunica as the lock file has it, installed once."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed here")
    lock = (SOURCES / "package-lock.json").read_bytes()
    mark = INSTALLED / "installed.json"
    if not mark.exists() or mark.read_bytes() != lock:
        INSTALLED.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(SOURCES / name, INSTALLED)
        done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=INSTALLED, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"npm cannot install Comunica here: {done.stderr.strip().splitlines()[-1:]}")
        mark.write_bytes(lock)
    shutil.copy(SOURCES / "ask.js", INSTALLED)
    return INSTALLED / "ask.js"


@pytest.mark.parametrize("kind", ["sparql", "file"])
def test_comunica(address: str, comunica: Path, kind: str) -> None:
    source = address if kind == "sparql" else address.replace("/sparql", "/doc/market/7")
    query = f'SELECT ?market ?name WHERE {{ ?market <{LABEL}> ?name FILTER(?name = "số 7"@vi) }}'
    done = subprocess.run(["node", comunica, kind, source, query], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"market": f"{BASE_IRI}id/market/7", "name": "số 7"}
    ]
