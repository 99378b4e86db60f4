"""What a thing also is in other tables, and where else links lead from it: each with its evidence."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from lienket.languages import Language
from lienket.store import Row
from lienket.vocabulary import OWL, SKOS
from lienket.web.names import Link, Text, iri_of, links, local_name
from lienket.web.queries import query
from lienket.web.shown import Shown
from lienket.web.values import shown_literal

IDENTITY = (OWL + "sameAs", SKOS + "exactMatch", SKOS + "closeMatch")


@dataclass(frozen=True)
class Likeness:
    """One link, told from the thing whose page it stands on."""

    other: Link
    relation: Link
    statement: Link
    """The page of the link itself."""
    score: str
    justification: Link | None
    reviewer: str
    made: str
    evidence: Text | None

    @property
    def key(self) -> str:
        """The end of the other's IRI, which tells apart generations of one name."""
        return local_name(self.other.iri)

    @property
    def is_identity(self) -> bool:
        """Whether it says that both are the same thing."""
        return self.relation.iri in IDENTITY


def alike(present: Shown, iri: str, languages: Sequence[str], pack: Language) -> list[Likeness]:
    """Return the links of a thing; those that say what it also is come first."""
    rows = present.store.select(query("alike"), thing=ox.NamedNode(iri))
    wanted = [
        iri_of(row[name]) for row in rows for name in ("link", "relation", "other", "justification") if name in row
    ]
    named = links(present, wanted, languages)

    def text(row: Row, name: str) -> str:
        value = row.get(name)
        return shown_literal(value, pack).text if isinstance(value, ox.Literal) else ""

    found: dict[str, Likeness] = {}
    for row in rows:
        evidence = row.get("evidence")
        found.setdefault(
            iri_of(row["link"]),
            Likeness(
                named[iri_of(row["other"])],
                named[iri_of(row["relation"])],
                named[iri_of(row["link"])],
                text(row, "confidence"),
                named[iri_of(row["justification"])] if "justification" in row else None,
                text(row, "reviewer"),
                text(row, "made"),
                Text(evidence.value, evidence.language or "") if isinstance(evidence, ox.Literal) else None,
            ),
        )
    return sorted(found.values(), key=lambda one: not one.is_identity)
