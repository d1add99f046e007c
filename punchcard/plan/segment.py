"""Segments as conditions: whether a member was in a segment at a moment.

A condition on what members did needs the member's running figure at the moment. Each of the member's rows raises it
when it happens and lowers it again when it leaves the window, so the figure is a step function of time, known exactly
at every instant; an ASOF join reads it at a row's own moment, at a period's start, or now.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from difflib import get_close_matches
from typing import Protocol

from msgspec import json

from punchcard.catalog.activity import Activity
from punchcard.catalog.catalog import Catalog
from punchcard.catalog.expression import parse
from punchcard.catalog.fact import Fact
from punchcard.catalog.filter import Dimension, Filter
from punchcard.catalog.metric import Aggregate
from punchcard.catalog.segment import Among, Condition, Segment, Step
from punchcard.catalog.table import Type
from punchcard.errors import QueryError, did_you_mean
from punchcard.plan.dimension import Resolved
from punchcard.plan.scope import Scope
from punchcard.sql import Name, Sql, join, sql

# Adds a join to the statement that is being put together: given an alias it makes the join; gives the alias back.
Join = Callable[[Callable[[str], Sql]], str]


class Reader(Protocol):
    """The rows of one fact (alias f), each read at its own moment: `rows.Rows`, which stands above this module."""

    conditions: list[Sql]

    @property
    def fact(self) -> Fact:
        """The fact that is read."""
        ...

    def formula(self, text: str) -> Sql:
        """A formula over the fact."""
        ...

    def dimension(self, dimension: Dimension) -> Resolved:
        """A dimension of the fact, its join remembered."""
        ...

    def holds(self, found: Resolved, wanted: Filter) -> Sql:
        """Whether a value is as a filter wants it."""
        ...

    def source(self) -> Sql:
        """FROM, joins and WHERE, with all that was asked for so far."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """Of whom and when: the member and the moment as SQL, where joins go, and who reads the rows of a fact.

    `fixed` says that the moment is one instant for all rows.
    """

    scope: Scope
    member: Sql
    moment: Sql
    fixed: bool
    join: Join
    reader: Callable[[str], Reader]


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
    inner = [_condition(asked, one, path) for one in condition.all or condition.any]
    held = (
        sql("({inner})", inner=join(" and " if condition.all else " or ", inner))
        if inner
        else _positive(asked, condition, path)
    )
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
    return _by_list(asked, condition)


def _by_list(asked: Asked, condition: Condition) -> Sql:
    # Who is listed by a number that was merged away is meant as the person.
    listed = sql(
        "select coalesce(r.root, k.id) from keys.member as k left join {root} as r on r.member_id = k.id"
        " where k.ref in (select unnest(string_split({refs}, chr(10))))",
        root=asked.scope.relation("root"),
        refs="\n".join(condition.refs),
    )
    return sql("coalesce({member} in ({listed}), false)", member=asked.member, listed=listed)


def unknown_refs(condition: Condition) -> Sql:
    """The listed numbers that nobody has in the data."""
    return sql(
        "select ref from unnest(string_split({refs}, chr(10))) as listed(ref)"
        " where ref not in (select ref from keys.member) order by ref",
        refs="\n".join(condition.refs),
    )


def recognised_refs(scope: Scope, refs: Collection[str]) -> Sql:
    """The listed numbers that somebody has in the data, each with the member it stands for."""
    return sql(
        "select k.ref, coalesce(r.root, k.id) as member from keys.member as k"
        " left join {root} as r on r.member_id = k.id where k.ref in (select unnest(string_split({refs}, chr(10))))",
        root=scope.relation("root"),
        refs="\n".join(refs),
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
    if condition.bounds == (None, None):
        raise QueryError(f"the condition on '{name}' needs 'at_least' or 'at_most'")
    amount_of(metric)
    return metric


def named_by_rows(catalog: Catalog) -> str | None:
    """The activity whose rows give their own names, if there is one."""
    return next((name for name, one in catalog.activities.items() if one.named_by is not None), None)


def heard_only_in_data(catalog: Catalog, name: str) -> bool:
    """Whether an activity's name is one that only rows can tell: no declared activity is called so."""
    return name not in catalog.activities and named_by_rows(catalog) is not None


