"""A report as people read it: by column, and in each column by what is wrong."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..errors import SEVERITIES
from ..languages import Language
from .report import Finding


@dataclass(frozen=True)
class Group:
    """Findings of one severity and one rule in one column, by row."""

    severity: str
    rule: str
    """What is wrong and what would be right, where that is the same for all of them; else "".

    Without the engine's own words.
    """
    because: str
    """The engine's own words behind the rule, where they are the same for all of them; else ""."""
    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        """The first of them; its identifier also names the group."""
        return self.findings[0]


@dataclass(frozen=True)
class Section:
    """All that was found in one column of a table, or of a file as a whole."""

    file: str
    sheet: str | None
    column: str | None
    groups: tuple[Group, ...]

    @property
    def count(self) -> int:
        """The number of findings."""
        return sum(len(group.findings) for group in self.groups)

    @property
    def key(self) -> str:
        """What names the section in an address."""
        return " / ".join(part for part in (self.file, self.sheet, self.column) if part)


def sections(findings: Iterable[Finding], language: Language) -> list[Section]:
    """Return findings by file in the order of coming, in a file the columns with the worst and the most first."""
    found: dict[tuple[str, str | None, str | None], dict[tuple[str, str], list[Finding]]] = {}
    files: dict[str, int] = {}
    for finding in findings:
        fault = finding.fault
        files.setdefault(fault.file or "", len(files))
        groups = found.setdefault((fault.file or "", fault.sheet, fault.column), {})
        groups.setdefault((fault.severity, fault.message), []).append(finding)
    every = [Section(*place, tuple(_groups(groups, language))) for place, groups in found.items()]
    return sorted(every, key=lambda section: (files[section.file], _rank(section.groups[0]), -section.count))


def _groups(groups: dict[tuple[str, str], list[Finding]], language: Language) -> list[Group]:
    every = []
    for (severity, _), findings in groups.items():
        faults = [finding.fault for finding in findings]
        rule = _common(language.sentence(replace(fault, because=None)) for fault in faults)
        because = _common(language.sentence(fault.because) if fault.because else "" for fault in faults)
        ordered = tuple(sorted(findings, key=lambda finding: finding.fault.row or 0))
        every.append(Group(severity, rule, because if rule else "", ordered))
    return sorted(every, key=lambda group: (_rank(group), -len(group.findings)))


def _common(sentences: Iterable[str]) -> str:
    found = set(sentences)
    return found.pop() if len(found) == 1 else ""


def _rank(group: Group) -> int:
    return SEVERITIES.index(group.severity)
