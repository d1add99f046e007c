"""Dimensions: what figures are broken down and filtered by, resolved against one fact.

A dimension is written as
  `category_l1`             a column of the fact itself,
  `store.region`            a column of what an id of the fact points to (store, product, campaign, brand, member, ...),
  `attribute.specialty`     a member's attribute, `tier.name` or `segment.SCHEME` the tier or segment,
  `consent.PERMISSION`      what the member allows the row's brand on a channel for a purpose: these change over time
                            and are read at the fact's moment, at the period's start, or now,
  `in.SEGMENT`              whether the member is in a segment declared in the project, read likewise,
  `props.offer_id`          a key of a JSON column of the fact,
  `time.weekday`, `time.hour`, `time.month`, ...   parts of the fact's local time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from punchcard.catalog.catalog import Catalog
from punchcard.catalog.fact import Fact
from punchcard.catalog.filter import Dimension, Reading
from punchcard.catalog.table import Type
from punchcard.errors import QueryError, did_you_mean
from punchcard.sql import Name, Sql, sql, trusted

TIME_PARTS: dict[str, tuple[str, str]] = {
    "weekday": ("Weekday", "isodow({day})"),
    "hour": ("Hour of day", "{hour}"),
    "day": ("Day", "{day}"),
    "month": ("Month", "cast(date_trunc('month', {day}) as date)"),
    "quarter": ("Quarter", "cast(date_trunc('quarter', {day}) as date)"),
    "year": ("Year", "cast(extract('year' from {day}) as integer)"),
    "month_of_year": ("Month of year", "cast(extract('month' from {day}) as integer)"),
}

# Member histories: the fact that holds the spells, the column with the value, the column with the history's name.
HISTORIES: dict[str, tuple[str, str, str]] = {
    "attribute": ("attribute_spell", "value", "attribute"),
    "segment": ("segment_spell", "segment", "scheme"),
    "tier": ("tier_spell", "tier", "program"),
    "consent": ("consent_spell", "status", "permission"),
}

# Histories of which a member has one with each brand: a row is read by that of its own brand, if it has one.
WITH_BRANDS = ("consent",)

# Dimensions of the member behind a row: every fact with a member can be read by them.
OF_MEMBERS = (*HISTORIES, "in")


@dataclass(frozen=True, slots=True)
class Spells:
    """The spells of a history that hold for a row: the relation under its alias, and on what it is joined to `f`."""

    relation: Sql
    on: Sql


NO_SPELLS = Spells(sql("(select 1)"), sql("false"))


@dataclass(frozen=True, slots=True)
class Resolved:
    """A dimension against a fact with alias `f`: its SQL, the joins it needs, what it is called and what it holds.

    `entity` is set for an id, whose values are shown as the source's references. A member may have several values of a
    history at once (a tier of each programme), so joining its `spells` can repeat a row: right for a breakdown, where
    the row belongs to several groups, and wrong for a filter, which asks whether there is any such spell.
    """

    name: str
    title: str
    value: Sql
    join: Sql | None = None
    spells: Spells = NO_SPELLS
    type: Type = Type.TEXT
    entity: str | None = None
    reading: Reading | None = None
    personal: bool = False


def is_history(name: str) -> bool:
    """Whether a dimension is one of members that changes over time, such as `segment.SCHEME`."""
    head, dot, _ = name.partition(".")
    return bool(dot) and head in HISTORIES


# Makes a relation exist for the statement and gives its bare name.
Relation = Callable[[str], Name]


def link(fact: Fact, entity: str) -> str | None:
    """The fact's column that points to an entity, if there is one; the one named after it comes first."""
    pointing = [name for name, column in fact.columns.items() if column.type is Type.ID and column.of == entity]
    if not pointing:
        return None
    return f"{entity}_id" if f"{entity}_id" in pointing else pointing[0]


def entities(catalog: Catalog, fact: Fact) -> list[str]:
    """The entities that a fact's ids point to and that have columns of their own."""
    pointed = dict.fromkeys(column.of for column in fact.columns.values() if column.type is Type.ID and column.of)
    return [name for name in pointed if catalog.lookup(name)]


def entity_columns(catalog: Catalog, entity: str) -> dict[str, tuple[str, Type, str | None, bool]]:
    """The columns of an entity that tell something of it: title, type, entity of an id, personal or not."""
    relation = catalog.lookup(entity) or ""
    if fact := catalog.facts.get(relation):
        return {
            name: (column.title or _titled(name), column.type, column.of, False)
            for name, column in fact.columns.items()
            if column.dimension and name != fact.row
        }
    table = catalog.tables[relation]
    return {
        name: (_titled(name), column.type, column.of, column.personal)
        for name, column in table.columns.items()
        if name not in table.key
    }


