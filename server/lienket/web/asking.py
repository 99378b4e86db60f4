"""The server's own questions about a release that may take long, asked of the query workers under a visitor's limits.

What is known to be cheap is asked of the store directly; what depends on how much data there is goes through here: it
ends at the deadline, counts as a query of whoever asked, and says honestly why there is no answer.
"""

import time
from typing import cast

import pyoxigraph as ox
from flask import current_app, request

from lienket.errors import UnavailableError
from lienket.store import Row
from lienket.web import journal
from lienket.web.failures import failure_of
from lienket.web.front import GONE
from lienket.web.problems import Problem
from lienket.web.process import QueryError
from lienket.web.shown import Shown, project
from lienket.web.sparql import pool
from lienket.web.workers import Query


def rows(present: Shown, text: str) -> list[Row]:
    """Return the rows of a SELECT query of our own, unbound variables left out; raises `Problem` where there are none.

    A visitor's values stand in `text` as terms that pyoxigraph has written.
    """
    settings = project()
    seconds = settings["limits.query_seconds"]
    until = time.monotonic() + seconds
    query = Query(
        text,
        table="json",
        graph=None,
        most_rows=settings["limits.result_rows"],
        most_bytes=settings["limits.result_size"] << 20,
    )
    gone = request.environ.get(GONE)
    client = journal.client(request.remote_addr or "")
    try:
        left = until - time.monotonic()
        with pool().run(present.release.store_path, query, left, client=client, gone=gone) as answer:
            blocks = []
            while (block := answer.next_block(gone)) is not None:
                blocks.append(block)
    except QueryError as error:
        current_app.logger.error("our own query is not understood: %s\n%s", error, text)
        raise Problem.of(500) from error
    except UnavailableError as error:
        raise failure_of(error, seconds) from error
    found = cast("ox.QuerySolutions", ox.parse_query_results(b"".join(blocks), format=ox.QueryResultsFormat.JSON))
    names = [variable.value for variable in found.variables]
    return [
        {name: value for name, value in zip(names, solution, strict=True) if value is not None} for solution in found
    ]
