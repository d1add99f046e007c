"""Funnels: how far members go through a row of steps, how that changes, and how long it takes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from msgspec import structs

from punchcard.analyses.base import Found, not_compared
from punchcard.analyses.behaviour import At, Behaviour, apart, flagged, number, only_members, place, shown, titled
from punchcard.catalog.catalog import Catalog
from punchcard.chart import Chart, Distribution, Line
from punchcard.chart import Column as Columns
from punchcard.chart import Funnel as Steps
from punchcard.chart import Interval as Forest
from punchcard.frame import Frame
from punchcard.result import Cell, Column, Result
from punchcard.timeline import steps
from punchcard.timeline.asked.trend import FunnelTime as AskedFunnelTime
from punchcard.timeline.asked.trend import FunnelTrend as AskedFunnelTrend

if TYPE_CHECKING:
    from punchcard.timeline import trend
    from punchcard.timeline.funnel import FunnelAnswer
    from punchcard.timeline.kernels import Ints


def named(asked: steps.Funnel, catalog: Catalog) -> steps.Funnel:
    """The funnel with every step named, no two alike."""
    names = apart([step.name or titled(step.pick, catalog) for step in asked.steps])
    every = tuple(structs.replace(step, name=name) for step, name in zip(asked.steps, names, strict=True))
    return structs.replace(asked, steps=every)


class Funnel(Behaviour, steps.Funnel, frozen=True, kw_only=True, tag="funnel"):
    """How many members go through a row of steps, and how long they take."""

    needs: ClassVar[tuple[str, ...]] = ("step",)
    may: ClassVar[tuple[str, ...]] = ("value", "dropped")

    def people(self) -> str | None:
        """The members who reached a step, unless attempts or sessions are counted."""
        return "count" if self.count == "members" else None

    def marked(self, labels: Mapping[str, Cell]) -> Mapping[str, Cell] | None:
        """A step; with `dropped`, those lost on the way to it, where the steps before are a matter of counting."""
        if "dropped" in labels and (self.count != "members" or any(step.optional for step in self.steps)):
            return None
        if self.breakdown is not None and "value" not in labels:
            return None
        return Behaviour.marked(self, labels)

    def passed(self, frame: Frame) -> "FunnelAnswer":
        """The furthest attempt of each member."""
        from punchcard.timeline.funnel import funnel

        groups = frame.divided(None if self.breakdown is None else self.breakdown.property)
        return funnel(frame.timeline(), named(self, frame.catalog), frame.period, frame.members(), groups=groups)

    def find(self, frame: Frame) -> Found:
        """One row a step; a difference would tell a brand what is hidden of the group compared with."""
        result = self.passed(frame).result(comparing=frame.viewer.brands is None)
        return Found(flagged(result, *not_compared(frame)))

    def behind(self, frame: Frame, at: At) -> "Ints":
        """Who reached `step`, under `value` of the breakdown; with `dropped`, who was lost on the way to it."""
        only_members(self.unit)
        found = self.passed(frame)
        step = place(at, "step", [step.title for step in found.parameters.steps]) + 1
        listed = found.dropped if at.get("dropped") and step > 1 else found.members
        if self.breakdown is None:
            return listed(step)
        none = len(found.labels)
        value = place(at, "value", [*found.labels, "(none)"])
        return listed(step, -1 if value == none else value)

    def chart(self, found: Found) -> Chart:
        """Step bars; by a breakdown the share that reached each step, or the last step against a group."""
        if self.breakdown is None:
            return Steps.of(found.result)
        if self.against is not None and self.count == "members":
            return Forest.of(self._last(found.result))
        return Columns.of(shown(found.result, "step", "value", "of_first_share"))

    @staticmethod
    def _last(result: Result) -> Result:
        """The groups' differences at the last step."""
        step, gap = result.index("step"), result.index("difference")
        rows = tuple(row for row in result.rows if row[gap] is not None and row[step] == result.rows[-1][step])
        return shown(replace(result, rows=rows), "value", "difference", "difference_low", "difference_high")


class FunnelTrend(Behaviour, AskedFunnelTrend, frozen=True, kw_only=True, tag="funnel_trend"):
    """The conversion between two steps over time."""

    needs: ClassVar[tuple[str, ...]] = ("bucket",)

    def people(self) -> str | None:
        """The members who got to the last step."""
        return "went"

    def passed(self, frame: Frame) -> "trend.FunnelTrendAnswer":
        """The furthest attempt of each member and bucket."""
        from punchcard.timeline import trend

        return trend.funnel_trend(frame.timeline(), self, frame.period, frame.members(), known_until=frame.now)

    def behind(self, frame: Frame, at: At) -> "Ints":
        """Who came in a `bucket` and reached the last step."""
        only_members(self.funnel.unit)
        found = self.passed(frame)
        return found.members(place(at, "bucket", found.axis.keys), self.last)

    def chart(self, found: Found) -> Chart:
        """A line of the share."""
        return Line.of(shown(found.result, "bucket", "share"))


class FunnelTime(Behaviour, AskedFunnelTime, frozen=True, kw_only=True, tag="funnel_time"):
    """How long members take from one step to another."""

    needs: ClassVar[tuple[str, ...]] = ("from_seconds",)

    def people(self) -> str | None:
        """The members who took so long, unless each may have gone through several times."""
        return "members" if self.funnel.count == "members" else None

    def passed(self, frame: Frame) -> "trend.FunnelTimeAnswer":
        """The seconds of each member that converted."""
        from punchcard.timeline import trend

        return trend.funnel_time(frame.timeline(), self, frame.period, frame.members())

    def find(self, frame: Frame) -> Found:
        """One row a bin, with both of its ends."""
        result = flagged(self.passed(frame).result(), *not_compared(frame))
        starts = [int(str(value)) for value in result.column("from_seconds")]
        width = starts[1] - starts[0] if len(starts) > 1 else 0
        rows = tuple((row[0], start + width, *row[1:]) for start, row in zip(starts, result.rows, strict=True))
        columns = (result.columns[0], Column("to_seconds", "To", "label", "seconds"), *result.columns[1:])
        return Found(Result(columns, rows, result.notes))

    def behind(self, frame: Frame, at: At) -> "Ints":
        """Who took as long as the bin that begins at `from_seconds`."""
        only_members(self.funnel.unit)
        found = self.passed(frame)
        number(at, "from_seconds")
        return found.members(place(at, "from_seconds", [low for low, _ in found.bins()]))

    def chart(self, found: Found) -> Chart:
        """A histogram."""
        return Distribution.of(found.result)
