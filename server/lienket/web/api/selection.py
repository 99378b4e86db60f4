"""Which things a request means, as SPARQL: bounded, in an order that does not change as long as the release does not.

A visitor's values are terms that pyoxigraph has written; predicates and classes are those of the release's own table.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
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
"""So many things are put in order, names in that of the language, which the store does not know."""

MOST_AT_ONCE: Final = 10_000
"""So many things are answered without pages."""

_COUNTED: Final = "api {name}"
_LABELS: Final = "(" + "|".join(f"<{iri}>" for iri in LABEL_PREDICATES) + ")"
_COMPARED: Final = {"from": ">=", "to": "<="}


def selected(present: Shown, class_: Class, asked: Asked) -> tuple[int, list[str]]:
    """Return how many things a request means in all, and the IRIs of those on the page asked for, or of all.

    Up to `MOST_SORTED` things come in the order that was asked for, else in that of their IRIs. More come as the store
    has them, which does not change within a release: it would take minutes to sort them. Raises `Problem` 400 where so
    many are to be sorted, 403 where so many do not fit into one answer.
    """
    found = rows(present, f"{_query(class_, asked)} LIMIT {MOST_SORTED + 1}")
    few = len(found) <= MOST_SORTED
    iris = [row["thing"].value for row in found if isinstance(row["thing"], ox.NamedNode)]
    total = len(iris) if few else _count(present, class_, asked)
    if not asked.paged and total > MOST_AT_ONCE:
        raise Problem(
            403,
            "Too much at once",
            "There are {total} of them, and one answer holds up to {most}. Add filters, take them page by page with "
            "page= and size=, or take the whole dataset as a download.",
            values={"total": total, "most": MOST_AT_ONCE},
        )
    if not few and (asked.sort is not None or asked.descending):
        raise refused("sort", "{name} can order so many things: {expected}; add filters", str(MOST_SORTED))
    first = (asked.page - 1) * asked.size if asked.paged else 0
    last = first + asked.size if asked.paged else total
    if few:
        return total, _sorted(present, class_, asked, iris)[first:last]
    text = f"{_query(class_, asked)} LIMIT {asked.size} OFFSET {first}"
    return total, [iri_of(row["thing"]) for row in rows(present, text) if isinstance(row["thing"], ox.NamedNode)]


def _count(present: Shown, class_: Class, asked: Asked) -> int:
    key = _COUNTED.format(name=class_.name)
    plain = not asked.filters and not asked.things
    if plain and key in present.kept:
        return int(present.kept[key])
    counted = f"COUNT({_distinct(class_, asked)} ?thing)"
    (row,) = rows(present, f"SELECT ({counted} AS ?count) WHERE {{ {_pattern(class_, asked)} }}")
    number = int(row["count"].value) if isinstance(row["count"], ox.Literal) else 0
    if plain:
        present.kept[key] = number
    return number


def _sorted(present: Shown, class_: Class, asked: Asked, iris: list[str]) -> list[str]:
    if asked.sort is None:
        return sorted(iris, reverse=asked.descending)
    if not asked.sort.ordered:
        return _by_text(present, class_, asked, asked.sort)
    down = "DESC" if asked.descending else "ASC"
    text = (
        f"SELECT ?thing (MIN(?value) AS ?key) WHERE {{ {{ {_query(class_, asked)} }} "
        f"OPTIONAL {{ ?thing {_path(asked.sort)} ?value }} }} GROUP BY ?thing ORDER BY (!BOUND(?key)) {down}(?key)"
    )
    found = [(str(row.get("key")), iri_of(row["thing"])) for row in rows(present, text)]
    alike = groupby(found, key=lambda row: row[0])  # the store compares numbers quickly and IRIs slowly
    return [iri for _, some in alike for _, iri in sorted(some) if not iri.startswith("_:")]


def _by_text(present: Shown, class_: Class, asked: Asked, sort: Property) -> list[str]:
    """Return all IRIs in the dictionary order of a text, in the visitor's language; those without it last."""
    text = (
        f"SELECT ?thing ?value WHERE {{ {{ {_query(class_, asked)} }} "
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


def _query(class_: Class, asked: Asked) -> str:
    """Return the query for all that is meant, to which a limit is put."""
    return f"SELECT {_distinct(class_, asked)} ?thing WHERE {{ {_pattern(class_, asked)} }}"


def _pattern(class_: Class, asked: Asked) -> str:
    """Return the graph pattern of `?thing`; the default graph holds every statement of the release once."""
    return " ".join(_conditions(class_, asked))


def _distinct(class_: Class, asked: Asked) -> str:
    """Return what takes out doubles, where there may be any: it costs time and memory."""
    return "DISTINCT" if asked.filters or asked.things or len(class_.members) > 1 else ""


def _conditions(class_: Class, asked: Asked) -> Iterator[str]:
    """Yield the parts of the pattern.

    What the filters let through is worked out apart, and then joined with the class: the store's planner would else ask
    of a million things, one by one, whether they are of it.
    """
    if asked.things:
        yield f"VALUES ?thing {{ {_terms([ox.NamedNode(iri) for iri in asked.things])} }}"
    if asked.filters:
        conditions = " ".join(
            part for number, each in enumerate(asked.filters) for part in _condition(each, f"?value{number}")
        )
        yield f"{{ SELECT DISTINCT ?thing WHERE {{ {conditions} }} }}"
    members = _terms([ox.NamedNode(iri) for iri in class_.members])
    yield f"?thing a {members}" if len(class_.members) == 1 else f"VALUES ?class {{ {members} }} ?thing a ?class"


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
