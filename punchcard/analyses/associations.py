"""Associations: what goes with what in the behaviour of members; neither kind claims an effect."""

from typing import TYPE_CHECKING, ClassVar

from punchcard.analyses.base import Found
from punchcard.analyses.behaviour import At, Behaviour, place, shown, titled
from punchcard.chart import Chart, Line
from punchcard.chart import Interval as Forest
from punchcard.frame import Frame
from punchcard.timeline.asked.drivers import Drivers as AskedDrivers
from punchcard.timeline.asked.impact import Impact as AskedImpact

if TYPE_CHECKING:
    from punchcard.timeline import drivers, impact
    from punchcard.timeline.kernels import Ints


class Impact(Behaviour, AskedImpact, frozen=True, kw_only=True, tag="impact"):
    """What members do before and after they do something for the first time."""

    needs: ClassVar[tuple[str, ...]] = ("interval",)

    def people(self) -> str | None:
        """The observed members who did it in a bucket."""
        return "did"

    def passed(self, frame: Frame) -> "impact.ImpactAnswer":
        """Members aligned at their first time."""
        from punchcard.timeline import impact

        return impact.impact(frame.timeline(), self, frame.period, frame.members(), known_until=frame.now)

    def behind(self, frame: Frame, at: At) -> "Ints":
        """Who did it in an `interval`: -1 is the bucket before the first time, 1 the one after."""
        return self.passed(frame).members(self.intervals[place(at, "interval", self.intervals)])

    def chart(self, found: Found) -> Chart:
        """A line with the band of its interval."""
        return Line.of(shown(found.result, "interval", "figure", "low", "high"))


class Drivers(Behaviour, AskedDrivers, frozen=True, kw_only=True, tag="drivers"):
    """Which early behaviour goes with coming back, found in half of the members and proven in the other half."""

    needs: ClassVar[tuple[str, ...]] = ("behaviour",)

    def people(self) -> str | None:
        """The members who did it, of both halves."""
        return "members"

    def passed(self, frame: Frame) -> "drivers.DriversAnswer":
        """Every behaviour that could be tested."""
        from punchcard.timeline import drivers

        return drivers.drivers(
            frame.timeline(),
            self,
            frame.period,
            frame.members(),
            known_until=frame.now,
            name=lambda pick: titled(pick, frame.catalog),
        )

    def behind(self, frame: Frame, at: At) -> "Ints":
        """Who did a `behaviour`, in both halves."""
        found = self.passed(frame)
        return found.members(place(at, "behaviour", [found.label(one) for one in found.shown]))

    def chart(self, found: Found) -> Chart:
        """A row a behaviour with its difference in the second half; grey is what is no driver."""
        return Forest.of(shown(found.result, "behaviour", "validated", "low", "high"))
