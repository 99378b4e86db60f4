"""Harvests a catalogue with udata's own DcatBackend, writing nothing; runs where udata and mongomock are.

Prints one line of JSON an item: its status, its errors, and the dataset that udata makes of it.
"""

import json
import sys

import mongoengine.connection
import mongomock
from udata import settings
from udata.app import create_app
from udata.harvest.backends.dcat import DcatBackend
from udata.harvest.models import HarvestSource


class Settings(settings.Testing, settings.Defaults):
    TESTING = True
    SECRET_KEY = API_TOKEN_SECRET = SECURITY_PASSWORD_SALT = "of a test in which nothing is kept"  # noqa: S105
    MONGODB_HOST = "mongodb://localhost:27017/harvest"
    URLS_ALLOW_LOCAL = True
    URLS_ALLOW_PRIVATE = True
    DEFAULT_LANGUAGE = "en"
    PLUGINS: list[str] = []


def main(address: str) -> None:
    mongoengine.connection.MongoClient = mongomock.MongoClient  # nothing is to be kept anywhere
    app = create_app(Settings)
    with app.app_context():
        source = HarvestSource(name="hub", url=address, backend="dcat")
        job = DcatBackend(source, dryrun=True).harvest()
        for error in job.errors:
            sys.stdout.write(json.dumps({"error": error.message}) + "\n")
        for item in job.items:
            sys.stdout.write(json.dumps(described(item), default=str) + "\n")


def described(item: object) -> dict[str, object]:
    dataset = getattr(item, "dataset", None)
    said: dict[str, object] = {
        "status": item.status,  # type: ignore[attr-defined]
        "errors": [error.message for error in item.errors],  # type: ignore[attr-defined]
        "remote_id": item.remote_id,  # type: ignore[attr-defined]
    }
    if dataset is None:
        return said
    return said | {
        "title": dataset.title,
        "description": dataset.description,
        "tags": list(dataset.tags),
        "licence": dataset.license and dataset.license.id,
        "frequency": dataset.frequency,
        "temporal": dataset.temporal_coverage and [dataset.temporal_coverage.start, dataset.temporal_coverage.end],
        "spatial": dataset.spatial and dataset.spatial.geom,
        "contacts": [contact.name for contact in dataset.contact_points],
        "publisher": dataset.harvest and dataset.harvest.uri,
        "resources": [
            {"url": each.url, "format": each.format, "size": each.filesize, "title": each.title, "mime": each.mime}
            for each in dataset.resources
        ],
    }


main(*sys.argv[1:])
