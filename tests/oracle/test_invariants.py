"""What must hold on any data, by the design: it holds for the reference over the seeded worlds."""

from collections.abc import Callable
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.oracle.asked import Asked
from tests.oracle.design import metrics
from tests.oracle.harness import restricted
from tests.oracle.reference import Cut

# Ratios that are no share of a whole, and may be negative or above 1.
NO_SHARE = {
    "basket_lift",
    "breakeven_uplift",
    "budget_utilisation",
    "burn_earn_ratio",
    "consent_optin_rate",
    "deferred_revenue_recognised",
    "discount_efficiency",
    "engagement_rate_reach",
    "incremental_share",
    "iroas",
    "lfl_revenue_growth",
    "list_growth_rate",
    "ltv_cac_ratio",
    "nrr",
    "prediction_calibration",
    "program_cost_rate",
    "program_roi",
    "promo_uplift_pct",
    "quick_ratio",
    "target_attainment",
    "uplift_pct",
}


def members_bridge(a: Asked) -> tuple[float, float]:
    at = "(select distinct root from member_at({}))"
    first = "(select root from enrolment join v_root using (member_id) group by 1 having min(enrolled_at) >= $t0)"
    came = f"select count(*) from ({at.format('$t1')} except {at.format('$t0')})"
    new = f"{came} where root in {first}"
    back = f"{came} where root not in {first}"
    left = f"select count(*) from ({at.format('$t0')} except {at.format('$t1')})"
    start = a.metric("members_total", t1=a.parameters["t0"])
    return start + a.sql(new) + a.sql(back) - a.sql(left), a.metric("members_total")


def switching(a: Asked) -> tuple[float, float]:
    labels = ("Alpha", "Beta", "Gamma", "Delta")
    gains = sum(a.metric("switching_gain", lab=label) for label in labels)
    losses = sum(a.metric("switching_loss", lab=label) for label in labels)
    unlabelled = a.sql(
        """
        with change as (
          select root, label, coalesce(sum(net) filter (ts >= $t0), 0) - coalesce(sum(net) filter (ts < $t0), 0) d
          from v_line where root is not null and category_l1 = $cat and ts >= $p0 and ts < $t1 group by 1, 2
        ), moved as (
          select root, coalesce(sum(d) filter (d > 0), 0) up, coalesce(-sum(d) filter (d < 0), 0) down
          from change group by 1
        )
        select sum(case when d > 0 then d * least(up, down) / up when d < 0 then d * least(up, down) / down end)
        from change join moved using (root) where label is null
        """
    )
    return gains + unlabelled, losses


def days(a: Asked) -> tuple[float, float]:
    zone = ZoneInfo(a.seeded.zone)
    day, total = a.seeded.start, 0.0
    while day < a.seeded.end:
        tomorrow = (day.astimezone(zone) + timedelta(days=1)).astimezone(UTC)
        total += a.metric("net_revenue", t0=day, t1=tomorrow)
        day = tomorrow
    return total, a.metric("net_revenue")


def out_of_bounds(a: Asked) -> tuple[float, float]:
    """Shares of a whole that are not between 0 and 1."""
    wrong: list[str] = []
    for name, metric in metrics(a.reference.design).items():
        if metric["unit"] == "ratio" and name not in NO_SHARE:
            value = a.metric(name)
            if not -1e-9 <= value <= 1 + 1e-9:
                wrong.append(f"{name} = {value}")
    assert not wrong
    return len(wrong), 0


def unknown_fate(a: Asked) -> float:
    """The share of messages of which nothing was heard in the period, or that the provider dropped."""
    unknown = "avg((delivered_at is null and not hard and not soft)::int)"
    text = f"select {unknown} from v_msg where sent_at >= $t0 and sent_at < $t1"
    return a.sql(text, Cut(until=a.seeded.end))


def outstanding(a: Asked) -> float:
    """What is owed when all is told."""
    return a.metric("points_balance_negative", t1=a.seeded.end + timedelta(days=999))


