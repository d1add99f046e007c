"""Cells: figures by dimensions and buckets, put together from leaves into one statement.

A ratio or a formula is computed from its own parts in each cell; a subtotal is a cell of a coarser cut, never a sum of
finer ones.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from msgspec import structs

from punchcard.catalog.catalog import Catalog
from punchcard.catalog.expression import parse
from punchcard.catalog.filter import Filter, Scalar
from punchcard.catalog.metric import (
    Aggregate,
    AnyMetric,
    Conversion,
    Formula,
    LeafMetric,
    Model,
    Parameter,
    Ratio,
    State,
)
from punchcard.errors import QueryError, did_you_mean
from punchcard.models import model
from punchcard.period import Bucket, Period, previous
from punchcard.plan.dimension import entity_of, reads
from punchcard.plan.leaf import Use, aggregate, conversion, state
from punchcard.plan.rows import OTHER, Cut, Moment, Rows
from punchcard.plan.scope import Scope
from punchcard.result import Cell
from punchcard.sql import Name, Sql, Value, join, sql, trusted


@dataclass(frozen=True)
class Figure:
    """A metric as a question asks for it: under a name, perhaps with filters and parameters of its own."""

    metric: str
    name: str
    filters: tuple[Filter, ...] = ()
    parameters: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])
    at: str = ""  # 'start', 'end' or 'average': how a state is read, if not as declared


@dataclass
class _Plan:
    scope: Scope
    cut: Cut
    leaves: list[tuple[Use, tuple[str, ...]]] = field(default_factory=list[tuple[Use, tuple[str, ...]]])

    def value(self, figure: Figure, name: str, shift: str = "", ignored: tuple[str, ...] = ()) -> Sql:
        """The SQL of a metric over the columns of the leaves it needs."""
        metric = self.scope.catalog.metric(name)
        match metric:
            case Ratio():
                top = self.value(figure, metric.numerator, shift, ignored)
                ignoring = (*ignored, *metric.denominator_ignores)
                bottom = self.value(figure, metric.denominator, shift, ignoring)
                times = sql("") if metric.times == 1 else sql("{times} * ", times=metric.times)
                return sql("({times}cast({top} as double) / nullif({bottom}, 0))", times=times, top=top, bottom=bottom)
            case Formula():

                def part(reference: str) -> Sql:
                    other, _, moved = reference.partition(".")
                    return self.value(figure, other, moved or shift, ignored)

                return sql("({value})", value=parse(metric.value).compile(part))
            case _:
                return self._leaf(figure, name, metric, shift, ignored)

    def _leaf(self, figure: Figure, name: str, metric: LeafMetric, shift: str, ignored: tuple[str, ...]) -> Sql:
        if isinstance(metric, State) and figure.at:
            metric = _read_at(metric, figure.at)
        if isinstance(metric, Aggregate):
            metric = fitting(self.scope.catalog, metric, wanted_dimensions(self.cut, figure.filters, ignored))
        use = Use("", name, metric, parameters_of(metric, name, figure, self.cut), figure.filters, shift)
        for position, (known, known_ignored) in enumerate(self.leaves):
            if replace(known, column="") == use and known_ignored == ignored:
                return self._read(position)
        self.leaves.append((replace(use, column=f"v{len(self.leaves)}"), ignored))
        return self._read(len(self.leaves) - 1)

    def _read(self, position: int) -> Sql:
        use, _ = self.leaves[position]
        column = sql("c.{column}", column=Name(use.column))
        counts = isinstance(use.metric, Aggregate | State) and parse(use.metric.value).counts_only()
        return sql("coalesce({column}, 0)", column=column) if counts else column


def wanted_dimensions(cut: Cut, filters: Sequence[Filter], ignored: Sequence[str] = ()) -> tuple[str, ...]:
    """The dimensions by which a cut and a figure's own filters need its rows to be known."""
    named = [dimension.name for dimension in cut.by]
    named += [one.dimension for one in (*cut.filters, *filters) if one.dimension is not None]
    return tuple(name for name in named if not _ignores(ignored, name))


