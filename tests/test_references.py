"""What a dataset refers to is looked up in the union of all; and who refers to what has changed is known."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest

from lienket.build.neighbours import changed_nodes, refers_to
from lienket.validation import Report, Shapes, read_shapes, read_triples, tell, validate, validate_relation

from .test_validation_differential import compared

PREFIXES = """
@prefix : <https://x.example/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
"""
ONTOLOGY = PREFIXES + ":Ward rdfs:subClassOf :Unit ."
SHAPES = (
    PREFIXES
    + """
:UnitShape a sh:NodeShape ; sh:targetClass :Unit ; sh:property [ sh:path :name ; sh:minCount 1 ; sh:maxCount 1 ] .
:PlaceShape a sh:NodeShape ; sh:targetClass :Place ;
    sh:property [ sh:path :in ; sh:class :Unit ] ,
        [ sh:path ( :kind skos:notation ) ; sh:minCount 1 ; sh:pattern "^[0-9]+$" ] .
"""
)
DATASETS = {
    "units": ":w1 a :Ward ; :name 'Một' . :w2 a :Ward ; :name 'Hai' .",
    "codes": ":k1 skos:notation '7' ; :name 'x' . :k2 skos:notation 'seven' .",
    "places": ":p1 a :Place ; :in :w1 ; :kind :k1 . :p2 a :Place ; :in :w2 ; :kind :k1 .",
    "wrong": ":p3 a :Place ; :in :w9 ; :kind :k2 . :p4 a :Place ; :in :k1 ; :kind :k9 .",
    "alone": ":u a :Unit ; :name 'Ba' .",
}


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.ttl"
    path.write_text(PREFIXES + text, encoding="utf-8")
    return path


@pytest.fixture
def shapes(tmp_path: Path) -> Shapes:
    return read_shapes([written(tmp_path, "shapes", SHAPES)])


class Deployment:
    """Datasets as relations, each with what it tells the others."""

    def __init__(self, datasets: Mapping[str, str], shapes: Shapes, folder: Path) -> None:
        self.connection = duckdb.connect(":memory:")
        self.shapes = shapes
        self.folder = Path(tempfile.mkdtemp(dir=folder))
        self.told = {name: self.folder / f"{name}.nt" for name in datasets}
        self.context = "".join(read_triples([written(folder, "ontology", ONTOLOGY)]))
        for name, text in datasets.items():
            lines = "".join(read_triples([written(folder, name, text)]))
            rows = [tuple(line.removesuffix(" .").split(" ", 2)) for line in lines.splitlines()]
            self.connection.execute(f"CREATE TABLE {name} (subject VARCHAR, predicate VARCHAR, object VARCHAR)")
            for row in rows:
                self.connection.execute(f"INSERT INTO {name} VALUES (?, ?, ?)", row)
            (self.folder / f"{name}.nq").write_text(lines, encoding="utf-8")
            tell(self.connection, name, shapes, self.told[name], self.context)

    def report(self, name: str) -> Report:
        elsewhere = [path for other, path in self.told.items() if other != name]
        return validate_relation(self.connection, name, self.shapes, self.context, elsewhere=elsewhere)

    def triples_told(self, name: str) -> set[tuple[str, ...]]:
        lines = self.told[name].read_text(encoding="utf-8").splitlines()
        assert lines == sorted(set(lines))
        return {tuple(line.removesuffix(" .").split(" ", 2)) for line in lines}


def test_what_another_dataset_describes_is_looked_up_there(shapes: Shapes, tmp_path: Path) -> None:
    deployment = Deployment(DATASETS, shapes, tmp_path)
    assert [name for name in DATASETS if not deployment.report(name).conforms] == ["wrong"]
    found = {(r.focus_node[-2:], r.path and r.path[-2:], r.value and r.value[-5:], r.component.partition("#")[2])
             for r in deployment.report("wrong").results}  # fmt: skip
    assert found == {
        ("p3", "in", "le/w9", "ClassConstraintComponent"),
        ("p3", None, "seven", "PatternConstraintComponent"),
        ("p4", "in", "le/k1", "ClassConstraintComponent"),
        ("p4", None, None, "MinCountConstraintComponent"),
    }


def test_the_parts_together_find_what_pyshacl_finds_in_the_union(shapes: Shapes, tmp_path: Path) -> None:
    deployment = Deployment(DATASETS, shapes, tmp_path)
    parts = [each for name in DATASETS for each in compared(deployment.report(name))]
    files = [written(tmp_path, name, text) for name, text in DATASETS.items()]
    union = validate([*files, written(tmp_path, "o", ONTOLOGY)], shapes, engine="pyshacl")
    assert sorted(parts) == compared(union)


def test_only_what_shapes_ask_for_is_told(shapes: Shapes, tmp_path: Path) -> None:
    deployment = Deployment(DATASETS, shapes, tmp_path)
    assert {triple[2] for triple in deployment.triples_told("units")} == {"<https://x.example/Ward>"}
    assert not any("name" in predicate for _, predicate, _ in deployment.triples_told("codes"))
    # :kind is a step of a path, so that it is told too; whom it is a kind of is not
    assert {predicate for _, predicate, _ in deployment.triples_told("places")} == {"<https://x.example/kind>"}


def again(before: Deployment, after: Deployment, unchanged: Mapping[str, str]) -> list[str]:
    nodes = changed_nodes(before.told, after.told)
    return [name for name in unchanged if refers_to(after.folder / f"{name}.nq", nodes)]


def test_of_twenty_datasets_only_those_that_refer_to_the_changed_one_are_validated_again(
    shapes: Shapes, tmp_path: Path
) -> None:
    datasets = {
        **{f"units{n}": f":w{n} a :Ward ; :name 'Phường {n}' ." for n in range(10)},
        **{f"places{n}": f":p{n} a :Place ; :in :w{n} , :w{n // 2} ." for n in range(10)},
    }
    before = Deployment(datasets, shapes, tmp_path)
    changes = {
        ":w3 a :Thing ; :name 'Phường 3' .": ["places3", "places6", "places7"],
        "": ["places3", "places6", "places7"],
        ":w3 a :Unit ; :name 'Phường 3' .": ["places3", "places6", "places7"],
        ":w3 a :Ward ; :name 'Phường Ba' .": [],
        ":w3 a :Ward ; :name 'Phường 3' . :w33 a :Ward .": [],
        ":w3 a :Ward ; :name 'Phường 3' . :w8 a :Ward .": ["units8", "places8"],
    }
    for number, (text, expected) in enumerate(changes.items()):
        after = Deployment({**datasets, "units3": text}, shapes, tmp_path)
        unchanged = {name: text for name, text in datasets.items() if name != "units3"}
        assert again(before, after, unchanged) == expected
        # and of all others the results stay as they were
        for name in unchanged.keys() - set(expected) if number == 0 else ():
            assert compared(before.report(name)) == compared(after.report(name))


def test_what_is_reached_by_way_of_a_third_dataset_counts(shapes: Shapes, tmp_path: Path) -> None:
    nested = PREFIXES + ":S a sh:NodeShape ; sh:targetClass :A ; sh:property [ sh:path ( :b :c :d ) ; sh:minCount 1 ] ."
    read = read_shapes([written(tmp_path, "nested", nested)])
    datasets = {"one": ":a a :A ; :b :x .", "two": ":x :c :y .", "three": ":y :d 1 .", "four": ":z :d 1 ."}
    before = Deployment(datasets, read, tmp_path)
    after = Deployment({**datasets, "three": ":y :e 1 ."}, read, tmp_path)
    assert before.report("one").conforms
    assert not after.report("one").conforms
    assert again(before, after, datasets)[:2] == ["one", "two"]
    assert "four" not in again(before, after, datasets)


def test_where_nothing_has_changed_nobody_is_concerned(shapes: Shapes, tmp_path: Path) -> None:
    deployment = Deployment(DATASETS, shapes, tmp_path)
    assert changed_nodes(deployment.told, dict(deployment.told)) == frozenset()
    assert again(deployment, Deployment(DATASETS, shapes, tmp_path), DATASETS) == []
