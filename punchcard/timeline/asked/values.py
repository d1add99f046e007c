"""What is asked about the values of a property: how they are spread, and what members or totals are made of."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from punchcard.timeline.pick import Condition, Pick

OTHER = "Other"


class PropertyDistribution(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="property_distribution"
):
    """The parameters of a histogram of a number that activities carry."""

    activity: Pick = Pick()
    of: Annotated[str, Meta(description="The property: a number.")]
    per: Annotated[
        Literal["occurrence", "member"], Meta(description="Each value by itself, or the sum of each member's values.")
    ] = "occurrence"
    bins: Annotated[int, Meta(ge=2, le=60)] = 20
    where: tuple[Condition, ...] = ()

    def method(self) -> str:
        """How it is computed, in words."""
        what = (
            f"The {self.of} of each {self.activity.sentence()} in the period"
            if self.per == "occurrence"
            else f"The sum of {self.of} per member over {self.activity.sentence()} in the period"
        )
        only = f" Only activities where {' and '.join(c.sentence() for c in self.where)}." if self.where else ""
        return (
            f"{what}, where it is given, counted in bins of equal width, the lower edge included; the last bin also"
            f" holds the largest 1 %. Quartiles are interpolated.{only}"
        )


class Composition(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="composition"):
    """The parameters of a chart of parts: what each bucket is made of, by the values of a property."""

    activity: Pick = Pick()
    by: Annotated[str, Meta(description="The property whose values are the parts.")]
    measure: Annotated[
        Literal["members", "times", "sum"],
        Meta(description="Members, each under the last value given in the bucket; times; the sum of a property."),
    ] = "members"
    of: Annotated[str | None, Meta(description="The property of a sum.")] = None
    grain: Literal["day", "week", "month", "quarter", "year"] = "month"
    top: Annotated[int, Meta(ge=1, le=50, description="The largest values; all others are one part.")] = 5
    where: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        if (self.measure == "sum") != (self.of is not None):
            raise ValueError("a sum needs a property (of), and only it does")

    def method(self) -> str:
        """How it is computed, in words."""
        what = {
            "members": f"Members that did {self.activity.sentence()}, each once, under the last {self.by} given in it",
            "times": f"How often members did {self.activity.sentence()}, by {self.by}",
            "sum": f"The sum of {self.of} over {self.activity.sentence()}, by {self.by}",
        }
        only = f" Only activities where {' and '.join(c.sentence() for c in self.where)}." if self.where else ""
        return (
            f"{what[self.measure]}, by {self.grain}, and its share of the whole {self.grain}: parts add up to 100 %."
            f" The whole period is computed anew. The {self.top} largest values of the whole period are shown, the"
            f" others together as one part; where no value is given, '(none)'.{only}"
        )
