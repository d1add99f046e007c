"""Forecast: what an additive metric will be in the next weeks, with an interval and the measured error of forecasts."""

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from msgspec import Meta

from punchcard.analyses.base import Analysis, Found, figures, flag, measure, metric_names
from punchcard.catalog.catalog import Catalog
from punchcard.chart import Chart, Line
from punchcard.chart.series import as_number
from punchcard.errors import QueryError
from punchcard.frame import Frame, is_hidden
from punchcard.period import Bucket, Grain
from punchcard.plan.cells import Figure
from punchcard.result import Cell, Column, Note, Result

if TYPE_CHECKING:
    from punchcard.stats.forecast import BackTest

# How many buckets make a round of the season, if there is data enough.
SEASONS = {Grain.DAY: 7, Grain.WEEK: 52, Grain.MONTH: 12, Grain.QUARTER: 4}
LEVEL = 0.95


class Forecast(Analysis, frozen=True, kw_only=True, tag="forecast"):
    """One row a bucket: what was, for the complete buckets of the period; then what is expected, from and to.

    A note says how far such forecasts have been off: those that would have been made at earlier moments.
    """

    of_cells: ClassVar[bool] = True

    metrics: Annotated[tuple[str], Meta(description="One metric that adds up over time.")]
    grain: Literal["day", "week", "month", "quarter"] = "week"
    ahead: Annotated[int, Meta(ge=1, le=52, description="How many buckets ahead.")] = 8

    def find(self, frame: Frame) -> Found:
        """The history and the forecast; QueryError if there is too little of it."""
        from punchcard.stats.estimate import NotEnough
        from punchcard.stats.forecast import forecast

        (name,) = metric_names(self.metrics)
        if frame.catalog.metric(name).additivity != "additive":
            raise QueryError(f"'{name}' does not add up over time, so its weeks are no series to go on from")
        grain = Grain(self.grain)
        known = self._history(frame, grain, *figures(self.metrics))
        try:
            told = forecast([value for _, value in known], self.ahead, season=SEASONS[grain], level=LEVEL)
        except NotEnough as error:
            raise QueryError(f"{frame.catalog.metric(name).title} by {self.grain}: {error}") from None
        shown = measure(frame.catalog, name)
        columns = (
            Column("bucket", self.grain.capitalize(), "time", self.grain),
            shown,
            Column("expected", f"{shown.title}, expected", "measure", shown.unit, better=shown.better),
            Column("low", "95 % from", "low", shown.unit, of="expected"),
            Column("high", "95 % to", "high", shown.unit, of="expected"),
            flag("forecast"),
        )
        rows: list[tuple[Cell, ...]] = [(bucket.key, value, None, None, None, False) for bucket, value in known]
        # The lines meet in the last value that is known.
        key, last = known[-1][0].key, known[-1][1]
        rows[-1] = (key, last, last, last, last, False)
        for value, interval in zip(told.values, told.intervals, strict=True):
            key = frame.calendar.next(key, grain)
            rows.append((key, None, value, interval.low, interval.high, True))
        notes = (Note("back_test", _measured(told.back_test, self.grain)),)
        return Found(Result(columns, tuple(rows), notes))

    def _history(self, frame: Frame, grain: Grain, figure: Figure) -> list[tuple[Bucket, float]]:
        """The figure of each complete bucket from the first with data on; one without rows is nothing, truly."""
        buckets = [bucket for bucket in frame.buckets(grain, frame.period) if bucket.complete]
        rows = frame.cells((figure,), frame.cut(grain=grain))
        if any(is_hidden(value) for _, value in rows):
            raise QueryError(
                "some of what a forecast would go on from may not be shown to a brand; ask for a longer grain"
            )
        found = {key: as_number(value) for key, value in rows}
        first = next((place for place, bucket in enumerate(buckets) if found.get(bucket.key) is not None), len(buckets))
        return [(bucket, found.get(bucket.key) or 0.0) for bucket in buckets[first:]]

    def chart(self, found: Found) -> Chart:
        """A line that goes on with its interval."""
        return Line.of(found.result)

    def method(self, catalog: Catalog) -> str:
        """In words."""
        return (
            f"Complete {self.grain}s of the period go on by exponential smoothing: a level, and, where they help, a"
            " damped trend and a season. The interval is to hold the figure 95 times of 100 if nothing new happens;"
            " campaigns that are planned are not known to it. The measured error is that of the same procedure at"
            " earlier moments, each knowing only what was known then."
        )

    def used(self) -> tuple[str, ...]:
        """The metric."""
        return metric_names(self.metrics)


def _measured(test: "BackTest | None", grain: str) -> str:
    if test is None:
        return "There are too few values to measure how far forecasts would have been off."
    return (
        f"Measured on {test.origins} earlier moments: forecasts were off by {test.wape:.1%} of the total (saying 'as"
        f" before' by {test.naive_wape:.1%}), and {test.coverage:.0%} of {grain}s lay in their interval."
    )
