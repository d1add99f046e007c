"""What a retention table is asked."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from punchcard.timeline.asked.segmentation import NONE
from punchcard.timeline.pick import Condition, Pick, of_members


class Retention(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="retention"):
    """The parameters of a retention table. Rows are the cohorts of the period, columns what came n buckets later."""

    start: Pick = Pick()
    returning: Pick = Pick()
    grain: Literal["hour", "day", "week", "month"] = "day"
    intervals: Annotated[int, Meta(ge=1, le=400, description="Columns after the first.")] = 11
    mode: Literal["on", "on_or_after", "on_or_before", "brackets", "streak"] = "on"
    brackets: Annotated[
        tuple[tuple[int, int], ...], Meta(description="Spans of buckets after the start, both ends included.")
    ] = ()
    cohort: Literal["recurring", "first_time"] = "recurring"
    clock: Annotated[
        Literal["calendar", "rolling"],
        Meta(description="Calendar buckets, or equal spans of time counted from each member's own start."),
    ] = "calendar"
    min_occurrences: Annotated[int, Meta(ge=1, description="Returns needed in a bucket.")] = 1
    sum_of: Annotated[str | None, Meta(description="A number of the returns to add up: revenue retention.")] = None
    unit: Annotated[str | None, Meta(description="Count the values of this property instead of members.")] = None
    breakdown: Annotated[
        str | None,
        Meta(
            description="Divide members by a property of the start (the first value given in the period) or by"
            " a segment (`in.SEGMENT`)."
        ),
    ] = None
    against: Annotated[
        str | None, Meta(description="The group of the breakdown that others are compared with; null: the largest.")
    ] = None
    where: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        if (self.mode == "brackets") != bool(self.brackets):
            raise ValueError("the mode 'brackets' needs brackets, and only that mode")
        if any(not 1 <= low <= high for low, high in self.brackets):
            raise ValueError("a bracket is (from, to) with 1 <= from <= to")
        if self.breakdown and self.unit:
            raise ValueError("values of a property (unit) have no members to divide (breakdown)")
        if self.against is not None and self.breakdown is None:
            raise ValueError("to compare groups with one of them (against), break the table down")
        if self.sum_of and self.mode != "on":
            raise ValueError("a sum needs the mode 'on': it adds up what was done in each bucket")

    @property
    def compares(self) -> bool:
        """Whether groups are compared: only where a member is in one cohort, and so counts once in the mean."""
        return self.breakdown is not None and self.cohort == "first_time"

    @property
    def columns(self) -> int:
        """How many columns follow the cohort's size."""
        return len(self.brackets) or self.intervals

    def last_bucket(self, column: int) -> int:
        """The last bucket after the start that a column (from 1) needs."""
        return self.brackets[column - 1][1] if self.brackets else column

    def title(self, column: int) -> str:
        """What a column (from 1) is called."""
        name = str(self.grain).capitalize()
        if self.brackets:
            low, high = self.brackets[column - 1]
            return f"{name} {low}" if low == high else f"{name} {low} to {high}"
        return f"{name} {column}" + {"on_or_after": " or later", "on_or_before": " or sooner"}.get(self.mode, "")

    def method(self) -> str:
        """How it is computed, in words."""
        first = "for the first time ever" if self.cohort == "first_time" else "at all"
        whom = "Members" if self.unit is None else f"Values of {self.unit}"
        unit = f"calendar {self.grain}s" if self.clock == "calendar" else f"{self.grain}s counted from the own start"
        back = {
            "on": "in the n-th",
            "on_or_after": "in the n-th or any later",
            "on_or_before": "in any up to the n-th",
            "brackets": "in any of a bracket's",
            "streak": "in each up to the n-th",
        }
        often = f", at least {self.min_occurrences} times in one" if self.min_occurrences > 1 else ""
        says = [
            f"{whom} that did {self.start.sentence()} {first} in a {self.grain}, and of those the ones that did"
            f" {self.returning.sentence()} {back[self.mode]} {self.grain} after it{often}, in {unit}.",
            "A member counts once in a cell, and in as many cohorts as they began."
            if self.cohort == "recurring"
            else "A member is in one cohort.",
            "Cells whose time is not over are marked and left out of the mean, which weighs cohorts by their size.",
        ]
        if self.clock == "rolling" and self.grain == "month":
            says.append("A month is complete on the same day and time, or on the last day of a month without that day.")
        if self.breakdown and of_members(self.breakdown):
            says.append("Divided by who is in the segment and who is not.")
        elif self.breakdown:
            says.append(f"Divided by the first {self.breakdown} given at a start in the period; without one, '{NONE}'.")
        if self.compares:
            base = "the largest group" if self.against is None else f"'{self.against}'"
            says.append(
                f"In the mean, each group is compared with {base}: the difference with Newcombe's 95 % interval, p by"
                " the score test and, in each column, corrected by Holm for all groups compared; proven is what is"
                " below 5 % then. Groups so small that fewer than 5 would come back, or not, if nobody differed, are"
                " not compared. Groups that chose themselves differ for many reasons: a difference describes, it is"
                " no effect."
            )
        if self.where:
            says.append(f"Only activities where {' and '.join(c.sentence() for c in self.where)}.")
        return " ".join(says)
