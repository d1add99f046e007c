"""Building the lists from the facts, in bounded memory: rows are spooled by ranges of members, then sorted by range."""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from punchcard.errors import QueryError
from punchcard.timeline.columns import STORED, Dictionary, Kind, Values, given, kind_of, missing, numbers
from punchcard.timeline.kernels import Codes, Ints
from punchcard.timeline.kernels.order import grouped, settle
from punchcard.timeline.lists import FORMAT, Described, Description, column_file, describe, words_file

# Members sorted together. With 1,000 activities the counting sort then has 16 million groups: 130 MB.
SPAN = 1 << 14
# Rows held before they are written to the spool.
BUFFERED = 1 << 22

CORE = ("member", "activity", "time", "arrival")

# A column of the rows of merged members: the member as it was sent, so that a merge can be undone. Not a property.
SENT = "sent as"


@dataclass(slots=True)
class Chunk:
    """Some occurrences, column by column; `properties` only those that the source has."""

    member: Codes
    activity: Codes
    time: Ints
    arrival: Ints
    properties: dict[str, Values]

    def __len__(self) -> int:
        return len(self.member)


@dataclass(slots=True)
class Vocabulary:
    """The names met so far: activities, and the properties with their kinds and words."""

    activities: Dictionary = field(default_factory=Dictionary)
    kinds: dict[str, Kind] = field(default_factory=dict[str, Kind])
    words: dict[str, Dictionary] = field(default_factory=dict[str, Dictionary])
    rows: dict[int, int] = field(default_factory=dict[int, int])
    filled: dict[str, set[int]] = field(default_factory=dict[str, set[int]])
    arrived: int = 0
    first: int = 0
    last: int = 0

    def chunk(self, batch: pa.RecordBatch) -> Chunk:
        """A batch of the source in codes.

        Columns `member` (a dense integer), `activity` (text) and `time` (an instant) must be there and filled;
        `arrival` may be: a number that orders what happened at one instant, unique for a member; else rows are numbered
        as they come. Every other column is a property.
        """
        columns = dict(zip(batch.schema.names, batch.columns, strict=True))
        for name in ("member", "activity", "time"):
            if name not in columns:
                raise QueryError(
                    f"an activity needs a column '{name}'; there are {', '.join(columns)}", where="timeline"
                )
            if columns[name].null_count:
                raise QueryError(
                    f"column '{name}' of the activities has empty cells; leave those rows out", where="timeline"
                )
        chunk = Chunk(
            member=columns["member"].cast(pa.int32()).to_numpy(),
            activity=self.activities.encoded(columns["activity"]),
            time=microseconds(columns["time"]),
            arrival=self._arrival(columns.get("arrival"), batch.num_rows),
            properties={name: self._property(name, array) for name, array in columns.items() if name not in CORE},
        )
        self._count(chunk)
        return chunk

    def resolve(self, chunk: Chunk, identities: Codes) -> None:
        """Give merged members' rows to the surviving member; remember whose they were."""
        sent = chunk.member
        chunk.member = surviving(sent, identities)
        moved = chunk.member != sent
        if moved.any():
            self.kinds[SENT] = Kind.WORDS
            self.words[SENT] = Dictionary()
            chunk.properties[SENT] = np.where(moved, sent, np.int32(-1))
            self.filled.setdefault(SENT, set()).update(int(a) for a in np.unique(chunk.activity[moved]))

    def _count(self, chunk: Chunk) -> None:
        if len(chunk):
            first, last = int(chunk.time.min()), int(chunk.time.max())
            self.first, self.last = (min(first, self.first), max(last, self.last)) if self.rows else (first, last)
        for activity in np.flatnonzero(counts := np.bincount(chunk.activity)):
            self.rows[int(activity)] = self.rows.get(int(activity), 0) + int(counts[activity])
        for name, values in chunk.properties.items():
            here = np.bincount(chunk.activity[given(self.kinds[name], values)])
            self.filled.setdefault(name, set()).update(int(a) for a in np.flatnonzero(here))

    def _arrival(self, column: pa.Array | None, rows: int) -> Ints:
        if column is None:
            arrival = np.arange(self.arrived, self.arrived + rows, dtype=np.int64)
        else:
            arrival = column.cast(pa.int64()).to_numpy()
        if rows:
            self.arrived = max(self.arrived, int(arrival.max()) + 1)
        return arrival

    def _property(self, name: str, array: pa.Array) -> Values:
        kind = self.kinds.setdefault(name, kind_of(array.type, name))
        if kind is not kind_of(array.type, name):
            raise QueryError(
                f"property '{name}' holds {kind} in one source and {array.type} in another", where="timeline"
            )
        if kind is Kind.WORDS:
            return self.words.setdefault(name, Dictionary()).encoded(array)
        return numbers(array, kind)


def microseconds(array: pa.Array) -> Ints:
    """Instants as microseconds since 1970 in UTC; integers are taken as that already."""
    if pa.types.is_integer(array.type):
        return array.cast(pa.int64()).to_numpy()
    zone = array.type.tz if pa.types.is_timestamp(array.type) else None
    return pc.cast(array, pa.timestamp("us", tz=zone)).cast(pa.int64()).to_numpy()


