"""A deployment with a past: the same tables in several states, a release of each."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lienket.build import build
from lienket.project import Project
from lienket.releases.release import Release
from tests.deployments import BLANKS, THINGS, write_dataset, write_deployment

COLUMNS = ("id", "name", "amount", "until")
BASE = "https://data.example.org/"

Names = Mapping[str, str]
"""Key of a thing → its name."""

AGENCY = {"id": "agency", "name": "Nhóm thử", "amount": "1", "until": ""}
STATES: Sequence[Names] = (
    {"1": "Một", "2": "Hai", "3": "Ba"},
    {"1": "Một", "2": "Hai mới", "3": "Ba"},
    {"1": "Một", "2": "Hai mới", "4": "Bốn"},
    {"1": "Một nữa", "2": "Hai mới", "4": "Bốn", "3": "Ba trở lại"},
)
"""What the table `things` held: 2 is renamed, then 3 goes and 4 comes, then 1 is renamed and 3 is back."""


def make(folder: Path, settings: str = "") -> Project:
    """Return a deployment without a release; `things` is yet to be written."""
    project = write_deployment(folder, settings)
    blanks = [{"id": key, "name": f"Nút {key}"} for key in ("8", "9")]
    write_dataset(folder, "nodes", BLANKS, blanks, ("id", "name"))
    return project


def publish(project: Project, names: Names, **columns: str) -> Release:
    """Write the table `things` and make a release of it."""
    rows = [{"id": key, "name": name, "amount": "7", "until": "", **columns} for key, name in names.items()]
    write_dataset(project.root, "things", THINGS, rows, COLUMNS)
    return build(project)


def publish_all(project: Project, states: Sequence[Names] = STATES) -> Iterator[Release]:
    """Make a release of each state, the oldest first."""
    for names in states:
        yield publish(project, names)
