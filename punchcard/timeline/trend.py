"""Funnel over time: conversion between two steps by the bucket of the entry; and how long converting takes."""

from dataclasses import dataclass
from datetime import date, datetime
from math import cbrt, ceil, floor

import numpy as np
from msgspec import structs

from punchcard.format import Format
from punchcard.period import Grain, Period
from punchcard.result import Cell, Column, Note, Result
from punchcard.timeline.asked.trend import FunnelTime, FunnelTrend
from punchcard.timeline.attempts import Attempts, follow, fully_excluded, furthest_of
from punchcard.timeline.axis import SECOND, Axis, axis, micros
from punchcard.timeline.funnel import funnel
from punchcard.timeline.kernels import Floats, Ints
from punchcard.timeline.read import ALL, Scope, Timeline

MOST_BINS = 60
WORDS = Format.of("en")
EMPTY_WIDTH_SECONDS = 60


@dataclass(frozen=True, slots=True)
class FunnelTrendAnswer:
    """What one pass found: the furthest attempt of each member and bucket."""

    parameters: FunnelTrend
    axis: Axis
    counted: Attempts
    bucket: Ints
    whole: tuple[bool, ...]

    def _reached(self, bucket: int, step: int) -> Ints:
        return np.flatnonzero((self.bucket == bucket) & (self.counted.reach >= step))

    def points(self) -> list[tuple[date | datetime, int, int, float]]:
        """For each bucket: reached the from-step, reached the to-step, share."""
        found: list[tuple[date | datetime, int, int, float]] = []
        for b, key in enumerate(self.axis.keys):
            came = len(self._reached(b, self.parameters.from_step))
            went = len(self._reached(b, self.parameters.last))
            found.append((key, came, went, went / came if came else 0.0))
        return found

    def members(self, bucket: int, step: int) -> Ints:
        """The members of a bucket that reached a step."""
        return self.counted.member[self._reached(bucket, step)].astype(np.int64)

    def result(self) -> Result:
        """One row a bucket."""
        rows: tuple[tuple[Cell, ...], ...] = tuple(
            (key, came, went, share if came else None, whole)
            for (key, came, went, share), whole in zip(self.points(), self.whole, strict=True)
        )
        columns = (
            Column("bucket", str(self.parameters.grain).capitalize(), "time", str(self.parameters.grain)),
            Column("came", f"Reached step {self.parameters.from_step}", "measure", "members"),
            Column("went", f"Reached step {self.parameters.last}", "measure", "members"),
            Column("share", "Conversion", "measure", "ratio", better="higher"),
            Column("complete", "Complete", "flag", of="share"),
        )
        late = Note("unripe", "Attempts whose window is not over may still convert.")
        return Result(columns, rows, () if all(self.whole) else (late,))


def funnel_trend(
    timeline: Timeline, parameters: FunnelTrend, period: Period, scope: Scope = ALL, known_until: datetime | None = None
) -> FunnelTrendAnswer:
    """Conversion by the bucket in which an attempt began; the first bucket counts whole."""
    p = parameters.funnel
    buckets = axis(period, Grain(parameters.grain), timeline.calendar)
    shorter = structs.replace(p, steps=p.steps[: parameters.last])
    kept = tuple(x for x in p.exclusions if x.before_step <= parameters.last)
    shorter = structs.replace(shorter, exclusions=kept)
    found = follow(timeline, shorter, period, scope.narrowed(*p.where))
    bucket = buckets.bucket(found.begun)
    counted = furthest_of(found, p.order, (found.member, bucket))
    partial = counted.reach < parameters.last
    gone = np.isin(counted.member, fully_excluded(found)) & partial
    counted = counted.take(np.flatnonzero(~gone))
    ends = buckets.edges[1:] + p.window.seconds * SECOND
    known = np.iinfo(np.int64).max if known_until is None else micros(known_until)
    return FunnelTrendAnswer(
        parameters, buckets, counted, buckets.bucket(counted.begun), tuple(bool(end <= known) for end in ends)
    )


@dataclass(frozen=True, slots=True)
class FunnelTimeAnswer:
    """What one pass found: the seconds of each member that converted."""

    parameters: FunnelTime
    seconds: Floats
    member: Ints

    def _width(self) -> tuple[int, int, int]:
        wanted = self.parameters.bins or min(MOST_BINS, max(1, ceil(cbrt(len(self.seconds)))))
        low, high = floor(self.seconds.min()), ceil(self.seconds.max())
        return low, ceil((high - low) / wanted) or EMPTY_WIDTH_SECONDS, wanted

    def bins(self) -> list[tuple[int, int]]:
        """(lower edge in seconds, members); the last holds those at its edge."""
        if not len(self.seconds):
            return []
        low, width, count = self._width()
        place = np.floor((self.seconds - low) / width).astype(np.int64)
        return [(low + n * width, int((place == n).sum())) for n in range(count + 1)]

    def members(self, bin_: int) -> Ints:
        """The members of a bin (from 0)."""
        low, width, _ = self._width()
        return np.unique(self.member[np.floor((self.seconds - low) / width).astype(np.int64) == bin_])

    def quartiles(self) -> tuple[float, float, float]:
        """The times within which a quarter, half and three quarters converted."""
        first, second, third = np.quantile(self.seconds, (0.25, 0.5, 0.75))
        return float(first), float(second), float(third)

    def result(self) -> Result:
        """One row a bin."""
        bins = self.bins()
        total = len(self.seconds)
        rows: tuple[tuple[Cell, ...], ...] = tuple((low, count, count / total) for low, count in bins)
        columns = (
            Column("from_seconds", "From", "label", "seconds"),
            Column("members", "Members", "measure", "members"),
            Column("members_share", "Share", "measure", "ratio"),
        )
        if not total:
            return Result(columns, (), (Note("empty", "Nobody converted."),))
        first, second, third = self.quartiles()
        mean, *times = (WORDS.exact(time, "seconds") for time in (float(self.seconds.mean()), second, first, third))
        said = f"mean {mean}, median {times[0]}, quartiles {times[1]} and {times[2]}"
        return Result(columns, rows, (Note("quartiles", said, figures=True),))


def funnel_time(timeline: Timeline, parameters: FunnelTime, period: Period, scope: Scope = ALL) -> FunnelTimeAnswer:
    """How long members take between two steps."""
    answer = funnel(timeline, structs.replace(parameters.funnel, breakdown=None), period, scope)
    last, first = parameters.last, parameters.from_step
    member = answer.counted.member[answer.moved(first, last)].astype(np.int64)
    return FunnelTimeAnswer(parameters, answer.seconds(last, since=first), member)
