"""A dataset's statements as a file: N-Quads, each line once, in the order of its bytes.

That order makes a difference one pass over two files, and brings together what several files say of one subject. No
term holds a space but a literal, which stands third, so subject and predicate are read off a line without parsing.
"""

import gzip
import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import IO, Final

import pyoxigraph as ox

from lienket import store
from lienket.vocabulary import RDF

_TYPE: Final = f"<{RDF}type>".encode()
_PARSED_AT_ONCE: Final = 10_000


@dataclass(frozen=True)
class Statistics:
    """What is in a file of statements, by number."""

    quads: int
    """How many a store holds of them: literals that mean the same count once."""
    classes: Mapping[str, int]
    """IRI of a class → its instances."""
    properties: Mapping[str, int]
    """IRI of a predicate → its statements."""


@dataclass(frozen=True)
class Difference:
    """What one file of statements holds and another does not, in the order of the lines."""

    removed: tuple[bytes, ...]
    added: tuple[bytes, ...]

    @property
    def names_blank_nodes(self) -> bool:
        """Whether a statement may be about a blank node, which has another name in every store."""
        return any(b"_:" in line for lines in (self.removed, self.added) for line in lines)

    def __bool__(self) -> bool:
        """Tell whether there is any difference."""
        return bool(self.removed or self.added)


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file of statements for reading, packed (`.gz`) or not."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        yield file  # type: ignore[misc]  # a GzipFile reads as any file does


def parse(lines: Iterable[bytes], *, apart: bool = False) -> Iterator[ox.Quad]:
    """Yield the quads of lines; with `apart` blank nodes get names that nothing else has."""
    if apart:  # in one piece, so that each label keeps to its one new name
        yield from ox.parse(b"".join(lines), format=ox.RdfFormat.N_QUADS, lenient=True, rename_blank_nodes=True)
        return
    remaining = iter(lines)
    while some := b"".join(islice(remaining, _PARSED_AT_ONCE)):
        yield from ox.parse(some, format=ox.RdfFormat.N_QUADS, lenient=True)


def statistics(path: Path) -> Statistics:
    """Count what is in a file of statements."""
    lines, classes, properties = 0, Counter[bytes](), Counter[bytes]()
    merged = 0
    subject = predicate = b""
    literals: list[bytes] = []
    with opened(path) as file:
        for line in file:
            terms = line.split(b" ", 2)
            if terms[1] != predicate or terms[0] != subject:
                merged += _merged(literals)
                subject, predicate, rest = terms
                literals.clear()
            else:
                rest = terms[2]
            if rest.startswith(b'"'):
                literals.append(line)
            elif predicate == _TYPE:
                classes[rest[1 : rest.index(b">")]] += 1
            properties[predicate] += 1
            lines += 1
    merged += _merged(literals)
    return Statistics(
        lines - merged,
        {iri.decode(): number for iri, number in sorted(classes.items())},
        {iri[1:-1].decode(): number for iri, number in sorted(properties.items())},
    )


def _merged(lines: list[bytes]) -> int:
    """Return how many of the literals of one subject and predicate fall together with another one in a store.

    A store writes values of many datatypes in its own way, and language tags in small letters.
    """
    if len(lines) < 2:
        return 0
    ends = [line.rpartition(b'"') for line in lines]
    tagged = [(text, end.lower()) for text, _, end in ends if end.startswith(b"@")]
    typed = [line for line, (*_, end) in zip(lines, ends, strict=True) if end.startswith(b"^^")]
    of_typed = len(typed) - store.count_distinct(parse(typed)) if len(typed) > 1 else 0
    return len(tagged) - len(set(tagged)) + of_typed


def difference(old: Path, new: Path) -> Difference:
    """Return what has come and gone between two files of statements."""
    removed, added = [], []
    with opened(old) as before, opened(new) as after:
        left, right = next(before, b""), next(after, b"")
        while left and right:
            if left == right:
                left, right = next(before, b""), next(after, b"")
            elif left < right:
                removed.append(left)
                left = next(before, b"")
            else:
                added.append(right)
                right = next(after, b"")
        if left:
            removed += (left, *before)
        if right:
            added += (right, *after)
    return Difference(tuple(removed), tuple(added))


def falling_together(lines: Iterable[bytes], path: Path) -> list[bytes]:
    """Return the lines of a file that may be the same quad in a store as one of `lines`.

    Such are literals of the same subject and predicate: taking `"07"^^xsd:integer` out takes out `7` too.
    """
    places = {tuple(line.split(b" ", 2)[:2]) for line in lines if b'"^^<' in line or b'"@' in line}
    if not places:
        return []
    with opened(path) as file:
        return [line for line in file if tuple(line.split(b" ", 2)[:2]) in places]


def about(paths: Iterable[Path], predicates: Iterable[str]) -> Iterator[tuple[str, list[ox.Quad]]]:
    """Yield each subject, an IRI, with what all the files say of it by the given predicates."""
    wanted = frozenset(f"<{predicate}>".encode() for predicate in predicates)
    merged = heapq.merge(*(_with_predicates(path, wanted) for path in paths))
    for subject, quads in groupby(parse(merged), key=lambda quad: quad.subject):
        if isinstance(subject, ox.NamedNode):
            yield subject.value, list(quads)


def _with_predicates(path: Path, wanted: frozenset[bytes]) -> Iterator[bytes]:
    with opened(path) as file:
        for line in file:
            if line.split(b" ", 2)[1] in wanted:
                yield line


def beginning(paths: Iterable[Path], subjects: Iterable[str]) -> Iterator[ox.Quad]:
    """Yield the quads of files whose subject is an IRI that begins with one of `subjects`."""
    beginnings = tuple(f"<{iri}".encode() for iri in subjects)
    for path in paths:
        with opened(path) as file:
            yield from parse(line for line in file if line.startswith(beginnings))


def write(lines: Iterable[bytes], path: Path) -> None:
    """Write lines into a packed file, the same bytes for the same lines."""
    with path.open("wb") as file, gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0) as packed:
        packed.writelines(lines)


def sort(path: Path) -> None:
    """Bring the lines of a file of some thousand statements in order, each once."""
    path.write_bytes(b"".join(sorted(set(path.read_bytes().splitlines(keepends=True)))))
