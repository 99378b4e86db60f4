"""The catalogue as others' programs read it: CKAN's parser, udata's harvester, mlcroissant, and what Google asks for.

Each runs in an environment of its own under var/bench/peers, made once from PyPI.
"""

import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from werkzeug.serving import make_server

from lienket.project import Project
from lienket.releases.release import Release
from lienket.web import create_app
from tests.bench.processes import peer
from tests.conftest import ROOT

CLIENTS = ROOT / "tests" / "clients"
DCT, DCAT = "http://purl.org/dc/terms/", "http://www.w3.org/ns/dcat#"
BASE = "https://lod.hue.gov.vn/"


def python(*requirements: str) -> Path:
    """Return the Python of an environment with these packages; skip where it cannot be made."""
    try:
        return peer(*requirements)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"{requirements[0]} cannot be installed here: {error}")


def lines(command: list[str | Path], folder: Path) -> list[dict[str, Any]]:
    """Return the lines of JSON that a program prints."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


@pytest.fixture(scope="module")
def address(hue_project: Project) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_app(hue_project), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def stated(hue: Release) -> dict[str, dict[str, set[str]]]:
    """What the catalogue of the release says: subject → predicate → values, with `@vi` behind those in a language."""
    said: dict[str, dict[str, set[str]]] = {}
    for quad in ox.parse(path=hue.path / "catalogue.nt", format=ox.RdfFormat.N_TRIPLES):
        assert isinstance(quad.subject, ox.NamedNode | ox.BlankNode)
        value = quad.object
        text = f"{value.value}@{value.language}" if isinstance(value, ox.Literal) and value.language else value.value
        said.setdefault(quad.subject.value, {}).setdefault(quad.predicate.value, set()).add(text)
    return said


@pytest.mark.parametrize("language", ["vi", "en"])
def test_ckan_loses_nothing(
    address: str, hue: Release, stated: dict[str, dict[str, set[str]]], tmp_path: Path, language: str
) -> None:
    program = python("ckan[requirements]", "ckanext-dcat==2.4.4", "requests")
    *found, ended = lines([program, CLIENTS / "as_ckan.py", address + "/catalog.ttl", language], tmp_path)
    assert ended["pages"] >= 1
    datasets = {BASE + "dataset/" + dataset for dataset in hue.manifest["datasets"]}
    read = {extra["value"]: dataset for dataset in found for extra in dataset["extras"] if extra["key"] == "uri"}
    assert read.keys() == datasets
    for iri, dataset in read.items():
        said, extras = stated[iri], {extra["key"]: extra["value"] for extra in dataset["extras"]}
        assert f"{dataset['title']}@{language}" in said[DCT + "title"]
        assert {tag["name"] for tag in dataset["tags"]} == {text.rpartition("@")[0] for text in said[DCAT + "keyword"]}
        assert {extras["publisher_uri"]} == said[DCT + "publisher"]
        assert extras["publisher_name"]
        assert {extras["frequency"]} == said[DCT + "accrualPeriodicity"]
        assert set(json.loads(extras["theme"])) == said[DCAT + "theme"]
        assert extras["spatial_uri"] in said[DCT + "spatial"]
        resources = {resource["uri"]: resource for resource in dataset["resources"]}
        assert resources.keys() == said[DCAT + "distribution"]
        for uri, resource in resources.items():
            assert {resource["license"]} == stated[uri][DCT + "license"]
            assert {resource.get("download_url")} == stated[uri].get(DCAT + "downloadURL", {None})
        days = {
            text
            for period in said.get(DCT + "temporal", ())
            for name in ("startDate", "endDate")
            for text in stated[period].get(DCAT + name, ())
        }
        assert {extras[name] for name in ("temporal_start", "temporal_end") if name in extras} == days


def test_udata_takes_every_dataset(
    address: str, hue: Release, stated: dict[str, dict[str, set[str]]], tmp_path: Path
) -> None:
    program = python("udata==17.18.0", "mongomock")
    found = lines([program, CLIENTS / "as_udata.py", address + "/catalog.ttl"], tmp_path)
    assert [each.get("error") for each in found if "error" in each] == []
    read = {each["remote_id"]: each for each in found}
    assert read.keys() == {BASE + "dataset/" + dataset for dataset in hue.manifest["datasets"]}
    for iri, dataset in read.items():
        assert (dataset["status"], dataset["errors"]) == ("done", [])
        assert f"{dataset['title']}@en" in stated[iri][DCT + "title"]
        files = {
            file
            for distribution in stated[iri][DCAT + "distribution"]
            for file in stated[distribution].get(DCAT + "downloadURL", ())
        }
        assert {resource["url"] for resource in dataset["resources"]} >= files
        assert all(resource["size"] for resource in dataset["resources"] if resource["url"] in files)
        assert bool(dataset["temporal"]) == (DCT + "temporal" in stated[iri])


def test_croissant_is_valid(address: str, hue_project: Project, tmp_path: Path) -> None:
    program = python("mlcroissant==1.1.1", "extruct==0.18.0")
    client = create_app(hue_project).test_client()
    for dataset in ("monuments", "monthly-climate"):
        file = tmp_path / f"{dataset}.json"
        file.write_bytes(client.get(f"/dataset/{dataset}/croissant.json").data)
        done = subprocess.run(
            [program.with_name("mlcroissant"), "validate", "--jsonld", file],
            cwd=tmp_path, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        assert "error" not in done.stderr.lower(), done.stderr[-2000:]


EXTRUCT = """
import json, sys, urllib.request, extruct
page = urllib.request.urlopen(sys.argv[1]).read().decode()
for each in extruct.extract(page, syntaxes=["json-ld"])["json-ld"]: print(json.dumps(each))
"""


def test_google_finds_a_dataset_in_the_page(address: str, hue: Release, tmp_path: Path) -> None:
    """What <https://developers.google.com/search/docs/appearance/structured-data/dataset> requires, and advises."""
    program = python("mlcroissant==1.1.1", "extruct==0.18.0")
    for dataset in hue.manifest["datasets"]:
        found = lines([program, "-c", EXTRUCT, f"{address}/dataset/{dataset}.html"], tmp_path)
        (said,) = [each for each in found if each.get("@type") == "Dataset"]
        assert 50 <= len(str(said["description"])) <= 5000
        assert said["name"]
        assert said["license"].startswith("http")
        assert said["creator"]
        for file in said["distribution"]:
            assert file["contentUrl"].startswith(BASE)
            assert file["encodingFormat"]