# A name so like a declared one is a slip of the pen, and no name that rows give themselves.
_SLIP = 0.88


def _activity(catalog: Catalog, name: str) -> Activity:
    """A declared activity, or the one whose rows give their own names."""
    activity = catalog.activities.get(name)
    if activity is not None:
        return activity
    own = named_by_rows(catalog)
    if own is None:
        raise QueryError(f"no activity '{name}'{did_you_mean(name, catalog.activities)}")
    column = catalog.activities[own].named_by
    if near := _slip(catalog, name):
        meant = f"{{did: {own}, where: {{{column}: ['{name}']}}}}"
        raise QueryError(f"no activity '{name}'; did you mean '{near}'? Rows that call themselves so are {meant}")
    return catalog.activities[own]


def _slip(catalog: Catalog, name: str) -> str | None:
    """The declared activity that a name was probably meant to be."""
    near = get_close_matches(name, catalog.activities, n=1, cutoff=_SLIP)
    return near[0] if near and name not in catalog.activities else None


def written(catalog: Catalog, name: str) -> str:
    """An activity as a condition names it: by its name; as JSON if that would be taken for a slip of the pen."""
    own = named_by_rows(catalog)
    if own is None or _slip(catalog, name) is None:
        return name
    return json.encode({"did": own, "where": {catalog.activities[own].named_by or "": [name]}}).decode()


def check_deeds(catalog: Catalog, condition: Condition) -> None:
    """QueryError if a condition names an activity or a property that there is not, or sums what is no number."""
    for step in condition.steps:
        activity = _activity(catalog, step.did)
        for title in step.where:
            _column(step.did, activity, title)
    if condition.sum is not None:
        name = condition.did or ""
        _summed(catalog, name, _activity(catalog, name), condition.sum)
    if condition.from_first is not None:
        _activity(catalog, condition.from_first)


def _column(name: str, activity: Activity, title: str) -> str:
    """The column or dimension of a property; an open column's keys are known by the data alone."""
    if title in activity.properties:
        return activity.properties[title]
    if title == activity.named_by:
        return title
    if activity.open is not None:
        return f"{activity.open}.{title}"
    raise QueryError(f"'{name}' has no property '{title}'{did_you_mean(title, activity.properties)}")


def _summed(catalog: Catalog, name: str, activity: Activity, title: str) -> str:
    column = _column(name, activity, title)
    own = catalog.fact(activity.of).columns.get(column)
    opened = activity.open is not None and column == f"{activity.open}.{title}"
    if not opened and (own is None or own.type not in _NUMBERS):
        fitting = [
            one
            for one, of in activity.properties.items()
            if of in catalog.fact(activity.of).columns and catalog.fact(activity.of).columns[of].type in _NUMBERS
        ]
        numbers = f"; its numbers are {', '.join(fitting)}" if fitting else ""
        raise QueryError(f"'{title}' of '{name}' is no number, so it has no sum{numbers}")
    return column


_NUMBERS = (Type.MONEY, Type.DECIMAL, Type.INTEGER, Type.RATE, Type.SHARE)


def done(catalog: Catalog, condition: Condition) -> Aggregate:
    """How often an activity was done, as a metric of its own; QueryError if there is no such activity or property.

    A name that is no declared activity is one that an activity's rows give themselves (`named_by`).
    """
    name = condition.did or ""
    activity = _activity(catalog, name)
    conditions: list[str] = []
    if name not in catalog.activities:
        conditions.append(f"{activity.named_by} = {_quoted(name)}")
    if activity.where is not None:
        conditions.append(f"({activity.where})")
    columns = catalog.fact(activity.of).columns
    for title, values in condition.where.items():
        column = _column(name, activity, title)
        if column not in columns or columns[column].type is not Type.TEXT:
            raise QueryError(f"a scheme can look only at text that '{name}' has itself; '{title}' is not")
        if isinstance(values, Among):
            raise QueryError(f"give the values of '{title}' as a list; a scheme knows no ranges of properties")
        conditions.append(f"{column} in ({', '.join(_quoted(str(value)) for value in values)})")
    where = " and ".join(conditions) or None
    return Aggregate(title=activity.title, method=activity.meaning, of=activity.of, where=where, value="count(*)")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _by_figure(asked: Asked, condition: Condition) -> Sql:
    levels = asked.scope.define("level", _levels(asked, condition))

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
    least, most = condition.bounds
    bounds: list[Sql] = []
    if least is not None:
        bounds.append(sql("{level} >= {least}", level=level, least=least))
    if most is not None:
        bounds.append(sql("{level} <= {most}", level=level, most=most))
    return sql("({bounds})", bounds=join(" and ", bounds))


