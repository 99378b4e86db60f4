"""Who publishes: bodies with their names, official identifiers and the body above, as the data tells of them (ORG)."""

from collections.abc import Iterable, Sequence

import pyoxigraph as ox

from lienket.catalogue.description import Description, Source, names_of, objects_of, publisher_of, values_of
from lienket.catalogue.terms import EU
from lienket.datasets import Dataset
from lienket.errors import Fault, Faults
from lienket.project import Project
from lienket.store import Store
from lienket.vocabulary import DCAT, DCT, FOAF, ORG, RDF, VCARD


def publishers(datasets: Iterable[Dataset]) -> dict[str, list[Dataset]]:
    """Return the datasets by the IRI of who publishes them."""
    found: dict[str, list[Dataset]] = {}
    for dataset in datasets:
        for publisher in objects_of(dataset, DCT + "publisher"):
            found.setdefault(publisher.value if isinstance(publisher, ox.NamedNode) else publisher, []).append(dataset)
    return found


def named(project: Project, datasets: Sequence[Dataset]) -> list[str]:
    """Return what the IRIs begin with that the catalogue looks up the names of."""
    places = [str(project["catalogue.spatial"])] if project["catalogue.spatial"] else []
    stated = [
        value.value if isinstance(value, ox.NamedNode) else value
        for dataset in datasets
        for predicate in (DCT + "spatial", DCAT + "theme", DCT + "license", DCT + "creator")
        for value in objects_of(dataset, predicate)
    ]
    return list(dict.fromkeys([publisher_of(project), *publishers(datasets), EU, *places, *stated]))


def unnamed(project: Project, datasets: Iterable[Dataset], store: Store) -> list[Fault]:
    """Return a fault for each dataset whose publisher has no name in `store`, nor in the settings."""
    return [
        Fault("dct:publisher {iri} has no name in any dataset; add it to the table of agencies",
              file=str(dataset.folder / "dataset.ttl"), values={"iri": iri})
        for iri, theirs in publishers(datasets).items()
        if iri != publisher_of(project) and not names_of(store, iri)
        for dataset in theirs
    ]  # fmt: skip


def add_agents(described: Description, source: Source, datasets: Sequence[Dataset]) -> None:
    """Name every publisher from the data; the hub's own from the settings where the data does not.

    Raises `InputError` naming every publisher that no dataset describes.
    """
    project = source.project
    Faults(unnamed(project, datasets, source.store)).raise_if_any()
    creators = [
        value.value if isinstance(value, ox.NamedNode) else value
        for dataset in datasets
        for value in objects_of(dataset, DCT + "creator")
    ]
    hub = publisher_of(project)
    for iri in dict.fromkeys((hub, *publishers(datasets), *creators)):
        described.add(iri, RDF + "type", FOAF + "Agent", ORG + "Organization")
        own = project["publisher.name"] if iri == hub else {}
        described.add_texts(iri, FOAF + "name", source.names_of(iri) or own)
        for identifier in values_of(source.store, iri, ORG + "identifier"):
            described.add(iri, ORG + "identifier", identifier)
            described.add(iri, DCT + "identifier", identifier)
        described.add(iri, ORG + "subOrganizationOf", *values_of(source.store, iri, ORG + "subOrganizationOf"))
    if project["publisher.homepage"]:
        described.add(hub, FOAF + "homepage", project["publisher.homepage"])


def add_contact(described: Description, project: Project) -> str:
    """Describe whom to write to about the hub itself; return its IRI."""
    contact = project.base_iri + "catalog#contact"
    described.add(contact, RDF + "type", VCARD + "Organization")
    described.add_texts(contact, VCARD + "fn", project["publisher.name"])
    if project["publisher.email"]:
        described.add(contact, VCARD + "hasEmail", f"mailto:{project['publisher.email']}")
    described.add(contact, VCARD + "hasURL", project["publisher.homepage"] or project.base_iri)
    return contact
