"""The report of one dataset, and the file in which a release keeps it: JSON Lines, the figures first, then a finding a
line (<https://jsonlines.org/>).
"""

import dataclasses
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import Fault, UnavailableError


@dataclass(frozen=True)
class Finding:
    """One fault, with the name by which every form of the report calls it."""

    id: str
    fault: Fault


@dataclass(frozen=True)
class TableShare:
    """How much of one table is well; counts of rows, each at least so many where not all faults are named."""

    file: str
    sheet: str | None
    rows: int
    at_fault: int
    """Rows with an error."""
    remarked: int
    """Rows without an error and with a warning or a note."""

    @property
    def accepted(self) -> int:
        """Rows without an error."""
        return self.rows - self.at_fault


@dataclass(frozen=True)
class Report:
    """What was found in one dataset."""

    dataset: str
    """Its id."""
    tables: tuple[TableShare, ...]
    findings: tuple[Finding, ...]

    @property
    def rows(self) -> int:
        """Rows of all its tables."""
        return sum(table.rows for table in self.tables)

    @property
    def at_fault(self) -> int:
        """Rows with an error."""
        return sum(table.at_fault for table in self.tables)

    @property
    def remarked(self) -> int:
        """Rows without an error and with a warning or a note."""
        return sum(table.remarked for table in self.tables)

    @property
    def faults(self) -> list[Fault]:
        """The faults without their identifiers."""
        return [finding.fault for finding in self.findings]

    def count(self, severity: str) -> int:
        """Return the number of findings of a severity: "error", "warning" or "note"."""
        return sum(finding.fault.severity == severity for finding in self.findings)

    def figures(self) -> dict[str, int]:
        """Return what a release's manifest tells of it."""
        return {
            "rows_at_fault": self.at_fault + self.remarked,
            "warnings": self.count("warning"),
            "notes": self.count("note"),
        }

    def write(self, path: Path) -> None:
        """Write the report; raises OSError where that cannot be."""
        with path.open("w", encoding="utf-8") as file:
            head = {"dataset": self.dataset, "tables": [dataclasses.asdict(table) for table in self.tables]}
            file.write(_line(head))
            for finding in self.findings:
                file.write(_line({"id": finding.id, **dataclasses.asdict(finding.fault)}))

    @classmethod
    def read(cls, path: Path) -> "Report":
        """Read what `write` wrote; raises `UnavailableError` where it cannot be read."""
        try:
            with path.open(encoding="utf-8") as file:
                head = json.loads(next(file))
                findings = tuple(_finding(json.loads(line)) for line in file)
            return cls(head["dataset"], tuple(TableShare(**table) for table in head["tables"]), findings)
        except (OSError, ValueError, KeyError, TypeError, StopIteration) as error:
            raise UnavailableError(
                Fault("cannot be read: {reason}", file=str(path), values={"reason": error})
            ) from error


def report_of(
    dataset: str,
    tables: Iterable[tuple[str, str | None, int]],
    faults: Iterable[Fault],
    name: Callable[[str], str] = lambda file: file,
) -> Report:
    """Return the report of a dataset: its tables as (file, sheet, rows), and every fault found in it.

    `name` says what a file is called in a report, which leaves the machine: never where it lies there.
    """
    named = [_named(fault, name) for fault in faults]
    errors: dict[tuple[str | None, str | None], set[int]] = {}
    others: dict[tuple[str | None, str | None], set[int]] = {}
    for fault in named:
        if fault.row is not None:
            rows = errors if fault.severity == "error" else others
            rows.setdefault((fault.file, fault.sheet), set()).add(fault.row)
    shares = []
    for file, sheet, count in tables:
        wrong, odd = (rows.get((name(file), sheet), set()) for rows in (errors, others))
        shares.append(TableShare(name(file), sheet, count, len(wrong), len(odd - wrong)))
    return Report(dataset, tuple(shares), tuple(identified(named)))


def identified(faults: Iterable[Fault]) -> list[Finding]:
    """Return faults with their identifiers: the same for the same fault of the same cell, different within a list."""
    times: Counter[str] = Counter()
    findings = []
    for fault in faults:
        said = (fault.file, fault.sheet, fault.row, fault.column, fault.text, fault.message, fault.severity)
        digest = "f" + hashlib.sha256(repr(said).encode()).hexdigest()[:12]
        times[digest] += 1
        again = f"-{times[digest]}" if times[digest] > 1 else ""
        findings.append(Finding(digest + again, fault))
    return findings


def _named(fault: Fault, name: Callable[[str], str]) -> Fault:
    return dataclasses.replace(
        fault,
        file=name(fault.file) if fault.file is not None else None,
        values={key: name(value) if isinstance(value, str) else value for key, value in fault.values.items()},
        because=_named(fault.because, name) if fault.because else None,
        details=tuple(_named(detail, name) for detail in fault.details),
    )


def _line(values: Mapping[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, default=str) + "\n"


def _finding(values: dict[str, Any]) -> Finding:
    return Finding(values.pop("id"), _fault(values))


def _fault(values: dict[str, Any]) -> Fault:
    because = values.pop("because")
    details = tuple(map(_fault, values.pop("details")))
    return Fault(**values, because=_fault(because) if because else None, details=details)
