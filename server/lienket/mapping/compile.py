"""Rules into SQL: one SELECT for each predicate of each object, all of them together the relation of quads.

Pure: rules and the columns of loaded tables go in, SQL text comes out; nothing here knows who runs it. The text calls
no function but the `lk_…` macros of `functions.py` and `unnest`, and takes up no word of a rule or a table except
through `sql.literal`. Terms are in N-Triples syntax <https://www.w3.org/TR/n-triples/>; NULL is a term that cannot be
made, and then there is no quad.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

from pyoxigraph import NamedNode

from ..errors import Fault, InputError
from ..vocabulary import LIENKET_FUNCTION, RDF, XSD
from .document import distinct, shown
from .functions import Function
from .rules import (
    DEFAULT_GRAPH,
    Call,
    Constant,
    Expression,
    Fresh,
    PredicateObjectMap,
    Reference,
    RefObjectMap,
    Rules,
    Source,
    Template,
    TermMap,
    TriplesMap,
    references,
    term_references,
)
from .sources import Table
from .sql import literal
from .terms import DATATYPES, SCHEME, is_iri

TableKey = tuple[Path, Source]
"""A source is found by the document that names it, because its path is relative to that."""

_TYPE: Final = Constant(NamedNode(RDF + "type"))


@dataclass(frozen=True)
class Branch:
    """One predicate with one object in one graph, for every row of a table."""

    triples_map: str
    number: int
    """Place of the triples map among all."""
    table: Table | None
    sources: str
    """FROM clause; the table is `c`, a joined parent `p`."""
    condition: str | None
    subject: str
    predicate: str
    object: str
    graph: str | None
    """SQL of the graph's name; None for the default graph."""
    predicate_iri: str | None
    """The predicate where it is the same for all rows."""
    subject_columns: tuple[str, ...]
    columns: tuple[str, ...]
    """Columns that the object is made of, by header; those of the subject where it is made of none."""
    joined: bool
    several: bool
    """Whether a row may make more than one of these quads: in a join, or from a list of values."""

    @property
    def certain(self) -> bool:
        """Whether every row with a subject makes a quad: the rest is fixed."""
        return all(_is_literal(sql) for sql in (self.predicate, self.object, self.graph or "''"))

    def line(self) -> str:
        """Return the SQL of the N-Quads line <https://www.w3.org/TR/n-quads/>; NULL where there is no quad."""
        graph = f" || ' ' || {self.graph}" if self.graph is not None else ""
        return f"{self.subject} || ' ' || {self.predicate} || ' ' || {self.object}{graph} || ' .'"

    def may_equal(self, other: "Branch") -> bool:
        """Tell whether a quad of this branch may be a quad of the other: not where a fixed term differs."""
        terms = ((self.subject, other.subject), (self.predicate, other.predicate), (self.object, other.object))
        pairs = (*terms, (self.graph or "''", other.graph or "''"))
        return not any(_is_literal(mine) and _is_literal(theirs) and mine != theirs for mine, theirs in pairs)

    def select(self) -> str:
        """Return the SELECT whose rows are quads with the cells they come from."""
        terms = [("subject", self.subject), ("predicate", self.predicate), ("object", self.object)]
        kept = [f"{name} IS NOT NULL" for name, sql in terms if not _is_literal(sql)]
        if self.graph is not None and not _is_literal(self.graph):
            kept.append("graph IS NOT NULL")
        listed = ", ".join(map(literal, self.columns))
        rows = (
            f"SELECT {literal(self.triples_map)} AS triples_map, "
            f"{literal(self.table.file) if self.table else 'NULL'} AS source, c.row AS row, "
            + ", ".join(f"{sql} AS {name}" for name, sql in terms)
            + f", {self.graph or 'CAST(NULL AS VARCHAR)'} AS graph, CAST([{listed}] AS VARCHAR[]) AS columns"
            + f" FROM {self.sources}"
            + (f" WHERE {self.condition}" if self.condition else "")
        )
        return f"SELECT * FROM ({rows})" + (f" WHERE {' AND '.join(kept)}" if kept else "")


