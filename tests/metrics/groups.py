"""Groups: by which dimensions a metric's breakdown is held against the reference over the rows of one group."""

from collections.abc import Mapping

# What the oracle's dimensions are called in questions.
NAMES: Mapping[str, str] = {
    "brand": "brand_id",
    "store": "store_id",
    "channel": "channel",
    "category_l1": "category_l1",
    "label": "label",
    "gender": "member.gender",
    "program": "program_id",
    "funding_brand": "funded_by_brand_id",
    "reward": "reward_id",
    "campaign": "campaign_id",
    "cost_kind": "kind",
}

_SALES = ("brand", "store", "channel", "category_l1", "label", "gender")

# The dimensions that all of these relations have, so that rows of one group can be told from the others.
_RELATIONS: tuple[tuple[frozenset[str], tuple[str, ...]], ...] = (
    (frozenset({"v_line", "v_txn", "store", "line_discount"}), _SALES),
    (frozenset({"v_pts", "lot_at"}), ("program", "funding_brand", "gender")),
    (frozenset({"redemption"}), ("program", "reward")),
    (frozenset({"coupon", "coupon_event"}), ("brand", "campaign")),
    (frozenset({"cost_entry"}), ("brand", "program", "campaign", "cost_kind")),
    (frozenset({"member_at", "enrolment", "v_root"}), ("program",)),
)

_FIRST = "a member's first or earlier act is that of all, also in a breakdown, not the first one in the group"
_SHARE = "a share of all: the denominator is not cut by the dimension, and the reference of a group knows no other"

# Breakdowns that mean another thing than the reference over one group's rows alone, by metric and oracle's dimension.
ANOTHER_MEANING: Mapping[str, Mapping[str, str]] = {
    **{
        name: dict.fromkeys(_SALES, _FIRST)
        for name in (
            "interpurchase_days_median",
            "second_purchase_rate_60d",
            "new_buyer_revenue_share",
            "reactivated_members",
            "cohort_retention",
            "retention_unbounded",
            "payback_months",
        )
    },
    "members_new": {"program": _FIRST},
    "ltv_cac_ratio": dict.fromkeys(_SALES, "costs have no such dimension in the reference"),
    "channel_revenue_share": {"channel": _SHARE},
    "reward_share": {"reward": _SHARE},
    **{
        name: {"category_l1": _SHARE, "label": _SHARE}
        for name in ("penetration", "basket_penetration", "category_revenue_share")
    },
    "coupon_discount_cost": dict.fromkeys(("brand", "campaign"), "the reference reads uses without their coupon"),
}


def dimensions_of(metric: str, reads: frozenset[str]) -> tuple[str, ...]:
    """The oracle's dimensions by which a metric that reads these relations is held against it."""
    names = next((names for relations, names in _RELATIONS if reads <= relations), ())
    return tuple(name for name in names if name not in ANOTHER_MEANING.get(metric, {}))
