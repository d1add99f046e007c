"""Segments as conditions: whether a member was in a segment at a moment.

A condition on a metric needs the member's running figure at the moment. Each of the member's rows raises it when it
happens and lowers it again when it leaves the window, so the figure is a step function of time, known exactly at every
instant; an ASOF join reads it at a row's own moment, at a period's start, or now.
"""

from collections.abc import Callable
from dataclasses import dataclass

from msgspec import structs

from punchcard.catalog.catalog import Catalog
from punchcard.catalog.expression import parse
from punchcard.catalog.metric import Aggregate
from punchcard.catalog.segment import Condition, Segment
from punchcard.catalog.table import Type
from punchcard.errors import QueryError, did_you_mean
from punchcard.plan.scope import Scope
from punchcard.sql import Name, Sql, join, sql

# Adds a join to the statement that is being put together: given an alias it makes the join; gives the alias back.
Join = Callable[[Callable[[str], Sql]], str]


@dataclass(frozen=True, slots=True)
class Asked:
    """Of whom and when: the member and the moment as SQL, and where joins go.

    `fixed` says that the moment is one instant for all rows.
    """

    scope: Scope
    member: Sql
    moment: Sql
    fixed: bool
    join: Join


def membership(asked: Asked, name: str) -> Sql:
    """Whether the member is in the segment at the moment, as a condition that is never unknown."""
    return _rule(asked, asked.scope.catalog.segment(name), (name,))


def _rule(asked: Asked, segment: Segment, path: tuple[str, ...]) -> Sql:
    every = [_condition(asked, condition, path) for condition in segment.all]
    some = [_condition(asked, condition, path) for condition in segment.any]
    if some:
        every.append(sql("({any})", any=join(" or ", some)))
    if not every:
        raise QueryError(f"segment '{path[-1]}' has no condition; give 'all' or 'any'")
    # A row without a member is nobody: it is in no segment, not even in one of those who did nothing.
    return sql("({member} is not null and {all})", member=asked.member, all=join(" and ", every))


def _condition(asked: Asked, condition: Condition, path: tuple[str, ...]) -> Sql:
    held = _positive(asked, condition, path)
    return sql("not {held}", held=held) if condition.negated else held


def _positive(asked: Asked, condition: Condition, path: tuple[str, ...]) -> Sql:
    if condition.metric is not None or condition.did is not None:
        return _by_figure(asked, condition)
    if condition.attribute is not None:
        return _by_spell(asked, _ATTRIBUTE, condition.attribute, condition)
    if condition.scheme is not None:
        return _by_spell(asked, _SEGMENT, condition.scheme, condition)
    if condition.member is not None:
        return _by_record(asked, condition)
    if condition.segment is not None:
        if condition.segment in path:
            circle = " > ".join((*path, condition.segment))
            raise QueryError(f"segment '{condition.segment}' depends on itself: {circle}")
        return _rule(asked, asked.scope.catalog.segment(condition.segment), (*path, condition.segment))
    refs = join(", ", [sql("{ref}", ref=ref) for ref in condition.refs] or [sql("null")])
    # Who is listed by a number that was merged away is meant as the person.
    listed = sql(
        "select coalesce(r.root, k.id) from keys.member as k left join {root} as r on r.member_id = k.id"
        " where k.ref in ({refs})",
        root=asked.scope.relation("root"),
        refs=refs,
    )
    return sql("coalesce({member} in ({listed}), false)", member=asked.member, listed=listed)


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
    if condition.at_least is None and condition.at_most is None and condition.exactly is None:
        raise QueryError(f"the condition on '{name}' needs 'at_least' or 'at_most'")
    return metric


def done(catalog: Catalog, condition: Condition) -> Aggregate:
    """How often an activity was done, as a metric; QueryError if there is no such activity or property.

    A name that is no declared activity is one that an activity's rows give themselves (`named_by`).
    """
    name = condition.did or ""
    named_by = next((one for one in catalog.activities.values() if one.named_by is not None), None)
    activity = catalog.activities.get(name)
    conditions: list[str] = []
    if activity is None:
        if named_by is None or did_you_mean(name, catalog.activities):
            raise QueryError(f"no activity '{name}'{did_you_mean(name, catalog.activities)}")
        activity = named_by
        conditions.append(f"{named_by.named_by} = {_quoted(name)}")
    if activity.where is not None:
        conditions.append(f"({activity.where})")
    columns = catalog.fact(activity.of).columns
    for title, values in condition.where.items():
        column = activity.properties.get(title)
        if column is None:
            raise QueryError(f"'{name}' has no property '{title}'{did_you_mean(title, activity.properties)}")
        if column not in columns or columns[column].type is not Type.TEXT:
            raise QueryError(f"a segment can look only at text that '{name}' has itself; '{title}' is not")
        conditions.append(f"{column} in ({', '.join(map(_quoted, values))})")
    where = " and ".join(conditions) or None
    return Aggregate(title=activity.title, method=activity.meaning, of=activity.of, where=where, value="count(*)")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _bounded(condition: Condition) -> Condition:
    """A condition with its bounds: at least once where an activity has none, `exactly` as both."""
    if condition.exactly is not None:
        return structs.replace(condition, at_least=condition.exactly, at_most=condition.exactly)
    if condition.did is not None and condition.at_least is None and condition.at_most is None:
        return structs.replace(condition, at_least=1)
    return condition


