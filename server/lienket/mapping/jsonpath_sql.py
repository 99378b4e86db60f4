"""JSONPath <https://www.rfc-editor.org/rfc/rfc9535>: what a path finds, as SQL over values of DuckDB's type JSON."""

from itertools import count

from ..sql import literal
from . import jsonpath as path
from .jsonpath import is_singular


def compile_path(segments: tuple[path.Segment, ...], document: str) -> tuple[str, bool]:
    """Return the SQL that takes a path from the JSON expression `document`, and whether it gives a list of values.

    A value that is not there is NULL; such may also stand in the list.
    """
    return _Compiler(document).nodes(segments, document)


class _Compiler:
    """Compiles one path; names of lambda parameters are its own, so that no condition hides what it stands in."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._numbers = count()

    def _name(self) -> str:
        return f"j{next(self._numbers)}"

    def nodes(self, segments: tuple[path.Segment, ...], start: str) -> tuple[str, bool]:
        expression, many = start, False
        for segment in segments:
            if not many and is_singular(segment):
                expression = _child(expression, segment.selectors[0])
                continue
            if not many and len(segment.selectors) == 1 and not segment.below:
                expression, many = self._selected(expression, segment.selectors[0]), True
                continue
            if not many:
                expression, many = f"[{expression}]", True
            node = self._name()
            if segment.below:
                everything = f"list_concat([{node}], json_extract({node}, '$..*'))"
                expression = f"flatten(list_transform({expression}, lambda {node}: {everything}))"
            if is_singular(path.Segment(segment.selectors)):
                one = _child(node, segment.selectors[0])
                expression = f"list_transform({expression}, lambda {node}: {one})"
                if segment.below:
                    expression = self._there(expression)
            else:
                lists = [self._selected(node, selector) for selector in segment.selectors]
                taken = lists[0] if len(lists) == 1 else f"flatten([{', '.join(lists)}])"
                expression = f"flatten(list_transform({expression}, lambda {node}: {taken}))"
        return expression, many

    def _selected(self, node: str, selector: path.Selector) -> str:
        """Return the list of what a selector finds in a node."""
        children = f"list_concat(json_extract({node}, '$[*]'), json_extract({node}, '$.*'))"
        match selector:
            case path.Wildcard():
                return children
            case path.Slice():
                return self._sliced(f"coalesce(json_extract({node}, '$[*]'), [])", selector)
            case path.Filter(condition):
                child = self._name()
                return f"list_filter({children}, lambda {child}: {self._holds(condition, child)})"
        return self._there(f"[{_child(node, selector)}]")

    def _there(self, nodes: str) -> str:
        node = self._name()
        return f"list_filter({nodes}, lambda {node}: {node} IS NOT NULL)"

    def _sliced(self, items: str, selector: path.Slice) -> str:
        """Return a slice of a list, with the bounds of RFC 9535 §2.3.4.2.2."""
        several, place = self._name(), self._name()
        length, step = f"len({several})", selector.step
        least, most = ("0", length) if step > 0 else ("-1", f"{length} - 1")

        def bound(stated: int | None, default: str) -> str:
            if stated is None:
                return default
            from_end = f"{length} + " if stated < 0 else ""
            return f"least(greatest({from_end}({stated}), {least}), {most})"

        first, last = (least, most) if step > 0 else (most, least)
        places = f"range({bound(selector.start, first)}, {bound(selector.end, last)}, {step})"
        taken = f"list_transform({places}, lambda {place}: {several}[{place} + 1])"
        return f"list_transform([{items}], lambda {several}: {taken})[1]"

    # Conditions: each is true or false, never NULL

    def _holds(self, condition: path.Condition, node: str) -> str:
        match condition:
            case path.Comparison(left, operator, right):
                return _compared(self._value(left, node), operator, self._value(right, node))
            case path.Joined(word, conditions):
                return f"({f' {word} '.join(self._holds(each, node) for each in conditions)})"
            case path.Not(inner):
                return f"(NOT {self._holds(inner, node)})"
            case path.Query():
                found, many = self._found(condition, node)
                return f"(len({found}) > 0)" if many else f"({found} IS NOT NULL)"
            case path.Function(name, arguments):
                return self._matches(name, *(self._value(each, node) for each in arguments))

    def _found(self, query: path.Query, node: str) -> tuple[str, bool]:
        nodes, many = self.nodes(query.segments, self._root if query.from_root else node)
        return (self._there(nodes) if many else nodes), many

    def _value(self, operand: path.Operand, node: str) -> str:
        """Return the one JSON value of an operand; NULL is nothing."""
        match operand:
            case path.Value(text):
                return f"CAST({literal(text)} AS JSON)"
            case path.Query():
                return self._found(operand, node)[0]
            case path.Function("length", (argument,)):
                value = self._value(argument, node)
                return (
                    f"to_json(CASE json_type({value}) WHEN 'VARCHAR' THEN length({value} ->> '$') "
                    f"WHEN 'ARRAY' THEN json_array_length({value}) WHEN 'OBJECT' THEN len(json_keys({value})) END)"
                )
            case path.Function(name, (path.Query() as query,)):
                found, many = self._found(query, node)
                nodes = found if many else self._there(f"[{found}]")
                return f"to_json(len({nodes}))" if name == "count" else f"CASE len({nodes}) WHEN 1 THEN {nodes}[1] END"
        raise AssertionError(operand)

    def _matches(self, name: str, text: str, pattern: str) -> str:
        function = "regexp_full_match" if name == "match" else "regexp_matches"
        stated = self._name()
        # DuckDB would look at a constant pattern beforehand, and fail where it is none, whatever `try` says.
        held = f"list_transform([{pattern}], lambda {stated}: try({function}({text} ->> '$', {stated} ->> '$')))[1]"
        return f"(CASE WHEN {_texts(text, pattern)} THEN coalesce({held}, false) ELSE false END)"


def _child(node: str, selector: path.Selector) -> str:
    """Return the member with a name, or the item at a place."""
    if isinstance(selector, int):
        from_end = "#" if selector < 0 else ""
        return f"json_extract({node}, {literal(f'$[{from_end}{selector}]')})"
    pointer = "/" + str(selector).replace("~", "~0").replace("/", "~1")  # RFC 6901, which takes any name
    found = f"json_extract({node}, {literal(pointer)})"
    # Of a list a pointer takes digits for a place.
    return f"CASE json_type({node}) WHEN 'OBJECT' THEN {found} END" if pointer[1:].isdecimal() else found


def _compared(left: str, operator: str, right: str) -> str:
    """Return a comparison by RFC 9535 §2.3.5.2.2; lists and objects are equal where they are written alike."""
    if operator in (">", ">="):
        left, operator, right = right, operator.replace(">", "<"), left
    alike = _by_kind(left, right, "=", f"CAST({left} AS VARCHAR) = CAST({right} AS VARCHAR)")
    equal = f"(CASE WHEN {left} IS NULL OR {right} IS NULL THEN {left} IS NULL AND {right} IS NULL ELSE {alike} END)"
    less = _by_kind(left, right, "<", "false")
    return {"==": equal, "!=": f"(NOT {equal})", "<": less, "<=": f"({less} OR {equal})"}[operator]


def _by_kind(left: str, right: str, sign: str, otherwise: str) -> str:
    """Compare two numbers, or two texts."""
    numbers = " AND ".join(f"json_type({each}) IN ('UBIGINT', 'BIGINT', 'DOUBLE')" for each in (left, right))
    return (
        f"(CASE WHEN {numbers} THEN try_cast({left} AS DOUBLE) {sign} try_cast({right} AS DOUBLE) "
        f"WHEN {_texts(left, right)} THEN ({left} ->> '$') {sign} ({right} ->> '$') ELSE {otherwise} END)"
    )


def _texts(*values: str) -> str:
    return " AND ".join(f"json_type({value}) = 'VARCHAR'" for value in values)