def fitting(catalog: Catalog, metric: Aggregate, dimensions: Sequence[str]) -> Aggregate:
    """The metric as it is read for these dimensions: from its own fact, or from the finer one if only that has them."""
    finer = metric.finer
    if finer is None or all(reads(catalog, metric.of, name) for name in dimensions):
        return metric
    if not all(reads(catalog, finer.of, name) for name in dimensions):
        return metric
    return structs.replace(
        metric,
        of=finer.of,
        value=finer.value,
        where=finer.where,
        per=finer.per,
        each=finer.each,
        additivity=finer.additivity,
        finer=None,
    )


def _read_at(metric: State, at: str) -> State:
    if at not in ("start", "end", "average"):
        raise QueryError(f"a state is read at 'start', 'end' or as 'average', not '{at}'")
    return structs.replace(metric, at=at)


def parameters_of(metric: AnyMetric, name: str, figure: Figure, cut: Cut) -> dict[str, Sql]:
    """The parameters of a metric as the question gives them; QueryError for one that is missing or of a wrong type."""
    given = {**cut.parameters, **figure.parameters}
    found: dict[str, Sql] = {}
    for parameter, declared in metric.parameters.items():
        value = given.get(parameter, declared.default)
        if value is None:
            raise QueryError(f"{name} needs the parameter '{parameter}': {declared.meaning}")
        found[parameter] = _given(parameter, declared, value)
    return found


def _given(name: str, declared: Parameter, value: Scalar) -> Sql:
    """A parameter's value in its declared type; the reference of an entity as the id that facts hold."""
    if declared.of is not None:
        return sql("(select id from {keys} where ref = {ref})", keys=Name("keys", declared.of), ref=str(value))
    try:
        typed: Value = str(value)
        if declared.type == "number":
            typed = float(str(value))
        elif declared.type == "date":
            typed = date.fromisoformat(str(value))
    except ValueError:
        raise QueryError(
            f"the parameter '{name}' should be a {declared.type}, not '{value}': {declared.meaning}"
        ) from None
    return sql("{value}", value=typed)


def cells(scope: Scope, cut: Cut, figures: Sequence[Figure], *, order: "Order | None" = None) -> Sql:
    """One statement that gives `bucket` (with a grain), `g0..` (labels of the dimensions) and a column a figure."""
    for figure in figures:
        check(scope, cut, figure)
    plan = _Plan(scope, cut)
    values = [plan.value(figure, figure.metric) for figure in figures]
    statements = _statements(plan)
    keys = (["bucket"] if cut.grain else []) + [f"g{i}" for i in range(len(cut.by))]
    source = _together(plan, statements, keys)
    selected = [sql("c.{key}", key=Name(key)) for key in keys]
    shown = _labels(scope, cut, selected)
    columns = [
        sql("{value} as {name}", value=value, name=Name(figure.name))
        for value, figure in zip(values, figures, strict=True)
    ]
    body = sql("select {columns}\nfrom {source} as c", columns=join(",\n  ", [*shown, *columns]), source=source)
    return scope.statement(_ordered(body, order, keys))


Leaf = tuple[Use, tuple[str, ...]]  # with the dimensions that it ignores


def leaves(scope: Scope, cut: Cut, figure: Figure) -> list[Leaf]:
    """All that a figure reads of rows."""
    plan = _Plan(scope, cut)
    plan.value(figure, figure.metric)
    return plan.leaves


def side_by_side(scope: Scope, cut: Cut, uses: Sequence[Leaf]) -> Sql:
    """One statement that gives the keys of the cells, and a column a leaf."""
    plan = _Plan(scope, cut, list(uses))
    keys = (["bucket"] if cut.grain else []) + [f"g{i}" for i in range(len(cut.by))]
    source = _together(plan, _statements(plan), keys)
    columns = _labels(scope, cut, [sql("c.{key}", key=Name(key)) for key in keys])
    columns += [sql("c.{column}", column=Name(use.column)) for use, _ in uses]
    return scope.statement(sql("select {columns}\nfrom {source} as c", columns=join(",\n  ", columns), source=source))


