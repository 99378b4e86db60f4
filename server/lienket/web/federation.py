"""`SERVICE` carried out here and not in the worker, which has no network: only at endpoints that the deployment names.

    SERVICE <endpoint> { pattern }  ─▶  SELECT * { pattern } at the endpoint  ─▶  { VALUES … { rows } } in its place

which is what the SPARQL 1.1 Federated Query recommendation says it means, for an endpoint that is named by its IRI.
<https://www.w3.org/TR/sparql11-federated-query/#defn_service>
"""

import json
import re
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote, urljoin

import pyoxigraph as ox
import SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import SPARQLWrapperException

from lienket import __version__
from lienket.web.problems import Problem
from lienket.web.protocol import NOT_UNDERSTOOD, Asked
from lienket.web.querytext import Piece, pieces

MOST_ROWS: Final = 10_000
"""Rows that another endpoint may answer with."""
MOST_BYTES: Final = 16 << 20
"""Bytes that it may answer with."""

_NAMED: Final = re.compile(r"<([^<>\s]*)>")
_TITLE: Final = "Another endpoint"


def asked_out(asked: Asked, allowed: Sequence[str], until: float, base_iri: str) -> Asked:
    """Return the query with every `SERVICE` replaced by what the endpoint answered.

    `allowed` are the endpoints that may be asked, `until` the deadline (`time.monotonic`). Raises `Problem` where
    another endpoint is named, or one does not answer and the query has not said `SILENT`.
    """
    found = list(pieces(asked.query))
    prologue = _prologue(found, base_iri)
    text: list[str] = []
    place = 0
    while place < len(found):
        piece = found[place]
        if piece.kind == "bare" and piece.text.upper() == "SERVICE":
            place, instead = _one(found, place, prologue, allowed, until)
            text.append(instead)
        else:
            if "SERVICE" in piece.text.upper() and piece.kind in ("bare", "local"):
                raise Problem(400, NOT_UNDERSTOOD, "Write SERVICE with a space before and behind it.")
            text.append(piece.text)
            place += 1
    return replace(asked, query="".join(text))


def _one(
    found: Sequence[Piece], place: int, prologue: str, allowed: Sequence[str], until: float
) -> tuple[int, str]:  # fmt: skip
    """Return where a `SERVICE` ends, and what stands in its place."""
    place = _after_space(found, place + 1)
    silent = place < len(found) and found[place].text.upper() == "SILENT"
    if silent:
        place = _after_space(found, place + 1)
    named = _NAMED.fullmatch(found[place].text) if place < len(found) else None
    if named is None or named[1] not in allowed:
        raise Problem(
            403,
            "Other endpoints are not asked",
            "SERVICE may ask these endpoints here, each named by its IRI in < >: {endpoints}.",
            values={"endpoints": ", ".join(allowed)},
        )
    begin = _after_space(found, place + 1)
    end = _group_end(found, begin)
    pattern = "".join(piece.text for piece in found[begin:end])
    if "SERVICE" in pattern.upper():
        raise Problem(400, NOT_UNDERSTOOD, "A SERVICE inside a SERVICE is not asked.")
    try:
        answer = _answer(named[1], f"{prologue} SELECT * WHERE {pattern}", until)
        instead = _values(answer, named[1])
    except (SPARQLWrapperException, OSError, urllib.error.URLError, ValueError, KeyError) as error:
        if isinstance(error, TimeoutError) or time.monotonic() >= until:
            raise Problem(504, "Out of time", "{endpoint} did not answer in time.",
                          values={"endpoint": named[1]}) from error  # fmt: skip
        if silent:
            return end, "{ }"
        raise Problem(502, _TITLE, "{endpoint} did not answer: {reason}",
                      values={"endpoint": named[1], "reason": _reason(error)}) from error  # fmt: skip
    return end, instead


class _Endpoint(SPARQLWrapper.SPARQLWrapper):
    """An endpoint that is asked where its IRI says, and nowhere that a redirect leads to: that is on no list."""

    def _query(self) -> tuple[Any, str]:
        return _OPENER.open(self._createRequest(), timeout=self.timeout), self.returnFormat


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **named: Any) -> None:
        """Follow none; the status is then an error like others."""


