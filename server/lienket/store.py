"""The one place that opens Oxigraph.

The default graph is the union of the named graphs, each triple once. It is written when a store is filled: Oxigraph's
own union, made at query time, counts a triple as often as there are graphs that hold it. Literals are normalised by
Oxigraph on insert, so what must keep its lexical form (validation, dumps) is taken from the mapping's output and never
from here.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import pyoxigraph as ox

from lienket.errors import Fault, UnavailableError

Term: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
Row: TypeAlias = dict[str, Term]
Answer: TypeAlias = ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples


class Store:
    """A store of quads: one named graph a dataset."""

    def __init__(self, opened: ox.Store) -> None:
        self._store = opened

    @classmethod
    def open(cls, path: Path) -> "Store":
        """Open the store at `path` read only; a reader keeps its snapshot whatever happens to the folder later.

        Raises `UnavailableError` where there is none or it cannot be read.
        """
        if not (path / "CURRENT").is_file():  # Oxigraph would otherwise make an empty folder here
            raise UnavailableError(Fault("is no store; run: lienket build", file=str(path)))
        try:
            return cls(ox.Store.read_only(str(path)))
        except (OSError, RuntimeError) as error:
            raise UnavailableError(
                Fault("cannot be opened: {reason}", file=str(path), values={"reason": error})
            ) from error

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

    def load_nquads(self, path: Path) -> None:
        """Take in the N-Quads file at `path`; it has been checked by whoever wrote it."""
        self._store.bulk_load(path=str(path), format=ox.RdfFormat.N_QUADS, lenient=True)

    def close(self) -> None:
        """Make the default graph the union of the named ones; write everything to disk, in as few files as possible."""
        self._store.bulk_extend(ox.Quad(quad.subject, quad.predicate, quad.object) for quad in self._store)
        self._store.optimize()
        self._store.flush()

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
        try:
            return self._store.query(
                query,
                base_iri=base_iri,
                prefixes=dict(prefixes) if prefixes else None,
                default_graph=[ox.NamedNode(iri) for iri in default_graphs] if stated else None,
                named_graphs=[ox.NamedNode(iri) for iri in named_graphs] if stated else None,
                substitutions={ox.Variable(name): term for name, term in bindings.items()} if bindings else None,
            )
        except (OSError, RuntimeError) as error:
            raise UnavailableError(Fault("the store does not answer: {reason}", values={"reason": error})) from error

    def select(self, query: str, **bindings: Term) -> list[Row]:
        """Return the rows of one of the engine's own SELECT queries, unbound variables left out."""
        answer = self.query(query, bindings=bindings)
        if not isinstance(answer, ox.QuerySolutions):
            raise TypeError("select() takes a SELECT query")
        names = [variable.value for variable in answer.variables]
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
        return list(answer)

    def counts(self) -> dict[str, int]:
        """Return the number of quads in each named graph; a full scan, for builds and never for requests."""
        rows = self.select("SELECT ?graph (COUNT(*) AS ?count) WHERE { GRAPH ?graph { ?s ?p ?o } } GROUP BY ?graph")
        return {row["graph"].value: int(row["count"].value) for row in rows if isinstance(row["count"], ox.Literal)
                and isinstance(row["graph"], ox.NamedNode)}  # fmt: skip
