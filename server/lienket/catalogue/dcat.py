"""The catalogue in DCAT-AP 3.0.1, made from the release (<https://semiceu.github.io/DCAT-AP/releases/3.0.1/>).

A publisher writes a few lines of `dataset.ttl`; counts, sizes, checksums, dates and formats come from the release.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyoxigraph as ox

from lienket import languages
from lienket.catalogue.description import Description, day, endpoint_of, names_of, objects_of, typed
from lienket.catalogue.dqv import add_measurements
from lienket.datasets import Dataset
from lienket.errors import Fault, Faults
from lienket.project import Project
from lienket.store import Store
from lienket.vocabulary import DCAT, DCATAP, DCT, FOAF, PROV, RDF, RDFS, SKOS, SPDX, VCARD

_EU = "http://publications.europa.eu/resource/authority/"
_IANA = "https://www.iana.org/assignments/media-types/"
_THEMES = _EU + "data-theme"

THEMES: Mapping[str, str] = {
    "AGRI": "Agriculture, fisheries, forestry and food",
    "ECON": "Economy and finance",
    "EDUC": "Education, culture and sport",
    "ENER": "Energy",
    "ENVI": "Environment",
    "GOVE": "Government and public sector",
    "HEAL": "Health",
    "INTR": "International issues",
    "JUST": "Justice, legal system and public safety",
    "OP_DATPRO": "Provisional data",
    "REGI": "Regions and cities",
    "SOCI": "Population and society",
    "TECH": "Science and technology",
    "TRAN": "Transport",
}
"""The EU's data themes: code and name, in the words that a language pack translates."""

RANGES: Mapping[str, str] = {
    DCT + "license": DCT + "LicenseDocument",
    DCT + "accessRights": DCT + "RightsStatement",
    DCT + "rights": DCT + "RightsStatement",
    DCT + "accrualPeriodicity": DCT + "Frequency",
    DCT + "language": DCT + "LinguisticSystem",
    DCT + "spatial": DCT + "Location",
    DCT + "temporal": DCT + "PeriodOfTime",
    DCT + "format": DCT + "MediaTypeOrExtent",
    DCT + "conformsTo": DCT + "Standard",
    DCT + "provenance": DCT + "ProvenanceStatement",
    DCAT + "mediaType": DCT + "MediaType",
    DCAT + "compressFormat": DCT + "MediaType",
    DCAT + "contactPoint": VCARD + "Kind",
    DCT + "publisher": FOAF + "Agent",
    DCT + "creator": FOAF + "Agent",
}
"""Property → class of its values: readers of the catalogue want the type in the page, also of terms kept elsewhere."""

LANGUAGES: Mapping[str, str] = {"vi": "VIE", "en": "ENG", "fr": "FRA", "ja": "JPN", "ko": "KOR", "zh": "ZHO"}
"""Language tag → code in the EU language list."""


def describe(
    project: Project, datasets: Sequence[Dataset], manifest: Mapping[str, Any], store: Store
) -> list[ox.Triple]:
    """Return the DCAT description of the whole hub.

    `manifest` is that of the release in the making: by dataset id its `modified` day, `quads` and `dumps`; `store`
    holds its data and knows the names of the publishers. Raises `InputError` naming every publisher that no dataset
    describes.
    """
    described = Description()
    _catalogue(described, project, datasets, manifest)
    _sparql_service(described, project, datasets)
    for dataset in datasets:
        _dataset(described, project, dataset, manifest["datasets"][dataset.id])
    _agents(described, project, datasets, store)
    _ranges(described, project, store)
    return list(described.triples)


def _catalogue(
    described: Description, project: Project, datasets: Iterable[Dataset], manifest: Mapping[str, Any]
) -> None:
    catalogue = project.base_iri + "catalog"
    described.add(catalogue, RDF + "type", DCAT + "Catalog")
    described.add_texts(catalogue, DCT + "title", project.title)
    described.add_texts(catalogue, DCT + "description", project["description"])
    described.add(catalogue, DCT + "publisher", _publisher(project))
    described.add(catalogue, DCT + "license", project["catalogue.licence"])
    described.add(catalogue, DCT + "language", *_languages(project))
    described.add(catalogue, FOAF + "homepage", project.base_iri)
    described.add(project.base_iri, RDF + "type", FOAF + "Document")
    described.add(catalogue, DCT + "modified", day(max(d["modified"] for d in manifest["datasets"].values())))
    described.add(catalogue, DCAT + "themeTaxonomy", _THEMES)
    described.add(catalogue, DCAT + "service", endpoint_of(project))
    if project["catalogue.issued"]:
        described.add(catalogue, DCT + "issued", day(project["catalogue.issued"]))
    if project["catalogue.spatial"]:
        described.add(catalogue, DCT + "spatial", project["catalogue.spatial"])
    for dataset in datasets:
        record = dataset.iri + "#record"
        described.add(catalogue, DCAT + "dataset", dataset.iri)
        described.add(catalogue, DCAT + "record", record)
        described.add(record, RDF + "type", DCAT + "CatalogRecord")
        described.add(record, FOAF + "primaryTopic", dataset.iri)
        described.add(record, DCT + "modified", day(manifest["datasets"][dataset.id]["modified"]))


