"""The namespaces the engine itself speaks; a deployment's own prefixes come from its ontology folder."""

from typing import Final

ACTIVITY: Final = "https://www.w3.org/ns/activitystreams#"
ADMS: Final = "http://www.w3.org/ns/adms#"
CSVW: Final = "http://www.w3.org/ns/csvw#"
D2RQ: Final = "http://www.wiwiss.fu-berlin.de/suhl/bizer/D2RQ/0.1#"
DCAT: Final = "http://www.w3.org/ns/dcat#"
DCATAP: Final = "http://data.europa.eu/r5r/"
DCT: Final = "http://purl.org/dc/terms/"
DQV: Final = "http://www.w3.org/ns/dqv#"
FNO: Final = "https://w3id.org/function/ontology#"
FOAF: Final = "http://xmlns.com/foaf/0.1/"
GEO: Final = "http://www.opengis.net/ont/geosparql#"
GREL: Final = "http://users.ugent.be/~bjdmeest/function/grel.ttl#"
HCTL: Final = "https://www.w3.org/2019/wot/hypermedia#"
HYDRA: Final = "http://www.w3.org/ns/hydra/core#"
IDLAB_FUNCTION: Final = "https://w3id.org/imec/idlab/function#"
LDES: Final = "https://w3id.org/ldes#"
LEGACY_RML: Final = "http://semweb.mmlab.be/ns/rml#"
LIENKET_FUNCTION: Final = "https://w3id.org/lienket/function#"
LIENKET_LINK: Final = "https://w3id.org/lienket/link#"
LIENKET_QUALITY: Final = "https://w3id.org/lienket/quality#"
LOCN: Final = "http://www.w3.org/ns/locn#"
ORG: Final = "http://www.w3.org/ns/org#"
OWL: Final = "http://www.w3.org/2002/07/owl#"
PROV: Final = "http://www.w3.org/ns/prov#"
QB: Final = "http://purl.org/linked-data/cube#"
QL: Final = "http://semweb.mmlab.be/ns/ql#"
R2RML: Final = "http://www.w3.org/ns/r2rml#"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
RML: Final = "http://w3id.org/rml/"
SCHEMA: Final = "https://schema.org/"
SD: Final = "http://www.w3.org/ns/sparql-service-description#"
SH: Final = "http://www.w3.org/ns/shacl#"
SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
SOSA: Final = "http://www.w3.org/ns/sosa/"
SPDX: Final = "http://spdx.org/rdf/terms#"
STAT: Final = "http://data.europa.eu/(xyz)/statdcat-ap/"
TD: Final = "https://www.w3.org/2019/wot/td#"
TIME: Final = "http://www.w3.org/2006/time#"
TREE: Final = "https://w3id.org/tree#"
VCARD: Final = "http://www.w3.org/2006/vcard/ns#"
VOID: Final = "http://rdfs.org/ns/void#"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"

PREFIXES: Final[dict[str, str]] = {
    "adms": ADMS, "dcat": DCAT, "dcatap": DCATAP, "dct": DCT, "dqv": DQV, "foaf": FOAF, "geo": GEO, "hydra": HYDRA,
    "locn": LOCN, "org": ORG, "owl": OWL, "prov": PROV, "qb": QB, "rdf": RDF, "rdfs": RDFS, "schema": SCHEMA,
    "sd": SD, "sh": SH, "skos": SKOS, "sosa": SOSA, "spdx": SPDX, "time": TIME, "vcard": VCARD, "void": VOID,
    "xsd": XSD,
}  # fmt: skip
"""Prefixes for everything the engine writes; the deployment's are added to them."""

LABEL_PREDICATES: Final[tuple[str, ...]] = (
    SKOS + "prefLabel", RDFS + "label", DCT + "title", SCHEMA + "name", FOAF + "name",
)  # fmt: skip
"""What may name a resource, best first."""
