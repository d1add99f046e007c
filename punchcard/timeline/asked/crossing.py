"""What a crossing is asked."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from punchcard.timeline.pick import Condition, Pick

Name = Annotated[str, Meta(min_length=1, description="A property, or segment.SCHEME, attribute.NAME, tier.PROGRAMME.")]


class Crossing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="crossing"):
    """The parameters of a cross table of members and times."""

    activity: Pick = Pick()
    rows: Annotated[tuple[Name, ...], Meta(min_length=1, max_length=4)]
    columns: Annotated[tuple[Name, ...], Meta(max_length=3)] = ()
    count: Annotated[
        Literal["members", "times", "both"], Meta(description="Members (each once a cell), times, or both.")
    ] = "both"
    relative: Annotated[Literal["row", "column", "total"] | None, Meta(description="Shares of which margin.")] = None
    top: Annotated[int, Meta(ge=1, le=200, description="Groups shown of each division; the rest are one.")] = 30
    look: Literal["table", "heat"] = "heat"
    where: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        names = (*self.rows, *self.columns)
        if len(set(names)) < len(names):
            raise ValueError("a division can stand in a crossing only once")

    def method(self) -> str:
        """How it is computed, in words."""
        only = f" Only activities where {' and '.join(c.sentence() for c in self.where)}." if self.where else ""
        return (
            f"Members that did {self.activity.sentence()} and how often, by {', '.join((*self.rows, *self.columns))}."
            " A segment, attribute or tier is that of the moment of each activity, unless another reading is chosen."
            " A member counts once in every cell and once in every total, so cells of members do not add up;"
            f" every total is counted anew.{only}"
        )
