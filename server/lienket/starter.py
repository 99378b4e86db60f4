"""Starting folders that build: a deployment, a dataset. The files lie in `starter/`, with `$name` places to fill."""

import re
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

from lienket import languages
from lienket.datasets import DATASET_ID
from lienket.errors import Fault, InputError, UnavailableError
from lienket.project import FORMS, Project


def new_province(folder: Path, name: str, base_iri: str | None = None) -> list[Path]:
    """Fill an empty folder with a deployment called `name`; return the files written.

    Raises `InputError` where the folder holds anything, or the name has no letter.
    """
    key = re.sub(r"[^a-z0-9]+", "-", languages.get("vi").key(name)).strip("-")
    if not key or any(character in name for character in '"\\$\n'):
        raise InputError(Fault("is no name for a deployment; use letters and spaces", text=name))
    if base_iri is not None and not re.fullmatch(FORMS["base"][0], base_iri):
        raise InputError(Fault("must be {expected}", text=base_iri, values={"expected": FORMS["base"][1]}))
    if folder.is_dir() and any(not path.name.startswith(".") for path in folder.iterdir()):
        raise InputError(Fault("is not empty; start a deployment in an empty folder", file=str(folder)))
    values = {
        "name": name,
        "base_iri": base_iri or f"https://data.{key}.example/",
        "prefix": key.replace("-", ""),
    }
    return _write(files("lienket") / "starter" / "province", folder, values)


def new_dataset(project: Project, department: str, dataset_id: str) -> list[Path]:
    """Start the dataset `dataset_id` of `department` in the mappings folder; return the files written.

    Raises `InputError` where the names do not fit or the folder is there already.
    """
    faults = [
        Fault("is no dataset id; write DEPARTMENT/ID with small letters, digits and hyphens", text=part or None)
        for part in (department, dataset_id)
        if not DATASET_ID.fullmatch(part)
    ]
    folder = project.mappings / department / dataset_id
    if not faults:
        faults += [
            Fault("is there already; choose another id", file=str(there))
            for there in sorted(project.mappings.glob(f"*/{dataset_id}"))
        ]
    if faults:
        raise InputError(*faults)
    publisher = str(project["publisher.iri"])
    values = {
        "id": dataset_id,
        "base_iri": project.base_iri,
        "publisher": publisher if "://" in publisher else project.base_iri + publisher,
        "office": project["publisher.name"][project.languages[0]],
    }
    return _write(files("lienket") / "starter" / "dataset", folder, values)


def _write(source: Traversable, folder: Path, values: Mapping[str, str]) -> list[Path]:
    written: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for entry in sorted(source.iterdir(), key=lambda entry: entry.name):
            target = folder / (".gitignore" if entry.name == "gitignore" else entry.name)
            if entry.is_dir():
                written += _write(entry, target, values)
            else:
                target.write_text(Template(entry.read_text(encoding="utf-8")).substitute(values), encoding="utf-8")
                written.append(target)
    except OSError as error:
        raise UnavailableError(
            Fault("cannot be written: {reason}", file=str(folder), values={"reason": error.strerror})
        ) from error
    return written
