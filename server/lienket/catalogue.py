"""The catalogue and the description of the data, made from the release: DCAT-AP 3.0.1 and VoID.

A publisher writes a few lines of `dataset.ttl`; counts, sizes, checksums, dates and formats come from the release.
<https://semiceu.github.io/DCAT-AP/releases/3.0.1/>, <https://www.w3.org/TR/void/>.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyoxigraph as ox

from lienket import formats, languages
from lienket.datasets import Dataset
from lienket.errors import Fault, Faults
from lienket.project import Project
from lienket.store import Store
from lienket.vocabulary import (
    DCAT,
    DCATAP,
    DCT,
    FOAF,
    LABEL_PREDICATES,
    RDF,
    SKOS,
    SPDX,
    VCARD,
    VOID,
    XSD,
)  # fmt: skip

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


@dataclass
class _Description:
    """Triples in the making; `add` takes IRIs and terms."""

    triples: dict[ox.Triple, None] = field(default_factory=dict)

    def add(self, subject: str, predicate: str, *objects: str | ox.NamedNode | ox.Literal | ox.BlankNode) -> None:
        """Add a triple for each object; a plain text is an IRI."""
        for object_ in objects:
            term = ox.NamedNode(object_) if isinstance(object_, str) else object_
            self.triples[ox.Triple(ox.NamedNode(subject), ox.NamedNode(predicate), term)] = None

    def add_texts(self, subject: str, predicate: str, texts: Mapping[str, str]) -> None:
        """Add a literal for each language."""
        self.add(subject, predicate, *(ox.Literal(text, language=tag) for tag, text in texts.items()))


def describe(
    project: Project, datasets: Sequence[Dataset], manifest: Mapping[str, Any], store: Store
) -> list[ox.Triple]:
    """Return the DCAT description of the whole hub.

    `manifest` is that of the release in the making: by dataset id its `modified` day, `quads` and `dumps`; `store`
    holds its data and knows the names of the publishers. Raises `InputError` naming every publisher that no dataset
    describes.
    """
    described = _Description()
    _catalogue(described, project, datasets, manifest)
    _sparql_service(described, project, datasets)
    for dataset in datasets:
        _dataset(described, project, dataset, manifest["datasets"][dataset.id])
    _agents(described, project, datasets, store)
    _ranges(described, project)
    return list(described.triples)


def _catalogue(
    described: _Description, project: Project, datasets: Iterable[Dataset], manifest: Mapping[str, Any]
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
    described.add(catalogue, DCT + "modified", _day(max(d["modified"] for d in manifest["datasets"].values())))
    described.add(catalogue, DCAT + "themeTaxonomy", _THEMES)
    described.add(catalogue, DCAT + "service", _service(project))
    if project["catalogue.issued"]:
        described.add(catalogue, DCT + "issued", _day(project["catalogue.issued"]))
    if project["catalogue.spatial"]:
        described.add(catalogue, DCT + "spatial", project["catalogue.spatial"])
    for dataset in datasets:
        record = dataset.iri + "#record"
        described.add(catalogue, DCAT + "dataset", dataset.iri)
        described.add(catalogue, DCAT + "record", record)
        described.add(record, RDF + "type", DCAT + "CatalogRecord")
        described.add(record, FOAF + "primaryTopic", dataset.iri)
        described.add(record, DCT + "modified", _day(manifest["datasets"][dataset.id]["modified"]))


def _sparql_service(described: _Description, project: Project, datasets: Iterable[Dataset]) -> None:
    service = _service(project)
    described.add(service, RDF + "type", DCAT + "DataService")
    described.add_texts(service, DCT + "title", {tag: f"SPARQL – {title}" for tag, title in project.title.items()})
    described.add(service, DCAT + "endpointURL", service)
    described.add(service, DCAT + "endpointDescription", service)
    described.add(service, DCT + "conformsTo", "https://www.w3.org/TR/sparql11-protocol/")
    described.add(service, DCT + "publisher", _publisher(project))
    described.add(service, DCT + "license", project["catalogue.licence"])
    described.add(service, DCT + "accessRights", _EU + "access-right/PUBLIC")
    described.add(service, DCAT + "servesDataset", *(dataset.iri for dataset in datasets))


def _dataset(described: _Description, project: Project, dataset: Dataset, facts: Mapping[str, Any]) -> None:
    described.triples.update(dict.fromkeys(dataset.description))
    described.add(dataset.iri, RDF + "type", DCAT + "Dataset")
    described.add(dataset.iri, DCT + "identifier", ox.Literal(dataset.iri))
    described.add(dataset.iri, DCT + "modified", _day(facts["modified"]))
    described.add(dataset.iri, DCT + "language", *_languages(project))
    described.add(dataset.iri, DCAT + "landingPage", dataset.iri + ".html")
    described.add(dataset.iri + ".html", RDF + "type", FOAF + "Document")
    licences = _objects(dataset, DCT + "license")
    rights = _objects(dataset, DCT + "accessRights") or [_EU + "access-right/PUBLIC"]
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
        described.add(distribution, DCT + "modified", _day(facts["modified"]))
        described.add(distribution, DCATAP + "availability", _EU + "planned-availability/STABLE")
        described.add(distribution, DCT + "format", _EU + "file-type/" + dump["eu_file_type"])
        described.add(_EU + "file-type/" + dump["eu_file_type"], SKOS + "prefLabel",
                      ox.Literal(dump["format"], language="en"))  # fmt: skip
        described.add(distribution, DCAT + "mediaType", _IANA + dump["media_type"])
        if dump["compressed"]:
            described.add(distribution, DCAT + "compressFormat", _IANA + "application/gzip")
        described.add(distribution, DCAT + "byteSize", _typed(str(dump["size"]), "nonNegativeInteger"))
        checksum = distribution + "-sha256"
        described.add(distribution, SPDX + "checksum", checksum)
        described.add(checksum, RDF + "type", SPDX + "Checksum")
        # the one form that the EU's shapes and the harvesters both accept
        algorithm = "https://spdx.org/rdf/terms#checksumAlgorithm_sha256"
        described.add(checksum, SPDX + "algorithm", algorithm)
        described.add(algorithm, RDF + "type", SPDX + "ChecksumAlgorithm")
        described.add(checksum, SPDX + "checksumValue", _typed(dump["sha256"], "hexBinary"))
    _sparql_distribution(described, project, dataset, licences)


def _sparql_distribution(
    described: _Description, project: Project, dataset: Dataset, licences: Sequence[str | ox.NamedNode]
) -> None:
    distribution = dataset.iri + "#sparql"
    described.add(dataset.iri, DCAT + "distribution", distribution)
    described.add(distribution, RDF + "type", DCAT + "Distribution")
    described.add_texts(
        distribution, DCT + "title", {tag: f"{dataset.text(DCT + 'title', tag)} (SPARQL)" for tag in project.languages}
    )
    described.add(distribution, DCAT + "accessURL", _service(project))
    described.add(distribution, DCAT + "accessService", _service(project))
    described.add(distribution, DCT + "license", *licences)
    described.add(distribution, DCATAP + "availability", _EU + "planned-availability/STABLE")
    described.add(distribution, DCT + "format", _EU + "file-type/SPARQLQ")
    described.add(_EU + "file-type/SPARQLQ", SKOS + "prefLabel", ox.Literal("SPARQL", language="en"))


def _agents(described: _Description, project: Project, datasets: Iterable[Dataset], store: Store) -> None:
    """Name every publisher from the data; the hub's own from the settings where the data does not."""
    names: dict[str, Mapping[str, str]] = {_publisher(project): project["publisher.name"]}
    faults = Faults()
    for dataset in datasets:
        for publisher in _objects(dataset, DCT + "publisher"):
            iri = publisher.value if isinstance(publisher, ox.NamedNode) else publisher
            names[iri] = _names(store, iri) or names.get(iri, {})
            if not names[iri]:
                faults.found.append(
                    Fault("dct:publisher {iri} has no name in any dataset; add it to the table of agencies",
                          file=str(dataset.folder / "dataset.ttl"), values={"iri": iri})
                )  # fmt: skip
    faults.raise_if_any()
    for iri, texts in names.items():
        described.add(iri, RDF + "type", FOAF + "Agent")
        described.add_texts(iri, FOAF + "name", texts)


