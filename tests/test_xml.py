"""XML as a source: what XPath finds, and that a document reaches nothing outside of itself."""

import gzip
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from lienket import languages
from lienket.errors import InputError
from lienket.mapping import map_rules, read_rules
from lienket.mapping.sources import markup

from .test_sources import PREFIXES

CLINICS = """<?xml version="1.0"?>
<clinics xmlns:v="http://example.org/v">
  <clinic id="1"><name>Trạm y tế <b>Vỹ Dạ</b></name><!-- closed on Sunday --><phone>1</phone><phone>2</phone></clinic>
  <clinic id="2"><name>Trạm y tế Thủy Xuân</name><v:bed>12</v:bed></clinic>
</clinics>
"""


def mapped(
    folder: Path, reference: str, *, document: str | bytes = CLINICS, iterator: str = "/clinics/clinic",
    formulation: str = "rml:XPath", more: str = "", named: str = "t.xml", language: str | None = None, **how: Any,
) -> list[str]:  # fmt: skip
    """Map what a reference finds in each record to ex:p; return the objects in N-Triples syntax."""
    (folder / named).write_bytes(document if isinstance(document, bytes) else document.encode())
    (folder / "r.ttl").write_text(
        f"""{PREFIXES} ex:t a rml:TriplesMap ; rml:logicalSource [ rml:referenceFormulation {formulation} ;
        rml:iterator {json.dumps(iterator)} ; rml:source [ a rml:FilePath ; rml:path "{named}" {more} ] ] ;
        rml:subjectMap [ rml:template "http://example.org/{{@id}}" ] ;
        rml:predicateObjectMap [ rml:predicate ex:p ; rml:objectMap [ rml:reference {json.dumps(reference)} ] ] .""",
        encoding="utf-8",
    )
    pack = languages.get(language) if language else None
    with map_rules([read_rules(folder / "r.ttl")], root=folder, language=pack, **how) as run:
        run.write_nquads(folder / "out.nq", sort=True)
    lines = (folder / "out.nq").read_text(encoding="utf-8").splitlines()
    return [line.split(" ", 2)[2].removesuffix(" .") for line in lines]


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("name", ['"Trạm y tế Vỹ Dạ"', '"Trạm y tế Thủy Xuân"']),
        ("name/text()", ['"Trạm y tế "', '"Trạm y tế Thủy Xuân"']),
        ("name/b", ['"Vỹ Dạ"']),
        ("phone", ['"1"', '"2"']),
        ("phone[2]", ['"2"']),
        ("@id", ['"1"', '"2"']),
        ("count(phone)", ['"2"', '"0"']),
        ("concat(@id, '-', phone)", ['"1-1"', '"2-"']),
        ("phone = 2", ['"true"', '"false"']),
        ("/clinics/clinic[1]/@id", ['"1"', '"1"']),
        ("../clinic[@id = 2]/name", ['"Trạm y tế Thủy Xuân"', '"Trạm y tế Thủy Xuân"']),
    ],
)
def test_what_xpath_finds_becomes_texts(tmp_path: Path, reference: str, found: list[str]) -> None:
    assert sorted(mapped(tmp_path, reference)) == sorted(found)


def test_prefixes_are_those_of_the_rules(tmp_path: Path) -> None:
    formulation = """[ a rml:XPathReferenceFormulation ; rml:namespace [ a rml:Namespace ;
        rml:namespacePrefix "beds" ; rml:namespaceURL "http://example.org/v" ] ]"""
    assert mapped(tmp_path, "beds:bed", formulation=formulation) == ['"12"']
    with pytest.raises(InputError, match="path v:bed, which is not XPath: Undefined namespace prefix"):
        mapped(tmp_path, "v:bed", formulation=formulation)
    with pytest.raises(InputError, match="lacks rml:namespacePrefix or rml:namespaceURL"):
        mapped(tmp_path, "v:bed", formulation=formulation.replace("rml:namespacePrefix", "ex:prefix"))


