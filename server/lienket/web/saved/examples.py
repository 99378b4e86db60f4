"""The example queries of a release, and the terms that take the places of their parameters."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import pyoxigraph as ox

from lienket.classes import KINDS, ORDERED
from lienket.store import Term
from lienket.vocabulary import GEO, RDF, XSD
from lienket.web.names import Text, iri_of, local_name
from lienket.web.queries import query
from lienket.web.querytext import bound
from lienket.web.shown import Shown, once

RESERVED: Final = ("lang", "release")
"""Arguments that every page has; no parameter can be called so."""


@dataclass
class Parameter:
    """What a visitor may choose."""

    name: str
    """The variable, without its mark: the local name of `sh:path`."""
    datatype: str = ""
    """IRI of the datatype; "" where it takes the place of an IRI."""
    default: ox.Literal | ox.NamedNode | None = None
    order: float = 0.0
    labels: set[Text] = field(default_factory=set)
    descriptions: set[Text] = field(default_factory=set)

    @property
    def language(self) -> str:
        """The language of the text that it stands for, "" for all other terms."""
        return (self.default.language or "") if isinstance(self.default, ox.Literal) else ""

    @property
    def input(self) -> str:
        """The kind of HTML's field that takes it (<https://html.spec.whatwg.org/#attr-input-type>)."""
        kind = KINDS.get(self.datatype, "any")
        return {"date": "date", "integer": "number"}.get(kind, "text")


@dataclass
class Example:
    """A query that the deployment publishes."""

    name: str
    """What it is called in addresses: the local name of its IRI."""
    iri: str
    text: str
    labels: set[Text] = field(default_factory=set)
    comments: set[Text] = field(default_factory=set)
    parameters: dict[str, Parameter] = field(default_factory=dict)

    def bound(self, terms: Mapping[str, Term]) -> str:
        """Return the query with terms in the places of variables, wherever these stand in it as variables.

        So SHACL defines it (<https://www.w3.org/TR/shacl/#pre-binding>). Each term is written by pyoxigraph, as one
        word of the language; text of a visitor's never becomes part of a query in another way.
        """
        return bound(self.text, {name: str(term) for name, term in terms.items()})

    @property
    def defaults(self) -> dict[str, Term]:
        """The terms of the parameters that have one before anything is chosen."""
        return {name: each.default for name, each in self.parameters.items() if each.default is not None}


@once
def examples(present: Shown) -> dict[str, Example]:
    """Return the example queries of a release by name, in the order of their IRIs."""
    found: dict[str, Example] = {}
    for row in present.store.select(query("examples")):
        iri, text = iri_of(row["example"]), row["text"]
        if isinstance(text, ox.Literal):
            example = found.setdefault(iri, Example("", iri, text.value))
            _add(example.labels, row.get("label"))
            _add(example.comments, row.get("comment"))
    for row in present.store.select(query("parameters")):
        if example := found.get(iri_of(row["example"])):  # type: ignore[assignment]
            _read(example, row)
    named: dict[str, Example] = {}
    for iri, example in sorted(found.items()):
        example.parameters = dict(sorted(example.parameters.items(), key=lambda item: (item[1].order, item[0])))
        name = local_name(iri)
        example.name = f"{name}-{hashlib.sha256(iri.encode()).hexdigest()[:6]}" if name in named else name
        named[example.name] = example
    return named


def kind_of(parameter: Parameter) -> str:
    """Return what kind of value a parameter takes, by the names of `lienket.classes`."""
    if parameter.datatype in ("", XSD + "anyURI"):
        return "link"
    return "text" if parameter.datatype == RDF + "langString" else KINDS.get(parameter.datatype, "string")


def is_place(parameter: Parameter) -> bool:
    """Return whether a parameter takes a geometry."""
    return parameter.datatype == GEO + "wktLiteral"


def is_ordered(parameter: Parameter) -> bool:
    """Return whether a parameter takes a number or a time, whose form is checked."""
    return kind_of(parameter) in (*ORDERED, "boolean")


def _read(example: Example, row: Mapping[str, Term]) -> None:
    name = local_name(iri_of(row["path"]))
    if name in RESERVED:
        return
    parameter = example.parameters.setdefault(name, Parameter(name))
    if isinstance(datatype := row.get("datatype"), ox.NamedNode):
        parameter.datatype = datatype.value
    if isinstance(default := row.get("default"), ox.Literal | ox.NamedNode):
        parameter.default = default
    if isinstance(order := row.get("order"), ox.Literal):
        parameter.order = float(order.value)
    _add(parameter.labels, row.get("name"))
    _add(parameter.descriptions, row.get("description"))


def _add(texts: set[Text], term: Term | None) -> None:
    if isinstance(term, ox.Literal):
        texts.add(Text(term.value, term.language or ""))
