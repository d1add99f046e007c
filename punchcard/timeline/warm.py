"""Warming up: every kernel is compiled, or fetched from the disk, by asking each kind of question once."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa

from punchcard.period import Period
from punchcard.timeline import tail
from punchcard.timeline.attribution import Attribution, attribution
from punchcard.timeline.cohort import Cohorts, Did, DidNth
from punchcard.timeline.crossing import MOST_BITS, Crossing, crossing
from punchcard.timeline.frequency import intervals
from punchcard.timeline.funnel import funnel
from punchcard.timeline.lifecycle import Lifecycle, lifecycle
from punchcard.timeline.paths import Paths, paths
from punchcard.timeline.pick import Condition, Pick
from punchcard.timeline.read import Timeline
from punchcard.timeline.retention import Retention, retention
from punchcard.timeline.segmentation import Segmentation, segmentation
from punchcard.timeline.sessions import Sessions, sessions
from punchcard.timeline.spells import of_batches as spells_of
from punchcard.timeline.steps import Breakdown, Funnel, Step, Window
from punchcard.timeline.stickiness import Stickiness, stickiness
from punchcard.timeline.store import of_batches

START = datetime(2025, 1, 1, tzinfo=UTC)
PERIOD = Period(START, START + timedelta(days=1))


def warm() -> None:
    """Make the first question of a process as quick as the second; takes seconds once, then a fraction of one."""
    batch = pa.RecordBatch.from_pydict(
        {
            "member": pa.array([0, 0], pa.int32()),
            "activity": pa.array(["a", "b"]),
            "time": pa.array([START, START], pa.timestamp("us", "UTC")),
            "word": pa.array(["x", None], pa.string()),
        }
    )
    built = of_batches([batch])
    for timeline in (built, built.with_tail(tail.of(built.lists, [batch]))):
        _ask(timeline)


def _ask(timeline: Timeline) -> None:
    steps = (Step("a", (Condition("word", "is", ("x",)),)), Step("b"))
    for question in (
        Funnel(steps=(Step("a"), Step("b")), breakdown=Breakdown("word")),
        Funnel(steps=steps, count="attempts", hold=("word",)),
        Funnel(steps=steps, order="any", window=Window(1, "session")),
        Funnel(steps=steps, order="strict"),
    ):
        funnel(timeline, question, PERIOD).result()
    retention(timeline, Retention(), PERIOD)
    lifecycle(timeline, Lifecycle(grain="hour"), PERIOD)
    lifecycle(timeline, Lifecycle(), PERIOD)
    stickiness(timeline, Stickiness(), PERIOD)
    stickiness(timeline, Stickiness(grain="hour"), PERIOD)
    segmentation(timeline, Segmentation(), PERIOD)
    segmentation(timeline, Segmentation(cumulative=True), PERIOD)
    paths(timeline, Paths(), PERIOD).edges()
    sessions(timeline, Sessions(), PERIOD).result()
    for words in ((), tuple(map(str, range(MOST_BITS)))):
        histories = {"segment.any": spells_of([], words, "")}
        crossing(timeline, Crossing(rows=("segment.any",), columns=("word",)), PERIOD, histories)
    intervals(timeline, Pick("a"), PERIOD)
    attribution(timeline, Attribution(touch=Pick("a"), channel="word", conversion=Pick("b")), PERIOD)
    cohorts = Cohorts(timeline, PERIOD.end)
    cohorts.members(Did(Pick("a"), count="days"))
    cohorts.members(DidNth(Pick("a"), 1))
