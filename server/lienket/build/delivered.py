"""What the mapping knows of a department's own tables, for those who read them as they were delivered."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pyoxigraph import NamedNode

from lienket.mapping import Rules, Source, Table
from lienket.mapping.rules import Constant, Reference, TermMap
from lienket.tidy import Delivered

_SEPARATORS = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
"""Suffix of a table that is delimited text → what stands between its cells, where a source does not say."""


def delivered(tables: Iterable[Table], rules: Sequence[Rules], folder: Path) -> Iterator[tuple[Path, Delivered]]:
    """Yield the delimited tables of a dataset's folder, each once, with what is known of their columns."""
    seen = set()
    for table in tables:
        path = table.path
        if path is None or path in seen or not path.is_relative_to(folder) or table.view or not table.header:
            continue
        if path.suffix.lower() not in _SEPARATORS:
            continue
        seen.add(path)
        source = next((one for one in _sources(rules) if Path(one.path).name == path.name), None)
        dialect = source.dialect if source else None
        yield (
            path,
            Delivered(
                path.name,
                table.header,
                _properties(rules, path.name),
                _key(rules, path.name),
                (dialect.delimiter if dialect else None) or _SEPARATORS[path.suffix.lower()],
                (source.encoding if source else None) or "utf-8",
                dialect.skip_rows if dialect else 0,
            ),
        )


def _sources(rules: Iterable[Rules]) -> Iterator[Source]:
    for document in rules:
        yield from (source for source in document.sources() if isinstance(source, Source))


def _properties(rules: Iterable[Rules], file: str) -> dict[str, str]:
    """Return the columns whose cells become values of a property as they are."""
    found: dict[str, str] = {}
    for document in rules:
        for triples_map in document.triples_maps.values():
            if triples_map.origin is None or Path(triples_map.origin.path).name != file:
                continue
            for pair in triples_map.predicate_object_maps:
                predicates = [map_.expression.term for map_ in pair.predicates if isinstance(map_.expression, Constant)]
                for object_ in pair.objects:
                    if isinstance(object_, TermMap) and isinstance(object_.expression, Reference) and predicates:
                        found.setdefault(object_.expression.name, _iri(predicates[0]))
    return found


def _iri(term: object) -> str:
    return term.value if isinstance(term, NamedNode) else str(term)


def _key(rules: Iterable[Rules], file: str) -> tuple[str, ...]:
    """Return the columns that are used once together and are never empty; none where the rules do not say so."""
    for document in rules:
        filled = {
            column
            for constraint in document.constraints
            if constraint.holds == "filled" and _is_of(constraint.on, file)
            for column in constraint.columns
        }
        for constraint in document.constraints:
            if constraint.holds == "unique" and _is_of(constraint.on, file) and set(constraint.columns) <= filled:
                return constraint.columns
    return ()


def _is_of(source: object, file: str) -> bool:
    return isinstance(source, Source) and Path(source.path).name == file