def key_of(catalog: Catalog, entity: str) -> str:
    """The column that an id of this entity is matched with."""
    relation = catalog.lookup(entity) or ""
    return catalog.facts[relation].row if relation in catalog.facts else catalog.tables[relation].key[0]


def entity_of(catalog: Catalog, name: str) -> str | None:
    """The entity whose ids are the values of a dimension, if they are ids."""
    head, _, rest = name.partition(".")
    if rest:
        columns = entity_columns(catalog, head) if catalog.lookup(head) is not None else {}
        _, kind, of, _ = columns.get(rest, ("", Type.TEXT, None, False))
        return of if kind is Type.ID else None
    columns = (fact.columns.get(name) for fact in catalog.facts.values())
    return next((column.of for column in columns if column is not None and column.of is not None), None)


def resolve(
    catalog: Catalog, fact_name: str, dimension: Dimension, alias: str, moment: Sql, relation: Relation
) -> Resolved:
    """A dimension against a fact; QueryError with a suggestion where the fact has no such thing.

    `moment` is the instant at which a changing attribute is read; `alias` names the joined relation.
    """
    fact = catalog.fact(fact_name)
    head, _, rest = dimension.name.partition(".")
    if not rest:
        return _column(catalog, fact, fact_name, dimension.name)
    if head == "time":
        return _time(fact, fact_name, rest)
    if is_open(fact, head):
        return _key(head, rest)
    if head in HISTORIES and (head, rest) != ("tier", "name"):
        return _history(catalog, fact_name, dimension, alias, moment, relation)
    if head == "tier":
        return _history(catalog, fact_name, Dimension(name="tier.", reading=dimension.reading), alias, moment, relation)
    return _entity(catalog, fact, fact_name, head, rest, alias, relation)


def _column(catalog: Catalog, fact: Fact, fact_name: str, name: str) -> Resolved:
    column = fact.columns.get(name)
    if column is None or not column.dimension:
        raise QueryError(f"no dimension '{name}' in {fact_name}{did_you_mean(name, known(catalog, fact_name))}")
    entity = column.of if column.type is Type.ID else None
    return Resolved(
        name, column.title or _titled(name), sql("f.{name}", name=Name(name)), type=column.type, entity=entity
    )


def is_open(fact: Fact, name: str) -> bool:
    """Whether a column holds JSON, so that each of its keys is a dimension."""
    return name in fact.columns and fact.columns[name].type is Type.JSON


def _key(column: str, key: str) -> Resolved:
    if '"' in key:
        raise QueryError(f"a key cannot hold a quotation mark: '{key}'")
    value = sql("json_extract_string(f.{column}, {path})", column=Name(column), path=f'$."{key}"')
    return Resolved(f"{column}.{key}", _titled(key), value)


def _time(fact: Fact, fact_name: str, part: str) -> Resolved:
    if part not in TIME_PARTS:
        raise QueryError(f"no part of time '{part}'{did_you_mean(part, TIME_PARTS)}")
    if fact.day is None:
        raise QueryError(f"{fact_name} has no time of its own, so it has no '{part}'")
    if part == "hour" and "hour" not in fact.columns:
        raise QueryError(f"{fact_name} knows days, not hours")
    title, template = TIME_PARTS[part]
    value = trusted(template.format(day=f'f."{fact.day}"', hour='f."hour"'))
    kind = Type.DATE if part in {"day", "month", "quarter"} else Type.INTEGER
    return Resolved(f"time.{part}", title, value, type=kind)


