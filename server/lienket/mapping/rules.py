"""Mapping rules as data, with the names of RML-Core <http://w3id.org/rml/core/spec>, and the ways through them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from pyoxigraph import NamedNode

from ..errors import Fault
from ..vocabulary import QL, RML
from .document import Term

TermType = Literal["IRI", "URI", "UnsafeIRI", "UnsafeURI", "BlankNode", "Literal"]
Formulation = Literal["table", "json", "xml", "database table", "database query"]
Holds = Literal["unique", "filled", "iri safe", "reference"]

TERM_TYPES: Final[dict[str, TermType]] = {
    RML + name: name for name in ("IRI", "URI", "UnsafeIRI", "UnsafeURI", "BlankNode", "Literal")
}
FORMULATIONS: Final[dict[str, Formulation]] = {
    RML + "CSV": "table", RML + "JSONPath": "json", QL + "JSONPath": "json",
    RML + "XPath": "xml", QL + "XPath": "xml",
    RML + "SQL2008Table": "database table", RML + "SQLTable": "database table",
    RML + "SQL2008Query": "database query", RML + "SQLQuery": "database query",
}  # fmt: skip
DEFAULT_GRAPH: Final = RML + "defaultGraph"
DEFAULT_BASE_IRI: Final = "http://example.org/"


@dataclass(frozen=True)
class Constant:
    """Always the same term."""

    term: Term


@dataclass(frozen=True)
class Reference:
    """The value of a column (a table) or of a path below the item (JSON, XML)."""

    name: str


@dataclass(frozen=True)
class Template:
    """Fixed text and references in turn, joined."""

    parts: tuple[str | Reference, ...]


@dataclass(frozen=True)
class Call:
    """What a function returns for its inputs, which are given by parameter IRI."""

    function: str
    inputs: tuple[tuple[str, "Expression"], ...]
    output: str | None = None
    """IRI of the output that is taken; None for the first."""


@dataclass(frozen=True)
class Fresh:
    """No expression at all: a blank node of its own for every row."""


Expression = Constant | Reference | Template | Call | Fresh


@dataclass(frozen=True)
class TermMap:
    """An expression and the kind of term it makes."""

    expression: Expression
    term_type: TermType
    language: "TermMap | None" = None
    datatype: "TermMap | None" = None
    condition: Expression | None = None
    """What has to be true; where it is not, there is no term."""


@dataclass(frozen=True)
class JoinCondition:
    """The child's value has to equal the parent's."""

    child: Expression
    parent: Expression


@dataclass(frozen=True)
class RefObjectMap:
    """The objects are the subjects that another triples map makes."""

    parent: str
    """Name of the triples map."""
    conditions: tuple[JoinCondition, ...]


@dataclass(frozen=True)
class PredicateObjectMap:
    """Every predicate with every object, in every graph."""

    predicates: tuple[TermMap, ...]
    objects: tuple[TermMap | RefObjectMap, ...]
    graphs: tuple[TermMap, ...]


@dataclass(frozen=True)
class Database:
    """A database, as a mapping states it or as the caller wants it to be reached."""

    address: str
    """`jdbc:` address, or that without `jdbc:`; empty in R2RML, which leaves the database to the caller."""
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Dialect:
    """How delimited text is written <https://www.w3.org/TR/tabular-metadata/#dialect-descriptions>."""

    delimiter: str | None = None
    """None: found out, as everything is where a source states no dialect."""
    quote: str | None = '"'
    double_quote: bool = True
    """Whether a quotation mark inside of a cell is doubled; else a backslash stands before it."""
    comment: str | None = None
    """What lines begin with that are left out."""
    header: bool = True
    """Without one the columns are called 1, 2, …"""
    skip_rows: int = 0
    """Rows above the header that are left out."""
    trim: tuple[bool, bool] = (False, False)
    """Whether spaces at the start and at the end of cells are left out."""


