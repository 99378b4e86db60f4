"""The verb that finds what is to be mended before anything is published."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from lienket import scoring, telling
from lienket.errors import SEVERITIES, Fault, InputError

from .console import (
    FILE,
    FOLDER,
    commands,
    deployment_of,
    err,
    language,
    out,
    plain,
    say,
    shown_progress,
    tell,
    write_report,
)  # fmt: skip


@commands.command()
@click.argument("datasets", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array of faults.")
@click.option("--report", type=FILE, help="CSV file to write all faults to.")
@click.option("--html", type=FOLDER, help="Folder to write a page for each dataset to.")
@click.option("--xlsx", type=FOLDER, help="Folder to write copies of tables to, with the cells to mend marked.")
@click.option("--watch", is_flag=True, help="Check again whenever a file changes; say what is new, mended and left.")
@click.pass_obj
def check(
    folder: Path | None, datasets: Sequence[str], as_json: bool, report: Path | None, html: Path | None,
    xlsx: Path | None, watch: bool,
) -> None:  # fmt: skip
    """Map and validate without publishing; print the cells to mend."""
    telling.require_own(report)
    outputs, faults = _checked(folder, datasets)
    write_report(report, faults)
    if html or xlsx:
        from lienket import handing

        for path in handing.hand_back(deployment_of(folder), outputs, faults, html, xlsx, language()):
            err.print(str(path))
    if as_json:
        click.echo(json.dumps(plain(faults), ensure_ascii=False, default=str))
    else:
        say(faults)
        if outputs:
            _print_counts(outputs)
    if watch:
        _watch(folder, datasets, faults)
    if any(fault.severity == "error" for fault in faults):
        sys.exit(1)


def _checked(folder: Path | None, datasets: Sequence[str]) -> tuple[list[Any], list[Fault]]:
    """Check once; faults that leave nothing to check are found like others."""
    from lienket import build as builder

    try:
        with shown_progress() as progress:
            return builder.check(deployment_of(folder), datasets, progress=progress)
    except InputError as error:
        return [], list(error.faults)


def _watch(folder: Path | None, datasets: Sequence[str], before: Sequence[Fault]) -> None:
    """Check whenever a file changes, until Ctrl+C; print what has changed among the faults."""
    from lienket import watching

    deployment = deployment_of(folder)
    tell("waiting for changes in {folder} (Ctrl+C ends)", folder=deployment.root)
    for _ in watching.changes(deployment):
        faults = _checked(folder, datasets)[1]
        change = watching.compare(before, faults)
        for words, some in (("Mended: {number}", change.mended), ("New: {number}", change.new)):
            tell(words, number=len(some))
            say(some)
        tell("Left: {number}", number=change.left)
        before = faults


def _print_counts(outputs: Sequence[Any]) -> None:
    words = map(language().gettext, ("rows", "quads", "errors", "warnings", "notes", "metadata"))
    table = Table(language().ngettext("dataset", "datasets", 1), *words, box=None, header_style="bold")
    for output in outputs:
        counts = (f"{sum(fault.severity == one for fault in output.faults):,}" for one in SEVERITIES)
        points = f"{scoring.total(output.score)}/{scoring.MOST}"
        table.add_row(output.dataset.id, f"{output.rows:,}", f"{output.quads:,}", *counts, points)
    out.print(table)
    _print_advice(outputs)


def _print_advice(outputs: Sequence[Any]) -> None:
    """Say which points of the metadata score are missing, where, and what to write to have them."""
    lacking: dict[str, list[str]] = {}
    for output in outputs:
        for metric in scoring.missing(output.score):
            lacking.setdefault(metric.name, []).append(output.dataset.id)
    for metric in scoring.METRICS:
        if metric.name in lacking:
            tell("{points} points for “{metric}” are missing in: {datasets}", points=metric.points,
                 metric=language().gettext(metric.words), datasets=", ".join(lacking[metric.name]))  # fmt: skip
            tell("    {advice}", advice=language().gettext(metric.advice))
            if metric.example:
                tell("    {example}", example=metric.example)
