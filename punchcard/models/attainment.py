"""Attainment: how far a metric came from its baseline to the target that is set for the period."""

from typing import TYPE_CHECKING

from punchcard.catalog.metric import Model
from punchcard.errors import QueryError
from punchcard.plan.cells import Figure, cells
from punchcard.plan.rows import Cut, Moment, Rows
from punchcard.plan.scope import Scope
from punchcard.sql import Name, Sql, sql

if TYPE_CHECKING:
    from punchcard.plan.leaf import Use

OF_WHOM = "brand_id"


def attainment(scope: Scope, cut: Cut, use: "Use") -> Sql:
    """The way that the metric has come in each bucket with a target of its own, as a share of the way to go.

    A target is set for the whole or for one brand, so the metric is asked for that and for nothing finer.
    """
    asked = (*cut.filters, *use.filters)
    if cut.by or any(one.dimension != OF_WHOM for one in asked):
        raise QueryError("a target is set for the whole or for a brand; leave other breakdowns and filters out")
    metric = str(use.parameters["metric"].values[0])
    if isinstance(scope.catalog.metric(metric), Model):
        raise QueryError(f"{metric} is no metric that a target can be set for")
    own = Scope(scope.catalog, scope.viewer, scope.now, scope.known_at)
    actual = cells(own, cut, [Figure(metric, "actual", use.filters)])
    aims = scope.define("aims", _aims(scope, cut, use, metric, for_all=not asked and scope.viewer.brands is None))
    way = sql("(a.actual - t.baseline) / nullif(t.target_value - t.baseline, 0)")
    if cut.grain is None:
        source = sql("from ({actual}) as a cross join {aims} as t", actual=actual, aims=aims)
        return sql("select avg({way}) as {column} {source}", way=way, column=Name(use.column), source=source)
    source = sql("from ({actual}) as a join {aims} as t on t.bucket = a.bucket group by 1", actual=actual, aims=aims)
    return sql("select a.bucket, avg({way}) as {column} {source}", way=way, column=Name(use.column), source=source)


def _aims(scope: Scope, cut: Cut, use: "Use", metric: str, *, for_all: bool) -> Sql:
    moments = [Moment(one.key, one.start, one.end, one.previous_start, None) for one in cut.buckets]
    rows = Rows(scope, "aim", cut, moments, use.parameters, windowed=False)
    rows.conditions.append(sql("f.metric_id = {metric} and f.scope is null", metric=metric))
    rows.conditions.append(rows.formula("period_from = period_start_day and period_to = period_end_day"))
    rows.conditions += [rows.filter(wanted) for wanted in use.filters]
    if for_all:
        rows.conditions.append(sql("f.brand_id is null"))
    bucket = sql("m.key") if rows.joined else sql("{key}", key=cut.buckets[0].key)
    return sql("select {bucket} as bucket, f.baseline, f.target_value\n{source}", bucket=bucket, source=rows.source())
