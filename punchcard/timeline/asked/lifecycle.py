"""What a lifecycle chart is asked."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from punchcard.timeline.pick import Condition, Pick

State = Literal["new", "current", "resurrected", "dormant"]


class Lifecycle(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="lifecycle"):
    """The parameters of a lifecycle chart."""

    activity: Pick = Pick()
    grain: Literal["hour", "day", "week", "month", "quarter", "year"] = "week"
    new: Annotated[
        Literal["first_activity", "creation"],
        Meta(description="New in the bucket of the first activity ever, or of the moment the member was created."),
    ] = "first_activity"
    where: tuple[Condition, ...] = ()

    def method(self) -> str:
        """How it is computed, in words."""
        born = "did it for the first time ever" if self.new == "first_activity" else "was created"
        only = f" Only activities where {' and '.join(c.sentence() for c in self.where)}." if self.where else ""
        return (
            f"Members by {self.grain}, active if they did {self.activity.sentence()} in it: new in the {self.grain} in"
            f" which a member {born}; current if also active in the {self.grain} before; resurrected if active again"
            f" after at least one without; dormant in the {self.grain} after one in which they were active, if not"
            f" active in it. The pulse is new and resurrected over dormant.{only}"
        )
