"""Answers sent compressed to who takes it, by zstd or gzip; streamed ones are compressed as they go.

A strong entity tag is of these very bytes, so each encoding of an answer has its own (RFC 9110 §8.8.3).
"""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, Protocol

import zstandard
from flask import Response, request
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

ENCODINGS: Final = ("zstd", "gzip")
"""Best first."""

_COMPRESSED: Final = (
    "text/", "application/json", "application/ld+json", "application/rdf+xml", "application/n-triples",
    "application/n-quads", "application/trig", "application/atom+xml", "application/link-format", "application/xml",
    "application/geo+json", "application/problem+json", "application/sparql-results", "image/svg+xml",
)  # fmt: skip
WORTH: Final = 1024
"""Answers of fewer bytes go as they are."""

_GZIP_LEVEL: Final = 6
_GZIP_STREAM_LEVEL: Final = 1
_ZSTD_LEVEL: Final = 3


class _Packer(Protocol):
    def compress(self, piece: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


def pack(response: Response) -> Response:
    """Compress `response` as its visitor likes it best; what is on disk or packed already goes as it is."""
    if not is_packed(response.mimetype or ""):
        return response
    response.vary.add("Accept-Encoding")
    encoding = wanted(request.headers.get("Accept-Encoding", ""))
    if (
        encoding is None
        or response.status_code not in (200, 404)
        or "Content-Encoding" in response.headers
        or response.direct_passthrough
    ):
        return response
    if response.is_streamed:
        if "Content-Length" in response.headers:  # a client that is told the length cannot take another one
            return response
        response.response = _packed_stream(response.iter_encoded(), _packer(encoding))
    else:
        body = response.get_data()
        if len(body) < WORTH:
            return response
        response.set_data(packed(encoding, body))
    response.headers["Content-Encoding"] = encoding
    tag, weak = response.get_etag()
    if tag:
        response.set_etag(f"{tag}-{encoding}", weak=bool(weak))
    return response


def known(tag: str) -> str | None:
    """Return the tag under which the visitor has this answer already, in whatever encoding; None where it has not."""
    variants = (tag, *(f"{tag}-{encoding}" for encoding in ENCODINGS))
    return next((each for each in variants if request.if_none_match.contains_weak(each)), None)


def is_packed(media_type: str) -> bool:
    """Return whether answers of a media type are compressed."""
    return media_type.startswith(_COMPRESSED)


@lru_cache(maxsize=256)
def wanted(accept_encoding: str) -> str | None:
    """Return the best encoding that a header `Accept-Encoding` takes, None where an answer is to go as it is."""
    accepted = parse_accept_header(accept_encoding, Accept)
    best = max(ENCODINGS, key=lambda encoding: accepted[encoding])
    return best if accepted[best] > 0 else None


def packed(encoding: str, body: bytes) -> bytes:
    """Return a whole answer compressed."""
    if encoding == "zstd":
        return zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(body)
    return gzip.compress(body, _GZIP_LEVEL, mtime=0)


def _packer(encoding: str) -> _Packer:
    if encoding == "zstd":
        return zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compressobj()
    return zlib.compressobj(_GZIP_STREAM_LEVEL, wbits=31)


def _packed_stream(blocks: Iterable[bytes], packer: _Packer) -> Iterator[bytes]:
    """Yield blocks compressed; where they break off, so does this, without an end."""
    for block in blocks:
        if piece := packer.compress(block):
            yield piece
    yield packer.flush()
