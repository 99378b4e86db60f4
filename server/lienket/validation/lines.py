"""N-Triples that are written as relations hold them, line by line: taken in as they stand, without parsing terms.

A line is plain if a parser and a serialiser would give it back unchanged. A file with any other line is left to the
parser, which also says what is wrong with it.
"""

from pathlib import Path
from typing import Final

import duckdb

from ..sql import identifier, literal
from ..vocabulary import XSD

_CHARACTERS: Final = r"""(?:[^\x00-\x20"#%<>?\[\\\]^`{|}\x7F-\x9F\x{D800}-\x{10FFFF}]|%[0-9A-Fa-f]{2})*"""
_IRI: Final = (
    rf"<(?:https?://[A-Za-z0-9.-]+(?::[0-9]{{1,5}})?(?:/{_CHARACTERS})?|urn:[a-z0-9-]+:{_CHARACTERS})"
    rf"(?:\?{_CHARACTERS})?(?:#{_CHARACTERS})?>"
)
_TEXT: Final = r'"(?:[^"\\\x00-\x1F\x7F]|\\["\\nr])*"'
_LINE: Final = rf"{_IRI} {_IRI} (?:{_IRI}|{_TEXT}(?:@[a-z]{{2,8}}|\^\^{_IRI})?) \."
"""Blank nodes are not among them: those of different files must be told apart, and a parser does so."""
_NEEDLESS: Final = f'"^^<{XSD}string> .'


def take_lines(connection: duckdb.DuckDBPyConnection, table: str, file: Path) -> bool:
    """Add a file of plain N-Triples to a table (subject, predicate, object).

    Returns whether it was one; if not, the table is as before.
    """
    if file.suffix != ".nt":
        return False
    lines = (
        f"SELECT CASE WHEN regexp_full_match(line, {literal(_LINE)}) AND NOT ends_with(line, {literal(_NEEDLESS)}) "
        "THEN line ELSE error('not plain') END AS line FROM read_csv($1, columns = {'line': 'VARCHAR'}, "
        "header = false, auto_detect = false, delim = '', quote = '', escape = '', null_padding = false)"
    )
    parts = f"SELECT line, split_part(line, ' ', 1) AS s, split_part(line, ' ', 2) AS p FROM ({lines})"
    object_ = "substring(line, length(s) + length(p) + 3, length(line) - length(s) - length(p) - 4)"
    try:
        connection.execute(f"INSERT INTO {identifier(table)} SELECT s, p, {object_} FROM ({parts})", [str(file)])
    except duckdb.Error:
        return False
    return True
