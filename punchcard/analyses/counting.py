"""Counting: how many members do something, how often, how long they wait in between, and in what sessions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from punchcard.analyses.base import Found
from punchcard.analyses.behaviour import At, Behaviour, carried, earlier, flagged, in_titles, number, place, shown
from punchcard.catalog.catalog import Catalog
from punchcard.chart import Chart, Line
from punchcard.chart import Column as Columns
from punchcard.errors import QueryError
from punchcard.frame import Frame
from punchcard.period import Grain, Period
from punchcard.result import Cell, Result
from punchcard.timeline.asked.formula import LETTERS
from punchcard.timeline.asked.formula import ActivityFormula as AskedFormula
from punchcard.timeline.asked.segmentation import NONE
from punchcard.timeline.asked.segmentation import Segmentation as AskedSegmentation
from punchcard.timeline.asked.sessions import Sessions as AskedSessions
from punchcard.timeline.pick import Condition, Pick

if TYPE_CHECKING:
    from punchcard.timeline import formula, frequency, segmentation, sessions
    from punchcard.timeline.kernels import Codes, Ints


class Segmentation(Behaviour, AskedSegmentation, frozen=True, kw_only=True, tag="segmentation"):
    """How many members do something, how often or for how much, over time."""

    needs: ClassVar[tuple[str, ...]] = ("bucket",)
    may: ClassVar[tuple[str, ...]] = ("value",)

    def people(self) -> str | None:
        """The members who did it."""
        return "figure" if self.measure == "members" else None

    def passed(self, frame: Frame) -> "segmentation.SegmentationAnswer":
        """Figures by bucket."""
        return self._passed(frame, frame.divided(self.breakdown))

    def _passed(
        self, frame: Frame, groups: "tuple[Codes, tuple[str, ...]] | None"
    ) -> "segmentation.SegmentationAnswer":
        from punchcard.timeline import segmentation

        carried(self.activity, self.of, frame.catalog)
        return segmentation.segmentation(
            frame.timeline(), self, frame.period, frame.members(), known_until=frame.now, groups=groups
        )

    def find(self, frame: Frame) -> Found:
        """The figures, beside those of the comparison period: its first bucket beside the first."""
        before = earlier(frame)
        return Found(flagged(self.passed(frame).result(None if before is None else self.passed(before))))

    def behind(self, frame: Frame, at: At) -> "Ints":
        """Who did it in a `bucket` (the whole period if it is empty), under `value` of the breakdown."""
        import numpy as np

        from punchcard.timeline import frequency

        groups = frame.divided(self.breakdown)
        found, timeline = self._passed(frame, groups), frame.timeline()
        pick = self.activity.and_where(*self.where)
        if groups is not None:
            times = frequency.frequency(timeline, pick, self._span(frame, found, at), frame.members()).times
            return np.flatnonzero((times > 0) & (groups[0] == place(at, "value", groups[1]))).astype(np.int64)
        if self.breakdown is not None:
            value = found.labels[place(at, "value", found.labels)]
            unknown = Condition(self.breakdown, "is_not_set")
            pick = pick.and_where(unknown if value == NONE else Condition(self.breakdown, "is", (value,)))
        times = frequency.frequency(timeline, pick, self._span(frame, found, at), frame.members()).times
        return np.flatnonzero(times).astype(np.int64)

    def _span(self, frame: Frame, found: "segmentation.SegmentationAnswer", at: At) -> Period:
        from punchcard.timeline.axis import back, instant

        if not at.get("bucket"):
            return frame.period
        bucket = place(at, "bucket", found.keys)
        start, end = (instant(int(edge)) for edge in found.axis.edges[bucket : bucket + 2])
        if self.cumulative:
            start = frame.period.start
        elif self.rolling > 1:
            start = back(found.keys[bucket], self.rolling - 1, Grain(self.grain), frame.calendar)
        return Period(start, end)

    def chart(self, found: Found) -> Chart:
        """A line, or one for each value of the breakdown."""
        return over_time(found.result, self.breakdown)


def over_time(result: Result, breakdown: str | None) -> Line:
    """A line with that of the comparison period, or a line for each value of a breakdown."""
    before = tuple(column.name for column in result.of_role("comparison"))
    return Line.of(shown(result, "bucket", *(("value",) if breakdown else ()), "figure", *before))


class ActivityFormula(Behaviour, AskedFormula, frozen=True, kw_only=True, tag="activity_formula"):
    """Several counts of activities put together by a formula, over time."""

    needs: ClassVar[tuple[str, ...]] = ("bucket",)
    listed: ClassVar[bool] = False
    letters: ClassVar[str] = LETTERS  # what its figures are called unless they have a name

    def people(self) -> str | None:
        """Nobody: a value is made of several counts."""
        return None

    def marked(self, labels: Mapping[str, Cell]) -> Mapping[str, Cell] | None:
        """Nobody to list."""
        return None

    def passed(self, frame: Frame) -> "formula.FormulaAnswer":
        """The figures of the formula."""
        from punchcard.timeline import formula

        for _name, part in self.parts():
            carried(part.activity, part.of, frame.catalog)
        return formula.formula(frame.timeline(), self, frame.period, frame.members(), known_until=frame.now)

    def find(self, frame: Frame) -> Found:
        """The values, beside those of the comparison period."""
        before = earlier(frame)
        return Found(flagged(self.passed(frame).result(None if before is None else self.passed(before))))

    def behind(self, frame: Frame, at: At) -> "Ints":
        """Nobody: a formula has no members of its own."""
        raise QueryError(
            "a formula of several figures has no members of its own; ask for one of its activities over time"
        )

    def chart(self, found: Found) -> Chart:
        """A line, or one for each value of the breakdown."""
        return over_time(found.result, self.breakdown)


class Sessions(Behaviour, AskedSessions, frozen=True, kw_only=True, tag="sessions"):
    """How many sessions members have, how long they are and how many end with their first activity."""

    needs: ClassVar[tuple[str, ...]] = ("bucket",)

    def people(self) -> str | None:
        """The members with a session."""
        return "members"

    def passed(self, frame: Frame) -> "sessions.SessionsAnswer":
        """Each session that begins in the period."""
        from punchcard.timeline import sessions

        return sessions.sessions(frame.timeline(), self, frame.period, frame.members())

    def behind(self, frame: Frame, at: At) -> "Ints":
        """Who began a session in a `bucket`."""
        found = self.passed(frame)
        return found.members(place(at, "bucket", found.axis.keys))

    def chart(self, found: Found) -> Chart:
        """Columns of the sessions."""
        return Columns.of(shown(found.result, "bucket", "sessions"))


class Frequency(Behaviour, frozen=True, kw_only=True, tag="frequency"):
    """How many members did something once, twice and so on in the period."""

    activity: Pick = Pick()
    needs: ClassVar[tuple[str, ...]] = ("times",)

    def people(self) -> str | None:
        """The members who did it so often."""
        return "members"

    def method(self, catalog: Catalog | None = None) -> str:
        """In words."""
        said = f"Members by how often they did {self.activity.sentence()} in the period."
        return said if catalog is None else in_titles(said, catalog)

    def passed(self, frame: Frame) -> "frequency.Frequency":
        """How often each member did it."""
        from punchcard.timeline import frequency

        return frequency.frequency(frame.timeline(), self.activity, frame.period, frame.members())

    def behind(self, frame: Frame, at: At) -> "Ints":
        """Who did it exactly so many `times`."""
        times = number(at, "times")
        if not times:
            raise QueryError("who did it 0 times is not counted here; ask for a lifecycle or a segment")
        return self.passed(frame).members(times)

    def chart(self, found: Found) -> Chart:
        """Columns."""
        return Columns.of(shown(found.result, "times", "members"))


class Interval(Behaviour, frozen=True, kw_only=True, tag="interval"):
    """How many days members wait until they do something again."""

    activity: Pick = Pick()
    needs: ClassVar[tuple[str, ...]] = ("days",)

    def people(self) -> str | None:
        """None: a member may wait so long several times."""
        return None

    def method(self, catalog: Catalog | None = None) -> str:
        """In words."""
        said = (
            f"The days between each {self.activity.sentence()} in the period and the same member's one before it, which"
            " may lie before the period; whole days of 24 hours. A first time has no wait."
        )
        return said if catalog is None else in_titles(said, catalog)

    def passed(self, frame: Frame) -> "frequency.Intervals":
        """The wait before each time but the first."""
        from punchcard.timeline import frequency

        return frequency.intervals(frame.timeline(), self.activity, frame.period, frame.members())

    def behind(self, frame: Frame, at: At) -> "Ints":
        """Who waited so many whole `days`."""
        days = number(at, "days")
        return self.passed(frame).members(days, days + 1)

    def chart(self, found: Found) -> Chart:
        """Columns."""
        return Columns.of(shown(found.result, "days", "times"))
