"""Flow: who was in which value of a scheme before, and in which one after; and every move in between.

"Before" is the last instant before the first moment, "after" the last one before the second, so that what is after one
month is before the next, and opening plus in less out is closing.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from punchcard.plan.cells import among
from punchcard.plan.rows import Cut
from punchcard.plan.scheme import segment_ref
from punchcard.plan.scope import Scope
from punchcard.sql import Name, Sql, join, sql

Count = Literal["members", "moves"]
TARGET, CONTROL = "Target", "Control"


@dataclass(frozen=True)
class Asked:
    """Between which moments: two of everybody's, or each member's own around a campaign."""

    scheme: str
    cut: Cut
    count: Count = "members"
    campaign: str | None = None
    days: int = 30

    @property
    def start(self) -> datetime:
        """The first moment of everybody."""
        return self.cut.buckets[0].start

    @property
    def end(self) -> datetime:
        """The second moment of everybody."""
        return self.cut.buckets[-1].end


def cells(scope: Scope, asked: Asked) -> Sql:
    """Rows of group (with a campaign), before, after and how many, the names of values in place of their numbers."""
    group = [sql("{name}", name=Name("team"))] if asked.campaign else []
    names = scope.define("named", _names(scope, asked.scheme))
    return scope.statement(
        sql(
            "select {group}b.name as before, a.name as after, amount from (\n"
            "select {group}before_id, after_id, count(*) as amount from (\n{moved}\n) group by all) as flow\n"
            "left join {names} as b on b.id = before_id left join {names} as a on a.id = after_id\n"
            "order by {group}b.place nulls last, a.place nulls last",
            group=join("", [sql("{one}, ", one=one) for one in group]),
            moved=_moved(scope, asked),
            names=names,
        )
    )


def behind(scope: Scope, asked: Asked, before: str | None, after: str | None, team: str | None) -> Sql:
    """The members of one cell, each once."""
    names = scope.define("named", _names(scope, asked.scheme))
    conditions = [
        sql(
            "{column} is not distinct from (select id from {names} where name = {value})",
            column=Name(column),
            names=names,
            value=value,
        )
        for column, value in (("before_id", before), ("after_id", after))
    ]
    if team is not None:
        conditions.append(sql("team = {team}", team=team))
    return scope.statement(
        sql(
            "select distinct member_id from (\n{moved}\n) where {conditions} order by 1",
            moved=_moved(scope, asked),
            conditions=join(" and ", conditions),
        )
    )


def exclusive(scope: Scope, scheme: str) -> Sql:
    """The imported schemes of this name that let a member be in several segments at once."""
    return scope.statement(
        sql(
            "select scheme_id from {schemes} where name = {scheme} and not coalesce(is_exclusive, false)",
            schemes=scope.relation("segment_scheme"),
            scheme=scheme,
        )
    )


def _names(scope: Scope, scheme: str) -> Sql:
    """The values of a scheme by number, in the order in which they are declared or sorted."""
    if scheme in scope.catalog.schemes:
        values = scope.catalog.schemes[scheme].values()
        listed = [
            sql("({place}, {ref}, {name})", place=place, ref=segment_ref(scheme, name), name=name)
            for place, name in enumerate(values)
        ]
        return sql(
            "select k.id, v.name, v.place from (values {listed}) as v(place, ref, name)"
            " join keys.segment as k on k.ref = v.ref",
            listed=join(", ", listed),
        )
    return sql(
        "select g.segment_id as id, g.name, coalesce(g.sort, g.segment_id) as place from {segments} as g"
        " join {schemes} as h on h.scheme_id = g.scheme_id where h.name = {scheme}",
        segments=scope.relation("segment"),
        schemes=scope.relation("segment_scheme"),
        scheme=scheme,
    )


def _moved(scope: Scope, asked: Asked) -> Sql:
    """One row a member (or a move of one): member_id, before_id, after_id, and the team with a campaign."""
    who = scope.define("who", _who(scope, asked)) if asked.campaign else None
    start = sql("w.start_at") if who else sql("cast({start} as timestamptz)", start=asked.start)
    end = sql("w.end_at") if who else sql("cast({end} as timestamptz)", end=asked.end)
    joined = sql(" join {who} as w on w.member_id = s.member_id", who=who) if who else sql("")
    team = sql(", w.team") if who else sql("")
    conditions = [sql("s.scheme = {scheme}", scheme=asked.scheme)]
    if asked.cut.filters:
        audience = scope.define("audience", among(scope, asked.cut))
        conditions.append(sql("s.member_id in (select member_id from {audience})", audience=audience))
    spells = scope.relation("segment_spell")
    if asked.count == "moves":
        return _moves(spells, joined, team, join(" and ", conditions), start, end)
    if who is None and asked.scheme in scope.catalog.schemes:
        return _snapshots(spells, join(" and ", conditions), start, end)
    conditions += [
        sql("s.valid_from < {end}", end=end),
        sql("(s.valid_to is null or s.valid_to >= {start})", start=start),
    ]

    def at(moment: Sql) -> Sql:
        return sql(
            "max(s.segment_id) filter (s.valid_from < {moment} and (s.valid_to is null or s.valid_to >= {moment}))",
            moment=moment,
        )

    return sql(
        "select * from (select s.member_id{team}, {before} as before_id, {after} as after_id\n"
        "from {spells} as s{joined} where {conditions} group by s.member_id{team})\n"
        "where before_id is not null or after_id is not null",
        team=team,
        before=at(start),
        after=at(end),
        spells=spells,
        joined=joined,
        conditions=join(" and ", conditions),
    )


def _snapshots(spells: Name, conditions: Sql, start: Sql, end: Sql) -> Sql:
    """Who was where at both moments, side by side: half the time of a grouping.

    Only for declared schemes, in which nobody can be in two values; an imported one may be untidy.
    """

    def at(moment: Sql) -> Sql:
        return sql(
            "(select s.member_id, s.segment_id from {spells} as s where {conditions}"
            " and s.valid_from < {moment} and (s.valid_to is null or s.valid_to >= {moment}))",
            spells=spells,
            conditions=conditions,
            moment=moment,
        )

    return sql(
        "select coalesce(b.member_id, a.member_id) as member_id, b.segment_id as before_id, a.segment_id as after_id\n"
        "from {before} as b full join {after} as a on a.member_id = b.member_id",
        before=at(start),
        after=at(end),
    )


def _moves(spells: Name, joined: Sql, team: Sql, conditions: Sql, start: Sql, end: Sql) -> Sql:
    """Each change between the moments: into a spell from the one it follows at once, and out of one without a next."""
    return sql(
        "with spell as (select s.member_id, s.segment_id, s.valid_from, s.valid_to{team},"
        " {start} as start_at, {end} as end_at,"
        " lag(s.segment_id) over in_order as earlier, lag(s.valid_to) over in_order as left_at,"
        " lead(s.valid_from) over in_order as next_at\n"
        "from {spells} as s{joined} where {conditions}\n"
        "window in_order as (partition by s.member_id{team} order by s.valid_from))\n"
        "select member_id{plain}, case when left_at = valid_from then earlier end as before_id,"
        " segment_id as after_id from spell where valid_from >= start_at and valid_from < end_at"
        " and (left_at is distinct from valid_from or earlier <> segment_id)\n"
        "union all\n"
        "select member_id{plain}, segment_id, null from spell\n"
        "where valid_to >= start_at and valid_to < end_at and next_at is distinct from valid_to",
        team=team,
        plain=sql(", team") if team.text else sql(""),
        start=start,
        end=end,
        spells=spells,
        joined=joined,
        conditions=conditions,
    )


def _who(scope: Scope, asked: Asked) -> Sql:
    """The members of a campaign with their own moments: those whom lots were drawn for, else those it was sent to."""
    campaign = sql(
        "(select c.campaign_id from {known} as c join keys.campaign as k on k.id = c.campaign_id"
        " where {named} in (k.ref, c.name))",
        known=scope.relation("campaign"),
        named=asked.campaign,
    )
    zone = scope.catalog.calendar.zone
    return sql(
        "with drawn as (select member_id, case when bool_and(is_control) then {control} else {target} end as team,"
        " min(assigned_at) as start_at from {lot}\n"
        "where campaign_id in {campaign} and member_id is not null and not is_crossed group by 1),\n"
        "sent as (select member_id, {target} as team, min(ts) as start_at from {message}\n"
        "where campaign_id in {campaign} and member_id is not null and not exists (select 1 from drawn) group by 1)\n"
        "select member_id, team, start_at,"
        " timezone({zone}, timezone({zone}, start_at) + to_days({days})) as end_at\n"
        "from (from drawn union all from sent) where start_at is not null",
        control=CONTROL,
        target=TARGET,
        lot=scope.relation("lot"),
        message=scope.relation("sending"),
        campaign=campaign,
        zone=zone,
        days=asked.days,
    )
