"""Retention: of those who did one thing, how many came back to do another, by time since."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from punchcard.errors import QueryError
from punchcard.period import Calendar, Grain, Period
from punchcard.result import Cell, Column, Note, Result
from punchcard.stats.against import against
from punchcard.timeline.asked.retention import Retention
from punchcard.timeline.asked.segmentation import NONE
from punchcard.timeline.axis import MICROSECOND, Axis, axis, instant, micros
from punchcard.timeline.columns import AMOUNT_UNIT, NO_AMOUNT, Kind, Values
from punchcard.timeline.compared import COLUMNS, Compared, as_cells, base_of, corrected, in_words, left_out
from punchcard.timeline.funnel import touches
from punchcard.timeline.kernels import Codes, Flags, Floats, Ints, in_ranges
from punchcard.timeline.kernels.retention import BRACKETS, ON, ON_OR_AFTER, ON_OR_BEFORE, STREAK, retained
from punchcard.timeline.pick import of_members
from punchcard.timeline.read import ALL, Scope, Timeline, Track

NO_CODES = np.empty(0, np.int32)
NO_NUMBERS = np.empty(0, np.float64)
NO_FLAGS = np.empty(0, np.bool_)
FOREVER = int(np.iinfo(np.int64).max)

MODES = {"on": ON, "on_or_after": ON_OR_AFTER, "on_or_before": ON_OR_BEFORE, "brackets": BRACKETS, "streak": STREAK}
LENGTHS = {Grain.HOUR: 3_600, Grain.DAY: 86_400, Grain.WEEK: 604_800}


@dataclass(frozen=True, slots=True)
class _Passage:
    """All that the kernel needs."""

    start: Track
    returning: Track
    axis: Axis
    cohorts: int
    length: int
    until: int
    value: Floats
    group: Codes
    groups: int


@dataclass(frozen=True, slots=True)
class RetentionAnswer:
    """What one pass found; `cells[group, cohort, column]`, column 0 the cohort's size."""

    parameters: Retention
    passage: _Passage
    scope: Scope
    cells: Ints
    sums: Floats
    labels: tuple[str, ...]
    ripe: Flags

    @property
    def cohorts(self) -> tuple[date | datetime, ...]:
        """The first day (or hour) of each cohort."""
        return self.passage.axis.keys[: self.passage.cohorts]

    def members(self, cohort: int, column: int, group: int = 0) -> Ints:
        """The members (or units) of a cell: the same pass, asked who they are."""
        found = np.zeros(self.passage.start.members, np.bool_)
        _pass(self.parameters, self.passage, self.scope, (group, cohort, column), found)
        return np.flatnonzero(found)

    def mean(self, column: int, group: int = 0) -> float | None:
        """The share retained over the cohorts whose cell is complete, weighed by their size."""
        count, size = self.whole(column, group)
        return count / size if size else None

    def whole(self, column: int, group: int) -> tuple[int, int]:
        """How many came back, of how many, over the cohorts whose cell is complete."""
        ripe = self.ripe[:, column]
        return int(self.cells[group, ripe, column].sum()), int(self.cells[group, ripe, 0].sum())

    @property
    def groups(self) -> list[int]:
        """The groups to show: those that anybody is in, the largest first."""
        if self.parameters.breakdown is None:
            return list(range(len(self.labels)))
        sizes = self.cells[:, :, 0].sum(axis=1)
        return [int(g) for g in np.argsort(-sizes, kind="stable") if sizes[g]]

    def compared(self) -> tuple[int | None, dict[tuple[int, int], Compared]]:
        """The base, and by group and column (from 1) the share of the mean minus that of the base."""
        p = self.parameters
        sizes = {self.labels[g]: int(self.cells[g, :, 0].sum()) for g in self.groups}
        name = base_of(sizes, p.against, NONE) if p.breakdown is not None else None
        if name is None or not p.compares:
            return None, {}
        base, found = self.labels.index(name), dict[tuple[int, int], Compared]()
        others = [g for g in self.groups if g != base]
        for n in range(1, p.columns + 1):
            effects = against(self.whole(n, base), [self.whole(n, g) for g in others])
            found |= {(g, n): one for g, one in zip(others, effects, strict=True) if one is not None}
        return base, found

    def result(self, *, comparing: bool = True) -> Result:
        """One row for each cohort and column, and rows of the weighted mean (of groups, compared with one another)."""
        p, rows = self.parameters, list[tuple[Cell, ...]]()
        base, compared = self.compared() if comparing else (None, {})
        told = p.breakdown is not None
        several = told or len(self.labels) > 1
        for g in self.groups:
            head: tuple[Cell, ...] = (self.labels[g],) if several else ()
            for c, key in enumerate(self.cohorts):
                size = int(self.cells[g, c, 0])
                for n in range(p.columns + 1):
                    count = int(self.cells[g, c, n])
                    added = (float(self.sums[g, c, n]),) if p.sum_of else ()
                    title = "Cohort" if n == 0 else p.title(n)
                    share = count / size if size else None
                    nothing = as_cells(None) if told else ()
                    rows.append((*head, key, n, title, size, count, share, bool(self.ripe[c, n]), *added, *nothing))
            for n in range(1, p.columns + 1):
                count, size = self.whole(n, g)
                added = (float(self.sums[g, self.ripe[:, n], n].sum()),) if p.sum_of else ()
                against_base = as_cells(compared.get((g, n))) if told else ()
                rows.append((*head, None, n, p.title(n), size, count, self.mean(n, g), True, *added, *against_base))
        columns = (
            *((Column("value", p.breakdown or "Value", "label"),) if several else ()),
            Column("cohort", f"{str(p.grain).capitalize()} of the start", "time", str(p.grain)),
            Column("interval", "Interval", "label", "integer"),
            Column("title", "After", "label"),
            Column("size", "Cohort", "measure", "members"),
            Column("retained", "Came back", "measure", "members"),
            Column("retained_share", "Came back, share", "measure", "ratio", better="higher"),
            Column("complete", "Complete", "flag", of="retained"),
            *((Column("sum", p.sum_of, "measure", "number"),) if p.sum_of else ()),
            *(COLUMNS if told else ()),
        )
        notes = (
            ()
            if self.ripe.all()
            else (Note("unripe", "Cells whose time is not over are marked; the mean leaves them out."),)
        )
        return Result(columns, tuple(rows), (*notes, *self._verdicts(base, compared)))

    def _verdicts(self, base: int | None, compared: dict[tuple[int, int], Compared]) -> tuple[Note, ...]:
        """What the comparison says of the last column in which anything is complete."""
        p = self.parameters
        if p.breakdown is not None and not p.compares:
            several = "A member may be in many cohorts, so groups are not compared."
            return (Note("dependent", f"{several} Ask for first times only (cohort: first_time) to compare them."),)
        if base is None or not compared:
            return ()
        last = max(n for _, n in compared)
        found = {self.labels[g]: one for (g, n), one in compared.items() if n == last}
        small = left_out(len(self.groups) - 1 - len(found))
        said = f"{p.title(last)} against {self.labels[base]}{corrected(len(found))}: {in_words(found)}{small}."
        return (Note("compared", said, figures=True),)


