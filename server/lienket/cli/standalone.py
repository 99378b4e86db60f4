"""The verbs that need no deployment: one mapping, one validation."""

import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import click

from lienket import languages, telling
from lienket.errors import Fault, InputError
from lienket.project import database_login

from .console import (
    FILE,
    LANGUAGE,
    commands,
    language,
    out,
    plain,
    reported,
    say,
    shown_progress,
    write_report,
    written,
)


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
    with reported(report, as_json):
        rules = read_rules(mapping, base_iri=base_iri)
        with (
            shown_progress() as progress,
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
            with written(output) as path:
                count = mapped.write_nquads(path, sort=sort, compression=compression)
            tables, faults = mapped.tables, mapped.faults
    write_report(report, faults)
    shares = telling.shares([(table.file, table.sheet, table.rows) for table in tables], faults)
    if as_json:
        told = {"quads": count, "tables": list(map(dataclasses.asdict, shares)), "faults": plain(faults)}
        click.echo(json.dumps(told, ensure_ascii=False, default=str))
        return
    say(faults)
    out.print(f"{output}: {count:,} quads")
    for share in shares:
        if share.at_fault:
            out.print(telling.of_share(share, language()))


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
        with written(output) as path:
            report.write(path)
    if as_json:
        click.echo(json.dumps([result.as_json() for result in report.results], ensure_ascii=False))
    else:
        say([*shapes.not_imported, *report.faults(lambda *_: ())])
        out.print("conforms" if report.conforms else f"{report.number:,} results")
    if any(result.severity == "error" for result in report.results):
        sys.exit(1)
