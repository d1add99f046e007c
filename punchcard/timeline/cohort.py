"""Cohort: members by what they did, how often, when and in which order; rules combined with all, any and not."""

from datetime import datetime, timedelta

import numpy as np

from punchcard.errors import QueryError, did_you_mean
from punchcard.period import Period
from punchcard.timeline.asked.cohort import AllOf, AnyOf, Did, DidInOrder, DidNth, Listed, NotOf, Rule, Same, Span
from punchcard.timeline.axis import DAY, instant, micros
from punchcard.timeline.funnel import funnel
from punchcard.timeline.kernels import Flags, Ints, in_ranges
from punchcard.timeline.kernels.cohorts import did, nth_times
from punchcard.timeline.pick import Condition, Pick
from punchcard.timeline.read import EVERYONE, Scope, Timeline
from punchcard.timeline.retention import NO_NUMBERS, as_numbers
from punchcard.timeline.steps import Funnel, Step

FOREVER = int(np.iinfo(np.int64).max)
EVER = int(np.iinfo(np.int64).min)


class Cohorts:
    """Members by rules, as of one moment: whom each rule means. What was found is kept."""

    def __init__(
        self,
        timeline: Timeline,
        moment: datetime,
        named: dict[str, Rule] | None = None,
        where: tuple[Condition, ...] = (),
    ) -> None:
        self.timeline = timeline
        self.moment = micros(moment)
        self.named = named or {}
        self.scope = Scope(EVERYONE, where)
        self._found: dict[Rule, Flags] = {}
        self._open: list[str] = []
        self.first_use = self._nth(Pick(), 1)
        self.known = self.first_use < self.moment

    def members(self, rule: Rule) -> Ints:
        """The members that a rule means, in order: as many as are counted."""
        return np.flatnonzero(self.flags(rule))

    def count(self, rule: Rule) -> int:
        """How many members a rule means."""
        return int(self.flags(rule).sum())

    def overlap(self, names: tuple[str, ...]) -> dict[frozenset[str], int]:
        """Of up to 12 cohorts, how many members are in exactly these and no others of them."""
        if len(names) > 12:
            raise QueryError(f"{len(names)} cohorts at once; the overlap of up to 12 can be read")
        code = np.zeros(self.timeline.members, np.int64)
        for place, name in enumerate(names):
            code |= self.flags(Same(name)).astype(np.int64) << place
        counts = np.bincount(code)
        return {
            frozenset(name for place, name in enumerate(names) if key >> place & 1): int(n)
            for key, n in enumerate(counts)
            if n and key
        }

    def flags(self, rule: Rule) -> Flags:
        """For each member, whether a rule means them."""
        if rule not in self._found:
            self._found[rule] = self._evaluated(rule)
        return self._found[rule]

    def _evaluated(self, rule: Rule) -> Flags:  # noqa: PLR0911  one for each kind of rule
        match rule:
            case Did():
                return self._did(rule) & self.known
            case DidNth():
                return self._did_nth(rule)
            case DidInOrder():
                return self._in_order(rule)
            case Listed():
                found = np.zeros(self.timeline.members, np.bool_)
                found[[m for m in rule.members if 0 <= m < len(found)]] = True
                return found
            case Same():
                return self._same(rule.cohort)
            case AllOf():
                return np.all([self.flags(part) for part in rule.rules], axis=0)
            case AnyOf():
                return np.any([self.flags(part) for part in rule.rules], axis=0)
            case NotOf():
                return self.known & ~self.flags(rule.rule)

    def _same(self, name: str) -> Flags:
        rule = self.named.get(name)
        if rule is None:
            raise QueryError(f"there is no cohort '{name}'{did_you_mean(name, self.named)}")
        if name in self._open:
            raise QueryError(f"the cohort '{name}' is defined by itself: {' -> '.join((*self._open, name))}")
        self._open.append(name)
        try:
            return self.flags(rule)
        finally:
            self._open.pop()

    def _bounds(self, span: Span) -> tuple[Ints, Ints]:
        """From when to when (exclusive), for each member."""
        calendar, members = self.timeline.calendar, self.timeline.members
        low, high = EVER, self.moment
        if span.last_days:
            low = max(low, self.moment - span.last_days * DAY)
        if span.since:
            low = max(low, micros(calendar.midnight(span.since)))
        if span.until:
            high = min(high, micros(calendar.midnight(span.until + timedelta(days=1))))
        lows, highs = np.full(members, low, np.int64), np.full(members, high, np.int64)
        if span.within_days_of_first_use:
            lows = np.maximum(lows, self.first_use)
            born = np.minimum(self.first_use, FOREVER - 367 * DAY)
            highs = np.minimum(highs, born + span.within_days_of_first_use * DAY)
        return lows, highs

    def _did(self, rule: Did) -> Flags:
        track = self.timeline.track(self.scope.pick(rule.activity))
        low, high = self._bounds(rule.when)
        value = NO_NUMBERS
        if rule.sum_of:
            value = as_numbers(self.timeline, rule.sum_of, self.timeline.values(track, rule.sum_of))
        days = (
            self._days(track.time[track.starts[0] : track.starts[-1]])
            if rule.count == "days"
            else np.empty(0, np.int64)
        )
        times, on_days = np.zeros(track.members, np.int64), np.zeros(track.members, np.int64)
        added = np.zeros(track.members, np.float64)
        in_ranges(
            track.members,
            lambda a, b: did(a, b, track.starts, track.time, low, high, days, value, times, on_days, added),
        )
        counted = {"times": times, "days": on_days, "sum": added}[rule.count]
        match rule.compare:
            case "at_least":
                return counted >= rule.times
            case "at_most":
                return counted <= rule.times
            case "exactly":
                return counted == rule.times

    def _days(self, times: Ints) -> Ints:
        if not len(times):
            return np.array([0, 1], np.int64)
        calendar = self.timeline.calendar
        day, last = calendar.day(instant(int(times.min()))), calendar.day(instant(int(times.max())))
        edges = list[int]()
        while day <= last + timedelta(days=1):
            edges.append(micros(calendar.midnight(day)))
            day += timedelta(days=1)
        return np.array(edges, np.int64)

    def _nth(self, pick: Pick, n: int) -> Ints:
        track = self.timeline.track(self.scope.pick(pick))
        found = np.full(track.members, FOREVER, np.int64)
        in_ranges(track.members, lambda a, b: nth_times(a, b, track.starts, track.time, n, found))
        return found

    def _did_nth(self, rule: DidNth) -> Flags:
        time = self._nth(rule.activity, rule.n)
        low, high = self._bounds(rule.when)
        return (time >= low) & (time < high)

    def _in_order(self, rule: DidInOrder) -> Flags:
        if rule.when.within_days_of_first_use:
            raise QueryError("a sequence within days of first use is not possible; give its window and a span of days")
        low, high = self._bounds(rule.when)
        start = instant(max(int(low[0]), -(10**15))) if len(low) else instant(0)
        period = Period(start, max(instant(int(high[0])), start + timedelta(microseconds=1)))
        steps = tuple(Step(pick.activity, pick.where) for pick in rule.activities)
        question = Funnel(steps=steps, window=rule.window, finish="period", where=self.scope.where)
        found = np.zeros(self.timeline.members, np.bool_)
        found[funnel(self.timeline, question, period).members(len(steps))] = True
        return found
