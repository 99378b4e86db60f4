"""The addresses of the example queries."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast
from urllib.parse import urlencode

import pyoxigraph as ox
from flask import Blueprint, Response, render_template, request

from lienket.classes import Kind
from lienket.formats import GRAPH_FORMATS, HTML, RECORDS_JSON, TABLE_FORMATS, Format
from lienket.store import Term
from lienket.web import language, sparql
from lienket.web.answers import finished, unchanged, wanted
from lienket.web.api.geometry import geometry_of
from lienket.web.api.parameters import LONGEST, once, refused, require_language, require_text, term_of
from lienket.web.names import Text, order_of, preferred
from lienket.web.past import within
from lienket.web.problems import Problem
from lienket.web.protocol import Asked
from lienket.web.querypage import PATH, table_of
from lienket.web.querytext import read as read_words
from lienket.web.saved.examples import RESERVED, Example, Parameter, examples, is_ordered, is_place, kind_of
from lienket.web.shown import Shown, project, shown

LIST_FORMATS: Final[tuple[Format, ...]] = (HTML, RECORDS_JSON)
_ROWS: Final[tuple[Format, ...]] = (HTML, *TABLE_FORMATS)
_TRIPLES: Final[tuple[Format, ...]] = (HTML, *GRAPH_FORMATS)

blueprint = Blueprint("saved", __name__)


@blueprint.before_request
def _require_text() -> None:
    require_text()


@blueprint.get("/query")
@blueprint.get("/query.<suffix>")
def listed(suffix: str = "") -> Response:
    """Answer which example queries there are."""
    present = shown()
    format_ = wanted(LIST_FORMATS, suffix)
    if (answer := unchanged(present, format_)) is not None:
        return answer
    told = [_told(example) for example in examples(present).values()]
    if format_ is HTML:
        body = render_template("queries.html", queries=told)
    else:
        body = json.dumps({"queries": told}, ensure_ascii=False) + "\n"
    return finished(Response(body, content_type=format_.content_type), present, format_)


@blueprint.get("/query/<name>")
@blueprint.get("/query/<name>.<suffix>")
def run(name: str, suffix: str = "") -> Response:
    """Answer an example query with what was chosen, on a page with its form or as data."""
    present = shown()
    known = examples(present)
    if suffix and f"{name}.{suffix}" in known:
        name, suffix = f"{name}.{suffix}", ""
    if name not in known:
        raise Problem(
            404,
            "Not here",
            "There is no example query {name}; there are: {expected}",
            values={"name": name[:60], "expected": ", ".join(known) or "–"},
        )
    example = known[name]
    among = _TRIPLES if read_words(example.text).words.count("CONSTRUCT") else _ROWS
    format_ = wanted(among, suffix)
    terms, missing = chosen(example)
    if format_ is HTML:
        return _page(present, example, terms, missing, among)
    if missing:
        raise refused(missing[0].name, "{name} is needed: {expected}", expected_of(missing[0]))
    return sparql.answered(_asked(example.bound(terms), format_))


def chosen(example: Example) -> tuple[dict[str, Term], list[Parameter]]:
    """Return the terms that a request has chosen or left as they are, and the parameters that still need one.

    Raises `Problem` 400 that names an argument which is none, or is not of its parameter's kind.
    """
    for argument in request.args:
        if argument not in example.parameters and argument not in RESERVED:
            known = ", ".join((*example.parameters, *RESERVED))
            raise refused(argument, "{name} is no parameter here; there are: {expected}", known)
    require_language(once(request.args, "lang"))
    terms: dict[str, Term] = example.defaults
    for name, parameter in example.parameters.items():
        if text := once(request.args, name):
            terms[name] = _term(parameter, text)
    return terms, [each for name, each in example.parameters.items() if name not in terms]


def expected_of(parameter: Parameter) -> str:
    """Return what a value of a parameter may look like: its default, or else its kind."""
    return _text(parameter.default) if parameter.default is not None else kind_of(parameter)


def _term(parameter: Parameter, text: str) -> Term:
    """Return the term that a text means; raises `Problem` 400 where it is not of the parameter's kind."""
    if len(text) > LONGEST:
        raise refused(parameter.name, "{name} is longer than this: {expected}", str(LONGEST))
    if is_place(parameter) and geometry_of(text) is None:
        raise refused(parameter.name, "{name} must be written like this: {expected}", expected_of(parameter))
    if kind_of(parameter) == "link" or is_ordered(parameter):
        term = term_of(parameter.name, text, cast("Kind", kind_of(parameter)), parameter.datatype)
        if kind_of(parameter) == "link" and not isinstance(term, ox.NamedNode):
            raise refused(parameter.name, "{name} must be an IRI: {expected}", expected_of(parameter))
        return term
    if kind_of(parameter) == "text":
        return ox.Literal(text, language=parameter.language or language.tag())
    return ox.Literal(text, datatype=ox.NamedNode(parameter.datatype))


def _asked(text: str, format_: Format) -> Asked:
    words = read_words(text)
    in_tables, in_graphs = format_ in _ROWS, format_ in _TRIPLES
    return Asked(
        query=text,
        words=words,
        default_graphs=(),
        named_graphs=(),
        seconds=project()["limits.query_seconds"],
        table=format_ if in_tables else None,
        graph=format_ if in_graphs else None,
    )


def _page(
    present: Shown, example: Example, terms: Mapping[str, Term], missing: Iterable[Parameter], among: Iterable[Format]
) -> Response:
    if (answer := unchanged(present, HTML)) is not None:
        return answer
    text = example.bound(terms)
    result: dict[str, Any] | None = None
    columns: list[str] = []
    rows: list[list[dict[str, str]]] = []
    if not list(missing):
        asked = _asked(text, HTML)
        columns, result = sparql.result_of(present, asked)
        columns, rows = table_of(asked, columns, result)
    path, host = f"{request.script_root}/query/{example.name}", request.host_url.rstrip("/")
    arguments = {name: request.args[name] for name in example.parameters if request.args.get(name)}
    kept = f"?{urlencode(arguments)}" if arguments else ""
    body = render_template(
        "query.html",
        told=_told(example),
        values={name: _text(term) for name, term in terms.items()},
        text=text,
        result=result,
        columns=columns,
        rows=rows,
        downloads=[(each.name, host + within(f"{path}.{each.suffix}{kept}")) for each in among if each is not HTML],
        edit=f"{request.script_root}/{PATH}?{urlencode({'query': text})}",
    )
    return finished(Response(body, content_type=HTML.content_type), present, HTML)


def _told(example: Example) -> dict[str, Any]:
    """Return what is told of an example query in the visitor's language."""
    return {
        "name": example.name,
        "iri": example.iri,
        "url": f"{request.script_root}/query/{example.name}",
        "label": _in_language(example.labels, example.name),
        "comment": _in_language(example.comments, ""),
        "query": example.bound(example.defaults),
        "parameters": [
            {
                "name": each.name,
                "label": _in_language(each.labels, each.name),
                "description": _in_language(each.descriptions, ""),
                "datatype": each.datatype or None,
                "default": _text(each.default) if each.default is not None else None,
                "language": each.language,
                "input": each.input,
            }
            for each in example.parameters.values()
        ],
    }


def _in_language(texts: set[Text], otherwise: str) -> str:
    ordered = sorted(texts, key=lambda text: (text.language, text.value))
    best = preferred(ordered, order_of(project().languages, language.tag()))
    return best.value if best else otherwise


def _text(term: Term) -> str:
    return term.value if isinstance(term, ox.Literal | ox.NamedNode) else str(term)
