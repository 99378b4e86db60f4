"""The templates, and the words they may use.

A deployment may keep a folder `templates/` beside its `lienket.toml`: a file there takes the place of the engine's, and
may extend it as `engine/<name>`. Such templates are trusted like code. `templates/theme.css` is read after the engine's
stylesheet: one colour, `:root { --brand: #1f5f66 }`, sets the tone of every page, light and dark.
"""

import hashlib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode

from flask import Flask, request, url_for
from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader, StrictUndefined

from lienket import languages, scoring
from lienket.project import Project
from lienket.web import addresses, language, missing, past
from lienket.web.names import order_of
from lienket.web.shown import project
from lienket.web.values import coordinates

FOLDER = "templates"
THEME = "theme.css"


def register(app: Flask, deployment: Project) -> None:
    """Give `app` its templates, compiled now, so that a fault in one is found at the start."""
    own: list[BaseLoader] = [FileSystemLoader(deployment.root / FOLDER)] if (deployment.root / FOLDER).is_dir() else []
    engine = PackageLoader("lienket.web", "templates")
    environment = app.jinja_env
    environment.loader = ChoiceLoader([*own, engine, PrefixLoader({"engine": engine})])
    environment.undefined = StrictUndefined
    environment.autoescape = True
    environment.auto_reload = False
    environment.trim_blocks = True
    environment.lstrip_blocks = True
    static = Path(str(app.static_folder))
    theme = deployment.root / FOLDER / THEME
    environment.globals.update(
        asset=lambda name: url_for("static", filename=name, v=_digest(static / name)),
        document=addresses.document,
        local=addresses.local,
        number=_number,
        size=_size,
        day=_day,
        here=_here,
        to=_to,
        pack=language.language,
        past=past.asked,
        within=past.within,
        reaches=past.reaches,
        packs=[languages.get(tag) for tag in deployment.languages],
        project=deployment,
        canonical=_canonical,
        theme=lambda: url_for("site.theme", v=_digest(theme)) if theme.is_file() else "",
        degrees=lambda position: coordinates(*position),
        pack_order=lambda: order_of(deployment.languages, language.tag()),
        asked_address=lambda: unquote(addresses.requested()),
        asked_words=missing.asked_words,
        scoring=scoring,
        _=language.translated,
        _n=_counted,
    )
    app.context_processor(lambda: {"asked": request.args.get("q", "")[:200]})
    for name in engine.list_templates():
        environment.get_template(name)


@cache
def _digest(path: Path) -> str:
    """Return what the address of a static file carries, so that browsers may keep the file for ever."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def _number(value: int | float | Decimal) -> str:
    return language.language().format_number(value)


def _size(octets: int) -> str:
    """Return a file size in the largest unit that leaves a number above one."""
    value = Decimal(octets)
    units = ["B", "kB", "MB", "GB"]
    while value >= 1000 and len(units) > 1:
        value /= 1000
        units.pop(0)
    return f"{_number(round(value, 0 if value >= 10 or value == octets else 1))} {units[0]}"


def _day(text: str) -> str:
    """Return a date or moment of the data as a day in the visitor's form; unreadable text stays as it is."""
    try:
        return language.language().format_date(date.fromisoformat(text[:10]))
    except ValueError:
        return text


def _counted(singular: str, plural: str, number: int) -> str:
    """Return the sentence that fits `number`, which stands at `{number}`."""
    return language.language().ngettext(singular, plural, number).format(number=_number(number))


def _here(**changes: Any) -> str:
    """Return the address of this page with some of its arguments changed; None takes one away."""
    arguments: Mapping[str, Any] = {**request.args.to_dict(), **changes}
    kept = urlencode({name: value for name, value in arguments.items() if value is not None})
    path = addresses.requested()
    return f"{path}?{kept}" if kept else path


def _to(href: str, **arguments: str | None) -> str:
    """Return a link with `arguments`; one of our own carries on the language and the release that were asked for."""
    if not href.startswith(f"{request.script_root}/"):
        return href
    if request.args.get("lang") in project().languages:
        arguments["lang"] = request.args["lang"]
    path, hash_, fragment = href.partition("#")
    kept = urlencode({name: value for name, value in arguments.items() if value is not None})
    joint = "&" if "?" in path else "?"
    return past.within(f"{path}{joint if kept else ''}{kept}{hash_}{fragment}")


def _canonical() -> str:
    """Return the address of this page on the deployment's own host, without arguments."""
    return project().base_iri + addresses.requested().removeprefix(f"{request.script_root}/")
