"""The terms that a catalogue names: those of the EU's lists, themes of the nation, and what class each value is of."""

from collections.abc import Iterable, Mapping
from typing import Final

import pyoxigraph as ox

from lienket.catalogue.description import Description, Node, Source
from lienket.vocabulary import DCAT, DCT, FOAF, LOCN, PROV, RDF, RDFS, SKOS, VCARD

EU: Final = "http://publications.europa.eu/resource/authority/"
IANA: Final = "https://www.iana.org/assignments/media-types/"
EU_THEMES: Final = EU + "data-theme"
PUBLIC: Final = EU + "access-right/PUBLIC"
STABLE: Final = EU + "planned-availability/STABLE"

THEMES: Mapping[str, str] = {
    "AGRI": "Agriculture, fisheries, forestry and food",
    "ECON": "Economy and finance",
    "EDUC": "Education, culture and sport",
    "ENER": "Energy",
    "ENVI": "Environment",
    "GOVE": "Government and public sector",
    "HEAL": "Health",
    "INTR": "International issues",
    "JUST": "Justice, legal system and public safety",
    "OP_DATPRO": "Provisional data",
    "REGI": "Regions and cities",
    "SOCI": "Population and society",
    "TECH": "Science and technology",
    "TRAN": "Transport",
}
"""The EU's data themes: code and name, in the words that a language pack translates."""

RANGES: Mapping[str, str] = {
    DCT + "license": DCT + "LicenseDocument",
    DCT + "accessRights": DCT + "RightsStatement",
    DCT + "rights": DCT + "RightsStatement",
    DCT + "accrualPeriodicity": DCT + "Frequency",
    DCT + "language": DCT + "LinguisticSystem",
    DCT + "spatial": DCT + "Location",
    DCT + "temporal": DCT + "PeriodOfTime",
    DCT + "format": DCT + "MediaTypeOrExtent",
    DCT + "conformsTo": DCT + "Standard",
    DCT + "provenance": DCT + "ProvenanceStatement",
    DCAT + "mediaType": DCT + "MediaType",
    DCAT + "compressFormat": DCT + "MediaType",
    DCAT + "contactPoint": VCARD + "Kind",
    DCAT + "theme": SKOS + "Concept",
    DCT + "publisher": FOAF + "Agent",
    DCT + "creator": FOAF + "Agent",
    FOAF + "homepage": FOAF + "Document",
    FOAF + "page": FOAF + "Document",
    DCAT + "landingPage": FOAF + "Document",
    PROV + "wasGeneratedBy": PROV + "Activity",
}
"""Property → class of its values: readers of the catalogue want the type in the page, also of terms kept elsewhere."""

LANGUAGES: Mapping[str, str] = {"vi": "VIE", "en": "ENG", "fr": "FRA", "ja": "JPN", "ko": "KOR", "zh": "ZHO"}
"""Language tag → code in the EU language list."""

_MATCHES: Final = tuple(SKOS + name for name in ("exactMatch", "closeMatch", "broadMatch"))
_SCHEMES: Final[Mapping[str, str]] = {
    "access-right": "Access right", "data-theme": "Data theme", "dataset-type": "Dataset type",
    "file-type": "File type", "frequency": "Frequency", "language": "Language", "licence": "Licence",
    "planned-availability": "Planned availability", "country": "Country", "place": "Place",
}  # fmt: skip
"""Lists of the EU: name in the address and in words."""


def languages_of(source: Source) -> list[str]:
    """Return the EU's IRIs of the deployment's languages."""
    return [f"{EU}language/{LANGUAGES[tag]}" for tag in source.project.languages if tag in LANGUAGES]


def eu_themes(source: Source, themes: Iterable[str]) -> list[str]:
    """Return the EU's themes that a deployment's own ones are matched with in its ontology."""
    own = list(themes)
    return [node.value for match in _MATCHES for node in source.stated(own, match) if _is_eu_theme(node)]


def _is_eu_theme(node: Node) -> bool:
    return isinstance(node, ox.NamedNode) and node.value.startswith(EU_THEMES + "/")


def schemes(source: Source, concepts: Iterable[str]) -> list[str]:
    """Return the schemes of the deployment's ontology that concepts stand in."""
    return [node.value for node in source.stated(concepts, SKOS + "inScheme") if isinstance(node, ox.NamedNode)]


def add_terms(described: Description, source: Source, shared: Description, *, own: str = "") -> None:
    """Type the values of the properties in `RANGES`; give terms and places a name, and terms their scheme.

    What is said of a part of the resource `own` stays with its description, all else goes to what is `shared`.
    """
    for triple in list(described.triples):
        value, range_ = triple.object, RANGES.get(triple.predicate.value)
        if range_ == DCT + "ProvenanceStatement" and isinstance(value, ox.Literal):
            _provenance_statement(described, triple)
        if isinstance(value, ox.BlankNode) and range_:
            described.triples[ox.Triple(value, ox.NamedNode(RDF + "type"), ox.NamedNode(range_))] = None
        if not isinstance(value, ox.NamedNode):
            continue
        is_own = bool(own) and value.value.startswith((own + "#", own + "."))
        target = described if is_own else shared
        if range_:
            target.add(value.value, RDF + "type", range_)
        if value in shared.named or is_own:
            continue
        if value.value.startswith(EU) and value.value.removeprefix(EU).count("/") == 1:
            shared.named.add(value)
            _eu_term(shared, source, value.value)
        elif triple.predicate.value == DCAT + "theme":
            shared.named.add(value)
            _own_theme(shared, source, value.value)
        elif triple.predicate.value == DCT + "spatial":
            shared.named.add(value)
            names = source.names_of(value.value)
            shared.add_texts(value.value, SKOS + "prefLabel", names)
            shared.add_texts(value.value, LOCN + "geographicName", names)


def _provenance_statement(described: Description, triple: ox.Triple) -> None:
    """Put a text about provenance into a statement of its own."""
    statement = ox.BlankNode()
    del described.triples[triple]
    for s, p, o in (
        (triple.subject, triple.predicate, statement),
        (statement, ox.NamedNode(RDF + "type"), ox.NamedNode(DCT + "ProvenanceStatement")),
        (statement, ox.NamedNode(RDFS + "label"), triple.object),
    ):
        described.triples[ox.Triple(s, p, o)] = None


def _eu_term(described: Description, source: Source, iri: str) -> None:
    scheme, _, code = iri.removeprefix(EU).partition("/")
    described.add(iri, RDF + "type", SKOS + "Concept")
    described.add(iri, SKOS + "inScheme", EU + scheme)
    described.add(EU + scheme, RDF + "type", SKOS + "ConceptScheme")
    titles = source.translated(_SCHEMES[scheme]) if scheme in _SCHEMES else {"en": scheme.replace("-", " ")}
    described.add_texts(EU + scheme, DCT + "title", titles)
    if scheme == "data-theme" and code in THEMES:
        described.add_texts(iri, SKOS + "prefLabel", source.translated(THEMES[code]))
    else:
        described.add_texts(iri, SKOS + "prefLabel", source.names_of(iri) or {"en": code})


def _own_theme(described: Description, source: Source, iri: str) -> None:
    described.add_texts(iri, SKOS + "prefLabel", source.names_of(iri))
    for scheme in schemes(source, [iri]):
        described.add(iri, SKOS + "inScheme", scheme)
        described.add(scheme, RDF + "type", SKOS + "ConceptScheme")
        described.add_texts(scheme, DCT + "title", source.names_of(scheme))
