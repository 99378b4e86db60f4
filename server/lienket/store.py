"""The one place that opens Oxigraph.

The default graph is the union of the named graphs, each triple once. It is written together with them: Oxigraph's own
union, made at query time, counts a triple as often as there are graphs that hold it. Literals are normalised by
Oxigraph on insert, so what must keep its lexical form (validation, dumps) is taken from the mapping's output and never
from here.
"""

import fcntl
import mmap
import os
import weakref
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TypeAlias

import pyoxigraph as ox

from lienket.errors import Fault, UnavailableError

Term: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
Row: TypeAlias = dict[str, Term]
Answer: TypeAlias = ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples

_DEFAULT_GRAPH: Final = ox.DefaultGraph()
_ANY: Final = ox.NamedNode("urn:any")
_KEPT_AS_WRITTEN: Final = (ox.Literal("").datatype, ox.Literal("", language="en").datatype)
_LINES_AT_ONCE: Final = 1 << 22
"""Bytes."""


class Store:
    """A store of quads: one named graph a dataset."""

    def __init__(self, opened: ox.Store) -> None:
        self._store = opened
        self.touched: dict[str, set[str]] = {}
        """By predicate, the IRIs of which something else is said since `change` or `replace`."""

    @classmethod
    def open(cls, path: Path) -> "Store":
        """Open the store at `path` read only, and keep whoever asks `unused` from dropping it while it is open.

        Oxigraph reads some files when they are first needed, and never comes back where they are gone. Raises
        `UnavailableError` where there is none or it cannot be read.
        """
        if not (path / "CURRENT").is_file():  # Oxigraph would otherwise make an empty folder here
            raise UnavailableError(Fault("is no store; run: lienket build", file=str(path)))
        hold = _hold(path)
        try:
            opened = cls(ox.Store.read_only(str(path)))
        except (OSError, RuntimeError) as error:
            os.close(hold)
            raise UnavailableError(
                Fault("cannot be opened: {reason}", file=str(path), values={"reason": error})
            ) from error
        weakref.finalize(opened, os.close, hold)
        return opened

    @classmethod
    def create(cls, path: Path) -> "Store":
        """Create a store at `path`, to be filled by one process and then closed.

        Raises `UnavailableError` where the folder cannot be written or another process writes it.
        """
        try:
            return cls(ox.Store(str(path)))
        except OSError as error:
            raise UnavailableError(
                Fault("cannot be written: {reason}", file=str(path), values={"reason": error})
            ) from error

    @classmethod
    def upon(cls, base: Path, path: Path) -> "Store":
        """Create a store at `path` that holds what the one at `base` holds and shares its files; to be changed, closed.

        Raises `UnavailableError` where `base` cannot be read or `path` not be written.
        """
        copy(base, path)
        return cls.create(path)

    @classmethod
    def holding(cls, quads: Iterable[ox.Quad]) -> "Store":
        """Return a store of some quads, in memory; without its default graph."""
        memory = cls(ox.Store())
        memory._store.extend(quads)
        return memory

    def load(self, files: Iterable[Path]) -> None:
        """Take in N-Quads files, of which every line names its graph, and the same triples into the default graph.

        They have been checked by whoever wrote them. Blank nodes of different files are different nodes. Beside each
        file another is written for the time being.
        """
        together: Path | None = None
        for file in files:
            if _holds_blank_nodes(file):
                self._bulk_load(_in_union_too(file, file.with_name(file.name + ".alone")))
            else:
                together = _in_union_too(file, together or file.with_name(file.name + ".together"))
        if together is not None:
            self._bulk_load(together)

    def _bulk_load(self, path: Path) -> None:
        """Load a file, as much at once as there is: every call sorts and rewrites what the earlier ones have loaded."""
        self._store.bulk_load(path=str(path), format=ox.RdfFormat.N_QUADS, lenient=True)
        path.unlink()

    def change(self, removed: Collection[ox.Quad], added: Collection[ox.Quad]) -> None:
        """Take quads of named graphs out, then others in, and make the default graph follow."""
        for quad in removed:
            self._store.remove(quad)
        self._store.extend(added)
        self._store.extend(ox.Quad(quad.subject, quad.predicate, quad.object) for quad in added)
        for quad in removed:
            if not any(True for _ in self._in_named_graphs(quad.subject, quad.predicate, quad.object)):
                self._store.remove(ox.Quad(quad.subject, quad.predicate, quad.object))
        for quad in (*removed, *added):
            if isinstance(quad.subject, ox.NamedNode):
                self.touched.setdefault(quad.predicate.value, set()).add(quad.subject.value)

    def replace(self, graph: str, quads: Iterable[ox.Quad]) -> None:
        """Make `quads`, which name `graph`, all there is in that graph; for graphs of some thousand quads."""
        before = set(self._store.quads_for_pattern(None, None, None, ox.NamedNode(graph)))
        after = set(quads)
        self.change(before - after, after - before)

    def holds(self, quad: ox.Quad) -> bool:
        """Tell whether a quad is in its graph, and its triple in the default graph."""
        with _answering():
            return quad in self._store and ox.Quad(quad.subject, quad.predicate, quad.object) in self._store

    def about(self, subject: str) -> Iterator[ox.Quad]:
        """Yield the quads of named graphs that say something of the IRI `subject`."""
        return self._in_named_graphs(ox.NamedNode(subject), None, None)

    def little_of(self, subject: str, *, statements: int, characters: int) -> list[ox.Triple] | None:
        """Return what DESCRIBE answers of an IRI, triple by triple; None where that is more than so many `statements`.

        No more than that is read. `characters` are those of literals.
        """
        found: list[ox.Triple] = []
        waiting: list[ox.NamedNode | ox.BlankNode] = [ox.NamedNode(subject)]
        seen = set(waiting)
        with _answering():
            while waiting:
                for quad in self._store.quads_for_pattern(waiting.pop(), None, None, _DEFAULT_GRAPH):
                    value = quad.object
                    if isinstance(value, ox.Literal):
                        characters -= len(value.value)
                    elif isinstance(value, ox.BlankNode) and value not in seen:
                        seen.add(value)
                        waiting.append(value)
                    found.append(quad.triple)
                    if len(found) > statements or characters < 0:
                        return None
        return found

    def described(self, subject: str, graph: str) -> Iterator[ox.Triple]:
        """Yield what a named graph says of an IRI, and of the blank nodes that it leads to."""
        waiting: list[ox.NamedNode | ox.BlankNode] = [ox.NamedNode(subject)]
        seen = set(waiting)
        name = ox.NamedNode(graph)
        with _answering():
            while waiting:
                for quad in self._store.quads_for_pattern(waiting.pop(), None, None, name):
                    yield quad.triple
                    if isinstance(quad.object, ox.BlankNode) and quad.object not in seen:
                        seen.add(quad.object)
                        waiting.append(quad.object)

    def _in_named_graphs(
        self,
        subject: ox.NamedNode | ox.BlankNode | ox.Triple | None,
        predicate: ox.NamedNode | None,
        object_: Term | None,
    ) -> Iterator[ox.Quad]:
        with _answering():
            for quad in self._store.quads_for_pattern(subject, predicate, object_, None):
                if quad.graph_name != _DEFAULT_GRAPH:
                    yield quad

    def close(self) -> None:
        """Write everything to disk. To compact it takes a fifth of the load, and makes no reading faster."""
        self._store.flush()
        del self._store

    def query(
        self,
        query: str,
        *,
        bindings: Mapping[str, Term] | None = None,
        base_iri: str | None = None,
        prefixes: Mapping[str, str] | None = None,
        default_graphs: Sequence[str] = (),
        named_graphs: Sequence[str] = (),
    ) -> Answer:
        """Return the answer of a SPARQL query, lazily.

        `bindings` puts terms in the place of variables, so no caller pastes text into a query; Oxigraph wants each
        of them in the query's projection. `default_graphs` and `named_graphs` are the protocol's dataset
        (<https://www.w3.org/TR/sparql11-protocol/#dataset>): given either, they replace the query's own.

        Raises `SyntaxError` for a malformed query and `UnavailableError` where the store fails.
        """
        stated = bool(default_graphs or named_graphs)
        with _answering():
            return self._store.query(
                query,
                base_iri=base_iri,
                prefixes=dict(prefixes) if prefixes else None,
                default_graph=[ox.NamedNode(iri) for iri in default_graphs] if stated else None,
                named_graphs=[ox.NamedNode(iri) for iri in named_graphs] if stated else None,
                substitutions={ox.Variable(name): term for name, term in bindings.items()} if bindings else None,
            )

    def select(self, query: str, **bindings: Term) -> list[Row]:
        """Return the rows of one of the engine's own SELECT queries, unbound variables left out."""
        answer = self.query(query, bindings=bindings)
        if not isinstance(answer, ox.QuerySolutions):
            raise TypeError("select() takes a SELECT query")
        names = [variable.value for variable in answer.variables]
        with _answering():
            return [
                {name: value for name, value in zip(names, solution, strict=True) if value is not None}
                for solution in answer
            ]

    def ask(self, query: str, **bindings: Term) -> bool:
        """Return the answer of one of the engine's own ASK queries."""
        return bool(self.query(query, bindings=bindings))

    def construct(self, query: str, **bindings: Term) -> list[ox.Triple]:
        """Return the triples of one of the engine's own CONSTRUCT or DESCRIBE queries."""
        answer = self.query(query, bindings=bindings)
        if not isinstance(answer, ox.QueryTriples):
            raise TypeError("construct() takes a CONSTRUCT or DESCRIBE query")
        with _answering():
            return list(answer)

    def counts(self) -> dict[str, int]:
        """Return the number of quads in each named graph; a full scan, for builds and never for requests."""
        rows = self.select("SELECT ?graph (COUNT(*) AS ?count) WHERE { GRAPH ?graph { ?s ?p ?o } } GROUP BY ?graph")
        return {row["graph"].value: int(row["count"].value) for row in rows if isinstance(row["count"], ox.Literal)
                and isinstance(row["graph"], ox.NamedNode)}  # fmt: skip


