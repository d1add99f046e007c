"""Payout rules: what is owed to the cent, entry by entry, however counters and sales come in."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Any

import pytest

from punchcard.viewer import Viewer
from tests.traps.small import Small, at

CENT = Decimal("0.01")
EVER = "all"


def rule(basis: str, *steps: tuple[float, float], cap: float | None = None, **more: Any) -> list[dict[str, Any]]:
    """The rows of a rule of brand 1."""
    most = None if cap is None else exact(cap)
    common = {"rule": "1", "brand_id": 1, "basis": basis, "cap": most, "currency": "EUR", **more}
    return [{**common, "from_units": exact(start), "unit_amount": exact(amount)} for start, amount in steps]


def exact(amount: float) -> Decimal:
    """An amount as it is written."""
    return Decimal(str(amount))


def look(post: int, day: str, likes: int, **more: int) -> dict[str, Any]:
    return {"post_id": post, "observed_at": at(day), "likes": likes, **more}


def market(rules: list[dict[str, Any]], looks: list[dict[str, Any]], **post: Any) -> dict[str, list[dict[str, Any]]]:
    """Two posts of two creators for a campaign of brand 1, under rules."""
    posts = [
        {
            "brand_id": 1,
            "campaign_id": 1,
            "creator_id": n,
            "posted_at": at("11-01"),
            "review_status": "approved",
            **post,
        }
        for n in (1, 2)
    ]
    return {
        "brand": [{"name": "One"}, {"name": "Two"}],
        "member": [{}, {}],
        "creator": [{"member_id": 1}, {"member_id": 2}],
        "campaign": [{"brand_id": 1, "starts_at": at("11-01"), "status": "live"}],
        "social_post": posts,
        "social_post_stat": looks,
        "payout_rule": rules,
    }


def ledger(small: Small, *by: str) -> dict[tuple[Any, ...], Decimal | None]:
    """What the rules say, by these dimensions."""
    found = small.rows({"kind": "table", "metrics": ["payouts_by_rule"], "by": list(by), "total": False}, EVER)
    return {tuple(row[: len(by)]): row[len(by)] for row in found}


def test_totals_so_far_are_paid_once_and_corrections_are_taken_back(tmp_path: Path) -> None:
    looks = [
        look(1, "11-02", 40),
        look(1, "11-03", 40),  # the same again
        look(1, "11-08", 60),
        look(2, "11-08", 20),
        look(2, "11-02", 5),  # came late
        look(1, "11-20", 57),  # the network corrects itself
    ]
    small = Small(tmp_path, market(rule("engagement", (0, 0.2)), looks))
    assert ledger(small, "post_id", "reason") == {
        ("1", "first"): 8,
        ("1", "more"): 4,
        ("1", "corrected"): Decimal("-0.6"),
        ("2", "first"): 1,
        ("2", "more"): 3,
    }
    assert small.number("payouts_by_rule", EVER) == 15.4
    assert small.number("payouts_by_rule", "2025-11-01..2025-11-03") == 9


def test_engagements_and_cost_go_by_the_last_look(tmp_path: Path) -> None:
    """W31: two posts whose looks must not be added up, and payouts of 12 and 8."""
    looks = [look(1, "11-02", 40, reach=800), look(1, "11-08", 60, reach=1000)]
    looks += [look(2, "11-02", 5, reach=50), look(2, "11-08", 20, reach=100)]
    owed = [{"post_id": n, "brand_id": 1, "creator_id": n, "status": "accrued"} for n in (1, 2)]
    rows = market(rule("engagement", (0, 0.4), cap=12), looks)
    rows["payout"] = [
        {**one, "amount": amount, "accrued_at": at("11-08"), "currency": "EUR"}
        for one, amount in zip(owed, (12, 8), strict=True)
    ]
    small = Small(tmp_path, rows)
    assert small.number("engagements", "2025-11") == 80
    assert small.number("engagement_rate_reach", "2025-11") == pytest.approx(80 / 1100)
    assert small.number("cost_per_engagement", "2025-11") == pytest.approx(0.25)
    assert ledger(small, "post_id") == {("1",): 12, ("2",): 8}
    assert small.number("payouts_unexplained", "2025-11") == 0
    assert small.number("payouts_beyond_cap", "2025-11") == 12


@pytest.mark.parametrize(
    ("rules", "likes", "due"),
    [
        (rule("engagement", (0, 0.019)), 7, "0.13"),  # 0.133: fractions of a cent are dropped
        (rule("engagement", (0, 0.01), (100, 0.03)), 99, "0.99"),
        (rule("engagement", (0, 0.01), (100, 0.03)), 150, "2.50"),  # the second step pays for what is beyond it only
        (rule("engagement", (50, 1)), 50, None),
        (rule("engagement", (0, 1), cap=20), 500, "20"),
        (rule("post", (0, 50)), 0, "50"),
        (rule("engagement", (0, 1), valid_from=at("11-02")), 10, None),  # the post is older than the rule
        (rule("engagement", (0, 1), valid_to=at("11-01")), 10, None),
        (rule("engagement", (0, 1), campaign_id=2), 10, None),
        ([*rule("engagement", (0, 1)), *rule("engagement", (0, 2), rule="2", campaign_id=1)], 10, "20"),
    ],
)
def test_a_rule_gives(rules: list[dict[str, Any]], likes: int, due: str | None, tmp_path: Path) -> None:
    small = Small(tmp_path, market(rules, [look(1, "11-05", likes)]))
    found = ledger(small, "post_id").get(("1",))
    assert found == (None if due is None else Decimal(due))


def test_the_operators_rule_pays_only_where_the_brand_has_none(tmp_path: Path) -> None:
    own, general = rule("engagement", (0, 1)), rule("engagement", (0, 3), rule="2", brand_id=None, campaign_id=1)
    looks = [look(1, "11-05", 10)]
    (tmp_path / "both").mkdir()
    (tmp_path / "none").mkdir()
    both = Small(tmp_path / "both", market([*own, *general], looks))
    assert both.number("payouts_by_rule", "2025-11") == 10
    assert both.number("payouts_by_rule", "2025-11", Viewer("one", frozenset({"1"}))) == 10
    none = Small(tmp_path / "none", market(general, looks))
    assert none.number("payouts_by_rule", "2025-11") == 30
    assert none.number("payouts_by_rule", "2025-11", Viewer("one", frozenset({"1"}))) is None


def test_a_post_that_is_taken_down_gives_back_what_it_earned(tmp_path: Path) -> None:
    looks = [look(1, "11-02", 40), look(1, "11-08", 60)]
    small = Small(tmp_path, market(rule("engagement", (0, 0.2)), looks, removed_at=at("11-05")))
    assert ledger(small, "reason") == {("first",): 8, ("taken down",): -8}


def test_a_post_that_is_not_approved_earns_nothing(tmp_path: Path) -> None:
    small = Small(tmp_path, market(rule("engagement", (0, 0.2)), [look(1, "11-02", 40)], review_status="rejected"))
    assert small.number("payouts_by_rule", EVER) is None


def test_a_share_of_sales_follows_the_last_click_and_returns(tmp_path: Path) -> None:
    rows = market(rule("sale", (0, 0.1), cap=25), [])
    rows["touch"] = [{"campaign_id": 1, "creator_id": 1, "kind": "click", "occurred_at": at("11-04")}]
    sales = [("sale", "11-05", 120.55), ("sale", "11-14", 80), ("sale", "11-20", 100), ("return", "11-25", -60)]
    rows["txn"] = [{"brand_id": 1, "kind": kind, "status": "ok", "occurred_at": at(day)} for kind, day, _ in sales]
    rows["txn_line"] = [{"txn_id": n, "qty": 1, "net": exact(net)} for n, (*_, net) in enumerate(sales, 1)]
    rows["attribution_credit"] = [
        {"model": "last_click", "conversion_id": n, "touch_id": 1, "weight": 1} for n in range(1, 5)
    ]
    small = Small(tmp_path, rows)
    entries = small.rows({"kind": "trend", "metrics": ["payouts_by_rule"], "grain": "day"}, "2025-11")
    assert [(row[0].day, row[1]) for row in entries if row[1]] == [
        (5, Decimal("12.05")),
        (14, Decimal(8)),
        (20, Decimal("4.95")),  # up to the cap
        (25, Decimal("-0.95")),  # 240.55 of sales are left
    ]


KINDS: dict[str, Callable[[random.Random], list[tuple[float, float]]]] = {
    "flat": lambda chance: [(0, chance.randint(1, 40) / 1000)],
    "tiers": lambda chance: [(0, 0.01), (chance.randint(1, 60), 0.03), (chance.randint(61, 200), 0.005)],
}


@pytest.mark.parametrize("seed", range(4))
def test_the_ledger_is_what_a_plain_reckoning_gives(seed: int, tmp_path: Path) -> None:
    """Random rules and looks: sums to the cent, never above a cap, and more reactions never bring less."""
    chance = random.Random(seed)
    brands = range(1, 7)
    steps = {brand: KINDS[chance.choice(list(KINDS))](chance) for brand in brands}
    caps = {brand: chance.choice([None, 0.5, 2.0]) for brand in brands}
    rules = [row for b in brands for row in rule("engagement", *steps[b], cap=caps[b], rule=str(b), brand_id=b)]
    posts = {number: chance.choice(list(brands)) for number in range(1, 61)}
    looks = {number: list(counted(chance)) for number in posts}
    rows = market(rules, [look_at(post, *one) for post, seen in looks.items() for one in seen])
    rows["brand"] = [{"name": str(brand)} for brand in brands]
    rows["social_post"] = [
        {"brand_id": brand, "creator_id": 1, "posted_at": at("11-01"), "review_status": "approved"}
        for brand in posts.values()
    ]
    small = Small(tmp_path, rows)
    found = ledger(small, "post_id")
    owed = defaultdict[str, Decimal](Decimal)
    for post, brand in posts.items():
        if looks[post]:
            owed[str(post)] = due(steps[brand], caps[brand], max(looks[post])[1])
    assert {post: amount for (post,), amount in found.items() if amount} == {post: d for post, d in owed.items() if d}
    assert small.number("payouts_by_rule", EVER) == float(sum(owed.values()))
    for brand in brands:
        by_units = [due(steps[brand], caps[brand], units) for units in range(400)]
        assert by_units == sorted(by_units)
        assert caps[brand] is None or by_units[-1] <= exact(caps[brand] or 0)


def counted(chance: random.Random) -> Iterator[tuple[datetime, int]]:
    """Looks at a post in any order, some falling."""
    units, moments = 0, chance.sample(range(1, 40), chance.randint(0, 6))
    for moment in sorted(moments):
        units = max(0, units + chance.randint(-10, 80))
        yield at("11-01") + timedelta(hours=moment * 7), units


def look_at(post: int, moment: datetime, likes: int) -> dict[str, Any]:
    return {"post_id": post, "observed_at": moment, "likes": likes}


def due(steps: list[tuple[float, float]], cap: float | None, units: int) -> Decimal:
    """What a rule gives for so many units."""
    ends = [*(exact(start) for start, _ in steps[1:]), Decimal(10**9)]
    earned = sum(
        (
            max(min(Decimal(units), end) - exact(start), Decimal(0)) * exact(amount)
            for (start, amount), end in zip(steps, ends, strict=True)
        ),
        Decimal(0),
    )
    return (earned if cap is None else min(earned, exact(cap))).quantize(CENT, ROUND_FLOOR)
