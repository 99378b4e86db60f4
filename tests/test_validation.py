"""Validation over files: what passes, what is reported, what is refused."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from lienket import languages
from lienket.cli import commands
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


def test_a_node_with_a_million_values_is_told_in_bounded_memory(tmp_path: Path) -> None:
    data = tmp_path / "data.nt"
    x = "https://x.example/"
    with data.open("w", encoding="utf-8") as file:
        file.write(f"<{x}a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{x}Thing> .\n")
        file.writelines(f'<{x}a> <{x}count> "{number} x" .\n' for number in range(1_000_000))
    shapes = SHAPES.replace("sh:minCount 1", "sh:minCount 1 ; sh:maxCount 3")
    limit = "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30));"
    command = [sys.executable, "-c", limit + "from lienket.cli import main; main()", "validate", str(data), "--shapes",
               str(written(tmp_path, "s.ttl", shapes))]  # fmt: skip
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1, ended.stderr[-500:]
    assert "Traceback" not in ended.stderr
    assert "has 900000 more results of DatatypeConstraintComponent" in ended.stdout + ended.stderr
    assert "1,000,001 results" in ended.stdout + ended.stderr


IMPORTING = PREFIXES + "@prefix owl: <http://www.w3.org/2002/07/owl#> . <> owl:imports <IMPORTED> ."


def test_a_missing_import_is_named(tmp_path: Path) -> None:
    stated = SHAPES + IMPORTING.replace("IMPORTED", "other.ttl")
    file = written(tmp_path, "s.ttl", stated)
    with pytest.raises(InputError, match=r"s\.ttl: imports file.*other\.ttl"):
        read_shapes([file])
    other = written(tmp_path, "other.ttl", PREFIXES + ":T sh:targetClass :Other ; sh:nodeKind sh:IRI .")
    assert len(read_shapes([file, other]).roots) == 2


def test_an_import_from_the_web_is_given_as_a_file_or_named(tmp_path: Path) -> None:
    file = written(tmp_path, "s.ttl", SHAPES + IMPORTING.replace("IMPORTED", "https://y.example/more"))
    (fault,) = read_shapes([file]).not_imported
    assert fault.severity == "warning"
    assert "https://y.example/more" in str(fault)
    more = "<https://y.example/more> a <http://www.w3.org/2002/07/owl#Ontology> ."
    assert read_shapes([file, written(tmp_path, "more.ttl", more)]).not_imported == ()
    data = written(tmp_path, "data.ttl", PREFIXES + ":a a :Thing ; :count 1 .")
    ended = CliRunner().invoke(commands, ["validate", str(data), "--shapes", str(file)])
    assert ended.exit_code == 0
    assert "https://y.example/more" in ended.output


MISTAKES = {
    "no Turtle": ("oops", None, "s.ttl, row 1: is not Turtle"),
    "a contradiction": (
        PREFIXES + ":S sh:targetClass :C ; sh:minCount 1 .",
        None,
        "is a node shape, so it may have no",
    ),
    "recursion": (PREFIXES + ":S sh:targetClass :C ; sh:node :S .", None, "shapes may not be recursive"),
    "data that is no RDF": (SHAPES, "<html>", "d.ttl, row 1: is not Turtle"),
    "an ill-typed literal": (
        SHAPES,
        PREFIXES + ":a a :Thing ; :count '1x'^^xsd:integer .",
        "“1x” Needs a whole number",
    ),
}


@pytest.mark.parametrize("engine", ["sql", "pyshacl"])
@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_end_the_command_with_a_line_that_names_them(mistake: str, engine: str, tmp_path: Path) -> None:
    shapes, data, said = MISTAKES[mistake]
    file = written(tmp_path, "s.ttl", shapes)
    data = str(written(tmp_path, "d.ttl", data or PREFIXES))
    ended = CliRunner().invoke(
        commands, ["--language", "en", "validate", data, "--shapes", str(file), "--engine", engine]
    )
    assert ended.exit_code == 1
    assert said in ended.output
    assert "Traceback" not in ended.output


SHARED = Path(__file__).parents[2] / "shared"
EXPORTS = SHARED / "data" / "hue_portal"
DCAT_AP = SHARED / "suites" / "dcat-ap" / "3.0.1" / "html" / "shacl" / "shapes.ttl"


@pytest.mark.skipif(not EXPORTS.is_dir(), reason=f"the portal's exports are not there: {EXPORTS}")
@pytest.mark.skipif(not DCAT_AP.exists(), reason="the published suites are not beside this repository")
@pytest.mark.parametrize("file", sorted(EXPORTS.glob("*.rdf")), ids=lambda file: file.stem[:20])
def test_the_citys_own_descriptions_fail_for_the_right_reasons(file: Path, tmp_path: Path) -> None:
    """They write the prefix where the datatype belongs, texts for things, no dcat:accessURL, and a day for a moment."""
    shapes = written(tmp_path, "s.ttl", DCAT_AP.read_text(encoding="utf-8").replace("sh:shape ", "sh:node "))
    report = validate([file], read_shapes([shapes]))
    found = {
        ((result.path or "").rpartition("/")[2], result.component.partition("#")[2].removesuffix("ConstraintComponent"))
        for result in report.results
    }
    media_type = {("dcat#mediaType", "NodeKind")} if "mediaType" in file.read_text(encoding="utf-8") else set()
    assert found == media_type | {
        ("dcat#accessURL", "MinCount"),
        ("dcat#byteSize", "Datatype"),
        ("issued", "Node"),
        ("modified", "Node"),
    }
    said = {str(result.explanation) for result in report.results if (result.path or "").endswith("byteSize")}
    wanted = "http://www.w3.org/2001/XMLSchema#nonNegativeInteger"
    assert said == {f"is of the datatype xsd:nonNegativeInteger, and {wanted} is needed"}
    reasons = {str(detail.explanation) for result in report.results for each in result.details for detail in
               (each, *each.details)}  # fmt: skip
    assert any("conforms to none" in reason or "xsd:dateTime" in reason for reason in reasons), reasons


def test_what_breaks_a_rule_made_of_rules_is_told_in_both_languages(tmp_path: Path) -> None:
    """In the line for a person; each reason with the property, its value, and its own message where it has one."""
    shapes = """
