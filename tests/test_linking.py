"""Linking by its public doors: rules, evidence, decisions, the command, and what a release then says."""

import csv
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lienket import languages
from lienket.errors import InputError
from lienket.linking import MatchRule, Proposed, propose, read_rules
from lienket.linking.decisions import ACCEPT, REJECT, Asked, read_links, read_review, settle, write

VI: Final = languages.get("vi")
BASE: Final = "https://data.example.org/"
HEAD: Final = """
@prefix link: <https://w3id.org/lienket/link#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix void: <http://rdfs.org/ns/void#> .
"""
RULE: Final = (
    HEAD
    + """
<#same> a link:MatchRule ;
    rdfs:label "Cùng nơi"@vi , "The same place"@en ;
    void:linkPredicate skos:exactMatch ;
    link:subjects [ sh:select "SELECT ?id ?name WHERE { ?id <urn:one> ?name }" ] ;
    link:objects [ sh:select "SELECT ?id ?name WHERE { ?id <urn:two> ?name }" ] ;
    link:block [ link:key [ link:by link:letters ; link:field "name" ] ] , [ link:key [ link:by link:words ; link:field "name" ] ] ;
    link:evidence
        [ link:field "name" ; link:by link:likeness ; rdfs:label "tên"@vi , "name"@en ;
          link:level [ link:atLeast 0.995 ; link:weight 10 ] , [ link:atLeast 0.985 ; link:weight 9 ] ,
              [ link:atLeast 0.8 ; link:weight 5 ] , [ link:weight -8 ] ] ,
        [ link:field "longitude" ; link:by link:distance ; link:level [ link:atMost 100 ; link:weight 4 ] , [ link:atMost 1500 ; link:weight 1 ] , [ link:veto true ] ] ;
    link:prior -6 ; link:acceptAt 4 ; link:reviewAt -2 ; link:margin 2 .
"""
)

Row = dict[str, str]


def row(id_: str, name: str, longitude: str = "", latitude: str = "") -> Row:
    return {"id": BASE + id_, "name": name, "longitude": longitude, "latitude": latitude}


@pytest.fixture
def rule(tmp_path: Path) -> MatchRule:
    return rules_of(tmp_path, RULE)[0]


def rules_of(folder: Path, text: str) -> list[MatchRule]:
    (folder / "r.links.ttl").write_text(text, encoding="utf-8")
    return [rule for rule in read_rules(folder, BASE + "dataset/r") if isinstance(rule, MatchRule)]


def pairs(proposed: Proposed, *, sure: bool) -> set[tuple[str, str]]:
    return {
        (one.subject.removeprefix(BASE), one.object.removeprefix(BASE))
        for one in proposed.proposals
        if one.sure == sure
    }


# Rules


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("link:likenes ;", "link:likeness ;", "no word of link rules (did you mean likeness?)"),
        ("link:accepttAt", "link:acceptAt", "did you mean acceptAt?"),
        ('link:acceptAt "many"', "link:acceptAt 4", "is no number for link:acceptAt"),
        ("link:reviewAt 9", "link:reviewAt -2", "link:reviewAt is above link:acceptAt"),
        ("void:linkTo", "void:linkPredicate", "linkPredicate is missing"),
        ('sh:ask "x"', 'sh:select "SELECT ?id ?name WHERE { ?id <urn:one> ?name }"', "one sh:select"),
    ],
)
def test_a_wrong_rule_is_said_in_words(tmp_path: Path, wrong: str, right: str, said: str) -> None:
    assert right in RULE
    with pytest.raises(InputError) as caught:
        rules_of(tmp_path, RULE.replace(right, wrong))
    assert said in str(caught.value)
    assert "r.links.ttl" in str(caught.value)


def test_all_faults_of_a_rule_are_said_at_once(tmp_path: Path) -> None:
    text = RULE.replace("link:acceptAt 4", "link:accptAt 4").replace("link:reviewAt -2", 'link:reviewAt "x"')
    with pytest.raises(InputError) as caught:
        rules_of(tmp_path, text)
    assert len(caught.value.faults) == 2


# Evidence


