"""Which things a request means, as SPARQL: bounded, in an order that does not change as long as the release does not.

A visitor's values are terms that pyoxigraph has written; predicates and classes are those of the release's own table.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import pyoxigraph as ox

from lienket.classes import Class, Property
from lienket.vocabulary import LABEL_PREDICATES
from lienket.web import language
from lienket.web.api.parameters import Asked, Filter, refused
from lienket.web.asking import rows
from lienket.web.names import Text, iri_of, order_of, preferred
from lienket.web.problems import Problem
from lienket.web.shown import Shown, project

MOST_SORTED: Final = 20_000
"""So many things are put in the order of their names, which is the language's; the store knows no such order."""

MOST_AT_ONCE: Final = 10_000
"""So many things are answered without pages."""

_COUNTED: Final = "api {name}"
_LABELS: Final = "(" + "|".join(f"<{iri}>" for iri in LABEL_PREDICATES) + ")"
_COMPARED: Final = {"from": ">=", "to": "<="}


def count(present: Shown, class_: Class, asked: Asked) -> int:
    """Return how many things a request means in all."""
    key = _COUNTED.format(name=class_.name)
    plain = not asked.filters and not asked.things
    if plain and key in present.kept:
        return int(present.kept[key])
    (row,) = rows(present, f"SELECT (COUNT(DISTINCT ?thing) AS ?count) WHERE {{ {_pattern(class_, asked)} }}")
    number = int(row["count"].value) if isinstance(row["count"], ox.Literal) else 0
    if plain:
        present.kept[key] = number
    return number


def things(present: Shown, class_: Class, asked: Asked, total: int) -> list[str]:
    """Return the IRIs of the things on the page asked for, or of all where no page is; `total` is how many there are.

    Raises `Problem` 403 where they are too many for one answer, 400 where they are too many to be sorted by a text.
    """
    if not asked.paged and total > MOST_AT_ONCE:
        raise Problem(
            403,
            "Too much at once",
            "There are {total} of them, and one answer holds up to {most}. Add filters, take them page by page with "
            "page= and size=, or take the whole dataset as a download.",
            values={"total": total, "most": MOST_AT_ONCE},
        )
    first = (asked.page - 1) * asked.size if asked.paged else 0
    number = asked.size if asked.paged else MOST_AT_ONCE
    if first >= total:
        return []
    if asked.sort is not None and not asked.sort.ordered:
        return _by_text(present, class_, asked, asked.sort, total)[first : first + number]
    inner = f"SELECT DISTINCT ?thing WHERE {{ {_pattern(class_, asked)} }}"
    down = "DESC" if asked.descending else "ASC"
    if asked.sort is None:
        text = f"{inner} ORDER BY {down}(?thing) LIMIT {number} OFFSET {first}"
    else:
        path = _path(asked.sort)
        text = (
            f"SELECT ?thing (MIN(?value) AS ?key) WHERE {{ {{ {inner} }} OPTIONAL {{ ?thing {path} ?value }} }} "
            f"GROUP BY ?thing ORDER BY (!BOUND(?key)) {down}(?key) ?thing LIMIT {number} OFFSET {first}"
        )
    return [iri_of(row["thing"]) for row in rows(present, text)]


def _by_text(present: Shown, class_: Class, asked: Asked, sort: Property, total: int) -> list[str]:
    """Return all IRIs in the dictionary order of a text, in the visitor's language; those without it last."""
    if total > MOST_SORTED:
        raise refused("sort", "{name} is a text, by which so many things can be sorted: {expected}", str(MOST_SORTED))
    text = (
        f"SELECT ?thing ?value WHERE {{ {{ SELECT DISTINCT ?thing WHERE {{ {_pattern(class_, asked)} }} }} "
        f"OPTIONAL {{ ?thing {_path(sort)} ?value FILTER(isLiteral(?value)) }} }}"
    )
    found: dict[str, set[tuple[str, str]]] = {}
    for row in rows(present, text):
        texts = found.setdefault(iri_of(row["thing"]), set())
        if isinstance(value := row.get("value"), ox.Literal):
            texts.add((value.value, value.language or ""))
    pack = language.language()
    languages = order_of(project().languages, pack.tag)
    keys = {
        iri: pack.sort_key(name.value)
        for iri, texts in found.items()
        if (name := preferred([Text(*each) for each in sorted(texts)], languages)) is not None
    }
    named = sorted(keys, key=lambda iri: (keys[iri], iri), reverse=asked.descending)
    return [*named, *sorted(found.keys() - keys.keys())]


def _pattern(class_: Class, asked: Asked) -> str:
    """Return the graph pattern of `?thing`; the default graph holds every statement of the release once."""
    return " ".join(_conditions(class_, asked))


def _conditions(class_: Class, asked: Asked) -> Iterator[str]:
    if asked.things:
        yield f"VALUES ?thing {{ {_terms([ox.NamedNode(iri) for iri in asked.things])} }}"
    for number, filter_ in enumerate(asked.filters):
        yield from _condition(filter_, f"?value{number}")
    yield f"VALUES ?class {{ {_terms([ox.NamedNode(iri) for iri in class_.members])} }} ?thing a ?class"
    yield "FILTER(isIRI(?thing))"


def _condition(filter_: Filter, value: str) -> Iterator[str]:
    kind, operation = filter_.property.kind, filter_.operation
    stated = f"?thing {_path(filter_.property)} {value} ."
    if operation in _COMPARED:
        yield f"{stated} FILTER({value} {_COMPARED[operation]} {filter_.values[0]})"
    elif operation == "contains":
        text, name = filter_.values[0], f"{value}name"
        yield stated
        if kind in ("link", "any"):
            yield f"OPTIONAL {{ {value} {_LABELS} {name} }}"
            yield f"BIND(COALESCE({name}, {value}) AS {value}text)"
        else:
            yield f"BIND({value} AS {value}text)"
        yield f"FILTER(CONTAINS(LCASE(STR({value}text)), LCASE({text})))"
    elif kind in ("text", "string"):
        yield f"VALUES {value} {{ {_terms(_in_languages(filter_.values))} }} {stated}"
    elif kind in ("link", "any"):
        iris = [term for term in filter_.values if isinstance(term, ox.NamedNode)]
        texts = [term for term in filter_.values if isinstance(term, ox.Literal)]
        ways = []
        if iris:
            ways.append(f"VALUES {value} {{ {_terms(iris)} }}")
        if texts:
            ways.append(f"VALUES {value}name {{ {_terms(_in_languages(texts))} }} {value} {_LABELS} {value}name")
            if kind == "any":
                ways.append(f"FILTER(STR({value}) IN ({', '.join(str(term) for term in texts)}))")
        yield " UNION ".join(f"{{ {stated} {way} }}" for way in ways)
    else:
        yield f"{stated} FILTER({' || '.join(f'{value} = {term}' for term in filter_.values)})"


def _in_languages(values: Sequence[ox.NamedNode | ox.Literal]) -> list[ox.Literal]:
    """Return texts without language and in each language of the deployment: which one it is does not matter."""
    texts = [term.value for term in values if isinstance(term, ox.Literal)]
    tagged = [ox.Literal(text, language=tag) for text in texts for tag in project().languages]
    return [*(ox.Literal(text) for text in texts), *tagged]


def _terms(terms: Sequence[ox.NamedNode | ox.Literal]) -> str:
    return " ".join(map(str, terms))


def _path(property_: Property) -> str:
    """Return a property as a path of SPARQL."""
    return "(" + "|".join(f"<{iri}>" for iri in property_.predicates) + ")"
