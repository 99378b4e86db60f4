"""What was found in the datasets, as measurements of the W3C's vocabulary (<https://www.w3.org/TR/vocab-dqv/>)."""

from collections.abc import Mapping
from typing import Any, Final

from lienket import languages
from lienket.catalogue.description import Description, typed
from lienket.datasets import Dataset
from lienket.project import Project
from lienket.vocabulary import DQV, LIENKET_QUALITY, RDF, RDFS, SKOS, XSD

_DIMENSIONS: Final = "http://www.w3.org/2016/05/ldqd#"

METRICS: Final[Mapping[str, tuple[str, str]]] = {
    "rows": ("Rows of the tables", "amountOfData"),
    "rows_at_fault": ("Rows in which something was found", "semanticAccuracy"),
    "warnings": ("Warnings of mapping and validation", "consistency"),
}
"""Figure of the manifest → its name, in the words that a language pack translates, and the dimension it belongs to."""


def add_measurements(described: Description, project: Project, dataset: Dataset, facts: Mapping[str, Any]) -> None:
    """Say of a dataset how many rows it has, in how many something was found, and how many warnings there are."""
    for figure, (words, dimension) in METRICS.items():
        name = figure.replace("_", "-")
        measurement, metric = f"{dataset.iri}#{name}", LIENKET_QUALITY + name
        described.add(dataset.iri, DQV + "hasQualityMeasurement", measurement)
        described.add(measurement, RDF + "type", DQV + "QualityMeasurement")
        described.add(measurement, DQV + "computedOn", dataset.iri)
        described.add(measurement, DQV + "isMeasurementOf", metric)
        described.add(measurement, DQV + "value", typed(str(facts[figure]), "integer"))
        described.add(measurement, RDFS + "seeAlso", dataset.iri + "/quality")
        described.add(metric, RDF + "type", DQV + "Metric")
        described.add_texts(
            metric, SKOS + "prefLabel", {tag: languages.get(tag).gettext(words) for tag in project.languages}
        )
        described.add(metric, DQV + "expectedDataType", XSD + "integer")
        described.add(metric, DQV + "inDimension", _DIMENSIONS + dimension)
        described.add(_DIMENSIONS + dimension, RDF + "type", DQV + "Dimension")
