"""punchcard docs: reference pages, made from the code and the declarations."""

from pathlib import Path
from typing import Annotated

import typer

from punchcard.cli.words import counted, examples

_HERE = Path("docs/reference")
_WIDTH = 100


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    lines = ("punchcard docs loyalty", "punchcard docs loyalty --out site/reference", "punchcard docs --check")
    app.command("docs", epilog=examples(*lines))(docs)


def docs(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="PROJECT", help="The project's folder; without it, the built-in library alone."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where the pages go; default: PROJECT/docs/reference.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit with code 1 if a page is stale.")] = False,
) -> None:
    """Write pages about every metric, fact, table, column, dimension, analysis, setting, command and dashboard."""
    pages = all_pages(folder)
    place = out or (folder or Path()) / _HERE
    stale = sorted(name for name, text in pages.items() if _read(place / name) != text)
    gone = sorted(path.name for path in place.glob("*.md") if path.name not in pages)
    if check:
        for name in (*stale, *gone):
            typer.echo(f"{place / name}: is stale; run: punchcard docs" + (f" {folder}" if folder else ""), err=True)
        if stale or gone:
            raise typer.Exit(1)
        typer.echo(f"{place}: {counted(len(pages), 'page')}, all as the declarations say")
        return
    place.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (place / name).write_text(pages[name], encoding="utf-8")
    for name in gone:
        (place / name).unlink()
    typer.echo(f"{place}: {counted(len(pages), 'page')}, {len(stale)} written, {len(gone)} removed")


def all_pages(folder: Path | None) -> dict[str, str]:
    """Every page by file name, the command line's and the index among them."""
    from punchcard.errors import DeclarationError
    from punchcard.project import built_in, load
    from punchcard.reference.pages import index, pages

    if folder is None:
        project, mistakes = built_in()
        if mistakes:
            raise DeclarationError(mistakes)
    else:
        project = load(folder)
    found = {**pages(project), "command-line.md": command_line()}
    return {**found, "index.md": index(found)}


def command_line() -> str:
    """Every command's help, as it is printed."""
    from typer.main import get_group

    from punchcard.cli.app import app
    from punchcard.reference.markdown import block, page

    group = get_group(app)
    parts = ["What `punchcard COMMAND --help` prints."]
    with group.make_context("punchcard", [], resilient_parsing=True, terminal_width=_WIDTH) as context:
        for name in sorted(group.list_commands(context)):
            command = group.get_command(context, name)
            if command is not None:
                with command.make_context(
                    name, [], parent=context, resilient_parsing=True, terminal_width=_WIDTH
                ) as its:
                    parts += [f"## punchcard {name}", block(command.get_help(its), "text")]
    return page("Command line", *parts)


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
