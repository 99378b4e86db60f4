"""`docs/conformance.md`: its two tables are written from a run, its prose by hand.

Only what was run completely is written; where a suite or a server is absent, what the document says of it stays.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from .record import Record, Result
from .suites import SUITES, Outcome

PATH = Path(__file__).parents[2] / "docs" / "conformance.md"

Rows = Callable[[str, Sequence[Result]], str]
"""Title of a suite or a part of one, and what became of its cases → rows of a table."""


def figures(title: str, results: Sequence[Result]) -> str:
    """Return the row that counts."""
    counts = Counter(result.outcome for result in results)
    cells = [str(counts[outcome] or "") for outcome in Outcome]
    return f"| {title} | {len(results)} | {' | '.join(cells)} |\n"


def remarks(title: str, results: Sequence[Result]) -> str:
    """Return a row for everything that there is to say of cases, which are named by their patterns."""
    said: dict[tuple[Outcome, str], list[Result]] = {}
    for result in results:
        if result.reason:
            said.setdefault((result.outcome, result.reason), []).append(result)
    rows = ""
    for (outcome, reason), of in said.items():
        patterns = dict.fromkeys(SUITES[result.suite].pattern(result.name) for result in of)
        names = ", ".join(f"`{pattern}`" for pattern in patterns)
        escaped = reason.replace("|", "\\|")
        rows += f"| {title} | {names} ({len(of)}) | {outcome} | {escaped} |\n"
    return rows


HEADS: dict[Rows, str] = {
    figures: f"| suite | cases | {' | '.join(Outcome)} |\n|---|---|{'---|' * len(Outcome)}\n",
    remarks: "| suite | cases | what becomes of them | why |\n|---|---|---|---|\n",
}
"""The tables, with their heads."""


def written(record: Record, old: str) -> str:
    """Return the document with its tables: what was run completely as it went, all else as `old` has it."""
    for rows, head in HEADS.items():
        table = re.compile(rf"(?m)^{re.escape(head)}(\|.*\n)*")
        found = table.search(old)
        assert found, f"{PATH.name} has no table with the head {head}"
        before, after = old[: found.start()], old[found.end() :]
        new = head
        for title, results in record.parts():
            new += rows(title, results) if results else "".join(
                line for line in found[0].splitlines(keepends=True) if line.startswith(f"| {title} | ")
            )  # fmt: skip
        old = before + new + after
    return old
