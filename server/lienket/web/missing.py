"""Addresses that lead nowhere, and what they may have meant."""

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote

from flask import Response
from werkzeug.exceptions import NotFound

from lienket.errors import UnavailableError
from lienket.formats import FORMATS
from lienket.search import CLASS_KINDS, TERM_KINDS, Hit
from lienket.web import addresses, language
from lienket.web.answers import split_suffix
from lienket.web.names import local_name
from lienket.web.problems import SENTENCES, Problem, answer
from lienket.web.shown import Shown, shown

_MOST: Final = 6
_WIDER: Final = 30
"""So many are looked at for those that are data and not words about data."""


def not_here(present: Shown, path: str) -> Problem:
    """Return the problem that nothing is at `path`, with what it may have meant: data before terms."""
    title, detail = SENTENCES[404]
    stem = split_suffix(path, FORMATS)[0]
    last = words(local_name(stem))
    try:
        hits = _hits(present, last) or _hits(present, words(stem))
    except UnavailableError:  # suggestions are a courtesy
        hits = []
    suggestions = [{"iri": hit.iri, "label": hit.label, "address": addresses.local(hit.iri)} for hit in hits]
    members: dict[str, object] = {"suggestions": suggestions} if suggestions else {}
    return Problem(404, title, detail, members=members)


def gone(successors: Sequence[str]) -> Problem:
    """Return the problem that what was asked for is described no more, with what has taken its place."""
    links = ", ".join(f'<{addresses.uri(iri)}>; rel="successor-version"' for iri in successors)
    return Problem(
        410,
        "Described no more",
        "Nothing is said of this any more. It was replaced by: {successors}",
        values={"successors": ", ".join(successors)},
        members={"successors": [{"iri": iri, "address": addresses.local(iri)} for iri in successors]},
        headers={"Link": links},
    )


def no_route(error: NotFound) -> Response:
    """Answer an address that is none of ours like one of a thing that is not there."""
    try:
        return answer(not_here(shown(), addresses.requested_path()))
    except UnavailableError:
        return answer(Problem.of(404))


def asked_words() -> str:
    """Return the words at the end of the requested address, to search for."""
    return words(local_name(split_suffix(addresses.requested_path(), FORMATS)[0]))[:200]


def words(path: str) -> str:
    """Return the words of a part of an address.

    >>> words("di-tich/lang_tu%20duc")
    'di tich lang tu duc'
    """
    return " ".join(re.split(r"[\s/_+.-]+", unquote(path))).strip()


def _hits(present: Shown, text: str) -> list[Hit]:
    found = present.search.find(text[:200], language=language.language(), limit=_WIDER).hits
    return sorted(found, key=lambda hit: hit.kind in (*TERM_KINDS, *CLASS_KINDS))[:_MOST]
