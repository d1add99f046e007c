"""What a question about sessions is asked."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from punchcard.timeline.pick import Condition


class Sessions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="sessions"):
    """The parameters of a session chart."""

    gap_minutes: Annotated[int, Meta(ge=1, le=7 * 24 * 60, description="A pause so long ends a session.")] = 30
    grain: Literal["hour", "day", "week", "month"] = "day"
    where: tuple[Condition, ...] = ()

    def method(self) -> str:
        """How it is computed, in words."""
        only = f" Only activities where {' and '.join(c.sentence() for c in self.where)}." if self.where else ""
        return (
            f"A session is a run of a member's activities of any kind with no pause of {self.gap_minutes} minutes or"
            f" more; it counts in the {self.grain} in which it begins, with all of its activities. Its length is the"
            f" time from the first to the last activity; a session of one activity has length 0 and is a bounce.{only}"
        )
