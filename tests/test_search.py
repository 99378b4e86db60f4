"""The full-text index: what is typed is found however it is typed."""

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from lienket import languages
from lienket.build import indexing
from lienket.errors import UnavailableError
from lienket.search import Search
from lienket.vocabulary import DCT, GEO, OWL, RDF, RDFS, SCHEMA, SH, SKOS
from tests.releases import BASE_IRI, write_index

VI, EN = languages.get("vi"), languages.get("en")
UNIT, MARKET = f"{BASE_IRI}ontology/Unit", f"{BASE_IRI}ontology/Market"


def entry(path: str, kind: str, *names: tuple[str, str], more: str = "") -> str:
    iri, graph = f"<{BASE_IRI}id/{path}>", f"<{BASE_IRI}dataset/{path.partition('/')[0]}>"
    lines = [f"{iri} <{RDF}type> <{kind}> {graph} ."]
    lines += [f"{iri} <{predicate}> {text} {graph} ." for predicate, text in names]
    return "\n".join(lines) + "\n" + (f"{iri} {more} {graph} .\n" if more else "")


def label(text: str, language: str = "vi") -> tuple[str, str]:
    return SKOS + "prefLabel", f'"{text}"@{language}'


QUADS = (
    entry("unit/1", UNIT, label("Phường Sông Mây"), label("Sông Mây Ward", "en"), (SKOS + "altLabel", '"Sông Mây"@vi'))
    + entry("unit/0", UNIT, label("Xã Sông Mây"), (SKOS + "altLabel", '"Sông Mây"@vi'),
            more=f"<{DCT}isReplacedBy> <{BASE_IRI}id/unit/1>")
    + entry("unit/9", UNIT, label("Huyện Sông Mây"), (SKOS + "altLabel", '"Sông Mây"@vi'),
            more=f'<{SCHEMA}validThrough> "2019-12-31"')
    + entry("code/1", f"{BASE_IRI}ontology/Code", label("Sông Mây"),
            more=f"<{SKOS}inScheme> <{BASE_IRI}id/code>")
    + entry("market/1", MARKET, label("Chợ Đá Trắng"), (DCT + "identifier", '"K-07"'))
    + entry("market/2", MARKET, label("Chợ đêm bờ sông Mây xanh"))
    + entry("market/3", MARKET, (RDFS + "label", '"Di tích (cổ)"'))
    + entry("market/4", MARKET, label(unicodedata.normalize("NFD", "Điện Hòa")))
    + entry("market/5", MARKET, (DCT + "identifier", '"only-a-code"'))
    + entry("geometry/1", GEO + "Geometry", label("Sông Mây, ranh giới"))
    + f'<{DCT}title> <{RDFS}label> "tên"@vi <{BASE_IRI}ontology> .\n'
)  # fmt: skip


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Search]:
    path = tmp_path_factory.mktemp("index") / "search.sqlite"
    assert write_index(path, QUADS, [VI, EN]) == 9
    opened = Search.open(path)
    yield opened
    opened.close()


def found(index: Search, text: str, language: languages.Language = VI, **narrowed: str) -> list[str]:
    hits = index.find(text, language=language, **narrowed).hits  # type: ignore[arg-type]
    return [hit.iri.removeprefix(BASE_IRI + "id/") for hit in hits]


@pytest.mark.parametrize(
    "text",
    ["Chợ Đá Trắng", "cho da trang", "CHỢ ĐÁ TRẮNG", "chợ đá", "da trang cho", "cho da tra", "k-07", "K-07",
     unicodedata.normalize("NFD", "Chợ Đá Trắng"), "  chợ   đá\u00a0trắng ", "Chợ Ðá Trắng"],
)  # fmt: skip
def test_one_name_is_found_however_it_is_typed(index: Search, text: str) -> None:
    assert found(index, text)[0] == "market/1"


@pytest.mark.parametrize("text", ["di tich", "Di tích", "DI TÍCH", "di tich co", "Di tích (cổ)"])
@pytest.mark.parametrize("language", [VI, EN], ids=lambda pack: pack.tag)
def test_the_language_of_the_page_does_not_matter(index: Search, text: str, language: languages.Language) -> None:
    assert found(index, text, language) == ["market/3"]


@pytest.mark.parametrize("language", [VI, EN], ids=lambda pack: pack.tag)
def test_a_name_in_decomposed_letters_is_found(index: Search, language: languages.Language) -> None:
    assert found(index, "Điện Hòa", language) == ["market/4"]
    assert found(index, "dien hoa", language) == ["market/4"]


