"""Sessions: runs of a member's activities with no gap as long as the limit."""

import numpy as np

from punchcard.timeline.kernels import Flags, Ints, kernel
from punchcard.timeline.kernels.order import first_at


@kernel
def session_numbers(starts: Ints, time: Ints, gap: int) -> Ints:
    """For each occurrence, the number of its session among the member's own, from 0; a gap of `gap` begins another."""
    offset = starts[0]
    number = np.empty(starts[-1] - offset, np.int64)
    for m in range(len(starts) - 1):
        session = 0
        for i in range(starts[m], starts[m + 1]):
            if i > starts[m] and time[i] - time[i - 1] >= gap:
                session += 1
            number[i - offset] = session
    return number


@kernel
def sessions(
    first_member: int, after_member: int, starts: Ints, time: Ints, gap: int, begin: int, end: int, allowed: Flags
) -> tuple[Ints, Ints, Ints]:
    """The sessions that begin in the period: member, place of the first activity, how many activities."""
    # Sessions are counted first: room for every activity would be many times what is needed.
    most = 0
    for m in range(first_member, after_member):
        high = starts[m + 1]
        for i in range(first_at(time, starts[m], high, begin), high):
            if time[i] >= end:
                break
            most += i == starts[m] or time[i] - time[i - 1] >= gap
    member = np.empty(most, np.int64)
    first = np.empty(most, np.int64)
    length = np.empty(most, np.int64)
    n = 0
    for m in range(first_member, after_member):
        if len(allowed) and not allowed[m]:
            continue
        high = starts[m + 1]
        i = first_at(time, starts[m], high, begin)
        # What goes on from before the period began before it.
        while starts[m] < i < high and time[i] - time[i - 1] < gap:
            i += 1
        while i < high and time[i] < end:
            j = i + 1
            while j < high and time[j] - time[j - 1] < gap:
                j += 1
            member[n], first[n], length[n] = m, i, j - i
            n += 1
            i = j
    return member[:n], first[:n], length[:n]