@dataclass(frozen=True)
class Check:
    """A question whose answers are rows (row, text) that hold something that cannot become a term."""

    sql: str
    table: Table
    columns: tuple[str, ...]
    """Names of the columns as the rules write them."""
    message: str
    values: Mapping[str, str] = field(default_factory=dict)
    translations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Program:
    """Everything that rules compile to."""

    preparations: tuple[str, ...]
    """Statements to run first: they add to each table the columns that are made once and read often."""
    branches: tuple[Branch, ...]
    checks: tuple[Check, ...]

    def quads(self) -> str:
        """Return the query whose rows are the quads: the relation that shapes look at and N-Quads are written from."""
        if not self.branches:
            return (
                "SELECT * FROM (SELECT '' AS triples_map, '' AS source, CAST(0 AS BIGINT) AS row, '' AS subject, "
                "'' AS predicate, '' AS object, '' AS graph, CAST([] AS VARCHAR[]) AS columns) WHERE false"
            )
        return "\nUNION ALL ".join(branch.select() for branch in self.branches)

    def subjects(self) -> str:
        """Return the query (branch number, row, subject) with every subject that a row makes or should make."""
        first = {branch.number: branch for branch in reversed(self.branches) if branch.table and not branch.joined}
        return "\nUNION ALL ".join(
            f"SELECT {number} AS number, c.row AS row, {branch.subject} AS subject FROM {branch.sources}"
            for number, branch in sorted(first.items())
        ) or "SELECT 0 AS number, CAST(0 AS BIGINT) AS row, '' AS subject WHERE false"  # fmt: skip


def needs(rules: Sequence[Rules]) -> dict[TableKey, tuple[str, ...]]:
    """Return every source of the rules with the columns that are read from it."""
    found: dict[TableKey, dict[str, None]] = {}
    for document in rules:
        for triples_map in document.triples_maps.values():
            if triples_map.source is None:
                continue
            names = found.setdefault((document.path, triples_map.source), {})
            for term_map in _term_maps(triples_map):
                names.update(dict.fromkeys(term_references(term_map)))
            for parent, reference in _joins(document, triples_map):
                for condition in reference.conditions:
                    names.update(dict.fromkeys(references(condition.child)))
                    if parent.source is not None:
                        theirs = found.setdefault((document.path, parent.source), {})
                        theirs.update(dict.fromkeys(references(condition.parent)))
    return {key: tuple(names) for key, names in found.items()}


def check_calls(rules: Sequence[Rules], functions: Mapping[str, Function]) -> list[Fault]:
    """Return a fault for every call of a function that does not exist, or with wrong parameters."""
    faults = []
    for document in rules:
        for triples_map in document.triples_maps.values():
            for call in _calls(document, triples_map):
                message, values = _call_fault(call, functions)
                if message:
                    faults.append(
                        Fault("triples map {triples_map} " + message, shown(document.path),
                              values={"triples_map": triples_map.name, **values})
                    )  # fmt: skip
    return distinct(faults)


def compile_rules(
    rules: Sequence[Rules],
    tables: Mapping[TableKey, Table],
    functions: Mapping[str, Function],
    graph: str | None = None,
) -> Program:
    """Compile rules for loaded tables.

    `graph` is the IRI of the graph that takes what would go into the default graph.

    Raises InputError where a rule calls a function that is not among `functions`.
    """
    faults = check_calls(rules, functions)
    if faults:
        raise InputError(*faults)
    if graph is not None and not is_iri(graph):
        raise InputError(Fault("the graph “{graph}” is not an IRI", values={"graph": graph}))
    compiler = _Compiler(tables, functions, graph)
    for document in rules:
        for triples_map in document.triples_maps.values():
            compiler.number(document, triples_map)
    for document in rules:
        for triples_map in document.triples_maps.values():
            compiler.add(document, triples_map)
    return Program(tuple(compiler.preparations()), tuple(compiler.branches), tuple(compiler.checks.values()))


