"""Lists: every activity's occurrences in order, on disk as memory-mapped columns; immutable once written."""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from punchcard.timeline.columns import Kind, Values, missing
from punchcard.timeline.kernels import Codes, Ints

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Property:
    """One property of the activities: how it is kept, its words, and a column for each activity that has it."""

    kind: Kind
    words: tuple[str, ...]
    columns: dict[int, Values]


@dataclass(frozen=True, slots=True)
class Every:
    """All activities of every member in one list: the row in the lists of the activities, and which activity it is."""

    starts: Ints
    time: Ints
    arrival: Ints
    row: Ints
    activity: Codes


@dataclass(frozen=True, slots=True)
class Lists:
    """Occurrences by (activity, member, time, arrival).

    `starts[activity, member]` is where a member's run begins in `time` and `arrival`; it ends where the next begins.
    """

    activities: tuple[str, ...]
    starts: Ints
    time: Ints
    arrival: Ints
    every: Every
    properties: dict[str, Property]
    identities: Codes  # the surviving member of each, as of the build; those beyond stand for themselves
    arrived: int  # an arrival number after all that are in the lists
    first: int  # the earliest and the latest time
    last: int
    signature: str
    folder: Path
    marks: dict[str, NDArray[np.uint8]] = field(default_factory=dict[str, NDArray[np.uint8]])  # see `days.py`

    @property
    def members(self) -> int:
        """How many member codes there are; not all need have done something."""
        return self.starts.shape[1] - 1

    def region(self, activity: int) -> tuple[int, int]:
        """The rows of an activity."""
        return int(self.starts[activity, 0]), int(self.starts[activity, -1])

    def values(self, name: str, rows: Ints) -> Values:
        """A property's value at each of these rows; missing where the activity has no such property."""
        prop = self.properties[name]
        found = missing(prop.kind, len(rows))
        for activity, column in prop.columns.items():
            first, after = self.region(activity)
            here = (rows >= first) & (rows < after)
            found[here] = column[rows[here] - first]
        return found


class Described(msgspec.Struct, frozen=True):
    """What `lists.json` says of a property."""

    kind: Kind
    activities: tuple[int, ...]


class Description(msgspec.Struct, frozen=True):
    """What `lists.json` says of a folder of lists."""

    format: int
    signature: str
    arrived: int
    first: int
    last: int
    activities: tuple[str, ...]
    properties: dict[str, Described]


def describe(folder: Path, description: Description) -> None:
    """Write `lists.json`."""
    (folder / "lists.json").write_bytes(msgspec.json.format(msgspec.json.encode(description), indent=1))


def resign(folder: Path, signature: str) -> None:
    """Write another signature into `lists.json`."""
    description = msgspec.json.decode((folder / "lists.json").read_bytes(), type=Description)
    beside = folder / "lists.json.new"
    changed = msgspec.structs.replace(description, signature=signature)
    beside.write_bytes(msgspec.json.format(msgspec.json.encode(changed), indent=1))
    beside.replace(folder / "lists.json")


def column_file(folder: Path, place: int, activity: int) -> Path:
    """Where a property's column of one activity lies; properties are numbered in the order of `lists.json`."""
    return folder / f"property-{place}-{activity}.npy"


def words_file(folder: Path, place: int) -> Path:
    """Where the words of a property lie."""
    return folder / f"words-{place}.json"


def opened(folder: Path) -> Lists:
    """The lists of a folder, mapped into memory: nothing is read until it is used."""
    description = msgspec.json.decode((folder / "lists.json").read_bytes(), type=Description)
    return Lists(
        activities=description.activities,
        starts=mapped(folder / "starts.npy"),
        time=mapped(folder / "time.npy"),
        arrival=mapped(folder / "arrival.npy"),
        every=Every(
            mapped(folder / "every-starts.npy"),
            mapped(folder / "every-time.npy"),
            mapped(folder / "every-arrival.npy"),
            mapped(folder / "every-row.npy"),
            mapped(folder / "every-activity.npy"),
        ),
        properties={
            name: Property(
                described.kind,
                msgspec.json.decode(words_file(folder, place).read_bytes(), type=tuple[str, ...]),
                {a: mapped(column_file(folder, place, a)) for a in described.activities},
            )
            for place, (name, described) in enumerate(description.properties.items())
        },
        identities=mapped(folder / "identities.npy"),
        arrived=description.arrived,
        first=description.first,
        last=description.last,
        folder=folder,
        signature=description.signature,
    )


def mapped(file: Path) -> np.ndarray:
    """An array whose bytes stay in the file.

    Opened copy-on-write, never written: a read-only array would be another type to numba, and compile everything twice.
    """
    with file.open("rb") as head:
        np.lib.format.read_magic(head)
        shape, _, _ = np.lib.format.read_array_header_1_0(head)
    if 0 in shape:  # an empty file cannot be mapped
        return np.load(file)
    return np.load(file, mmap_mode="c").view(np.ndarray)
