"""What members do in the buckets of a time axis: counts, lifecycle, stickiness."""

import numpy as np

from punchcard.timeline.kernels import Codes, Flags, Floats, Ints, kernel

NEW, CURRENT, RESURRECTED, DORMANT = 0, 1, 2, 3


@kernel
def scale_of(edges: Ints) -> float:
    """Buckets per microsecond: by it the bucket of a time is guessed."""
    return (len(edges) - 1) / float(edges[-1] - edges[0])


@kernel
def bucket_of(edges: Ints, scale: float, time: int) -> int:
    """The bucket that holds a time between the first edge and the last.

    Days, weeks and months are nearly equal, so a guess is right or off by a few; searching costs ten times as much.
    """
    guess = int((time - edges[0]) * scale)
    bucket = min(max(guess, 0), len(edges) - 2)
    while time < edges[bucket]:
        bucket -= 1
    while time >= edges[bucket + 1]:
        bucket += 1
    return bucket


@kernel
def buckets_of(edges: Ints, times: Ints) -> Ints:
    """The bucket of each time; -1 before the first edge, the number of buckets from the last one on."""
    scale = scale_of(edges)
    bucket = np.empty(len(times), np.int64)
    for i in range(len(times)):
        if times[i] < edges[0]:
            bucket[i] = -1
        elif times[i] >= edges[-1]:
            bucket[i] = len(edges) - 1
        else:
            bucket[i] = bucket_of(edges, scale, times[i])
    return bucket


@kernel
def counted(
    first_member: int,
    after_member: int,
    starts: Ints,
    time: Ints,
    edges: Ints,
    group: Codes,
    groups: int,
    by_member: bool,
    value: Floats,
    allowed: Flags,
) -> tuple[Ints, Ints, Floats, Ints]:
    """For each group and bucket: members that did it, how often, the sum of a value, and how many had one.

    `group` divides members (`by_member`) or occurrences, or is empty; a negative group is the last one. `value` is
    empty or a number for each occurrence; NaN adds nothing.
    """
    offset = starts[0]
    buckets = len(edges) - 1
    scale = scale_of(edges)
    unique = np.zeros((groups, buckets), np.int64)
    total = np.zeros((groups, buckets), np.int64)
    added = np.zeros((groups, buckets), np.float64)
    valued = np.zeros((groups, buckets), np.int64)
    seen = np.full((groups, buckets), -1, np.int64)
    for m in range(first_member, after_member):
        if len(allowed) and not allowed[m]:
            continue
        g = 0
        if len(group) and by_member:
            g = group[m] if group[m] >= 0 else groups - 1
        b = -1
        for i in range(starts[m], starts[m + 1]):
            t = time[i]
            if t < edges[0]:
                continue
            if t >= edges[buckets]:
                break
            if b < 0 or t >= edges[b + 1]:
                b = bucket_of(edges, scale, t)
            if len(group) and not by_member:
                g = group[i - offset] if group[i - offset] >= 0 else groups - 1
            total[g, b] += 1
            if seen[g, b] != m:
                seen[g, b] = m
                unique[g, b] += 1
            if len(value) and not np.isnan(value[i - offset]):
                added[g, b] += value[i - offset]
                valued[g, b] += 1
    return unique, total, added, valued


@kernel
def lifecycle(
    first_member: int,
    after_member: int,
    starts: Ints,
    time: Ints,
    edges: Ints,
    created: Ints,
    allowed: Flags,
    wanted_state: int,
    wanted_bucket: int,
    found: Flags,
) -> Ints:
    """Members by state and bucket; the first bucket of the axis only serves to know who was active before.

    A member is new in the bucket of the first activity (or of `created`, if that is given); later, current if active in
    the bucket before, else resurrected; and dormant in the bucket after one in which they were active, if not active.
    """
    buckets = len(edges) - 1
    scale = scale_of(edges)
    counts = np.zeros((4, buckets), np.int64)
    for m in range(first_member, after_member):
        if len(allowed) and not allowed[m]:
            continue
        low, high = starts[m], starts[m + 1]
        if low == high:
            continue
        b, before = -1, -2
        born = int(created[m]) if len(created) else int(time[low])
        birth = -1
        if edges[0] <= born < edges[buckets]:
            birth = bucket_of(edges, scale, born)
        for i in range(low, high + 1):
            # One turn beyond the end closes the last active bucket.
            if i < high:
                t = time[i]
                if t < edges[0] or (b >= 0 and b < buckets and t < edges[b + 1]):
                    continue
                b = bucket_of(edges, scale, t) if t < edges[buckets] else buckets
            else:
                b = buckets
            if b == before:
                continue
            if before >= 0 and before + 1 < buckets and b > before + 1:
                counts[DORMANT, before + 1] += 1
                if wanted_state == DORMANT and wanted_bucket == before + 1:
                    found[m] = True
            if b < buckets:
                state = RESURRECTED
                if b == birth:
                    state = NEW
                elif before >= 0 and before == b - 1:
                    state = CURRENT
                counts[state, b] += 1
                if wanted_state == state and wanted_bucket == b:
                    found[m] = True
            else:
                break
            before = b
    return counts


@kernel
def active_buckets(
    first_member: int,
    after_member: int,
    starts: Ints,
    time: Ints,
    edges: Ints,
    least: int,
    allowed: Flags,
    found: Codes,
) -> None:
    """For each member the number of buckets with at least so many occurrences."""
    buckets = len(edges) - 1
    scale = scale_of(edges)
    for m in range(first_member, after_member):
        found[m] = 0
        if len(allowed) and not allowed[m]:
            continue
        b, times = -1, 0
        for i in range(starts[m], starts[m + 1]):
            t = time[i]
            if t < edges[0]:
                continue
            if t >= edges[buckets]:
                break
            if b < 0 or t >= edges[b + 1]:
                b = bucket_of(edges, scale, t)
                times = 0
            times += 1
            if times == least:
                found[m] += 1
