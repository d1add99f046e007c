"""Segments as conditions: whether a member was in a segment at a moment.

Read at one fixed moment, a condition on a metric is that metric per member in the window before the moment. Read at a
row's own moment, it becomes spells: each of the member's rows raises the running figure when it happens and lowers it
again when it leaves the window, so the figure is known at every instant and the reading is exact.
"""

from punchcard.catalog.catalog import Catalog
from punchcard.catalog.expression import parse
from punchcard.catalog.metric import Aggregate
from punchcard.catalog.segment import Condition, Segment
from punchcard.errors import QueryError
from punchcard.plan.scope import Scope
from punchcard.sql import Bound, Name, Sql, join, sql


def membership(scope: Scope, name: str, member: Sql, moment: Sql, *, fixed: bool) -> Sql:
    """Whether the member (SQL) is in the segment at the moment (SQL), as a condition that is never unknown."""
    return _rule(scope, scope.catalog.segment(name), member, moment, (name,), fixed=fixed)


def _rule(scope: Scope, segment: Segment, member: Sql, moment: Sql, path: tuple[str, ...], *, fixed: bool) -> Sql:
    every = [_condition(scope, condition, member, moment, path, fixed=fixed) for condition in segment.all]
    some = [_condition(scope, condition, member, moment, path, fixed=fixed) for condition in segment.any]
    if some:
        every.append(sql("({any})", any=join(" or ", some)))
    if not every:
        raise QueryError(f"segment '{path[-1]}' has no condition; give 'all' or 'any'")
    return sql("({all})", all=join(" and ", every))


def _condition(
    scope: Scope, condition: Condition, member: Sql, moment: Sql, path: tuple[str, ...], *, fixed: bool
) -> Sql:
    held = _positive(scope, condition, member, moment, path, fixed=fixed)
    return sql("not {held}", held=held) if condition.negated else held


def _positive(
    scope: Scope, condition: Condition, member: Sql, moment: Sql, path: tuple[str, ...], *, fixed: bool
) -> Sql:
    if condition.metric is not None:
        return _by_metric(scope, condition, member, moment, fixed=fixed)
    if condition.attribute is not None:
        return _by_spell(scope, "attribute_spell", "attribute", condition.attribute, "value", condition, member, moment)
    if condition.scheme is not None:
        return _by_spell(scope, "segment_spell", "scheme", condition.scheme, "segment", condition, member, moment)
    if condition.member is not None:
        return _by_record(scope, condition, member)
    if condition.segment is not None:
        if condition.segment in path:
            raise QueryError(
                f"segment '{condition.segment}' depends on itself: {' > '.join((*path, condition.segment))}"
            )
        inner = scope.catalog.segment(condition.segment)
        return _rule(scope, inner, member, moment, (*path, condition.segment), fixed=fixed)
    refs = join(", ", [sql("{ref}", ref=ref) for ref in condition.refs] or [sql("null")])
    return sql(
        "coalesce({member} in (select id from keys.member where ref in ({refs})), false)", member=member, refs=refs
    )


def counted(catalog: Catalog, condition: Condition) -> Aggregate:
    """The metric of a condition; QueryError if it cannot be taken per member over a trailing window."""
    name = condition.metric or ""
    metric = catalog.metric(name)
    if (
        not isinstance(metric, Aggregate)
        or metric.per is not None
        or metric.additivity != "additive"
        or metric.over != "period"
    ):
        raise QueryError(f"a segment can count or sum rows; '{name}' is not an additive aggregate")
    if catalog.fact(metric.of).member is None:
        raise QueryError(f"a segment needs members; '{name}' counts {metric.of}, which has none")
    if condition.at_least is None and condition.at_most is None:
        raise QueryError(f"the condition on '{name}' needs 'at_least' or 'at_most'")
    return metric


def _by_metric(scope: Scope, condition: Condition, member: Sql, moment: Sql, *, fixed: bool) -> Sql:
    metric = counted(scope.catalog, condition)
    if not _zero_counts(condition):
        spells = scope.define("spell", _spells(scope, metric, condition))
        return _inside(spells, member, moment, fixed=fixed)
    # Members without any such row have the figure 0 at every moment, and no spell: in are all who are not outside.
    outside = scope.define("spell", _spells(scope, metric, condition, outside=True))
    return sql("({member} is not null and not {out})", member=member, out=_inside(outside, member, moment, fixed=fixed))


def _zero_counts(condition: Condition) -> bool:
    above = condition.at_least is None or condition.at_least <= 0
    return above and (condition.at_most is None or condition.at_most >= 0)


