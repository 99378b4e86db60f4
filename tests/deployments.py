"""Deployments of a few invented tables, written into a folder to be built, edited and broken."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from lienket.project import Project
from tests.releases import SETTINGS

ONTOLOGY: Final = """
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix ex: <https://data.example.org/ontology/> .

<https://data.example.org/ontology> a owl:Ontology ; rdfs:label "Thử"@vi ;
    sh:declare [ sh:prefix "ex" ; sh:namespace "https://data.example.org/ontology/" ] .
ex:Thing a owl:Class ;
    rdfs:label "Vật"@vi , "Thing"@en ; skos:definition "Một vật."@vi , "A thing."@en .
ex:amount a owl:DatatypeProperty ;
    rdfs:label "Số lượng"@vi , "Amount"@en ; skos:definition "Bao nhiêu."@vi , "How many."@en .
"""
SHAPES: Final = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix ex: <https://data.example.org/ontology/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .

<https://data.example.org/shapes/Thing> a sh:NodeShape ; sh:targetClass ex:Thing ;
    sh:property [ sh:path skos:prefLabel ; sh:minCount 1 ; sh:message "Phải có tên."@vi , "A name is needed."@en ] .
"""
DESCRIPTION: Final = """
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix vcard: <http://www.w3.org/2006/vcard/ns#> .

<> dct:title "Bảng {id}"@vi , "Table {id}"@en ;
    dct:description "Một bảng."@vi , "A table."@en ;
    dcat:keyword "thử"@vi , "test"@en ;
    dct:publisher <../id/agency/test> ;
    dct:license <http://publications.europa.eu/resource/authority/licence/CC_BY_4_0> ;
    dct:source "Thử"@vi ;
    dcat:theme <http://publications.europa.eu/resource/authority/data-theme/GOVE> ;
    dcat:contactPoint [ a vcard:Organization ; vcard:fn "Thử" ; vcard:hasEmail <mailto:a@example.org> ] .
"""
PREFIXES: Final = """
@prefix dct: <http://purl.org/dc/terms/> .
@prefix ex: <https://data.example.org/ontology/> .
@prefix rml: <http://w3id.org/rml/> .
@prefix schema: <https://schema.org/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
THINGS: Final = """
<#rows> a rml:TriplesMap ;
    rml:logicalSource [ rml:source [ a rml:RelativePathSource ; rml:root rml:MappingDirectory ; rml:path "{id}.csv" ] ;
        rml:referenceFormulation rml:CSV ] ;
    rml:subjectMap [ rml:template "id/thing/{{id}}" ; rml:class ex:Thing ] ;
    rml:predicateObjectMap
        [ rml:predicate skos:prefLabel ; rml:objectMap [ rml:reference "name" ; rml:language "vi" ] ] ,
        [ rml:predicate ex:amount ; rml:objectMap [ rml:reference "amount" ; rml:datatype xsd:integer ] ] ,
        [ rml:predicate schema:validThrough ; rml:objectMap [ rml:reference "until" ] ] .
"""
"""Rules for a table with the columns id, name, amount, until; rows with one id make one subject."""
BLANKS: Final = """
<#rows> a rml:TriplesMap ;
    rml:logicalSource [ rml:source [ a rml:RelativePathSource ; rml:root rml:MappingDirectory ; rml:path "{id}.csv" ] ;
        rml:referenceFormulation rml:CSV ] ;
    rml:subjectMap [ rml:template "id/thing/{{id}}" ] ;
    rml:predicateObjectMap [ rml:predicate schema:geo ;
        rml:objectMap [ rml:template "b{{id}}" ; rml:termType rml:BlankNode ] ] .
<#blanks> a rml:TriplesMap ;
    rml:logicalSource [ rml:source [ a rml:RelativePathSource ; rml:root rml:MappingDirectory ; rml:path "{id}.csv" ] ;
        rml:referenceFormulation rml:CSV ] ;
    rml:subjectMap [ rml:template "b{{id}}" ; rml:termType rml:BlankNode ] ;
    rml:predicateObjectMap [ rml:predicate schema:name ; rml:objectMap [ rml:reference "name" ] ] .
"""
"""Rules for a table with the columns id, name: each row makes a blank node."""

Row = Mapping[str, str]


def write_table(path: Path, rows: Sequence[Row], columns: Sequence[str]) -> None:
    """Write a CSV table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def write_dataset(folder: Path, id_: str, rules: str, rows: Sequence[Row], columns: Sequence[str]) -> Path:
    """Write a dataset of one table into a deployment; return the table."""
    place = folder / "mappings" / "office" / id_
    place.mkdir(parents=True, exist_ok=True)
    (place / "dataset.ttl").write_text(DESCRIPTION.format(id=id_), encoding="utf-8")
    (place / f"{id_}.rml.ttl").write_text(PREFIXES + rules.format(id=id_), encoding="utf-8")
    write_table(place / f"{id_}.csv", rows, columns)
    return place / f"{id_}.csv"


def write_deployment(folder: Path, settings: str = "") -> Project:
    """Write a deployment without any dataset into a folder."""
    for name, text in (("ontology/o.ttl", ONTOLOGY), ("shapes/s.ttl", SHAPES), ("lienket.toml", SETTINGS + settings)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "mappings").mkdir(exist_ok=True)
    return Project.read(folder)
