"""What a catalogue says beyond DCAT-AP of datasets of a kind: places (GeoDCAT-AP) and figures (StatDCAT-AP).

<https://semiceu.github.io/GeoDCAT-AP/releases/3.0.0/>,
<https://interoperable-europe.ec.europa.eu/collection/semic-support-centre/solution/statdcat-application-profile-data-portals-europe>
"""

from typing import Final

import pyoxigraph as ox

from lienket.catalogue.description import Description, Facts, Source, objects_of
from lienket.catalogue.terms import EU
from lienket.datasets import Dataset
from lienket.vocabulary import DCAT, DCT, GEO, QB, RDF, SKOS, STAT

_CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_REFERENCE_SYSTEM: Final = "http://inspire.ec.europa.eu/glossary/SpatialReferenceSystem"


def add_places(described: Description, source: Source, dataset: Dataset, facts: Facts) -> None:
    """Say of a dataset that has places how far they reach and how positions are given."""
    if not facts["box"]:
        return
    west, south, east, north = facts["box"]
    extent = dataset.iri + "#extent"
    ring = ((west, south), (east, south), (east, north), (west, north), (west, south))
    box = ", ".join(f"{x} {y}" for x, y in ring)
    described.add(dataset.iri, DCT + "spatial", extent)
    described.add_texts(extent, SKOS + "prefLabel", source.translated("Box around the places of the dataset"))
    described.add(extent, DCAT + "bbox", _wkt(f"POLYGON(({box}))"))
    described.add(
        extent, DCAT + "centroid", _wkt(f"POINT({round((west + east) / 2, 6)} {round((south + north) / 2, 6)})")
    )
    described.add(dataset.iri, DCT + "conformsTo", _CRS84)
    described.add(_CRS84, DCT + "type", _REFERENCE_SYSTEM)
    described.add(_REFERENCE_SYSTEM, RDF + "type", SKOS + "Concept")
    described.add_texts(_REFERENCE_SYSTEM, SKOS + "prefLabel", source.translated("Spatial reference system"))
    described.add(dataset.iri, DCT + "type", EU + "dataset-type/GEOSPATIAL")


def _wkt(text: str) -> ox.Literal:
    return ox.Literal(text, datatype=ox.NamedNode(GEO + "wktLiteral"))


def add_figures(described: Description, source: Source, dataset: Dataset, facts: Facts) -> None:
    """Say of a data cube what its dimensions, attributes and units are, as the ontology structures it."""
    structures = objects_of(dataset, QB + "structure")
    if not structures:
        return
    components = source.stated(structures, QB + "component")
    described.add(dataset.iri, STAT + "dimension", *source.stated(components, QB + "dimension"))
    described.add(dataset.iri, STAT + "attribute", *source.stated(components, QB + "attribute"))
    described.add(dataset.iri, STAT + "statUnitMeasure", *facts["units"])
    described.add(dataset.iri, DCT + "type", EU + "dataset-type/STATISTICAL")