def of_nothing(scope: Scope, cut: Cut, figures: Sequence[Figure]) -> Sql:
    """One row: what the figures are where no leaf has a row."""
    plan = _Plan(scope, cut)
    values = [plan.value(figure, figure.metric) for figure in figures]
    columns = [sql("null as {column}", column=Name(use.column)) for use, _ in plan.leaves]
    return sql("select {values} from (select {columns}) as c", values=join(", ", values), columns=join(", ", columns))


@dataclass(frozen=True)
class Order:
    """Which rows come first, by a figure, and how many are wanted."""

    by: str
    descending: bool = True
    limit: int | None = None


def _ordered(body: Sql, order: Order | None, keys: Sequence[str]) -> Sql:
    ties = trusted(", ".join(f"{key} nulls last" for key in keys))
    if order is None:
        return sql("{body}\norder by {ties}", body=body, ties=ties) if keys else body
    way = sql("desc") if order.descending else sql("asc")
    parts = [sql("{by} {way} nulls last", by=Name(order.by), way=way), *([ties] if keys else [])]
    limit = sql("") if order.limit is None else sql("\nlimit {limit}", limit=order.limit)
    return sql("{body}\norder by {parts}{limit}", body=body, parts=join(", ", parts), limit=limit)


def _labels(scope: Scope, cut: Cut, selected: Sequence[Sql]) -> list[Sql]:
    """The keys as shown: an id by its reference in the source."""
    shown = list(selected[: 1 if cut.grain else 0])
    for position, dimension in enumerate(cut.by):
        key = sql("c.{key}", key=Name(f"g{position}"))
        entity = entity_of(scope.catalog, dimension.name)
        if dimension.name in cut.keep:
            names = join(", ", [sql("{name}", name=_spelt(value)) for value in cut.keep[dimension.name]])
            key = sql(
                "case when {key} is null then {other} else [{names}][{key}] end", key=key, other=OTHER, names=names
            )
        elif entity is not None:
            key = sql("(select ref from {keys} where id = {key})", keys=Name("keys", entity), key=key)
        shown.append(sql("{key} as {name}", key=key, name=Name(f"g{position}")))
    return shown


def _spelt(value: Cell) -> str | None:
    """A kept value as text, as the store spells it."""
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def check(scope: Scope, cut: Cut, figure: Figure) -> None:
    """Refuse a breakdown that would make the figure meaningless, and settings that it does not have."""
    leaves = list(scope.catalog.leaves(figure.metric))
    if figure.at and not any(isinstance(leaf, State) for leaf in leaves):
        raise QueryError(f"'{figure.metric}' is no state, so it is not read at '{figure.at}'; leave 'at' out")
    declared = {name for leaf in leaves for name in leaf.parameters}
    for name in sorted(figure.parameters.keys() - declared):
        raise QueryError(f"{figure.metric} has no parameter '{name}'{did_you_mean(name, declared)}")
    for part in scope.catalog.parts(figure.metric):
        refusing = scope.catalog.metric(part).not_by
        for dimension in cut.by:
            if _ignores(refusing, dimension.name):
                raise QueryError(
                    f"{figure.metric} cannot be broken down by '{dimension.name}':"
                    f" {part} says nothing about one value of it"
                )


def mixed(scope: Scope, cut: Cut, figure: Figure) -> str | None:
    """A dimension whose values a figure must not mix and the cut does not tell apart, if there is one."""
    single = (name for part in scope.catalog.parts(figure.metric) for name in scope.catalog.metric(part).single)
    return next((name for name in single if not _told_apart(cut, figure, name)), None)


def _told_apart(cut: Cut, figure: Figure, name: str) -> bool:
    """Whether each cell holds one value of a dimension."""
    wanted = (*cut.filters, *figure.filters)
    return any(dimension.name == name for dimension in cut.by) or any(
        one.dimension == name and len(one.within) == 1 and not one.negated for one in wanted
    )


