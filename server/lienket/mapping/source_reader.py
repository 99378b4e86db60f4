"""Reads logical sources: RML-IO <http://w3id.org/rml/io/spec> and its registry <http://w3id.org/rml/io/registry>."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

import pyoxigraph
from pyoxigraph import NamedNode

from ..errors import Fault
from ..vocabulary import D2RQ, QL, RML
from .document import Document, Term
from .rules import FORMULATIONS, Database, Formulation, Source

SQL_VERSIONS: Final = tuple(RML + name for name in ("SQL2008", "PostgreSQL", "SQLite"))
"""What a mapping may say its queries are written in: the core of the standard, or a database that is known here."""


class One(Protocol):
    """Returns the one value that a node has for some words of RML; others, or none where required, are a fault."""

    def __call__(self, node: Term, *words: str, required: bool = False) -> Term | None: ...  # noqa: D102


class Text(Protocol):
    """Returns the one text that a node has for a word of RML."""

    def __call__(self, node: Term, word: str, *, required: bool = False) -> str | None: ...  # noqa: D102


class SourceReader:
    """Reads the logical sources of one document."""

    def __init__(self, document: Document, one: One, text: Text, fault: Callable[..., None]) -> None:
        """Take the document, and the ways to read a value of it and to report a mistake."""
        self._document = document
        self._one = one
        self._text = text
        self._fault = fault
        self.warnings: list[Fault] = []

    def read(self, logical: Term) -> Source | None:
        """Return what a logical source states; None where it is at fault."""
        iterator = self._text(logical, "iterator")
        stated = self._one(logical, "referenceFormulation")
        formulation = FORMULATIONS.get(getattr(stated, "value", ""))
        if stated is not None and formulation is None:
            self._fault(
                "has a reference formulation that is not known: {found}; known are {known}",
                found=_short(str(getattr(stated, "value", stated))),
                known=", ".join(_short(known) for known in FORMULATIONS if known.startswith(RML)),
            )
            return None
        if formulation in ("database table", "database query"):
            return self._of_database(logical, formulation, iterator)
        source = self._one(logical, "source", required=True)
        if source is None:
            return None
        path, root = self._file(source)
        if formulation is None:
            formulation = "json" if Path(path).suffix.lower() == ".json" else "table"
        if formulation == "json" and iterator is None:
            iterator = "$"
        short = getattr(stated, "value", "") == QL + "JSONPath"
        return Source(path, root, formulation, iterator, self._nulls(source, logical), short_paths=short)

    def _of_database(self, logical: Term, formulation: Formulation, iterator: str | None) -> Source | None:
        if iterator is None:
            self._fault("reads a database and has no rml:iterator with its table or query")
            return None
        version = self._one(logical, "sqlVersion")
        if version is not None and getattr(version, "value", "") not in SQL_VERSIONS:
            self._fault("names a version of SQL that is not known: {found}; known are {known}",
                        found=_short(str(getattr(version, "value", version))),
                        known=", ".join(map(_short, SQL_VERSIONS)))  # fmt: skip
        source = self._one(logical, "source")
        nulls = self._nulls(*(holder for holder in (source, logical) if holder is not None))
        database = Database("")
        if isinstance(source, pyoxigraph.Literal):
            database = Database(source.value)
        elif source is not None:
            address, user, password = (
                next((value.value for value in self._document.objects(source, D2RQ + word)), None)
                for word in ("jdbcDSN", "username", "password")
            )
            if address is None:
                self._fault("reads a database that states no d2rq:jdbcDSN")
                return None
            if password:
                self.warnings.append(
                    Fault("holds a password; take it out, and give it by the environment", self._document.file)
                )
            database = Database(address, user or None, password or None)
        return Source("", "mapping", formulation, iterator, nulls, database)

    def _file(self, source: Term) -> tuple[str, str]:
        """Return the path of a file and the folder that it is relative to."""
        if isinstance(source, pyoxigraph.Literal):
            return source.value, "mapping"
        path = self._text(source, "path", required=True) or ""
        stated = self._one(source, "root")
        folders = {None: "mapping", RML + "MappingDirectory": "mapping", RML + "CurrentWorkingDirectory": "working"}
        key = stated.value if stated is not None else None
        if isinstance(stated, NamedNode) and key not in folders:
            self._fault("has an rml:root that is not known: {found}", found=_short(stated.value))
        root = folders.get(key, key or "mapping")
        for word, accepted in (("encoding", RML + "UTF-8"), ("compression", RML + "none")):
            stated = self._one(source, word)
            if stated is not None and getattr(stated, "value", None) != accepted:
                self._fault("asks for {found}, which is not supported: only {accepted} is",
                            found=_short(str(getattr(stated, "value", stated))), accepted=_short(accepted))  # fmt: skip
        return path, root

    def _nulls(self, *holders: Term) -> tuple[str, ...]:
        return tuple(
            null.value
            for holder in holders
            for null in self._document.objects(holder, RML + "null")
            if isinstance(null, pyoxigraph.Literal)
        )


def _short(iri: str) -> str:
    return "rml:" + iri.removeprefix(RML) if iri.startswith(RML) else iri