def _history(
    catalog: Catalog, fact_name: str, dimension: Dimension, alias: str, moment: Sql, relation: Relation
) -> Resolved:
    fact = catalog.fact(fact_name)
    head, _, name = dimension.name.partition(".")
    if fact.member is None:
        raise QueryError(f"{fact_name} has no member, so it cannot be read by '{dimension.name}'")
    spells, value, which = HISTORIES[head]
    named = sql(" and {alias}.{which} = {name}", alias=Name(alias), which=Name(which), name=name) if name else sql("")
    if dimension.reading == "at_event" and head in fact.kept:
        kept = fact.kept[head]
        held = sql("{kept} as {alias}", kept=relation(kept), alias=Name(alias))
        on = sql("{alias}.{row} = f.{row}{named}", alias=Name(alias), row=Name(catalog.fact(kept).row), named=named)
    else:
        held = sql("{spells} as {alias}", spells=relation(spells), alias=Name(alias))
        on = sql(
            "{alias}.member_id = f.{member}{named}"
            " and {alias}.valid_from <= {moment} and ({alias}.valid_to is null or {alias}.valid_to > {moment})",
            alias=Name(alias),
            member=Name(fact.member),
            named=named,
            moment=moment,
        )
        if head in WITH_BRANDS and fact.brand is not None:
            same = sql("{alias}.brand_id is not distinct from f.{brand}", alias=Name(alias), brand=Name(fact.brand))
            on = sql("{on} and {same}", on=on, same=same)
    title = _titled(name) if name else _titled(head)
    full = dimension.name.rstrip(".") if name else f"{head}.name"
    return Resolved(
        full,
        title,
        sql("{alias}.{value}", alias=Name(alias), value=Name(value)),
        join=sql("left join {held} on {on}", held=held, on=on),
        spells=Spells(held, on),
        reading=dimension.reading,
    )


def _entity(
    catalog: Catalog, fact: Fact, fact_name: str, entity: str, column: str, alias: str, relation: Relation
) -> Resolved:
    pointing = link(fact, entity)
    looked_up = catalog.lookup(entity)
    if pointing is None or looked_up is None:
        name = f"{entity}.{column}"
        raise QueryError(f"{fact_name} cannot be read by '{name}'{did_you_mean(name, known(catalog, fact_name))}")
    columns = entity_columns(catalog, entity)
    if column not in columns:
        raise QueryError(f"no column '{column}' in {entity}{did_you_mean(column, columns)}")
    _, kind, of, personal = columns[column]
    if personal:
        raise QueryError(f"'{entity}.{column}' identifies a person; figures are not broken down by it")
    joined = sql(
        "left join {entity} as {alias} on {alias}.{key} = f.{pointing}",
        entity=relation(looked_up),
        alias=Name(alias),
        key=Name(key_of(catalog, entity)),
        pointing=Name(pointing),
    )
    value = sql("{alias}.{column}", alias=Name(alias), column=Name(column))
    full = f"{entity}.{column}"
    of_id = of if kind is Type.ID else None
    return Resolved(full, describe(catalog, fact_name, full), value, joined, type=kind, entity=of_id)


@lru_cache(maxsize=256)
def known(catalog: Catalog, fact_name: str) -> tuple[str, ...]:
    """The dimensions that a fact can be read by, its own columns first; histories by their general form."""
    fact = catalog.fact(fact_name)
    names = [name for name, column in fact.columns.items() if column.dimension]
    names += [f"{entity}.{column}" for entity in entities(catalog, fact) for column in _public(catalog, entity)]
    if fact.day is not None:
        names += [f"time.{part}" for part in TIME_PARTS if part != "hour" or "hour" in fact.columns]
    return tuple(names)


def reads(catalog: Catalog, fact_name: str, name: str) -> bool:
    """Whether a fact can be read by a dimension."""
    fact = catalog.fact(fact_name)
    head, _, rest = name.partition(".")
    if rest and head in OF_MEMBERS:
        return fact.member is not None
    if rest and is_open(fact, head):
        return True
    return name in known(catalog, fact_name)


def describe(catalog: Catalog, fact_name: str | None, name: str) -> str:
    """What a dimension is called, as a fact knows it."""
    head, _, rest = name.partition(".")
    if not rest:
        column = catalog.facts[fact_name].columns.get(name) if fact_name is not None else None
        return (column.title if column is not None else None) or _titled(name)
    if head == "time" and rest in TIME_PARTS:
        return TIME_PARTS[rest][0]
    if head in HISTORIES:
        return _titled(rest) if rest != "name" else _titled(head)
    if head == "in":
        return catalog.segment(rest).title
    relation = catalog.lookup(head)
    columns = entity_columns(catalog, head) if relation is not None else {}
    title = columns[rest][0] if rest in columns else _titled(rest)
    return title if head.lower() in title.lower() else f"{_titled(head)} {title.lower()}"


def _public(catalog: Catalog, entity: str) -> list[str]:
    shown = (Type.TEXT, Type.BOOLEAN, Type.ID, Type.INTEGER, Type.DATE)
    return [
        name
        for name, (_, kind, _, personal) in entity_columns(catalog, entity).items()
        if not personal and kind in shown
    ]


def _titled(name: str) -> str:
    return name.removesuffix("_id").replace("_", " ").capitalize()
