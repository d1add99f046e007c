"""Compare: the same metrics for two groups or two periods side by side, with the difference and how sure it is."""

import math
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from punchcard.analyses.base import Analysis, Found, MetricNames, figures, flag, measure, metric_names, no_rows
from punchcard.catalog.catalog import Catalog
from punchcard.catalog.filter import Filter
from punchcard.chart import Chart, Table
from punchcard.chart.series import as_number
from punchcard.frame import Frame, is_hidden
from punchcard.period import Period
from punchcard.plan.cells import Figure
from punchcard.plan.difference import asked_dimensions, difference, parts
from punchcard.plan.rows import Cut
from punchcard.result import Cell, Column, Note, Result

# The 97.5 % point of the normal distribution: intervals hold with 95 %.
Z = 1.959963984540054


class Side(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One side: what it is called, which rows it holds, and its period if not the question's."""

    title: str
    filters: tuple[Filter, ...] = ()
    period: str | None = None


class Compare(Analysis, frozen=True, kw_only=True, tag="compare"):
    """One row a metric: a, b, b minus a with its 95 % interval, b over a.

    The interval treats members as the sample; it is given for rates and averages. A total of everything that happened
    is not a sample of anything and has none.
    """

    of_cells: ClassVar[bool] = True

    metrics: MetricNames
    a: Annotated[Side, Meta(description="The side that is compared with.")]
    b: Annotated[Side, Meta(description="The side whose difference from the other is told.")]
    min_members: Annotated[
        int, Meta(ge=2, le=10_000, description="Below so many members a difference has no interval.")
    ] = 30

    def find(self, frame: Frame) -> Found:
        """The figures of both sides and their differences."""
        cuts = [self._cut(frame, side) for side in (self.a, self.b)]
        asked = figures(self.metrics)
        ((*left,), (*right,)) = (frame.cells(asked, cut)[0] for cut in cuts)
        columns = (
            Column("metric", "Metric", "label"),
            Column("a", self.a.title, "measure", "row"),
            Column("b", self.b.title, "measure", "row"),
            Column("difference", "Difference", "measure", "row"),
            Column("low", "95 % from", "low", "row", of="difference"),
            Column("high", "95 % to", "high", "row", of="difference"),
            Column("change", "Change", "measure", "ratio"),
            flag("proven"),
            Column("unit", "Unit", "flag"),
        )
        rows: list[tuple[Cell, ...]] = []
        small = False
        for figure, wanted, one, other in zip(asked, self.metrics, left, right, strict=True):
            shown = measure(frame.catalog, wanted)
            if is_hidden(one) or is_hidden(other):
                rows.append((shown.title, one, other, math.nan, math.nan, math.nan, math.nan, False, shown.unit))
                continue
            low, high, members = self._interval(frame, figure, cuts[0], cuts[1])
            small = small or (members is not None and members < self.min_members)
            gap, change = _compared(one, other)
            proven = low is not None and high is not None and (low > 0 or high < 0)
            rows.append((shown.title, one, other, gap, low, high, change, proven, shown.unit))
        notes = no_rows(frame, [*left, *right])
        if small:
            text = f"Fewer than {self.min_members} members are on the two sides: differences are not proven."
            notes += (Note("small", text),)
        return Found(Result(columns, tuple(rows), notes))

    def _cut(self, frame: Frame, side: Side) -> Cut:
        period: Period | None = None if side.period is None else frame.named(side.period)
        return frame.cut(period=period, filters=side.filters)

    def _interval(self, frame: Frame, figure: Figure, a: Cut, b: Cut) -> tuple[float | None, float | None, int | None]:
        ratio = parts(frame.catalog, figure.metric, asked_dimensions(a, b, figure))
        if ratio is None or frame.catalog.fact(ratio.top.of).member is None:
            return None, None, None
        ((count, one, other, error),) = frame.run(difference(frame.scope(), figure, ratio, a, b))
        members = int(as_number(count) or 0)
        left, right, se = as_number(one), as_number(other), as_number(error)
        if left is None or right is None or se is None or members < self.min_members:
            return None, None, members
        return right - left - Z * se, right - left + Z * se, members

    def chart(self, found: Found) -> Chart:
        """A table, one row a metric."""
        return Table.of(found.result, bars=())

    def method(self, catalog: Catalog) -> str:
        """In words."""
        return (
            "Each side is computed from its own rows. The 95 % interval of a rate or an average takes members as the"
            " sample (delta method); a member on both sides counts as one. Groups that chose themselves differ for many"
            " reasons: the difference is a description, not an effect."
        )

    def used(self) -> tuple[str, ...]:
        """The metrics."""
        return metric_names(self.metrics)


def _compared(one: Cell, other: Cell) -> tuple[float | None, float | None]:
    left, right = as_number(one), as_number(other)
    if left is None or right is None:
        return None, None
    return right - left, (right - left) / abs(left) if left else None