def _sparql_service(described: Description, project: Project, datasets: Iterable[Dataset]) -> None:
    service = endpoint_of(project)
    described.add(service, RDF + "type", DCAT + "DataService")
    described.add_texts(service, DCT + "title", {tag: f"SPARQL – {title}" for tag, title in project.title.items()})
    described.add(service, DCAT + "endpointURL", service)
    described.add(service, DCAT + "endpointDescription", service)
    described.add(service, DCT + "conformsTo", "https://www.w3.org/TR/sparql11-protocol/")
    described.add(service, DCT + "publisher", _publisher(project))
    described.add(service, DCT + "license", project["catalogue.licence"])
    described.add(service, DCT + "accessRights", _EU + "access-right/PUBLIC")
    described.add(service, DCAT + "servesDataset", *(dataset.iri for dataset in datasets))


def _dataset(described: Description, project: Project, dataset: Dataset, facts: Mapping[str, Any]) -> None:
    for triple in dataset.description:
        described.triples[_source_as_provenance(triple)] = None
    described.add(dataset.iri, RDF + "type", DCAT + "Dataset")
    described.add(dataset.iri, DCT + "identifier", ox.Literal(dataset.iri))
    described.add(dataset.iri, DCT + "modified", day(facts["modified"]))
    described.add(dataset.iri, DCT + "language", *_languages(project))
    described.add(dataset.iri, DCAT + "landingPage", dataset.iri + ".html")
    described.add(dataset.iri + ".html", RDF + "type", FOAF + "Document")
    licences = objects_of(dataset, DCT + "license")
    rights = objects_of(dataset, DCT + "accessRights") or [_EU + "access-right/PUBLIC"]
    described.add(dataset.iri, DCT + "accessRights", *rights)
    for dump in facts["dumps"]:
        distribution = f"{dataset.iri}#{dump['file']}"
        described.add(dataset.iri, DCAT + "distribution", distribution)
        described.add(distribution, RDF + "type", DCAT + "Distribution")
        described.add_texts(
            distribution, DCT + "title",
            {tag: f"{dataset.text(DCT + 'title', tag)} ({dump['format']})" for tag in project.languages},
        )  # fmt: skip
        described.add_texts(
            distribution, DCT + "description",
            _translated(project, dump["description"]),
        )  # fmt: skip
        described.add(distribution, DCAT + "accessURL", dataset.iri)
        described.add(distribution, DCAT + "downloadURL", f"{project.base_iri}dumps/{dump['file']}")
        described.add(distribution, DCT + "license", *licences)
        described.add(distribution, DCT + "rights", *rights)
        described.add(distribution, DCT + "modified", day(facts["modified"]))
        described.add(distribution, DCATAP + "availability", _EU + "planned-availability/STABLE")
        described.add(distribution, DCT + "format", _EU + "file-type/" + dump["eu_file_type"])
        described.add(distribution, DCAT + "mediaType", _IANA + dump["media_type"])
        if dump["compressed"]:
            described.add(distribution, DCAT + "compressFormat", _IANA + "application/gzip")
        described.add(distribution, DCAT + "byteSize", typed(str(dump["size"]), "nonNegativeInteger"))
        checksum = distribution + "-sha256"
        described.add(distribution, SPDX + "checksum", checksum)
        described.add(checksum, RDF + "type", SPDX + "Checksum")
        # the one form that the EU's shapes and the harvesters both accept
        algorithm = "https://spdx.org/rdf/terms#checksumAlgorithm_sha256"
        described.add(checksum, SPDX + "algorithm", algorithm)
        described.add(algorithm, RDF + "type", SPDX + "ChecksumAlgorithm")
        described.add(checksum, SPDX + "checksumValue", typed(dump["sha256"], "hexBinary"))
    _sparql_distribution(described, project, dataset, licences)
    add_measurements(described, project, dataset, facts)


def _sparql_distribution(
    described: Description, project: Project, dataset: Dataset, licences: Sequence[str | ox.NamedNode]
) -> None:
    distribution = dataset.iri + "#sparql"
    described.add(dataset.iri, DCAT + "distribution", distribution)
    described.add(distribution, RDF + "type", DCAT + "Distribution")
    described.add_texts(
        distribution, DCT + "title", {tag: f"{dataset.text(DCT + 'title', tag)} (SPARQL)" for tag in project.languages}
    )
    described.add(distribution, DCAT + "accessURL", endpoint_of(project))
    described.add(distribution, DCAT + "accessService", endpoint_of(project))
    described.add(distribution, DCT + "license", *licences)
    described.add(distribution, DCATAP + "availability", _EU + "planned-availability/STABLE")
    described.add(distribution, DCT + "format", _EU + "file-type/SPARQLQ")


