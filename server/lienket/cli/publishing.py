"""The verbs that publish: building and serving."""

import dataclasses
import json
import os
import sys
from pathlib import Path

import click

from lienket.errors import LienketError
from lienket.project import Project
from lienket.releases import release
from lienket.releases.release import Release

from .console import commands, deployment_of, out, say, shown_progress, tell
from .keeping import current_id


@commands.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--host", help="Address to listen on.")
@click.pass_obj
def up(folder: Path | None, port: int | None, host: str | None) -> None:
    """Build what is stale, then serve.

    After a rollback nothing is built: the release that was chosen is served until `lienket build` is called. What has
    changed in a database does not make a release stale: `lienket build` asks again.
    """
    from lienket import build as builder  # here and below: what a verb alone needs is loaded by that verb

    deployment = _with_server(deployment_of(folder), host, port)
    _require_port(deployment)
    rolled_back = _rolled_back(deployment)
    if rolled_back:
        tell("serving {release}, which was rolled back to; lienket build publishes the content again",
               release=rolled_back)  # fmt: skip
    elif builder.is_stale(deployment):
        _build(deployment)
    elif deployment.databases:
        tell("databases are not asked again; lienket build does that")
    # a fresh process: libraries that have worked here must not be carried through gunicorn's fork
    arguments = ["-C", str(deployment.root), "serve", "--host", deployment["server.host"]]
    arguments += ["--port", str(deployment["server.port"])]
    os.execv(sys.executable, [sys.executable, sys.argv[0], *arguments])  # noqa: S606  our own command


def _rolled_back(deployment: Project) -> str | None:
    """Return the current release where a newer one is kept, as after a rollback."""
    kept = release.kept(deployment.var)
    try:
        current = Release.current(deployment.var)
    except LienketError:
        return None
    return current.id if kept and kept[0].number > current.number else None


@commands.command()
@click.option("--full", is_flag=True, help="Build everything anew.")
@click.option("--json", "as_json", is_flag=True, help="Print the release's manifest.")
@click.pass_obj
def build(folder: Path | None, full: bool, as_json: bool) -> None:
    """Build a new release and switch to it; publish nothing if anything is at fault."""
    published = _build(deployment_of(folder), full=full, quiet=as_json)
    if as_json:
        click.echo(json.dumps(published.manifest, ensure_ascii=False))


@commands.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--host", help="Address to listen on.")
@click.pass_obj
def serve(folder: Path | None, port: int | None, host: str | None) -> None:
    """Serve the current release."""
    deployment = _with_server(deployment_of(folder), host, port)
    release.require_whole(Release.current(deployment.var))
    _require_port(deployment)
    _serve(deployment)


def _build(deployment: Project, *, full: bool = False, quiet: bool = False) -> Release:
    """Build what has changed; damage in the last release is said, and does not stop what can be made without it."""
    from lienket import build as builder

    before = current_id(deployment)
    with shown_progress() as progress:
        published = builder.build(deployment, full=full, progress=progress, tell=lambda fault: say([fault]))
    if quiet:
        return published
    if published.id == before:
        tell("{release}: nothing has changed", release=published.id)
    else:
        manifest = published.manifest
        out.print(f"{published.id}: {len(manifest['datasets'])} datasets, {manifest['quads']:,} quads, "
                  f"{manifest['seconds']} s")  # fmt: skip
    return published


def _with_server(deployment: Project, host: str | None, port: int | None) -> Project:
    given = {"server.host": host, "server.port": port}
    return dataclasses.replace(
        deployment,
        settings={**deployment.settings, **{name: value for name, value in given.items() if value is not None}},
    )


def _require_port(deployment: Project) -> None:
    from lienket.web import serving

    serving.require_free(deployment["server.host"], deployment["server.port"])


def _serve(deployment: Project) -> None:
    from lienket.web import serving

    title = deployment.title[deployment.languages[0]]
    out.print(f"{title}: http://{deployment['server.host']}:{deployment['server.port']}  (Ctrl+C)")
    serving.serve(deployment)