def _statements(plan: _Plan) -> list[tuple[list[Use], tuple[str, ...], Sql]]:
    """The leaves' statements, uses that share a scan together."""
    groups: dict[object, list[tuple[Use, tuple[str, ...]]]] = {}
    for use, ignored in plan.leaves:
        groups.setdefault(_same_scan(use, ignored), []).append((use, ignored))
    found: list[tuple[list[Use], tuple[str, ...], Sql]] = []
    for members in groups.values():
        uses, ignored = [use for use, _ in members], members[0][1]
        found.append(
            (uses, ignored, _leaf_statement(plan.scope, _cut_for(plan.scope, plan.cut, uses[0], ignored), uses))
        )
    return found


def _same_scan(use: Use, ignored: tuple[str, ...]) -> object:
    metric = use.metric
    parameters = tuple(sorted(use.parameters.items(), key=lambda named: named[0]))
    common = (type(metric).__name__, ignored, use.shift, parameters)
    match metric:
        case Aggregate():
            twice = (
                (metric.per, tuple(metric.each.items()), metric.having, metric.where, use.filters) if metric.per else ()
            )
            return (*common, metric.of, metric.over, metric.among, twice)
        case State() if metric.at != "average":
            twice = (metric.per, tuple(metric.each.items()), metric.having)
            return (*common, metric.of, metric.holds, metric.at, metric.among, metric.where, use.filters, twice)
        case _:
            return use.column


def _cut_for(scope: Scope, cut: Cut, use: Use, ignored: tuple[str, ...]) -> Cut:
    buckets = tuple(_before(scope, bucket) for bucket in cut.buckets) if use.shift == "previous" else cut.buckets
    by = tuple(dimension for dimension in cut.by if not _ignores(ignored, dimension.name))
    filters = tuple(
        wanted for wanted in cut.filters if wanted.dimension is None or not _ignores(ignored, wanted.dimension)
    )
    return replace(cut, buckets=buckets, by=by, filters=filters)


def _before(scope: Scope, bucket: Bucket) -> Bucket:
    """The equal period before a bucket, under the bucket's own key."""
    before = previous(Period(bucket.previous_start, bucket.start), scope.catalog.calendar)
    return Bucket(bucket.key, bucket.previous_start, bucket.start, before.start, bucket.complete)


def _ignores(ignored: Sequence[str], dimension: str) -> bool:
    return any(name == dimension or (name.endswith(".*") and dimension.startswith(name[:-1])) for name in ignored)


def _leaf_statement(scope: Scope, cut: Cut, uses: Sequence[Use]) -> Sql:
    match uses[0].metric:
        case Aggregate() as first:
            return aggregate(scope, cut, uses, first)
        case State() as first:
            return state(scope, cut, uses, first)
        case Conversion() as first:
            return conversion(scope, cut, uses[0], first)
        case Model() as first:
            return model(first.function)(scope, cut, uses[0])


def _together(plan: _Plan, statements: Sequence[tuple[list[Use], tuple[str, ...], Sql]], keys: Sequence[str]) -> Sql:
    """The leaves side by side: one row a cell, whichever leaf knows it."""
    if len(statements) == 1 and not statements[0][1]:
        return sql("(\n{only}\n)", only=statements[0][2])
    full = [(uses, statement) for uses, ignored, statement in statements if not _drops(plan.cut, ignored)]
    coarse = [(uses, ignored, statement) for uses, ignored, statement in statements if _drops(plan.cut, ignored)]
    columns = [use.column for uses, _ in full for use in uses]
    parts: list[Sql] = []
    for uses, statement in full:
        own = {use.column for use in uses}
        selected = [sql("{key}", key=Name(key)) for key in keys]
        selected += [sql("{c}", c=Name(c)) if c in own else sql("null as {c}", c=Name(c)) for c in columns]
        parts.append(
            sql("select {selected} from (\n{statement}\n)", selected=join(", ", selected), statement=statement)
        )
    grouped = [sql("{key}", key=Name(key)) for key in keys] + [sql("any_value({c}) as {c}", c=Name(c)) for c in columns]
    by = sql(" group by {keys}", keys=join(", ", [sql("{key}", key=Name(key)) for key in keys])) if keys else sql("")
    united = sql(
        "(select {grouped} from (\n{parts}\n){by})",
        grouped=join(", ", grouped),
        parts=join("\nunion all\n", parts),
        by=by,
    )
    return _with_coarse(plan, united, coarse, keys)


