"""Deliveries: a web hook gets both arms, signed, once more where that may help; all of it is written down."""

import json
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from hmac import digest
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from punchcard.audience import Drawn
from punchcard.delivery import Delivery, account, deliver, enter, hook_of
from punchcard.errors import QueryError
from punchcard.project import Hook

DRAWN = Drawn("autumn", ("1", "2", "3"), (False, True, False))


class Receiver:
    """A web hook of this machine that keeps what it gets and gives the answers it was told to."""

    def __init__(self, *answers: int) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        left, got = iter(answers), self.got

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                got.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(next(left, 202))
                self.end_headers()
                self.wfile.write(b"job 17")

            def log_message(self, *args: Any, **more: Any) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/audiences"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver(request: pytest.FixtureRequest) -> Iterator[Receiver]:
    made = Receiver(*getattr(request, "param", ()))
    yield made
    made.close()


def sent(hook: Hook, environment: dict[str, str] | None = None) -> tuple[Delivery, list[float]]:
    waits: list[float] = []
    return deliver(DRAWN, "crm", hook, environment or {}, pause=waits.append), waits


def test_a_web_hook_gets_both_arms_and_an_id_that_tells_a_repetition(receiver: Receiver) -> None:
    delivery, _ = sent(Hook(url=f"{receiver.url}?key=hush"))
    sent(Hook(url=receiver.url))
    heads, body = receiver.got[0]
    assert json.loads(body) == {"draw": "autumn", "target": ["1", "3"], "control": ["2"]}
    assert delivery.delivered
    assert (delivery.target, delivery.control, delivery.signed) == (2, 1, False)
    assert delivery.digest == sha256(body).hexdigest()
    assert delivery.to == receiver.url, "no key of the address is written down"
    assert [(one.status, one.said) for one in delivery.tries] == [(202, "job 17")]
    assert heads["webhook-id"] == receiver.got[1][0]["webhook-id"]
    assert "webhook-signature" not in heads


@pytest.mark.parametrize(
    ("secret", "key"), [("plain words", b"plain words"), (f"whsec_{b64encode(b'bytes').decode()}", b"bytes")]
)
def test_a_delivery_is_signed_with_the_secret_of_the_environment(receiver: Receiver, secret: str, key: bytes) -> None:
    delivery, _ = sent(Hook(url=receiver.url, signed_by="CRM_SECRET"), {"CRM_SECRET": secret})
    heads, body = receiver.got[0]
    content = f"{heads['webhook-id']}.{heads['webhook-timestamp']}.".encode() + body
    assert heads["webhook-signature"] == f"v1,{b64encode(digest(key, content, 'sha256')).decode()}"
    assert delivery.signed


@pytest.mark.parametrize("receiver", [(503, 429)], indirect=True)
def test_what_may_pass_is_tried_again_with_the_same_id(receiver: Receiver) -> None:
    delivery, waits = sent(Hook(url=receiver.url))
    assert [one.status for one in delivery.tries] == [503, 429, 202]
    assert waits == [1, 4]
    assert delivery.delivered
    assert len({heads["webhook-id"] for heads, _ in receiver.got}) == 1


@pytest.mark.parametrize("receiver", [(400,), (302,)], indirect=True)
def test_what_was_refused_or_sent_elsewhere_is_not_tried_again(receiver: Receiver) -> None:
    delivery, waits = sent(Hook(url=receiver.url))
    assert not delivery.delivered
    assert waits == []


def test_nobody_there_is_tried_four_times_and_written_down(tmp_path: Path) -> None:
    delivery, waits = sent(Hook(url="http://127.0.0.1:9/"))
    assert [one.status for one in delivery.tries] == [None] * 4
    assert waits == [1, 4, 10]
    assert account(tmp_path) == ()
    enter(tmp_path, delivery)
    enter(tmp_path, Delivery(draw="winter", hook="", to="x", target=1, control=0, digest="", signed=True, tries=()))
    assert [one.draw for one in account(tmp_path)] == ["winter", "autumn"]
    assert account(tmp_path)[1] == delivery


@pytest.mark.parametrize(
    ("hook", "message"),
    [
        (Hook(url="https://"), "is no address of a web hook"),
        (Hook(url="http://crm.example/in"), "use https"),
        (Hook(url="https://crm.example", signed_by="CRM_SECRET"), "the environment has no 'CRM_SECRET'"),
        (Hook(url="https://crm.example", signed_by="ODD"), "what follows is no base64"),
    ],
)
def test_what_cannot_be_sent_says_why(hook: Hook, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        sent(hook, {"ODD": "whsec_?"})


def test_a_web_hook_is_named_or_given_by_its_address() -> None:
    hooks = {"crm": Hook(url="https://crm.example")}
    assert hook_of(hooks, "crm") == ("crm", hooks["crm"])
    assert hook_of(hooks, "https://other.example")[1].url == "https://other.example"
    with pytest.raises(QueryError, match="no web hook 'crn'; did you mean 'crm'"):
        hook_of(hooks, "crn")
