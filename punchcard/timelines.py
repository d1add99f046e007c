"""Timelines: what members did, in order, for a viewer: kept on disk for the operator, made on the spot for a brand.

The store's timeline holds everything, so a brand's viewer never touches it: theirs is built from the rows that exist
for them, and holds nothing else.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock

import msgspec
import pyarrow as pa

from punchcard.catalog.activity import Activity
from punchcard.catalog.catalog import Catalog
from punchcard.engines.base import Engine
from punchcard.plan.activities import keys_of, occurrences
from punchcard.plan.history import history, values
from punchcard.plan.scope import Scope
from punchcard.sql import Sql
from punchcard.timeline import spells
from punchcard.timeline.build import Tell
from punchcard.timeline.columns import Kind
from punchcard.timeline.pick import Pick
from punchcard.timeline.read import Timeline
from punchcard.timeline.spells import Spells
from punchcard.timeline.store import QUIET, TimelineStore, of_batches
from punchcard.viewer import OPERATOR, Viewer

MOST_LATE = 100_000  # rows of a tail; with more of them the lists are built anew
KEPT = 8  # brands' timelines kept in memory


@dataclass(frozen=True, slots=True)
class State:
    """The store's timeline as it lies on disk: how often each activity is in it, and how many rows wait in its tail."""

    fresh: bool
    built: float | None  # seconds since 1970; None if there is none
    members: int
    activities: Mapping[str, int]
    waiting: int
    bytes: int


@dataclass
class Timelines:
    """Gives each viewer the timeline of the rows that exist for them, as of the data's present version."""

    catalog: Catalog
    engine: Engine
    folder: Path
    _kept: dict[tuple[str, str, str], Timeline] = field(default_factory=dict[tuple[str, str, str], Timeline])
    _histories: dict[tuple[str, str, str, str], Spells] = field(default_factory=dict[tuple[str, str, str, str], Spells])
    _lock: Lock = field(default_factory=Lock)

    def of(self, viewer: Viewer, now: datetime, known_at: datetime | None = None, tell: Tell = QUIET) -> Timeline:
        """The viewer's timeline; built first if there is none of this version of the data and the declarations."""
        signature = self.signature()
        with self._lock:
            if viewer.brands is None and known_at is None:
                store = TimelineStore(self.folder, self.catalog.calendar)
                if store.stale(signature):
                    store.rebuild(self._batches(Scope(self.catalog, OPERATOR, now)), signature, tell=tell)
                key = (signature, "*", "")
                if key not in self._kept:
                    self._keep(key, store.timeline())
                return self._kept[key]
            key = (signature, viewer.rows_key, "" if known_at is None else known_at.isoformat())
            if key not in self._kept:
                batches = self._batches(Scope(self.catalog, viewer, now, known_at))
                self._keep(key, of_batches(batches, self.catalog.calendar))
            return self._kept[key]

    def rebuild(self, now: datetime, tell: Tell = QUIET) -> None:
        """Build the store's timeline anew from the facts, whatever there is."""
        signature = self.signature()
        with self._lock:
            store = TimelineStore(self.folder, self.catalog.calendar)
            store.rebuild(self._batches(Scope(self.catalog, OPERATOR, now)), signature, tell=tell)
            self._kept.clear()

    def state(self) -> "State":
        """What the store's timeline holds, and whether it is that of the present data."""
        store = TimelineStore(self.folder, self.catalog.calendar)
        timeline = store.timeline()
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        track = timeline.track(Pick())
        waiting = len(timeline.tail.time)
        counts = {
            name: int(starts[-1] - starts[0])
            for name in timeline.activities
            for starts in (timeline.track(Pick(name)).starts,)
        }
        return State(
            fresh=not store.stale(self.signature()),
            built=max((path.stat().st_mtime for path in files), default=None),
            members=int((track.starts[1:] > track.starts[:-1]).sum()),
            activities=dict(sorted(counts.items(), key=lambda one: -one[1])),
            waiting=waiting,
            bytes=sum(path.stat().st_size for path in files),
        )

    def history(self, viewer: Viewer, now: datetime, known_at: datetime | None, name: str) -> Spells:
        """The spells of a division of members beside the viewer's timeline."""
        key = (self.engine.version(), viewer.rows_key, "" if known_at is None else known_at.isoformat(), name)
        with self._lock:
            if key not in self._histories:
                words = [
                    str(row[0])
                    for row in self.engine.run(values(Scope(self.catalog, viewer, now, known_at), name)).rows
                ]
                rows = self.engine.batches(history(Scope(self.catalog, viewer, now, known_at), name, words))
                while len(self._histories) >= KEPT:
                    self._histories.pop(next(iter(self._histories)))
                self._histories[key] = spells.of_batches(rows, words, name)
            return self._histories[key]

    def gain(self, fact: str, rows: Sql, before: str, now: datetime) -> bool:
        """Add rows of a fact that have just come to the store's timeline; whether it is of the present facts now.

        It is not if it was not of those before (signature `before`), or if the rows do not fit what it holds: then it
        is built anew when somebody asks.
        """
        with self._lock:
            store = TimelineStore(self.folder, self.catalog.calendar)
            if store.stale(before):
                return False
            known = store.timeline()
            activities = {name: one for name, one in self.catalog.activities.items() if one.of == fact}

            def scope() -> Scope:
                return Scope(self.catalog, OPERATOR, now, only={fact: rows})

            # What is text in the lists stays text, though all that has come now may be numbers.
            keys = {
                name: {key: numbers and known.kinds.get(key) is not Kind.WORDS for key, numbers in found.items()}
                for name, found in self._open_keys(scope(), activities).items()
            }
            batches = list(self.engine.batches(occurrences(scope(), activities, keys)))
            if len(known.tail.time) > MOST_LATE or not all(known.fits(batch.schema) for batch in batches):
                return False
            for batch in batches:
                store.append(batch)
            store.sign(self.signature())
            return True

    def signature(self) -> str:
        """What the timeline depends on: the data, and how activities are declared."""
        declared = msgspec.json.encode(dict(self.catalog.activities), order="deterministic").decode()
        return f"{self.engine.version()} {self.catalog.calendar} {declared}"

    def _keep(self, key: tuple[str, str, str], timeline: Timeline) -> None:
        while len(self._kept) >= KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[key] = timeline

    def _batches(self, scope: Scope) -> Iterator[pa.RecordBatch]:
        activities = self.catalog.activities
        return self.engine.batches(occurrences(scope, activities, self._open_keys(scope, activities)))

    def _open_keys(self, scope: Scope, activities: Mapping[str, Activity]) -> dict[str, dict[str, bool]]:
        found: dict[str, dict[str, bool]] = {}
        for name, activity in activities.items():
            if activity.open is not None:
                fresh = Scope(self.catalog, scope.viewer, scope.now, scope.known_at, scope.only)
                taken = set(activity.properties)
                rows = self.engine.run(keys_of(fresh, activity)).rows
                found[name] = {str(key): bool(numbers) for key, numbers in rows if key not in taken}
        return found
