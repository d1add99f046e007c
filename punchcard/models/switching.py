"""Switching: where a label's gains come from and its losses go to, member by member."""

from punchcard.catalog.metric import Model
from punchcard.errors import QueryError
from punchcard.models.grouping import Grouping
from punchcard.plan.leaf import Use
from punchcard.plan.rows import Cut
from punchcard.plan.scope import Scope
from punchcard.sql import Name, Sql, sql, trusted

# A member's rises and falls over the labels of a category are matched up to the smaller of the two; the rest is
# expansion or contraction of the member's spend on the category.
SIDES = {
    "gain": "change * least(up, down) / up",
    "expansion": "change * (up - least(up, down)) / up",
    "loss": "-change * least(up, down) / down",
    "contraction": "-change * (down - least(up, down)) / down",
}


def switching(scope: Scope, cut: Cut, use: Use) -> Sql:
    """Spend that the label won from, or lost to, other labels of the category, or that came or went altogether."""
    side = str(use.metric.settings["side"]) if isinstance(use.metric, Model) else ""
    if side not in SIDES:
        raise QueryError(f"{use.name}: no side '{side}'; known are {', '.join(SIDES)}")
    lines = Grouping.of(scope, cut, use, "line", "previous_and_period")
    lines.rows.conditions.append(lines.rows.formula("member_id is not null and category_l1 = $category"))
    start = lines.rows.moment("period_start")
    spend = lines.reduced(
        [sql("f.member_id as member_id"), sql("f.label as label")],
        [
            sql(
                "coalesce(sum(f.net) filter (f.ts >= {start}), 0)"
                " - coalesce(sum(f.net) filter (f.ts < {start}), 0) as change",
                start=start,
            )
        ],
    )
    matched = sql(
        "select *, sum(greatest(change, 0)) over ({within}) as up, sum(greatest(-change, 0)) over ({within}) as down\n"
        "from (\n{spend}\n) as spend",
        within=lines.within(Name("member_id")),
        spend=spend,
    )
    moving = sql("change > 0") if side in ("gain", "expansion") else sql("change < 0")
    value = sql(
        "sum(cast({amount} as double)) filter (where label = {label} and {moving})",
        amount=trusted(SIDES[side]),
        label=use.parameters["label"],
        moving=moving,
    )
    return lines.figure(use.column, value, matched)
