"""The report of a dataset as one file that needs no server: to be mailed, opened in any browser, printed."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from lienket.errors import SEVERITIES
from lienket.languages import Language
from lienket.quality import Report, sections


def write(report: Report, title: str, path: Path, language: Language) -> Path:
    """Write the page of a report and return its path; raises OSError where that cannot be."""
    static = Path(__file__).parent / "static"
    style, script = (Markup(_joined(static, *names)) for names in (("style.css", "quality.css"), ("quality.js",)))  # noqa: S704 - our own files
    page = environment(language).get_template("mailed.html")
    found = sections(report.findings, language)
    text = page.render(
        report=report, title=title, sections=found, style=style, script=script, severities=SEVERITIES
    )  # fmt: skip
    path.write_text(text, encoding="utf-8")
    return path


def _joined(folder: Path, *names: str) -> str:
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


def environment(language: Language) -> Environment:
    """Return what renders templates without a server: their words in a language, nothing of a request."""
    made = Environment(
        loader=PackageLoader("lienket.web", "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip

    def translated(message: str, **values: object) -> str:
        sentence = language.gettext(message)
        return sentence.format(**values) if values else sentence

    def counted(singular: str, plural: str, number: int) -> str:
        return language.ngettext(singular, plural, number).format(number=language.format_number(number))

    words: dict[str, Any] = {
        "_": translated, "_n": counted, "number": language.format_number, "pack": lambda: language,
    }  # fmt: skip
    made.globals.update(words)
    return made
