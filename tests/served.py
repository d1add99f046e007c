"""The real application on a port of its own, as long as a test wants it."""

from collections.abc import Generator
from contextlib import contextmanager
from threading import Thread
from time import sleep

import uvicorn

from punchcard.programme import Programme
from punchcard.viewer import OPERATOR, Viewer
from punchcard.web.app import create_app
from punchcard.web.serve import listen


@contextmanager
def served(programme: Programme, viewer: Viewer = OPERATOR) -> Generator[str]:
    """The address at which a programme is served to a viewer."""
    listening = listen("127.0.0.1", None)
    server = uvicorn.Server(uvicorn.Config(create_app(programme, viewer=viewer), log_level="error"))
    thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        sleep(0.02)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
    listening.close()