_OPENER: Final = urllib.request.build_opener(_NoRedirects)


def _answer(endpoint: str, query: str, until: float) -> dict[str, Any]:
    """Return what an endpoint answers, as SPARQL results in JSON."""
    wrapper = _Endpoint(endpoint, agent=f"Lienket/{__version__}")
    wrapper.setReturnFormat(SPARQLWrapper.JSON)
    wrapper.setMethod(SPARQLWrapper.POST)
    wrapper.setOnlyConneg(True)
    wrapper.setTimeout(max(1, int(until - time.monotonic())))
    wrapper.setQuery(query)
    body = bytearray()
    with wrapper.query().response as response:
        while block := response.read1(1 << 16):  # the timeout is that of one block, not of all
            body += block
            if time.monotonic() > until:
                raise TimeoutError
            if len(body) > MOST_BYTES:
                raise ValueError(f"more than {MOST_BYTES:,} bytes")
    answer = json.loads(body)
    if not isinstance(answer, dict):
        raise ValueError("no SPARQL results")
    return answer


def _values(answer: Mapping[str, Any], endpoint: str) -> str:
    names: list[str] = answer["head"]["vars"]
    rows: list[dict[str, Any]] = answer["results"]["bindings"]
    if len(rows) > MOST_ROWS:
        raise Problem(403, "Too much at once", "{endpoint} answers with more than {most} rows.",
                      values={"endpoint": endpoint, "most": MOST_ROWS})  # fmt: skip
    if not all(re.fullmatch(r"\w+", name) for name in names):
        raise ValueError("no names of variables")
    head = " ".join(f"?{name}" for name in names)
    nodes = urljoin(endpoint, f"/.well-known/genid/{uuid.uuid4().hex}-")
    body = " ".join(f"({' '.join(_term(row.get(name), nodes) for name in names)})" for row in rows)
    return f"{{ VALUES ({head}) {{ {body} }} }}"


def _term(term: Mapping[str, str] | None, nodes: str) -> str:
    """Return a term of JSON results in SPARQL.

    A blank node cannot stand in VALUES; it becomes an IRI that begins with `nodes`, and so joins with itself alone.
    <https://www.w3.org/TR/rdf11-concepts/#section-skolemization>
    """
    if term is None:
        return "UNDEF"
    if term["type"] == "bnode":
        return str(ox.NamedNode(nodes + quote(term["value"])))
    if term["type"] == "uri":
        return str(ox.NamedNode(term["value"]))  # ValueError for what could not stand in < >
    text = "".join(_ESCAPES.get(character, character) for character in term["value"])
    if "xml:lang" in term:
        language = re.sub(r"[^A-Za-z0-9-]", "", term["xml:lang"])
        return f'"{text}"@{language}' if language else f'"{text}"'
    datatype = term.get("datatype")
    return f'"{text}"^^{_term({"type": "uri", "value": datatype}, nodes)}' if datatype else f'"{text}"'


_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r"}


def _prologue(found: Sequence[Piece], base_iri: str) -> str:
    """Return the declarations at the beginning of a query, which the part that is asked elsewhere needs too."""
    end = 0
    for place, piece in enumerate(found):
        if piece.kind == "bare" and piece.text.upper() not in ("BASE", "PREFIX", "VERSION"):
            break
        end = place + 1
    return f"BASE <{base_iri}> " + "".join(piece.text for piece in found[:end])


def _after_space(found: Sequence[Piece], place: int) -> int:
    while place < len(found) and not found[place].text.strip():
        place += 1
    return place


def _group_end(found: Sequence[Piece], begin: int) -> int:
    """Return the place behind the group that begins at `begin`."""
    depth = 0
    for place in range(begin, len(found)):
        if found[place].kind == "brace":
            depth += 1 if found[place].text == "{" else -1
        if depth == 0:
            if place == begin:
                break
            return place + 1
    raise Problem(400, NOT_UNDERSTOOD, "Behind SERVICE and its endpoint comes a pattern in { }.")


def _reason(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
