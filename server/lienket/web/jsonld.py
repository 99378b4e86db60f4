"""Triples as JSON-LD that a person can read: a context of the prefixes that are used, and one object for each subject.

JSON-LD 1.1: <https://www.w3.org/TR/json-ld11/>.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pyoxigraph as ox

from lienket.vocabulary import RDF, XSD


def written(triples: Iterable[ox.Triple], prefixes: Mapping[str, str]) -> bytes:
    """Return a JSON-LD document; `prefixes` are those that may stand in its context."""
    found = list(triples)
    named = {
        term.value for triple in found for term in (triple.subject, triple.object) if isinstance(term, ox.NamedNode)
    }
    # a prefix that is the scheme of some IRI here, such as geo: or doi:, would change what that IRI means
    schemes = {iri.partition(":")[0] for iri in named}
    short = _Short({name: iri for name, iri in prefixes.items() if name not in schemes and iri.endswith(("/", "#"))})
    nodes: dict[str, dict[str, Any]] = {}
    for triple in found:
        subject = _identifier(triple.subject)
        node = nodes.setdefault(subject, {"@id": subject})
        if triple.predicate.value == RDF + "type" and isinstance(triple.object, ox.NamedNode):
            node.setdefault("@type", []).append(short(triple.object.value))
        else:
            node.setdefault(short(triple.predicate.value), []).append(_value(triple.object, short))
    graph = [{name: _one_or_all(values) for name, values in node.items()} for node in nodes.values()]
    text = json.dumps({"@context": short.used, "@graph": graph}, ensure_ascii=False, indent=1)
    return (text + "\n").encode()


class _Short:
    """Writes IRIs by prefix, and keeps which prefixes were of use."""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        self._prefixes = sorted(prefixes.items(), key=lambda pair: -len(pair[1]))
        self.used: dict[str, str] = {}

    def __call__(self, iri: str) -> str:
        for prefix, namespace in self._prefixes:
            local = iri.removeprefix(namespace)
            if local != iri and local and "/" not in local:
                self.used[prefix] = namespace
                return f"{prefix}:{local}"
        return iri


def _identifier(term: object) -> str:
    return term.value if isinstance(term, ox.NamedNode) else str(term)


def _value(term: object, short: _Short) -> Any:
    if not isinstance(term, ox.Literal):
        return {"@id": _identifier(term)}
    if term.language:
        return {"@language": term.language, "@value": term.value}
    if term.datatype.value == XSD + "string":
        return term.value
    return {"@type": short(term.datatype.value), "@value": term.value}


def _one_or_all(values: Any) -> Any:
    return values[0] if isinstance(values, list) and len(values) == 1 else values
