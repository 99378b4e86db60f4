"""The page of the SPARQL endpoint: the form, example queries, and what came of a query."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from flask import Response, render_template, request

from lienket.errors import UnavailableError
from lienket.formats import GRAPH_FORMATS, HTML, TABLE_FORMATS
from lienket.project import Project
from lienket.vocabulary import XSD
from lienket.web import addresses, language
from lienket.web.names import order_of, preferred
from lienket.web.problems import Problem
from lienket.web.protocol import CACHE, Asked
from lienket.web.saved.examples import examples
from lienket.web.shown import Shown, project, shown

PATH: Final = "sparql"
"""The endpoint's IRI is this under the base IRI; relative IRIs in queries are resolved against it."""

PAGE_ROWS: Final = 1000
"""How many rows or triples of an answer a page shows."""

_BEFORE: Final = 40
_AFTER: Final = 30
"""So much of a line is quoted before and after the place of a fault."""

START: Final = "SELECT ?subject ?predicate ?object\nWHERE { ?subject ?predicate ?object }\nLIMIT 20\n"
"""What stands in the form before anything is asked."""


def empty(present: Shown) -> Response:
    """Return the page before anything is asked, with the deployment's example queries."""
    return _page(START, examples=_examples(present), prefixes=present.prefixes)


def answered(asked: Asked, columns: Sequence[str], result: dict[str, Any]) -> Response:
    """Return the page with an answer; `result` is what a worker gives for a page, `columns` the variables' names."""
    columns, rows = table_of(asked, columns, result)
    return _page(
        asked.query,
        result=result,
        columns=columns,
        rows=rows,
        downloads=_downloads(asked, result),
        prefixes=shown().prefixes,
    )


def table_of(
    asked: Asked, columns: Sequence[str], result: dict[str, Any]
) -> tuple[list[str], list[list[dict[str, str]]]]:
    """Return the columns of an answer as the query has them, and its cells as a page shows them."""
    order = column_order(columns, asked)
    rows = [[_shown_cell(row[place]) for place in order] for row in result.get("rows", ())]
    return [columns[place] for place in order], rows


def refused(text: str, problem: Problem) -> Response:
    """Return the page with the query `text` and what is the matter with it."""
    try:
        present: Shown | None = shown()
    except UnavailableError:  # which is what the problem says
        present = None
    response = _page(
        text,
        problem=problem,
        place=quoted(text, problem.members.get("line"), problem.members.get("column")),
        examples=_examples(present) if present else (),
        prefixes=present.prefixes if present else {},
    )
    response.status_code = problem.status
    response.headers.update(problem.headers)
    response.headers["Cache-Control"] = "no-store"
    return response


def _page(
    text: str,
    *,
    result: dict[str, Any] | None = None,
    columns: Sequence[str] = (),
    rows: Sequence[Sequence[dict[str, str]]] = (),
    downloads: Sequence[tuple[str, str]] = (),
    problem: Problem | None = None,
    place: str = "",
    examples: Sequence[dict[str, str]] = (),
    prefixes: Mapping[str, str] | None = None,
) -> Response:
    page = render_template(
        "sparql.html",
        text=text,
        result=result,
        columns=columns,
        rows=rows,
        downloads=downloads,
        problem=problem,
        title=language.translated(problem.title, **problem.values) if problem else "",
        detail=language.translated(problem.detail, **problem.values) if problem else "",
        place=place,
        examples=examples,
        prefixes="".join(f"PREFIX {prefix}: <{iri}>\n" for prefix, iri in sorted((prefixes or {}).items())),
        limits=limits(project()),
        endpoint=project().base_iri + PATH,
        action=f"{request.script_root}/{PATH}",
    )
    response = Response(page, content_type=HTML.content_type)
    response.headers["Cache-Control"] = CACHE
    response.headers["Content-Language"] = language.tag()
    response.vary.update(("Accept", "Accept-Language"))
    return response


