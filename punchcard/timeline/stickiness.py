"""Stickiness: on how many days (weeks, months) of a period members are active."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from punchcard.errors import QueryError
from punchcard.period import Grain, Period
from punchcard.result import Cell, Column, Result
from punchcard.timeline.asked.stickiness import Stickiness
from punchcard.timeline.axis import Axis, axis, instant, micros, spans
from punchcard.timeline.days import Days, days_of
from punchcard.timeline.kernels import Codes, Ints, in_ranges
from punchcard.timeline.kernels.buckets import active_buckets
from punchcard.timeline.kernels.days import active_days
from punchcard.timeline.read import ALL, Scope, Timeline


@dataclass(frozen=True, slots=True)
class StickinessAnswer:
    """What one pass found: the number of active buckets of each member."""

    parameters: Stickiness
    axis: Axis
    active: Codes
    over: tuple[tuple[Cell, ...], ...]

    def counts(self) -> list[int]:
        """Members by 1, 2, ... active buckets."""
        exactly = np.bincount(self.active, minlength=len(self.axis) + 1)[1:]
        shown = exactly[::-1].cumsum()[::-1] if self.parameters.cumulative else exactly
        return [int(count) for count in shown]

    def members(self, n: int) -> Ints:
        """The members behind the n-th count."""
        return np.flatnonzero(self.active >= n if self.parameters.cumulative else self.active == n)

    def result(self) -> Result:
        """One row for each number of active buckets; or, over time, one for each larger bucket."""
        p = self.parameters
        if p.over:
            columns = (
                Column("bucket", p.over.capitalize(), "time", p.over),
                Column("members", "Active members", "measure", "members"),
                Column("mean", f"Mean active {p.grain}s", "measure", f"{p.grain}s", better="higher"),
                Column("mean_share", f"Share of {p.grain}s active", "measure", "ratio", better="higher"),
            )
            return Result(columns, self.over)
        total = int((self.active > 0).sum())
        rows = tuple((n + 1, count, count / total if total else None) for n, count in enumerate(self.counts()))
        columns = (
            Column("n", f"Active {p.grain}s", "label", "integer"),
            Column("members", "Members", "measure", "members"),
            Column("members_share", "Share of active members", "measure", "ratio"),
        )
        return Result(columns, rows)


def stickiness(timeline: Timeline, parameters: Stickiness, period: Period, scope: Scope = ALL) -> StickinessAnswer:
    """On how many buckets of the period each member was active; the first bucket counts whole."""
    p = parameters
    scope = scope.narrowed(*p.where)
    if p.unit and len(scope.members):
        raise QueryError(f"values of '{p.unit}' are counted, which have no members to leave out")
    buckets = _cut(axis(period, Grain(p.grain), timeline.calendar), period)
    over = list[tuple[Cell, ...]]()
    if p.over:
        larger = axis(period, Grain(p.over), timeline.calendar)
        for key, low, high in zip(larger.keys, larger.edges, larger.edges[1:], strict=False):
            part = Period(max(period.start, instant(int(low))), min(period.end, instant(int(high))))
            inner = _cut(axis(part, Grain(p.grain), timeline.calendar), part)
            active = _active(timeline, p, inner, scope)
            here = active[active > 0]
            mean = float(here.mean()) if len(here) else None
            over.append((key, len(here), mean, mean / len(inner) if mean is not None else None))
    return StickinessAnswer(p, buckets, _active(timeline, p, buckets, scope), tuple(over))


def _cut(buckets: Axis, period: Period) -> Axis:
    edges = buckets.edges.copy()
    edges[-1] = min(int(edges[-1]), spans(period)[1])
    return Axis(buckets.keys, edges)


def _active(timeline: Timeline, p: Stickiness, buckets: Axis, scope: Scope) -> Codes:
    last = buckets.keys[-1]
    if p.grain == "day" and p.unit is None and p.min_occurrences == 1 and not isinstance(last, datetime):
        whole = int(buckets.edges[-1]) == micros(timeline.calendar.midnight(last + timedelta(days=1)))
        days = days_of(timeline, scope.pick(p.activity)) if whole else None
        if days is not None:
            return _of_days(days, buckets, scope, timeline.members)
    track = timeline.track(scope.pick(p.activity), p.unit)
    found = np.zeros(track.members, np.int32)
    in_ranges(
        track.members,
        lambda a, b: active_buckets(
            a, b, track.starts, track.time, buckets.edges, p.min_occurrences, scope.members, found
        ),
    )
    return found


def _of_days(days: Days, buckets: Axis, scope: Scope, members: int) -> Codes:
    """The same figures from the day marks, which are a fiftieth of the occurrences."""
    found = np.zeros(members, np.int32)
    first, after = days.place(buckets.keys[0]), days.place(buckets.keys[-1] + timedelta(days=1))
    if first < after:
        in_ranges(members, lambda a, b: active_days(a, b, days.marks, first, after, found))
    if len(scope.members):
        found[~scope.members] = 0
    return found
