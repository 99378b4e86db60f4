"""Shapes that contradict SHACL are refused, each fault with its file and shape, all at once."""

from pathlib import Path

import pytest

from lienket.errors import InputError
from lienket.validation import read_shapes, validate

from .conformance.suites import FOLDER

PREFIXES = """
@prefix : <https://x.example/> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
SHACL_FOR_SHACL = FOLDER / "shacl-tests" / "tests" / "core" / "complex" / "shacl-shacl-data-shapes.ttl"

CONTRADICTIONS = {
    ":S a sh:PropertyShape ; sh:path :p , :q .": "<https://x.example/S> has 2 values of sh:path",
    ":S a sh:PropertyShape ; sh:minCount 1 .": "<https://x.example/S> is a property shape without a sh:path",
    ":S a sh:NodeShape ; sh:property :P .": "<https://x.example/P> is a property shape without a sh:path",
    ":S a sh:NodeShape ; sh:minCount 1 .": "is a node shape, so it may have no sh:minCount",
    ":S a sh:NodeShape ; sh:lessThan :p .": "is a node shape, so it may have no sh:lessThan",
    ":S sh:targetClass :C ; sh:path :p ; sh:minCount 1.5 .": "“1.5” sh:minCount of <https://x.example/S> must be",
    ':S sh:targetClass :C ; sh:path :p ; sh:maxCount "1" .': "“1” sh:maxCount",
    ":S sh:targetClass :C ; sh:path :p ; sh:minCount 1 , 2 .": "has 2 values of sh:minCount, where one is allowed",
    ':S sh:targetClass "C" .': "“C” sh:targetClass of <https://x.example/S> must be an IRI",
    ":S sh:targetNode [] .": "sh:targetNode of <https://x.example/S> must be an IRI or a literal",
    ':S sh:targetClass :C ; sh:class "C" .': "sh:class of <https://x.example/S> must be an IRI",
    ":S sh:targetClass :C ; sh:nodeKind :IRI .": "must be one of sh:IRI, sh:BlankNode",
    ':S sh:targetClass :C ; sh:deactivated "yes" .': "sh:deactivated of <https://x.example/S> must be true or false",
    ':S sh:targetClass :C ; sh:severity "high" .': "sh:severity of <https://x.example/S> must be an IRI",
    ":S sh:targetClass :C ; sh:message 1 .": "sh:message of <https://x.example/S> must be a text",
    ":S sh:targetClass :C ; sh:in :a .": "sh:in of <https://x.example/S> must be a list",
    ":S sh:targetClass :C ; sh:languageIn ( :vi ) .": "must be a list of texts without a language",
    ":S sh:targetClass :C ; sh:node [ sh:path :p ] .": "is a property shape, and sh:node takes node shapes",
    ':S sh:targetClass :C ; sh:pattern "a"@en .': "sh:pattern of <https://x.example/S> must be a text without",
    ":S sh:targetClass :C ; sh:path [ sh:inversePath 1 ] .": "the path of <https://x.example/S> cannot be read",
    ":S sh:targetClass :C ; sh:path ( :p ) .": "a sequence or an alternative has two paths or more",
}
"""Shapes that SHACL's own shapes refuse, too → what is said of them."""

FURTHER = {
    ":S a sh:NodeShape ; sh:path :p .": "<https://x.example/S> is a node shape, so it may have no sh:path",
    ":S sh:targetClass :C ; sh:or ( 1 2 ) .": "sh:or of <https://x.example/S> must be a list of shapes",
    ":S sh:targetClass :C ; sh:node 1 .": "sh:node of <https://x.example/S> must be a shape",
    ":S sh:targetClass :C ; sh:node :S .": "<https://x.example/S> refers to itself (<https://x.example/S> → <https",
    ":S sh:targetClass :C ; sh:property [ sh:path :p ; sh:node :S ] .": "[ sh:path <https://x.example/p> ] in <https",
    ":S sh:targetClass :C ; sh:or ( [ sh:not :T ] ) . :T sh:and ( :S ) .": "shapes may not be recursive",
    ":S sh:targetClass :C ; sh:path :p ; sh:qualifiedValueShape [] .": "says nothing without sh:qualifiedMinCount",
    ':S sh:targetClass :C ; sh:flags "i" .': "has sh:flags, which says nothing without sh:pattern",
    ":S sh:targetClass :C ; sh:minInclusive :a .": "must be a number, a date or another value that can be compared",
    ':S sh:targetClass :C ; sh:minInclusive "x"^^xsd:integer .': "“x” sh:minInclusive of <https://x.example/S>",
    ':S sh:targetClass :C ; sh:pattern "(?=a)" .': "cannot be read at (?=: SPARQL has no lookahead",
    ':S sh:targetClass :C ; sh:pattern "(a" .': "a parenthesis is not closed",
    ':S sh:targetClass :C ; sh:pattern "a" ; sh:flags "z" .': "cannot be read at z: flags are i, m, q, s and x",
    ":S sh:targetClass :C ; sh:path [ sh:inversePath _:b ] . _:b sh:inversePath _:b .": "does not hold itself",
    ":S sh:targetClass :C ; sh:sparql [] .": "sh:sparql of <https://x.example/S> must be a constraint",
    ":S sh:targetClass :C ; sh:rule [] .": "“sh:rule” is not a term of SHACL",
    ":S sh:targetClass :C ; sh:targetClas :D .": "“sh:targetClas” is not a term of SHACL",
}
"""Shapes that SHACL's own shapes let pass."""


def written(folder: Path, text: str) -> Path:
    path = folder / "s.ttl"
    path.write_text(PREFIXES + text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("text", "said"), (CONTRADICTIONS | FURTHER).items(), ids=lambda text: text[:60])
def test_contradictions_are_named(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"s\.ttl") as caught:
        read_shapes([written(tmp_path, text)])
    assert said in str(caught.value)


@pytest.mark.skipif(not SHACL_FOR_SHACL.exists(), reason="the published suites are not beside this repository")
@pytest.mark.parametrize("text", CONTRADICTIONS)
def test_shacls_own_shapes_refuse_the_same(text: str, tmp_path: Path) -> None:
    assert not validate([written(tmp_path, text)], read_shapes([SHACL_FOR_SHACL])).conforms


def test_all_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    texts = (":A a sh:NodeShape ; sh:minCount x .", ":B a sh:NodeShape ; sh:minCount 1 ; sh:maxCount 1 .",
             ":C a sh:NodeShape ; sh:maxLength -1 .")  # fmt: skip
    files = [tmp_path / f"{number}.ttl" for number in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(PREFIXES + text, encoding="utf-8")
    with pytest.raises(InputError, match=r"0\.ttl, row 6: is not Turtle"):
        read_shapes(files)
    with pytest.raises(InputError) as caught:
        read_shapes(files[1:])
    told = str(caught.value).splitlines()
    assert len(told) == 3
    for line, words in zip(
        told, ("1.ttl: <https://x.example/B>", "1.ttl: <https://x.example/B>", "2.ttl"), strict=True
    ):
        assert words in line


def test_what_nothing_refers_to_may_be_anything(tmp_path: Path) -> None:
    """A description of other things in the same file is none of our business."""
    text = ":S sh:targetClass :C ; sh:nodeKind sh:IRI . :x a :Thing ; sh:colour :red . _:p sh:inversePath ( ) ."
    assert read_shapes([written(tmp_path, text)]).roots[0].node == "<https://x.example/S>"
