"""Lots: what the members of an experiment did after their draw and before it, as moments an arm.

Everybody drawn counts in the group first drawn, reached or not and buyer or not (intention to treat). The database adds
up each member's own rows and gives, an arm, the means of some values and how they vary together; all statistics follow
from that in Python. Whoever's merged records drew different groups is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from punchcard.catalog.catalog import Catalog
from punchcard.catalog.expression import parse
from punchcard.catalog.filter import Dimension, Filter
from punchcard.catalog.metric import Aggregate
from punchcard.errors import QueryError
from punchcard.plan.cells import Figure, parameters_of
from punchcard.plan.difference import parts, sums
from punchcard.plan.dimension import reads
from punchcard.plan.leaf import conditions, unrated
from punchcard.plan.rows import Cut, Moment, Rows
from punchcard.plan.scope import Scope
from punchcard.sql import EMPTY, Name, Sql, join, sql

LOT, PROFILE = "lot", "profile"


@dataclass(frozen=True, slots=True)
class Drawing:
    """Which lots are read: of one experiment, what happened before `end`; counted from `start` if it has no window.

    `ripe` leaves out members whose outcomes are not complete at `end`.
    """

    experiment: int
    start: datetime
    end: datetime
    open_ended: bool
    ripe: bool = False


@dataclass(frozen=True, slots=True)
class Everybody:
    """All members on record at `start`, without lots: those to whom a campaign wrote are arm 1, all others arm 0.

    `since` is when the time before begins: whoever came later has none. Outcomes are those of `brand`, if one is given.
    """

    start: datetime
    end: datetime
    since: datetime
    campaign: int | None = None
    brand: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A metric as it is added up for each member: one sum, a sum over a sum, or whether there is any row at all."""

    figure: Figure
    top: Aggregate
    bottom: Aggregate | None = None
    any_row: bool = False


@dataclass(frozen=True, slots=True)
class Value:
    """A value a member: the sum of an outcome's part over the days [`first`, `last`) counted from the draw.

    Days before the draw are below zero. Without `last` it goes on while outcomes count. `bottom` is the denominator's.
    """

    name: str
    first: int = 0
    last: int | None = None
    bottom: bool = False


