"""The command line: the verbs, what they print, and their exit codes.

0 well · 1 the input is at fault · 2 wrong usage · 3 a fault of ours or of the machine.
"""

import dataclasses
import json
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

import lienket
from lienket import languages, release, starter, telling
from lienket.errors import SEVERITIES, Fault, InputError, LienketError, UnavailableError
from lienket.project import Project, database_login
from lienket.release import Release

out = Console(highlight=False, markup=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)

FILE: Final = click.Path(path_type=Path, dir_okay=False)

FOLDER: Final = click.Path(path_type=Path, file_okay=False)

LANGUAGE = "lienket.language"
"""Key of the click context's `meta` under which the language of messages is kept."""


def main() -> None:
    """Run the command line and exit with its code; the entry point of the package."""
    try:
        commands.main(standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(0)
    except Exception as error:
        if "interrupted" in str(error).lower():  # how DuckDB tells of Ctrl+C
            sys.exit(130)
        traceback.print_exc()
        err.print("This is a fault of Liên Kết, not of your data; please report the lines above.")
        sys.exit(3)


class Commands(click.Group):
    """Says what is at fault, in the language of the deployment, and exits with the error's code."""

    def invoke(self, context: click.Context) -> Any:
        """Run the verb."""
        try:
            return super().invoke(context)
        except LienketError as error:
            _say(error.faults)
            sys.exit(error.exit_code)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(lienket.__version__, prog_name="lienket")
@click.option("-C", "--project", "folder", type=click.Path(path_type=Path, file_okay=False), default=None,
              help="Folder of the deployment (default: here, or the nearest above).")  # fmt: skip
@click.option("--language", default=None, help="Language of messages (default: the deployment's first).")
@click.pass_context
def commands(context: click.Context, folder: Path | None, language: str | None) -> None:
    """Turn departments' tables into linked open data, and serve it."""
    context.obj = folder
    if language:
        context.meta[LANGUAGE] = languages.get(language).tag


def _deployment(folder: Path | None) -> Project:
    """Return the deployment of `folder`, and speak its language from here on unless told otherwise."""
    deployment = Project.find(folder)
    if deployment.languages[0] in languages.available():
        click.get_current_context().meta.setdefault(LANGUAGE, deployment.languages[0])
    return deployment


@commands.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--host", help="Address to listen on.")
@click.pass_obj
def up(folder: Path | None, port: int | None, host: str | None) -> None:
    """Build what is stale, then serve.

    After a rollback nothing is built: the release that was chosen is served until `lienket build` is called. What has
    changed in a database does not make a release stale: `lienket build` asks again.
    """
    from lienket import build as builder  # here and below: what a verb alone needs is loaded by that verb

    deployment = _with_server(_deployment(folder), host, port)
    _require_port(deployment)
    rolled_back = _rolled_back(deployment)
    if rolled_back:
        _print("serving {release}, which was rolled back to; lienket build publishes the content again",
               release=rolled_back)  # fmt: skip
    elif builder.is_stale(deployment):
        _build(deployment)
    elif deployment.databases:
        _print("databases are not asked again; lienket build does that")
    # a fresh process: libraries that have worked here must not be carried through gunicorn's fork
    arguments = ["-C", str(deployment.root), "serve", "--host", deployment["server.host"]]
    arguments += ["--port", str(deployment["server.port"])]
    os.execv(sys.executable, [sys.executable, sys.argv[0], *arguments])  # noqa: S606  our own command


def _rolled_back(deployment: Project) -> str | None:
    """Return the current release where a newer one is kept, as after a rollback."""
    kept = release.kept(deployment.var)
    try:
        current = Release.current(deployment.var)
    except LienketError:
        return None
    return current.id if kept and kept[0].created > current.created else None


@commands.command()
@click.argument("datasets", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array of faults.")
@click.option("--report", type=FILE, help="CSV file to write all faults to.")
@click.option("--html", type=FOLDER, help="Folder to write a page for each dataset to.")
@click.option("--xlsx", type=FOLDER, help="Folder to write copies of tables to, with the cells to mend marked.")
@click.option("--watch", is_flag=True, help="Check again whenever a file changes; say what is new, mended and left.")
@click.pass_obj
def check(
    folder: Path | None, datasets: Sequence[str], as_json: bool, report: Path | None, html: Path | None,
    xlsx: Path | None, watch: bool,
) -> None:  # fmt: skip
    """Map and validate without publishing; print the cells to mend."""
    telling.require_own(report)
    outputs, faults = _checked(folder, datasets)
    _write_report(report, faults)
    if html or xlsx:
        from lienket import handing

        for path in handing.hand_back(_deployment(folder), outputs, faults, html, xlsx, _language()):
            err.print(str(path))
    if as_json:
        click.echo(json.dumps(_plain(faults), ensure_ascii=False, default=str))
    else:
        _say(faults)
        if outputs:
            _print_counts(outputs)
    if watch:
        _watch(folder, datasets, faults)
    if any(fault.severity == "error" for fault in faults):
        sys.exit(1)


def _checked(folder: Path | None, datasets: Sequence[str]) -> tuple[list[Any], list[Fault]]:
    """Check once; faults that leave nothing to check are found like others."""
    from lienket import build as builder

    try:
        with _progress() as progress:
            return builder.check(_deployment(folder), datasets, progress=progress)
    except InputError as error:
        return [], list(error.faults)


def _watch(folder: Path | None, datasets: Sequence[str], before: Sequence[Fault]) -> None:
    """Check whenever a file changes, until Ctrl+C; print what has changed among the faults."""
    from lienket import watching

    deployment = _deployment(folder)
    _print("waiting for changes in {folder} (Ctrl+C ends)", folder=deployment.root)
    for _ in watching.changes(deployment):
        faults = _checked(folder, datasets)[1]
        change = watching.compare(before, faults)
        for words, some in (("Mended: {number}", change.mended), ("New: {number}", change.new)):
            _print(words, number=len(some))
            _say(some)
        _print("Left: {number}", number=change.left)
        before = faults


def _print_counts(outputs: Sequence[Any]) -> None:
    words = map(_language().gettext, ("rows", "quads", "errors", "warnings", "notes"))
    table = Table(_language().ngettext("dataset", "datasets", 1), *words, box=None, header_style="bold")
    for output in outputs:
        counts = (f"{sum(fault.severity == one for fault in output.faults):,}" for one in SEVERITIES)
        table.add_row(output.dataset.id, f"{output.rows:,}", f"{output.quads:,}", *counts)
    out.print(table)


@commands.command()
@click.option("--full", is_flag=True, help="Build everything anew.")
@click.option("--json", "as_json", is_flag=True, help="Print the release's manifest.")
@click.pass_obj
def build(folder: Path | None, full: bool, as_json: bool) -> None:
    """Build a new release and switch to it; publish nothing if anything is at fault."""
    del full  # every build is a full one so far
    published = _build(_deployment(folder), quiet=as_json)
    if as_json:
        click.echo(json.dumps(published.manifest, ensure_ascii=False))


@commands.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--host", help="Address to listen on.")
@click.pass_obj
def serve(folder: Path | None, port: int | None, host: str | None) -> None:
    """Serve the current release."""
    deployment = _with_server(_deployment(folder), host, port)
    Release.current(deployment.var)
    _require_port(deployment)
    _serve(deployment)


@commands.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.pass_obj
def releases(folder: Path | None, as_json: bool) -> None:
    """List the releases that are kept, newest first."""
    deployment = _deployment(folder)
    kept = release.kept(deployment.var)
    if not kept:
        Release.current(deployment.var)  # says what to do
    current = _current_id(deployment)
    if as_json:
        click.echo(json.dumps([
            {"id": one.id, "current": one.id == current, "created": one.manifest["created"],
             "quads": one.manifest["quads"], "datasets": len(one.manifest["datasets"])}
            for one in kept
        ]))  # fmt: skip
        return
    table = Table("", "release", "datasets", "quads", box=None, header_style="bold")
    for one in kept:
        mark = "●" if one.id == current else ""
        table.add_row(mark, one.id, str(len(one.manifest["datasets"])), f"{one.manifest['quads']:,}")
    out.print(table)


def _current_id(deployment: Project) -> str | None:
    try:
        return Release.current(deployment.var).id
    except LienketError:
        return None


@commands.command()
@click.argument("release_id", metavar="[ID]", required=False)
@click.pass_obj
def rollback(folder: Path | None, release_id: str | None) -> None:
    """Switch to the release before the current one, or to ID."""
    shown = release.rollback(_deployment(folder).var, release_id)
    _print("current: {release}", release=shown.id)


def _kind_of(output: Path) -> tuple[str, Literal["none", "gzip", "zstd"]]:
    """Return the suffix of the RDF format of a file to write, and how the file is packed, as its name says."""
    match output.suffixes[-2:]:
        case [*_, ".nq" | ".nt" as suffix]:
            return suffix, "none"
        case [".nq" | ".nt" as suffix, ".gz"]:
            return suffix, "gzip"
        case [".nq" | ".nt" as suffix, ".zst"]:
            return suffix, "zstd"
    raise InputError(
        Fault("has to end with .nq (N-Quads) or .nt (N-Triples), and .gz or .zst behind that to be packed",
              file=str(output))
    )  # fmt: skip


@commands.command("map")
@click.argument("mapping", type=FILE)
@click.option("-o", "--output", type=FILE, required=True,
              help="File to write: N-Quads (.nq) or N-Triples (.nt), packed if .gz or .zst follows.")  # fmt: skip
@click.option("--sort", is_flag=True, help="Write the lines in order, so that equal input makes equal files.")
@click.option("--memory", default="1GB", show_default=True, metavar="SIZE",
              help="How much memory tables may take up before they move to temporary files.")  # fmt: skip
@click.option("--root", type=click.Path(path_type=Path, file_okay=False), default=None,
              help="Folder the mapping may read from (default: the mapping's own).")  # fmt: skip
@click.option("--base-iri", default="http://example.org/", show_default=True, help="What relative IRIs begin with.")
@click.option("--language", "text_language", default=None,
              help="Clean the cells as this language's pack does; without it they are taken as they are.")  # fmt: skip
@click.option("--database", "addresses", multiple=True, metavar="ADDRESS",
              help="Database that the mapping may read, such as postgresql://host/name; the first one stands in where "
              "it names none, as in R2RML. May be repeated. User and password: LIENKET_DATABASE_USER, "
              "LIENKET_DATABASE_PASSWORD.")  # fmt: skip
@click.option("--copy", "copied", multiple=True, metavar="ADDRESS=FILE",
              help="File below the root to read for a web address that the mapping states. Repeatable.")  # fmt: skip
@click.option("--strict", is_flag=True, help="Write nothing if any cell is at fault, and exit with 1.")
@click.option("--report", type=FILE, help="CSV file to write all faults to.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: quads, tables, faults.")
@click.pass_context
def map_(
    context: click.Context, mapping: Path, output: Path, root: Path | None, base_iri: str, text_language: str | None,
    addresses: Sequence[str], copied: Sequence[str], strict: bool, sort: bool, memory: str, report: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Run one mapping in RML, R2RML or YARRRML (.yml); needs no deployment.

    What cannot become RDF is named and set aside, and the rest is written.
    """
    from lienket.mapping import Database, map_rules, named, read_rules

    user, password = database_login()
    known = named({address: Database(address) for address in addresses})

    def allowed(stated: Database) -> Database | None:
        found = known(stated)
        return found and Database(found.address, user or stated.user, password or stated.password)

    suffix, compression = _kind_of(output)
    pack = languages.get(text_language) if text_language else None
    if pack:
        context.meta.setdefault(LANGUAGE, pack.tag)
    telling.require_own(report)
    with _reported(report, as_json):
        rules = read_rules(mapping, base_iri=base_iri)
        with (
            _progress() as progress,
            map_rules([rules], root=root or mapping.parent, language=pack, graph=None, strict=strict,
                      databases=allowed, copies=_copies(copied), memory=memory, on_progress=progress) as mapped,
        ):  # fmt: skip
            read = {mapping.resolve(), *(table.path for table in mapped.tables)}
            if output.resolve() in read:
                fault = Fault("is read by this mapping; write the statements to another file", file=str(output))
                raise InputError(fault)
            if suffix == ".nt" and mapped.names_graphs:
                fault = Fault("cannot hold the graphs that this mapping names; write a file that ends with .nq",
                              file=str(output))  # fmt: skip
                raise InputError(fault)
            with _written(output) as path:
                count = mapped.write_nquads(path, sort=sort, compression=compression)
            tables, faults = mapped.tables, mapped.faults
    _write_report(report, faults)
    shares = telling.shares([(table.file, table.sheet, table.rows) for table in tables], faults)
    if as_json:
        told = {"quads": count, "tables": list(map(dataclasses.asdict, shares)), "faults": _plain(faults)}
        click.echo(json.dumps(told, ensure_ascii=False, default=str))
        return
    _say(faults)
    out.print(f"{output}: {count:,} quads")
    for share in shares:
        if share.at_fault:
            out.print(telling.of_share(share, _language()))


def _copies(stated: Sequence[str]) -> dict[str, Path]:
    """Read `ADDRESS=FILE`; an address may hold an equals sign, so the last one counts."""
    copies = {}
    for each in stated:
        address, equals, file = each.rpartition("=")
        if not (address and equals and file):
            raise click.BadParameter(f"{each}: write ADDRESS=FILE", param_hint="--copy")
        copies[address] = Path(file)
    return copies


@commands.command()
@click.argument("data", nargs=-1, required=True, type=FILE)
@click.option("--shapes", "shape_files", multiple=True, required=True,
              type=FILE, help="SHACL file; may be repeated.")  # fmt: skip
@click.option("-o", "--output", type=FILE, help="Report to write, in Turtle.")
@click.option("--engine", type=click.Choice(["sql", "pyshacl"]), default="sql", show_default=True,
              help="What validates: SHACL compiled to SQL, or pySHACL.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array of results.")
def validate(
    data: Sequence[Path], shape_files: Sequence[Path], output: Path | None, engine: Literal["sql", "pyshacl"],
    as_json: bool,
) -> None:  # fmt: skip
    """Hold RDF files against SHACL shapes; needs no deployment."""
    from lienket import validation

    shapes = validation.read_shapes(shape_files)
    report = validation.validate(data, shapes, engine=engine)
    if output:
        with _written(output) as path:
            report.write(path)
    if as_json:
        click.echo(json.dumps([result.as_json() for result in report.results], ensure_ascii=False))
    else:
        _say([*shapes.not_imported, *report.faults(lambda *_: ())])
        out.print("conforms" if report.conforms else f"{report.number:,} results")
    if any(result.severity == "error" for result in report.results):
        sys.exit(1)


@commands.group()
def new() -> None:
    """Start a deployment or a dataset with files that build."""


@new.command("province")
@click.argument("name")
@click.option("--base-iri", default=None, help="What every IRI will begin with (default: an example address).")
@click.pass_obj
def new_province(folder: Path | None, name: str, base_iri: str | None) -> None:
    """Fill an empty folder with a deployment called NAME."""
    _print_files(starter.new_province(folder or Path.cwd(), name, base_iri))
    _print("next: {command}", command="lienket up")


@new.command("dataset")
@click.argument("path", metavar="DEPARTMENT/ID")
@click.pass_obj
def new_dataset(folder: Path | None, path: str) -> None:
    """Start a dataset in the mappings folder, with a sample table to replace."""
    deployment = _deployment(folder)
    department, _, dataset_id = path.partition("/")
    _print_files(starter.new_dataset(deployment, department, dataset_id))
    _print("next: {command}", command=f"lienket check {dataset_id}")


def _print_files(files: Sequence[Path]) -> None:
    for file in files:
        out.print(str(file))


def _build(deployment: Project, *, quiet: bool = False) -> Release:
    from lienket import build as builder

    with _progress() as progress:
        published = builder.build(deployment, progress=progress)
    if not quiet:
        manifest = published.manifest
        out.print(f"{published.id}: {len(manifest['datasets'])} datasets, {manifest['quads']:,} quads, "
                  f"{manifest['seconds']} s")  # fmt: skip
    return published


def _with_server(deployment: Project, host: str | None, port: int | None) -> Project:
    given = {"server.host": host, "server.port": port}
    return dataclasses.replace(
        deployment,
        settings={**deployment.settings, **{name: value for name, value in given.items() if value is not None}},
    )


def _require_port(deployment: Project) -> None:
    from lienket.web import serving

    serving.require_free(deployment["server.host"], deployment["server.port"])


def _serve(deployment: Project) -> None:
    from lienket.web import serving

    title = deployment.title[deployment.languages[0]]
    out.print(f"{title}: http://{deployment['server.host']}:{deployment['server.port']}  (Ctrl+C)")
    serving.serve(deployment)


@contextmanager
def _written(path: Path) -> Iterator[Path]:
    """Give a file to write beside `path`, and put it in its place when it is whole."""
    part = path.with_name(path.name + ".part")
    try:
        part.touch()
    except OSError as error:
        raise UnavailableError(
            Fault("cannot be written: {reason}", file=str(path), values={"reason": error.strerror})
        ) from error
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _print(words: str, **values: object) -> None:
    """Print a sentence in the language of messages."""
    out.print(_language().gettext(words).format(**values))


def _language() -> languages.Language:
    """Return the language of messages."""
    return languages.get(click.get_current_context().meta.get(LANGUAGE, "en"))


def _say(faults: Sequence[Fault]) -> None:
    for severity, line in telling.page(faults, _language()):
        err.print(line, style={"error": "red", "warning": "yellow"}.get(severity or ""))


def _plain(faults: Sequence[Fault]) -> list[dict[str, Any]]:
    """Return faults as JSON has them."""
    return [dataclasses.asdict(fault) for fault in faults]


@contextmanager
def _reported(path: Path | None, as_json: bool) -> Iterator[None]:
    """Write the faults that are raised inside into the table, and into the JSON, that are asked for."""
    try:
        yield
    except InputError as error:
        _write_report(path, error.faults)
        if not as_json:
            raise
        told = {"quads": 0, "tables": [], "faults": _plain(error.faults)}
        click.echo(json.dumps(told, ensure_ascii=False, default=str))
        sys.exit(error.exit_code)


def _write_report(path: Path | None, faults: Sequence[Fault]) -> None:
    """Write all faults into a table, if one is asked for."""
    if path:
        with _written(path) as part:
            telling.write_table(faults, part, _language())


@contextmanager
def _progress() -> Iterator[Any]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bars:
        task = bars.add_task("", total=None)
        yield lambda what, done, total: bars.update(task, description=what, completed=done, total=total)
