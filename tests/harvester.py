"""A harvester of event streams, as the LDES specification has its clients: from the root through every page, in order.

It keeps what a client keeps: the pages that never change, and the members that it has seen.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urldefrag

import pyoxigraph as ox

LDES, TREE = "https://w3id.org/ldes#", "https://w3id.org/tree#"
TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")

Get = Callable[[str], tuple[int, str, str, bytes]]
"""Gives status, media type, Cache-Control and body of an address."""


@dataclass
class Harvester:
    """A client of one stream; `state` is the graph that it has made of it."""

    get: Get
    entry: str
    state: dict[str, frozenset[ox.Triple]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    finished: set[str] = field(default_factory=set)
    fetched: list[str] = field(default_factory=list)

    def follow(self) -> int:
        """Read what is new and apply it by time; return how many members were new."""
        root = self._page(self.entry)
        (stream,) = (quad.subject for quad in root.quads_for_pattern(None, _tree("view"), ox.NamedNode(self.entry)))
        paths = {name: _one(root, stream, ox.NamedNode(LDES + name)) for name in
                 ("timestampPath", "versionOfPath", "versionDeletePath", "versionDeleteObject")}  # fmt: skip
        found: dict[str, tuple[str, str, frozenset[ox.Triple] | None]] = {}
        waiting = self._next(root, self.entry)
        while waiting:
            address = waiting.pop()
            if address in self.finished:
                continue
            page = self._page(address)
            waiting += self._next(page, address)
            for quad in page.quads_for_pattern(stream, _tree("member"), None):
                member = quad.object
                assert isinstance(member, ox.NamedNode)
                moment, subject = (_one(page, member, paths[path]) for path in ("timestampPath", "versionOfPath"))
                is_gone = ox.Quad(member, paths["versionDeletePath"], paths["versionDeleteObject"]) in page
                said = frozenset(each.triple for each in page.quads_for_pattern(None, None, None, member))
                assert is_gone is not bool(said)
                found[member.value] = (moment.value, subject.value, None if is_gone else said)
        new = {member: version for member, version in found.items() if member not in self.seen}
        self.seen |= new.keys()
        for _, resource, latest in sorted(new.values(), key=lambda version: version[0]):
            if latest is None:
                self.state.pop(resource, None)
            else:
                self.state[resource] = latest
        return len(new)

    def _page(self, address: str) -> ox.Store:
        status, media_type, cache, body = self.get(address)
        self.fetched.append(address)
        store = ox.Store()
        if status == 410:  # as if it were empty
            return store
        assert (status, media_type) == (200, "application/trig"), (status, address)
        store.load(body, format=ox.RdfFormat.TRIG)
        immutable = ox.Quad(ox.NamedNode(address), ox.NamedNode(LDES + "immutable"), ox.Literal(True)) in store
        assert immutable is ("immutable" in cache)
        if immutable:
            self.finished.add(address)
        return store

    @staticmethod
    def _next(page: ox.Store, address: str) -> list[str]:
        relations = [quad.object for quad in page.quads_for_pattern(ox.NamedNode(address), _tree("relation"), None)]
        nodes = {urldefrag(_one(page, relation, _tree("node")).value).url for relation in relations}
        return sorted(nodes, reverse=True)


def _tree(name: str) -> ox.NamedNode:
    return ox.NamedNode(TREE + name)


def _one(store: ox.Store, subject: object, predicate: ox.NamedNode) -> ox.NamedNode:
    (quad,) = store.quads_for_pattern(subject, predicate, None, ox.DefaultGraph())  # type: ignore[arg-type]
    return quad.object  # type: ignore[return-value]  # a literal has a value, too