def test_texts_are_cleaned_and_nulls_are_no_values(tmp_path: Path) -> None:
    document = "<a><b id='1'> hai\n mươi </b><b id='2'>-</b><b id='3'> </b></a>"
    assert mapped(tmp_path, ".", document=document, iterator="/a/b", more="; rml:null '-'", language="vi") == [
        '"hai mươi"'
    ]


def test_packed_and_encoded_documents_are_read(tmp_path: Path) -> None:
    document = '<?xml version="1.0" encoding="{}"?><a><b id="1">Huế</b></a>'
    packed = gzip.compress(document.format("UTF-16").encode("utf-16"))
    found = mapped(tmp_path, ".", document=packed, iterator="/a/b", named="t.xml.gz", more="; rml:compression rml:gzip")
    assert found == ['"Huế"']
    wrong = document.format("us-ascii").encode("utf-16")
    assert mapped(tmp_path, ".", document=wrong, iterator="/a/b", more="; rml:encoding rml:UTF-16") == ['"Huế"']


def test_legacy_rml_and_the_suffix_say_xml(tmp_path: Path) -> None:
    assert mapped(tmp_path, "@id", formulation="ql:XPath") == ['"1"', '"2"']
    (tmp_path / "r.yml").write_text(
        "prefixes: {ex: http://example.org/}\n"
        "mappings:\n  c: {sources: [[t.xml~xpath, /clinics/clinic]], s: ex:$(@id), po: [[ex:p, $(name/b)]]}\n"
    )
    with map_rules([read_rules(tmp_path / "r.yml")], root=tmp_path, language=None) as run:
        run.write_nquads(tmp_path / "out.nq")
    assert (tmp_path / "out.nq").read_text() == '<http://example.org/1> <http://example.org/p> "Vỹ Dạ" .\n'


def test_elements_are_joined_and_viewed_as_other_records_are(tmp_path: Path) -> None:
    (tmp_path / "t.xml").write_text(CLINICS)
    (tmp_path / "beds.csv").write_text("clinic,beds\n1,5\n2,12\n")
    (tmp_path / "r.ttl").write_text(
        PREFIXES
        + """ex:clinics rml:referenceFormulation rml:XPath ; rml:iterator "/clinics/clinic" ; rml:source "t.xml" .
        ex:view a rml:LogicalView ; rml:viewOn ex:clinics ; rml:field [ rml:fieldName "id" ; rml:reference "@id" ] ,
            [ rml:fieldName "phone" ; rml:reference "phone" ] .
        ex:calls rml:logicalSource ex:view ; rml:subjectMap [ rml:template "http://example.org/{id}" ] ;
            rml:predicateObjectMap [ rml:predicate ex:call ; rml:objectMap [ rml:template "tel:{phone}" ] ] .
        ex:named rml:logicalSource ex:clinics ; rml:subjectMap [ rml:template "http://example.org/{@id}" ] .
        ex:beds rml:logicalSource [ rml:source "beds.csv" ] ;
            rml:subjectMap [ rml:template "http://example.org/b{beds}" ] ;
            rml:predicateObjectMap [ rml:predicate ex:in ; rml:objectMap [ rml:parentTriplesMap ex:named ;
                rml:joinCondition [ rml:child "clinic" ; rml:parent "@id" ] ] ] ."""
    )
    with map_rules([read_rules(tmp_path / "r.ttl")], root=tmp_path, language=None) as run:
        run.write_nquads(tmp_path / "out.nq", sort=True)
    lines = (tmp_path / "out.nq").read_text().replace("http://example.org/", "").splitlines()
    assert lines == ["<1> <call> <tel:1> .", "<1> <call> <tel:2> .", "<b12> <in> <2> .", "<b5> <in> <1> ."]


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"document": "<a>\n<b></a>"}, "t.xml, row 2: is not XML: Opening and ending tag mismatch"),
        ({"document": ""}, "t.xml, row 1: is not XML: Document is empty"),
        ({"document": '<?xml version="1.0" encoding="NONSENSE"?><a/>'}, "is not XML: Unsupported encoding"),
        ({"iterator": "/clinics/"}, "t.xml: is read with the path /clinics/, which is not XPath"),
        ({"iterator": "/clinics/clinic/@id"}, "which finds texts where elements are expected"),
        ({"iterator": "count(//clinic)"}, "which finds texts where elements are expected"),
        ({"iterator": "/"}, "does not say where its records are: give their path as rml:iterator"),
        ({"reference": "document('other.xml')"}, "which is not XPath: Unregistered function"),
        ({"reference": "a\tb["}, "which is not XPath"),
        ({"reference": "fax", "strict": True}, "no item has a value at fax"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, how: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as raised:
        mapped(tmp_path, **{"reference": "name", **how})
    assert message in str(raised.value)


def test_all_paths_that_are_none_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        mapped(tmp_path, "name[", iterator="/clinics[")
    assert len(raised.value.faults) == 2


ELSEWHERE = "b31a9 stands in another file"


@pytest.mark.parametrize(
    "entity",
    ["SYSTEM 'secret.txt'", "SYSTEM 'file://{folder}/secret.txt'", "SYSTEM 'http://127.0.0.1:9/x'", f"'{ELSEWHERE}'"],
)
@pytest.mark.parametrize("place", ["<b id='1'>&e;</b>", "<b id='1' c='&e;'/>", "<b id='1'/>"])
def test_entities_are_refused(tmp_path: Path, entity: str, place: str) -> None:
    (tmp_path / "secret.txt").write_text(ELSEWHERE)
    document = f"<!DOCTYPE a [<!ENTITY e {entity.format(folder=tmp_path)}>]><a>{place}</a>"
    with pytest.raises(InputError) as raised:
        mapped(tmp_path, ". | @c", document=document, iterator="/a/b")
    assert ELSEWHERE not in str(raised.value)


def test_a_dtd_elsewhere_and_inclusions_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "d.dtd").write_text(f"<!ATTLIST b c CDATA '{ELSEWHERE}'>")
    document = f"""<!DOCTYPE a SYSTEM "d.dtd"><a xmlns:xi="http://www.w3.org/2001/XInclude"><b id="1">
        <xi:include href="{tmp_path / "d.dtd"}" parse="text"/></b></a>"""
    assert not [found for found in mapped(tmp_path, ". | @c", document=document, iterator="/a/b") if ELSEWHERE in found]


