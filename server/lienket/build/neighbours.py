"""Who refers to what has changed in another dataset, and so has to be validated again though it has not changed itself.

Of each dataset a file says what the others may look up in it: N-Triples in code-point order, each line once. Where such
a file has changed, the nodes that it now tells something else of are known, and who speaks of none of them finds what
it found before. All is read line by line; what is held in memory is what has changed.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from lienket.releases import statements
from lienket.vocabulary import RDF

_TYPE: Final = f"<{RDF}type>".encode()


def changed_nodes(before: Mapping[str, Path], after: Mapping[str, Path]) -> frozenset[bytes]:
    """Return the nodes of which datasets, by id, now tell something else, and those that lead to such nodes."""
    changed = {
        end
        for dataset in before.keys() | after.keys()
        for line in _changed_lines(before.get(dataset), after.get(dataset))
        for end in _ends(line)
    }
    files = {*before.values(), *after.values()}
    found = len(changed)
    while found:
        linked = {end for file in files for ends in _links(file) if not changed.isdisjoint(ends) for end in ends}
        found = len(linked - changed)
        changed |= linked
    return frozenset(changed)


def refers_to(path: Path, nodes: frozenset[bytes]) -> bool:
    """Tell whether a file of a dataset's statements speaks of any of some nodes."""
    with statements.opened(path) as lines:
        return any(not nodes.isdisjoint(line.split(b" ", 3)[0:3:2]) for line in lines)


def _changed_lines(old: Path | None, new: Path | None) -> Iterable[bytes]:
    if old is None or new is None:
        return (old or new or Path()).read_bytes().splitlines()
    if old.samefile(new):
        return ()
    difference = statements.difference(old, new)
    return (*difference.removed, *difference.added)


def _ends(line: bytes) -> tuple[bytes, ...]:
    """Return the nodes of which a triple tells something; a class is not told of by its members."""
    subject, predicate, rest = line.split(b" ", 2)
    return (subject, rest.split(b" ", 1)[0]) if predicate != _TYPE and rest.startswith(b"<") else (subject,)


def _links(path: Path) -> Iterator[tuple[bytes, ...]]:
    with path.open("rb") as lines:
        yield from (ends for ends in map(_ends, lines) if len(ends) > 1)
