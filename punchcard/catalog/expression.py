"""A formula that a person wrote: parsed with SQLGlot, allow-listed, and turned into SQL with its columns resolved.

A formula may add, compare and aggregate the columns of one fact; it cannot name a table, open a subquery, call a
function that is not listed here, or hold a second statement. `$name` stands for a parameter. Every division guards its
denominator: a rate with no base is NULL ("no data"), never infinity.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from punchcard.errors import QueryError, did_you_mean
from punchcard.sql import Bound, Sql, literal, merged

AGGREGATES: tuple[type[exp.Expr], ...] = (
    exp.Sum,
    exp.Count,
    exp.Avg,
    exp.Min,
    exp.Max,
    exp.Median,
    exp.Quantile,
    exp.PercentileCont,
    exp.ArgMax,
    exp.ArgMin,
    exp.LogicalOr,
    exp.LogicalAnd,
    exp.StddevSamp,
    exp.Variance,
    exp.Corr,
    exp.RegrSlope,
)

_SHAPES: tuple[type[exp.Expr], ...] = (
    exp.Column,
    exp.Identifier,
    exp.Literal,
    exp.Boolean,
    exp.Null,
    exp.Paren,
    exp.And,
    exp.Or,
    exp.Not,
    exp.EQ,
    exp.NEQ,
    exp.GT,
    exp.GTE,
    exp.LT,
    exp.LTE,
    exp.Is,
    exp.In,
    exp.Between,
    exp.Like,
    exp.ILike,
    exp.Add,
    exp.Sub,
    exp.Mul,
    exp.Div,
    exp.Mod,
    exp.Neg,
    exp.Case,
    exp.If,
    exp.Interval,
    exp.Var,
    exp.Distinct,
    exp.Filter,
    exp.Where,
    exp.Tuple,
    exp.Star,
    exp.Placeholder,
    exp.Cast,
    exp.DataType,
)

_FUNCTIONS: tuple[type[exp.Expr], ...] = (
    exp.Coalesce,
    exp.Nullif,
    exp.Abs,
    exp.Round,
    exp.Floor,
    exp.Ceil,
    exp.Greatest,
    exp.Least,
    exp.Lower,
    exp.Upper,
    exp.Trim,
    exp.Length,
    exp.Substring,
    exp.Left,
    exp.Right,
    exp.Ln,
    exp.Sqrt,
    exp.Pow,
    exp.Replace,
    exp.SplitPart,
    exp.StartsWith,
)

# Ours: named for what they mean to a marketer, with the SQL they stand for.
OWN: dict[str, tuple[int, str]] = {
    "days_between": (2, "date_diff('day', {0}, {1})"),
    "months_between": (2, "date_diff('month', {0}, {1})"),
    # What passed, not how often the clock struck in between.
    "hours_between": (2, "((epoch({1}) - epoch({0})) / 3600.0)"),
    "minutes_between": (2, "((epoch({1}) - epoch({0})) / 60.0)"),
    "days_after": (2, "timezone({zone}, timezone({zone}, {0}) + to_days(cast({1} as integer)))"),
    "date_after": (2, "cast({0} + cast({1} as integer) as date)"),
    "starts_with": (2, "starts_with({0}, {1})"),
    "year_of": (1, "extract('year' from {0})"),
    "part": (3, "split_part({0}, {1}, {2})"),
    "text": (1, "cast({0} as varchar)"),
    "share": (1, "avg(cast({0} as integer))"),
    # What the largest values hold of the total; the smallest number of values that makes up the share of them.
    "top_share": (
        2,
        "(cast(list_sum(list_slice(list_reverse_sort(list({0}) filter ({0} is not null)), 1,"
        " cast(ceil({1} * count({0})) as bigint))) as double) / nullif(sum({0}), 0))",
    ),
}
_OWN_AGGREGATES = {"share", "top_share"}

# `$name`, as this and other versions of SQLGlot read it.
_PARAMETERS = (exp.Parameter, exp.Placeholder)

_CASTS = {"INT", "BIGINT", "DOUBLE", "DATE", "VARCHAR", "TEXT", "BOOLEAN"}
_LISTED = AGGREGATES + _SHAPES + _FUNCTIONS


@dataclass(frozen=True, slots=True)
class Formula:
    """A parsed formula: its tree, the columns it reads, the parameters it needs, and whether it aggregates."""

    text: str
    tree: exp.Expr
    columns: frozenset[str]
    parameters: frozenset[str]
    aggregates: bool

    def counts_only(self) -> bool:
        """Whether the formula is a count, or counts added up and taken off: over no rows it is a true 0.

        >>> [
        ...     parse(text).counts_only()
        ...     for text in (
        ...         "count(*) filter (where kind = 'used') - count(*) filter (where kind = 'undone')",
        ...         "sum(net)",
        ...         "count(*) / 2",
        ...     )
        ... ]
        [True, False, False]
        """
        return _counts_only(self.tree)

    def compile(
        self,
        resolve: Callable[[str], Sql],
        parameters: Mapping[str, Sql] | None = None,
        *,
        condition: Sql | None = None,
        zone: str = "UTC",
    ) -> Sql:
        """The formula as SQL: `resolve` gives the SQL of a column by the name it was written with.

        `condition` restricts every aggregate of the formula to the rows for which it holds.
        """
        pieces: list[str | Bound] = []
        for piece in _template(self.text, zone, restricted=condition is not None):
            match piece:
                case str():
                    pieces.append(piece)
                case _Hole(_Open.COLUMN, name):
                    pieces.extend(resolve(name).pieces)
                case _Hole(_Open.PARAMETER, name):
                    pieces.extend((parameters or {})[name].pieces)
                case _:
                    pieces.extend(condition.pieces if condition is not None else ())
        return merged(pieces)


class _Open(Enum):
    """What a template leaves open."""

    COLUMN = "column"
    PARAMETER = "parameter"
    CONDITION = "condition"


@dataclass(frozen=True, slots=True)
class _Hole:
    kind: _Open
    name: str = ""


@lru_cache(maxsize=4096)
def _template(text: str, zone: str, *, restricted: bool) -> tuple[str | _Hole, ...]:
    """A formula's SQL around what only a question knows; made once for each formula, as a tree is slow to write out."""
    holes: list[_Hole] = []
    tree: exp.Expr = exp.Paren(this=parse(text).tree.copy())
    _exactly(tree)
    for node in list(tree.find_all(exp.Column)):
        if not isinstance(node.this, exp.Star):
            node.replace(_hole(holes, _Hole(_Open.COLUMN, _written(node))))
    for node in list(tree.find_all(*_PARAMETERS)):
        node.replace(_hole(holes, _Hole(_Open.PARAMETER, node.name)))
    if restricted:
        _restrict(tree, lambda: _hole(holes, _Hole(_Open.CONDITION)))
    return tuple(_filled(_own_functions(tree, zone).this.sql(dialect="duckdb", comments=False), holes))


