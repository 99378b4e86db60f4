"""What is said of a query that has no answer: whose fault it is, where, and what to do.

400 with line and column, 403, 406, 429, 503, 504 and 507; each tells the next step.
"""

from collections.abc import Mapping
from typing import Final

from flask import current_app

from lienket.errors import UnavailableError
from lienket.formats import GRAPH_FORMATS, HTML, TABLE_FORMATS
from lienket.web import protocol
from lienket.web.journal import note
from lienket.web.problems import RETRY_SECONDS, Problem
from lienket.web.process import (
    AbandonedError,
    BusyError,
    CrowdedError,
    DeadlineError,
    QueryError,
    QueryMemoryError,
    TooLargeError,
    WorkerDiedError,
    WorkerKilledError,
    WorkerOverflowError,
)
from lienket.web.protocol import Asked
from lienket.web.shown import project

OUTCOMES: Final[dict[type[Exception], str]] = {
    AbandonedError: "abandoned",
    BusyError: "busy",
    CrowdedError: "crowded",
    DeadlineError: "deadline",
    QueryMemoryError: "memory",
    TooLargeError: "size",
    WorkerDiedError: "died",
    WorkerKilledError: "killed",
    WorkerOverflowError: "overflow",
}
"""What the journal calls the ways to have no answer."""

_FEW: Final = 5
"""Of the words that the parser expected, so many are named."""

_NOT_OFFERED: Final = ("SERVICE", "LATERAL")
"""Words that the parser knows and this endpoint does not advise."""

_AGAIN_SECONDS: Final = 1
"""A query that was interrupted may be sent again after so long."""


def fault_of(error: QueryError, asked: Asked, prefixes: Mapping[str, str]) -> Problem:
    """Return the problem of a query that cannot be answered as it is."""
    if error.reason == "format":
        return protocol.not_acceptable((*(GRAPH_FORMATS if error.message == "graph" else TABLE_FORMATS), HTML))
    if error.reason == "dataset":
        return Problem(400, protocol.NOT_UNDERSTOOD, "A graph of the dataset is no IRI: {reason}",
                       values={"reason": error.message})  # fmt: skip
    if error.line is None:
        return Problem(400, protocol.NOT_UNDERSTOOD, "{reason}", values={"reason": error.message})
    expected = ", ".join([word for word in error.expected if word not in _NOT_OFFERED][:_FEW])
    place = {"line": error.line, "column": error.column}
    members = {**place, "reason": error.message or (f"expected {expected}" if expected else "not understood")}
    undeclared = asked.words.undeclared
    if undeclared:
        known = [f"PREFIX {name} <{prefixes[name[:-1]]}>" for name in undeclared if name[:-1] in prefixes]
        values = {**place, "prefixes": ", ".join(undeclared), "lines": " ".join(known)}
        said = (
            "No PREFIX is declared for: {prefixes}. Put this before the query: {lines}"
            if len(known) == len(undeclared)
            else "No PREFIX is declared for: {prefixes}"
        )
        return Problem(400, protocol.NOT_UNDERSTOOD, said, values=values, members=members)
    if error.message:
        said = "Line {line}, column {column}: {reason}"
    elif expected:
        said = "Line {line}, column {column}: the query is not understood up to here. Possible would be: {expected}"
    else:
        said = "Line {line}, column {column}: the query is not understood up to here."
    values = {**place, "reason": error.message, "expected": expected}
    return Problem(400, protocol.NOT_UNDERSTOOD, said, values=values, members=members)


def failure_of(error: UnavailableError, seconds: float, *, intricate: bool = False) -> Problem:
    """Return the problem of a query that was understood and not answered; `seconds` is the time that it had.

    One that is `intricate` is itself to blame where the worker's stack was too small for it.
    """
    note()["outcome"] = OUTCOMES.get(type(error), "unavailable")
    if isinstance(error, DeadlineError) and error.waited:
        return Problem(
            504,
            "Out of time",
            "Other queries were running and yours found no place within {seconds} s; please send it again in a moment.",
            values={"seconds": f"{seconds:g}"},
            headers={"Retry-After": _soon()},
        )
    if isinstance(error, DeadlineError):
        return Problem(
            504,
            "Out of time",
            "The query was ended after {seconds} s. Ask for less at once: name a graph or a class, add FILTER or "
            "LIMIT, or take the whole dataset as a download.",
            values={"seconds": f"{seconds:g}"},
        )
    if isinstance(error, TooLargeError):
        return Problem(
            403,
            "Too much at once",
            "The answer has more than {most} rows; add LIMIT, or take the whole dataset as a download."
            if error.what == "rows"
            else "The answer has more than {most} bytes; add LIMIT, or take the whole dataset as a download.",
            values={"most": error.most},
        )
    if isinstance(error, CrowdedError):
        return Problem(
            429,
            "Too many at once",
            "{number} of your queries are running or waiting; send the next one when one of them is answered.",
            values={"number": project()["limits.client_queries"]},
            headers={"Retry-After": _soon()},
        )
    if isinstance(error, QueryMemoryError):
        return Problem(
            507,
            "Out of memory",
            "The query needs more than {memory} MiB. Ask for less at once: sort or group fewer rows, or take the whole "
            "dataset as a download.",
            values={"memory": project()["limits.query_memory"]},
        )
    if isinstance(error, BusyError):
        return Problem(
            503,
            "Busy",
            "Other queries are running; please send yours again in a moment.",
            headers={"Retry-After": _soon()},
        )
    if isinstance(error, WorkerDiedError):
        return _breakdown(error, intricate=intricate)
    current_app.logger.error("query not answered: %s", error)
    return Problem.of(503, Retry_After=str(RETRY_SECONDS))


def _breakdown(error: WorkerDiedError, *, intricate: bool) -> Problem:
    """Return the problem of a query whose worker has ended in the middle of it."""
    if isinstance(error, WorkerKilledError):
        current_app.logger.error("query interrupted: %s", error)
        return Problem(
            503,
            "Interrupted",
            "The query was interrupted on our side before it had its answer. A fresh worker stands ready: please send "
            "it again.",
            headers={"Retry-After": str(_AGAIN_SECONDS)},
        )
    if isinstance(error, WorkerOverflowError) and intricate:
        return Problem(
            400,
            protocol.NOT_UNDERSTOOD,
            "The query is nested too deep, or has too many parts in a row, to be carried out. Write it with fewer "
            "brackets and shorter lists, or send it in several pieces.",
        )
    current_app.logger.error("query failed: %s", error)
    return Problem(
        500,
        "Our fault",
        "The query could not be carried out: the program that answers broke down over it. It has been written "
        "down; a simpler query may be answered.",
    )


def _soon() -> str:
    """Return in how many seconds it is worth trying again."""
    return str(max(1, round(project()["limits.query_seconds"] / 2)))
