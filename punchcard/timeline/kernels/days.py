"""Day marks: for each week and member one byte, a bit for each local day on which the member was active."""

import numpy as np
from numpy.typing import NDArray

from punchcard.timeline.kernels import Codes, Flags, Ints, kernel
from punchcard.timeline.kernels.buckets import CURRENT, DORMANT, NEW, RESURRECTED, bucket_of, scale_of

Marks = NDArray[np.uint8]


@kernel
def mark(first_member: int, after_member: int, starts: Ints, time: Ints, days: Ints, marks: Marks) -> None:
    """Set the bit of each day of `days` (edges, from the first day of a week on) on which a member did something."""
    scale = scale_of(days)
    for m in range(first_member, after_member):
        day = -1
        for i in range(starts[m], starts[m + 1]):
            t = time[i]
            if day >= 0 and t < days[day + 1]:
                continue
            day = bucket_of(days, scale, t)
            marks[day // 7, m] |= np.uint8(1 << (day % 7))


@kernel
def lifecycle_of_days(
    first_member: int, after_member: int, marks: Marks, first_day: Ints, after_day: Ints, shown: int, allowed: Flags
) -> Ints:
    """Members by state and bucket; bucket b holds the days `first_day[b]` .. `after_day[b]` of the marks.

    Buckets before `shown` lie before the axis and only tell who has been active before; the one just before it is the
    axis's first, which is not counted.
    """
    buckets = len(first_day)
    counts = np.zeros((4, buckets), np.int64)
    members = after_member - first_member
    seen = np.zeros(members, np.uint8)
    before = np.zeros(members, np.uint8)
    now = np.empty(members, np.uint8)
    for b in range(buckets):
        now[:] = 0
        for week in range(first_day[b] // 7, (after_day[b] - 1) // 7 + 1):
            low = max(first_day[b] - week * 7, 0)
            high = min(after_day[b] - week * 7, 7)
            bits = np.uint8(((1 << high) - 1) & ~((1 << low) - 1))
            row = marks[week, first_member:after_member]
            for m in range(members):
                now[m] |= row[m] & bits
        new, current, resurrected, dormant = 0, 0, 0, 0
        for m in range(members):
            active = np.uint8(now[m] != 0)
            if len(allowed):
                active &= np.uint8(allowed[first_member + m])
            was, ever = before[m], seen[m]
            new += active & (ever ^ 1)
            current += active & was
            resurrected += active & ever & (was ^ 1)
            dormant += was & (active ^ 1)
            before[m] = active
            seen[m] = ever | active
        if b >= shown:
            counts[NEW, b], counts[CURRENT, b] = new, current
            counts[RESURRECTED, b], counts[DORMANT, b] = resurrected, dormant
    return counts[:, shown:]


@kernel
def active_days(
    first_member: int, after_member: int, marks: Marks, first_day: int, after_day: int, found: Codes
) -> None:
    """For each member the number of marked days among `[first_day, after_day)`."""
    for m in range(first_member, after_member):
        found[m] = 0
    for week in range(first_day // 7, (after_day - 1) // 7 + 1):
        low = max(first_day - week * 7, 0)
        high = min(after_day - week * 7, 7)
        bits = np.uint8(((1 << high) - 1) & ~((1 << low) - 1))
        for m in range(first_member, after_member):
            x = marks[week, m] & bits
            x = (x & 0x55) + ((x >> 1) & 0x55)
            x = (x & 0x33) + ((x >> 2) & 0x33)
            found[m] += (x & 0x0F) + (x >> 4)
