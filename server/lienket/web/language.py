"""The language of an answer: asked for by `?lang=`, else by `Accept-Language`, else the deployment's first."""

from flask import g, request

from lienket import languages
from lienket.languages import Language
from lienket.web.shown import project


def language() -> Language:
    """Return the language pack of this request."""
    if "language" not in g:
        known = project().languages
        wanted = request.args.get("lang")
        if wanted not in known:
            wanted = request.accept_languages.best_match(known) or known[0]
        g.language = languages.get(wanted)
    pack: Language = g.language
    return pack


def tag() -> str:
    """Return the tag of this request's language, e.g. `vi`."""
    return str(language().tag)


def translated(message: str, **values: object) -> str:
    """Return an interface sentence in this request's language, with `values` in its `{name}` placeholders."""
    sentence = language().gettext(message)
    return sentence.format(**values) if values else sentence
