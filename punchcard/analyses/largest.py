"""The largest groups of a dimension, and the rest of it as one group."""

from dataclasses import replace

from punchcard.catalog.filter import Dimension
from punchcard.frame import Frame
from punchcard.plan.cells import Figure, Order
from punchcard.plan.rows import OTHER, Kept
from punchcard.result import Cell


def kept(
    frame: Frame, figure: Figure, dimension: Dimension, top: int, *, ascending: bool = False
) -> tuple[Kept, tuple[Cell, ...]]:
    """What a cut must keep to show the `top` largest (or smallest) groups, and those in order, the others last.

    One group beyond the limit is shown rather than called 'other': it takes no more room.
    """
    order = Order("size", descending=not ascending, limit=top + 2)
    rows = frame.cells([replace(figure, name="size")], frame.cut((dimension,)), order)
    groups = tuple(row[0] for row in rows)
    if len(groups) <= top + 1:
        return {}, groups
    return {dimension.name: groups[:top]}, (*groups[:top], OTHER)
