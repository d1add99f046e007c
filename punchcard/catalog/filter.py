"""Filter: one condition of a question, on a dimension or a segment."""

from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec import field as named

# When a member's changing attribute (segment, tier, specialty) is read.
Reading = Literal["at_event", "at_start", "now"]

Scalar = str | int | float | bool | None


class Filter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Keep rows whose dimension has one of these values, lies in a range, or whose member is in a segment.

    `in` holds the accepted values (null is the group without a value); `not` keeps the others. `at_least` and `below`
    bound a number or a date, half-open. A filter on `segment` needs no values.
    """

    dimension: str | None = None
    within: Annotated[tuple[Scalar, ...], Meta(description="Accepted values.")] = named(name="in", default=())
    at_least: str | float | None = None
    below: str | float | None = None
    contains: str | None = None
    segment: str | None = None
    reading: Reading | None = None
    negated: bool = named(name="not", default=False)


class Dimension(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A dimension as asked for: its name, and when a changing one is read (else as the question says)."""

    name: str
    reading: Reading = "at_event"
