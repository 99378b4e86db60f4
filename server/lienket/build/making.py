"""All datasets' way together: first each is mapped, then each is held against the shapes and what the others tell.

What a dataset refers to is looked up in what the release will hold: in datasets that are made anew, and in those that
are taken over. So none is checked before all are mapped, and one that has not changed is checked again if it refers to
what has changed elsewhere.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from lienket.build import neighbours
from lienket.build.inputs import Inputs, require_unchanged
from lienket.build.outputs import Making, Output
from lienket.content import Content, read_rules_of
from lienket.datasets import Dataset
from lienket.errors import Fault, Faults, InputError
from lienket.project import Project
from lienket.releases.release import Release

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""

_HELD: Final = 1_000_000
"""Tables stay open between mapping and checking as long as they make no more statements than that, as many as a small
server has memory for; those of others are read twice."""
_LEAST: Final = 50_000
"""An open table takes as much memory as one of so many statements."""


class Makings:
    """Datasets on their way. A context manager: it gives back the memory of tables that are open."""

    def __init__(self, project: Project, content: Content, inputs: Inputs, folder: Path, progress: Progress) -> None:
        """Take what is made from what, where to, and whom to tell of it."""
        self._project = project
        self._content = content
        self._inputs = inputs
        self._folder = folder
        self._progress = progress
        self._makings: dict[str, Making] = {}
        self._faults = Faults()
        self._held = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for making in self._makings.values():
            making.close()

    def map(self, datasets: Sequence[Dataset]) -> None:
        """Map datasets to N-Quads; what is wrong with those that cannot be mapped is told by `check`."""
        for number, dataset in enumerate(datasets):
            self._progress(dataset.id, number, len(datasets))
            with self._faults.gathered():
                making = Making(self._project, self._content, dataset, self._folder)
                try:
                    making.map()
                except InputError:
                    making.close()
                    require_unchanged(self._project, self._inputs.of(self._project, self._content, dataset) or {})
                    raise
                self._makings[dataset.id] = making
                size = max(making.quads, _LEAST)
                asks_databases = self._inputs.of(self._project, self._content, dataset) is None
                if self._held + size > _HELD and not asks_databases:  # a database may say something else by then
                    making.close()
                else:
                    self._held += size

    def told_by_others(self, others: Iterable[Dataset], last: Release | None) -> dict[str, Path]:
        """Return what datasets tell that are not checked themselves, by id: as the content has it now.

        Of one that has not changed since the last release, or that cannot be mapped, it is what it told then.
        """
        told: dict[str, Path] = {}
        for dataset in others:
            if last and self._is_as_in(last, dataset):
                told[dataset.id] = last.told_path(dataset.id)
                continue
            self._progress(dataset.id, 0, 1)
            try:
                rules = {dataset.id: read_rules_of(self._project, dataset)}
                making = Making(self._project, replace(self._content, rules=rules), dataset, self._folder)
                try:
                    making.tell()
                finally:
                    making.close()
                told[dataset.id] = making.told
            except InputError:
                self._fall_back(dataset, told, last)
        return told

    def check(self, others: Mapping[str, Path], last: Release | None) -> list[Output]:
        """Hold all that is mapped against the shapes; raises the faults of all at once where one could not be mapped.

        `others` is what datasets tell that were not mapped, by id. Those of the content that refer to what has changed
        since the release `last` are mapped and held against the shapes, too.
        """
        told = {**others, **{dataset_id: making.told for dataset_id, making in self._makings.items()}}
        for dataset in self._content.datasets:
            if dataset.id not in told:
                self._fall_back(dataset, told, last)
        if last:
            unchanged = [dataset for dataset in self._content.datasets if dataset.id in others]
            self.map(self._concerned(unchanged, told, last))
        outputs = []
        for number, (dataset_id, making) in enumerate(self._makings.items()):
            self._progress(dataset_id, number, len(self._makings))
            outputs.append(making.check([path for other, path in sorted(told.items()) if other != dataset_id]))
        self._progress("", len(outputs), len(outputs))
        if self._faults.stop:
            raise InputError(*self._faults.found, *(fault for output in outputs for fault in output.faults))
        return outputs

    @property
    def remarks(self) -> list[Fault]:
        """What is to be known of the whole and is no fault of a dataset that was checked."""
        return self._faults.found

    def _concerned(self, unchanged: Sequence[Dataset], told: Mapping[str, Path], last: Release) -> list[Dataset]:
        """Return the datasets that refer to what others now tell otherwise than in the last release."""
        if not unchanged:
            return []
        before = {dataset_id: last.told_path(dataset_id) for dataset_id in last.manifest["datasets"]}
        nodes = neighbours.changed_nodes(before, told)
        dumps = {dataset: last.dumps / f"{dataset.id}.nq.gz" for dataset in unchanged if nodes}
        return [dataset for dataset, dump in dumps.items() if neighbours.refers_to(dump, nodes)]

    def _fall_back(self, dataset: Dataset, told: dict[str, Path], last: Release | None) -> None:
        """Take what a dataset that cannot be mapped told in the last release, so that what refers to it is no fault."""
        known = last and last.told_path(dataset.id)
        if known and known.is_file():
            told[dataset.id] = known
            sentence = "cannot be mapped; what refers to it was looked up in the current release"
        else:
            sentence = "cannot be mapped, so that what refers to it is not found; mend it first"
        self._faults.found.append(Fault(sentence, file=str(dataset.folder), severity="note"))

    def _is_as_in(self, last: Release, dataset: Dataset) -> bool:
        """Tell whether a dataset is what it was; one that asks a database is taken to be."""
        facts = last.manifest["datasets"].get(dataset.id)
        if facts is None or last.manifest["inputs"] != self._inputs.shared:
            return False
        return facts["inputs"] is None or self._inputs.are(facts["inputs"], self._project, dataset)
