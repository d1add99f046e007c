"""Attempts at a funnel: found by the fitting kernel, then reduced to those that count."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from punchcard.errors import QueryError
from punchcard.period import Period
from punchcard.timeline.axis import SECOND, spans
from punchcard.timeline.columns import Kind
from punchcard.timeline.kernels import Bytes, Codes, Ints, in_ranges
from punchcard.timeline.kernels.funnel import CLEAN, CROSSED, attempts, furthest, strict_attempts
from punchcard.timeline.kernels.sessions import session_numbers
from punchcard.timeline.pick import Pick
from punchcard.timeline.read import IDENTITY, Scope, Timeline, Track, Tracks, stacked
from punchcard.timeline.steps import Funnel

NEVER = np.iinfo(np.int64).max
ALWAYS = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class _When:
    """Attempts begin in [begin, end), end before `until`, and take at most `window` on their clock."""

    begin: int
    end: int
    until: int
    window: int


@dataclass(frozen=True)
class Attempts:
    """Attempts: whose, how many steps, whether an exclusion crossed it, and the place of each step in `tracks`.

    A step that was not done has place -1. What costs a pass over them is worked out when it is asked for.
    """

    tracks: Tracks
    member: Codes
    reach: Bytes
    state: Bytes
    places: Ints
    begins: Ints
    session: Ints

    def take(self, chosen: Ints) -> "Attempts":
        """Some of them."""
        return Attempts(
            self.tracks,
            self.member[chosen],
            self.reach[chosen],
            self.state[chosen],
            self.places[chosen],
            self.begins[chosen],
            self.session[chosen] if len(self.session) else self.session,
        )

    def rows(self, step: int) -> Ints:
        """The timeline's row of a step (from 0), -1 where it was not done."""
        place = self.places[:, step]
        return np.where(place >= 0, self.tracks.rows(np.maximum(place, 0)), -1) if len(self.tracks.row) else place

    @cached_property
    def time(self) -> Ints:
        """The time of each step; 0 where it was not done."""
        done = self.places >= 0
        found = np.zeros(self.places.shape, np.int64)
        found[done] = self.tracks.time[self.places[done]]
        return found

    @cached_property
    def times_sorted(self) -> Ints:
        """The time at which each number of steps was reached."""
        ordered = np.where(self.places >= 0, self.time, NEVER)
        ordered.sort(axis=1)
        return ordered

    @property
    def begun(self) -> Ints:
        """When each began."""
        return self.tracks.time[self.begins]

    def ends(self) -> tuple[Ints, Ints]:
        """When each took its last step, and the arrival number of that."""
        done = self.places >= 0
        arrival = np.full(self.places.shape, ALWAYS)
        arrival[done] = self.tracks.arrival[self.places[done]]
        ended = np.where(done, self.time, ALWAYS).max(axis=1, initial=ALWAYS)
        return ended, np.where(self.time == ended[:, None], arrival, ALWAYS).max(axis=1, initial=ALWAYS)


def counted(timeline: Timeline, p: Funnel, period: Period, scope: Scope) -> Attempts:
    """The attempts of a funnel that count."""
    plain = p.order == "ordered" and p.count == "members" and p.window.unit != "session" and not p.hold
    if plain and p.tolerance_seconds is None and not any(step.optional for step in p.steps):
        return _furthest(_tracks(timeline, p, scope), p, scope, _when(p, period))
    found = follow(timeline, p, period, scope)
    if p.count == "attempts":
        return found.take(np.flatnonzero(found.state == CLEAN))
    return furthest_of(found, p.order, (found.member,) if p.count == "members" else (found.member, found.session))


def _tracks(timeline: Timeline, p: Funnel, scope: Scope) -> Tracks:
    return timeline.tracks([scope.pick(x.pick) for x in (*p.steps, *p.exclusions)], p.unit)


def _when(p: Funnel, period: Period) -> _When:
    begin, end = spans(period)
    return _When(begin, end, end if p.finish == "period" else NEVER, _window(p))


