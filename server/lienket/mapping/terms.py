"""What a valid identifier is: IRIs (RFC 3987 §2.2) and URIs (RFC 3986); the patterns are read by `re` and by RE2."""

from typing import Final

import pyoxigraph

_UCS_RANGES: Final = (
    (0xA0, 0xD7FF), (0xF900, 0xFDCF), (0xFDF0, 0xFFEF),
    *((plane * 0x10000 + (0x1000 if plane == 14 else 0), plane * 0x10000 + 0xFFFD) for plane in range(1, 15)),
)  # fmt: skip
_PRIVATE_RANGES: Final = ((0xE000, 0xF8FF), (0xF0000, 0xFFFFD), (0x100000, 0x10FFFD))


def _ranges(ranges: tuple[tuple[int, int], ...]) -> str:
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


UNRESERVED: Final = "A-Za-z0-9._~-"
"""Inside of a character class: what RFC 3986 never encodes. Ends in a hyphen, so it stands last."""
IUNRESERVED: Final = _ranges(_UCS_RANGES) + UNRESERVED
"""Inside of a character class: what RFC 3987 never encodes; Vietnamese letters are among it."""

SCHEME: Final = "[A-Za-z][A-Za-z0-9+.-]*:"


def _identifier(unreserved: str, private: str) -> str:
    encoded = "%[0-9A-Fa-f][0-9A-Fa-f]"
    delimiters = "!$&'()*+,;="
    segment = f"(?:[:@/{delimiters}{unreserved}]|{encoded})"
    query = f"(?:[:@/?{delimiters}{private}{unreserved}]|{encoded})"
    fragment = f"(?:[:@/?{delimiters}{unreserved}]|{encoded})"
    host = f"(?:\\[[0-9A-Fa-f:.]+\\]|(?:[{delimiters}{unreserved}]|{encoded})*)"
    authority = f"(?:(?:[:{delimiters}{unreserved}]|{encoded})*@)?{host}(?::[0-9]*)?"
    # A path that begins with two slashes would be read as an authority.
    path_alone = f"(?:/(?:(?:[:@{delimiters}{unreserved}]|{encoded}){segment}*)?|(?:[:@{delimiters}{unreserved}]"
    path_alone += f"|{encoded}){segment}*)?"
    return f"{SCHEME}(?://{authority}(?:/{segment}*)?|{path_alone})(?:\\?{query}*)?(?:#{fragment}*)?"


IRI: Final = _identifier(IUNRESERVED, _ranges(_PRIVATE_RANGES))
"""Pattern of a whole absolute IRI."""
URI: Final = _identifier(UNRESERVED, "")
"""Pattern of a whole absolute URI: an IRI in ASCII."""


def is_iri(text: str) -> bool:
    """Tell whether `text` is an absolute IRI.

    >>> is_iri("http://example.org/Việt"), is_iri("http://example.org/a b"), is_iri("Việt")
    (True, False, False)
    """
    try:
        pyoxigraph.NamedNode(text)  # compiling the pattern alone takes thirty milliseconds of every start
    except ValueError:
        return False
    return True
