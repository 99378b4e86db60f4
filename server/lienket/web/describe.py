"""What a resource's page says, worked out from the store in a handful of bounded queries.

    statements ─▶ names of everything in them ─▶ properties in order ─▶ Description
                  what points here, counted      facts, places, sources

Nothing here knows HTML; `graphs.py` writes the same statements as RDF.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, cast
from urllib.parse import unquote, urlsplit

import pyoxigraph as ox

from lienket.languages import Language
from lienket.search import GENERAL_KINDS
from lienket.store import Term
from lienket.vocabulary import (
    DCAT,
    DCT,
    FOAF,
    GEO,
    LABEL_PREDICATES,
    LOCN,
    ORG,
    RDF,
    RDFS,
    SCHEMA,
    SH,
    SKOS,
    SOSA,
    VCARD,
    XSD,
)
from lienket.web import addresses, maps
from lienket.web.datasets import Dataset, datasets
from lienket.web.names import (
    Link,
    PropertyShape,
    Text,
    iri_of,
    links,
    name_of,
    order_of,
    preferred,
    property_shapes,
    texts_of,
)
from lienket.web.queries import query, query_over
from lienket.web.shown import Shown
from lienket.web.values import Value, shown_literal

MOST_STATEMENTS: Final = 20_000
"""A resource with more statements of its own is shown in part and downloaded with its dataset."""

MOST_VALUES: Final = 20
"""Values of one property, or resources that point here by one property, that a page shows at first."""

SUMMARIES: Final = (SCHEMA + "description", DCT + "description", SKOS + "definition", RDFS + "comment")
"""What says in a sentence what a thing is, best first."""

_ORDER: Final = (
    SKOS + "altLabel", SCHEMA + "alternateName", SKOS + "notation", DCT + "identifier", SCHEMA + "identifier",
    ORG + "identifier", DCT + "type", SCHEMA + "additionalType", ORG + "classification", SOSA + "observedProperty",
    SOSA + "hasFeatureOfInterest", SOSA + "phenomenonTime", SOSA + "hasSimpleResult", SOSA + "hasResult",
    SCHEMA + "address", LOCN + "address", DCT + "spatial", SCHEMA + "containedInPlace", GEO + "sfWithin",
    SCHEMA + "openingHours", SCHEMA + "openingHoursSpecification", SCHEMA + "priceRange", SCHEMA + "price",
    SCHEMA + "telephone", VCARD + "hasTelephone", VCARD + "hasEmail", FOAF + "homepage", SCHEMA + "url",
    DCT + "temporal", DCT + "valid", DCT + "issued", DCT + "modified", DCT + "publisher", DCT + "license",
    ORG + "unitOf", ORG + "subOrganizationOf", SKOS + "inScheme", SKOS + "broader", SKOS + "narrower",
    DCT + "replaces", DCT + "isReplacedBy", DCAT + "theme", DCAT + "keyword",
)  # fmt: skip
"""Order of well-known properties where no shape gives one."""

_LAST: Final = (GEO + "hasGeometry", GEO + "hasDefaultGeometry", GEO + "hasCentroid", LOCN + "geometry",
                DCAT + "distribution", RDFS + "isDefinedBy", DCT + "source")  # fmt: skip

_UNIT_PREDICATES: Final = ("http://qudt.org/schema/qudt/hasUnit", "http://qudt.org/schema/qudt/unit",
                           "http://purl.org/linked-data/sdmx/2009/attribute#unitMeasure")  # fmt: skip
"""What states the unit of a resource's quantity, or of all values of a property."""

_SYMBOL: Final = "http://qudt.org/schema/qudt/symbol"

_RESULTS: Final = (SOSA + "hasSimpleResult", RDF + "value", SCHEMA + "value",
                   "http://purl.org/linked-data/sdmx/2009/measure#obsValue",
                   "http://qudt.org/schema/qudt/numericValue")  # fmt: skip
"""What a unit stated on the resource is the unit of."""

_NUMBERS: Final = (XSD + "integer", XSD + "decimal", XSD + "double", XSD + "float")

