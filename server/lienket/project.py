"""A deployment is a folder with a `lienket.toml`: this finds it, reads it, and hands out typed settings.

The only module that reads `lienket.toml` or the environment. One table, `SETTINGS`, declares every setting; the file's
check, the environment's names and the documentation derive from it.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

from lienket.errors import Fault, InputError, shown

FILE_NAME = "lienket.toml"
ENVIRONMENT_PREFIX = "LIENKET_"


FORMS: Mapping[str, tuple[str, str]] = {
    "base": (
        r"https?://[\w.:-]*\w(/[\w.~-]+)*/",
        "a web address that ends with a slash, e.g. https://data.example.vn/",
    ),
    "iri": (r"[a-z]+:[^\s<>\"{}|\\^`]+", "an IRI, e.g. https://example.org/a"),
    "path": (r"[^\s<>\"{}|\\^`]+", "an IRI, or one relative to base_iri, e.g. id/agency/h57"),
    "date": (r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", "a day as yyyy-mm-dd"),
    "addresses": ("none|network|whole", "none, network or whole"),
    "email": (r"[^\s@<>]+@[^\s@<>]+", "an e-mail address"),
    "database": (
        r"(jdbc:)?[a-z]+://(?!.*password)[^\s@]+",
        "an address without user and password for each name of small letters, e.g. postgresql://host:5432/health",
    ),
}
"""Form of a text → its regular expression, and what is expected in words."""


@dataclass(frozen=True)
class Setting:
    """One setting: `name` is its place in the file (`section.key`), `default` None means it must be given."""

    name: str
    type: type[str] | type[int] | type[list] | type[dict]  # type: ignore[type-arg]
    default: Any
    help: str
    form: str = ""
    """Form of a text, or of the texts of a table, by its name in `FORMS`; "" takes any text, by language in a table."""
    least: int = 1
    """Smallest number that is taken."""

    @property
    def expected(self) -> str:
        """The type in words."""
        if self.type is dict and self.form:
            return "a text for each name"
        return {str: "a text", int: "a whole number", list: "a list of texts", dict: "a text for each language"}[
            self.type
        ]

    @property
    def environment(self) -> str:
        """The variable that overrides the file; texts and numbers only.

        >>> Setting("server.port", int, 8000, "").environment
        'LIENKET_SERVER_PORT'
        """
        return ENVIRONMENT_PREFIX + self.name.replace(".", "_").upper()


SETTINGS: tuple[Setting, ...] = (
    Setting("base_iri", str, None, "Every IRI of the deployment begins with this; ends with a slash.", "base"),
    Setting("languages", list, ["vi", "en"], "Language packs of the pages and messages; the first is the default."),
    Setting("title", dict, None, "Name of the hub, by language."),
    Setting("description", dict, None, "What the hub holds, in a sentence or two, by language."),
    Setting("publisher.iri", str, None, "IRI of the body that answers for the hub; relative to base_iri.", "path"),
    Setting("publisher.name", dict, None, "Its name, by language."),
    Setting("publisher.email", str, "", "Address for questions about the hub.", "email"),
    Setting("publisher.homepage", str, "", "Its page on the web.", "iri"),
    Setting("catalogue.licence", str, "http://publications.europa.eu/resource/authority/licence/CC_BY_4_0",
            "Licence of the catalogue's own descriptions.", "iri"),
    Setting("catalogue.spatial", str, "", "IRI of the place the hub is about, preferably in GeoNames.", "iri"),
    Setting("catalogue.issued", str, "", "Day the hub was first published, as yyyy-mm-dd.", "date"),
    Setting("catalogue.profile", str, "", "File of SHACL shapes that the catalogue has to meet, such as a national "
            "profile."),
    Setting("databases", dict, {}, "Databases that mappings may read, by a name of your own: the address that mappings "
            "write.", "database"),
    Setting("folders.ontology", str, "ontology", "Where the ontology and code lists are."),
    Setting("folders.mappings", str, "mappings", "Where the departments' datasets are."),
    Setting("folders.shapes", str, "shapes", "Where the SHACL shapes are."),
    Setting("folders.var", str, "var", "Where releases are written."),
    Setting("releases.keep", int, 5, "How many releases are kept; the current and the one before it always are."),
    Setting("releases.days", int, 0, "Releases younger than so many days are kept too, however many they are.",
            least=0),
    Setting("server.host", str, "127.0.0.1", "Address to listen on."),
    Setting("server.port", int, 8000, "Port to listen on."),
    Setting("server.processes", int, 2, "Web processes."),
    Setting("server.threads", int, 4, "Threads of each web process."),
    Setting("server.proxies", int, 0, "Proxies in front whose X-Forwarded headers are believed.", least=0),
    Setting("limits.query_seconds", int, 10, "A query is ended so many seconds after it has come."),
    Setting("limits.query_memory", int, 1024, "Memory a query may use, in MiB."),
    Setting("limits.query_workers", int, 4, "Queries that run at once in each web process."),
    Setting("limits.query_queue", int, 16, "Queries that may wait for a worker in each web process."),
    Setting("limits.client_queries", int, 8, "Queries of one client that may run and wait in each web process."),
    Setting("limits.query_bytes", int, 65536, "Longest query that is read, in bytes."),
    Setting("limits.result_rows", int, 10_000_000, "Rows or triples that an answer may have."),
    Setting("limits.result_size", int, 2048, "Size that an answer may have, in MiB."),
    Setting("limits.services", list, [], "SPARQL endpoints that a query may ask by SERVICE; none unless named here."),
    Setting("logs.access", str, "", "File for a line of JSON on each request; - writes to standard output."),
    Setting("logs.slow", str, "", "File for a line of JSON on each slow query, with its text; - as above."),
    Setting("logs.slow_seconds", int, 5, "A query that takes longer is slow."),
    Setting("logs.addresses", str, "none", "What the access log tells of a visitor's address: none, network or whole.",
            "addresses"),
)  # fmt: skip


@dataclass(frozen=True)
class DatabaseAccess:
    """How a database is reached."""

    address: str
    user: str | None
    password: str | None = field(repr=False)


@dataclass(frozen=True)
class Project:
    """One deployment: its folder and its settings by name, complete and of the right types."""

    root: Path
    settings: Mapping[str, Any]

    @classmethod
    def find(cls, start: Path | None = None) -> "Project":
        """Return the deployment of `start` (default: the working folder) or the nearest folder above it.

        Raises `InputError` with every fault of its `lienket.toml`, or saying that there is none.
        """
        start = (start or Path.cwd()).resolve()
        for folder in (start, *start.parents):
            if (folder / FILE_NAME).is_file():
                return cls.read(folder)
        raise InputError(
            Fault(
                "no {name} here or above; go to a deployment's folder, or start one: lienket new province NAME",
                file=str(start),
                values={"name": FILE_NAME},
            )
        )

    @classmethod
    def read(cls, root: Path) -> "Project":
        """Return the deployment in the folder `root`; raises `InputError` with every fault of its settings."""
        path = root / FILE_NAME
        place = shown(path)
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise InputError(Fault("cannot be read: {reason}", file=place, values={"reason": error.strerror})) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InputError(Fault("is not TOML: {reason}", file=place, values={"reason": error})) from None
        settings, faults = _settings(_flatten(document), os.environ, place)
        faults += _inconsistent(settings, place) if not faults else []
        if faults:
            raise InputError(*faults)
        return cls(root.resolve(), settings)

    def __getitem__(self, name: str) -> Any:
        """Return the value of the setting `name`."""
        return self.settings[name]

    @property
    def base_iri(self) -> str:
        """What every IRI of the deployment begins with."""
        return str(self["base_iri"])

    @property
    def languages(self) -> tuple[str, ...]:
        """Language tags, the default first."""
        return tuple(self["languages"])

    @property
    def title(self) -> dict[str, str]:
        """The hub's name by language tag."""
        return dict(self["title"])

    @property
    def databases(self) -> dict[str, DatabaseAccess]:
        """The databases that mappings may read, by the address that mappings write.

        Where one is reached, if elsewhere, and with which user and password stands in the environment alone.
        """
        return {
            stated: DatabaseAccess(
                _of_database(name, "address") or stated, _of_database(name, "user"), _of_database(name, "password")
            )
            for name, stated in self["databases"].items()
        }

    @cached_property
    def ontology(self) -> Path:
        """Folder of the ontology and code lists."""
        return (self.root / str(self["folders.ontology"])).resolve()

    @cached_property
    def mappings(self) -> Path:
        """Folder of the departments' datasets."""
        return (self.root / str(self["folders.mappings"])).resolve()

    @cached_property
    def shapes(self) -> Path:
        """Folder of the SHACL shapes."""
        return (self.root / str(self["folders.shapes"])).resolve()

    @cached_property
    def var(self) -> Path:
        """Folder of everything the engine writes."""
        return (self.root / str(self["folders.var"])).resolve()


