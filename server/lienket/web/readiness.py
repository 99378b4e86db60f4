"""How far the departments are with their open data: what each publishes, how open, how well described, how fresh.

A page for those who answer for the hub, and the same as a table; the catalogue has the figures as measurements.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any, Final

import pyoxigraph as ox
from flask import Blueprint, Response, render_template, request

from lienket import languages, scoring
from lienket.formats import CSV, HTML, Format
from lienket.vocabulary import DCT
from lienket.web import harvest
from lienket.web.answers import sent, wanted
from lienket.web.catalogue import by_publisher
from lienket.web.datasets import Dataset
from lienket.web.names import Link
from lienket.web.shown import Shown, once, shown

READINESS_FORMATS: Final[tuple[Format, ...]] = (HTML, CSV)

COLUMNS: Final = (
    "Publisher", "Dataset", "Address", "Rows", "Statements", "Stars of open data, of 5", "Metadata score, of 405",
    "Last changed", "Promised within days", "Days overdue", "Rows in which something was found",
    "Warnings of mapping and validation", "Links to other data",
)  # fmt: skip
"""Headings of the table, in the words that a language pack translates."""

blueprint = Blueprint("readiness", __name__)


@dataclass(frozen=True)
class Standing:
    """How one dataset stands today."""

    about: Dataset
    frequency: str
    """IRI of the frequency that is promised; "" where none is stated."""
    today: date

    @property
    def points(self) -> int:
        """Its metadata score."""
        return scoring.total(self.about.counted["score"])

    @property
    def links(self) -> int:
        """How many links lead from it to other data."""
        return sum(number for *_, number in self.about.counted["links"])

    @property
    def stars(self) -> int:
        """Its stars of open data."""
        return scoring.stars(self.about.counted["score"], self.links)

    @property
    def promised(self) -> int | None:
        """Days within which it is to change again; None where nothing is promised."""
        return scoring.promised(self.frequency)

    @property
    def overdue(self) -> int | None:
        """Days since it should have changed; 0 where it is in time, None where nothing is promised."""
        if self.promised is None:
            return None
        age = (self.today - date.fromisoformat(self.about.modified)).days
        return max(0, age - self.promised)

    @property
    def faults(self) -> int:
        """Rows to be looked at, and warnings."""
        return int(self.about.counted["rows_at_fault"]) + int(self.about.counted["warnings"])


@dataclass(frozen=True)
class Department:
    """One publisher and its datasets."""

    publisher: Link | None
    standings: tuple[Standing, ...]

    @cached_property
    def points(self) -> int:
        """Mean metadata score."""
        return sum(each.points for each in self.standings) // len(self.standings)

    @cached_property
    def stars(self) -> int:
        """The stars that all of its datasets have."""
        return min(each.stars for each in self.standings)

    @cached_property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(int(each.about.counted["rows"]) for each in self.standings)

    @cached_property
    def links(self) -> int:
        """Links to other data."""
        return sum(each.links for each in self.standings)

    @cached_property
    def faults(self) -> int:
        """Rows to be looked at, and warnings."""
        return sum(each.faults for each in self.standings)

    @cached_property
    def overdue(self) -> int:
        """How many datasets should have changed since."""
        return sum(bool(each.overdue) for each in self.standings)


@blueprint.get("/readiness")
@blueprint.get("/readiness.<suffix>")
def readiness(suffix: str = "") -> Response:
    """Answer how the departments stand today; it changes with the day and is not kept for long."""
    present = shown()
    format_ = wanted(READINESS_FORMATS, suffix)
    found = departments(present, datetime.now(UTC).date())
    iri = present.project.base_iri + "readiness"
    if format_ is HTML:
        body: str | bytes = render_template("readiness.html", departments=found, formats=READINESS_FORMATS, iri=iri)
    else:
        asked = request.args.get("lang", "")  # not by Accept-Language: a table is kept, and is the same for all
        spoken = asked if asked in present.project.languages else present.project.languages[0]
        body = "\ufeff" + _table(found, spoken, present.project.languages)
    response = sent(body, present, format_, iri=iri, among=READINESS_FORMATS)
    response.set_etag(f"{response.get_etag()[0]}-{datetime.now(UTC).date()}", weak=True)
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def departments(present: Shown, today: date) -> list[Department]:
    """Return the publishers in the order of the visitor's language, each with its datasets."""
    promised = _frequencies(present)
    return [
        Department(
            publisher if isinstance(publisher, Link) else None,
            tuple(Standing(about, promised.get(about.iri, ""), today) for about in theirs),
        )
        for publisher, theirs in by_publisher(present)
    ]


@once
def _frequencies(present: Shown) -> dict[str, str]:
    """Return by dataset how often it is to be brought up to date, as the catalogue says."""
    return {
        triple.subject.value: triple.object.value
        for name in present.release.manifest["datasets"]
        for triple in harvest.part(present, name)
        if triple.predicate.value == DCT + "accrualPeriodicity"
        and isinstance(triple.subject, ox.NamedNode)
        and isinstance(triple.object, ox.NamedNode)
    }


def _table(found: Sequence[Department], spoken: str, order: tuple[str, ...]) -> str:
    """Return all that the page tells as CSV, one line a dataset, in one language."""
    pack = languages.get(spoken)
    order = (spoken, *(tag for tag in order if tag != spoken))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")  # RFC 4180
    writer.writerow(pack.gettext(heading) for heading in COLUMNS)
    for department in found:
        for each in department.standings:
            counted: dict[str, Any] = dict(each.about.counted)
            writer.writerow((
                department.publisher.name.value if department.publisher else "", each.about.title(order).value,
                each.about.iri, counted["rows"], counted["quads"], each.stars, each.points, each.about.modified,
                "" if each.promised is None else each.promised, "" if each.overdue is None else each.overdue,
                counted["rows_at_fault"], counted["warnings"], each.links,
            ))  # fmt: skip
    return text.getvalue()
