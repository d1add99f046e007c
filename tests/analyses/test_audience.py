"""Audiences: consent and the global control decide who is in them, and lots can be drawn again."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from scipy import stats
from typer.testing import CliRunner

from punchcard.audience import draw, lot
from punchcard.cli.app import app
from punchcard.errors import Forbidden, QueryError
from punchcard.query import decode
from punchcard.viewer import OPERATOR, Viewer
from tests.traps.small import Small, at


def small(folder: Path, settings: str = "") -> Small:
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
        settings=settings,
    )


ASK: dict[str, Any] = {"kind": "audience", "channel": "email", "control": 0.5}


def test_consent_and_the_global_control_decide_whom_a_campaign_may_reach(tmp_path: Path) -> None:
    programme = small(tmp_path)
    counts = [row[1] for row in programme.rows(ASK)]
    assert counts == [10, 10, 7, 6, 3]
    women = [{"dimension": "gender", "in": ["f"]}]
    assert [row[1] for row in programme.rows(ASK, filters=women)][1:4] == [5, 5, 5]
    assert [row[1] for row in programme.rows(ASK, "2025-01-01..2025-02-15")][2] == 8  # before one took it back


def test_a_consent_counts_for_the_brand_it_was_given_to(tmp_path: Path) -> None:
    given = [(1, 1), (2, 1), (2, 2), (3, 2), (4, None)]
    programme = Small(
        tmp_path,
        {
            "brand": [{"name": "X"}, {"name": "Y"}],
            "member": [{"created_at": at("01-01")} for _ in range(5)],
            "consent_event": [
                {"member_id": member, "brand_id": brand, "channel": "email", "purpose": "marketing"}
                | {"status": "granted", "occurred_at": at("02-01")}
                for member, brand in given
            ],
            "experiment": [{"kind": "global_control", "brand_id": 2, "starts_at": at("01-01")}],
            "arm": [{"experiment_id": 1, "is_control": True}],
            "assignment": [{"experiment_id": 1, "arm_id": 1, "member_id": 2, "assigned_at": at("01-02")}],
        },
    )
    ask = {**ASK, "control": 0.0}
    with pytest.raises(QueryError, match="2 brands have consents of their own; say which 'brand' writes: X, Y"):
        programme.rows(ask)
    with pytest.raises(QueryError, match="no brand 'Z' with consents for marketing"):
        programme.rows({**ask, "brand": "Z"})

    def counts(brand: str) -> list[int]:
        return [row[1] for row in programme.rows({**ask, "brand": brand})][2:4]

    assert counts("X") == counts("1") == [2, 2], "the control of Y keeps nobody out of what X writes"
    assert counts("Y") == [2, 1]
    query = decode({"ask": {**ask, "brand": "Y"}, "period": "2025"})
    assert draw(programme.programme, query, OPERATOR, "autumn").refs == ("3",)


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


def test_the_command_says_what_is_wrong_with_the_question(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["audience", str(tmp_path), str(tmp_path / "no.json"), "--name", "autumn"])
    assert result.exit_code != 0
    assert isinstance(result.exception, QueryError)