@dataclass(frozen=True)
class Source:
    """Where a triples map takes its rows from."""

    path: str
    root: str
    """"mapping" (the folder of the document), "working" (the working folder) or a folder."""
    formulation: Formulation
    iterator: str | None = None
    """JSONPath of the items, XPath of the elements; of a workbook the sheet; of a database its table or query."""
    nulls: tuple[str, ...] = ()
    """Texts that stand for no value."""
    database: Database | None = None
    """Where it is one; there is no path then."""
    encoding: str | None = None
    """None: found out, UTF-8 or UTF-16."""
    compression: str | None = None
    """"gzip", "zip", "targz" or "tarxz"."""
    dialect: Dialect | None = None
    short_paths: bool = False
    """Whether `name` stands for `$.name`, as legacy RML has it."""
    namespaces: tuple[tuple[str, str], ...] = ()
    """Prefixes that its paths of XML use, with their namespaces."""


@dataclass(frozen=True)
class ExpressionField:
    """A field whose values an expression gives; it may hold text with records of its own, which `fields` read."""

    name: str
    expression: Expression
    fields: tuple["IterableField", ...] = ()


@dataclass(frozen=True)
class IterableField:
    """A field that stands for records inside of a record: items of JSON, or the rows of a table in a cell."""

    name: str
    formulation: Formulation
    iterator: str | None
    fields: "tuple[ExpressionField | IterableField, ...]"


Field = ExpressionField | IterableField


@dataclass(frozen=True)
class ViewJoin:
    """Fields that a logical view takes from another one."""

    parent: "LogicalView"
    outer: bool
    """Whether records that find no partner are kept."""
    conditions: tuple[JoinCondition, ...]
    fields: tuple[ExpressionField, ...]


@dataclass(frozen=True)
class LogicalView:
    """A table made of another one: flat fields of nested records, joined with those of other views (RML-LV)."""

    name: str
    """IRI, or `_:` and a label."""
    on: "Source | LogicalView"
    fields: tuple[Field, ...]
    joins: tuple[ViewJoin, ...] = ()


@dataclass(frozen=True)
class TriplesMap:
    """How a row becomes triples."""

    name: str
    """IRI, or `_:` and a label."""
    source: Source | LogicalView | None
    """None where everything is constant."""
    subject: TermMap
    classes: tuple[NamedNode, ...]
    graphs: tuple[TermMap, ...]
    predicate_object_maps: tuple[PredicateObjectMap, ...]
    base_iri: str

    @property
    def origin(self) -> Source | None:
        """The source that the rows come from, behind all logical views."""
        source = self.source
        while isinstance(source, LogicalView):
            source = source.on
        return source


@dataclass(frozen=True)
class Constraint:
    """What has to hold of the rows of a table, whatever is mapped of them."""

    holds: Holds
    on: Source | LogicalView
    columns: tuple[str, ...]
    target: Source | LogicalView | None = None
    """Where the values of a reference have to stand."""
    target_columns: tuple[str, ...] = ()
    """The columns of the target that stand for `columns`, in their order."""


@dataclass(frozen=True)
class Rules:
    """One mapping document."""

    path: Path
    triples_maps: Mapping[str, TriplesMap]
    constraints: tuple[Constraint, ...] = ()
    warnings: tuple[Fault, ...] = ()
    """What is not wrong in the document, and should be mended all the same."""
    rows: Mapping[str, int] = field(default_factory=dict)
    """Lines of the document where triples maps and views are described, by name, as far as they are known."""

    def sources(self) -> Iterator[Source | LogicalView]:
        """Yield the sources and views that triples maps and constraints read, each once."""
        found = [each.source for each in self.triples_maps.values()]
        for constraint in self.constraints:
            found += [constraint.on, constraint.target]
        yield from dict.fromkeys(source for source in found if source is not None)


def references(expression: Expression) -> Iterator[str]:
    """Yield the names of columns or paths that an expression reads, in order, repeated as it repeats them."""
    match expression:
        case Reference(name):
            yield name
        case Template(parts):
            yield from (part.name for part in parts if isinstance(part, Reference))
        case Call(inputs=inputs):
            for _, value in inputs:
                yield from references(value)


def term_references(term_map: TermMap) -> tuple[str, ...]:
    """Return the names that a term map reads, each once."""
    return tuple(dict.fromkeys(name for each in term_expressions(term_map) for name in references(each)))


def term_expressions(term_map: TermMap) -> Iterator[Expression]:
    """Yield the expressions of a term map: its own, its condition, those of its language and datatype."""
    yield term_map.expression
    if term_map.condition is not None:
        yield term_map.condition
    for part in (term_map.language, term_map.datatype):
        if part is not None:
            yield part.expression


