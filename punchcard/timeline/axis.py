"""Axis: the buckets of a time axis as whole calendar units in the project's zone, and their edges in microseconds."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np

from punchcard.period import Calendar, Grain, Period, buckets
from punchcard.timeline.kernels import Ints
from punchcard.timeline.kernels.buckets import buckets_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
DAY = 86_400 * SECOND


def micros(instant: datetime) -> int:
    """An instant as microseconds since 1970, exactly.

    >>> micros(datetime(1970, 1, 2, tzinfo=UTC)) == DAY
    True
    """
    return (instant - EPOCH) // MICROSECOND


def instant(microseconds: int) -> datetime:
    """The other way round."""
    return EPOCH + timedelta(microseconds=microseconds)


@dataclass(frozen=True, slots=True)
class Axis:
    """Buckets by their keys (local dates, or instants for hours); bucket b spans `edges[b]` .. `edges[b + 1]`."""

    keys: tuple[date | datetime, ...]
    edges: Ints

    def __len__(self) -> int:
        return len(self.keys)

    def bucket(self, times: Ints) -> Ints:
        """The bucket of each time; outside the axis -1 or `len(axis)`."""
        return buckets_of(self.edges, times)

    def within(self, period: Period) -> "Axis":
        """The same buckets, but nothing outside the period counts."""
        edges = self.edges.copy()
        edges[0], edges[-1] = max(int(edges[0]), micros(period.start)), min(int(edges[-1]), micros(period.end))
        return Axis(self.keys, edges)


def axis(period: Period, grain: Grain, calendar: Calendar) -> Axis:
    """The whole buckets that a period touches, so the first and the last may stick out of it."""
    if grain is Grain.HOUR:
        return _hours(period, calendar)
    keys = [bucket.key for bucket in buckets(period, grain, calendar)]
    edges = [micros(calendar.midnight(day)) for day in (*keys, calendar.next(keys[-1], grain))]
    return Axis(tuple(keys), np.array(edges, np.int64))


def _hours(period: Period, calendar: Calendar) -> Axis:
    """Hours begin where the local clock shows a full hour, also in zones of half and quarter hours."""
    local = period.start.astimezone(calendar.info)
    begin = period.start - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    count = -((begin - period.end) // timedelta(hours=1))
    starts = [begin + timedelta(hours=h) for h in range(count + 1)]
    return Axis(tuple(starts[:-1]), np.array([micros(start) for start in starts], np.int64))


def back(key: date | datetime, steps: int, grain: Grain, calendar: Calendar) -> datetime:
    """The start of the bucket some buckets before the one of that key."""
    if isinstance(key, datetime):
        return key - timedelta(hours=steps)
    for _ in range(steps):
        key = calendar.floor(key - timedelta(days=1), grain)
    return calendar.midnight(key)


def spans(period: Period) -> tuple[int, int]:
    """The period's ends in microseconds."""
    return micros(period.start), micros(period.end)
