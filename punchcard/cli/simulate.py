"""punchcard simulate: a made-up programme of any size, with what is true of it beside the data."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from punchcard.cli.words import counted, examples
from punchcard.errors import PunchcardError

if TYPE_CHECKING:
    from punchcard.simulate.postgres import Server


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
        "punchcard simulate shop --to postgresql://me@localhost/crm --schema shop",
    )
    app.command("simulate", epilog=examples(*lines))(simulate)


def simulate(  # noqa: PLR0913, PLR0917 - each is an option, and has a name
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
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="ADDRESS",
            help="Write the rows into this PostgreSQL instead: postgresql://..., or env:NAME where NAME holds it.",
        ),
    ] = None,
    schema: Annotated[str, typer.Option("--schema", help="With --to: the schema of the tables.")] = "simulated",
    replace: Annotated[bool, typer.Option("--replace", help="With --to: drop tables that are there.")] = False,
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
    home = _server(to, schema, replace=replace) if to else None
    with bars() as progress:
        found = simulate(folder, order, to=home, workers=workers, progress=progress)
    rows = sum(table["received"] for table in found.rows.values())
    typer.echo(
        f"{folder}: {counted(rows, 'row')} of {counted(len(found.rows), 'table')}; what is true of them: "
        f"{folder / 'truth.md'}. Next: {_before(home)}punchcard import {folder}, then punchcard serve {folder}"
    )


def _server(to: str, schema: str, *, replace: bool) -> "Server":
    try:
        from punchcard.simulate.postgres import server
    except ImportError:
        raise PunchcardError("writing to PostgreSQL needs its driver: pip install 'punchcard[postgres]'") from None
    return server(to, schema, replace=replace)


def _before(home: "Server | None") -> str:
    """What the import needs to find the rows."""
    return f"set {home.variable} to the address of the database, " if home else ""
