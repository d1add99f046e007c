"""Funnel: how many members go through a row of steps, how long they take, and where they stop."""

from dataclasses import dataclass

import numpy as np

from punchcard.errors import QueryError
from punchcard.period import Period
from punchcard.result import Cell, Column, Note, Result
from punchcard.timeline.attempts import Attempts, best, follow
from punchcard.timeline.axis import SECOND, spans
from punchcard.timeline.columns import AMOUNT_UNIT, Kind, given
from punchcard.timeline.kernels import Codes, Floats, Ints, in_ranges
from punchcard.timeline.kernels.funnel import touched
from punchcard.timeline.pick import Pick
from punchcard.timeline.read import ALL, Scope, Timeline
from punchcard.timeline.steps import Funnel


@dataclass(frozen=True, slots=True)
class FunnelAnswer:
    """What one pass found: the attempts that count, and the value of the breakdown of each."""

    parameters: Funnel
    timeline: Timeline
    counted: Attempts
    value: Codes
    labels: tuple[str, ...]

    def counts(self, value: int | None = None) -> list[int]:
        """How many reached each step, for one value of the breakdown or all."""
        return [int(done.sum()) for done in self._done(value)]

    def members(self, step: int, value: int | None = None) -> Ints:
        """The members behind a count (step from 1), each once."""
        return np.unique(self.counted.member[self._done(value)[step - 1]]).astype(np.int64)

    def dropped(self, step: int, value: int | None = None) -> Ints:
        """The members that reached the step before but not this one."""
        return np.setdiff1d(self.members(step - 1, value), self.members(step, value))

    def _done(self, value: int | None) -> list[np.ndarray]:
        here = np.ones(len(self.value), np.bool_) if value is None else self.value == value
        attempts = self.counted
        if self.parameters.order == "any":
            return [here & (attempts.reach > s) for s in range(len(self.parameters.steps))]
        return [here & (attempts.rows[:, s] >= 0) for s in range(len(self.parameters.steps))]

    def seconds(self, step: int, value: int | None = None, since: int | None = None) -> Floats:
        """For each that reached a step (from 1), the seconds since the step before, or since step `since`."""
        times, done = self.counted.times(self.parameters.order == "any"), self._done(value)
        earlier = since or self._mandatory_before(step)
        here = done[step - 1] & done[earlier - 1]
        return (times[here, step - 1] - times[here, earlier - 1]) / SECOND

    def _mandatory_before(self, step: int) -> int:
        earlier = step - 1
        while self.parameters.steps[earlier - 1].optional:
            earlier -= 1
        return earlier

    def sums(self, value: int | None = None) -> list[float]:
        """The sum of `sum_of` over the occurrences that were each step."""
        name = self.parameters.sum_of
        if name is None:
            return []
        kind, _ = self.timeline.described(name)
        if kind is Kind.WORDS:
            raise QueryError(f"'{name}' holds text and cannot be added up")
        found: list[float] = []
        for s, done in enumerate(self._done(value)):
            values = self.timeline.row_values(self.counted.rows[done & (self.counted.rows[:, s] >= 0), s], name)
            total = values[given(kind, values)].sum()
            found.append(float(total) / (AMOUNT_UNIT if kind is Kind.AMOUNTS else 1))
        return found

    def result(self) -> Result:
        """One row a step (and value of the breakdown)."""
        p = self.parameters
        rows: list[tuple[Cell, ...]] = []
        divided: list[int | None] = [None] if p.breakdown is None else [int(v) for v in np.unique(self.value)]
        for value in divided:
            counts, sums = self.counts(value), self.sums(value)
            for s, step in enumerate(p.steps):
                seconds = self.seconds(s + 1, value) if s else np.empty(0)
                head: tuple[Cell, ...] = () if value is None else (self.label(value),)
                rows.append(
                    (
                        *head,
                        step.title,
                        counts[s],
                        _share(counts[s], counts[0]),
                        _share(counts[s], counts[self._mandatory_before(s + 1) - 1]) if s else None,
                        float(np.median(seconds)) if len(seconds) else None,
                        float(seconds.mean()) if len(seconds) else None,
                        *([sums[s]] if sums else []),
                    )
                )
        by = () if p.breakdown is None else (Column("value", p.breakdown.property, "label"),)
        added = (Column("sum", p.sum_of, "measure", "number"),) if p.sum_of else ()
        columns = (
            *by,
            Column("step", "Step", "label"),
            Column("count", p.count.capitalize(), "measure", "members" if p.count == "members" else p.count),
            Column("of_first_share", "Of the first step", "measure", "ratio"),
            Column("of_previous_share", "Of the step before", "measure", "ratio"),
            Column("median_seconds", "Median time", "measure", "seconds"),
            Column("mean_seconds", "Mean time", "measure", "seconds"),
            *added,
        )
        return Result(columns, tuple(rows), self._notes())

    def label(self, value: int) -> str:
        """A value of the breakdown as a person reads it."""
        return self.labels[value] if value >= 0 else "(none)"

    def _notes(self) -> tuple[Note, ...]:
        if self.parameters.order == "any":
            return (Note("any_order", "Row n counts those who did any n of the steps."),)
        return ()


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def funnel(timeline: Timeline, parameters: Funnel, period: Period, scope: Scope = ALL) -> FunnelAnswer:
    """Who goes how far through the steps."""
    scope = scope.narrowed(*parameters.where)
    counted = best(follow(timeline, parameters, period, scope), parameters.order, parameters.count)
    value, labels = _breakdown(timeline, parameters, period, scope, counted)
    return FunnelAnswer(parameters, timeline, counted, value, labels)


