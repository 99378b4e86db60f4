"""Whether what links lead to is still there: in the release, in the lists of codes it holds, on the web if asked."""

from collections.abc import Sequence
from pathlib import Path

import pyoxigraph as ox

from ..errors import Fault
from ..store import Store
from . import remote
from .decisions import LINKS, Link


def lost(
    store: Store, folder: Path, links: Sequence[Link], base_iri: str, *, web: bool = False, allow_local: bool = False
) -> list[Fault]:  # fmt: skip
    """Return a fault for each end of a link that leads to nothing.

    Ends of the hub must be described in the release. An end elsewhere is sound where a list of the release describes
    it; one that none does is asked for on the web where `web` says so, and left alone where not.
    """
    said = {iri: _is_described(store, iri) for link in links for iri in (link.subject, link.object)}
    outside = [iri for iri, known in said.items() if not known and not iri.startswith(base_iri)]
    gone = remote.dead(outside, allow_local=allow_local) if web else {}
    faults = []
    for number, link in enumerate(links, 2):
        for iri in (link.subject, link.object):
            if not said[iri] and iri.startswith(base_iri):
                faults.append(_lost_end(folder, number, iri, "the release describes no such thing"))
            elif iri in gone:
                faults.append(_lost_end(folder, number, iri, gone[iri]))
    return faults


def _is_described(store: Store, iri: str) -> bool:
    try:
        return store.ask("ASK { GRAPH ?graph { ?thing ?predicate ?object } }", thing=ox.NamedNode(iri))
    except ValueError:  # no IRI is written like this
        return False


def _lost_end(folder: Path, row: int, iri: str, reason: str) -> Fault:
    return Fault("leads to nothing: {meaning}", file=str(folder / LINKS), row=row, text=iri, values={"meaning": reason})
