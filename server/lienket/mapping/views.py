"""Logical views as SQL: one SELECT for each view, RML-LV <http://w3id.org/rml/lv/spec>.

Pure like `compile.py`: a view and the tables it is made of go in, SQL text comes out. A record that holds others is
repeated for each of them; one that holds none is kept once, with nothing in their place.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from pyoxigraph import Literal

from ..sql import literal
from ..vocabulary import XSD
from . import jsonpath, jsonpath_sql
from .expressions import Expressions, Scope
from .program import Check
from .rules import (
    Call,
    Constant,
    Expression,
    ExpressionField,
    IterableField,
    LogicalView,
    Reference,
    Source,
    ViewJoin,
    references,
)
from .sources import Column, Table

_INTEGER: Final = literal(XSD + "integer")


def view_needs(view: LogicalView) -> Iterator[tuple[Source | LogicalView, str]]:
    """Yield the columns that a view reads from what it is made of."""
    for each in view.fields:
        if isinstance(each, ExpressionField) and not _is_raw(view, each):
            yield from ((view.on, name) for name in references(each.expression))
    for join in view.joins:
        for condition in join.conditions:
            yield from ((join.parent, name) for name in references(condition.parent))
        for each in join.fields:
            yield from ((join.parent, name) for name in references(each.expression))


def view_lists(view: LogicalView) -> Iterator[str]:
    """Yield the paths whose JSON values a view goes through, of the source that it is made of."""
    for each in view.fields:
        if isinstance(each, IterableField):
            yield each.iterator or "$"
        elif _is_raw(view, each):
            yield from references(each.expression)


def _is_raw(view: LogicalView, each: ExpressionField) -> bool:
    """Tell whether a field's text has to come as it stands in JSON, line breaks and all, to be read once more."""
    of_json = isinstance(view.on, Source) and view.on.formulation == "json"
    return of_json and bool(each.fields) and isinstance(each.expression, Reference)


@dataclass(frozen=True)
class _Value:
    """SQL of a text and of its datatype, by what name people know it, and its place among its likes."""

    text: str
    datatype: str | None
    header: str
    index: str


@dataclass(frozen=True)
class _List:
    """SQL of a list of values {text, datatype}."""

    items: str
    header: str


class _Record(Protocol):
    """What references inside of a record are read from."""

    def cell(self, name: str) -> _Value | _List: ...


@dataclass(frozen=True)
class _Row:
    """A record of the table that a view is made of."""

    table: Table
    alias: str = "s"

    def cell(self, name: str) -> _Value | _List:
        column = self.table.columns[name]
        place = f"{self.alias}.{column.identifier}"
        if column.kind == "text":
            return _Value(place, None, column.name, "0")
        if column.kind == "items":
            return _List(place, column.name)
        return _Value(f"{place}.text", f"{place}.datatype", column.name, "0")


@dataclass(frozen=True)
class _Item:
    """A record that is a value of JSON."""

    value: str
    header: str

    def cell(self, name: str) -> _Value | _List:
        sql, several = jsonpath_sql.compile_path(jsonpath.parse(name), self.value)
        header = self.header + name.removeprefix("$")
        if several:
            return _List(f"list_transform({sql}, lambda v: lk_clean_item(lk_item(v)))", header)
        item = f"lk_clean_item(lk_item({sql}))"
        return _Value(f"{item}.text", f"{item}.datatype", header, "0")


@dataclass(frozen=True)
class _Line:
    """A record that is a row of a table inside of a cell."""

    names: str
    cells: str
    header: str

    def cell(self, name: str) -> _Value | _List:
        return _Value(f"lk_clean_text(lk_csv_cell({self.names}, {self.cells}, {literal(name)}))", None,
                      f"{self.header}, {name}", "0")  # fmt: skip


class _FieldScope(Scope):
    """The cells of a record, for expressions."""

    def __init__(self, cells: Mapping[str, _Value]) -> None:
        super().__init__(None, "", "s")
        self._cells = cells

    def cell(self, name: str) -> tuple[str, str | None]:
        return self._cells[name].text, self._cells[name].datatype

    def values(self, names: Iterable[str]) -> list[_Value]:
        """Return some of the cells."""
        return [self._cells[name] for name in names]


