"""Mappings over databases: what is asked, what is answered, and what is not reached."""

import gzip
import json
import re
import shutil
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, parse

from lienket import languages
from lienket.build import is_stale
from lienket.errors import RefusedError, UnavailableError
from lienket.mapping import Database, read_rules
from lienket.project import Project

from . import mysql
from .conftest import PROVINCE
from .postgresql import Server
from .test_cli import run
from .test_sources import XSD, refusal, values


def table(iterator: str, formulation: str = "SQL2008Query", address: str = "jdbc:sqlite:t.db", more: str = "") -> str:
    return (
        f"rml:logicalSource [ rml:referenceFormulation rml:{formulation} ; rml:iterator {json.dumps(iterator)} ; "
        f"rml:source [ a d2rq:Database ; d2rq:jdbcDSN '{address}' {more} ] ] ;"
    )


def sqlite(folder: Path, script: str) -> None:
    with closing(sqlite3.connect(folder / "t.db")) as connection:
        connection.executescript(script)


def test_sqlite_has_natural_datatypes(tmp_path: Path) -> None:
    sqlite(
        tmp_path,
        """CREATE TABLE t (id INTEGER, d DATE, t TIMESTAMP, b BOOLEAN, r REAL, n DECIMAL(9,2), x BLOB, s);
        INSERT INTO t VALUES (1, '2025-07-01', '2025-07-01 07:30:00', 1, 80.25, 12.5, x'0fb7', 'Huyện “A”');""",
    )
    names = ("id", "d", "t", "b", "r", "n", "x", "s")
    assert values(tmp_path, table("t", "SQL2008Table"), names) == [
        f'"1"^^<{XSD}integer>', f'"2025-07-01"^^<{XSD}date>', f'"2025-07-01T07:30:00"^^<{XSD}dateTime>',
        f'"true"^^<{XSD}boolean>', f'"8.025E1"^^<{XSD}double>', f'"12.5"^^<{XSD}decimal>',
        f'"0FB7"^^<{XSD}hexBinary>', '"Huyện “A”"',
    ]  # fmt: skip


def test_sqlite_cells_of_any_type(tmp_path: Path) -> None:
    """A column may hold text behind a thousand numbers, and NULL is no term while an empty text is one."""
    sqlite(tmp_path, "CREATE TABLE t (id INTEGER, v);")
    with closing(sqlite3.connect(tmp_path / "t.db")) as connection:
        connection.executemany("INSERT INTO t VALUES (?, ?)", [(n, None) for n in range(3000)])
        connection.executemany("INSERT INTO t VALUES (?, ?)", [(5000, "năm"), (5001, ""), (5002, 7)])
        connection.commit()
    assert values(tmp_path, table("SELECT id, v FROM t;")) == ['"năm"', '""', f'"7"^^<{XSD}integer>']


@pytest.mark.parametrize("query", [
    "VACUUM INTO '{folder}/copy.db'", "ATTACH DATABASE '{folder}/copy.db' AS x", "DELETE FROM t",
    "SELECT id, v FROM t; DELETE FROM t", "SELECT id, v FROM t) AS q; VACUUM INTO '{folder}/copy.db'; --",
    "INSERT INTO t VALUES (2, 'b') RETURNING id, v", "PRAGMA table_info(t)",
])  # fmt: skip
def test_sqlite_answers_queries_and_does_nothing_else(tmp_path: Path, query: str) -> None:
    sqlite(tmp_path, "CREATE TABLE t (id INTEGER, v TEXT); INSERT INTO t VALUES (1, 'a');")
    (fault,) = refusal(tmp_path, table(query.format(folder=tmp_path)))
    assert "does not answer the query" in str(fault)
    assert not (tmp_path / "copy.db").exists()
    assert values(tmp_path, table("t", "SQL2008Table")) == ['"a"']


