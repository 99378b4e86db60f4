"""Validation over files: what passes, what is reported, what is refused."""

from pathlib import Path

import pytest

from lienket.errors import InputError
from lienket.mapping import Cell
from lienket.validation import read_shapes, validate

PREFIXES = """
@prefix : <https://x.example/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
SHAPES = (
    PREFIXES
    + """
:Shape a sh:NodeShape ; sh:targetClass :Thing ; sh:property :Shape-count .
:Shape-count sh:path :count ; sh:minCount 1 ; sh:datatype xsd:integer ;
    sh:message "Cần số nguyên {0}."@vi , "Needs a whole number."@en .
"""
)


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_conforming_data(tmp_path: Path) -> None:
    data = written(tmp_path, "data.ttl", PREFIXES + ":a a :Thing ; :count 1 .")
    assert validate([data], read_shapes([written(tmp_path, "s.ttl", SHAPES)])).conforms


def test_a_result_names_node_path_value_and_says_it_in_both_languages(tmp_path: Path) -> None:
    data = written(tmp_path, "data.ttl", PREFIXES + ':a a :Thing ; :count "007" .')
    report = validate([data], read_shapes([written(tmp_path, "s.ttl", SHAPES)]))
    (result,) = report.results
    assert result.focus_node == "https://x.example/a"
    assert result.path == "https://x.example/count"
    assert result.value == "007"
    assert result.component.endswith("DatatypeConstraintComponent")
    assert result.messages == {"vi": "Cần số nguyên {0}.", "en": "Needs a whole number."}


def test_what_a_query_finds_is_said_in_both_languages_with_its_values(tmp_path: Path) -> None:
    shapes = (
        PREFIXES
        + """
:Shape a sh:NodeShape ; sh:targetClass :Thing ; sh:property [ sh:path :count ; sh:sparql [
    sh:message "Gấp đôi là {?double}."@vi , "Twice it is {?double}."@en ;
    sh:select "SELECT $this ?value (?value * 2 AS ?double) WHERE { $this $PATH ?value }" ] ] .
"""
    )
    data = written(tmp_path, "data.ttl", PREFIXES + ":a a :Thing ; :count 4 .")
    (result,) = validate([data], read_shapes([written(tmp_path, "s.ttl", shapes)])).results
    assert result.messages == {"vi": "Gấp đôi là 8.", "en": "Twice it is 8."}
    assert result.value == "4"


def test_lexical_forms_are_left_as_written(tmp_path: Path) -> None:
    data = written(tmp_path, "data.ttl", PREFIXES + ':a a :Thing ; :count "01.50"^^xsd:decimal .')
    (result,) = validate([data], read_shapes([written(tmp_path, "s.ttl", SHAPES)])).results
    assert result.value == "01.50"


def test_faults_name_the_cells_or_else_the_node(tmp_path: Path) -> None:
    data = written(tmp_path, "data.ttl", PREFIXES + ":a a :Thing .")
    report = validate([data], read_shapes([written(tmp_path, "s.ttl", SHAPES)]))
    (fault,) = report.faults(
        lambda _node, _path, _value: [Cell("t.csv", None, 7, "Số", "x"), Cell("t.csv", None, 7, "Kỳ", None)]
    )
    assert str(fault) == "t.csv, row 7, column Số, Kỳ: “x” Needs a whole number. (is missing)"
    (fault,) = report.faults(lambda _node, _path, _value: [])
    assert str(fault) == "https://x.example/a https://x.example/count: Needs a whole number. (is missing)"


@pytest.mark.parametrize(
    ("shapes", "said"),
    [
        ("not turtle", "is not Turtle"),
        (PREFIXES + ":S a sh:NodeShape ; sh:targetClas :Thing .", "“sh:targetClas” is not a term of SHACL"),
        (PREFIXES + ':S sh:sparql [ sh:select "SELECT $this { SERVICE <http://x/> { ?a ?b ?c } }" ] .', "SERVICE"),
        (
            PREFIXES + ":S a sh:PropertyShape ; sh:targetClass :Thing ; sh:minCount 1 .",
            "<https://x.example/S> is a property shape without a sh:path",
        ),
    ],
)
def test_faulty_shapes_are_named(tmp_path: Path, shapes: str, said: str) -> None:
    data = written(tmp_path, "data.ttl", PREFIXES + ":a a :Thing .")
    with pytest.raises(InputError, match=r"s\.ttl") as caught:
        validate([data], read_shapes([written(tmp_path, "s.ttl", shapes)]))
    assert said in str(caught.value)


def test_data_that_is_no_rdf_is_named(tmp_path: Path) -> None:
    shapes = read_shapes([written(tmp_path, "s.ttl", SHAPES)])
    bad = [written(tmp_path, "a.ttl", "oops"), written(tmp_path, "b.doc", ""), tmp_path / "c.ttl"]
    with pytest.raises(InputError) as caught:
        validate(bad, shapes)
    for words in ("a.ttl, row 1", "b.doc: is of no known RDF format", "c.ttl: cannot be read"):
        assert words in str(caught.value)
