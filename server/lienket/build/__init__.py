"""The spine: `build` reads as the recipe by which a deployment's content becomes a release.

tables + mappings ──▶ quads ──▶ shapes ──▶ release
"""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from lienket import catalogue
from lienket.build import verification
from lienket.build.draft import Base, Draft, make_parts
from lienket.build.inputs import Inputs, read_inputs
from lienket.build.making import Makings, Progress
from lienket.build.outputs import Output
from lienket.build.planning import planned
from lienket.content import Content, read_content
from lienket.datasets import Dataset
from lienket.errors import Fault, Faults, UnavailableError
from lienket.project import Project
from lienket.releases import digests, release, statements
from lienket.releases.release import Release
from lienket.store import Store

Tell = Callable[[Fault], None]
"""Called with what a person should know and what stops nothing."""


def build(
    project: Project, *, full: bool = False, progress: Progress = lambda *_: None, tell: Tell = lambda _: None
) -> Release:
    """Make a new release of what has changed since the current one, verify it, and switch to it; return it.

    Where nothing has changed, the current release is returned. With `full` everything is made anew, to the same
    outcome; so it is where files of the current release are damaged. Raises `InputError` with every fault of the
    content, `UnavailableError` where a release cannot be written; the release that was current stays so then.
    """
    started = time.monotonic()
    with release.building(project.var) as folder:
        inputs = read_inputs(project)
        last = _last(project)
        same = last is not None and not full and last.manifest["content"] == inputs.whole
        if last and same and not _asks_databases(last):
            return last
        content = read_content(project)
        with ThreadPoolExecutor(1) as aside, Makings(project, content, inputs, folder, progress) as makings:
            looking = aside.submit(_damage, last, full)
            stale = content.datasets if full else _stale(project, content, inputs, last)
            makings.map(stale)
            others = [dataset for dataset in content.datasets if dataset not in stale]
            damage = looking.result()
            for fault in damage:
                tell(replace(fault, severity="warning"))
            if damage:
                makings.map(others)
            taken_over = {dataset.id: last.told_path(dataset.id) for dataset in others} if last and not damage else {}
            outputs = makings.check(taken_over, None if damage else last)
        Faults([fault for output in outputs for fault in output.faults]).raise_if_any()
        base = _base(last, full, damage)
        parts = make_parts(content.datasets, outputs, base)
        if last and same and not damage and not any(part.changes for part in parts):
            return last
        manifest = Draft(project, content, inputs, parts, base, folder, progress).write()
        manifest["seconds"] = round(time.monotonic() - started, 1)
        sealed = release.seal(project.var, folder, manifest, base.release if base and base.reusable else None)
        progress("verification", 0, 1)
        if faults := verification.faults(sealed, every_byte=False):  # the digests were taken a moment ago
            raise UnavailableError(*faults)
        return release.publish(project.var, sealed, keep=project["releases.keep"], days=project["releases.days"])


def check(
    project: Project, dataset_ids: Sequence[str] = (), *, progress: Progress = lambda *_: None
) -> tuple[list[Output], list[Fault]]:
    """Do all that `build` does to find faults, for all datasets or those named; return the outputs and every fault.

    What datasets named refer to is looked up in the others as the content has them now. What only shows in the whole,
    such as a publisher that no dataset describes, is looked for where no dataset is named. Raises `InputError` where
    the content cannot be read, or holds no such dataset.
    """
    content = read_content(project, dataset_ids)
    inputs = read_inputs(project)
    with release.scratch(project.var) as folder:
        with Makings(project, content, inputs, folder, progress) as makings:
            makings.map(content.datasets)
            last = _last(project)
            outputs = makings.check(makings.told_by_others(content.others, last), last)
        outputs, of_profile = planned(project, content, outputs, folder)
        faults = Faults([*makings.remarks, *(fault for output in outputs for fault in output.faults), *of_profile])
        if not dataset_ids and not faults.stop:
            faults.found += _unnamed_publishers(project, content, outputs)
    return outputs, faults.found


def is_stale(project: Project) -> bool:
    """Tell whether the content, the settings or the engine differ from those of the current release.

    Databases are not asked: to know what has changed in one is to read it all, and they may be out of reach.
    """
    last = _last(project)
    return last is None or last.manifest["content"] != read_inputs(project).whole


def _last(project: Project) -> Release | None:
    """Return the current release, if there is one that can be read."""
    try:
        last = Release.current(project.var)
        return last if last.manifest else None
    except UnavailableError:
        return None


def _asks_databases(last: Release) -> bool:
    return any(facts["inputs"] is None for facts in last.manifest["datasets"].values())


def _damage(last: Release | None, full: bool) -> list[Fault]:
    """Find files of the last release that are not what was written, among those that would be taken over or read."""
    if last is None:
        return []
    files = {name: file for name, file in last.files.items() if not full or name.startswith("dumps/")}
    return digests.changed(last.path, files)


def _base(last: Release | None, full: bool, damage: Iterable[Fault]) -> Base | None:
    """Return what the new release is made from; without sound dumps there is nothing even to compare it with."""
    named = [fault.file or "" for fault in damage]
    if last is None or any(name.startswith(str(last.dumps)) for name in named):
        return None
    return Base(last, reusable=not full and not named)


def _stale(project: Project, content: Content, inputs: Inputs, last: Release | None) -> list[Dataset]:
    """Return the datasets whose output may have changed; those that ask databases are always among them."""
    if last is None or last.manifest["inputs"] != inputs.shared:
        return list(content.datasets)
    known = {dataset_id: facts["inputs"] for dataset_id, facts in last.manifest["datasets"].items()}
    return [
        dataset
        for dataset in content.datasets
        if known.get(dataset.id) is None or known[dataset.id] != inputs.of(project, content, dataset)
    ]


def _unnamed_publishers(project: Project, content: Content, outputs: Iterable[Output]) -> list[Fault]:
    """Find publishers that have no name in any dataset."""
    quads = statements.beginning((output.nquads for output in outputs), catalogue.named(project, content.datasets))
    return catalogue.unnamed(project, content.datasets, Store.holding([*quads, *content.ontology.quads()]))
