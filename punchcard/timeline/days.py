"""Days: on which local days each member did something, as bits; kept beside the lists once they were needed."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from punchcard.period import Calendar, Grain
from punchcard.timeline.axis import instant, micros
from punchcard.timeline.kernels import Ints, in_ranges
from punchcard.timeline.kernels.days import Marks, mark
from punchcard.timeline.lists import Lists, mapped
from punchcard.timeline.pick import Pick
from punchcard.timeline.read import Timeline

WEEK = timedelta(days=7)
# More weeks than this are not worth a byte for every member: the passes over the occurrences do.
MOST_WEEKS = 520


@dataclass(frozen=True, slots=True)
class Days:
    """`marks[week, member]`, a bit a day, counted from `first`, which begins a week."""

    first: date
    marks: Marks

    def place(self, day: date) -> int:
        """The number of a day, cut to those that are marked."""
        return min(max((day - self.first).days, 0), 7 * len(self.marks))


def days_of(timeline: Timeline, pick: Pick) -> Days | None:
    """The marks of a whole activity (or of any); None where they do not hold: conditions, late rows, too many years."""
    lists = timeline.lists
    if pick.where or isinstance(pick.activity, tuple) or not timeline.unchanged or not len(lists.time):
        return None
    code = -1 if pick.activity is None else timeline.code(pick.activity)
    if code >= len(lists.activities):
        return None
    return _read(lists, timeline, pick, code)


def _read(lists: Lists, timeline: Timeline, pick: Pick, code: int) -> Days | None:
    calendar = timeline.calendar
    first = calendar.floor(calendar.day(instant(lists.first)), Grain.WEEK)
    weeks = (calendar.day(instant(lists.last)) - first).days // 7 + 1
    if weeks > MOST_WEEKS:
        return None
    name = f"days-{code}-{calendar.zone.replace('/', '-')}-{calendar.week_start}.npy"
    if name not in lists.marks:
        file = lists.folder / name
        if not file.exists():
            marks = _marked(timeline, pick, first, weeks, calendar)
            lists.marks[name] = marks
            if lists.folder.exists():  # a newer version may have taken its place
                _kept(file, marks)
        else:
            lists.marks[name] = mapped(file)
    return Days(first, lists.marks[name])


def _marked(timeline: Timeline, pick: Pick, first: date, weeks: int, calendar: Calendar) -> Marks:
    edges: Ints = np.array([micros(calendar.midnight(first + timedelta(days=d))) for d in range(weeks * 7 + 1)])
    track = timeline.track(pick)
    marks = np.zeros((weeks, track.members), np.uint8)
    in_ranges(track.members, lambda a, b: mark(a, b, track.starts, track.time, edges, marks))
    return marks


def _kept(file: Path, marks: Marks) -> None:
    unfinished = file.with_suffix(".unfinished.npy")
    np.save(unfinished, marks)
    unfinished.replace(file)