:Shape a sh:NodeShape ; sh:targetClass :Thing ; sh:node :Inner .
:Inner a sh:NodeShape ; sh:property [ sh:path :count ; sh:datatype xsd:integer ] , [ sh:path :name ; sh:minCount 1 ] ,
    [ sh:path :date ; sh:maxCount 0 ; sh:message "Chưa có ngày."@vi , "No date yet."@en ] .
"""
    data = written(tmp_path, "data.ttl", PREFIXES + ':a a :Thing ; :count "many" ; :date 1 .')
    report = validate([data], read_shapes([written(tmp_path, "s.ttl", PREFIXES + shapes)]))
    (fault,) = report.faults(lambda *_: [Cell("a.csv", None, 2, "Số", "many")])
    english, vietnamese = str(fault), languages.get("vi").say(fault)
    assert english.startswith("a.csv, row 2, column Số: “many” does not conform to https://x.example/Inner: count: “")
    assert english.endswith("; date: No date yet; name: is missing")
    assert vietnamese.endswith("; date: Chưa có ngày; name: còn thiếu")


def test_of_many_reasons_some_are_told_and_the_number_of_the_others(tmp_path: Path) -> None:
    inner = " , ".join(f"[ sh:path :p{n} ; sh:minCount 1 ]" for n in range(9))
    shapes = f":Shape a sh:NodeShape ; sh:targetClass :Thing ; sh:node [ sh:property {inner} ] ."
    data = written(tmp_path, "data.ttl", PREFIXES + ":a a :Thing .")
    report = validate([data], read_shapes([written(tmp_path, "s.ttl", PREFIXES + shapes)]))
    (fault,) = report.faults(lambda *_: ())
    assert str(fault).endswith("p4: is missing; and 4 more reasons")
    assert languages.get("vi").say(fault).endswith("và 4 lý do nữa")
