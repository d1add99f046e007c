"""Serving: the web application on this machine's own address, and on no other as long as there is no sign-in."""

import socket
from collections.abc import Callable
from ipaddress import ip_address

import uvicorn

from punchcard.errors import Forbidden, PunchcardError
from punchcard.programme import Programme
from punchcard.viewer import OPERATOR, Viewer
from punchcard.web.app import create_app

HOST = "127.0.0.1"
PORT = 8787
NEXT_PORTS = 20  # tried one after another when no port is asked for


def serve(
    programme: Programme,
    listening: socket.socket,
    *,
    viewer: Viewer = OPERATOR,
    ready: Callable[[str], None] = lambda address: None,
) -> None:
    """Serve to one viewer on a listening socket until interrupted; `ready` hears the address once it answers."""
    host, port = listening.getsockname()[:2]
    config = uvicorn.Config(
        create_app(programme, viewer=viewer),
        log_level="warning",
        access_log=False,
        server_header=False,
        h11_max_incomplete_event_size=16_384,
        timeout_keep_alive=30,
        limit_concurrency=200,
    )
    server = uvicorn.Server(config)
    ready(f"http://{f'[{host}]' if ':' in host else host}:{port}/")
    server.run(sockets=[listening])


def listen(host: str, port: int | None) -> socket.socket:
    """A listening socket on loopback, and nowhere else; without a port, on the first free one from 8787."""
    if not is_loopback(host):
        raise Forbidden(
            f"'{host}' can be reached from other machines, and there is no sign-in yet; use 127.0.0.1, localhost or ::1"
        )
    ports = (port,) if port is not None else range(PORT, PORT + NEXT_PORTS)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for one in ports:
        made = socket.socket(family, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind((HOST if host == "localhost" else host, one))
            made.listen(128)
        except OSError:
            made.close()
            continue
        return made
    told = f"port {port} is" if port is not None else f"ports {PORT} to {PORT + NEXT_PORTS - 1} are"
    raise PunchcardError(f"{told} in use; stop what uses it, or choose another with --port")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address.

    >>> [is_loopback(host) for host in ("127.0.0.1", "localhost", "::1", "0.0.0.0", "192.168.1.2", "example.org")]
    [True, True, True, False, False, False]
    """
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
