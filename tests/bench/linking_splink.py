"""What splink 5 makes of the registers of `tests.bench.linking`, in an environment that has it and nothing of ours.

    python linking_splink.py run FOLDER

The same fields, as near to the same blocks as its own rules come, keys made in SQL the same way; u from a sample, m by
two passes of expectation maximisation; for each subject its best object from a probability on.
"""

import json
import sys
from pathlib import Path
from typing import Final

import duckdb
import splink.comparison_library as library
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

_LETTERS: Final = (
    "trim(regexp_replace(strip_accents(translate(lower(nfc_normalize({0})), 'đð', 'dd')), '[^a-z0-9]+', ' ', 'g'))"
)
_BLOCKS: Final = (
    ("name_key", "street_key"), ("name_key", "ward_key"), ("name_key", "house"), ("street_key", "house"),
    ("beginning", "ward_key"), ("ending", "ward_key"), ("beginning", "cell"), ("ending", "cell"),
)  # fmt: skip
_LEAST: Final = 0.9


def main(folder: Path) -> None:
    """Link, and write the figures."""
    with duckdb.connect() as connection:
        for side in ("subjects", "objects"):
            keys = ", ".join(f"{_LETTERS.format(name)} AS {name}_key" for name in ("name", "street", "ward"))
            connection.execute(f"""CREATE TABLE {side} AS SELECT *, left(replace(name_key, ' ', ''), 5) AS beginning,
                right(replace(name_key, ' ', ''), 5) AS ending FROM (SELECT id AS unique_id, nullif(house, '') AS house,
                longitude, latitude, floor(longitude * 100) || ' ' || floor(latitude * 100) AS cell, {keys}
                FROM read_parquet('{folder / side}.parquet'))""")
        connection.execute("UPDATE subjects SET ward_key = nullif(ward_key, '')")
        connection.execute("UPDATE objects SET ward_key = nullif(ward_key, '')")
        api = DuckDBAPI(connection=connection)
        tables = [api.register(side, dataset_display_name=side) for side in ("subjects", "objects")]
        linker = Linker(tables, _settings())
        linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
        for columns in (("name_key", "street_key"), ("house", "ward_key")):
            linker.training.estimate_parameters_using_expectation_maximisation(block_on(*columns))
        found = linker.inference.predict(threshold_match_probability=_LEAST).physical_name
        count, right = connection.execute(f"""SELECT count(*), count(*) FILTER (WHERE unique_id_l[2:] = unique_id_r[2:])
            FROM (SELECT * FROM {found} QUALIFY row_number() OVER (PARTITION BY unique_id_l ORDER BY match_weight DESC)
            = 1)""").fetchall()[0]
        same = connection.execute("SELECT count(*) FROM subjects").fetchall()[0][0] * 6 // 10
    figures = {"precision": right / count, "recall": right / same}
    Path("figures.json").write_text(json.dumps(figures), encoding="utf-8")


def _settings() -> SettingsCreator:
    return SettingsCreator(
        link_type="link_only",
        blocking_rules_to_generate_predictions=[block_on(*columns) for columns in _BLOCKS],
        comparisons=[
            library.JaroWinklerAtThresholds("name_key", [0.95, 0.85]),
            library.ExactMatch("house"),
            library.JaroWinklerAtThresholds("street_key", [0.9]),
            library.ExactMatch("ward_key"),
            library.DistanceInKMAtThresholds("latitude", "longitude", [0.15, 0.5]),
        ],
    )


if __name__ == "__main__":
    main(Path(sys.argv[2]))
