"""What Hypothesis tells of members: activities with ties, clock changes and leap days, loaded in every way."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from punchcard.period import Calendar, Period
from punchcard.timeline import tail
from punchcard.timeline.read import Declared, Timeline
from punchcard.timeline.store import of_batches

MEMBERS = 4
NAMES = ("a", "b", "c", "d")
VALUES = ("x", "y", None)

# Around these the local day is not 24 hours long, or there is a day that other years lack.
MOMENTS = (
    datetime(2024, 3, 30, 12, tzinfo=UTC),  # clocks go forward in Berlin
    datetime(2024, 10, 26, 12, tzinfo=UTC),  # and back
    datetime(2024, 2, 28, 12, tzinfo=UTC),  # the leap day is near
    datetime(2023, 12, 30, 12, tzinfo=UTC),  # the year ends
)
CALENDARS = (
    Calendar("UTC", 1),
    Calendar("Europe/Berlin", 1),
    Calendar("America/New_York", 7),
    Calendar("Asia/Kathmandu", 7),
    Calendar("Australia/Lord_Howe", 3),
)


@dataclass(frozen=True, slots=True)
class Act:
    """One thing a member did."""

    member: int
    name: str
    time: datetime
    arrival: int
    value: str | None
    amount: int | None

    @property
    def order(self) -> tuple[datetime, int]:
        """Its place in time."""
        return self.time, self.arrival


@dataclass(frozen=True, slots=True)
class Told:
    """Acts with members as they are now, the timeline that was made of them, a period and a calendar."""

    acts: tuple[Act, ...]
    timeline: Timeline
    period: Period
    calendar: Calendar

    def of(self, member: int) -> list[Act]:
        """What one member did, in order."""
        return sorted((act for act in self.acts if act.member == member), key=lambda act: act.order)

    @property
    def members(self) -> range:
        """All member numbers."""
        return range(self.timeline.members)

    def inside(self, act: Act) -> bool:
        """Whether it was done in the period."""
        return self.period.start <= act.time < self.period.end


@st.composite
def told(draw: st.DrawFn, unit: timedelta = timedelta(hours=1), span: int = 60, most: int = 24) -> Told:
    """A few members' acts; small numbers of units apart, so that equal times are frequent."""
    calendar = draw(st.sampled_from(CALENDARS))
    start = draw(st.sampled_from(MOMENTS))
    act = st.tuples(
        st.integers(0, MEMBERS - 1),
        st.sampled_from(NAMES),
        st.integers(0, span),
        st.sampled_from(VALUES),
        st.sampled_from((None, 0, 1, 5)),
    )
    drawn = draw(st.lists(act, max_size=most))
    sent = [Act(m, name, start + unit * at, i, value, amount) for i, (m, name, at, value, amount) in enumerate(drawn)]
    identities = list(range(MEMBERS))
    if draw(st.booleans()):
        identities[draw(st.integers(0, MEMBERS - 1))] = draw(st.integers(0, MEMBERS - 1))
    loaded = _loaded(draw, sent, np.array(identities, np.int32), calendar)
    begin = start + unit * draw(st.integers(-span // 4, span // 2))
    end = begin + unit * draw(st.integers(1, span))
    acts = tuple(Act(identities[a.member], a.name, a.time, a.arrival, a.value, a.amount) for a in sent)
    return Told(acts, loaded, Period(begin, end), calendar)


def _loaded(draw: st.DrawFn, sent: list[Act], identities: np.ndarray, calendar: Calendar) -> Timeline:
    late = draw(st.integers(0, len(sent)))
    merged_late = draw(st.booleans())
    order = draw(st.permutations(sent)) if draw(st.booleans()) else sent
    early, after = order[: len(order) - late], order[len(order) - late :]
    known = None if merged_late else identities
    declared = Declared(NAMES)
    built = of_batches([batch(early)], calendar, known, declared)
    if after:
        built = built.with_tail(tail.of(built.lists, [batch(after)]))
    return built.with_identities(identities)


def batch(acts: list[Act]) -> pa.RecordBatch:
    """Acts as the facts would give them."""
    return pa.RecordBatch.from_pydict(
        {
            "member": pa.array([a.member for a in acts], pa.int32()),
            "activity": pa.array([a.name for a in acts], pa.string()),
            "time": pa.array([a.time for a in acts], pa.timestamp("us", "UTC")),
            "arrival": pa.array([a.arrival for a in acts], pa.int64()),
            "value": pa.array([a.value for a in acts], pa.string()),
            "amount": pa.array([a.amount for a in acts], pa.float64()),
        }
    )
