"""Rows: the rows of one fact for one figure: joins and conditions collected while formulas and filters are resolved."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from msgspec import structs

from punchcard.catalog.expression import Formula, parse
from punchcard.catalog.fact import Fact
from punchcard.catalog.filter import Dimension, Filter, Reading, Scalar
from punchcard.catalog.table import Type
from punchcard.errors import QueryError, did_you_mean
from punchcard.period import Bucket, Calendar, Grain
from punchcard.plan.dimension import Resolved, is_history, resolve
from punchcard.plan.scope import Scope
from punchcard.plan.segment import Asked, membership
from punchcard.result import Cell
from punchcard.sql import Name, Sql, Value, join, sql

OTHER = "\u2026other"  # the one group of all values beyond the largest; cannot collide with a source's own 'other'


# For a dimension, the values shown one by one.
Kept = Mapping[str, tuple[Cell, ...]]


@dataclass(frozen=True)
class Cut:
    """Which cells a question wants: by which dimensions and buckets, over which rows.

    With a `grain` each bucket is a cell of its own; without one the only bucket is the whole period. `keep` names, for
    a dimension, the values shown one by one; all others become one group.
    """

    buckets: tuple[Bucket, ...]
    grain: Grain | None = None
    by: tuple[Dimension, ...] = ()
    filters: tuple[Filter, ...] = ()
    keep: Kept = field(default_factory=dict[str, tuple[Cell, ...]])
    reading: Reading = "at_event"
    parameters: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])


# The moments that a formula may name, and the column of the moments' relation that holds each.
MOMENTS = {
    "period_start": "t0",
    "period_end": "t1",
    "previous_start": "p0",
    "moment": "t1",
    "period_start_day": "d0",
    "period_end_day": "d1",
    "previous_start_day": "dp",
    "moment_day": "d1",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """One row of the moments' relation: a bucket's key, its bounds, and the window of rows it reads."""

    key: date | datetime
    t0: datetime
    t1: datetime
    p0: datetime
    from_: datetime | None
    to: datetime | None = None  # where the window of rows ends, if not with the bucket
    days: int = 1

    def value(self, column: str, calendar: Calendar) -> Value:
        """A column of the relation, for a period that is one bucket only."""
        match column:
            case "d0":
                return calendar.day(self.t0)
            case "d1":
                return calendar.day(self.t1)
            case "dp":
                return calendar.day(self.p0)
            case "t0":
                return self.t0
            case "p0":
                return self.p0
            case _:
                return self.t1


@dataclass
class Rows:
    """The FROM and WHERE of one fact: asked for names, it answers with SQL and remembers the joins they need.

    With several `moments` the fact (alias f) is joined to their relation (alias m) and every row counts once in each
    window that holds it; with one, its bounds are written in.
    """

    scope: Scope
    fact_name: str
    cut: Cut
    moments: Sequence[Moment]
    parameters: Mapping[str, Sql] = field(default_factory=dict[str, Sql])
    joins: dict[str, Sql] = field(default_factory=dict[str, Sql])
    conditions: list[Sql] = field(default_factory=list[Sql])
    windowed: bool = True  # cut by the fact's own time; a state says itself which rows hold
    of_state: bool = False  # what happens is the moment's reading, whenever the row began
    _resolved: dict[tuple[str, str], Resolved] = field(default_factory=dict[tuple[str, str], Resolved])

    @property
    def fact(self) -> Fact:
        """The fact that is read."""
        return self.scope.catalog.fact(self.fact_name)

    @property
    def own_moment(self) -> bool:
        """Whether a row tells when it happened."""
        return self.fact.time is not None and not self.of_state

    @property
    def joined(self) -> bool:
        """Whether the moments are joined as a relation."""
        return len(self.moments) > 1

    @property
    def calendar(self) -> Calendar:
        """The project's calendar."""
        return self.scope.catalog.calendar

    def moment(self, name: str) -> Sql:
        """A moment that formulas may name, as SQL."""
        column = MOMENTS[name]
        if self.joined:
            return sql("m.{column}", column=Name(column))
        return sql("{value}", value=self.moments[0].value(column, self.calendar))

    def name(self, written: str) -> Sql:
        """A name in a formula: a moment, or a dimension or column of the fact."""
        if written in MOMENTS:
            return self.moment(written)
        if written in self.fact.columns:
            return sql("f.{name}", name=Name(written))
        return self.dimension(Dimension(name=written, reading=self.cut.reading)).value

    def formula(self, text: str, condition: Sql | None = None) -> Sql:
        """A formula over the fact, as SQL."""
        return compiled(parse(text), self.name, self.parameters, condition, self.calendar.zone)

    def dimension(self, dimension: Dimension) -> Resolved:
        """A dimension of the fact, its join remembered."""
        key = (dimension.name, dimension.reading)
        head, _, segment = dimension.name.partition(".")
        if head == "in" and segment:
            value = self._membership(segment, dimension.reading)
            title = self.scope.catalog.segment(segment).title
            return Resolved(dimension.name, title, value, type=Type.BOOLEAN, reading=dimension.reading)
        if key not in self._resolved:
            alias = f"j{len(self.joins)}"
            found = self._against(dimension, alias)
            if found.join is not None:
                self.joins[alias] = found.join
            self._resolved[key] = found
        return self._resolved[key]

    def _against(self, dimension: Dimension, alias: str) -> Resolved:
        moment = self.reading_moment(dimension.reading)
        return resolve(self.scope.catalog, self.fact_name, dimension, alias, moment, self.scope.relation)

    def reading_moment(self, reading: Reading) -> Sql:
        """The instant at which a changing attribute is read."""
        match reading:
            case "at_event" if self.own_moment:
                return sql("f.{time}", time=Name(self.fact.time or ""))
            case "at_event":
                # What begins with the first instant after the bucket is no part of it.
                return sql("cast({end} as timestamptz) - interval 1 microsecond", end=self.moment("moment"))
            case "at_start":
                return self.moment("period_start")
            case "now":
                return sql("cast({now} as timestamptz)", now=self.scope.known_at or self.scope.now)

    def groups(self) -> list[Sql]:
        """The dimensions of the cut as SQL, values beyond the kept ones put together."""
        return [self._lumped(dimension) for dimension in self.cut.by]

    def _lumped(self, dimension: Dimension) -> Sql:
        found = self.dimension(dimension)
        kept = self.cut.keep.get(dimension.name)
        if kept is None:
            return found.value
        listed = join(", ", [self._listed(found, value) for value in kept])
        # The place in the list, none for the others: ten times as fast as choosing among texts row by row.
        return sql("list_position([{listed}], {value})", listed=listed, value=found.value)

    def _listed(self, found: Resolved, value: Cell) -> Sql:
        if value is None:
            return sql("null")
        if found.entity is None:
            return sql("{value}", value=typed(found, value))
        return sql("(select id from {keys} where ref = {ref})", keys=Name("keys", found.entity), ref=str(value))

    def filter(self, wanted: Filter) -> Sql:
        """A filter as a condition that is true or false, never unknown."""
        check_filter(wanted)
        if wanted.segment is not None:
            held = self._membership(wanted.segment, wanted.reading or self.cut.reading)
        elif _on_history(wanted):
            held = self._by_history(wanted)
        else:
            held = self.holds(self.dimension(self._dimension(wanted)), wanted)
        return sql("(({held}) is not true)", held=held) if wanted.negated else sql("({held})", held=held)

    def _dimension(self, wanted: Filter) -> Dimension:
        return Dimension(name=wanted.dimension or "", reading=wanted.reading or self.cut.reading)

    def _by_history(self, wanted: Filter) -> Sql:
        """Whether the member has a spell with such a value; null asks for members without any value."""
        values = tuple(value for value in wanted.within if value is not None)
        spell = self._against(self._dimension(wanted), "h")
        asked: list[Sql] = []
        if values or None not in wanted.within:
            asked.append(_any_spell(spell, self.holds(spell, structs.replace(wanted, within=values))))
        if None in wanted.within:
            asked.append(sql("not {any}", any=_any_spell(spell, sql("{value} is not null", value=spell.value))))
        return join(" or ", asked)

    def _narrowing(self, wanted: Filter, alias: str) -> Sql | None:
        """A filter on a history as a join, several times quicker than a condition; None where only that can say it."""
        if not _on_history(wanted) or (None in wanted.within and len(wanted.within) > 1):
            return None
        spell = self._against(self._dimension(wanted), alias)
        nobody = wanted.within == (None,)
        holds = sql("{value} is not null", value=spell.value) if nobody else self.holds(spell, wanted)
        return sql(
            "{kind} join {relation} on {on} and {holds}",
            kind=sql("semi") if nobody is wanted.negated else sql("anti"),
            relation=spell.spells.relation,
            on=spell.spells.on,
            holds=holds,
        )

    def _membership(self, segment: str, reading: Reading) -> Sql:
        if self.fact.member is None:
            raise QueryError(f"{self.fact_name} has no member, so it cannot be filtered by segment '{segment}'")
        member = sql("f.{member}", member=Name(self.fact.member))
        fixed = reading == "now" or not (self.joined or (reading == "at_event" and self.own_moment))
        asked = Asked(self.scope, member, self.reading_moment(reading), fixed, self._join, self._whole)
        return membership(asked, segment)

    def _whole(self, fact_name: str) -> "Rows":
        """All rows of a fact, whatever the period and the filters."""
        return Rows(self.scope, fact_name, Cut(self.cut.buckets), self.moments[:1], windowed=False)

    def _join(self, made: Callable[[str], Sql]) -> str:
        """Add a join unless the very same is there already; its alias."""
        for alias, known in self.joins.items():
            if known == made(alias):
                return alias
        alias = f"j{len(self.joins)}"
        self.joins[alias] = made(alias)
        return alias

    def holds(self, found: Resolved, wanted: Filter) -> Sql:
        """Whether a value is as a filter wants it."""
        parts: list[Sql] = []
        if wanted.within:
            parts.append(self._one_of(found, wanted.within))
        if wanted.at_least is not None:
            parts.append(sql("{value} >= {bound}", value=found.value, bound=_bound(found, wanted.at_least)))
        if wanted.below is not None:
            parts.append(sql("{value} < {bound}", value=found.value, bound=_bound(found, wanted.below)))
        if wanted.contains is not None:
            if found.entity is None and found.type is not Type.TEXT:
                raise QueryError(
                    f"'{found.name}' holds {found.type.value}s, so 'contains' finds nothing in it; give 'in' or a range"
                )
            parts.append(sql("contains(lower({value}), {part})", value=labelled(found), part=wanted.contains.lower()))
        return join(" and ", parts)

    def _one_of(self, found: Resolved, values: Sequence[Cell]) -> Sql:
        given = [value for value in values if value is not None]
        parts: list[Sql] = []
        if given and found.entity is not None:
            refs = join(", ", [sql("{ref}", ref=str(value)) for value in given])
            keys = Name("keys", found.entity)
            parts.append(
                sql("{value} in (select id from {keys} where ref in ({refs}))", value=found.value, keys=keys, refs=refs)
            )
        elif given:
            listed = join(", ", [sql("{value}", value=typed(found, value)) for value in given])
            parts.append(sql("{value} in ({listed})", value=found.value, listed=listed))
        if len(given) < len(values):
            parts.append(sql("{value} is null", value=found.value))
        return sql("({any})", any=join(" or ", parts)) if parts else sql("false")

    def source(self) -> Sql:
        """FROM, joins and WHERE, with all that was asked for so far. Call it last."""
        conditions, narrowed = [sql("({one})", one=one) for one in self.conditions], list[Sql]()
        for position, wanted in enumerate(self.cut.filters):
            check_filter(wanted)
            narrowing = self._narrowing(wanted, f"n{position}")
            if narrowing is None:
                conditions.append(self.filter(wanted))
            else:
                narrowed.append(narrowing)
        pieces = [sql("from {fact} as f", fact=self.scope.relation(self.fact_name))]
        if self.joined:
            pieces.append(sql("join {moments} as m on {window}", moments=self._moments(), window=self._window()))
        else:
            conditions.insert(0, self._window())
        pieces += [*narrowed, *self.joins.values()]
        if conditions:
            pieces.append(sql("where {all}", all=join("\n  and ", conditions)))
        return join("\n", pieces)

    def _window(self) -> Sql:
        fact = self.fact
        if fact.time is None or not self.windowed:
            return sql("true")
        time = sql("f.{time}", time=Name(fact.time))
        if self.joined:
            if self.moments[0].from_ is None:
                return sql("{time} < m.w1", time=time)
            return sql("{time} >= m.w0 and {time} < m.w1", time=time)
        only = self.moments[0]
        upper = sql("{time} < {end}", time=time, end=only.to or only.t1)
        return (
            upper
            if only.from_ is None
            else sql("{time} >= {start} and {upper}", time=time, start=only.from_, upper=upper)
        )

    def _moments(self) -> Name:
        rows = [
            sql(
                "({key}, cast({t0} as timestamptz), cast({t1} as timestamptz), cast({p0} as timestamptz),"
                " cast({w0} as timestamptz), cast({w1} as timestamptz), {d0}, {d1}, {dp}, {days})",
                key=moment.key,
                t0=moment.t0,
                t1=moment.t1,
                p0=moment.p0,
                w0=moment.from_,
                w1=moment.to or moment.t1,
                d0=self.calendar.day(moment.t0),
                d1=self.calendar.day(moment.t1),
                dp=self.calendar.day(moment.p0),
                days=moment.days,
            )
            for moment in self.moments
        ]
        columns = sql("key, t0, t1, p0, w0, w1, d0, d1, dp, days")
        body = sql("select * from (values {rows}) as moment({columns})", rows=join(",\n  ", rows), columns=columns)
        return self.scope.define("moments", body)


