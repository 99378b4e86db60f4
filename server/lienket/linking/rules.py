"""Link rules as data stewards write them: what is linked to what, by which evidence, from which score on.

A rule is Turtle in a linkset's folder (`*.links.ttl`), in the words of `https://w3id.org/lienket/link#`; both sides are
SPARQL (`sh:select`), the predicate is VoID's, names and versions are RDFS's and OWL's. docs/linking.md explains each
word.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from ..errors import Fault, Faults, InputError, nearest
from ..rdf import read_quads
from ..vocabulary import LIENKET_LINK, OWL, RDF, RDFS, SH, VOID
from .methods import COMPARISONS, KEYS

PATTERN: Final = "*.links.ttl"

_NUMBERS: Final = ("prior", "acceptAt", "reviewAt", "margin", "atLeast", "atMost", "weight", "border")
_KNOWN: Final = frozenset((
    "MatchRule", "AddressRule", "subjects", "objects", "block", "key", "evidence", "field", "by", "level", "veto",
    "severally", "elsewhere", "units", "areas", "thenPredicate", *_NUMBERS,
))  # fmt: skip

Node = ox.NamedNode | ox.BlankNode
Term = Node | ox.Literal | ox.Triple


@dataclass(frozen=True)
class Key:
    """What rows of both sides must share to become candidates."""

    method: str
    """A name of `methods.KEYS`."""
    field: str


@dataclass(frozen=True)
class Level:
    """One outcome of a comparison: from which value on, and what it weighs in bits."""

    weight: float
    at_least: float | None
    at_most: float | None
    veto: bool
    """Whether a pair with this outcome is no link, whatever else speaks for it."""


@dataclass(frozen=True)
class Evidence:
    """One comparison of both sides, with its outcomes, the first that holds counts."""

    method: str
    """A name of `methods.COMPARISONS`."""
    field: str
    levels: tuple[Level, ...]
    names: Mapping[str, str]

    def name(self, language: str) -> str:
        """Return what the comparison is called in a language."""
        return self.names.get(language) or next(iter(self.names.values()), self.field)


@dataclass(frozen=True)
class MatchRule:
    """How things of two kinds, or two rows of one kind, are found to be the same."""

    iri: str
    file: Path
    names: Mapping[str, str]
    version: str
    predicate: str
    subjects: str
    """SELECT with ?id, ?name and the fields that evidence names; rows of one ?id are ways to write the same thing."""
    objects: str
    blocks: tuple[tuple[Key, ...], ...]
    """Rows that share all keys of one block are candidates."""
    evidence: tuple[Evidence, ...]
    prior: float
    """Bits before any evidence: the lower, the more is asked for."""
    accept: float
    """Bits from which a link is taken without a person."""
    review: float
    """Bits from which a person is asked."""
    margin: float
    """Bits by which the best candidate must be ahead of the next to be taken without a person."""
    severally: bool
    """Whether several subjects may have the same object."""
    elsewhere: bool
    """Whether the objects are asked for at an endpoint, and the rule rests where none is named."""

    @property
    def within(self) -> bool:
        """Whether rows of one kind are looked for that are the same thing."""
        return self.subjects == self.objects


@dataclass(frozen=True)
class AddressRule:
    """How addresses, with their coordinates, are found to name an administrative unit, then and today."""

    iri: str
    file: Path
    names: Mapping[str, str]
    version: str
    predicate: str
    """From a thing to the unit of today."""
    then_predicate: str
    """From a thing to the unit that its address names."""
    subjects: str
    """SELECT ?id ?name ?address, and where known ?longitude ?latitude."""
    units: str
    """SELECT ?unit ?title ?name ?level ?above ?later: a row for each unit, bare name, unit above it, and successor."""
    areas: str
    """SELECT ?unit ?wkt of today's units."""
    border: float
    """Metres that a point may lie outside of the unit that its address names."""


Rule = MatchRule | AddressRule


def read_rules(folder: Path, dataset_iri: str) -> list[Rule]:
    """Return the link rules in a linkset's folder; raises `InputError` with every fault of them."""
    faults = Faults()
    rules: list[Rule] = []
    for file in sorted(folder.glob(PATTERN)):
        with faults.gathered():
            rules += _Reader(file, dataset_iri).rules()
    faults.raise_if_any()
    return rules


