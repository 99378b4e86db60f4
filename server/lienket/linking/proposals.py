"""What a rule proposes: pairs with their evidence, and whether they are sure, to be asked about, or dropped."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import duckdb

from ..errors import Fault
from ..languages import Language
from ..wkt import Shape
from . import sides
from .matching import define, match, score
from .rules import MatchRule

BEFORE: Final = "before any evidence"

MOST_OTHERS: Final = 3
"""Other candidates that a proposal names."""


@dataclass(frozen=True)
class Weighed:
    """One piece of evidence: what was compared, how alike it was, and what that weighs."""

    names: Mapping[str, str] = field(compare=False)
    value: str
    """0 to 1, or with its unit."""
    weight: float
    """In bits; a piece without weight counts nothing, as where a side says nothing."""


@dataclass(frozen=True)
class Proposal:
    """A link that evidence speaks for."""

    rule: str
    version: str
    subject: str
    predicate: str
    object: str
    subject_name: str
    object_name: str
    score: float
    """0 to 1."""
    sure: bool
    """Whether it is taken without a person."""
    evidence: tuple[Weighed, ...]
    others: tuple[str, ...] = ()
    """Names and scores of the next candidates."""
    exclusive: tuple[str, ...] = ("subject", "object")
    """Which of them has no other link of this rule."""
    fingerprint: str = ""
    """Of what both sides say: a decision holds as long as that is the same."""

    def with_fingerprint(self, prints: Mapping[str, str]) -> "Proposal":
        """Return the proposal with the fingerprint of its sides."""
        return replace(self, fingerprint=pair_print(prints, self.subject, self.object))


@dataclass(frozen=True)
class Proposed:
    """All that a rule proposes, and what it was made from."""

    rule: str
    proposals: tuple[Proposal, ...]
    names: Mapping[str, str]
    prints: Mapping[str, str]
    """Fingerprint of what each thing says of itself, by IRI."""
    rows: Mapping[str, tuple[sides.Row, ...]] = field(default_factory=dict, repr=False)
    """What each thing says of itself, for a person to compare."""
    compared: int = 0
    """Pairs, or addresses, that were looked at."""
    areas: Mapping[str, Shape] = field(default_factory=dict, repr=False)
    """Areas of things that have one."""
    faults: tuple[Fault, ...] = ()
    """What a department has to mend."""


def propose(
    subjects: Sequence[sides.Row], objects: Sequence[sides.Row], rule: MatchRule, language: Language
) -> Proposed:
    """Compare all subjects with all objects; a pair that is dropped does not stand in the answer."""
    with duckdb.connect() as connection:
        define(connection, language)
        sides.load(connection, "subjects", subjects)
        sides.load(connection, "objects", objects)
        match(connection, rule)
        names = sides.names((*subjects, *objects))
        prints = fingerprints((*subjects, *objects))
        proposals = [one.with_fingerprint(prints) for one in _proposals(connection, rule, names, language)]
        compared = connection.execute("SELECT count(*) FROM candidates").fetchall()[0][0]
    said: dict[str, list[sides.Row]] = {}
    for row in (*subjects, *objects):
        said.setdefault(row["id"], []).append(row)
    return Proposed(
        rule.iri, tuple(proposals), names, prints, {iri: tuple(some) for iri, some in said.items()}, compared
    )


def fingerprints(rows: Iterable[sides.Row]) -> dict[str, str]:
    """Return for each thing a digest of what its rows say."""
    said: dict[str, set[str]] = {}
    for row in rows:
        said.setdefault(row["id"], set()).add("\t".join(f"{name}={row[name]}" for name in sorted(row)))
    return {iri: hashlib.sha256("\n".join(sorted(texts)).encode()).hexdigest()[:8] for iri, texts in said.items()}


def pair_print(prints: Mapping[str, str], subject: str, object_: str) -> str:
    """Return the fingerprint of a pair; "" where one of them is not there any more."""
    both = (prints.get(subject), prints.get(object_))
    return "" if None in both else f"{both[0]}-{both[1]}"


def _proposals(
    connection: duckdb.DuckDBPyConnection, rule: MatchRule, names: Mapping[str, str], language: Language
) -> Iterable[Proposal]:  # fmt: skip
    count = len(rule.evidence)
    columns = ", ".join([*(f"v{n}" for n in range(count)), *(f"w{n}" for n in range(count))])
    best = "TRUE" if rule.within else "r_subject = 1" if rule.severally else "r_subject = 1 OR r_object = 1"
    found = connection.execute(f"""SELECT subject, object, total, r_subject, r_object, coalesce(next_subject, -1e9),
        coalesce(next_object, -1e9), {columns} FROM scored WHERE {best}
        ORDER BY subject, total DESC, object""").fetchall()
    others: dict[str, list[tuple[float, str]]] = {}
    for subject, object_, total in connection.execute(
        "SELECT subject, object, total FROM scored ORDER BY subject, total DESC, object"
    ).fetchall():
        others.setdefault(subject, []).append((total, object_))
    for subject, object_, total, r_subject, r_object, next_subject, next_object, *figures in found:
        ahead = total - next_subject >= rule.margin and r_subject == 1
        if not rule.severally:
            ahead = ahead and total - next_object >= rule.margin and r_object == 1
        yield Proposal(
            rule.iri, rule.version, subject, rule.predicate, object_, names.get(subject, ""), names.get(object_, ""),
            round(score(total), 4), total >= rule.accept and (ahead or rule.within),
            (
                Weighed({"": BEFORE}, "", rule.prior),
                *(
                    Weighed(one.names or {"": one.field}, _shown(one.method, value, language), weight)
                    for one, value, weight in zip(rule.evidence, figures[:count], figures[count:], strict=True)
                ),
            ),
            tuple(
                f"{names.get(other, other)} ({score(its):.2f})" for its, other in others[subject] if other != object_
            )[:MOST_OTHERS],
            exclusive=() if rule.within else ("subject",) if rule.severally else ("subject", "object"),
        )  # fmt: skip


def _shown(method: str, value: float | None, language: Language) -> str:
    if value is None:
        return "–"
    if method == "distance":
        return f"{language.format_number(round(value))} m"
    return language.format_number(round(value) if method == "days" else round(value, 2))
