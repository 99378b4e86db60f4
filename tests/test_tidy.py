"""Tables and maps that programs take from a release: they say what the graph says, and their descriptions hold."""

import csv
import gzip
import io
import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from lienket.releases.release import Release

RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
XSD = "http://www.w3.org/2001/XMLSchema#"


def descriptions(release: Release) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield datasets with what the columns of their tables mean."""
    for path in sorted(release.dumps.glob("*.csvw.json")):
        yield path.name.split(".")[0], json.loads(path.read_text(encoding="utf-8"))


def tables(release: Release, *, tidy: bool) -> Iterator[tuple[str, dict[str, Any], list[list[str]]]]:
    """Yield every table that is described, with its rows; the first is the header."""
    for dataset, description in descriptions(release):
        for table in description["tables"]:
            if ("suppressOutput" in table) != tidy:
                text = (release.dumps / table["url"]).read_text(encoding="utf-8-sig")
                delimiter = table.get("dialect", {}).get("delimiter", ",")
                yield dataset, table, list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def graph(release: Release, dataset: str) -> set[tuple[str, str, Any]]:
    """Return a dataset's triples; blank nodes have no name that a table could hold."""
    packed = (release.dumps / f"{dataset}.nq.gz").read_bytes()
    return {
        (quad.subject.value, quad.predicate.value, quad.object)
        for quad in ox.parse(gzip.decompress(packed), ox.RdfFormat.N_QUADS, lenient=True)
        if isinstance(quad.subject, ox.NamedNode) and not isinstance(quad.object, ox.BlankNode)
    }


def triples(table: dict[str, Any], rows: list[list[str]]) -> Iterator[tuple[str, str, Any]]:
    """Yield what a table says, by the minimal mode of <https://www.w3.org/TR/csv2rdf/>; no cell has several values."""
    columns = table["tableSchema"]["columns"]
    for row in rows[1:]:
        cells = dict(zip([column["name"] for column in columns if not column.get("virtual")], row, strict=True))
        for column in columns:
            cell = cells.get(column["name"], "")
            if column.get("suppressOutput") or not (cell or column.get("virtual")):
                continue
            predicate = column["propertyUrl"].replace("rdf:type", RDF_TYPE)
            if "valueUrl" in column:
                value: Any = ox.NamedNode(column["valueUrl"].replace(f"{{+{column['name']}}}", cell))
            elif "lang" in column:
                value = ox.Literal(cell, language=column["lang"])
            else:
                stated = column["datatype"]
                datatype = stated["@id"] if isinstance(stated, dict) else XSD + stated
                value = ox.Literal(cell, datatype=ox.NamedNode(datatype))
            yield cells["iri"], predicate, value


@pytest.mark.parametrize("which", ["release", "hue"])
def test_a_tidy_table_says_what_the_graph_says(which: str, request: pytest.FixtureRequest) -> None:
    release: Release = request.getfixturevalue(which)
    said: dict[str, set[tuple[str, str, Any]]] = {}
    for dataset, table, rows in tables(release, tidy=True):
        told = list(triples(table, rows))
        assert told
        said.setdefault(dataset, set()).update(told)
    assert said
    for dataset, told_of in said.items():
        known = graph(release, dataset)
        assert told_of <= known, dataset
        kinds = {kind for _, predicate, kind in told_of if predicate == RDF_TYPE}
        things = {subject for subject, predicate, kind in known if predicate == RDF_TYPE and kind in kinds}
        left_out = {each for each in known - told_of if each[0] in things}
        assert not left_out, (dataset, sorted(map(str, left_out))[:3])


