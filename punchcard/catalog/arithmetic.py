"""Arithmetic: a formula of figures that are known already, such as `A / B`, worked out number by number.

It is read by the parser of all formulas and may only add, take off, multiply, divide and bracket. What has no data has
no figure, and neither has a division by nothing.
"""

from collections.abc import Iterable, Mapping

from sqlglot import exp

from punchcard.catalog.expression import Formula, parse
from punchcard.errors import QueryError, did_you_mean

_ALLOWED = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg, exp.Paren, exp.Literal, exp.Column, exp.Identifier)


def arithmetic(text: str, names: Iterable[str]) -> Formula:
    """A formula of figures of these names; QueryError says what it cannot do, or which name is none of them.

    >>> arithmetic("purchases / (visits - 1)", ("purchases", "visits")).columns == {"purchases", "visits"}
    True
    """
    formula, known = parse(text), tuple(names)
    for node in formula.tree.walk():
        if not isinstance(node, _ALLOWED) or (isinstance(node, exp.Literal) and node.is_string):
            raise QueryError(
                f"a formula of figures adds, takes off, multiplies and divides; it cannot use '{node.sql()}': '{text}'"
            )
    for name in sorted(formula.columns):
        if name not in known:
            suggestion = did_you_mean(name, known) or f"; it may use {', '.join(known)}"
            raise QueryError(f"the formula '{text}' has no figure '{name}'{suggestion}")
    if not formula.columns:
        raise QueryError(f"the formula '{text}' is of no figure; it may use {', '.join(known)}")
    return formula


def worked_out(formula: Formula, figures: Mapping[str, float | None]) -> float | None:
    """The value of a formula; none where a figure has no data, or a denominator is 0.

    >>> rate = arithmetic("100 * A / B", "AB")
    >>> worked_out(rate, {"A": 1, "B": 4}), worked_out(rate, {"A": 1, "B": 0}), worked_out(rate, {"A": None, "B": 4})
    (25.0, None, None)
    """
    return _value(formula.tree, figures)


def _value(node: exp.Expr, figures: Mapping[str, float | None]) -> float | None:
    match node:
        case exp.Paren():
            return _value(node.this, figures)
        case exp.Neg():
            inner = _value(node.this, figures)
            return None if inner is None else -inner
        case exp.Literal():
            return float(node.name)
        case exp.Column():
            return figures[".".join(part.name for part in node.parts)]
        case _:
            return _combined(node, _value(node.this, figures), _value(node.expression, figures))


def _combined(node: exp.Expr, left: float | None, right: float | None) -> float | None:
    if left is None or right is None:
        return None
    match node:
        case exp.Add():
            return left + right
        case exp.Sub():
            return left - right
        case exp.Mul():
            return left * right
        case _:
            return left / right if right else None
