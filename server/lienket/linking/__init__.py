"""Linking: which things of different tables are one, and which unit of administration an address names.

    rules.py       what is linked to what, as a data steward writes it      sides.py      both sides, by SPARQL
    methods.py     what may be compared, and how candidates are found       matching.py   blocks, evidence, ranks
    addresses.py   addresses and points to units, then and today            areas.py      points in areas
    proposals.py   pairs with their evidence                                decisions.py  what people decide; tables
    remote.py      sides that lie elsewhere                                 alive.py      whether targets still exist
    run.py         the spine

Takes values, paths and a store; knows neither the deployment nor the web.
"""

from .addresses import Gazetteer, Located, locate
from .alive import lost
from .decisions import REVIEW, Asked, Link, Settled, name_of, read_links, write
from .matching import define, match, score
from .proposals import Proposal, Proposed, propose
from .rules import PATTERN, AddressRule, MatchRule, Rule, read_rules
from .run import Linked, gazetteer_of, link, proposals_of

__all__ = [
    "PATTERN",
    "REVIEW",
    "AddressRule",
    "Asked",
    "Gazetteer",
    "Link",
    "Linked",
    "Located",
    "MatchRule",
    "Proposal",
    "Proposed",
    "Rule",
    "Settled",
    "define",
    "gazetteer_of",
    "link",
    "locate",
    "lost",
    "match",
    "name_of",
    "proposals_of",
    "propose",
    "read_links",
    "read_rules",
    "score",
    "write",
]
