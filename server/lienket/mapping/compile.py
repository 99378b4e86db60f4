"""Rules into SQL: one SELECT for each predicate of each object, all of them together the relation of quads.

Pure: rules and the columns of loaded tables go in, SQL text comes out; nothing here knows who runs it. The text calls
no function but the `lk_…` macros of `functions.py`, `concat` and `unnest`, and takes up no word of a rule or a table
except through `sql.literal`. Terms are in N-Triples syntax <https://www.w3.org/TR/n-triples/>.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from pyoxigraph import NamedNode

from ..errors import Fault, InputError, distinct, nearest, shown
from ..vocabulary import GREL, IDLAB_FUNCTION, LIENKET_FUNCTION, RDF
from .checks import Checks
from .expressions import Expressions, Scope
from .functions import Function, languages_of
from .knowledge import Knowledge
from .pieces import Pieces
from .program import Branch, Check, Program
from .reading import PLACES
from .rules import (
    DEFAULT_GRAPH,
    Call,
    Constant,
    LogicalView,
    PredicateObjectMap,
    RefObjectMap,
    Rules,
    Source,
    TermMap,
    TriplesMap,
    calls,
    joins,
    references,
    term_maps,
    term_references,
    view_calls,
    views,
)
from .sources import Table
from .terms import is_iri
from .views import view_lists, view_needs

TableKey = tuple[Path, Source | LogicalView]
"""A source is found by the document that names it, because its path is relative to that."""

_PREFIXES: Final = {LIENKET_FUNCTION: "lk:", GREL: "grel:", IDLAB_FUNCTION: "idlab-fn:"}
_TYPE: Final = Constant(NamedNode(RDF + "type"))


def needs(rules: Sequence[Rules]) -> dict[TableKey, tuple[str, ...]]:
    """Return every source and view of the rules with the columns that are read from it."""
    found: dict[TableKey, dict[str, None]] = {}
    for document in rules:
        for source in document.sources():
            found.setdefault((document.path, source), {})
            for view in views(source):
                found.setdefault((document.path, view), {})
                found.setdefault((document.path, view.on), {})
                for read, name in view_needs(view):
                    found.setdefault((document.path, read), {})[name] = None
        for triples_map in document.triples_maps.values():
            if triples_map.source is None:
                continue
            names = found[document.path, triples_map.source]
            for term_map in term_maps(triples_map):
                names.update(dict.fromkeys(term_references(term_map)))
            for parent, reference in joins(document, triples_map):
                for condition in reference.conditions:
                    names.update(dict.fromkeys(references(condition.child)))
                    if parent.source is not None:
                        found[document.path, parent.source].update(dict.fromkeys(references(condition.parent)))
        for constraint in document.constraints:
            found[document.path, constraint.on].update(dict.fromkeys(constraint.columns))
            if constraint.target is not None:
                found[document.path, constraint.target].update(dict.fromkeys(constraint.target_columns))
    return {key: tuple(names) for key, names in found.items()}


def lists_of_views(rules: Sequence[Rules]) -> dict[TableKey, tuple[str, ...]]:
    """Return the sources whose records hold others, with the paths of those."""
    found: dict[TableKey, dict[str, None]] = {}
    for document in rules:
        for view in (view for source in document.sources() for view in views(source)):
            found.setdefault((document.path, view.on), {}).update(dict.fromkeys(view_lists(view)))
    return {key: tuple(names) for key, names in found.items()}


def check_calls(rules: Sequence[Rules], functions: Mapping[str, Function]) -> list[Fault]:
    """Return a fault for every call of a function that does not exist, or with wrong parameters."""
    faults = []
    for document in rules:
        named = [("triples_map", each.name, calls(document, each)) for each in document.triples_maps.values()]
        for view in (view for source in document.sources() for view in views(source)):
            named.append(("logical_view", view.name, view_calls(view)))
        for place, name, found in named:
            for call in found:
                message, values = _call_fault(call, functions)
                if message:
                    faults.append(
                        Fault(f"{PLACES[place]} {message}", shown(document.path), document.rows.get(name),
                              values={place: name, **values}, meant=_meant(call, functions))
                    )  # fmt: skip
    return distinct(faults)


def compile_rules(
    rules: Sequence[Rules],
    tables: Mapping[TableKey, Table],
    functions: Mapping[str, Function],
    graph: str | None = None,
    checks_of_views: Iterable[Check] = (),
    knowledge: Knowledge | None = None,
) -> Program:
    """Compile rules for loaded tables and views.

    `graph` is the IRI of the graph that takes what would go into the default graph. With `knowledge` of the tables the
    program is shorter and quicker; what it does not know yet is asked of it.

    Raises InputError where a rule calls a function that is not among `functions`.
    """
    faults = check_calls(rules, functions)
    if faults:
        raise InputError(*faults)
    if graph is not None and not is_iri(graph):
        raise InputError(Fault("the graph “{graph}” is not an IRI", values={"graph": graph}))
    numbered = [(document, triples_map) for document in rules for triples_map in document.triples_maps.values()]
    knowledge = knowledge if knowledge is not None else Knowledge()
    expressions = Expressions(functions, knowledge)
    checks = Checks(expressions)
    compiler = _Compiler(tables, expressions, graph)
    for number, (document, triples_map) in enumerate(numbered):
        compiler.numbers[document.path, triples_map.name] = number
    for document, triples_map in numbered:
        table = compiler.table(document, triples_map)
        compiler.add(document, triples_map)
        if table is not None:
            for term_map in term_maps(triples_map):
                checks.add(term_map, table, triples_map.base_iri, triples_map.subject.condition)
    preparations = tuple(knowledge.preparations()) if knowledge.complete else ()
    return Program(preparations, tuple(compiler.branches), (*checks_of_views, *checks.all()))


class _Compiler:
    def __init__(self, tables: Mapping[TableKey, Table], expressions: Expressions, graph: str | None) -> None:
        self._tables = tables
        self._expressions = expressions
        self._graph = Pieces.fixed(f"<{graph}>") if graph else None
        self.numbers: dict[tuple[Path, str], int] = {}
        self.branches: list[Branch] = []

    def table(self, document: Rules, triples_map: TriplesMap) -> Table | None:
        return self._tables[document.path, triples_map.source] if triples_map.source else None

    def add(self, document: Rules, triples_map: TriplesMap) -> None:
        """Add a branch for every class, and for every predicate with every object, in every graph."""
        types = PredicateObjectMap(
            (TermMap(_TYPE, "IRI"),), tuple(TermMap(Constant(class_), "IRI") for class_ in triples_map.classes), ()
        )
        for each in (types, *triples_map.predicate_object_maps):
            for graph in tuple(dict.fromkeys((*triples_map.graphs, *each.graphs))) or (None,):
                for predicate in each.predicates:
                    for object_ in each.objects:
                        self.branches.append(self._branch(document, triples_map, predicate, object_, graph))

    def _branch(
        self, document: Rules, triples_map: TriplesMap, predicate: TermMap, object_: TermMap | RefObjectMap,
        graph: TermMap | None,
    ) -> Branch:  # fmt: skip
        table = self.table(document, triples_map)
        scope = Scope(table, triples_map.base_iri)
        number = self.numbers[document.path, triples_map.name]
        subject = self._expressions.subject(triples_map.subject, scope, number)
        of_subject = scope.sources
        predicate_sql = self._expressions.term(predicate, scope, number)
        condition = None
        if isinstance(object_, RefObjectMap):
            object_sql, condition, columns = self._joined(document, object_, scope)
        else:
            object_sql = self._expressions.term(object_, scope, number)
            columns = term_references(object_)
        graph_sql = self._graph
        if graph is not None and graph.expression != Constant(NamedNode(DEFAULT_GRAPH)):
            graph_sql = self._expressions.term(graph, scope, number)
        subject_columns = term_references(triples_map.subject)
        return Branch(
            triples_map=triples_map.name,
            number=number,
            table=table,
            sources=scope.sources,
            sources_of_subject=of_subject,
            condition=condition,
            subject=subject,
            predicate=predicate_sql,
            object=object_sql,
            graph=graph_sql,
            predicate_iri=predicate.expression.term.value if isinstance(predicate.expression, Constant) else None,
            subject_columns=_headers(table, subject_columns),
            columns=_headers(table, columns or subject_columns),
            several=scope.several,
            conditional=triples_map.subject.condition is not None,
        )

    def _joined(
        self, document: Rules, reference: RefObjectMap, scope: Scope
    ) -> tuple[Pieces, str | None, tuple[str, ...]]:  # fmt: skip
        """Return the subject of the parent, the condition of the join, and the child's columns that decide."""
        parent = document.triples_maps[reference.parent]
        number = self.numbers[document.path, parent.name]
        if not reference.conditions:
            same = scope.rebased(parent.base_iri)
            return self._expressions.subject(parent.subject, same, number), None, term_references(parent.subject)
        other = Scope(self.table(document, parent), parent.base_iri, "p", scope)
        value = self._expressions.value
        condition = " AND ".join(
            f"{value(each.child, scope)} = {value(each.parent, other)}" for each in reference.conditions
        )
        columns = dict.fromkeys(name for each in reference.conditions for name in references(each.child))
        return self._expressions.subject(parent.subject, other, number), condition, tuple(columns)


