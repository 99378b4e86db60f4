"""The catalogue and the description of the data, made from the release: what harvesters read."""

from lienket.catalogue.dcat import describe, named, unnamed
from lienket.catalogue.void import describe_data

__all__ = ["describe", "describe_data", "named", "unnamed"]
