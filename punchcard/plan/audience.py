"""Audience: whom filters choose, whether they may be written to, and whether a global control keeps them out."""

from dataclasses import dataclass, replace

from punchcard.plan.rows import Cut, Moment, Rows
from punchcard.plan.scope import Scope
from punchcard.sql import EMPTY, Name, Sql, sql


@dataclass(frozen=True, slots=True)
class Reach:
    """How a campaign would write: which brand (its id), on which channel, for which purpose."""

    channel: str | None = None
    purpose: str = "marketing"
    brand: int | None = None


def audience(scope: Scope, cut: Cut, reach: Reach) -> Name:
    """One row a member on record: id, whether the filters choose them, they allow it, they are held out.

    All three are read at the end of the period. Consents count as of then, the latest act on each channel; test records
    and anonymised ones are nobody.
    """
    bucket = cut.buckets[-1]
    moment = Moment(bucket.key, bucket.start, bucket.end, bucket.previous_start, None)
    rows = Rows(scope, "profile", replace(cut, by=(), filters=(), grain=None), [moment], windowed=False, of_state=True)
    chosen = [rows.filter(wanted) for wanted in cut.filters]
    rows.conditions += [
        sql("f.created_at < {end}", end=bucket.end),
        sql("not coalesce(f.is_test, false) and not coalesce(f.is_anonymised, false)"),
    ]
    allowed = sql(
        "select distinct member_id from {spells} where status in ('granted', 'confirmed') and purpose = {purpose}"
        "{channel}{brand} and valid_from < {end} and (valid_to is null or valid_to >= {end})",
        spells=scope.relation("consent_spell"),
        purpose=reach.purpose,
        channel=sql(" and channel = {channel}", channel=reach.channel) if reach.channel else EMPTY,
        brand=sql(" and brand_id = {brand}", brand=reach.brand) if reach.brand else EMPTY,
        end=bucket.end,
    )
    held = sql(
        "select distinct member_id from {lot} where experiment_kind = 'global_control' and is_control"
        " and member_id is not null and assigned_at < {end} and coalesce(counts_until, {end}) >= {end}{brand}",
        lot=scope.relation("lot"),
        brand=sql(" and (brand_id is null or brand_id = {brand})", brand=reach.brand) if reach.brand else EMPTY,
        end=sql("cast({end} as timestamptz)", end=bucket.end),
    )
    matches = sql("true")
    for condition in chosen:
        matches = sql("{matches} and {condition}", matches=matches, condition=condition)
    body = sql(
        "select f.member_id, bool_or({matches}) as chosen, any_value(f.member_id in ({allowed})) as allowed,\n"
        "  any_value(f.member_id in ({held})) as held\n{source}\ngroup by f.member_id",
        matches=matches,
        allowed=allowed,
        held=held,
        source=rows.source(),
    )
    return scope.define("audience", body)


def sizes(scope: Scope, cut: Cut, reach: Reach) -> Sql:
    """One row: members on record, chosen, of these allowed, of these not held out."""
    return scope.statement(
        sql(
            "select count(*), count(*) filter (where chosen), count(*) filter (where chosen and allowed),"
            " count(*) filter (where chosen and allowed and not held) from {audience}",
            audience=audience(scope, cut, reach),
        )
    )


def listed(scope: Scope, cut: Cut, reach: Reach) -> Sql:
    """The references of the members whom a campaign may write to, in the order of their ids."""
    return scope.statement(
        sql(
            "select k.ref from {audience} as a join keys.member as k on k.id = a.member_id\n"
            "where a.chosen and a.allowed and not a.held order by a.member_id",
            audience=audience(scope, cut, reach),
        )
    )


def brands_asked(scope: Scope, purpose: str) -> Sql:
    """The brands that any member was asked by for a consent of this purpose: id, reference and name."""
    return scope.statement(
        sql(
            "select s.brand_id, k.ref, coalesce(b.name, k.ref)\n"
            "from (select distinct brand_id from {spells} where purpose = {purpose}) as s\n"
            "join keys.brand as k on k.id = s.brand_id left join {brand} as b on b.brand_id = s.brand_id order by 1",
            brand=scope.relation("brand"),
            spells=scope.relation("consent_spell"),
            purpose=purpose,
        )
    )
