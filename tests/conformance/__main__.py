"""Runs the published suites, and writes `docs/conformance.md` and the EARL report: `python -m tests.conformance`."""

import sys
from pathlib import Path

import pytest

from . import document, earl
from .conftest import RECORD


class Writer:
    """Writes what became of the cases when they have all been run."""

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        record = session.config.stash[RECORD]
        document.PATH.write_text(document.written(record, document.PATH.read_text(encoding="utf-8")), encoding="utf-8")
        earl.PATH.parent.mkdir(exist_ok=True)
        earl.report(record).serialize(earl.PATH, format="turtle")


if __name__ == "__main__":
    sys.exit(pytest.main([str(Path(__file__).parent), "-m", "not document", "-r", "f"], plugins=[Writer()]))
