"""Names of columns: short, each once in a dataset, the same in tables, in their description and on the map."""

import re
from collections.abc import Iterable, Mapping

THING = "iri"
"""Name of the column that says which thing a row is about."""


def column_names(pairs: Iterable[tuple[str, str]], prefixes: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """Return a name for each property and what its values are ("iri", "@vi", the IRI of a datatype or "").

    It is the end of the property's IRI, with the language; with the prefix or the datatype where that is not enough.

    >>> column_names([("http://ex.org/a#name", "@vi"), ("http://ex.org/a#name", "@en")], {})
    {('http://ex.org/a#name', '@en'): 'name_en', ('http://ex.org/a#name', '@vi'): 'name_vi'}
    """
    ordered = sorted(pairs)
    properties = sorted({property_ for property_, _ in ordered})
    plain = {property_: _local(property_) for property_ in properties}
    shared = [name for name in plain.values() if name == THING or list(plain.values()).count(name) > 1]
    taken: set[str] = {THING}
    stems = {}
    for property_ in properties:
        stem = plain[property_]
        if stem in shared:
            prefix = next((name for name, iri in sorted(prefixes.items()) if property_.startswith(iri)), "")
            stem = f"{prefix}_{stem}" if prefix else stem
        stems[property_] = _free(stem, taken)
    found: dict[tuple[str, str], str] = {}
    used: set[str] = {THING}
    for property_, kind in ordered:
        others = [other for same, other in ordered if same == property_ and not other.startswith("@")]
        end = _tag(kind) if kind.startswith("@") else _local(kind) if len(others) > 1 and kind else ""
        found[property_, kind] = _free(f"{stems[property_]}_{end}" if end else stems[property_], used)
    return found


def _tag(kind: str) -> str:
    return kind[1:].replace("-", "_")


def _local(iri: str) -> str:
    end = re.split(r"[/#]", iri.rstrip("/#"))[-1]
    return re.sub(r"[^A-Za-z0-9]+", "_", end).strip("_") or "value"


def _free(name: str, taken: set[str]) -> str:
    number, found = 2, name
    while found in taken:
        found, number = f"{name}_{number}", number + 1
    taken.add(found)
    return found