REACHED = Value("reached")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the lots: an outcome's values by arm and by groups of members, some capped among buyers.

    `layers` cuts members into so many groups of one size by the value `early`, those without any apart.
    """

    outcome: Outcome
    values: tuple[Value, ...]
    by: tuple[Dimension, ...] = ()
    cap: float | None = None
    filters: tuple[Filter, ...] = field(default=())
    layers: int = 0


def outcome(catalog: Catalog, figure: Figure) -> Outcome:
    """A metric as an outcome; QueryError if it is none that each member has a part in."""
    metric = catalog.metric(figure.metric)
    ratio = parts(catalog, figure.metric, ())
    if ratio is not None and ratio.bottom is not None:
        found = Outcome(figure, ratio.top, ratio.bottom)
    elif isinstance(metric, Aggregate) and metric.per is None and sums(metric.value):
        member = catalog.fact(metric.of).member
        found = Outcome(figure, metric, any_row=member is not None and _counts_members(metric.value, member))
    else:
        raise QueryError(
            f"'{figure.metric}' cannot be compared between lots: take a sum, a count, a number of members, an"
            " average or a ratio of them, such as net_revenue, txns_count, purchasing_members or atv"
        )
    for part in (found.top, found.bottom):
        if part is not None and (catalog.fact(part.of).member is None or catalog.fact(part.of).time is None):
            raise QueryError(f"'{figure.metric}' counts {part.of}, which has no member or no time: lots need both")
    return found


def _counts_members(value: str, member: str) -> bool:
    return parse(value).tree.sql("duckdb").lower() == f"count(distinct {member})"


def drawn(scope: Scope, cut: Cut, drawing: Drawing, by: Sequence[Dimension], filters: Sequence[Filter]) -> Name:
    """One row a member of the experiment (and group): the arm first drawn, and from when until when outcomes count."""
    first, last = cut.buckets[0], cut.buckets[-1]
    moment = Moment(first.key, drawing.start, drawing.end, last.previous_start, None)
    rows = Rows(scope, LOT, replace(cut, by=tuple(by), filters=tuple(filters), grain=None), [moment])
    rows.conditions += [
        sql("f.experiment_id = {experiment}", experiment=drawing.experiment),
        sql("f.member_id is not null and not f.is_crossed"),
    ]
    if drawing.ripe:
        rows.conditions.append(sql("f.counts_until <= cast({end} as timestamptz)", end=drawing.end))
    groups = rows.groups()
    since = (
        sql("greatest(f.assigned_at, cast({start} as timestamptz))", start=drawing.start)
        if drawing.open_ended
        else sql("f.assigned_at")
    )
    named = [sql(", {group} as {name}", group=group, name=Name(f"g{i}")) for i, group in enumerate(groups)]
    body = sql(
        "select row_number() over () as lot, * from (\n"
        "select f.member_id, f.arm_id, f.brand_id, f.assigned_at, {since} as since,"
        " least(coalesce(f.counts_until, {end}), {end}) as until,"
        " cast(coalesce(f.exposed_at < least(coalesce(f.counts_until, {end}), {end}), false) as double)"
        " as reached{named}\n"
        "{source}\n"
        "qualify row_number() over (partition by f.member_id{groups} order by f.assigned_at, f.assigned_id) = 1)",
        since=since,
        end=sql("cast({end} as timestamptz)", end=drawing.end),
        named=join("", named) if named else EMPTY,
        groups=join("", [sql(", {group}", group=group) for group in groups]) if groups else EMPTY,
        source=rows.source(),
    )
    return scope.define("drawn", body)


def everybody(scope: Scope, cut: Cut, whole: Everybody, filters: Sequence[Filter]) -> Name:
    """One row a member on record, as `drawn` gives them."""
    moment = Moment(cut.buckets[0].key, whole.start, whole.start, whole.since, None)
    plain = replace(cut, by=(), filters=tuple(filters), grain=None)
    rows = Rows(scope, PROFILE, plain, [moment], windowed=False, of_state=True)
    rows.conditions += [
        sql("f.created_at < cast({since} as timestamptz)", since=whole.since),
        sql("not coalesce(f.is_test, false)"),
    ]
    arm = sql("0")
    if whole.campaign is not None:
        written = sql(
            "select distinct member_id from {sending} where campaign_id = {campaign}",
            sending=scope.relation("sending"),
            campaign=whole.campaign,
        )
        rows.joins["w"] = sql("left join ({written}) as w on w.member_id = f.member_id", written=written)
        arm = sql("cast(w.member_id is not null as integer)")
    body = sql(
        "select row_number() over () as lot, * from (\n"
        "select f.member_id, {arm} as arm_id, cast({brand} as bigint) as brand_id, {start} as assigned_at,"
        " {start} as since, cast({end} as timestamptz) as until, 0.0 as reached\n{source})",
        arm=arm,
        brand=whole.brand,
        start=sql("cast({start} as timestamptz)", start=whole.start),
        end=whole.end,
        source=rows.source(),
    )
    return scope.define("everybody", body)


def moments(scope: Scope, cut: Cut, drawing: Drawing | Everybody, asked: Asked) -> Sql:
    """One row an arm and group: arm, groups, rows without an exchange rate, members, buyers, means, covariances.

    Covariances are those of the values in order, a row of the upper triangle after another.
    """
    people, columns = _people(scope, cut, drawing, asked)
    groups = [Name(f"g{i}") for i in range(len(asked.by))]
    names = [Name(name) for name in columns]
    kept = [sql("p.arm_id"), *(_shown(scope, cut, asked, drawing, i) for i in range(len(groups)))]
    if asked.layers:
        groups.append(Name("layer"))
        kept.append(sql("p.layer"))
    means = [sql("avg({name})", name=name) for name in names]
    together = [sql("covar_samp({a}, {b})", a=a, b=b) for position, a in enumerate(names) for b in names[position:]]
    return scope.statement(
        sql(
            "select {kept}, sum(p.unknown), count(*), count(*) filter (where p.buys), {means}, {together}\n"
            "from {people} as p group by p.arm_id{groups} order by all",
            kept=join(", ", kept),
            means=join(", ", means),
            together=join(", ", together),
            people=people,
            groups=join("", [sql(", p.{group}", group=group) for group in groups]) if groups else EMPTY,
        )
    )


def ranked(scope: Scope, cut: Cut, drawing: Drawing, asked: Asked, shares: Sequence[float]) -> Sql:
    """One row an arm: members, and the values of the first asked value at these shares of the ordered members."""
    people, columns = _people(scope, cut, drawing, asked)
    value = Name(columns[0])
    at = [sql("quantile_disc({value}, {share})", value=value, share=share) for share in shares]
    middle = sql("quantile_cont({value}, {share})", value=value, share=shares[len(shares) // 2])
    return scope.statement(
        sql(
            "select arm_id, sum(unknown), count(*), {middle}, {at} from {people} group by 1 order by 1",
            middle=middle,
            at=join(", ", at),
            people=people,
        )
    )


def _shown(scope: Scope, cut: Cut, asked: Asked, drawing: Drawing | Everybody, position: int) -> Sql:
    """A group's label: an id by its reference in the source."""
    rows = Rows(scope, LOT, cut, [Moment(cut.buckets[0].key, drawing.start, drawing.end, drawing.start, None)])
    entity = rows.dimension(asked.by[position]).entity
    group = sql("p.{group}", group=Name(f"g{position}"))
    if entity is None:
        return group
    return sql("(select any_value(ref) from {keys} where id = {group})", keys=Name("keys", entity), group=group)