_NOT_FACTS: Final = (SKOS + "altLabel", SCHEMA + "alternateName", DCAT + "centroid", *_UNIT_PREDICATES)
"""What other parts of a page's head say already."""

_MACHINERY: Final = (SH + "declare",)
"""What only programs read."""

_LINKS_TO_GEOMETRY: Final = _LAST[:4]


@dataclass(frozen=True)
class Statement:
    """One triple of a description; `node` is None for the resource itself, else the node that belongs to it."""

    node: ox.NamedNode | ox.BlankNode | None
    predicate: ox.NamedNode
    object: Term
    graph: str


@dataclass(frozen=True)
class Property:
    """One property with its values, as many as the page shows."""

    link: Link
    """Named for people; leads to the property's definition where that is ours."""
    values: tuple[Value, ...]
    total: int
    order: float

    @property
    def brief(self) -> bool:
        """Whether its values are many and short, such as keywords, and can stand in one line."""
        return len(self.values) > 3 and all(
            len(value.text) <= 40 and not value.iri and not value.parts for value in self.values
        )


@dataclass(frozen=True)
class Description:
    """All that a page shows of a resource."""

    iri: str
    name: Text
    other_names: tuple[Text, ...]
    """The same name in the deployment's other languages."""
    kinds: tuple[Link, ...]
    summary: Text | None
    facts: tuple[Property, ...]
    """The few properties that people come for, when there are many."""
    properties: tuple[Property, ...]
    """All others."""
    map: "maps.Map | None"
    replaced_by: tuple[Link, ...]
    sources: tuple[Dataset, ...]
    graphs: tuple[Link, ...]
    """Named graphs that describe it and are no dataset of the catalogue."""
    complete: bool


def exists(present: Shown, iri: str) -> bool:
    """Return whether anything is said of `iri`."""
    try:
        return present.store.ask(query("exists"), subject=ox.NamedNode(iri))
    except ValueError:  # no IRI can be written like this
        return False


def statements(present: Shown, iri: str, page: int = 1) -> list[Statement]:
    """Return what is said of `iri` and of the nodes that belong to it, a page of `MOST_STATEMENTS` and one more."""
    start = (page - 1) * MOST_STATEMENTS
    rows = present.store.query(query("statements"), bindings={"subject": ox.NamedNode(iri)})
    found = []
    for row in islice(cast("ox.QuerySolutions", rows), start, start + MOST_STATEMENTS + 1):
        node, predicate = row["node"], row["predicate"]
        if isinstance(predicate, ox.NamedNode) and (node is None or isinstance(node, ox.NamedNode | ox.BlankNode)):
            found.append(Statement(node, predicate, row["object"], iri_of(row["graph"])))
    return found


def successors(present: Shown, iri: str) -> list[str]:
    """Return what says of itself that it has replaced `iri`."""
    try:
        rows = present.store.select(query("successors"), subject=ox.NamedNode(iri))
    except ValueError:  # no IRI can be written like this
        return []
    return [iri_of(row["successor"]) for row in rows]


