"""Schemes as spells: each member's value from one moment to the next, computed from the facts.

Every figure is a step function of time: a row raises it when it happens and lowers it when it leaves the window. All
figures of a version are carried along in one window over the steps; a period's breakpoint sees the last step before it.
So nothing is evaluated at moments at which nothing changed, and nothing is seen before it happened.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from punchcard.catalog.catalog import Catalog
from punchcard.catalog.expression import parse
from punchcard.catalog.metric import Aggregate
from punchcard.catalog.scheme import Breaks, Figure, Scheme, Version
from punchcard.catalog.segment import Condition
from punchcard.errors import QueryError, did_you_mean
from punchcard.plan.segment import amount_of, counted, done
from punchcard.sql import Name, Sql, join, sql

if TYPE_CHECKING:
    from punchcard.plan.scope import Scope

_STEPS: dict[Breaks, Sql] = {
    "week": sql("interval 7 days"),
    "month": sql("interval 1 month"),
    "quarter": sql("interval 3 months"),
    "year": sql("interval 1 year"),
}

_COLUMNS = sql(
    "select null::bigint as member_id, null::bigint as scheme_id, null::bigint as segment_id, null::varchar as scheme,"
    " null::varchar as segment, null::varchar as version, null::timestamptz as valid_from,"
    " null::timestamptz as valid_to where false"
)


def spells(scope: "Scope") -> Sql:
    """The spells of all declared schemes, one a member, value and stay."""
    parts = [_spells(scope, name, scheme) for name, scheme in scope.catalog.schemes.items()]
    return join("\nunion all\n", parts or [_COLUMNS])


def segment_ref(scheme: str, value: str) -> str:
    """The number of a declared scheme's value among the segments of a source."""
    return f"{scheme}.{value}"


def metric_of(catalog: Catalog, figure: Figure) -> Aggregate:
    """The metric of a figure; QueryError if it cannot be taken per member over time."""
    if (figure.metric is None) == (figure.did is None):
        raise QueryError("a figure is of exactly one thing; give 'metric' or 'did'")
    if figure.where and figure.did is None:
        raise QueryError("'where' narrows an activity; give 'did' with it")
    condition = Condition(metric=figure.metric, did=figure.did, where={**figure.where}, at_least=0)
    metric = counted(catalog, condition) if figure.did is None else done(catalog, condition)
    amount_of(metric)
    return metric


def _spells(scope: "Scope", name: str, scheme: Scheme) -> Sql:
    calendar = scope.catalog.calendar
    starts = [None if one.since is None else calendar.midnight(one.since) for one in scheme.versions]
    parts = [
        _clipped(_version(scope, name, scheme, version), version, start, end)
        for version, start, end in zip(scheme.versions, starts, [*starts[1:], None], strict=True)
    ]
    return sql(
        "select v.member_id, h.id as scheme_id, g.id as segment_id, {name} as scheme, v.segment, v.version,"
        " v.valid_from, v.valid_to\nfrom (\n{parts}\n) as v\n"
        "join keys.segment_scheme as h on h.ref = {name}\njoin keys.segment as g on g.ref = {prefix} || v.segment",
        name=name,
        parts=join("\nunion all\n", parts),
        prefix=segment_ref(name, ""),
    )


def _clipped(held: Sql, version: Version, start: datetime | None, end: datetime | None) -> Sql:
    """A version's spells inside the days on which it holds."""
    since = sql("since") if start is None else sql("greatest(since, {start})", start=start)
    until = sql("until") if end is None else sql("least(coalesce(until, {end}), {end})", end=end)
    return sql(
        "select * from (select member_id, value as segment, {version} as version, {since} as valid_from,"
        " {until} as valid_to from (\n{held}\n) as held where value is not null)\n"
        "where valid_to is null or valid_from < valid_to",
        version=version.name,
        since=since,
        until=until,
        held=held,
    )


def _version(scope: "Scope", name: str, scheme: Scheme, version: Version) -> Sql:
    """Each member's value from `since` until `until`, neighbours different."""
    levels = _levels(scope, scheme.at, version)
    if version.scores:
        levels = _scored(scope, name, scheme, version, levels)
    zone = scope.catalog.calendar.zone

    def column(written: str) -> Sql:
        names = (*version.figures, *version.scores)
        if written not in names:
            raise QueryError(f"scheme '{name}' has no figure or score '{written}'{did_you_mean(written, names)}")
        return sql("level.{written}", written=Name(written))

    whens = [
        sql("when {when} then {value}", when=parse(value.when).compile(column, zone=zone), value=value.name)
        for value in version.values
        if value.when is not None
    ]
    rest = sql("{rest}", rest=version.values[-1].name)
    value = sql("case {whens} else {rest} end", whens=join(" ", whens), rest=rest) if whens else rest
    if version.base is not None:
        base = parse(version.base).compile(column, zone=zone)
        value = sql("case when {base} then {value} end", base=base, value=value)
    return sql(
        "select member_id, value, since, lead(since) over (partition by member_id order by since) as until from (\n"
        "select member_id, since, {value} as value from (\n{levels}\n) as level\n"
        "qualify value is distinct from lag(value) over (partition by member_id order by since)"
        " or row_number() over (partition by member_id order by since) = 1)",
        value=value,
        levels=levels,
    )


