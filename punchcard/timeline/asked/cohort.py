"""The rules of a cohort."""

from datetime import date
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

from punchcard.timeline.pick import Pick
from punchcard.timeline.steps import Window

Amount: TypeAlias = int | float


class Span(Struct, frozen=True, forbid_unknown_fields=True):
    """When something was done; everything given must hold, and nothing after the moment asked about counts."""

    last_days: Annotated[int | None, Meta(ge=1, description="In the days of 24 hours up to the moment.")] = None
    since: Annotated[date | None, Meta(description="From this local day on.")] = None
    until: Annotated[date | None, Meta(description="Up to and with this local day.")] = None
    within_days_of_first_use: Annotated[
        int | None, Meta(ge=1, description="In so many days of 24 hours from the member's first activity of any kind.")
    ] = None

    def __post_init__(self) -> None:
        if self.since and self.until and self.until < self.since:
            raise ValueError(f"the span ends ({self.until}) before it starts ({self.since})")

    def sentence(self) -> str:
        """When, in words."""
        said = [
            f"in the last {self.last_days} days" if self.last_days else "",
            f"from {self.since}" if self.since else "",
            f"to {self.until}" if self.until else "",
            f"within {self.within_days_of_first_use} days of first use" if self.within_days_of_first_use else "",
        ]
        return " ".join(part for part in said if part) or "ever"


class Did(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="did"):
    """Members that did something at least, at most or exactly so many times (or on so many days, or for so much).

    `at_most` and `exactly 0` hold also for members who never did it.
    """

    activity: Pick
    times: Annotated[Amount, Meta(ge=0)] = 1
    compare: Literal["at_least", "at_most", "exactly"] = "at_least"
    count: Literal["times", "days", "sum"] = "times"
    sum_of: str | None = None
    when: Span = Span()

    def __post_init__(self) -> None:
        if (self.count == "sum") != (self.sum_of is not None):
            raise ValueError("to compare a sum, say of what (sum_of), and only then")

    def sentence(self) -> str:
        """The rule in words."""
        unit = {"times": "times", "days": "days", "sum": f"of {self.sum_of} in"}[self.count]
        how = self.compare.replace("_", " ")
        return f"did {self.activity.sentence()} {how} {self.times} {unit} {self.when.sentence()}"


class DidNth(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="did_nth"):
    """Members whose n-th time ever lies in a span."""

    activity: Pick
    n: Annotated[int, Meta(ge=1)]
    when: Span = Span()

    def sentence(self) -> str:
        """The rule in words."""
        return f"did {self.activity.sentence()} for the {self.n}. time {self.when.sentence()}"


class DidInOrder(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="did_in_order"):
    """Members that did one thing after another within a window."""

    activities: Annotated[tuple[Pick, ...], Meta(min_length=2)]
    window: Window = Window()
    when: Span = Span()

    def sentence(self) -> str:
        """The rule in words."""
        steps = ", then ".join(pick.sentence() for pick in self.activities)
        return f"did {steps} within {self.window.sentence()} {self.when.sentence()}"


class Listed(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="listed"):
    """Members of a list, by their numbers."""

    members: tuple[int, ...]

    def sentence(self) -> str:
        """The rule in words."""
        return f"is one of {len(self.members)} listed members"


class Same(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="cohort"):
    """Members of another cohort, by its name."""

    cohort: str

    def sentence(self) -> str:
        """The rule in words."""
        return f"is in '{self.cohort}'"


class AllOf(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="all"):
    """Members that satisfy every rule."""

    rules: "Annotated[tuple[Rule, ...], Meta(min_length=1)]"

    def sentence(self) -> str:
        """The rule in words."""
        return " and ".join(f"({rule.sentence()})" for rule in self.rules)


class AnyOf(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="any"):
    """Members that satisfy at least one rule."""

    rules: "Annotated[tuple[Rule, ...], Meta(min_length=1)]"

    def sentence(self) -> str:
        """The rule in words."""
        return " or ".join(f"({rule.sentence()})" for rule in self.rules)


class NotOf(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="not"):
    """Members with any activity that do not satisfy a rule."""

    rule: "Rule"

    def sentence(self) -> str:
        """The rule in words."""
        return f"not ({self.rule.sentence()})"


Rule: TypeAlias = Did | DidNth | DidInOrder | Listed | Same | AllOf | AnyOf | NotOf
