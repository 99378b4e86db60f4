"""The arrows and the nevers of the architecture, held against the imports as they are."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ENGINE = ROOT / "server" / "lienket"
CONTENT_FOLDERS = ("ontology", "mappings", "shapes")

MAY_IMPORT: dict[str, str] = {
    "errors": "",
    "vocabulary": "",
    "sql": "",
    "datatypes": "sql vocabulary",
    "formats": "",
    "rdf": "errors formats",
    "classes": "errors vocabulary",
    "languages": "errors",
    "project": "errors",
    "ontology": "errors rdf vocabulary",
    "datasets": "errors rdf vocabulary",
    "store": "errors",
    "wkt": "",
    "linking": "errors languages rdf sql store vocabulary wkt",
    "linksets": "datasets errors languages linking project releases store web wkt",
    "mapping": "datatypes errors formats languages rdf sql vocabulary",
    "validation": "datatypes errors formats rdf sql vocabulary",
    "search": "errors languages vocabulary",
    "releases": "errors project store vocabulary",
    "tidy": "vocabulary",
    "scoring": "vocabulary",
    "catalogue": "datasets errors formats languages ontology project scoring store vocabulary",
    "content": "datasets errors languages mapping ontology project rdf validation",
    "build": "catalogue classes content datasets errors formats languages mapping ontology project quality rdf "
    "releases search store tidy validation vocabulary",
    "handing": "build errors languages mapping project quality vocabulary web",
    "watching": "errors project",
    "quality": "errors formats languages vocabulary",
    "starter": "datasets errors languages project",
    "telling": "errors languages quality",
    "web": "classes datatypes errors formats languages project quality releases scoring search store telling "
    "vocabulary wkt",
    "cli": "build errors handing languages linking linksets mapping project releases scoring starter telling "
    "validation watching web",
}
"""Part → the parts it may import; a part is a module or package directly under the engine."""


def modules() -> Iterator[tuple[str, Path]]:
    """Yield every engine module with the part it belongs to."""
    for path in sorted(ENGINE.rglob("*.py")):
        yield path.relative_to(ENGINE).parts[0].removesuffix(".py"), path


def imports(path: Path) -> Iterator[str]:
    """Yield the full names a module imports, anywhere in it."""
    package = ["lienket", *path.relative_to(ENGINE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            name = ".".join(filter(None, (base, node.module)))
            yield from (f"lienket.{alias.name}" for alias in node.names) if name == "lienket" else (name,)


def part_of(name: str) -> str | None:
    """Return the part that an imported name belongs to; None for what is not ours."""
    pieces = name.split(".")
    return pieces[1] if pieces[0] == "lienket" and len(pieces) > 1 else None


PARTS = {part for part, _ in modules()}
MODULES = [pytest.param(part, path, id=str(path.relative_to(ENGINE))) for part, path in modules()]


@pytest.mark.parametrize(("part", "path"), MODULES)
def test_imports_follow_the_arrows(part: str, path: Path) -> None:
    if part in ("__init__", "__main__"):
        return
    assert part in MAY_IMPORT, f"{part} is a new part: say in MAY_IMPORT what it may import"
    allowed = {part, *MAY_IMPORT[part].split()}
    used = {
        other
        for name in imports(path)
        if (other := part_of(name)) and (ENGINE / other).exists() | (ENGINE / f"{other}.py").exists()
    }
    assert used <= allowed


DOORS = [
    (r"\box\.Store\b|pyoxigraph\.Store|import Store\b.*pyoxigraph", "store.py"),
    (r"^(from|import) flask\b", "web/"),
    (r"\bos\.environ\b|\bos\.getenv\b", "project.py"),
    (r"\btomllib\b", "project.py"),
    (r"\bpython_calamine\b|\bread_json\b", "mapping/sources/"),
    (r"\bread_csv\b", ("mapping/sources/", "validation/lines.py")),
    (r"\badbc_driver|\bsqlite3\.connect\b|\bpymysql\b", ("mapping/sources/", "search.py", "build/indexing.py")),
    (r"\bload_workbook\b", "mapping/sources/"),
    (r"\blxml\b", "mapping/sources/"),
    (r"\bSPARQLWrapper\b", "web/federation.py"),
    (r"^import yaml\b", "mapping/yaml_nodes.py"),
]
"""Pattern of an outside thing, and the one place that may touch it."""


@pytest.mark.parametrize(("pattern", "door"), DOORS)
def test_each_outside_thing_has_one_door(pattern: str, door: str | tuple[str, ...]) -> None:
    inside = [
        str(path.relative_to(ENGINE))
        for path in ENGINE.rglob("*.py")
        if re.search(pattern, path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert all(name.startswith(door) for name in inside), f"only {door} may: {inside}"


def test_no_engine_file_names_a_province() -> None:
    names = re.compile(r"Huế|\bHue\b|hue\.gov|thuathienhue|Thừa Thiên", re.IGNORECASE)
    files = [
        path
        for path in ENGINE.rglob("*")
        if path.is_file() and path.suffix in (".py", ".html", ".rq", ".ttl", ".po", ".css", ".js", ".toml")
    ]
    assert not [str(path.relative_to(ROOT)) for path in files if names.search(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("folder", CONTENT_FOLDERS)
def test_content_holds_no_python(folder: str) -> None:
    assert not list((ROOT / folder).rglob("*.py"))


def test_content_is_found_through_the_project() -> None:
    """No module looks for the deployment beside itself."""
    for _, path in modules():
        text = path.read_text(encoding="utf-8")
        for line in text.splitlines():
            if "__file__" in line:
                assert ".parent.parent" not in line, f"{path}: {line.strip()}"


@pytest.mark.parametrize(("part", "path"), MODULES)
def test_nothing_happens_at_import(part: str, path: Path) -> None:
    """Modules hold definitions: no bare call, loop or branch runs when they are imported."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.If):
            test = ast.unparse(node.test)
            assert test in ("TYPE_CHECKING", "__name__ == '__main__'"), f"{path.name}: if {test}"
            continue
        assert not isinstance(node, ast.For | ast.While | ast.With | ast.Try), f"{path.name}:{node.lineno}"
        if isinstance(node, ast.Expr):
            assert isinstance(node.value, ast.Constant), f"{path.name}:{node.lineno}: a call at import"


def test_functions_stay_readable() -> None:
    """A function is read on one screen; the few dispatchers that need more are named."""
    for _, path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno
                assert length <= 75, f"{path.relative_to(ENGINE)}: {node.name} has {length} lines"
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert lines <= 520, f"{path.relative_to(ENGINE)} has {lines} lines: split it by story"
