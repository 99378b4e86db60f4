"""The verb that links."""

import json
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click

from lienket.errors import shown

from .console import FILE, commands, deployment_of, language, plain, say, tell, write_report


@commands.command()
@click.argument("datasets", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print links, questions and faults as JSON.")
@click.option("--dry-run", is_flag=True, help="Write neither links nor questions.")
@click.option("--report", type=FILE, help="Write what departments have to mend to a CSV table.")
@click.option(
    "--page", type=FILE, help="Write what waits for a decision to an HTML page, both sides beside each other."
)
@click.option(
    "--endpoint", metavar="URL", help="SPARQL endpoint or reconciliation service for rules that ask elsewhere."
)
@click.option("--check", is_flag=True, help="Only look whether what links lead to is still there.")
@click.option("--web", is_flag=True, help="With --check: ask for targets on the web too.")
@click.pass_obj
def link(
    folder: Path | None, datasets: Sequence[str], as_json: bool, dry_run: bool, report: Path | None, page: Path | None,
    endpoint: str | None, check: bool, web: bool,
) -> None:  # fmt: skip
    """Propose links, and take the sure ones.

    Over the current release, for all linksets or those named. What is not sure waits for a decision in the linkset's
    review.csv; what is decided there is never asked again. Links are published by the next `lienket build`.
    """
    from lienket import linking, linksets

    deployment = deployment_of(folder)
    if check:
        lost = linksets.lost(deployment, datasets, web=web)
        write_report(report, lost)
        if as_json:
            click.echo(json.dumps(plain(lost), ensure_ascii=False, default=str))
        else:
            say(lost)
        sys.exit(1 if lost else 0)
    linked = linksets.link(deployment, datasets, date.today(), keep=not dry_run, endpoint=endpoint)
    faults = [fault for one in linked for fault in one.faults]
    write_report(report, faults)
    if page:
        linksets.write_page(deployment, linked, page, language())
    if as_json:
        click.echo(json.dumps({one.folder.name: _plain(one) for one in linked}, ensure_ascii=False))
        return
    say(faults)
    for one in linked:
        tell("{linkset}: {links} links, {waiting} wait for a decision in {file}", linkset=one.folder.name,
             links=len(one.settled.links), waiting=len(one.settled.waiting),
             file=shown(one.folder / linking.REVIEW))  # fmt: skip
        if one.settled.returned:
            tell("{number} decisions are asked again: what they were about has changed", number=one.settled.returned)


def _plain(linked: Any) -> dict[str, Any]:
    return {
        "rules": [
            {"rule": rule.iri, "compared": one.compared, "proposed": len(one.proposals)}
            for rule, one in zip(linked.rules, linked.proposed, strict=True)
        ],
        "links": [vars(row) for row in linked.settled.links],
        "questions": [vars(row) for row in linked.settled.waiting],
        "decided": [vars(row) for row in linked.settled.asked if row.decision],
        "faults": plain(linked.faults),
        "language": language().tag,
    }
