"""Done: for each member, when something was done for the n-th time, and how often within a span of their own."""

import numpy as np

from punchcard.timeline.kernels import Floats, Ints, in_ranges
from punchcard.timeline.kernels.cohorts import did, nth_times
from punchcard.timeline.read import Track
from punchcard.timeline.retention import FOREVER, NO_NUMBERS

NO_EDGES = np.empty(0, np.int64)


def nth(track: Track, n: int = 1) -> Ints:
    """The time of each member's n-th occurrence ever; `FOREVER` if there is none."""
    found = np.full(track.members, FOREVER, np.int64)
    in_ranges(track.members, lambda a, b: nth_times(a, b, track.starts, track.time, n, found))
    return found


def within(track: Track, low: Ints, high: Ints, value: Floats = NO_NUMBERS) -> tuple[Ints, Floats]:
    """How often each member did it in their own `[low, high)`, and the sum of a value over that."""
    times, days = np.zeros(track.members, np.int64), np.zeros(track.members, np.int64)
    added = np.zeros(track.members, np.float64)
    in_ranges(
        track.members,
        lambda a, b: did(a, b, track.starts, track.time, low, high, NO_EDGES, value, times, days, added),
    )
    return times, added


def spans_of(members: int, who: Ints, low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """Spans of some members as those of all: everybody else has an empty one."""
    lows, highs = np.zeros(members, np.int64), np.full(members, -FOREVER, np.int64)
    lows[who], highs[who] = low, high
    return lows, highs
