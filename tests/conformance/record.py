"""What became of the cases of one run."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from .suites import SUITES, Outcome


@dataclass(frozen=True)
class Result:
    """What became of a case."""

    suite: str
    """Its folder."""
    name: str
    outcome: Outcome
    reason: str


@dataclass
class Record:
    """The cases that were to be run, and what became of those that were."""

    cases: set[tuple[str, str]] = field(default_factory=set)
    """Suite and name."""
    results: dict[tuple[str, str], Result] = field(default_factory=dict)

    def add(self, suite: str, name: str, outcome: Outcome, reason: str) -> None:
        """Note what became of a case; where several tests run it, a failure stays."""
        known = self.results.get((suite, name))
        if known and known.outcome is Outcome.FAILED:
            return
        self.results[suite, name] = Result(suite, name, outcome, reason)

    def parts(self) -> Iterator[tuple[str, list[Result]]]:
        """Yield the title of every part of every suite, in order, with its results by name: none where any of its
        cases was not run, for the want of a file or a server.
        """
        for folder, suite in SUITES.items():
            for title in dict.fromkeys(suite.parts.values()) or (suite.title,):
                cases = sorted((of, name) for of, name in self.cases if of == folder and suite.part(name) == title)
                complete = all(key in self.results for key in cases)
                yield title, [self.results[key] for key in cases] if complete else []
