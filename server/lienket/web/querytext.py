"""What can be told of a query by its words, without parsing it: the parser itself is in the worker.

Strings, IRIs, comments and names are passed over as the SPARQL grammar has them
(<https://www.w3.org/TR/sparql11-query/#grammar>, productions 139–173).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

_TOKEN: Final = re.compile(
    r"""
      \\.                                                       # an escaped character in a name
    | "{3}(?:[^"\\]|\\.|"(?!""))*+"{3} | '{3}(?:[^'\\]|\\.|'(?!''))*+'{3}
    | "(?:[^"\\\n\r]|\\.)*+"           | '(?:[^'\\\n\r]|\\.)*+'
    | <(?:[^<>"{}|^`\\\x00-\x20]|\\[uU][0-9A-Fa-f]++)*+>
    | (?P<comment>\#[^\n\r]*+)
    | @[A-Za-z]++(?:-++[A-Za-z0-9]++)*+
    | (?P<variable>[?$]\w++)
    | (?P<word>\w[\w.\-]*+)?(?P<local>:(?:[\w.\-:]|%[0-9A-Fa-f]{2}|\\.)*+)
    | (?P<bare>\w[\w.\-]*+)
    | (?P<star>\*)
    | (?P<space>\s++)
    | (?P<brace>[{}])
    """,
    re.VERBOSE | re.DOTALL,
)
_BLANK: Final = re.compile(r"\[|_:|\(")
_LETTERS: Final = re.compile(r"[A-Z_]+")

_PROLOGUE: Final = frozenset({"BASE", "PREFIX", "VERSION"})
_UPDATES: Final = frozenset(
    {"ADD", "CLEAR", "COPY", "CREATE", "DELETE", "DROP", "INSERT", "LOAD", "MOVE", "WITH"}
)  # fmt: skip
_VOLATILE: Final = frozenset({"NOW", "RAND", "STRUUID", "UUID"})


_INTRICATE: Final = 1000
"""Words and signs; a thousand functions, one in the other, are the least that has been seen to need too much stack."""


@dataclass(frozen=True)
class QueryText:
    """The words of a query."""

    canonical: str
    """The query without comments and with one space where there is any: the same question in the same words."""
    words: tuple[str, ...]
    """Keywords and function names in capitals, in order."""
    variables: tuple[str, ...]
    """Names of variables, in the order in which they first appear."""
    asks_others: bool
    """Whether it may ask another endpoint (`SERVICE`). Where in doubt, true: the parser also takes the word glued to
    what stands before or after it, so a prefix that holds the word counts."""
    undeclared: tuple[str, ...]
    """Prefixes that are used and not declared, in order."""
    selects_all: bool
    """Whether it is a `SELECT *`."""
    intricate: bool
    """Whether it has so many words and signs that the parser or the planner may run out of stack over it."""

    @property
    def is_update(self) -> bool:
        """Whether it is a SPARQL Update request."""
        return next((word for word in self.words if word not in _PROLOGUE), "") in _UPDATES

    @property
    def is_volatile(self) -> bool:
        """Whether its answer may differ from one time to the next over the same data."""
        return not _VOLATILE.isdisjoint(self.words)

    @property
    def names_blank_nodes(self) -> bool:
        """Whether its answer may have blank nodes of its own, which are named anew each time."""
        return "BNODE" in self.words or ("CONSTRUCT" in self.words and bool(_BLANK.search(self.canonical)))


@dataclass(frozen=True)
class Piece:
    """A word of a query, or what stands between two."""

    kind: str
    text: str


def pieces(query: str) -> Iterator[Piece]:
    """Yield a query piece by piece, comments as a space; their texts make up the query."""
    end = 0
    for token in _TOKEN.finditer(query):
        if token.start() > end:
            yield Piece("", query[end : token.start()])
        kind = token.lastgroup or ""
        yield Piece(kind, " " if kind in ("comment", "space") else token[0])
        end = token.end()
    if end < len(query):
        yield Piece("", query[end:])


def bound(query: str, words: Mapping[str, str]) -> str:
    """Return `query` with words in the places of variables, by their names; all else stays as it is written.

    >>> bound("ASK { ?s ?p ?o } # ?s\\n", {"s": "<urn:s>"})
    'ASK { <urn:s> ?p ?o } # ?s\\n'
    """
    return _TOKEN.sub(lambda token: words.get((token["variable"] or "?")[1:], token[0]), query)


def read(query: str) -> QueryText:
    """Return what the words of `query` tell; never fails, whatever the text.

    >>> read("SELECT * { ?s ex:service ?name } # SERVICE").asks_others
    False
    >>> read("SELECT * { SERVICE<https://example.org/> { ?s ?p ?o } }").asks_others
    True
    >>> read("PREFIX a: <urn:a> SELECT ?x { ?x a:b ?y ; c:d ?z }").undeclared
    ('c:',)
    >>> read("ASK{ # all\\n ?s  ?p '#  ' }  ").canonical
    "ASK{ ?s ?p '#  ' }"
    """
    words: list[str] = []
    variables: dict[str, None] = {}
    declared: set[str] = set()
    used: dict[str, None] = {}
    asks_others = declaring = selects_all = False
    number, between = 0, len(query)
    for token in _TOKEN.finditer(query):
        kind = token.lastgroup
        between -= len(token[0])
        number += kind not in ("comment", "space")
        if kind in ("comment", "space"):
            continue
        if kind == "variable":
            variables[token["variable"][1:]] = None
        elif kind == "local":
            prefix = (token["word"] or "") + ":"
            asks_others |= "SERVICE" in prefix.upper()
            if declaring:
                declared.add(prefix)
            elif prefix != "_:":
                used[prefix] = None
        elif kind == "bare":
            bare = token["bare"].upper()
            asks_others |= "SERVICE" in bare
            words += _LETTERS.findall(bare)
        elif kind == "star" and not selects_all:
            selects_all = words[-1:] == ["SELECT"] or words[-2:] in (["SELECT", "DISTINCT"], ["SELECT", "REDUCED"])
            selects_all &= words.count("SELECT") == 1
        declaring = kind == "bare" and words[-1:] == ["PREFIX"]
    return QueryText(
        canonical=_canonical(query),
        words=tuple(words),
        variables=tuple(variables),
        asks_others=asks_others,
        undeclared=tuple(prefix for prefix in used if prefix not in declared),
        selects_all=selects_all,
        intricate=number + between >= _INTRICATE,
    )


def _canonical(query: str) -> str:
    parts: list[str] = []
    for piece in pieces(query):
        if piece.text != " " or parts[-1:] != [" "]:
            parts.append(piece.text)
    return "".join(parts).strip()
