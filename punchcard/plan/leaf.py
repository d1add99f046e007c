"""Leaves: the statements that read rows. Each gives `bucket` (if there is a grain), `g0, g1, ...` and one column a use.

Uses that read the same rows are put together, so that ten sums of one fact are one scan.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from punchcard.catalog.expression import conjuncts, parse
from punchcard.catalog.filter import Filter
from punchcard.catalog.metric import Aggregate, Conversion, Days, LeafMetric, State, Window, per_columns
from punchcard.errors import QueryError
from punchcard.period import Bucket, Calendar, Grain
from punchcard.plan.rows import MOMENTS, Cut, Moment, Rows
from punchcard.plan.scope import Scope
from punchcard.sql import Name, Sql, join, sql, trusted


@dataclass(frozen=True)
class Use:
    """A metric that reads rows, as one question uses it: under a column name, with its parameters and own filters.

    `shift` moves it: 'start' reads a state at the period's start, 'previous' reads the equal period before. With
    `people` a conversion gives the number of those who opened a window, in place of the share.
    """

    column: str
    name: str
    metric: LeafMetric
    parameters: Mapping[str, Sql] = field(default_factory=dict[str, Sql])
    filters: tuple[Filter, ...] = ()
    shift: str = ""
    people: bool = False


def window(bucket: Bucket, over: Window | Days, calendar: Calendar) -> tuple[datetime | None, datetime]:
    """The span of rows that a metric reads for one bucket; None is the beginning of time."""
    if isinstance(over, Days):
        if over.last_days is not None:
            return calendar.shift(bucket.end, -over.last_days), bucket.end
        return calendar.shift(bucket.start, -over.days_before), calendar.shift(bucket.end, over.days_after)
    spans: dict[Window, tuple[datetime | None, datetime]] = {
        "period": (bucket.start, bucket.end),
        "ever": (None, bucket.end),
        "before": (None, bucket.start),
        "previous": (bucket.previous_start, bucket.start),
        "previous_and_period": (bucket.previous_start, bucket.end),
    }
    return spans[over]


def aggregate(scope: Scope, cut: Cut, uses: Sequence[Use], first: Aggregate) -> Sql:
    """One statement for aggregates over the same rows, window and reduction."""
    metrics = [use.metric for use in uses if isinstance(use.metric, Aggregate)]
    moments = [moment_of(bucket, first.over, scope.catalog.calendar) for bucket in cut.buckets]
    rows = Rows(scope, first.of, cut, moments, uses[0].parameters)
    by_day = first.over == "period" and cut.grain is not None and _by_day(first, cut, uses)
    if by_day:
        # A period's own rows fall into its buckets by their day: no need to join the moments.
        rows.moments = [Moment(moments[0].key, moments[0].t0, moments[-1].t1, moments[0].p0, moments[0].from_)]
    if first.among is not None:
        rows.conditions.append(_among(rows, first.among))
    if first.per is not None:
        return _reduced_twice(rows, cut, uses, first, by_day=by_day)
    wheres = [_conditions(rows, use) for use in uses]
    # What all want is asked of the rows once; only what is left is asked again for each sum.
    common = [one for one in wheres[0] if all(one in where for where in wheres)]
    rows.conditions += common
    columns = [
        sql("{value} as {column}", value=_value(rows, use, metric.value, _all(where, common)), column=Name(use.column))
        for use, metric, where in zip(uses, metrics, wheres, strict=True)
    ]
    return grouped(bucket_key(rows, cut, by_day=by_day), rows.groups(), columns, rows.source())


def state(scope: Scope, cut: Cut, uses: Sequence[Use], first: State) -> Sql:
    """One statement for states of one fact, read at each bucket's end, start, or at every day's end and averaged."""
    at = "start" if uses[0].shift == "start" else first.at
    moments = [moment for bucket in cut.buckets for moment in _readings(bucket, at, scope.catalog.calendar)]
    rows = Rows(scope, first.of, cut, moments, uses[0].parameters, windowed=False, of_state=True)
    rows.conditions.append(rows.formula(first.holds))
    if first.among is not None:
        rows.conditions.append(_among(rows, first.among))
    where = _where(rows, uses[0])
    if where is not None:
        rows.conditions.append(where)
    if at == "average":
        return _averaged(rows, cut, uses[0], first)
    if first.per is not None:
        return _reduced_twice(rows, cut, uses, first, by_day=False)
    columns = [
        sql("{value} as {column}", value=_value(rows, use, use.metric.value, None), column=Name(use.column))
        for use in uses
        if isinstance(use.metric, State)
    ]
    return grouped(bucket_key(rows, cut, by_day=False), rows.groups(), columns, rows.source())


def conversion(scope: Scope, cut: Cut, use: Use, metric: Conversion) -> Sql:
    """The share of entries followed inside their window, by the bucket in which the window closes or opens."""
    calendar = scope.catalog.calendar
    entries = Rows(scope, metric.entry.of, replace(cut, filters=()), [_whole(cut)], use.parameters, windowed=False)
    entry_time = entries.fact.time
    if entry_time is None:
        raise QueryError(f"{use.name}: {metric.entry.of} has no time, so it cannot open a window")
    if metric.entry.where is not None:
        entries.conditions.append(entries.formula(metric.entry.where))
    opened = sql("f.{time}", time=Name(entry_time))
    columns = [sql("{opened} as opened", opened=opened)]
    columns.append(sql("{shifted} as start_at", shifted=_shifted(opened, metric.follow.from_days, calendar)))
    if metric.within_days is not None:
        columns.append(sql("{shifted} as closed", shifted=_shifted(opened, metric.within_days, calendar)))
    columns += [sql("f.{on} as {name}", on=Name(on), name=Name("on_" + on)) for on in metric.follow.on]
    columns += [sql("{group} as {name}", group=group, name=Name(f"g{i}")) for i, group in enumerate(entries.groups())]
    once = sql("")
    if metric.entry.first_of is not None:
        once = sql(
            "\nqualify row_number() over (partition by f.{by} order by f.{time}, f.{row}) = 1",
            by=Name(metric.entry.first_of),
            time=Name(entry_time),
            row=Name(entries.fact.row),
        )
    # The first entry ever is found before filters cut rows away: a filter says which firsts count, not what is first.
    kept = [entries.filter(wanted) for wanted in (*cut.filters, *use.filters)] or [sql("true")]
    columns.append(sql("{kept} as kept", kept=join(" and ", kept)))
    body = sql("select {columns}\n{source}{once}", columns=join(",\n  ", columns), source=entries.source(), once=once)
    entry = scope.define("entry", body)
    return _converted(scope, cut, use, metric, entry)


def _converted(scope: Scope, cut: Cut, use: Use, metric: Conversion, entry: Name) -> Sql:
    everything = Cut(cut.buckets, parameters=cut.parameters)
    follow = Rows(scope, metric.follow.of, everything, [_whole(cut)], use.parameters, windowed=False)
    follow_time = follow.fact.time
    if follow_time is None:
        raise QueryError(f"{use.name}: {metric.follow.of} has no time, so it cannot follow")
    if metric.follow.where is not None:
        follow.conditions.append(follow.formula(metric.follow.where))
    keys = [sql("f.{on} as {on}", on=Name(on)) for on in metric.follow.on]
    followed = scope.define(
        "follow",
        sql(
            "select {keys}, f.{time} as ts\n{source}",
            keys=join(", ", keys),
            time=Name(follow_time),
            source=follow.source(),
        ),
    )
    matched = join(
        " and ", [sql("e.{left} = w.{right}", left=Name("on_" + on), right=Name(on)) for on in metric.follow.on]
    )
    order = sql("w.ts > e.start_at") if metric.follow.after == "after" else sql("w.ts >= e.start_at")
    inside = sql("w.ts < e.closed") if metric.within_days is not None else sql("w.ts is not null")
    decided = sql("e.closed") if metric.cohort == "closes" and metric.within_days is not None else sql("e.opened")
    first, last = cut.buckets[0].start, cut.buckets[-1].end
    groups = [sql("e.{name}", name=Name(f"g{i}")) for i in range(len(cut.by))]
    key = None if cut.grain is None else _bucket_of_instant(decided, cut.grain, scope.catalog.calendar)
    value = sql("avg(coalesce(cast({inside} as integer), 0)) as {column}", inside=inside, column=Name(use.column))
    if use.people:
        on = next((on for on in metric.follow.on if on == "member_id"), metric.follow.on[0])
        value = sql("count(distinct e.{on}) as {column}", on=Name("on_" + on), column=Name(use.column))
    source = sql(
        "from {entry} as e\nasof left join {followed} as w on {matched} and {order}\n"
        "where e.kept and {decided} >= {first} and {decided} < {last}",
        entry=entry,
        followed=followed,
        matched=matched,
        order=order,
        decided=decided,
        first=first,
        last=last,
    )
    return grouped(key, groups, [value], source)


def moment_of(bucket: Bucket, over: Window | Days, calendar: Calendar) -> Moment:
    """The moment of a bucket with the window of rows that a metric reads for it."""
    start, end = window(bucket, over, calendar)
    return Moment(bucket.key, bucket.start, bucket.end, bucket.previous_start, start, end)


def _readings(bucket: Bucket, at: str, calendar: Calendar) -> list[Moment]:
    match at:
        case "start":
            return [Moment(bucket.key, bucket.start, bucket.start, bucket.previous_start, None)]
        case "average":
            days: list[datetime] = []
            day = calendar.day(bucket.start)
            while (end := calendar.midnight(day + timedelta(days=1))) <= bucket.end:
                days.append(end)
                day += timedelta(days=1)
            ends = days or [bucket.end]
            return [Moment(bucket.key, bucket.start, end, bucket.previous_start, None, days=len(ends)) for end in ends]
        case _:
            return [Moment(bucket.key, bucket.start, bucket.end, bucket.previous_start, None)]


def _whole(cut: Cut) -> Moment:
    first, last = cut.buckets[0], cut.buckets[-1]
    return Moment(first.key, first.start, last.end, first.previous_start, None)


def _by_day(metric: Aggregate, cut: Cut, uses: Sequence[Use]) -> bool:
    """Whether a row's own day says all of its bucket: nothing asks for the bucket's bounds, and it is not shifted."""
    if metric.among is not None or uses[0].shift or (cut.grain is Grain.HOUR and not _whole_hours(cut)):
        return False
    texts = [metric.value, metric.where, metric.having, *metric.each.values()]
    texts += [
        part for use in uses if isinstance(use.metric, Aggregate) for part in (use.metric.value, use.metric.where)
    ]
    named = any(name in MOMENTS for text in texts if text is not None for name in parse(text).columns)
    filters = [*cut.filters, *(wanted for use in uses for wanted in use.filters)]
    readings = {cut.reading, *(one.reading for one in cut.by), *(one.reading for one in filters)}
    return not named and "at_start" not in readings


def _whole_hours(cut: Cut) -> bool:
    """Whether local hours begin with the hours of UTC: not in India."""
    return all(isinstance(bucket.key, datetime) and bucket.key.minute == 0 for bucket in cut.buckets)


def conditions(rows: Rows, declared: str | None, filters: Sequence[Filter]) -> list[Sql]:
    """A metric's own conditions on rows one by one, then the filters."""
    parts = [sql("({one})", one=rows.formula(text)) for text in (conjuncts(declared) if declared is not None else ())]
    return [*parts, *(rows.filter(wanted) for wanted in filters)]


