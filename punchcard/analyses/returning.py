"""Returning: who comes back, who is new or gone quiet, and how regular members are."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from punchcard.analyses.base import Found, not_compared
from punchcard.analyses.behaviour import At, Behaviour, flagged, number, only_members, place, shown
from punchcard.chart import Chart, Heat, Line
from punchcard.chart import Column as Columns
from punchcard.chart.series import as_number
from punchcard.errors import QueryError
from punchcard.frame import Frame
from punchcard.result import Cell, Column, Result
from punchcard.timeline.asked.lifecycle import Lifecycle as AskedLifecycle
from punchcard.timeline.asked.lifecycle import State
from punchcard.timeline.asked.lifetime import LifetimeValue as AskedLifetimeValue
from punchcard.timeline.asked.retention import Retention as AskedRetention
from punchcard.timeline.asked.stickiness import Stickiness as AskedStickiness

if TYPE_CHECKING:
    from punchcard.timeline import lifecycle, lifetime, retention, stickiness
    from punchcard.timeline.kernels import Ints

ALL_COHORTS = "All"
STATES: tuple[State, ...] = ("new", "current", "resurrected", "dormant")


class Retention(Behaviour, AskedRetention, frozen=True, kw_only=True, tag="retention"):
    """Of those who did one thing, how many came back, by time since."""

    needs: ClassVar[tuple[str, ...]] = ("cohort", "interval")
    may: ClassVar[tuple[str, ...]] = ("value",)

    def people(self) -> str | None:
        """The members who came back."""
        return "retained"

    def marked(self, labels: Mapping[str, Cell]) -> Mapping[str, Cell] | None:
        """A cohort's cell; the mean is of all cohorts."""
        return None if labels.get("cohort") in (None, ALL_COHORTS) else Behaviour.marked(self, labels)

    def passed(self, frame: Frame) -> "retention.RetentionAnswer":
        """The table of cohorts."""
        from punchcard.timeline import retention

        groups = frame.divided(self.breakdown)
        return retention.retention(
            frame.timeline(), self, frame.period, frame.members(), known_until=frame.now, groups=groups
        )

    def find(self, frame: Frame) -> Found:
        """One row a cohort and interval; cells whose time is not over are flagged unripe, and the mean is a total."""
        result = flagged(self.passed(frame).result(comparing=frame.viewer.brands is None), *not_compared(frame))
        unripe = Column("unripe", "Not over yet", "flag", "flag", of="retained_share")
        columns = tuple(unripe if column.name == "incomplete" else column for column in result.columns)
        return Found(Result(columns, result.rows, result.notes))

    def behind(self, frame: Frame, at: At) -> "Ints":
        """Who of a `cohort`, under `value` of a breakdown, came back in an `interval`; 0 is the cohort itself."""
        only_members(self.unit)
        found = self.passed(frame)
        cohort, interval = place(at, "cohort", found.cohorts), number(at, "interval")
        if interval > self.columns:
            raise QueryError(f"no interval {interval}: the answer has 0 to {self.columns}")
        group = 0 if self.breakdown is None else place(at, "value", found.labels)
        return found.members(cohort, interval, group)

    def chart(self, found: Found) -> Chart:
        """A heat map of shares: the mean and the cohorts down, time since across; unripe cells are empty.

        With a breakdown, a line of the mean for each group.
        """
        result = found.result
        if self.breakdown is not None:
            total, drawn = result.column("total"), shown(result, "interval", "value", "retained_share", totals=True)
            return Line.of(replace(drawn, rows=tuple(row for row, mean in zip(drawn.rows, total, strict=True) if mean)))
        names = ("cohort", "interval", "retained_share", "unripe", "total")
        cells = list(zip(*(result.column(name) for name in names), strict=True))
        means = [(ALL_COHORTS, n, share) for _, n, share, _, total in cells if total]
        own = [(key, n, None if unripe else share) for key, n, share, unripe, total in cells if not total]
        columns = tuple(result.columns[result.index(name)] for name in names[:3])
        return Heat.of(Result(columns, (*means, *own), result.notes))


