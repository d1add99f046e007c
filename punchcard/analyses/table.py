"""Table: metrics by several dimensions, one row a combination, a page at a time, with the total asked anew."""

from typing import Annotated, ClassVar

from msgspec import Meta

from punchcard.analyses.base import (
    Analysis,
    DimensionName,
    Found,
    MetricNames,
    dimension,
    dimension_name,
    figures,
    flag,
    label,
    measure,
    metric_names,
    no_rows,
    not_compared,
)
from punchcard.catalog.catalog import Catalog
from punchcard.chart import Chart, Scatter
from punchcard.chart import Table as Grid
from punchcard.errors import QueryError, did_you_mean
from punchcard.frame import Frame
from punchcard.period import Period
from punchcard.plan.cells import Order
from punchcard.result import Cell, Column, Note, Result

Rows = tuple[tuple[Cell, ...], ...]

MOST_ROWS = 100_000


class Table(Analysis, frozen=True, kw_only=True, tag="table"):
    """One row a combination of the dimensions, by the figure in `order`; a note says if there are more."""

    of_cells: ClassVar[bool] = True

    metrics: MetricNames
    by: Annotated[tuple[DimensionName, ...], Meta(min_length=1, max_length=6, description="One row a combination.")]
    order: Annotated[str, Meta(description="The figure to order by; empty for the first.")] = ""
    ascending: Annotated[bool, Meta(description="The smallest first.")] = False
    limit: Annotated[int, Meta(ge=1, le=MOST_ROWS, description="How many rows are shown.")] = 100
    total: Annotated[bool, Meta(description="Add the total, asked anew.")] = True

    def find(self, frame: Frame) -> Found:
        """The rows, then the total."""
        rows, more = combinations(frame, self.metrics, self.by, self._order(), self.limit)
        columns = [
            *(label(frame, by, self.metrics) for by in self.by),
            *(measure(frame.catalog, wanted) for wanted in self.metrics),
        ]
        notes = no_rows(frame, [value for row in rows for value in row])
        if self.total:
            (whole,) = frame.cells(figures(self.metrics), frame.cut())
            rows += ((*(None for _ in self.by), *whole),)
        if frame.comparison is not None:
            earlier = self._earlier(frame, rows)
            if earlier is None:
                notes += not_compared(frame)
            else:
                rows = tuple((*row, *figures_then) for row, figures_then in zip(rows, earlier, strict=True))
                columns += [
                    Column(f"{c.name}_before", c.title, "comparison", c.unit, of=c.name, better=c.better)
                    for c in columns[len(self.by) :]
                ]
        marked = [(*row, self.total and place == len(rows) - 1) for place, row in enumerate(rows)]
        if more:
            notes += (Note("cut", f"Only the first {self.limit:,} rows are shown; the total counts all."),)
        return Found(Result((*columns, flag("total")), tuple(marked), notes))

    def _earlier(self, frame: Frame, rows: Rows) -> Rows | None:
        """The figures of the comparison period, for each row; none if more occurred in it than a table can hold."""
        order = Order(figures(self.metrics)[0].name, limit=MOST_ROWS + 1)
        then, more = combinations(frame, self.metrics, self.by, order, MOST_ROWS, frame.comparison)
        if more:
            return None
        width = len(self.by)
        known = {row[:width]: row[width:] for row in then}
        nothing: tuple[Cell, ...] = (None,) * len(self.metrics)
        found = [known.get(row[:width], nothing) for row in rows]
        if self.total:
            (found[-1],) = frame.cells(figures(self.metrics), frame.cut(period=frame.comparison))
        return tuple(found)

    def _order(self) -> Order:
        names = [figure.name for figure in figures(self.metrics)]
        by = self.order or names[0]
        if by not in names:
            raise QueryError(f"cannot order by '{by}'{did_you_mean(by, names)}; one of {', '.join(names)}")
        return Order(by, descending=not self.ascending, limit=self.limit + 1)

    def chart(self, found: Found) -> Chart:
        """A table with bars in the first figure's cells."""
        return Grid.of(found.result)

    def method(self, catalog: Catalog) -> str:
        """In words."""
        return "One row a combination that occurs. Each figure is computed from that row's own facts; so is the total."

    def used(self) -> tuple[str, ...]:
        """The metrics."""
        return metric_names(self.metrics)

    def dimensions(self) -> tuple[str, ...]:
        """The dimensions."""
        return tuple(dimension_name(by) for by in self.by)


class Spread(Analysis, frozen=True, kw_only=True, tag="scatter"):
    """Two metrics of the same groups against each other: one point a group."""

    of_cells: ClassVar[bool] = True

    x: Annotated[str, Meta(description="The metric to the right.")]
    y: Annotated[str, Meta(description="The metric upwards.")]
    by: DimensionName
    group: Annotated[DimensionName | None, Meta(description="A dimension that colours the points.")] = None
    limit: Annotated[int, Meta(ge=2, le=2000, description="How many points are shown, the largest by x.")] = 300

    def find(self, frame: Frame) -> Found:
        """One row a group; the largest by x first."""
        metrics = (self.x, self.y)
        by = (self.by,) if self.group is None else (self.by, self.group)
        rows, more = combinations(frame, metrics, by, Order(self.x, limit=self.limit + 1), self.limit)
        columns: list[Column] = [
            *(label(frame, one, metrics) for one in by),
            *(measure(frame.catalog, one) for one in metrics),
        ]
        notes = no_rows(frame, [value for row in rows for value in row])
        if more:
            notes += (Note("cut", f"The {self.limit:,} largest groups are shown."),)
        notes += not_compared(frame)
        return Found(Result(tuple(columns), rows, notes))

    def chart(self, found: Found) -> Chart:
        """Points."""
        return Scatter.of(found.result)

    def method(self, catalog: Catalog) -> str:
        """In words."""
        return "Each point is one group. That two figures go together does not say that one causes the other."

    def used(self) -> tuple[str, ...]:
        """The metrics."""
        return (self.x, self.y)

    def dimensions(self) -> tuple[str, ...]:
        """The dimensions."""
        return tuple(dimension_name(by) for by in (self.by, self.group) if by is not None)


def combinations(
    frame: Frame,
    metrics: MetricNames,
    by: tuple[DimensionName, ...],
    order: Order,
    limit: int,
    period: Period | None = None,
) -> tuple[Rows, bool]:
    """The rows of a table, and whether there are more than wanted."""
    cut = frame.cut(tuple(dimension(frame, one) for one in by), period=period)
    rows = frame.cells(figures(metrics), cut, order)
    return rows[:limit], len(rows) > limit
