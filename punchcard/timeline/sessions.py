"""Sessions: how many, how long, how often, and how many end with their first activity."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from punchcard.period import Grain, Period
from punchcard.result import Cell, Column, Result
from punchcard.timeline.asked.sessions import Sessions
from punchcard.timeline.axis import SECOND, Axis, axis, spans
from punchcard.timeline.kernels import Floats, Ints, in_ranges
from punchcard.timeline.kernels.order import grouped
from punchcard.timeline.kernels.sessions import sessions as passed
from punchcard.timeline.pick import Pick
from punchcard.timeline.read import ALL, Scope, Timeline


@dataclass(frozen=True, slots=True)
class SessionsAnswer:
    """What one pass found: each session that begins in the period."""

    parameters: Sessions
    axis: Axis
    names: tuple[str, ...]
    member: Ints
    start: Ints
    seconds: Floats
    activities: Ints
    first: Ints
    last: Ints

    def members(self, bucket: int) -> Ints:
        """The members with a session that begins in a bucket."""
        return np.unique(self.member[self.axis.bucket(self.start) == bucket])

    def result(self) -> Result:
        """One row a bucket, and one for the period."""
        rows = self._rows(self.axis.keys, self.axis.bucket(self.start))
        rows += self._rows((None,), np.zeros(len(self.start), np.int64))
        columns = (
            Column("bucket", str(self.parameters.grain).capitalize(), "time", str(self.parameters.grain)),
            Column("sessions", "Sessions", "measure", "sessions"),
            Column("members", "Members", "measure", "members"),
            Column("per_member", "Sessions a member", "measure", "number"),
            Column("mean_seconds", "Mean length", "measure", "seconds"),
            Column("median_seconds", "Median length", "measure", "seconds"),
            Column("mean_activities", "Activities a session", "measure", "number"),
            Column("bounce_share", "Bounces", "measure", "ratio", better="lower"),
        )
        return Result(columns, tuple(rows))

    def _rows(self, keys: tuple[Cell, ...], bucket: Ints) -> list[tuple[Cell, ...]]:
        """The figures of each bucket; sessions lie by member and time, so a member's in one bucket are neighbours."""
        fresh = np.ones(len(bucket), np.bool_)
        fresh[1:] = (self.member[1:] != self.member[:-1]) | (bucket[1:] != bucket[:-1])
        members = np.bincount(bucket[fresh], minlength=len(keys))
        activities = np.bincount(bucket, self.activities, len(keys))
        bounces = np.bincount(bucket[self.activities == 1], minlength=len(keys))
        order, starts = grouped(bucket, len(keys))
        seconds = self.seconds[order]
        rows = list[tuple[Cell, ...]]()
        for b, key in enumerate(keys):
            lengths, who = seconds[starts[b] : starts[b + 1]], int(members[b])
            if not who:
                rows.append((key, 0, 0, None, None, None, None, None))
                continue
            count, length = len(lengths), (float(lengths.mean()), float(np.median(lengths)))
            shares = (float(activities[b]) / count, int(bounces[b]) / count)
            rows.append((key, count, who, count / who, *length, *shares))
        return rows

    def ends(self, which: Literal["first", "last"], top: int = 20) -> Result:
        """With which activities sessions begin or end."""
        counts = np.bincount(self.first if which == "first" else self.last, minlength=len(self.names))
        order = [int(a) for a in np.argsort(-counts, kind="stable")[:top] if counts[a]]
        total = len(self.member)
        rows = tuple((self.names[a], int(counts[a]), int(counts[a]) / total) for a in order)
        columns = (
            Column("activity", f"{which.capitalize()} activity", "label"),
            Column("sessions", "Sessions", "measure", "sessions"),
            Column("sessions_share", "Share", "measure", "ratio"),
        )
        return Result(columns, rows)


def sessions(timeline: Timeline, parameters: Sessions, period: Period, scope: Scope = ALL) -> SessionsAnswer:
    """The sessions that begin in a period, over everything members do."""
    scope = scope.narrowed(*parameters.where)
    track = timeline.track(scope.pick(Pick()))
    begin, end = spans(period)
    gap = parameters.gap_minutes * 60 * SECOND
    parts = in_ranges(
        track.members, lambda a, b: passed(a, b, track.starts, track.time, gap, begin, end, scope.members)
    )
    member, first, length = (np.concatenate([part[i] for part in parts]) for i in range(3))
    last = first + length - 1
    return SessionsAnswer(
        parameters,
        axis(period, Grain(parameters.grain), timeline.calendar),
        timeline.activities,
        member,
        track.time[first],
        (track.time[last] - track.time[first]) / SECOND,
        length,
        timeline.activity_at(track, first).astype(np.int64),
        timeline.activity_at(track, last).astype(np.int64),
    )
