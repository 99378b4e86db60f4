"""The two tables of a linkset: what people have decided or are asked, and the links that follow.

`review.csv` is for people: a row for each pair that they were asked about, both names, score, evidence, and an empty
column for the decision. `links.csv` is written by `lienket link` alone: the links that are published, each with how it
came about. A decision holds as long as both sides say what they said; then the row is asked again.
"""

import csv
import hashlib
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from .. import languages
from ..errors import Fault, InputError, UnavailableError, nearest
from ..languages import Language
from .proposals import Proposal, Proposed, Weighed, pair_print

REVIEW: Final = "review.csv"
LINKS: Final = "links.csv"

ACCEPT: Final = "accept"
REJECT: Final = "reject"

BY_HAND: Final = "ManualMappingCuration"
BY_RULE: Final = "CompositeMatching"
"""How a link came about, by names of <https://w3id.org/semapv/vocab/>."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass
class Asked:
    """A row of `review.csv`."""

    decision: str = ""
    """`ACCEPT`, `REJECT`, or "" where nobody has decided."""
    reviewer: str = ""
    decided: str = ""
    """The day, as yyyy-mm-dd."""
    note: str = ""
    subject_name: str = ""
    object_name: str = ""
    score: str = ""
    evidence: str = ""
    others: str = ""
    subject: str = ""
    predicate: str = ""
    object: str = ""
    rule: str = ""
    fingerprint: str = ""


@dataclass
class Link:
    """A row of `links.csv`."""

    key: str = ""
    subject: str = ""
    predicate: str = ""
    object: str = ""
    name: str = ""
    score: str = ""
    justification: str = ""
    reviewer: str = ""
    date: str = ""
    """The day it was first taken, as yyyy-mm-dd."""
    rule: str = ""
    version: str = ""
    evidence: str = ""
    fingerprint: str = ""


HEADERS: Final[Mapping[str, str]] = {
    "decision": "Decision", "reviewer": "Reviewer", "decided": "Decided on", "note": "Reviewer's note",
    "subject_name": "This one", "object_name": "The other one", "score": "Link score", "evidence": "Evidence",
    "others": "Other candidates", "subject": "Address of this one", "predicate": "Relation",
    "object": "Address of the other one", "rule": "Link rule", "fingerprint": "Fingerprint", "key": "Link key",
    "name": "Link", "justification": "How it was made", "date": "Made on", "version": "Rule version",
}  # fmt: skip
"""Field → header in English, translated like the interface."""


@dataclass(frozen=True)
class Settled:
    """What follows from proposals and decisions."""

    links: tuple[Link, ...]
    asked: tuple[Asked, ...]
    """All rows of the review: those decided first by name, then those that wait."""
    returned: int
    """Decisions that are asked again, because a side has changed."""

    @property
    def waiting(self) -> list[Asked]:
        """Rows that nobody has decided."""
        return [row for row in self.asked if not row.decision]


def read_review(folder: Path, base_iri: str) -> list[Asked]:
    """Return the rows of a linkset's review; raises `InputError` naming each decision that is none."""
    rows = [Asked(**values) for values in _read(folder / REVIEW, Asked, base_iri)]
    words = _words()
    faults = []
    for number, row in enumerate(rows, 2):
        word = row.decision.strip().lower()
        if word and word not in words:
            faults.append(
                Fault("is no decision; write one of: {known}", file=str(folder / REVIEW), row=number, text=row.decision,
                      column=_decision_header(folder / REVIEW), meant=nearest(word, words),
                      values={"known": ", ".join(sorted(words))})
            )  # fmt: skip
        row.decision = words.get(word, "")
    if faults:
        raise InputError(*faults)
    return rows


def read_links(folder: Path, base_iri: str) -> list[Link]:
    """Return the rows of a linkset's links; raises `InputError` where the table is not one."""
    return [Link(**values) for values in _read(folder / LINKS, Link, base_iri)]


