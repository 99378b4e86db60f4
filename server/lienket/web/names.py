"""What to call things: the best name in the visitor's language, for many IRIs in one query."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

import pyoxigraph as ox

from lienket.store import Term
from lienket.vocabulary import LABEL_PREDICATES
from lienket.web import addresses
from lienket.web.queries import query, query_over
from lienket.web.shown import Shown, once


@dataclass(frozen=True)
class Text:
    """A text from the data, and its language tag or ""."""

    value: str
    language: str = ""


@dataclass(frozen=True)
class Link:
    """A thing with its name, and where its page is; `href` is "" where there is nothing to follow."""

    iri: str
    name: Text
    href: str
    ours: bool = True


@dataclass(frozen=True)
class PropertyShape:
    """How a shape presents a property of a class."""

    names: tuple[Text, ...]
    order: float | None


def preferred(texts: Iterable[Text], languages: Sequence[str]) -> Text | None:
    """Return the first text in the first of `languages` that has one, else one without language, else any.

    >>> preferred([Text("Market", "en"), Text("Chợ", "vi")], ["vi", "en"])
    Text(value='Chợ', language='vi')
    """
    found = list(texts)
    for wanted in (*languages, ""):
        for text in found:
            if text.language == wanted or (wanted and text.language.startswith(wanted + "-")):
                return text
    return found[0] if found else None


def order_of(languages: Sequence[str], first: str) -> tuple[str, ...]:
    """Return `languages` with `first` in front: the order in which names are looked for."""
    return (first, *(tag for tag in languages if tag != first))


def texts_of(present: Shown, iris: Iterable[str]) -> dict[str, list[Text]]:
    """Return all names of each IRI that has any, by predicate as `LABEL_PREDICATES` ranks them; one query."""
    wanted = list(dict.fromkeys(iris))
    if not wanted:
        return {}
    ranked: dict[str, list[tuple[int, str, str]]] = {}
    for row in present.store.select(query_over("names", wanted)):
        text = row["text"]
        if isinstance(text, ox.Literal):
            rank = LABEL_PREDICATES.index(row["predicate"].value)  # type: ignore[union-attr]
            ranked.setdefault(iri_of(row["subject"]), []).append((rank, text.language or "", text.value))
    return {iri: [Text(value, language) for _, language, value in sorted(set(found))] for iri, found in ranked.items()}


def name_of(iri: str, texts: dict[str, list[Text]], languages: Sequence[str]) -> Text:
    """Return what to call `iri`: its best name, else the last part of the IRI itself."""
    return preferred(texts.get(iri, ()), languages) or Text(local_name(iri))


def links(present: Shown, iris: Iterable[str], languages: Sequence[str]) -> dict[str, Link]:
    """Return a named link for each IRI; one query for all."""
    wanted = list(dict.fromkeys(iris))
    texts = texts_of(present, wanted)
    return {
        iri: Link(iri, name_of(iri, texts, languages), addresses.local(iri), addresses.is_ours(iri)) for iri in wanted
    }


def local_name(iri: str) -> str:
    """Return the readable end of an IRI.

    >>> local_name("http://purl.org/dc/terms/identifier"), local_name("https://data.example/id/market/an-cuu/")
    ('identifier', 'an-cuu')
    """
    end = iri.rstrip("/#")
    return unquote(end.rpartition("#")[2].rpartition("/")[2]) or iri


def iri_of(term: Term) -> str:
    """Return the IRI of a named node; a blank node's label, with `_:`."""
    return term.value if isinstance(term, ox.NamedNode) else str(term)


@once
def property_shapes(present: Shown) -> dict[tuple[str, str], PropertyShape]:
    """Return by class and path how the release's shapes present properties."""
    found: dict[tuple[str, str], tuple[list[Text], list[float]]] = {}
    for row in present.store.select(query("shapes")):
        names, orders = found.setdefault((iri_of(row["class"]), iri_of(row["path"])), ([], []))
        name, order = row.get("name"), row.get("order")
        if isinstance(name, ox.Literal):
            names.append(Text(name.value, name.language or ""))
        if isinstance(order, ox.Literal):
            orders.append(float(order.value))
    return {
        key: PropertyShape(tuple(dict.fromkeys(names)), min(orders, default=None))
        for key, (names, orders) in found.items()
    }
