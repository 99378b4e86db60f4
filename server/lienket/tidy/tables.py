"""Writes the tables: a row for each thing, a column for each property; what comes several times in one of its own."""

import csv
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lienket.tidy.names import THING
from lienket.tidy.survey import IRI, TYPE, Kind, Pair, Survey, subjects
from lienket.vocabulary import DCT, LABEL_PREDICATES, SKOS

_FIRST: Final = (*LABEL_PREDICATES, SKOS + "altLabel", SKOS + "notation", DCT + "identifier")
"""Columns that stand in front."""


@dataclass(frozen=True)
class Column:
    """One column of a table that was made."""

    name: str
    property: str
    kind: str
    """What its values are: "iri", a language tag with its @, or the IRI of a datatype or ""."""
    required: bool


@dataclass(frozen=True)
class Made:
    """A table that was made; its first column is the thing's IRI."""

    file: str
    classes: tuple[str, ...]
    """Classes that every thing of the table has; none where the table is of one property."""
    of: str
    """Name of the table that lists the things; its own where that is this one."""
    columns: tuple[Column, ...]
    label: str
    """The class that the things are named after."""


def write_tables(nquads: Path, graph: str, found: Survey, folder: Path, dataset_id: str) -> list[Made]:
    """Write the tables of a dataset into `folder`; return what was made, by kind of thing."""
    planned = [table for kind in found.kinds for table in _planned(kind, found, dataset_id)]
    by_classes: dict[tuple[str, ...], list[tuple[Made, Any]]] = {}
    kinds = {kind.name: kind.classes for kind in found.kinds}
    with ExitStack() as opened:
        for kind_name, made in planned:
            file = opened.enter_context((folder / made.file).open("w", encoding="utf-8", newline=""))
            writer = csv.writer(file, lineterminator="\r\n")  # RFC 4180
            writer.writerow((THING, *(column.name for column in made.columns)))
            by_classes.setdefault(kinds[kind_name], []).append((made, writer))
        for subject, said in subjects(nquads, graph):
            classes = tuple(value for predicate, kind, value in said if predicate == TYPE and kind == IRI)
            if classes:
                values: dict[Pair, list[str]] = {}
                for predicate, kind, value in said:
                    values.setdefault((predicate, kind), []).append(value)
                for made, writer in by_classes[classes]:
                    writer.writerows(_rows(subject, values, made))
    return [made for _, made in planned]


def _planned(kind: Kind, found: Survey, dataset_id: str) -> Iterable[tuple[str, Made]]:
    """Yield the tables of a kind of things: that of the things, and one for each property they have several times."""
    columns = {
        pair: Column(found.names[pair], *pair, required=kind.having[pair] == kind.subjects)
        for pair in sorted(kind.most, key=lambda pair: _place(pair, found))
    }
    single = tuple(column for pair, column in columns.items() if kind.most[pair] == 1)
    file = f"{dataset_id}.tidy-{kind.name}.csv"
    yield kind.name, Made(file, kind.classes, file, single, kind.label)
    for pair, column in columns.items():
        if kind.most[pair] > 1:
            several = Column(column.name, column.property, column.kind, required=True)
            of_one = f"{dataset_id}.tidy-{kind.name}.{column.name}.csv"
            yield kind.name, Made(of_one, (), file, (several,), kind.label)


def _rows(subject: str, values: dict[Pair, list[str]], made: Made) -> Iterable[Sequence[str]]:
    if made.of != made.file:
        (column,) = made.columns
        return [(subject, value) for value in values.get((column.property, column.kind), ())]
    return [(subject, *(next(iter(values.get((each.property, each.kind), ())), "") for each in made.columns))]


def _place(pair: Pair, found: Survey) -> tuple[int, str]:
    property_ = pair[0]
    return (_FIRST.index(property_) if property_ in _FIRST else len(_FIRST), found.names[pair])
