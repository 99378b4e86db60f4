"""Large tables are sieved row by row before they are looked at closely: with the same results, on random tables."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lienket.mapping import map_rules, read_rules
from lienket.validation import read_shapes, validate_relation

from .test_validation_differential import FAMILIES, Author, compared

COLUMNS = ("id", "p", "q", "q2", "r", "v", "w")
MAPPING = """
@prefix : <https://x.example/> .
@prefix rml: <http://w3id.org/rml/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<#one> a rml:TriplesMap ;
    rml:logicalSource [ rml:source [ a rml:RelativePathSource ; rml:path "t.csv" ; rml:null "" ] ;
        rml:referenceFormulation rml:CSV ] ;
    rml:subjectMap [ rml:template "https://x.example/{id}" ; rml:class :C ] ;
    rml:predicateObjectMap
        [ rml:predicate :p ; rml:objectMap [ rml:template "https://x.example/{p}" ] ] ,
        [ rml:predicate :q ; rml:objectMap [ rml:reference "q" ] , [ rml:reference "q2" ; rml:language "en" ] ] ,
        [ rml:predicate :r ; rml:objectMap [ rml:reference "r" ; rml:datatype xsd:decimal ] ] ,
        [ rml:predicate :v ; rml:objectMap [ rml:reference "v" ; rml:datatype xsd:integer ] ] ,
        [ rml:predicate :w ; rml:objectMap [ rml:reference "w" ; rml:datatype xsd:integer ] ] .
"""
ANOTHER = """
<#two> a rml:TriplesMap ;
    rml:logicalSource [ rml:source [ a rml:RelativePathSource ; rml:path "t.csv" ; rml:null "" ] ;
        rml:referenceFormulation rml:CSV ] ;
    rml:subjectMap [ rml:template "https://x.example/{p}" ; rml:class :D ] ;
    rml:predicateObjectMap [ rml:predicate :q ; rml:objectMap [ rml:template "https://x.example/{id}" ] ] .
"""
JOINED = """
<#three> a rml:TriplesMap ;
    rml:logicalSource [ rml:source [ a rml:RelativePathSource ; rml:path "t.csv" ; rml:null "" ] ;
        rml:referenceFormulation rml:CSV ] ;
    rml:subjectMap [ rml:template "https://x.example/{q}" ; rml:class :E ] ;
    rml:predicateObjectMap [ rml:predicate :p ; rml:objectMap [ rml:parentTriplesMap <#one> ;
        rml:joinCondition [ rml:child "q" ; rml:parent "id" ] ] ] .
"""
CONTEXT = "<https://x.example/a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://x.example/D> .\n"

names = st.sampled_from(("a", "b", "c", "d", "e"))
numbers = st.sampled_from(("", "1", "2", "10", "-3", "01"))
rows = st.tuples(names, names, names, names | st.just(""), numbers, numbers, numbers)
tables = st.lists(rows, min_size=1, max_size=8)
mappings = st.tuples(st.sampled_from(("", ANOTHER)), st.sampled_from(("", JOINED))).map("".join)


def found(table: Sequence[Sequence[str]], mapping: str, stated: str, context: str, folder: Path) -> list[list[object]]:
    """Return the results for a copied relation, one that is looked at closely, and one that is sieved first."""
    (folder / "t.csv").write_text("\n".join(map(",".join, (COLUMNS, *table))), encoding="utf-8")
    (folder / "m.rml.ttl").write_text(MAPPING + mapping, encoding="utf-8")
    (folder / "s.ttl").write_text(stated, encoding="utf-8")
    read = read_shapes([folder / "s.ttl"])
    with map_rules([read_rules(folder / "m.rml.ttl")], root=folder, language=None) as mapped:
        small, large = 0, 10**9
        connection = mapped.connection
        reports = (
            validate_relation(connection, "quads", read, context, rows=small),
            validate_relation(connection, "quads", read, context, rows=large),
            validate_relation(connection, "quads", read, context, rows=large,
                              records=mapped.records, scattered=mapped.scattered),
        )  # fmt: skip
        return [list(compared(report)) for report in reports]


@st.composite
def shapes(draw: st.DrawFn) -> str:
    """Draw shapes for numbers."""
    return Author(draw, FAMILIES[0]).shapes()


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(tables, mappings, shapes(), st.sampled_from(("", CONTEXT)))
def test_the_sieve_changes_no_result(table: list[tuple[str, ...]], mapping: str, stated: str, context: str) -> None:
    with TemporaryDirectory() as folder:
        copied, closely, sieved = found(table, mapping, stated, context, Path(folder))
    assert closely == copied
    assert sieved == copied
