"""The timeline's folder: replaced in one step, stale by itself, followed by its tail, gone without a loss."""

import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from punchcard.errors import QueryError
from punchcard.period import Calendar, of_days
from punchcard.timeline import build
from punchcard.timeline.build import Progress
from punchcard.timeline.pick import Pick
from punchcard.timeline.read import Timeline
from punchcard.timeline.segmentation import Segmentation, segmentation
from punchcard.timeline.store import TimelineStore
from tests.timeline.events import batch

MONTH = of_days(date(2025, 11, 1), date(2025, 12, 1), Calendar())
MORNING = batch(["U1 open 0 page=a", "U2 open 5", "U1 buy 10 net=3.50"], ["page"], ["net"])
EVENING = batch(["U3 open 900 page=b", "U1 buy 901 net=1.25", "U9 rate 902"], ["page"], ["net"])


def times(timeline: Timeline, activity: str | None) -> int:
    return int(segmentation(timeline, Segmentation(activity=Pick(activity), measure="times"), MONTH).totals[0])


@pytest.fixture
def store(tmp_path: Path) -> TimelineStore:
    return TimelineStore(tmp_path / "timeline")


def test_a_missing_timeline_is_stale_and_empty(store: TimelineStore):
    assert store.stale("facts 1")
    assert times(store.timeline(), None) == 0


def test_it_is_stale_when_the_facts_have_changed(store: TimelineStore):
    store.rebuild([MORNING], "facts 1")
    assert not store.stale("facts 1")
    assert store.stale("facts 2")


def test_a_reader_keeps_what_it_has_opened_while_another_version_takes_its_place(store: TimelineStore):
    store.rebuild([MORNING], "facts 1")
    opened = store.timeline()
    store.rebuild([MORNING, EVENING], "facts 2")
    assert times(opened, None) == 3
    assert times(store.timeline(), None) == 6


def test_a_failed_build_leaves_the_old_one(store: TimelineStore):
    store.rebuild([MORNING], "facts 1")
    broken = pa.RecordBatch.from_pydict({"member": [1], "activity": ["open"]})
    with pytest.raises(QueryError, match="needs a column 'time'"):
        store.rebuild([MORNING, broken], "facts 2")
    assert times(store.timeline(), None) == 3
    assert len(list(store.folder.glob("lists-*"))) == 1


def test_what_arrives_is_seen_without_a_build_and_stays_after_compaction(store: TimelineStore):
    store.rebuild([MORNING], "facts 1")
    assert store.timeline() is store.timeline()
    store.append(EVENING)
    seen = store.timeline()
    assert (times(seen, "buy"), times(seen, "rate"), seen.members, store.tail_rows()) == (2, 1, 10, 3)
    store.compact("facts 2")
    after = store.timeline()
    assert (times(after, "buy"), times(after, "rate"), after.members, store.tail_rows()) == (2, 1, 10, 0)
    asked = Segmentation(activity=Pick("buy"), measure="sum", of="net")
    assert segmentation(after, asked, MONTH).totals[0] == segmentation(seen, asked, MONTH).totals[0] == 4.75


def test_deleting_it_loses_nothing(store: TimelineStore):
    store.rebuild([MORNING], "facts 1")
    shutil.rmtree(store.folder)
    store.rebuild([MORNING], "facts 1")
    assert times(store.timeline(), None) == 3


def test_a_merge_can_be_undone_after_the_build(store: TimelineStore):
    merged = np.array([0, 1, 1], np.int32)
    store.rebuild([MORNING], "facts 1", identities=merged)
    asked = Segmentation(activity=Pick("open"))
    assert segmentation(store.timeline(), asked, MONTH).totals[0] == 1
    parted = np.arange(3, dtype=np.int32)
    assert segmentation(store.timeline(parted), asked, MONTH).totals[0] == 2


def test_a_build_in_many_small_spools_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    whole, small = TimelineStore(tmp_path / "whole"), TimelineStore(tmp_path / "small")
    rows = [batch([f"U{n % 7} open {n} page={n % 3}", f"U{n % 5} buy {n} net=2"], ["page"], ["net"]) for n in range(40)]
    rows = [r.set_column(3, "arrival", pa.array([2 * n, 2 * n + 1])) for n, r in enumerate(rows)]
    whole.rebuild(rows, "x")
    monkeypatch.setattr(build, "SPAN", 2)
    monkeypatch.setattr(build, "BUFFERED", 6)
    told: list[Progress] = []
    small.rebuild(rows, "x", tell=told.append)
    a, b = whole.timeline(), small.timeline()
    for pick in (Pick(), Pick("open"), Pick("buy")):
        x, y = a.track(pick), b.track(pick)
        assert x.starts.tolist() == y.starts.tolist()
        assert x.time[x.starts[0] : x.starts[-1]].tolist() == y.time[y.starts[0] : y.starts[-1]].tolist()
        assert a.values(x, "page").tolist() == b.values(y, "page").tolist()
    assert told[-1] == Progress("sorted", 80, 80)
