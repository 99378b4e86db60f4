"""One dataset's way: mapped to statements, held against the shapes, and whatever else must be so before publication."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from lienket import languages
from lienket.build.delivered import delivered
from lienket.content import Content
from lienket.datasets import EXPECTED, Dataset
from lienket.errors import Fault, distinct
from lienket.mapping import Database, Mapped, Rules, Source, machine_faults, map_rules, named
from lienket.ontology import Ontology
from lienket.project import Project
from lienket.quality import Report, report_of
from lienket.rdf import read_quads
from lienket.releases.release import TOLD
from lienket.tidy import Delivered
from lienket.validation import tell, validate_relation
from lienket.vocabulary import RDF


@dataclass(frozen=True)
class Output:
    """What the mapping of one dataset gave."""

    dataset: Dataset
    nquads: Path
    quads: int
    rows: int
    tables: tuple[Path, ...]
    faults: tuple[Fault, ...]
    report: Report
    """The same faults, told as of the dataset's own folder."""
    sources: Mapping[str, tuple[Path, Source]]
    """The dataset's own files by the name that the report calls them: where they lie and how they are to be read."""
    delivered: tuple[tuple[Path, Delivered], ...] = ()
    """What is known of the columns of those that are delimited text."""
    score: Mapping[str, int] = field(default_factory=dict)
    """Points of its description by metric, where they were counted."""


class Making:
    """One dataset on its way: `map` it, then `check` it when it is known what the others tell; `close` it in the end.

    Mapping raises `InputError` where that cannot be done at all: a table or a column is missing, a rule is wrong.
    """

    def __init__(self, project: Project, content: Content, dataset: Dataset, folder: Path) -> None:
        """Take what is written from and where to; `folder` holds a folder for what datasets tell each other."""
        self.dataset = dataset
        self.nquads = folder / f"{dataset.id}.nq"
        self.told = folder / TOLD / f"{dataset.id}.nt"
        self.quads = 0
        """How many statements there are, once it is mapped."""
        self._project = project
        self._content = content
        self._mapped: Mapped | None = None

    def map(self) -> None:
        """Write the statements, and what of them other datasets are told."""
        with machine_faults():
            mapped = self._open()
            self.quads = mapped.write_nquads(self.nquads, sort=True)
            self._tell(mapped)

    def tell(self) -> None:
        """Write only what other datasets are told."""
        with machine_faults():
            self._tell(self._open())

    def close(self) -> None:
        """Give back the memory that the tables take; they are read again where they are needed."""
        if self._mapped is not None:
            self._mapped.close()
            self._mapped = None

    def check(self, elsewhere: Sequence[Path]) -> Output:
        """Look for every fault, and close; `elsewhere` are files of what the other datasets tell."""
        project, content, dataset = self._project, self._content, self.dataset
        with self._open() as mapped:
            report = validate_relation(
                mapped.connection, "quads", content.shapes, content.context, elsewhere=elsewhere,
                rows=self.quads, records=mapped.records, scattered=mapped.scattered,
            )  # fmt: skip
            tables = dict.fromkeys(table.path for table in mapped.tables if table.path)
            known = tuple(delivered(mapped.tables, content.rules[dataset.id], dataset.folder))
            counts = _rows(dataset, mapped, _described_tables(content.rules[dataset.id]))
            faults = [
                *mapped.faults,
                *_news(report.faults(mapped.locate), mapped.faults),
                *_out_of_place(content.ontology, dataset, mapped),
                *_expected_missing(dataset, self.nquads),
            ]
            if not self.quads:
                faults.append(Fault("makes no statement: its tables hold no rows", file=str(dataset.folder)))
        self._mapped = None
        found = distinct(faults)
        name = partial(_name, project, dataset)
        told = report_of(dataset.id, counts, found, name)
        stated = _sources(content.rules[dataset.id])
        sources = {
            name(str(path)): (path, stated[path.name])
            for path in tables
            if path.is_relative_to(dataset.folder) and path.name in stated
        }
        return Output(dataset, self.nquads, self.quads, told.rows, tuple(tables), tuple(found), told, sources, known)

    def _open(self) -> Mapped:
        if self._mapped is None:
            stated = self._project.databases.items()
            databases = {name: Database(found.address, found.user, found.password) for name, found in stated}
            self._mapped = map_rules(
                self._content.rules[self.dataset.id],
                root=self._project.mappings,
                language=languages.get(self._project.languages[0]),
                graph=self.dataset.iri,
                databases=named(databases),
            )
        return self._mapped

    def _tell(self, mapped: Mapped) -> None:
        self.told.parent.mkdir(exist_ok=True)
        tell(mapped.connection, "quads", self._content.shapes, self.told, self._content.context)


