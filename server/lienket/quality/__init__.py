"""What mapping and validation found in a dataset's tables, for the people who keep them.

One `Report` a dataset, with an identifier for every finding; a page, a table, SHACL's report and a marked copy of the
table say the same of it.
"""

from .report import Finding, Report, TableShare, identified, report_of
from .sections import Group, Section, sections
from .statements import statements

__all__ = [
    "Finding",
    "Group",
    "Report",
    "Section",
    "TableShare",
    "identified",
    "report_of",
    "sections",
    "statements",
]
