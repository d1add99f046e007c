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
        "punchcard audience . audience.json --name autumn --hook https://crm.example/audiences",
    )
    app.command("audience", epilog=examples(*lines))(audience)


def audience(
    folder: ProjectFolder,
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="A file with the question as JSON; - reads it.")],
    name: Annotated[str, typer.Option("--name", help="The draw's name; the same name draws the same lots again.")],
    out: Annotated[Path | None, typer.Option("--out", help="A CSV file: member, arm.")] = None,
    hook: Annotated[str | None, typer.Option("--hook", metavar="URL", help="Where to post target and control.")] = None,
) -> None:
    """Draw target and control of a question of the kind 'audience', write them down or hand them over.

    Members of the control are in the file too: bring their lots into the project as assignments, or nobody can read
    later what the campaign did.
    """
    import json

    import msgspec

    from punchcard.audience import draw, heads, post
    from punchcard.exports.csv import of_rows
    from punchcard.opening import opened
    from punchcard.query import decode
    from punchcard.viewer import OPERATOR

    query = decode(read(question))
    with opened(folder) as programme:
        drawn = draw(programme, query, OPERATOR, name)
    if out is not None:
        out.write_bytes(of_rows(heads(), drawn.rows()))
    receipt = None if hook is None else msgspec.to_builtins(post(drawn, hook))
    told = {"draw": drawn.name, "target": drawn.target, "control": drawn.control}
    typer.echo(json.dumps(told | {"file": None if out is None else str(out), "receipt": receipt}, indent=2))
