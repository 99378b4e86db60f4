"""The one place where text becomes part of a SQL statement."""


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