def _on_history(wanted: Filter) -> bool:
    return wanted.dimension is not None and is_history(wanted.dimension)


def _any_spell(spell: Resolved, holds: Sql) -> Sql:
    return sql(
        "exists (select 1 from {relation} where {on} and {holds})",
        relation=spell.spells.relation,
        on=spell.spells.on,
        holds=holds,
    )


def check_filter(wanted: Filter) -> None:
    """Refuse a filter that says nothing, or two things at once."""
    bounded = wanted.at_least is not None or wanted.below is not None
    forms = [bool(wanted.within), bounded, wanted.contains is not None]
    if wanted.dimension is not None and wanted.segment is not None:
        raise QueryError(
            f"a filter is on a dimension or a segment; this one names '{wanted.dimension}' and '{wanted.segment}'"
        )
    if wanted.dimension is None and wanted.segment is None:
        raise QueryError("a filter needs a dimension or a segment")
    if wanted.segment is not None and any(forms):
        raise QueryError(f"a filter on the segment '{wanted.segment}' takes no values; leave them out")
    if wanted.dimension is not None and not any(forms):
        raise QueryError(
            f"the filter on '{wanted.dimension}' says no value; give 'in', 'at_least', 'below' or 'contains'"
        )
    if sum(forms) > 1:
        raise QueryError(
            f"the filter on '{wanted.dimension}' gives values, a range and a text at once; make a filter of each"
        )


