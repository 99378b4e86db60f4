"""From two tables of rows to scored pairs, in DuckDB: candidates that share a key, then evidence, then the best.

    rows of both sides ─▶ candidates by block ─▶ values ─▶ weights ─▶ best pair of two things ─▶ rank on either side

Nothing is drawn at random and nothing is trained: the same rows and the same rule give the same scores.
"""

import math
from collections.abc import Sequence
from typing import Final

import duckdb
import numpy
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cpdist

from ..languages import Language
from . import methods
from .rules import Evidence, Key, MatchRule

MOST_SHARING: Final = 100
"""A key that more rows of a side have tells nothing: it would only make pairs."""

_NUMERIC: Final = ("longitude", "latitude")


def define(connection: duckdb.DuckDBPyConnection, language: Language) -> None:
    """Give a connection what the comparisons are written in."""
    for signature, body in (*language.macros.items(), *methods.MACROS.items()):
        connection.execute(f"CREATE OR REPLACE TEMP MACRO {signature} AS {body}")


def match(connection: duckdb.DuckDBPyConnection, rule: MatchRule) -> None:
    """Compare the rows of the tables `subjects` and `objects`, each with `id` and texts; leave the tables below.

    `candidates(s, o)`: pairs of rows that share a key. `scored(subject, object, s, o, total, v0…, w0…, r_subject,
    r_object, next_subject, next_object)`: for each pair of things its best pair of rows with values and weights, its
    rank among the candidates of either side, and the total of the best other candidate of either.
    """
    _prepare(connection, rule)
    _find_candidates(connection, rule)
    _score(connection, rule)


def _prepare(connection: duckdb.DuckDBPyConnection, rule: MatchRule) -> None:
    """Number the rows, and make of their texts what is compared."""
    used: list[Key | Evidence] = [*rule.evidence, *(key for block in rule.blocks for key in block)]
    texts = sorted({one.field for one in used if one.method in methods.OF_TEXT})
    names = {field: methods.columns(field) for field in sorted({one.field for one in used} - set(_NUMERIC))}
    for side in ("subjects", "objects"):
        known = [name for name, *_ in connection.execute(f"DESCRIBE {side}").fetchall()]
        wanted = [
            f"coalesce({of['field']}, '') AS {of['field']}" if field in known else f"'' AS {of['field']}"
            for field, of in names.items()
        ]
        wanted += [
            f"TRY_CAST({name} AS DOUBLE) AS {name}" if name in known else f"NULL::DOUBLE AS {name}" for name in _NUMERIC
        ]
        connection.execute(f"""CREATE OR REPLACE TEMP TABLE {side[:-1]}_rows AS
            SELECT row_number() OVER (ORDER BY id, rowid) AS row, id, {", ".join(wanted)} FROM {side}""")
    _make_texts(connection, [names[field]["field"] for field in texts])
    for of in (names[field] for field in texts):
        for side in ("subject", "object"):
            connection.execute(f"""CREATE OR REPLACE TEMP TABLE {side}_rows AS SELECT r.*, t.compared AS
                {of["compared"]}, t.letters AS {of["letters"]} FROM {side}_rows AS r JOIN texts AS t
                ON t.text = r.{of["field"]}""")


def _make_texts(connection: duckdb.DuckDBPyConnection, fields: Sequence[str]) -> None:
    """Leave `texts`: what is compared of each text there is, worked out once for all rows that have it."""
    each = [f"SELECT {field} AS text FROM {side}_rows" for field in fields for side in ("subject", "object")]
    connection.execute(f"""CREATE OR REPLACE TEMP TABLE texts AS SELECT *, lk_letters_of(compared) AS letters FROM
        (SELECT text, lk_compared(text) AS compared FROM ({" UNION ".join(each or ["SELECT '' AS text"])}))""")


def _find_candidates(connection: duckdb.DuckDBPyConnection, rule: MatchRule) -> None:
    for number, block in enumerate(rule.blocks):
        for side, around in (("subject", False), ("object", True)):
            connection.execute(f"CREATE OR REPLACE TEMP TABLE {side}_keys AS {_keys(side, block, around)}")
        common = f"SELECT key FROM {{}}_keys GROUP BY key HAVING count(*) > {MOST_SHARING}"
        found = f"""SELECT s.row AS s, o.row AS o FROM subject_keys AS s JOIN object_keys AS o USING (key)
            WHERE key NOT IN ({common.format("subject")}) AND key NOT IN ({common.format("object")})
            AND s.id {"<" if rule.within else "<>"} o.id"""
        connection.execute(f"INSERT INTO found {found}" if number else f"CREATE OR REPLACE TEMP TABLE found AS {found}")
    connection.execute("CREATE OR REPLACE TEMP TABLE candidates AS SELECT DISTINCT s, o FROM found")
    connection.execute("DROP TABLE found")


def _keys(side: str, block: Sequence[Key], around: bool) -> str:
    """Return the SELECT of the keys, as hashes, that rows have in a block; a row that lacks one of them has none."""
    source = f"{side}_rows"
    for number, key in enumerate(block):
        source = f"(SELECT *, {methods.key(key.method, key.field, around=around)} AS k{number} FROM {source})"
    filled = " AND ".join(f"k{number} IS NOT NULL AND CAST(k{number} AS VARCHAR) <> ''" for number in range(len(block)))
    keys = ", ".join(f"k{number}" for number in range(len(block)))
    return f"SELECT row, id, hash({keys}) AS key FROM {source} WHERE {filled}"


