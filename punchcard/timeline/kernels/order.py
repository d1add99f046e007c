"""Putting occurrences in order: by group, then time, then arrival; and weaving late ones into what is sorted."""

import numpy as np

from punchcard.timeline.kernels import Codes, Flags, Ints, kernel


@kernel
def before(time: Ints, arrival: Ints, a: int, b: int) -> bool:
    """Whether occurrence `a` comes before occurrence `b`."""
    return time[a] < time[b] or (time[a] == time[b] and arrival[a] < arrival[b])


@kernel
def first_at(time: Ints, low: int, high: int, moment: int) -> int:
    """The first place of a sorted run `[low, high)` whose time is not before a moment; `high` if there is none."""
    while low < high:
        middle = (low + high) // 2
        if time[middle] < moment:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def grouped(group: Ints, groups: int) -> tuple[Ints, Ints]:
    """A counting sort: the positions in order of their group, as they came inside it, and where each group starts."""
    starts = np.zeros(groups + 1, np.int64)
    for i in range(len(group)):
        starts[group[i] + 1] += 1
    for g in range(groups):
        starts[g + 1] += starts[g]
    place = starts[:-1].copy()
    order = np.empty(len(group), np.int64)
    for i in range(len(group)):
        g = group[i]
        order[place[g]] = i
        place[g] += 1
    return order, starts


@kernel
def settle(order: Ints, starts: Ints, time: Ints, arrival: Ints) -> None:
    """Sort each group of `order` by (time, arrival): a merge sort of the runs it has, so near order is cheap."""
    longest = 0
    for g in range(len(starts) - 1):
        longest = max(longest, starts[g + 1] - starts[g])
    spare = np.empty(longest, np.int64)
    ends = np.empty(longest + 1, np.int64)
    for g in range(len(starts) - 1):
        low, high = starts[g], starts[g + 1]
        runs = 0
        for i in range(low + 1, high):
            if before(time, arrival, order[i], order[i - 1]):
                ends[runs] = i
                runs += 1
        if runs == 0:
            continue
        ends[runs] = high
        runs += 1
        while runs > 1:
            left, kept, r = low, 0, 0
            while r < runs:
                if r + 1 < runs:
                    middle, right = ends[r], ends[r + 1]
                    weave(order, spare, left, middle, right, time, arrival)
                else:
                    right = ends[r]
                ends[kept] = right
                kept += 1
                left = right
                r += 2
            runs = kept


@kernel
def weave(order: Ints, spare: Ints, left: int, middle: int, right: int, time: Ints, arrival: Ints) -> None:
    """Merge two neighbouring sorted runs of `order` in place."""
    for i in range(left, middle):
        spare[i - left] = order[i]
    a, b, at = 0, middle, left
    length = middle - left
    while a < length:
        if b < right and before(time, arrival, order[b], spare[a]):
            order[at] = order[b]
            b += 1
        else:
            order[at] = spare[a]
            a += 1
        at += 1


@kernel
def joined(
    starts: Ints,
    time: Ints,
    arrival: Ints,
    row: Ints,
    dropped: Flags,
    late_member: Codes,
    late_time: Ints,
    late_arrival: Ints,
    late_row: Ints,
    members: int,
) -> tuple[Ints, Ints, Ints, Ints]:
    """A sorted list with late occurrences woven in, and without the occurrences of dropped members.

    Late ones come sorted by (member, time, arrival). An empty `row` means that the list's rows are its positions from
    `starts[0]` on.
    """
    known = len(starts) - 1
    size = len(late_member)
    for m in range(known):
        if not (m < len(dropped) and dropped[m]):
            size += starts[m + 1] - starts[m]
    new_starts = np.empty(members + 1, np.int64)
    new_time = np.empty(size, np.int64)
    new_arrival = np.empty(size, np.int64)
    new_row = np.empty(size, np.int64)
    identity = len(row) == 0
    at = 0
    late = 0
    for m in range(members):
        new_starts[m] = at
        i, end = 0, 0
        if m < known and not (m < len(dropped) and dropped[m]):
            i, end = starts[m], starts[m + 1]
        while i < end or (late < len(late_member) and late_member[late] == m):
            take_late = late < len(late_member) and late_member[late] == m
            if take_late and i < end:
                take_late = late_time[late] < time[i] or (
                    late_time[late] == time[i] and late_arrival[late] < arrival[i]
                )
            if take_late:
                new_time[at], new_arrival[at], new_row[at] = late_time[late], late_arrival[late], late_row[late]
                late += 1
            else:
                new_time[at], new_arrival[at] = time[i], arrival[i]
                new_row[at] = i if identity else row[i]
                i += 1
            at += 1
    new_starts[members] = at
    return new_starts, new_time, new_arrival, new_row


@kernel
def kept(starts: Ints, time: Ints, arrival: Ints, row: Ints, keep: Flags) -> tuple[Ints, Ints, Ints, Ints]:
    """The occurrences of a list for which `keep` holds (it is aligned with `starts[0]`..`starts[-1]`)."""
    first = starts[0]
    size = 0
    for i in range(len(keep)):
        size += keep[i]
    new_starts = np.empty(len(starts), np.int64)
    new_time = np.empty(size, np.int64)
    new_arrival = np.empty(size, np.int64)
    new_row = np.empty(size, np.int64)
    identity = len(row) == 0
    at = 0
    for m in range(len(starts) - 1):
        new_starts[m] = at
        for i in range(starts[m], starts[m + 1]):
            if keep[i - first]:
                new_time[at], new_arrival[at] = time[i], arrival[i]
                new_row[at] = i if identity else row[i]
                at += 1
    new_starts[-1] = at
    return new_starts, new_time, new_arrival, new_row


@kernel
def members_of_rows(starts: Ints) -> Codes:
    """The member of each occurrence of a list."""
    first = starts[0]
    found = np.empty(starts[-1] - first, np.int32)
    for m in range(len(starts) - 1):
        for i in range(starts[m], starts[m + 1]):
            found[i - first] = m
    return found
