"""What has changed, for people: pages, and Atom feeds (RFC 4287) in the visitor's language.

An entry is a release that has changed something: in one dataset, or in the hub.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from flask import Blueprint, Response, render_template

from lienket.formats import ATOM, HTML, Format
from lienket.releases import versions
from lienket.releases.release import Release
from lienket.web import addresses, language, past
from lienket.web.answers import sent, unchanged, wanted
from lienket.web.datasets import Dataset, datasets
from lienket.web.names import Link, Text, links, order_of
from lienket.web.shown import Shown, shown

FEED_FORMATS: Final[tuple[Format, ...]] = (HTML, ATOM)

MOST_ENTRIES: Final = 30
"""The last so many are told."""

_NAMED: Final = 20
"""Of what an entry has changed, so many resources are named."""

_NO_XML: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that XML 1.0 cannot hold."""

blueprint = Blueprint("feeds", __name__)


@dataclass(frozen=True)
class Entry:
    """What one release has changed in one dataset."""

    release: Release
    about: Dataset
    title: Text
    """The dataset's."""
    added: int
    """Statements."""
    removed: int
    is_new: bool
    """Whether the dataset as a whole is new."""
    resources: tuple[Link, ...]
    """The first of those that were changed; none where all is new."""
    others: int
    """How many more were changed."""

    @property
    def updated(self) -> str:
        """When, as Atom writes it."""
        return updated(self.release)


@blueprint.get("/changes")
@blueprint.get("/changes.<suffix>")
def changes(suffix: str = "") -> Response:
    """Answer what the last releases have changed in all datasets, as a page or as an Atom feed."""
    present = shown()
    format_ = wanted(FEED_FORMATS, suffix)
    if (answer := unchanged(present, format_)) is None:
        told = [(one, entries) for one in past.shelf().line() if (entries := _entries_in(present, one))][:MOST_ENTRIES]
        path = addresses.local(present.project.base_iri) + "changes"
        if format_ is HTML:
            body = render_template("releases.html", told=told, path=path, formats=FEED_FORMATS)
        else:
            body = _feed("hub.xml", told=told, iri=f"{present.project.base_iri}changes", current=present.release)
        answer = sent(body, present, format_, among=FEED_FORMATS, iri=f"{present.project.base_iri}changes")
    answer.headers["Cache-Control"] = "no-cache"  # a release may be dropped before the next one comes
    return answer


def entries_of(present: Shown, about: Dataset, changed: Iterable[Release]) -> list[Entry]:
    """Return what releases have changed in a dataset, the last first."""
    newest = sorted(changed, key=lambda one: -one.number)[:MOST_ENTRIES]
    return [_entry(present, about, one) for one in newest]


def of_dataset(present: Shown, about: Dataset, changed: Iterable[Release]) -> str:
    """Return the Atom feed of a dataset."""
    title = about.title(order_of(present.project.languages, language.tag()))
    entries = entries_of(present, about, changed)
    return _feed("feed.xml", about=about, title=title, entries=entries, iri=f"{about.iri}/changes",
                 current=present.release)  # fmt: skip


def updated(release: Release) -> str:
    """Return when a release was made, as Atom writes it (RFC 3339)."""
    return release.created.isoformat(timespec="seconds").replace("+00:00", "Z")


def _feed(template: str, **values: object) -> str:
    return _NO_XML.sub("\ufffd", render_template(template, updated=updated, **values))


def _entries_in(present: Shown, one: Release) -> list[Entry]:
    """Return what a release has changed in the datasets that there are, in the order of their titles."""
    pack = language.language()
    known: Sequence[Dataset] = [
        about
        for about in datasets(present).values()
        if about.id in one.manifest["datasets"] and versions.is_changed(one, about.id)
    ]
    return sorted((_entry(present, about, one) for about in known), key=lambda each: pack.sort_key(each.title.value))


def _entry(present: Shown, about: Dataset, one: Release) -> Entry:
    languages = order_of(present.project.languages, language.tag())
    is_new = versions.is_new(one, about.id)
    subjects = iter(()) if is_new else versions.changed_in(one, about.id)
    first = list(islice(subjects, _NAMED))
    named = links(present, first, languages)
    counted = one.manifest.get("changes", {}).get(about.id, {})
    quads = one.manifest["datasets"][about.id]["quads"]
    return Entry(
        one,
        about,
        about.title(languages),
        quads if is_new else counted.get("added", 0),
        0 if is_new else counted.get("removed", 0),
        is_new,
        tuple(named[iri] for iri in first),
        sum(1 for _ in subjects),
    )
