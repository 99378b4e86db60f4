"""Reads a catalogue as CKAN's harvester does, with its own parser and DCAT-AP 3 profile; runs where ckanext-dcat is.

Fetches as ckanext-dcat's harvesters do: HEAD first, then GET, and on along the pages that its parser finds. Prints one
line of JSON a dataset, in the language that is asked for.
"""

import json
import sys

import requests
from ckan.plugins import toolkit
from ckanext.dcat.processors import RDFParser

FORMATS = {"text/turtle": "ttl", "application/rdf+xml": "xml", "application/ld+json": "json-ld"}
MOST_BYTES = 50 * 1024 * 1024


def main(address: str, language: str) -> None:
    toolkit.config["ckan.locale_default"] = language
    seen: set[str] = set()
    url: str | None = address
    while url and url not in seen:
        seen.add(url)
        head = requests.head(url, timeout=60)
        head.raise_for_status()
        assert int(head.headers.get("Content-Length", 0)) < MOST_BYTES
        answer = requests.get(url, timeout=60)
        answer.raise_for_status()
        parser = RDFParser(profiles=["euro_dcat_ap_3"])
        parser.parse(answer.text, _format=FORMATS[answer.headers["Content-Type"].split(";")[0]])
        for dataset in parser.datasets():
            sys.stdout.write(json.dumps(dataset) + "\n")
        url = parser.next_page()
    sys.stdout.write(json.dumps({"pages": len(seen)}) + "\n")


main(*sys.argv[1:])