def _conditions(rows: Rows, use: Use) -> list[Sql]:
    """What a use wants of rows: the metric's conditions one by one, then its own filters."""
    metric = use.metric
    return conditions(rows, metric.where if isinstance(metric, Aggregate | State) else None, use.filters)


def _all(wanted: Sequence[Sql], known: Sequence[Sql] = ()) -> Sql | None:
    """These conditions together, without those that hold already; None if nothing is left."""
    left = [one for one in wanted if one not in known]
    return join(" and ", left) if left else None


def _where(rows: Rows, use: Use) -> Sql | None:
    return _all(_conditions(rows, use))


def _of_one(value: Sql, columns: Sequence[Sql]) -> Sql:
    """The value where the rows hold one value of each column that must not be mixed; none where they hold several."""
    for column in columns:
        value = sql("case when count(distinct {column}) <= 1 then {value} end", column=column, value=value)
    return value


def _value(rows: Rows, use: Use, formula: str, condition: Sql | None) -> Sql:
    value = _of_one(rows.formula(formula, condition), [rows.name(name) for name in use.metric.single])
    missing = unrated(rows, formula)
    if missing is None:
        return value
    if condition is not None:
        missing = sql("{missing} and {condition}", missing=missing, condition=condition)
    # A total in which one amount has no exchange rate is unknown, not smaller.
    return sql(
        "case when count(*) filter (where {missing}) > 0 then null else {value} end", missing=missing, value=value
    )


