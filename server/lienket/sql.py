"""The one place where text becomes part of a SQL statement."""

import re
from pathlib import Path


def literal(text: str) -> str:
    """Return a SQL string literal.

    >>> literal("a'b")
    "'a''b'"
    """
    # A NUL ends a statement early in some clients, so it is spelled out.
    return " || chr(0) || ".join("'" + part.replace("'", "''") + "'" for part in text.split("\0"))


def identifier(name: str) -> str:
    """Return a quoted SQL identifier.

    >>> identifier('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def file_name(path: Path) -> str:
    """Return the SQL for a file's name, in which DuckDB would otherwise take some characters for a pattern."""
    return literal(re.sub(r"[*?\[]", r"[\g<0>]", str(path)))