def _names(store: Store, iri: str) -> dict[str, str]:
    labels = " ".join(f"<{predicate}>" for predicate in LABEL_PREDICATES)
    rows = store.select(
        f"SELECT ?agent ?name WHERE {{ VALUES ?label {{ {labels} }} GRAPH ?graph {{ ?agent ?label ?name }} }}",
        agent=ox.NamedNode(iri),
    )
    literals = [row["name"] for row in rows if isinstance(row["name"], ox.Literal)]
    return {literal.language: literal.value for literal in reversed(literals) if literal.language}


def _ranges(described: _Description, project: Project) -> None:
    """Type the values of the properties in `RANGES`, and give themes their names and scheme."""
    for triple in list(described.triples):
        range_ = RANGES.get(triple.predicate.value)
        if range_ and isinstance(triple.object, ox.NamedNode | ox.BlankNode):
            described.triples[ox.Triple(triple.object, ox.NamedNode(RDF + "type"), ox.NamedNode(range_))] = None
        if triple.predicate.value == DCAT + "theme" and isinstance(triple.object, ox.NamedNode):
            _theme(described, project, triple.object.value)
    described.add(_THEMES, RDF + "type", SKOS + "ConceptScheme")
    described.add(_THEMES, DCT + "title", ox.Literal("Data theme", language="en"))


