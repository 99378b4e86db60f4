"""Checks: for every term map, the question which cells it can make no term of."""

from collections.abc import Callable, Mapping

from ..datatypes import DATATYPES
from ..vocabulary import LIENKET_FUNCTION
from .expressions import Expressions, Scope
from .program import Check
from .rules import Call, Constant, Expression, Reference, Template, TermMap, references
from .sources import Table


class Checks:
    """Collects the checks of term maps; equal ones are one."""

    def __init__(self, expressions: Expressions) -> None:
        """Take what turns expressions into SQL."""
        self._expressions = expressions
        self._found: dict[str, Check] = {}
        self._conditions: list[Expression] = []

    def all(self) -> tuple[Check, ...]:
        """Return the checks of all term maps that were added."""
        return tuple(self._found.values())

    def add(self, term_map: TermMap, table: Table, base_iri: str, condition: Expression | None = None) -> None:
        """Add the checks of a term map, those of what it is made of first.

        They ask only of rows where the term map's own condition is true, and `condition`, that of the subject.
        """
        self._conditions = []
        for stated in (condition, term_map.condition):
            if stated is not None:
                self._add_expression(stated, table, base_iri)
                self._conditions.append(stated)
        for each in (term_map, term_map.language, term_map.datatype):
            if each is not None:
                self._add_expression(each.expression, table, base_iri)
        if term_map.term_type not in ("BlankNode", "Literal"):
            self._add_iri(term_map, table, base_iri)
        if term_map.language is not None:
            language = term_map.language.expression
            self._add_check(
                table, base_iri, language,
                lambda scope: f"lk_is_language_tag({self._expressions.pieces(language, scope).text})",
                "is not a language tag such as {example}", {"example": "vi"},
            )  # fmt: skip
        if term_map.datatype is not None:
            self._add_datatype(term_map.expression, term_map.datatype, table, base_iri)

    def _add_datatype(self, expression: Expression, datatype_map: TermMap, table: Table, base_iri: str) -> None:
        pieces, iri = self._expressions.pieces, self._expressions.iri
        if not isinstance(datatype_map.expression, Constant):
            self._add_iri(datatype_map, table, base_iri)
            self._add_check(
                table, base_iri, expression,
                lambda scope: f"lk_is_valid({pieces(expression, scope).text}, {iri(datatype_map, scope).sql})",
                "is not written as its datatype asks", {},
            )  # fmt: skip
            return
        datatype = DATATYPES.get(datatype_map.expression.term.value)
        if datatype is not None:
            values = {"example": datatype.example, "least": datatype.least, "most": datatype.most}
            said = datatype.expectation
            reader = f"{LIENKET_FUNCTION}{datatype.reader}"
            if isinstance(expression, Reference) and reader in self._expressions.functions:
                said, values["function"] = datatype.hint, f"lk:{datatype.reader}"
            self._add_check(
                table, base_iri, expression, lambda scope: f"{datatype.macro}({pieces(expression, scope).text})",
                said, {name: value for name, value in values.items() if value is not None},
            )  # fmt: skip

    def _add_iri(self, term_map: TermMap, table: Table, base_iri: str) -> None:
        if self._expressions.unchecked_iri(term_map, Scope(table, base_iri))[1] is None:
            return

        def right(scope: Scope) -> str:
            text, check = self._expressions.unchecked_iri(term_map, scope)
            return f"{check}({text.text})"

        self._add_check(
            table, base_iri, term_map.expression, right,
            "does not make a valid IRI: it holds a space or another character that no IRI may hold", {},
        )  # fmt: skip

    def _add_expression(self, expression: Expression, table: Table, base_iri: str) -> None:
        match expression:
            case Reference(name) if table.columns[name].kind != "text":
                self._add_check(
                    table, base_iri, expression, lambda scope: f"{scope.cell(name)[1]} <> '!'",
                    "{path} is a list or an object, where one value is expected; to take each, write {path}[*]",
                    {"path": name},
                )  # fmt: skip
            case Template(parts):
                for part in parts:
                    if isinstance(part, Reference):
                        self._add_expression(part, table, base_iri)
            case Call(inputs=inputs):
                for _, value in inputs:
                    self._add_expression(value, table, base_iri)
                for wrong, is_right, said in self._expressions.mistakes(expression):
                    self._add_check(table, base_iri, wrong, is_right, said.get("en", "cannot be read"), {}, said)

    def _add_check(
        self, table: Table, base_iri: str, expression: Expression, right: Callable[[Scope], str], message: str,
        values: Mapping[str, str], translations: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        names = tuple(dict.fromkeys(references(expression)))
        scope = Scope(table, base_iri)
        if not names or self._expressions.always(scope, right):
            return
        conditions = [f"NOT {right(scope)}", *(self._expressions.holds(each, scope) for each in self._conditions)]
        text = " || ', ' || ".join(f"coalesce({scope.cell(name)[0]}, '')" for name in names)
        sql = f"SELECT c.row AS row, {text} AS text FROM {scope.sources} WHERE {' AND '.join(conditions)}"
        self._found.setdefault(sql, Check(sql, table, names, message, values, translations or {}))
