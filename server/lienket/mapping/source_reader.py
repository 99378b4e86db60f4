"""Reads logical sources: RML-IO <http://w3id.org/rml/io/spec> and its registry <http://w3id.org/rml/io/registry>."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Protocol

import pyoxigraph
from pyoxigraph import BlankNode, NamedNode

from ..errors import Fault
from ..vocabulary import CSVW, D2RQ, DCAT, HCTL, QL, RDF, RML, TD
from .document import Document, Term
from .rules import FORMULATIONS, Database, Dialect, Formulation, Source

SQL_VERSIONS: Final = tuple(RML + name for name in ("SQL2008", "PostgreSQL", "SQLite", "MySQL"))
"""What a mapping may say its queries are written in: the core of the standard, or a database that is known here."""


_DESCRIBED_XPATH: Final = NamedNode(RML + "XPathReferenceFormulation")
_BY_SUFFIX: Final[dict[str, Formulation]] = {".json": "json", ".xml": "xml"}
COMPRESSIONS: Final = ("gzip", "zip", "targz", "tarxz")
ADDRESSES: Final = (CSVW + "url", DCAT + "downloadURL", HCTL + "hasTarget")
"""Words by which other vocabularies say where a file lies."""


class One(Protocol):
    """Returns the one value that a node has for some words of RML; others, or none where required, are a fault."""

    def __call__(self, node: Term, *words: str, required: bool = False) -> Term | None: ...  # noqa: D102


class Text(Protocol):
    """Returns the one text that a node has for a word of RML."""

    def __call__(self, node: Term, word: str, *, required: bool = False) -> str | None: ...  # noqa: D102


class SourceReader:
    """Reads the logical sources of one document."""

    def __init__(
        self, document: Document, one: One, text: Text, fault: Callable[..., None], warnings: list[Fault]
    ) -> None:  # fmt: skip
        """Take the document, the ways to read a value of it and to tell a mistake, and the list of doubtful things."""
        self._document = document
        self._one = one
        self._text = text
        self._fault = fault
        self._warnings = warnings

    def read(self, logical: Term) -> Source | None:
        """Return what a logical source states; None where it is at fault."""
        iterator = self._text(logical, "iterator")
        stated = self._one(logical, "referenceFormulation")
        formulation, namespaces = self._formulation(stated)
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
            formulation = _BY_SUFFIX.get(Path(path).suffix.lower(), "table")
        if formulation == "json" and iterator is None:
            iterator = "$"
        if formulation == "xml" and iterator in (None, "/"):
            self._fault("reads XML and does not say where its records are: give their path as rml:iterator")
            return None
        encoding, dialect = self._encoding(source), None
        for node in self._document.objects(source, CSVW + "dialect"):
            dialect = self._dialect(node)
            encoding = self._word(node, "encoding") or encoding
        return Source(
            path, root, formulation, iterator, self._nulls(source, logical), None,
            None if encoding in ("UTF-8", "utf-8") else encoding, self._compression(source), dialect,
            getattr(stated, "value", "") == QL + "JSONPath", namespaces,
        )  # fmt: skip

    def _formulation(self, stated: Term | None) -> tuple[Formulation | None, tuple[tuple[str, str], ...]]:
        """Return a reference formulation; of one for XPath that is described, with the namespaces of its prefixes."""
        if stated is None or _DESCRIBED_XPATH not in self._document.objects(stated, RDF + "type"):
            return FORMULATIONS.get(getattr(stated, "value", "")), ()
        namespaces = {}
        for node in self._document.objects(stated, RML + "namespace"):
            prefix, address = (self._text(node, word) for word in ("namespacePrefix", "namespaceURL"))
            if prefix and address:
                namespaces[prefix] = address
            else:
                self._fault("has an rml:namespace that lacks rml:namespacePrefix or rml:namespaceURL")
        return "xml", tuple(sorted(namespaces.items()))

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
                self._warnings.append(
                    Fault(
                        "holds a password; take it out, and give it by the environment",
                        self._document.file,
                        severity="warning",
                    )
                )
            database = Database(address, user or None, password or None)
        return Source("", "mapping", formulation, iterator, nulls, database)

    def _file(self, source: Term) -> tuple[str, str]:
        """Return the path of a file and the folder that it is relative to."""
        if isinstance(source, pyoxigraph.Literal):
            return source.value, "mapping"
        for node in self._described(source):
            for word in ADDRESSES:
                for address in self._document.objects(node, word):
                    if not isinstance(address, BlankNode):
                        return address.value, "mapping"
        path = self._text(source, "path", required=True) or ""
        stated = self._one(source, "root")
        folders = {None: "mapping", RML + "MappingDirectory": "mapping", RML + "CurrentWorkingDirectory": "working"}
        key = stated.value if stated is not None else None
        if isinstance(stated, NamedNode) and key not in folders:
            self._fault("has an rml:root that is not known: {found}", found=_short(stated.value))
        return path, folders.get(key, key or "mapping")

    def _described(self, source: Term) -> Iterator[Term]:
        """Yield a source and, of a thing of the web of things, the forms that say where it is read."""
        yield source
        for affordance in self._document.objects(source, TD + "hasPropertyAffordance"):
            yield from self._document.objects(affordance, TD + "hasForm")

    def _encoding(self, source: Term) -> str | None:
        stated = self._one(source, "encoding")
        if stated is None:
            return None
        return stated.value.removeprefix(RML) if isinstance(stated, NamedNode | pyoxigraph.Literal) else None

    def _compression(self, source: Term) -> str | None:
        stated = self._one(source, "compression")
        found = str(getattr(stated, "value", "none")).removeprefix(RML)
        if found not in ("none", *COMPRESSIONS):
            self._fault("asks for {found}, which is not supported; known are {known}",
                        found=found, known=", ".join(COMPRESSIONS))  # fmt: skip
        return None if found == "none" else found

    def _dialect(self, node: Term) -> Dialect:
        """Read a dialect of CSVW; what it does not state is as the default dialect has it, but for the delimiter."""
        trim = self._word(node, "trim") or "false"
        skipped = self._word(node, "skipRows") or "0"
        if not skipped.isdecimal():
            self._fault("has a csvw:skipRows that is no number: {found}", found=skipped)
        delimiter, quote = self._word(node, "delimiter"), self._word(node, "quoteChar")
        for word, text in (("delimiter", delimiter), ("quoteChar", quote)):
            if text is not None and len(text) != 1:
                self._fault("has a csvw:{word} that is not one character: {found}", word=word, found=text)
        return Dialect(
            delimiter,
            '"' if quote is None else quote,
            self._word(node, "doubleQuote") not in ("false", "0"),
            self._word(node, "commentPrefix") or None,
            self._word(node, "header") not in ("false", "0"),
            int(skipped) if skipped.isdecimal() else 0,
            (trim in ("true", "1", "start") or self._word(node, "skipInitialSpace") in ("true", "1"),
             trim in ("true", "1", "end")),
        )  # fmt: skip

    def _word(self, node: Term, word: str) -> str | None:
        return next((value.value for value in self._document.objects(node, CSVW + word)), None)

    def _nulls(self, *holders: Term) -> tuple[str, ...]:
        return tuple(
            null.value
            for holder in holders
            for word in (RML + "null", CSVW + "null")
            for null in self._document.objects(holder, word)
            if isinstance(null, pyoxigraph.Literal)
        )


def _short(iri: str) -> str:
    return "rml:" + iri.removeprefix(RML) if iri.startswith(RML) else iri
