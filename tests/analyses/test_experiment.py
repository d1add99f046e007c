"""Experiments of several arms, the register, the planner, and campaigns without a draw."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from punchcard.errors import QueryError
from tests.traps.small import Small, at

Row = dict[str, Any]


def arms(
    folder: Path, spends: list[np.ndarray], names: tuple[str, ...], day: str = "11-05", **more: list[Row]
) -> Small:
    """An experiment whose arms spent this; nobody is a control unless the arm is called so."""
    people = [(arm, float(x)) for arm, spend in enumerate(spends) for x in spend]
    buyers = [(n, x) for n, (_, x) in enumerate(people, start=1) if x > 0]
    share = Decimal(1) / len(spends)
    rows: dict[str, list[Row]] = {
        "brand": [{"name": "X"}],
        "member": [{"created_at": at("01-01")} for _ in people],
        "experiment": [
            {"brand_id": 1, "name": "Colours", "kind": "ab", "starts_at": at("11-01"), "outcome_window_days": 28}
        ],
        "arm": [
            {"experiment_id": 1, "name": name, "is_control": name == "control", "planned_share": round(share, 6)}
            for name in names
        ],
        "assignment": [
            {"experiment_id": 1, "arm_id": arm + 1, "member_id": n, "assigned_at": at("11-01 00:00")}
            for n, (arm, _) in enumerate(people, start=1)
        ],
        "txn": [
            {"brand_id": 1, "member_id": n, "kind": "sale", "status": "ok", "occurred_at": at(day)} for n, _ in buyers
        ],
        "txn_line": [
            {"txn_id": k, "qty": 1, "net": Decimal(str(round(x, 2)))} for k, (_, x) in enumerate(buyers, start=1)
        ],
    }
    return Small(folder, rows | more)


def readout(small: Small, period: str = "2025", **question: Any) -> tuple[list[Row], list[str]]:
    answer = small.programme.ask({"ask": {"kind": "experiment", **question}, "period": period}).result
    names = [column.name for column in answer.columns]
    return [dict(zip(names, row, strict=True)) for row in answer.rows], [note.text for note in answer.notes]


def spend(chance: np.random.Generator, lift: float = 0.0, share: float = 0.5, n: int = 300) -> np.ndarray:
    return np.round((chance.random(n) < share) * (chance.gamma(4, 5, n) + lift), 2)


def test_every_arm_is_compared_as_scipy_does_and_p_values_are_corrected_for_all(tmp_path: Path) -> None:
    chance = np.random.default_rng(1)
    spends = [spend(chance), spend(chance, 1), spend(chance, 12)]
    rows, notes = readout(arms(tmp_path, spends, ("red", "blue", "green")), metrics=["net_revenue"])
    known: list[Any] = [stats.ttest_ind(other, spends[0], equal_var=False) for other in spends[1:]]
    assert [row["effect"] for row in rows] == pytest.approx([float(x.mean() - spends[0].mean()) for x in spends[1:]])
    assert rows[1]["adjusted"] == pytest.approx(2 * known[1].pvalue, rel=1e-6)
    assert rows[0]["adjusted"] == pytest.approx(known[0].pvalue, rel=1e-6)
    assert notes[0] == "Proven, corrected for 2 comparisons: 'green' has more net revenue than 'red'."


def test_shares_ratios_and_quantiles_are_outcomes_too(tmp_path: Path) -> None:
    chance = np.random.default_rng(2)
    spends = [spend(chance, share=0.9), spend(chance, 4, share=0.95)]
    small = arms(tmp_path, spends, ("control", "new"))
    rows, _ = readout(small, metrics=["purchasing_members", "atv"])
    bought = [float((x > 0).mean()) for x in spends]
    assert (rows[0]["baseline"], rows[0]["arm"]) == (pytest.approx(bought[0]), pytest.approx(bought[1]))
    assert rows[1]["effect"] == pytest.approx(spends[1][spends[1] > 0].mean() - spends[0][spends[0] > 0].mean())
    rows, _ = readout(small, metrics=["net_revenue"], quantile=0.5)
    assert rows[0]["effect"] == pytest.approx(float(np.median(spends[1]) - np.median(spends[0])))
    assert 0.0 < rows[0]["low"] < rows[0]["uplift"] < rows[0]["high"]


def test_retention_counts_the_days_that_were_asked_for(tmp_path: Path) -> None:
    spends = [np.array([5.0] * 30 + [0.0] * 120), np.array([5.0] * 90 + [0.0] * 60)]
    small = arms(tmp_path, spends, ("control", "new"), day="11-10")
    rows, _ = readout(small, metrics=["purchasing_members"], first_day=7, last_day=14)
    assert (rows[0]["baseline"], rows[0]["arm"]) == (0.2, 0.6)
    rows, notes = readout(small, metrics=["purchasing_members"], last_day=7)
    assert not rows
    assert "nobody differs from anybody" in notes[-1]


def test_looking_at_any_time_is_wider_and_counts_complete_outcomes_only(tmp_path: Path) -> None:
    chance = np.random.default_rng(3)
    spends = [spend(chance, n=200), spend(chance, 6, n=200)]
    late = [
        {"experiment_id": 1, "arm_id": 1 + n // 200, "member_id": n + 1}
        | {"assigned_at": at("11-01 00:00") + timedelta(days=0 if n % 2 else 3)}
        for n in range(400)
    ]
    small = arms(tmp_path, spends, ("control", "new"), assignment=late)
    fixed, _ = readout(small, metrics=["net_revenue"])
    always, _ = readout(small, metrics=["net_revenue"], looks="any_time")
    assert always[0]["effect"] == fixed[0]["effect"]
    assert always[0]["low"] < fixed[0]["low"] < fixed[0]["high"] < always[0]["high"]
    half, _ = readout(small, "2025-11-01..2025-11-29", metrics=["net_revenue"], looks="any_time")
    ripe = [x[1::2] for x in spends]
    assert half[0]["effect"] == pytest.approx(float(ripe[1].mean() - ripe[0].mean()))


def test_a_guardrail_that_is_harmed_is_said(tmp_path: Path) -> None:
    chance = np.random.default_rng(4)
    spends = [spend(chance, share=0.9), spend(chance, 30, share=0.5)]
    small = arms(tmp_path, spends, ("control", "new"))
    _, notes = readout(small, metrics=["net_revenue"], guardrails=["purchasing_members"])
    assert "Guardrail broken: purchasing members (new); do not go on." in notes[0]


def test_the_arms_chances_to_be_best_sum_to_one(tmp_path: Path) -> None:
    chance = np.random.default_rng(5)
    small = arms(tmp_path, [spend(chance, x) for x in (0, 1, 4)], ("red", "blue", "green"))
    answer = small.programme.ask({"ask": {"kind": "experiment_arms"}, "period": "2025"}).result
    chances = [float(str(x)) for x in answer.column("best")]
    assert sum(chances) == pytest.approx(1)
    assert chances[2] == max(chances)


def test_the_register_says_what_was_stated_too_late_and_decided_too_early(tmp_path: Path) -> None:
    chance = np.random.default_rng(6)
    experiment = {"brand_id": 1, "kind": "ab", "starts_at": at("11-01"), "outcome_window_days": 28}
    small = arms(
        tmp_path,
        [spend(chance), spend(chance, 20)],
        ("control", "new"),
        experiment=[experiment | {"name": name, "hypothesis_id": n} for n, name in ((1, "Colours"), (2, "Late"))],
        hypothesis=[
            {"statement": "Blue sells", "created_at": at("10-01"), "status": "confirmed", "decided_at": at("11-20")},
            {"statement": "Green sells", "created_at": at("11-08"), "metric_id": "purchasing_members"},
        ],
    )
    answer = small.programme.ask({"ask": {"kind": "experiment_register"}, "period": "2025"}).result
    rows = {row[0]: row for row in answer.rows}
    assert (rows["Colours"][3], rows["Colours"][9], rows["Colours"][10]) == (
        "yes",
        "proven",
        "confirmed, 8 days too early",
    )
    assert rows["Late"][3] == "no, 7 days after it"
    assert str(rows["Late"][9]).startswith("not readable: the experiment 'Late' has 0 arms")
    assert answer.notes[0].text.startswith("1 of 2 experiments were not stated before their start")


def test_the_planner_finds_the_spread_of_the_programmes_own_members(tmp_path: Path) -> None:
    chance = np.random.default_rng(7)
    spends = [spend(chance, n=400)]
    small = arms(tmp_path, spends, ("control",), arm=[], assignment=[], experiment=[])
    answer = small.programme.ask(
        {"ask": {"kind": "power", "days": 28, "effect": 0.5}, "period": "2025-11-01..2025-11-20"}
    )
    rows = [row for row in answer.result.rows if row[:2] == (400, "50%")]
    sd, mean = float(spends[0].std(ddof=1)), float(spends[0].mean())
    # The textbook's 2.80 standard errors for a power of 80 % at 5 % risk.
    assert rows[0][3] == pytest.approx(2.80 * sd * (2 / 200) ** 0.5, rel=0.01)
    assert rows[0][2] == pytest.approx(float(str(rows[0][3])) / mean)
    assert answer.result.notes[2].text.startswith("Suggested control: ")
    with pytest.raises(QueryError, match="is a ratio; plan with a sum"):
        small.programme.ask({"ask": {"kind": "power", "metric": "atv"}, "period": "2025"})


def without_a_draw(folder: Path, *, recent: bool) -> Small:
    """Members who spend by habit, written to for what they spent long before or for a bad month; it brings 25."""
    chance = np.random.default_rng(8)
    n = 1_500
    habit = chance.gamma(2, 20, n)
    days = {"09-10": habit, "10-10": habit, "11-10": habit}
    spends = {day: np.round(level * chance.gamma(4, 1 / 4, n) + 5, 2) for day, level in days.items()}
    if recent:
        treated = spends["10-10"] < np.median(spends["10-10"])
    else:
        treated = chance.random(n) < 1 / (1 + np.exp(2 - spends["09-10"] / 30))
    spends["11-10"] = spends["11-10"] + 25 * treated
    rows: dict[str, list[Row]] = {
        "brand": [{"name": "X"}],
        "member": [{"created_at": at("01-01")} for _ in range(n)],
        "campaign": [{"brand_id": 1, "name": "Letter", "starts_at": at("11-01")}],
        "message": [
            {"campaign_id": 1, "brand_id": 1, "member_id": k + 1, "sent_at": at("11-01 00:00"), "channel": "email"}
            for k in np.flatnonzero(treated).tolist()
        ],
        "txn": [
            {"brand_id": 1, "member_id": k + 1, "kind": "sale", "status": "ok", "occurred_at": at(day)}
            for day in spends
            for k in range(n)
        ],
        "txn_line": [
            {"txn_id": place + 1, "qty": 1, "net": Decimal(str(round(float(x), 2)))}
            for place, x in enumerate(x for spend_ in spends.values() for x in spend_)
        ],
    }
    return Small(folder, rows)


def test_without_a_draw_alike_members_find_the_effect_and_the_tests_hold(tmp_path: Path) -> None:
    answer = without_a_draw(tmp_path, recent=False).programme.ask(
        {"ask": {"kind": "matched", "campaign": "Letter"}, "period": "2025"}
    )
    effect, placebo, _ = answer.result.rows
    assert float(str(effect[2])) < 25 < float(str(effect[3]))
    assert placebo[4] is not None and float(str(placebo[4])) > 0.05
    assert answer.result.notes[0].text.startswith("Likely, though there was no draw: Letter changed it by €")


def test_members_chosen_for_a_bad_month_fail_the_placebo(tmp_path: Path) -> None:
    answer = without_a_draw(tmp_path, recent=True).programme.ask(
        {"ask": {"kind": "matched", "campaign": "Letter"}, "period": "2025"}
    )
    assert answer.result.notes[0].text.startswith("No verdict: placebo: the days before")