def test_exact_names_come_first_then_what_is_in_force(index: Search) -> None:
    order = found(index, "sông mây")
    assert order[0] == "code/1"  # the only one whose label is just this
    assert order.index("unit/1") < order.index("unit/0")
    assert order.index("unit/1") < order.index("unit/9")
    assert order.index("unit/1") < order.index("geometry/1")
    assert order.index("unit/1") < order.index("market/2")
    hits = {hit.iri.removeprefix(BASE_IRI + "id/"): hit for hit in index.find("sông mây", language=VI).hits}
    assert [hits[key].ended for key in ("unit/1", "unit/0", "unit/9")] == [False, True, True]


def test_a_hit_says_what_it_is(index: Search) -> None:
    (hit, *_) = index.find("Phường Sông Mây", language=EN).hits
    assert (hit.label, hit.language, hit.kind) == ("Sông Mây Ward", "en", UNIT)
    assert hit.dataset == BASE_IRI + "dataset/unit"
    (other, *_) = index.find("Chợ Đá Trắng", language=EN).hits
    assert (other.label, other.language) == ("Chợ Đá Trắng", "vi")


def test_hits_are_counted_by_kind_and_narrowed(index: Search) -> None:
    everything = index.find("sông mây", language=VI)
    assert everything.total == 6
    assert dict(everything.kinds)[UNIT] == 3
    narrowed = index.find("sông mây", language=VI, kind=UNIT)
    assert narrowed.total == 3
    assert narrowed.kinds == everything.kinds
    assert {hit.kind for hit in narrowed.hits} == {UNIT}


def test_pages_follow_each_other(index: Search) -> None:
    whole = found(index, "sông mây")
    parts = [index.find("sông mây", language=VI, limit=2, offset=start).hits for start in (0, 2, 4)]
    assert [hit.iri.removeprefix(BASE_IRI + "id/") for part in parts for hit in part] == whole


def test_some_of_the_words_will_do_where_all_do_not(index: Search) -> None:
    hits = index.find("chợ không có ở đâu trắng", language=VI)
    assert hits.loosened
    assert "market/1" in [hit.iri.removeprefix(BASE_IRI + "id/") for hit in hits.hits]
    assert not index.find("chợ đá", language=VI).loosened


@pytest.mark.parametrize(
    "text",
    ['"', "'", "*", "a*", "NOT", "AND OR NOT", "label:x", "{label}: x", "(", "chợ)", "-trắng", "^chợ", "a NEAR b", "\\",
     "%", "_", "; DROP TABLE entry", "\x00", "🙂", "", "   ", "x" * 5000, "a " * 2000],
)  # fmt: skip
def test_no_text_is_taken_for_a_command(index: Search, text: str) -> None:
    hits = index.find(text, language=VI)
    assert hits.total >= len(hits.hits)
    assert index.count() == 9


def test_what_is_merely_labelled_or_has_only_a_code_is_no_entry(index: Search) -> None:
    assert found(index, "tên") == []
    assert found(index, "only-a-code") == []
    assert DCT + "title" not in index.addresses()
    assert len(index.addresses(limit=4)) == 4
    assert index.addresses(after=4) == index.addresses()[4:]


def test_a_missing_or_broken_index_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="lienket build"):
        Search.open(tmp_path / "none.sqlite")
    (tmp_path / "broken.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(UnavailableError, match="lienket build"):
        Search.open(tmp_path / "broken.sqlite")
    with pytest.raises(UnavailableError, match="cannot be written"):
        indexing.build(tmp_path / "no" / "folder.sqlite", [], languages=[VI])


def test_an_index_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "search.sqlite"
    path.write_text("old")
    write_index(path, QUADS, [VI])
    first = path.read_bytes()
    write_index(path, QUADS, [VI])
    assert len(path.read_bytes()) == len(first)
    index = Search.open(path)
    assert index.count() == 9
    index.close()


def test_terms_and_example_queries_come_after_the_data(tmp_path: Path) -> None:
    quads = (
        entry("query/1", SH + "SPARQLSelectExecutable", label("Chợ đêm"))
        + entry("property/1", OWL + "ObjectProperty", label("Chợ đêm"))
        + entry("class/1", OWL + "Class", label("Chợ đêm"))
        + entry("class/2", OWL + "Class", label("Chợ đêm ngoài trời"))
        + entry("market/1", MARKET, label("Chợ đêm bên bờ sông Mây"), more=f"<{DCT}isReplacedBy> <urn:market>")
    )
    write_index(tmp_path / "search.sqlite", quads, [VI])
    opened = Search.open(tmp_path / "search.sqlite")
    assert found(opened, "chợ đêm")[:3] == ["class/1", "market/1", "class/2"]
    assert set(found(opened, "chợ đêm")[3:]) == {"query/1", "property/1"}
    opened.close()
