"""Number: metrics as single figures, each with its comparison, and the first one over time."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from punchcard.analyses.base import Analysis, Found, MetricNames, figures, measure, metric_names, no_rows
from punchcard.catalog.catalog import Catalog
from punchcard.chart import Chart, Figure, Funnel, Table
from punchcard.frame import Frame
from punchcard.period import Grain, fitting_grain
from punchcard.result import Cell, Column, Result


class Number(Analysis, frozen=True, kw_only=True, tag="number"):
    """One row: a column a metric, and one for the comparison period if there is one."""

    of_cells: ClassVar[bool] = True

    metrics: MetricNames
    trend: Annotated[bool, Meta(description="Also give the first metric over time, for a sparkline.")] = False
    grain: Annotated[Grain | None, Meta(description="How wide a point of the sparkline is.")] = None
    look: Annotated[
        Literal["figures", "funnel"], Meta(description="A funnel draws each metric as a step after the one before.")
    ] = "figures"

    def find(self, frame: Frame) -> Found:
        """The figures of the period, and of the comparison period."""
        asked = figures(self.metrics)
        (now,) = frame.cells(asked, frame.cut())
        columns = [measure(frame.catalog, wanted) for wanted in self.metrics]
        values = list(now)
        if frame.comparison is not None:
            (before,) = frame.cells(asked, frame.cut(period=frame.comparison))
            columns += [
                Column(
                    f"{column.name}_before",
                    column.title,
                    "comparison",
                    column.unit,
                    of=column.name,
                    better=column.better,
                )
                for column in columns
            ]
            values += before
        result = Result(tuple(columns), (tuple(values),), no_rows(frame, now))
        return Found(result, self._trend(frame) if self.trend else None)

    def _trend(self, frame: Frame) -> Result:
        grain = self.grain or fitting_grain(frame.period)
        first = self.metrics[:1]
        pairs = ((row[0], row[1]) for row in frame.cells(figures(first), frame.cut(grain=grain)))
        rows: dict[Cell, Cell] = dict(pairs)
        buckets = frame.buckets(grain, frame.period)
        columns = (Column("bucket", grain.value.capitalize(), "time", grain.value), measure(frame.catalog, first[0]))
        return Result(columns, tuple((bucket.key, rows.get(bucket.key)) for bucket in buckets))

    def chart(self, found: Found) -> Chart:
        """A big figure; several metrics become a small table, or the steps of a funnel."""
        if self.look == "funnel":
            measures = found.result.of_role("measure")
            steps = tuple((column.title, found.result.column(column.name)[0]) for column in measures)
            first = Column("figure", measures[0].title, "measure", measures[0].unit)
            return Funnel.of(Result((Column("step", "Step", "label"), first), steps))
        if len(self.metrics) == 1:
            return Figure.of(found.result, trend=found.trend)
        return Table.of(found.result, bars=())

    def method(self, catalog: Catalog) -> str:
        """In words."""
        return "Each figure is computed from all rows of the period at once; it is never added up from parts."

    def used(self) -> tuple[str, ...]:
        """The metrics."""
        return metric_names(self.metrics)