class _Scope:
    """A FROM clause that grows with what expressions read from it."""

    def __init__(self, table: Table | None, alias: str = "c", within: "_Scope | None" = None) -> None:
        self.table = table
        self.alias = alias
        self._unnested: dict[str, str] = {}
        self._clauses: list[str] = within._clauses if within else []
        self._clauses.append(f"{table.identifier if table else '(SELECT CAST(1 AS BIGINT) AS row)'} AS {alias}")

    @property
    def sources(self) -> str:
        return ", ".join(self._clauses)

    @property
    def several(self) -> bool:
        """Whether a row of the table may stand in several rows of the clause."""
        return len(self._clauses) > 1

    def cell(self, name: str) -> tuple[str, str | None]:
        """Return the SQL of a reference's text, and of its natural datatype where its source has such."""
        if self.table is None:
            raise InputError(Fault("a rule without a source reads {name}", values={"name": name}))
        column = self.table.columns[name]
        place = f"{self.alias}.{column.identifier}"
        if column.kind == "text":
            return place, None
        if column.kind == "items":
            if name not in self._unnested:
                alias = f"u{len(self._clauses)}"
                self._clauses.append(f"unnest({place}) AS {alias}(v)")
                self._unnested[name] = f"{alias}.v"
            place = self._unnested[name]
        return f"{place}.text", f"{place}.datatype"