def database_login() -> tuple[str | None, str | None]:
    """Return the user and the password for databases that mappings read; they stand in the environment alone."""
    return os.environ.get("LIENKET_DATABASE_USER"), os.environ.get("LIENKET_DATABASE_PASSWORD")


def _of_database(name: str, what: str) -> str | None:
    return os.environ.get(f"{ENVIRONMENT_PREFIX}DATABASES_{name.upper()}_{what.upper()}")


def _flatten(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the file's values by dotted name; a table that is itself a setting stays one value."""
    tables = {setting.name for setting in SETTINGS if setting.type is dict}
    flat: dict[str, Any] = {}

    def walk(values: Mapping[str, Any], prefix: str) -> None:
        for key, value in values.items():
            name = prefix + key
            if isinstance(value, dict) and name not in tables:
                walk(value, name + ".")
            else:
                flat[name] = value

    walk(document, "")
    return flat


def _settings(
    given: Mapping[str, Any], environment: Mapping[str, str], place: str
) -> tuple[dict[str, Any], list[Fault]]:
    faults: list[Fault] = []
    settings: dict[str, Any] = {}
    known = [setting.name for setting in SETTINGS]
    for name in given.keys() - set(known):
        near = get_close_matches(name, known, n=1)
        faults.append(
            Fault("no such setting; did you mean {near}?", file=place, column=name, values={"near": near[0]})
            if near
            else Fault("no such setting; docs/settings.md lists them", file=place, column=name)
        )
    for setting in SETTINGS:
        value, source = given.get(setting.name, setting.default), (place, setting.name)
        if setting.environment in environment and setting.type in (str, int):
            text = environment[setting.environment]
            value, source = _number(text) if setting.type is int else text, ("", setting.environment)
        if value is None:
            faults.append(Fault("is missing: {help}", file=place, column=setting.name, values={"help": setting.help}))
        elif not _fits(value, setting):
            faults.append(
                Fault("must be {expected}", file=source[0], column=source[1],
                      text=None if setting.type is dict and setting.form else str(value),  # it may hold a password
                      values={"expected": FORMS[setting.form][1] if setting.form else setting.expected})
            )  # fmt: skip
        settings[setting.name] = value
    return settings, sorted(faults)


def _number(text: str) -> int | str:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else text


def _fits(value: Any, setting: Setting) -> bool:
    if setting.type is list:
        texts = isinstance(value, list) and all(isinstance(item, str) for item in value)
        return texts and (bool(value) or value == setting.default)
    if setting.type is dict:
        key = r"[a-z][a-z0-9_]*" if setting.form else r"[a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8})*"
        form = FORMS[setting.form][0] if setting.form else r"(?s:.*)"
        return (
            isinstance(value, dict)
            and (bool(value) or value == setting.default)
            and all(re.fullmatch(key, name) for name in value)
            and all(isinstance(item, str) and re.fullmatch(form, item) for item in value.values())
        )
    if setting.form and value != setting.default:
        return isinstance(value, str) and re.fullmatch(FORMS[setting.form][0], value) is not None
    return isinstance(value, setting.type) and not isinstance(value, bool)


def _inconsistent(settings: Mapping[str, Any], place: str) -> list[Fault]:
    faults = [
        Fault("has no text in language {language}", file=place, column=setting.name, values={"language": language})
        for setting in SETTINGS
        if setting.type is dict and not setting.form
        for language in settings["languages"]
        if language not in settings[setting.name]
    ]
    faults += [
        Fault("must be at least {least}", file=place, column=setting.name, text=str(settings[setting.name]),
              values={"least": setting.least})
        for setting in SETTINGS
        if setting.type is int and settings[setting.name] < setting.least
    ]  # fmt: skip
    return faults
