"""Posts whose counters are running totals, brands as clients, and what a brand's viewer may see."""

from datetime import date
from pathlib import Path

import pytest

from punchcard.errors import QueryError
from punchcard.viewer import Viewer
from tests.traps.small import Small, at

LOOKS = [(1, "11-02", 40, 800), (1, "11-08", 60, 1_000), (2, "11-02", 5, 50), (2, "11-08", 20, 100)]

POSTS = {
    "brand": [{"name": "X"}],
    "creator": [{"platform": "instagram"}, {"platform": "instagram"}],
    "creator_stat": [
        {"creator_id": creator, "observed_at": at(day), "followers": followers}
        for creator, day, followers in ((1, "10-30", 2_000), (1, "11-20", 3_000), (2, "10-30", 500))
    ],
    "social_post": [
        {"brand_id": 1, "creator_id": creator, "posted_at": at("11-01"), "review_status": "approved"}
        for creator in (1, 2)
    ],
    "social_post_stat": [
        {"post_id": post, "observed_at": at(day), "likes": acts, "reach": reach, "impressions": reach}
        for post, day, acts, reach in LOOKS
    ],
    "payout": [
        {"brand_id": 1, "creator_id": n, "status": "accrued", "amount": amount, "accrued_at": at("11-05")}
        for n, amount in ((1, 12), (2, 8))
    ],
}


def test_counters_of_posts_are_running_totals(tmp_path: Path) -> None:
    small = Small(tmp_path, POSTS)
    figures = {
        "engagements": 80,
        "reach_sum": 1_100,
        "engagement_rate_reach": pytest.approx(80 / 1_100),
        "engagement_rate_followers": pytest.approx(80 / 2_500),
        "cost_per_engagement": 0.25,
    }
    assert {name: small.number(name, "2025-11") for name in figures} == figures
    assert small.number("engagements", "2025-11-01..2025-11-05") == 45
    # The mean of the posts' own rates lets the tiny post lead; it is no total.
    rates = small.by("engagement_rate_reach", "creator_id", "2025-11")
    assert (rates["1"], rates["2"]) == (0.06, 0.2)


def test_a_counter_that_the_network_does_not_show_wipes_out_no_other(tmp_path: Path) -> None:
    look = [{"post_id": 1, "observed_at": at("11-02"), "likes": 5, "comments": 2, "saves": None}]
    assert Small(tmp_path, POSTS | {"social_post_stat": look}).number("engagements", "2025-11") == 7


CLIENTS = {
    "brand": [
        {"name": "A", "onboarded_at": at("01-01"), "offboarded_at": None},
        {"name": "B", "onboarded_at": at("01-01"), "offboarded_at": at("11-10")},
        {"name": "C", "onboarded_at": at("11-05"), "offboarded_at": at("11-20")},
    ],
    "brand_contract": [
        {"brand_id": 1, "valid_from": at("01-01"), "valid_to": at("11-15"), "monthly_fee": 100},
        {"brand_id": 1, "valid_from": at("11-15"), "monthly_fee": 150},
        {"brand_id": 2, "valid_from": at("01-01"), "valid_to": at("11-10"), "monthly_fee": 50},
        {"brand_id": 3, "valid_from": at("11-05"), "monthly_fee": 70},
    ],
}


def test_a_brand_that_came_and_went_inside_the_month_is_no_churn_of_it(tmp_path: Path) -> None:
    small = Small(tmp_path, CLIENTS)
    figures = {"brands_active": 1, "brand_churn_rate": 0.5, "mrr": 220, "nrr": 1.0}
    assert {name: small.number(name, "2025-11") for name in figures} == figures


def test_a_brand_sees_its_own_messages_and_neither_loads_nor_other_brands(tmp_path: Path) -> None:
    rows = CLIENTS | {
        "member": [{"created_at": at("01-01")}, {"created_at": at("01-01")}],
        "message": [{"brand_id": b, "member_id": b, "sent_at": at("11-05")} for b in (1, 2)],
        "message_event": [{"message_id": n, "kind": "delivered", "occurred_at": at("11-05")} for n in (1, 2)],
        "event": [{"brand_id": b, "member_id": b, "name": "open", "occurred_at": at("11-05")} for b in (1, 2)],
        "ingest_batch": [{"source": "till", "loaded_at": at("11-05"), "rows_in": 10, "rows_rejected": 1}],
    }
    small = Small(tmp_path, rows, settings="privacy: {smallest_cell: 1, largest_share: 1}\n")
    own = Viewer("A", frozenset({"1"}))
    for metric in ("recipients_members", "events_total", "new_users", "brands_active"):
        assert small.number(metric, "2025-11-01..2025-11-08", own) == 1, metric
    assert small.number("rejected_row_rate", viewer=own) is None
    assert small.number("rejected_row_rate") == 0.1


def test_credit_for_a_purchase_of_another_brand_is_not_seen(tmp_path: Path) -> None:
    rows = {
        "brand": [{"name": "A"}, {"name": "B"}],
        "campaign": [{"brand_id": 1, "starts_at": at("11-01")}],
        "touch": [{"campaign_id": 1, "channel": "email", "occurred_at": at("11-04"), "kind": "click"}],
        "txn": [{"brand_id": b, "kind": "sale", "status": "ok", "occurred_at": at("11-05")} for b in (1, 2)],
        "txn_line": [{"txn_id": b, "qty": 1, "net": 10 * b} for b in (1, 2)],
        "attribution_credit": [{"model": "last_click", "conversion_id": b, "touch_id": 1, "weight": 1} for b in (1, 2)],
    }
    small = Small(tmp_path, rows)
    assert small.number("revenue_attributed_last_click") == 30
    assert small.number("revenue_attributed_last_click", viewer=Viewer("A", frozenset({"1"}))) == 10
    assert small.number("revenue_attributed_last_click", viewer=Viewer("B", frozenset({"2"}))) is None


TARGETS = {
    "brand": [{"name": "A"}, {"name": "B"}],
    "txn": [{"brand_id": b, "kind": "sale", "status": "ok", "occurred_at": at("11-05")} for b in (1, 2)],
    "txn_line": [{"txn_id": b, "qty": 1, "net": 60 * b} for b in (1, 2)],
    "target": [
        {
            "metric_id": "net_revenue",
            "brand_id": brand,
            "period_from": begin,
            "period_to": end,
            "baseline": 30,
            "target_value": aim,
        }
        for brand, begin, end, aim in (
            (None, date(2025, 11, 1), date(2025, 12, 1), 330),
            (1, date(2025, 11, 1), date(2025, 12, 1), 90),
            (None, date(2025, 1, 1), date(2026, 1, 1), 9_000),
        )
    ],
}


def test_a_target_is_reached_by_the_metric_itself_in_the_period_it_is_set_for(tmp_path: Path) -> None:
    small = Small(tmp_path, TARGETS)
    assert small.number("target_attainment", "2025-11") == 0.5
    assert small.number("target_attainment", "2025-10") is None
    of_a = [{"dimension": "brand_id", "in": ["1"]}]
    assert small.number("target_attainment", "2025-11", filters=of_a) == 0.5
    assert small.number("target_attainment", "2025-11", Viewer("A", frozenset({"1"}))) == 0.5
    trend = small.rows({"kind": "trend", "metrics": ["target_attainment"], "grain": "month"}, "2025-10-01..2025-11-30")
    assert [row[1] for row in trend] == [None, 0.5]
    with pytest.raises(QueryError, match="for the whole or for a brand"):
        small.by("target_attainment", "objective", "2025-11")
