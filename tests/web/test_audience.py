"""The page of an audience: its draw is that of the command, as a file and by a web hook, and no brand's."""

import csv
import re
from collections.abc import Iterator
from html import unescape
from io import StringIO
from pathlib import Path

import pytest
from litestar.testing import TestClient
from litestar.types import ASGIApp

from punchcard.audience import draw
from punchcard.query import decode, to_url
from punchcard.viewer import OPERATOR, Viewer
from punchcard.web.app import create_app
from tests.analyses.test_audience import small
from tests.exports.test_delivery import Receiver
from tests.traps.small import Small
from tests.web.conftest import HOME

Web = TestClient[ASGIApp]

QUERY = decode({"ask": {"kind": "audience", "channel": "email", "control": 0.5}, "period": "2025"})
PAGE = f"/audience?{to_url(QUERY)}"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def programme(tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> Small:
    monkeypatch.setenv("CRM_SECRET", "hush")
    hooks = f"hooks: {{crm: {{title: the CRM, url: '{receiver.url}', signed_by: CRM_SECRET}}}}"
    return small(tmp_path, hooks)


@pytest.fixture
def web(programme: Small) -> Iterator[Web]:
    with TestClient(create_app(programme.programme), base_url=HOME) as client:
        yield client


def fields(page: str) -> dict[str, str]:
    """The hidden fields of the form that sends."""
    form = page[page.index("/audience/send") :]
    found = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form[: form.index("</form>")])
    return {name: unescape(value) for name, value in found}


def test_the_page_tells_before_and_draws_when_the_draw_has_a_name(web: Web) -> None:
    before = web.get(PAGE).text
    assert "Not in the global control group" in before
    assert "Download CSV" in before, "of the figures, as in any tile"
    assert "/audience/file" not in before
    after = web.get(f"{PAGE}&draw=autumn&control=40").text
    assert "/audience/file" in after
    assert "The control keeps 2 members, 40%" in after
    assert "not &#39;much&#39;" in web.get(f"{PAGE}&control=much").text


def test_the_file_holds_the_lots_that_the_command_draws(web: Web, programme: Small) -> None:
    reply = web.get(f"/audience/file?{to_url(QUERY)}&draw=autumn")
    rows = [tuple(row) for row in csv.reader(StringIO(reply.text))]
    assert rows == [("member", "arm"), *draw(programme.programme, QUERY, OPERATOR, "autumn").rows()]
    assert "Audience autumn.csv" in reply.headers["content-disposition"]


def test_a_button_sends_it_and_the_account_says_what_was_sent(web: Web, receiver: Receiver) -> None:
    form = fields(web.get(f"{PAGE}&draw=autumn").text)
    reply = web.post("/audience/send", data=form, headers={"origin": HOME, "sec-fetch-site": "same-origin"})
    assert reply.status_code == 200
    assert len(receiver.got) == 1
    assert "webhook-signature" in receiver.got[0][0]
    assert "What was sent" in reply.text
    assert "Delivered: <bdi>202 job 17</bdi>" in reply.text
    assert "not signed" not in reply.text
    for changed in ({"token": "x"}, {"hook": "other"}):
        odd = web.post("/audience/send", data={**form, **changed}, headers={"origin": HOME})
        assert odd.status_code >= 400
    assert len(receiver.got) == 1


def test_a_brand_takes_out_no_list(programme: Small) -> None:
    with TestClient(create_app(programme.programme, viewer=Viewer("X", frozenset({"1"}))), base_url=HOME) as brand:
        for address in (PAGE, f"{PAGE}&draw=autumn", f"/audience/file?{to_url(QUERY)}&draw=autumn"):
            reply = brand.get(address)
            assert reply.status_code == 404
            assert "only the operator may take out lists" in reply.text
        assert "Draw target and control" not in brand.get("/d/audience_builder/t/0").text
