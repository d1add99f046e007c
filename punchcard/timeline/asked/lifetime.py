"""What a curve of lifetime value is asked."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from punchcard.timeline.pick import Condition, Pick


class LifetimeValue(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="lifetime_value"
):
    """The parameters of a lifetime value curve."""

    joining: Annotated[Pick, Meta(description="What makes a member join; the first time counts.")] = Pick()
    earning: Pick = Pick()
    value: Annotated[str, Meta(description="The property of an earning to add up: margin, net revenue.")]
    grain: Literal["week", "month"] = "month"
    intervals: Annotated[int, Meta(ge=1, le=120)] = 12
    clock: Literal["calendar", "rolling"] = "rolling"
    cost_per_member: Annotated[float, Meta(ge=0, description="What it costs to win a member (CAC).")] | None = None
    where: tuple[Condition, ...] = ()

    def method(self) -> str:
        """How it is computed, in words."""
        cost = ""
        if self.cost_per_member is not None:
            cost = f" Payback is the first {self.grain} in which it reaches the {self.cost_per_member:g} a member cost."
        span = (
            f"{self.grain}s counted from each one's own start" if self.clock == "rolling" else f"calendar {self.grain}s"
        )
        return (
            f"Members by the {self.grain} in which they did {self.joining.sentence()} for the first time: the sum of"
            f" {self.value} of their {self.earning.sentence()} up to the n-th {self.grain}, over all who joined,"
            f" whether they still earn or not; in {span}. A figure is given only where every member has had the"
            f" time.{cost}"
        )
