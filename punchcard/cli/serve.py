"""punchcard serve: the dashboards in a browser of this machine."""

import socket
import webbrowser
from ipaddress import ip_address
from threading import Timer
from typing import TYPE_CHECKING, Annotated

import typer

from punchcard.cli.words import ProjectFolder, examples
from punchcard.errors import PunchcardError

if TYPE_CHECKING:
    from punchcard.answer import Programme

Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="The port; 0 takes a free one.")]
Open = Annotated[bool, typer.Option("--open", help="Open the address in a browser.")]

PORT = 8787
_WAITING = 128  # connections that wait to be taken


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve", epilog=examples("punchcard serve .", "punchcard serve . --port 9000 --open"))(serve)


def serve(
    folder: ProjectFolder,
    host: Annotated[str, typer.Option("--host", help="A loopback address.")] = "127.0.0.1",
    port: Port = PORT,
    open_: Open = False,
) -> None:
    """Serve a project's dashboards to browsers of this machine, until Ctrl+C.

    Nobody signs in yet, so whoever reaches the address sees everything: any host but a loopback address is refused.
    While it serves, `punchcard import` waits its turn: stop it first.
    """
    from punchcard.cli.progress import bars
    from punchcard.opening import opened

    with listening(host, port) as listener:
        with bars() as progress:
            programme = opened(folder, progress=progress)
        with programme:
            run(programme, listener, open_=open_)


def listening(host: str, port: int) -> socket.socket:
    """A socket on a loopback address; PunchcardError says why another host is refused, or that the port is taken."""
    if not _is_loopback(host):
        raise PunchcardError(
            "only a loopback address such as 127.0.0.1: there is no sign-in yet, so anyone who reached this machine "
            "would see every figure; to look from elsewhere, forward the port through SSH",
            where=f"--host {host}",
        )
    address = "127.0.0.1" if host == "localhost" else host
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
        listener.listen(_WAITING)
    except OSError as error:
        listener.close()
        reason = f"cannot be used ({(error.strerror or 'refused').lower()}); name another with --port, or 0 for any"
        raise PunchcardError(reason, where=f"port {port}") from None
    return listener


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def run(programme: "Programme", listener: socket.socket, *, open_: bool) -> None:
    """Print the address and answer browsers until Ctrl+C."""
    import uvicorn

    from punchcard.web.app import create_app

    server = uvicorn.Server(uvicorn.Config(create_app(programme), log_level="warning", server_header=False))
    host, port = listener.getsockname()[:2]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
    typer.echo(f"{programme.project.settings.name} is at {address} (only this machine can open it; Ctrl+C ends it)")
    if open_:
        Timer(0.5, webbrowser.open, [address]).start()
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
