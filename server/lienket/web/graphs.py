"""A description as RDF, and as a table of properties and values."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

import pyoxigraph as ox

from lienket.formats import CSV, Format
from lienket.web.describe import MOST_STATEMENTS, Statement
from lienket.web.names import iri_of
from lienket.web.problems import Problem


def triples(iri: str, said: Sequence[Statement]) -> list[ox.Triple]:
    """Return the triples of a description, each once.

    Raises `Problem` where the description is not complete: half an answer would look like a whole one.
    """
    if len(said) > MOST_STATEMENTS:
        raise Problem(
            403,
            "Too much to describe at once",
            "More than {number} statements are made about this; take the dataset's download instead.",
            values={"number": MOST_STATEMENTS},
        )
    subject = ox.NamedNode(iri)
    return list(dict.fromkeys(ox.Triple(s.node or subject, s.predicate, s.object) for s in said))


def written(iri: str, said: Sequence[Statement], format_: Format, prefixes: Mapping[str, str]) -> bytes:
    """Return a description in an RDF format, or as CSV; raises `Problem` where it is not complete."""
    found = triples(iri, said)
    if format_ is CSV:
        return _table(found).encode()
    return serialized(found, format_, prefixes)


def serialized(found: Iterable[ox.Triple], format_: Format, prefixes: Mapping[str, str]) -> bytes:
    """Return triples in an RDF format, with those of `prefixes` that they use."""
    ordered = list(found)
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