@pytest.mark.parametrize("tidy", [True, False])
def test_every_column_is_described_and_every_key_holds(hue: Release, tidy: bool) -> None:
    seen = 0
    for _, table, rows in tables(hue, tidy=tidy):
        columns = [column for column in table["tableSchema"]["columns"] if not column.get("virtual")]
        titles = [column["titles"]["und"][0] if isinstance(column["titles"], dict) else column["titles"]
                  for column in columns]  # fmt: skip
        assert titles == rows[0], table["url"]
        names = [column["name"] for column in columns]
        assert len(set(names)) == len(names)
        key = [names.index(name) for name in table["tableSchema"].get("primaryKey", ())]
        keys = [tuple(row[place] for place in key) for row in rows[1:]]
        assert not key or len(set(keys)) == len(keys), table["url"]
        for place, column in enumerate(columns):
            assert not column.get("required") or all(row[place] for row in rows[1:]), (table["url"], column["name"])
        seen += 1
    assert seen


def test_foreign_keys_lead_to_rows(hue: Release) -> None:
    by_url = {table["url"]: (table, rows) for _, table, rows in tables(hue, tidy=True)}
    led = 0
    for table, rows in by_url.values():
        for key in table["tableSchema"].get("foreignKeys", ()):
            target, there = by_url[key["reference"]["resource"]]
            here = [column["name"] for column in table["tableSchema"]["columns"]].index(key["columnReference"])
            names = [column["name"] for column in target["tableSchema"]["columns"]]
            known = {row[names.index(key["reference"]["columnReference"])] for row in there[1:]}
            assert {row[here] for row in rows[1:]} <= known
            led += 1
    assert led


def test_a_map_is_geojson_with_longitude_first(hue: Release) -> None:
    """By RFC 7946: <https://www.rfc-editor.org/rfc/rfc7946>."""

    def positions(coordinates: Any) -> Iterator[tuple[float, float]]:
        if isinstance(coordinates[0], int | float):
            yield coordinates[0], coordinates[1]
        else:
            for each in coordinates:
                yield from positions(each)

    files = sorted(hue.dumps.glob("*.geojson"))
    assert {path.name for path in files} >= {"monuments.geojson", "unit-boundaries.geojson"}
    for path in files:
        document = json.loads(path.read_text(encoding="utf-8"))
        assert document["type"] == "FeatureCollection"
        assert "crs" not in document
        for feature in document["features"]:
            assert feature["type"] == "Feature"
            assert feature["id"].startswith("https://")
            shape = feature["geometry"]
            for longitude, latitude in positions(shape["coordinates"]):
                assert 107 < longitude < 108.3, path.name
                assert 15.9 < latitude < 16.8, path.name
            rings = {"Polygon": [shape["coordinates"]], "MultiPolygon": shape["coordinates"]}.get(shape["type"], [])
            for polygon in rings:
                for number, ring in enumerate(polygon):
                    assert ring[0] == ring[-1]
                    area = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(ring))
                    assert (area > 0) == (number == 0), "outer rings run counterclockwise"


def test_croissant_names_the_columns_of_the_tables(client: FlaskClient, release: Release) -> None:
    answer = client.get("/dataset/clinics/croissant.json")
    assert answer.status_code == 200
    description = json.loads(answer.data)
    files = {file["@id"]: file for file in description["distribution"]}
    for name, file in files.items():
        with client.get(file["contentUrl"].removeprefix("https://data.songmay.example")) as content:
            assert content.status_code == 200
        assert file["contentSize"] == f"{len((release.dumps / name).read_bytes())} B"
    for records in description["recordSet"]:
        (source,) = {field["source"]["fileObject"]["@id"] for field in records["field"]}
        with (release.dumps / source).open(encoding="utf-8-sig", newline="") as table:
            header = next(csv.reader(table))
        assert [field["source"]["extract"]["column"] for field in records["field"]] == header
    assert client.get("/dataset/nothing/croissant.json").status_code == 404


def test_no_table_begins_a_formula(release: Release) -> None:
    """Tidy tables hold what the graph says to the letter, for programs; their header holds names alone."""
    for path in Path(release.dumps).glob("*.tidy-*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as table:
            assert all(name[0].isalpha() for name in next(csv.reader(table)))