def retention(
    timeline: Timeline,
    parameters: Retention,
    period: Period,
    scope: Scope = ALL,
    *,
    known_until: datetime | None = None,
    groups: tuple[Codes, tuple[str, ...]] | None = None,
) -> RetentionAnswer:
    """The retention table of the cohorts of a period; `groups` gives each member's group and the groups' names."""
    p = parameters
    scope = scope.narrowed(*p.where)
    if p.breakdown is not None and not of_members(p.breakdown):
        if groups:
            raise QueryError("break down either by a property of the start or by groups of members")
        kind, words = timeline.described(p.breakdown)
        if kind is not Kind.WORDS:
            raise QueryError(f"'{p.breakdown}' holds numbers; break down by a property of text")
        groups = touches(timeline, [p.start], p.breakdown, period, scope), (*words, NONE)
    if p.unit and (groups or len(scope.members)):
        raise QueryError(f"values of '{p.unit}' are counted, which have no members to divide or to leave out")
    rows = axis(period, Grain(p.grain), timeline.calendar)
    most = max(p.last_bucket(n) for n in range(1, p.columns + 1))
    start, back = (timeline.track(scope.pick(pick), p.unit) for pick in (p.start, p.returning))
    # Whoever came back at any later time came back "on or after": the axis then reaches to the last return.
    beyond = int(back.time.max()) if p.mode == "on_or_after" and len(back.time) else 0
    whole = extended(rows, most, Grain(p.grain), timeline.calendar, beyond)
    value = NO_NUMBERS
    if p.sum_of:
        value = as_numbers(timeline, p.sum_of, timeline.row_values(back.rows(), p.sum_of))
    length = 0
    if p.clock == "rolling":
        length = -1 if p.grain == "month" else LENGTHS[Grain(p.grain)] * 1_000_000
    edges, until = whole, FOREVER if known_until is None else micros(known_until)
    if length < 0:
        until = int(local(np.array([until]), timeline.calendar)[0]) if known_until else FOREVER
        start, back = _local(start, timeline.calendar), _local(back, timeline.calendar)
        edges = Axis(whole.keys, local(whole.edges, timeline.calendar))
    codes, labels = groups or (NO_CODES, ("",))
    passage = _Passage(start, back, edges, len(rows), length, until, value, codes, len(labels))
    cells, sums = _pass(p, passage, scope, (-1, -1, -1), NO_FLAGS)
    return RetentionAnswer(p, passage, scope, cells, sums, labels, _ripe(p, whole, len(rows), length, known_until))


