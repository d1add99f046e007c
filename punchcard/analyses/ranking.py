"""Ranking: the groups of a dimension by a metric, largest first, the rest as one, and the total asked anew."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from punchcard.analyses.base import (
    Analysis,
    DimensionName,
    Found,
    MetricNames,
    additive,
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
from punchcard.analyses.largest import largest
from punchcard.catalog.catalog import Catalog
from punchcard.chart import Bar, Chart, Table
from punchcard.errors import QueryError
from punchcard.frame import Frame
from punchcard.plan.rows import OTHER, Kept
from punchcard.result import Cell, Column, Result


class Ranking(Analysis, frozen=True, kw_only=True, tag="ranking"):
    """One row a group, the largest (or smallest) by the first metric; then the others together, then the total."""

    of_cells: ClassVar[bool] = True

    metrics: MetricNames
    by: DimensionName
    top: Annotated[int, Meta(ge=1, le=200, description="How many groups are shown; all others are one.")] = 10
    ascending: Annotated[bool, Meta(description="The smallest first.")] = False
    share: Annotated[bool, Meta(description="Add each group's share of the total; only for additive metrics.")] = False
    total: Annotated[bool, Meta(description="Add the total, asked anew.")] = True
    sort: Annotated[
        Literal["size", "name"],
        Meta(description="In which order the groups are shown: by figure or by name."),
    ] = "size"
    look: Annotated[Literal["bar", "table"], Meta(description="How it is drawn; several metrics are a table.")] = "bar"

    def find(self, frame: Frame) -> Found:
        """The groups in order."""
        asked = figures(self.metrics)
        first = metric_names(self.metrics)[0]
        if self.share and not additive(frame, first, (dimension_name(self.by),)):
            by = dimension_name(self.by)
            raise QueryError(f"'{first}' does not add up over {by}, so its parts are no shares of a whole")
        split = dimension(frame, self.by)
        shown = largest(frame, asked, split, self.top, ascending=self.ascending)
        cells = shown.figures
        if shown.keep:
            cells = {row[0]: row[1:] for row in frame.cells(asked, frame.cut((split,), keep=shown.keep))}
        columns = [label(frame, self.by, self.metrics), *(measure(frame.catalog, wanted) for wanted in self.metrics)]
        empty: tuple[Cell, ...] = (None,) * len(asked)
        whole = frame.cells(asked, frame.cut())[0] if self.total or self.share else empty
        rows = [(group, *cells.get(group, empty), group == OTHER, False) for group in self._ordered(shown.groups)]
        if self.total:
            rows.append((None, *whole, False, True))
        if frame.comparison is not None:
            rows = self._compared(frame, rows, shown.keep)
            columns += [
                Column(f"{c.name}_before", c.title, "comparison", c.unit, of=c.name, better=c.better)
                for c in columns[1:]
            ]
        if self.share:
            rows = [(*row[: len(columns)], part(row[1], whole[0]), *row[len(columns) :]) for row in rows]
            columns.append(Column("share", "Share", "measure", "ratio"))
        columns += [flag("other"), flag("total")]
        return Found(Result(tuple(columns), tuple(rows), no_rows(frame, [row[1] for row in rows])))

    def _ordered(self, groups: tuple[Cell, ...]) -> tuple[Cell, ...]:
        own = [group for group in groups if group != OTHER]
        if self.sort == "name":
            own.sort(key=lambda group: (group is None, _sortable(group)))
        return (*own, OTHER) if OTHER in groups else tuple(own)

    def _compared(self, frame: Frame, rows: list[tuple[Cell, ...]], keep: Kept) -> list[tuple[Cell, ...]]:
        asked = figures(self.metrics)
        before = {
            row[0]: row[1:]
            for row in frame.cells(asked, frame.cut((dimension(frame, self.by),), period=frame.comparison, keep=keep))
        }
        whole = frame.cells(asked, frame.cut(period=frame.comparison))[0] if self.total else ()
        empty: tuple[Cell, ...] = (None,) * len(asked)
        end = 1 + len(asked)
        return [(*row[:end], *(whole if row[-1] else before.get(row[0], empty)), *row[end:]) for row in rows]

    def chart(self, found: Found) -> Chart:
        """Bars; several metrics become a table."""
        if self.look == "table" or len(self.metrics) > 1:
            return Table.of(found.result)
        position = found.result.index("total")
        own = tuple(row for row in found.result.rows if not row[position])
        return Bar.of(Result(found.result.columns, own, found.result.notes))

    def method(self, catalog: Catalog) -> str:
        """In words."""
        return (
            f"Groups in order of the first metric; beyond {self.top}, all others are asked for together as one group."
            " The total is computed from all rows, not added up from the groups."
        )

    def used(self) -> tuple[str, ...]:
        """The metrics."""
        return metric_names(self.metrics)

    def dimensions(self) -> tuple[str, ...]:
        """The dimension."""
        return (dimension_name(self.by),)


def _sortable(value: Cell) -> tuple[int, float, str]:
    if isinstance(value, int | float):
        return (0, float(value), "")
    return (1, 0.0, str(value))
