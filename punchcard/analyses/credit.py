"""Credit: how much of the conversions goes to the touches before them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from punchcard.analyses.base import Found
from punchcard.analyses.behaviour import At, Behaviour, place, shown
from punchcard.chart import Chart
from punchcard.chart import Column as Columns
from punchcard.frame import Frame
from punchcard.result import Cell
from punchcard.timeline.asked.attribution import Attribution as AskedAttribution

if TYPE_CHECKING:
    from punchcard.timeline import attribution
    from punchcard.timeline.kernels import Ints


class Attribution(Behaviour, AskedAttribution, frozen=True, kw_only=True, tag="attribution"):
    """Conversions divided among channels, by several models side by side."""

    needs: ClassVar[tuple[str, ...]] = ("model", "channel")

    def people(self) -> str | None:
        """None: a conversion is divided, and so are members."""
        return None

    def marked(self, labels: Mapping[str, Cell]) -> Mapping[str, Cell] | None:
        """A model's channel; the removal effect is one of all paths together."""
        return None if labels.get("model") == "markov" else Behaviour.marked(self, labels)

    def passed(self, frame: Frame) -> "attribution.AttributionAnswer":
        """Credit by model and channel."""
        from punchcard.timeline import attribution

        return attribution.attribution(frame.timeline(), self, frame.period, frame.members())

    def behind(self, frame: Frame, at: At) -> "Ints":
        """Whose conversions give credit to a `channel` by a `model`."""
        found = self.passed(frame)
        model = self.models[place(at, "model", self.models)]
        return found.members(model, found.channels[place(at, "channel", found.channels)])

    def chart(self, found: Found) -> Chart:
        """Columns by channel, the models side by side."""
        return Columns.of(shown(found.result, "channel", "model", "conversions"))