def _theme(described: _Description, project: Project, iri: str) -> None:
    name = THEMES.get(iri.removeprefix(_THEMES + "/"))
    described.add(iri, RDF + "type", SKOS + "Concept")
    described.add(iri, SKOS + "inScheme", _THEMES)
    if name:
        described.add_texts(iri, SKOS + "prefLabel", _translated(project, name))


def describe_data(
    project: Project, datasets: Sequence[Dataset], manifest: Mapping[str, Any], store: Store
) -> list[ox.Triple]:
    """Return the VoID description: by dataset its size, classes, properties and dumps."""
    described = _Description()
    hub = project.base_iri + "void#hub"
    document = project.base_iri + "void"
    described.add(document, RDF + "type", VOID + "DatasetDescription")
    described.add(document, FOAF + "primaryTopic", hub)
    described.add(hub, RDF + "type", VOID + "Dataset")
    described.add_texts(hub, DCT + "title", project.title)
    described.add(hub, VOID + "sparqlEndpoint", _service(project))
    described.add(hub, VOID + "uriSpace", ox.Literal(project.base_iri))
    described.add(hub, VOID + "triples", _integer(sum(manifest["graphs"].values())))
    described.add(hub, VOID + "vocabulary", project.base_iri + "ontology")
    for format_ in formats.GRAPH_FORMATS:
        described.add(hub, VOID + "feature", format_.iri or "")
    for dataset in datasets:
        described.add(hub, VOID + "subset", dataset.iri)
        described.add(dataset.iri, RDF + "type", VOID + "Dataset")
        described.add_texts(
            dataset.iri, DCT + "title", {tag: dataset.text(DCT + "title", tag) for tag in project.languages}
        )
        described.add(dataset.iri, VOID + "triples", _integer(manifest["graphs"].get(dataset.iri, 0)))
        described.add(dataset.iri, DCT + "license", *_objects(dataset, DCT + "license"))
        described.add(
            dataset.iri, VOID + "dataDump",
            *(f"{project.base_iri}dumps/{dump['file']}" for dump in manifest["datasets"][dataset.id]["dumps"]
              if dump["quads"]),
        )  # fmt: skip
        _partitions(described, dataset.iri, store)
    return list(described.triples)


_CLASS_COUNTS = """
SELECT ?graph ?term (COUNT(DISTINCT ?s) AS ?count)
WHERE { GRAPH ?graph { ?s a ?term } } GROUP BY ?graph ?term ORDER BY ?term
"""
_PROPERTY_COUNTS = """
SELECT ?graph ?term (COUNT(*) AS ?count)
WHERE { GRAPH ?graph { ?s ?term ?o } } GROUP BY ?graph ?term ORDER BY ?term
"""


def _partitions(described: _Description, graph: str, store: Store) -> None:
    for kind, counted, query in (("class", "entities", _CLASS_COUNTS), ("property", "triples", _PROPERTY_COUNTS)):
        for number, row in enumerate(store.select(query, graph=ox.NamedNode(graph)), 1):
            if isinstance(row["term"], ox.NamedNode):
                partition = f"{graph}#{kind}-{number}"
                described.add(graph, f"{VOID}{kind}Partition", partition)
                described.add(partition, VOID + kind, row["term"].value)
                described.add(partition, VOID + counted, _integer(int(row["count"].value)))  # type: ignore[union-attr]


def _translated(project: Project, words: str) -> dict[str, str]:
    return {tag: languages.get(tag).gettext(words) for tag in project.languages}


def _publisher(project: Project) -> str:
    iri = str(project["publisher.iri"])
    return iri if "://" in iri else project.base_iri + iri


def _service(project: Project) -> str:
    return project.base_iri + "sparql"


def _languages(project: Project) -> list[str]:
    return [f"{_EU}language/{LANGUAGES[tag]}" for tag in project.languages if tag in LANGUAGES]


def _objects(dataset: Dataset, predicate: str) -> list[str | ox.NamedNode]:
    return [
        triple.object
        for triple in dataset.description
        if triple.subject == ox.NamedNode(dataset.iri)
        and triple.predicate.value == predicate
        and isinstance(triple.object, ox.NamedNode)
    ]


def _typed(text: str, datatype: str) -> ox.Literal:
    return ox.Literal(text, datatype=ox.NamedNode(XSD + datatype))


def _integer(number: int) -> ox.Literal:
    return _typed(str(number), "integer")


def _day(day: str) -> ox.Literal:
    return _typed(day, "date")