def follow(timeline: Timeline, p: Funnel, period: Period, scope: Scope) -> Attempts:
    """Every attempt of a funnel."""
    when = _when(p, period)
    if p.order == "strict":
        return _strict(timeline, p, scope, when)
    tracks = _tracks(timeline, p, scope)
    sessions = p.window.unit == "session" or p.count == "sessions"
    key, clock, session = IDENTITY, tracks.time, IDENTITY
    if p.hold or sessions:
        tracks = _copied(tracks)
        if sessions:
            session = _sessions(timeline, p, tracks.rows(np.arange(len(tracks.time))), scope)
            clock = session if p.window.unit == "session" else clock
        parts = [_key(timeline, name, tracks.row) for name in p.hold]
        if p.count == "sessions":
            parts.append(session)
        key = _combined(parts)
    tolerance = -1 if p.tolerance_seconds is None else round(p.tolerance_seconds * SECOND)
    optional = np.array([s.optional for s in p.steps])
    after_step, before_step = _bounds(p)
    found = in_ranges(
        tracks.members,
        lambda a, b: attempts(
            a, b, tracks.starts, tracks.which, len(p.steps), tracks.time, tracks.arrival, clock, when.window,
            when.begin, when.end, when.until, after_step, before_step, p.excluded == "leave", p.entry == "first",
            scope.members, p.order == "any", optional, tolerance, key, p.count == "attempts",
        ),
    )  # fmt: skip
    return _gathered(found, tracks, session)


def _window(p: Funnel) -> int:
    """The window on its clock: microseconds, or sessions after the first."""
    return p.window.n - 1 if p.window.unit == "session" else p.window.seconds * SECOND


def _bounds(p: Funnel) -> tuple[Ints, Ints]:
    after = np.array([x.after_step for x in p.exclusions], np.int64)
    return after, np.array([x.before_step for x in p.exclusions], np.int64)


def _furthest(tracks: Tracks, p: Funnel, scope: Scope, when: _When) -> Attempts:
    steps = len(p.steps)
    after_step, before_step = _bounds(p)
    found = in_ranges(
        tracks.members,
        lambda a, b: furthest(
            a, b, tracks.starts, tracks.which, steps, tracks.time, tracks.arrival, tracks.time, when.window, when.begin,
            when.end, when.until, after_step, before_step, p.excluded == "leave", p.entry == "first", scope.members,
        ),
    )  # fmt: skip
    member, reach, places = (_joined([part[i] for part in found]) for i in range(3))
    return Attempts(tracks, member, reach, np.zeros(len(member), np.int8), places, places[:, 0], IDENTITY)


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _copied(tracks: Tracks) -> Tracks:
    """The tracks in arrays of their own, so that other columns can be laid beside them."""
    distinct = np.unique(tracks.which)
    own = [tracks.track(int(np.flatnonzero(tracks.which == run)[0])) for run in distinct]
    if len(own) == 1 and len(tracks.row) and own[0].starts[0] == 0:
        return tracks
    row = [track.rows() for track in own]
    span = [slice(int(track.starts[0]), int(track.starts[-1])) for track in own]
    alone = [
        Track(track.starts - track.starts[0], track.time[s], track.arrival[s], r)
        for track, s, r in zip(own, span, row, strict=True)
    ]
    return stacked([alone[int(np.searchsorted(distinct, run))] for run in tracks.which])


def _sessions(timeline: Timeline, p: Funnel, rows: Ints, scope: Scope) -> Ints:
    """The session of each row, numbered by member over everything the member did."""
    if p.unit is not None:
        raise QueryError("sessions are those of members; they cannot be counted by another unit")
    every = timeline.track(Pick())
    number = session_numbers(every.starts, every.time, p.session_gap_minutes * 60 * SECOND)
    by_row = np.empty(int(every.row.max(initial=-1)) + 1, np.int64)
    by_row[every.row] = number
    return by_row[rows]


