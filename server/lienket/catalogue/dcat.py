"""The catalogue in DCAT-AP 3.0.1, made from the release (<https://semiceu.github.io/DCAT-AP/releases/3.0.1/>).

A publisher writes a few lines of `dataset.ttl`; counts, sizes, checksums, days, periods, places and formats come from
the release, and so does all that can be told from what is written already.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyoxigraph as ox

from lienket import scoring
from lienket.catalogue.agents import add_agents, add_contact, publishers
from lienket.catalogue.description import (
    Description,
    Facts,
    Source,
    day,
    endpoint_of,
    objects_of,
    publisher_of,
    states,
)
from lienket.catalogue.distributions import add_distributions
from lienket.catalogue.dqv import add_measurements, add_readiness
from lienket.catalogue.kinds import add_figures, add_places
from lienket.catalogue.terms import EU, EU_THEMES, PUBLIC, add_terms, eu_themes, languages_of, schemes
from lienket.datasets import Dataset
from lienket.vocabulary import DCAT, DCT, FOAF, PROV, RDF

_DCAT_AP = "http://data.europa.eu/r5r/"
_SPARQL = "https://www.w3.org/TR/sparql11-protocol/"


def describe(
    source: Source, datasets: Sequence[Dataset], manifest: Mapping[str, Any]
) -> Iterator[tuple[str, list[ox.Triple]]]:
    """Yield the DCAT description of the hub in parts: what each dataset adds by its id, and last, by "", the rest.

    So a page of the catalogue can be made of some datasets, each whole. `manifest` is that of the release in the
    making: by dataset id its `modified` day, `quads`, `dumps` and `score`. Raises `InputError` naming every publisher
    that no dataset describes.
    """
    shared = Description()
    for dataset in datasets:
        facts = manifest["datasets"][dataset.id]
        own = describe_dataset(source, dataset, facts)
        add_measurements(own, source, dataset, facts)
        _list(own, source, dataset, facts)
        add_terms(own, source, shared, own=dataset.iri)
        yield dataset.id, list(own.triples)
    _catalogue(shared, source, datasets, manifest)
    _sparql_service(shared, source)
    add_agents(shared, source, datasets)
    add_readiness(shared, source, publishers(datasets), manifest)
    add_terms(shared, source, shared)
    yield "", list(shared.triples)


def describe_dataset(source: Source, dataset: Dataset, facts: Facts) -> Description:
    """Return the description of one dataset and its distributions, without that of the terms and bodies it names."""
    described = Description()
    _dataset(described, source, dataset, facts)
    described.add(dataset.iri, DCAT + "theme", *_themes(source, dataset))
    add_places(described, source, dataset, facts)
    add_figures(described, source, dataset, facts)
    add_distributions(described, source, dataset, facts)
    return described


def points(
    source: Source, described: Description, dataset: Dataset, facts: Facts, *, conforms: bool = True
) -> dict[str, int]:  # fmt: skip
    """Return the metadata score of a dataset by metric.

    Of a release it can be taken for granted that descriptions conform: none is published before that is verified.
    """
    dumps = f"{source.project.base_iri}dumps/"
    served = {dataset.iri, endpoint_of(source.project), *(dumps + dump["file"] for dump in facts["dumps"])}
    return scoring.score(described.triples, dataset.iri, serves=served.__contains__, conforms=conforms)


def _catalogue(
    described: Description, source: Source, datasets: Iterable[Dataset], manifest: Mapping[str, Any]
) -> None:
    project = source.project
    catalogue = project.base_iri + "catalog"
    themes = dict.fromkeys(theme for dataset in datasets for theme in _themes(source, dataset))
    described.add(catalogue, RDF + "type", DCAT + "Catalog")
    described.add_texts(catalogue, DCT + "title", project.title)
    described.add_texts(catalogue, DCT + "description", project["description"])
    described.add(catalogue, DCT + "identifier", ox.Literal(catalogue))
    described.add(catalogue, DCT + "publisher", publisher_of(project))
    described.add(catalogue, DCAT + "contactPoint", add_contact(described, project))
    described.add(catalogue, DCT + "license", project["catalogue.licence"])
    described.add(catalogue, DCT + "rights", PUBLIC)
    described.add(catalogue, DCT + "language", *languages_of(source))
    described.add(catalogue, DCT + "conformsTo", _DCAT_AP)
    described.add(catalogue, FOAF + "homepage", project.base_iri)
    described.add(catalogue, DCT + "modified", day(max(d["modified"] for d in manifest["datasets"].values())))
    described.add(catalogue, DCAT + "themeTaxonomy", *dict.fromkeys((EU_THEMES, *schemes(source, themes))))
    described.add(catalogue, DCAT + "service", endpoint_of(project))
    issued = project["catalogue.issued"] or min(d["issued"] for d in manifest["datasets"].values())
    described.add(catalogue, DCT + "issued", day(issued))
    if project["catalogue.spatial"]:
        described.add(catalogue, DCT + "spatial", project["catalogue.spatial"])


def _list(described: Description, source: Source, dataset: Dataset, facts: Facts) -> None:
    """Say that a dataset is of the catalogue, since when, and that it can be asked."""
    catalogue, record = source.project.base_iri + "catalog", dataset.iri + "#record"
    described.add(catalogue, DCAT + "dataset", dataset.iri)
    described.add(catalogue, DCAT + "record", record)
    described.add(endpoint_of(source.project), DCAT + "servesDataset", dataset.iri)
    described.add(record, RDF + "type", DCAT + "CatalogRecord")
    described.add(record, FOAF + "primaryTopic", dataset.iri)
    described.add(record, DCT + "issued", day(facts["issued"]))
    described.add(record, DCT + "modified", day(facts["modified"]))
    described.add(record, DCT + "language", *languages_of(source))
    described.add(record, DCT + "conformsTo", _DCAT_AP)


def _sparql_service(described: Description, source: Source) -> None:
    project = source.project
    service = endpoint_of(project)
    described.add(service, RDF + "type", DCAT + "DataService")
    described.add_texts(service, DCT + "title", {tag: f"SPARQL – {title}" for tag, title in project.title.items()})
    described.add_texts(service, DCT + "description", project["description"])
    described.add_texts(service, DCAT + "keyword", dict.fromkeys(project.languages, "SPARQL"))
    described.add(service, DCAT + "theme", EU + "data-theme/GOVE")
    described.add(service, DCAT + "contactPoint", project.base_iri + "catalog#contact")
    described.add(service, DCAT + "endpointURL", service)
    described.add(service, DCAT + "endpointDescription", service)
    described.add(service, DCT + "conformsTo", _SPARQL)
    described.add(service, DCT + "publisher", publisher_of(project))
    described.add(service, DCT + "license", project["catalogue.licence"])
    described.add(service, DCT + "accessRights", PUBLIC)


def _dataset(described: Description, source: Source, dataset: Dataset, facts: Facts) -> None:
    for triple in dataset.description:
        described.triples[_source_as_provenance(triple)] = None
    described.add(dataset.iri, RDF + "type", DCAT + "Dataset")
    described.add(dataset.iri, DCT + "identifier", ox.Literal(dataset.iri))
    described.add(dataset.iri, DCAT + "version", ox.Literal(facts["modified"]))
    described.add(dataset.iri, DCT + "modified", day(facts["modified"]))
    described.add(dataset.iri, DCT + "language", *languages_of(source))
    described.add(dataset.iri, DCAT + "landingPage", dataset.iri + ".html")
    described.add(dataset.iri, DCT + "accessRights", *(objects_of(dataset, DCT + "accessRights") or [PUBLIC]))
    if not states(dataset, DCT + "issued"):
        described.add(dataset.iri, DCT + "issued", day(facts["issued"]))
    if not states(dataset, DCT + "accrualPeriodicity"):
        described.add(dataset.iri, DCT + "accrualPeriodicity", EU + "frequency/UNKNOWN")
    if not states(dataset, DCT + "creator"):
        described.add(dataset.iri, DCT + "creator", *objects_of(dataset, DCT + "publisher"))
    if not states(dataset, DCT + "spatial") and source.project["catalogue.spatial"]:
        described.add(dataset.iri, DCT + "spatial", source.project["catalogue.spatial"])
    if not states(dataset, DCT + "temporal") and facts["period"]:
        period = dataset.iri + "#period"
        first, last = facts["period"]
        described.add(dataset.iri, DCT + "temporal", period)
        described.add(period, DCAT + "startDate", day(first))
        described.add(period, DCAT + "endDate", day(last))


def _themes(source: Source, dataset: Dataset) -> list[str]:
    """Return the themes of a dataset, and those of the EU that they are matched with."""
    stated = [t.value if isinstance(t, ox.NamedNode) else t for t in objects_of(dataset, DCAT + "theme")]
    return list(dict.fromkeys((*stated, *eu_themes(source, stated))))


def _source_as_provenance(triple: ox.Triple) -> ox.Triple:
    """Say where the figures come from as DCAT-AP wants it: there `dct:source` leads to datasets alone."""
    if triple.predicate.value != DCT + "source":
        return triple
    predicate = DCT + "provenance" if isinstance(triple.object, ox.Literal) else PROV + "wasDerivedFrom"
    return ox.Triple(triple.subject, ox.NamedNode(predicate), triple.object)