@dataclass(frozen=True)
class CompiledView:
    """A view as SQL."""

    table: Table
    select: str
    typed: str
    """SELECT of the texts as typed (row, name, text), of fields that are cells as they are."""
    checks: tuple[Check, ...]


def compile_view(
    view: LogicalView, identifier: str, wanted: Iterable[str], tables: Mapping[Source | LogicalView, Table],
    expressions: Expressions,
) -> CompiledView:  # fmt: skip
    """Compile a view; `wanted` are the fields that are read from it, `tables` those that it is made of."""
    base = tables[view.on]
    compiler = _ViewCompiler(base, expressions)
    if "#" in wanted:
        compiler.values["#"] = _Value("", None, "#", compiler.add(f"row_number() OVER (ORDER BY s.{_order(base)}) - 1"))
    compiler.fields(view.fields, _Row(base), "", base.lists)
    for join in view.joins:
        compiler.join(join, tables[join.parent], {name.removesuffix(".#") for name in wanted if name.endswith(".#")})
    columns: dict[str, Column] = {}
    cells = []
    for name in dict.fromkeys((*wanted, *compiler.checked)):
        value = compiler.values.get(name) or compiler.values[name.removesuffix(".#")]
        is_index = name == "#" or name not in compiler.values
        text = f"CAST({value.index} AS VARCHAR)" if is_index else value.text
        datatype = _INTEGER if is_index else value.datatype
        columns[name] = Column(value.header, f"c{len(columns)}", "item" if datatype else "text")
        cell = f"{{'text': {text}, 'datatype': {datatype}}}" if datatype else text
        cells.append(f"{cell} AS {columns[name].identifier}")
    table = Table(identifier, base.path, base.file, base.sheet, tuple(columns), base.rows, columns, view=view.name)
    select = f"SELECT {', '.join(['s.row AS row', *cells])} FROM {compiler.source} AS s"
    checks = tuple(
        Check(each.sql, table, (each.name,), each.message, each.values, each.translations) for each in compiler.asked
    )
    return CompiledView(table, select, _typed_texts(base, columns, compiler.values), checks)


def _order(table: Table) -> str:
    """Return the column that tells the order of records: a row of a view may be several."""
    return "rowid" if table.view else "row"


def _typed_texts(base: Table, columns: Mapping[str, Column], values: Mapping[str, _Value]) -> str:
    """Return the SELECT that hands on the texts that cleaning has changed in a table that a view is made of."""
    cells = {f"s.{column.identifier}": column.identifier for column in base.columns.values() if column.kind == "text"}
    found = [
        f"SELECT row, {literal(column.identifier)} AS name, text FROM {base.identifier}_typed "
        f"WHERE name = {literal(cells[values[name].text])}"
        for name, column in columns.items()
        if column.kind == "text" and name in values and values[name].text in cells
    ]
    return " UNION ALL ".join(found) or f"SELECT row, name, text FROM {base.identifier}_typed WHERE false"


@dataclass(frozen=True)
class _Question:
    sql: str
    name: str
    message: str
    values: Mapping[str, str] = field(default_factory=dict)
    translations: Mapping[str, str] = field(default_factory=dict)