def unrated(rows: Rows, formula: str) -> Sql | None:
    """Whether a row's amount has no exchange rate, where amounts come in several currencies."""
    if not rows.scope.catalog.many_currencies:
        return None
    columns = (rows.fact.columns.get(name) for name in sorted(parse(formula).columns))
    rate = next((column.converted for column in columns if column is not None and column.converted), None)
    return None if rate is None else sql("f.{rate} is null", rate=Name(rate))


def bucket_key(rows: Rows, cut: Cut, *, by_day: bool) -> Sql | None:
    """The bucket of a row as SQL, if the cut has buckets."""
    if cut.grain is None:
        return None
    if rows.joined:
        return sql("m.key")
    fact = rows.fact
    if not by_day or len(cut.buckets) == 1:
        return sql("{key}", key=cut.buckets[0].key)
    if cut.grain is Grain.HOUR:
        return sql("date_trunc('hour', f.{time})", time=Name(fact.time or ""))
    return bucket_of_day(sql("f.{day}", day=Name(fact.day or "")), cut.grain, rows.calendar)


def bucket_of_day(day: Sql, grain: Grain, calendar: Calendar) -> Sql:
    """The first day of the bucket that holds a local day, as SQL."""
    match grain:
        case Grain.HOUR | Grain.DAY:
            return day
        case Grain.WEEK:
            offset = 7 - calendar.week_start
            return sql("{day} - cast((isodow({day}) + {offset}) % 7 as integer)", day=day, offset=offset)
        case Grain.MONTH | Grain.QUARTER | Grain.YEAR:
            return sql("cast(date_trunc({grain}, {day}) as date)", grain=grain.value, day=day)


