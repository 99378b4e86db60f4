"""What is said when a request cannot be answered: one shape for programs (RFC 9457) and for people, as negotiated.

Raise `Problem` anywhere below a request; nothing else writes an error answer. `LienketError`s that reach here are ours
to mend, never the visitor's: a store that does not answer is 503 and never 404.

RFC 9457: <https://www.rfc-editor.org/rfc/rfc9457>
"""

import json
from collections.abc import Mapping
from typing import Final

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException

from lienket.errors import LienketError, UnavailableError
from lienket.formats import HTML, Format, negotiate
from lienket.web import language

PROBLEM: Final = Format("Problem", "json", ("application/problem+json", "application/json"), ())

RETRY_SECONDS: Final = 30

SENTENCES: Final[dict[int, tuple[str, str]]] = {
    400: ("Not understood", "The request is not well formed."),
    404: ("Not here", "There is nothing at this address."),
    405: ("Not allowed", "This address only answers questions; nothing can be written to it."),
    406: ("Not in that format", "This address cannot answer in any of the formats asked for."),
    413: ("Too large", "The request is larger than this server reads."),
    414: ("Too long", "The address is longer than this server reads."),
    500: ("Our fault", "Something went wrong on our side. It has been written down."),
    503: ("Back in a moment", "The data is not available at the moment. Please try again shortly."),
}
"""Title and sentence of the statuses that the web framework itself or a failing part answers with."""


class Problem(Exception):  # noqa: N818 - the specification's word
    """A request that gets no ordinary answer.

    `title` names the kind of problem and `detail` tells this case to a person; both are English sentences as they
    stand in the language packs, with `{name}` placeholders for `values`. `members` are put into the JSON beside them
    (RFC 9457 §3.2), e.g. `line` and `column` of a syntax error.
    """

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        values: Mapping[str, object] | None = None,
        members: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(f"{status} {title}: {detail}")
        self.status = status
        self.title = title
        self.detail = detail
        self.headers = dict(headers or {})
        self.values = dict(values or {})
        self.members = dict(members or {})

    @classmethod
    def of(cls, status: int, **headers: str) -> "Problem":
        """Return the problem of a status that has its own words in `SENTENCES`."""
        title, detail = SENTENCES.get(status, SENTENCES[400 if status < 500 else 500])
        return cls(status, title, detail, headers={name.replace("_", "-"): value for name, value in headers.items()})


def answer(problem: Problem) -> Response:
    """Return the response of a problem: a page for who asks for HTML, problem+json for everyone else."""
    title = language.translated(problem.title, **problem.values)
    detail = language.translated(problem.detail, **problem.values)
    if (negotiate(request.headers.get("Accept"), (PROBLEM, HTML)) or PROBLEM) is HTML:
        page = render_template("problem.html", problem=problem, title=title, detail=detail)
        response = Response(page, problem.status, content_type=HTML.content_type)
        response.headers["Content-Language"] = language.tag()
    else:
        members = {"type": "about:blank", "title": title, "status": problem.status, "detail": detail}
        text = json.dumps({**members, **problem.members}, ensure_ascii=False)
        response = Response(text + "\n", problem.status, content_type=PROBLEM.media_type)
    response.headers.update(problem.headers)
    response.headers["Cache-Control"] = "no-store"
    response.vary.update(("Accept", "Accept-Language"))
    return response


def register(app: Flask) -> None:
    """Let `app` answer every failure through `answer`."""

    def framework(error: HTTPException) -> Response:
        if error.code is None or error.code < 400:  # a redirect of the router is an answer, not a failure
            return Response(error.get_body(), error.code or 500, error.get_headers())
        problem = Problem.of(error.code)
        problem.headers.update({name: value for name, value in error.get_headers() if name == "Allow"})
        return answer(problem)

    def ours(error: LienketError) -> Response:
        app.logger.error("%s %s: %s", request.method, request.path, error)
        if isinstance(error, UnavailableError):
            return answer(Problem.of(503, Retry_After=str(RETRY_SECONDS)))
        return answer(Problem.of(500))

    app.register_error_handler(Problem, answer)
    app.register_error_handler(LienketError, ours)
    app.register_error_handler(HTTPException, framework)
