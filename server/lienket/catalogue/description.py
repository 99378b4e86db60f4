"""What both descriptions are made of: triples in the making, names, addresses."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyoxigraph as ox

from lienket.datasets import Dataset
from lienket.project import Project
from lienket.store import Store
from lienket.vocabulary import LABEL_PREDICATES, XSD


@dataclass
class Description:
    """Triples in the making, each once and in order."""

    triples: dict[ox.Triple, None] = field(default_factory=dict)

    def add(self, subject: str, predicate: str, *objects: str | ox.NamedNode | ox.Literal | ox.BlankNode) -> None:
        """Add a triple for each object; a plain text is an IRI."""
        for object_ in objects:
            term = ox.NamedNode(object_) if isinstance(object_, str) else object_
            self.triples[ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), term)] = None

    def add_texts(self, subject: str, predicate: str, texts: Mapping[str, str]) -> None:
        """Add a literal for each language."""
        self.add(subject, predicate, *(ox.Literal(text, language=tag) for tag, text in texts.items()))


def names_of(store: Store, iri: str) -> dict[str, str]:
    """Return the names of a resource by language tag, best kind of name first."""
    labels = " ".join(f"<{predicate}>" for predicate in LABEL_PREDICATES)
    rows = store.select(
        f"SELECT ?agent ?name WHERE {{ VALUES ?label {{ {labels} }} GRAPH ?graph {{ ?agent ?label ?name }} }}",
        agent=ox.NamedNode(iri),
    )
    literals = [row["name"] for row in rows if isinstance(row["name"], ox.Literal)]
    return {literal.language: literal.value for literal in reversed(literals) if literal.language}


def endpoint_of(project: Project) -> str:
    """Return the IRI of the hub's SPARQL endpoint."""
    return project.base_iri + "sparql"


def objects_of(dataset: Dataset, predicate: str) -> list[str | ox.NamedNode]:
    """Return the IRIs that a dataset's description states for `predicate`."""
    return [
        triple.object
        for triple in dataset.description
        if triple.subject == ox.NamedNode(dataset.iri)
        and triple.predicate.value == predicate
        and isinstance(triple.object, ox.NamedNode)
    ]


def typed(text: str, datatype: str) -> ox.Literal:
    """Return a literal of an XML Schema datatype."""
    return ox.Literal(text, datatype=ox.NamedNode(XSD + datatype))


def integer(number: int) -> ox.Literal:
    """Return an xsd:integer."""
    return typed(str(number), "integer")


def day(text: str) -> ox.Literal:
    """Return an xsd:date from yyyy-mm-dd."""
    return typed(text, "date")
