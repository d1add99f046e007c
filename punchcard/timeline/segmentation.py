"""Segmentation: how many members do something, how often, and for how much, over time and by group."""

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from punchcard.errors import QueryError
from punchcard.period import Grain, Period
from punchcard.result import Cell, Column, Note, Result
from punchcard.timeline.asked.segmentation import NONE, Measure, Segmentation
from punchcard.timeline.axis import Axis, axis, back, instant, micros, spans
from punchcard.timeline.columns import Kind
from punchcard.timeline.kernels import Codes, Floats, Ints, in_ranges
from punchcard.timeline.kernels.buckets import counted
from punchcard.timeline.kernels.cohorts import present
from punchcard.timeline.pick import Pick, of_members
from punchcard.timeline.read import ALL, Scope, Timeline, Track
from punchcard.timeline.retention import NO_CODES, NO_NUMBERS, as_numbers

UNBOUNDED = 1 << 40
WORDS = {"sum": "sum", "mean": "mean", "min": "least value", "median": "middle value", "max": "greatest value"}


@dataclass(frozen=True, slots=True)
class SegmentationAnswer:
    """Figures by group and bucket, and for the whole period."""

    parameters: Segmentation
    axis: Axis
    labels: tuple[str, ...]
    figures: Floats
    totals: Floats
    whole: tuple[bool, ...]
    valued: bool = True  # whether any occurrence in the period gives the property that is looked at

    @property
    def unvalued(self) -> tuple[Note, ...]:
        """That there were occurrences and none gives the property: then a sum of 0 is one of nothing."""
        p = self.parameters
        if self.valued:
            return ()
        said = f"'{p.of}' is given nowhere for {p.activity.sentence()} in the period: the {WORDS[p.measure]} is of"
        return (Note("no_values", f"{said} nothing."),)

    @property
    def keys(self) -> tuple[date | datetime, ...]:
        """The buckets."""
        return self.axis.keys

    def figure(self, label: str, bucket: int | None) -> int | float | None:
        """A group's figure in a bucket, or in the whole period; a group that did nothing has a count of 0."""
        exact = self.parameters.measure in ("members", "times")
        if label not in self.labels:
            return 0 if exact else None
        group = self.labels.index(label)
        if bucket is not None and bucket >= len(self.keys):
            return None
        found = self.totals[group] if bucket is None else self.figures[group, bucket]
        return None if np.isnan(found) else int(found) if exact else float(found)

    def result(self, before: "SegmentationAnswer | None" = None) -> Result:
        """One row a group and bucket, and one for the whole period; beside it the same of another period."""
        p, rows = self.parameters, list[tuple[Cell, ...]]()
        for label in self.labels:
            head: tuple[Cell, ...] = (label,) if p.breakdown else ()
            for place, key in (*enumerate(self.keys), (None, None)):
                earlier = () if before is None else (before.figure(label, place),)
                whole = place is None or self.whole[place]
                rows.append((*head, key, self.figure(label, place), *earlier, whole))
        unit = {"members": "members", "times": "count", "active_share": "ratio"}.get(p.measure, "number")
        title = p.measure.replace("_", " ").capitalize()
        columns = (
            *((Column("value", p.breakdown, "label"),) if p.breakdown else ()),
            Column("bucket", str(p.grain).capitalize(), "time", str(p.grain)),
            Column("figure", title, "measure", unit),
            *(() if before is None else (Column("figure_before", title, "comparison", unit, of="figure"),)),
            Column("complete", "Complete", "flag", of="figure"),
        )
        notes = () if all(self.whole) else (Note("incomplete", "The last bucket is not over: it will still grow."),)
        return Result(columns, tuple(rows), notes + self.unvalued)


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
    if groups and p.breakdown and not of_members(p.breakdown):
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
    both = (buckets.edges, everything)
    counts = [_counted(track, edges, scope, division, value) for edges in both]
    if p.measure in ("min", "median", "max"):
        figures, total = (_ranked(track, edges, scope, division, value, p.measure) for edges in both)
    else:
        figures, total = (_figures(timeline, p, edges, scope, it) for edges, it in zip(both, counts, strict=True))
    labels = division.labels
    shown = [g for g in range(len(labels)) if labels[g] != NONE or counts[1].times[g, 0] > 0]
    valued = p.of is None or bool(counts[1].valued.any()) or not counts[1].times.any()
    names = tuple(labels[g] for g in shown)
    return SegmentationAnswer(p, buckets, names, figures[shown], total[shown, 0], whole, valued)


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
        case _:
            return _over(it.added, it.valued)


def _ranked(track: Track, edges: Ints, scope: Scope, division: _Division, value: Floats, measure: Measure) -> Floats:
    """The least, middle or greatest value of each group and bucket."""
    groups, buckets = len(division.labels), len(edges) - 1
    time, owner = track.time[track.starts[0] : track.starts[-1]], track.owners()
    here = (time >= edges[0]) & (time < edges[-1]) & ~np.isnan(value)
    if len(scope.members):
        here &= scope.members[owner]
    cell = np.searchsorted(edges, time[here], side="right") - 1
    if len(division.group):
        group = division.group[owner[here]] if division.by_member else division.group[here]
        cell += buckets * np.where(group < 0, groups - 1, group)
    order = np.lexsort((value[here], cell))
    ranked = value[here][order]
    ends = np.searchsorted(cell[order], np.arange(groups * buckets + 1))
    low, high = ends[:-1], ends[1:] - 1
    known = high >= low
    first, last = {
        "min": (low, low),
        "median": ((low + high) // 2, (low + high + 1) // 2),
        "max": (high, high),
    }[measure]
    found = np.full(groups * buckets, np.nan)
    found[known] = (ranked[first[known]] + ranked[last[known]]) / 2
    return found.reshape(groups, buckets)


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
