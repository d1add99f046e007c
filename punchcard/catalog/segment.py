"""Segment: a rule on members that can be read now, at a period's start, or at a fact's own moment.

regulars:
  title: Regulars
  meaning: Members with at least four purchases in the last 90 days.
  all:
    - {metric: txns_count, at_least: 4, last_days: 90}
    - {attribute: specialty, in: [cardiology, oncology]}
"""

from typing import Annotated

from msgspec import Meta, Struct
from msgspec import field as named


class Condition(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One condition of a rule; exactly one of `metric`, `did`, `attribute`, `member`, `segment`, `scheme`, `refs` says
    on what.

    `did` names an activity; how often the member did it is counted, in the last `last_days` times 24 hours or ever.
    `where` narrows it by its properties: each must have one of the values. Without a bound it means at least once.
    `metric` must be an additive aggregate of a fact with a member (a count or a sum); it is taken over the member's own
    rows of the last `last_days` times 24 hours, or of all time. `attribute` reads the member's attribute of that name,
    `member` a column of the member record. `segment` is a segment declared in the project, `scheme` one imported as
    spells. `refs` lists members by their number in the source.
    """

    metric: str | None = None
    did: str | None = None
    where: dict[str, tuple[str, ...]] = named(default_factory=dict[str, tuple[str, ...]])
    at_least: float | None = None
    at_most: float | None = None
    exactly: float | None = None
    last_days: Annotated[int, Meta(ge=1, le=3660)] | None = None
    attribute: str | None = None
    member: str | None = None
    segment: str | None = None
    scheme: str | None = None
    refs: tuple[str, ...] = ()
    within: tuple[str | None, ...] = named(name="in", default=())
    negated: bool = named(name="not", default=False)


class Segment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A named rule: members for whom all conditions of `all` hold and, if given, one of `any`."""

    title: str
    meaning: Annotated[str, Meta(min_length=3)]
    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()