def test_ways_to_write_a_name_fall_together_and_names_apart_do_not(rule: MatchRule) -> None:
    ones = [row("a1", "Chợ Vỹ Dạ"), row("a2", "Điện Thái Hoà"), row("a3", "Phủ Lọc"), row("a4", "Ðàn Xã Tắc")]
    others = [row("b1", "CHỢ VĨ DẠ"), row("b2", unicodedata.normalize("NFD", "Điện Thái Hòa")), row("b3", "Phú Lộc"),
              row("b4", "Đàn  Xã Tắc")]  # fmt: skip
    proposed = propose(ones, others, replace(rule, accept=4.0), VI)
    assert pairs(proposed, sure=True) == {("a1", "b1"), ("a2", "b2"), ("a4", "b4")}


def test_every_piece_of_evidence_is_told_and_adds_up(rule: MatchRule) -> None:
    proposed = propose([row("a", "Chợ Bến", "107.5", "16.4")], [row("b", "Chợ Bến", "107.5", "16.4005")], rule, VI)
    (only,) = proposed.proposals
    assert [piece.weight for piece in only.evidence] == [-6, 10, 4]
    assert only.evidence[2].value == "56 m"
    assert only.score == pytest.approx(1 / (1 + 2**-8), abs=1e-4)


def test_a_veto_outweighs_all(rule: MatchRule) -> None:
    far = propose([row("a", "Chợ Bến", "107.5", "16.4")], [row("b", "Chợ Bến", "107.5", "16.5")], rule, VI)
    assert not far.proposals


def test_two_candidates_alike_are_a_question_with_the_other_named(rule: MatchRule) -> None:
    others = [row("b1", "Hương Phong"), row("b2", "Hương Phong")]
    proposed = propose([row("a", "Hương Phong")], others, rule, VI)
    assert pairs(proposed, sure=True) == set()
    assert pairs(proposed, sure=False) == {("a", "b1"), ("a", "b2")}
    assert all(one.others for one in proposed.proposals)


def test_one_thing_is_not_two(rule: MatchRule) -> None:
    """An object that two subjects claim alike is nobody's without a person; a better claim wins."""
    ones = [row("a1", "Chợ Bến Lớn"), row("a2", "Chợ Bến Lớm")]
    proposed = propose(ones, [row("b", "Chợ Bến Lớn")], rule, VI)
    assert pairs(proposed, sure=True) == {("a1", "b")}
    assert pairs(propose([ones[0], row("a3", "Chợ Bến Lớn")], [row("b", "Chợ Bến Lớn")], rule, VI), sure=True) == set()


def test_duplicates_inside_a_table_are_found_once(tmp_path: Path) -> None:
    (rule,) = rules_of(tmp_path, RULE.replace("<urn:two>", "<urn:one>"))
    assert rule.within
    rows = [row("a", "Chợ Bến"), row("b", "chợ bến"), row("c", "Đình Trung")]
    assert pairs(propose(rows, rows, rule, VI), sure=True) == {("a", "b")}


def test_no_rows_give_no_links(rule: MatchRule) -> None:
    assert not propose([], [row("b", "Chợ")], rule, VI).proposals
    assert not propose([row("a", "")], [row("b", "")], rule, VI).proposals


@settings(deadline=None, max_examples=20)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12), max_size=6))
def test_any_text_is_compared_and_the_outcome_is_the_same_again(names: Sequence[str]) -> None:
    folder = Path(__file__).parent / "links"
    (rule,) = (one for one in read_rules(folder, BASE + "dataset/r") if isinstance(one, MatchRule))
    ones = [row(f"a{number}", name) for number, name in enumerate(names)]
    others = [row(f"b{number}", name) for number, name in enumerate(names)]
    assert propose(ones, others, rule, VI) == propose(ones, others, rule, VI)


# Decisions


def one_question(rule: MatchRule) -> Proposed:
    return propose([row("a", "Hương Phong")], [row("b1", "Hương Phong"), row("b2", "Hương Phong")], rule, VI)


