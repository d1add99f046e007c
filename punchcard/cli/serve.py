"""punchcard serve: the dashboards in a browser of this machine."""

import webbrowser
from socket import socket
from typing import TYPE_CHECKING, Annotated

import typer

from punchcard.cli.words import ProjectFolder, examples
from punchcard.errors import PunchcardError, did_you_mean
from punchcard.sql import sql
from punchcard.viewer import OPERATOR, Viewer

if TYPE_CHECKING:
    from punchcard.programme import Programme

Port = Annotated[
    int | None, typer.Option("--port", min=0, max=65535, help="The port; without one, the first free from 8787.")
]
Open = Annotated[bool, typer.Option("--open", help="Open the address in a browser.")]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "serve",
        epilog=examples("punchcard serve .", "punchcard serve . --port 9000 --open", "punchcard serve . --as 17"),
    )(serve)


def serve(
    folder: ProjectFolder,
    host: Annotated[str, typer.Option("--host", help="A loopback address.")] = "127.0.0.1",
    port: Port = None,
    open_: Open = False,
    brand: Annotated[
        str | None, typer.Option("--as", metavar="BRAND", help="Show what a viewer of this brand would see.")
    ] = None,
) -> None:
    """Serve a project's dashboards to browsers of this machine, until Ctrl+C.

    Nobody signs in yet, so whoever reaches the address sees everything: any host but a loopback address is refused.
    While it serves, `punchcard import` is refused: stop the server first. Activities can be sent to /api/activities.
    """
    from punchcard.cli.progress import bars
    from punchcard.opening import opened
    from punchcard.web.serve import listen

    with listen(host, port) as listening:
        with bars() as progress:
            programme = opened(folder, progress=progress)
        with programme:
            show(programme, listening, open_=open_, viewer=viewer_of(programme, brand))


def viewer_of(programme: "Programme", brand: str | None) -> Viewer:
    """The viewer of a brand by its reference in the source; PunchcardError if there is no such brand."""
    if brand is None:
        return OPERATOR
    refs = [str(row[0]) for row in programme.engine.run(sql("select ref from keys.brand order by id")).rows]
    if brand not in refs:
        raise PunchcardError(f"no brand '{brand}' in the data{did_you_mean(brand, refs)}")
    return Viewer(brand, frozenset({brand}))


def show(programme: "Programme", listening: socket, *, open_: bool, viewer: Viewer = OPERATOR) -> None:
    """Print the address and answer browsers until Ctrl+C."""
    from punchcard.web import serve as web

    def ready(address: str) -> None:
        name = programme.project.settings.name
        if viewer.brands is not None:
            name = f"{name}, as brand {viewer.name} sees it,"
        typer.echo(f"{name} is at {address} (only this machine can open it; Ctrl+C ends it)")
        if open_:
            webbrowser.open(address)

    try:
        web.serve(programme, listening, viewer=viewer, ready=ready)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