def test_databases_are_not_reached_unasked(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    sqlite(tmp_path, "CREATE TABLE t (id INTEGER, v TEXT)")
    for address in ("jdbc:sqlite:../t.db", "jdbc:postgresql://127.0.0.1:1/x"):
        with pytest.raises(RefusedError):
            values(tmp_path / "in", table("t", address=address))
    assert "no such file" in str(refusal(tmp_path / "in", table("t", address="sqlite:none.db"))[0])
    (fault,) = refusal(
        tmp_path, table("t", address="jdbc:oracle://me:geheim@h/x?password=geheim"), databases=lambda d: d
    )
    assert "of a kind that is not known: oracle; known are sqlite, postgresql, postgres, mysql, mariadb" in str(fault)


def test_no_secret_is_said(tmp_path: Path) -> None:
    stated = "; d2rq:username 'me' ; d2rq:password 'bí mật'"
    address = "jdbc:postgresql://u:geheim@127.0.0.1:1/x?password=geheim"
    faults = refusal(tmp_path, table("t", address=address, more=stated), databases=lambda database: database)
    said = "".join(map(repr, faults)) + repr(read_rules(tmp_path / "r.ttl").triples_maps)
    assert "does not answer" in said
    assert "bí mật" not in said
    assert "geheim" not in "".join(map(str, faults))
    (warning,) = read_rules(tmp_path / "r.ttl").warnings
    assert "holds a password" in str(warning)


def test_postgresql_has_natural_datatypes(tmp_path: Path, postgresql_server: Server) -> None:
    postgresql_server.run("""DROP SCHEMA public CASCADE; CREATE SCHEMA public;
        CREATE TABLE "Cơ sở" (id bigint, n numeric, d double precision, b boolean, day date, t timestamp,
            z timestamptz, x bytea, c char(4), s text, e text);
        INSERT INTO "Cơ sở" VALUES (1, 12.50, 80.25, true, '2025-07-01', '2025-07-01 07:30', '2025-07-01 00:30+00',
            '\\x0fb7', 'ab', E'a"b\\nc', NULL);""")
    names = ("id", "n", "d", "b", "day", "t", "z", "x", "c", "s", "e")
    allowed = Database(postgresql_server.address(), postgresql_server.user, postgresql_server.password)
    source = table("Cơ sở", "SQLTable", "jdbc:postgresql://anything/x")
    found = values(tmp_path, source, names, databases=lambda _: allowed)
    moment = found.pop(found.index(next(text for text in found if "00:00" in text or "+" in text)))
    assert sorted(found) == sorted([
        f'"1"^^<{XSD}integer>', f'"12.50"^^<{XSD}decimal>', f'"8.025E1"^^<{XSD}double>', f'"true"^^<{XSD}boolean>',
        f'"2025-07-01"^^<{XSD}date>', f'"2025-07-01T07:30:00"^^<{XSD}dateTime>', f'"0FB7"^^<{XSD}hexBinary>',
        '"ab  "', '"a\\"b\\nc"',
    ])  # fmt: skip
    assert moment.endswith(f'"^^<{XSD}dateTime>')


@pytest.mark.parametrize("query", [
    "DELETE FROM t RETURNING id, v", "WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x",
    "SELECT id, v FROM t) AS q; DELETE FROM t; --", "SELECT 1 AS id, 'x' AS v; DROP TABLE t",
    "SELECT id, set_config('default_transaction_read_only', 'off', false) AS v FROM t WHERE id = 2",
])  # fmt: skip
def test_postgresql_answers_queries_and_does_nothing_else(
    tmp_path: Path, postgresql_server: Server, query: str
) -> None:
    postgresql_server.run("""DROP SCHEMA public CASCADE; CREATE SCHEMA public;
        CREATE TABLE t (id int, v text); INSERT INTO t VALUES (1, 'a');""")
    how: dict[str, Any] = {
        "databases": lambda _: Database(postgresql_server.address(), "postgres", postgresql_server.password)
    }
    if "set_config" in query:
        assert values(tmp_path, table(query), **how) == []
    else:
        assert "does not answer" in str(refusal(tmp_path, table(query), **how)[0])
    assert values(tmp_path, table("SELECT * FROM t -- all of it"), **how) == ['"a"']


def test_a_query_is_run_once(tmp_path: Path, postgresql_server: Server) -> None:
    postgresql_server.run("""DROP SCHEMA public CASCADE; CREATE SCHEMA public;
        CREATE TABLE scanned (id int, v numeric); INSERT INTO scanned VALUES (1, 2.50);""")
    how: dict[str, Any] = {
        "databases": lambda _: Database(postgresql_server.address(), "postgres", postgresql_server.password)
    }
    query = "SELECT id, sum(v) AS v FROM scanned GROUP BY id"
    assert values(tmp_path, table(query), **how) == [f'"2.50"^^<{XSD}decimal>']
    counted = table("SELECT 1 AS id, seq_scan AS v FROM pg_stat_user_tables WHERE relname = 'scanned' AND seq_scan > 0")
    for _ in range(100):  # a session tells its counts when it ends
        if found := values(tmp_path, counted, **how):
            break
        time.sleep(0.1)
    assert found == [f'"1"^^<{XSD}integer>']


def in_mysql(server: mysql.Server, **more: Any) -> dict[str, Any]:
    return {"databases": lambda _: Database(server.address(), server.user, server.password), **more}


def test_mysql_has_natural_datatypes(tmp_path: Path, mysql_server: mysql.Server) -> None:
    mysql_server.run("""CREATE OR REPLACE TABLE `Cơ sở` (id tinyint, u bigint unsigned, n decimal(9, 2), f float,
            d double, b boolean, bit1 bit, bit8 bit(8), day date, clock time, t datetime, fine datetime(3),
            x varbinary(9), y blob, g point, s text, c char(4), j json, e enum('một', 'hai'), year year, nothing int);
        INSERT INTO `Cơ sở` VALUES (1, 18446744073709551615, 12.50, 80.25, 0.1, true, b'1', b'101', '2025-07-01',
            '07:30', '2025-07-01 07:30', '2025-07-01 07:30:00.5', x'0fb7', x'ff', point(1, 2), 'a"b\\nc 𠀋', 'ab',
            '{"a": 1}', 'hai', 2025, NULL);""")
    names = ("id", "u", "n", "f", "d", "b", "bit1", "bit8", "day", "clock", "t", "fine", "x", "y", "s", "c", "j", "e",
             "year", "nothing")  # fmt: skip
    found = values(tmp_path, table("Cơ sở", "SQL2008Table", "mysql://h/x"), names, **in_mysql(mysql_server))
    assert sorted(found) == sorted([
        f'"1"^^<{XSD}integer>', f'"18446744073709551615"^^<{XSD}integer>', f'"12.50"^^<{XSD}decimal>',
        f'"8.025E1"^^<{XSD}double>', f'"1.0E-1"^^<{XSD}double>', f'"true"^^<{XSD}boolean>',
        f'"true"^^<{XSD}boolean>', f'"5"^^<{XSD}integer>', f'"2025-07-01"^^<{XSD}date>', f'"07:30:00"^^<{XSD}time>',
        f'"2025-07-01T07:30:00"^^<{XSD}dateTime>', f'"2025-07-01T07:30:00.500"^^<{XSD}dateTime>',
        f'"0FB7"^^<{XSD}hexBinary>', f'"FF"^^<{XSD}hexBinary>', '"a\\"b\\nc 𠀋"', '"ab"', '"{\\"a\\": 1}"',
        '"hai"', '"2025"',
    ])  # fmt: skip


@pytest.mark.parametrize("query", [
    "DELETE FROM t RETURNING id, v", "SELECT id, v FROM t; DELETE FROM t",
    "SELECT id, v FROM t) AS q; DELETE FROM t; --", "SELECT id, v FROM t INTO OUTFILE '{folder}/out'",
    "SELECT id, v FROM t) AS q INTO OUTFILE '{folder}/out' -- ",
    "SELECT id, v FROM t) AS q INTO OUTFILE '{folder}/out' #",
    "SELECT id, v FROM t) AS q INTO OUTFILE '{folder}/out' /*",
    "SELECT 1) AS p INTO OUTFILE '{folder}/out' UNION SELECT * FROM (SELECT 2", "SELECT emptied() AS id, 'a' AS v",
    "CREATE TABLE u (id int)", "SET GLOBAL max_connections = 7", "SELECT id, no_such FROM t",
])  # fmt: skip
def test_mysql_answers_queries_and_does_nothing_else(tmp_path: Path, mysql_server: mysql.Server, query: str) -> None:
    folder = Path(mysql_server.socket).parent / "data"
    mysql_server.run("""CREATE OR REPLACE TABLE t (id int, v text); INSERT INTO t VALUES (1, 'a');
        CREATE OR REPLACE FUNCTION emptied() RETURNS int MODIFIES SQL DATA BEGIN DELETE FROM t; RETURN 1; END;""")
    faults = refusal(tmp_path, table(query.format(folder=folder)), **in_mysql(mysql_server))
    assert "does not answer the query" in str(faults[0])
    assert not (folder / "out").exists()
    assert values(tmp_path, table("SELECT * FROM t -- all of it"), **in_mysql(mysql_server)) == ['"a"']


def test_mysql_describes_a_query_without_running_it(tmp_path: Path, mysql_server: mysql.Server) -> None:
    mysql_server.run("CREATE OR REPLACE TABLE t (id int, v text); INSERT INTO t VALUES (1, 'a');")
    started = time.monotonic()
    query = 'SELECT id, concat(v, sleep(2)) AS "v" FROM t GROUP BY id'
    assert values(tmp_path, table(query), **in_mysql(mysql_server)) == ['"a0"']
    assert time.monotonic() - started < 4


def test_mysql_is_read_as_any_table(tmp_path: Path, mysql_server: mysql.Server) -> None:
    """Thousands of rows, with a language, by names in quotation marks, and no column but that of the subject."""
    mysql_server.run("CREATE OR REPLACE TABLE test.t AS SELECT seq AS id, ' xã  A' AS v FROM seq_1_to_20000")
    source = table('test."t"', "SQL2008Table", "jdbc:mariadb://h/x")
    found = values(tmp_path, source, ['"V"'], **in_mysql(mysql_server, language=languages.get("vi")))
    assert found == ['"xã A"'] * 20000
    (fault,) = refusal(tmp_path, table("test.none", "SQL2008Table"), **in_mysql(mysql_server))
    assert str(fault).endswith("(test.none): does not answer the query: Table 'test.none' doesn't exist")
    (fault,) = refusal(tmp_path, source, references=["w"], **in_mysql(mysql_server))
    assert "has no column w; the columns are: id, v" in str(fault)
    (fault,) = refusal(tmp_path, source, databases=lambda _: Database(mysql_server.address(), "clerk", "bí mật"))
    assert "Access denied for user 'clerk'" in str(fault)
    assert "bí mật" not in str(fault)


def test_without_its_driver_mysql_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymysql", None)
    with pytest.raises(UnavailableError, match=re.escape("pip install 'lienket[mysql]'")):
        values(tmp_path, table("t", address="mysql://h/x"), databases=lambda database: database)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=5))
