"""Serving: loopback or nothing."""

import socket

import pytest

from punchcard.errors import Forbidden, PunchcardError
from punchcard.web.serve import listen


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", "example.org", ""])  # noqa: S104 - refused
def test_an_address_that_others_can_reach_is_refused(host: str) -> None:
    with pytest.raises(Forbidden, match="there is no sign-in yet"):
        listen(host, None)


def test_a_port_in_use_is_said_and_without_one_the_next_free_is_taken() -> None:
    with listen("127.0.0.1", None) as first:
        port = first.getsockname()[1]
        with pytest.raises(PunchcardError, match=f"port {port} is in use"):
            listen("localhost", port)
        with listen("127.0.0.1", None) as second:
            assert second.getsockname()[1] > port
            assert second.family is socket.AF_INET