def settle(
    proposed: Iterable[Proposed], review: Sequence[Asked], before: Sequence[Link], today: str, language: Language,
    resting: Collection[str] = (),
) -> Settled:  # fmt: skip
    """Bring proposals together with what people have decided; the proposals and decisions give links and questions.

    What came of the rules `resting` before stays as it is.
    """
    names: dict[str, str] = {}
    prints: dict[str, Mapping[str, str]] = {}
    proposals: dict[tuple[str, str, str], Proposal] = {}
    for one in proposed:
        names |= one.names
        prints[one.rule] = one.prints
        for proposal in one.proposals:
            proposals.setdefault((proposal.subject, proposal.predicate, proposal.object), proposal)
    rested = [row for row in review if row.rule in resting]
    asked, returned = _still_decided([row for row in review if row.rule not in resting], prints)
    decided = {(row.subject, row.predicate, row.object): row for row in asked if row.decision}
    notes = {(row.subject, row.predicate, row.object): row for row in asked if not row.decision}
    known = {row.key: row for row in before}
    links = [
        _link(proposals.get(pair), pair, row, names, known, today, language)
        for pair, row in decided.items()
        if row.decision == ACCEPT and row.fingerprint
    ]
    taken = {(row.rule, iri) for pair, row in decided.items() if row.decision == ACCEPT for iri in (pair[0], pair[2])}
    waiting: list[Asked] = []
    for pair, proposal in proposals.items():
        if pair in decided or any((proposal.rule, getattr(proposal, end)) in taken for end in proposal.exclusive):
            continue
        if proposal.sure:
            links.append(_link(proposal, pair, None, names, known, today, language))
        else:
            waiting.append(_question(proposal, notes.get(pair), language))
    waiting.sort(key=lambda row: (-float(row.score or 0), row.subject, row.object))
    kept = sorted(decided.values(), key=lambda row: (row.subject, row.object)) + rested
    links += [row for row in before if row.rule in resting]
    return Settled(
        tuple(sorted(links, key=lambda row: (row.subject, row.predicate, row.object))), (*waiting, *kept), returned
    )


def write(folder: Path, settled: Settled, language: Language, base_iri: str) -> None:
    """Write both tables; raises `UnavailableError` where they cannot be written."""
    words = {ACCEPT: language.gettext(ACCEPT), REJECT: language.gettext(REJECT), "": ""}
    asked = [{**vars(row), "decision": words[row.decision]} for row in settled.asked]
    _write(folder / REVIEW, Asked, asked, language, base_iri)
    _write(folder / LINKS, Link, [vars(row) for row in settled.links], language, base_iri)


def told(proposal: Proposal, language: Language) -> str:
    """Return the evidence in one line: what was compared, its value, the bits; words of the engine translated."""
    pieces = []
    for one in proposal.evidence:
        pieces.append(f"{name_of(one, language)} {one.value}".strip() + (f" → {one.weight:+g}" if one.weight else ""))
    return "; ".join(pieces)


def name_of(piece: Weighed, language: Language) -> str:
    """Return what a piece of evidence is called in a language: the rule's own word, or the engine's translated."""
    return piece.names.get(language.tag) or language.gettext(next(iter(piece.names.values())))


def key_of(subject: str, predicate: str, object_: str) -> str:
    """Return the key of a link, the same whenever and however it is found."""
    return hashlib.sha256(f"{subject} {predicate} {object_}".encode()).hexdigest()[:12]


def _still_decided(review: Sequence[Asked], prints: Mapping[str, Mapping[str, str]]) -> tuple[list[Asked], int]:
    """Return the rows with their fingerprints as they are now; a decision on what has changed is undone, and noted."""
    rows, returned = [], 0
    for row in review:
        now = pair_print(prints.get(row.rule, {}), row.subject, row.object)
        if row.decision and row.fingerprint and now and now != row.fingerprint:
            earlier = f"{row.decision} {row.reviewer} {row.decided}".strip()
            row.note = f"{row.note} [{earlier}]".strip()
            row.decision = row.decided = ""
            returned += 1
        row.fingerprint = now or row.fingerprint if row.decision == REJECT else now
        rows.append(row)
    return rows, returned