class _Reader:
    """One document of link rules."""

    def __init__(self, file: Path, base_iri: str) -> None:
        self._file = file
        self._name = str(file)
        self._faults = Faults()
        self._said: dict[Node, dict[str, list[Term]]] = {}
        for quad in read_quads(file, base_iri=base_iri, apart=True):
            if not isinstance(quad.subject, ox.Triple):
                self._said.setdefault(quad.subject, {}).setdefault(quad.predicate.value, []).append(quad.object)

    def rules(self) -> list[Rule]:
        """Return the rules of the document; raises `InputError` with its faults."""
        for word in sorted({iri for said in self._said.values() for iri in self._words(said)} - _KNOWN):
            if word not in KEYS | COMPARISONS.keys():
                self._faults.found.append(
                    Fault(
                        "is no word of link rules",
                        text=word,
                        meant=nearest(word, _KNOWN | KEYS.keys() | COMPARISONS.keys()),
                        file=self._name,
                    )
                )
        found: list[Rule] = []
        for node, said in self._said.items():
            kinds = [term.value for term in said.get(RDF + "type", ()) if isinstance(term, ox.NamedNode)]
            with self._faults.gathered():
                if LIENKET_LINK + "MatchRule" in kinds:
                    found.append(self._match_rule(node))
                elif LIENKET_LINK + "AddressRule" in kinds:
                    found.append(self._address_rule(node))
        if not found and not self._faults.found:
            self._faults.found.append(
                Fault("states no rule; a rule is a link:MatchRule or a link:AddressRule", file=self._name)
            )
        self._faults.raise_if_any()
        return found

    def _words(self, said: Mapping[str, Sequence[Term]]) -> Iterable[str]:
        iris = [*said, *(term.value for some in said.values() for term in some if isinstance(term, ox.NamedNode))]
        return (iri.removeprefix(LIENKET_LINK) for iri in iris if iri.startswith(LIENKET_LINK))

    def _match_rule(self, node: Node) -> MatchRule:
        subjects = self._select(node, "subjects")
        blocks = tuple(
            tuple(Key(self._method(key, KEYS), self._text(key, "field")) for key in self._nodes(block, "key"))
            for block in self._nodes(node, "block")
        )
        accept, review = self._number(node, "acceptAt", 8.0), self._number(node, "reviewAt", 0.0)
        if review > accept:
            self._faults.found.append(
                Fault("link:reviewAt is above link:acceptAt", text=f"{review:g}", file=self._name)
            )
        if not blocks or not all(blocks):
            self._faults.found.append(
                Fault("names no link:block of link:key, so that nothing would be compared", file=self._name)
            )
        evidence = tuple(self._evidence(one) for one in self._nodes(node, "evidence"))
        if not evidence:
            self._faults.found.append(Fault("names no link:evidence", file=self._name))
        return MatchRule(
            iri=node.value, file=self._file, names=self._names(node), version=self._version(node),
            predicate=self._iri(node, VOID + "linkPredicate"), subjects=subjects,
            objects=self._select(node, "objects"), blocks=blocks, evidence=evidence,
            prior=self._number(node, "prior", -8.0), accept=accept, review=review,
            margin=self._number(node, "margin", 2.0), severally=self._flag(node, "severally"),
            elsewhere=self._flag(node, "elsewhere"),
        )  # fmt: skip

    def _address_rule(self, node: Node) -> AddressRule:
        return AddressRule(
            iri=node.value, file=self._file, names=self._names(node), version=self._version(node),
            predicate=self._iri(node, VOID + "linkPredicate"),
            then_predicate=self._iri(node, LIENKET_LINK + "thenPredicate"), subjects=self._select(node, "subjects"),
            units=self._select(node, "units"), areas=self._select(node, "areas"),
            border=self._number(node, "border", 300.0),
        )  # fmt: skip

    def _evidence(self, node: Node) -> Evidence:
        levels = [
            Level(
                self._number(level, "weight", 0.0),
                self._number(level, "atLeast", None),
                self._number(level, "atMost", None),
                self._flag(level, "veto"),
            )
            for level in self._nodes(node, "level")
        ]
        method = self._method(node, COMPARISONS)
        levels.sort(key=lambda level: (-_or(level.at_least, -1.0), _or(level.at_most, float("inf"))))
        return Evidence(method, self._text(node, "field"), tuple(levels), self._names(node))

    def _select(self, node: Node, word: str) -> str:
        sides = self._nodes(node, word)
        texts = [
            term.value
            for side in sides
            for term in self._said.get(side, {}).get(SH + "select", ())
            if isinstance(term, ox.Literal)
        ]
        if len(texts) != 1:
            raise InputError(
                Fault("link:{word} must be one thing with one sh:select", values={"word": word}, file=self._name)
            )
        return texts[0]

    def _nodes(self, node: Node, word: str) -> list[Node]:
        found = self._said.get(node, {}).get(LIENKET_LINK + word, ())
        return [term for term in found if isinstance(term, ox.NamedNode | ox.BlankNode)]

    def _iri(self, node: Node, predicate: str) -> str:
        for term in self._said.get(node, {}).get(predicate, ()):
            if isinstance(term, ox.NamedNode):
                return term.value
        raise InputError(Fault("{property} is missing", values={"property": predicate}, file=self._name))

    def _text(self, node: Node, word: str) -> str:
        for term in self._said.get(node, {}).get(LIENKET_LINK + word, ()):
            if isinstance(term, ox.Literal) and term.value.isidentifier():
                return term.value
        raise InputError(
            Fault("link:{word} must be the name of a variable of both sides", values={"word": word}, file=self._name)
        )

    def _method(self, node: Node, known: Mapping[str, object]) -> str:
        for name in (iri.value.removeprefix(LIENKET_LINK) for iri in self._nodes(node, "by")):
            if name in known:
                return name
        raise InputError(
            Fault("link:by must be one of: {known}", values={"known": ", ".join(sorted(known))}, file=self._name)
        )

    def _number(self, node: Node, word: str, default: float | None) -> float:
        for term in self._said.get(node, {}).get(LIENKET_LINK + word, ()):
            try:
                return float(term.value if isinstance(term, ox.Literal) else "")
            except ValueError:
                self._faults.found.append(
                    Fault("is no number for link:{word}", text=str(term), values={"word": word}, file=self._name)
                )
        return default  # type: ignore[return-value]  # None where the caller's own type allows it

    def _flag(self, node: Node, word: str) -> bool:
        found = self._said.get(node, {}).get(LIENKET_LINK + word, ())
        return any(isinstance(term, ox.Literal) and term.value == "true" for term in found)

    def _version(self, node: Node) -> str:
        return next((t.value for t in self._said[node].get(OWL + "versionInfo", ()) if isinstance(t, ox.Literal)), "1")

    def _names(self, node: Node) -> dict[str, str]:
        found = self._said.get(node, {}).get(RDFS + "label", ())
        return {term.language or "": term.value for term in found if isinstance(term, ox.Literal)}


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value
