"""The timeline's folder: versions of the lists, a pointer to the current one, and the files of its tail."""

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from punchcard.period import Calendar
from punchcard.timeline import tail as tails
from punchcard.timeline.build import SENT, Tell, build
from punchcard.timeline.columns import Kind, as_decimals, given
from punchcard.timeline.kernels import Codes
from punchcard.timeline.kernels.order import members_of_rows
from punchcard.timeline.lists import Lists, opened, resign
from punchcard.timeline.read import Declared, Timeline

POINTER = "current"
QUIET: Tell = lambda progress: None  # noqa: E731


@dataclass(slots=True)
class TimelineStore:
    """A folder that holds the timeline. It is a cache of the facts: delete it, and `rebuild` makes it again.

    One process writes (rebuild, append, compact); any number read, and keep what they have opened.
    """

    folder: Path
    calendar: Calendar = field(default_factory=Calendar)
    _read: "tuple[str, int, Timeline] | None" = None

    def _version(self) -> Path | None:
        pointer = self.folder / POINTER
        return self.folder / pointer.read_text().strip() if pointer.exists() else None

    def stale(self, signature: str) -> bool:
        """Whether the lists are missing or were built from other facts than those of this signature."""
        version = self._version()
        return version is None or opened(version).signature != signature

    def rebuild(
        self, batches: Iterable[pa.RecordBatch], signature: str, identities: Codes | None = None, tell: Tell = QUIET
    ) -> None:
        """Build anew beside what is there, then switch to it in one step; a reader never sees half of it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix="lists-", dir=self.folder))
        try:
            build(batches, fresh, signature, identities, tell)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
        self._switch(fresh)

    def _switch(self, fresh: Path) -> None:
        pointer = self.folder / f"{POINTER}.{fresh.name}"
        pointer.write_text(fresh.name)
        pointer.replace(self.folder / POINTER)
        for old in self.folder.glob("lists-*"):
            if old != fresh:  # readers that have it open keep the files until they let go
                shutil.rmtree(old, ignore_errors=True)

    def append(self, batch: pa.RecordBatch) -> None:
        """Add what has just arrived; readers see it at their next `timeline()`."""
        version = self._version()
        if version is None:
            self.rebuild([batch], "")
            return
        number = len(self._tail_files(version))
        unfinished = version / f"tail.{os.getpid()}"
        with pa.OSFile(str(unfinished), "wb") as file, pa.ipc.new_file(file, batch.schema) as writer:
            writer.write_batch(batch)
        unfinished.replace(version / f"tail-{number:08d}.arrow")

    def sign(self, signature: str) -> None:
        """Say of which facts the lists and their tail are now, in one step."""
        version = self._version()
        if version is not None:
            resign(version, signature)

    def _tail_files(self, version: Path) -> list[Path]:
        return sorted(version.glob("tail-*.arrow"))

    def tail_rows(self) -> int:
        """How many occurrences wait in the tail; past a few per cent of the lists it is time to compact."""
        return len(self.timeline().tail.time)

    def timeline(self, identities: Codes | None = None) -> Timeline:
        """The timeline as it is now; the same object as long as nothing has arrived."""
        version = self._version()
        if version is None:
            return Timeline(empty(), self.calendar)
        files = self._tail_files(version)
        if self._read is None or self._read[:2] != (version.name, len(files)):
            lists = self._read[2].lists if self._read and self._read[0] == version.name else opened(version)
            tail = tails.of(lists, [batch for file in files for batch in _batches(file)])
            self._read = (version.name, len(files), Timeline(lists, self.calendar, tail))
        timeline = self._read[2]
        return timeline if identities is None else timeline.with_identities(identities)

    def compact(self, signature: str, tell: Tell = QUIET) -> None:
        """Build the lists and their tail into new lists, without asking the facts."""
        version = self._version()
        if version is None:
            return
        lists = opened(version)
        late = [batch for file in self._tail_files(version) for batch in _batches(file)]
        identities = lists.identities if len(lists.identities) else None
        self.rebuild((*_rows_of(lists), *late), signature, identities, tell)


def _batches(file: Path) -> Iterator[pa.RecordBatch]:
    with pa.ipc.open_file(file) as reader:
        for place in range(reader.num_record_batches):
            yield reader.get_batch(place)


def _rows_of(lists: Lists, size: int = 1 << 20) -> Iterator[pa.RecordBatch]:
    """The occurrences of lists as batches, as they were sent."""
    for code, name in enumerate(lists.activities):
        first, after = lists.region(code)
        member = members_of_rows(lists.starts[code])
        for low in range(first, after, size):
            here = slice(low - first, min(low + size, after) - first)
            rows = np.arange(low, low + len(member[here]))
            sent = member[here]
            if SENT in lists.properties:
                was = lists.values(SENT, rows)
                sent = np.where(was >= 0, was, sent)
            columns: dict[str, pa.Array] = {
                "member": pa.array(sent),
                "activity": pa.array([name]).dictionary_encode().take(pa.array(np.zeros(len(sent), np.int32))),
                "time": pa.array(lists.time[rows]),
                "arrival": pa.array(lists.arrival[rows]),
            }
            for prop_name, prop in lists.properties.items():
                if code in prop.columns and prop_name != SENT:
                    columns[prop_name] = _as_sent(prop.kind, prop.words, prop.columns[code][here])
            yield pa.RecordBatch.from_pydict(columns)


def _as_sent(kind: Kind, words: tuple[str, ...], values: np.ndarray) -> pa.Array:
    empty_cells = ~given(kind, values)
    match kind:
        case Kind.WORDS:
            return pa.DictionaryArray.from_arrays(pa.array(values, mask=empty_cells), pa.array(words, pa.string()))
        case Kind.NUMBERS:
            return pa.array(values, mask=empty_cells)
        case Kind.AMOUNTS:
            return as_decimals(values)


def empty() -> Lists:
    """Lists in which nobody has done anything."""
    with tempfile.TemporaryDirectory() as folder:
        build((), Path(folder))
        return opened(Path(folder))


def of_batches(
    batches: Iterable[pa.RecordBatch],
    calendar: Calendar | None = None,
    identities: Codes | None = None,
    declared: Declared | None = None,
) -> Timeline:
    """A timeline of these occurrences that is nowhere but in memory and a temporary folder already unlinked."""
    with tempfile.TemporaryDirectory(prefix="timeline-") as folder:
        build(batches, Path(folder), identities=identities)
        return Timeline(opened(Path(folder)), calendar, declared=declared)