class _ViewCompiler:
    """Grows a SELECT by a level for everything that is made of what is there: `s` is the level below."""

    def __init__(self, base: Table, expressions: Expressions) -> None:
        self._base = base
        self._expressions = expressions
        self._number = 0
        self.source = base.identifier
        self.values: dict[str, _Value] = {}
        self.asked: list[_Question] = []

    @property
    def checked(self) -> list[str]:
        """Names of the fields that checks are about."""
        return [question.name for question in self.asked]

    def add(self, sql: str) -> str:
        """Add a column; return how the level above calls it."""
        self._number += 1
        self.source = f"(SELECT *, {sql} AS v{self._number} FROM {self.source} AS s)"
        return f"s.v{self._number}"

    def _ask(self, name: str, text: str, condition: str, message: str, translations: Mapping[str, str],
             **values: str) -> None:  # fmt: skip
        sql = f"SELECT s.row AS row, {text} AS text FROM {self.source} AS s WHERE {condition}"
        self.asked.append(_Question(sql, name, message, values, translations))

    def fields(
        self, fields: Iterable[ExpressionField | IterableField], record: _Record, prefix: str,
        lists: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        """Add the fields of a record; `lists` are the columns that hold the inner records of the first one."""
        for each in fields:
            name = prefix + each.name
            if isinstance(each, IterableField):
                if lists is not None:
                    items, header = f"s.{lists[each.iterator or '$']}", each.iterator or "$"
                else:
                    items, header = self._items(record, each.iterator or "$")
                self._records(each, name, items, header)
            elif lists and each.fields and isinstance(each.expression, Reference):
                raw = self._unnested(f"s.{lists[each.expression.name]}")
                item = self.add(f"lk_clean_item(lk_item({raw}.v))")
                header = each.expression.name
                self.values[name] = _Value(f"{item}.text", f"{item}.datatype", header, f"{raw}.n")
                self._inner(each, name, f"({raw}.v ->> '$')", header)
            else:
                self.values[name] = self._value(each.expression, record, name)
                raw_text = self._typed(each.expression, record, self.values[name].text)
                self._inner(each, name, raw_text, self.values[name].header)

    def _typed(self, expression: Expression, record: _Record, text: str) -> str:
        """Return the text of a cell as it was typed: cleaning would take the line breaks from a table inside of it."""
        if not isinstance(expression, Reference) or not isinstance(record, _Row):
            return text
        column = record.table.columns[expression.name]
        if column.kind != "text" or record.table.view:
            return text
        return (
            f"coalesce((SELECT y.text FROM {record.table.identifier}_typed AS y WHERE y.row = s.row "
            f"AND y.name = {literal(column.identifier)}), {text})"
        )

    def _items(self, record: _Record, iterator: str) -> tuple[str, str]:
        if not isinstance(record, _Item):
            raise TypeError("only JSON holds items that a path finds")
        sql, several = jsonpath_sql.compile_path(jsonpath.parse(iterator), record.value)
        items = sql if several else f"CASE WHEN {sql} IS NOT NULL THEN [{sql}] END"
        return items, record.header + iterator.removeprefix("$")

    def _unnested(self, items: str) -> str:
        """Add a level with a row for each item {v, n}; one row without an item where there is none."""
        return self.add(f"unnest(lk_numbered({items}))")

    def _records(self, each: IterableField, name: str, items: str, header: str) -> None:
        """Add a level with a row for each record of JSON, and its fields."""
        one = self._unnested(items)
        self.values[name] = _Value("", None, header, f"{one}.n")
        self.fields(each.fields, _Item(f"{one}.v", header), f"{name}.")

    def _inner(self, each: ExpressionField, name: str, raw: str, header: str) -> None:
        """Add the records that a field's text holds: a document of JSON, or a table."""
        for inner in each.fields:
            inner_name = f"{name}.{inner.name}"
            text = self.add(raw)
            if inner.formulation == "json":
                self._ask(name, text, f"NOT json_valid({text})", "is not JSON", {})
                document = self.add(f"CASE WHEN json_valid({text}) THEN CAST({text} AS JSON) END")
                items, inner_header = self._items(_Item(document, header), inner.iterator or "$")
                self._records(inner, inner_name, items, inner_header)
                continue
            lines = self.add(f"lk_csv({text})")
            for field_ in inner.fields:
                if isinstance(field_, ExpressionField):
                    for column in references(field_.expression):
                        missing = f"len({lines}) > 0 AND NOT list_contains({lines}[1], {literal(column)})"
                        self._ask(name, text, missing, "is a table without the column {wanted}", {}, wanted=column)
            one = self._unnested(f"{lines}[2:]")
            self.values[inner_name] = _Value("", None, header, f"{one}.n")
            self.fields(inner.fields, _Line(f"{lines}[1]", f"{one}.v", header), f"{inner_name}.")

    def _value(self, expression: Expression, record: _Record, name: str) -> _Value:
        """Add what an expression needs and return its value; of a list, each of its items makes a row."""
        cells: dict[str, _Value] = {}
        for reference in dict.fromkeys(references(expression)):
            cell = record.cell(reference)
            if isinstance(cell, _List):
                one = self._unnested(cell.items)
                cell = _Value(f"{one}.v.text", f"{one}.v.datatype", cell.header, f"{one}.n")
            elif not isinstance(record, _Row):
                made = self.add(cell.text if cell.datatype is None else cell.text.removesuffix(".text"))
                text, datatype = (made, None) if cell.datatype is None else (f"{made}.text", f"{made}.datatype")
                cell = _Value(text, datatype, cell.header, "0")
            cells[reference] = cell
        if isinstance(expression, Reference):
            return cells[expression.name]
        scope = _FieldScope(cells)
        self._ask_unread(expression, scope, name)
        lists = [cell.index for cell in cells.values() if cell.index != "0"]
        header = ", ".join(cell.header for cell in cells.values()) or name
        made = self.add(self._expressions.value(expression, scope))
        return _Value(made, self._datatype(expression), header, lists[0] if lists else "0")

    def _datatype(self, expression: Expression) -> str | None:
        """Return the SQL of the natural datatype of what is made: that of a function's output or of a constant."""
        found = None
        if isinstance(expression, Call):
            found = self._expressions.functions[expression.function].datatype
        elif isinstance(expression, Constant) and isinstance(expression.term, Literal):
            found = expression.term.datatype.value
        return literal(found) if found and found != XSD + "string" else None

    def _ask_unread(self, expression: Expression, scope: _FieldScope, name: str) -> None:
        if not isinstance(expression, Call):
            return
        for _, value in expression.inputs:
            self._ask_unread(value, scope, name)
        for part, is_right, said in self._expressions.mistakes(expression):
            names = list(dict.fromkeys(references(part)))
            if names:
                cells = scope.values(names)
                text = " || ', ' || ".join(f"coalesce({cell.text}, '')" for cell in cells)
                asked = name
                if part != expression:  # a column of its own, which no rule can name
                    asked = "\0".join((name, *names))
                    alone = cells[0].text if len(cells) == 1 else text
                    self.values[asked] = _Value(alone, None, ", ".join(cell.header for cell in cells), "0")
                self._ask(asked, text, f"NOT {is_right(scope)}", said["en"], said)

    def join(self, join: ViewJoin, parent: Table, numbered: set[str]) -> None:
        """Join the records of another view, with the fields that are taken from them."""
        theirs = _Row(parent, "p")
        own, other = _FieldScope(self.values), _FieldScope(_cells(theirs, join))
        met = " AND ".join(
            f"{self._expressions.value(each.child, own)} = {self._expressions.value(each.parent, other)}"
            for each in join.conditions
        )
        index = "0"
        columns = []
        if any(each.name in numbered for each in join.fields):
            mine = self.add("row_number() OVER ()")
            self._number += 1
            columns.append(
                f"CASE WHEN p.row IS NOT NULL THEN row_number() OVER (PARTITION BY {mine} "
                f"ORDER BY p.{_order(parent)}) - 1 END AS v{self._number}"
            )
            index = f"s.v{self._number}"
        for each in join.fields:
            self._number += 1
            text = self._expressions.value(each.expression, other)
            columns.append(f"CASE WHEN p.row IS NOT NULL THEN {text} END AS v{self._number}")
            value = _Value(f"s.v{self._number}", self._datatype(each.expression), self._header(each, parent), index)
            natural = other.cell(each.expression.name)[1] if isinstance(each.expression, Reference) else None
            if natural is not None:
                self._number += 1
                columns.append(f"{natural} AS v{self._number}")
                value = _Value(value.text, f"s.v{self._number}", value.header, index)
            self.values[each.name] = value
        kind = "LEFT JOIN" if join.outer else "JOIN"
        listed = ", ".join(["s.*", *columns])
        self.source = f"(SELECT {listed} FROM {self.source} AS s {kind} {parent.identifier} AS p ON {met})"

    def _header(self, each: ExpressionField, parent: Table) -> str:
        names = ", ".join(parent.columns[name].name for name in references(each.expression))
        return f"{names} ({parent.file})" if names else each.name


def _cells(record: _Row, join: ViewJoin) -> dict[str, _Value]:
    """Return the cells of a joined view, whose columns hold one value each."""
    expressions = [each.parent for each in join.conditions] + [each.expression for each in join.fields]
    names = {name for expression in expressions for name in references(expression)}
    cells = {name: record.cell(name) for name in names}
    return {name: cell for name, cell in cells.items() if isinstance(cell, _Value)}
