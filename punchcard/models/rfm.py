"""RFM: members scored by recency, frequency and monetary value, equal values with equal scores."""

from punchcard.models.grouping import Grouping
from punchcard.plan.leaf import Use
from punchcard.plan.rows import Cut
from punchcard.plan.scope import Scope
from punchcard.sql import Sql, sql


def rfm_segment_share(scope: Scope, cut: Cut, use: Use) -> Sql:
    """The share of buyers up to the end of the period whose scores are those asked for; 0 for monetary is any.

    A score is the fifth in which a value lies by its cumulative share. Unlike ntile, which deals equal values out at
    random, this gives equal members equal scores.
    """
    sales = Grouping.of(scope, cut, use, "purchase", "ever")
    sales.rows.conditions.append(sales.rows.formula("kind = 'sale' and member_id is not null"))
    member = sales.reduced(
        [sql("f.member_id as member_id")],
        [sql("max(f.ts) as latest"), sql("count(*) as receipts"), sql("sum(f.net) as spent")],
    )
    scored = sql(
        "select *, 6 - ceil(5 * cume_dist() over ({within} order by latest desc)) as recency,"
        " ceil(5 * cume_dist() over ({within} order by receipts)) as frequency,"
        " ceil(5 * cume_dist() over ({within} order by spent)) as monetary\nfrom (\n{member}\n) as member",
        within=sales.within(),
        member=member,
    )
    value = sql(
        "avg(cast(recency = {recency} and frequency = {frequency}"
        " and ({monetary} = 0 or monetary = {monetary}) as integer))",
        recency=use.parameters["recency"],
        frequency=use.parameters["frequency"],
        monetary=use.parameters["monetary"],
    )
    return sales.figure(use.column, value, scored)