@example(["\x00\x01\t\n\x0b\r\x1f\x7f\u2028", '"\\', "'); DROP TABLE t; --", "null", "\U0002000b", " "])
def test_any_text_comes_out_of_mysql_as_it_is(tmp_path: Path, mysql_server: mysql.Server, texts: list[str]) -> None:
    rows = ", ".join(f"({n}, x'{text.encode().hex()}')" for n, text in enumerate(texts))
    mysql_server.run(f"""CREATE OR REPLACE TABLE t (id int, v longtext) CHARACTER SET utf8mb4;
        INSERT INTO t SELECT * FROM (VALUES {rows}) AS v;""")
    values(tmp_path, table("t", "SQL2008Table"), **in_mysql(mysql_server))
    found = {(str(quad.subject), quad.object) for quad in parse(path=str(tmp_path / "out.nq"))}
    assert found == {(f"<http://example.org/{n}>", Literal(text)) for n, text in enumerate(texts)}


PORTABLE = """@prefix d2rq: <http://www.wiwiss.fu-berlin.de/suhl/bizer/D2RQ/0.1#> .
@prefix rml: <http://w3id.org/rml/> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix sm: <https://data.songmay.example/ontology/> .
<#t> a rml:TriplesMap ; rml:subjectMap [ rml:template "id/clinic/{code}" ] ;
  rml:logicalSource [ rml:referenceFormulation rml:SQL2008Table ; rml:iterator "clinics" ;
    rml:source [ a d2rq:Database ; d2rq:jdbcDSN "jdbc:postgresql://db.songmay.example/health" ] ] ;
  rml:predicateObjectMap
    [ rml:predicate skos:prefLabel ; rml:objectMap [ rml:reference "name" ; rml:language "vi" ] ] ,
    [ rml:predicate sm:bedCount ; rml:objectMap [ rml:reference "beds" ] ] .
"""


