"""Property paths as SQL: from focus nodes to their value nodes <https://www.w3.org/TR/shacl/#property-paths>."""

from collections.abc import Iterator

from .query import TRIPLES, Query, listed
from .shapes import AlternativePath, InversePath, Path, PredicatePath, RepeatedPath, SequencePath, Term


def value_nodes(query: Query, path: Path, focus: str) -> str:
    """Return SQL (focus, value) of the distinct value nodes of the nodes in the table `focus` (node)."""
    start = f"(SELECT node AS focus, node AS value FROM {focus})"
    step = _step(query, path, start, inverse=False, near=query.triples_of(focus))
    return f"SELECT DISTINCT focus, value FROM ({step})"


def _step(query: Query, path: Path, source: str, *, inverse: bool, near: str = TRIPLES) -> str:
    """Return SQL (focus, value) of the pairs of `source` moved along a path, or back along it.

    `near` is a relation with all triples of the nodes where the pairs are now.
    """
    match path:
        case PredicatePath():
            edges = _edges(path, inverse, TRIPLES if inverse else near)
            return f"SELECT s.focus, t.value FROM {source} AS s JOIN ({edges}) AS t ON t.focus = s.value"
        case InversePath(inner):
            return _step(query, inner, source, inverse=not inverse, near=near)
        case SequencePath(paths):
            for part in reversed(paths) if inverse else paths:
                step = _step(query, part, source, inverse=inverse, near=near)
                source, near = query.named(f"SELECT DISTINCT * FROM ({step})"), TRIPLES
            return f"SELECT focus, value FROM {source}"
        case AlternativePath(paths):
            return " UNION ALL ".join(_step(query, part, source, inverse=inverse, near=near) for part in paths)
        case RepeatedPath(inner, "zeroOrOnePath"):
            step = _step(query, inner, source, inverse=inverse, near=near)
            return f"SELECT focus, value FROM {source} UNION ALL {step}"
        case RepeatedPath(inner, how):
            if how == "oneOrMorePath":
                source = query.named(_step(query, inner, source, inverse=inverse, near=near))
            if isinstance(inner, PredicatePath):
                edges = _edges(inner, inverse)
            else:
                reachable = _reachable(query, inner, source, inverse=inverse)
                edges = _step(query, inner, reachable, inverse=inverse)
            table = query.named(edges)
            walked = f"SELECT r.focus, e.value FROM {{itself}} AS r JOIN {table} AS e ON e.focus = r.value"
            return f"SELECT * FROM {query.named(f'SELECT focus, value FROM {source} UNION {walked}')}"


def _edges(path: PredicatePath, inverse: bool, relation: str = TRIPLES) -> str:
    ends = "object AS focus, subject AS value" if inverse else "subject AS focus, object AS value"
    return f"SELECT {ends} FROM {relation} WHERE predicate = {listed([path.predicate])}"


def _reachable(query: Query, path: Path, source: str, *, inverse: bool) -> str:
    """Return the name of a table (focus, value) that pairs with itself each node a repeated path may come by.

    What is walked again and again is then one table, so that a repetition may hold another.
    """
    moves = " UNION ALL ".join(dict.fromkeys(_edges(step, back) for step, back in steps(path, inverse)))
    edges = query.named(moves)
    nodes = query.named(
        f"SELECT value AS node FROM {source} "
        f"UNION SELECT e.value FROM {{itself}} AS r JOIN {edges} AS e ON e.focus = r.node"
    )
    return query.named(f"SELECT node AS focus, node AS value FROM {nodes}")


def steps(path: Path, inverse: bool = False) -> Iterator[tuple[PredicatePath, bool]]:
    """Yield every step of a path, and whether it is walked backwards."""
    match path:
        case PredicatePath():
            yield path, inverse
        case InversePath(inner):
            yield from steps(inner, not inverse)
        case RepeatedPath(inner, _):
            yield from steps(inner, inverse)
        case SequencePath(paths) | AlternativePath(paths):
            for part in paths:
                yield from steps(part, inverse)


def predicates_of(path: Path) -> set[Term]:
    """Return every predicate that a path walks along."""
    return {step.predicate for step, _ in steps(path)}