def test_growing_deep_and_large_documents_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entities = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
    growing = f'<!DOCTYPE a [<!ENTITY e0 "{"x" * 100}">{entities}]><a><b id="&e9;"/></a>'
    for document in (growing, "<b>" * 100_000 + "</b>" * 100_000):
        with pytest.raises(InputError):
            mapped(tmp_path, ".", document=document, iterator="//b")
    monkeypatch.setattr(markup, "LARGEST", 0)
    with pytest.raises(InputError, match="larger than 0 MB"):
        mapped(tmp_path, "name")


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(lambda text: max(text) < "\ufffe"),
        min_size=1, max_size=4,
    )
)  # fmt: skip
def test_any_text_comes_out_as_it_went_in(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    """No text of a document breaks out of its literal, whatever SQL or N-Quads would make of it."""
    root = etree.Element("a")
    for number, text in enumerate(texts):
        etree.SubElement(root, "b", id=str(number)).text = text
    folder = tmp_path_factory.mktemp("any")
    found = mapped(folder, "string(.)", document=etree.tostring(root, encoding="utf-8"), iterator="/a/b")
    quads = ox.parse(path=str(folder / "out.nq"), format=ox.RdfFormat.N_QUADS)
    assert len(found) == len(texts)
    assert {(quad.subject.value[-1], quad.object.value) for quad in quads} == {
        (str(number), text) for number, text in enumerate(texts)
    }


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from("/@[]()'\"=.*:|abcclinic$\\{};\n-0123456789 é"), max_size=30))
def test_any_path_is_answered_or_named(tmp_path_factory: pytest.TempPathFactory, path: str) -> None:
    """Nothing but an answer or an InputError comes of a path."""
    with suppress(InputError):
        mapped(tmp_path_factory.mktemp("path"), path)
