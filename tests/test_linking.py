"""Linking by its public doors: rules, evidence, decisions, the command, and what a release then says."""

import csv
import json
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from lienket import languages
from lienket.build import build
from lienket.cli import commands
from lienket.errors import InputError
from lienket.linking import MatchRule, Proposed, propose, read_rules, remote
from lienket.linking.decisions import ACCEPT, REJECT, Asked, read_links, read_review, settle, write
from lienket.project import Project
from lienket.web import create_app
from tests.deployments import DESCRIPTION, PREFIXES, THINGS, write_dataset, write_deployment

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
    link:block [ link:key [ link:by link:letters ; link:field "name" ] ] ,
        [ link:key [ link:by link:words ; link:field "name" ] ] ;
    link:evidence
        [ link:field "name" ; link:by link:likeness ; rdfs:label "tên"@vi , "name"@en ;
          link:level [ link:atLeast 0.995 ; link:weight 10 ] , [ link:atLeast 0.985 ; link:weight 9 ] ,
              [ link:atLeast 0.8 ; link:weight 5 ] , [ link:weight -8 ] ] ,
        [ link:field "longitude" ; link:by link:distance ;
          link:level [ link:atMost 100 ; link:weight 4 ] , [ link:atMost 1500 ; link:weight 1 ] , [ link:veto true ] ] ;
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


# The command, over a small deployment


LINKS: Final = PREFIXES + """
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix sssom: <https://w3id.org/sssom/> .
<#links> rml:source [ a rml:RelativePathSource ; rml:root rml:MappingDirectory ; rml:path "links.csv" ] ;
    rml:referenceFormulation rml:CSV .
<#link> a rml:TriplesMap ; rml:logicalSource <#links> ; rml:subjectMap [ rml:reference "Địa chỉ bên này" ] ;
    rml:predicateObjectMap [ rml:predicateMap [ rml:reference "Quan hệ" ] ;
        rml:objectMap [ rml:reference "Địa chỉ bên kia" ; rml:termType rml:IRI ] ] .
<#statement> a rml:TriplesMap ; rml:logicalSource <#links> ;
    rml:subjectMap [ rml:template "id/link/{Mã liên kết}" ; rml:class rdf:Statement ] ;
    rml:predicateObjectMap
        [ rml:predicate rdf:subject ; rml:objectMap [ rml:reference "Địa chỉ bên này" ; rml:termType rml:IRI ] ] ,
        [ rml:predicate rdf:predicate ; rml:objectMap [ rml:reference "Quan hệ" ; rml:termType rml:IRI ] ] ,
        [ rml:predicate rdf:object ; rml:objectMap [ rml:reference "Địa chỉ bên kia" ; rml:termType rml:IRI ] ] ,
        [ rml:predicate sssom:confidence ; rml:objectMap [ rml:reference "Điểm" ; rml:datatype xsd:decimal ] ] .
"""  # fmt: skip
SIDE: Final = (
    "SELECT ?id ?name WHERE {{ GRAPH <https://data.example.org/dataset/{0}> "
    "{{ ?id <http://www.w3.org/2004/02/skos/core#prefLabel> ?name }} }}"
)


@pytest.fixture
def deployment(tmp_path: Path) -> Project:
    """Markets of two departments, and a linkset between them that was never linked."""
    project = write_deployment(tmp_path)
    for id_, start, names in (
        ("ones", 0, ("Chợ Bến", "Chợ Hoà", "Đình Trung")),
        ("others", 10, ("CHỢ BẾN", "Chợ Hòa")),
    ):
        rows = [{"id": str(start + n), "name": name, "amount": "", "until": ""} for n, name in enumerate(names)]
        write_dataset(tmp_path, id_, THINGS, rows, ("id", "name", "amount", "until"))
    build(project)
    folder = tmp_path / "mappings" / "office" / "same"
    folder.mkdir()
    (folder / "dataset.ttl").write_text(DESCRIPTION.format(id="same"), encoding="utf-8")
    (folder / "links.rml.ttl").write_text(LINKS, encoding="utf-8")
    text = RULE.replace("SELECT ?id ?name WHERE { ?id <urn:one> ?name }", SIDE.format("ones"))
    text = text.replace("SELECT ?id ?name WHERE { ?id <urn:two> ?name }", SIDE.format("others"))
    (folder / "same.links.ttl").write_text(text, encoding="utf-8")
    return project


def lienket(project: Project, *arguments: str) -> Result:
    return CliRunner().invoke(commands, ["-C", str(project.root), "--language", "en", "link", *arguments])


def test_links_are_proposed_built_shown_and_taken_over_unchanged(deployment: Project, tmp_path: Path) -> None:
    run = lienket(deployment, "--page", str(tmp_path / "page.html"))
    assert (run.exit_code, run.output) == (
        0, "same: 2 links, 0 wait for a decision in " + str(tmp_path / "mappings/office/same/review.csv") + "\n",
    )  # fmt: skip
    assert "Nothing waits for a decision" in (tmp_path / "page.html").read_text(encoding="utf-8")
    release = build(deployment)
    links = (tmp_path / "mappings/office/same/links.csv").read_bytes()
    assert lienket(deployment).exit_code == 0
    assert (tmp_path / "mappings/office/same/links.csv").read_bytes() == links
    assert build(deployment).id == release.id
    anew = build(deployment, full=True)
    assert anew.manifest["graphs"] == release.manifest["graphs"]
    page = create_app(deployment).test_client().get("/doc/thing/0", headers={"Accept": "text/html"})
    assert "CHỢ BẾN" in page.text
    assert "0,9412" in page.text


