"""What was found in a dataset's tables: a page for those who keep them, the same as a table and as SHACL's report."""

import io
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Response, render_template, request

from lienket import languages, telling
from lienket.errors import SEVERITIES
from lienket.formats import CSV, GRAPH_FORMATS, HTML, Format
from lienket.quality import Report, sections, statements
from lienket.releases import release
from lienket.web import addresses, graphs, language
from lienket.web.answers import sent, unchanged, wanted
from lienket.web.datasets import Dataset, datasets
from lienket.web.missing import not_here
from lienket.web.names import order_of
from lienket.web.shown import Shown, shown

QUALITY_FORMATS: Final[tuple[Format, ...]] = (HTML, *GRAPH_FORMATS, CSV)

_MOST_RELEASES: Final = 24
"""So many releases stand in the chart."""

blueprint = Blueprint("quality", __name__)


@dataclass(frozen=True)
class Bar:
    """One release in the chart: rows with a remark, of how many, and how high its bar is, from 0 to 1."""

    id: str
    day: str
    rows_at_fault: int
    rows: int
    height: float


@blueprint.get("/dataset/<dataset_id>/quality")
@blueprint.get("/dataset/<dataset_id>/quality.<suffix>")
def quality(dataset_id: str, suffix: str = "") -> Response:
    """Answer what mapping and validation found in one dataset when the release was made."""
    present = shown()
    about = datasets(present).get(f"{present.project.base_iri}dataset/{dataset_id}")
    if about is None:
        raise not_here(present, f"dataset/{dataset_id}")
    format_ = wanted(QUALITY_FORMATS, suffix)
    if (answer := unchanged(present, format_)) is not None:
        return answer
    report = _report(present, dataset_id)
    iri = f"{about.iri}/quality"
    if format_ is HTML:
        body: str | bytes = _page(present, about, report, iri)
    elif format_ is CSV:
        asked = request.args.get("lang", "")  # not by Accept-Language: a table is kept, and is the same for all
        spoken = asked if asked in present.project.languages else present.project.languages[0]
        table = io.StringIO(newline="")
        telling.write_rows(report.findings, table, languages.get(spoken))
        body = "\ufeff" + table.getvalue()
    else:
        packs = [languages.get(tag) for tag in present.project.languages]
        body = graphs.serialized(statements(report, iri, packs), format_, present.prefixes)
    return sent(body, present, format_, iri=iri, among=QUALITY_FORMATS)


def _report(present: Shown, dataset_id: str) -> Report:
    name = f"report {dataset_id}"
    if name not in present.kept:
        present.kept[name] = Report.read(present.release.report_path(dataset_id))
    report: Report = present.kept[name]
    return report


def _page(present: Shown, about: Dataset, report: Report, iri: str) -> str:
    pack = language.language()
    found = sections(report.findings, pack)
    severity, column = request.args.get("severity", ""), request.args.get("column", "")
    return render_template(
        "quality.html",
        about=about,
        made=present.release.created.date().isoformat(),
        title=about.title(order_of(present.project.languages, pack.tag)),
        report=report,
        sections=found,
        severity=severity if severity in SEVERITIES else "",
        column=column if column in {section.key for section in found} else "",
        bars=trend(present, about.id),
        path=addresses.local(iri),
        iri=iri,
        formats=QUALITY_FORMATS,
    )


def trend(present: Shown, dataset_id: str) -> list[Bar]:
    """Return the dataset in the releases that are kept, the oldest first, up to the one on show."""
    told = []
    for one in reversed(release.kept(present.project.var)):
        counted = one.manifest["datasets"].get(dataset_id, {})
        if "rows_at_fault" in counted and one.created <= present.release.created:
            told.append((one, counted["rows_at_fault"], counted["rows"]))
    told = told[-_MOST_RELEASES:]
    most = max((at_fault for _, at_fault, _ in told), default=0) or 1
    return [
        Bar(one.id, one.created.date().isoformat(), at_fault, rows, at_fault / most) for one, at_fault, rows in told
    ]
