"""lienket.toml: what is read, and what is said when it is wrong."""

from pathlib import Path

import pytest

from lienket.errors import InputError
from lienket.project import FILE_NAME, SETTINGS, Project

SOUND = """
base_iri = "https://data.example/"
languages = ["en"]
title = { en = "Hub" }
description = { en = "What it holds." }
[publisher]
iri = "id/agency/a"
name = { en = "Agency" }
"""


def written(folder: Path, text: str) -> Path:
    (folder / FILE_NAME).write_text(text, encoding="utf-8")
    return folder


def test_a_sound_file_gives_typed_settings_and_defaults(tmp_path: Path) -> None:
    project = Project.find(written(tmp_path, SOUND))
    assert project.base_iri == "https://data.example/"
    assert project["server.port"] == 8000
    assert project.title == {"en": "Hub"}
    assert project.var == tmp_path / "var"


def test_it_is_found_from_a_folder_below(tmp_path: Path) -> None:
    below = written(tmp_path, SOUND) / "mappings" / "office"
    below.mkdir(parents=True)
    assert Project.find(below).root == tmp_path


def test_the_environment_overrides_texts_and_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIENKET_SERVER_PORT", "9001")
    assert Project.find(written(tmp_path, SOUND))["server.port"] == 9001


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ["base_iri: is missing", "title: is missing", "publisher.iri: is missing"]),
        ("base_iri = ", ["is not TOML"]),
        (SOUND + "[server]\nport = 'x'", ["server.port: “x” must be a whole number"]),
        (SOUND + "[server]\nprot = 1", ["server.prot: no such setting; did you mean server.port?"]),
        (SOUND.replace("/data.example/", "/data.example"), ["ends with a slash"]),
        (SOUND.replace('["en"]', '["en", "vi"]'), ["title: has no text in language vi", "publisher.name: has no text"]),
        (SOUND + "[databases]\nhealth = 'postgresql://me:secret@h/x'", ["databases: must be an address without user"]),
        (SOUND + "[databases]\nhealth = 'postgresql://h/x?password=secret'", ["databases: must be an address without"]),
        (SOUND + "[databases]\nHealth-1 = 'postgresql://h/x'", ["for each name of small letters"]),
        (SOUND + "[limits]\nquery_seconds = 0", ["limits.query_seconds: “0” must be at least 1"]),
    ],
)
def test_every_fault_is_said_at_once(tmp_path: Path, text: str, said: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        Project.find(written(tmp_path, text))
    for words in said:
        assert words in str(caught.value)
    assert FILE_NAME in str(caught.value)
    assert "secret" not in str(caught.value)


def test_databases_are_named_by_the_file_and_reached_by_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = SOUND + "[databases]\nhealth = 'postgresql://h/x'\nroads = 'jdbc:postgresql://r/y'"
    project = Project.read(written(tmp_path, text))
    monkeypatch.setenv("LIENKET_DATABASES_HEALTH_ADDRESS", "postgresql://10.0.0.1/z")
    monkeypatch.setenv("LIENKET_DATABASES_HEALTH_PASSWORD", "secret")
    health, roads = project.databases["postgresql://h/x"], project.databases["jdbc:postgresql://r/y"]
    assert (health.address, health.user, health.password) == ("postgresql://10.0.0.1/z", None, "secret")
    assert (roads.address, roads.user, roads.password) == ("jdbc:postgresql://r/y", None, None)
    assert "secret" not in repr(project.databases) + repr(project)


def test_no_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="lienket new province"):
        Project.find(tmp_path)


def test_settings_are_documented_and_typed() -> None:
    assert all(setting.help.endswith(".") for setting in SETTINGS)
    assert len({setting.name for setting in SETTINGS}) == len(SETTINGS)
