"""What a funnel is asked between two of its steps: how many over time, and how long it takes."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from punchcard.timeline.steps import Funnel


class BetweenSteps(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """A funnel, and two of its steps; they count from 1."""

    funnel: Funnel
    from_step: Annotated[int, Meta(ge=1)] = 1
    to_step: int | None = None

    def __post_init__(self) -> None:
        if not self.from_step < self.last <= len(self.funnel.steps):
            raise ValueError(f"from step {self.from_step} to step {self.last} of {len(self.funnel.steps)}")

    @property
    def last(self) -> int:
        """The step that counts as converted."""
        return self.to_step or len(self.funnel.steps)


class FunnelTrend(BetweenSteps, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="funnel_trend"):
    """The parameters of a conversion rate over time; steps count from 1."""

    grain: Literal["hour", "day", "week", "month"] = "day"

    def method(self) -> str:
        """How it is computed, in words."""
        return (
            f"By the {self.grain} of the first step: members whose furthest attempt begun in it reached step"
            f" {self.from_step}, and those that reached step {self.last}. {self.funnel.method()}"
        )


class FunnelTime(BetweenSteps, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="funnel_time"):
    """The parameters of the time it takes to get from one step to another; steps count from 1."""

    bins: Annotated[int, Meta(ge=1, le=90, description="Null: by the cube root of the number of members.")] | None = (
        None
    )

    def method(self) -> str:
        """How it is computed, in words."""
        return (
            f"The time from step {self.from_step} to step {self.last} of each member's attempt that counts, in bins"
            f" of equal width from the shortest time on; mean, median and quartiles of all. {self.funnel.method()}"
        )
