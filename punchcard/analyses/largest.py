"""The largest groups of a dimension, and the rest of it as one group."""

from dataclasses import replace

from punchcard.catalog.filter import Dimension, Scalar
from punchcard.frame import Frame
from punchcard.plan.cells import Figure, Order
from punchcard.plan.rows import OTHER
from punchcard.result import Cell


def kept(
    frame: Frame, figure: Figure, dimension: Dimension, top: int
) -> tuple[dict[str, tuple[Scalar, ...]], tuple[Cell, ...]]:
    """What a cut must keep to show the `top` largest groups, and the groups in order, the others last if there are any.

    One group beyond the limit is shown rather than called 'other': it takes no more room.
    """
    order = Order("size", limit=top + 2)
    rows = frame.cells([replace(figure, name="size")], frame.cut((dimension,)), order)
    groups = [row[0] for row in rows]
    if len(groups) <= top + 1:
        return {}, tuple(groups)
    shown = tuple(groups[:top])
    values = tuple(
        value if isinstance(value, str | int | float | bool) or value is None else str(value) for value in shown
    )
    texts: tuple[Cell, ...] = tuple(None if value is None else _text(value) for value in values)
    return {dimension.name: values}, (*texts, OTHER)


def _text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
