"""Behaviour: questions about what members did one after another, answered in one pass over the timeline.

Each kind's parameters, pass and method live in its file of `timeline/`; here they become analyses: they get the
viewer's timeline, the period and the filters, and a chart.
"""

from punchcard.analyses.base import Analysis, Found
from punchcard.catalog.catalog import Catalog
from punchcard.chart import Chart, Heat, Line, Table
from punchcard.chart import Column as Columns
from punchcard.chart import Funnel as Steps
from punchcard.frame import Frame
from punchcard.result import Result
from punchcard.timeline import lifecycle, paths, retention, steps, stickiness, trend
from punchcard.timeline.funnel import funnel


class Funnel(Analysis, steps.Funnel, frozen=True, kw_only=True, tag="funnel"):
    """How many members go through a row of steps, and how long they take."""

    def find(self, frame: Frame) -> Found:
        """One row a step (and value of the breakdown)."""
        return Found(funnel(frame.timeline(), self, frame.period, frame.members()).result())

    def chart(self, found: Found) -> Chart:
        """Step bars; with a breakdown, a table."""
        return Steps.of(found.result) if self.breakdown is None else Table.of(found.result)

    def method(self, catalog: Catalog) -> str:  # pyright: ignore[reportIncompatibleMethodOverride]
        """In words."""
        return steps.Funnel.method(self)


class FunnelTrend(Analysis, trend.FunnelTrend, frozen=True, kw_only=True, tag="funnel_trend"):
    """The conversion between two steps over time."""

    def find(self, frame: Frame) -> Found:
        """One row a bucket."""
        return Found(trend.funnel_trend(frame.timeline(), self, frame.period, frame.members()).result())

    def chart(self, found: Found) -> Chart:
        """A line."""
        return Line.of(found.result)

    def method(self, catalog: Catalog) -> str:  # pyright: ignore[reportIncompatibleMethodOverride]
        """In words."""
        return trend.FunnelTrend.method(self)


class FunnelTime(Analysis, trend.FunnelTime, frozen=True, kw_only=True, tag="funnel_time"):
    """How long members take from one step to another."""

    def find(self, frame: Frame) -> Found:
        """One row a bin."""
        return Found(trend.funnel_time(frame.timeline(), self, frame.period, frame.members()).result())

    def chart(self, found: Found) -> Chart:
        """A table of the bins."""
        return Table.of(found.result)

    def method(self, catalog: Catalog) -> str:  # pyright: ignore[reportIncompatibleMethodOverride]
        """In words."""
        return trend.FunnelTime.method(self)


class Retention(Analysis, retention.Retention, frozen=True, kw_only=True, tag="retention"):
    """Of those who did one thing, how many came back, by time since."""

    def find(self, frame: Frame) -> Found:
        """One row a cohort."""
        answer = retention.retention(frame.timeline(), self, frame.period, frame.members(), known_until=frame.now)
        return Found(answer.result())

    def chart(self, found: Found) -> Chart:
        """A heat map of shares: cohorts down, time since across."""
        names = ("cohort", "interval", "retained_share")
        places = [found.result.index(name) for name in names]
        columns = tuple(found.result.columns[place] for place in places)
        rows = tuple(tuple(row[place] for place in places) for row in found.result.rows)
        return Heat.of(Result(columns, rows, found.result.notes))

    def method(self, catalog: Catalog) -> str:  # pyright: ignore[reportIncompatibleMethodOverride]
        """In words."""
        return retention.Retention.method(self)


class Lifecycle(Analysis, lifecycle.Lifecycle, frozen=True, kw_only=True, tag="lifecycle"):
    """New, current, resurrected and dormant members by bucket."""

    def find(self, frame: Frame) -> Found:
        """One row a bucket."""
        answer = lifecycle.lifecycle(frame.timeline(), self, frame.period, frame.members(), known_until=frame.now)
        return Found(answer.result())

    def chart(self, found: Found) -> Chart:
        """Stacked columns."""
        return Columns.of(found.result, mode="stacked")

    def method(self, catalog: Catalog) -> str:  # pyright: ignore[reportIncompatibleMethodOverride]
        """In words."""
        return lifecycle.Lifecycle.method(self)


class Stickiness(Analysis, stickiness.Stickiness, frozen=True, kw_only=True, tag="stickiness"):
    """Members by the number of buckets in which they were active."""

    def find(self, frame: Frame) -> Found:
        """One row a number of buckets."""
        return Found(stickiness.stickiness(frame.timeline(), self, frame.period, frame.members()).result())

    def chart(self, found: Found) -> Chart:
        """Columns."""
        return Columns.of(found.result)

    def method(self, catalog: Catalog) -> str:  # pyright: ignore[reportIncompatibleMethodOverride]
        """In words."""
        return stickiness.Stickiness.method(self)


class Paths(Analysis, paths.Paths, frozen=True, kw_only=True, tag="paths"):
    """What followed what in the sessions of members."""

    def find(self, frame: Frame) -> Found:
        """One row an edge."""
        return Found(paths.paths(frame.timeline(), self, frame.period, frame.members()).result())

    def chart(self, found: Found) -> Chart:
        """A table of the edges."""
        return Table.of(found.result)

    def method(self, catalog: Catalog) -> str:  # pyright: ignore[reportIncompatibleMethodOverride]
        """In words."""
        return paths.Paths.method(self)
