"""The largest groups of a dimension, and the rest of it as one group."""

from collections.abc import Sequence
from dataclasses import dataclass

from punchcard.catalog.filter import Dimension
from punchcard.frame import Frame
from punchcard.plan.cells import Figure, Order
from punchcard.plan.rows import OTHER, Kept
from punchcard.result import Cell


@dataclass(frozen=True, slots=True)
class Largest:
    """The groups to show, in order, the others last if there are any; and what a cut must keep to show them.

    `figures` are those of all groups, known already where there are no others.
    """

    groups: tuple[Cell, ...]
    keep: Kept
    figures: dict[Cell, tuple[Cell, ...]]


def largest(
    frame: Frame, asked: Sequence[Figure], dimension: Dimension, top: int, *, ascending: bool = False
) -> Largest:
    """The `top` largest (or smallest) groups by the first figure.

    One group beyond the limit is shown rather than called 'other': it takes no more room.
    """
    order = Order(asked[0].name, descending=not ascending, limit=top + 2)
    rows = frame.cells(asked, frame.cut((dimension,)), order)
    groups = tuple(row[0] for row in rows)
    if len(groups) <= top + 1:
        return Largest(groups, {}, {row[0]: row[1:] for row in rows})
    return Largest((*groups[:top], OTHER), {dimension.name: groups[:top]}, {})
