"""The design's worked examples: a few rows, a question, and answers worked out by hand."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.metrics.small import Small


@pytest.fixture
def small(tmp_path: Path) -> Small:
    return Small(tmp_path)


def test_w03_a_balance_is_summed_over_members_and_never_over_days(small: Small) -> None:
    small.add("program", brand_id=1)
    accounts = [small.add("points_account", program_id=1, member_id=member) for member in (1, 2)]

    def entry(day: str, member: int, kind: str, points: int) -> int:
        return small.add(
            "points_entry",
            account_id=accounts[member - 1],
            program_id=1,
            member_id=member,
            kind=kind,
            points=Decimal(points),
            occurred_at=small.at(day),
        )

    lot = entry("2025-10-29", 1, "earn", 100)
    entry("2025-10-29", 2, "earn", 50)
    entry("2025-10-30", 1, "earn", 20)
    burn = entry("2025-10-31", 1, "burn", -100)
    entry("2025-10-31", 2, "earn", 30)
    small.add("points_allocation", lot_entry_id=lot, debit_entry_id=burn, points=Decimal(100))
    assert small.value("points_balance_active", "2025-10-29..2025-10-31") == 100
    daily = {"kind": "number", "metrics": [{"metric": "points_balance_active", "at": "average"}]}
    assert small.rows(daily, "2025-10-29..2025-10-31")[0][0] == pytest.approx(140)
    of_member = [{"dimension": "member_id", "in": ["1"]}]
    assert small.value("points_balance_active", "2025-10-30", filters=of_member) == 120


def test_w10_each_amount_is_converted_at_a_named_rate(small: Small) -> None:
    for day, rate in (("2025-11-01", "0.90"), ("2025-11-20", "0.95"), ("2025-11-25", "0.96")):
        small.add(
            "fx_rate", rate_date=small.at(day).date(), from_ccy="USD", to_ccy="EUR", kind="daily", rate=Decimal(rate)
        )
    small.add(
        "fx_rate",
        rate_date=small.at("2025-01-01").date(),
        from_ccy="USD",
        to_ccy="EUR",
        kind="budget",
        rate=Decimal("0.92"),
    )
    sale = small.sale("2025-11-01", None, 100, currency="USD")
    small.sale("2025-11-20", None, 200, currency="USD")
    small.sale("2025-11-05", None, 50, currency="EUR")
    small.sale("2025-11-25", None, -100, currency="USD", kind="return", original_txn_id=sale)
    assert small.value("net_revenue", "2025-11") == pytest.approx(234.0)
    assert small.value("net_revenue_at_sale_rate", "2025-11") == pytest.approx(240.0)
    assert small.value("net_revenue_at_budget_rate", "2025-11") == pytest.approx(234.0)
    small.sale("2025-11-26", None, 1, currency="USD")  # a day without a rate: the total is unknown, not smaller
    assert small.value("net_revenue", "2025-11") is None
    assert small.value("net_revenue", "2025-11-01..2025-11-25") == pytest.approx(234.0)


RECEIPTS = (
    "2025-10-25T21:30+00:00",
    "2025-10-25T22:30+00:00",
    "2025-10-26T00:30+00:00",
    "2025-10-26T01:30+00:00",
    "2025-10-26T22:59+00:00",
    "2025-10-26T23:30+00:00",
)


def test_w11_days_and_weeks_are_local_and_a_day_may_have_25_hours(tmp_path: Path) -> None:
    berlin = Small(tmp_path / "berlin", zone="Europe/Berlin")
    utc = Small(tmp_path / "utc")
    sunday = Small(tmp_path / "sunday", zone="Europe/Berlin", week_start="sunday")
    for each in (berlin, utc, sunday):
        for moment in RECEIPTS:
            each.sale(moment, None)
    assert berlin.value("txns_count", "2025-10-26") == 4
    assert utc.value("txns_count", "2025-10-26") == 4
    weekly = {"kind": "trend", "metrics": ["txns_count"], "grain": "week"}
    weeks = {str(row[0]): row[1] for row in berlin.rows(weekly, "2025-10-20..2025-11-02")}
    assert weeks == {"2025-10-20": 5, "2025-10-27": 1}
    weeks = {str(row[0]): row[1] for row in sunday.rows(weekly, "2025-10-19..2025-11-01")}
    assert weeks == {"2025-10-19": 1, "2025-10-26": 5}
    hourly = {"kind": "trend", "metrics": ["txns_count"], "grain": "hour"}
    hours = berlin.rows(hourly, "2025-10-26")
    assert len(hours) == 25
    assert sum(row[1] or 0 for row in hours) == 4


def test_w12_a_report_can_be_made_again_as_it_was_known(small: Small) -> None:
    for happened, received in (
        ("2025-11-01T10:00", "2025-11-01T10:01"),
        ("2025-11-01T12:00", "2025-11-03T09:00"),
        ("2025-11-01T23:00", "2025-11-02T00:10"),
        ("2025-11-02T08:00", "2025-11-02T08:00"),
    ):
        small.sale(happened, None, recorded_at=small.at(received))
    assert small.value("txns_count", "2025-11-01", known_at="2025-11-02T00:00") == 1
    assert small.value("txns_count", "2025-11-01", known_at="2025-11-02T12:00") == 2
    assert small.value("txns_count", "2025-11-01") == 3


def test_w13_merges_chain_and_can_be_undone(small: Small) -> None:
    for member in (1, 2, 3, 4):
        small.add("member", created_at=small.at("2025-10-01"))
        for _ in range(2 if member == 3 else 1):
            small.sale("2025-11-05", member)
    small.add(
        "identity_merge",
        from_member_id=1,
        into_member_id=2,
        merged_at=small.at("2025-11-10"),
        undone_at=small.at("2025-11-20"),
    )
    small.add("identity_merge", from_member_id=2, into_member_id=3, merged_at=small.at("2025-11-12"))
    for known_at, buyers, frequency, repeat in (
        ("2025-11-09T00:00", 4, 1.25, 0.25),
        ("2025-11-15T00:00", 2, 2.5, 0.5),
        ("2025-11-25T00:00", 3, 5 / 3, 1 / 3),
        (None, 3, 5 / 3, 1 / 3),
    ):
        asked: dict[str, Any] = {} if known_at is None else {"known_at": known_at}
        assert small.value("purchasing_members", "2025-11-01..2025-11-08", **asked) == buyers
        assert small.value("purchase_frequency", "2025-11-01..2025-11-08", **asked) == pytest.approx(frequency)
        assert small.value("repeat_purchase_rate", "2025-11-01..2025-11-08", **asked) == pytest.approx(repeat)


YOGHURT = [{"dimension": "category_l1", "in": ["yoghurt"]}]


def test_w25_base_times_penetration_times_spend_is_the_sales(small: Small) -> None:
    yoghurt, bread = (small.add("product", category_l1=name) for name in ("yoghurt", "bread"))
    for member in range(1, 101):
        small.sale("2025-11-03", member, {"product_id": bread, "net": 1})
        for day in range(10, 14) if member <= 25 else ():
            small.sale(f"2025-11-{day}", member, {"product_id": yoghurt, "net": 3})
    penetration = small.value("penetration", "2025-11", filters=YOGHURT)
    spend = small.value("product_spend_per_buyer", "2025-11", filters=YOGHURT)
    assert penetration == pytest.approx(0.25)
    assert small.value("product_frequency", "2025-11", filters=YOGHURT) == pytest.approx(4)
    assert small.value("atv", "2025-11", filters=YOGHURT) == pytest.approx(3)
    assert spend == pytest.approx(12)
    assert 100 * (penetration or 0) * (spend or 0) == pytest.approx(
        small.value("net_revenue", "2025-11", filters=YOGHURT)
    )


def test_w25_penetrations_of_weeks_do_not_add_up(small: Small) -> None:
    yoghurt, bread = (small.add("product", category_l1=name) for name in ("yoghurt", "bread"))
    for member in range(1, 101):
        for day in ("2025-11-03", "2025-11-10"):
            small.sale(day, member, {"product_id": bread, "net": 1})
        if member <= 12:
            small.sale("2025-11-04", member, {"product_id": yoghurt, "net": 3})
        if 6 <= member <= 16:
            small.sale("2025-11-11", member, {"product_id": yoghurt, "net": 3})
    weeks = ("2025-11-03..2025-11-09", "2025-11-10..2025-11-16")
    assert [small.value("penetration", week, filters=YOGHURT) for week in weeks] == pytest.approx([0.12, 0.11])
    assert small.value("penetration", "2025-11-03..2025-11-16", filters=YOGHURT) == pytest.approx(0.16)


def test_w26_gains_and_losses_between_labels_are_matched_member_by_member(small: Small) -> None:
    alpha, beta = (small.add("product", category_l1="tea", label=name) for name in ("Alpha", "Beta"))
    for day, member, product, amount in (
        ("2025-10-05", 1, alpha, 10),
        ("2025-11-05", 1, beta, 10),
        ("2025-10-05", 2, alpha, 10),
        ("2025-10-06", 2, beta, 10),
        ("2025-11-05", 2, alpha, 16),
        ("2025-11-06", 2, beta, 6),
        ("2025-11-05", 3, alpha, 5),
    ):
        small.sale(day, member, {"product_id": product, "net": amount})

    def of(label: str, metric: str) -> float:
        return small.value(metric, "2025-11", given={"category": "tea", "label": label}) or 0

    assert (of("Beta", "switching_gain"), of("Beta", "switching_loss")) == (10, 4)
    assert (of("Alpha", "switching_gain"), of("Alpha", "switching_loss")) == (4, 10)
    assert (of("Alpha", "switching_expansion"), of("Alpha", "switching_contraction")) == (7, 0)
    by_label = [{"dimension": "label", "in": ["Alpha"]}]
    gained = small.value("buyers_new_lost_retained", "2025-11", filters=by_label)
    lost = small.value("buyers_lost", "2025-11", filters=by_label)
    assert (gained, lost, small.value("buyers_retained", "2025-11", filters=by_label)) == (1, 1, 1)


def test_w27_a_category_counts_once_in_a_basket(small: Small) -> None:
    bread, milk = (small.add("product", category_l1=name) for name in ("bread", "milk"))
    for basket in range(100):
        lines = [{"product_id": bread}] if basket < 40 else []
        lines += [{"product_id": milk}] * 2 if 22 <= basket < 52 else []
        small.sale("2025-11-05", None, *(lines or [{"net": 1}]))
    there = {"category": "bread", "other_category": "milk"}
    back = {"category": "milk", "other_category": "bread"}
    assert small.value("basket_support", "2025-11", given=there) == pytest.approx(0.18)
    assert small.value("basket_confidence", "2025-11", given=there) == pytest.approx(0.45)
    assert small.value("basket_confidence", "2025-11", given=back) == pytest.approx(0.6)
    assert small.value("basket_lift", "2025-11", given=there) == pytest.approx(1.5)


def test_w28_equal_buyers_have_equal_scores(small: Small) -> None:
    for member, orders in enumerate((1, 1, 1, 1, 1, 1, 2, 3, 5, 9), start=1):
        for _ in range(orders):
            small.sale("2025-11-05", member)
    shares = {
        score: small.value("rfm_segment_share", "2025-11", given={"recency": 1, "frequency": score})
        for score in range(1, 6)
    }
    # Six with one order score 3, those with two and three score 4, those with five and nine score 5.
    assert shares == pytest.approx({1: 0, 2: 0, 3: 0.6, 4: 0.2, 5: 0.2})