def _bucket_of_instant(instant: Sql, grain: Grain, calendar: Calendar) -> Sql:
    if grain is Grain.HOUR:
        return sql("date_trunc('hour', {instant})", instant=instant)
    day = sql("cast(timezone({zone}, {instant}) as date)", zone=calendar.zone, instant=instant)
    return bucket_of_day(day, grain, calendar)


def _shifted(instant: Sql, days: int, calendar: Calendar) -> Sql:
    if days == 0:
        return instant
    return sql(
        "timezone({zone}, timezone({zone}, {instant}) + to_days({days}))",
        zone=calendar.zone,
        instant=instant,
        days=days,
    )


def grouped(key: Sql | None, groups: Sequence[Sql], columns: Sequence[Sql], source: Sql) -> Sql:
    """A leaf's statement: the columns for each bucket and group."""
    selected = [] if key is None else [sql("{key} as bucket", key=key)]
    selected += [sql("{group} as {name}", group=group, name=Name(f"g{i}")) for i, group in enumerate(groups)]
    positions = trusted(", ".join(str(position + 1) for position in range(len(selected))))
    by = sql("\ngroup by {positions}", positions=positions) if selected else sql("")
    return sql("select {columns}\n{source}{by}", columns=join(",\n  ", [*selected, *columns]), source=source, by=by)


