"""W3C's suite for SHACL <https://w3c.github.io/data-shapes/data-shapes-test-suite/>: Core by SQL, SPARQL by pySHACL.

It lies in `shared/suites` beside the repository and is skipped where that is absent. A case passes where each result is
the expected one: focus node, path, value, component, severity and shape, as often as it is expected. Reports are
compared up to the names of blank nodes, with every literal as it was written.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyoxigraph as ox
import pytest

from lienket.errors import InputError
from lienket.validation import read_shapes, validate
from lienket.validation.shapes import foreign, needs_reference
from lienket.vocabulary import RDF, SH

from .suites import FOLDER
from .suites import case as of_suite

SUITE = FOLDER / "shacl-tests" / "tests"
MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
SHT = "http://www.w3.org/ns/shacl-test#"

COMPARED = tuple(
    ox.NamedNode(SH + name)
    for name in ("focusNode", "resultPath", "value", "sourceConstraintComponent", "resultSeverity", "sourceShape")
)

REFUSED = {
    "sparql/pre-binding/pre-binding-006": r"SELECT \*",
    "sparql/pre-binding/unsupported-sparql-001": "MINUS",
    "sparql/pre-binding/unsupported-sparql-002": "VALUES",
    "sparql/pre-binding/unsupported-sparql-003": "SERVICE",
    "sparql/pre-binding/unsupported-sparql-004": r"pre-bound variables must be selected",
    "sparql/pre-binding/unsupported-sparql-005": "re-bind potentially pre-bound variables such as this",
    "sparql/pre-binding/unsupported-sparql-006": "re-bind potentially pre-bound variables such as value",
}
"""Cases that ask for a refusal → what it has to name."""

Node = ox.NamedNode | ox.BlankNode | ox.Literal
Triples = Mapping[ox.NamedNode | ox.BlankNode, list[ox.Triple]]


@dataclass(frozen=True)
class Case:
    """One entry of a manifest."""

    name: str
    """Folder and name, such as `core/node/and-001`."""
    file: Path

    @cached_property
    def graph(self) -> Triples:
        quads = ox.parse(path=str(self.file), format=ox.RdfFormat.TURTLE, base_iri=self.file.as_uri())
        return by_subject(quad.triple for quad in quads)

    @cached_property
    def result(self) -> Node:
        """The expected report; or `sht:Failure` where the shapes are to be refused."""
        (entry,) = (node for node in self.graph if one(self.graph, node, MF + "result") is not None)
        return needed(self.graph, entry, MF + "result")

    def input(self, name: str) -> Path:
        """Return the file of the data or of the shapes."""
        (entry,) = (node for node in self.graph if one(self.graph, node, MF + "action") is not None)
        action = needed(self.graph, entry, MF + "action")
        return Path(needed(self.graph, action, SHT + name).value.removeprefix("file://"))


def by_subject(triples: Iterable[ox.Triple]) -> Triples:
    found: dict[ox.NamedNode | ox.BlankNode, list[ox.Triple]] = {}
    for triple in triples:
        assert not isinstance(triple.subject, ox.Triple)
        found.setdefault(triple.subject, []).append(triple)
    return found


def one(graph: Triples, node: Node, predicate: str) -> Node | None:
    assert not isinstance(node, ox.Literal)
    objects = [triple.object for triple in graph.get(node, ()) if triple.predicate.value == predicate]
    assert not any(isinstance(found, ox.Triple) for found in objects)
    return objects[0] if objects else None  # type: ignore[return-value]


def needed(graph: Triples, node: Node, predicate: str) -> Node:
    found = one(graph, node, predicate)
    assert found is not None
    return found


def compared(graph: Triples, report: Node) -> ox.Dataset:
    """Return what is compared of a report, its blank nodes named by what they are."""
    kept = [triple for triple in graph[report] if triple.predicate.value in (SH + "conforms", SH + "result")]  # type: ignore[index]
    for result in [triple.object for triple in kept if triple.predicate.value == SH + "result"]:
        for triple in graph[result]:  # type: ignore[index]
            if triple.predicate in COMPARED:
                kept.append(triple)
                if triple.predicate.value == SH + "resultPath":
                    kept += described(graph, triple.object)
    dataset = ox.Dataset(ox.Quad(triple.subject, triple.predicate, triple.object) for triple in kept)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return dataset


def described(graph: Triples, node: object) -> Iterator[ox.Triple]:
    """Yield the triples of a path that is a blank node."""
    for triple in graph.get(node, ()) if isinstance(node, ox.BlankNode) else ():
        yield triple
        yield from described(graph, triple.object)


def cases() -> Iterator[Case]:
    for file in sorted(SUITE.rglob("*.ttl")):
        if f"<{MF}result>" in (text := file.read_text(encoding="utf-8")) or "mf:result" in text:
            yield Case(str(file.relative_to(SUITE).with_suffix("")), file)


def test_all_cases_are_found() -> None:
    if not SUITE.is_dir():
        pytest.skip("the published suites are not beside this repository")
    assert sum(case.name.startswith("core/") for case in cases()) == 98
    assert sum(case.name.startswith("sparql/") for case in cases()) == 23


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=case.name, marks=of_suite("shacl", case.name)) for case in cases()]
)
def test_case(case: Case) -> None:
    data, file = case.input("dataGraph"), case.input("shapesGraph")
    if case.result == ox.NamedNode(SHT + "Failure"):
        with pytest.raises(InputError, match=REFUSED[case.name]):
            validate([data], read_shapes([file]))
        return
    shapes = read_shapes([file])
    by_pyshacl = any(needs_reference(shape) or any(foreign(shape)) for shape in shapes.roots)
    assert by_pyshacl == case.name.startswith("sparql/")
    report = by_subject(validate([data], shapes).triples())
    (node,) = (node for node in report if one(report, node, RDF + "type") == ox.NamedNode(SH + "ValidationReport"))
    assert compared(report, node) == compared(case.graph, case.result)