def _people(scope: Scope, cut: Cut, drawing: Drawing | Everybody, asked: Asked) -> tuple[Name, list[str]]:
    """One row a member with a column a value, zero where there is nothing to add up."""
    catalog = scope.catalog
    of_members, of_rows = _apart(catalog, drawing, (*cut.filters, *asked.filters))
    if isinstance(drawing, Drawing):
        lots = drawn(scope, cut, drawing, asked.by, of_members)
    else:
        lots = everybody(scope, cut, drawing, of_members)
    groups = [f"g{i}" for i in range(len(asked.by))]
    selected = [sql("d.arm_id, d.reached"), *(sql("d.{group}", group=Name(group)) for group in groups)]
    joined = sql("{lots} as d", lots=lots)
    unknown: list[Sql] = []
    names: list[str] = []
    for side, part in (("t", asked.outcome.top), ("b", asked.outcome.bottom)):
        wanted = [value for value in asked.values if value.bottom is (side == "b") and value != REACHED]
        if part is None or not wanted:
            continue
        done = _done(
            scope, replace(cut, filters=of_rows, by=(), grain=None), lots, asked.outcome, part, wanted, drawing
        )
        joined = sql(
            "{joined} left join {done} as {side} on {side}.lot = d.lot", joined=joined, done=done, side=Name(side)
        )
        unknown.append(sql("coalesce({side}.unknown, 0)", side=Name(side)))
        selected += [
            sql("coalesce({side}.{name}, 0) as {name}", side=Name(side), name=Name(value.name)) for value in wanted
        ]
    names = [value.name for value in asked.values]
    first = next(value.name for value in asked.values if value != REACHED)
    body = sql(
        "select {selected}, {unknown} as unknown from {joined}",
        selected=join(", ", selected),
        unknown=join(" + ", unknown),
        joined=joined,
    )
    people = scope.define("people", body)
    capped = [sql("*, {first} > 0 as buys", first=Name(first))]
    if asked.layers:
        capped.append(
            sql(
                "case when early > 0 then ntile({layers}) over (partition by early > 0 order by early) else 0 end as"
                " layer",
                layers=asked.layers,
            )
        )
    if asked.cap is not None:
        # Among buyers only: a quantile of all members would cut every buyer to nothing.
        for value in asked.values:
            if value == REACHED:
                continue
            name = Name(value.name)
            limit = sql(
                "(select quantile_cont({name}, {cap}) from {people} where {name} > 0)",
                name=name,
                cap=asked.cap,
                people=people,
            )
            capped.append(sql("least({name}, {limit}) as {c}", name=name, limit=limit, c=Name(f"capped_{value.name}")))
            names.append(f"capped_{value.name}")
    return scope.define(
        "people", sql("select {columns} from {people}", columns=join(", ", capped), people=people)
    ), names


def _apart(
    catalog: Catalog, drawing: Drawing | Everybody, filters: Sequence[Filter]
) -> tuple[tuple[Filter, ...], tuple[Filter, ...]]:
    """Filters that choose members, and all others, which choose what is counted of them."""
    fact = LOT if isinstance(drawing, Drawing) else PROFILE
    of_members = tuple(one for one in filters if one.dimension is None or reads(catalog, fact, one.dimension))
    return of_members, tuple(one for one in filters if one not in of_members)