def test_json_tells_links_and_questions_and_dry_run_writes_nothing(deployment: Project) -> None:
    run = lienket(deployment, "--json", "--dry-run")
    told = json.loads(run.output)["same"]
    assert [link["subject"] for link in told["links"]] == [BASE + "id/thing/0", BASE + "id/thing/1"]
    assert told["questions"] == []
    assert not (deployment.root / "mappings/office/same/links.csv").exists()


def test_an_unknown_linkset_is_named(deployment: Project) -> None:
    run = lienket(deployment, "sam")
    assert run.exit_code == 1
    assert "“sam” is no linkset; there are: same" in run.output


def test_a_target_that_is_gone_is_named_by_row(deployment: Project) -> None:
    lienket(deployment)
    assert lienket(deployment, "--check").exit_code == 0
    path = deployment.root / "mappings/office/same/links.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("id/thing/11", "id/thing/99"), encoding="utf-8")
    run = lienket(deployment, "--check")
    assert run.exit_code == 1
    assert "row 3" in run.output
    assert "thing/99” leads to nothing" in run.output


def test_a_side_asks_no_other_endpoint(deployment: Project) -> None:
    path = deployment.root / "mappings/office/same/same.links.ttl"
    text = path.read_text(encoding="utf-8")
    asking = text.replace("?name WHERE {", "?name WHERE { SERVICE <http://127.0.0.1/> {} ", 1)
    path.write_text(asking, encoding="utf-8")
    run = lienket(deployment)
    assert run.exit_code == 1
    assert "asks other endpoints by SERVICE" in run.output


class Elsewhere(BaseHTTPRequestHandler):
    """A SPARQL endpoint at /sparql, a reconciliation service at /reconcile, a redirect at /moved."""

    def do_GET(self) -> None:
        if self.path == "/reconcile":
            self._answer({"versions": ["0.2"], "name": "Elsewhere", "identifierSpace": "https://elsewhere.example/",
                          "schemaSpace": "https://elsewhere.example/"})  # fmt: skip
        else:
            self._answer(None, 302 if self.path == "/moved" else 400)

    def do_POST(self) -> None:
        body = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        items = [("Q1", "Chợ Bến"), ("Q2", "Chợ Hòa"), ("Q3", "Chợ Hòa")]
        if self.path == "/reconcile":
            queries = json.loads(body["queries"][0])
            told = {
                name: [{"id": id_, "name": found} for id_, found in items if found[:3] == query["query"][:3]]
                for name, query in queries.items()
            }
            self._answer({name: {"result": found} for name, found in told.items()})
        elif self.path == "/sparql" and "SELECT" in body["query"][0]:
            rows = [{"id": {"type": "uri", "value": "https://elsewhere.example/" + id_},
                     "name": {"type": "literal", "value": name}} for id_, name in items]  # fmt: skip
            self._answer({"head": {"vars": ["id", "name"]}, "results": {"bindings": rows}})
        else:
            self._answer(None, 302)

    def do_HEAD(self) -> None:
        self._answer(None, 200 if self.path == "/there" else 404)

    def _answer(self, told: object, status: int = 200) -> None:
        content = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Location", "/sparql")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("path", ["/sparql", "/reconcile"])
def test_a_rule_that_asks_elsewhere_rests_until_an_endpoint_is_named(
    deployment: Project, elsewhere: str, path: str
) -> None:
    rules = deployment.root / "mappings/office/same/same.links.ttl"
    text = rules.read_text(encoding="utf-8")
    rules.write_text(text.replace("link:prior -6", "link:elsewhere true ; link:prior -6"), encoding="utf-8")
    assert json.loads(lienket(deployment, "--json").output)["same"]["links"] == []
    told = json.loads(lienket(deployment, "--json", "--endpoint", elsewhere + path).output)["same"]
    assert [link["object"] for link in told["links"]] == ["https://elsewhere.example/Q1"]
    assert {row["object"][-2:] for row in told["questions"]} == {"Q2", "Q3"}
    again = json.loads(lienket(deployment, "--json").output)["same"]  # resting: what was found stays
    assert (again["links"], len(again["questions"])) == (told["links"], 2)


@pytest.mark.parametrize("path", ["/moved", "/nothing"])
def test_an_endpoint_that_leads_elsewhere_is_not_followed(deployment: Project, elsewhere: str, path: str) -> None:
    rules = deployment.root / "mappings/office/same/same.links.ttl"
    text = rules.read_text(encoding="utf-8")
    rules.write_text(text.replace("link:prior -6", "link:elsewhere true ; link:prior -6"), encoding="utf-8")
    run = lienket(deployment, "--endpoint", elsewhere + path)
    assert run.exit_code == 3
    assert "does not answer as a SPARQL endpoint" in run.output
    assert lienket(deployment, "--endpoint", "file:///etc/passwd").exit_code == 1


def test_targets_on_the_web_are_asked_for_but_none_inside(elsewhere: str) -> None:
    there, gone = elsewhere + "/there", elsewhere + "/gone"
    assert remote.dead([there, gone]) == dict.fromkeys((there, gone), "leads to no public address")
    assert remote.dead([there, gone], allow_local=True) == {gone: "HTTP 404"}
