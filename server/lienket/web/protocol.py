"""A SPARQL request read: query, dataset, wanted formats and deadline, or the problem with it.

SPARQL 1.1 Protocol, query operation: <https://www.w3.org/TR/sparql11-protocol/#query-operation>.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Request

from lienket.formats import GRAPH_FORMATS, HTML, TABLE_FORMATS, Format, negotiate
from lienket.web.problems import Problem
from lienket.web.querytext import QueryText
from lienket.web.querytext import read as read_words

QUERY_TYPE: Final = "application/sparql-query"
UPDATE_TYPE: Final = "application/sparql-update"
FORM_TYPE: Final = "application/x-www-form-urlencoded"

CACHE: Final = "public, no-cache"
"""Anybody may keep an answer and asks each time whether it still holds: 304 costs a fraction of a millisecond and no
query. For so long as an answer were believed unasked, pages would show one release and queries over them another."""

_MOST_PARAMETERS: Final = 200
_PARAMETER_BYTES: Final = 1 << 14
"""What a form may hold beside the query."""
_ENCODED: Final = 3
"""A byte takes up to so many in a form."""

WITH_BODY: Final = ("POST", "QUERY")
"""Methods that bring the query in their body (QUERY: <https://datatracker.ietf.org/doc/draft-ietf-httpbis-safe-method-w-body/>)."""

NOT_UNDERSTOOD: Final = "Query not understood"
READ_ONLY: Final = "Nothing can be changed here"


@dataclass(frozen=True)
class Asked:
    """A query operation."""

    query: str
    words: QueryText
    default_graphs: tuple[str, ...]
    named_graphs: tuple[str, ...]
    seconds: float
    """The deadline: the server's, or the earlier one that was asked for."""
    table: Format | None
    """How rows and booleans are wanted; None where no format fits."""
    graph: Format | None
    """How triples are wanted; None where no format fits."""


Parameters = Mapping[str, Sequence[str]]


def read(request: Request, *, query_bytes: int, seconds: float, may_ask_others: bool = False) -> Asked | None:
    """Return the query operation of a request, None where it has none and is a plain look at the endpoint.

    `query_bytes` is the longest query that is read, `seconds` the server's deadline;
    `may_ask_others` whether some other endpoint may be asked at all. Raises `Problem`.
    """
    parameters: Parameters = _decoded(request.query_string, "The address is not UTF-8.")
    if request.method in WITH_BODY:
        parameters = _posted(request, parameters, query_bytes)
    elif not parameters.keys() & {"query", "update", "default-graph-uri", "named-graph-uri", "timeout"}:
        return None
    query = _query(parameters)
    if len(query.encode()) > query_bytes:
        raise _too_long(413 if request.method in WITH_BODY else 414, query_bytes)
    words = read_words(query)
    _refuse(words, may_ask_others=may_ask_others)
    table, graph = wanted_formats(request, parameters)
    if table is None and graph is None:
        raise not_acceptable((*TABLE_FORMATS, *GRAPH_FORMATS, HTML))
    return Asked(
        query=query,
        words=words,
        default_graphs=tuple(parameters.get("default-graph-uri", ())),
        named_graphs=tuple(parameters.get("named-graph-uri", ())),
        seconds=_seconds(parameters, seconds),
        table=table,
        graph=graph,
    )


def body_limit(query_bytes: int) -> int:
    """Return the longest body that is read, for a query of at most `query_bytes`."""
    return _ENCODED * query_bytes + _PARAMETER_BYTES


def wants_page(request: Request) -> bool:
    """Return whether whoever asks reads pages rather than data; never fails."""
    named = request.args.get("format")
    if named:
        return _named(named, (HTML,)) is not None
    return negotiate(request.headers.get("Accept"), (*TABLE_FORMATS, *GRAPH_FORMATS, HTML)) is HTML


def wanted_formats(request: Request, parameters: Parameters) -> tuple[Format | None, Format | None]:
    """Return the formats wanted for rows and for triples, by `format=` or else by `Accept`.

    `format=` takes what names a format: its suffix, its name, its media type or the end of that. Some clients send
    several and mean whichever is known.
    """
    names = [name for name in parameters.get("format", ()) if name]
    accept = request.headers.get("Accept")
    tables, graphs = (*TABLE_FORMATS, HTML), (*GRAPH_FORMATS, HTML)
    if not names:
        return negotiate(accept, tables), negotiate(accept, graphs)
    return (
        next((found for name in names if (found := _named(name, tables))), None),
        next((found for name in names if (found := _named(name, graphs))), None),
    )


def wanted_format(request: Request, among: Sequence[Format]) -> Format:
    """Return the format of `among` that is wanted for an answer of one kind; raises `Problem` 406 where none is."""
    names = [name for name in request.args.getlist("format") if name]
    if names:
        found = next((found for name in names if (found := _named(name, among))), None)
    else:
        found = negotiate(request.headers.get("Accept"), among)
    if found is None:
        raise not_acceptable(among)
    return found


def not_acceptable(formats: Sequence[Format]) -> Problem:
    """Return the problem that an answer can be had in `formats` only."""
    return Problem(
        406,
        "Not in that format",
        "This answer can be had as: {formats}.",
        values={"formats": ", ".join(dict.fromkeys(format_.media_type for format_ in formats))},
    )


def _named(name: str, among: Sequence[Format]) -> Format | None:
    name = name.strip().lower()
    for format_ in among:
        if name in (format_.suffix, format_.name.lower(), *format_.media_types):
            return format_
    for format_ in among:
        for media_type in format_.media_types:
            subtype = media_type.partition("/")[2]
            if name in (subtype, subtype.rpartition("+")[2]):
                return format_
    return None


def _posted(request: Request, parameters: Parameters, query_bytes: int) -> Parameters:
    """Return the parameters of a POST: those of the address and those of the form, or the query that is the body."""
    media_type = request.mimetype
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if media_type == UPDATE_TYPE:
        raise _read_only()
    if media_type not in (QUERY_TYPE, FORM_TYPE):
        raise Problem(
            415,
            "Not sent as a query",
            "A query is posted as {types}; this came as {type}.",
            values={"types": f"{QUERY_TYPE}, {FORM_TYPE}", "type": media_type or "—"},
        )
    if charset not in ("utf-8", "utf8"):
        raise Problem(415, "Not sent as a query", "A query is read as UTF-8, not as {charset}.",
                      values={"charset": charset})  # fmt: skip
    body = _body(request, media_type, query_bytes)
    if media_type == QUERY_TYPE:
        if "query" in parameters:
            raise _several()
        return {**parameters, "query": [_utf8(body, "The query is not UTF-8.")]}
    form = _decoded(body, "The form is not UTF-8.")
    return {name: [*parameters.get(name, ()), *form.get(name, ())] for name in {**parameters, **form}}


def _body(request: Request, media_type: str, query_bytes: int) -> bytes:
    request.max_content_length = query_bytes if media_type == QUERY_TYPE else body_limit(query_bytes)
    try:
        return request.get_data(cache=True)  # a page shows the query again
    except RequestEntityTooLarge:
        raise _too_long(413, query_bytes) from None


def _decoded(text: bytes, otherwise: str) -> dict[str, list[str]]:
    """Return the parameters of a form or address by name, in order; `otherwise` says that it is not UTF-8."""
    found: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(
            text.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS
        )
    except UnicodeDecodeError:
        raise Problem(400, NOT_UNDERSTOOD, otherwise) from None
    except ValueError:
        raise Problem(400, NOT_UNDERSTOOD, "More than {most} parameters were sent.",
                      values={"most": _MOST_PARAMETERS}) from None  # fmt: skip
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def _query(parameters: Parameters) -> str:
    if "update" in parameters:
        raise _read_only()
    queries = parameters.get("query", ())
    if len(queries) > 1:
        raise _several()
    if not queries or not queries[0].strip():
        raise Problem(400, NOT_UNDERSTOOD, "There is no query: send one as the parameter {name}.",
                      values={"name": "query"})  # fmt: skip
    return queries[0]


def _seconds(parameters: Parameters, most: float) -> float:
    given = parameters.get("timeout", ())
    if not given:
        return most
    try:
        seconds = float(given[-1])
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise Problem(400, NOT_UNDERSTOOD, "timeout is a number of seconds, at most {most}; this was “{text}”.",
                      values={"most": f"{most:g}", "text": given[-1]})  # fmt: skip
    return min(seconds, most)


def _refuse(words: QueryText, *, may_ask_others: bool) -> None:
    """Raise `Problem` for what is understood and not allowed."""
    if words.is_update:
        raise _read_only()
    if words.asks_others and not may_ask_others:
        raise Problem(
            400,
            "Other endpoints are not asked",
            "This endpoint answers from its own data: SERVICE is switched off. Ask the other endpoint yourself and put "
            "what it answers into VALUES. (If the word is part of one of your prefixes, give the prefix another name.)",
        )


def _read_only() -> Problem:
    return Problem(
        403,
        READ_ONLY,
        "This endpoint answers queries only. Its data comes from the departments' tables and is published as a whole, "
        "so SPARQL Update is refused.",
    )


def _several() -> Problem:
    return Problem(400, NOT_UNDERSTOOD, "More than one query was sent; send one.")


def _utf8(text: bytes, otherwise: str) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        raise Problem(400, NOT_UNDERSTOOD, otherwise) from None


def _too_long(status: int, most: int) -> Problem:
    return Problem(
        status,
        "Query too long",
        "The longest query that is read has {most} bytes.",
        values={"most": most},
    )