def publishers(datasets: Iterable[Dataset]) -> dict[str, list[Dataset]]:
    """Return the datasets by the IRI of who publishes them."""
    found: dict[str, list[Dataset]] = {}
    for dataset in datasets:
        for publisher in objects_of(dataset, DCT + "publisher"):
            found.setdefault(publisher.value if isinstance(publisher, ox.NamedNode) else publisher, []).append(dataset)
    return found


def named(project: Project, datasets: Iterable[Dataset]) -> list[str]:
    """Return what the IRIs begin with that the catalogue looks up the names of."""
    return [_publisher(project), *publishers(datasets), _EU]


def unnamed(project: Project, datasets: Iterable[Dataset], store: Store) -> list[Fault]:
    """Return a fault for each dataset whose publisher has no name in `store`, nor in the settings."""
    return [
        Fault("dct:publisher {iri} has no name in any dataset; add it to the table of agencies",
              file=str(dataset.folder / "dataset.ttl"), values={"iri": iri})
        for iri, theirs in publishers(datasets).items()
        if iri != _publisher(project) and not names_of(store, iri)
        for dataset in theirs
    ]  # fmt: skip


def _agents(described: Description, project: Project, datasets: Sequence[Dataset], store: Store) -> None:
    """Name every publisher from the data; the hub's own from the settings where the data does not."""
    Faults(unnamed(project, datasets, store)).raise_if_any()
    for iri in dict.fromkeys((_publisher(project), *publishers(datasets))):
        described.add(iri, RDF + "type", FOAF + "Agent")
        own = project["publisher.name"] if iri == _publisher(project) else {}
        described.add_texts(iri, FOAF + "name", names_of(store, iri) or own)


def _source_as_provenance(triple: ox.Triple) -> ox.Triple:
    """Say where the figures come from as DCAT-AP wants it: there `dct:source` leads to datasets alone."""
    if triple.predicate.value != DCT + "source":
        return triple
    predicate = DCT + "provenance" if isinstance(triple.object, ox.Literal) else PROV + "wasDerivedFrom"
    return ox.Triple(triple.subject, ox.NamedNode(predicate), triple.object)


def _ranges(described: Description, project: Project, store: Store) -> None:
    """Type the values of the properties in `RANGES`; give the EU's terms a name and their scheme."""
    for triple in list(described.triples):
        iri = triple.object.value if isinstance(triple.object, ox.NamedNode) else ""
        range_ = RANGES.get(triple.predicate.value)
        if range_ and isinstance(triple.object, ox.NamedNode | ox.BlankNode):
            described.triples[ox.Triple(triple.object, ox.NamedNode(RDF + "type"), ox.NamedNode(range_))] = None
        elif range_ == DCT + "ProvenanceStatement":
            _provenance_statement(described, triple)
        if iri.startswith(_EU) and iri.removeprefix(_EU).count("/") == 1:
            _eu_term(described, project, store, iri)


def _provenance_statement(described: Description, triple: ox.Triple) -> None:
    """Put a text about provenance into a statement of its own."""
    statement = ox.BlankNode()
    del described.triples[triple]
    for s, p, o in (
        (triple.subject, triple.predicate, statement),
        (statement, ox.NamedNode(RDF + "type"), ox.NamedNode(DCT + "ProvenanceStatement")),
        (statement, ox.NamedNode(RDFS + "label"), triple.object),
    ):
        described.triples[ox.Triple(s, p, o)] = None


def _eu_term(described: Description, project: Project, store: Store, iri: str) -> None:
    scheme, _, code = iri.removeprefix(_EU).partition("/")
    described.add(iri, RDF + "type", SKOS + "Concept")
    described.add(iri, SKOS + "inScheme", _EU + scheme)
    described.add(_EU + scheme, RDF + "type", SKOS + "ConceptScheme")
    described.add(_EU + scheme, DCT + "title", ox.Literal(scheme.replace("-", " "), language="en"))
    if scheme == "data-theme" and code in THEMES:
        described.add_texts(iri, SKOS + "prefLabel", _translated(project, THEMES[code]))
    else:
        described.add_texts(iri, SKOS + "prefLabel", names_of(store, iri) or {"en": code})


def _translated(project: Project, words: str) -> dict[str, str]:
    return {tag: languages.get(tag).gettext(words) for tag in project.languages}


def _publisher(project: Project) -> str:
    iri = str(project["publisher.iri"])
    return iri if "://" in iri else project.base_iri + iri


def _languages(project: Project) -> list[str]:
    return [f"{_EU}language/{LANGUAGES[tag]}" for tag in project.languages if tag in LANGUAGES]
