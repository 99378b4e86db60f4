"""Everything a deployment's people write, read at once and found sound: ontology, datasets, mappings, shapes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from lienket import languages
from lienket.datasets import Dataset, read_datasets
from lienket.errors import Fault, Faults, InputError
from lienket.mapping import Rules, read_rules
from lienket.ontology import Ontology, read_ontology
from lienket.project import Project
from lienket.rdf import rdf_files
from lienket.validation import Shapes, read_shapes, read_triples


@dataclass(frozen=True)
class Content:
    """Everything in the content folders, read and found sound."""

    ontology: Ontology
    datasets: tuple[Dataset, ...]
    others: tuple[Dataset, ...]
    """Datasets that were not asked for; of their rules nothing is known."""
    rules: Mapping[str, tuple[Rules, ...]]
    """Dataset id → the rules of its mapping documents."""
    shapes: Shapes
    context: str
    """The ontology and code lists as the validator takes them: N-Triples."""


def read_content(project: Project, dataset_ids: Sequence[str] = ()) -> Content:
    """Read the content folders, all or only the datasets named; raises `InputError` with the faults of all."""
    faults = Faults()
    ontology: Ontology | None = None
    shapes: Shapes | None = None
    rules: dict[str, tuple[Rules, ...]] = {}
    for tag in project.languages:
        with faults.gathered():
            languages.get(tag)
    with faults.gathered():
        ontology = read_ontology(project.ontology, base_iri=project.base_iri, languages=project.languages)
    with faults.gathered():
        shapes = read_shapes(rdf_files(project.shapes))
    datasets = read_datasets(project.mappings, base_iri=project.base_iri, languages=project.languages, faults=faults)
    faults.found += _unknown(dataset_ids, datasets)
    wanted = [dataset for dataset in datasets if not dataset_ids or dataset.id in dataset_ids]
    for dataset in wanted:
        with faults.gathered():
            rules[dataset.id] = read_rules_of(project, dataset)
    faults.raise_if_any()
    assert ontology is not None  # noqa: S101  without it a fault was raised
    assert shapes is not None  # noqa: S101
    others = tuple(dataset for dataset in datasets if dataset not in wanted)
    return Content(ontology, tuple(wanted), others, rules, shapes, "".join(read_triples(ontology.files)))


def read_rules_of(project: Project, dataset: Dataset) -> tuple[Rules, ...]:
    """Read the mapping documents of one dataset; raises `InputError` with the faults of all."""
    faults = Faults()
    read: list[Rules] = []
    for document in dataset.mappings:
        with faults.gathered():
            read.append(read_rules(document, base_iri=project.base_iri))
    if faults.found:
        raise InputError(*faults.found)
    return tuple(read)


def _unknown(dataset_ids: Iterable[str], datasets: Sequence[Dataset]) -> list[Fault]:
    known = {dataset.id for dataset in datasets}
    return [
        Fault("is no dataset; there are: {known}", text=dataset_id, values={"known": ", ".join(sorted(known))})
        for dataset_id in dataset_ids
        if known and dataset_id not in known
    ]