def _link(
    proposal: Proposal | None, pair: tuple[str, str, str], row: Asked | None, names: Mapping[str, str],
    known: Mapping[str, Link], today: str, language: Language,
) -> Link:  # fmt: skip
    key = key_of(*pair)
    before = known.get(key)
    return Link(
        key, *pair, f"{names.get(pair[0], pair[0])} = {names.get(pair[2], pair[2])}",
        f"{proposal.score:.4f}" if proposal else row.score if row else "", BY_HAND if row else BY_RULE,
        row.reviewer if row else "", (row.decided if row else "") or (before.date if before else "") or today,
        proposal.rule if proposal else row.rule if row else "", proposal.version if proposal else "",
        told(proposal, language) if proposal else row.evidence if row else "",
        proposal.fingerprint if proposal else row.fingerprint if row else "",
    )  # fmt: skip


def _question(proposal: Proposal, row: Asked | None, language: Language) -> Asked:
    return Asked(
        reviewer=row.reviewer if row else "", note=row.note if row else "", subject_name=proposal.subject_name,
        object_name=proposal.object_name, score=f"{proposal.score:.4f}", evidence=told(proposal, language),
        others="; ".join(proposal.others), subject=proposal.subject, predicate=proposal.predicate,
        object=proposal.object, rule=proposal.rule, fingerprint=proposal.fingerprint,
    )  # fmt: skip


def _decision_header(path: Path) -> str:
    """Return what the table calls the column for the decision."""
    first = path.read_text(encoding="utf-8-sig").splitlines()[0].split(",")
    known = (languages.get(tag).gettext(HEADERS["decision"]) for tag in languages.available())
    return next((name for name in known if name in first), HEADERS["decision"])


def _words() -> dict[str, str]:
    """Return what may stand in the column for the decision, in any language."""
    found = {ACCEPT: ACCEPT, REJECT: REJECT}
    for tag in languages.available():
        found |= {languages.get(tag).gettext(word).lower(): word for word in (ACCEPT, REJECT)}
    return found


def _read(path: Path, kind: type[Asked] | type[Link], base_iri: str) -> list[dict[str, str]]:
    if not path.exists():
        return []
    headers = {
        languages.get(tag).gettext(header): name for tag in languages.available() for name, header in HEADERS.items()
    }
    known = {one.name for one in fields(kind)}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            unknown = [name for name in table.fieldnames or () if headers.get(name) not in known]
            if unknown:
                raise InputError(*(Fault("is no column of this table", file=str(path), text=name) for name in unknown))
            return [
                {headers[name]: _whole(headers[name], text or "", base_iri) for name, text in row.items() if name}
                for row in table
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(Fault("cannot be read: {reason}", file=str(path), values={"reason": error})) from error


def _write(path: Path, kind: type[Asked] | type[Link], rows: Iterable[Mapping[str, str]], language: Language,
           base_iri: str) -> None:  # fmt: skip
    """Write a table as spreadsheet programs read it; addresses of the hub's own things without its base."""
    names = [one.name for one in fields(kind)]
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8-sig", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow([language.gettext(HEADERS[name]) for name in names])
            table.writerows([_guarded(row[name].removeprefix(base_iri)) for name in names] for row in rows)
        os.replace(part, path)
    except OSError as error:
        raise UnavailableError(
            Fault("cannot be written: {reason}", file=str(path), values={"reason": error.strerror})
        ) from error


def _guarded(text: str) -> str:
    """Return a cell that no spreadsheet program takes for a formula."""
    return "'" + text if text.startswith(_FORMULA) else text


def _whole(name: str, text: str, base_iri: str) -> str:
    """Return a cell as it was before it was written."""
    if text.startswith("'") and text[1:].startswith(_FORMULA):
        text = text[1:]
    is_ours = name in ("subject", "object", "rule") and text and ":" not in text
    return base_iri + text if is_ours else text
