"""The verbs that start a deployment or a dataset with files that build."""

from collections.abc import Sequence
from pathlib import Path

import click

from lienket import starter

from .console import commands, deployment_of, out, tell


@commands.group()
def new() -> None:
    """Start a deployment or a dataset with files that build."""


@new.command("province")
@click.argument("name")
@click.option("--base-iri", default=None, help="What every IRI will begin with (default: an example address).")
@click.pass_obj
def new_province(folder: Path | None, name: str, base_iri: str | None) -> None:
    """Fill an empty folder with a deployment called NAME."""
    _print_files(starter.new_province(folder or Path.cwd(), name, base_iri))
    tell("next: {command}", command="lienket up")


@new.command("dataset")
@click.argument("path", metavar="DEPARTMENT/ID")
@click.pass_obj
def new_dataset(folder: Path | None, path: str) -> None:
    """Start a dataset in the mappings folder, with a sample table to replace."""
    deployment = deployment_of(folder)
    department, _, dataset_id = path.partition("/")
    _print_files(starter.new_dataset(deployment, department, dataset_id))
    tell("next: {command}", command=f"lienket check {dataset_id}")


def _print_files(files: Sequence[Path]) -> None:
    for file in files:
        out.print(str(file))
