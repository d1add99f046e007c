"""The design's invariants, asked of the product over seeded worlds: figures that must agree with each other."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.metrics.ours import Ours, number, ours, spoken
from tests.oracle.seed import seed
from tests.oracle.test_invariants import NO_SHARE

WORLDS = (0, 1)
EVER = "2015-01-01"


class Programme:
    """Short questions to the product over one world; what there was none of is zero."""

    def __init__(self, of: Ours, world: int) -> None:
        self.of = of
        seeded = seed(world)
        self.first, self.after = (of.calendar.day(day) for day in (seeded.start, seeded.end))
        self.month = spoken(self.first, self.after)
        self.ever = f"{EVER}..{self.month[-10:]}"
        self.before = f"{EVER}..{spoken(self.first, self.first)[-10:]}"

    def value(self, metric: str, period: str | None = None, *filters: Any, **given: str) -> float:
        """A metric, of the month unless told."""
        (row,) = self.rows({"kind": "number", "metrics": [metric]}, period, *filters, **given)
        return number(row[0]) or 0.0

    def rows(self, ask: dict[str, Any], period: str | None = None, *filters: Any, **given: str) -> Sequence[Any]:
        """The rows of an answer."""
        query = {"ask": ask, "period": period or self.month, "filters": list(filters), "with": given}
        return self.of.programme.ask(query).result.rows

    def parts(self, metric: str, dimension: str, *filters: Any) -> dict[Any, float]:
        """A metric by a dimension."""
        ask = {"kind": "table", "metrics": [metric], "by": [dimension], "total": False, "limit": 1_000}
        return {row[0]: number(row[1]) or 0.0 for row in self.rows(ask, None, *filters)}


def only(dimension: str, *values: str | None) -> dict[str, Any]:
    return {"dimension": dimension, "in": list(values)}


Sides = tuple[float, float]

# Ratios of two counts of which one is no part of the other, and why.
NO_PART = {"campaign_redeemer_rate": "coupons are used in later periods than those in which campaigns reach members"}

SCHEME, SEGMENT = only("scheme_id", "1"), only("segment_id", "2")
DAIRY = only("category_l1", "dairy")


def i01_retention_and_churn_are_all(p: Programme) -> Sides:
    return p.value("member_retention_rate") + p.value("member_churn_rate"), 1


def i02_the_ledger_closes(p: Programme) -> Sides:
    return p.value("points_ledger_balance", p.before) + p.value("points_flow"), p.value("points_ledger_balance")


def i03_what_was_earned_is_spent_expired_or_there(p: Programme) -> Sides:
    flows = ("points_earned", "points_adjusted")
    gone = ("points_burned", "points_expired")
    return (
        sum(p.value(name, p.ever) for name in flows) - sum(p.value(name, p.ever) for name in gone),
        p.value("points_balance_active") + p.value("points_balance_pending") - p.value("points_balance_negative"),
    )


def i04_no_credit_is_used_up_twice(p: Programme) -> Sides:
    left = [p.parts(name, "member_id") for name in ("points_balance_active", "points_balance_pending")]
    assert left[0]
    return min(0.0, *left[0].values(), *left[1].values()), 0


def i05_every_debit_is_matched_or_a_debt(p: Programme) -> Sides:
    """What entries add up to is what lots have left, less debits that found no lot."""
    left = p.value("points_balance_active") + p.value("points_balance_pending")
    return p.value("points_ledger_balance"), left - p.value("points_balance_negative")


def i06_a_segments_flows_lead_from_start_to_end(p: Programme) -> Sides:
    start, end = p.value("segment_size", p.before, SEGMENT), p.value("segment_size", None, SEGMENT)
    return start + p.value("segment_inflow", None, SEGMENT) - p.value("segment_outflow", None, SEGMENT), end


def i07_shares_of_an_exclusive_scheme_are_all(p: Programme) -> Sides:
    return sum(p.parts("segment_share", "segment_id", SCHEME).values()), 1


def i08_a_row_of_transitions_is_all(p: Programme) -> Sides:
    flow = p.rows({"kind": "flow", "scheme": "New", "relative": "before"})
    segments = {row[0] for row in flow if row[0] is not None}
    moved = [row for row in flow if row[0] is not None and not any(row[-2:])]
    return sum(number(row[3]) or 0 for row in moved), len(segments)


def i09_channels_add_up(p: Programme) -> Sides:
    return sum(p.parts("net_revenue", "channel").values()), p.value("net_revenue")


def i10_days_add_up(p: Programme) -> Sides:
    days = p.rows({"kind": "trend", "metrics": ["net_revenue"], "grain": "day"})
    return sum(number(row[1]) or 0 for row in days), p.value("net_revenue")


def i11_buyers_are_no_more_than_those_of_each_brand_together(p: Programme) -> Sides:
    return max(0.0, p.value("purchasing_members") - sum(p.parts("purchasing_members", "brand_id").values())), 0


def i12_buyers_times_trips_times_basket_is_sales(p: Programme) -> Sides:
    product = p.value("purchasing_members") * p.value("purchase_frequency") * p.value("identified_atv")
    return product, p.value("identified_sale_revenue")


def i13_penetration_times_buyers_times_spend_is_sales_of_the_category(p: Programme) -> Sides:
    buyers = p.value("penetration", None, DAIRY) * p.value("purchasing_members")
    return buyers * p.value("product_spend_per_buyer", None, DAIRY), p.value("identified_revenue", None, DAIRY)


def i14_a_conversion_is_credited_once(p: Programme) -> Sides:
    ask: dict[str, Any] = {
        "kind": "attribution",
        "touch": {"activity": "touched"},
        "channel": "channel",
        "conversion": {"activity": "purchase"},
        "models": ["last", "first", "linear", "position", "time_decay", "shapley"],
    }
    credit = sum(number(row[2]) or 0 for row in p.rows(ask))
    return credit, len(ask["models"]) * p.value("identified_txns_count")


def i15_nobody_opens_or_clicks_what_did_not_arrive(p: Programme) -> Sides:
    arrived = p.value("deliveries")
    return sum(max(0.0, p.value(name) - arrived) for name in ("opens_unique", "clicks_unique")), 0


def i16_every_message_has_one_fate(p: Programme) -> Sides:
    """Delivered, or bounced in one of two ways; of the rest nothing is known, so there is never too much."""
    fates = [p.value(name) for name in ("delivery_rate", "hard_bounce_rate", "soft_bounce_rate")]
    assert min(fates) > 0
    return max(1.0, sum(fates)), 1


def i17_what_labels_gain_labels_lose(p: Programme) -> Sides:
    labels = [str(label) for label in p.parts("net_revenue", "label", DAIRY) if label is not None]
    labelled = only("label", *labels)
    gain, loss = (
        sum(p.value(side, None, labelled, category="dairy", label=label) for label in labels)
        for side in ("switching_gain", "switching_loss")
    )
    assert gain > 0
    return gain, loss


def i18_members_come_and_go(p: Programme) -> Sides:
    """What new members and leavers do not explain is people who come back, so it is never below nothing."""
    back = p.value("members_net_growth") - p.value("members_new") + p.value("members_left")
    assert back >= 0
    return p.value("members_total", p.before) + p.value("members_net_growth"), p.value("members_total")


def i19_everybody_drawn_has_one_outcome(p: Programme) -> Sides:
    one = only("experiment_id", "1")
    arms = p.rows({"kind": "experiment_arms", "experiment": "1"}, p.ever)
    drawn = p.value("lots_drawn", p.ever, one)
    return sum(number(row[3]) or 0 for row in arms) + drawn * p.value("crossed_share", p.ever, one), drawn


def i20_reasons_add_up_to_discounts(p: Programme) -> Sides:
    assert sum(p.parts("discounts_given", "kind").values()) == pytest.approx(p.value("discounts_given"))
    gap = abs(p.value("discounts_given") - p.value("discount_value"))
    # A converted amount keeps four decimals, so a line is off by half of the last one on either side.
    return max(0.0, gap - 0.0001 * p.value("lines_count")), 0


def i21_shares_are_between_none_and_all(p: Programme) -> Sides:
    catalog = p.of.catalog
    shares = [
        name for name, one in catalog.metrics.items() if one.unit == "ratio" and name not in NO_SHARE | NO_PART.keys()
    ]
    asked = [name for name in shares if not any(catalog.metric(part).parameters for part in catalog.parts(name))]
    assert len(asked) > 20
    wrong = {name: value for name in asked if not -1e-9 <= (value := p.value(name)) <= 1 + 1e-9}
    assert not wrong
    return len(wrong), 0


INVARIANTS: dict[str, Callable[[Programme], Sides]] = {
    name[:3].upper(): each for name, each in globals().copy().items() if name[:1] == "i" and name[1:3].isdigit()
}
NAMED = [f"I{n:02}" for n in range(1, 22)]
COUNT_WHAT_IS_WRONG = {"I04", "I11", "I15", "I20", "I21"}  # the others must be about something


@cache
def programme(world: int, folder: Path) -> Programme:
    """The product over a world, built once."""
    return Programme(ours(world, folder), world)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("invariants")


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("invariant", NAMED)
def test_the_product_keeps(invariant: str, world: int, folder: Path) -> None:
    one, other = INVARIANTS[invariant](programme(world, folder))
    assert one == pytest.approx(other, abs=1e-6)
    assert (other == 0) == (invariant in COUNT_WHAT_IS_WRONG)


def test_every_invariant_of_the_design_is_here_and_no_other() -> None:
    assert sorted(INVARIANTS) == NAMED
