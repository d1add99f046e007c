"""Trend: metrics over time, perhaps by a dimension, with the comparison period laid over it."""

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
)
from punchcard.analyses.largest import kept
from punchcard.catalog.catalog import Catalog
from punchcard.catalog.expression import parse
from punchcard.catalog.metric import Aggregate, State
from punchcard.chart import Chart, Line
from punchcard.chart import Column as Columns
from punchcard.chart.series import as_number
from punchcard.errors import QueryError
from punchcard.frame import Frame
from punchcard.period import Bucket, Grain, Period, fitting_grain
from punchcard.plan.rows import OTHER
from punchcard.result import Cell, Column, Note, Result

Figures = tuple[Cell, ...]


class Trend(Analysis, frozen=True, kw_only=True, tag="trend"):
    """One row a bucket (and group): the metrics, the comparison period's at the same place, the moving average."""

    metrics: MetricNames
    grain: Grain | None = None
    by: DimensionName | None = None
    top: Annotated[int, Meta(ge=1, le=50)] = 6
    moving_average: Annotated[int, Meta(ge=2, le=366)] | None = None
    cumulative: bool = False
    look: Literal["line", "area", "column", "stacked", "share"] = "line"

    def find(self, frame: Frame) -> Found:
        """The series, with every bucket of the period present."""
        if self.cumulative and any(
            frame.catalog.metric(name).additivity != "additive" for name in metric_names(self.metrics)
        ):
            raise QueryError("only additive metrics can be added up over time")
        grain = self.grain or fitting_grain(frame.period)
        columns: list[Column] = [Column("bucket", grain.value.capitalize(), "time", grain.value)]
        if self.by is not None:
            columns.append(label(frame, self.by, self.metrics))
        measures = [measure(frame.catalog, wanted) for wanted in self.metrics]
        columns += measures
        rows, groups, buckets = self._rows(frame, grain)
        if frame.comparison is not None and self.by is None:
            rows = [
                (*row, *before)
                for row, before in zip(rows, self._before(frame, frame.comparison, grain, len(buckets)), strict=True)
            ]
            columns += [
                Column(f"{m.name}_before", m.title, "comparison", m.unit, of=m.name, better=m.better) for m in measures
            ]
        if self.moving_average is not None and self.by is None:
            rows = [
                (*row, value)
                for row, value in zip(rows, self._averages(rows, buckets, self.moving_average), strict=True)
            ]
            first = measures[0]
            title = f"{first.title}, average of {self.moving_average}"
            columns.append(Column(f"{first.name}_average", title, "measure", first.unit, better=first.better))
        columns.append(flag("incomplete"))
        complete: dict[Cell, bool] = {bucket.key: bucket.complete for bucket in buckets}
        rows = [(*row, not complete[row[0]]) for row in rows]
        if self.by is not None:
            columns.append(flag("other"))
            rows = [(*row, groups[position % len(groups)] == OTHER) for position, row in enumerate(rows)]
        notes = no_rows(
            frame,
            [value for row in rows for value in row[len(columns) - len(measures) - 2 :] if not isinstance(value, bool)],
        )
        if not all(complete.values()):
            notes += (
                Note(
                    "incomplete",
                    "Buckets that the period cuts, or that are not over yet, are marked and left out of averages.",
                ),
            )
        return Found(Result(tuple(columns), tuple(rows), notes))

    def _rows(self, frame: Frame, grain: Grain) -> tuple[list[Figures], list[Cell], tuple[Bucket, ...]]:
        asked = figures(self.metrics)
        buckets = frame.buckets(grain, frame.period)
        empty = tuple(_nothing(frame.catalog, name) for name in metric_names(self.metrics))
        if self.by is None:
            found = {row[0]: row[1:] for row in frame.cells(asked, frame.cut(grain=grain))}
            return self._added([(b.key, *found.get(b.key, empty)) for b in buckets], 1), [None], buckets
        split = dimension(frame, self.by)
        keep, groups = kept(frame, asked[0], split, self.top)
        cells = frame.cells(asked, frame.cut((split,), grain, keep=keep))
        known = {(row[0], row[1]): row[2:] for row in cells}
        rows = [(b.key, group, *known.get((b.key, group), empty)) for b in buckets for group in groups]
        return self._added(rows, 2), list(groups), buckets

    def _added(self, rows: list[Figures], start: int) -> list[Figures]:
        if not self.cumulative:
            return rows
        totals: dict[Cell, list[object]] = {}
        added: list[Figures] = []
        for row in rows:
            group = row[1] if start == 2 else None
            before = totals.setdefault(group, [0] * (len(row) - start))
            totals[group] = [a + (b or 0) for a, b in zip(before, row[start:], strict=True)]  # type: ignore[operator]
            added.append((*row[:start], *totals[group]))  # type: ignore[arg-type]
        return added

    def _before(self, frame: Frame, period: Period, grain: Grain, count: int) -> list[Figures]:
        """The comparison period's figures at the same places; its buckets are paired from the start."""
        asked = figures(self.metrics)
        found = {row[0]: row[1:] for row in frame.cells(asked, frame.cut(grain=grain, period=period))}
        empty = tuple(_nothing(frame.catalog, name) for name in metric_names(self.metrics))
        rows = [found.get(bucket.key, empty) for bucket in frame.buckets(grain, period)]
        missing: Figures = (None,) * len(self.metrics)
        return (rows + [missing] * count)[:count]

    def _averages(self, rows: list[Figures], buckets: tuple[Bucket, ...], width: int) -> list[Cell]:
        averages: list[Cell] = []
        for position in range(len(rows)):
            window = range(position - width + 1, position + 1)
            if window.start < 0 or not all(buckets[place].complete for place in window):
                averages.append(None)
                continue
            values = [rows[place][1] for place in window]
            known = [number for value in values if (number := as_number(value)) is not None]
            averages.append(sum(known) / width if len(known) == width else None)
        return averages

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


def _nothing(catalog: Catalog, name: str) -> Cell:
    """What a bucket without rows shows: a count is truly 0, anything else is no data."""
    metric = catalog.metric(name)
    return 0 if isinstance(metric, Aggregate | State) and parse(metric.value).counts_only() else None