def limits(settings: Project) -> dict[str, int]:
    """Return the limits of a query by their names in the header `Query-Limits`; bytes, seconds, MiB or numbers."""
    return {
        "seconds": settings["limits.query_seconds"],
        "memory": settings["limits.query_memory"],
        "rows": settings["limits.result_rows"],
        "bytes": settings["limits.result_size"] << 20,
        "query": settings["limits.query_bytes"],
        "at-once": settings["limits.client_queries"],
    }


def quoted(text: str, line: object, column: object) -> str:
    """Return the line of a query that a problem points to with a caret below the place, "" where it points nowhere.

    >>> print(quoted("ASK {\\n  ?s ?p }", 2, 9))
      ?s ?p }
            ^
    """
    lines = text.splitlines()
    if not isinstance(line, int) or not isinstance(column, int) or not 1 <= line <= len(lines):
        return ""
    place = min(column, len(lines[line - 1]) + 1) - 1
    start = max(0, place - _BEFORE)
    shown_line = lines[line - 1][start : start + _BEFORE + _AFTER].replace("\t", " ")
    return f"{shown_line}\n{' ' * (place - start)}^"


def column_order(columns: Sequence[str], asked: Asked) -> list[int]:
    """Return the places of the columns as the query has them: the store sorts those of `SELECT *` by name."""
    places = list(range(len(columns)))
    if asked.words.selects_all:
        appearance = {name: place for place, name in enumerate(asked.words.variables)}
        places.sort(key=lambda place: appearance.get(columns[place], len(appearance)))
    return places


def _shown_cell(cell: dict[str, str] | None) -> dict[str, str]:
    """Return what a page shows of a term: `text`, and where there are any `href`, `title`, `language`, `datatype`."""
    shown_cell = {"text": "", "href": "", "title": "", "language": "", "datatype": ""}
    if cell is None:
        return shown_cell
    if cell["type"] == "iri":
        return {
            **shown_cell,
            "text": _short(cell["text"]),
            "href": addresses.local(cell["text"]),
            "title": cell["text"],
        }
    if cell["type"] == "literal":
        plain = cell["language"] or cell["datatype"] == XSD + "string"
        datatype = "" if plain else _short(cell["datatype"])
        return {**shown_cell, "text": cell["text"], "language": cell["language"], "datatype": datatype}
    return {**shown_cell, "text": cell["text"]}


def _short(iri: str) -> str:
    """Return an IRI as a prefixed name where a prefix fits and the rest is a plain name."""
    for prefix, namespace in shown().prefixes.items():
        rest = iri.removeprefix(namespace)
        if rest != iri and rest.replace("-", "_").isidentifier():
            return f"{prefix}:{rest}"
    return iri


def _downloads(asked: Asked, result: dict[str, Any]) -> list[tuple[str, str]]:
    """Return names of formats and the whole addresses of this answer in them, on the host that serves the page."""
    formats = GRAPH_FORMATS if "graph" in result else TABLE_FORMATS
    parameters = [
        ("query", asked.query),
        *(("default-graph-uri", graph) for graph in asked.default_graphs),
        *(("named-graph-uri", graph) for graph in asked.named_graphs),
    ]
    return [
        (format_.name, _address([*parameters, ("format", format_.suffix)], request.host_url.rstrip("/")))
        for format_ in formats
    ]


def _examples(present: Shown) -> list[dict[str, str]]:
    """Return the example queries that the release holds, with name and address, sorted by IRI."""
    languages = order_of(project().languages, language.tag())
    found = []
    for example in examples(present).values():
        label, comment = (
            preferred(sorted(texts, key=lambda text: (text.language, text.value)), languages)
            for texts in (example.labels, example.comments)
        )
        found.append(
            {
                "name": label.value if label else example.iri,
                "comment": comment.value if comment else "",
                "text": example.bound(example.defaults),
                "href": f"{request.script_root}/query/{example.name}",
            }
        )
    return found


def _address(parameters: list[tuple[str, str]], host: str = "") -> str:
    return f"{host}{request.script_root}/{PATH}?{urlencode(parameters)}"
