"""Funnel: the share of people who take all steps in order, soon enough after the first."""

from typing import TYPE_CHECKING

from punchcard.catalog.metric import Model
from punchcard.plan.rows import Cut, Moment, Rows
from punchcard.sql import Name, Sql, join, sql

if TYPE_CHECKING:
    from punchcard.plan.leaf import Use
    from punchcard.plan.scope import Scope


def funnel(scope: "Scope", cut: Cut, use: "Use") -> Sql:
    """Of the people with the first of `steps` in a bucket, the share that completes them `within_days` of it.

    Every first step may begin an attempt, and an attempt takes each next step as early as it can, so no chain is
    missed. Filters and groups are those of the first step; what comes after the bucket's end does not count.
    """
    settings = use.metric.settings if isinstance(use.metric, Model) else {}
    fact = str(settings["of"])
    first, *later = (step.strip() for step in str(settings["steps"]).split(","))
    reached = scope.define("attempt", _attempts(scope, cut, use, fact, first, int(settings["within_days"])))
    for step in later:
        done = scope.define("step", _taken(scope, cut, fact, step))
        reached = scope.define("attempt", _next(reached, done))
    keys = [Name("bucket")] if cut.grain is not None else []
    keys += [Name(f"g{position}") for position in range(len(cut.by))]
    listed = [sql("{key}", key=key) for key in keys]
    by = sql(" group by {keys}", keys=join(", ", listed)) if keys else sql("")
    return sql(
        "select {columns} from (\n  select {people}, bool_or(coalesce(reached < closes, false)) as is_through"
        "\n  from {reached} group by {people}\n){by}",
        columns=join(", ", [*listed, sql("avg(cast(is_through as integer)) as {column}", column=Name(use.column))]),
        people=join(", ", [*listed, sql("member_id"), sql("stranger")]),
        reached=reached,
        by=by,
    )


def _attempts(scope: "Scope", cut: Cut, use: "Use", fact: str, step: str, days: int) -> Sql:
    moments = [Moment(one.key, one.start, one.end, one.previous_start, one.start) for one in cut.buckets]
    rows = Rows(scope, fact, cut, moments, use.parameters)
    rows.conditions.append(sql("f.name = {step} and (f.member_id is not null or f.stranger is not null)", step=step))
    rows.conditions += [rows.filter(wanted) for wanted in use.filters]
    closes = rows.formula(f"least(days_after(ts, {days}), period_end)")
    key = sql("m.key") if rows.joined else sql("{key}", key=cut.buckets[0].key)
    columns = [
        *([sql("{key} as bucket", key=key)] if cut.grain is not None else []),
        *(sql("{group} as {name}", group=group, name=Name(f"g{i}")) for i, group in enumerate(rows.groups())),
        *_person(),
        sql("f.ts as reached"),
        sql("{closes} as closes", closes=closes),
    ]
    return sql("select {columns}\n{source}", columns=join(", ", columns), source=rows.source())


def _taken(scope: "Scope", cut: Cut, fact: str, step: str) -> Sql:
    first, last = cut.buckets[0], cut.buckets[-1]
    moments = [Moment(first.key, first.start, last.end, first.previous_start, first.start)]
    rows = Rows(scope, fact, Cut(cut.buckets), moments)
    rows.conditions.append(sql("f.name = {step}", step=step))
    return sql("select {columns}\n{source}", columns=join(", ", [*_person(), sql("f.ts")]), source=rows.source())


def _next(reached: Name, done: Name) -> Sql:
    return sql(
        "select a.* replace (w.ts as reached) from {reached} as a\n"
        "asof left join {done} as w on w.member_id = a.member_id and w.stranger = a.stranger and w.ts >= a.reached",
        reached=reached,
        done=done,
    )


def _person() -> list[Sql]:
    """Who did it: a member, or a stranger's device. Missing ones are named, since unknowns match nothing in a join."""
    return [sql("coalesce(f.member_id, 0) as member_id"), sql("coalesce(f.stranger, '') as stranger")]
