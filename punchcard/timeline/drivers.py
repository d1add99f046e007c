"""Drivers: which early behaviour goes with coming back, found in one half of the members and proven in the other."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from punchcard.period import Period
from punchcard.result import Cell, Column, Note, Result
from punchcard.stats.against import effect_of
from punchcard.stats.estimate import Effect
from punchcard.stats.multiple import benjamini_hochberg
from punchcard.timeline.asked.drivers import Drivers
from punchcard.timeline.axis import DAY, micros, spans
from punchcard.timeline.done import nth, spans_of, within
from punchcard.timeline.kernels import Flags, Ints
from punchcard.timeline.pick import Pick
from punchcard.timeline.read import ALL, Scope, Timeline
from punchcard.timeline.retention import FOREVER

THRESHOLD = 0.05  # the expected share of false findings among the discovered


@dataclass(frozen=True, slots=True)
class Half:
    """One half of the members, of one behaviour: (retained, members) of those without it and with it."""

    without: tuple[int, int]
    having: tuple[int, int]

    def effect(self, fewest: int) -> Effect | None:
        """The difference in retention; none if there are too few, or nobody differs."""
        return None if min(self.without[1], self.having[1]) < fewest else effect_of(self.without, self.having)


@dataclass(frozen=True, slots=True)
class Tested:
    """A behaviour in both halves; `p` is adjusted for all that were tested."""

    behaviour: Pick
    times: int
    halves: tuple[Half, Half]
    discovery: Effect
    validation: Effect
    p: float

    @property
    def discovered(self) -> bool:
        """Whether the first half shows it."""
        return self.p <= THRESHOLD

    @property
    def driver(self) -> bool:
        """Whether the second half, asked only about what the first one showed, shows the same."""
        return self.discovered and self.validation.proven and self.validation.value * self.discovery.value > 0


@dataclass(frozen=True, slots=True)
class DriversAnswer:
    """Every behaviour that could be tested, drivers first and then by how surely it was discovered."""

    parameters: Drivers
    tested: tuple[Tested, ...]
    member: Ints
    second: Flags
    retained: Flags
    waiting: int
    untested: int
    name: Callable[[Pick], str]
    done: Callable[[Pick], Ints]

    def label(self, one: Tested) -> str:
        """A behaviour as the label of a row, the number first: long names are cut."""
        return f"{one.times}+ × {self.name(one.behaviour)}"

    @property
    def shown(self) -> tuple[Tested, ...]:
        """The rows of the result."""
        return self.tested[: self.parameters.top]

    def members(self, place: int) -> Ints:
        """The members that did a behaviour, by its row."""
        one = self.shown[place]
        return self.member[self.done(one.behaviour) >= one.times]

    def result(self) -> Result:
        """One row a behaviour: the difference in the second half, and that in the first by which it was chosen."""
        rows: list[tuple[Cell, ...]] = []
        for one in self.shown:
            first, second = one.halves
            rows.append(
                (
                    self.label(one),
                    one.validation.value,
                    one.validation.interval.low,
                    one.validation.interval.high,
                    _share(second.having),
                    _share(second.without),
                    one.discovery.value,
                    one.discovery.interval.low,
                    one.discovery.interval.high,
                    one.p,
                    first.having[1] + second.having[1],
                    first.without[1] + second.without[1],
                    one.discovered,
                    one.driver,
                )
            )
        columns = (
            Column("behaviour", f"In the first {self.parameters.within_days} days", "label"),
            Column("validated", "Difference in retention, second half", "measure", "pp"),
            Column("low", "95 % from", "low", "pp", of="validated"),
            Column("high", "95 % to", "high", "pp", of="validated"),
            Column("with_share", "Retained with it", "measure", "ratio"),
            Column("without_share", "Retained without it", "measure", "ratio"),
            Column("discovery", "Difference, first half", "measure", "pp"),
            Column("discovery_low", "95 % from, first half", "low", "pp", of="discovery"),
            Column("discovery_high", "95 % to, first half", "high", "pp", of="discovery"),
            Column("p", "p, corrected for all tested", "measure", "number"),
            Column("members", "Members with it", "measure", "members"),
            Column("others", "Members without it", "measure", "members"),
            Column("discovered", "Discovered", "flag", "flag"),
            Column("proven", "Driver", "flag", "flag"),
        )
        return Result(columns, tuple(rows), self._notes())

    def _notes(self) -> tuple[Note, ...]:
        n, halves = len(self.member), (int((~self.second).sum()), int(self.second.sum()))
        notes = [Note("association", "A driver predicts who comes back; whether it makes them needs an experiment.")]
        said = (
            f"{n:,} members, {int(self.retained.sum()):,} of them retained; halves of {halves[0]:,} and {halves[1]:,}."
        )
        if self.waiting:
            said += f" {self.waiting:,} more have not had the time yet."
        notes.append(Note("members", said, figures=True))
        discovered, drivers = sum(one.discovered for one in self.tested), sum(one.driver for one in self.tested)
        told = f"{len(self.tested):,} behaviours tested, {discovered} discovered, {drivers} proven in the second half."
        if self.untested:
            told += f" {self.untested:,} were done (or left undone) by too few members to be tested."
        notes.append(Note("tested", told, figures=True))
        if not drivers:
            notes.append(Note("none_proven", "No behaviour is proven to go with coming back."))
        return tuple(notes)


def _share(half: tuple[int, int]) -> float:
    return half[0] / half[1]


def halved(member: Ints) -> Flags:
    """Which members belong to the second half: one bit of a fixed hash (splitmix64) of each one's number.

    >>> halved(np.arange(8)).tolist()
    [True, True, False, True, False, False, False, True]
    """
    mixed = member.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((mixed ^ (mixed >> np.uint64(31))) & np.uint64(1)).astype(np.bool_)


def drivers(
    timeline: Timeline,
    parameters: Drivers,
    period: Period,
    scope: Scope = ALL,
    *,
    known_until: datetime | None = None,
    name: Callable[[Pick], str] = Pick.sentence,
) -> DriversAnswer:
    """Early behaviour of those whose first use lies in the period, against who came back; `name` calls it in words."""
    p = parameters
    scope = scope.narrowed(*p.where)
    begin, end = spans(period)
    first = nth(timeline.track(scope.pick(p.start)))
    begun = (first >= begin) & (first < end)
    if len(scope.members):
        begun &= scope.members
    until = FOREVER if known_until is None else micros(known_until)
    ripe = begun.copy()
    ripe[begun] = first[begun] + p.to_day * DAY <= until
    member = np.flatnonzero(ripe).astype(np.int64)
    birth, second = first[member], halved(member)

    def done(pick: Pick) -> Ints:
        track = timeline.track(scope.pick(pick))
        low, high = spans_of(track.members, member, birth, birth + p.within_days * DAY)
        return within(track, low, high)[0][member]

    back = timeline.track(scope.pick(p.returning))
    low, high = spans_of(back.members, member, birth + p.from_day * DAY, birth + p.to_day * DAY)
    retained = within(back, low, high)[0][member] > 0
    candidates = p.candidates or tuple(Pick(activity) for activity in timeline.activities)
    found: list[tuple[Pick, int, tuple[Half, Half], Effect, Effect]] = []
    untested = 0
    for pick in candidates:
        counted = done(pick)
        for times in sorted(set(p.times)):
            having = counted >= times
            halves = tuple(_half(having[half], retained[half]) for half in (~second, second))
            discovery, validation = (half.effect(p.fewest) for half in halves)
            if discovery is None or validation is None:
                untested += 1
            else:
                found.append((pick, times, (halves[0], halves[1]), discovery, validation))
    adjusted = benjamini_hochberg([one[3].p for one in found]) if found else ()
    tested = [Tested(*one, float(p_value)) for one, p_value in zip(found, adjusted, strict=True)]
    tested.sort(key=lambda one: (not one.driver, -abs(one.validation.value) if one.driver else one.p))
    waiting = int(begun.sum()) - len(member)
    return DriversAnswer(p, tuple(tested), member, second, retained, waiting, untested, name, done)


def _half(having: Flags, retained: Flags) -> Half:
    return Half(
        (int((retained & ~having).sum()), int((~having).sum())), (int((retained & having).sum()), int(having.sum()))
    )
