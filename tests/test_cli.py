"""The command line as people use it: what it prints, its exit codes, the files it leaves."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from .conftest import PROVINCE

LIENKET = Path(sys.executable).with_name("lienket")
SUITES = Path(__file__).parent.parent.parent / "shared" / "suites"


def run(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([LIENKET, *map(str, words)], cwd=cwd, capture_output=True, text=True, timeout=120)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The invented province, built by the command line."""
    folder = tmp_path_factory.mktemp("cli") / "province"
    shutil.copytree(PROVINCE, folder, ignore=shutil.ignore_patterns("var"))
    done = run("build", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "3 datasets" in done.stdout
    return folder


def test_releases_and_rollback(folder: Path) -> None:
    (first,) = json.loads(run("releases", "--json", cwd=folder).stdout)
    assert run("build", cwd=folder).returncode == 0
    assert json.loads(run("releases", "--json", cwd=folder).stdout)[0]["id"] == first["id"], "nothing has changed"
    assert run("build", "--full", cwd=folder).returncode == 0
    assert [one["current"] for one in json.loads(run("releases", "--json", cwd=folder).stdout)] == [True, False]
    done = run("rollback", cwd=folder)
    assert done.returncode == 0
    assert first["id"] in done.stdout
    assert run("rollback", "2020-01-01T000000Z-000000", cwd=folder).returncode == 1


def test_check_speaks_the_language_of_the_deployment(folder: Path, tmp_path: Path) -> None:
    broken = tmp_path / "province"
    shutil.copytree(folder, broken, ignore=shutil.ignore_patterns("var"))
    table = broken / "mappings/health/clinics/clinics.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("15-02-2004", "31-02-2004"), encoding="utf-8")
    vietnamese = run("check", "clinics", cwd=broken)
    english = run("--language", "en", "check", "clinics", cwd=broken)
    assert vietnamese.returncode == english.returncode == 1
    assert "clinics.csv, hàng 3, cột Ngày thành lập" in vietnamese.stderr
    assert "clinics.csv, row 3, column Ngày thành lập" in english.stderr
    faults = json.loads(run("check", "--json", "--report", tmp_path / "faults.csv", cwd=broken).stdout)
    assert "clinics.csv,,3,Ngày thành lập,31-02-2004," in (tmp_path / "faults.csv").read_text(encoding="utf-8-sig")
    assert faults[0]["row"] == 3
    assert faults[0]["text"] == "31-02-2004"
    assert not (broken / "var" / "current").exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["nonsense"], 2, "No such command"),
        (["build", "--prot"], 2, "No such option"),
        (["--language", "tlh", "build"], 1, "tlh"),
        (["serve"], 3, "lienket build"),
        (["releases"], 3, "lienket build"),
    ],
)
def test_exit_codes(tmp_path: Path, words: list[str], code: int, said: str) -> None:
    folder = tmp_path / "province"
    shutil.copytree(PROVINCE, folder, ignore=shutil.ignore_patterns("var"))
    done = run(*words, cwd=folder)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_no_deployment_says_what_to_do(tmp_path: Path) -> None:
    done = run("build", cwd=tmp_path)
    assert done.returncode == 1
    assert "lienket new province" in done.stderr


def test_a_busy_port_says_what_to_do(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        done = run("--language", "en", "serve", "--port", str(server.getsockname()[1]), cwd=folder)
    assert done.returncode == 3
    assert "--port" in done.stderr


def test_serve_answers_over_http(folder: Path) -> None:
    port = free_port()
    with subprocess.Popen([LIENKET, "serve", "--port", str(port)], cwd=folder, stdout=subprocess.PIPE) as server:
        try:
            answer = answered(f"http://127.0.0.1:{port}/id/clinic/K02", {"Accept": "text/turtle"})
        finally:
            server.terminate()
            server.wait(20)
    assert "Phòng khám Đá Trắng" in answer


def answered(url: str, headers: dict[str, str]) -> str:
    """Ask until the server answers, for some seconds."""
    for _ in range(100):
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=5) as response:
                return str(response.read().decode())
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server does not answer")


