"""Values: how the numbers of a property are spread, and what each bucket is made of by the values of a property."""

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import numpy as np

from punchcard.errors import QueryError
from punchcard.period import Grain, Period
from punchcard.result import Cell, Column, Note, Result
from punchcard.stats.bins import bins, in_words
from punchcard.timeline.asked.segmentation import NONE
from punchcard.timeline.asked.values import OTHER, Composition, PropertyDistribution
from punchcard.timeline.axis import Axis, axis, micros, spans
from punchcard.timeline.columns import Kind
from punchcard.timeline.kernels import Flags, Floats, Ints
from punchcard.timeline.read import ALL, Scope, Timeline, Track
from punchcard.timeline.retention import FOREVER, as_numbers

TAIL = 0.99  # what lies above this quantile shares the last bin


def _inside(track: Track, period: Period, scope: Scope) -> Ints:
    """The occurrences of allowed members in a period, by their place from the first of the track."""
    begin, end = spans(period)
    time = track.time[track.starts[0] : track.starts[-1]]
    inside = (time >= begin) & (time < end)
    if len(scope.members):
        inside &= scope.members[track.owners()]
    return np.flatnonzero(inside)


@dataclass(frozen=True, slots=True)
class DistributionAnswer:
    """A value for each occurrence or member that has one, whose it is, and how many have none."""

    parameters: PropertyDistribution
    value: Floats
    member: Ints
    without: int

    def edges(self) -> list[float]:
        """The edges of the bins."""
        if not len(self.value):
            return []
        return bins(float(self.value.min()), float(np.quantile(self.value, TAIL)), self.parameters.bins)

    def _place(self) -> Ints:
        edges = self.edges()
        return np.minimum(np.searchsorted(edges, self.value, side="right") - 1, len(edges) - 2)

    def members(self, bin_: int) -> Ints:
        """The members with a value in a bin (from 0)."""
        return np.unique(self.member[self._place() == bin_])

    def result(self) -> Result:
        """One row a bin."""
        p, edges = self.parameters, self.edges()
        unit = "integer" if all(edge.is_integer() for edge in edges) else "number"
        counted = (Column("count", "Times", "measure", "count"),) if p.per == "occurrence" else ()
        columns = (
            Column("from", p.of if p.per == "occurrence" else f"{p.of} per member", "label", unit),
            Column("to", "to", "label", unit),
            *counted,
            Column("members", "Members", "measure", "members"),
            Column("share", "Share", "measure", "ratio"),
        )
        total = len(self.value)
        if not total:
            return Result(columns, (), (Note("empty", f"'{p.of}' is given nowhere in the period."),))
        place, most = self._place(), float(self.value.max())
        rows: list[tuple[Cell, ...]] = []
        for number, (low, high) in enumerate(pairwise(edges)):
            inside = place == number
            count = int(inside.sum())
            members = int((np.diff(self.member[inside]) > 0).sum()) + (count > 0)  # they stand in order
            upper = None if high == edges[-1] and most >= high else high
            rows.append((low, upper, *((count,) if counted else ()), members, count / total))
        quarters = (float(quarter) for quarter in np.quantile(self.value, (0, 0.25, 0.5, 0.75, 1)))
        names = ("minimum", "quarter", "median", "three quarters", "maximum")
        named = (*zip(names, quarters, strict=True), ("mean", float(self.value.mean())))
        notes = (Note("summary", in_words(total, named), figures=True),)
        if self.without:
            whom = "members" if p.per == "member" else "occurrences"
            notes += (Note("without", f"{self.without:,} {whom} without '{p.of}' are in no bin.", figures=True),)
        return Result(columns, tuple(rows), notes)


def property_distribution(
    timeline: Timeline, parameters: PropertyDistribution, period: Period, scope: Scope = ALL
) -> DistributionAnswer:
    """The values of a property in a period, one each occurrence or added up by member."""
    p = parameters
    scope = scope.narrowed(*p.where)
    track = timeline.track(scope.pick(p.activity))
    here = _inside(track, period, scope)
    value = as_numbers(timeline, p.of, timeline.values(track, p.of))[here]
    owner = track.owners()[here]
    there = ~np.isnan(value)
    value, member = value[there], owner[there].astype(np.int64)
    if p.per == "occurrence":
        return DistributionAnswer(p, value, member, int((~there).sum()))
    who, place = np.unique(member, return_inverse=True)
    without = len(np.unique(owner)) - len(who)
    return DistributionAnswer(p, np.bincount(place, value, len(who)).astype(np.float64), who, without)


