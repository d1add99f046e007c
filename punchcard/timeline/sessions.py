"""Sessions: how many, how long, how often, and how many end with their first activity."""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from msgspec import Meta, Struct

from punchcard.period import Grain, Period
from punchcard.result import Cell, Column, Result
from punchcard.timeline.axis import SECOND, Axis, axis, spans
from punchcard.timeline.kernels import Floats, Ints, in_ranges
from punchcard.timeline.kernels.sessions import sessions as passed
from punchcard.timeline.pick import Condition, Pick
from punchcard.timeline.read import ALL, Scope, Timeline


class Sessions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="sessions"):
    """The parameters of a session chart."""

    gap_minutes: Annotated[int, Meta(ge=1, le=7 * 24 * 60, description="A pause so long ends a session.")] = 30
    grain: Literal["hour", "day", "week", "month"] = "day"
    where: tuple[Condition, ...] = ()

    def method(self) -> str:
        """How it is computed, in words."""
        only = f" Only activities where {' and '.join(c.sentence() for c in self.where)}." if self.where else ""
        return (
            f"A session is a run of a member's activities of any kind with no pause of {self.gap_minutes} minutes or"
            f" more; it counts in the {self.grain} in which it begins, with all of its activities. Its length is the"
            f" time from the first to the last activity; a session of one activity has length 0 and is a bounce.{only}"
        )


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
        bucket = self.axis.bucket(self.start)
        rows = [self._row(key, bucket == b) for b, key in enumerate(self.axis.keys)]
        rows.append(self._row(None, np.ones(len(bucket), np.bool_)))
        columns = (
            Column("bucket", str(self.parameters.grain).capitalize(), "time"),
            Column("sessions", "Sessions", "measure", "sessions"),
            Column("members", "Members", "measure", "members"),
            Column("per_member", "Sessions a member", "measure", "number"),
            Column("mean_seconds", "Mean length", "measure", "seconds"),
            Column("median_seconds", "Median length", "measure", "seconds"),
            Column("mean_activities", "Activities a session", "measure", "number"),
            Column("bounce_share", "Bounces", "measure", "ratio", better="lower"),
        )
        return Result(columns, tuple(rows))

    def _row(self, key: Cell, here: np.ndarray) -> tuple[Cell, ...]:
        count, members = int(here.sum()), len(np.unique(self.member[here]))
        if not count:
            return (key, 0, 0, None, None, None, None, None)
        seconds, activities = self.seconds[here], self.activities[here]
        lengths = (float(seconds.mean()), float(np.median(seconds)))
        return (
            key,
            count,
            members,
            count / members,
            *lengths,
            float(activities.mean()),
            float((activities == 1).mean()),
        )

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
        timeline.activity_of(track.rows(first)).astype(np.int64),
        timeline.activity_of(track.rows(last)).astype(np.int64),
    )
