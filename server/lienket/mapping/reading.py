"""What all parts of an RML document have in common: expressions, function executions, and how a mistake is told.

Expression maps: RML-Core <http://w3id.org/rml/core/spec>; executions: RML-FNML <http://w3id.org/rml/fnml/spec>.
"""

from dataclasses import replace
from typing import Final

import pyoxigraph
from pyoxigraph import NamedNode

from ..errors import Fault
from ..vocabulary import IDLAB_FUNCTION, RML, XSD
from .document import Document, Term
from .rules import Call, Constant, Expression, Fresh, JoinCondition, Reference, TemplateError, parse_template

PLACES: Final = {"triples_map": "triples map {triples_map}", "logical_view": "logical view {logical_view}"}
"""What a fault begins with, by the kind of thing it is found in."""

# RML-FNML has a condition stand for this function, outside of term maps, which keep theirs.
IF_TRUE: Final = IDLAB_FUNCTION + "trueCondition"
IF_TRUE_CONDITION: Final = IDLAB_FUNCTION + "_strBoolean"
IF_TRUE_VALUE: Final = IDLAB_FUNCTION + "_str"


class Reading:
    """Reads expressions of a document; collects faults instead of stopping at the first."""

    def __init__(self, document: Document) -> None:
        """Take the document to read from."""
        self._document = document
        self._place: dict[str, str] = {}
        self._executing: list[Term] = []
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = [*document.warnings]
        """What is read all the same, and should be mended."""

    def _join_conditions(self, node: Term) -> tuple[JoinCondition, ...]:
        """Read the join conditions of a node, those with both their sides."""
        conditions = []
        for condition in self._document.objects(node, RML + "joinCondition"):
            child = self._expression_of(condition, "child", "childMap")
            parent = self._expression_of(condition, "parent", "parentMap")
            if child and parent:
                conditions.append(JoinCondition(child, parent))
        return tuple(conditions)

    def _expression_of(self, node: Term, shortcut: str, word: str) -> Expression | None:
        """Read one side of a join condition: a reference as text, or an expression map."""
        text = self._text(node, shortcut)
        if text is not None:
            return Reference(text)
        expression_map = self._one(node, word)
        if expression_map is None:
            self._fault("has an rml:joinCondition without rml:{word} or rml:{word}Map", word=shortcut)
            return None
        return self._expression(expression_map, word)

    def _expression(self, node: Term, word: str, *, optional: bool = False) -> Expression | None:
        """Read the one expression of an expression map, under its condition where it has one."""
        expression = self._unconditional(node, word, optional=optional)
        condition = self._condition(node)
        if condition is None or expression is None:
            return expression
        return Call(IF_TRUE, ((IF_TRUE_CONDITION, condition), (IF_TRUE_VALUE, expression)))

    def _condition(self, node: Term) -> Expression | None:
        stated = self._one(node, "condition")
        return self._expression(stated, "condition") if stated is not None else None

    def _unconditional(self, node: Term, word: str, *, optional: bool = False) -> Expression | None:
        stated = [
            (kind, value)
            for kind in ("constant", "reference", "template", "functionExecution")
            for value in self._document.objects(node, RML + kind)
        ]
        if not stated and optional:
            return Fresh()
        if len(stated) != 1:
            self._fault(
                "has an rml:{word} with {number} of rml:constant, rml:reference, rml:template and"
                " rml:functionExecution, where exactly one has to stand",
                word=word, number=len(stated),
            )  # fmt: skip
            return None
        kind, value = stated[0]
        if kind == "constant":
            return Constant(value)
        if kind == "functionExecution":
            output = self._constant_iri(node, "return", "returnMap")
            if output is None and {RML + "return", RML + "returnMap"} & set(self._document.predicates(node)):
                self._fault("has an rml:return that is not one IRI")
            return self._call(value, output)
        if not isinstance(value, pyoxigraph.Literal):
            self._fault("has an rml:{kind} that is not text: {found}", kind=kind, found=value)
            return None
        if kind == "reference":
            return Reference(value.value)
        try:
            return parse_template(value.value)
        except TemplateError as error:
            self._fault("has a faulty template {found}: {detail}", found=value.value, detail=error)
            return None

    def _call(self, node: Term, output: str | None) -> Call | None:
        if node in self._executing:
            self._fault("has an rml:functionExecution that is an input of itself")
            return None
        function = self._constant_iri(node, "function", "functionMap")
        if function is None:
            self._fault("has an rml:functionExecution without rml:function")
            return None
        self._executing.append(node)
        inputs: list[tuple[str, Expression]] = []
        for each in self._document.objects(node, RML + "input"):
            parameter = self._constant_iri(each, "parameter", "parameterMap")
            constants = self._document.objects(each, RML + "inputValue")
            maps = self._document.objects(each, RML + "inputValueMap")
            if parameter is None or len(constants) + len(maps) != 1:
                self._fault("calls {function} with an rml:input that lacks its rml:parameter or its one value",
                            function=function)  # fmt: skip
                continue
            value = Constant(constants[0]) if constants else self._expression(maps[0], "inputValueMap")
            if value is not None:
                inputs.append((parameter, value))
        self._executing.pop()
        return Call(function, tuple(inputs), output)

    def _constant_iri(self, node: Term, shortcut: str, word: str) -> str | None:
        found = self._document.objects(node, RML + shortcut)
        for map_ in self._document.objects(node, RML + word):
            found += self._document.objects(map_, RML + "constant")
        return found[0].value if len(found) == 1 and isinstance(found[0], NamedNode) else None

    def _one(self, node: Term, *words: str, required: bool = False) -> Term | None:
        """Return the only value of one or several words together; a second one, or none where required, is a fault."""
        found = [value for word in words for value in self._document.objects(node, RML + word)]
        if len(found) > 1:
            self._fault("has more than one {words}", words=" / ".join(f"rml:{word}" for word in words))
        if required and not found:
            self._fault("has no {words}", words=" / ".join(f"rml:{word}" for word in words))
        return found[0] if found else None

    def _text(self, node: Term, word: str, *, required: bool = False) -> str | None:
        found = self._one(node, word, required=required)
        if found is None:
            return None
        if not isinstance(found, pyoxigraph.Literal):
            self._fault("has an rml:{kind} that is not text: {found}", kind=word, found=found)
            return None
        return found.value

    def _fault(self, message: str, *, meant: str | None = None, **values: object) -> None:
        fault = self._told(message, meant, values)
        if str(fault) not in {str(known) for known in self.faults}:
            self.faults.append(fault)

    def _warn(self, message: str, *, meant: str | None = None, **values: object) -> None:
        self.warnings.append(replace(self._told(message, meant, values), severity="warning"))

    def _told(self, message: str, meant: str | None, values: dict[str, object]) -> Fault:
        row = None
        for key, name in self._place.items():
            row = self._document.row(name)
            message, values = f"{PLACES[key]} {message}", {key: name, **values}
        return Fault(message, self._document.file, row, values=values, meant=meant)


def short(iri: str) -> str:
    """Return an IRI with its prefix where that is one of the usual ones."""
    for prefix, namespace in (("rml:", RML), ("xsd:", XSD)):
        if iri.startswith(namespace):
            return prefix + iri.removeprefix(namespace)
    return iri
