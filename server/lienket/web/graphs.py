"""A description as RDF, and as a table of properties and values."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

import pyoxigraph as ox

from lienket.formats import CSV, JSON_LD, Format
from lienket.vocabulary import HYDRA, RDF
from lienket.web import jsonld
from lienket.web.describe import Statement
from lienket.web.names import iri_of


def triples(iri: str, said: Sequence[Statement]) -> list[ox.Triple]:
    """Return the triples of a description, each once."""
    subject = ox.NamedNode(iri)
    return list(dict.fromkeys(ox.Triple(s.node or subject, s.predicate, s.object) for s in said))


def paged(document: str, number: int, *, more: bool, release: str = "") -> list[ox.Triple]:
    """Return the triples that say that the RDF is page `number` of what the address `document` has to say.

    `release` is the one that was asked for by name, if any; the other pages are of the same.

    Hydra's partial collection view: <https://www.hydra-cg.com/spec/latest/core/#example-20-a-hydra-partialcollectionview>.
    """
    within = f"&release={release}" if release else ""

    def page(number: int) -> ox.NamedNode:
        return ox.NamedNode(f"{document}?page={number}{within}")

    view = page(number)
    said = [
        ox.Triple(ox.NamedNode(document), ox.NamedNode(HYDRA + "view"), view),
        ox.Triple(view, ox.NamedNode(RDF + "type"), ox.NamedNode(HYDRA + "PartialCollectionView")),
        ox.Triple(view, ox.NamedNode(HYDRA + "first"), page(1)),
    ]
    for name, other in (("previous", number - 1), *((("next", number + 1),) if more else ())):
        if other:
            said.append(ox.Triple(view, ox.NamedNode(HYDRA + name), page(other)))
    return said


def written(found: Sequence[ox.Triple], format_: Format, prefixes: Mapping[str, str]) -> bytes:
    """Return a description in an RDF format, or as CSV."""
    return _table(found).encode() if format_ is CSV else serialized(found, format_, prefixes)


def serialized(found: Iterable[ox.Triple], format_: Format, prefixes: Mapping[str, str]) -> bytes:
    """Return triples in an RDF format, with those of `prefixes` that they use."""
    ordered = list(found)
    if format_ is JSON_LD:
        return jsonld.written(ordered, prefixes)
    used = "\n".join(_iris(ordered))
    wanted = {name: namespace for name, namespace in prefixes.items() if namespace in used}
    text = ox.serialize(ordered, format=format_.rdf, prefixes=wanted)
    assert text is not None  # noqa: S101 - without an output it returns what it wrote
    return text


def _iris(found: Iterable[ox.Triple]) -> set[str]:
    iris: set[str] = set()
    for triple in found:
        for term in (triple.subject, triple.predicate, triple.object):
            if isinstance(term, ox.NamedNode):
                iris.add(term.value)
            elif isinstance(term, ox.Literal):
                iris.add(term.datatype.value)
    return iris


def _table(found: Iterable[ox.Triple]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")  # RFC 4180
    writer.writerow(("subject", "property", "value", "language", "datatype"))
    for triple in found:
        value = triple.object
        literal = value if isinstance(value, ox.Literal) else None
        writer.writerow(
            (
                iri_of(triple.subject),
                triple.predicate.value,
                literal.value if literal else iri_of(value),
                (literal.language or "") if literal else "",
                literal.datatype.value if literal and not literal.language else "",
            )
        )
    return text.getvalue()
