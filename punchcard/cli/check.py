"""punchcard check: every mistake of a project at once."""

from pathlib import Path
from typing import Annotated

import typer

from punchcard.cli.words import counted, examples


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("check", epilog=examples("punchcard check .", "punchcard check projects/*"))(check)


def check(
    projects: Annotated[list[Path], typer.Argument(metavar="PROJECT", help="Folders with a punchcard.yaml.")],
) -> None:
    """Find every mistake in the files of a project, together with the built-in library.

    Prints one line a mistake, `file:line: place: what is wrong and what to do`, and exits with code 1 if there is any.
    No data is read.
    """
    from punchcard.plan.check import unheard
    from punchcard.project import read

    wrong = False
    for folder in projects:
        project, mistakes = read(folder)
        for mistake in mistakes:
            typer.echo(str(mistake))
        if mistakes or project is None:
            typer.echo(f"{folder}: {counted(len(mistakes), 'mistake')}", err=True)
            wrong = True
            continue
        catalog = project.catalog
        parts = (
            counted(len(catalog.metrics), "metric"),
            counted(len(project.dashboards), "dashboard"),
            counted(len(catalog.segments), "segment"),
            counted(len(catalog.schemes), "scheme"),
            counted(len(catalog.activities), "activity", "activities"),
            counted(len(catalog.facts), "fact"),
            counted(len(catalog.tables), "table"),
            counted(len(project.sources), "source"),
        )
        typer.echo(f"{folder}: {', '.join(parts)}; no mistakes")
        for segment, activity in unheard(catalog):
            typer.echo(
                f"{folder}: segment '{segment}': '{activity}' is named by rows alone, so it was not checked here"
            )
    if wrong:
        raise typer.Exit(1)
