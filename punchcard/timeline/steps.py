"""Steps: the parameters of a funnel and how they read in words."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from punchcard.timeline.pick import Condition, Pick

SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
LONGEST_DAYS = 366
MOST_STEPS = 20


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """One step: the activity (null means any) with its conditions. An optional step may be left out on the way."""

    activity: str | tuple[str, ...] | None = None
    where: tuple[Condition, ...] = ()
    optional: bool = False
    name: str | None = None

    @property
    def pick(self) -> Pick:
        """The occurrences that are this step."""
        return Pick(self.activity, self.where)

    @property
    def title(self) -> str:
        """What the step is called."""
        return self.name or self.pick.sentence()


class Exclusion(Struct, frozen=True, forbid_unknown_fields=True):
    """What must not happen between two steps (counted from 1)."""

    activity: str | tuple[str, ...] | None
    after_step: Annotated[int, Meta(ge=1)]
    before_step: Annotated[int, Meta(ge=2)]
    where: tuple[Condition, ...] = ()

    @property
    def pick(self) -> Pick:
        """The occurrences that exclude."""
        return Pick(self.activity, self.where)


class Window(Struct, frozen=True, forbid_unknown_fields=True):
    """How long an attempt may take from its first step to its last, the end included."""

    n: Annotated[int, Meta(ge=1)] = 7
    unit: Literal["second", "minute", "hour", "day", "week", "session"] = "day"

    def __post_init__(self) -> None:
        if self.unit != "session" and self.n * SECONDS[self.unit] > LONGEST_DAYS * SECONDS["day"]:
            raise ValueError(f"a window of {self.n} {self.unit}s is longer than {LONGEST_DAYS} days")
        if self.unit == "session" and self.n > 12:
            raise ValueError("a window may span 12 sessions at most")

    @property
    def seconds(self) -> int:
        """How long it is; a window of sessions has no length."""
        return 0 if self.unit == "session" else self.n * SECONDS[self.unit]

    def sentence(self) -> str:
        """The window in words."""
        return f"{self.n} {self.unit}{'s' if self.n > 1 else ''}"


class Breakdown(Struct, frozen=True, forbid_unknown_fields=True):
    """Divide the members by a property of their activities.

    `first_touch` and `last_touch` take the first or last given value among the member's steps in the period; `step`
    the value at step `step` of the attempt that counts.
    """

    property: str
    attribution: Literal["first_touch", "last_touch", "step"] = "first_touch"
    step: Annotated[int, Meta(ge=1)] = 1


class Funnel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="funnel"):
    """The parameters of a funnel; the defaults are those of `behaviour-definitions.md`."""

    steps: Annotated[tuple[Step, ...], Meta(min_length=1, max_length=MOST_STEPS, description="Activities, in order.")]
    order: Literal["ordered", "any", "strict"] = "ordered"
    window: Window = Window()
    exclusions: tuple[Exclusion, ...] = ()
    excluded: Literal["leave", "still_enter"] = "leave"
    entry: Literal["furthest", "first"] = "furthest"
    hold: Annotated[tuple[str, ...], Meta(max_length=3, description="Properties equal at every step.")] = ()
    count: Literal["members", "attempts", "sessions"] = "members"
    sum_of: Annotated[str | None, Meta(description="A number to add up at each step.")] = None
    tolerance_seconds: (
        Annotated[
            float,
            Meta(
                ge=0, le=60, description="Steps so close may come in either order; null keeps to the order of arrival."
            ),
        ]
        | None
    ) = None
    finish: Annotated[
        Literal["window", "period"], Meta(description="Whether later steps may lie after the end of the period.")
    ] = "window"
    session_gap_minutes: Annotated[int, Meta(ge=1, le=24 * 60)] = 30
    unit: Annotated[str | None, Meta(description="Count the values of this property instead of members.")] = None
    breakdown: Breakdown | None = None
    against: Annotated[
        str | None, Meta(description="The group of the breakdown that others are compared with; null: the largest.")
    ] = None
    where: Annotated[tuple[Condition, ...], Meta(description="Conditions on every activity.")] = ()

    def __post_init__(self) -> None:
        steps = len(self.steps)
        if self.steps[0].optional or self.steps[-1].optional:
            raise ValueError("the first and the last step cannot be optional")
        if self.order != "ordered" and any(step.optional for step in self.steps):
            raise ValueError(f"optional steps need the order 'ordered', not '{self.order}'")
        if self.order == "any" and (self.entry == "first" or self.count == "attempts"):
            raise ValueError(
                "in any order every step may begin an attempt: count members or sessions, entry 'furthest'"
            )
        if self.order == "strict" and self.tolerance_seconds is not None:
            raise ValueError("a strict funnel keeps to the order of arrival; leave tolerance_seconds out")
        for x in self.exclusions:
            if not x.after_step < x.before_step <= steps:
                raise ValueError(f"an exclusion after step {x.after_step} and before step {x.before_step} of {steps}")
        if self.breakdown and self.breakdown.step > steps:
            raise ValueError(f"a breakdown by step {self.breakdown.step} of {steps}")
        if self.against is not None and self.breakdown is None:
            raise ValueError("to compare groups with one of them (against), break the funnel down")

    def method(self) -> str:
        """How it is computed, in words."""
        return " ".join(_method(self))


def _method(p: Funnel) -> list[str]:
    whom = {
        "members": f"{'Members' if p.unit is None else 'Values of ' + p.unit}",
        "attempts": "Attempts",
        "sessions": "Sessions",
    }
    how = {
        "ordered": "one after another, with anything between",
        "any": "in any order",
        "strict": "one directly after another, with nothing between",
    }
    says = [
        f"{whom[p.count]} that did {len(p.steps)} steps {how[p.order]}, within {p.window.sentence()} of the first, the"
        f" end included: {', then '.join(s.title + (' (may be left out)' if s.optional else '') for s in p.steps)}."
    ]
    if p.count == "members":
        says.append(
            "Every first step begins an attempt, and the furthest counts; of equal ones, the one that got there first."
            if p.entry == "furthest"
            else "Only the first entry in the period counts."
        )
    if p.count == "attempts":
        says.append("Every first step begins an attempt, which ends where the next one begins.")
    says.append(
        "Activities at the same instant count in the order in which they arrived."
        if p.tolerance_seconds is None
        else f"Activities at most {p.tolerance_seconds:g} seconds apart count in either order."
    )
    for x in p.exclusions:
        after = "leave the funnel" if p.excluded == "leave" else "stop at the step they had reached"
        says.append(f"Who did {x.pick.sentence()} between steps {x.after_step} and {x.before_step} {after}.")
    if p.hold:
        says.append(f"All steps have the same {' and '.join(p.hold)}.")
    if p.where:
        says.append(f"Only activities where {' and '.join(c.sentence() for c in p.where)}.")
    if p.finish == "period":
        says.append("All steps lie in the period.")
    else:
        says.append("The first step lies in the period; attempts whose window is not over may still go on.")
    if p.breakdown:
        at = {"first_touch": "first", "last_touch": "last"}.get(p.breakdown.attribution, f"step {p.breakdown.step}'s")
        says.append(f"Divided by the {at} {p.breakdown.property}; without one, '(none)'.")
        if p.count == "members":
            base = "the largest group" if p.against is None else f"'{p.against}'"
            says.append(
                f"At each step, the share of the first step that reached it is compared with that of {base}: the"
                " difference with Newcombe's 95 % interval, p by the score test and, at each step, corrected by Holm"
                " for all groups compared; proven is what is below 5 % then. Groups so small that fewer than 5 would"
                " reach it, or not, if nobody differed, are not compared. Groups that chose themselves differ for"
                " many reasons: a difference describes, it is no effect."
            )
    return says