def _key(timeline: Timeline, name: str, rows: Ints) -> Ints:
    kind, _ = timeline.described(name)
    values = timeline.row_values(rows, name)
    if kind is Kind.WORDS:
        return values.astype(np.int64)
    _, codes = np.unique(values, return_inverse=True)
    return np.where(np.isnan(values) if kind is Kind.NUMBERS else values == np.iinfo(np.int64).min, -1, codes)


def _combined(parts: list[Ints]) -> Ints:
    """One code for each combination of codes; -1 where one of them is missing."""
    if not parts:
        return IDENTITY
    key = parts[0]
    for part in parts[1:]:
        missing = (key < 0) | (part < 0)
        key = np.where(missing, -1, key * (part.max(initial=0) + 1) + part)
    return key


def _strict(timeline: Timeline, p: Funnel, scope: Scope, when: _When) -> Attempts:
    if p.unit is not None:
        raise QueryError("a strict funnel counts members")
    track = timeline.track(scope.pick(Pick()))
    is_step = np.zeros(len(track.time), np.int64)
    for s, step in enumerate(p.steps):
        is_step |= timeline.holds(step.pick, track).astype(np.int64) << s
    is_exclusion = np.zeros(len(track.time), np.int64)
    for x in p.exclusions:
        levels = sum(1 << level for level in range(x.after_step, x.before_step))
        is_exclusion |= timeline.holds(x.pick, track).astype(np.int64) * levels
    session = IDENTITY
    clock, parts = track.time, [_key(timeline, name, track.row) for name in p.hold]
    if p.window.unit == "session" or p.count == "sessions":
        session = _sessions(timeline, p, track.row, scope)
        clock = session if p.window.unit == "session" else clock
        parts += [session] if p.count == "sessions" else []
    key = _combined(parts)
    found = in_ranges(
        track.members,
        lambda a, b: strict_attempts(
            a, b, track.starts, track.time, clock, len(p.steps), when.window, when.begin, when.end, when.until,
            is_step, is_exclusion, p.excluded == "leave", p.entry == "first", scope.members, key,
        ),
    )  # fmt: skip
    return _gathered(found, stacked([track]), session)


def _gathered(parts: list[tuple[Codes, Bytes, Bytes, Ints, Ints]], tracks: Tracks, session: Ints) -> Attempts:
    """The findings of all ranges."""
    member, reach, state, places, begins = (_joined([part[i] for part in parts]) for i in range(5))
    return Attempts(tracks, member, reach, state, places, begins, session[begins] if len(session) else IDENTITY)


def furthest_of(found: Attempts, order: str, groups: tuple[np.ndarray, ...]) -> Attempts:
    """The furthest attempt of each group, which leaves if an exclusion crossed it and no other got as far.

    In any order a crossed attempt is void, and the others of the group decide.
    """
    if order == "any":
        found, groups = _clean(found, groups)
        first = np.lexsort((np.arange(len(found.member)), -found.reach.astype(np.int64), *reversed(groups)))
    else:
        ended, arrival = found.ends()
        first = np.lexsort(
            (-found.begun, arrival, ended, found.state > CLEAN, -found.reach.astype(np.int64), *reversed(groups))
        )
    new = np.ones(len(first), np.bool_)
    new[1:] = np.any([group[first][1:] != group[first][:-1] for group in groups], axis=0)
    chosen = first[new]
    return found.take(chosen[found.state[chosen] == CLEAN])


def _clean(found: Attempts, groups: tuple[np.ndarray, ...]) -> tuple[Attempts, tuple[np.ndarray, ...]]:
    here = np.flatnonzero(found.state == CLEAN)
    return found.take(here), tuple(group[here] for group in groups)


def fully_excluded(found: Attempts) -> Codes:
    """Members with an attempt in which an exclusion came between two steps that were both done."""
    return np.unique(found.member[found.state == CROSSED])
