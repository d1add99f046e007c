"""Lifecycle: who is new, current, resurrected or dormant in each bucket of time."""

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from punchcard.errors import QueryError
from punchcard.period import Grain, Period
from punchcard.result import Cell, Column, Note, Result
from punchcard.timeline.asked.lifecycle import Lifecycle, State
from punchcard.timeline.axis import Axis, axis, instant, micros
from punchcard.timeline.days import Days, days_of
from punchcard.timeline.kernels import Flags, Ints, in_ranges
from punchcard.timeline.kernels.buckets import CURRENT, DORMANT, NEW, RESURRECTED
from punchcard.timeline.kernels.buckets import lifecycle as passed
from punchcard.timeline.kernels.days import lifecycle_of_days
from punchcard.timeline.read import ALL, IDENTITY, Scope, Timeline, Track

STATES = {"new": NEW, "current": CURRENT, "resurrected": RESURRECTED, "dormant": DORMANT}
NO_FLAGS = np.empty(0, np.bool_)


@dataclass(frozen=True, slots=True)
class LifecycleAnswer:
    """What one pass found: `counts[state, bucket]`."""

    parameters: Lifecycle
    track: Track
    scope: Scope
    axis: Axis  # with one bucket before the first that is shown
    created: Ints
    counts: Ints
    whole: Flags

    @property
    def keys(self) -> tuple[date | datetime, ...]:
        """The buckets shown."""
        return self.axis.keys[1:]

    def members(self, state: State, bucket: int) -> Ints:
        """The members of a state in a bucket: the same pass, asked who they are."""
        found = np.zeros(self.track.members, np.bool_)
        _pass(self.track, self.scope, self.axis, self.created, (STATES[state], bucket + 1, found))
        return np.flatnonzero(found)

    def result(self) -> Result:
        """One row a bucket; dormant counts are given as they are, above 0."""
        rows = list[tuple[Cell, ...]]()
        for b, key in enumerate(self.keys):
            new, current, resurrected, dormant = (int(self.counts[s, b]) for s in range(4))
            pulse = (new + resurrected) / dormant if dormant else None
            rows.append(
                (key, new, current, resurrected, dormant, new + current + resurrected, pulse, bool(self.whole[b]))
            )
        columns = (
            Column("bucket", str(self.parameters.grain).capitalize(), "time", str(self.parameters.grain)),
            *(Column(state, state.capitalize(), "measure", "members") for state in STATES),
            Column("active", "Active", "measure", "members"),
            Column("pulse", "Pulse", "measure", "ratio", better="higher"),
            Column("complete", "Complete", "flag", of="active"),
        )
        notes = () if self.whole.all() else (Note("incomplete", "The last bucket is not over: it will still grow."),)
        return Result(columns, tuple(rows), notes)


def lifecycle(
    timeline: Timeline,
    parameters: Lifecycle,
    period: Period,
    scope: Scope = ALL,
    *,
    known_until: datetime | None = None,
    created: Ints | None = None,
) -> LifecycleAnswer:
    """The lifecycle by whole buckets; `created` gives each member's creation, for `new: creation`."""
    p = parameters
    if (p.new == "creation") != (created is not None):
        raise QueryError("new by creation needs the moments at which the members were created, and only that does")
    scope = scope.narrowed(*p.where)
    shown = axis(period, Grain(p.grain), timeline.calendar)
    first = instant(int(shown.edges[0]) - 1)
    before = axis(Period(first, instant(int(shown.edges[0]))), Grain(p.grain), timeline.calendar)
    whole = Axis((before.keys[-1], *shown.keys), np.concatenate((before.edges[-2:-1], shown.edges)))
    births = IDENTITY if created is None else created
    pick = scope.pick(p.activity)
    counts = None
    if p.new == "first_activity" and p.grain != "hour" and (days := days_of(timeline, pick)) is not None:
        counts = _of_days(days, whole, Grain(p.grain), timeline, scope)
    track = timeline.track(pick)
    if counts is None:
        counts = _pass(track, scope, whole, births, (-1, -1, NO_FLAGS))[:, 1:]
    until = np.iinfo(np.int64).max if known_until is None else micros(known_until)
    return LifecycleAnswer(p, track, scope, whole, births, counts, shown.edges[1:] <= until)


def _of_days(days: Days, whole: Axis, grain: Grain, timeline: Timeline, scope: Scope) -> Ints:
    """The same figures from the day marks, which are a fiftieth of the occurrences."""
    keys = [key for key in whole.keys if not isinstance(key, datetime)]
    earlier = list[date]()
    key = timeline.calendar.floor(days.first, grain)
    while key < keys[0]:
        earlier.append(key)
        key = timeline.calendar.next(key, grain)
    every = [*earlier, *keys]
    ends = [timeline.calendar.next(key, grain) for key in every]
    first = np.array([days.place(key) for key in every], np.int64)
    after = np.array([days.place(end) for end in ends], np.int64)
    parts = in_ranges(
        timeline.members,
        lambda a, b: lifecycle_of_days(a, b, days.marks, first, after, len(earlier) + 1, scope.members),
    )
    return np.sum(parts, axis=0)


def _pass(track: Track, scope: Scope, whole: Axis, created: Ints, wanted: tuple[int, int, Flags]) -> Ints:
    parts = in_ranges(
        track.members,
        lambda a, b: passed(
            a, b, track.starts, track.time, whole.edges, created, scope.members, wanted[0], wanted[1], wanted[2]
        ),
    )
    return np.sum(parts, axis=0)
