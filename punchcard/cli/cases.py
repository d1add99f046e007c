"""punchcard cases: worked examples of behaviour questions, run through the timeline."""

from pathlib import Path
from typing import Annotated

import typer

from punchcard.cli.words import examples


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("cases", epilog=examples("punchcard cases behaviour_cases.json"))(cases)


def cases(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Events, questions and expected figures, as JSON.")],
) -> None:
    """Run worked examples of funnels, retention, lifecycle, stickiness and paths, and print every difference.

    Exits with code 1 if a figure differs from what the file expects.
    """
    from punchcard.errors import PunchcardError
    from punchcard.timeline.cases import run_cases

    if not file.is_file():
        raise PunchcardError("no such file", where=str(file))
    passed, failed, differences = run_cases(file)
    for difference in differences:
        typer.echo(difference)
    typer.echo(f"{passed} passed, {failed} failed")
    if failed:
        raise typer.Exit(1)