@contextmanager
def _answering() -> Iterator[None]:
    """Say that the store is unavailable where it cannot be read: damage shows when its place is come to."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        raise UnavailableError(Fault("the store does not answer: {reason}", values={"reason": error})) from error


def _hold(path: Path) -> int:
    """Lock the folder of a store among others who read it, until the descriptor that is returned is closed."""
    with suppress(FileNotFoundError):
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(handle, fcntl.LOCK_SH)
        if path.is_dir():
            return handle
        os.close(handle)  # it was dropped in between
    raise UnavailableError(Fault("is kept no more", file=str(path)))


@contextmanager
def unused(path: Path) -> Iterator[bool]:
    """Tell whether no process has the store at `path` open; where none has, none opens it during the block."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except (FileNotFoundError, NotADirectoryError):
        yield True
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        yield False
        return
    try:
        yield True
    finally:
        os.close(handle)


def copy(source: Path, target: Path) -> None:
    """Make at `target` a store of the same content that shares the files of the one at `source` (hard links).

    Only what is needed is there: no logs, no files that are out of use. Raises `UnavailableError` where `source` cannot
    be read or `target` not be written.
    """
    opened = Store.open(source)
    try:
        opened._store.backup(str(target))
    except (OSError, RuntimeError) as error:
        raise UnavailableError(
            Fault("cannot be written: {reason}", file=str(target), values={"reason": error})
        ) from error


