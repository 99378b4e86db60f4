"""Sides that lie elsewhere: a SPARQL endpoint, or a reconciliation service, asked only when a person says so.

Nothing is followed that redirects, nothing is read without end. <https://www.w3.org/TR/sparql11-protocol/>
<https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/>
"""

import ipaddress
import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Sequence
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from ..errors import Fault, RefusedError, UnavailableError
from .sides import Row

MOST_BYTES: Final = 64 << 20
SECONDS: Final = 60.0
A_BATCH: Final = 50
"""Names that a reconciliation service is asked about at once."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **named: Any) -> None:
        """Follow none: who was named is asked, and nobody else."""


_OPENER: Final = urllib.request.build_opener(_NoRedirects)


def objects(endpoint: str, select: str, subjects: Sequence[Row]) -> list[dict[str, str]]:
    """Return the rows of a rule's other side from an endpoint: what its SELECT answers there, or, of a reconciliation
    service, the candidates for the subjects' names.

    Raises `RefusedError` for an address that is not of the web, `UnavailableError` where it does not answer in form.
    """
    if urlsplit(endpoint).scheme not in ("http", "https") or not urlsplit(endpoint).netloc:
        raise RefusedError(Fault("is no address of the web", text=endpoint))
    try:
        manifest = _manifest(endpoint)
        if manifest is None:
            return _selected(endpoint, select)
        return _reconciled(endpoint, manifest, list(dict.fromkeys(row["name"] for row in subjects if row["name"])))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        raise UnavailableError(
            Fault("does not answer as a SPARQL endpoint or a reconciliation service: {reason}", text=endpoint,
                  values={"reason": str(error)[:200] or type(error).__name__})
        ) from error  # fmt: skip


def _manifest(endpoint: str) -> dict[str, Any] | None:
    """Return the manifest of a reconciliation service; None where the address is something else."""
    try:
        told = json.loads(_read(urllib.request.Request(endpoint, headers={"Accept": "application/json"})))  # noqa: S310
    except urllib.error.HTTPError as error:
        error.close()
        return None
    except ValueError:
        return None
    return told if isinstance(told, dict) and "identifierSpace" in told else None


def _selected(endpoint: str, select: str) -> list[dict[str, str]]:
    body = urlencode({"query": select}).encode()
    headers = {"Accept": "application/sparql-results+json", "Content-Type": "application/x-www-form-urlencoded"}
    told = json.loads(_read(urllib.request.Request(endpoint, body, headers)))  # noqa: S310
    names = [str(name) for name in told["head"]["vars"]]
    return [
        {name: str(row[name]["value"]) if name in row else "" for name in names} for row in told["results"]["bindings"]
    ]


def _reconciled(endpoint: str, manifest: dict[str, Any], names: Sequence[str]) -> list[dict[str, str]]:
    space = str(manifest["identifierSpace"])
    found: dict[str, dict[str, str]] = {}
    for start in range(0, len(names), A_BATCH):
        asked = {f"q{number}": {"query": name} for number, name in enumerate(names[start : start + A_BATCH])}
        body = urlencode({"queries": json.dumps(asked, ensure_ascii=False)}).encode()
        told = json.loads(_read(urllib.request.Request(endpoint, body, {"Accept": "application/json"})))  # noqa: S310
        for answer in told.values():
            for candidate in answer["result"]:
                iri = space + str(candidate["id"])
                found.setdefault(iri, {"id": iri, "name": str(candidate["name"])})
    return list(found.values())


def _read(request: urllib.request.Request) -> bytes:
    until = time.monotonic() + SECONDS
    body = bytearray()
    with _OPENER.open(request, timeout=SECONDS) as response:
        while block := response.read1(1 << 16):
            body += block
            if len(body) > MOST_BYTES or time.monotonic() > until:
                raise ValueError(f"more than {MOST_BYTES:,} bytes or {SECONDS:.0f} seconds")
    return bytes(body)


def dead(iris: Iterable[str], *, allow_local: bool = False) -> dict[str, str]:
    """Return those of the addresses that do not answer, with the reason.

    Links are data that others wrote: one that leads into this machine's own network is not followed but named, unless
    `allow_local`.
    """
    found = {}
    for iri in dict.fromkeys(iris):
        try:
            if not allow_local and not _is_public(urlsplit(iri).hostname or ""):
                found[iri] = "leads to no public address"
                continue
            request = urllib.request.Request(iri, method="HEAD", headers={"User-Agent": "lienket"})  # noqa: S310
            with _OPENER.open(request, timeout=SECONDS / 4):
                pass
        except urllib.error.HTTPError as error:
            error.close()
            if error.code >= 400 and error.code not in (401, 403, 405, 429):  # there, and not for us
                found[iri] = f"HTTP {error.code}"
        except (OSError, ValueError) as error:
            found[iri] = str(error)[:200] or type(error).__name__
    return found


def _is_public(host: str) -> bool:
    addresses = {info[4][0] for info in socket.getaddrinfo(host, None)}
    return bool(addresses) and all(ipaddress.ip_address(address).is_global for address in addresses)
