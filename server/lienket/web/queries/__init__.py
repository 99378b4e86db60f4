"""The pages' own queries, one a file; every one states its graphs and its limit."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

import pyoxigraph as ox

_NEVER_IN_AN_IRI = frozenset('<>"{}|^`\\') | frozenset(map(chr, range(0x21)))


@cache
def query(name: str) -> str:
    """Return the text of the query `name`.

    Raises `FileNotFoundError` where there is none.
    """
    return files(__name__).joinpath(f"{name}.rq").read_text(encoding="utf-8")


def query_over(name: str, iris: Iterable[str]) -> str:
    """Return the query `name` with `iris` in the place of its `VALUES` row (written `<urn:values>` in the file)."""
    return query(name).replace("<urn:values>", nodes(iris))


def nodes(iris: Iterable[str]) -> str:
    """Return IRIs as a query writes them, each once.

    An IRI that could end the brackets early is left out: the store takes in what its writer let through.
    """
    return " ".join(
        str(ox.NamedNode(iri)) for iri in dict.fromkeys(iris) if iri and not _NEVER_IN_AN_IRI.intersection(iri)
    )
