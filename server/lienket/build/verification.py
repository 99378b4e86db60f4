"""Holds a release against what it says of itself: before it is switched to, and at any later time.

Its files by their digests, its store by the number of quads in each graph and by statements that its dumps hold, its
index by a name, its catalogue by the shapes in `catalogue/shapes.ttl`, its table of classes by what it says of
geometries.
"""

from collections.abc import Iterator
from importlib.resources import as_file, files
from itertools import islice

import pyoxigraph as ox

from lienket import classes
from lienket.errors import Fault, LienketError
from lienket.releases import digests, statements
from lienket.releases.release import CATALOGUE, Release
from lienket.search import Search
from lienket.store import Store
from lienket.validation import read_shapes, validate

SAMPLES = 3
"""Statements of each dataset that are looked up."""


def faults(release: Release, *, every_byte: bool = True) -> list[Fault]:
    """Return all that is wrong with a release; the digests of its files are taken anew with `every_byte`.

    Raises `UnavailableError` where its manifest cannot be read.
    """
    found = digests.changed(release.path, release.files) if every_byte else []
    if found:  # what the damaged files hold is of no more interest
        return found
    for part in (_of_store, _of_search, _of_catalogue, _of_classes):
        try:
            found += part(release)
        except LienketError as error:
            found += error.faults
    return found


def _of_store(release: Release) -> Iterator[Fault]:
    """Find graphs that do not hold as many quads as they should, and statements that are in a dump and not here."""
    store = Store.open(release.store_path)
    counts = store.counts()
    expected: dict[str, int] = release.manifest["graphs"]
    for graph in sorted(counts.keys() | expected.keys()):
        if counts.get(graph, 0) != expected.get(graph, 0):
            yield Fault("holds {found} quads of {graph}; its manifest says {expected}", file=str(release.store_path),
                        values={"found": counts.get(graph, 0), "graph": graph, "expected": expected.get(graph, 0)},
                        )  # fmt: skip
    for dataset_id in release.manifest["datasets"]:
        for quad in _samples(release, dataset_id):
            if not store.holds(quad):
                yield Fault("does not hold what the dump of {dataset} holds", file=str(release.store_path),
                            text=str(quad), values={"dataset": dataset_id})  # fmt: skip


def _samples(release: Release, dataset_id: str) -> list[ox.Quad]:
    with statements.opened(release.dumps / f"{dataset_id}.nq.gz") as lines:
        quads = statements.parse(islice(lines, SAMPLES))
        return [quad for quad in quads if not isinstance(quad.subject, ox.BlankNode)
                and not isinstance(quad.object, ox.BlankNode)]  # fmt: skip


def _of_search(release: Release) -> Iterator[Fault]:
    search = Search.open(release.search_path)
    try:
        iris = search.addresses(limit=SAMPLES)
    finally:
        search.close()
    store = Store.open(release.store_path)
    for iri in iris:
        if not any(True for _ in store.about(iri)):
            yield Fault("names {iri}, which the store does not know", file=str(release.search_path),
                        values={"iri": iri})  # fmt: skip


def _of_catalogue(release: Release) -> Iterator[Fault]:
    with as_file(files("lienket") / "catalogue" / "shapes.ttl") as shapes:
        report = validate([release.path / CATALOGUE], read_shapes([shapes]))
    yield from (fault for fault in report.faults(lambda *_: ()) if fault.severity == "error")


def _of_classes(release: Release) -> Iterator[Fault]:
    store = Store.open(release.store_path)
    for each in classes.read(release.path / classes.FILE):
        members = " ".join(f"<{iri}>" for iri in each.members)
        for predicate in each.geometries:
            if not store.ask(f"ASK {{ VALUES ?class {{ {members} }} ?thing a ?class ; <{predicate}> ?geometry }}"):
                yield Fault("says that things of {class} have {predicate}, and none has",
                            file=str(release.path / classes.FILE),
                            values={"class": each.iri, "predicate": predicate})  # fmt: skip
