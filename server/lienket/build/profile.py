"""The catalogue held against the deployment's own profile: a file of shapes that `catalogue.profile` names.

What a nation wants said of its datasets beyond DCAT-AP is content and not the engine's matter; whoever has another
profile names another file.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox

from lienket import formats
from lienket.datasets import DESCRIPTION, Dataset
from lienket.errors import Fault, InputError
from lienket.project import Project
from lienket.rdf import write_quads
from lienket.validation import read_shapes, validate


def profile_faults(
    project: Project, datasets: Sequence[Dataset], triples: Iterable[ox.Triple], scratch: Path
) -> list[Fault]:
    """Return what the profile finds in a description of datasets, each fault with the file that is to be mended.

    Raises `InputError` where the profile cannot be read, or is none.
    """
    if not project["catalogue.profile"]:
        return []
    shapes = project.root / str(project["catalogue.profile"])
    if not shapes.is_file():
        raise InputError(Fault("is no file; catalogue.profile in lienket.toml names it", file=str(shapes)))
    catalogue = scratch / "described.ttl"
    write_quads(triples, catalogue, formats.TURTLE, {})
    try:
        report = validate([catalogue], read_shapes([shapes]))
    finally:
        catalogue.unlink()
    places = {dataset.iri: str(dataset.folder / DESCRIPTION) for dataset in datasets}
    found = zip(report.results, report.faults(lambda *_: ()), strict=False)
    return [
        replace(fault, file=places.get(result.focus_node.strip("<>").partition("#")[0], fault.file))
        for result, fault in found
    ]