class Spool:
    """Rows on their way, kept by ranges of `SPAN` members: in memory while they are few, then in files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.held: list[Chunk] = []
        self.held_rows = 0
        self.rows = 0
        self.members = 0
        self.schemas: list[tuple[str, ...]] = []
        self.dtypes: list[np.dtype[np.void]] = []
        self.spilled = False

    def add(self, chunk: Chunk, kinds: dict[str, Kind]) -> None:
        """Take a chunk; write to disk when enough is held."""
        if len(chunk) == 0:
            return
        if int(chunk.member.min()) < 0:
            raise QueryError("a member's number is negative", where="timeline")
        self.members = max(self.members, int(chunk.member.max()) + 1)
        self.held.append(chunk)
        self.held_rows += len(chunk)
        self.rows += len(chunk)
        if self.held_rows >= BUFFERED:
            self._spill(kinds)

    def ranges(self, members: int, kinds: dict[str, Kind]) -> Iterator[tuple[int, int, list[Chunk]]]:
        """`(first member, member after the last, their rows)`, in order of the members."""
        if self.spilled:
            self._spill(kinds)
        for first in range(0, members, SPAN):
            after = min(first + SPAN, members)
            yield first, after, list(self._read(first // SPAN) if self.spilled else self._held(first, after))

    def _held(self, first: int, after: int) -> Iterator[Chunk]:
        for chunk in self.held:
            if first == 0 and self.members <= after:
                yield chunk
            else:
                here = np.flatnonzero((chunk.member >= first) & (chunk.member < after))
                yield _taken(chunk, here)

    def _spill(self, kinds: dict[str, Kind]) -> None:
        self.spilled = True
        for chunk in self.held:
            schema = self._schema(chunk, kinds)
            records = np.empty(len(chunk), self.dtypes[schema])
            for name in CORE:
                records[name] = getattr(chunk, name)
            for name, values in chunk.properties.items():
                records["." + name] = values
            order, starts = grouped((chunk.member // SPAN).astype(np.int64), int(chunk.member.max()) // SPAN + 1)
            records = records[order]
            for part in np.flatnonzero(np.diff(starts)):
                with (self.folder / f"{part}-{schema}").open("ab") as file:
                    records[starts[part] : starts[part + 1]].tofile(file)
        self.held, self.held_rows = [], 0

    def _schema(self, chunk: Chunk, kinds: dict[str, Kind]) -> int:
        names = tuple(chunk.properties)
        if names not in self.schemas:
            self.schemas.append(names)
            core = [("member", np.int32), ("activity", np.int32), ("time", np.int64), ("arrival", np.int64)]
            self.dtypes.append(np.dtype(core + [("." + name, STORED[kinds[name]]) for name in names]))
        return self.schemas.index(names)

    def _read(self, part: int) -> Iterator[Chunk]:
        for schema, dtype in enumerate(self.dtypes):
            file = self.folder / f"{part}-{schema}"
            if file.exists():
                records = np.fromfile(file, dtype)
                file.unlink()
                core = [np.ascontiguousarray(records[name]) for name in CORE]
                props = {name: np.ascontiguousarray(records["." + name]) for name in self.schemas[schema]}
                yield Chunk(core[0], core[1], core[2], core[3], props)


def _taken(chunk: Chunk, places: Ints) -> Chunk:
    properties = {name: values[places] for name, values in chunk.properties.items()}
    return Chunk(chunk.member[places], chunk.activity[places], chunk.time[places], chunk.arrival[places], properties)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a build has come, for a bar: rows read from the facts, then rows sorted."""

    stage: str
    rows: int
    of: int | None = None


Tell = Callable[[Progress], None]


def build(
    batches: Iterable[pa.RecordBatch],
    folder: Path,
    signature: str = "",
    identities: Codes | None = None,
    tell: Tell = lambda progress: None,
) -> None:
    """Write the lists of these occurrences into an empty folder.

    `identities[member]` is the surviving member of a merged one; members beyond it stand for themselves.
    """
    vocabulary = Vocabulary()
    with tempfile.TemporaryDirectory(dir=folder, prefix="spool-") as spooled:
        spool = Spool(Path(spooled))
        for batch in batches:
            chunk = vocabulary.chunk(batch)
            if identities is not None:
                vocabulary.resolve(chunk, identities)
            spool.add(chunk, vocabulary.kinds)
            tell(Progress("read", spool.rows))
        members = max(spool.members, 1 if identities is None else len(identities), 1)
        writer = _Writer(folder, vocabulary, spool.rows, members)
        for first, after, chunks in spool.ranges(members, vocabulary.kinds):
            writer.write(first, after, chunks)
            tell(Progress("sorted", writer.written, spool.rows))
        writer.close()
    for place, name in enumerate(vocabulary.kinds):
        words = vocabulary.words[name].words if name in vocabulary.words else []
        words_file(folder, place).write_bytes(msgspec.json.encode(words))
    described = {
        name: Described(kind, tuple(sorted(vocabulary.filled[name]))) for name, kind in vocabulary.kinds.items()
    }
    np.save(folder / "identities.npy", np.empty(0, np.int32) if identities is None else identities)
    activities = tuple(vocabulary.activities.words)
    describe(
        folder,
        Description(FORMAT, signature, vocabulary.arrived, vocabulary.first, vocabulary.last, activities, described),
    )