def _rows(dataset: Dataset, mapped: Mapped, described: set[str]) -> list[tuple[str, str | None, int]]:
    """Return (file, sheet, rows) of each of the dataset's own tables; one that is read in several ways counts once."""
    rows: dict[tuple[str, str | None], int] = {}
    for table in mapped.tables:
        place = (table.file, table.sheet)
        if table.path is None:
            rows[place] = rows.get(place, 0) + table.rows
        elif table.path.is_relative_to(dataset.folder) and table.path.name in described:
            rows[place] = max(rows.get(place, 0), table.rows)
    return [(*place, number) for place, number in rows.items()]


def _name(project: Project, dataset: Dataset, file: str) -> str:
    """Return what a report calls a file: its path from the dataset's folder, or from the deployment's."""
    path = Path(file)
    with suppress(OSError, ValueError):
        path = path.resolve()
    for folder in (dataset.folder, project.mappings, project.root):
        if path.is_relative_to(folder.resolve()) and path.is_file():
            return str(path.relative_to(folder.resolve()))
    return file


def _news(faults: Iterable[Fault], told: Iterable[Fault]) -> list[Fault]:
    """Leave out what follows from a cell that is named already: of an unread cell no rule can be right."""
    cells = {(fault.file, fault.sheet, fault.row, column) for fault in told for column in _columns(fault)}
    return [
        fault
        for fault in faults
        if not any((fault.file, fault.sheet, fault.row, column) in cells for column in _columns(fault))
    ]


def _columns(fault: Fault) -> list[str]:
    return fault.column.split(", ") if fault.column else []


def _sources(rules: Iterable[Rules]) -> dict[str, Source]:
    """Return the sources of files by the file's name."""
    origins = (triples_map.origin for document in rules for triples_map in document.triples_maps.values())
    return {Path(origin.path).name: origin for origin in origins if origin and origin.path}


def _described_tables(rules: Iterable[Rules]) -> set[str]:
    """Return the names of the tables that say something themselves; a table that is only looked up does not."""
    return {
        Path(triples_map.origin.path).name
        for document in rules
        for triples_map in document.triples_maps.values()
        if triples_map.origin and (triples_map.classes or triples_map.predicate_object_maps)
    }


def _out_of_place(ontology: Ontology, dataset: Dataset, mapped: Mapped) -> list[Fault]:
    """Find graphs that are not the dataset's own, and terms that nobody defines; in one pass over the statements."""
    class_ = f"CASE WHEN predicate = '<{RDF}type>' THEN object END"
    used = mapped.quads.project(f"graph, predicate, {class_} AS class").distinct().fetchall()
    rules = ", ".join(map(str, dataset.mappings))
    faults = [
        Fault("writes into the graph {graph}; a dataset's statements lie in its own, which needs no rml:graph",
              file=rules, values={"graph": graph})
        for graph in sorted({graph for graph, _, _ in used} - {f"<{dataset.iri}>"})
    ]  # fmt: skip
    faults += [
        Fault("uses {term}, which the ontology does not define; check its spelling, or define it in the ontology "
              "folder with rdfs:label and skos:definition in each language", file=rules, values={"term": term})
        for term in ontology.undefined(text.strip("<>") for _, *terms in used for text in terms if text)
    ]  # fmt: skip
    return faults


def _expected_missing(dataset: Dataset, nquads: Path) -> list[Fault]:
    missing = dict.fromkeys(dataset.expected)
    for quad in read_quads(nquads) if missing else ():
        missing.pop(quad, None)
    return [
        Fault("is expected and was not made; mend the table or the mapping, or this line if the fact has changed",
              file=str(dataset.folder / EXPECTED), text=str(quad))
        for quad in missing
    ]  # fmt: skip
