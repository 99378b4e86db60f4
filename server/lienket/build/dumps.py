"""The files of a dataset that people and harvesters download."""

import gzip
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from lienket import formats, tidy
from lienket.build.outputs import Output
from lienket.datasets import Dataset
from lienket.ontology import Ontology
from lienket.project import Project
from lienket.rdf import write_quads
from lienket.releases import statements
from lienket.releases.digests import sha256
from lienket.vocabulary import DCT

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
TIDY = "The statements as a table: one row a thing, one column a property."
PLACES = "The places as a map."
COLUMNS = "What the columns of the tables mean, for programs (CSV on the Web)."
"""What a file is, in the words that a language pack translates."""

GRAPHS: Final = (formats.N_QUADS, formats.TURTLE)
GEOJSON: Final = ("GeoJSON", "application/geo+json", "GEOJSON")
CSVW: Final = ("CSVW", "application/csvm+json", "JSON")
CSV: Final = ("CSV", "text/csv", "CSV")
"""Name, media type, and name in the EU file-type list."""


@dataclass(frozen=True)
class Dumps:
    """The files of a dataset, as the manifest tells of them."""

    files: list[dict[str, Any]]
    told: dict[str, Any]
    """What the statements tell of themselves: `period`, `box`, `places`, `links`, `units`."""


def write_dumps(output: Output, folder: Path, ontology: Ontology, project: Project) -> Dumps:
    """Write a dataset for download: its statements, its tables as delivered and anew, the map of its places.

    All is made of the mapping's output, so that literals keep the form the table gave them.
    """
    dataset = output.dataset
    found = tidy.survey(output.nquads, dataset.iri, base_iri=project.base_iri, prefixes=ontology.prefixes,
                        words=_words(ontology))  # fmt: skip
    made = tidy.write_tables(output.nquads, dataset.iri, found, folder, dataset.id)
    places = folder / f"{dataset.id}.geojson"
    count, box = tidy.write_map(output.nquads, dataset.iri, found, places)
    labels = ontology.labels
    tables = list(_tables(output, folder))
    delivered = dict(output.delivered)
    columns = tidy.describe(
        made,
        [replace(delivered[source], file=copy.name) for source, copy in tables if source in delivered],
        title={tag: dataset.text(DCT + "title", tag) for tag in project.languages},
        licence=next((t.object.value for t in dataset.description if t.predicate.value == DCT + "license"
                      and isinstance(t.object, ox.NamedNode)), ""),
        labels={iri: {tag: texts[tag] for tag in project.languages if tag in texts} for iri, texts in labels.items()},
    )  # fmt: skip
    files = list(_statements(output, folder, ontology.prefixes))
    for source, copy in tables:
        name, media_type = TABLE_TYPES.get(source.suffix.lower(), OTHER_TYPE)
        files.append(_dump(copy, "delivered", name, media_type, name, DELIVERED))
    for table in made:
        described = _dump(folder / table.file, "tidy", *CSV, TIDY)
        files.append(described | {"of": labels.get(table.label, {}), "class": table.label})
    if count:
        files.append(_dump(places, "places", *GEOJSON, PLACES))
    path = folder / f"{dataset.id}.csvw.json"
    path.write_text(json.dumps(columns, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    files.append(_dump(path, "columns", *CSVW, COLUMNS))
    told = {
        "period": found.period,
        "box": box,
        "places": count,
        "links": [[*link, number] for link, number in found.links.items()],
        "units": found.units,
    }
    return Dumps(files, json.loads(json.dumps(told)))  # as the manifest will have it


def _words(ontology: Ontology) -> frozenset[str]:
    """Return what the IRIs of terms and of entries of code lists begin with."""
    subjects = (triple.subject.value for triple in ontology.triples if isinstance(triple.subject, ox.NamedNode))
    return frozenset(tidy.beginning(iri) for iri in subjects)


def _statements(output: Output, folder: Path, prefixes: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    dataset = output.dataset
    turtle = output.nquads.with_suffix(".ttl")
    with statements.opened(output.nquads) as lines:
        write_quads((quad.triple for quad in statements.parse(lines)), turtle, formats.TURTLE, prefixes)
    for source, format_, words in (
        (output.nquads, GRAPHS[0], STATEMENTS),
        (turtle, GRAPHS[1], READING),
    ):
        path = folder / f"{dataset.id}.{format_.suffix}.gz"
        with source.open("rb") as plain, gzip.GzipFile(path, "wb", compresslevel=6, mtime=0) as packed:
            shutil.copyfileobj(plain, packed)
        dump = _dump(path, "statements", format_.name, format_.media_type, format_.eu_file_type or "", words)
        yield dump | {"quads": output.quads}
    turtle.unlink()


def _tables(output: Output, folder: Path) -> Iterator[tuple[Path, Path]]:
    """Copy the tables as they were delivered; yield each with its copy."""
    for table in output.tables:
        if table.is_relative_to(output.dataset.folder):
            path = _path(output.dataset, table, folder)
            shutil.copyfile(table, path)
            yield table, path


def _path(dataset: Dataset, table: Path, folder: Path) -> Path:
    """Return where a table is copied to: a name of its own that tells where it lay and can stand in an address."""
    place = re.sub(r"[^\w.-]+", "_", "-".join(table.relative_to(dataset.folder).parts))
    path = folder / f"{dataset.id}.{place}"
    return path if not path.exists() else folder / f"{dataset.id}.{sha256(table)[:6]}-{place}"


def _dump(
    path: Path, kind: str, name: str, media_type: str, eu_file_type: str, description: str
) -> dict[str, Any]:  # fmt: skip
    return {
        "file": path.name,
        "kind": kind,
        "format": name,
        "media_type": media_type,
        "eu_file_type": eu_file_type,
        "compressed": path.suffix == ".gz",
        "size": path.stat().st_size,
        "sha256": sha256(path),
        "quads": 0,
        "description": description,
    }
