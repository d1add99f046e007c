"""Harness: the value that the reference gives for a metric, over all data, up to a moment, or for one group."""

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from tests.oracle.design import Metric, metrics
from tests.oracle.differences import CORRECTED
from tests.oracle.reference import WHOLE, Cut, Reference
from tests.oracle.seeded.world import Cell

Value = float | None
PARAMETER = re.compile(r"\$(\w+)")

# What a breakdown by a dimension means: a condition on the relations that have it, with the group's value in it.
# Relations without the dimension keep all their rows, so ask only for metrics whose every part has it.
DIMENSIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "brand": tuple(
        (relation, "brand_id is not distinct from {value}")
        for relation in (
            *("v_line", "v_msg", "receipt", "coupon", "campaign", "consent_event", "survey_response", "social_post"),
            *("payout", "cost_entry", "budget_entry", "event", "prediction", "brand_contract", "brand_invoice"),
        )
    ),
    "store": (("v_line", "store_id is not distinct from {value}"),),
    "channel": (("v_line", "channel is not distinct from {value}"), ("v_msg", "channel is not distinct from {value}")),
    "category_l1": (("v_line", "category_l1 is not distinct from {value}"),),
    "label": (("v_line", "label is not distinct from {value}"),),
    "product": (("v_line", "product_id is not distinct from {value}"),),
    "kind": (("v_line", "kind is not distinct from {value}"),),
    "identified": (("v_line", "(root is not null) = {value}"),),
    "gender": tuple(
        (
            relation,
            # Without a member there is no gender either.
            "coalesce(root in (select member_id from member where gender is not distinct from {value}),"
            " {value} is null)",
        )
        for relation in ("v_line", "v_msg", "v_pts")
    ),
    "program": tuple(
        (relation, "program_id is not distinct from {value}")
        for relation in ("v_pts", "redemption", "enrolment", "tier_membership", "cost_entry", "budget_entry")
    ),
    "funding_brand": (("v_pts", "funded_by_brand_id is not distinct from {value}"),),
    "reward": (("redemption", "reward_id is not distinct from {value}"),),
    "comm_type": (("v_msg", "comm_type is not distinct from {value}"),),
    "campaign": tuple(
        (relation, "campaign_id is not distinct from {value}")
        for relation in ("v_msg", "coupon", "cost_entry", "budget_entry", "social_post", "payout", "participation")
    ),
    "specialty_asof": (("v_msg", "specialty_asof is not distinct from {value}"),),
    "tier_asof": (("v_msg", "tier_id_asof is not distinct from {value}"),),
    "segment_at_receipt": (
        ("v_msg", "message_id in (select message_id from message_segment where segment_id = {value})"),
    ),
    "segment_at_event": (
        (
            "v_line",
            "exists (from segment_membership s join v_root r using (member_id) where r.root = whole_v_line.root"
            " and s.segment_id = {value} and s.valid_from <= ts and (s.valid_to is null or s.valid_to > ts))",
        ),
    ),
    "tier_at_event": (
        (
            "v_line",
            "exists (from tier_membership s join v_root r using (member_id) where r.root = whole_v_line.root"
            " and s.tier_id = {value} and s.valid_from <= ts and (s.valid_to is null or s.valid_to > ts))",
        ),
    ),
    "platform": (
        ("social_post", "platform is not distinct from {value}"),
        ("event", "platform is not distinct from {value}"),
    ),
    "event": (("event", "name is not distinct from {value}"),),
    "cost_kind": (("cost_entry", "kind is not distinct from {value}"),),
    "receipt_kind": (("receipt", "kind is not distinct from {value}"),),
    "source": (("ingest_batch", "source is not distinct from {value}"),),
}


def restricted(dimension: str, value: Cell) -> Cut:
    """The data of one group of a breakdown; a value of None is the group without the attribute."""
    return Cut(where=tuple((relation, text.format(value=_literal(value))) for relation, text in DIMENSIONS[dimension]))


def reference_value(reference: Reference, metric: str, parameters: Mapping[str, Cell], cut: Cut = WHOLE) -> Value:
    """What the reference says: the design's SQL, corrected where it is known to be wrong.

    Rows after the period are not looked at, unless the design says that a metric needs them.
    With `cut.as_written`, it is the design's own text over all rows. Nothing to divide by, and nothing to add up,
    are both None.
    """
    declared = metrics(reference.design)[metric]
    text = declared["sql"]
    if not cut.as_written:
        if metric in CORRECTED:
            text = CORRECTED[metric].applied(text)
        end = parameters["t1"]
        if cut.until is None and isinstance(end, datetime) and not needs_later_rows(declared):
            cut = replace(cut, until=end)
    reference.use(cut)
    return run(reference, text, parameters)


def needs_later_rows(metric: Metric) -> bool:
    """Whether a metric of a period reads what happened after it, as returns of its sales.

    The design lets experiments look ahead too; ours are read as of the end of the period, and so is the reference.
    """
    return metric["time_scope"].startswith("later data")


def run(reference: Reference, text: str, parameters: Mapping[str, Cell]) -> Value:
    """One value of a SQL text over the part of the data in use, with the parameters that it names."""
    named = {name: parameters[name] for name in set(PARAMETER.findall(text))}
    row = reference.con.execute(text, named).fetchone()
    value = row[0] if row else None
    number = float(value) if isinstance(value, int | float | Decimal) else None
    return number if number is not None and math.isfinite(number) else None


def _literal(value: Cell) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool | int) else "'" + str(value).replace("'", "''") + "'"
