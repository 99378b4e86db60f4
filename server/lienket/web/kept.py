"""Small answers kept in the web process, so that what is asked often costs neither Flask nor a query.

Kept is what says of itself that anybody may keep it: status 200, an entity tag, `Cache-Control: public`. What was kept
of one release is dropped with the first request after another release has become current.
"""

import os
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from lienket.web.protocol import WITH_BODY

Headers = list[tuple[bytes, bytes]]
Key = tuple[bytes, ...]

_EACH: Final = 1 << 18
"""The largest answer that is kept, in bytes."""

_ALL: Final = 1 << 25
"""What all of them may take, in bytes."""

_FRESH_SECONDS: Final = 0.02
"""So long it is believed that the same release is on show: looking costs as much as answering."""

_DECIDE: Final = (b"accept", b"accept-language", b"accept-encoding", b"host", b"x-forwarded-host")
"""Headers that an answer may depend on, beside its address."""

_UNUSUAL: Final = frozenset((b"accept-datetime", b"range", b"if-modified-since", b"if-match", b"if-unmodified-since",
                             b"transfer-encoding"))  # fmt: skip
"""A request with one of these, or with any header twice, is for the application itself."""

_NOT_OF_304: Final = (b"content-length", b"content-type", b"content-encoding", b"content-language")


@dataclass(frozen=True)
class Sent:
    """An answer as it went out."""

    headers: Headers
    body: bytes
    tag: bytes

    def answer(self, method: str, headers: Mapping[bytes, bytes]) -> tuple[int, "Sent"]:
        """Return status and answer for a request; 304 and nothing where it knows this answer (RFC 9110 §13.1.2)."""
        known = headers.get(b"if-none-match")
        if (
            known is None
            or method == "POST"
            or not {self.tag, b"*"} & {tag.strip().removeprefix(b"W/") for tag in known.split(b",")}
        ):
            return 200, self
        return 304, Sent([pair for pair in self.headers if pair[0] not in _NOT_OF_304], b"", self.tag)


def key_of(
    scope: Mapping[str, Any], headers: Mapping[bytes, bytes], body: bytes | None, *, is_query: bool
) -> Key | None:
    """Return what an answer to this request is kept under, None where none may be; a query may come in the body."""
    posted = is_query and scope["method"] in WITH_BODY
    if not posted and scope["method"] not in ("GET", "HEAD"):
        return None
    if body is None or len(headers) != len(scope["headers"]) or not _UNUSUAL.isdisjoint(headers):
        return None
    address = (scope["scheme"].encode(), scope.get("raw_path") or scope["path"].encode(), scope["query_string"])
    sent = (scope["method"].encode(), headers.get(b"content-type", b""), sha256(body).digest()) if posted else ()
    return (*address, *(headers.get(name, b"") for name in _DECIDE), *sent)


class Kept:
    """The kept answers of one web process; for one thread."""

    def __init__(self, current: Path) -> None:
        """Keep answers for as long as the link `current` leads to the same release."""
        self._current = current
        self._release = ""
        self._fresh_until = 0.0
        self._answers: OrderedDict[Key, Sent] = OrderedDict()
        self._bytes = 0

    def look(self) -> str:
        """Return which release is on show; where it is another one, forget everything."""
        now = time.monotonic()
        if now < self._fresh_until:
            return self._release
        self._fresh_until = now + _FRESH_SECONDS
        try:
            release = os.readlink(self._current)
        except OSError:
            release = "nowhere"
        if release != self._release:
            self._release = release
            self._answers.clear()
            self._bytes = 0
        return self._release

    def get(self, key: Key | None) -> Sent | None:
        """Return what is kept under `key`, if anything."""
        found = self._answers.get(key) if key else None
        if key and found is not None:
            self._answers.move_to_end(key)
        return found

    def put(self, key: Key, release: str, status: int, headers: Headers, body: bytes) -> None:
        """Keep an answer if it may be kept and `release`, on show when it was asked for, still is."""
        if release != self.look():
            return
        found = dict(headers)
        tag = found.get(b"etag", b"")
        if status != 200 or not tag or len(body) > _EACH or b"public" not in found.get(b"cache-control", b""):
            return
        self._bytes += len(body) - len(self._answers.pop(key, Sent([], b"", b"")).body)
        self._answers[key] = Sent(headers, body, tag.removeprefix(b"W/"))
        while self._bytes > _ALL:
            _, oldest = self._answers.popitem(last=False)
            self._bytes -= len(oldest.body)