def _levels(asked: Asked, condition: Condition) -> Sql:
    """The running figure of each member: `amount` from `since` on, until the member's next level."""
    steps = sql("select member_id, ts, amount from happened")
    leaving = _leaving(asked.scope, condition)
    if leaving is not None:
        steps = sql("{steps} union all {leaving}", steps=steps, leaving=leaving)
    return sql(
        "with happened as ({rows}), step as (select member_id, ts, sum(amount) as amount from ({steps}) group by 1, 2)"
        " select member_id, ts as since, sum(amount) over (partition by member_id order by ts) as amount from step",
        rows=_happened(asked, condition),
        steps=steps,
    )


def _leaving(scope: Scope, condition: Condition) -> Sql | None:
    """When each row stops to count, with what it takes away; None if rows count for ever."""
    # Days of 24 hours: a row's own moment is rarely midnight, and wall-clock arithmetic costs a second a million.
    hours = None if condition.last_days is None else sql("to_hours({hours})", hours=24 * condition.last_days)
    if condition.count == "days":
        # A day counts once: each of its rows counts until the next of the same day takes over.
        following = sql(
            "lead(ts) over (partition by member_id, cast(timezone({zone}, ts) as date) order by ts)",
            zone=scope.catalog.calendar.zone,
        )
        until = following if hours is None else sql("least({next}, ts + {hours})", next=following, hours=hours)
        return sql(
            "select member_id, until, -amount from (select *, {until} as until from happened) where until is not null",
            until=until,
        )
    if hours is None:
        return None
    if condition.then:
        # The whole sequence lies in the window until its first activity leaves it.
        return sql("select member_id, greatest(ts, began + {hours}), -amount from happened", hours=hours)
    return sql("select member_id, ts + {hours}, -amount from happened", hours=hours)


def _happened(asked: Asked, condition: Condition) -> Sql:
    """The rows that a condition counts: `member_id`, `ts`, `amount`; of a sequence also when it `began`."""
    if condition.metric is not None:
        return _within_span(asked, condition, _of_metric(asked, counted(asked.scope.catalog, condition)))
    check_deeds(asked.scope.catalog, condition)
    first, *after = [
        _within_span(asked, condition, _deeds(asked, step, condition.sum, condition.nth)) for step in condition.steps
    ]
    if not after:
        return first
    # The latest beginning is the shortest way here, and a later step's latest predecessor has it.
    chain = sql("select member_id, ts as began, ts from ({first})", first=first)
    for step in after:
        chain = sql(
            "select s.member_id, p.began, s.ts from ({step}) as s"
            " asof join ({chain}) as p on p.member_id = s.member_id and p.ts < s.ts",
            step=step,
            chain=chain,
        )
    within = sql("")
    if condition.within_days is not None:
        window = timedelta(days=condition.within_days) // timedelta(microseconds=1)
        within = sql(" where ts <= began + to_microseconds({window})", window=window)
    return sql("select member_id, ts, 1 as amount, began from ({chain}){within}", chain=chain, within=within)


def _of_metric(asked: Asked, metric: Aggregate) -> Sql:
    reader = asked.reader(metric.of)
    amount = amount_of(metric)
    value = sql("1") if amount is None else reader.formula(amount)
    if metric.where is not None:
        reader.conditions.append(reader.formula(metric.where))
    return _rows(reader, value)


