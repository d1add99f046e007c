"""punchcard timeline: the order in which members did things, built anew or looked at."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from punchcard.cli.words import ProjectFolder, counted, examples

if TYPE_CHECKING:
    from punchcard.timelines import State

_SHOWN = 10


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("timeline", epilog=examples("punchcard timeline .", "punchcard timeline . --status"))(timeline)


def timeline(
    folder: ProjectFolder,
    status: Annotated[
        bool, typer.Option("--status", help="Only say what there is; exit with 1 if it is stale.")
    ] = False,
) -> None:
    """Build the timeline anew from what is imported: what each member did, in order, for questions about behaviour.

    The timeline is a cache. The first question after an import builds it by itself; this command does it beforehand, or
    from scratch whatever there is. It takes its place in one step, so a server goes on answering from the old one, and
    uses the new one once it is started again. Deleting .punchcard/timeline loses nothing.
    """
    from punchcard.cli.progress import bars
    from punchcard.opening import opened

    with bars() as progress, opened(folder, progress=progress) as programme:
        if not status:
            programme.timelines.rebuild(
                programme.clock(), tell=lambda made: progress(f"timeline: {made.stage}", made.rows, made.of or 0)
            )
        state = programme.timelines.state()
    show(state)
    if status and not state.fresh:
        raise typer.Exit(1)


def show(state: "State") -> None:
    """Print what a timeline holds."""
    if state.built is None:
        typer.echo("There is no timeline yet; the first question about behaviour builds it, or: punchcard timeline")
        return
    built = datetime.fromtimestamp(state.built).astimezone()
    fresh = "up to date" if state.fresh else "stale: the data or the declarations have changed since"
    typer.echo(f"Built {built:%Y-%m-%d %H:%M}; {fresh}.")
    acts = sum(state.activities.values())
    size = f"{state.bytes / 1_000_000:,.1f} MB"
    kinds = counted(len(state.activities), "kind")
    typer.echo(f"{counted(acts, 'activity', 'activities')} of {kinds} by {counted(state.members, 'member')}, {size}.")
    if state.waiting:
        typer.echo(f"{counted(state.waiting, 'row')} of them in the tail, not sorted in yet.")
    names = list(state.activities)
    width = max((len(name) for name in names[:_SHOWN]), default=0)
    for name in names[:_SHOWN]:
        typer.echo(f"  {name:<{width}} {state.activities[name]:>14,}")
    if len(names) > _SHOWN:
        typer.echo(f"  and {len(names) - _SHOWN} more")
