"""The description of the data in VoID: sizes, classes, properties, dumps (<https://www.w3.org/TR/void/>)."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyoxigraph as ox

from lienket import formats
from lienket.catalogue.description import Description, day, endpoint_of, integer, objects_of
from lienket.datasets import Dataset
from lienket.project import Project
from lienket.vocabulary import DCT, FOAF, RDF, VOID


def describe_data(project: Project, datasets: Sequence[Dataset], manifest: Mapping[str, Any]) -> list[ox.Triple]:
    """Return the VoID description: by dataset its size, classes, properties and dumps, as the manifest counts them."""
    described = Description()
    hub = project.base_iri + "void#hub"
    document = project.base_iri + "void"
    described.add(document, RDF + "type", VOID + "DatasetDescription")
    described.add(document, FOAF + "primaryTopic", hub)
    described.add(hub, RDF + "type", VOID + "Dataset")
    described.add_texts(hub, DCT + "title", project.title)
    described.add(hub, VOID + "sparqlEndpoint", endpoint_of(project))
    described.add(hub, VOID + "uriSpace", ox.Literal(project.base_iri))
    described.add(hub, VOID + "triples", integer(sum(manifest["graphs"].values())))
    described.add(hub, VOID + "vocabulary", project.base_iri + "ontology")
    described.add(hub, VOID + "rootResource", project.base_iri + "catalog")
    described.add(hub, FOAF + "homepage", project.base_iri)
    described.add(hub, DCT + "license", project["catalogue.licence"])
    for format_ in formats.GRAPH_FORMATS:
        described.add(hub, VOID + "feature", format_.iri or "")
    for dataset in datasets:
        described.add(hub, VOID + "subset", dataset.iri)
        described.add(dataset.iri, RDF + "type", VOID + "Dataset")
        described.add_texts(
            dataset.iri, DCT + "title", {tag: dataset.text(DCT + "title", tag) for tag in project.languages}
        )
        described.add(dataset.iri, VOID + "triples", integer(manifest["graphs"].get(dataset.iri, 0)))
        described.add(dataset.iri, VOID + "sparqlEndpoint", endpoint_of(project))
        described.add(dataset.iri, VOID + "classes", integer(len(manifest["datasets"][dataset.id]["classes"])))
        described.add(dataset.iri, VOID + "properties", integer(len(manifest["datasets"][dataset.id]["properties"])))
        described.add(dataset.iri, DCT + "modified", day(manifest["datasets"][dataset.id]["modified"]))
        described.add(dataset.iri, DCT + "license", *objects_of(dataset, DCT + "license"))
        described.add(
            dataset.iri, VOID + "dataDump",
            *(f"{project.base_iri}dumps/{dump['file']}" for dump in manifest["datasets"][dataset.id]["dumps"]
              if dump["quads"]),
        )  # fmt: skip
        _partitions(described, dataset.iri, manifest["datasets"][dataset.id])
        _linksets(described, hub, dataset.iri, manifest["datasets"][dataset.id])
    return list(described.triples)


def _partitions(described: Description, graph: str, facts: Mapping[str, Any]) -> None:
    for kind, counted, name in (("class", "entities", "classes"), ("property", "triples", "properties")):
        for number, (iri, count) in enumerate(facts[name].items(), 1):
            partition = f"{graph}#{kind}-{number}"
            described.add(graph, f"{VOID}{kind}Partition", partition)
            described.add(partition, VOID + kind, iri)
            described.add(partition, VOID + counted, integer(count))


def _linksets(described: Description, hub: str, graph: str, facts: Mapping[str, Any]) -> None:
    """Say how many links of which kind lead where."""
    for number, (predicate, target, count) in enumerate(facts["links"], 1):
        linkset = f"{graph}#links-{number}"
        described.add(hub, VOID + "subset", linkset)
        described.add(linkset, RDF + "type", VOID + "Linkset")
        described.add(linkset, VOID + "subjectsTarget", graph)
        described.add(linkset, VOID + "objectsTarget", target)
        described.add(linkset, VOID + "linkPredicate", predicate)
        described.add(linkset, VOID + "triples", integer(count))
        described.add(target, RDF + "type", VOID + "Dataset")
        described.add(target, VOID + "uriSpace", ox.Literal(target))
