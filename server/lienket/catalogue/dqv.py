"""What was found in the datasets, as measurements of the W3C's vocabulary (<https://www.w3.org/TR/vocab-dqv/>)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from lienket import scoring
from lienket.catalogue.description import Description, Facts, Source, typed
from lienket.datasets import Dataset
from lienket.vocabulary import DQV, LIENKET_QUALITY, RDF, RDFS, SKOS, XSD

_DIMENSIONS: Final = "http://www.w3.org/2016/05/ldqd#"

METRICS: Final[Mapping[str, tuple[str, str]]] = {
    "rows": ("Rows of the tables", "amountOfData"),
    "rows_at_fault": ("Rows in which something was found", "semanticAccuracy"),
    "warnings": ("Warnings of mapping and validation", "consistency"),
}
"""Figure of the manifest → its name, in the words that a language pack translates, and the dimension it belongs to."""


def add_measurements(described: Description, source: Source, dataset: Dataset, facts: Facts) -> None:
    """Say of a dataset what was found in its tables, and how much its description says.

    The latter is its score in all and by dimension; the page of the dataset tells it item by item.
    """
    for figure, (words, dimension) in METRICS.items():
        name = figure.replace("_", "-")
        described.add(LIENKET_QUALITY + name, DQV + "inDimension", _DIMENSIONS + dimension)
        described.add(_DIMENSIONS + dimension, RDF + "type", DQV + "Dimension")
        _measure(described, source, dataset, name, words, facts[figure], dataset.iri + "/quality")
    points = facts["score"]
    page = dataset.iri + ".html"
    _measure(described, source, dataset, "metadata-score", "Metadata score, of 405", scoring.total(points), page)
    links = sum(number for *_, number in facts["links"])
    _measure(described, source, dataset, "links", "Links to other data", links, source.project.base_iri + "void")
    of_five = scoring.stars(points, links)
    _measure(described, source, dataset, "stars", "Stars of open data, of 5", of_five, "https://5stardata.info/")
    for dimension, words in scoring.DIMENSIONS.items():
        number = scoring.of_dimension(points, dimension)
        _measure(described, source, dataset, f"metadata-{dimension}", words, number, page)


def add_readiness(
    described: Description, source: Source, publishers: Mapping[str, Sequence[Dataset]], manifest: Mapping[str, Any]
) -> None:
    """Say of each publisher how many datasets it has, how well described and how open they are on average."""
    page = source.project.base_iri + "readiness"
    for number, (iri, datasets) in enumerate(publishers.items(), 1):
        facts = [manifest["datasets"][dataset.id] for dataset in datasets]
        points = [scoring.total(each["score"]) for each in facts]
        of_five = [scoring.stars(each["score"], sum(link[2] for link in each["links"])) for each in facts]
        for name, words, value in (
            ("published-datasets", "Published datasets", len(facts)),
            ("mean-metadata-score", "Mean metadata score, of 405", sum(points) // len(points)),
            ("fewest-stars", "Fewest stars of open data of a dataset, of 5", min(of_five)),
        ):
            measurement = f"{page}#publisher-{number}-{name}"
            _measured(described, source, (iri, measurement, LIENKET_QUALITY + name), words, value, page)


def _measure(
    described: Description, source: Source, dataset: Dataset, name: str, words: str, value: int, page: str
) -> None:  # fmt: skip
    of_what = (dataset.iri, f"{dataset.iri}#{name}", LIENKET_QUALITY + name)
    _measured(described, source, of_what, words, value, page)


def _measured(
    described: Description, source: Source, of_what: tuple[str, str, str], words: str, value: int, page: str
) -> None:  # fmt: skip
    about, measurement, metric = of_what
    described.add(about, DQV + "hasQualityMeasurement", measurement)
    described.add(measurement, RDF + "type", DQV + "QualityMeasurement")
    described.add(measurement, DQV + "computedOn", about)
    described.add(measurement, DQV + "isMeasurementOf", metric)
    described.add(measurement, DQV + "value", typed(str(value), "integer"))
    described.add(measurement, RDFS + "seeAlso", page)
    described.add(metric, RDF + "type", DQV + "Metric")
    described.add_texts(metric, SKOS + "prefLabel", source.translated(words))
    described.add(metric, DQV + "expectedDataType", XSD + "integer")