def describe(
    present: Shown,
    iri: str,
    said: Sequence[Statement],
    pack: Language,
    *,
    without: Collection[str] = (),
    first: Sequence[str] = (),
) -> Description:
    """Return the description of `iri` for a visitor who reads the language `pack`.

    `without` names properties that the page shows in another way, `first` those that come before all others; with
    these the page has its own box of facts.
    """
    languages = order_of(present.project.languages, pack.tag)
    tree = _Tree(said)
    texts = texts_of(present, [iri, *tree.named()])
    known = texts.get(iri, [])
    types = [value.value for value in tree.values(None, RDF + "type") if isinstance(value, ox.NamedNode)]
    telling = sorted(
        [kind for kind in types if kind not in GENERAL_KINDS] or types,
        key=lambda kind: (not addresses.is_ours(kind), kind),
    )
    summary, summary_predicate = _summary(tree, languages)
    hidden = {
        RDF + "type",
        *LABEL_PREDICATES,
        *([summary_predicate] if summary_predicate else []),
        *_MACHINERY,
        *without,
    }
    writer = _Writer(present, iri, tree, texts, types, languages, pack, first=first)
    properties = writer.properties(None, hidden)
    facts = _facts(properties) if len(properties) > 6 and not first else ()
    catalogued = datasets(present)
    graphs = list(dict.fromkeys(statement.graph for statement in said if statement.node is None))
    about = {present.project.base_iri + name for name in ("catalog", "void", "shapes")}  # about data, not its source
    name = preferred(known, languages) or writer.stand_in(iri, telling)
    return Description(
        iri=iri,
        name=name,
        other_names=_other_names(known, name, languages),
        kinds=tuple(writer.link(kind) for kind in telling),
        summary=summary,
        facts=facts,
        properties=tuple(item for item in properties if item not in facts),
        map=maps.of_place(present, iri, tree.shapes(_LINKS_TO_GEOMETRY), languages),
        replaced_by=tuple(
            writer.link(value.value)
            for value in tree.values(None, DCT + "isReplacedBy")
            if isinstance(value, ox.NamedNode)
        ),
        sources=tuple(catalogued[graph] for graph in graphs if graph in catalogued),
        graphs=tuple(links(present, (g for g in graphs if g not in catalogued and g not in about), languages).values()),
        complete=len(said) <= MOST_STATEMENTS,
    )


def values_of(
    present: Shown, iri: str, said: Sequence[Statement], predicate: str, page: int, pack: Language
) -> tuple[Property | None, bool]:
    """Return one page of the values of one property, and whether there are more."""
    tree = _Tree(said)
    start = (page - 1) * MOST_VALUES
    values = tree.values(None, predicate)[start : start + MOST_VALUES]
    if not values:
        return None, False
    part = _Tree([Statement(None, ox.NamedNode(predicate), value, "") for value in values])
    languages = order_of(present.project.languages, pack.tag)
    types = [value.value for value in tree.values(None, RDF + "type") if isinstance(value, ox.NamedNode)]
    writer = _Writer(present, iri, part, texts_of(present, part.named()), types, languages, pack)
    return writer.properties(None, set())[0], len(tree.values(None, predicate)) > start + MOST_VALUES


class _Tree:
    """The statements of a description by node and predicate, each value once, in the store's order."""

    def __init__(self, said: Iterable[Statement]) -> None:
        self._values: dict[str | None, dict[str, dict[Term, None]]] = {}
        for statement in said:
            node = None if statement.node is None else iri_of(statement.node)
            self._values.setdefault(node, {}).setdefault(statement.predicate.value, {})[statement.object] = None

    def predicates(self, node: str | None) -> list[str]:
        return list(self._values.get(node, ()))

    def values(self, node: str | None, predicate: str) -> list[Term]:
        return list(self._values.get(node, {}).get(predicate, ()))

    def holds(self, node: str) -> bool:
        return node in self._values

    def named(self) -> list[str]:
        """Return the IRIs that need a name: predicates and the objects that a page can show."""
        return [
            iri
            for by_predicate in self._values.values()
            for predicate, values in by_predicate.items()
            for iri in (predicate, *(v.value for v in list(values)[:MOST_VALUES] if isinstance(v, ox.NamedNode)))
        ]

    def shapes(self, predicates: Iterable[str]) -> list[str]:
        """Return the WKT texts of the resource's geometries, or its own."""
        nodes = [iri_of(value) for predicate in predicates for value in self.values(None, predicate)]
        return [
            value.value
            for node in (None, *nodes)
            for value in self.values(node, GEO + "asWKT")
            if isinstance(value, ox.Literal)
        ]


