"""Figures of our own, which the design has no reference for, over one small shop whose month is worked out by hand."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from punchcard.project import LIBRARY
from punchcard.viewer import Viewer
from tests.metrics.small import Small
from tests.oracle.design import metrics

MARCH = "2026-03"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Small:
    """Two buyers in February; in March one of them and a new one, a stranger, and milk brought back."""
    small = Small(tmp_path_factory.mktemp("shop"))
    _people(small)
    _purchases(small)
    _points(small)
    _campaign(small)
    return small


def _people(small: Small) -> None:
    small.add("program", brand_id=1)
    for gender in ("f", "m", "f"):
        small.add("member", created_at=small.at("2026-01-01"), gender=gender)
    january = small.at("2026-01-01")
    small.add("enrolment", member_id=1, program_id=1, enrolled_at=january)
    small.add("enrolment", member_id=2, program_id=1, enrolled_at=january, left_at=small.at("2026-03-10"))
    small.add("enrolment", member_id=3, program_id=1, enrolled_at=small.at("2026-03-05"))
    for member in (1, 2):
        small.add("consent_event", member_id=member, brand_id=1, channel="email", status="granted", occurred_at=january)
    small.add("segment_scheme", brand_id=1, name="Value", is_exclusive=True)
    small.add("segment", scheme_id=1, name="Best")
    small.add("segment_membership", scheme_id=1, segment_id=1, member_id=1, valid_from=january)
    small.add("tier", program_id=1, name="Gold", rank=1)
    small.add("tier_membership", member_id=1, program_id=1, tier_id=1, valid_from=january)


def _purchases(small: Small) -> None:
    for category, label in (("dairy", "Alpha"), ("bakery", "Beta"), ("dairy", "Beta")):
        small.add("product", category_l1=category, label=label)

    def line(product: int, net: int, cost: int, **more: Any) -> dict[str, Any]:
        return {"product_id": product, "net": net, "cost": Decimal(cost), **more}

    small.sale("2026-02-10", 1, line(1, 10, 6), brand_id=1)
    small.sale("2026-02-12", 2, line(2, 4, 3), brand_id=1)
    reduced = line(1, 10, 6, gross=Decimal(12), discount=Decimal(2))
    sale = small.sale("2026-03-02", 1, reduced, line(2, 4, 3), brand_id=1)
    small.add("line_discount", line_id=3, kind="promo", amount=Decimal(2), funded_by="supplier")
    small.sale("2026-03-20", 1, line(3, 5, 3), brand_id=1)
    small.sale("2026-03-05", 3, line(1, 8, 5), brand_id=1)
    small.sale("2026-03-06", None, line(2, 6, 4), brand_id=1)
    back = line(1, -10, -6, qty=Decimal(-1))
    small.sale("2026-03-25", 1, back, brand_id=1, kind="return", original_txn_id=sale)


def _points(small: Small) -> None:
    small.add("points_account", program_id=1, member_id=1)
    small.add("program_rate", program_id=1, valid_from=small.at("2026-01-01").date(), face_value=Decimal("0.01"))
    for day, kind, points, txn in (
        ("2026-03-02", "earn", 10, 3),
        ("2026-03-03", "earn", 5, None),
        ("2026-03-10", "burn", -8, None),
        ("2026-03-11", "adjust", 3, None),
        ("2026-03-11", "adjust", -1, None),
    ):
        small.add(
            "points_entry",
            account_id=1,
            program_id=1,
            member_id=1,
            kind=kind,
            points=Decimal(points),
            occurred_at=small.at(day),
            txn_id=txn,
        )


def _campaign(small: Small) -> None:
    small.add("campaign", brand_id=1, name="Spring", starts_at=small.at("2026-03-01"))
    for member in (1, 3):
        small.add("participation", campaign_id=1, member_id=member, status="received")
        small.add("coupon", campaign_id=1, brand_id=1, member_id=member, issued_at=small.at("2026-03-01"))
    for coupon, kind, day in (
        (1, "redeemed", "2026-03-02"),
        (1, "rolled_back", "2026-03-25"),
        (2, "redeemed", "2026-03-05"),
    ):
        small.add("coupon_event", coupon_id=coupon, kind=kind, occurred_at=small.at(day))
    march = small.at("2026-03-04").date()
    small.add("cost_entry", brand_id=1, kind="acquisition", incurred_on=march, amount=Decimal(30))
    small.add("cost_entry", brand_id=1, kind="message", incurred_on=march, amount=Decimal(12), campaign_id=1)
    for version, amount in (("current", 100), ("draft", 50)):
        small.add(
            "budget_entry",
            brand_id=1,
            period_from=small.at("2026-03-01").date(),
            period_to=small.at("2026-04-01").date(),
            amount=Decimal(amount),
            version=version,
        )


OF_ALPHA = {"category": "dairy", "label": "Alpha"}
OF_BEST = {"segment": "1"}
OF_GOLD = {"tier": "1"}
WOMEN = [{"dimension": "gender", "in": ["f"]}]

# What each figure is in March, and why.
FIGURES: dict[str, float] = {
    "sale_revenue": 33,  # 14 + 5 + 8 + 6
    "identified_revenue": 17,  # 14 + 5 + 8 less the 10 brought back
    "unidentified_revenue": 6,
    "returned_revenue": 10,
    "returned_revenue_by_sale": 10,
    "identified_txns_count": 3,
    "lines_count": 5,
    "lines_per_basket": 1.25,
    "discount_value": 2,
    "discounts_given": 2,
    "identified_sale_revenue": 27,
    "identified_atv": 9,
    "revenue_bridge_buyers": 0,  # two buyers then and now
    "revenue_bridge_frequency": 7,  # 2 buyers, half a trip more, of 7
    "revenue_bridge_atv": 6,  # 2 buyers, 1.5 trips, 2 more each; 0 + 7 + 6 = 27 - 14
    "repeat_buyers": 1,
    "new_buyers": 1,
    "member_spend_mean": 8.5,  # 9 and 8
    "margin_per_buyer": 11 / 3,  # 4 + 1 in February, 5 + 2 + 3 - 4 in March, three buyers ever
    "identified_margin": 6,
    "cost_booked": 42,
    "cost_acquisition": 30,
    "cost_variable": 12,
    "budget_planned": 100,
    "active_members_of_base": 2,  # the third buyer of 90 days has left
    "contactable_members": 1,
    "coupon_redemptions": 1,  # two uses, one taken back
    "coupons_redeemed": 2,
    "coupon_redeemers": 2,
    "redemptions_per_redeemer": 1,
    "campaign_members": 2,
    "points_adjusted_gross": 4,
    "points_earned_on_sales": 10,
    "points_earned_value": 0.15,
    "points_burned_90d": 8,
    "points_ledger_balance": 9,
    "points_flow": 9,
    "buyers_lost": 1,
    "buyers_retained": 1,
    "products_sold": 3,
    "categories_per_basket": 1.25,
    "categories_per_buyer": 1.5,
    "members_profiled": 3,
    "members_known": 3,
}
WITH: dict[str, tuple[dict[str, Any], list[dict[str, Any]], float]] = {
    "campaign_cost": ({"campaign": "1"}, [], 12),
    "switching_expansion": (OF_ALPHA, [], 8),  # the new buyer
    "switching_contraction": (OF_ALPHA, [], 5),  # 10 fewer, of which 5 went to the other label
    "segment_members_profiled": (OF_BEST, [], 1),
    "segment_trait_share": (OF_BEST, WOMEN, 1),
    "base_trait_share": ({}, WOMEN, 2 / 3),
    "segment_index": (OF_BEST, WOMEN, 150),
    "tier_members_at_start": (OF_GOLD, [], 1),
    "tier_spend_per_buyer": (OF_GOLD, [], 9),
}


@pytest.mark.parametrize("metric", FIGURES)
def test_a_figure_of_our_own_is_what_the_hand_finds(shop: Small, metric: str) -> None:
    assert shop.value(metric, MARCH) == pytest.approx(FIGURES[metric])


@pytest.mark.parametrize("metric", WITH)
def test_a_figure_with_parameters_is_what_the_hand_finds(shop: Small, metric: str) -> None:
    given, filters, expected = WITH[metric]
    assert shop.value(metric, MARCH, given=given, filters=filters) == pytest.approx(expected)


# The library's files whose metrics are held here, if the design has no reference for them.
OURS = (
    *("buyers", "cohorts", "coupons", "economics", "membership", "points", "products"),
    *("promotion", "rewards", "rfm", "sales", "segments", "tiers"),
)


def test_every_figure_of_our_own_is_worked_out_by_hand_somewhere(shared: Path) -> None:
    in_files = {
        line.split(":")[0]
        for name in OURS
        for line in (LIBRARY / "metrics" / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
        if line[:1].isalpha()
    }
    told = Path(__file__).with_name("test_examples.py").read_text(encoding="utf-8")
    told += Path(__file__).read_text(encoding="utf-8")
    by_hand = FIGURES.keys() | WITH.keys() | {name for name in in_files if f'"{name}"' in told}
    assert in_files - metrics(shared / "design").keys() <= by_hand


def test_a_share_of_a_product_is_of_all_buyers(shop: Small) -> None:
    ask = {"kind": "ranking", "metrics": ["penetration"], "by": "category_l1"}
    shares = {row[0]: row[1] for row in shop.rows(ask, MARCH) if row[0] is not None}
    assert shares == pytest.approx({"dairy": 1.0, "bakery": 0.5})


def test_another_brand_sees_nothing(shop: Small) -> None:
    stranger = Viewer(brands=frozenset({"2"}))
    assert shop.value("net_revenue", MARCH, viewer=stranger) is None
    for metric in ("txns_count", "purchasing_members", "coupon_redemptions", "points_flow", "members_total"):
        assert not shop.value(metric, MARCH, viewer=stranger), metric


def test_an_uplift_is_measured_against_the_weeks_before(tmp_path: Path) -> None:
    small = Small(tmp_path)
    monday = date(2026, 1, 5)
    for day in range(56):  # two units a day for eight weeks
        small.sale(str(monday + timedelta(days=day)), None, {"qty": Decimal(2)})
    for day in range(2, 9):
        small.sale(f"2026-03-0{day}", None, {"qty": Decimal(5)})
    assert small.value("promo_uplift", "2026-03-02..2026-03-08") == pytest.approx(21)
    assert small.value("promo_uplift_pct", "2026-03-02..2026-03-08") == pytest.approx(1.5)
    assert small.value("pull_forward", "2026-03-02..2026-03-08") == pytest.approx(56)  # nothing in the four weeks after


def test_a_debt_of_points_is_paid_off_when_the_next_points_come(tmp_path: Path) -> None:
    small = Small(tmp_path)
    small.add("program", brand_id=1)
    small.add("points_account", program_id=1, member_id=1)
    for day, kind, points in (("2026-03-01", "adjust", -10), ("2026-03-20", "earn", 21)):
        small.add(
            "points_entry",
            account_id=1,
            program_id=1,
            member_id=1,
            kind=kind,
            points=Decimal(points),
            occurred_at=small.at(day),
            effective_at=small.at("2026-03-25"),
        )
    small.add("points_allocation", lot_entry_id=2, debit_entry_id=1, points=Decimal(10))
    assert small.value("points_balance_pending", "2026-03-01..2026-03-15") == 0
    assert small.value("points_balance_negative", "2026-03-01..2026-03-15") == 10
    assert small.value("points_balance_pending", "2026-03-01..2026-03-22") == 11
    assert small.value("points_balance_active", "2026-03") == 11


def test_points_used_are_told_by_the_month_they_came_in(tmp_path: Path) -> None:
    small = Small(tmp_path)
    small.add("program", brand_id=1)
    small.add("points_account", program_id=1, member_id=1)
    for day, kind, points in (("2026-01-10", "earn", 50), ("2026-02-10", "earn", 40), ("2026-03-05", "burn", -60)):
        small.add(
            "points_entry",
            account_id=1,
            program_id=1,
            member_id=1,
            kind=kind,
            points=Decimal(points),
            occurred_at=small.at(day),
        )
    for lot, points in ((1, 50), (2, 10)):
        small.add("points_allocation", lot_entry_id=lot, debit_entry_id=3, points=Decimal(points))
    ask = {"kind": "table", "metrics": ["points_used"], "by": ["earned_month"], "limit": 10}
    assert [float(row[1]) for row in small.rows(ask, "2026-03")] == [50, 10, 60]
    assert small.value("points_used", "2026-02") is None


def test_of_merged_records_the_surviving_one_is_believed_moment_by_moment(tmp_path: Path) -> None:
    small = Small(tmp_path)
    for _ in (1, 2):
        small.add("member", created_at=small.at("2026-01-01"))
    small.add("identity_merge", from_member_id=1, into_member_id=2, merged_at=small.at("2026-02-01"))
    small.add("segment_scheme", brand_id=1, name="Value", is_exclusive=True)
    for name in ("Old", "New"):
        small.add("segment", scheme_id=1, name=name)
    small.add("segment_membership", scheme_id=1, segment_id=1, member_id=1, valid_from=small.at("2026-01-01"))
    small.add("segment_membership", scheme_id=1, segment_id=2, member_id=2, valid_from=small.at("2026-03-01"))
    small.sale("2026-02-10", 1, 5, brand_id=1)
    small.sale("2026-03-10", 1, 7, brand_id=1)
    ask = {"kind": "table", "metrics": ["net_revenue"], "by": ["segment.Value"], "limit": 10}
    rows = [(row[0], float(row[1])) for row in small.rows(ask, "2026-02-01..2026-03-31")]
    assert ("Old", 5.0) in rows
    assert ("New", 7.0) in rows
    assert small.value("segment_size", "2026-02") == 1
    assert small.value("segment_size", "2026-03") == 1


def test_a_programme_returns_what_it_brought_against_its_control_group(tmp_path: Path) -> None:
    small = Small(tmp_path)
    small.add("experiment", name="Global control", starts_at=small.at("2026-03-01"), outcome_window_days=30)
    for control in (False, True):
        small.add("arm", experiment_id=1, is_control=control)
    for member, arm, margin in ((1, 1, 10), (2, 1, 0), (3, 2, 2), (4, 2, 0)):
        small.add("member", created_at=small.at("2026-01-01"))
        small.add("assignment", experiment_id=1, arm_id=arm, member_id=member, assigned_at=small.at("2026-03-01"))
        if margin:
            small.sale("2026-03-10", member, {"net": margin + 5, "cost": Decimal(5)}, brand_id=1)
    small.add("cost_entry", kind="platform", incurred_on=date(2026, 3, 4), amount=Decimal(4))
    given = {"global_control": "1"}
    assert small.value("inc_margin_global", MARCH, given=given) == pytest.approx(8)  # (5 - 1) times two
    assert small.value("program_roi", MARCH, given=given) == pytest.approx(1)