@dataclass(frozen=True, slots=True)
class CompositionAnswer:
    """Parts by value and bucket (the last column is the whole period); `who[part]` names members of a part."""

    parameters: Composition
    axis: Axis
    labels: tuple[str, ...]
    figures: Floats
    other: bool
    whole: tuple[bool, ...]
    owner: Ints
    part: Ints
    bucket: Ints
    last: tuple[Flags, Flags]

    def members(self, part: int, bucket: int | None) -> Ints:
        """The members of a part in a bucket, or in the whole period."""
        chosen = self.part == part
        if self.parameters.measure == "members":
            chosen &= self.last[bucket is None]
        if bucket is not None:
            chosen &= self.bucket == bucket
        return np.unique(self.owner[chosen])

    def result(self) -> Result:
        """One row a value and bucket, and one for the whole period."""
        p = self.parameters
        exact = p.measure != "sum"
        rows: list[tuple[Cell, ...]] = []
        people = () if p.measure == "members" else (Column("members", "Members", "measure", "members"),)
        # A part of a whole that has parts below nothing is no share of it.
        totals = np.where((self.figures < 0).any(axis=0), np.nan, self.figures.sum(axis=0))
        for g, label in enumerate(self.labels):
            columns = zip((*self.axis.keys, None), self.figures[g], totals, (*self.whole, True), strict=True)
            for place, (key, figure, total, whole) in enumerate(columns):
                share = float(figure / total) if total > 0 else None
                rest = self.other and g == len(self.labels) - 1
                who = (len(self.members(g, None if key is None else place)),) if people else ()
                rows.append((label, key, share, int(figure) if exact else float(figure), *who, whole, rest))
        title = {"members": "Members", "times": "Times"}.get(p.measure, p.of or "")
        unit = {"members": "members", "times": "count"}.get(p.measure, "number")
        columns = (
            Column("value", p.by, "label"),
            Column("bucket", str(p.grain).capitalize(), "time", str(p.grain)),
            Column("share", "Share", "measure", "ratio"),
            Column("figure", title, "measure", unit),
            *people,
            Column("complete", "Complete", "flag", of="figure"),
            Column("other", "All others", "flag", "flag"),
        )
        notes = () if all(self.whole) else (Note("incomplete", "The last bucket is not over: it will still change."),)
        if np.isnan(totals).any():
            notes += (Note("negative", "Where a part is below 0, parts have no share of the whole."),)
        return Result(columns, tuple(rows), notes)


def composition(
    timeline: Timeline,
    parameters: Composition,
    period: Period,
    scope: Scope = ALL,
    *,
    known_until: datetime | None = None,
) -> CompositionAnswer:
    """What the buckets of a period are made of."""
    p = parameters
    kind, words = timeline.described(p.by)
    if kind is not Kind.WORDS:
        raise QueryError(f"'{p.by}' holds numbers; parts are the values of a property of text")
    scope = scope.narrowed(*p.where)
    track = timeline.track(scope.pick(p.activity))
    buckets = axis(period, Grain(p.grain), timeline.calendar).within(period)
    here = _inside(track, period, scope)
    owner = track.owners()[here].astype(np.int64)
    code = np.asarray(timeline.values(track, p.by), np.int64)[here]
    code = np.where(code < 0, len(words), code)
    bucket = buckets.bucket(track.time[here + track.starts[0]])
    weight = np.ones(len(here))
    if p.of is not None:
        weight = np.nan_to_num(as_numbers(timeline, p.of, timeline.values(track, p.of))[here], nan=0.0)
    given = code < len(words)
    last = (_last(owner * len(buckets) + bucket, given), _last(owner, given))
    in_bucket, in_all = (weight * flags if p.measure == "members" else weight for flags in last)
    figures = np.zeros((len(words) + 1, len(buckets) + 1))
    cell = code * len(buckets) + bucket
    figures[:, :-1] = np.bincount(cell, in_bucket, figures[:, :-1].size).reshape(len(figures), -1)
    figures[:, -1] = np.bincount(code, in_all, len(figures))
    labels, part, other = _largest((*words, NONE), figures, np.bincount(code, minlength=len(words) + 1), p.top)
    shown = np.zeros((len(labels), figures.shape[1]))
    known = part >= 0
    np.add.at(shown, part[known], figures[known])
    until = FOREVER if known_until is None else micros(known_until)
    whole = tuple(bool(edge <= until) for edge in buckets.edges[1:])
    return CompositionAnswer(p, buckets, labels, shown, other, whole, owner, part[code], bucket, last)


def _last(key: Ints, given: Flags) -> Flags:
    """The one occurrence of each key that tells its value: the last with one given, else the last of all."""
    found = np.zeros(len(key), np.bool_)
    if len(key):
        place = np.arange(len(key))
        begins = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1])))
        with_value = np.maximum.reduceat(np.where(given, place, -1), begins)
        ends = np.append(begins[1:], len(key)) - 1
        found[np.where(with_value >= 0, with_value, ends)] = True
    return found


def _largest(labels: tuple[str, ...], figures: Floats, rows: Ints, top: int) -> tuple[tuple[str, ...], Ints, bool]:
    """The parts to show, the part of each value (-1: it does not occur), and whether the last part is all others.

    One value beyond the limit is shown rather than called 'other': it takes no more room.
    """
    present = [g for g in range(len(labels)) if rows[g]]
    order = sorted(present, key=lambda g: (-figures[g, -1], labels[g]))
    part = np.full(len(labels), -1, np.int64)
    few = len(order) <= top + 1
    for place, g in enumerate(order):
        part[g] = place if few else min(place, top)
    names = tuple(labels[g] for g in (order if few else order[:top]))
    return (names if few else (*names, OTHER)), part, not few
