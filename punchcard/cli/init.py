"""punchcard init and punchcard schema: a new project that teaches, and the JSON Schemas of its files."""

import shutil
from pathlib import Path
from typing import Annotated

import typer

from punchcard.cli.words import ProjectFolder, counted, examples
from punchcard.errors import PunchcardError

STARTER = Path(__file__).parents[1] / "starter"


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("init", epilog=examples("punchcard init loyalty"))(init)
    app.command("schema", epilog=examples("punchcard schema loyalty"))(schema)


def init(folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder that is new or empty.")]) -> None:
    """Write a new project: a small made-up programme whose files explain themselves, to be replaced bit by bit.

    It passes `punchcard check`, and its sample can be imported and asked at once. Nothing is ever overwritten.
    """
    from punchcard.reference.schemas import write

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PunchcardError("is there already and not empty; name a new folder", where=str(folder))
    shutil.copytree(STARTER, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".punchcard"))
    write(folder)
    typer.echo(f"{folder} is a project now. Next: punchcard import {folder}, then punchcard serve {folder}")


def schema(folder: ProjectFolder) -> None:
    """Write the JSON Schemas of a project's files into its .schemas folder, for editors and other programs."""
    from punchcard.project import SETTINGS_FILE
    from punchcard.reference.schemas import write

    if not (folder / SETTINGS_FILE).is_file():
        raise PunchcardError(f"no {SETTINGS_FILE} here; name a project's folder", where=str(folder))
    typer.echo(f"{counted(len(write(folder)), 'schema')} written into {folder / '.schemas'}")
