"""The part of a document that says what must hold of tables: keys, references between them, cells that must be filled.

Structural annotations of logical views, RML-LV <http://w3id.org/rml/lv/spec>, and the schema of a table that a source
states in the words of CSVW <https://www.w3.org/TR/tabular-metadata/#schemas>.
"""

from abc import ABC
from collections.abc import Iterator, Sequence
from typing import Final

from pyoxigraph import Literal

from ..vocabulary import CSVW, RDF, RML
from .document import Document, Term
from .reading import short
from .rules import Constraint, Holds, LogicalView, Source
from .source_reader import SourceReader
from .view_reader import ViewReading

_ANNOTATIONS: Final[dict[str, tuple[Holds, ...]]] = {
    RML + "PrimaryKeyAnnotation": ("unique", "filled"),
    RML + "UniqueAnnotation": ("unique",),
    RML + "NotNullAnnotation": ("filled",),
    RML + "NonNullableAnnotation": ("filled",),
    RML + "IriSafeAnnotation": ("iri safe",),
    RML + "IRISafeAnnotation": ("iri safe",),
    RML + "ForeignKeyAnnotation": ("reference", "unique"),
    RML + "InclusionAnnotation": ("reference",),
    RML + "InclusionDependencyAnnotation": ("reference",),
}
"""Kind of annotation → what it states; a foreign key's target has to be unique. Some kinds have a second name."""


class KeyReading(ViewReading, ABC):
    """Reads constraints; each once, however many triples maps use what it is about."""

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self._sources = SourceReader(document, self._one, self._text, self._fault, self.warnings)
        self._constraints: dict[Constraint, None] = {}

    def _state(
        self, stated: Sequence[Holds], on: Source | LogicalView, columns: tuple[str, ...],
        target: Source | LogicalView | None = None, target_columns: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        for holds in stated:
            if holds == "reference":
                constraint = Constraint(holds, on, columns, target, target_columns)
            elif target is not None:
                constraint = Constraint(holds, target, target_columns)
            else:
                constraint = Constraint(holds, on, columns)
            self._constraints[constraint] = None

    # Logical views

    def _read_annotations(self) -> None:
        """Read the annotations of all views; afterwards, because views may refer to each other in a circle."""
        for node, view in list(self._views.items()):
            if view is not None:
                self._place = {"logical_view": view.name}
                for annotation in self._document.objects(node, RML + "structuralAnnotation"):
                    self._annotation(annotation, view)

    def _annotation(self, node: Term, view: LogicalView) -> None:
        stated = [
            holds
            for kind in self._document.objects(node, RDF + "type")
            for holds in _ANNOTATIONS.get(kind.value if not isinstance(kind, Literal) else "", ())
        ]
        if not stated:
            self._fault("has a structural annotation of a kind that is not known; known are {known}",
                        known=", ".join(map(short, _ANNOTATIONS)))  # fmt: skip
            return
        fields = self._field_list(node, "onFields", view)
        if "reference" not in stated:
            if fields:
                self._state(stated, view, fields)
            return
        named = self._one(node, "targetView", required=True)
        target = self._views.get(named) if named is not None else None
        if named is not None and target is None:
            if named not in self._views:
                self._fault("refers to {found}, which is no logical view of this file",
                            found=self._document.name(named))  # fmt: skip
            return
        if target is not None:
            there = self._field_list(node, "targetFields", target)
            if fields and there and self._is_even(fields, there):
                self._state(stated, view, fields, target, there)

    def _field_list(self, node: Term, word: str, view: LogicalView) -> tuple[str, ...]:
        head = self._one(node, word, required=True)
        if head is None:
            return ()
        names = tuple(each.value for each in self._document.members(head) if isinstance(each, Literal))
        if not names:
            self._fault('has an rml:{word} that is no list of names, such as ("a" "b")', word=word)
        known = len(self.faults)
        self._check_known(view, names)
        return names if len(self.faults) == known else ()

    def _is_even(self, columns: Sequence[str], there: Sequence[str]) -> bool:
        if len(columns) != len(there):
            self._fault("refers with {columns} to {there}, which are not as many",
                        columns=", ".join(columns), there=", ".join(there))  # fmt: skip
        return len(columns) == len(there)

    # Schemas of tables

    def _read_schema(self, logical: Term, source: Source) -> None:
        """Read the schema that the source of a logical source states."""
        for holder in self._document.objects(logical, RML + "source"):
            for schema in self._document.objects(holder, CSVW + "tableSchema"):
                if not self._document.predicates(schema):
                    self._fault("has a csvw:tableSchema that is not described in this file")
                    continue
                headers = dict(self._headers(schema, source))
                key = self._columns(schema, "primaryKey", headers)
                if key:
                    self._state(("unique", "filled"), source, key)
                for each in self._document.objects(schema, CSVW + "foreignKey"):
                    self._foreign_key(each, source, self._columns(each, "columnReference", headers))

    def _headers(self, schema: Term, source: Source) -> Iterator[tuple[str, str]]:
        """Yield the names of the columns with their headers; a column that is required has to be filled."""
        for head in self._document.objects(schema, CSVW + "column"):
            for column in self._document.members(head):
                stated = {
                    word: value.value
                    for word in ("name", "title", "required")
                    for value in self._document.objects(column, CSVW + word)
                }
                header = stated.get("title", stated.get("name"))
                if header is None:
                    self._fault("has a csvw:column without csvw:name or csvw:title")
                    continue
                yield stated.get("name", header), header
                if stated.get("required") in ("true", "1"):
                    self._state(("filled",), source, (header,))

    def _columns(self, node: Term, word: str, headers: dict[str, str] | None = None) -> tuple[str, ...]:
        names = [
            each.value
            for value in self._document.objects(node, CSVW + word)
            for each in ((value,) if isinstance(value, Literal) else self._document.members(value))
        ]
        return tuple((headers or {}).get(name, name) for name in names)

    def _foreign_key(self, node: Term, source: Source, columns: tuple[str, ...]) -> None:
        for reference in self._document.objects(node, CSVW + "reference"):
            there = self._columns(reference, "columnReference")
            for resource in self._document.objects(reference, CSVW + "resource"):
                target = self._table(resource)
                if target is not None and columns and there:
                    if self._is_even(columns, there):
                        self._state(("reference", "unique"), source, columns, target, there)
                    return
        self._fault(
            "has a csvw:foreignKey that is not whole: it takes csvw:columnReference, and csvw:reference with"
            " csvw:columnReference and a csvw:resource, the name of a file as text or a logical source of this file"
        )

    def _table(self, resource: Term) -> Source | None:
        if isinstance(resource, Literal):
            return Source(resource.value, "mapping", "table")
        return self._sources.read(resource) if self._document.objects(resource, RML + "source") else None
