"""Expressions and term maps as SQL: texts, and terms in N-Triples syntax <https://www.w3.org/TR/n-triples/>."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Self
from urllib.parse import quote

from ..datatypes import DATATYPES
from ..errors import Fault, InputError
from ..sql import literal
from ..vocabulary import XSD
from .functions import Function, Mistake
from .knowledge import Knowledge
from .pieces import Pieces
from .rules import Call, Constant, Expression, Fresh, Reference, Template, TermMap
from .sources import Table
from .terms import SCHEME, is_iri

_ASCII: Final = "".join(map(chr, range(128)))
_CELL: Final = re.compile(r"(?:\w+\.)+\w+|CAST\(\w+\.row(?:id)? AS VARCHAR\)")


@dataclass(frozen=True)
class Encoding:
    """How a text is written inside of a term."""

    macro: str
    """Macro that writes it so."""
    test: str
    """Macro that tells whether it is written so already."""
    fixed: Callable[[str], str]
    """What is done to the fixed text of a template."""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")


ESCAPED: Final = Encoding("lk_esc", "lk_is_plain", _escaped)
IUNRESERVED_ONLY: Final = Encoding("lk_iri", "lk_is_iunreserved", lambda text: text)
UNRESERVED_ONLY: Final = Encoding("lk_uri", "lk_is_unreserved", lambda text: quote(text, safe=_ASCII))


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
    """Turns expressions into SQL; what functions return is made once, and so are subjects that cost an effort."""

    def __init__(self, functions: Mapping[str, Function], knowledge: Knowledge | None = None) -> None:
        """Take the functions that rules may call, by IRI, and what is known of the tables."""
        self.functions = functions
        self._knowledge = knowledge

    def always(self, scope: Scope, build: Callable[[Scope], str]) -> bool:
        """Tell whether a condition is known to hold for every row of the table of a clause."""
        if scope.table is None or self._knowledge is None:
            return False
        alone = Scope(scope.table, scope.base_iri)
        condition = build(alone)
        return not alone.several and self._knowledge.always(scope.table, condition)

    def _unless_always(self, scope: Scope, build: Callable[[Scope], str]) -> tuple[str, ...]:
        return () if self.always(scope, build) else (build(scope),)

    def _make(self, scope: Scope, build: Callable[[Scope], str]) -> str:
        """Return the SQL of a made column; of the expression itself where it takes several values from a cell."""
        if scope.table is None or self._knowledge is None:
            return build(scope)
        alone = Scope(scope.table, scope.base_iri)
        sql = build(alone)
        return build(scope) if alone.several else f"{scope.alias}.{self._knowledge.column(scope.table, sql)}"

    # Texts

    def value(self, expression: Expression, scope: Scope) -> str:
        """Return the SQL of an expression's text: NULL where there is none."""
        return self.pieces(expression, scope).sql

    def pieces(self, expression: Expression, scope: Scope, encoding: "Encoding | None" = None) -> Pieces:
        """Return an expression's text; `encoding` is what is done to what cells and functions give to it."""
        match expression:
            case Constant(term):
                return Pieces.fixed(encoding.fixed(term.value) if encoding else term.value)
            case Reference(name):
                return self._given(scope, lambda scope: scope.cell(name)[0], encoding)
            case Template(parts):
                found = Pieces.fixed("")
                for part in parts:
                    if isinstance(part, str):
                        found += Pieces.fixed(encoding.fixed(part) if encoding else part)
                    else:
                        found += self.pieces(part, scope, encoding)
                return found
            case Call():
                stated = self.functions[expression.function].leaves_empty
                return self._given(
                    scope,
                    lambda scope: f"lk_stated({self.called(expression, scope)})" if stated
                    else self.called(expression, scope),
                    encoding,
                )  # fmt: skip
            case Fresh():
                raise TypeError("a fresh blank node has no text")

    def _given(self, scope: Scope, build: Callable[[Scope], str], encoding: "Encoding | None") -> Pieces:
        """Return the text that a cell or a function gives, encoded where some row needs it."""
        present = self._unless_always(scope, lambda scope: f"{build(scope)} IS NOT NULL")
        part = build(scope)
        if encoding and not self.always(scope, lambda scope: f"{encoding.test}({build(scope)})"):
            part = f"{encoding.macro}({part})"
        return Pieces((part,), present)

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

        return self._make(scope, build)

    def mistakes(self, call: Call) -> Iterator[tuple[Call, Callable[[Scope], str], Mapping[str, str]]]:
        """Yield the ways in which a function cannot read its inputs.

        Each is the call with the inputs that may be at fault, the SQL that tells whether they are not, and what is said
        if they are, by language tag. The last takes in all that the others do not tell.
        """
        function = self.functions[call.function]
        if not function.expectation:
            return
        given = {function.parameter(name): (name, value) for name, value in call.inputs}

        def is_made(mistake: Mistake, scope: Scope) -> str:
            values = (self.value(given[name][1], scope) for name in mistake.parameters)
            return f"coalesce({mistake.macro}({', '.join(values)}), false)"

        def is_right(mistake: Mistake | None, others: Iterable[Mistake], scope: Scope) -> str:
            read = [f"{self.value(value, scope)} IS NULL" for _, value in call.inputs]
            read += [f"{self.called(call, scope)} IS NOT NULL", *(is_made(each, scope) for each in others)]
            return f"({' OR '.join([*read, f'NOT {is_made(mistake, scope)}'] if mistake else read)})"

        known = [each for each in function.mistakes if given.keys() >= set(each.parameters)]
        for number, mistake in enumerate(known):
            before = [each for each in known[:number] if set(each.parameters) & set(mistake.parameters)]
            part = replace(call, inputs=tuple(given[name] for name in mistake.parameters))
            yield part, partial(is_right, mistake, before), mistake.expectation
        yield call, partial(is_right, None, known), function.expectation

    def holds(self, condition: Expression, scope: Scope) -> str:
        """Return the SQL that tells whether a condition is true."""
        return f"{self.value(condition, scope)} = 'true'"

    # Terms

    def subject(self, term_map: TermMap, scope: Scope, number: int) -> Pieces:
        """Return a subject, which every triple of a row begins with; `number` tells the triples map from others."""
        term = self.term(term_map, scope, number)
        cheap = all(map(_CELL.fullmatch, term.varying)) and all(each.endswith(" IS NOT NULL") for each in term.present)
        if cheap or self._knowledge is None or not self._knowledge.complete:
            return term
        made = self._make(scope, lambda scope: self.term(term_map, scope, number).sql)
        return Pieces((made,), (f"{made} IS NOT NULL",) if term.present else ())

    def term(self, term_map: TermMap, scope: Scope, number: int) -> Pieces:
        """Return a term."""
        if term_map.condition is not None:
            return self.term(replace(term_map, condition=None), scope, number).where(
                self.holds(term_map.condition, scope)
            )
        expression = term_map.expression
        if isinstance(expression, Constant) and not (term_map.language or term_map.datatype):
            return Pieces.fixed(str(expression.term))
        if isinstance(expression, Fresh):
            # A row of a table may be several records of a view.
            record = "rowid" if scope.table is not None and scope.table.view else "row"
            return Pieces((literal(f"_:n{number}r"), f"CAST({scope.alias}.{record} AS VARCHAR)"))
        if term_map.term_type == "BlankNode":
            text = self.pieces(expression, scope)
            return Pieces((literal("_:"), f"lk_blank({text.text})"), text.present)
        if term_map.term_type == "Literal":
            return self._literal(term_map, scope)
        return self.iri(term_map, scope).wrapped("<", ">")

    def iri(self, term_map: TermMap, scope: Scope) -> Pieces:
        """Return an IRI without its brackets."""
        text, check = self.unchecked_iri(term_map, scope)
        if check is None:
            return text
        return text.where(
            *self._unless_always(scope, lambda scope: f"{check}({self.unchecked_iri(term_map, scope)[0].text})")
        )

    def unchecked_iri(self, term_map: TermMap, scope: Scope) -> tuple[Pieces, str | None]:
        """Return an IRI and the macro that has to check it, None where it is valid whatever the cells hold."""
        expression, base = term_map.expression, literal(scope.base_iri)
        if isinstance(expression, Constant):
            return Pieces.fixed(expression.term.value), None
        if term_map.term_type in ("UnsafeIRI", "UnsafeURI"):
            text = self.pieces(expression, scope)
            return Pieces((f"lk_unsafe(lk_absolute({text.text}, {base}))",), text.present), None
        check = "lk_is_uri" if term_map.term_type == "URI" else "lk_is_iri"
        if not isinstance(expression, Template):
            text = self.pieces(expression, scope)
            return Pieces((f"lk_absolute({text.text}, {base})",), text.present), check
        text = self.pieces(expression, scope, UNRESERVED_ONLY if term_map.term_type == "URI" else IUNRESERVED_ONLY)
        first = expression.parts[0] if expression.parts else ""
        absolute = isinstance(first, str) and re.match(SCHEME, first) is not None
        # What is filled in is encoded and so has no colon: without one in the fixed text there is no scheme.
        relative = not absolute and not any(":" in part for part in expression.parts if isinstance(part, str))
        if relative:
            text = text.wrapped(scope.base_iri, "")
        elif not absolute:
            return Pieces((f"lk_absolute({text.text}, {base})",), text.present), check
        start = scope.base_iri if relative else ""
        tried = ("".join(part if isinstance(part, str) else filled for part in expression.parts) for filled in "a1-é")
        return text, None if all(is_iri(start + each) for each in tried) else check

    def _literal(self, term_map: TermMap, scope: Scope) -> Pieces:
        quoted = self.pieces(term_map.expression, scope, ESCAPED).wrapped('"', '"')
        if term_map.language is not None:
            language = term_map.language.expression
            tag = self.pieces(language, scope)
            if isinstance(language, Constant):
                return quoted + tag.wrapped("@", "")
            known = self._unless_always(scope, lambda scope: f"lk_is_language_tag({self.pieces(language, scope).text})")
            return (quoted + tag.wrapped("@", "")).where(*known)
        if term_map.datatype is not None:
            return self._typed_literal(term_map.expression, term_map.datatype, quoted, scope)
        if isinstance(term_map.expression, Reference):
            natural = scope.cell(term_map.expression.name)[1]
            if natural is not None:
                return Pieces((*quoted.parts, f"lk_datatype({natural})"), quoted.present)
        if isinstance(term_map.expression, Call):
            returned = self.functions[term_map.expression.function].datatype
            return quoted.wrapped("", f"^^<{returned}>") if returned else quoted
        return quoted

    def _typed_literal(self, expression: Expression, datatype_map: TermMap, quoted: Pieces, scope: Scope) -> Pieces:
        if not isinstance(datatype_map.expression, Constant):
            iri = self.iri(datatype_map, scope)
            typed = Pieces((*quoted.parts, f"lk_datatype({iri.text})"), quoted.present)
            return typed.where(*iri.present, f"lk_is_valid({self.pieces(expression, scope).text}, {iri.text})")
        stated = datatype_map.expression.term
        datatype = DATATYPES.get(stated.value)
        if datatype is not None:  # its lexical space holds nothing that would have to be escaped
            text = self.pieces(expression, scope).wrapped('"', f'"^^<{datatype.iri}>')
            return text.where(
                *self._unless_always(scope, lambda scope: f"{datatype.macro}({self.pieces(expression, scope).text})")
            )
        return quoted if stated.value == XSD + "string" else quoted.wrapped("", f"^^{stated}")
