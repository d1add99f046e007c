"""Incremental: the design's worked examples, the checks that withhold figures, and the simulated truth."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from punchcard.errors import QueryError
from punchcard.members import behind
from punchcard.query import decode
from punchcard.viewer import OPERATOR, Viewer
from tests.simulate.conftest import Made, made
from tests.traps.small import Small, at

__all__ = ["made"]

Row = dict[str, Any]


@dataclass(frozen=True)
class Member:
    """A member of the experiment: the arm, what was spent on which day, and whether the message came."""

    control: bool
    spent: dict[str, float]
    reached: bool = False


def programme(folder: Path, members: Sequence[Member], planned: float = 0.8, **more: list[Row]) -> Small:
    """One campaign whose lots were drawn on 1 November; outcomes count for 28 days."""
    purchases = [(n, day, net) for n, one in enumerate(members, start=1) for day, net in one.spent.items()]
    rows: dict[str, list[Row]] = {
        "brand": [{"name": "X"}],
        "member": [{"created_at": at("01-01")} for _ in members],
        "campaign": [{"brand_id": 1, "name": "Autumn", "starts_at": at("11-01")}],
        "experiment": [
            {
                "brand_id": 1,
                "campaign_id": 1,
                "name": "Autumn",
                "kind": "campaign_holdout",
                "starts_at": at("11-01"),
                "outcome_window_days": 28,
            }
        ],
        "arm": [
            {"experiment_id": 1, "name": name, "is_control": control, "planned_share": Decimal(str(round(share, 6)))}
            for name, control, share in (("message", False, planned), ("control", True, 1 - planned))
        ],
        "assignment": [
            {"experiment_id": 1, "arm_id": 2 if one.control else 1, "member_id": n, "assigned_at": at("11-01 00:00")}
            for n, one in enumerate(members, start=1)
        ],
        "exposure": [
            {"experiment_id": 1, "member_id": n, "occurred_at": at("11-02")}
            for n, one in enumerate(members, start=1)
            if one.reached
        ],
        "txn": [
            {"brand_id": 1, "member_id": n, "kind": "sale", "status": "ok", "occurred_at": at(day)}
            for n, day, _ in purchases
        ],
        "txn_line": [
            {"txn_id": k, "qty": 1, "net": Decimal(str(round(net, 4))), "cost": 0}
            for k, (_, _, net) in enumerate(purchases, start=1)
        ],
    }
    return Small(folder, rows | more)


def asked(small: Small, kind: str = "incremental", **question: Any) -> tuple[dict[str, Any], list[str]]:
    """The first row of an answer by column, and its notes."""
    answer = small.programme.ask({"ask": {"kind": kind, **question}, "period": "2025"})
    row = answer.result.rows[0] if answer.result.rows else ()
    return (
        dict(zip((column.name for column in answer.result.columns), row, strict=True)),
        [note.text for note in answer.result.notes],
    )


def spread(n: int, mean: float, sd: float) -> list[float]:
    """n values of exactly this mean and sample standard deviation."""
    off = sd * ((n - 1) / n) ** 0.5
    return [mean + off * (1 if k % 2 else -1) for k in range(n)]


def test_w15_everybody_drawn_counts_and_one_euro_a_head_is_not_proven(tmp_path: Path) -> None:
    """8,000 treated with a mean of 12, 2,000 controls with 11, deviation 40 (here a tenth of the members, and of n)."""
    treated, control = spread(800, 12, 40 / 10**0.5), spread(200, 11, 40 / 10**0.5)
    small = programme(
        tmp_path,
        [*(Member(False, {"11-05": x}) for x in treated), *(Member(True, {"11-05": x}) for x in control)],
    )
    row, notes = asked(small)
    assert row["per_member"] == pytest.approx(1.0, abs=1e-3)
    assert row["total"] == pytest.approx(800, abs=1)  # a tenth of 8,000
    assert row["uplift"] == pytest.approx(0.090909, abs=1e-4)
    assert (row["high"] - row["low"]) / 2 / 800 == pytest.approx(1.96, abs=0.02)
    assert row["p"] == pytest.approx(0.317, abs=0.002)  # z = 1
    assert not row["proven"]
    assert notes[0].startswith("Not proven: Autumn changed net revenue by €800")


def test_w16_a_contaminated_control_is_kept_and_the_effect_on_those_reached_is_larger(tmp_path: Path) -> None:
    """A lift of 0.90 as drawn; 75 % of the treated and 15 % of the control reached: 1.50 for each who was."""
    chance = np.random.default_rng(1)
    members = [
        Member(control, {"11-05": float(chance.normal(20, 1)) if k % 2 else 20.0}, k / n < share)
        for control, n, share in ((False, 400, 0.75), (True, 200, 0.15))
        for k in range(n)
    ]
    moved = [
        Member(one.control, {"11-05": one.spent["11-05"] + (1.5 if one.reached else 0)}, one.reached) for one in members
    ]
    small = programme(tmp_path, moved, planned=2 / 3)
    answer = small.programme.ask({"ask": {"kind": "incremental_readings"}, "period": "2025"}).result
    found = dict(zip(answer.column("reading"), answer.column("effect"), strict=True))
    drawn, reached = float(str(found["As drawn"])), float(str(found["Per member reached"]))
    assert reached == pytest.approx(drawn / (0.75 - 0.15))
    assert reached == pytest.approx(1.5, abs=0.3)
    _, notes = asked(small)
    assert any(note.startswith("Control not contacted: 15.0% of the control, 75.0% of the treated") for note in notes)


def test_w18_a_draw_that_is_off_by_a_point_leaves_no_figure(tmp_path: Path) -> None:
    members = [Member(n >= 9_100, {"11-05": 50.0 + n % 7} if n % 3 == 0 else {}) for n in range(10_000)]
    small = programme(tmp_path, members, planned=0.9)
    row, notes = asked(small)
    assert (row["total"], row["low"], row["per_member"], row["p"], row["proven"]) == (None, None, None, None, False)
    assert notes[0].startswith("No verdict: the arms do not have the planned sizes")
    checks = small.programme.ask({"ask": {"kind": "incremental_checks"}, "period": "2025"}).result
    assert checks.rows[0][1:3] == ("fails, figures withheld", "chi-square 11.11, p 0.00086")
    readings = small.programme.ask({"ask": {"kind": "incremental_readings"}, "period": "2025"}).result
    assert set(readings.column("effect")) == {None}


def test_w19_a_bad_month_recovers_by_itself_and_the_difference_of_differences_says_by_how_much(tmp_path: Path) -> None:
    members = [
        Member(control, {"10-15": 20.0 + k % 3, "11-15": after + k % 3 + k % 2 * 0.5})
        for control, after in ((False, 32.0), (True, 30.0))
        for k in range(120)
    ]
    small = programme(tmp_path, members, planned=0.5)
    answer = small.programme.ask({"ask": {"kind": "incremental_readings"}, "period": "2025"}).result
    found = dict(zip(answer.column("reading"), answer.column("effect"), strict=True))
    assert found["Difference in differences"] == pytest.approx(2)
    assert found["As drawn"] == pytest.approx(2)


def test_w35_a_lift_that_wears_off_is_shown_week_by_week_with_its_slope(tmp_path: Path) -> None:
    lifts = {"11-03": 2.0, "11-10": 1.0, "11-17": 0.5, "11-24": 0.5}
    members = [
        Member(
            control,
            {day: 10 + k * week % 7 + (0 if control else lift) for week, (day, lift) in enumerate(lifts.items(), 1)},
        )
        for control in (False, True)
        for k in range(150)
    ]
    small = programme(tmp_path, members, planned=0.5)
    answer = small.programme.ask({"ask": {"kind": "incremental_trend"}, "period": "2025"}).result
    assert answer.column("weekly") == pytest.approx([2, 1, 0.5, 0.5])
    assert answer.column("so_far") == pytest.approx([2, 3, 3.5, 4])  # a mean of 1.00 a week
    assert "−€0.50 a week" in answer.notes[1].text


def test_members_who_buy_nothing_are_not_what_is_capped(tmp_path: Path) -> None:
    """Where nine of ten buy nothing, a quantile over all members would cut every buyer to zero."""
    members = [Member(n % 2 == 0, {"11-05": 10.0 + n} if n % 10 < 2 else {}) for n in range(400)]
    small = programme(tmp_path, members, planned=0.5)
    answer = small.programme.ask({"ask": {"kind": "incremental_readings"}, "period": "2025"}).result
    found = dict(zip(answer.column("reading"), answer.column("effect"), strict=True))
    assert found["Largest buyers capped"] == pytest.approx(float(str(found["As drawn"])), abs=0.1)


def test_arms_that_differed_before_the_draw_leave_no_figure(tmp_path: Path) -> None:
    members = [
        Member(control, {"10-20": (30.0 if control else 60.0) + k % 10, "11-05": 10.0 + k % 4})
        for control in (False, True)
        for k in range(150)
    ]
    row, notes = asked(programme(tmp_path, members, planned=0.5))
    assert row["total"] is None
    assert "differed before anything was done" in notes[0]


def test_a_look_before_the_end_is_called_too_early(tmp_path: Path) -> None:
    members = [Member(c, {"11-03": 10.0 + k % 5 + (0 if c else 9)}) for c in (False, True) for k in range(150)]
    small = programme(tmp_path, members, planned=0.5)
    answer = small.programme.ask({"ask": {"kind": "incremental"}, "period": "2025-11-01..2025-11-10"})
    assert answer.result.notes[0].text.startswith("Too early to tell: outcomes count until 2025-11-29.")


def test_an_effect_is_found_in_the_category_that_it_moved_and_not_in_the_other(tmp_path: Path) -> None:
    chance = np.random.default_rng(4)
    members = [Member(c, {"11-05": 1.0, "11-06": 1.0}) for c in (False, True) for _ in range(200)]
    small = programme(
        tmp_path,
        members,
        planned=0.5,
        product=[{"name": "Tea"}, {"name": "Soap"}],
        txn_line=[
            {
                "txn_id": 2 * n + k + 1,
                "product_id": k + 1,
                "qty": 1,
                "net": Decimal(str(round(float(chance.normal(20, 2)) + (5 if k == 0 and n < 200 else 0), 2))),
            }
            for n in range(400)
            for k in (0, 1)
        ],
    )
    answer = small.programme.ask({"ask": {"kind": "incremental_groups", "by": "product_id"}, "period": "2025"}).result
    found = {row[0]: (row[1], row[-1]) for row in answer.rows}
    assert found["1"] == (pytest.approx(5, abs=0.5), True)
    assert abs(float(str(found["2"][0]))) < 0.6


def test_w17_effects_of_overlapping_campaigns_do_not_add_up_and_the_global_control_says_so(tmp_path: Path) -> None:
    """Neither 10, only the first 12, only the second 13, both 13: effects of 1, 2 and, against neither, 3."""
    cells = {(False, False): 10.0, (True, False): 12.0, (False, True): 13.0, (True, True): 13.0}
    people = [(cell, mean + k % 5 - 2) for cell, mean in cells.items() for k in range(150)]
    kinds = ("campaign_holdout", "campaign_holdout", "global_control")
    lots = [
        (experiment, control, n)
        for n, ((first, second), _) in enumerate(people, start=1)
        for experiment, control in ((1, not first), (2, not second), (3, not (first and second)))
        if experiment < 3 or first is second
    ]
    small = programme(
        tmp_path,
        [Member(False, {"11-05": spent}) for _, spent in people],
        campaign=[{"brand_id": 1, "name": name, "starts_at": at("11-01")} for name in ("A", "B")],
        experiment=[
            {"brand_id": 1, "campaign_id": n if n < 3 else None, "name": f"E{n}", "kind": kind}
            | {"starts_at": at("11-01"), "outcome_window_days": 28}
            for n, kind in enumerate(kinds, start=1)
        ],
        arm=[
            {"experiment_id": e, "name": str(c), "is_control": c, "planned_share": Decimal("0.5")}
            for e in (1, 2, 3)
            for c in (False, True)
        ],
        assignment=[
            {"experiment_id": e, "arm_id": 2 * e - 1 + c, "member_id": n, "assigned_at": at("11-01 00:00")}
            for e, c, n in lots
        ],
    )
    effects = [asked(small, experiment=f"E{n}")[0]["per_member"] for n in (1, 2, 3)]
    assert effects == [pytest.approx(1), pytest.approx(2), pytest.approx(3)]
    checks = small.programme.ask({"ask": {"kind": "incremental_checks", "experiment": "E1"}, "period": "2025"}).result
    assert checks.rows[-1][2] == "E2 50.0%"
    beside = small.programme.ask({"ask": {"kind": "incremental_campaigns"}, "period": "2025"}).result
    rows = {row[0]: dict(zip((c.name for c in beside.columns), row, strict=True)) for row in beside.rows}
    assert {name: row["members"] for name, row in rows.items()} == {"E1": 300, "E2": 300}
    for name, row in rows.items():
        query = decode({"ask": {"kind": "incremental_campaigns"}})
        listed = behind(small.programme, query, OPERATOR, {"campaign": str(name)})
        assert len(listed.refs) == row["members"], "the list is as long as the count"
    claimed = 300 * 1 + 300 * 2  # members treated by each
    assert sum(float(str(row["total"])) for row in rows.values()) == pytest.approx(claimed)
    assert sum(float(str(row["capped"])) for row in rows.values()) == pytest.approx(
        150 * 3
    )  # of the global control's treated
    assert "capped at 50% of what each found" in beside.notes[0].text


def test_costs_are_booked_once_and_discounts_not_taken_off_twice(tmp_path: Path) -> None:
    members = [Member(c, {"11-05": 20.0 + k % 5 + (0 if c else 10)}) for c in (False, True) for k in range(150)]
    small = programme(
        tmp_path,
        members,
        planned=0.5,
        cost_entry=[
            {"campaign_id": 1, "kind": kind, "incurred_on": at("11-01").date(), "amount": Decimal(amount)}
            for kind, amount in (("message", 100), ("print", 400))
        ],
        message=[{"campaign_id": 1, "member_id": n, "sent_at": at("11-01"), "cost": 9} for n in range(1, 3)],
    )
    answer = small.programme.ask({"ask": {"kind": "incremental_money"}, "period": "2025"}).result
    lines = {row[0]: row[1] for row in answer.rows}
    assert lines["Incremental net revenue"] == pytest.approx(1_500)
    assert (lines["Booked: message"], lines["Booked: print"]) == (-100, -400)
    assert "Sending messages" not in lines  # booked already
    assert lines["Left after costs"] == pytest.approx(1_000)
    assert lines["Return on each unit spent"] == pytest.approx(2)


def test_mistakes_say_what_to_do(tmp_path: Path) -> None:
    small = programme(tmp_path, [Member(n % 2 == 0, {"11-05": 1.0}) for n in range(8)], planned=0.5)
    with pytest.raises(QueryError, match="no experiment 'Autum'"):
        asked(small, experiment="Autum")
    with pytest.raises(QueryError, match="'repeat_purchase_rate' cannot be compared between lots"):
        asked(small, metric="repeat_purchase_rate")
    with pytest.raises(QueryError, match="neither the lots nor line"):
        asked(small, "incremental_groups", by="stor.region")


def test_a_brand_sees_its_own_experiments_only(tmp_path: Path) -> None:
    members = [Member(n % 2 == 0, {"11-05": 1.0 + n}) for n in range(8)]
    small = programme(tmp_path, members, planned=0.5, brand=[{"name": "X"}, {"name": "Y"}])
    question = {"ask": {"kind": "incremental", "experiment": "Autumn"}, "period": "2025"}
    assert small.programme.ask(question, Viewer("x", frozenset({"1"}))).result.rows
    with pytest.raises(QueryError, match="no experiment 'Autumn'"):
        small.programme.ask(question, Viewer("y", frozenset({"2"})))


@pytest.mark.slow
def test_the_truth_of_a_simulated_programme_lies_in_the_intervals(made: Callable[[str], Made]) -> None:
    programme = made("retailer")
    held: list[bool] = []
    for campaign in programme.truth.campaigns:
        if campaign.revenue is None or campaign.conversion is None:
            continue
        for metric, true in (("net_revenue", campaign.revenue.itt), ("purchasing_members", campaign.conversion.itt)):
            question = {"kind": "incremental_readings", "experiment": str(campaign.experiment_id), "metric": metric}
            answer = programme.programme.ask({"ask": question, "period": "all"}).result
            for reading, _, low, high, _ in answer.rows:
                if reading in ("As drawn", "Past behaviour taken out") and low is not None and high is not None:
                    held.append(float(str(low)) <= true <= float(str(high)))
    assert len(held) >= 20
    assert sum(held) / len(held) >= 0.85
