"""The front page: search first, then the places, then the data by who publishes it."""

from flask import Blueprint, Response, render_template

from lienket.formats import HTML
from lienket.web import language, maps
from lienket.web.answers import sent, unchanged
from lienket.web.catalogue import by_publisher
from lienket.web.datasets import datasets
from lienket.web.shown import shown

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def home() -> Response:
    """Answer the front page."""
    present = shown()
    if (answer := unchanged(present, HTML)) is not None:
        return answer
    pack = language.language()
    ground = maps.of_areas(present, pack.tag)
    places = sorted(ground.base if ground else (), key=lambda area: pack.sort_key(area.name.value))
    body = render_template(
        "home.html",
        groups=by_publisher(present),
        map=ground,
        places=places,
        quads=present.release.manifest["quads"],
        datasets=len(datasets(present)),
    )
    return sent(body, present, HTML)
