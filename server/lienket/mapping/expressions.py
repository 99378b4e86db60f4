"""Expressions and term maps as SQL: texts, and terms in N-Triples syntax <https://www.w3.org/TR/n-triples/>."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Self
from urllib.parse import quote

from ..datatypes import DATATYPES
from ..errors import Fault, InputError
from ..sql import literal
from ..vocabulary import XSD
from .functions import Function
from .rules import Call, Constant, Expression, Fresh, Reference, Template, TermMap, references, term_references
from .sources import Table
from .terms import SCHEME, is_iri


class Scope:
    """A FROM clause that grows with what expressions read from it, and the base of the IRIs that they make."""

    def __init__(self, table: Table | None, base_iri: str, alias: str = "c", within: "Scope | None" = None) -> None:
        """Begin a clause with a table (None: one row that holds nothing), or join it to that of `within`."""
        self.table = table
        self.base_iri = base_iri
        self.alias = alias
        self._unnested: dict[str, str] = {}
        self._clauses: list[str] = within._clauses if within else []
        self._clauses.append(f"{table.identifier if table else '(SELECT CAST(1 AS BIGINT) AS row)'} AS {alias}")

    def rebased(self, base_iri: str) -> Self:
        """Return the same clause with another base."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other.base_iri = base_iri
        return other

    @property
    def sources(self) -> str:
        """The clause so far."""
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


