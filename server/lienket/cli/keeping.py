"""The verbs for what was published: the releases that are kept, what differs between them, archives."""

import json
from pathlib import Path
from typing import Final

import click
from rich.table import Table

from lienket.errors import Fault, LienketError, UnavailableError
from lienket.project import Project
from lienket.releases import release
from lienket.releases.release import Release

from .console import FILE, FOLDER, commands, deployment_of, language, out, tell

_SHOWN: Final = 20
"""How many resources of a dataset are named."""


@commands.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.pass_context
def releases(context: click.Context, as_json: bool) -> None:
    """List the releases that are kept, newest first."""
    if context.invoked_subcommand:
        return
    deployment = deployment_of(context.obj)
    kept = release.kept(deployment.var)
    if not kept:
        Release.current(deployment.var)  # says what to do
    current = current_id(deployment)
    if as_json:
        click.echo(json.dumps([
            {"id": one.id, "current": one.id == current, "created": one.manifest["created"],
             "quads": one.manifest["quads"], "datasets": len(one.manifest["datasets"])}
            for one in kept
        ]))  # fmt: skip
        return
    table = Table("", "release", "datasets", "quads", box=None, header_style="bold")
    for one in kept:
        mark = "●" if one.id == current else ""
        table.add_row(mark, one.id, str(len(one.manifest["datasets"])), f"{one.manifest['quads']:,}")
    out.print(table)


@releases.command()
@click.argument("release_id", metavar="[ID]", required=False)
@click.pass_obj
def verify(folder: Path | None, release_id: str | None) -> None:
    """Read every byte of the current release, or of ID, and say what is not as it was written."""
    from lienket.build import verification

    var = deployment_of(folder).var
    wanted = release.named(var, release_id) if release_id else Release.current(var)
    faults = verification.faults(wanted)
    if not faults:
        tell("{release}: everything is as it was written", release=wanted.id)
        return
    # Releases share files, so that one byte may have damaged several.
    sound = (one for one in release.kept(var) if one.id != wanted.id and not verification.faults(one))
    other = next(sound, None)
    faults.append(
        Fault("{release} is sound; to show it: lienket rollback {release}", severity="note",
              values={"release": other.id})
        if other else
        Fault("no other release is sound; to make one from the content: lienket build --full", severity="note")
    )  # fmt: skip
    raise UnavailableError(*faults)


@commands.command()
@click.argument("release_id", metavar="[ID]", required=False)
@click.pass_obj
def rollback(folder: Path | None, release_id: str | None) -> None:
    """Switch to the release before the current one, or to ID."""
    shown = release.rollback(deployment_of(folder).var, release_id)
    tell("current: {release}", release=shown.id)


@commands.command()
@click.argument("old", metavar="A")
@click.argument("new", metavar="B")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: numbers by dataset and resource.")
@click.option("--patch", "as_patch", is_flag=True, help="Print the quads as RDF Patch: D those removed, A those added.")
@click.pass_obj
def diff(folder: Path | None, old: str, new: str, as_json: bool, as_patch: bool) -> None:
    """Say what has changed from release A to release B, per dataset and per resource."""
    from lienket.releases import changes

    var = deployment_of(folder).var
    before, after = release.named(var, old), release.named(var, new)
    found = changes.between(before, after)
    if as_patch:
        for change in found:
            for line in changes.patch(change):
                click.echo(line)
        return
    if as_json:
        told = {"from": before.id, "to": after.id, "datasets": {change.dataset: change.as_json() for change in found}}
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    words = map(language().gettext, ("added", "removed"))
    table = Table(language().ngettext("dataset", "datasets", 1), *words, box=None, header_style="bold")
    for change in found:
        table.add_row(change.dataset, f"{len(change.difference.added):,}", f"{len(change.difference.removed):,}")
        resources = change.resources
        for subject, (added, removed) in list(resources.items())[:_SHOWN]:
            table.add_row(f"  {subject}", f"{added:,}", f"{removed:,}")
        if len(resources) > _SHOWN:
            more = language().gettext("… and {number} more; --json names all").format(number=len(resources) - _SHOWN)
            table.add_row(f"  {more}")
    if table.row_count:
        out.print(table)
    else:
        tell("nothing has changed")


@commands.command()
@click.argument("archive", type=FILE)
@click.pass_obj
def backup(folder: Path | None, archive: Path) -> None:
    """Write settings, content and all releases into one file, ARCHIVE (.tar)."""
    from lienket.releases import archive as archives

    archives.backup(deployment_of(folder), archive)
    tell("written: {file}", file=archive)


@commands.command()
@click.argument("archive", type=FILE)
@click.argument("target", metavar="FOLDER", type=FOLDER)
def restore(archive: Path, target: Path) -> None:
    """Put what `lienket backup` wrote into an empty FOLDER."""
    from lienket.releases import archive as archives

    project = archives.restore(archive, target)
    tell("restored: {folder}", folder=project.root)
    if not release.kept(project.var):
        tell("next: {command}", command="lienket build")


def current_id(deployment: Project) -> str | None:
    """Return the id of the current release; None where there is none that can be read."""
    try:
        return Release.current(deployment.var).id
    except LienketError:
        return None
