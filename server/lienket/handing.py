"""What a department gets back to mend: a page for each dataset, and copies of its tables with the cells marked."""

from collections.abc import Sequence
from pathlib import Path

from lienket import quality
from lienket.build.outputs import Output
from lienket.errors import Fault, RefusedError, UnavailableError
from lienket.languages import Language
from lienket.mapping import Source, grids
from lienket.project import Project
from lienket.quality import workbook
from lienket.vocabulary import DCT
from lienket.web import mailed


def hand_back(
    project: Project, outputs: Sequence[Output], faults: Sequence[Fault], pages: Path | None, tables: Path | None,
    language: Language,
) -> list[Path]:  # fmt: skip
    """Write pages and marked copies into the folders given for them; return the files.

    Raises `RefusedError` where a folder lies among what is read, `UnavailableError` where it cannot be written.
    """
    for folder in filter(None, (pages, tables)):
        for read in (project.mappings, project.shapes, project.ontology):
            if folder.resolve().is_relative_to(read.resolve()):
                raise RefusedError(
                    Fault("lies among the tables and rules that are read; name another folder", file=str(folder))
                )
    written = write_pages(outputs, faults, pages, language) if pages else []
    return [*written, *(write_marked(outputs, tables, language) if tables else [])]


def write_pages(outputs: Sequence[Output], faults: Sequence[Fault], folder: Path, language: Language) -> list[Path]:
    """Write a page for each dataset, which needs nothing beside it; where none could be mapped, one of all faults.

    Raises `UnavailableError` where the folder cannot be written.
    """
    reports = [(output.report, output.dataset.text(DCT + "title", language.tag)) for output in outputs]
    if not outputs:
        reports = [(quality.report_of("check", [], faults, lambda file: Path(file).name), "lienket check")]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [mailed.write(report, title, folder / f"{report.dataset}.html", language) for report, title in reports]
    except OSError as error:
        raise _unwritable(folder, error) from error


def write_marked(outputs: Sequence[Output], folder: Path, language: Language) -> list[Path]:
    """Write a marked copy, an XLSX workbook, of each table in which a cell is at fault; the table stays as it is.

    Raises `UnavailableError` where the folder cannot be written.
    """
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for output in outputs:
            for file, (path, source) in output.sources.items():
                target = folder / f"{output.dataset.id}.{file.replace('/', '-')}.xlsx"
                marks: dict[str | None, workbook.Marks] = {}
                for fault in output.report.faults:
                    if fault.file == file and fault.row is not None:
                        marks.setdefault(fault.sheet, workbook.Marks(language)).take(fault)
                if marks and _marked(path, source, marks, target):
                    written.append(target)
    except OSError as error:
        raise _unwritable(folder, error) from error
    return written


def _marked(path: Path, source: Source, marks: dict[str | None, workbook.Marks], target: Path) -> bool:
    """Write one marked copy; tell whether there is one: of JSON, say, there is none."""
    book = grids.workbook(path)
    if book is not None:
        for sheet, its in marks.items():
            workbook.mark_sheet(book[sheet] if sheet else book.worksheets[0], its)
        book.save(target)
        return True
    for number, (sheet, its) in enumerate(marks.items()):  # each sheet of another format is a workbook of its own
        one = target if number == 0 else target.with_suffix(f".{number + 1}.xlsx")
        with grids.rows(path, source, sheet, sorted(its.headers)) as rows:
            if rows is None:
                return False
            workbook.write_sheet(rows, its, sheet or path.stem, one)
    return True


def _unwritable(folder: Path, error: OSError) -> UnavailableError:
    return UnavailableError(
        Fault("cannot be written: {reason}", file=str(folder), values={"reason": error.strerror or error})
    )