class _Writer:
    """Turns statements into named, ordered properties."""

    def __init__(
        self,
        present: Shown,
        iri: str,
        tree: _Tree,
        texts: dict[str, list[Text]],
        types: Sequence[str],
        languages: Sequence[str],
        pack: Language,
        *,
        first: Sequence[str] = (),
    ) -> None:
        self._present = present
        self._iri = iri
        self._first = first
        self._tree = tree
        self._texts = texts
        self._types = types
        self._languages = languages
        self._pack = pack
        self._shapes = property_shapes(present)

    def link(self, iri: str) -> Link:
        return Link(
            iri, name_of(iri, self._texts, self._languages), addresses.local(iri), addresses.is_ours(iri)
        )  # fmt: skip

    def stand_in(self, iri: str, types: Sequence[str]) -> Text:
        """Return what to call a resource that has no name: its class and its key."""
        key = name_of(iri, {}, self._languages).value
        if not types:
            return Text(key)
        kind = name_of(types[0], self._texts, self._languages)
        return Text(f"{kind.value} {key}", kind.language)

    def properties(self, node: str | None, hidden: Iterable[str], depth: int = 0) -> tuple[Property, ...]:
        skipped = frozenset(hidden)
        units = self._units(node)
        found = [
            self._property(node, predicate, depth, units.get(predicate, ""))
            for predicate in self._tree.predicates(node)
            if predicate not in skipped
        ]
        return tuple(sorted(found, key=lambda item: (item.order, self._pack.sort_key(item.link.name.value))))

    def _units(self, node: str | None) -> dict[str, str]:
        """Return what to call the unit of each property of a node whose values are numbers of a stated unit."""
        numeric = [name for name in self._tree.predicates(node) if any(map(_is_number, self._tree.values(node, name)))]
        if not numeric:
            return {}
        own = [unit for name in _UNIT_PREDICATES for unit in self._tree.values(node, name)]
        units: dict[str, Term] = {}
        symbols: dict[str, str] = {}
        for row in self._present.store.select(query_over("units", [*numeric, *map(iri_of, own)])):
            subject, value = iri_of(row["subject"]), row["value"]
            if iri_of(row["predicate"]) != _SYMBOL:
                units.setdefault(subject, value)
            elif isinstance(value, ox.Literal):
                symbols.setdefault(subject, value.value)
        if own:
            units.update({name: own[0] for name in numeric if name in _RESULTS or len(numeric) == 1})
        named = texts_of(self._present, (iri_of(unit) for unit in units.values() if isinstance(unit, ox.NamedNode)))
        return {
            name: unit.value
            if isinstance(unit, ox.Literal)
            else symbols.get(iri_of(unit)) or _in_a_line(preferred(named.get(iri_of(unit), ()), self._languages))
            for name, unit in units.items()
            if name in numeric
        }

    def _property(self, node: str | None, predicate: str, depth: int, unit: str) -> Property:
        values = self._tree.values(node, predicate)
        shown = [self._value(value, depth, unit) for value in values[: 10 * MOST_VALUES]]
        shown.sort(key=self._value_order)
        shape = self._shape(predicate) if node is None else None
        link = self.link(predicate)
        if shape is not None and (name := preferred(shape.names, self._languages)) is not None:
            link = Link(link.iri, name, link.href, link.ours)
        order = shape.order if shape is not None and shape.order is not None else _default_order(predicate)
        if node is None and predicate in self._first:
            order = float(self._first.index(predicate) - len(self._first))
        return Property(link, tuple(shown[:MOST_VALUES]), len(values), order)

    def _shape(self, predicate: str) -> PropertyShape | None:
        return next((self._shapes[t, predicate] for t in self._types if (t, predicate) in self._shapes), None)

    def _value(self, term: Term, depth: int, unit: str = "") -> Value:
        if isinstance(term, ox.Literal):
            value = shown_literal(term, self._pack)
            return replace(value, unit=unit) if unit and _is_number(term) else value
        iri = iri_of(term)
        if iri.startswith(_TO_WRITE_OR_CALL):
            return Value(unquote(iri.partition(":")[2]), iri=iri, href=iri)
        parts: tuple[Property, ...] = ()
        contact: Text | None = None
        if depth < 2 and self._tree.holds(iri):
            if period := self._period(iri):
                return Value(period)
            contact = preferred(_texts_in(self._tree.values(iri, VCARD + "fn")), self._languages)
            said_by_link = LABEL_PREDICATES if isinstance(term, ox.NamedNode) else ()
            said_by_name = (VCARD + "fn",) if contact else ()
            parts = self.properties(iri, {RDF + "type", *said_by_link, *said_by_name}, depth + 1)
        if contact is not None:
            return Value(contact.value, language=contact.language, iri=iri, parts=parts)
        if not isinstance(term, ox.NamedNode):
            return Value("", parts=parts)
        link = self.link(iri)
        if iri.startswith(self._iri + "#") and self._tree.holds(iri):  # all of it stands here
            name = preferred(self._texts.get(iri, ()), self._languages) or Text("" if parts else link.name.value)
            return Value(name.value, language=name.language, iri=iri, parts=parts)
        host = "" if link.ours or iri in self._texts else urlsplit(iri).netloc
        return Value(
            link.name.value,
            language=link.name.language,
            iri=iri,
            href=link.href,
            parts=parts,
            host=host if host != link.name.value else "",
        )

    def _period(self, node: str) -> str:
        """Return in one line a node that says when something begins or ends and nothing else, "" for any other."""
        if not {RDF + "type", *_BEGINNINGS, *_ENDS}.issuperset(self._tree.predicates(node)):
            return ""
        start, end = (
            next((self._value(value, 2).text for name in names for value in self._tree.values(node, name)), "")
            for names in (_BEGINNINGS, _ENDS)
        )
        sentence = "from {start} to {end}" if start and end else "since {start}" if start else "until {end}"
        return self._pack.gettext(sentence).format(start=start, end=end) if start or end else ""

    def _value_order(self, value: Value) -> tuple[int, object]:
        spoken = value.language in self._languages
        rank = self._languages.index(value.language) if spoken else len(self._languages)
        return (0 if value.iri else rank, self._pack.sort_key(value.text))