def test_what_is_decided_is_kept_and_not_asked_again(rule: MatchRule, tmp_path: Path) -> None:
    proposed = one_question(rule)
    first = settle([proposed], [], [], "2026-11-24", VI)
    assert (len(first.links), len(first.waiting)) == (0, 2)
    write(tmp_path, first, VI, BASE)
    rows = read_review(tmp_path, BASE)
    rows[0].decision, rows[0].reviewer, rows[0].decided = ACCEPT, "Phòng Di sản", "2026-11-25"
    second = settle([proposed], rows, read_links(tmp_path, BASE), "2026-11-26", VI)
    (link,) = second.links
    assert (link.justification, link.reviewer, link.date) == ("ManualMappingCuration", "Phòng Di sản", "2026-11-25")
    assert not second.waiting
    write(tmp_path, second, VI, BASE)
    third = settle([proposed], read_review(tmp_path, BASE), read_links(tmp_path, BASE), "2027-01-01", VI)
    assert third == second


def test_what_is_rejected_stays_rejected(rule: MatchRule, tmp_path: Path) -> None:
    proposed = one_question(rule)
    write(tmp_path, settle([proposed], [], [], "2026-11-24", VI), VI, BASE)
    rows = read_review(tmp_path, BASE)
    for each in rows:
        each.decision = REJECT
    settled = settle([proposed], rows, [], "2026-11-24", VI)
    assert not settled.links
    assert not settled.waiting
    assert len(settled.asked) == 2


def test_a_decision_on_what_has_changed_is_asked_again(rule: MatchRule) -> None:
    proposed = one_question(rule)
    rows = list(settle([proposed], [], [], "2026-11-24", VI).asked)
    rows[0].decision, rows[0].reviewer, rows[0].decided = REJECT, "An", "2026-11-24"
    changed = propose(
        [row("a", "Hương Phong", "107.5", "16.4")], [row("b1", "Hương Phong"), row("b2", "Hương Phong")], rule, VI
    )
    settled = settle([changed], rows, [], "2026-11-25", VI)
    assert settled.returned == 1
    assert len(settled.waiting) == 2
    assert any("An" in each.note for each in settled.waiting)


def test_a_link_found_by_rule_keeps_its_first_day(rule: MatchRule, tmp_path: Path) -> None:
    proposed = propose([row("a", "Chợ Bến")], [row("b", "Chợ Bến")], rule, VI)
    write(tmp_path, settle([proposed], [], [], "2026-11-24", VI), VI, BASE)
    again = settle([proposed], [], read_links(tmp_path, BASE), "2027-01-01", VI)
    assert [link.date for link in again.links] == ["2026-11-24"]


def test_a_word_that_is_no_decision_is_named_by_row(tmp_path: Path, rule: MatchRule) -> None:
    write(tmp_path, settle([one_question(rule)], [], [], "2026-11-24", VI), VI, BASE)
    path = tmp_path / "review.csv"
    text = path.read_text(encoding="utf-8-sig").splitlines()
    path.write_text("\n".join([text[0], "nhậ" + text[1], *text[2:]]), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_review(tmp_path, BASE)
    assert "row 2" in str(caught.value)
    assert "nhận" in str(caught.value)


def test_the_review_opens_in_a_spreadsheet_without_running_anything(tmp_path: Path, rule: MatchRule) -> None:
    proposed = propose([row("a", "=HYPERLINK(1)")], [row("b1", "=HYPERLINK(1)"), row("b2", "=HYPERLINK(1)")], rule, VI)
    write(tmp_path, settle([proposed], [], [], "2026-11-24", VI), VI, BASE)
    with (tmp_path / "review.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for line in csv.reader(file) for cell in line]
    assert "'=HYPERLINK(1)" in cells
    assert not [cell for cell in cells if cell.startswith("=")]
    assert read_review(tmp_path, BASE)[0].subject_name == "=HYPERLINK(1)"


def test_headers_are_read_in_any_language(tmp_path: Path, rule: MatchRule) -> None:
    settled = settle([one_question(rule)], [], [], "2026-11-24", VI)
    for tag in languages.available():
        write(tmp_path, settled, languages.get(tag), BASE)
        assert read_review(tmp_path, BASE) == [Asked(**vars(each)) for each in settled.asked]