def _reduced_twice(rows: Rows, cut: Cut, uses: Sequence[Use], first: Aggregate | State, *, by_day: bool) -> Sql:
    where = _where(rows, uses[0]) if isinstance(first, Aggregate) else None
    if where is not None:
        rows.conditions.append(where)
    key = bucket_key(rows, cut, by_day=by_day)
    per = per_columns(first)
    inner = [sql("{value} as {name}", value=rows.name(column), name=Name(f"per{i}")) for i, column in enumerate(per)]
    if rows.joined:
        inner += [sql("m.{column} as {column}", column=Name(column)) for column in sorted(set(MOMENTS.values()))]
    grouping = len(inner) + len(cut.by) + (0 if key is None else 1)
    each = [sql("{value} as {name}", value=rows.formula(text), name=Name(name)) for name, text in first.each.items()]
    missing = next((found for text in first.each.values() if (found := unrated(rows, text)) is not None), None)
    if missing is not None:
        each.append(sql("count(*) filter (where {missing}) as unknown", missing=missing))
    selected = [] if key is None else [sql("{key} as bucket", key=key)]
    selected += [sql("{group} as {name}", group=group, name=Name(f"g{i}")) for i, group in enumerate(rows.groups())]
    positions = trusted(", ".join(str(position + 1) for position in range(grouping)))
    one = sql(
        "select {columns}\n{source}\ngroup by {positions}",
        columns=join(",\n  ", [*selected, *inner, *each]),
        source=rows.source(),
        positions=positions,
    )

    def outer(written: str) -> Sql:
        if written in first.each:
            return sql("e.{name}", name=Name(written))
        if written in MOMENTS:
            return sql("e.{column}", column=Name(MOMENTS[written])) if rows.joined else rows.moment(written)
        raise QueryError(f"{uses[0].name}: '{written}' is not one of 'each' ({', '.join(first.each)})")

    def formula(text: str) -> Sql:
        return parse(text).compile(outer, rows.parameters, zone=rows.calendar.zone)

    def value(metric: Aggregate | State) -> Sql:
        single = [sql("e.{name}", name=Name(f"per{per.index(name)}")) for name in metric.single]
        found = _of_one(formula(metric.value), single)
        # A total in which one amount has no exchange rate is unknown, not smaller.
        return found if missing is None else sql("case when sum(e.unknown) = 0 then {value} end", value=found)

    columns = [
        sql("{value} as {column}", value=value(use.metric), column=Name(use.column))
        for use in uses
        if isinstance(use.metric, Aggregate | State)
    ]
    source = sql("from (\n{one}\n) as e", one=one)
    if first.having is not None:
        source = sql("{source}\nwhere {having}", source=source, having=formula(first.having))
    outer_key = None if key is None else sql("e.bucket")
    return grouped(outer_key, [sql("e.{name}", name=Name(f"g{i}")) for i in range(len(cut.by))], columns, source)


def _averaged(rows: Rows, cut: Cut, use: Use, metric: State) -> Sql:
    days = sql("m.days") if rows.joined else sql("1")
    moment = sql("m.t1") if rows.joined else sql("{end}", end=rows.moments[0].t1)
    key = sql("m.key") if rows.joined else sql("{key}", key=cut.buckets[0].key)
    value = rows.formula(metric.value)
    groups = [sql("{group} as {name}", group=group, name=Name(f"g{i}")) for i, group in enumerate(rows.groups())]
    selected = [
        sql("{key} as bucket", key=key),
        *groups,
        sql("{moment} as at", moment=moment),
        sql("{days} as days", days=days),
    ]
    positions = trusted(", ".join(str(position + 1) for position in range(len(selected))))
    one = sql(
        "select {columns}, {value} as held\n{source}\ngroup by {positions}",
        columns=join(", ", selected),
        value=value,
        source=rows.source(),
        positions=positions,
    )
    # A day on which nothing holds counts as a day of nothing: the sum is divided by the days, not by the rows.
    average = sql("cast(sum(e.held) as double) / any_value(e.days) as {column}", column=Name(use.column))
    outer_key = None if cut.grain is None else sql("e.bucket")
    names = [sql("e.{name}", name=Name(f"g{i}")) for i in range(len(cut.by))]
    return grouped(outer_key, names, [average], sql("from (\n{one}\n) as e", one=one))


def _among(rows: Rows, name: str) -> Sql:
    metric = rows.scope.catalog.metric(name)
    if not isinstance(metric, State):
        raise QueryError(f"'among' needs a state metric; {name} is a {type(metric).__name__.lower()}")
    moments = [replace(moment, t1=moment.t0) if metric.at == "start" else moment for moment in rows.moments]
    held = Rows(rows.scope, metric.of, Cut(rows.cut.buckets), moments, rows.parameters, windowed=False, of_state=True)
    held.conditions.append(held.formula(metric.holds))
    if metric.where is not None:
        held.conditions.append(held.formula(metric.where))
    member, own = held.fact.member, rows.fact.member
    if member is None or own is None:
        raise QueryError(f"'among {name}' needs facts with a member")
    keys = sql("m.key, ") if rows.joined else sql("")
    body = sql("select distinct {keys}f.{member}\n{source}", keys=keys, member=Name(member), source=held.source())
    among = rows.scope.define("among", body)
    if rows.joined:
        return sql("(m.key, f.{own}) in (select * from {among})", own=Name(own), among=among)
    return sql("f.{own} in (select * from {among})", own=Name(own), among=among)