def compiled(
    formula: Formula,
    resolve_name: Callable[[str], Sql],
    parameters: Mapping[str, Sql],
    condition: Sql | None,
    zone: str,
) -> Sql:
    """A formula as SQL; QueryError for a parameter that the question does not give."""
    for missing in sorted(formula.parameters - parameters.keys()):
        raise QueryError(f"the parameter '{missing}' is missing{did_you_mean(missing, parameters)}")
    return formula.compile(resolve_name, parameters, condition=condition, zone=zone)


def labelled(found: Resolved) -> Sql:
    """A dimension's value as people know it: an id by its reference in the source."""
    if found.entity is None:
        return found.value
    return sql("(select ref from {keys} where id = {value})", keys=Name("keys", found.entity), value=found.value)


def typed(found: Resolved, value: Cell) -> Value:
    """A value from a question in the type of the dimension; QueryError where it cannot be."""
    try:
        match found.type:
            case Type.DATE:
                return date.fromisoformat(str(value))
            case Type.INSTANT:
                return datetime.fromisoformat(str(value))
            case Type.INTEGER | Type.DECIMAL | Type.MONEY | Type.RATE | Type.SHARE:
                return _number(value)
            case Type.TEXT if isinstance(value, float):
                raise ValueError(value)
            case Type.BOOLEAN:
                return _truth(value)
            case _:
                return str(value)
    except ValueError:
        raise QueryError(f"'{value}' is no {found.type.value}; '{found.name}' holds values of that type") from None


def _bound(found: Resolved, value: Scalar) -> Value:
    if found.entity is not None or found.type is Type.BOOLEAN:
        raise QueryError(f"'{found.name}' has no order, so it cannot be bounded; give its values with 'in'")
    return typed(found, value)


def _number(value: Cell) -> Value:
    if isinstance(value, bool):
        raise ValueError(value)
    number = Decimal(str(value)) if _NUMBER.fullmatch(str(value)) else Decimal("nan")
    if not number.is_finite() or abs(number) >= _MOST:
        raise ValueError(value)
    return int(number) if number == number.to_integral_value() else float(number)


def _truth(value: Cell) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() in {"true", "false"}:
        return str(value).lower() == "true"
    raise ValueError(value)


_NUMBER = re.compile(r"[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})([eE][+-]?\d{1,3})?")
_MOST = 2**63  # what a column of whole numbers can hold
