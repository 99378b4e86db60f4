"""What a release would say of datasets that are only checked: their metadata score, and what the profile finds."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from lienket import catalogue, tidy
from lienket.build.dumps import CSV, GRAPHS, OTHER_TYPE, TABLE_TYPES
from lienket.build.outputs import Output
from lienket.build.profile import profile_faults
from lienket.content import Content
from lienket.errors import Fault
from lienket.project import Project
from lienket.store import Store


def planned(
    project: Project, content: Content, outputs: Iterable[Output], scratch: Path
) -> tuple[list[Output], list[Fault]]:
    """Return outputs with the score that their datasets would have in a release, and what the profile finds in them."""
    source = catalogue.Source(project, Store.holding(()), content.ontology)
    found: list[Output] = []
    triples: list[ox.Triple] = []
    for output in outputs:
        dataset = output.dataset
        facts = _facts(project, content, output)
        described = catalogue.describe_dataset(source, dataset, facts)
        conforms = not any(fault.severity == "error" for fault in output.faults)
        points = catalogue.points(source, described, dataset, facts, conforms=conforms)
        found.append(replace(output, score=points))
        triples += described.triples
    datasets = [output.dataset for output in found]
    return found, profile_faults(project, datasets, triples, scratch) if found else []


def _facts(project: Project, content: Content, output: Output) -> dict[str, Any]:
    dataset = output.dataset
    today = datetime.now(UTC).date().isoformat()
    survey = tidy.survey(output.nquads, dataset.iri, base_iri=project.base_iri, prefixes=content.ontology.prefixes)
    types = [(each.name, each.media_type, each.eu_file_type or "") for each in GRAPHS]
    for table in output.tables:
        name, media_type = TABLE_TYPES.get(table.suffix.lower(), OTHER_TYPE)
        types.append((name, media_type, name))
    types += [CSV] * bool(survey.kinds)
    dumps = [
        {"file": f"{dataset.id}-{number}", "kind": "planned", "format": name, "media_type": media_type,
         "eu_file_type": eu_file_type, "compressed": False, "size": 0, "sha256": "", "description": name}
        for number, (name, media_type, eu_file_type) in enumerate(types)
    ]  # fmt: skip
    return {"issued": today, "modified": today, "period": survey.period, "box": None, "units": (), "dumps": dumps}
