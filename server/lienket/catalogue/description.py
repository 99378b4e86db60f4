"""What all descriptions are made of: triples in the making, names, addresses."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pyoxigraph as ox

from lienket import languages
from lienket.datasets import Dataset
from lienket.ontology import Ontology
from lienket.project import Project
from lienket.store import Store
from lienket.vocabulary import LABEL_PREDICATES, XSD

Node = ox.NamedNode | ox.BlankNode
Facts = Mapping[str, Any]
"""What the manifest says of a dataset: `modified`, `dumps`, `period`, `box`, …"""


@dataclass
class Description:
    """Triples in the making, each once and in order."""

    triples: dict[ox.Triple, None] = field(default_factory=dict)
    named: set[ox.NamedNode] = field(default_factory=set)
    """Terms and places that have been named already."""

    def add(self, subject: str, predicate: str, *objects: str | ox.NamedNode | ox.Literal | ox.BlankNode) -> None:
        """Add a triple for each object; a plain text is an IRI."""
        for object_ in objects:
            term = ox.NamedNode(object_) if isinstance(object_, str) else object_
            self.triples[ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), term)] = None

    def add_texts(self, subject: str, predicate: str, texts: Mapping[str, str]) -> None:
        """Add a literal for each language."""
        self.add(subject, predicate, *(ox.Literal(text, language=tag) for tag, text in texts.items()))


@dataclass
class Source:
    """What a description is made from: settings, what the release's data call things, the ontology."""

    project: Project
    store: Store
    """Holds what is said of publishers, places, licences and other things that a catalogue names."""
    ontology: Ontology
    _names: dict[str, dict[str, str]] = field(default_factory=dict)

    @cached_property
    def _stated(self) -> dict[tuple[Node, str], list[Node]]:
        found: dict[tuple[Node, str], list[Node]] = {}
        for triple in self.ontology.triples:
            if isinstance(triple.object, Node) and isinstance(triple.subject, Node):
                found.setdefault((triple.subject, triple.predicate.value), []).append(triple.object)
        return found

    def stated(self, subjects: Iterable[str | Node], predicate: str) -> list[Node]:
        """Return what the ontology states of some subjects by `predicate`, each node once."""
        nodes = (ox.NamedNode(subject) if isinstance(subject, str) else subject for subject in subjects)
        return list(dict.fromkeys(value for node in nodes for value in self._stated.get((node, predicate), ())))

    def names_of(self, iri: str) -> dict[str, str]:
        """Return the names of a resource by language tag; asked once."""
        if iri not in self._names:
            self._names[iri] = names_of(self.store, iri) or self.ontology.labels.get(iri, {})
        return self._names[iri]

    def translated(self, words: str, **values: str) -> dict[str, str]:
        """Return words of the interface in each language of the deployment."""
        return {tag: languages.get(tag).gettext(words).format(**values) for tag in self.project.languages}


def names_of(store: Store, iri: str) -> dict[str, str]:
    """Return the names of a resource by language tag, best kind of name first."""
    labels = " ".join(f"<{predicate}>" for predicate in LABEL_PREDICATES)
    rows = store.select(
        f"SELECT ?agent ?name WHERE {{ VALUES ?label {{ {labels} }} GRAPH ?graph {{ ?agent ?label ?name }} }}",
        agent=ox.NamedNode(iri),
    )
    literals = [row["name"] for row in rows if isinstance(row["name"], ox.Literal)]
    return {literal.language: literal.value for literal in reversed(literals) if literal.language}


def values_of(store: Store, iri: str, predicate: str) -> list[ox.NamedNode | ox.Literal]:
    """Return what the data states of a resource, in order."""
    rows = store.select(
        f"SELECT DISTINCT ?thing ?value WHERE {{ GRAPH ?graph {{ ?thing <{predicate}> ?value }} }}",
        thing=ox.NamedNode(iri),
    )
    values = [row["value"] for row in rows]
    return sorted((value for value in values if isinstance(value, ox.NamedNode | ox.Literal)), key=str)


def endpoint_of(project: Project) -> str:
    """Return the IRI of the hub's SPARQL endpoint."""
    return project.base_iri + "sparql"


def publisher_of(project: Project) -> str:
    """Return the IRI of the body that answers for the hub."""
    iri = str(project["publisher.iri"])
    return iri if "://" in iri else project.base_iri + iri


def objects_of(dataset: Dataset, predicate: str) -> list[str | ox.NamedNode]:
    """Return the IRIs that a dataset's description states for `predicate`."""
    return [
        triple.object
        for triple in dataset.description
        if triple.subject == ox.NamedNode(dataset.iri)
        and triple.predicate.value == predicate
        and isinstance(triple.object, ox.NamedNode)
    ]


def states(dataset: Dataset, predicate: str) -> bool:
    """Tell whether a dataset's own description states anything for `predicate`."""
    subject = ox.NamedNode(dataset.iri)
    return any(triple.subject == subject and triple.predicate.value == predicate for triple in dataset.description)


def typed(text: str, datatype: str) -> ox.Literal:
    """Return a literal of an XML Schema datatype."""
    return ox.Literal(text, datatype=ox.NamedNode(XSD + datatype))


def integer(number: int) -> ox.Literal:
    """Return an xsd:integer."""
    return typed(str(number), "integer")


def day(text: str) -> ox.Literal:
    """Return an xsd:date from yyyy-mm-dd."""
    return typed(text, "date")