_BEGINNINGS: Final = (DCAT + "startDate", SCHEMA + "startDate")
_ENDS: Final = (DCAT + "endDate", SCHEMA + "endDate")

_TO_WRITE_OR_CALL: Final = ("mailto:", "tel:")
"""Addresses other than of the web that a page links to."""


def _is_number(term: Term) -> bool:
    return isinstance(term, ox.Literal) and term.datatype.value in _NUMBERS


def _in_a_line(name: Text | None) -> str:
    """Return the name of a unit as it stands behind a number: a capital that only begins the name is made small.

    >>> _in_a_line(Text("Nghìn người")), _in_a_line(Text("Hz")), _in_a_line(Text("km²"))
    ('nghìn người', 'Hz', 'km²')
    """
    if name is None:
        return ""
    text = name.value
    return text[0].lower() + text[1:] if len(text) > 2 and text[1].islower() else text


def _texts_in(values: Iterable[Term]) -> list[Text]:
    return [Text(value.value, value.language or "") for value in values if isinstance(value, ox.Literal)]


def _default_order(predicate: str) -> float:
    """Return the place of a property no shape orders: behind all that shapes order, well-known ones first."""
    if predicate in _LAST:
        return 3000.0 + _LAST.index(predicate)
    return 1000.0 + _ORDER.index(predicate) if predicate in _ORDER else 2000.0


def _summary(tree: _Tree, languages: Sequence[str]) -> tuple[Text | None, str | None]:
    for predicate in SUMMARIES:
        texts = _texts_in(tree.values(None, predicate))
        if texts:
            return preferred(texts, languages), predicate
    return None, None


def _other_names(known: Sequence[Text], name: Text, languages: Sequence[str]) -> tuple[Text, ...]:
    found = (preferred([text for text in known if text.language == tag], (tag,)) for tag in languages)
    return tuple(text for text in found if text is not None and text.value != name.value)


def _facts(properties: Sequence[Property]) -> tuple[Property, ...]:
    """Return the first properties that fit a card: one short value without parts."""
    short = (
        item
        for item in properties
        if item.link.iri not in _NOT_FACTS
        and item.total == 1
        and not item.values[0].parts
        and 0 < len(item.values[0].text) <= 60
        and item.order < 2000
    )
    return tuple(item for item, _ in zip(short, range(4), strict=False))
