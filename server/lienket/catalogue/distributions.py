"""The files of a dataset and its SPARQL endpoint as distributions, and how they came about (PROV)."""

import pyoxigraph as ox

from lienket.catalogue.description import Description, Facts, Source, day, endpoint_of, objects_of, typed
from lienket.catalogue.terms import EU, IANA, PUBLIC, STABLE, languages_of
from lienket.datasets import Dataset
from lienket.vocabulary import DCAT, DCATAP, DCT, FOAF, PROV, RDF, RDFS, SPDX

_CSVW = "https://www.w3.org/TR/tabular-data-model/"
_GEOJSON = "https://www.rfc-editor.org/rfc/rfc7946"
_SHA256 = "https://spdx.org/rdf/terms#checksumAlgorithm_sha256"
"""The one form of address that the EU's shapes and the harvesters both accept."""


def add_distributions(described: Description, source: Source, dataset: Dataset, facts: Facts) -> None:
    """Describe every file of a dataset, and the endpoint."""
    columns = next((dump["file"] for dump in facts["dumps"] if dump["kind"] == "columns"), None)
    for dump in facts["dumps"]:
        if dump["kind"] == "columns":
            continue
        distribution = _distribution(described, source, dataset, facts, dump)
        described.add(dataset.iri, DCAT + "distribution", distribution)
        if dump["format"] == "CSV" and columns:
            address = f"{source.project.base_iri}dumps/{columns}"
            described.add(distribution, DCT + "conformsTo", _CSVW)
            described.add(distribution, FOAF + "page", address)
    _add_endpoint(described, source, dataset)
    _add_provenance(described, source, dataset, facts)


def _distribution(
    described: Description, source: Source, dataset: Dataset, facts: Facts, dump: Facts
) -> str:  # fmt: skip
    project = source.project
    distribution = f"{dataset.iri}#{dump['file']}"
    described.add(distribution, RDF + "type", DCAT + "Distribution")
    described.add_texts(distribution, DCT + "title", _titles(source, dataset, dump))
    described.add_texts(distribution, DCT + "description", source.translated(dump["description"]))
    described.add(distribution, DCAT + "accessURL", dataset.iri)
    described.add(distribution, DCAT + "downloadURL", f"{project.base_iri}dumps/{dump['file']}")
    _add_rights(described, dataset, distribution)
    described.add(distribution, DCT + "language", *languages_of(source))
    described.add(distribution, DCT + "issued", *_issued(dataset, facts))
    described.add(distribution, DCT + "modified", day(facts["modified"]))
    described.add(distribution, DCATAP + "availability", STABLE)
    described.add(distribution, DCT + "format", EU + "file-type/" + dump["eu_file_type"])
    described.add(distribution, DCAT + "mediaType", IANA + dump["media_type"])
    if dump["compressed"]:
        described.add(distribution, DCAT + "compressFormat", IANA + "application/gzip")
    if dump["kind"] == "places":
        described.add(distribution, DCT + "conformsTo", _GEOJSON)
    described.add(distribution, DCAT + "byteSize", typed(str(dump["size"]), "nonNegativeInteger"))
    checksum = distribution + "-sha256"
    described.add(distribution, SPDX + "checksum", checksum)
    described.add(checksum, RDF + "type", SPDX + "Checksum")
    described.add(checksum, SPDX + "algorithm", _SHA256)
    described.add(_SHA256, RDF + "type", SPDX + "ChecksumAlgorithm")
    described.add(checksum, SPDX + "checksumValue", typed(dump["sha256"], "hexBinary"))
    return distribution


def _titles(source: Source, dataset: Dataset, dump: Facts) -> dict[str, str]:
    """Return the titles of a distribution: that of its dataset, what part of it, and the format."""
    return {
        tag: " – ".join(filter(None, (dataset.text(DCT + "title", tag), _part(dataset, dump, tag))))
        + f" ({dump['format']})"
        for tag in source.project.languages
    }


def _part(dataset: Dataset, dump: Facts, tag: str) -> str:
    if dump["kind"] == "tidy":
        stem = dump["file"].removeprefix(f"{dataset.id}.tidy-").removesuffix(".csv")
        return ".".join((dump["of"].get(tag) or stem.split(".")[0], *stem.split(".")[1:]))
    if dump["kind"] == "delivered":
        return str(dump["file"].removeprefix(dataset.id + ".").rpartition(".")[0])
    return ""


def _issued(dataset: Dataset, facts: Facts) -> list[ox.Literal]:
    """Return the day since when there is the dataset: as its description has it, or of its first release."""
    stated = [
        triple.object
        for triple in dataset.description
        if triple.subject == ox.NamedNode(dataset.iri) and triple.predicate.value == DCT + "issued"
    ]
    return [value for value in stated if isinstance(value, ox.Literal)] or [day(facts["issued"])]


def _add_rights(described: Description, dataset: Dataset, distribution: str) -> None:
    described.add(distribution, DCT + "license", *objects_of(dataset, DCT + "license"))
    rights = objects_of(dataset, DCT + "rights") or objects_of(dataset, DCT + "accessRights") or [PUBLIC]
    described.add(distribution, DCT + "rights", rights[0])


def _add_endpoint(described: Description, source: Source, dataset: Dataset) -> None:
    distribution = dataset.iri + "#sparql"
    described.add(dataset.iri, DCAT + "distribution", distribution)
    described.add(distribution, RDF + "type", DCAT + "Distribution")
    titles = {tag: f"{dataset.text(DCT + 'title', tag)} (SPARQL)" for tag in source.project.languages}
    described.add_texts(distribution, DCT + "title", titles)
    words = "Questions in SPARQL; the graph has the dataset's address."
    described.add_texts(distribution, DCT + "description", source.translated(words))
    described.add(distribution, DCAT + "accessURL", endpoint_of(source.project))
    described.add(distribution, DCAT + "accessService", endpoint_of(source.project))
    _add_rights(described, dataset, distribution)
    described.add(distribution, DCATAP + "availability", STABLE)
    described.add(distribution, DCT + "format", EU + "file-type/SPARQLQ")


def _add_provenance(described: Description, source: Source, dataset: Dataset, facts: Facts) -> None:
    """Say of what was made that the tables as delivered were mapped to it, by which rules and whose."""
    activity = dataset.iri + "#mapping"
    delivered = [f"{dataset.iri}#{dump['file']}" for dump in facts["dumps"] if dump["kind"] == "delivered"]
    described.add(dataset.iri, PROV + "wasGeneratedBy", activity)
    described.add(activity, RDF + "type", PROV + "Activity")
    described.add_texts(activity, RDFS + "label", source.translated("Tables mapped to linked data"))
    described.add(activity, PROV + "used", *delivered)
    described.add(activity, PROV + "wasAssociatedWith", *objects_of(dataset, DCT + "publisher"))
    for dump in facts["dumps"]:
        if dump["kind"] in ("statements", "tidy", "places"):
            described.add(f"{dataset.iri}#{dump['file']}", PROV + "wasGeneratedBy", activity)
            described.add(f"{dataset.iri}#{dump['file']}", PROV + "wasDerivedFrom", *delivered)