class Lifecycle(Behaviour, AskedLifecycle, frozen=True, kw_only=True, tag="lifecycle"):
    """New, current, resurrected and dormant members by bucket."""

    needs: ClassVar[tuple[str, ...]] = ("bucket",)
    may: ClassVar[tuple[str, ...]] = ("state",)

    def people(self) -> str | None:
        """The active members; a state has a column of its own."""
        return "active"

    def marked(self, labels: Mapping[str, Cell]) -> Mapping[str, Cell] | None:
        """A state in a bucket: the measures are the states."""
        states = {"state": labels["measure"]} if labels.get("measure") in STATES else {}
        return Behaviour.marked(self, {**labels, **states})

    def passed(self, frame: Frame) -> "lifecycle.LifecycleAnswer":
        """Members by state and bucket."""
        from punchcard.timeline import lifecycle

        return lifecycle.lifecycle(frame.timeline(), self, frame.period, frame.members(), known_until=frame.now)

    def behind(self, frame: Frame, at: At) -> "Ints":
        """Who was in a `state` in a `bucket`; without a state, who was active."""
        found = self.passed(frame)
        bucket = place(at, "bucket", found.keys)
        if "state" in at:
            return found.members(STATES[place(at, "state", STATES)], bucket)
        import numpy as np

        active: tuple[State, ...] = ("new", "current", "resurrected")
        return np.unique(np.concatenate([found.members(one, bucket) for one in active]))

    def chart(self, found: Found) -> Chart:
        """Stacked columns; who went quiet lies below the line."""
        drawn = shown(found.result, "bucket", *STATES)
        low = drawn.index("dormant")
        rows = tuple(
            tuple(_below(cell) if column == low else cell for column, cell in enumerate(row)) for row in drawn.rows
        )
        return Columns.of(Result(drawn.columns, rows, drawn.notes), mode="stacked")


def _below(cell: Cell) -> Cell:
    count = as_number(cell)
    return None if count is None else -count


class Stickiness(Behaviour, AskedStickiness, frozen=True, kw_only=True, tag="stickiness"):
    """Members by the number of buckets in which they were active."""

    needs: ClassVar[tuple[str, ...]] = ("n",)

    def people(self) -> str | None:
        """The members active so often."""
        return "members" if self.over is None else None

    def passed(self, frame: Frame) -> "stickiness.StickinessAnswer":
        """On how many buckets each member was active."""
        from punchcard.timeline import stickiness

        return stickiness.stickiness(frame.timeline(), self, frame.period, frame.members())

    def behind(self, frame: Frame, at: At) -> "Ints":
        """Who was active in `n` buckets."""
        only_members(self.unit)
        if self.over is not None:
            raise QueryError("a mean over time has no members of its own; leave 'over' out to list them")
        return self.passed(frame).members(number(at, "n"))

    def chart(self, found: Found) -> Chart:
        """Columns; over time, a line of the mean."""
        if self.over is not None:
            return Line.of(shown(found.result, "bucket", "mean"))
        return Columns.of(shown(found.result, "n", "members"))


class LifetimeValue(Behaviour, AskedLifetimeValue, frozen=True, kw_only=True, tag="lifetime_value"):
    """What the members of a cohort have brought in so far, per member who joined."""

    needs: ClassVar[tuple[str, ...]] = ("cohort",)

    def people(self) -> str | None:
        """None: the figures are worth."""
        return None

    def marked(self, labels: Mapping[str, Cell]) -> Mapping[str, Cell] | None:
        """A cohort; the mean curve is of all of them."""
        return None if labels.get("cohort") in (None, ALL_COHORTS) else Behaviour.marked(self, labels)

    def passed(self, frame: Frame) -> "lifetime.LifetimeAnswer":
        """A curve for each cohort."""
        from punchcard.timeline import lifetime

        return lifetime.lifetime_value(frame.timeline(), self, frame.period, frame.members(), known_until=frame.now)

    def find(self, frame: Frame) -> Found:
        """One row a cohort and interval, and the mean curve; what belongs to no source needs no column for it."""
        result = flagged(self.passed(frame).result(), *not_compared(frame))
        return Found(shown(result, *(one.name for one in result.columns if one.name != "value"), totals=True))

    def behind(self, frame: Frame, at: At) -> "Ints":
        """Who joined in a `cohort`: a curve is of all of them, whether they still earn or not."""
        table = self.passed(frame).table
        return table.members(place(at, "cohort", table.cohorts), 0)

    def chart(self, found: Found) -> Chart:
        """A line for the mean and one for each cohort."""
        result = found.result
        cells = list(zip(*(result.column(n) for n in ("interval", "cohort", "per_member", "total")), strict=True))
        rows = [(n, ALL_COHORTS, value) for n, _, value, total in cells if total]
        rows += [(n, key, value) for n, key, value, total in cells if not total]
        interval, cohort, value = (result.columns[result.index(n)] for n in ("interval", "cohort", "per_member"))
        return Line.of(Result((interval, Column("cohort", cohort.title, "label", self.grain), value), tuple(rows)))