def _headers(table: Table | None, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(table.columns[name].name for name in names) if table else ()


def _meant(call: Call, functions: Mapping[str, Function]) -> str | None:
    """Return the function that an unknown one looks like."""
    if call.function in functions or languages_of(call.function):
        return None
    return nearest(_short(call.function), map(_short, functions))


def _call_fault(call: Call, functions: Mapping[str, Function]) -> tuple[str, dict[str, str]]:
    function = functions.get(call.function)
    if function is None:
        languages = languages_of(call.function)
        if languages:
            return (
                "calls {function}, which belongs to a language: choose one with --language (there are {languages})",
                {"function": _short(call.function), "languages": ", ".join(languages)},
            )
        near = [iri for iri in functions if iri.partition("#")[0] == call.function.partition("#")[0]]
        known = ", ".join(sorted(_short(iri) for iri in near or functions))
        return (
            "calls the unknown function {function}; known are {known}",
            {"function": _short(call.function), "known": known},
        )
    values = {"function": _short(call.function), "expected": ", ".join(map(_short, function.parameters)) or "–"}
    given = [function.parameter(parameter) for parameter, _ in call.inputs]
    fitting = len(set(given)) == len(given) and set(given) <= set(function.parameters)
    if not fitting or any(name not in given for name in function.parameters if name not in function.optional):
        values["given"] = ", ".join(_short(parameter) for parameter, _ in call.inputs) or "–"
        return "calls {function} with {given}, and it takes {expected}", values
    if call.output is not None and call.output not in function.outputs:
        values["given"] = _short(call.output)
        values["expected"] = ", ".join(map(_short, function.outputs))
        return "takes {given} from {function}, and it returns {expected}", values
    return "", {}


def _short(iri: str) -> str:
    return next((prefix + iri.removeprefix(name) for name, prefix in _PREFIXES.items() if iri.startswith(name)), iri)