def _score(connection: duckdb.DuckDBPyConnection, rule: MatchRule) -> None:
    _compare_texts(connection, rule)
    values = [f"{methods.comparison(one.method, one.field)} AS v{n}" for n, one in enumerate(rule.evidence)]
    weights = [f"{_weight(number, one)} AS w{number}" for number, one in enumerate(rule.evidence)]
    total = " + ".join([f"CAST({rule.prior} AS DOUBLE)", *(f"w{number}" for number, _ in enumerate(rule.evidence))])
    connection.execute(f"""CREATE OR REPLACE TEMP TABLE scored AS
        WITH valued AS (SELECT p.s, p.o, s.id AS subject, o.id AS object, {", ".join(values)} FROM compared AS p
                JOIN subject_rows AS s ON s.row = p.s JOIN object_rows AS o ON o.row = p.o),
            weighed AS (SELECT *, {", ".join(weights)} FROM valued),
            summed AS (SELECT *, {total} AS total FROM weighed),
            best AS (SELECT * FROM summed WHERE total >= {rule.review}
                QUALIFY row_number() OVER (PARTITION BY subject, object ORDER BY total DESC, s, o) = 1)
        SELECT *, rank() OVER of_subject AS r_subject, rank() OVER of_object AS r_object,
            CASE WHEN r_subject = 1 THEN nth_value(total, 2) OVER all_of_subject ELSE first_value(total) OVER of_subject
                END AS next_subject,
            CASE WHEN r_object = 1 THEN nth_value(total, 2) OVER all_of_object ELSE first_value(total) OVER of_object
                END AS next_object
        FROM best WINDOW of_subject AS (PARTITION BY subject ORDER BY total DESC),
            of_object AS (PARTITION BY object ORDER BY total DESC),
            all_of_subject AS (PARTITION BY subject ORDER BY total DESC ROWS BETWEEN UNBOUNDED PRECEDING
                AND UNBOUNDED FOLLOWING),
            all_of_object AS (PARTITION BY object ORDER BY total DESC ROWS BETWEEN UNBOUNDED PRECEDING
                AND UNBOUNDED FOLLOWING)""")  # fmt: skip


def _compare_texts(connection: duckdb.DuckDBPyConnection, rule: MatchRule) -> None:
    """Leave `compared`: the candidates with the likeness of their texts, which is worked out here and not in SQL."""
    connection.execute("CREATE OR REPLACE TEMP TABLE compared AS SELECT s, o FROM candidates")
    for one in (one for one in rule.evidence if one.method == "likeness"):
        letters, column = (methods.columns(one.field)[form] for form in ("letters", "likeness"))
        connection.execute(f"""CREATE OR REPLACE TEMP TABLE unlike AS SELECT DISTINCT s.{letters} AS a, o.{letters} AS b
            FROM candidates JOIN subject_rows AS s ON s.row = candidates.s JOIN object_rows AS o ON o.row = candidates.o
            WHERE s.{letters} <> o.{letters} AND s.{letters} <> '' AND o.{letters} <> ''""")
        pairs = connection.execute("SELECT a, b FROM unlike").fetchnumpy()
        found = cpdist(list(pairs["a"]), list(pairs["b"]), scorer=Levenshtein.normalized_similarity,
                       dtype=numpy.float32, workers=-1)  # fmt: skip
        likeness = {"a": numpy.asarray(pairs["a"]), "b": numpy.asarray(pairs["b"]), "likeness": found}
        connection.register("likeness", likeness)
        connection.execute(f"""CREATE OR REPLACE TEMP TABLE compared AS SELECT p.*, l.likeness AS {column} FROM
            compared AS p JOIN subject_rows AS s ON s.row = p.s JOIN object_rows AS o ON o.row = p.o
            LEFT JOIN likeness AS l ON l.a = s.{letters} AND l.b = o.{letters}""")
        connection.unregister("likeness")


def _weight(number: int, one: Evidence) -> str:
    """Return the SQL of what a value weighs; nothing where a side says nothing, and less than anything at a veto."""
    cases = [f"WHEN v{number} IS NULL THEN 0.0"]
    for level in one.levels:
        conditions = [
            f"v{number} {sign} {bound}"
            for sign, bound in ((">=", level.at_least), ("<=", level.at_most))
            if bound is not None
        ]
        weight = "-1e9" if level.veto else f"{level.weight}"
        cases.append(f"WHEN {' AND '.join(conditions) or 'TRUE'} THEN {weight}")
    return f"CAST(CASE {' '.join(cases)} ELSE 0.0 END AS DOUBLE)"


def score(bits: float) -> float:
    """Return the share, of pairs with so many bits, that would be links if the weights were right.

    >>> score(0.0), round(score(6.0), 3)
    (0.5, 0.985)
    """
    return 1.0 / (1.0 + math.pow(2.0, -max(-60.0, min(60.0, bits))))
