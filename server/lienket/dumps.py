"""The files of a dataset that people and harvesters download."""

import gzip
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lienket import formats, release
from lienket.datasets import Dataset
from lienket.rdf import read_quads, write_quads

TABLE_TYPES: Mapping[str, tuple[str, str]] = {
    ".csv": ("CSV", "text/csv"),
    ".tsv": ("TSV", "text/tab-separated-values"),
    ".json": ("JSON", "application/json"),
    ".xlsx": ("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ".ods": ("ODS", "application/vnd.oasis.opendocument.spreadsheet"),
}
"""Suffix of a table → its name in the EU file-type list, and its media type."""


STATEMENTS = "All statements, with their graph."
READING = "All statements, for reading."
DELIVERED = "The table as the department delivered it."
"""What a file is, in the words that a language pack translates."""


def write_dumps(
    dataset: Dataset, nquads: Path, quads: int, tables: Sequence[Path], folder: Path, prefixes: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Write the quads and the tables of a dataset for download; return what the manifest says of each file.

    The quads are the mapping's output, so that literals keep the form the table gave them.
    """
    folder.mkdir(exist_ok=True)
    turtle = nquads.with_suffix(".ttl")
    write_quads((quad.triple for quad in read_quads(nquads)), turtle, formats.TURTLE, prefixes)
    dumps = []
    for source, format_, words in (
        (
            nquads,
            formats.N_QUADS,
            STATEMENTS,
        ),
        (turtle, formats.TURTLE, READING),
    ):
        path = folder / f"{dataset.id}.{format_.suffix}.gz"
        with source.open("rb") as plain, gzip.GzipFile(path, "wb", compresslevel=6, mtime=0) as packed:
            shutil.copyfileobj(plain, packed)
        dumps.append(_dump(path, format_.name, format_.media_type, format_.eu_file_type or "", quads, words))
    turtle.unlink()
    for table in tables:
        if table.is_relative_to(dataset.folder):
            path = folder / f"{dataset.id}.{table.name}"
            shutil.copyfile(table, path)
            name, media_type = TABLE_TYPES[table.suffix.lower()]
            dumps.append(_dump(path, name, media_type, name, 0, DELIVERED))
    return dumps


def _dump(path: Path, name: str, media_type: str, eu_file_type: str, quads: int, description: str) -> dict[str, Any]:
    return {
        "file": path.name,
        "format": name,
        "media_type": media_type,
        "eu_file_type": eu_file_type,
        "compressed": path.suffix == ".gz",
        "size": path.stat().st_size,
        "sha256": release.sha256(path),
        "quads": quads,
        "description": description,
    }
