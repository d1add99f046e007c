"""What a search for drivers is asked."""

from typing import Annotated

from msgspec import Meta, Struct

from punchcard.timeline.pick import Condition, Pick


class Drivers(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="drivers"):
    """The parameters of a search for early behaviour that goes with coming back."""

    start: Annotated[Pick, Meta(description="First use: the first time ever that a member did this.")] = Pick()
    candidates: Annotated[
        tuple[Pick, ...], Meta(max_length=200, description="What may be a driver; nothing means every activity.")
    ] = ()
    times: Annotated[
        tuple[Annotated[int, Meta(ge=1)], ...],
        Meta(min_length=1, max_length=10, description="Each is tried at least so many times."),
    ] = (1, 2, 3, 5)
    within_days: Annotated[int, Meta(ge=1, le=366, description="Early is in so many days from first use.")] = 7
    returning: Annotated[Pick, Meta(description="What makes a member retained.")] = Pick()
    from_day: Annotated[int, Meta(ge=1, description="Retained is whoever does it so many days after first use")] = 28
    to_day: Annotated[int, Meta(ge=2, le=1100, description="or later, but less than so many days after it.")] = 56
    fewest: Annotated[
        int, Meta(ge=10, description="Members that a half needs with and without a behaviour for it to be tested.")
    ] = 30
    top: Annotated[int, Meta(ge=1, le=200, description="How many tested behaviours are shown.")] = 25
    where: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        if self.from_day < self.within_days:
            raise ValueError(
                f"coming back from day {self.from_day} on overlaps the first {self.within_days} days, in which a driver"
                " is done: whoever does it would be retained by that alone; give a later from_day"
            )
        if self.to_day <= self.from_day:
            raise ValueError(f"to_day ({self.to_day}) is not after from_day ({self.from_day})")

    def method(self) -> str:
        """How it is computed, in words."""
        what = ", ".join(pick.sentence() for pick in self.candidates) or "every activity"
        often = ", ".join(str(n) for n in sorted(set(self.times)))
        only = f" Only activities where {' and '.join(c.sentence() for c in self.where)}." if self.where else ""
        return (
            f"Members whose first {self.start.sentence()} ever lies in the period. Retained is whoever did"
            f" {self.returning.sentence()} from day {self.from_day} to before day {self.to_day} after it (days of 24"
            f" hours); who has not had that time yet is left out. Tried is {what}, done at least {often} times in the"
            f" first {self.within_days} days, first use included. Members are divided by a fixed hash of their number"
            f" into two halves. In the first half a behaviour is discovered if those with it and those without it"
            f" differ in retention at 5 % after Benjamini and Hochberg's correction for all that were tested; it is"
            f" called a driver only if the 95 % interval of the difference in the second half, which had no part in the"
            f" choice, lies on the same side of zero (Newcombe's interval). A behaviour is tested if each half has at"
            f" least {self.fewest} members with and without it, and 5 of them would be retained, and 5 not, if nobody"
            f" differed.{only} A driver predicts; it need not be a cause."
        )
