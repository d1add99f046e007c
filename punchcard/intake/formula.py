"""Formulas over the columns of a source: which of them are read as numbers, and the SQL of the whole."""

from collections.abc import Callable

from sqlglot import exp

from punchcard.catalog.expression import Formula
from punchcard.sql import Sql, sql

_ARITHMETIC = (
    exp.Add,
    exp.Sub,
    exp.Mul,
    exp.Div,
    exp.Mod,
    exp.Neg,
    exp.Abs,
    exp.Round,
    exp.Floor,
    exp.Ceil,
    exp.Sqrt,
    exp.Ln,
    exp.Pow,
)
_COMPARISONS = (
    exp.EQ,
    exp.NEQ,
    exp.GT,
    exp.GTE,
    exp.LT,
    exp.LTE,
    exp.In,
    exp.Between,
    exp.Greatest,
    exp.Least,
    exp.Coalesce,
    exp.Nullif,
)


def numbers(formula: Formula) -> frozenset[str]:
    """The columns that stand next to arithmetic or a number, and so are numbers even in a file of text.

    >>> from punchcard.catalog.expression import parse
    >>> sorted(numbers(parse("case when status = 'ok' and qty > 0 then price * 2 end")))
    ['price', 'qty']
    """
    return frozenset(
        ".".join(part.name for part in column.parts)
        for column in formula.tree.find_all(exp.Column)
        if _is_number(column)
    )


def _is_number(column: exp.Expr) -> bool:
    parent = column.parent
    while isinstance(parent, (exp.Paren, exp.Neg)):
        parent = parent.parent
    if isinstance(parent, _ARITHMETIC):
        return True
    return isinstance(parent, _COMPARISONS) and any(_digits(child) for child in parent.iter_expressions())


def _digits(node: exp.Expr) -> bool:
    inner = node.this if isinstance(node, (exp.Neg, exp.Paren)) else node
    return (isinstance(inner, exp.Literal) and not inner.is_string) or isinstance(inner, _ARITHMETIC)


def compiled(formula: Formula, resolve: Callable[[str], Sql]) -> Sql:
    """The formula over the columns that `resolve` gives; NULL where it cannot be computed."""
    return sql("try({formula})", formula=formula.compile(resolve))