def _pass(p: Retention, it: _Passage, scope: Scope, wanted: tuple[int, int, int], found: Flags) -> tuple[Ints, Floats]:
    low = np.array([low for low, _ in p.brackets], np.int64)
    high = np.array([high for _, high in p.brackets], np.int64)
    parts = in_ranges(
        it.start.members,
        lambda a, b: retained(
            a, b, it.start.starts, it.start.time, it.returning.starts, it.returning.time, it.axis.edges, it.cohorts,
            p.columns, MODES[p.mode], low, high, p.cohort == "first_time", p.min_occurrences, it.length, it.until,
            it.value, it.group, it.groups, scope.members, wanted, found,
        ),
    )  # fmt: skip
    return np.sum([part[0] for part in parts], axis=0), np.sum([part[1] for part in parts], axis=0)


def _ripe(p: Retention, whole: Axis, cohorts: int, length: int, known_until: datetime | None) -> Flags:
    """Which cells are over by the moment up to which everything is known."""
    ripe = np.ones((cohorts, p.columns + 1), np.bool_)
    if known_until is None:
        return ripe
    until = micros(known_until)
    for c in range(cohorts):
        for n in range(p.columns + 1):
            last = c + (p.last_bucket(n) if n else 0)
            end = int(whole.edges[last + 1])
            if length > 0:
                end = int(whole.edges[c + 1]) + (p.last_bucket(n) + 1) * length if n else end
            elif length < 0 and n:
                # The last who began in the month are complete one month after the calendar's bucket.
                end = int(whole.edges[min(last + 2, len(whole.edges) - 1)])
            ripe[c, n] = end <= until
    return ripe


def extended(rows: Axis, most: int, grain: Grain, calendar: Calendar, beyond: int = 0) -> Axis:
    """An axis with so many buckets more (and one, so that the end of the last is known), or more until past a time."""
    keys, edges = list(rows.keys), [int(edge) for edge in rows.edges]
    key = _next(keys[-1], grain, calendar)
    while len(keys) <= len(rows) + most or edges[-1] <= beyond:
        keys.append(key)
        key = _next(key, grain, calendar)
        edges.append(micros(key if isinstance(key, datetime) else calendar.midnight(key)))
    return Axis(tuple(keys), np.array(edges, np.int64))


def _next(key: date | datetime, grain: Grain, calendar: Calendar) -> date | datetime:
    return key + timedelta(hours=1) if isinstance(key, datetime) else calendar.next(key, grain)


def local(times: Ints, calendar: Calendar) -> Ints:
    """Instants as the local clock shows them, in microseconds since 1970."""
    if not len(times):
        return times
    first, last = instant(int(times.min())), instant(int(times.max()))
    edges, shifts = [int(times.min())], [_offset(first, calendar)]
    moment = first
    while moment < last:
        following = min(moment + timedelta(days=1), last)
        if _offset(following, calendar) != shifts[-1]:
            low, high = moment, following
            while high - low > MICROSECOND:
                middle = low + (high - low) // 2
                low, high = (middle, high) if _offset(middle, calendar) == shifts[-1] else (low, middle)
            edges.append(micros(high))
            shifts.append(_offset(high, calendar))
        moment = following
    return times + np.array(shifts, np.int64)[np.searchsorted(np.array(edges), times, side="right") - 1]


def _offset(moment: datetime, calendar: Calendar) -> int:
    shift = moment.astimezone(calendar.info).utcoffset()
    return 0 if shift is None else shift // MICROSECOND


def _local(track: Track, calendar: Calendar) -> Track:
    here = slice(int(track.starts[0]), int(track.starts[-1]))
    return Track(track.starts - track.starts[0], local(track.time[here], calendar), track.arrival[here], track.rows())


def as_numbers(timeline: Timeline, name: str, values: Values) -> Floats:
    """A column of a property that can be added up."""
    kind, _ = timeline.described(name)
    match kind:
        case Kind.WORDS:
            raise QueryError(f"'{name}' holds text and cannot be added up")
        case Kind.NUMBERS:
            return np.asarray(values, np.float64)
        case Kind.AMOUNTS:
            return np.where(values == NO_AMOUNT, np.nan, values / AMOUNT_UNIT)
