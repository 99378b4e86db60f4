"""The files of a dataset that people and harvesters download."""

import gzip
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lienket import formats
from lienket.releases import statements
from lienket.datasets import Dataset
from lienket.releases.digests import sha256
from lienket.build.outputs import Output
from lienket.rdf import write_quads

TABLE_TYPES: Mapping[str, tuple[str, str]] = {
    ".csv": ("CSV", "text/csv"),
    ".json": ("JSON", "application/json"),
    ".ods": ("ODS", "application/vnd.oasis.opendocument.spreadsheet"),
    ".parquet": ("PARQUET", "application/vnd.apache.parquet"),
    ".tab": ("TSV", "text/tab-separated-values"),
    ".tsv": ("TSV", "text/tab-separated-values"),
    ".txt": ("TXT", "text/plain"),
    ".xls": ("XLS", "application/vnd.ms-excel"),
    ".xlsb": ("XLSB", "application/vnd.ms-excel.sheet.binary.macroEnabled.12"),
    ".xlsm": ("XLSM", "application/vnd.ms-excel.sheet.macroEnabled.12"),
    ".xlsx": ("XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
"""Suffix of a table → its name in the EU file-type list, and its media type."""
OTHER_TYPE = ("OCTET", "application/octet-stream")
"""The same for any other file."""

STATEMENTS = "All statements, with their graph."
READING = "All statements, for reading."
DELIVERED = "The table as the department delivered it."
"""What a file is, in the words that a language pack translates."""


def write_dumps(output: Output, folder: Path, prefixes: Mapping[str, str]) -> list[dict[str, Any]]:
    """Write the statements and the tables of a dataset for download; return what the manifest says of each file.

    The statements are the mapping's output, so that literals keep the form the table gave them.
    """
    dataset = output.dataset
    turtle = output.nquads.with_suffix(".ttl")
    with statements.opened(output.nquads) as lines:
        write_quads((quad.triple for quad in statements.parse(lines)), turtle, formats.TURTLE, prefixes)
    dumps = []
    for source, format_, words in (
        (output.nquads, formats.N_QUADS, STATEMENTS),
        (turtle, formats.TURTLE, READING),
    ):
        path = folder / f"{dataset.id}.{format_.suffix}.gz"
        with source.open("rb") as plain, gzip.GzipFile(path, "wb", compresslevel=6, mtime=0) as packed:
            shutil.copyfileobj(plain, packed)
        dumps.append(_dump(path, format_.name, format_.media_type, format_.eu_file_type or "", output.quads, words))
    turtle.unlink()
    for table in output.tables:
        if table.is_relative_to(dataset.folder):
            path = _path(dataset, table, folder)
            shutil.copyfile(table, path)
            name, media_type = TABLE_TYPES.get(table.suffix.lower(), OTHER_TYPE)
            dumps.append(_dump(path, name, media_type, name, 0, DELIVERED))
    return dumps


def _path(dataset: Dataset, table: Path, folder: Path) -> Path:
    """Return where a table is copied to: a name of its own that tells where it lay and can stand in an address."""
    place = re.sub(r"[^\w.-]+", "_", "-".join(table.relative_to(dataset.folder).parts))
    path = folder / f"{dataset.id}.{place}"
    return path if not path.exists() else folder / f"{dataset.id}.{sha256(table)[:6]}-{place}"


def _dump(path: Path, name: str, media_type: str, eu_file_type: str, quads: int, description: str) -> dict[str, Any]:
    return {
        "file": path.name,
        "format": name,
        "media_type": media_type,
        "eu_file_type": eu_file_type,
        "compressed": path.suffix == ".gz",
        "size": path.stat().st_size,
        "sha256": sha256(path),
        "quads": quads,
        "description": description,
    }
