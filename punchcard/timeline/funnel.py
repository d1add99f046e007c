"""Funnel: how many members go through a row of steps, how long they take, and where they stop."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from punchcard.errors import QueryError
from punchcard.period import Period
from punchcard.result import Cell, Column, Note, Result
from punchcard.stats.against import against
from punchcard.timeline.asked.segmentation import NONE
from punchcard.timeline.attempts import Attempts, counted
from punchcard.timeline.axis import SECOND, spans
from punchcard.timeline.columns import AMOUNT_UNIT, Kind, given
from punchcard.timeline.compared import COLUMNS, Compared, as_cells, base_of, corrected, in_words, left_out
from punchcard.timeline.kernels import Codes, Flags, Floats, Ints, in_ranges
from punchcard.timeline.kernels.funnel import touched
from punchcard.timeline.pick import Pick, of_members
from punchcard.timeline.read import ALL, Scope, Timeline
from punchcard.timeline.steps import Funnel


@dataclass(frozen=True)
class FunnelAnswer:
    """What one pass found: the attempts that count, and the value of the breakdown of each."""

    parameters: Funnel
    timeline: Timeline
    counted: Attempts
    value: Codes
    labels: tuple[str, ...]

    def counts(self, value: int | None = None) -> list[int]:
        """How many reached each step, for one value of the breakdown or all."""
        steps = len(self.parameters.steps)
        if any(step.optional for step in self.parameters.steps):
            return [int(self._done(s, value).sum()) for s in range(steps)]
        if value is not None and not -1 <= value < len(self.labels):
            return [0] * steps
        by_reach = self._by_value.sum(axis=0) if value is None else self._by_value[value]
        return [int(count) for count in by_reach[::-1].cumsum()[::-1][1:]]

    @cached_property
    def _by_value(self) -> Ints:
        """Attempts by value (the last being none) and number of steps."""
        steps, values = len(self.parameters.steps), len(self.labels) + 1
        value = np.where(self.value < 0, values - 1, self.value)
        return np.bincount(value * (steps + 1) + self.counted.reach, minlength=values * (steps + 1)).reshape(values, -1)

    def members(self, step: int, value: int | None = None) -> Ints:
        """The members behind a count (step from 1), each once."""
        return np.unique(self.counted.member[self._done(step - 1, value)]).astype(np.int64)

    def dropped(self, step: int, value: int | None = None) -> Ints:
        """The members that reached the step before but not this one."""
        return np.setdiff1d(self.members(step - 1, value), self.members(step, value))

    def _done(self, step: int, value: int | None) -> Flags:
        any_order = self.parameters.order == "any"
        done = self.counted.reach > step if any_order else self.counted.places[:, step] >= 0
        return done if value is None else done & (self.value == value)

    def seconds(self, step: int, value: int | None = None, since: int | None = None) -> Floats:
        """For each that reached a step (from 1), the seconds since the step before, or since step `since`."""
        times = self.counted.times_sorted if self.parameters.order == "any" else self.counted.time
        earlier = since or self._mandatory_before(step)
        here = self.moved(earlier, step, value)
        return (times[here, step - 1] - times[here, earlier - 1]) / SECOND

    def moved(self, earlier: int, step: int, value: int | None = None) -> Flags:
        """Which of the attempts that count did both of two steps."""
        return self._done(step - 1, value) & self._done(earlier - 1, value)

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
        for s in range(len(self.parameters.steps)):
            here = self._done(s, value) & (self.counted.places[:, s] >= 0)
            values = self.timeline.row_values(self.counted.rows(s)[here], name)
            total = values[given(kind, values)].sum()
            found.append(float(total) / (AMOUNT_UNIT if kind is Kind.AMOUNTS else 1))
        return found

    @property
    def divided(self) -> bool:
        """Whether there is a breakdown."""
        return self.labels != ("",)

    @cached_property
    def groups(self) -> list[int]:
        """The values of the breakdown that anybody has, the largest first; -1 is none."""
        if not self.divided:
            return []
        return sorted(
            (int(value) for value in np.unique(self.value)), key=lambda value: (-self.counts(value)[0], value)
        )

    @property
    def base(self) -> int | None:
        """The group that others are compared with."""
        found = base_of(
            {self.label(value): self.counts(value)[0] for value in self.groups}, self.parameters.against, NONE
        )
        return next((value for value in self.groups if self.label(value) == found), None)

    def compared(self) -> dict[tuple[int, int], Compared]:
        """By group and step (from 2): the share of the first step minus that of the base, and p adjusted by Holm.

        Only for counts of members: attempts of one member depend on each other, and intervals would be too narrow.
        """
        base = self.base
        if base is None or self.parameters.count != "members":
            return {}
        counts = {value: self.counts(value) for value in self.groups}
        others = [value for value in self.groups if value != base]
        found: dict[tuple[int, int], Compared] = {}
        for step in range(1, len(self.parameters.steps)):
            shares = {value: (reached[step], reached[0]) for value, reached in counts.items()}
            effects = against(shares[base], [shares[value] for value in others])
            found |= {
                (value, step + 1): effect for value, effect in zip(others, effects, strict=True) if effect is not None
            }
        return found

    def result(self, *, comparing: bool = True) -> Result:
        """One row a step (and value of the breakdown, compared with one another)."""
        p = self.parameters
        rows: list[tuple[Cell, ...]] = []
        compared = self.compared() if comparing else {}
        for value in self.groups if self.divided else (None,):
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
                        *(() if value is None else as_cells(compared.get((value, s + 1)))),
                    )
                )
        by: tuple[Column, ...] = ()
        if self.divided:
            by = (Column("value", p.breakdown.property if p.breakdown else "Group", "label"),)
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
            *(COLUMNS if self.divided else ()),
        )
        return Result(columns, tuple(rows), (*self._notes(), *self._verdicts(compared)))

    def _verdicts(self, compared: dict[tuple[int, int], Compared]) -> tuple[Note, ...]:
        """What the comparison at the last step says, in words."""
        base = self.base
        if base is None or len(self.groups) < 2:
            return ()
        if self.parameters.count != "members":
            several = (
                f"{self.parameters.count.capitalize()} of one member depend on each other: groups are not compared."
            )
            return (Note("dependent", f"{several} Count members to compare them."),)
        last, first = len(self.parameters.steps), self.counts(base)[0]
        at_last = {self.label(value): one for (value, step), one in compared.items() if step == last}
        if not at_last:
            return ()
        small = left_out(len(self.groups) - 1 - len(at_last))
        many = corrected(len(at_last))
        said = f"Last step against {self.label(base)} ({first:,} began){many}: {in_words(at_last)}{small}."
        return (Note("compared", said, figures=True),)

    def label(self, value: int) -> str:
        """A value of the breakdown as a person reads it."""
        return self.labels[value] if value >= 0 else NONE

    def _notes(self) -> tuple[Note, ...]:
        if self.parameters.order == "any":
            return (Note("any_order", "Row n counts those who did any n of the steps."),)
        return ()


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def funnel(
    timeline: Timeline,
    parameters: Funnel,
    period: Period,
    scope: Scope = ALL,
    *,
    groups: tuple[Codes, tuple[str, ...]] | None = None,
) -> FunnelAnswer:
    """Who goes how far through the steps; `groups` gives each member's group and the groups' names, to divide by."""
    if groups and parameters.breakdown and not of_members(parameters.breakdown.property):
        raise QueryError("break down either by a property of the activities or by groups of members")
    if parameters.unit and (groups or parameters.breakdown or len(scope.members)):
        raise QueryError(f"values of '{parameters.unit}' are counted, which have no members to divide or to leave out")
    scope = scope.narrowed(*parameters.where)
    found = counted(timeline, parameters, period, scope)
    if groups:
        value, labels = groups[0][found.member], groups[1]
    else:
        value, labels = _breakdown(timeline, parameters, period, scope, found)
    return FunnelAnswer(parameters, timeline, found, value, labels)


def _breakdown(
    timeline: Timeline, p: Funnel, period: Period, scope: Scope, found: Attempts
) -> tuple[Codes, tuple[str, ...]]:
    if p.breakdown is None:
        return np.zeros(len(found.member), np.int32), ("",)
    kind, labels = timeline.described(p.breakdown.property)
    if kind is not Kind.WORDS:
        raise QueryError(f"'{p.breakdown.property}' holds numbers; break down by a property of text")
    if p.breakdown.attribution == "step":
        rows = found.rows(p.breakdown.step - 1)
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
    return by_member[found.member], labels


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
