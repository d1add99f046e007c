"""Experiments: everybody drawn counts, outcomes end with their window, and several experiments are never mixed."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from punchcard.errors import QueryError
from tests.traps.small import Small, at

Row = dict[str, Any]


def drawn(spends: dict[int, tuple[bool, dict[str, int]]], **more: list[Row]) -> dict[str, list[Row]]:
    """Members of experiment 1: whether each is a control, and what each spent on which day."""
    purchases = [(m, day, amount) for m, (_, bought) in spends.items() for day, amount in bought.items()]
    return {
        "brand": [{"name": "X"}, {"name": "Y"}],
        "member": [{"created_at": at("01-01")} for _ in spends],
        "experiment": [{"brand_id": 1, "kind": "ab", "starts_at": at("11-01"), "outcome_window_days": 14}],
        "arm": [
            {"experiment_id": 1, "is_control": control, "planned_share": share}
            for control, share in ((False, Decimal("0.9")), (True, Decimal("0.1")))
        ],
        "assignment": [
            {"experiment_id": 1, "arm_id": 2 if control else 1, "member_id": m, "assigned_at": at("11-01 00:00")}
            for m, (control, _) in spends.items()
        ],
        "txn": [
            {"brand_id": 1, "member_id": m, "kind": "sale", "status": "ok", "occurred_at": at(day)}
            for m, day, _ in purchases
        ],
        "txn_line": [{"txn_id": n, "qty": 1, "net": amount} for n, (_, _, amount) in enumerate(purchases, start=1)],
    } | more


ONE: Row = {"filters": [{"dimension": "experiment_id", "in": ["1"]}]}

FOUR = drawn({1: (False, {"11-03": 30, "11-20": 99}), 2: (False, {}), 3: (True, {"11-03": 10}), 4: (True, {})})


def test_those_who_bought_nothing_count_with_zero_and_late_purchases_do_not_count(tmp_path: Path) -> None:
    small = Small(tmp_path, FOUR)
    figures = {
        "inc_revenue_per_member": 10,
        "inc_revenue_total": 20,
        "uplift_pct": 2,
        "inc_conversion_pp": 0,
        "incremental_share": pytest.approx(2 / 3),
        "inc_ci_halfwidth": pytest.approx(1.96 * (450 / 2 + 50 / 2) ** 0.5),
    }
    assert {name: small.number(name, **ONE) for name in figures} == figures
    assert small.number("cost_per_incremental_conversion", **ONE) is None


def test_a_readout_during_the_experiment_knows_what_was_bought_so_far(tmp_path: Path) -> None:
    small = Small(tmp_path, FOUR)
    assert small.number("inc_revenue_per_member", "2025-11-01..2025-11-02", **ONE) == 0
    assert small.number("inc_revenue_per_member", "2025-11-01..2025-11-04", **ONE) == 10


def test_purchases_at_other_brands_are_no_outcome(tmp_path: Path) -> None:
    elsewhere = [row | {"brand_id": 2} for row in FOUR["txn"]]
    assert Small(tmp_path, FOUR | {"txn": elsewhere}).number("inc_revenue_per_member", **ONE) == 0


def test_who_was_reached_by_mistake_stays_in_the_control_group(tmp_path: Path) -> None:
    reached = [{"experiment_id": 1, "member_id": m, "occurred_at": at("11-02")} for m in (1, 2, 3)]
    small = Small(tmp_path, FOUR | {"exposure": reached})
    assert small.number("contamination_rate", **ONE) == 0.5
    assert small.number("cace", **ONE) == 10 / (1 - 0.5)


def test_a_person_with_records_in_two_groups_is_left_out_and_told(tmp_path: Path) -> None:
    merge = [{"from_member_id": 3, "into_member_id": 1, "merged_at": at("11-10")}]
    small = Small(tmp_path, FOUR | {"identity_merge": merge})
    assert small.number("inc_revenue_per_member", **ONE) == 0
    assert small.number("crossed_share", **ONE) == pytest.approx(1 / 3)


def test_a_skewed_draw_is_seen(tmp_path: Path) -> None:
    small = Small(tmp_path, drawn({n: (n > 910, {}) for n in range(1, 1_001)}))
    assert small.number("srm_chi2", **ONE) == pytest.approx(100 / 900 + 100 / 100)


def test_difference_in_differences_takes_off_what_would_have_come_back_anyway(tmp_path: Path) -> None:
    months = ("10-15", "11-15")
    small = Small(
        tmp_path,
        drawn(
            {1: (False, dict(zip(months, (20, 32), strict=True))), 2: (True, dict(zip(months, (20, 30), strict=True)))}
        ),
    )
    assert small.number("did_effect", "2025-11", **ONE) == 2


def test_a_lift_that_wears_off_has_a_slope_below_zero(tmp_path: Path) -> None:
    weeks = {"11-03": 8, "11-10": 4, "11-17": 2, "11-24": 2}
    small = Small(tmp_path, drawn({1: (False, weeks), 2: (True, {})}))
    assert small.number("novelty_slope", **ONE) == pytest.approx(4 * -0.5)


def test_experiments_are_not_mixed_and_not_cut_by_group(tmp_path: Path) -> None:
    again = [row | {"experiment_id": 2, "arm_id": row["arm_id"] + 2} for row in FOUR["assignment"]]
    both = {
        "experiment": FOUR["experiment"] * 2,
        "arm": [*FOUR["arm"], *(row | {"experiment_id": 2} for row in FOUR["arm"])],
        "assignment": [*FOUR["assignment"], *again],
    }
    small = Small(tmp_path, FOUR | both)
    answer = small.programme.ask({"ask": {"kind": "number", "metrics": ["inc_revenue_total"]}, "period": "2025"})
    assert answer.result.rows[0][0] is None
    assert "mixed" in {note.kind for note in answer.result.notes}
    assert small.by("inc_revenue_total", "experiment_id") == {"1": 20, "2": 20, "total": None}
    with pytest.raises(QueryError, match="cannot be broken down by 'arm'"):
        small.by("inc_revenue_total", "arm", **ONE)


def test_the_only_experiment_needs_no_filter(tmp_path: Path) -> None:
    assert Small(tmp_path, FOUR).number("inc_revenue_total") == 20


def test_an_outcome_in_a_currency_without_a_rate_is_unknown_and_not_smaller(tmp_path: Path) -> None:
    foreign = [row | {"currency": "USD"} for row in FOUR["txn"]]
    small = Small(tmp_path, FOUR | {"txn": foreign}, currencies="[EUR, USD]")
    assert small.number("inc_revenue_total") is None
