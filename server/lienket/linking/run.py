"""The spine: a linkset's rules, over a release and with what people have decided, give its two tables.

rules ─▶ sides from the release ─▶ proposals ─▶ decisions kept ─▶ links.csv, review.csv, faults for departments
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import Fault
from ..languages import Language
from ..store import Store
from . import addresses, remote, sides
from .addresses import Gazetteer, Located
from .decisions import Settled, read_links, read_review, settle
from .proposals import Proposal, Proposed, Weighed, fingerprints, pair_print, propose
from .rules import AddressRule, MatchRule, Rule, read_rules


@dataclass(frozen=True)
class Linked:
    """What linking one linkset gave."""

    dataset_iri: str
    folder: Path
    rules: tuple[Rule, ...]
    proposed: tuple[Proposed, ...]
    """By rule."""
    settled: Settled

    @property
    def faults(self) -> list[Fault]:
        """What departments have to mend."""
        return [fault for one in self.proposed for fault in one.faults]


def link(
    store: Store, folder: Path, dataset_iri: str, base_iri: str, language: Language, today: str,
    endpoint: str | None = None,
) -> Linked:  # fmt: skip
    """Propose links by all rules of a linkset's folder and settle them; nothing is written.

    A rule whose objects are elsewhere asks `endpoint`; without one it rests, and what came of it before stays.

    Raises `InputError` with the faults of rules and decisions, `UnavailableError` where the endpoint does not answer.
    """
    rules = read_rules(folder, dataset_iri)
    review = read_review(folder, base_iri)
    before = read_links(folder, base_iri)
    resting = {rule.iri for rule in rules if isinstance(rule, MatchRule) and rule.elsewhere and not endpoint}
    active = [rule for rule in rules if rule.iri not in resting]
    proposed = tuple(proposals_of(store, rule, language, endpoint) for rule in active)
    settled = settle(proposed, review, before, today, language, resting)
    return Linked(dataset_iri, folder, tuple(active), proposed, settled)


def proposals_of(store: Store, rule: Rule, language: Language, endpoint: str | None = None) -> Proposed:
    """Return what one rule proposes over a release."""
    if isinstance(rule, AddressRule):
        return _addresses(store, rule, language)
    subjects = sides.rows(store, rule.subjects, rule.file, ("id", "name"))
    if rule.elsewhere and endpoint:
        return propose(subjects, remote.objects(endpoint, rule.objects, subjects), rule, language)
    objects = subjects if rule.within else sides.rows(store, rule.objects, rule.file, ("id", "name"))
    return propose(subjects, objects, rule, language)


def gazetteer_of(store: Store, rule: AddressRule, language: Language) -> Gazetteer:
    """Return the units of all generations that a rule reads from a release."""
    units = sides.rows(store, rule.units, rule.file, ("unit", "title", "name", "level", "above", "later"))
    areas = sides.rows(store, rule.areas, rule.file, ("unit", "wkt"))
    return Gazetteer.read(units, areas, language)


def _addresses(store: Store, rule: AddressRule, language: Language) -> Proposed:
    gazetteer = gazetteer_of(store, rule, language)
    rows = sides.rows(store, rule.subjects, rule.file, ("id", "name", "address", "longitude", "latitude"))
    first = {row["id"]: row for row in reversed(rows)}
    prints = fingerprints(rows) | fingerprints({"id": unit, "name": name} for unit, name in gazetteer.names.items())
    proposals: list[Proposal] = []
    faults: list[Fault] = []
    for located in addresses.locate(first.values(), gazetteer, language, rule.border):
        row = first[located.id]
        metres = f"{language.format_number(round(located.metres or 0))} m"
        proposals += _proposed(located, row, rule, gazetteer, prints, metres)
        if located.decision == addresses.CONFLICT:
            faults.append(_fault(located, row, gazetteer, metres))
    said = {iri: (row,) for iri, row in first.items()}
    names = sides.names(rows) | gazetteer.names
    return Proposed(rule.iri, tuple(proposals), names, prints, said, len(first), gazetteer.areas.shapes, tuple(faults))


def _proposed(
    located: Located, row: sides.Row, rule: AddressRule, gazetteer: Gazetteer, prints: dict[str, str],
    metres: str,
) -> list[Proposal]:  # fmt: skip
    """Return the links of one address: to today's unit, or to each that it may be; and to the units it names."""
    sure = located.today is not None
    pairs = [(rule.predicate, unit) for unit in ([located.today] if located.today else _choices(located))]
    pairs += [(rule.then_predicate, unit) for unit in located.named if sure]
    return [
        Proposal(
            rule.iri, rule.version, located.id, predicate, unit, row["name"], gazetteer.names.get(unit, unit),
            1.0 if sure else 0.5, sure, _evidence(located, gazetteer, metres), exclusive=("subject",),
            fingerprint=pair_print(prints, located.id, unit),
        )
        for predicate, unit in pairs
    ]  # fmt: skip


def _choices(located: Located) -> Sequence[str]:
    return tuple(dict.fromkeys((*located.by_text, *located.by_point)))


def _evidence(located: Located, gazetteer: Gazetteer, metres: str) -> tuple[Weighed, ...]:
    """Return what was decided and by what: there is nothing to add up."""
    found = [Weighed({"": located.decision}, "", 0.0)]
    for words, units in (("the text leads to", located.by_text), ("the point lies in", located.by_point)):
        found += [Weighed({"": words}, gazetteer.names.get(unit, unit), 0.0) for unit in units]
    if located.metres:
        found.append(Weighed({"": "from the point to the unit of the text"}, metres, 0.0))
    return tuple(found)


def _fault(located: Located, row: sides.Row, gazetteer: Gazetteer, metres: str) -> Fault:
    def names(units: Sequence[str]) -> str:
        return ", ".join(gazetteer.names.get(unit, unit) for unit in units) or "–"

    values = {
        "name": row["name"], "named": names(located.by_text), "other": names(located.by_point),
        "metres": metres,
    }  # fmt: skip
    message = "{name}: the address leads to {named}, the coordinates to {other}, {metres} away; put one of them right"
    return Fault(message, file=located.id, text=row["address"], values=values, severity="warning")
