"""Terms in N-Triples syntax, written so that equal terms are equal texts <https://www.w3.org/TR/n-triples/>.

Of a literal's text only quotation mark, backslash and line breaks are escaped, as the mapping does it.
"""

import re
from typing import Final

import pyoxigraph as ox
import rdflib

from ..vocabulary import XSD

_STRING: Final = XSD + "string"
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r"}
_CONTROLS: Final = {"t": "\t", "b": "\b", "f": "\f"}


def iri(text: str) -> str:
    """Return an IRI as a term."""
    return f"<{text}>"


def literal_term(text: str, *, datatype: str | None = None, language: str | None = None) -> str:
    r"""Return a literal as a term.

    >>> literal_term('a "b"'), literal_term("7", datatype=XSD + "byte"), literal_term("Việt", language="vi")
    ('"a \\"b\\""', '"7"^^<http://www.w3.org/2001/XMLSchema#byte>', '"Việt"@vi')
    """
    quoted = f'"{re.sub(_SPECIAL, lambda found: _ESCAPES[found[0]], text)}"'
    if language:
        return f"{quoted}@{language}"
    return quoted if datatype in (None, _STRING) else f"{quoted}^^<{datatype}>"


_SPECIAL: Final = r'["\\\n\r]'


def term(node: object) -> str:
    """Return the term of a node of rdflib."""
    if isinstance(node, rdflib.BNode):
        return f"_:{node}"
    if isinstance(node, rdflib.Literal):
        return literal_term(str(node), datatype=node.datatype and str(node.datatype), language=node.language)
    return iri(str(node))


def node_of(text: str) -> rdflib.term.Node:
    """Return a term as a node of rdflib, a literal as it is written."""
    if text.startswith("<"):
        return rdflib.URIRef(text[1:-1])
    if text.startswith("_:"):
        return rdflib.BNode(text[2:])
    words, datatype, language = literal_parts(text)
    if language or datatype == _STRING:
        return rdflib.Literal(words, lang=language)
    return rdflib.Literal(words, datatype=rdflib.URIRef(datatype), normalize=False)


def ox_term(text: str) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    """Return a term as pyoxigraph has it."""
    if text.startswith("<"):
        return ox.NamedNode(text[1:-1])
    if text.startswith("_:"):
        return ox.BlankNode(text[2:])
    words, datatype, language = literal_parts(text)
    return ox.Literal(words, language=language) if language else ox.Literal(words, datatype=ox.NamedNode(datatype))


def literal_parts(text: str) -> tuple[str, str, str | None]:
    r"""Return what a literal says, its datatype, and its language if it has one.

    >>> literal_parts('"a\\nb"@vi')
    ('a\nb', 'http://www.w3.org/1999/02/22-rdf-syntax-ns#langString', 'vi')
    """
    end = text.rindex('"')
    words, suffix = unescaped(text[1:end]), text[end + 1 :]
    if suffix.startswith("@"):
        return words, str(rdflib.RDF.langString), suffix[1:]
    return words, suffix[3:-1] if suffix else _STRING, None


def unescaped(text: str) -> str:
    """Return an escaped text as it reads."""
    if "\\" not in text:
        return text
    plain = {escaped[1]: character for character, escaped in _ESCAPES.items()}
    return re.sub(r"\\(.)", lambda found: plain.get(found[1], found[0]), text)


def plain(text: str) -> str:
    """Return what a person calls a term: an IRI without its brackets, what a literal says, `_:` and a label."""
    if text.startswith("<"):
        return text[1:-1]
    return text if text.startswith("_:") else literal_parts(text)[0]


def canonical_lines(lines: str) -> str:
    r"""Return N-Triples of pyoxigraph with its further escapes undone, so that equal terms are equal texts.

    >>> canonical_lines('<s> <p> "a\\tb\\\\t" .')
    '<s> <p> "a\tb\\\\t" .'
    """
    if "\\" not in lines:
        return lines
    return re.sub(r"\\(?:(u[0-9A-F]{4}|U[0-9A-F]{8})|(.))", _canonical, lines)


def _canonical(found: re.Match[str]) -> str:
    code, letter = found.groups()
    return chr(int(code[1:], 16)) if code else _CONTROLS.get(letter, found[0])
