"""Segmentation: how many members do something, how often, and for how much, over time and by group."""

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from punchcard.errors import QueryError
from punchcard.period import Grain, Period
from punchcard.result import Cell, Column, Note, Result
from punchcard.timeline.asked.segmentation import NONE, Segmentation
from punchcard.timeline.axis import Axis, axis, back, instant, micros, spans
from punchcard.timeline.columns import Kind
from punchcard.timeline.kernels import Codes, Floats, Ints, in_ranges
from punchcard.timeline.kernels.buckets import counted
from punchcard.timeline.kernels.cohorts import present
from punchcard.timeline.pick import Pick
from punchcard.timeline.read import ALL, Scope, Timeline, Track
from punchcard.timeline.retention import NO_CODES, NO_NUMBERS, as_numbers

UNBOUNDED = 1 << 40


@dataclass(frozen=True, slots=True)
class SegmentationAnswer:
    """Figures by group and bucket, and for the whole period."""

    parameters: Segmentation
    axis: Axis
    labels: tuple[str, ...]
    figures: Floats
    totals: Floats
    whole: tuple[bool, ...]

    @property
    def keys(self) -> tuple[date | datetime, ...]:
        """The buckets."""
        return self.axis.keys

    def result(self) -> Result:
        """One row a group and bucket, and one for the whole period."""
        p, rows = self.parameters, list[tuple[Cell, ...]]()
        exact = p.measure in ("members", "times")
        for g, label in enumerate(self.labels):
            head: tuple[Cell, ...] = (label,) if p.breakdown else ()
            figures = (*self.figures[g], self.totals[g])
            for key, figure, whole in zip((*self.keys, None), figures, (*self.whole, True), strict=True):
                value = None if np.isnan(figure) else int(figure) if exact else float(figure)
                rows.append((*head, key, value, whole))
        unit = {"members": "members", "active_share": "ratio"}.get(p.measure, "number")
        columns = (
            *((Column("value", p.breakdown, "label"),) if p.breakdown else ()),
            Column("bucket", str(p.grain).capitalize(), "time", str(p.grain)),
            Column("figure", p.measure.replace("_", " ").capitalize(), "measure", unit),
            Column("complete", "Complete", "flag", of="figure"),
        )
        notes = () if all(self.whole) else (Note("incomplete", "The last bucket is not over: it will still grow."),)
        return Result(columns, tuple(rows), notes)


def segmentation(
    timeline: Timeline,
    parameters: Segmentation,
    period: Period,
    scope: Scope = ALL,
    *,
    known_until: datetime | None = None,
    groups: tuple[Codes, tuple[str, ...]] | None = None,
) -> SegmentationAnswer:
    """Figures over time; `groups` divides members instead of occurrences: each one's group, and the groups' names."""
    p = parameters
    if groups and p.breakdown:
        raise QueryError("break down either by a property of the occurrences or by groups of members")
    scope = scope.narrowed(*p.where)
    track = timeline.track(scope.pick(p.activity))
    buckets = axis(period, Grain(p.grain), timeline.calendar).within(period)
    until = np.iinfo(np.int64).max if known_until is None else micros(known_until)
    whole = tuple(bool(edge <= until) for edge in buckets.edges[1:])
    everything = np.array(spans(period), np.int64)
    if p.rolling > 1 or p.cumulative:
        total = _counted(track, everything, scope).unique[:, 0].astype(np.float64)
        figures = _over_time(timeline, p, track, buckets, scope)
        return SegmentationAnswer(p, buckets, ("",), figures[None, :], total, whole)
    division = _divided(timeline, p, track, groups)
    value = as_numbers(timeline, p.of, timeline.values(track, p.of)) if p.of else NO_NUMBERS
    figures, total = (
        _figures(timeline, p, edges, scope, _counted(track, edges, scope, division, value))
        for edges in (buckets.edges, everything)
    )
    labels = division.labels
    shown = [g for g in range(len(labels)) if labels[g] != NONE or total[g, 0] > 0]
    return SegmentationAnswer(p, buckets, tuple(labels[g] for g in shown), figures[shown], total[shown, 0], whole)


@dataclass(frozen=True, slots=True)
class _Division:
    """Each occurrence's or member's group."""

    group: Codes
    labels: tuple[str, ...]
    by_member: bool


@dataclass(frozen=True, slots=True)
class _Counts:
    """By group and bucket."""

    unique: Ints
    times: Ints
    added: Floats
    valued: Ints


UNDIVIDED = _Division(NO_CODES, ("",), by_member=False)


def _divided(
    timeline: Timeline, p: Segmentation, track: Track, groups: tuple[Codes, tuple[str, ...]] | None
) -> _Division:
    if groups:
        return _Division(groups[0], (*groups[1], NONE), by_member=True)
    if p.breakdown is None:
        return UNDIVIDED
    kind, words = timeline.described(p.breakdown)
    if kind is not Kind.WORDS:
        raise QueryError(f"'{p.breakdown}' holds numbers; break down by a property of text")
    codes = np.asarray(timeline.values(track, p.breakdown), np.int32)
    return _Division(codes, (*words, NONE), by_member=False)


def _counted(
    track: Track, edges: Ints, scope: Scope, division: _Division = UNDIVIDED, value: Floats = NO_NUMBERS
) -> _Counts:
    parts = in_ranges(
        track.members,
        lambda a, b: counted(
            a, b, track.starts, track.time, edges, division.group, len(division.labels), division.by_member, value,
            scope.members,
        ),
    )  # fmt: skip
    sums = [np.sum([part[i] for part in parts], axis=0) for i in range(4)]
    return _Counts(sums[0], sums[1], sums[2], sums[3])


def _figures(timeline: Timeline, p: Segmentation, edges: Ints, scope: Scope, it: _Counts) -> Floats:
    match p.measure:
        case "members":
            return it.unique.astype(np.float64)
        case "times":
            return it.times.astype(np.float64)
        case "active_share":
            active = _counted(timeline.track(scope.pick(Pick())), edges, scope).unique
            return _over(it.unique, np.broadcast_to(active, it.unique.shape))
        case "average":
            return _over(it.times, it.unique)
        case "sum":
            return it.added
        case "mean":
            return _over(it.added, it.valued)


def _over(part: Ints | Floats, whole: Ints) -> Floats:
    return np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)


def _over_time(timeline: Timeline, p: Segmentation, track: Track, buckets: Axis, scope: Scope) -> Floats:
    """Members of each bucket and those before it, also those that lie before the period."""
    edges, span = buckets.edges, UNBOUNDED
    if p.rolling > 1:
        # Also of the first bucket all counts here: what lies before the period counts anyway.
        earlier = back(buckets.keys[0], p.rolling - 1, Grain(p.grain), timeline.calendar)
        whole = axis(Period(earlier, instant(int(edges[-1]))), Grain(p.grain), timeline.calendar)
        edges, span = np.append(whole.edges[:-1], edges[-1]), p.rolling
    parts = in_ranges(track.members, lambda a, b: present(a, b, track.starts, track.time, edges, span, scope.members))
    return np.cumsum(np.sum(parts, axis=0))[: len(edges) - 1][-len(buckets) :].astype(np.float64)
