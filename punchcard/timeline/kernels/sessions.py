"""Sessions: runs of a member's activities with no gap as long as the limit."""

import numpy as np

from punchcard.timeline.kernels import Flags, Ints, kernel


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
    most = starts[after_member] - starts[first_member]
    member = np.empty(most, np.int64)
    first = np.empty(most, np.int64)
    length = np.empty(most, np.int64)
    n = 0
    for m in range(first_member, after_member):
        if len(allowed) and not allowed[m]:
            continue
        i, high = starts[m], starts[m + 1]
        while i < high:
            j = i + 1
            while j < high and time[j] - time[j - 1] < gap:
                j += 1
            if begin <= time[i] < end:
                member[n], first[n], length[n] = m, i, j - i
                n += 1
            i = j
    return member[:n], first[:n], length[:n]
