"""Scheme: an exclusive division of members, declared as rules and evaluated at every moment of their history.

buying:
  title: Buying activity
  meaning: How recently a member has bought.
  at: day
  versions:
    - name: "1"
      figures:
        ever: {metric: txns_count}
        recent: {metric: txns_count, last_days: 60}
      values:
        - {name: Active, when: recent > 0}
        - {name: Left}

A member has the first value whose condition holds, so never two; the last one has no condition, so always one. What a
figure is at a moment follows from the rows that had happened by then: a scheme declared today tells exactly who was
what in any earlier year.
"""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec import field as named

# When a scheme looks again: at every row that counts (and when one leaves its window), or as each period begins.
Breaks = Literal["events", "day", "week", "month", "quarter", "year"]


class Figure(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is known of a member at a moment: an additive metric or an activity over their own rows so far.

    `last_days` is a window of so many times 24 hours; without it all rows so far count. `take: latest` is the moment of
    the latest such row instead, to be scored.
    """

    metric: str | None = None
    did: str | None = None
    where: dict[str, tuple[str, ...]] = named(default_factory=dict[str, tuple[str, ...]])
    last_days: Annotated[int, Meta(ge=1, le=3660)] | None = None
    take: Literal["sum", "latest"] = "sum"


class Score(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The part (1 to `into`, the best last) of all members in which a figure lies; equal figures have equal scores.

    Of equals that would lie in several parts, all have the best of them, or with `ties: low` the worst.
    """

    of: str
    into: Annotated[int, Meta(ge=2, le=100)] = 5
    ties: Literal["high", "low"] = "high"


class Value(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One value of a scheme, and the formula over figures and scores by which a member has it."""

    name: Annotated[str, Meta(min_length=1)]
    when: str | None = None


class Version(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The rules of a scheme, from a day on until the next version's; the first holds from the beginning.

    `base` says who is divided at all: everyone with a row for a figure, or those of them for whom it holds.
    """

    name: Annotated[str, Meta(min_length=1)]
    since: date | None = named(name="from", default=None)
    figures: Annotated[dict[str, Figure], Meta(min_length=1)]
    scores: dict[str, Score] = named(default_factory=dict[str, Score])
    base: str | None = None
    values: Annotated[tuple[Value, ...], Meta(min_length=1)]


class Scheme(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A named exclusive division of members. Scores compare members at one moment, so they need a period in `at`."""

    title: str
    meaning: Annotated[str, Meta(min_length=3)]
    at: Breaks = "day"
    versions: Annotated[tuple[Version, ...], Meta(min_length=1)]

    def values(self) -> tuple[str, ...]:
        """The names of all values, in the order of their declaration."""
        return tuple(dict.fromkeys(value.name for version in self.versions for value in version.values))