def test_a_deployment_reads_the_databases_that_it_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgresql_server: Server
) -> None:
    postgresql_server.run("""DROP SCHEMA public CASCADE; CREATE SCHEMA public;
        CREATE TABLE clinics (code text, name text, beds int);
        INSERT INTO clinics VALUES ('K01', 'Trạm y tế  Sông Mây', 12), ('K02', 'Phòng khám Ðá Trắng', 8);""")
    folder = tmp_path / "province"
    shutil.copytree(PROVINCE, folder, ignore=shutil.ignore_patterns("var"))
    dataset = folder / "mappings/health/clinics"
    for path in dataset.iterdir():
        if path.name != "dataset.ttl":
            path.unlink()
    (dataset / "clinics.rml.ttl").write_text(PORTABLE, encoding="utf-8")

    refused = run("--language", "en", "check", "clinics", cwd=folder)
    assert refused.returncode == 1
    assert "postgresql://db.songmay.example/health, which is not allowed: name it under [databases]" in refused.stderr

    with (folder / "lienket.toml").open("a", encoding="utf-8") as settings:
        settings.write('\n[databases]\nhealth = "postgresql://db.songmay.example/health"\n')
    monkeypatch.setenv("LIENKET_DATABASES_HEALTH_ADDRESS", postgresql_server.address())
    monkeypatch.setenv("LIENKET_DATABASES_HEALTH_USER", postgresql_server.user)
    monkeypatch.setenv("LIENKET_DATABASES_HEALTH_PASSWORD", "bí mật")
    refused = run("--language", "en", "check", "clinics", cwd=folder)
    assert 'password authentication failed for user "postgres"' in refused.stderr
    assert "bí mật" not in refused.stderr
    assert "/postgres (clinics): does not answer the query" in refused.stderr

    monkeypatch.setenv("LIENKET_DATABASES_HEALTH_PASSWORD", postgresql_server.password)
    assert json.loads(run("check", "--json", "clinics", cwd=folder).stdout) == []
    built = run("build", "--json", cwd=folder)
    assert built.returncode == 0, built.stderr
    assert json.loads(built.stdout)["datasets"]["clinics"]["rows"] == 2
    with gzip.open(folder / "var/current/dumps/clinics.nq.gz", "rt", encoding="utf-8") as dump:
        statements = dump.read()
    assert '/id/clinic/K02> <http://www.w3.org/2004/02/skos/core#prefLabel> "Phòng khám Đá Trắng"@vi' in statements
    assert f'bedCount> "12"^^<{XSD}integer>' in statements
    assert postgresql_server.password not in "".join(
        path.read_text(encoding="utf-8") for path in folder.rglob("*.json")
    )

    deployment = Project.read(folder)
    assert not is_stale(deployment)
    postgresql_server.run("INSERT INTO clinics VALUES ('K03', 'Trạm y tế Thượng Mây', 9);")
    assert not is_stale(deployment)  # a database is asked by a build alone
    assert json.loads(run("build", "--json", cwd=folder).stdout)["datasets"]["clinics"]["rows"] == 3