def surviving(member: Codes, identities: Codes) -> Codes:
    """The surviving member of each of these."""
    known = member < len(identities)
    found = member.copy()
    found[known] = identities[member[known]]
    return found


def _created(file: Path, shape: tuple[int, ...], dtype: type[np.generic]) -> np.ndarray:
    if 0 in shape:
        array = np.zeros(shape, dtype)
        np.save(file, array)
        return array
    return np.lib.format.open_memmap(file, "w+", dtype, shape)


class _Writer:
    """Sorts one range of members after another and writes every column at its place."""

    def __init__(self, folder: Path, vocabulary: Vocabulary, rows: int, members: int) -> None:
        self.activities = len(vocabulary.activities.words)
        sizes = np.array([vocabulary.rows[a] for a in range(self.activities)], np.int64)
        # Where the next range's rows of each activity go; `begin` stays where the activity's region begins.
        self.begin = np.concatenate((np.zeros(1, np.int64), np.cumsum(sizes)))[:-1].astype(np.int64)
        self.cursor = self.begin.copy()
        self.written = 0
        self.starts = _created(folder / "starts.npy", (self.activities, members + 1), np.int64)
        self.time = _created(folder / "time.npy", (rows,), np.int64)
        self.arrival = _created(folder / "arrival.npy", (rows,), np.int64)
        self.every_starts = _created(folder / "every-starts.npy", (members + 1,), np.int64)
        self.every_time = _created(folder / "every-time.npy", (rows,), np.int64)
        self.every_arrival = _created(folder / "every-arrival.npy", (rows,), np.int64)
        self.every_row = _created(folder / "every-row.npy", (rows,), np.int64)
        self.every_activity = _created(folder / "every-activity.npy", (rows,), np.int32)
        self.kinds = vocabulary.kinds
        self.columns = {
            (name, activity): _created(column_file(folder, place, activity), (int(sizes[activity]),), STORED[kind])
            for place, (name, kind) in enumerate(vocabulary.kinds.items())
            for activity in vocabulary.filled[name]
        }

    def write(self, first: int, after: int, chunks: list[Chunk]) -> None:
        """The rows of the members `[first, after)`."""
        span = after - first
        member = _stacked([c.member for c in chunks], np.int32) - np.int32(first)
        activity = _stacked([c.activity for c in chunks], np.int32)
        time, arrival = _stacked([c.time for c in chunks], np.int64), _stacked([c.arrival for c in chunks], np.int64)
        order, starts = grouped(activity.astype(np.int64) * span + member, self.activities * span)
        settle(order, starts, time, arrival)
        member, activity, time, arrival = member[order], activity[order], time[order], arrival[order]
        cuts = starts[::span]
        shift = self.cursor - cuts[:-1]
        row = np.arange(len(order)) + np.repeat(shift, np.diff(cuts))
        for a in range(self.activities):
            low, high, to = cuts[a], cuts[a + 1], self.cursor[a]
            self.time[to : to + high - low] = time[low:high]
            self.arrival[to : to + high - low] = arrival[low:high]
            self.starts[a, first : after + 1] = starts[a * span : (a + 1) * span + 1] + shift[a]
        self._every(first, after, Chunk(member, activity, time, arrival, {}), row)
        self._properties(chunks, order, cuts)
        self.cursor += np.diff(cuts)
        self.written += len(order)

    def _every(self, first: int, after: int, rows: Chunk, row: Ints) -> None:
        order, starts = grouped(rows.member.astype(np.int64), after - first)
        settle(order, starts, rows.time, rows.arrival)
        here = slice(self.written, self.written + len(order))
        self.every_starts[first : after + 1] = starts + self.written
        self.every_time[here] = rows.time[order]
        self.every_arrival[here] = rows.arrival[order]
        self.every_row[here] = row[order]
        self.every_activity[here] = rows.activity[order]

    def _properties(self, chunks: list[Chunk], order: Ints, cuts: Ints) -> None:
        for name, kind in self.kinds.items():
            parts = [c.properties[name] if name in c.properties else missing(kind, len(c)) for c in chunks]
            values = _stacked(parts, STORED[kind])[order]
            for a in range(self.activities):
                if (column := self.columns.get((name, a))) is not None:
                    to = self.cursor[a] - self.begin[a]
                    column[to : to + cuts[a + 1] - cuts[a]] = values[cuts[a] : cuts[a + 1]]

    def close(self) -> None:
        """Let the system write what is left."""
        for array in (self.starts, self.time, self.arrival, self.every_time, self.every_row, *self.columns.values()):
            if isinstance(array, np.memmap):
                array.flush()


def _stacked(parts: list[np.ndarray], dtype: type[np.generic]) -> np.ndarray:
    return np.concatenate(parts) if parts else np.empty(0, dtype)
