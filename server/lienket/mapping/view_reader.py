"""The part of an RML document that describes logical views, RML-LV <http://w3id.org/rml/lv/spec>."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping

from pyoxigraph import NamedNode

from ..vocabulary import RDF, RML
from . import jsonpath
from .document import Document, Term
from .reading import Reading, short
from .rules import (
    FORMULATIONS,
    Expression,
    ExpressionField,
    Field,
    Formulation,
    IterableField,
    JoinCondition,
    LogicalView,
    RefObjectMap,
    Source,
    TriplesMap,
    ViewJoin,
    field_names,
    references,
    term_maps,
    term_references,
)

_VIEW = NamedNode(RML + "LogicalView")
_ITERABLE = NamedNode(RML + "IterableField")


class ViewReading(Reading, ABC):
    """Reads logical views; each once, however many triples maps and views use it."""

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self._views: dict[Term, LogicalView | None] = {}
        self._viewing: list[Term] = []

    @abstractmethod
    def _abstract_source(self, node: Term, word: str) -> Source | LogicalView | None:
        """Read a logical source or view that a property of a node names."""

    def _is_view(self, node: Term) -> bool:
        return _VIEW in self._document.objects(node, RDF + "type") or bool(self._document.objects(node, RML + "viewOn"))

    def _logical_view(self, node: Term) -> LogicalView | None:
        if node in self._views:
            return self._views[node]
        before, self._place = self._place, {"logical_view": self._document.name(node)}
        if node in self._viewing:
            circle = [*self._viewing[self._viewing.index(node) :], node]
            self._fault("is made of itself: {circle}", circle=" → ".join(map(self._document.name, circle)))
            self._place = before
            return None
        self._viewing.append(node)
        known = len(self.faults)
        on = self._abstract_source(node, "viewOn")
        if on is None and len(self.faults) == known:
            self._fault("has no {words}", words="rml:viewOn")
        fields = self._fields(node, on.formulation if isinstance(on, Source) else None, (), at_root=True)
        found = [self._join(join, outer) for outer, join in self._joins_of(node)]
        view = None
        if on is not None:
            view = LogicalView(self._document.name(node), on, fields, tuple(join for join in found if join))
            self._check_view(view)
        self._viewing.pop()
        self._views[node] = view if len(self.faults) == known else None
        self._place = before
        return self._views[node]

    def _fields(
        self, node: Term, formulation: Formulation | None, within: tuple[Term, ...], *, at_root: bool = False
    ) -> tuple[Field, ...]:
        """Read the fields of a view or a field; a reference below the root is checked here, where its kind is known."""
        found: list[Field] = []
        for each in self._document.objects(node, RML + "field"):
            name = self._text(each, "fieldName", required=True)
            if name is None:
                continue
            if each in within:
                self._fault("has the field {field} inside of itself", field=name)
            elif any(field.name == name for field in found):
                self._fault("has two fields with the name {field}", field=name)
            elif _ITERABLE in self._document.objects(each, RDF + "type") or self._text(each, "iterator") is not None:
                found += self._iterable_field(each, name, formulation, (*within, each))
            else:
                expression = self._expression(each, "field")
                inner = self._fields(each, None, (*within, each))
                if expression is not None:
                    if formulation == "json" and not at_root:
                        self._check_paths(references(expression))
                    found.append(
                        ExpressionField(name, expression, tuple(f for f in inner if isinstance(f, IterableField)))
                    )
        return tuple(found)

    def _iterable_field(
        self, node: Term, name: str, formulation: Formulation | None, within: tuple[Term, ...]
    ) -> Iterator[Field]:
        stated = self._one(node, "referenceFormulation")
        kind = FORMULATIONS.get(getattr(stated, "value", "")) if stated is not None else formulation
        if kind is None:
            self._fault(
                "has the iterable field {field} without a reference formulation that is known; known are {known}",
                field=name, known=", ".join(map(short, FORMULATIONS)),
            )  # fmt: skip
            return
        if kind == "xml":
            self._fault("has the iterable field {field} of XML: only JSON and tables hold records that can be read",
                        field=name)  # fmt: skip
            return
        iterator = self._text(node, "iterator")
        if kind == "json":
            iterator = iterator or "$"
            self._check_paths([iterator])
        yield IterableField(name, kind, iterator, self._fields(node, kind, within))

    def _check_paths(self, paths: Iterable[str]) -> None:
        for path in paths:
            try:
                jsonpath.parse(path)
            except jsonpath.JsonPathError as error:
                self._fault("is read with the path {path}, which {detail}", path=path, detail=error)

    def _joins_of(self, node: Term) -> Iterator[tuple[bool, Term]]:
        for word in ("leftJoin", "innerJoin"):
            yield from ((word == "leftJoin", join) for join in self._document.objects(node, RML + word))

    def _join(self, node: Term, outer: bool) -> ViewJoin | None:
        stated = self._one(node, "parentLogicalView", required=True)
        conditions = self._join_conditions(node)
        if not conditions:
            self._fault("has a join without rml:joinCondition")
        fields = self._fields(node, None, (), at_root=True)
        parent = self._logical_view(stated) if stated is not None else None
        if parent is None:
            return None
        return ViewJoin(
            parent, outer, conditions, tuple(field for field in fields if isinstance(field, ExpressionField))
        )

    # Names

    def _check_view(self, view: LogicalView) -> None:
        """Look for names that collide, and for those that are read of another view and are not there."""
        names = [field.name for field in view.fields] + [field.name for join in view.joins for field in join.fields]
        for name in dict.fromkeys(name for name in names if names.count(name) > 1):
            self._fault("has two fields with the name {field}", field=name)
        if isinstance(view.on, LogicalView):
            self._check_names(view.on, [each.expression for each in view.fields if isinstance(each, ExpressionField)])
        of_json = isinstance(view.on, Source) and view.on.formulation == "json"
        kinds = {each.formulation for each in view.fields if isinstance(each, IterableField)}
        if kinds - ({"json"} if of_json else set()):
            self._fault("has an iterable field that is no part of a cell: only JSON has such")
        for join in view.joins:
            own = LogicalView(view.name, view.on, view.fields)
            self._check_names(own, [each.child for each in join.conditions])
            self._check_names(join.parent, [each.parent for each in join.conditions])
            self._check_names(join.parent, [field.expression for field in join.fields])

    def _check_field_names(self, triples_map: TriplesMap, found: Mapping[str, TriplesMap]) -> None:
        """Look for names that a triples map asks of a view and that are not there."""
        if isinstance(triples_map.source, LogicalView):
            names = [name for term_map in term_maps(triples_map) for name in term_references(term_map)]
            self._check_known(triples_map.source, names)
        for parent, conditions in self._joined(triples_map, found):
            for condition in conditions:
                if isinstance(triples_map.source, LogicalView):
                    self._check_names(triples_map.source, [condition.child])
                if isinstance(parent.source, LogicalView):
                    self._check_names(parent.source, [condition.parent])

    def _joined(
        self, triples_map: TriplesMap, found: Mapping[str, TriplesMap]
    ) -> Iterator[tuple[TriplesMap, tuple[JoinCondition, ...]]]:
        for each in triples_map.predicate_object_maps:
            for object_ in each.objects:
                if isinstance(object_, RefObjectMap) and object_.parent in found:
                    yield found[object_.parent], object_.conditions

    def _check_names(self, view: LogicalView, expressions: Iterable[Expression]) -> None:
        self._check_known(view, [name for expression in expressions for name in references(expression)])

    def _check_known(self, view: LogicalView, names: Iterable[str]) -> None:
        known = field_names(view)
        for name in dict.fromkeys(names):
            if name not in known:
                self._fault("reads {name}, which is no field of the logical view {view}; the fields are: {known}",
                            name=name, view=view.name, known=", ".join(_told(known)))  # fmt: skip
            elif not known[name]:
                inner = [other for other in _told(known) if other.startswith(f"{name}.")]
                self._fault("reads {name}, an iterable field, which has no value; its fields are: {known}",
                            name=name, known=", ".join(inner))  # fmt: skip


def _told(names: Mapping[str, bool]) -> list[str]:
    return [name for name, has_value in names.items() if has_value and not name.endswith("#")]
