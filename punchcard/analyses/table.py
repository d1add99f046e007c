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
)
from punchcard.catalog.catalog import Catalog
from punchcard.chart import Chart, Scatter
from punchcard.chart import Table as Grid
from punchcard.errors import QueryError, did_you_mean
from punchcard.frame import Frame
from punchcard.plan.cells import Order
from punchcard.result import Cell, Column, Note, Result

Rows = tuple[tuple[Cell, ...], ...]


class Table(Analysis, frozen=True, kw_only=True, tag="table"):
    """One row a combination of the dimensions, by the figure in `order`; a note says if there are more."""

    of_cells: ClassVar[bool] = True

    metrics: MetricNames
    by: Annotated[tuple[DimensionName, ...], Meta(min_length=1, max_length=6)]
    order: str = ""
    ascending: bool = False
    limit: Annotated[int, Meta(ge=1, le=100_000)] = 100
    total: bool = True

    def find(self, frame: Frame) -> Found:
        """The rows, then the total."""
        rows, more = combinations(frame, self.metrics, self.by, self._order(), self.limit)
        columns = [
            *(label(frame, by, self.metrics) for by in self.by),
            *(measure(frame.catalog, wanted) for wanted in self.metrics),
        ]
        marked: list[tuple[Cell, ...]] = [(*row, False) for row in rows]
        if self.total:
            (whole,) = frame.cells(figures(self.metrics), frame.cut())
            marked.append((*(None for _ in self.by), *whole, True))
        notes = no_rows(frame, [value for row in rows for value in row])
        if more:
            notes += (Note("cut", f"Only the first {self.limit:,} rows are shown; the total counts all."),)
        return Found(Result((*columns, flag("total")), tuple(marked), notes))

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

    x: str
    y: str
    by: DimensionName
    group: DimensionName | None = None
    limit: Annotated[int, Meta(ge=2, le=2000)] = 300

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
    frame: Frame, metrics: MetricNames, by: tuple[DimensionName, ...], order: Order, limit: int
) -> tuple[Rows, bool]:
    """The rows of a table, and whether there are more than wanted."""
    cut = frame.cut(tuple(dimension(frame, one) for one in by))
    rows = frame.cells(figures(metrics), cut, order)
    return rows[:limit], len(rows) > limit
