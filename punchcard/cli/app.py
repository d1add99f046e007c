"""The commands under one name, and what a person sees when one of them fails."""

import sys
from collections.abc import Sequence

import typer

from punchcard.cli import audience, cases, check, demo, docs, importing, init, query, serve, simulate, timeline
from punchcard.errors import PunchcardError

app = typer.Typer(
    name="punchcard",
    help="Self-hosted analytics for loyalty programmes and CRM marketing.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
for module in (demo, init, check, importing, query, audience, serve, docs, simulate, timeline, cases):
    module.add_to(app)


def main(words: Sequence[str] | None = None) -> None:
    """Run a command. Exit code 2 and a plain message if the files, the question or the command are wrong."""
    try:
        app(words, prog_name="punchcard")
    except PunchcardError as error:
        typer.echo(str(error), err=True)
        sys.exit(2)
