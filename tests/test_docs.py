"""What the documents say is held against what the code does."""

import re
import shlex
from itertools import pairwise
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from flask import Flask

import lienket
from lienket.cli import commands
from lienket.project import SETTINGS, Project
from lienket.web import create_app

from .conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def document(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_is_in_the_table(setting: object) -> None:
    from lienket.project import Setting

    assert isinstance(setting, Setting)
    if setting.default is None:
        default = "*must be given*"
    elif not setting.default and setting.type is not int:
        default = ""
    elif isinstance(setting.default, list):
        default = f"`{', '.join(setting.default)}`"
    else:
        default = f"`{setting.default}`"
    row = f"| `{setting.name}` | {setting.expected} | {default} | {setting.help} |"
    assert row in document("settings.md").splitlines(), row


def test_no_setting_in_the_table_is_unknown() -> None:
    named = set(re.findall(r"^\| `([a-z._]+)` \|", document("settings.md"), re.MULTILINE))
    assert named == {setting.name for setting in SETTINGS}


def commands_of(group: click.Group) -> dict[str, click.Command]:
    context = click.Context(group)
    found = {name: group.get_command(context, name) for name in group.list_commands(context)}
    assert set(group.commands) == set(found)
    return {name: command for name, command in found.items() if command}


def verbs(group: click.Group, prefix: str = "lienket") -> list[str]:
    names = []
    for name, command in commands_of(group).items():
        if isinstance(command, click.Group):
            names += verbs(command, f"{prefix} {name}")
        if not isinstance(command, click.Group) or command.invoke_without_command:
            names.append(f"{prefix} {name}")
    return names


def test_every_verb_has_its_heading_and_every_option_is_named() -> None:
    text = document("commands.md")
    headings = set(re.findall(r"^## `(lienket [a-z ]+[a-z])", text, re.MULTILINE))
    assert headings == set(verbs(commands))
    for name in verbs(commands):
        command: click.Command = commands
        for word in name.split()[1:]:
            assert isinstance(command, click.Group)
            command = commands_of(command)[word]
        section = text.split(f"## `{name}", 1)[1].split("\n## ", 1)[0]
        for parameter in command.params:
            if isinstance(parameter, click.Option) and "--help" not in parameter.opts:
                assert max(parameter.opts, key=len) in section, f"{name} {parameter.opts}"


def test_every_route_is_in_the_table(app: Flask) -> None:
    table = set(re.findall(r"^\| `(/[^`]*)` \|", document("addresses.md"), re.MULTILINE))
    routes = {re.sub(r"<(?:[a-z]+:)?([a-z_]+)>", r"{\1}", rule.rule) for rule in app.url_map.iter_rules()}
    assert table == routes - {"/static/{filename}"}


def test_the_readme_says_which_python() -> None:
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    required = re.search(r'requires-python = ">=([\d.]+)"', pyproject)
    assert required
    assert f"Python {required.group(1)}" in README


def test_the_readme_names_commands_that_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    used = set(re.findall(r"\bmake ([a-z]+)\b", README))
    assert {"up", "test"} <= used <= targets
    known = set(commands_of(commands))
    assert set(re.findall(r"`lienket ([a-z]+)", README)) <= known


def test_every_top_level_folder_is_in_the_readme() -> None:
    for name in ("ontology", "mappings", "shapes", "server", "tests", "docs"):
        assert f"`{name}/`" in README
        if name in ("ontology", "mappings", "shapes"):
            assert (ROOT / name / "README.md").is_file()


def test_links_to_files_in_the_documents_resolve() -> None:
    for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_the_changelog_knows_the_version() -> None:
    assert f"## {lienket.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def curls() -> list[str]:
    return [line for block in blocks(README, "sh") for line in block.splitlines() if line.startswith("curl ")]


def test_the_readme_shows_how_to_dereference() -> None:
    assert any("/id/" in line for line in curls())


@pytest.mark.parametrize("line", curls())
def test_the_readmes_curls_answer(line: str, hue_project: Project) -> None:
    words = shlex.split(line)
    headers, data, url = {}, {}, ""
    for before, word in pairwise(words):
        if before == "-H":
            name, _, value = word.partition(": ")
            headers[name] = value
        elif before == "--data-urlencode":
            name, _, value = word.partition("=")
            data[name] = value
        elif word.startswith("http"):
            url = word
    client = create_app(hue_project).test_client()
    path = url.removeprefix("http://127.0.0.1:8000")
    answer = (
        client.post(path, headers=headers, data=data)
        if data
        else client.get(path, headers=headers, follow_redirects=True)
    )
    assert answer.status_code == 200
    assert len(answer.data) > 100
    accept = headers.get("Accept")
    assert accept is None or answer.content_type.startswith(accept)


def test_the_readmes_table_is_mapped_by_its_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (mapping,) = blocks(README, "yaml")
    (line,) = [line for block in blocks(README, "sh") for line in block.splitlines() if line.startswith("lienket map")]
    assert len(mapping.splitlines()) < 10
    monkeypatch.chdir(tmp_path)
    table = "Mã,Tên chợ,Ngày lập\n01,Chợ Đông Ba,1/7/1899\n02,Chợ An Cựu,31/2/1900\n"
    Path("markets.csv").write_text(table, encoding="utf-8")
    Path("markets.yml").write_text(mapping, encoding="utf-8")
    done = CliRunner().invoke(commands, shlex.split(line)[1:])
    assert done.exit_code == 0, done.output
    assert '"1899-07-01"' in Path("markets.nq").read_text(encoding="utf-8")
    assert "markets.csv,,3,Ngày lập,31/2/1900," in Path("to-mend.csv").read_text(encoding="utf-8-sig")