def test_a_new_province_builds_and_serves(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    assert run("new", "province", "Tỉnh Thử Nghiệm", cwd=folder).returncode == 0
    done = run("check", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert run("new", "dataset", "trade/shops", cwd=folder).returncode == 0
    port = free_port()
    with subprocess.Popen([LIENKET, "up", "--port", str(port)], cwd=folder, stdout=subprocess.PIPE) as server:
        try:
            assert "Chợ Mẫu" in answered(f"http://127.0.0.1:{port}/id/market/C01", {"Accept": "text/turtle"})
            assert "Tỉnh Thử Nghiệm" in answered(f"http://127.0.0.1:{port}/", {"Accept": "text/html"})
            assert "Dòng mẫu" in answered(f"http://127.0.0.1:{port}/id/shops/01", {"Accept": "text/turtle"})
        finally:
            server.terminate()
            server.wait(20)
    again = run("new", "province", "X", cwd=folder)
    assert again.returncode == 1
    assert os.listdir(folder)


def test_new_dataset_refuses_what_cannot_be(folder: Path) -> None:
    for path in ("health/clinics", "Health/Clinics", "health"):
        assert run("new", "dataset", path, cwd=folder).returncode == 1


def test_map_works_alone(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,name\n1,Huế\n2,\n", encoding="utf-8")
    (tmp_path / "t.rml.ttl").write_text(
        """
        @prefix rml: <http://w3id.org/rml/> .
        <#t> a rml:TriplesMap ;
            rml:logicalSource [ rml:source [ a rml:RelativePathSource ; rml:path "t.csv" ] ;
                rml:referenceFormulation rml:CSV ] ;
            rml:subjectMap [ rml:template "thing/{id}" ] ;
            rml:predicateObjectMap [ rml:predicate <http://schema.org/name> ; rml:objectMap [ rml:reference "name" ] ] .
        """
    )
    done = run("map", "t.rml.ttl", "-o", "out.nq", "--base-iri", "https://x.example/", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted((tmp_path / "out.nq").read_text(encoding="utf-8").splitlines()) == [
        '<https://x.example/thing/1> <http://schema.org/name> "Huế" .',
        '<https://x.example/thing/2> <http://schema.org/name> "" .',
    ]
    assert run("map", "none.ttl", "-o", "out.nq", cwd=tmp_path).returncode == 1


def test_map_reads_copies_of_web_addresses(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/copy.csv").write_text("id\n1\n")
    (tmp_path / "outside.csv").write_text("id\n1\n")
    (tmp_path / "in/t.rml.ttl").write_text(
        """
        @prefix rml: <http://w3id.org/rml/> .
        <#t> a rml:TriplesMap ;
            rml:logicalSource [ rml:source "https://x.example/t?as=csv" ; rml:referenceFormulation rml:CSV ] ;
            rml:subjectMap [ rml:template "thing/{id}" ; rml:class <http://schema.org/Thing> ] .
        """
    )
    words = ("map", "in/t.rml.ttl", "-o", "out.nq")
    assert run(*words, "--copy", "https://x.example/t?as=csv=in/copy.csv", cwd=tmp_path).returncode == 0
    assert (tmp_path / "out.nq").read_text().count("/thing/1>") == 1
    for copy, code, said in (
        ("https://x.example/t?as=csv=outside.csv", 1, "outside.csv, which lies outside of in"),
        ("https://x.example/t?as=csv=in/none.csv", 1, "in/none.csv, and there is no such file"),
        ("in/copy.csv", 2, "write ADDRESS=FILE"),
    ):
        done = run(*words, "--copy", copy, cwd=tmp_path)
        assert done.returncode == code
        assert said in done.stderr
    assert "put a copy here" in run(*words, cwd=tmp_path).stderr


def test_map_sets_aside_what_it_cannot_read_and_tells_how_much(tmp_path: Path) -> None:
    days = ["1/2/2025", "31/2/2025", "3/2/2025", "hôm qua"]
    rows = [f"{number},{day}" for number, day in enumerate(days)]
    (tmp_path / "t.csv").write_text("\n".join(["id,day", *rows]), encoding="utf-8")
    (tmp_path / "t.yml").write_text(
        "mappings:\n  t: {source: [[t.csv~csv]], s: id/$(id), po: [[schema:startDate,"
        " {function: lk:date, parameters: [[lk:text, $(day)]]}]]}\n"
    )
    words = ("map", "t.yml", "--language", "vi", "--report", "bad.csv", "-o")
    done = run(*words, "out.nq", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len((tmp_path / "out.nq").read_text().splitlines()) == 2
    assert "t.csv: 2 trên 4 hàng không có lỗi; ở 2 hàng còn lại" in done.stdout
    assert "    hàng 5: “hôm qua”" in done.stderr
    report = (tmp_path / "bad.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[:5] for line in report[1:]] == [
        ["t.csv", "", "3", "day", "31/2/2025"], ["t.csv", "", "5", "day", "hôm qua"],
    ]  # fmt: skip
    (tmp_path / "bad.csv").unlink()
    strict = run(*words, "strict.nq", "--strict", cwd=tmp_path)
    assert strict.returncode == 1
    assert not (tmp_path / "strict.nq").exists()
    assert (tmp_path / "bad.csv").read_text(encoding="utf-8-sig").splitlines() == report
    told = json.loads(run(*words, "out.nq", "--json", cwd=tmp_path).stdout)
    assert (told["quads"], told["tables"][0]["at_fault"], len(told["faults"])) == (2, 2, 2)
    table = (tmp_path / "t.csv").read_text(encoding="utf-8")
    refused = run(*words, "out.nq", "--report", "t.csv", cwd=tmp_path)
    assert (refused.returncode, refused.stderr) == (
        1, "t.csv: đã có và không phải danh sách lỗi; hãy đặt tên tệp khác\n"
    )  # fmt: skip
    assert (tmp_path / "t.csv").read_text(encoding="utf-8") == table


def test_validate_works_alone(tmp_path: Path) -> None:
    (tmp_path / "d.ttl").write_text("@prefix : <https://x.example/> . :a a :T .")
    (tmp_path / "s.ttl").write_text(
        "@prefix : <https://x.example/> . @prefix sh: <http://www.w3.org/ns/shacl#> . "
        ":S a sh:NodeShape ; sh:targetClass :T ; sh:property [ sh:path :p ; sh:minCount 1 ] ."
    )
    done = run("validate", "d.ttl", "--shapes", "s.ttl", "-o", "report.ttl", cwd=tmp_path)
    assert done.returncode == 1
    assert "https://x.example/a https://x.example/p" in done.stderr
    assert "ValidationReport" in (tmp_path / "report.ttl").read_text()
