"""The difference of one ratio between two groups of members, with its standard error.

A ratio is linearised over members (the delta method): member i adds u = (x - R y) / Y on each side, with R = X / Y the
side's ratio. The difference then has the variance n / (n - 1) * sum of (u on a minus u on b) squared. A member who is
on both sides (two products, two periods) is one member in that sum, so overlap and pairing need no case of their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from msgspec import structs
from sqlglot import exp

from punchcard.catalog.catalog import Catalog
from punchcard.catalog.expression import parse
from punchcard.catalog.filter import Dimension
from punchcard.catalog.metric import Aggregate, Ratio
from punchcard.plan.cells import Figure, fitting, parameters_of, wanted_dimensions
from punchcard.plan.leaf import Use, aggregate
from punchcard.plan.rows import Cut
from punchcard.plan.scope import Scope
from punchcard.sql import Name, Sql, sql


@dataclass(frozen=True, slots=True)
class Parts:
    """A ratio's two sums, or a figure that each member has alone (`bottom` is None)."""

    top: Aggregate
    bottom: Aggregate | None


def parts(catalog: Catalog, name: str, dimensions: Sequence[str]) -> Parts | None:
    """What a metric is the ratio of, member by member; None if it is a plain total or not made of sums."""
    metric = catalog.metric(name)
    if isinstance(metric, Ratio):
        top, bottom = (catalog.metric(one) for one in (metric.numerator, metric.denominator))
        if not isinstance(top, Aggregate) or not isinstance(bottom, Aggregate) or metric.times != 1:
            return None
        sides = tuple(fitting(catalog, one, dimensions) for one in (top, bottom))
        return Parts(*sides) if all(one.per is None and _sums(parse(one.value).tree) for one in sides) else None
    if not isinstance(metric, Aggregate):
        return None
    fitted = fitting(catalog, metric, dimensions)
    if fitted.per is not None:
        mean = _mean(parse(fitted.value).tree)
        return Parts(fitted, None) if mean and fitted.per == catalog.fact(fitted.of).member else None
    pair = _pair(parse(fitted.value).tree)
    if pair is None:
        return None
    top, bottom = pair
    return Parts(structs.replace(fitted, value=top), structs.replace(fitted, value=bottom))


def _pair(tree: exp.Expr) -> tuple[str, str] | None:
    match tree:
        case exp.Div() if _sums(tree.this) and _sums(tree.expression):
            return tree.this.sql("duckdb"), tree.expression.sql("duckdb")
        case exp.Avg():
            inner = tree.this.sql("duckdb")
            return f"sum({inner})", f"count({inner})"
        case exp.Anonymous() if tree.name.lower() == "share":
            inner = tree.expressions[0].sql("duckdb")
            return f"sum(case when {inner} then 1 else 0 end)", f"count({inner})"
        case _:
            return None


def _mean(tree: exp.Expr) -> bool:
    return isinstance(tree, exp.Avg) or (isinstance(tree, exp.Anonymous) and tree.name.lower() == "share")


def sums(formula: str) -> bool:
    """Whether a formula adds up over rows: a sum, a count, or one of them filtered or negated."""
    return _sums(parse(formula).tree)


def _sums(tree: exp.Expr) -> bool:
    """Whether a formula adds up over members: a sum, a count, or one of them filtered or negated."""
    match tree:
        case exp.Paren() | exp.Neg() | exp.Filter():
            return _sums(tree.this)
        case exp.Sum() | exp.Count():
            return True
        case _:
            return False


def difference(scope: Scope, figure: Figure, of: Parts, a: Cut, b: Cut) -> Sql:
    """One row: members on either side, the ratio of a, of b, and the standard error of b minus a."""
    sides = [_side(scope, figure, of, cut, name) for cut, name in ((a, "a"), (b, "b"))]
    joined = sql("select * from {a} full join {b} using (member)", a=sides[0], b=sides[1])
    return scope.statement(
        sql(
            "select n, xa / nullif(ya, 0) as ra, xb / nullif(yb, 0) as rb,\n"
            "  sqrt(n / nullif(n - 1, 0) * squares) as se\n"
            "from (select count(*) as n, any_value(t.xa) as xa, any_value(t.ya) as ya, any_value(t.xb) as xb,"
            " any_value(t.yb) as yb,\n"
            "  sum(power((coalesce(p.x_b, 0) - t.xb / t.yb * coalesce(p.y_b, 0)) / t.yb"
            " - (coalesce(p.x_a, 0) - t.xa / t.ya * coalesce(p.y_a, 0)) / t.ya, 2)) as squares\n"
            "  from {pairs} as p, (select sum(x_a) as xa, nullif(sum(y_a), 0) as ya, sum(x_b) as xb,"
            " nullif(sum(y_b), 0) as yb from {pairs}) as t)",
            pairs=scope.define("pairs", joined),
        )
    )


def _side(scope: Scope, figure: Figure, of: Parts, cut: Cut, name: str) -> Name:
    member = scope.catalog.fact(of.top.of).member or ""
    grouped = replace(cut, by=(Dimension(name=member),))
    bound = parameters_of(scope.catalog.metric(figure.metric), figure.metric, figure, cut)
    top = aggregate(scope, grouped, [Use("x", figure.name, of.top, bound, figure.filters)], of.top)
    x, y = Name(f"x_{name}"), Name(f"y_{name}")
    if of.bottom is None:
        body = sql(
            "select g0 as member, cast(x as double) as {x}, case when x is null then 0.0 else 1.0 end as {y}"
            " from ({top}) where g0 is not null",
            x=x,
            y=y,
            top=top,
        )
        return scope.define("side", body)
    bottom = aggregate(scope, grouped, [Use("y", figure.name, of.bottom, bound, figure.filters)], of.bottom)
    body = sql(
        "select g0 as member, cast(coalesce(x, 0) as double) as {x}, cast(coalesce(y, 0) as double) as {y}"
        " from ({top}) as t full join ({bottom}) as u using (g0) where g0 is not null",
        x=x,
        y=y,
        top=top,
        bottom=bottom,
    )
    return scope.define("side", body)


def asked_dimensions(a: Cut, b: Cut, figure: Figure) -> tuple[str, ...]:
    """The dimensions that either side's rows must be known by."""
    return tuple(dict.fromkeys((*wanted_dimensions(a, figure.filters), *wanted_dimensions(b, figure.filters))))
