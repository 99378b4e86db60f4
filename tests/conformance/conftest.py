"""Records what becomes of the cases of the published suites, and says it at the end of the run."""

from collections import Counter
from collections.abc import Generator

import pytest

from .record import Record
from .suites import SUITES, Outcome

RECORD = pytest.StashKey[Record]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[RECORD] = Record()
    config.addinivalue_line("markers", "case(suite, name): runs this case of a published suite")
    config.addinivalue_line("markers", "document: looks at what all cases gave, after them")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Note the cases before any is deselected, and look at the document when all have been run."""
    config.stash[RECORD].cases.update(mark.args for item in items for mark in item.iter_markers("case"))
    items.sort(key=lambda item: item.get_closest_marker("document") is not None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    mark = item.get_closest_marker("case")
    if mark is None:
        return report
    suite, name = mark.args
    if report.failed:
        reason = str(report.longrepr).strip().splitlines()[-1]
        item.config.stash[RECORD].add(suite, name, Outcome.FAILED, reason)
        return report
    ended = report.when == "call" and (report.passed or hasattr(report, "wasxfail"))
    if ended or (report.skipped and item.get_closest_marker("skip")):
        remark = SUITES[suite].remark(name)
        item.config.stash[RECORD].add(suite, name, remark.outcome, remark.reason)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for title, results in config.stash[RECORD].parts():
        if results:
            counts = Counter(result.outcome for result in results)
            figures = ", ".join(f"{counts[outcome]} {outcome}" for outcome in Outcome if counts[outcome])
            terminalreporter.write_line(f"{title}: {figures} of {len(results)} cases")
