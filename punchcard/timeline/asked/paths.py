"""What a chart of paths is asked."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from punchcard.timeline.pick import Condition, Pick


class Paths(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="paths"):
    """The parameters of a path chart. Nodes are the activities' names, or the values of a property (`by`)."""

    activity: Pick = Pick()
    by: Annotated[str | None, Meta(description="A property whose values are the nodes.")] = None
    expand: Annotated[
        dict[str, str], Meta(description="Activities shown by a property of theirs: name to property.")
    ] = {}
    start: str | None = None
    end: str | None = None
    max_steps: Annotated[int, Meta(ge=2, le=20)] = 5
    session_gap_minutes: Annotated[int, Meta(ge=1, le=7 * 24 * 60)] = 30
    collapse: Annotated[bool, Meta(description="Count the same node many times in a row once.")] = True
    hide: tuple[str, ...] = ()
    trim_slash: Annotated[bool, Meta(description="'/about/' is '/about'.")] = False
    top: Annotated[int, Meta(ge=1, le=1000, description="How many edges are shown.")] = 50
    count: Literal["sessions", "members"] = "sessions"
    where: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        if self.by and self.expand:
            raise ValueError(
                "nodes are either the values of one property (by) or activities expanded by theirs, not both"
            )

    def method(self) -> str:
        """How it is computed, in words."""
        node = f"values of {self.by}" if self.by else "activities"
        ends = f" from {self.start!r} on" if self.start else ""
        ends += f" up to {self.end!r}" if self.end else ""
        once = " The same node in a row counts once." if self.collapse else ""
        hidden = f" Hidden: {', '.join(self.hide)}." if self.hide else ""
        only = f" Only activities where {' and '.join(c.sentence() for c in self.where)}." if self.where else ""
        return (
            f"{self.count.capitalize()} by what followed what among {self.activity.sentence()}: nodes are {node},{ends}"
            f" at most {self.max_steps} of a path. A session ends with a gap of {self.session_gap_minutes} minutes."
            f"{once}{hidden}{only} Shown are the {self.top} most frequent."
        )