def _drops(cut: Cut, ignored: Sequence[str]) -> bool:
    return any(_ignores(ignored, dimension.name) for dimension in cut.by)


def _with_coarse(
    plan: _Plan, united: Sql, coarse: Sequence[tuple[list[Use], tuple[str, ...], Sql]], keys: Sequence[str]
) -> Sql:
    joined = sql("{united} as a", united=united)
    for position, (_uses, ignored, statement) in enumerate(coarse):
        alias = Name(f"k{position}")
        kept = [f"g{i}" for i, dimension in enumerate(plan.cut.by) if not _ignores(ignored, dimension.name)]
        pairs = [sql("{a}.bucket = a.bucket", a=alias)] if "bucket" in keys else []
        pairs += [
            sql("{a}.{left} is not distinct from a.{right}", a=alias, left=Name(f"g{i}"), right=Name(key))
            for i, key in enumerate(kept)
        ]
        on = join(" and ", pairs) if pairs else sql("true")
        joined = sql(
            "{joined}\nleft join (\n{statement}\n) as {a} on {on}", joined=joined, statement=statement, a=alias, on=on
        )
    if not coarse:
        return united
    columns = [
        sql("{a}.{c}", a=Name(f"k{i}"), c=Name(use.column)) for i, (uses, _, _) in enumerate(coarse) for use in uses
    ]
    return sql("(select a.*, {columns} from {joined})", columns=join(", ", columns), joined=joined)


def summary(scope: Scope, cut: Cut, figure: Figure) -> Sql:
    """One row about a figure over the groups of a cut: n, minimum, quartiles, 99 %, maximum, mean."""
    return _over_groups(
        scope,
        cut,
        figure,
        sql(
            "select count(*), min(v), quantile_cont(v, 0.25), quantile_cont(v, 0.5), quantile_cont(v, 0.75),"
            " quantile_cont(v, 0.99), max(v), avg(v) from grouped"
        ),
    )


def spread(scope: Scope, cut: Cut, figure: Figure, edges: Sequence[float]) -> Sql:
    """How many groups of a cut have a figure in each bin, by the bins' lower edges; the last bin is open above."""
    return _over_groups(
        scope,
        cut,
        figure,
        sql(
            "select {reached} - 1 as bin, count(*) from grouped group by 1",
            reached=join(" + ", [sql("cast(v >= cast({edge} as double) as integer)", edge=edge) for edge in edges]),
        ),
    )


def _over_groups(scope: Scope, cut: Cut, figure: Figure, body: Sql) -> Sql:
    check(scope, cut, figure)
    plan = _Plan(scope, cut)
    value = plan.value(figure, figure.metric)
    source = _together(plan, _statements(plan), [f"g{i}" for i in range(len(cut.by))])
    # A row without the unit (a purchase without a member) is no unit of its own.
    known = join(" and ", [sql("c.{key} is not null", key=Name(f"g{i}")) for i in range(len(cut.by))])
    grouped = sql(
        "select cast({value} as double) as v from {source} as c where {known}", value=value, source=source, known=known
    )
    return scope.statement(
        sql(
            "select * from (with grouped as (select * from ({grouped}) where v is not null) {body})",
            grouped=grouped,
            body=body,
        )
    )


def members(scope: Scope, cut: Cut) -> Sql:
    """The members whom the cut's filters keep, as a statement."""
    return scope.statement(among(scope, cut))


def among(scope: Scope, cut: Cut) -> Sql:
    """The members whom the cut's filters keep, on record or not: by what they are now, or were at its start."""
    first = cut.buckets[0]
    read = replace(cut, reading="at_start" if cut.reading == "at_start" else "now")
    rows = Rows(scope, "person", read, [Moment(first.key, first.start, first.end, first.start, None)], windowed=False)
    return sql("select f.member_id\n{source}", source=rows.source())