def count_distinct(quads: Iterable[ox.Quad]) -> int:
    """Return how many quads a store would hold of these: literals that are written differently may fall together."""
    memory = ox.Store()
    memory.extend(quads)
    return len(memory)


def normalised(literal: ox.Literal) -> ox.Literal:
    """Return a literal as a store holds it.

    >>> normalised(ox.Literal("007", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer"))).value
    '7'
    """
    if literal.datatype in _KEPT_AS_WRITTEN:
        return literal
    memory = ox.Store()
    memory.add(ox.Quad(_ANY, _ANY, literal))
    return next(quad.object for quad in memory if isinstance(quad.object, ox.Literal))


def _holds_blank_nodes(file: Path) -> bool:
    """Tell whether an N-Quads file may hold a blank node; a text that looks like one counts too."""
    if not file.stat().st_size:
        return False
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(b"_:") >= 0


def _in_union_too(file: Path, target: Path) -> Path:
    """Append the lines of an N-Quads file to `target`, each also without its graph, which stands last; return that."""
    with file.open("rb") as lines, target.open("ab") as written:
        while some := lines.readlines(_LINES_AT_ONCE):
            written.writelines(some)
            written.writelines([line[: line.rindex(b" ", 0, -3)] + b" .\n" for line in some])
    return target
