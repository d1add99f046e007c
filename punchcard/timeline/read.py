"""Timeline: a reader's view: the lists, what has arrived since they were built, and who is whom."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock

import numpy as np
import pyarrow as pa

from punchcard.errors import QueryError, did_you_mean
from punchcard.period import Calendar
from punchcard.timeline.build import CORE, SENT, surviving
from punchcard.timeline.columns import Kind, Values, given, kind_of, missing
from punchcard.timeline.condition import holds
from punchcard.timeline.kernels import Codes, Flags, Ints
from punchcard.timeline.kernels.order import grouped, joined, kept, settle
from punchcard.timeline.lists import Lists
from punchcard.timeline.pick import Condition, Pick
from punchcard.timeline.tail import NOTHING, Tail

IDENTITY = np.empty(0, np.int64)
EVERYONE = np.empty(0, np.bool_)
NOBODY_MERGED = np.empty(0, np.int32)

# Bytes of lists made for a question (filtered, woven with late rows) that are kept for the next one.
KEPT_BYTES = 512 << 20


@dataclass(frozen=True, slots=True)
class Track:
    """The picked occurrences of every member, in order: member m's are at `starts[m]` .. `starts[m + 1]`.

    `row[i]` is the occurrence's own number, by which its properties are found; an empty `row` means that it is `i`.
    """

    starts: Ints
    time: Ints
    arrival: Ints
    row: Ints = field(default_factory=lambda: IDENTITY)

    @property
    def members(self) -> int:
        """How many member codes the track covers."""
        return len(self.starts) - 1

    def owners(self) -> Ints:
        """Whose each occurrence is."""
        return np.repeat(np.arange(self.members), np.diff(self.starts))

    def rows(self, places: Ints | None = None) -> Ints:
        """The rows at these places (all, if none are named)."""
        if len(self.row):
            return self.row if places is None else self.row[places]
        return np.arange(self.starts[0], self.starts[-1]) if places is None else places


@dataclass(frozen=True, slots=True)
class Tracks:
    """Several tracks as one set of arrays for a kernel: that of step s is `starts[which[s]]`."""

    starts: Ints
    which: Ints
    time: Ints
    arrival: Ints
    row: Ints

    @property
    def members(self) -> int:
        """How many member codes the tracks cover."""
        return self.starts.shape[1] - 1

    def rows(self, places: Ints) -> Ints:
        """The rows at these places."""
        return self.row[places] if len(self.row) else places

    def track(self, step: int) -> Track:
        """The track of one step."""
        return Track(self.starts[self.which[step]], self.time, self.arrival, self.row)


def stacked(tracks: Sequence[Track]) -> Tracks:
    """Tracks in one set of arrays; without copying where they are parts of the same arrays already."""
    distinct: list[Track] = []
    which: list[int] = []
    for track in tracks:
        same = [i for i, other in enumerate(distinct) if other is track]
        if not same:
            distinct.append(track)
        which.append(same[0] if same else len(distinct) - 1)
    order = np.array(which, np.int64)
    first = distinct[0]
    if all(track.time is first.time and track.row is first.row for track in distinct):
        return Tracks(np.stack([t.starts for t in distinct]), order, first.time, first.arrival, first.row)
    shift, starts = 0, list[Ints]()
    for track in distinct:
        starts.append(track.starts - track.starts[0] + shift)
        shift += int(track.starts[-1] - track.starts[0])
    spans = [slice(int(t.starts[0]), int(t.starts[-1])) for t in distinct]
    return Tracks(
        np.stack(starts),
        order,
        np.concatenate([t.time[span] for t, span in zip(distinct, spans, strict=True)]),
        np.concatenate([t.arrival[span] for t, span in zip(distinct, spans, strict=True)]),
        np.concatenate([t.rows() for t in distinct]),
    )


@dataclass(frozen=True, slots=True)
class _Late:
    """Rows woven in after the build: new ones, and those of members whose identity has changed since."""

    member: Codes
    activity: Codes
    time: Ints
    arrival: Ints
    row: Ints
    dropped: Flags

    def of(self, activity: int | None) -> tuple[Codes, Ints, Ints, Ints]:
        """Those of one activity (None: all), by (member, time, arrival)."""
        here = np.flatnonzero(self.activity == activity) if activity is not None else np.arange(len(self.member))
        order = here[np.lexsort((self.arrival[here], self.time[here], self.member[here]))]
        return self.member[order], self.time[order], self.arrival[order], self.row[order]


class Kept:
    """The last few things made, up to a number of bytes."""

    def __init__(self, most: int = KEPT_BYTES) -> None:
        self.most, self.bytes = most, 0
        self.things: OrderedDict[object, Track] = OrderedDict()
        self.lock = Lock()

    def get(self, key: object, make: Callable[[], Track]) -> Track:
        """The thing of that key, made if it is not there."""
        with self.lock:
            if key in self.things:
                self.things.move_to_end(key)
                return self.things[key]
        made = make()
        size = made.starts.nbytes + made.time.nbytes + made.arrival.nbytes + made.row.nbytes
        with self.lock:
            if key not in self.things and size <= self.most:
                self.things[key] = made
                self.bytes += size
                while self.bytes > self.most:
                    _, old = self.things.popitem(last=False)
                    self.bytes -= old.starts.nbytes + old.time.nbytes + old.arrival.nbytes + old.row.nbytes
        return made


@dataclass(frozen=True, slots=True)
class Declared:
    """Names that exist although nothing may have happened yet: a question about them is answered with nothing."""

    activities: tuple[str, ...] = ()
    properties: dict[str, Kind] = field(default_factory=dict[str, Kind])


class Timeline:
    """What every member did, as of one moment; never changes: `with_tail` and `with_identities` give another."""

    def __init__(
        self,
        lists: Lists,
        calendar: Calendar | None = None,
        tail: Tail = NOTHING,
        identities: Codes | None = None,
        declared: Declared | None = None,
    ) -> None:
        self.lists = lists
        self.declared = declared or Declared()
        self.calendar = calendar or Calendar()
        self.tail = tail
        self.identities = lists.identities if identities is None else identities
        self.activities = tuple(dict.fromkeys((*lists.activities, *tail.activities, *self.declared.activities)))
        self._codes = {name: code for code, name in enumerate(self.activities)}
        self._late = self._woven()
        newest = [lists.members, len(self.identities)]
        if len(self._late.member):
            newest.append(int(self._late.member.max()) + 1)
        self.members = max(newest)
        self._kept = Kept()
        self._named: dict[int, Track] = {}

    def with_tail(self, tail: Tail) -> "Timeline":
        """The same with what has arrived since."""
        return Timeline(self.lists, self.calendar, tail, self.identities, self.declared)

    def with_identities(self, identities: Codes) -> "Timeline":
        """The same with members merged or parted: `identities[member]` is the surviving one."""
        return Timeline(self.lists, self.calendar, self.tail, identities, self.declared)

    def _woven(self) -> _Late:
        dropped, member, row = self._moved()
        tail_rows = np.arange(len(self.tail.time)) + len(self.lists.time)
        codes = np.array([self._codes[name] for name in self.tail.activities], np.int32)
        return _Late(
            member=np.concatenate((member, surviving(self.tail.member, self.identities))),
            activity=np.concatenate((self._activity_of(row), codes[self.tail.activity])),
            time=np.concatenate((self.lists.time[row], self.tail.time)),
            arrival=np.concatenate((self.lists.arrival[row], self.tail.arrival)),
            row=np.concatenate((row, tail_rows)),
            dropped=dropped,
        )

    def _moved(self) -> tuple[Flags, Codes, Ints]:
        """Members whose rows are no longer where the build put them, and those rows with their members of now."""
        built, now = self.lists.identities, self.identities
        if built is now:
            return EVERYONE, NOBODY_MERGED, IDENTITY
        most = max(len(built), len(now), self.lists.members)
        everyone = np.arange(most, dtype=np.int32)
        old, new = surviving(everyone, built), surviving(everyone, now)
        changed = np.flatnonzero(old != new)
        if len(changed) == 0:
            return EVERYONE, NOBODY_MERGED, IDENTITY
        affected = np.unique(np.concatenate((old[changed], new[changed])))
        affected = affected[affected < self.lists.members]
        every = self.lists.every
        runs = [every.row[every.starts[m] : every.starts[m + 1]] for m in affected]
        row = np.concatenate(runs) if runs else IDENTITY
        member = np.repeat(affected, [len(run) for run in runs]).astype(np.int32)
        if SENT in self.lists.properties:
            sent = self.lists.values(SENT, row).astype(np.int32)
            member = np.where(sent >= 0, sent, member)
        dropped = np.zeros(self.lists.members, np.bool_)
        dropped[affected] = True
        return dropped, surviving(member, now), row

    def _activity_of(self, row: Ints) -> Codes:
        ends = self.lists.starts[:, -1]
        return np.searchsorted(ends, row, side="right").astype(np.int32)

    @property
    def unchanged(self) -> bool:
        """Whether nothing has arrived or changed hands since the build."""
        return not len(self._late.member) and not len(self._late.dropped) and self.members == self.lists.members

    def code(self, name: str) -> int:
        """The number of an activity."""
        code = self._codes.get(name)
        if code is None:
            raise QueryError(f"there is no activity '{name}'{did_you_mean(name, self.activities)}")
        return code

    def track(self, pick: Pick, unit: str | None = None) -> Track:
        """The picked occurrences by member; or by the value of a property (`unit`), those without one left out."""
        if unit is not None:
            return self._kept.get((pick, unit), lambda: self._by_value(self.track(pick), unit))
        if pick.where:
            return self._kept.get(pick, lambda: self._filtered(pick))
        match pick.activity:
            case None:
                return self._whole(None)
            case str():
                return self._whole(self.code(pick.activity))
            case _:
                return self._kept.get(pick, lambda: self._together(pick))

    def tracks(self, picks: Sequence[Pick], unit: str | None = None) -> Tracks:
        """Several tracks for one kernel; those of unfiltered activities without a copy."""
        tracks = [self.track(pick, unit) for pick in picks]
        lists = self.lists
        if self.members == lists.members and all(track.time is lists.time for track in tracks):
            which = [self.code(pick.activity) for pick in picks if isinstance(pick.activity, str)]
            return Tracks(lists.starts, np.array(which, np.int64), lists.time, lists.arrival, IDENTITY)
        return stacked(tracks)

    def _whole(self, activity: int | None) -> Track:
        key = -1 if activity is None else activity
        if key not in self._named:
            self._named[key] = self._woven_track(activity)
        return self._named[key]

    def _woven_track(self, activity: int | None) -> Track:
        lists, late = self.lists, self._late
        if activity is None:
            every = lists.every
            base = Track(every.starts, every.time, every.arrival, every.row)
        elif activity < len(lists.activities):
            base = Track(lists.starts[activity], lists.time, lists.arrival)
        else:
            base = Track(np.zeros(lists.members + 1, np.int64), IDENTITY, IDENTITY)
        member, time, arrival, row = late.of(activity)
        if len(row) or len(late.dropped):
            woven = joined(
                base.starts, base.time, base.arrival, base.row, late.dropped, member, time, arrival, row, self.members
            )
            return Track(*woven)
        added = self.members - lists.members
        starts = np.concatenate((base.starts, np.repeat(base.starts[-1:], added))) if added else base.starts
        return Track(starts, base.time, base.arrival, base.row)

    def _filtered(self, pick: Pick) -> Track:
        track = self.track(Pick(pick.activity))
        keep = np.ones(int(track.starts[-1] - track.starts[0]), np.bool_)
        for condition in pick.where:
            keep &= self._holds(condition, track)
        return Track(*kept(track.starts, track.time, track.arrival, track.row, keep))

    def _holds(self, condition: Condition, track: Track) -> Flags:
        kind, words = self.described(condition.property)
        return holds(condition, kind, words, self.values(track, condition.property))

    def holds(self, pick: Pick, track: Track) -> Flags:
        """For each occurrence of a track of any activity, whether it is one that a pick means."""
        keep = np.ones(len(track.rows()), np.bool_)
        if pick.activity is not None:
            names = (pick.activity,) if isinstance(pick.activity, str) else pick.activity
            wanted = np.zeros(len(self.activities), np.bool_)
            wanted[[self.code(name) for name in names]] = True
            keep = wanted[self.activity_at(track)]
        for condition in pick.where:
            keep &= self._holds(condition, track)
        return keep

    def _together(self, pick: Pick) -> Track:
        every = self._whole(None)
        return Track(*kept(every.starts, every.time, every.arrival, every.row, self.holds(pick, every)))

    def activity_at(self, track: Track, places: Ints | None = None) -> Codes:
        """Which activity the occurrences of a track are, at these places or all."""
        if track.row is self.lists.every.row:
            return self.lists.every.activity if places is None else self.lists.every.activity[places]
        return self.activity_of(track.rows(places))

    def activity_of(self, rows: Ints) -> Codes:
        """Which activity these rows are."""
        codes = np.empty(len(rows), np.int32)
        old = rows < len(self.lists.time)
        codes[old] = self._activity_of(rows[old])
        tail_codes = self._late.activity[len(self._late.activity) - len(self.tail.time) :]
        codes[~old] = tail_codes[rows[~old] - len(self.lists.time)]
        return codes

    def described(self, name: str) -> tuple[Kind, tuple[str, ...]]:
        """How a property is kept, and its words."""
        prop = self.lists.properties.get(name)
        added = self.tail.properties.get(name)
        if added is not None:
            return added.kind, added.words
        if prop is not None:
            return prop.kind, prop.words
        if name in self.declared.properties:
            return self.declared.properties[name], ()
        raise QueryError(f"there is no property '{name}'{did_you_mean(name, self.property_names)}")

    def fits(self, schema: pa.Schema) -> bool:
        """Whether occurrences with these columns hold their properties as those do that are here."""
        columns = ((name, schema.field(name).type) for name in schema.names if name not in CORE)
        return all(self.kinds.get(name, kind) is kind for name, kind in ((n, kind_of(t, n)) for n, t in columns))

    @property
    def kinds(self) -> dict[str, Kind]:
        """How each property is kept."""
        return {name: prop.kind for name, prop in (self.lists.properties | self.tail.properties).items()}

    @property
    def property_names(self) -> tuple[str, ...]:
        """The properties that activities have."""
        return tuple(
            n for n in {**self.lists.properties, **self.tail.properties, **self.declared.properties} if n != SENT
        )

    def values(self, track: Track, name: str) -> Values:
        """A property of each occurrence of a track, in its order; -1, NaN or NO_AMOUNT where there is none."""
        self.described(name)
        lists = self.lists
        if track.time is lists.time and name in lists.properties:
            activity = int(np.searchsorted(lists.starts[:, 0], track.starts[0], side="right")) - 1
            while activity and lists.starts[activity, 0] == lists.starts[activity, -1]:
                activity -= 1
            column = lists.properties[name].columns.get(activity)
            if column is not None and len(column) == track.starts[-1] - track.starts[0]:
                return column
        return self.row_values(track.rows(), name)

    def row_values(self, rows: Ints, name: str) -> Values:
        """A property at these rows."""
        kind, _ = self.described(name)
        found = missing(kind, len(rows))
        old = rows < len(self.lists.time)
        if name in self.lists.properties:
            found[old] = self.lists.values(name, rows[old])
        if name in self.tail.properties:
            found[~old] = self.tail.properties[name].values[rows[~old] - len(self.lists.time)]
        return found

    def _by_value(self, track: Track, name: str) -> Track:
        kind, words = self.described(name)
        if kind is not Kind.WORDS:
            raise QueryError(f"'{name}' holds numbers; only a property of text can be counted instead of members")
        codes = self.values(track, name)
        here = np.flatnonzero(given(kind, codes))
        places = here + int(track.starts[0])
        time, arrival = track.time[places], track.arrival[places]
        order, starts = grouped(codes[here].astype(np.int64), len(words))
        settle(order, starts, time, arrival)
        return Track(starts, time[order], arrival[order], track.rows(places)[order])


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom and what a question may see: the allowed members (empty: everyone) and conditions on every activity."""

    members: Flags = field(default_factory=lambda: EVERYONE)
    where: tuple[Condition, ...] = ()

    def pick(self, pick: Pick) -> Pick:
        """A pick under the scope's conditions."""
        return pick.and_where(*self.where)

    def narrowed(self, *conditions: Condition) -> "Scope":
        """The same with more conditions."""
        return replace(self, where=self.where + conditions)


ALL = Scope()


def among(timeline: Timeline, members: Sequence[int]) -> Scope:
    """These members only; a number that did nothing is nobody."""
    allowed = np.zeros(timeline.members, np.bool_)
    codes = np.array(members, np.int64)
    allowed[codes[codes < len(allowed)]] = True
    return Scope(allowed)
