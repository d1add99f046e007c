"""Activities that are sent to a server in use: accounted for, seen within two seconds, and in the project's files."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest
from litestar.testing import TestClient

from punchcard.errors import QueryError
from punchcard.intake.report import Outcome
from punchcard.opening import bring_in, opened
from punchcard.programme import Programme
from punchcard.project import load
from punchcard.receiving import receive
from punchcard.viewer import OPERATOR, Viewer
from punchcard.web.app import create_app
from tests.served import served
from tests.web.conftest import HOME

MOMENT = "2026-03-30T10:00:00Z"
OPENS = {"kind": "segmentation", "activity": {"activity": "app_open"}, "measure": "times", "grain": "month"}


@pytest.fixture
def own(shop: Path, tmp_path: Path) -> Path:
    """A copy of the shop that a test may change."""
    return Path(shutil.copytree(shop, tmp_path / "shop"))


@pytest.fixture
def live(own: Path) -> Iterator[tuple[str, Path]]:
    """The address of a server of a shop of its own, and its folder."""
    with opened(own) as programme, served(programme) as address:
        yield address, own


def get(address: str) -> str:
    with urlopen(address, timeout=30) as reply:  # noqa: S310 - our own server
        return reply.read().decode()


def send(site: str, *activities: dict[str, Any]) -> dict[str, Any]:
    body = json.dumps(activities).encode()
    wanted = Request(f"{site}/api/activities", body, {"Content-Type": "application/json"})  # noqa: S310 - our own server
    with urlopen(wanted, timeout=30) as reply:  # noqa: S310
        return json.loads(reply.read())


def test_what_is_sent_is_seen_on_the_pages_within_two_seconds(live: tuple[str, Path]) -> None:
    site, folder = live
    asked = f"{site}/api/query?period=2026-03&ask={quote(json.dumps({'kind': 'frequency'}))}"
    assert json.loads(get(asked))["rows"]  # the timeline is there
    send(
        site, {"id": "w", "member": "ann", "name": "warm_up", "at": MOMENT}
    )  # imports of code are not what is measured
    get(f"{site}/members/ann?activity=warm_up")
    started = perf_counter()
    receipt = send(
        site,
        {"id": "1", "member": "ann", "name": "app_open", "at": MOMENT, "properties": {"screen": "offers", "n": 3}},
        {"id": "1", "member": "ann", "name": "app_open", "at": MOMENT, "properties": {"screen": "offers", "n": 3}},
        {"id": "2", "member": "new", "name": "app_open", "at": MOMENT},
        {"id": "3", "member": "ann", "name": "app_open", "at": "one day"},
    )
    page = get(f"{site}/members/ann?activity=app_open")
    took = perf_counter() - started
    assert receipt["received"] == 4
    assert (receipt["stored"], receipt["duplicates"], receipt["quarantined"]) == (2, 1, 1)
    assert receipt["reasons"] == [
        {"activity": 4, "column": "occurred_at", "value": "one day", "reason": "is no date and time"}
    ]
    assert receipt["live"] is True
    assert page.count('<th scope="row">') == 1
    assert "offers" in page
    assert took < 2
    counted = json.loads(get(f"{site}/api/query?period=2026-03&ask={quote(json.dumps(OPENS))}"))
    assert counted["rows"][0][1] == 2
    assert "app_open" in get(f"{site}/explore/behaviour?kind=frequency&period=2026-03")
    assert len(list((folder / "received").glob("*.jsonl"))) == 2


def test_a_repetition_sent_later_is_a_duplicate_and_a_contradiction_is_told(own: Path) -> None:
    with opened(own) as programme:
        one = {"id": "1", "member": "ann", "name": "app_open", "at": MOMENT}
        assert receive(programme, [one]).stored == 1
        again = receive(programme, [one])
        assert (again.stored, again.duplicates, again.quarantined) == (0, 1, 0)
        other = receive(programme, [{**one, "name": "app_close"}])
        assert (other.stored, other.quarantined) == (0, 1)
        assert "name differs" in other.reasons[0].reason


def test_the_tail_answers_as_a_rebuild_does_and_an_import_finds_nothing_new(own: Path) -> None:
    asks = (OPENS, {"kind": "lifecycle", "grain": "week"}, {"kind": "paths", "session_gap_minutes": 7200})
    with opened(own) as programme:
        _answers(programme, asks[1:])
        for n in range(3):
            receipt = receive(
                programme,
                [
                    {"id": f"{n}-{who}", "member": who, "name": name, "at": f"2026-03-{10 + n}T1{n}:00:00Z"}
                    for who in ("ann", "bob", "somebody new")
                    for name in ("app_open",)
                ],
            )
            assert receipt.live
        late = _answers(programme, asks)
    report = bring_in(load(own))
    assert {file.outcome for file in report.files if file.source == "received"} == {Outcome.UNCHANGED}
    shutil.rmtree(own / ".punchcard" / "timeline")
    with opened(own) as programme:
        assert _answers(programme, asks) == late
    shutil.rmtree(own / ".punchcard")
    bring_in(load(own))
    with opened(own) as programme:
        assert _answers(programme, asks) == late


def _answers(programme: Programme, asks: tuple[dict[str, Any], ...]) -> list[Any]:
    return [programme.ask({"ask": ask, "period": "2026-03"}, OPERATOR).result.rows for ask in asks]


def test_a_property_of_another_kind_has_the_timeline_built_anew(own: Path) -> None:
    with opened(own) as programme:
        programme.ask({"ask": {"kind": "frequency"}})
        assert receive(programme, [{"member": "ann", "name": "rated", "at": MOMENT, "properties": {"stars": 4}}]).live
        told = receive(programme, [{"member": "bob", "name": "rated", "at": MOMENT, "properties": {"stars": "many"}}])
        assert not told.live
        rated = {"kind": "segmentation", "activity": {"activity": "rated"}, "measure": "times", "grain": "month"}
        assert programme.ask({"ask": rated, "period": "2026-03"}).result.rows[0][1] == 2


def test_a_brand_s_viewer_and_another_site_can_send_nothing(own: Path) -> None:
    sent = [{"member": "ann", "name": "app_open", "at": MOMENT}]
    with opened(own) as programme:
        with TestClient(create_app(programme, viewer=Viewer("corner", frozenset({"corner"}))), base_url=HOME) as brand:
            assert brand.post("/api/activities", json=sent).status_code == 404
        with TestClient(create_app(programme), base_url=HOME) as ours:
            elsewhere = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
            assert ours.post("/api/activities", json=sent, headers=elsewhere).status_code == 403
            assert ours.post("/api/activities", content=b"{}").status_code == 400
    assert not (own / "received").exists()


def test_nonsense_is_refused_before_anything_is_kept(own: Path) -> None:
    with opened(own) as programme:
        with pytest.raises(QueryError, match=re.escape("an activity has no 'membr'; did you mean 'member'?")):
            receive(programme, [{"membr": "ann", "name": "app_open", "at": MOMENT}])
        with pytest.raises(QueryError, match="give at least one"):
            receive(programme, [])
    assert not (own / "received").exists()