def _breakdown(
    timeline: Timeline, p: Funnel, period: Period, scope: Scope, counted: Attempts
) -> tuple[Codes, tuple[str, ...]]:
    if p.breakdown is None:
        return np.zeros(len(counted.member), np.int32), ("",)
    kind, labels = timeline.described(p.breakdown.property)
    if kind is not Kind.WORDS:
        raise QueryError(f"'{p.breakdown.property}' holds numbers; break down by a property of text")
    if p.breakdown.attribution == "step":
        rows = counted.rows[:, p.breakdown.step - 1]
        value = np.full(len(rows), -1, np.int32)
        value[rows >= 0] = timeline.row_values(rows[rows >= 0], p.breakdown.property)
        return value, labels
    by_member = touches(
        timeline,
        [step.pick for step in p.steps],
        p.breakdown.property,
        period,
        scope,
        last=p.breakdown.attribution == "last_touch",
    )
    return by_member[counted.member], labels


def touches(
    timeline: Timeline,
    picks: list[Pick],
    name: str,
    period: Period,
    scope: Scope = ALL,
    *,
    last: bool = False,
) -> Codes:
    """For each member, the first or last given value of a property among some occurrences in the period; -1 if none."""
    begin, until = spans(period)
    found = np.full(timeline.members, -1, np.int32)
    when = np.zeros((timeline.members, 2), np.int64)
    for track in {id(t): t for t in (timeline.track(scope.pick(pick)) for pick in picks)}.values():
        values = np.asarray(timeline.values(track, name), np.int32)
        place = np.empty(track.members, np.int64)
        in_ranges(
            track.members,
            lambda a, b, t=track, v=values, p=place: touched(a, b, t.starts, t.time, begin, until, v, last, p),
        )
        there = np.flatnonzero(place >= 0)
        here = place[there]
        time, arrival = track.time[here], track.arrival[here]
        seen = found[there] >= 0
        earlier = (time < when[there, 0]) | ((time == when[there, 0]) & (arrival < when[there, 1]))
        better = ~seen | (earlier != last)
        chosen = there[better]
        found[chosen] = values[here[better] - track.starts[0]]
        when[chosen, 0], when[chosen, 1] = time[better], arrival[better]
    return found
