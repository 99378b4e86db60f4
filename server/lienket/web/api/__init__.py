"""The release for those who know no RDF: every class that the shapes describe as JSON, tables and GeoJSON.

    /api  ─▶  /api/{class}?filters  ─▶  /api/{class}/{key}

    parameters ─▶ selection ─▶ things ─▶ writing
    what is asked   which ones    what of them  in which words

Nothing here knows a class: names, properties and their kinds are those of the release's own table (`lienket.classes`),
and so is the description for programs (`openapi`).
"""

from lienket.web.api.routes import blueprint

__all__ = ["blueprint"]