class _Compiler:
    def __init__(self, tables: Mapping[TableKey, Table], functions: Mapping[str, Function], graph: str | None) -> None:
        self._tables = tables
        self._functions = functions
        self._graph = literal(f"<{graph}>") if graph else None
        self._numbers: dict[tuple[Path, str], int] = {}
        self._base_iri = ""
        self._made: dict[str, dict[str, tuple[str, int]]] = {}
        self.branches: list[Branch] = []
        self.checks: dict[str, Check] = {}

    def number(self, document: Rules, triples_map: TriplesMap) -> None:
        self._numbers[document.path, triples_map.name] = len(self._numbers)

    def add(self, document: Rules, triples_map: TriplesMap) -> None:
        table = self._table(document, triples_map)
        self._base_iri = triples_map.base_iri
        for term_map in _term_maps(triples_map):
            self._check(term_map, table)
        types = PredicateObjectMap(
            (TermMap(_TYPE, "IRI"),), tuple(TermMap(Constant(class_), "IRI") for class_ in triples_map.classes), ()
        )
        for each in (types, *triples_map.predicate_object_maps):
            for graph in tuple(dict.fromkeys((*triples_map.graphs, *each.graphs))) or (None,):
                for predicate in each.predicates:
                    for object_ in each.objects:
                        self._add_branch(document, triples_map, table, predicate, object_, graph)

    def _table(self, document: Rules, triples_map: TriplesMap) -> Table | None:
        return self._tables[document.path, triples_map.source] if triples_map.source else None

    def _add_branch(
        self, document: Rules, triples_map: TriplesMap, table: Table | None, predicate: TermMap,
        object_: TermMap | RefObjectMap, graph: TermMap | None,
    ) -> None:  # fmt: skip
        number = self._numbers[document.path, triples_map.name]
        self._base_iri = triples_map.base_iri
        scope = _Scope(table)
        subject = self._subject(triples_map.subject, scope, number)
        predicate_sql = self._term(predicate, scope, number)
        if graph is None or graph.expression == Constant(NamedNode(DEFAULT_GRAPH)):
            graph_sql = self._graph
        else:
            graph_sql = self._term(graph, scope, number)
        condition, joined = None, False
        if isinstance(object_, RefObjectMap):
            parent = document.triples_maps[object_.parent]
            columns = [name for each in object_.conditions for name in references(each.child)]
            if object_.conditions:
                joined = True
                parent_scope = _Scope(self._table(document, parent), "p", scope)
                condition = " AND ".join(
                    f"{self._value(each.child, scope)} = {self._value(each.parent, parent_scope)}"
                    for each in object_.conditions
                )
            else:
                parent_scope = scope
                columns = list(term_references(parent.subject))
            self._base_iri = parent.base_iri
            object_sql = self._subject(parent.subject, parent_scope, self._numbers[document.path, parent.name])
        else:
            columns = list(term_references(object_))
            object_sql = self._term(object_, scope, number)
        subject_columns = term_references(triples_map.subject)
        constant = predicate.expression.term.value if isinstance(predicate.expression, Constant) else None
        self.branches.append(
            Branch(
                triples_map.name, number, table, scope.sources, condition, subject, predicate_sql, object_sql,
                graph_sql, constant, _headers(table, subject_columns),
                _headers(table, tuple(dict.fromkeys(columns)) or subject_columns), joined, scope.several,
            )
        )  # fmt: skip

    # Columns that are made once: what functions return, and subjects, which every triple of a row begins with

    def _make(self, scope: _Scope, needed: Iterable[str], build: Callable[[_Scope], str]) -> str:
        """Return the SQL of a made column; of the expression itself where it takes several values from a cell."""
        if scope.table is None or any(scope.table.columns[name].kind == "items" for name in needed):
            return build(scope)
        made = self._made.setdefault(scope.table.identifier, {})
        sql = build(_Scope(scope.table))
        level = 1 + max((level for name, level in made.values() if f"c.{name}" in sql), default=0)
        name, _ = made.setdefault(sql, (f"m{len(made)}_", level))
        return f"{scope.alias}.{name}"

    def preparations(self) -> Iterator[str]:
        """Yield the statements that add the made columns; one that reads another is made from it."""
        for table, made in self._made.items():
            inner = table
            for level in sorted({level for _, level in made.values()}):
                columns = ", ".join(f"{sql} AS {name}" for sql, (name, its) in made.items() if its == level)
                inner = f"(SELECT *, {columns} FROM {inner} AS c)"
            yield f"CREATE TABLE {table}_made AS SELECT * FROM {inner}"
            yield f"DROP TABLE {table}"
            yield f"ALTER TABLE {table}_made RENAME TO {table}"

    # Values: SQL expressions of text, NULL where there is none

    def _value(self, expression: Expression, scope: _Scope, encode: str | None = None) -> str:
        match expression:
            case Constant(term):
                return literal(term.value)
            case Reference(name):
                text = scope.cell(name)[0]
                return f"{encode}({text})" if encode else text
            case Template(parts):
                pieces = [
                    literal(self._fixed(part, encode)) if isinstance(part, str) else self._value(part, scope, encode)
                    for part in parts
                ]
                return " || ".join(pieces) if pieces else "''"
            case Call():
                text = f"lk_stated({self._called(expression, scope)})"
                return f"{encode}({text})" if encode else text
            case Fresh():
                raise TypeError("a fresh blank node has no value")

    def _called(self, call: Call, scope: _Scope) -> str:
        """Return what a function answers: NULL where it cannot read its input, an empty text for nothing stated."""
        function = self._functions[call.function]
        inputs = dict(call.inputs)

        def build(scope: _Scope) -> str:
            arguments = (self._value(inputs[parameter], scope) for parameter in function.parameters)
            return f"{function.macro}({', '.join(arguments)})"

        return self._make(scope, references(call), build)

    @staticmethod
    def _fixed(text: str, encode: str | None) -> str:
        return quote(text, safe="".join(map(chr, range(128)))) if encode == "lk_uri" else text

    # Terms in N-Triples syntax

    def _term(self, term_map: TermMap, scope: _Scope, number: int) -> str:
        expression = term_map.expression
        if isinstance(expression, Constant) and not (term_map.language or term_map.datatype):
            return literal(str(expression.term))
        if isinstance(expression, Fresh):
            return f"'_:n{number}r' || CAST({scope.alias}.row AS VARCHAR)"
        if term_map.term_type == "BlankNode":
            return f"'_:' || lk_blank({self._value(expression, scope)})"
        if term_map.term_type == "Literal":
            return self._literal(term_map, scope)
        return f"'<' || {self._iri(term_map, scope)} || '>'"

    def _subject(self, term_map: TermMap, scope: _Scope, number: int) -> str:
        if isinstance(term_map.expression, Constant | Fresh):
            return self._term(term_map, scope, number)
        return self._make(scope, term_references(term_map), lambda scope: self._term(term_map, scope, number))

    def _iri(self, term_map: TermMap, scope: _Scope) -> str:
        """Return an IRI without its brackets; NULL where the text makes none."""
        if isinstance(term_map.expression, Constant):
            return literal(term_map.expression.term.value)
        text, check = self._unchecked_iri(term_map, scope)
        return f"CASE WHEN {check}({text}) THEN {text} END" if check else text

    def _unchecked_iri(self, term_map: TermMap, scope: _Scope) -> tuple[str, str | None]:
        """Return an IRI and the macro that has to check it, None where it is valid whatever the cells hold."""
        expression, base = term_map.expression, literal(self._base_iri)
        if term_map.term_type in ("UnsafeIRI", "UnsafeURI"):
            return f"lk_unsafe(lk_absolute({self._value(expression, scope)}, {base}))", None
        check = "lk_is_uri" if term_map.term_type == "URI" else "lk_is_iri"
        if not isinstance(expression, Template):
            return f"lk_absolute({self._value(expression, scope)}, {base})", check
        text = self._value(expression, scope, "lk_uri" if term_map.term_type == "URI" else "lk_iri")
        fixed = "".join(part for part in expression.parts if isinstance(part, str))
        absolute = isinstance(expression.parts[0], str) and re.match(SCHEME, expression.parts[0]) is not None
        if not absolute:
            # What is filled in is encoded and so has no colon: without one in the fixed text there is no scheme.
            text = f"lk_absolute({text}, {base})" if ":" in fixed else f"{base} || {text}"
        start = "" if absolute else self._base_iri
        filled = ("".join(part if isinstance(part, str) else value for part in expression.parts) for value in "a1-é")
        return text, None if all(is_iri(start + each) for each in filled) and (absolute or ":" not in fixed) else check

    def _literal(self, term_map: TermMap, scope: _Scope) -> str:
        text = self._value(term_map.expression, scope)
        quoted = f"'\"' || lk_esc({text}) || '\"'"
        if term_map.language is not None:
            if isinstance(term_map.language.expression, Constant):
                return f"{quoted} || {literal('@' + term_map.language.expression.term.value)}"
            tag = self._value(term_map.language.expression, scope)
            return f"CASE WHEN lk_is_language_tag({tag}) THEN {quoted} || '@' || {tag} END"
        if term_map.datatype is not None:
            iri = self._iri(term_map.datatype, scope)
            if not isinstance(term_map.datatype.expression, Constant):
                return f"CASE WHEN lk_is_valid({text}, {iri}) THEN {quoted} || lk_datatype({iri}) END"
            datatype = DATATYPES.get(term_map.datatype.expression.term.value)
            if datatype is not None:  # its lexical space holds nothing that would have to be escaped
                suffix = literal(f'"^^<{datatype.iri}>')
                return f"CASE WHEN {datatype.macro}({text}) THEN '\"' || {text} || {suffix} END"
            if term_map.datatype.expression.term.value == XSD + "string":
                return quoted
            return f"{quoted} || {literal(f'^^{term_map.datatype.expression.term}')}"
        if isinstance(term_map.expression, Reference):
            natural = scope.cell(term_map.expression.name)[1]
            if natural is not None:
                return f"{quoted} || lk_datatype({natural})"
        return quoted

    # Checks: what cannot become a term, and where

    def _check(self, term_map: TermMap, table: Table | None) -> None:
        """Add the checks of a term map, those of what it is made of first."""
        if table is None:
            return
        for each in (term_map, term_map.language, term_map.datatype):
            if each is not None:
                self._check_expression(each.expression, table)
        expression = term_map.expression
        if term_map.term_type in ("IRI", "URI", "UnsafeIRI", "UnsafeURI") and not isinstance(expression, Constant):
            self._check_iri(term_map, table)
        if term_map.language is not None and not isinstance(term_map.language.expression, Constant):
            language = term_map.language.expression
            self._add_check(
                table, language, lambda scope: f"NOT lk_is_language_tag({self._value(language, scope)})",
                "is not a language tag such as {example}", {"example": "vi"},
            )  # fmt: skip
        if term_map.datatype is None:
            return
        if not isinstance(term_map.datatype.expression, Constant):
            dynamic = term_map.datatype
            self._check_iri(dynamic, table)
            self._add_check(
                table, expression,
                lambda scope: f"NOT lk_is_valid({self._value(expression, scope)}, {self._iri(dynamic, scope)})",
                "is not written as its datatype asks", {},
            )  # fmt: skip
            return
        datatype = DATATYPES.get(term_map.datatype.expression.term.value)
        if datatype is not None:
            values = {"example": datatype.example, "least": datatype.least, "most": datatype.most}
            self._add_check(
                table, expression, lambda scope: f"NOT {datatype.macro}({self._value(expression, scope)})",
                datatype.expectation, {name: value for name, value in values.items() if value is not None},
            )  # fmt: skip

    def _check_iri(self, term_map: TermMap, table: Table) -> None:
        def wrong(scope: _Scope) -> str:
            text, check = self._unchecked_iri(term_map, scope)
            return f"NOT {check}({text})" if check else ""

        self._add_check(
            table, term_map.expression, wrong,
            "does not make a valid IRI: it holds a space or another character that no IRI may hold", {},
        )  # fmt: skip

    def _check_expression(self, expression: Expression, table: Table) -> None:
        match expression:
            case Reference(name) if table.columns[name].kind != "text":
                self._add_check(
                    table, expression, lambda scope: f"{scope.cell(name)[1]} = '!'",
                    "{path} is a list or an object, where one value is expected; to take each, write {path}[*]",
                    {"path": name},
                )  # fmt: skip
            case Template(parts):
                for part in parts:
                    if isinstance(part, Reference):
                        self._check_expression(part, table)
            case Call(function=iri, inputs=inputs):
                for _, value in inputs:
                    self._check_expression(value, table)
                function = self._functions[iri]
                self._add_check(
                    table, expression, lambda scope: self._unread(expression, scope),
                    function.expectation.get("en", "cannot be read"), {}, function.expectation,
                )  # fmt: skip

    def _unread(self, call: Call, scope: _Scope) -> str:
        given = [f"{self._value(value, scope)} IS NOT NULL" for _, value in call.inputs]
        return " AND ".join([*given, f"{self._called(call, scope)} IS NULL"])

    def _add_check(
        self, table: Table, expression: Expression, condition: Callable[[_Scope], str], message: str,
        values: Mapping[str, str], translations: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        scope = _Scope(table)
        where = condition(scope)
        names = tuple(dict.fromkeys(references(expression)))
        if not where or not names:
            return
        text = " || ', ' || ".join(f"coalesce({scope.cell(name)[0]}, '')" for name in names)
        sql = f"SELECT c.row AS row, {text} AS text FROM {scope.sources} WHERE {where}"
        self.checks.setdefault(sql, Check(sql, table, names, message, values, translations or {}))


def _is_literal(sql: str) -> bool:
    return re.fullmatch(r"'(?:[^']|'')*'", sql) is not None


def _headers(table: Table | None, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(table.columns[name].name for name in names) if table else ()


def _term_maps(triples_map: TriplesMap) -> Iterator[TermMap]:
    yield triples_map.subject
    yield from triples_map.graphs
    for each in triples_map.predicate_object_maps:
        yield from each.predicates
        yield from (object_ for object_ in each.objects if isinstance(object_, TermMap))
        yield from each.graphs


def _joins(document: Rules, triples_map: TriplesMap) -> Iterator[tuple[TriplesMap, RefObjectMap]]:
    for each in triples_map.predicate_object_maps:
        for object_ in each.objects:
            if isinstance(object_, RefObjectMap):
                yield document.triples_maps[object_.parent], object_


def _calls(document: Rules, triples_map: TriplesMap) -> Iterator[Call]:
    expressions: list[Expression] = [
        part.expression
        for term_map in _term_maps(triples_map)
        for part in (term_map, term_map.language, term_map.datatype)
        if part is not None
    ]
    for _, reference in _joins(document, triples_map):
        expressions += [side for each in reference.conditions for side in (each.child, each.parent)]
    while expressions:
        expression = expressions.pop(0)
        if isinstance(expression, Call):
            yield expression
            expressions += [value for _, value in expression.inputs]


def _call_fault(call: Call, functions: Mapping[str, Function]) -> tuple[str, dict[str, str]]:
    function = functions.get(call.function)
    if function is None:
        known = ", ".join(sorted(_short(iri) for iri in functions))
        return (
            "calls the unknown function {function}; known are {known} (more with a language)",
            {"function": _short(call.function), "known": known},
        )
    given = [parameter for parameter, _ in call.inputs]
    if sorted(given) != sorted(function.parameters):
        return (
            "calls {function} with {given}, and it takes {expected}",
            {
                "function": _short(call.function),
                "given": ", ".join(map(_short, given)) or "–",
                "expected": ", ".join(map(_short, function.parameters)),
            },
        )
    return "", {}


def _short(iri: str) -> str:
    return "lk:" + iri.removeprefix(LIENKET_FUNCTION) if iri.startswith(LIENKET_FUNCTION) else iri
