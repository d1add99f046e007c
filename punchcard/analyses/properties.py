"""Properties: how the numbers that activities carry are spread, and what members or totals are made of over time."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from punchcard.analyses.base import Found
from punchcard.analyses.behaviour import At, Behaviour, place, shown
from punchcard.chart import Chart
from punchcard.chart import Column as Columns
from punchcard.chart import Distribution as Histogram
from punchcard.errors import QueryError
from punchcard.frame import Frame
from punchcard.result import Cell
from punchcard.timeline.asked.values import OTHER
from punchcard.timeline.asked.values import Composition as AskedComposition
from punchcard.timeline.asked.values import PropertyDistribution as AskedDistribution

if TYPE_CHECKING:
    from punchcard.timeline import values
    from punchcard.timeline.kernels import Ints


class PropertyDistribution(Behaviour, AskedDistribution, frozen=True, kw_only=True, tag="property_distribution"):
    """How the numbers of a property are spread, one by one or added up by member."""

    needs: ClassVar[tuple[str, ...]] = ("from",)

    def people(self) -> str | None:
        """The members with a value in a bin."""
        return "members"

    def passed(self, frame: Frame) -> "values.DistributionAnswer":
        """The values in the period."""
        from punchcard.timeline import values

        return values.property_distribution(frame.timeline(), self, frame.period, frame.members())

    def behind(self, frame: Frame, at: At) -> "Ints":
        """Who has a value in the bin that begins at `from`."""
        found = self.passed(frame)
        return found.members(place(at, "from", found.edges()[:-1]))

    def chart(self, found: Found) -> Chart:
        """A histogram."""
        return Histogram.of(shown(found.result, "from", "to", "members" if self.per == "member" else "count"))


class Composition(Behaviour, AskedComposition, frozen=True, kw_only=True, tag="composition"):
    """What each bucket is made of, by the values of a property; parts add up to 100 %."""

    needs: ClassVar[tuple[str, ...]] = ("value",)
    may: ClassVar[tuple[str, ...]] = ("bucket",)

    def people(self) -> str | None:
        """The members in a part."""
        return "figure" if self.measure == "members" else "members"

    def marked(self, labels: Mapping[str, Cell]) -> Mapping[str, Cell] | None:
        """A part of a bucket; not all the others together."""
        return None if labels.get("value") == OTHER else Behaviour.marked(self, labels)

    def passed(self, frame: Frame) -> "values.CompositionAnswer":
        """Parts by bucket."""
        from punchcard.timeline import values

        return values.composition(frame.timeline(), self, frame.period, frame.members(), known_until=frame.now)

    def behind(self, frame: Frame, at: At) -> "Ints":
        """Who is in the part `value` of a `bucket` (the whole period if it is empty)."""
        found = self.passed(frame)
        part = place(at, "value", found.labels)
        if found.other and part == len(found.labels) - 1:
            raise QueryError("all the rest together cannot be listed; show more values (top), and list one of them")
        bucket = place(at, "bucket", found.axis.keys) if at.get("bucket") else None
        return found.members(part, bucket)

    def chart(self, found: Found) -> Chart:
        """Columns of 100 %."""
        return Columns.of(shown(found.result, "bucket", "value", "share"), mode="share")