INVARIANTS: dict[str, Callable[[Asked], tuple[float, float]]] = {
    "I01 retention and churn are all": lambda a: (a.metric("member_retention_rate") + a.metric("member_churn_rate"), 1),
    "I02 the ledger closes": lambda a: (a.metric("ledger_gap"), 0),
    "I03 what was earned is spent, expired, or there": lambda a: (
        a.sql("select sum(points) from v_pts where occurred_at < $t1"),
        a.metric("points_balance_active") + a.metric("points_balance_pending") - a.metric("points_balance_negative"),
    ),
    "I04 no credit is used up twice": lambda a: (
        a.sql(
            "select count(*) from (select lot_entry_id, sum(x.points) used from points_allocation x group by 1)"
            " join points_entry on entry_id = lot_entry_id where used > points"
        ),
        0,
    ),
    "I05 every debit is matched, or a debt": lambda a: (
        a.sql("select -sum(points) from v_pts where points < 0"),
        a.sql("select sum(points) from points_allocation") + outstanding(a),
    ),
    "I06 a segment's flows lead from start to end": lambda a: (
        a.metric("segment_size", t1=a.parameters["t0"]) + a.metric("segment_inflow") - a.metric("segment_outflow"),
        a.metric("segment_size"),
    ),
    "I07 shares of an exclusive segmentation are all": lambda a: (
        sum(a.metric("segment_share", seg=n) for n in (1, 2, 3, 4)),
        1,
    ),
    "I08 a row of transitions is all": lambda a: (
        sum(a.metric("segment_transition_rate", seg2=number) for number in (1, 2, 3, 4))
        + a.sql(
            "select count(*) filter (root not in (select root from segment_at($t1) where scheme_id = $scheme))"
            " / count(*)::double from segment_at($t0) where segment_id = $seg"
        ),
        1,
    ),
    "I09 channels add up": lambda a: (
        sum(
            a.metric("net_revenue", restricted("channel", c))
            for c in ("pos", "web", "app", "partner", "callcentre", None)
        ),
        a.metric("net_revenue"),
    ),
    "I10 days add up": days,
    "I11 buyers are no more than those of each brand together": lambda a: (
        max(
            0.0,
            a.metric("purchasing_members")
            - sum(a.metric("purchasing_members", restricted("brand", b)) for b in (1, 2, 3)),
        ),
        0,
    ),
    "I12 buyers times trips times basket is sales": lambda a: (
        a.metric("purchasing_members")
        * a.metric("purchase_frequency")
        * a.sql("select avg(net) from v_txn where kind = 'sale' and root is not null and ts >= $t0 and ts < $t1"),
        a.sql("select sum(net) from v_txn where kind = 'sale' and root is not null and ts >= $t0 and ts < $t1"),
    ),
    "I13 penetration times buyers times spend is sales of the category": lambda a: (
        a.metric("penetration") * a.metric("purchasing_members") * a.metric("product_spend_per_buyer"),
        a.sql("select sum(net) from v_line where root is not null and category_l1 = $cat and ts >= $t0 and ts < $t1"),
    ),
    "I14 a conversion is credited once": lambda a: (
        a.sql(
            "select count(*) from (select 1 from attribution_credit group by model, conversion_kind, conversion_id"
            " having sum(weight) <> 1)"
        ),
        0,
    ),
    "I15 nobody opens or clicks what did not arrive": lambda a: (
        max(0.0, a.metric("opens_unique") - a.metric("deliveries"))
        + max(0.0, a.metric("clicks_unique") - a.metric("deliveries")),
        0,
    ),
    "I16 every message has one fate": lambda a: (
        a.metric("delivery_rate") + a.metric("hard_bounce_rate") + a.metric("soft_bounce_rate") + unknown_fate(a),
        1,
    ),
    "I17 what labels gain, labels lose": switching,
    "I18 members come and go": members_bridge,
    "I19 everybody assigned has one outcome": lambda a: (
        a.sql("select count(*) from arm_outcome($exp)"),
        a.sql("select count(*) from assignment where experiment_id = $exp"),
    ),
    "I20 reasons add up to discounts": lambda a: (
        a.sql("select sum(amount) from line_discount"),
        a.sql("select sum(discount) from txn_line"),
    ),
    "I21 shares are between none and all": out_of_bounds,
}


@pytest.mark.parametrize("invariant", INVARIANTS)
def test_invariant(asked: Asked, invariant: str) -> None:
    left, right = INVARIANTS[invariant](asked)
    assert left == pytest.approx(right, abs=1e-9)