def _done(
    scope: Scope,
    cut: Cut,
    lots: Name,
    asked: Outcome,
    part: Aggregate,
    values: Sequence[Value],
    drawing: Drawing | Everybody,
    by: Sequence[Dimension] = (),
) -> Name:
    """One row a lot that has any row of the fact: the sums of its values, and its rows without an exchange rate."""
    metric = scope.catalog.metric(asked.figure.metric)
    bound = parameters_of(metric, asked.figure.metric, asked.figure, cut)
    moment = Moment(cut.buckets[0].key, drawing.start, drawing.end, drawing.start, None)
    rows = Rows(scope, part.of, replace(cut, by=tuple(by)), [moment], bound)
    fact = rows.fact
    time = sql("f.{time}", time=Name(fact.time or ""))
    earliest = min(value.first for value in values)
    at_brand = sql("")
    if fact.brand is not None:
        at_brand = sql(" and (d.brand_id is null or f.{brand} = d.brand_id)", brand=Name(fact.brand))
    rows.joins["d"] = sql(
        "join {lots} as d on d.member_id = f.{member} and {time} >= {from_} and {time} < d.until{at_brand}",
        lots=lots,
        member=Name(fact.member or ""),
        time=time,
        from_=_from(earliest),
        at_brand=at_brand,
    )
    rows.conditions += conditions(rows, part.where, asked.figure.filters)
    columns: list[Sql] = []
    for value in values:
        inside = sql("{time} >= {low}", time=time, low=_from(value.first))
        if value.last is not None:
            inside = sql("{inside} and {time} < {high}", inside=inside, time=time, high=_until(value.last))
        counted = (
            sql("cast(count(*) filter (where {inside}) > 0 as integer)", inside=inside)
            if asked.any_row
            else rows.formula(part.value, inside)
        )
        columns.append(sql("cast({counted} as double) as {name}", counted=counted, name=Name(value.name)))
    missing = unrated(rows, part.value)
    columns.append(sql("0 as unknown") if missing is None else sql("count(*) filter (where {m}) as unknown", m=missing))
    groups = rows.groups()
    return scope.define(
        "done",
        sql(
            "select d.lot{groups}, {columns}\n{source}\ngroup by all",
            groups=join("", [sql(", {g} as {n}", g=g, n=Name(f"r{i}")) for i, g in enumerate(groups)])
            if groups
            else EMPTY,
            columns=join(", ", columns),
            source=rows.source(),
        ),
    )


def _from(days: int) -> Sql:
    """Where a span of days begins: counted from when outcomes count, or back from the draw."""
    if days < 0:
        return sql("d.assigned_at - to_days({days})", days=-days)
    return sql("d.since + to_days({days})", days=days) if days else sql("d.since")


def _until(days: int) -> Sql:
    """Where it ends; a span of the time before ends with the draw itself, not with the start of the period."""
    if days > 0:
        return sql("d.since + to_days({days})", days=days)
    return sql("d.assigned_at - to_days({days})", days=-days) if days else sql("d.assigned_at")


def by_rows(scope: Scope, cut: Cut, drawing: Drawing, asked: Asked, dimension: Dimension) -> Sql:
    """One row a value of a dimension of the rows, and arm: sums of the first two values, of their squares and product.

    What a member did not buy is not there; it is zero in the mean, which is over all members drawn.
    """
    of_members, of_rows = _apart(scope.catalog, drawing, (*cut.filters, *asked.filters))
    lots = drawn(scope, cut, drawing, (), of_members)
    plain = replace(cut, filters=of_rows, by=(), grain=None)
    done = _done(scope, plain, lots, asked.outcome, asked.outcome.top, asked.values, drawing, (dimension,))
    y, x = (Name(value.name) for value in asked.values)
    rows = Rows(
        scope,
        asked.outcome.top.of,
        plain,
        [Moment(cut.buckets[0].key, drawing.start, drawing.end, drawing.start, None)],
    )
    entity = rows.dimension(dimension).entity
    label = sql("r0")
    if entity is not None:
        label = sql("(select any_value(ref) from {keys} where id = r0)", keys=Name("keys", entity))
    return scope.statement(
        sql(
            "select {label}, d.arm_id, sum(unknown), coalesce(sum({y}), 0), coalesce(sum({x}), 0),"
            " coalesce(sum({y} * {y}), 0), coalesce(sum({x} * {x}), 0), coalesce(sum({y} * {x}), 0)\n"
            "from {done} join {lots} as d using (lot) group by r0, d.arm_id order by all",
            label=label,
            y=y,
            x=x,
            done=done,
            lots=lots,
        )
    )


