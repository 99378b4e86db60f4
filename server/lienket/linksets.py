"""The linksets of a deployment: datasets whose folder holds link rules, linked over the current release."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from lienket import languages, linking, wkt
from lienket.datasets import Dataset, read_datasets
from lienket.errors import Fault, Faults, InputError, UnavailableError
from lienket.languages import Language
from lienket.linking import Linked, Proposed
from lienket.project import Project
from lienket.releases.release import Release
from lienket.store import Store
from lienket.web import reviewed
from lienket.wkt import Shape


def link(
    project: Project, dataset_ids: Sequence[str], today: date, *, keep: bool = True, endpoint: str | None = None
) -> list[Linked]:
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
                linking.link(
                    store, dataset.folder, dataset.iri, project.base_iri, language, today.isoformat(), endpoint
                )
            )
    faults.raise_if_any()
    if keep:
        for one in linked:
            linking.write(one.folder, one.settled, language, project.base_iri)
    return linked


def lost(project: Project, dataset_ids: Sequence[str], *, web: bool) -> list[Fault]:
    """Return a fault for each end of a link that leads to nothing; with `web` those elsewhere are asked for too.

    Raises `InputError` where a table of links cannot be read, `UnavailableError` where there is no release.
    """
    store = Store.open(Release.current(project.var).store_path)
    return [
        fault
        for dataset in linksets(project, dataset_ids)
        for fault in linking.lost(
            store, dataset.folder, linking.read_links(dataset.folder, project.base_iri), project.base_iri, web=web
        )
    ]


def write_page(project: Project, linked: Sequence[Linked], path: Path, language: Language) -> None:
    """Write all that waits for a decision as a page; raises `UnavailableError` where it cannot be written."""
    cases = [case for one in linked for case in _cases(one, language)]
    try:
        reviewed.write(project.title[project.languages[0]], cases, path, language)
    except OSError as error:
        raise UnavailableError(
            Fault("cannot be written: {reason}", file=str(path), values={"reason": error.strerror})
        ) from error


def _cases(linked: Linked, language: Language) -> Iterator[reviewed.Case]:
    proposals = {
        (one.subject, one.predicate, one.object): (one, proposed)
        for proposed in linked.proposed
        for one in proposed.proposals
    }
    names = {rule.iri: rule.names.get(language.tag, rule.iri) for rule in linked.rules}
    for row in linked.settled.waiting:
        proposal, proposed = proposals[row.subject, row.predicate, row.object]
        sides = [proposed.rows.get(iri, ({"id": iri, "name": name},))[0]
                 for iri, name in ((row.subject, row.subject_name), (row.object, row.object_name))]  # fmt: skip
        fields = [name for name in dict.fromkeys((*sides[0], *sides[1])) if name != "id"]
        yield reviewed.Case(
            linked.folder.name, names[row.rule], row.score, (row.subject_name, row.object_name),
            (row.subject, row.object),
            tuple((language.gettext(name), sides[0].get(name, ""), sides[1].get(name, "")) for name in fields),
            tuple(
                reviewed.Piece(linking.name_of(one, language), one.value, one.weight) for one in proposal.evidence
            ),
            row.others, row.note, (_place(sides[0], proposed), _place(sides[1], proposed)),
        )  # fmt: skip


def _place(row: Mapping[str, str], proposed: Proposed) -> Shape | None:
    """Return where a side lies: its area, or its point."""
    if (area := proposed.areas.get(row["id"])) is not None:
        return area
    return wkt.read(f"POINT({row['longitude']} {row['latitude']})") if row.get("longitude") else None


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
