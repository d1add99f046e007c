"""What an impact chart is asked."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from punchcard.timeline.pick import Condition, Pick

Measure = Literal["members_share", "times_per_member", "sum_per_member"]

CAUTION = (
    "This shows what went together, not what caused it: members who did it chose to, and there is no control group"
    " that tells what they would have done anyway. To measure an effect, hold out a control group."
)


class Impact(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="impact"):
    """The parameters of an impact chart: what members do before and after they do something for the first time."""

    first: Annotated[Pick, Meta(description="Members are aligned at the first time ever that they did this.")]
    then: Annotated[Pick, Meta(description="What is counted before and after it.")]
    measure: Annotated[
        Measure,
        Meta(description="Of the members observed: the share that did it; how often, or for how much, each did."),
    ] = "times_per_member"
    of: Annotated[str | None, Meta(description="The property of a sum.")] = None
    grain: Literal["day", "week"] = "week"
    before: Annotated[int, Meta(ge=1, le=104, description="Buckets before the first time.")] = 8
    after: Annotated[int, Meta(ge=1, le=104, description="Buckets after it.")] = 8
    observed: Annotated[
        Literal["bucket", "throughout"],
        Meta(description="In each bucket whoever is observed for all of it, or only those observed for all buckets."),
    ] = "bucket"
    where: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        if (self.measure == "sum_per_member") != (self.of is not None):
            raise ValueError("a sum per member needs a property (of), and only it does")

    @property
    def intervals(self) -> tuple[int, ...]:
        """The buckets: -1 is the last before the first time, 1 the first after it; there is no 0.

        >>> Impact(first=Pick("a"), then=Pick("b"), before=2, after=1).intervals
        (-2, -1, 1)
        """
        return (*range(-self.before, 0), *range(1, self.after + 1))

    def method(self) -> str:
        """How it is computed, in words."""
        what = {
            "members_share": f"the share of members that did {self.then.sentence()}",
            "times_per_member": f"how often a member did {self.then.sentence()}",
            "sum_per_member": f"the sum of {self.of} of {self.then.sentence()} per member",
        }
        whom = (
            f"those observed for the whole {self.grain}"
            if self.observed == "bucket"
            else f"those observed for all {self.before + self.after} {self.grain}s"
        )
        only = f" Only activities where {' and '.join(c.sentence() for c in self.where)}." if self.where else ""
        length = "24 hours" if self.grain == "day" else "7 times 24 hours"
        return (
            f"Members whose first {self.first.sentence()} ever lies in the period, aligned at that moment: by"
            f" {self.grain} ({length}) before and after it, {what[self.measure]}, of {whom}: from the member's first"
            f" activity of any kind up to the present. What is done at the very moment counts on neither side."
            f" Intervals hold with 95 %.{only} {CAUTION}"
        )
