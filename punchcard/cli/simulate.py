"""punchcard simulate: a made-up programme of any size, with what is true of it beside the data."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from punchcard.cli.words import counted, examples


class Kind(StrEnum):
    """The programmes that can be made; the names of `PROFILES`, said here so that help needs no numpy."""

    RETAILER = "retailer"
    COALITION = "coalition"
    PHARMA = "pharma"
    CREATORS = "creators"


class Form(StrEnum):
    """How the data files are written."""

    PARQUET = "parquet"
    CSV = "csv"


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    lines = (
        "punchcard simulate shop --profile retailer --members 20000",
        "punchcard simulate big --profile coalition --members 5000000 --workers 8",
    )
    app.command("simulate", epilog=examples(*lines))(simulate)


def simulate(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder that is new or empty.")],
    profile: Annotated[Kind, typer.Option("--profile", help="What kind of programme.")] = Kind.RETAILER,
    members: Annotated[int, typer.Option("--members", help="From 1,000 to 5,000,000.")] = 10_000,
    seed: Annotated[int, typer.Option("--seed", help="The same number gives the same bytes.")] = 1,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day; default 2025-01-01.")
    ] = None,
    days: Annotated[
        int | None, typer.Option("--days", help="From 180 to 1,500; by default as the profile says.")
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="How the data files are written.")] = Form.PARQUET,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes; they change nothing but the time.")] = 1,
) -> None:
    """Write a complete project of a made-up programme, and truth.json and truth.md: what was put into it.

    Members, purchases, points, messages, campaigns with control groups and their known effects, creators, visits. The
    data is as untidy as real data is (rows that come late or twice, merges, machine opens); the truth counts all of it.
    """
    from punchcard.cli.progress import bars
    from punchcard.simulate.profile import PROFILES
    from punchcard.simulate.programme import FIRST_DAY, Order, simulate
    from punchcard.simulate.write import Format

    begins = first.date() if first else FIRST_DAY
    order = Order(PROFILES[profile.value], members, seed, begins, days, Format(form.value))
    with bars() as progress:
        found = simulate(folder, order, workers=workers, progress=progress)
    rows = sum(table["received"] for table in found.rows.values())
    typer.echo(
        f"{folder}: {counted(rows, 'row')} of {counted(len(found.rows), 'table')}; what is true of them: "
        f"{folder / 'truth.md'}. Next: punchcard import {folder}, then punchcard serve {folder}"
    )
