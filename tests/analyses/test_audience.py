"""Audiences: consent and the global control decide who is in them; lots can be drawn again; hooks give receipts."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from scipy import stats
from typer.testing import CliRunner

from punchcard.audience import Drawn, draw, lot, post
from punchcard.cli.app import app
from punchcard.errors import Forbidden, QueryError
from punchcard.query import decode
from punchcard.viewer import OPERATOR, Viewer
from tests.traps.small import Small, at


def small(folder: Path) -> Small:
    """Ten members; 1 to 8 allow e-mail, 8 took it back, 7 is in the global control, 1 to 5 are women."""
    consents = [(n, "granted", "02-01") for n in range(1, 9)] + [(8, "withdrawn", "03-01")]
    return Small(
        folder,
        {
            "brand": [{"name": "X"}],
            "member": [{"created_at": at("01-01"), "gender": "f" if n <= 5 else "m"} for n in range(1, 11)],
            "consent_event": [
                {"member_id": n, "brand_id": 1, "channel": "email", "purpose": "marketing", "status": status}
                | {"occurred_at": at(day)}
                for n, status, day in consents
            ],
            "experiment": [{"kind": "global_control", "name": "All", "starts_at": at("01-01")}],
            "arm": [
                {"experiment_id": 1, "name": name, "is_control": name == "none", "planned_share": Decimal("0.5")}
                for name in ("all", "none")
            ],
            "assignment": [
                {"experiment_id": 1, "arm_id": 2 if n == 7 else 1, "member_id": n, "assigned_at": at("01-02")}
                for n in range(1, 11)
            ],
        },
    )


ASK: dict[str, Any] = {"kind": "audience", "channel": "email", "control": 0.5}


def test_consent_and_the_global_control_decide_whom_a_campaign_may_reach(tmp_path: Path) -> None:
    programme = small(tmp_path)
    counts = [row[1] for row in programme.rows(ASK)]
    assert counts == [10, 10, 7, 6, 3]
    women = [{"dimension": "gender", "in": ["f"]}]
    assert [row[1] for row in programme.rows(ASK, filters=women)][1:4] == [5, 5, 5]
    assert [row[1] for row in programme.rows(ASK, "2025-01-01..2025-02-15")][2] == 8  # before one took it back


def test_the_list_is_as_long_as_the_count_and_drawn_the_same_again(tmp_path: Path) -> None:
    programme = small(tmp_path).programme
    query = decode({"ask": ASK, "period": "2025"})
    drawn = draw(programme, query, OPERATOR, "autumn")
    assert drawn.refs == ("1", "2", "3", "4", "5", "6")
    assert draw(programme, query, OPERATOR, "autumn") == drawn
    assert [ref for ref, arm in drawn.rows() if arm == "control"] == [r for r in drawn.refs if lot("autumn", r) < 0.5]
    with pytest.raises(Forbidden, match="only the operator"):
        draw(programme, query, Viewer("x", frozenset({"1"})), "autumn")
    with pytest.raises(QueryError, match="of the kind 'audience'"):
        draw(programme, decode({"ask": {"kind": "number", "metrics": ["net_revenue"]}}), OPERATOR, "autumn")


def test_lots_are_as_good_as_chance_and_draws_do_not_know_each_other() -> None:
    first, second = ([lot(name, str(n)) for n in range(20_000)] for name in ("autumn", "winter"))
    assert stats.kstest(first, "uniform").pvalue > 0.001
    assert abs(stats.pearsonr(first, second).statistic) < 0.03
    neighbours: Any = stats.pearsonr(first[:-1], first[1:])
    assert abs(neighbours.statistic) < 0.03


Got = list[tuple[dict[str, str], Any]]


@pytest.fixture
def hook() -> Iterator[tuple[str, Got]]:
    """A web hook of this machine that keeps what it gets; /full refuses."""
    got: Got = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((dict(self.headers), json.loads(body)))
            refuses = self.path == "/full"
            self.send_response(507 if refuses else 202)
            self.end_headers()
            self.wfile.write(b"no room" if refuses else b"job 17")

        def log_message(self, *args: Any, **more: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Hook)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", got
    server.shutdown()
    server.server_close()


def test_a_web_hook_gets_both_arms_and_answers_with_a_receipt(
    hook: tuple[str, Got],
) -> None:
    url, got = hook
    drawn = Drawn("autumn", ("1", "2", "3"), (False, True, False))
    receipt = post(drawn, f"{url}/audiences?list=4")
    heads, body = got[0]
    assert body == {"draw": "autumn", "target": ["1", "3"], "control": ["2"]}
    assert (receipt.status, receipt.members, receipt.answer) == (202, 3, "job 17")
    assert heads["Idempotency-Key"] == receipt.digest == post(drawn, url).digest
    assert date.fromisoformat(receipt.sent_at[:10])
    with pytest.raises(QueryError, match="answered 507"):
        post(drawn, f"{url}/full")
    with pytest.raises(QueryError, match="is no address of a web hook"):
        post(drawn, "ftp://example.org")
    with pytest.raises(QueryError, match="did not answer"):
        post(drawn, "http://127.0.0.1:9/")


def test_the_command_says_what_is_wrong_with_the_question(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["audience", str(tmp_path), str(tmp_path / "no.json"), "--name", "autumn"])
    assert result.exit_code != 0
    assert isinstance(result.exception, QueryError)