def _hole(holes: list[_Hole], hole: _Hole) -> exp.Var:
    holes.append(hole)
    return exp.Var(this=f"\x01{len(holes) - 1}\x02")


def _restrict(tree: exp.Expr, condition: Callable[[], exp.Expr]) -> None:
    for node in [node for node in tree.walk() if _reduces(node)]:
        parent = node.parent
        if isinstance(parent, exp.Filter):
            where = parent.expression
            where.set("this", exp.And(this=exp.Paren(this=where.this), expression=exp.Paren(this=condition())))
        else:
            # A copy goes inside: replacing a node by its own parent would lose it.
            where = exp.Where(this=condition())
            node.replace(exp.Filter(this=node.copy(), expression=where))


def _reduces(node: exp.Expr) -> bool:
    return isinstance(node, AGGREGATES) or (isinstance(node, exp.Anonymous) and node.name.lower() in _OWN_AGGREGATES)


def _filled(text: str, holes: Sequence[_Hole]) -> Iterator[str | _Hole]:
    while "\x01" in text:
        before, _, after = text.partition("\x01")
        number, _, text = after.partition("\x02")
        yield before
        yield holes[int(number)]
    yield text


# Terms of a sum that are no decimals are rounded to 12 places first.
_TERM = exp.DataType.build("decimal(38, 12)")


def _exactly(tree: exp.Expr) -> None:
    """Sums and averages over exact decimals, so that the order in which rows lie does not show in the last digits.

    An average becomes a sum over a count: DuckDB's own average of decimals is rounded to the scale of its input.
    """
    for node in list(tree.find_all(exp.Avg)):
        only = node.parent if isinstance(node.parent, exp.Filter) else None
        parts: list[exp.Expr] = [exp.Sum(this=node.this.copy()), exp.Count(this=node.this.copy())]
        if only is not None:
            parts = [exp.Filter(this=part, expression=only.expression.copy()) for part in parts]
        (only or node).replace(exp.Paren(this=exp.Div(this=parts[0], expression=parts[1])))
    for node in list(tree.find_all(exp.Sum)):
        if node.this.find(exp.Div, exp.Sqrt, exp.Ln, exp.Pow) is not None:
            node.set("this", exp.Cast(this=_wrapped(node.this), to=_TERM.copy()))


