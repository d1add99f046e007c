"""Pivot: metrics by several dimensions down and across, every margin computed from rows of its own."""

from itertools import product
from typing import Annotated, Literal

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
    part,
)
from punchcard.catalog.catalog import Catalog
from punchcard.chart import Chart, Heat
from punchcard.chart import Pivot as Cross
from punchcard.errors import QueryError
from punchcard.frame import Frame
from punchcard.plan.cells import Order
from punchcard.result import Cell, Column, Note, Result

Keys = tuple[Cell, ...]
Figures = tuple[Cell, ...]


class Pivot(Analysis, frozen=True, kw_only=True, tag="pivot"):
    """One row a cell, margins flagged `total_<dimension>`.

    `relative` adds, to each metric, its share of the row's, the column's or the grand total: of that margin's own
    figure, recomputed. A distinct count's shares need not add up to one, and a note says so.
    """

    metrics: MetricNames
    rows: Annotated[tuple[DimensionName, ...], Meta(min_length=1, max_length=4)]
    columns: Annotated[tuple[DimensionName, ...], Meta(max_length=3)] = ()
    relative: Literal["row", "column", "total"] | None = None
    limit: Annotated[int, Meta(ge=1, le=20_000)] = 2000
    margins: bool = True
    look: Literal["table", "heat"] = "table"

    def find(self, frame: Frame) -> Found:
        """The cells, and every margin as a question of its own."""
        by = (*self.rows, *self.columns)
        names = [dimension_name(one) for one in by]
        if len(set(names)) < len(names):
            raise QueryError("a dimension can stand in a pivot only once")
        asked = figures(self.metrics)
        kept: dict[tuple[bool, ...], dict[Keys, Figures]] = {}
        for margin in self._margins(len(by)):
            inside = tuple(dimension(frame, one) for one, summed in zip(by, margin, strict=True) if not summed)
            order = Order(asked[0].name, limit=self.limit + 1) if not any(margin) else None
            cells = frame.cells(asked, frame.cut(inside), order)
            kept[margin] = {_spread(row[: len(inside)], margin): row[len(inside) :] for row in cells}
        more = len(kept[(False,) * len(by)]) > self.limit
        rows = [
            (*key, *values, *self._shares(key, values, kept, margin), *margin)
            for margin, cells in kept.items()
            for key, values in list(cells.items())[: self.limit]
        ]
        columns = [label(frame, one, self.metrics) for one in by] + [
            measure(frame.catalog, wanted) for wanted in self.metrics
        ]
        columns += self._share_columns(columns[len(by) :])
        columns += [flag(f"total_{name}") for name in names]
        return Found(Result(tuple(columns), tuple(rows), self._notes(frame, rows, len(by), more=more)))

    def _margins(self, count: int) -> list[tuple[bool, ...]]:
        """Which dimensions are summed away: none for the cells, then subtotals from the left on each side."""
        down, across = len(self.rows), len(self.columns)
        if not self.margins:
            return [(False,) * count]
        downs = [(False,) * kept + (True,) * (down - kept) for kept in range(down, -1, -1)]
        acrosses = [(False,) * kept + (True,) * (across - kept) for kept in range(across, -1, -1)]
        return [(*one, *other) for one, other in product(downs, acrosses)]

    def _shares(
        self, key: Keys, values: Figures, kept: dict[tuple[bool, ...], dict[Keys, Figures]], margin: tuple[bool, ...]
    ) -> Figures:
        if self.relative is None:
            return ()
        down = len(self.rows)
        match self.relative:
            case "row":
                whole = (*margin[:down], *(True for _ in self.columns))
            case "column":
                whole = (*(True for _ in self.rows), *margin[down:])
            case "total":
                whole = (True,) * len(margin)
        base = kept.get(whole, {}).get(
            tuple(None if summed else value for value, summed in zip(key, whole, strict=True))
        )
        if base is None:
            return (None,) * len(values)
        return tuple(part(value, of) for value, of in zip(values, base, strict=True))

    def _share_columns(self, measures: list[Column]) -> list[Column]:
        if self.relative is None:
            return []
        if not self.margins:
            raise QueryError("shares need the margins they are shares of; leave 'margins' on")
        return [Column(f"{m.name}_share", f"{m.title}, share of {self.relative}", "measure", "ratio") for m in measures]

    def _notes(self, frame: Frame, rows: list[tuple[Cell, ...]], labels: int, *, more: bool) -> tuple[Note, ...]:
        notes = no_rows(frame, [value for row in rows for value in row[labels : labels + len(self.metrics)]])
        distinct = [
            n for n in metric_names(self.metrics) if frame.catalog.metric(n).additivity in ("distinct", "semi_additive")
        ]
        if self.relative is not None and distinct:
            notes += (
                Note(
                    "shares",
                    "A member can be in several cells, so shares of unique counts may add up to more than one.",
                ),
            )
        if more:
            notes += (Note("cut", f"Only the {self.limit:,} largest cells are shown; the margins count all."),)
        return notes

    def chart(self, found: Found) -> Chart:
        """A cross table, or a heat map of one row and one column dimension."""
        if self.look == "heat" and len(self.rows) == len(self.columns) == 1:
            flags = [found.result.index(column.name) for column in found.result.of_role("flag")]
            cells = tuple(row for row in found.result.rows if not any(row[flag] for flag in flags))
            return Heat.of(Result(found.result.columns, cells, found.result.notes))
        return Cross.of(found.result, across=tuple(dimension_name(one) for one in self.columns))

    def method(self, catalog: Catalog) -> str:
        """In words."""
        text = "Every subtotal and total is computed from all rows it covers, not added up from the cells."
        if self.relative is not None:
            text += f" Shares are of the {self.relative}'s own recomputed total."
        return text

    def used(self) -> tuple[str, ...]:
        """The metrics."""
        return metric_names(self.metrics)

    def dimensions(self) -> tuple[str, ...]:
        """The dimensions, rows first."""
        return tuple(dimension_name(one) for one in (*self.rows, *self.columns))


def _spread(key: Keys, margin: tuple[bool, ...]) -> Keys:
    values = iter(key)
    return tuple(None if summed else next(values) for summed in margin)