EXPERIMENT = sql(
    "e.experiment_id, k.ref, e.name, e.kind, e.starts_at, e.ends_at, e.outcome_window_days, e.alpha, e.power, e.mde,"
    " e.primary_metric, e.analysis, e.campaign_id, c.ref, e.hypothesis_id, h.statement, h.metric_id, h.expected_effect,"
    " h.owner, h.status, h.created_at, h.decided_at"
)


def experiments(scope: Scope, named: str | None) -> Sql:
    """The experiments that the viewer sees, or those of one reference, name or campaign's name.

    Each comes with its hypothesis.
    """
    wanted = sql("")
    if named is not None:
        wanted = sql("where {named} in (k.ref, e.name, d.name)", named=named)
    return scope.statement(
        sql(
            "select {columns} from {experiment} as e join keys.experiment as k on k.id = e.experiment_id\n"
            "left join keys.campaign as c on c.id = e.campaign_id\n"
            "left join {campaign} as d on d.campaign_id = e.campaign_id\n"
            "left join {hypothesis} as h on h.hypothesis_id = e.hypothesis_id\n{wanted}"
            " order by e.starts_at, e.experiment_id",
            columns=EXPERIMENT,
            experiment=scope.relation("experiment"),
            campaign=scope.relation("campaign"),
            hypothesis=scope.relation("hypothesis"),
            wanted=wanted,
        )
    )


def counts(scope: Scope, drawing: Drawing) -> Sql:
    """One row an arm, in order: its id, name, whether it is the control, its planned share, records drawn, when
    the last was drawn, people in several groups."""
    return scope.statement(
        sql(
            "select arm_id, any_value(arm), any_value(is_control), any_value(planned_share),"
            " count(assigned_id), max(assigned_at), count(distinct member_id) filter (where is_crossed)\n"
            "from {lot} where experiment_id = {experiment} and (assigned_at is null or assigned_at < {end})\n"
            "group by 1 order by 1",
            lot=scope.relation(LOT),
            experiment=drawing.experiment,
            end=drawing.end,
        )
    )


def overlaps(scope: Scope, drawing: Drawing) -> Sql:
    """One row another experiment: its name, and the share of this one's treated whom it treated at the same time."""
    lot, end = scope.relation(LOT), sql("cast({end} as timestamptz)", end=drawing.end)
    named = scope.relation("experiment")
    mine = scope.define(
        "mine",
        sql(
            "select member_id, min(assigned_at) as since, max(coalesce(counts_until, {end})) as until\n"
            "from {lot} where experiment_id = {experiment} and not is_control and member_id is not null group by 1",
            lot=lot,
            experiment=drawing.experiment,
            end=end,
        ),
    )
    return scope.statement(
        sql(
            "select any_value(e.name), count(distinct m.member_id) / any_value(a.n)\n"
            "from {mine} as m join {lot} as o on o.member_id = m.member_id and o.experiment_id <> {experiment}\n"
            "  and not o.is_control and coalesce(o.experiment_kind, '') <> 'global_control'\n"
            "  and o.assigned_at < m.until and coalesce(o.counts_until, {end}) > m.since and o.assigned_at < {end}\n"
            "join {named} as e on e.experiment_id = o.experiment_id, (select count(*) as n from {mine}) as a\n"
            "group by o.experiment_id order by 2 desc, 1",
            mine=mine,
            lot=lot,
            named=named,
            experiment=drawing.experiment,
            end=end,
        )
    )


def campaign(scope: Scope, named: str | None) -> Sql:
    """All campaigns, or those of a reference or name: id, name, brand, and when its first message went out."""
    return scope.statement(
        sql(
            "select c.campaign_id, coalesce(c.name, k.ref), c.brand_id, min(s.ts) from {campaign} as c\n"
            "join keys.campaign as k on k.id = c.campaign_id\n"
            "left join {sending} as s on s.campaign_id = c.campaign_id\n"
            "where {named} is null or k.ref = {named} or c.name = {named} group by all order by 1",
            campaign=scope.relation("campaign"),
            sending=scope.relation("sending"),
            named=named,
        )
    )
