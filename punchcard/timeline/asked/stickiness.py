"""What a stickiness chart is asked."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from punchcard.timeline.pick import Condition, Pick


class Stickiness(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="stickiness"):
    """The parameters of a stickiness chart."""

    activity: Pick = Pick()
    grain: Literal["hour", "day", "week", "month"] = "day"
    cumulative: Annotated[bool, Meta(description="Members active on at least n instead of exactly n.")] = False
    min_occurrences: Annotated[int, Meta(ge=1, description="Occurrences that make a bucket active.")] = 1
    over: Annotated[
        Literal["week", "month", "quarter"] | None, Meta(description="Follow the mean over time, by this bucket.")
    ] = None
    unit: str | None = None
    where: tuple[Condition, ...] = ()

    def method(self) -> str:
        """How it is computed, in words."""
        whom = "Members" if self.unit is None else f"Values of {self.unit}"
        often = f" at least {self.min_occurrences} times" if self.min_occurrences > 1 else ""
        how = "at least" if self.cumulative else "exactly"
        only = f" Only activities where {' and '.join(c.sentence() for c in self.where)}." if self.where else ""
        over = f" By {self.over}: the mean number of active {self.grain}s of its active members." if self.over else ""
        return f"{whom} that did {self.activity.sentence()}{often} on {how} n {self.grain}s of the period.{over}{only}"