def _levels(scope: "Scope", at: Breaks, version: Version) -> Sql:
    """Every figure of each member from `since` on, wherever one changes."""
    steps = join("\nunion all by name\n", [_steps(scope, name, one) for name, one in version.figures.items()])
    summed = [
        sql("{reduced} as {name}", reduced=_reduced(one, name, sql("")), name=Name(name))
        for name, one in version.figures.items()
    ]
    running = [
        sql("{reduced} as {name}", reduced=_reduced(one, name, sql(" over so_far")), name=Name(name))
        for name, one in version.figures.items()
    ]
    return sql(
        "select member_id, since, {running} from (\n"
        "select member_id, {since} as since, {summed} from (\n{steps}\n) as step group by 1, 2)\n"
        "window so_far as (partition by member_id order by since)",
        running=join(", ", running),
        since=_breakpoint(scope, at),
        summed=join(", ", summed),
        steps=steps,
    )


def _reduced(figure: Figure, name: str, over: Sql) -> Sql:
    if figure.take == "latest":
        return sql("max({name}){over}", name=Name(name), over=over)
    return sql("coalesce(sum({name}){over}, 0)", name=Name(name), over=over)


def _breakpoint(scope: "Scope", at: Breaks) -> Sql:
    """From when on a step is seen: at once, or as the next period begins."""
    calendar = scope.catalog.calendar
    if at == "events":
        return sql("step.ts")
    day = sql("cast(timezone({zone}, step.ts) as date)", zone=calendar.zone)
    match at:
        case "day":
            following = sql("{day} + interval 1 day", day=day)
        case "week":
            offset = 7 - calendar.week_start
            first = sql("{day} - cast((isodow({day}) + {offset}) % 7 as integer)", day=day, offset=offset)
            following = sql("{first} + {step}", first=first, step=_STEPS[at])
        case _:
            following = sql("date_trunc({at}, {day}) + {step}", at=at, day=day, step=_STEPS[at])
    return sql("timezone({zone}, {following})", zone=calendar.zone, following=following)


def _steps(scope: "Scope", name: str, figure: Figure) -> Sql:
    """What each row adds to a figure when it happens, and takes away when it leaves the window."""
    metric = metric_of(scope.catalog, figure)
    fact, zone = scope.catalog.fact(metric.of), scope.catalog.calendar.zone

    def column(written: str) -> Sql:
        return sql("f.{written}", written=Name(written))

    amount = amount_of(metric)
    happened = sql("f.{time}", time=Name(fact.time or ""))
    value = sql("1") if amount is None else parse(amount).compile(column, zone=zone)
    value = happened if figure.take == "latest" else value
    where = sql("true") if metric.where is None else parse(metric.where).compile(column, zone=zone)

    def part(ts: Sql, adds: Sql) -> Sql:
        return sql(
            "select f.{member} as member_id, {ts} as ts, {adds} as {name} from {fact} as f"
            " where f.{member} is not null and {happened} is not null and {where}",
            member=Name(fact.member or ""),
            ts=ts,
            adds=adds,
            name=Name(name),
            fact=scope.relation(metric.of),
            happened=happened,
            where=where,
        )

    rows = part(happened, value)
    if figure.last_days is None or figure.take == "latest":
        return rows
    left = sql("{happened} + to_hours({hours})", happened=happened, hours=24 * figure.last_days)
    return sql("{rows}\nunion all by name\n{leaving}", rows=rows, leaving=part(left, sql("-({value})", value=value)))


def _scored(scope: "Scope", name: str, scheme: Scheme, version: Version, levels: Sql) -> Sql:
    """The levels of all members at every breakpoint at which something changed by then, with their scores.

    Members are compared last as the period after the last row begins: scores say nothing of a future without rows.
    """
    zone = scope.catalog.calendar.zone
    figures = {one: sql("{one}", one=Name(one)) for one in version.figures}

    def column(written: str) -> Sql:
        if written not in figures:
            raise QueryError(f"scheme '{name}' has no figure '{written}'{did_you_mean(written, figures)}")
        return figures[written]

    base = sql("true") if version.base is None else parse(version.base).compile(column, zone=zone)
    scores = [
        sql("{score} as {name}", score=_score(column(one.of), one.into, high=one.ties == "high"), name=Name(score))
        for score, one in version.scores.items()
    ]
    last = [
        sql(
            "select max(f.{time}) as ts from {fact} as f",
            time=Name(scope.catalog.fact(metric.of).time or ""),
            fact=scope.relation(metric.of),
        )
        for metric in (metric_of(scope.catalog, figure) for figure in version.figures.values())
    ]
    return sql(
        "with level as materialized (\n{levels}\n), held as (\n"
        "select *, lead(since) over (partition by member_id order by since) as until from level\n), break as (\n"
        "select distinct since as at from level\n"
        "where since <= (select max({horizon}) from ({last}) as step)\n), there as (\n"
        "select held.* exclude (since, until), break.at as since from break join held\n"
        "on held.since <= break.at and coalesce(held.until, timestamptz 'infinity') > break.at\n"
        ")\nselect *, {scores} from there where {base}{others}",
        levels=levels,
        horizon=_breakpoint(scope, scheme.at),
        last=join(" union all ", list(dict.fromkeys(last))),
        scores=join(", ", scores),
        base=base,
        others=_others(version, base),
    )


def _others(version: Version, base: Sql) -> Sql:
    """Who is there but outside the base has no score; they are kept, so that their stay ends."""
    if version.base is None:
        return sql("")
    nothing = join(", ", [sql("null as {score}", score=Name(score)) for score in version.scores])
    return sql(
        "\nunion all by name\nselect *, {nothing} from there where ({base}) is not true", nothing=nothing, base=base
    )


def _score(value: Sql, into: int, *, high: bool) -> Sql:
    if high:
        return sql(
            "cast(ceil({into} * cume_dist() over (partition by since order by {value})) as integer)",
            into=into,
            value=value,
        )
    return sql(
        "cast({most} - ceil({into} * cume_dist() over (partition by since order by {value} desc)) as integer)",
        most=into + 1,
        into=into,
        value=value,
    )