class Expressions:
    """Turns expressions into SQL and remembers the columns that are worth making once.

    Those are what functions return, and subjects, which every triple of a row begins with.
    """

    def __init__(self, functions: Mapping[str, Function]) -> None:
        """Take the functions that rules may call, by IRI."""
        self.functions = functions
        self._made: dict[str, dict[str, tuple[str, int]]] = {}

    def _make(self, scope: Scope, needed: Iterable[str], build: Callable[[Scope], str]) -> str:
        """Return the SQL of a made column; of the expression itself where it takes several values from a cell."""
        if scope.table is None or any(scope.table.columns[name].kind == "items" for name in needed):
            return build(scope)
        made = self._made.setdefault(scope.table.identifier, {})
        sql = build(Scope(scope.table, scope.base_iri))
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

    # Texts: NULL where there is none

    def value(self, expression: Expression, scope: Scope, encode: str | None = None) -> str:
        """Return the SQL of an expression's text; the macro `encode` is put around what cells give to it."""
        match expression:
            case Constant(term):
                return literal(term.value)
            case Reference(name):
                text = scope.cell(name)[0]
                return f"{encode}({text})" if encode else text
            case Template(parts):
                pieces = [
                    literal(_fixed(part, encode)) if isinstance(part, str) else self.value(part, scope, encode)
                    for part in parts
                ]
                return " || ".join(pieces) if pieces else "''"
            case Call():
                text = self.called(expression, scope)
                text = f"lk_stated({text})" if self.functions[expression.function].leaves_empty else text
                return f"{encode}({text})" if encode else text
            case Fresh():
                raise TypeError("a fresh blank node has no text")

    def called(self, call: Call, scope: Scope) -> str:
        """Return what a function answers: NULL where it cannot read its input, an empty text for nothing stated."""
        function = self.functions[call.function]
        inputs = {function.parameter(name): value for name, value in call.inputs}

        def build(scope: Scope) -> str:
            arguments = (
                self.value(inputs[name], scope) if name in inputs else "CAST(NULL AS VARCHAR)"
                for name in function.parameters
            )
            return f"{function.macro}({', '.join(arguments)})"

        return self._make(scope, references(call), build)

    def holds(self, condition: Expression, scope: Scope) -> str:
        """Return the SQL that tells whether a condition is true."""
        return f"{self.value(condition, scope)} = 'true'"

    # Terms: NULL where the text makes none

    def subject(self, term_map: TermMap, scope: Scope, number: int) -> str:
        """Return the SQL of a subject; `number` tells the triples map from others."""
        if isinstance(term_map.expression, Constant | Fresh):
            return self.term(term_map, scope, number)
        return self._make(scope, term_references(term_map), lambda scope: self.term(term_map, scope, number))

    def term(self, term_map: TermMap, scope: Scope, number: int) -> str:
        """Return the SQL of a term."""
        if term_map.condition is not None:
            term = self.term(replace(term_map, condition=None), scope, number)
            return f"CASE WHEN {self.holds(term_map.condition, scope)} THEN {term} END"
        expression = term_map.expression
        if isinstance(expression, Constant) and not (term_map.language or term_map.datatype):
            return literal(str(expression.term))
        if isinstance(expression, Fresh):
            # A row of a table may be several records of a view.
            record = "rowid" if scope.table is not None and scope.table.view else "row"
            return f"'_:n{number}r' || CAST({scope.alias}.{record} AS VARCHAR)"
        if term_map.term_type == "BlankNode":
            return f"'_:' || lk_blank({self.value(expression, scope)})"
        if term_map.term_type == "Literal":
            return self._literal(term_map, scope)
        return f"'<' || {self.iri(term_map, scope)} || '>'"

    def iri(self, term_map: TermMap, scope: Scope) -> str:
        """Return the SQL of an IRI without its brackets."""
        if isinstance(term_map.expression, Constant):
            return literal(term_map.expression.term.value)
        text, check = self.unchecked_iri(term_map, scope)
        return f"CASE WHEN {check}({text}) THEN {text} END" if check else text

    def unchecked_iri(self, term_map: TermMap, scope: Scope) -> tuple[str, str | None]:
        """Return an IRI and the macro that has to check it, None where it is valid whatever the cells hold."""
        expression, base = term_map.expression, literal(scope.base_iri)
        if term_map.term_type in ("UnsafeIRI", "UnsafeURI"):
            return f"lk_unsafe(lk_absolute({self.value(expression, scope)}, {base}))", None
        check = "lk_is_uri" if term_map.term_type == "URI" else "lk_is_iri"
        if not isinstance(expression, Template):
            return f"lk_absolute({self.value(expression, scope)}, {base})", check
        text = self.value(expression, scope, "lk_uri" if term_map.term_type == "URI" else "lk_iri")
        first = expression.parts[0] if expression.parts else ""
        absolute = isinstance(first, str) and re.match(SCHEME, first) is not None
        # What is filled in is encoded and so has no colon: without one in the fixed text there is no scheme.
        relative = not absolute and not any(":" in part for part in expression.parts if isinstance(part, str))
        if relative:
            text = f"{base} || {text}"
        elif not absolute:
            return f"lk_absolute({text}, {base})", check
        start = scope.base_iri if relative else ""
        tried = ("".join(part if isinstance(part, str) else filled for part in expression.parts) for filled in "a1-é")
        return text, None if all(is_iri(start + each) for each in tried) else check

    def _literal(self, term_map: TermMap, scope: Scope) -> str:
        text = self.value(term_map.expression, scope)
        quoted = f"'\"' || lk_esc({text}) || '\"'"
        if term_map.language is not None:
            if isinstance(term_map.language.expression, Constant):
                return f"{quoted} || {literal('@' + term_map.language.expression.term.value)}"
            tag = self.value(term_map.language.expression, scope)
            return f"CASE WHEN lk_is_language_tag({tag}) THEN {quoted} || '@' || {tag} END"
        if term_map.datatype is not None:
            return self._typed_literal(term_map.datatype, text, quoted, scope)
        if isinstance(term_map.expression, Reference):
            natural = scope.cell(term_map.expression.name)[1]
            if natural is not None:
                return f"{quoted} || lk_datatype({natural})"
        if isinstance(term_map.expression, Call):
            returned = self.functions[term_map.expression.function].datatype
            return f"{quoted} || {literal(f'^^<{returned}>')}" if returned else quoted
        return quoted

    def _typed_literal(self, datatype_map: TermMap, text: str, quoted: str, scope: Scope) -> str:
        iri = self.iri(datatype_map, scope)
        if not isinstance(datatype_map.expression, Constant):
            return f"CASE WHEN lk_is_valid({text}, {iri}) THEN {quoted} || lk_datatype({iri}) END"
        stated = datatype_map.expression.term
        datatype = DATATYPES.get(stated.value)
        if datatype is not None:  # its lexical space holds nothing that would have to be escaped
            suffix = literal(f'"^^<{datatype.iri}>')
            return f"CASE WHEN {datatype.macro}({text}) THEN '\"' || {text} || {suffix} END"
        return quoted if stated.value == XSD + "string" else f"{quoted} || {literal(f'^^{stated}')}"


def _fixed(text: str, encode: str | None) -> str:
    """Return fixed text of a template as it stands in an IRI: a URI has no letters beyond ASCII."""
    return quote(text, safe="".join(map(chr, range(128)))) if encode == "lk_uri" else text
