"""Impact: what members do in the weeks before and after they do something for the first time."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from punchcard.period import Period
from punchcard.result import Cell, Column, Note, Result
from punchcard.stats.estimate import Interval
from punchcard.stats.mean import mean_interval
from punchcard.stats.moments import Moments
from punchcard.stats.proportion import wilson
from punchcard.timeline.asked.impact import CAUTION, Impact
from punchcard.timeline.axis import DAY, micros, spans
from punchcard.timeline.done import nth, spans_of, within
from punchcard.timeline.kernels import Flags, Floats, Ints
from punchcard.timeline.pick import Pick
from punchcard.timeline.read import ALL, Scope, Timeline, Track
from punchcard.timeline.retention import FOREVER, NO_NUMBERS, as_numbers

LENGTHS = {"day": DAY, "week": 7 * DAY}
FEW = 30  # members; an average of fewer tells of these few only


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket: the members observed for all of it, how many of them did it, and what they did in sum."""

    interval: int
    observed: int
    did: int
    total: float
    figure: float | None
    bounds: Interval | None


@dataclass(frozen=True, slots=True)
class ImpactAnswer:
    """The members aligned at their first time, and what is counted around it."""

    parameters: Impact
    track: Track
    value: Floats
    member: Ints
    moment: Ints
    known_from: Ints
    known_until: int

    @property
    def _length(self) -> int:
        return LENGTHS[self.parameters.grain]

    def _edges(self, interval: int) -> tuple[Ints, Ints]:
        """From when to when (exclusive) a bucket lasts, for each aligned member."""
        low = self.moment + (interval if interval < 0 else interval - 1) * self._length
        return low, low + self._length

    def _observed(self, first: int, last: int) -> Flags:
        return (self.known_from <= self._edges(first)[0]) & (self._edges(last)[1] <= self.known_until)

    @property
    def throughout(self) -> Flags:
        """Of the aligned members, those that are observed for all buckets."""
        return self._observed(-self.parameters.before, self.parameters.after)

    def _in(self, interval: int) -> Flags:
        whole = self.parameters.observed == "throughout"
        return self.throughout if whole else self._observed(interval, interval)

    def _done(self, first: int, last: int, chosen: Flags) -> tuple[Ints, Floats]:
        """How often, and for how much, each chosen member did it from the start of a bucket to the end of another."""
        low, high = self._edges(first)[0][chosen], self._edges(last)[1][chosen]
        if first == 1:
            low = low + 1  # not at the moment itself
        who = self.member[chosen]
        times, added = within(self.track, *spans_of(self.track.members, who, low, high), self.value)
        return times[who], added[who]

    def _counted(self, first: int, last: int, chosen: Flags) -> Floats:
        """What the measure counts, for each chosen member."""
        times, added = self._done(first, last, chosen)
        match self.parameters.measure:
            case "members_share":
                return (times > 0).astype(np.float64)
            case "times_per_member":
                return times.astype(np.float64)
            case "sum_per_member":
                return added

    def members(self, interval: int) -> Ints:
        """The members that did it in a bucket."""
        chosen = self._in(interval)
        times, _ = self._done(interval, interval, chosen)
        return self.member[chosen][times > 0]

    def bucket(self, interval: int) -> Bucket:
        """The figure of one bucket."""
        chosen = self._in(interval)
        times, added = self._done(interval, interval, chosen)
        observed, did = int(chosen.sum()), int((times > 0).sum())
        if self.parameters.measure == "members_share":
            bounds = wilson(did, observed) if observed else None
            return Bucket(interval, observed, did, float(did), did / observed if observed else None, bounds)
        counted = added if self.parameters.of else times.astype(np.float64)
        total = float(counted.sum())
        return Bucket(interval, observed, did, total, total / observed if observed else None, _bounds(counted))

    def result(self) -> Result:
        """One row a bucket."""
        p = self.parameters
        rows: list[tuple[Cell, ...]] = []
        for n in p.intervals:
            one = self.bucket(n)
            bounds = (None, None) if one.bounds is None else (one.bounds.low, one.bounds.high)
            added = () if p.measure == "members_share" else (one.total if p.of else int(one.total),)
            rows.append((n, one.figure, *bounds, one.did, one.observed, *added))
        titles = {
            "members_share": "Share of members",
            "times_per_member": "Times per member",
            "sum_per_member": f"{p.of} per member",
        }
        unit = "ratio" if p.measure == "members_share" else "number"
        total = (
            ()
            if p.measure == "members_share"
            else (Column("sum", p.of or "Times", "measure", "number" if p.of else "count"),)
        )
        columns = (
            Column("interval", f"{p.grain.capitalize()}s from the first time", "label", "integer"),
            Column("figure", titles[p.measure], "measure", unit),
            Column("low", "95 % from", "low", unit, of="figure"),
            Column("high", "95 % to", "high", unit, of="figure"),
            Column("did", "Did it", "measure", "members"),
            Column("observed", "Observed", "measure", "members"),
            *total,
        )
        return Result(columns, tuple(rows), self._notes())

    def _notes(self) -> tuple[Note, ...]:
        p, caution = self.parameters, Note("association", CAUTION)
        if not len(self.member):
            return (caution, Note("empty", "Nobody did it for the first time in the period."))
        if p.of and len(self.value) and np.isnan(self.value).all():
            return (caution, Note("no_values", f"'{p.of}' is given nowhere for {p.then.sentence()}: every sum is 0."))
        return (caution, Note("summary", self._summary(), figures=True))

    def _summary(self) -> str:
        """Before against after, among those observed throughout: each member is compared with themselves."""
        p, chosen = self.parameters, self.throughout
        n, all_ = int(chosen.sum()), len(self.member)
        said = f"{all_:,} members did it for the first time, {n:,} of them are observed for all buckets"
        if n < FEW:
            return f"{said}: too few (under {FEW}) to compare before with after."
        before = sum((self._counted(k, k, chosen) for k in p.intervals if k < 0), np.zeros(n)) / p.before
        after = sum((self._counted(k, k, chosen) for k in p.intervals if k > 0), np.zeros(n)) / p.after
        bounds = _bounds(after - before)
        sure = "" if bounds is None else f", from {bounds.low:+.4g} to {bounds.high:+.4g} with 95 %"
        return (
            f"{said}: {before.mean():.4g} in the average {p.grain} before, {after.mean():.4g} after"
            f" (difference {(after - before).mean():+.4g}{sure}; each compared with themselves)."
        )


def _bounds(values: Floats) -> Interval | None:
    """The interval of a mean; none where there is no spread to tell it from."""
    if len(values) < 2 or values.min() == values.max():
        return None
    return mean_interval(Moments.of(values))


def impact(
    timeline: Timeline,
    parameters: Impact,
    period: Period,
    scope: Scope = ALL,
    *,
    known_until: datetime | None = None,
) -> ImpactAnswer:
    """Members aligned at the first time that they did something, if that lies in the period."""
    p, everything = parameters, Pick()
    known = nth(timeline.track(everything))
    scope = scope.narrowed(*p.where)
    begin, end = spans(period)
    first = nth(timeline.track(scope.pick(p.first)))
    aligned = (first >= begin) & (first < end)
    if len(scope.members):
        aligned &= scope.members
    member = np.flatnonzero(aligned).astype(np.int64)
    track = timeline.track(scope.pick(p.then))
    value = as_numbers(timeline, p.of, timeline.values(track, p.of)) if p.of else NO_NUMBERS
    until = FOREVER if known_until is None else micros(known_until)
    return ImpactAnswer(p, track, value, member, first[member], known[member], until)