def _deeds(asked: Asked, step: Step, summed: str | None = None, nth: int | None = None) -> Sql:
    """The rows of an activity, perhaps only each member's n-th of all."""
    catalog = asked.scope.catalog
    activity = _activity(catalog, step.did)
    reader = asked.reader(activity.of)
    if activity.where is not None:
        reader.conditions.append(reader.formula(activity.where))
    if step.did not in catalog.activities:
        named = sql("f.{column} = {name}", column=Name(activity.named_by or ""), name=step.did)
        reader.conditions.append(named)
    for title, wanted in step.where.items():
        reader.conditions.append(_property_holds(catalog, reader, step.did, activity, title, wanted))
    value = sql("1")
    if summed is not None:
        column = _summed(catalog, step.did, activity, summed)
        value = _as_number(_property(reader, column)).value
    only = sql("")
    if nth is not None:
        only = sql(
            " qualify row_number() over (partition by f.{member} order by f.{time}, f.{row}) = {nth}",
            member=Name(reader.fact.member or ""),
            time=Name(reader.fact.time or ""),
            row=Name(reader.fact.row),
            nth=nth,
        )
    return sql("{rows}{only}", rows=_rows(reader, value), only=only)


def _rows(reader: Reader, value: Sql) -> Sql:
    member, time = Name(reader.fact.member or ""), Name(reader.fact.time or "")
    reader.conditions.append(sql("f.{member} is not null and f.{time} is not null", member=member, time=time))
    return sql(
        "select f.{member} as member_id, f.{time} as ts, {value} as amount {source}",
        member=member,
        time=time,
        value=value,
        source=reader.source(),
    )


def _property(reader: Reader, column: str) -> Resolved:
    own = reader.fact.columns.get(column)
    if own is None:
        return reader.dimension(Dimension(name=column))
    entity = own.of if own.type is Type.ID else None
    return Resolved(column, column, sql("f.{name}", name=Name(column)), type=own.type, entity=entity)


def _as_number(found: Resolved) -> Resolved:
    """A value in which numbers are written as text, as a number."""
    if found.type is not Type.TEXT:
        return found
    value = sql("try_cast({value} as decimal(18, 4))", value=found.value)
    return replace(found, value=value, type=Type.DECIMAL)


def _property_holds(
    catalog: Catalog, reader: Reader, name: str, activity: Activity, title: str, wanted: tuple[object, ...] | Among
) -> Sql:
    among = wanted if isinstance(wanted, Among) else Among(within=wanted)  # pyright: ignore[reportArgumentType]
    column = _column(name, activity, title)
    found = _property(reader, column)
    numbers = any(isinstance(bound, int | float) for bound in (among.at_least, among.below))
    if numbers and activity.open is not None and column.startswith(f"{activity.open}."):
        found = _as_number(found)
    filters = Filter(
        dimension=title,
        within=among.within,
        at_least=among.at_least,
        below=among.below,
        contains=among.contains,
    )
    held = reader.holds(found, filters)
    return sql("({held}) is not true", held=held) if among.negated else sql("({held})", held=held)


def _within_span(asked: Asked, condition: Condition, rows: Sql) -> Sql:
    """Only rows from day to day, and in the first days."""
    calendar = asked.scope.catalog.calendar
    parts: list[Sql] = []
    firsts = sql("")
    if condition.since is not None:
        parts.append(sql("h.ts >= {start}", start=calendar.midnight(condition.since)))
    if condition.until is not None:
        parts.append(sql("h.ts < {end}", end=calendar.midnight(condition.until + timedelta(days=1))))
    if condition.first_days is not None:
        relation = asked.scope.define("first", _firsts(asked, condition.from_first))
        firsts = sql(" join {firsts} as b on b.member_id = h.member_id", firsts=relation)
        parts.append(sql("h.ts >= b.ts and h.ts < b.ts + to_hours({hours})", hours=24 * condition.first_days))
    if not parts:
        return rows
    return sql("select h.* from ({rows}) as h{firsts} where {all}", rows=rows, firsts=firsts, all=join(" and ", parts))


def _firsts(asked: Asked, name: str | None) -> Sql:
    """When each member first did something: this, or anything."""
    names = asked.scope.catalog.activities if name is None else (name,)
    parts = [sql("select member_id, ts from ({deeds})", deeds=_deeds(asked, Step(did=one))) for one in names]
    return sql("select member_id, min(ts) as ts from ({all}) group by 1", all=join(" union all ", parts))


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
