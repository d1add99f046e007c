"""Payback: how long buyers take to bring what winning them cost."""

from punchcard.models.grouping import Grouping
from punchcard.plan.leaf import Use
from punchcard.plan.rows import Cut
from punchcard.plan.scope import Scope
from punchcard.sql import Sql, sql


def payback_months(scope: Scope, cut: Cut, use: Use) -> Sql:
    """The first month after the first sale by whose end the margin of all buyers reaches the cost of winning them."""
    purchases = Grouping.of(scope, cut, use, "buyer_purchase", "ever")
    aged = purchases.reduced(
        [sql("f.member_id as member_id"), sql("date_diff('month', f.first_day, f.day) as age")],
        [sql("sum(f.margin) as margin")],
    )
    counted = sql(
        "select *, count(distinct member_id) over ({within}) as members\nfrom (\n{aged}\n) as aged",
        within=purchases.within(),
        aged=aged,
    )
    running = sql(
        "select *, sum(margin) over ({within} order by age) as earned\nfrom (\n{counted}\n) as counted",
        within=purchases.within(),
        counted=counted,
    )
    cost = use.parameters["acquisition_cost"]
    value = sql("min(age) filter (where earned >= {cost} * members)", cost=cost)
    return purchases.figure(use.column, value, running)
