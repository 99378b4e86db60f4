"""The datasets of the release on show: what the catalogue says of them and what the manifest counted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyoxigraph as ox

from lienket.vocabulary import DCAT, DCT
from lienket.web.names import Text, iri_of, preferred
from lienket.web.queries import query
from lienket.web.shown import Shown, once


@dataclass(frozen=True)
class Dataset:
    """One dataset; texts in every language it has."""

    iri: str
    id: str
    titles: tuple[Text, ...]
    descriptions: tuple[Text, ...]
    publisher: str = ""
    """IRI, or ""."""
    licence: str = ""
    """IRI, or ""."""
    themes: tuple[str, ...] = ()
    issued: str = ""
    modified: str = ""
    counted: Mapping[str, Any] = field(default_factory=dict)
    """Its entry of the manifest: `quads`, `subjects`, `rows`, `dumps`."""

    def title(self, languages: tuple[str, ...]) -> Text:
        """Return its title in the first of `languages` that has one; its id where it has none."""
        return preferred(self.titles, languages) or Text(self.id)

    def description(self, languages: tuple[str, ...]) -> Text | None:
        """Return its description in the first of `languages` that has one."""
        return preferred(self.descriptions, languages)


@once
def datasets(present: Shown) -> dict[str, Dataset]:
    """Return the datasets by IRI: those of the manifest, described by the catalogue."""
    base_iri = present.project.base_iri
    said: dict[str, dict[str, list[ox.NamedNode | ox.Literal]]] = {}
    for row in present.store.select(query("datasets"), catalogue=ox.NamedNode(base_iri + "catalog")):
        value = row["value"]
        if isinstance(value, ox.NamedNode | ox.Literal):
            said.setdefault(iri_of(row["dataset"]), {}).setdefault(iri_of(row["predicate"]), []).append(value)
    found = {}
    for id_, counted in present.release.manifest["datasets"].items():
        iri = f"{base_iri}dataset/{id_}"
        about = said.get(iri, {})
        stated = [Text(title, language) for language, title in counted.get("title", {}).items()]
        found[iri] = Dataset(
            iri,
            id_,
            titles=tuple(_texts(about.get(DCT + "title", ())) or stated),
            descriptions=tuple(_texts(about.get(DCT + "description", ()))),
            publisher=_first(about.get(DCT + "publisher", ())),
            licence=_first(about.get(DCT + "license", ())),
            themes=tuple(sorted(theme.value for theme in about.get(DCAT + "theme", ()))),
            issued=_first(about.get(DCT + "issued", ())),
            modified=_first(about.get(DCT + "modified", ())),
            counted=counted,
        )
    return found


def _texts(values: object) -> list[Text]:
    literals = [v for v in values if isinstance(v, ox.Literal)] if isinstance(values, list) else []
    return [Text(literal.value, literal.language or "") for literal in literals]


def _first(values: object) -> str:
    return str(values[0].value) if isinstance(values, list) and values else ""
