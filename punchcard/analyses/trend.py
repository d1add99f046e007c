"""Trend: metrics over time, perhaps by a dimension, with the comparison period laid over it."""

import math
from typing import Annotated, ClassVar, Literal

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
from punchcard.analyses.largest import largest
from punchcard.catalog.catalog import Catalog
from punchcard.chart import Chart, Line
from punchcard.chart import Column as Columns
from punchcard.chart.series import as_number
from punchcard.errors import QueryError
from punchcard.frame import Frame
from punchcard.period import Bucket, Grain, Period, fitting_grain
from punchcard.plan.rows import OTHER, Kept
from punchcard.result import Cell, Column, Note, Result

Figures = tuple[Cell, ...]


class Trend(Analysis, frozen=True, kw_only=True, tag="trend"):
    """One row a bucket (and group): the metrics, the comparison period's at the same place, the moving average."""

    of_cells: ClassVar[bool] = True

    metrics: MetricNames
    grain: Annotated[Grain | None, Meta(description="How wide a point is; null fits it to the period.")] = None
    by: DimensionName | None = None
    top: Annotated[int, Meta(ge=1, le=50, description="How many groups are shown; all others are one.")] = 6
    moving_average: (
        Annotated[int, Meta(ge=2, le=366, description="Add the mean of so many points of the first metric.")] | None
    ) = None
    cumulative: Annotated[bool, Meta(description="Add up from the start; only for additive metrics.")] = False
    look: Annotated[
        Literal["line", "area", "column", "stacked", "share"], Meta(description="How the series are drawn.")
    ] = "line"

    def find(self, frame: Frame) -> Found:
        """The series, with every bucket of the period present; the comparison period's buckets from its start."""
        for name in metric_names(self.metrics) if self.cumulative else ():
            if frame.catalog.metric(name).additivity != "additive":
                raise QueryError(f"'{name}' does not add up over time; leave 'cumulative' out")
        grain = self.grain or fitting_grain(frame.period)
        buckets = frame.buckets(grain, frame.period)
        keep, groups = self._groups(frame)
        now = self._series(frame, grain, frame.period, keep, groups)
        before = None if frame.comparison is None else self._series(frame, grain, frame.comparison, keep, groups)
        missing: Figures = (None,) * len(self.metrics)
        rows: list[Figures] = []
        for place, bucket in enumerate(buckets):
            for group in groups:
                row = (bucket.key, *(() if self.by is None else (group,)), *now[place, group])
                if before is not None:
                    row += before.get((place, group), missing)
                if self.moving_average is not None:
                    row += (self._average(now, buckets, place, group, self.moving_average),)
                rows.append((*row, not bucket.complete, *(() if self.by is None else (group == OTHER,))))
        notes = no_rows(frame, [value for figures_of in now.values() for value in figures_of])
        if not all(bucket.complete for bucket in buckets):
            notes += (
                Note(
                    "incomplete",
                    "Buckets that the period cuts, or that are not over yet, are marked and left out of averages.",
                ),
            )
        return Found(Result(tuple(self._columns(frame, grain)), tuple(rows), notes))

    def _columns(self, frame: Frame, grain: Grain) -> list[Column]:
        columns: list[Column] = [Column("bucket", grain.value.capitalize(), "time", grain.value)]
        if self.by is not None:
            columns.append(label(frame, self.by, self.metrics))
        measures = [measure(frame.catalog, wanted) for wanted in self.metrics]
        columns += measures
        if frame.comparison is not None:
            columns += [
                Column(f"{m.name}_before", m.title, "comparison", m.unit, of=m.name, better=m.better) for m in measures
            ]
        if self.moving_average is not None:
            first = measures[0]
            title = f"{first.title}, average of {self.moving_average}"
            columns.append(Column(f"{first.name}_average", title, "measure", first.unit, better=first.better))
        return [*columns, flag("incomplete"), *(() if self.by is None else (flag("other"),))]

    def _groups(self, frame: Frame) -> tuple[Kept, tuple[Cell, ...]]:
        if self.by is None:
            return {}, (None,)
        shown = largest(frame, figures(self.metrics)[:1], dimension(frame, self.by), self.top)
        return shown.keep, shown.groups

    def _series(
        self, frame: Frame, grain: Grain, period: Period, keep: Kept, groups: tuple[Cell, ...]
    ) -> dict[tuple[int, Cell], Figures]:
        """The figures of each group in each bucket, by the bucket's place."""
        by = () if self.by is None else (dimension(frame, self.by),)
        rows = frame.cells(figures(self.metrics), frame.cut(by, grain, period=period, keep=keep))
        known = {(row[0], row[1] if by else None): row[1 + len(by) :] for row in rows}
        found: dict[tuple[int, Cell], Figures] = {}
        buckets = frame.buckets(grain, period)
        whole = len(known) == len(buckets) * len(groups)
        empty = () if whole else frame.nothing(figures(self.metrics))
        for place, bucket in enumerate(buckets):
            for group in groups:
                figures_here = known.get((bucket.key, group), empty)
                if self.cumulative and place:
                    figures_here = tuple(map(_sum, found[place - 1, group], figures_here))
                found[place, group] = figures_here
        return found

    def _average(
        self, now: dict[tuple[int, Cell], Figures], buckets: tuple[Bucket, ...], place: int, group: Cell, width: int
    ) -> Cell:
        window = range(place - width + 1, place + 1)
        if window.start < 0 or not all(buckets[one].complete for one in window):
            return None
        values = [as_number(now[one, group][0]) for one in window]
        known = [value for value in values if value is not None]
        return math.fsum(known) / width if len(known) == width else None

    def chart(self, found: Found) -> Chart:
        """Lines, or columns if asked for."""
        match self.look:
            case "column":
                return Columns.of(found.result)
            case "stacked":
                return Columns.of(found.result, mode="stacked")
            case "share":
                return Columns.of(found.result, mode="share")
            case "area":
                return Line.of(found.result, area=True)
            case "line":
                return Line.of(found.result)

    def method(self, catalog: Catalog) -> str:
        """In words."""
        grain = self.grain.value if self.grain else "bucket"
        text = f"Each {grain} is a question of its own over that {grain}'s rows, in the project's time zone."
        if self.by is not None:
            text += f" The {self.top} largest groups are shown; all others are asked for together as one group."
        if self.moving_average is not None:
            text += (
                f" The moving average is the mean of {self.moving_average} complete buckets up to and with this one."
            )
        return text

    def used(self) -> tuple[str, ...]:
        """The metrics."""
        return metric_names(self.metrics)

    def dimensions(self) -> tuple[str, ...]:
        """The dimension, if there is one."""
        return () if self.by is None else (dimension_name(self.by),)


def _sum(before: Cell, now: Cell) -> Cell:
    """Two figures added up; nothing and nothing is nothing."""
    if before is None or now is None:
        return now if before is None else before
    return before + now  # type: ignore[operator]
