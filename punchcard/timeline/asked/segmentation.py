"""What a segmentation is asked."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from punchcard.timeline.pick import Condition, Pick

Measure = Literal["members", "times", "active_share", "average", "sum", "mean", "min", "median", "max"]
OF_A_PROPERTY: tuple[Measure, ...] = ("sum", "mean", "min", "median", "max")

NONE = "(none)"


class Segmentation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="segmentation"):
    """The parameters of a count over time."""

    activity: Pick = Pick()
    measure: Annotated[
        Measure,
        Meta(
            description="Members; times; share of all active members; times a member; sum, mean, least, middle or"
            " greatest value of a property."
        ),
    ] = "members"
    of: Annotated[str | None, Meta(description="The property that is added up, averaged or looked at.")] = None
    grain: Literal["hour", "day", "week", "month", "quarter", "year"] = "day"
    rolling: Annotated[int, Meta(ge=1, le=400, description="Members of so many buckets up to each.")] = 1
    cumulative: Annotated[bool, Meta(description="Members since the start of the period.")] = False
    breakdown: Annotated[str | None, Meta(description="Divide occurrences by a property of theirs.")] = None
    where: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        if (self.measure in OF_A_PROPERTY) != (self.of is not None):
            raise ValueError(f"{', '.join(OF_A_PROPERTY)} need a property (of), and only they do")
        if (self.rolling > 1 or self.cumulative) and (self.measure != "members" or self.breakdown):
            raise ValueError("rolling and cumulative count members, without a breakdown")
        if self.rolling > 1 and self.cumulative:
            raise ValueError("either rolling or cumulative")

    def method(self) -> str:
        """How it is computed, in words."""
        what = {
            "members": "Members, each once in a bucket, that did",
            "times": "How often members did",
            "active_share": "The share, of the members active at all in a bucket, that did",
            "average": "How often a member who did it did",
            "sum": f"The sum of {self.of} over",
            "mean": f"The mean of {self.of}, where it is given, over",
            "min": f"The least {self.of} of",
            "median": f"The middle {self.of} (of an even number, the mean of the two) of",
            "max": f"The greatest {self.of} of",
        }
        over = f" in the {self.rolling} {self.grain}s up to each" if self.rolling > 1 else ""
        over = " since the start of the period" if self.cumulative else over
        by = f" Divided by {self.breakdown}: a member counts under each value." if self.breakdown else ""
        only = f" Only activities where {' and '.join(c.sentence() for c in self.where)}." if self.where else ""
        return (
            f"{what[self.measure]} {self.activity.sentence()}{over}, by {self.grain}. The total is computed anew from"
            f" the occurrences, never added up.{by}{only}"
        )
