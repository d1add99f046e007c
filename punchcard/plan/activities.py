"""Activities as rows: one statement that gives what members did, for the timeline to put in order."""

from collections.abc import Mapping, Sequence

from punchcard.catalog.activity import Activity
from punchcard.catalog.filter import Dimension
from punchcard.catalog.table import Type
from punchcard.period import Bucket
from punchcard.plan.dimension import Resolved
from punchcard.plan.rows import Cut, Moment, Rows, labelled
from punchcard.plan.scope import Scope
from punchcard.sql import Name, Sql, join, sql

# What a key of an open (JSON) column holds: numbers throughout, or anything.
Open = Mapping[str, bool]

_NUMBERS = (Type.INTEGER,)
_AMOUNTS = (Type.DECIMAL, Type.MONEY, Type.RATE, Type.SHARE)


def occurrences(scope: Scope, activities: Mapping[str, Activity], open_keys: Mapping[str, Open]) -> Sql:
    """One row an occurrence: `member`, `activity`, `time`, `arrival`, and a column a property, missing where unknown.

    `arrival` is the fact's own row id, which grows in the order in which rows came.
    """
    parts = [_part(scope, name, activity, open_keys.get(name, {})) for name, activity in activities.items()]
    return scope.statement(join("\nunion all by name\n", parts))


def _part(scope: Scope, name: str, activity: Activity, open_keys: Open) -> Sql:
    rows = _rows(scope, activity)
    fact = rows.fact
    named = sql("{name}", name=name)
    if activity.named_by is not None:
        named = sql("coalesce(f.{column}, {name})", column=Name(activity.named_by), name=name)
    columns = [
        sql("cast(f.{member} as integer) as member", member=Name(fact.member or "")),
        sql("{named} as activity", named=named),
        sql("f.{time} as time", time=Name(fact.time or "")),
        sql("f.{row} as arrival", row=Name(fact.row)),
    ]
    for title, column in activity.properties.items():
        value = _stored(rows.dimension(Dimension(name=column))) if column not in fact.columns else _own(rows, column)
        columns.append(sql("{value} as {title}", value=value, title=Name(title)))
    for key, numbers in open_keys.items():
        value = sql("json_extract_string(f.{open}, {path})", open=Name(activity.open or ""), path=f'$."{key}"')
        if numbers:
            value = sql("try_cast({value} as double)", value=value)
        columns.append(sql("{value} as {title}", value=value, title=Name(key)))
    rows.conditions.append(sql("f.{member} is not null", member=Name(fact.member or "")))
    rows.conditions.append(sql("f.{time} is not null", time=Name(fact.time or "")))
    if activity.where is not None:
        rows.conditions.append(rows.formula(activity.where))
    return sql("select {columns}\n{source}", columns=join(",\n  ", columns), source=rows.source())


def _own(rows: Rows, name: str) -> Sql:
    column = rows.fact.columns[name]
    entity = column.of if column.type is Type.ID else None
    return _stored(Resolved(name, name, sql("f.{name}", name=Name(name)), type=column.type, entity=entity))


def _stored(found: Resolved) -> Sql:
    if found.entity is not None:
        return labelled(found)
    if found.type in _AMOUNTS:
        return sql("cast({value} as decimal(18, 4))", value=found.value)
    if found.type in _NUMBERS:
        return sql("cast({value} as double)", value=found.value)
    return sql("cast({value} as varchar)", value=found.value)


def _rows(scope: Scope, activity: Activity) -> Rows:
    moment = scope.known_at or scope.now
    bucket = Bucket(moment.date(), moment, moment, moment, complete=True)
    moments: Sequence[Moment] = [Moment(bucket.key, moment, moment, moment, None)]
    return Rows(scope, activity.of, Cut((bucket,)), moments, windowed=False)


def keys_of(scope: Scope, activity: Activity, most: int = 200) -> Sql:
    """The keys of an activity's open column: `key`, and whether all its values are numbers; the commonest first."""
    return scope.statement(
        sql(
            "select key, bool_and(value is null or try_cast(value as double) is not null) as numbers from ("
            "select key, json_extract_string({open}, '$.\"' || key || '\"') as value"
            " from (select {open}, unnest(json_keys({open})) as key from {fact} where {open} is not null))"
            " where not contains(key, '\"') group by key order by count(*) desc, key limit {most}",
            open=Name(activity.open or ""),
            fact=scope.relation(activity.of),
            most=most,
        )
    )
