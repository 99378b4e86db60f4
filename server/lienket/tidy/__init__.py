"""A dataset's statements once more as plain files: tables with one row a thing, and a map of the places.

They are made of what the mapping wrote, in two passes over it, so that they say what the graph says: one table for
each kind of thing, one column for each property and language, a table of its own for a property that a thing has
several times (<https://vita.had.co.nz/papers/tidy-data.pdf>). `csvw` describes them, `geojson` is the map.
"""

from lienket.tidy.csvw import Delivered, describe
from lienket.tidy.geojson import write_map
from lienket.tidy.survey import Survey, beginning, survey
from lienket.tidy.tables import Made, write_tables

__all__ = ["Delivered", "Made", "Survey", "beginning", "describe", "survey", "write_map", "write_tables"]
