"""The ontology folder: terms with their labels and definitions, code lists, prefixes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox

from lienket.errors import Fault, Faults
from lienket.rdf import rdf_files, read_quads
from lienket.vocabulary import PREFIXES, RDF, RDFS, SH, SKOS

TERM_CLASSES = frozenset(
    ox.NamedNode(iri)
    for iri in (
        RDFS + "Class", "http://www.w3.org/2002/07/owl#Class", RDF + "Property",
        "http://www.w3.org/2002/07/owl#ObjectProperty", "http://www.w3.org/2002/07/owl#DatatypeProperty",
        "http://www.w3.org/2002/07/owl#AnnotationProperty",
    )
)  # fmt: skip
"""What makes a resource a term of an ontology."""

_TYPE = ox.NamedNode(RDF + "type")
_PREFERRED = ox.NamedNode(SKOS + "prefLabel")
_LABEL = ox.NamedNode(RDFS + "label")
_DEFINITION = ox.NamedNode(SKOS + "definition")


@dataclass(frozen=True)
class Ontology:
    """Everything in the ontology folder, read as one graph."""

    iri: str
    """`{base_iri}ontology`: the ontology itself, its named graph, and with a slash the namespace of its terms."""
    files: tuple[Path, ...]
    triples: tuple[ox.Triple, ...]
    prefixes: dict[str, str]
    """The engine's prefixes and those the folder declares with `sh:declare`."""

    @property
    def namespace(self) -> str:
        """What the deployment's own terms begin with."""
        return self.iri + "/"

    @property
    def terms(self) -> frozenset[str]:
        """IRIs of the terms defined here, own and reused."""
        return frozenset(
            triple.subject.value
            for triple in self.triples
            if triple.predicate == _TYPE and triple.object in TERM_CLASSES and isinstance(triple.subject, ox.NamedNode)
        )

    @cached_property
    def labels(self) -> dict[str, dict[str, str]]:
        """What terms and entries of code lists are called: by IRI and language tag."""
        found: dict[str, dict[str, str]] = {}
        for predicate in (_PREFERRED, _LABEL):  # the latter counts where a term has both
            for triple in self.triples:
                name = triple.object
                if triple.predicate == predicate and isinstance(name, ox.Literal) and name.language:
                    found.setdefault(str(triple.subject).strip("<>"), {})[name.language] = name.value
        return found

    def quads(self) -> Iterator[ox.Quad]:
        """Yield the triples as quads of the ontology's named graph."""
        graph = ox.NamedNode(self.iri)
        for triple in self.triples:
            yield ox.Quad(triple.subject, triple.predicate, triple.object, graph)

    def undefined(self, used: Iterable[str]) -> list[str]:
        """Return those IRIs of `used` that lie in our namespace and are defined nowhere."""
        return sorted({iri for iri in used if iri.startswith(self.namespace)} - self.terms)


def read_ontology(folder: Path, *, base_iri: str, languages: Iterable[str]) -> Ontology:
    """Return the ontology in `folder`; each of its own terms must have a label and a definition in each language.

    Raises `InputError` with every fault.
    """
    iri = base_iri + "ontology"
    files = tuple(rdf_files(folder))
    faults = Faults()
    triples: list[ox.Triple] = []
    for file in files:
        with faults.gathered():
            triples += [quad.triple for quad in read_quads(file, base_iri=iri, apart=True)]
    ontology = Ontology(iri, files, tuple(dict.fromkeys(triples)), PREFIXES | _prefixes(triples))
    faults.found += _unlabelled(ontology, tuple(languages), folder)
    faults.raise_if_any()
    return ontology


def _prefixes(triples: Iterable[ox.Triple]) -> dict[str, str]:
    names: dict[object, str] = {}
    namespaces: dict[object, str] = {}
    for triple in triples:
        if isinstance(triple.object, ox.Literal):
            if triple.predicate.value == SH + "prefix":
                names[triple.subject] = triple.object.value
            elif triple.predicate.value == SH + "namespace":
                namespaces[triple.subject] = triple.object.value
    return {
        name: namespaces[node] for node, name in sorted(names.items(), key=lambda item: item[1]) if node in namespaces
    }


def _unlabelled(ontology: Ontology, languages: tuple[str, ...], folder: Path) -> list[Fault]:
    said: set[tuple[str, str, str]] = {
        (triple.subject.value, triple.predicate.value, triple.object.language or "")
        for triple in ontology.triples
        if isinstance(triple.subject, ox.NamedNode) and isinstance(triple.object, ox.Literal)
    }
    return [
        Fault("term {term} has no {property} in language {language}", file=str(folder),
              values={"term": term, "property": name, "language": language})
        for term in sorted(ontology.terms)
        if term.startswith(ontology.namespace)
        for name, predicate in (("rdfs:label", _LABEL), ("skos:definition", _DEFINITION))
        for language in languages
        if (term, predicate.value, language) not in said
    ]  # fmt: skip
