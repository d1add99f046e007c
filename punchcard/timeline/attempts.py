"""Attempts at a funnel: found by the fitting kernel, then reduced to those that count."""

from dataclasses import dataclass
from typing import Literal

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

# Rows are those of the timeline; a step that was not done has -1.
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class _When:
    """Attempts begin in [begin, end), end before `until`, and take at most `window` on their clock."""

    begin: int
    end: int
    until: int
    window: int


@dataclass(frozen=True, slots=True)
class Attempts:
    """Attempts: whose, how many steps, whether an exclusion crossed it, the row and the time of each step."""

    member: Codes
    reach: Bytes
    state: Bytes
    rows: Ints
    time: Ints
    begun: Ints
    ended: Ints
    ended_arrival: Ints
    session: Ints

    def take(self, places: Ints) -> "Attempts":
        """Some of them."""
        return Attempts(*(getattr(self, name)[places] for name in self.__slots__))

    def times(self, sort: bool) -> Ints:
        """The time of each step; sorted, the time at which each number of steps was reached."""
        if not sort:
            return self.time
        ordered = np.where(self.rows >= 0, self.time, NEVER)
        ordered.sort(axis=1)
        return ordered


def follow(timeline: Timeline, p: Funnel, period: Period, scope: Scope, every: bool = False) -> Attempts:
    """The attempts of a funnel; `every` asks for all of them, else the furthest of each member may do."""
    begin, end = spans(period)
    when = _When(begin, end, end if p.finish == "period" else NEVER, _window(p))
    if p.order == "strict":
        return _strict(timeline, p, scope, when)
    picks = [scope.pick(x.pick) for x in (*p.steps, *p.exclusions)]
    tracks = timeline.tracks(picks, p.unit)
    sessions = p.window.unit == "session" or p.count == "sessions"
    plain = not (every or p.hold or sessions or any(s.optional for s in p.steps)) and p.count == "members"
    if plain and p.order == "ordered" and p.tolerance_seconds is None:
        return _furthest(tracks, p, scope, when)
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
    return _gathered(found, tracks, session, len(p.steps))


def _window(p: Funnel) -> int:
    """The window on its clock: microseconds, or sessions after the first."""
    return p.window.n - 1 if p.window.unit == "session" else p.window.seconds * SECOND


def _bounds(p: Funnel) -> tuple[Ints, Ints]:
    after = np.array([x.after_step for x in p.exclusions], np.int64)
    return after, np.array([x.before_step for x in p.exclusions], np.int64)


def _furthest(tracks: Tracks, p: Funnel, scope: Scope, when: _When) -> Attempts:
    steps = len(p.steps)
    reached = np.empty(tracks.members, np.int8)
    places = np.empty((tracks.members, steps), np.int64)
    after_step, before_step = _bounds(p)
    in_ranges(
        tracks.members,
        lambda a, b: furthest(
            a, b, tracks.starts, tracks.which, steps, tracks.time, tracks.arrival, tracks.time, when.window,
            when.begin, when.end, when.until, after_step, before_step, p.excluded == "leave", p.entry == "first",
            scope.members, reached, places,
        ),
    )  # fmt: skip
    member = np.flatnonzero(reached)
    reach, places = reached[member], places[member]
    places[np.arange(steps) >= reach[:, None]] = -1
    state = np.full(len(member), CLEAN, np.int8)
    return _gathered([(member.astype(np.int32), reach, state, places, places[:, 0])], tracks, IDENTITY, steps)


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
    return _gathered(found, stacked([track]), session, len(p.steps))


def _gathered(
    parts: list[tuple[Codes, Bytes, Bytes, Ints, Ints]], tracks: Tracks, session: Ints, steps: int
) -> Attempts:
    """The findings of all ranges, with places turned into rows."""
    places = np.concatenate([part[3] for part in parts])
    begun = np.concatenate([part[4] for part in parts])
    done = places >= 0
    rows, time = np.full((len(places), steps), -1, np.int64), np.zeros((len(places), steps), np.int64)
    rows[done], time[done] = tracks.rows(places[done]), tracks.time[places[done]]
    arrival = np.full(places.shape, np.iinfo(np.int64).min)
    arrival[done] = tracks.arrival[places[done]]
    ended = np.where(done, time, np.iinfo(np.int64).min).max(axis=1, initial=np.iinfo(np.int64).min)
    last = np.where(time == ended[:, None], arrival, np.iinfo(np.int64).min)
    return Attempts(
        member=np.concatenate([part[0] for part in parts]),
        reach=np.concatenate([part[1] for part in parts]),
        state=np.concatenate([part[2] for part in parts]),
        rows=rows,
        time=time,
        begun=tracks.time[begun],
        ended=ended,
        ended_arrival=last.max(axis=1, initial=np.iinfo(np.int64).min),
        session=session[begun] if len(session) else np.zeros(len(begun), np.int64),
    )


def best(found: Attempts, order: str, count: Literal["members", "attempts", "sessions"]) -> Attempts:
    """The attempts that count: all, or the furthest of each member or session."""
    if count == "attempts":
        return found.take(np.flatnonzero(found.state == CLEAN))
    return furthest_of(found, order, (found.member,) if count == "members" else (found.member, found.session))


def furthest_of(found: Attempts, order: str, groups: tuple[np.ndarray, ...]) -> Attempts:
    """The furthest attempt of each group, which leaves if an exclusion crossed it and no other got as far.

    In any order a crossed attempt is void, and the others of the group decide.
    """
    if order == "any":
        found, groups = _clean(found, groups)
        tie = np.arange(len(found.member))
    else:
        tie = -found.begun
    first = np.lexsort(
        (tie, found.ended_arrival, found.ended, found.state > CLEAN, -found.reach.astype(np.int64), *reversed(groups))
    )
    if order == "any":
        first = np.lexsort((tie, -found.reach.astype(np.int64), *reversed(groups)))
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