class TemplateError(ValueError):
    """A template that does not follow the rules; its text says why."""


def parse_template(text: str) -> Template:
    r"""Read a template: `{` and `}` enclose references, a backslash escapes these three.

    >>> parse_template(r"id/unit/{Mã}-2025\{x").parts
    ('id/unit/', Reference(name='Mã'), '-2025{x')

    Raises TemplateError.
    """
    parts: list[str | Reference] = []
    buffer = ""
    inside = False
    characters = iter(text)
    for character in characters:
        if character == "\\":
            escaped = next(characters, "")
            if escaped not in ("{", "}", "\\"):
                raise TemplateError("a backslash stands before something other than a brace or a backslash")
            buffer += escaped
        elif character == "{":
            if inside:
                raise TemplateError("a brace opens inside of braces; write \\{ for a brace that is part of a name")
            if buffer:
                parts.append(buffer)
            buffer, inside = "", True
        elif character == "}":
            if not inside:
                raise TemplateError("a brace closes that was not opened; write \\} for a brace that is meant as such")
            if not buffer:
                raise TemplateError("a pair of braces is empty")
            parts.append(Reference(buffer))
            buffer, inside = "", False
        else:
            buffer += character
    if inside:
        raise TemplateError("a brace is not closed")
    if buffer:
        parts.append(buffer)
    return Template(tuple(parts))


def term_maps(triples_map: TriplesMap) -> Iterator[TermMap]:
    """Yield the term maps of a triples map, the subject's first."""
    yield triples_map.subject
    yield from triples_map.graphs
    for each in triples_map.predicate_object_maps:
        yield from each.predicates
        yield from (object_ for object_ in each.objects if isinstance(object_, TermMap))
        yield from each.graphs


def joins(document: Rules, triples_map: TriplesMap) -> Iterator[tuple[TriplesMap, RefObjectMap]]:
    """Yield the objects of a triples map that are subjects of another one, with that."""
    for each in triples_map.predicate_object_maps:
        for object_ in each.objects:
            if isinstance(object_, RefObjectMap):
                yield document.triples_maps[object_.parent], object_


def calls(document: Rules, triples_map: TriplesMap) -> Iterator[Call]:
    """Yield every function call of a triples map; inner ones after those that they are inputs of."""
    expressions: list[Expression] = [
        expression for term_map in term_maps(triples_map) for expression in term_expressions(term_map)
    ]
    for _, reference in joins(document, triples_map):
        expressions += [side for each in reference.conditions for side in (each.child, each.parent)]
    yield from _called(expressions)


def view_calls(view: LogicalView) -> Iterator[Call]:
    """Yield every function call of a view itself, not of those it is made of."""
    yield from _called(list(_view_expressions(view)))


def _called(expressions: list[Expression]) -> Iterator[Call]:
    while expressions:
        expression = expressions.pop(0)
        if isinstance(expression, Call):
            yield expression
            expressions += [value for _, value in expression.inputs]


def views(source: Source | LogicalView | None) -> Iterator[LogicalView]:
    """Yield the views that a source is made of, each after those it is made of; itself last."""
    if isinstance(source, LogicalView):
        for other in (source.on, *(join.parent for join in source.joins)):
            yield from views(other)
        yield source


def _view_expressions(view: LogicalView) -> Iterator[Expression]:
    fields: list[Field] = list(view.fields)
    for join in view.joins:
        fields += join.fields
        yield from (side for each in join.conditions for side in (each.child, each.parent))
    while fields:
        field = fields.pop(0)
        if isinstance(field, ExpressionField):
            yield field.expression
        fields += field.fields


def field_names(view: LogicalView) -> dict[str, bool]:
    """Return the names that may be asked of a view, with whether they hold a value; index names (#) among them."""
    names = {"#": True}

    def add(fields: tuple[Field, ...], prefix: str) -> None:
        for each in fields:
            names[prefix + each.name] = isinstance(each, ExpressionField)
            names[f"{prefix}{each.name}.#"] = True
            add(each.fields, f"{prefix}{each.name}.")

    add(view.fields, "")
    for join in view.joins:
        add(join.fields, "")
    return names