def _inside(spells: Name, member: Sql, moment: Sql, *, fixed: bool) -> Sql:
    """Whether a spell of the member covers the moment; one fixed moment needs the spells read only once."""
    if fixed:
        covering = sql(
            "select member_id from {s} where since <= {moment} and until > {moment}", s=spells, moment=moment
        )
        return sql("coalesce({member} in ({covering}), false)", member=member, covering=covering)
    return sql(
        "exists (select 1 from {s} as s where s.member_id = {member} and s.since <= {moment} and s.until > {moment})",
        s=spells,
        member=member,
        moment=moment,
    )


def _spells(scope: Scope, metric: Aggregate, condition: Condition, *, outside: bool = False) -> Sql:
    """Spells [since, until) of members for whom the condition holds, or, `outside`, for whom it does not."""
    fact = scope.catalog.fact(metric.of)
    parameters: dict[str, Bound] = {}

    def column(name: str) -> Sql:
        return sql("f.{name}", name=Name(name))

    amount = _amount(metric)
    value = sql("1") if amount is None else parse(amount).compile(column, parameters)
    where = (
        sql("true")
        if metric.where is None
        else parse(metric.where).compile(column, parameters, zone=scope.catalog.calendar.zone)
    )
    rows = sql(
        "select f.{member} as member_id, f.{time} as at, {value} as amount from {fact} as f"
        " where f.{member} is not null and {where}",
        member=Name(fact.member or ""),
        time=Name(fact.time or ""),
        value=value,
        fact=scope.relation(metric.of),
        where=where,
    )
    steps = sql("select member_id, at, amount from rows_of")
    if condition.last_days is not None:
        zone = scope.catalog.calendar.zone
        leaving = sql("timezone({zone}, timezone({zone}, at) + to_days({days}))", zone=zone, days=condition.last_days)
        steps = sql("{steps} union all select member_id, {leaving}, -amount from rows_of", steps=steps, leaving=leaving)
    bounds = [sql("amount >= {least}", least=condition.at_least)] if condition.at_least is not None else []
    bounds += [sql("amount <= {most}", most=condition.at_most)] if condition.at_most is not None else []
    held = join(" and ", bounds)
    kept = sql("not ({held})", held=held) if outside else held
    return sql(
        "with rows_of as ({rows}), step as (select member_id, at, sum(amount) as amount from ({steps}) group by 1, 2),"
        " level as (select member_id, at as since, sum(amount) over w as amount,"
        " coalesce(lead(at) over w, timestamptz 'infinity') as until"
        " from step window w as (partition by member_id order by at))"
        " select member_id, since, until from level where {kept}",
        rows=rows,
        steps=steps,
        kept=kept,
    )


def _amount(metric: Aggregate) -> str | None:
    """What one row adds to the metric: nothing for a count, the summed formula for a sum."""
    tree = parse(metric.value).tree
    name = type(tree).__name__
    if name == "Count" and "distinct" not in metric.value.lower():
        return None
    if name == "Sum":
        return tree.this.sql(dialect="duckdb")
    raise QueryError(f"a segment can use 'count(*)' or 'sum(...)', not '{metric.value}'")


def _by_spell(
    scope: Scope, fact: str, which: str, name: str, value: str, condition: Condition, member: Sql, moment: Sql
) -> Sql:
    return sql(
        "exists (select 1 from {fact} as s where s.member_id = {member} and s.{which} = {name} and {among}"
        " and s.valid_from <= {moment} and (s.valid_to is null or s.valid_to > {moment}))",
        fact=scope.relation(fact),
        member=member,
        which=Name(which),
        name=name,
        among=_among(sql("s.{value}", value=Name(value)), condition.within),
        moment=moment,
    )


def _by_record(scope: Scope, condition: Condition, member: Sql) -> Sql:
    among = _among(sql("s.{column}", column=Name(condition.member or "")), condition.within)
    return sql(
        "exists (select 1 from {fact} as s where s.member_id = {member} and {among})",
        fact=scope.relation("profile"),
        member=member,
        among=among,
    )


def _among(value: Sql, wanted: tuple[str | None, ...]) -> Sql:
    parts = (
        [
            sql(
                "{value} in ({listed})",
                value=value,
                listed=join(", ", [sql("{v}", v=v) for v in wanted if v is not None]),
            )
        ]
        if any(v is not None for v in wanted)
        else []
    )
    if None in wanted:
        parts.append(sql("{value} is null", value=value))
    return sql("({any})", any=join(" or ", parts)) if parts else sql("true")
