"""Frequency and interval: how often members do something in a period, and how long they wait until they do it again."""

from dataclasses import dataclass

import numpy as np

from punchcard.period import Period
from punchcard.result import Cell, Column, Note, Result
from punchcard.timeline.axis import SECOND, spans
from punchcard.timeline.done import within
from punchcard.timeline.kernels import Codes, Floats, Ints, in_ranges
from punchcard.timeline.kernels.cohorts import gaps
from punchcard.timeline.pick import Pick
from punchcard.timeline.read import ALL, Scope, Timeline

DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Frequency:
    """How many members did something once, twice, ... in a period."""

    times: Codes

    def members(self, n: int) -> Ints:
        """The members that did it exactly n times."""
        return np.flatnonzero(self.times == n)

    def result(self) -> Result:
        """One row for each number of times that occurs."""
        found = np.bincount(self.times)[1:]
        total = int(found.sum())
        rows = tuple((n + 1, int(count), int(count) / total) for n, count in enumerate(found) if count)
        columns = (
            Column("times", "Times", "label", "integer"),
            Column("members", "Members", "measure", "members"),
            Column("members_share", "Share", "measure", "ratio"),
        )
        return Result(columns, rows)


def frequency(timeline: Timeline, activity: Pick, period: Period, scope: Scope = ALL) -> Frequency:
    """How often each member did something in a period."""
    track = timeline.track(scope.pick(activity))
    begin, end = spans(period)
    low, high = np.full(track.members, begin, np.int64), np.full(track.members, end, np.int64)
    times, _ = within(track, low, high)
    if len(scope.members):
        times[~scope.members] = 0
    return Frequency(times.astype(np.int32))


@dataclass(frozen=True, slots=True)
class Intervals:
    """The seconds between each occurrence in a period and the same member's one before it, and whose they are."""

    seconds: Floats
    member: Ints

    def members(self, low_days: int, high_days: int) -> Ints:
        """The members that waited at least so many days and less than so many others."""
        days = self.seconds / DAY_SECONDS
        return np.unique(self.member[(days >= low_days) & (days < high_days)])

    def result(self) -> Result:
        """One row for each number of whole days that occurs."""
        days, counts = np.unique(np.floor(self.seconds / DAY_SECONDS).astype(np.int64), return_counts=True)
        total = len(self.seconds)
        rows: tuple[tuple[Cell, ...], ...] = tuple(
            (int(day), int(count), int(count) / total) for day, count in zip(days, counts, strict=True)
        )
        columns = (
            Column("days", "Days since the time before", "label", "days"),
            Column("times", "Times", "measure", "count"),
            Column("times_share", "Share", "measure", "ratio"),
        )
        if not total:
            return Result(columns, (), (Note("empty", "Nobody did it twice."),))
        first, second, third = np.quantile(self.seconds / DAY_SECONDS, (0.25, 0.5, 0.75))
        said = f"median {second:.1f} days, quartiles {first:.1f} and {third:.1f} days"
        return Result(columns, rows, (Note("quartiles", said, figures=True),))


def intervals(timeline: Timeline, activity: Pick, period: Period, scope: Scope = ALL) -> Intervals:
    """How long members waited before each time they did something again in a period; first times have no wait."""
    track = timeline.track(scope.pick(activity))
    begin, end = spans(period)
    parts = in_ranges(track.members, lambda a, b: gaps(a, b, track.starts, track.time, begin, end, scope.members))
    seconds = np.concatenate([part[0] for part in parts]) / SECOND
    return Intervals(seconds, np.concatenate([part[1] for part in parts]))
