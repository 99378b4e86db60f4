"""The catalogue and the description of the data, made from the release: what harvesters read."""

from lienket.catalogue.agents import named, unnamed
from lienket.catalogue.dcat import describe, describe_dataset, points
from lienket.catalogue.description import Source
from lienket.catalogue.void import describe_data

__all__ = ["Source", "describe", "describe_data", "describe_dataset", "named", "points", "unnamed"]
