"""punchcard audience: the members a campaign is for, with a control drawn by lot, as a file or to a web hook."""

from pathlib import Path
from typing import Annotated

import typer

from punchcard.cli.query import read
from punchcard.cli.words import ProjectFolder, examples


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    lines = (
        "punchcard audience . audience.json --name autumn --out autumn.csv",
        "punchcard audience . audience.json --name autumn --hook crm",
    )
    app.command("audience", epilog=examples(*lines))(audience)


def audience(
    folder: ProjectFolder,
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="A file with the question as JSON; - reads it.")],
    name: Annotated[str, typer.Option("--name", help="The draw's name; the same name draws the same lots again.")],
    out: Annotated[Path | None, typer.Option("--out", help="A CSV file: member, arm.")] = None,
    hook: Annotated[
        str | None,
        typer.Option("--hook", metavar="NAME", help="Where to send both: a web hook of the settings, or an address."),
    ] = None,
) -> None:
    """Draw target and control of a question of the kind 'audience', write them down or hand them over.

    Members of the control are in the file too: bring their lots into the project as assignments, or nobody can read
    later what the campaign did.
    """
    import json
    import os

    import msgspec

    from punchcard.audience import draw, heads
    from punchcard.delivery import deliver, enter, hook_of
    from punchcard.errors import QueryError
    from punchcard.exports.csv import of_rows
    from punchcard.opening import opened
    from punchcard.query import decode
    from punchcard.viewer import OPERATOR

    query = decode(read(question))
    with opened(folder) as programme:
        settings = programme.project.settings
        wanted = None if hook is None else hook_of(settings.hooks, hook)
        drawn = draw(programme, query, OPERATOR, name)
    if out is not None:
        out.write_bytes(of_rows(heads(), drawn.rows()))
    delivery = None
    if wanted is not None:
        delivery = deliver(drawn, *wanted, os.environ)
        enter(folder, delivery)
    told = {"draw": drawn.name, "target": drawn.target, "control": drawn.control}
    told |= {"file": None if out is None else str(out), "delivery": msgspec.to_builtins(delivery)}
    typer.echo(json.dumps(told, indent=2))
    if delivery is not None and not delivery.delivered:
        last = delivery.tries[-1]
        raise QueryError(
            f"nothing is known to be delivered: {last.status or ''} {last.said}".strip(), where=delivery.to
        )