def _own_functions(tree: exp.Expr, zone: str) -> exp.Expr:
    def rewrite(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Div):
            guarded = exp.Anonymous(this="nullif", expressions=[node.expression, exp.Literal.number(0)])
            return exp.Div(this=exp.Cast(this=_wrapped(node.this), to=exp.DataType.build("double")), expression=guarded)
        if isinstance(node, exp.Anonymous) and node.name.lower() in OWN:
            _, template = OWN[node.name.lower()]
            parts = (part.sql(dialect="duckdb") for part in node.expressions)
            return exp.Var(this=template.format(*parts, zone=literal(zone)))
        return node

    # Bottom-up: the arguments of our functions are rendered once they hold only plain SQL.
    for node in list(tree.walk(bfs=False))[::-1]:
        replaced = rewrite(node)
        if replaced is node:
            continue
        if node is tree:
            tree = replaced
        else:
            node.replace(replaced)
    return tree


def _wrapped(node: exp.Expr) -> exp.Expr:
    return node if isinstance(node, (exp.Var, exp.Func, exp.Paren, exp.Literal)) else exp.Paren(this=node)


def _written(node: exp.Expr) -> str:
    if isinstance(node, exp.Column):
        return ".".join(part.name for part in node.parts)
    return node.name


@lru_cache(maxsize=4096)
def parse(text: str) -> Formula:
    """Read a formula; QueryError says what is wrong in it. Columns are checked by `check`, where they are known."""
    try:
        tree = sqlglot.parse_one(text, dialect="duckdb")
    except (ParseError, TokenError) as error:
        raise QueryError(f"cannot read the formula '{text}': {_reason(error)}") from None
    for node in tree.walk():
        _allow(node, text)
    return Formula(
        text,
        tree,
        frozenset(_written(node) for node in tree.find_all(exp.Column)),
        frozenset(node.name for node in tree.find_all(*_PARAMETERS)),
        _aggregates(tree),
    )


def _counts_only(node: exp.Expr) -> bool:
    match node:
        case exp.Paren() | exp.Filter():
            return _counts_only(node.this)
        case exp.Add() | exp.Sub():
            return _counts_only(node.this) and _counts_only(node.expression)
        case _:
            return isinstance(node, exp.Count)


@lru_cache(maxsize=4096)
def conjuncts(text: str) -> tuple[str, ...]:
    """The conditions that a condition is made of, all of which must hold.

    >>> conjuncts("kind = 'sale' and (a > 1 or b)")
    ("kind = 'sale'", '(a > 1 OR b)')
    """
    left: list[exp.Expr] = [parse(text).tree]
    found: list[str] = []
    while left:
        one = left.pop()
        if isinstance(one, exp.And):
            left += [one.expression, one.this]
        else:
            found.append(one.sql(dialect="duckdb", comments=False))
    return tuple(found)


def _aggregates(tree: exp.Expr) -> bool:
    return any(_reduces(node) for node in tree.walk())


def _allow(node: exp.Expr, text: str) -> None:
    if isinstance(node, _PARAMETERS) and not node.name:
        raise QueryError(f"a parameter needs a name like $category: '{text}'")
    if isinstance(node, exp.Anonymous):
        name = node.name.lower()
        if name not in OWN:
            raise QueryError(f"no function '{node.name}' in formulas{did_you_mean(name, function_names())}")
        wanted, given = OWN[name][0], len(node.expressions)
        if wanted != given:
            raise QueryError(f"{name} takes {wanted} values, '{text}' gives {given}")
    elif isinstance(node, exp.DataType):
        if node.this.value not in _CASTS:
            raise QueryError(f"a formula cannot cast to {node.sql()}; use one of {', '.join(sorted(_CASTS)).lower()}")
    elif not isinstance(node, _LISTED):
        word = (
            node.key.replace("_", " ") if not isinstance(node, exp.Func) else f"the function {node.sql_name().lower()}"
        )
        raise QueryError(f"a formula cannot use {word}: '{text}'{did_you_mean(node.key, function_names())}")


def function_names() -> list[str]:
    """The functions that a formula may call."""
    return sorted(kind.sql_name().lower() for kind in AGGREGATES + _FUNCTIONS if issubclass(kind, exp.Func)) + list(OWN)


def _reason(error: ParseError | TokenError) -> str:
    if isinstance(error, ParseError) and error.errors:
        first = error.errors[0]
        return f"{first['description'].rstrip('.').lower()} near '{first['highlight']}'"
    return str(error).splitlines()[0].lower()
