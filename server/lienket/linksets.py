"""The linksets of a deployment: datasets whose folder holds link rules, linked over the current release."""

from collections.abc import Sequence
from datetime import date

from lienket import languages, linking
from lienket.datasets import Dataset, read_datasets
from lienket.errors import Fault, Faults, InputError
from lienket.linking import Linked
from lienket.project import Project
from lienket.releases.release import Release
from lienket.store import Store


def link(project: Project, dataset_ids: Sequence[str], today: date, *, keep: bool = True) -> list[Linked]:
    """Link the linksets named, or all, over the current release; with `keep` write their tables.

    Raises `InputError` with the faults of rules and decisions, `UnavailableError` where there is no release.
    """
    store = Store.open(Release.current(project.var).store_path)
    language = languages.get(project.languages[0])
    faults = Faults()
    linked: list[Linked] = []
    for dataset in linksets(project, dataset_ids):
        with faults.gathered():
            linked.append(
                linking.link(store, dataset.folder, dataset.iri, project.base_iri, language, today.isoformat())
            )
    faults.raise_if_any()
    if keep:
        for one in linked:
            linking.write(one.folder, one.settled, language, project.base_iri)
    return linked


def linksets(project: Project, dataset_ids: Sequence[str] = ()) -> list[Dataset]:
    """Return the linksets named, or all; raises `InputError` where one is named that there is not, or there is none."""
    ignored = Faults()  # what is wrong with descriptions is said by `lienket check`
    datasets = read_datasets(
        project.mappings, base_iri=project.base_iri, languages=project.languages, faults=ignored
    )  # fmt: skip
    known = {dataset.id: dataset for dataset in datasets if any(dataset.folder.glob(linking.PATTERN))}
    if not known:
        raise InputError(
            Fault("no linkset here; a linkset is a dataset's folder with a *.links.ttl", file=str(project.mappings))
        )
    if unknown := [each for each in dataset_ids if each not in known]:
        raise InputError(*(
            Fault("is no linkset; there are: {known}", text=each, values={"known": ", ".join(sorted(known))})
            for each in unknown
        ))  # fmt: skip
    return [dataset for dataset in known.values() if not dataset_ids or dataset.id in dataset_ids]
