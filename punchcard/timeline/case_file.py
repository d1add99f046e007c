"""The file of worked cases: events, a question and the expected figures.

The file is `{"about": ..., "cases": [...]}`. A case has `id`, `kind`, `timezone`, `week_start`, `identities` (a sent id
to the one it belongs to), `events` (user, name, time, props; equal times keep the order of the list), `query` and
`expect`. Only what is expected is compared, and null or "*" stands for anything. Steps count from 0 there, and a period
named by dates holds its last day.
"""

from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from punchcard.errors import QueryError
from punchcard.period import Grain

Where = dict[str, msgspec.Raw]


class Event(msgspec.Struct, frozen=True):
    """Something a user did."""

    user: str
    name: str
    time: datetime
    props: dict[str, msgspec.Raw] = {}


class Case(msgspec.Struct, frozen=True):
    """One case; `query` and `expect` are read by the kind."""

    id: str
    kind: str
    query: msgspec.Raw
    expect: msgspec.Raw
    events: tuple[Event, ...]
    timezone: str = "UTC"
    week_start: Literal["sunday", "monday"] = "sunday"
    identities: dict[str, str] = {}


class CaseFile(msgspec.Struct, frozen=True):
    """A file of cases."""

    cases: tuple[Case, ...]


class Range(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """From and to: dates are whole local days, both included; anything longer is an instant."""

    from_: str
    to: str


class CaseStep(msgspec.Struct, frozen=True):
    """A step or an event with its conditions."""

    event: str | None = None
    where: Where = {}
    optional: bool = False


class CaseExclusion(msgspec.Struct, frozen=True):
    """What must not happen between two steps."""

    from_step: int
    to_step: int
    event: str | None = None
    where: Where = {}


class CaseWindow(msgspec.Struct, frozen=True):
    """The conversion window."""

    n: int = 14
    unit: Literal["second", "minute", "hour", "day", "week", "month"] = "day"


class CaseBreakdown(msgspec.Struct, frozen=True):
    """By which property, and whose value counts."""

    property: str
    attribution: Literal["first_touch", "last_touch", "all_events", "step"] = "first_touch"
    step: int = 0


class FunnelQuery(msgspec.Struct, frozen=True):
    """The query of the three funnel kinds."""

    steps: tuple[CaseStep, ...]
    range: Range
    order: Literal["ordered", "strict", "any"] = "ordered"
    window: CaseWindow = CaseWindow()
    exclusions: tuple[CaseExclusion, ...] = ()
    where: Where = {}
    breakdown: CaseBreakdown | None = None
    interval: Grain = Grain.DAY
    from_step: int = 0
    to_step: int | None = None
    bins: int | None = None


class StepsExpected(msgspec.Struct, frozen=True):
    """Per step; null is not asserted."""

    counts: tuple[int | None, ...] = ()
    avg_seconds: tuple[float | str | None, ...] = ()
    median_seconds: tuple[float | str | None, ...] = ()
    users_at_step: dict[str, tuple[str, ...]] = {}


class FunnelExpected(StepsExpected, frozen=True):
    """The expectations of a funnel."""

    by_breakdown: dict[str, StepsExpected] = {}


class TrendExpected(msgspec.Struct, frozen=True):
    """Points of (period, reached from, reached to, percent)."""

    points: tuple[tuple[str, int, int, float], ...]


class TimeExpected(msgspec.Struct, frozen=True):
    """Bins of (lower edge, users), and the mean."""

    bins: tuple[tuple[float, int], ...] = ()
    avg_seconds: float | None = None


class RetentionQuery(msgspec.Struct, frozen=True, rename={"returning": "return"}):
    """The query of a retention table; `intervals` counts the first column too."""

    start: CaseStep
    returning: CaseStep
    until: datetime
    period: Grain = Grain.DAY
    intervals: int = 11
    mode: Literal["on", "on_or_after"] = "on"
    cohort: Literal["recurring", "first_time"] = "recurring"
    min_occurrences: int = 1
    unit: str | None = None
    where: Where = {}


class RetentionExpected(msgspec.Struct, frozen=True):
    """The table, a row a cohort."""

    matrix: tuple[tuple[int | None, ...], ...] = ()
    first_period: str | None = None


class ActivityQuery(msgspec.Struct, frozen=True):
    """The query of lifecycle and stickiness."""

    range: Range
    event: str | None = None
    interval: Grain = Grain.DAY
    where: Where = {}
    unit: str | None = None


class LifecycleExpected(msgspec.Struct, frozen=True):
    """A series a state; dormant is negative."""

    new: tuple[int | None, ...] | None = None
    returning: tuple[int | None, ...] | None = None
    resurrecting: tuple[int | None, ...] | None = None
    dormant: tuple[int | None, ...] | None = None
    first_period: str | None = None


class StickinessExpected(msgspec.Struct, frozen=True):
    """Users by number of active intervals."""

    users_by_active_intervals: dict[int, int] | None = None
    total: int | None = None


class PathNode(msgspec.Struct, frozen=True):
    """A node is a property of an event, or the event itself."""

    property: str | None = None
    event: str | None = None


class PathQuery(msgspec.Struct, frozen=True):
    """The query of paths."""

    range: Range
    node: PathNode = PathNode()
    session_gap_minutes: int = 30
    max_steps: int = 5
    start: str | None = None
    end: str | None = None
    where: Where = {}
    exclude_users: tuple[str, ...] = ()


class PathExpected(msgspec.Struct, frozen=True):
    """Edges of (position, source, target, sessions)."""

    edges: tuple[tuple[int, str, str, int], ...] | None = None
    edge_count: int | None = None


def read_cases(path: Path) -> tuple[Case, ...]:
    """The cases of a file; a QueryError says where it does not fit."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=CaseFile).cases
    except (OSError, msgspec.DecodeError) as wrong:
        raise QueryError(str(wrong), where=str(path)) from None
