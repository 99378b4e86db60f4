"""What all tests share: the invented province of `tests/province`, built once."""

import dataclasses
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from lienket.build import build
from lienket.project import Project
from lienket.releases.release import Release
from lienket.web import create_app

from . import mysql, postgresql

ROOT = Path(__file__).parent.parent

collect_ignore = ["clients", "bench/linking_splink.py"]  # programs that run in environments of their own
PROVINCE = ROOT / "tests" / "province"


def with_settings(project: Project, **settings: object) -> Project:
    """Return `project` with settings changed; `__` in a name stands for a dot."""
    changed = {name.replace("__", "."): value for name, value in settings.items()}
    return dataclasses.replace(project, settings={**project.settings, **changed})


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The invented province, built and published."""
    deployment = with_settings(Project.read(PROVINCE), folders__var=str(tmp_path_factory.mktemp("var")))
    build(deployment)
    return deployment


@pytest.fixture(scope="session")
def release(project: Project) -> Release:
    """Its release."""
    return Release.current(project.var)


@pytest.fixture(scope="session")
def hue_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The deployment at the root of the repository, built and published."""
    deployment = with_settings(Project.read(ROOT), folders__var=str(tmp_path_factory.mktemp("hue")))
    build(deployment)
    return deployment


@pytest.fixture(scope="session")
def hue(hue_project: Project) -> Release:
    """Its release."""
    return Release.current(hue_project.var)


@pytest.fixture(scope="session")
def app(project: Project) -> Flask:
    """The web application over it."""
    app = create_app(project)
    app.testing = True
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of the web application."""
    return app.test_client()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[postgresql.Server]:
    """A real PostgreSQL."""
    if postgresql.PROGRAMS is None:
        pytest.skip("PostgreSQL is not installed here")
    # Not in a folder of pytest: another run would close that to everyone but its own user.
    with tempfile.TemporaryDirectory() as folder, postgresql.server(Path(folder)) as server:
        yield server


@pytest.fixture(scope="session")
def mysql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mysql.Server]:
    """A real MariaDB."""
    if mysql.PROGRAM is None:
        pytest.skip("MariaDB is not installed here")
    with mysql.server(tmp_path_factory.mktemp("mysql")) as server:
        yield server