def _by_figure(asked: Asked, condition: Condition) -> Sql:
    condition = _bounded(condition)
    catalog = asked.scope.catalog
    metric = counted(catalog, condition) if condition.did is None else done(catalog, condition)
    levels = asked.scope.define("level", _levels(asked.scope, metric, condition.last_days))

    def joined(alias: str) -> Sql:
        if asked.fixed:
            return sql(
                "left join (select member_id, arg_max(amount, since) as amount from {levels}"
                " where since <= {moment} group by 1) as {alias} on {alias}.member_id = {member}",
                levels=levels,
                moment=asked.moment,
                alias=Name(alias),
                member=asked.member,
            )
        return sql(
            "asof left join {levels} as {alias} on {alias}.member_id = {member} and {alias}.since <= {moment}",
            levels=levels,
            alias=Name(alias),
            member=asked.member,
            moment=asked.moment,
        )

    # Members without any such row have no level: their figure is 0 at every moment.
    level = sql("coalesce({alias}.amount, 0)", alias=Name(asked.join(joined)))
    bounds: list[Sql] = []
    if condition.at_least is not None:
        bounds.append(sql("{level} >= {least}", level=level, least=condition.at_least))
    if condition.at_most is not None:
        bounds.append(sql("{level} <= {most}", level=level, most=condition.at_most))
    return sql("({bounds})", bounds=join(" and ", bounds))


def _levels(scope: Scope, metric: Aggregate, last_days: int | None) -> Sql:
    """The running figure of each member: `amount` from `since` on, until the member's next level."""
    fact = scope.catalog.fact(metric.of)
    zone = scope.catalog.calendar.zone

    def column(name: str) -> Sql:
        return sql("f.{name}", name=Name(name))

    amount = amount_of(metric)
    value = sql("1") if amount is None else parse(amount).compile(column, zone=zone)
    where = sql("true") if metric.where is None else parse(metric.where).compile(column, zone=zone)
    rows = sql(
        "select f.{member} as member_id, f.{time} as ts, {value} as amount from {fact} as f"
        " where f.{member} is not null and {where}",
        member=Name(fact.member or ""),
        time=Name(fact.time or ""),
        value=value,
        fact=scope.relation(metric.of),
        where=where,
    )
    steps = sql("select member_id, ts, amount from happened")
    if last_days is not None:
        # Days of 24 hours: a row's own moment is rarely midnight, and wall-clock arithmetic costs a second a million.
        leaving = sql("select member_id, ts + to_hours({hours}), -amount from happened", hours=24 * last_days)
        steps = sql("{steps} union all {leaving}", steps=steps, leaving=leaving)
    return sql(
        "with happened as ({rows}), step as (select member_id, ts, sum(amount) as amount from ({steps}) group by 1, 2)"
        " select member_id, ts as since, sum(amount) over (partition by member_id order by ts) as amount from step",
        rows=rows,
        steps=steps,
    )


def amount_of(metric: Aggregate) -> str | None:
    """What one row adds to the metric: nothing for a count, the summed formula for a sum."""
    tree = parse(metric.value).tree
    name = type(tree).__name__
    if name == "Count" and "distinct" not in metric.value.lower():
        return None
    if name == "Sum":
        return tree.this.sql(dialect="duckdb")
    raise QueryError(f"a segment can use 'count(*)' or 'sum(...)', not '{metric.value}'")


# A history of members: the fact with its spells, the column that names the history, the column with its value.
_ATTRIBUTE = ("attribute_spell", "attribute", "value")
_SEGMENT = ("segment_spell", "scheme", "segment")


def _by_spell(asked: Asked, history: tuple[str, str, str], name: str, condition: Condition) -> Sql:
    fact, which, value = history
    return sql(
        "exists (select 1 from {fact} as s where s.member_id = {member} and s.{which} = {name} and {among}"
        " and s.valid_from <= {moment} and (s.valid_to is null or s.valid_to > {moment}))",
        fact=asked.scope.relation(fact),
        member=asked.member,
        which=Name(which),
        name=name,
        among=_among(sql("s.{value}", value=Name(value)), condition.within),
        moment=asked.moment,
    )


def _by_record(asked: Asked, condition: Condition) -> Sql:
    among = _among(sql("s.{column}", column=Name(condition.member or "")), condition.within)
    return sql(
        "exists (select 1 from {fact} as s where s.member_id = {member} and {among})",
        fact=asked.scope.relation("profile"),
        member=asked.member,
        among=among,
    )


def _among(value: Sql, wanted: tuple[str | None, ...]) -> Sql:
    given = [sql("{v}", v=v) for v in wanted if v is not None]
    parts = [sql("{value} in ({listed})", value=value, listed=join(", ", given))] if given else []
    if None in wanted:
        parts.append(sql("{value} is null", value=value))
    return sql("({any})", any=join(" or ", parts)) if parts else sql("true")
