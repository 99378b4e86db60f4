"""What all verbs share: the group they belong to, the language they speak, how they print and write."""

import dataclasses
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console

import lienket
from lienket import languages, telling
from lienket.errors import Fault, InputError, LienketError, UnavailableError
from lienket.project import Project

out = Console(highlight=False, markup=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)

FILE: Final = click.Path(path_type=Path, dir_okay=False)

FOLDER: Final = click.Path(path_type=Path, file_okay=False)

LANGUAGE = "lienket.language"
"""Key of the click context's `meta` under which the language of messages is kept."""


VERBS: Final = {
    "check": "checking",
    "releases": "keeping", "rollback": "keeping", "diff": "keeping", "backup": "keeping", "restore": "keeping",
    "build": "publishing", "serve": "publishing", "up": "publishing",
    "link": "relating",
    "map": "standalone", "validate": "standalone",
    "new": "starting",
}  # fmt: skip
"""Verb → the module beside this one that defines it. Loading them all takes longer than mapping a small table."""


class Commands(click.Group):
    """Loads the verb that is asked for; says what is at fault, in the deployment's language, exits with its code."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Return every verb."""
        return sorted(VERBS)

    def get_command(self, context: click.Context, cmd_name: str) -> click.Command | None:
        """Return a verb."""
        if cmd_name in VERBS:
            import_module(f"{__package__}.{VERBS[cmd_name]}")
        return super().get_command(context, cmd_name)

    def invoke(self, context: click.Context) -> Any:
        """Run the verb."""
        try:
            return super().invoke(context)
        except LienketError as error:
            say(error.faults)
            sys.exit(error.exit_code)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(lienket.__version__, prog_name="lienket")
@click.option("-C", "--project", "folder", type=click.Path(path_type=Path, file_okay=False), default=None,
              help="Folder of the deployment (default: here, or the nearest above).")  # fmt: skip
@click.option("--language", default=None, help="Language of messages (default: the deployment's first).")
@click.pass_context
def commands(context: click.Context, folder: Path | None, language: str | None) -> None:
    """Turn departments' tables into linked open data, and serve it."""
    context.obj = folder
    if language:
        context.meta[LANGUAGE] = languages.get(language).tag


def deployment_of(folder: Path | None) -> Project:
    """Return the deployment of `folder`, and speak its language from here on unless told otherwise."""
    deployment = Project.find(folder)
    if deployment.languages[0] in languages.available():
        click.get_current_context().meta.setdefault(LANGUAGE, deployment.languages[0])
    return deployment


@contextmanager
def written(path: Path) -> Iterator[Path]:
    """Give a file to write beside `path`, and put it in its place when it is whole."""
    part = path.with_name(path.name + ".part")
    try:
        part.touch()
    except OSError as error:
        raise UnavailableError(
            Fault("cannot be written: {reason}", file=str(path), values={"reason": error.strerror})
        ) from error
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def tell(words: str, **values: object) -> None:
    """Print a sentence in the language of messages."""
    out.print(language().gettext(words).format(**values))


def language() -> languages.Language:
    """Return the language of messages."""
    return languages.get(click.get_current_context().meta.get(LANGUAGE, "en"))


def say(faults: Sequence[Fault]) -> None:
    """Print faults on standard error, in the language of messages."""
    for severity, line in telling.page(faults, language()):
        err.print(line, style={"error": "red", "warning": "yellow"}.get(severity or ""))


def plain(faults: Sequence[Fault]) -> list[dict[str, Any]]:
    """Return faults as JSON has them."""
    return [dataclasses.asdict(fault) for fault in faults]


@contextmanager
def reported(path: Path | None, as_json: bool) -> Iterator[None]:
    """Write the faults that are raised inside into the table, and into the JSON, that are asked for."""
    try:
        yield
    except InputError as error:
        write_report(path, error.faults)
        if not as_json:
            raise
        told = {"quads": 0, "tables": [], "faults": plain(error.faults)}
        click.echo(json.dumps(told, ensure_ascii=False, default=str))
        sys.exit(error.exit_code)


def write_report(path: Path | None, faults: Sequence[Fault]) -> None:
    """Write all faults into a table, if one is asked for."""
    if path:
        with written(path) as part:
            telling.write_table(faults, part, language())


@contextmanager
def shown_progress() -> Iterator[Any]:
    """Show what is being done while it is done; give the function that is told so."""
    if not err.is_terminal:
        yield lambda what, done, total: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # takes a while

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bars:
        task = bars.add_task("", total=None)
        yield lambda what, done, total: bars.update(task, description=what, completed=done, total=total)
