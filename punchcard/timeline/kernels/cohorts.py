"""Behaviour cohorts: how often, on how many days, or for how much each member did something in a span of time."""

import numpy as np

from punchcard.timeline.kernels import Flags, Floats, Ints, kernel
from punchcard.timeline.kernels.buckets import bucket_of, scale_of


@kernel
def did(
    first_member: int,
    after_member: int,
    starts: Ints,
    time: Ints,
    low: Ints,
    high: Ints,
    days: Ints,
    value: Floats,
    times: Ints,
    on_days: Ints,
    added: Floats,
) -> None:
    """For each member, over the occurrences in [low[m], high[m]): how many, on how many days, and the sum of a value.

    `days` are the edges of the local days; empty when days are not asked for.
    """
    offset = starts[0]
    scale = scale_of(days) if len(days) else 0.0
    for m in range(first_member, after_member):
        times[m], on_days[m], added[m] = 0, 0, 0.0
        b = -1
        for i in range(starts[m], starts[m + 1]):
            t = time[i]
            if t < low[m]:
                continue
            if t >= high[m]:
                break
            times[m] += 1
            if len(value) and not np.isnan(value[i - offset]):
                added[m] += value[i - offset]
            if len(days) and (b < 0 or t >= days[b + 1]):
                b = bucket_of(days, scale, t)
                on_days[m] += 1


@kernel
def nth_times(first_member: int, after_member: int, starts: Ints, time: Ints, n: int, found: Ints) -> None:
    """For each member the time of the n-th occurrence ever (from 1); the greatest integer if there is none."""
    for m in range(first_member, after_member):
        found[m] = time[starts[m] + n - 1] if starts[m + 1] - starts[m] >= n else np.iinfo(np.int64).max


@kernel
def gaps(
    first_member: int, after_member: int, starts: Ints, time: Ints, begin: int, end: int, allowed: Flags
) -> tuple[Ints, Ints]:
    """The time between each occurrence in the period and the one before it, and whose it is."""
    most = starts[after_member] - starts[first_member]
    gap = np.empty(most, np.int64)
    member = np.empty(most, np.int64)
    n = 0
    for m in range(first_member, after_member):
        if len(allowed) and not allowed[m]:
            continue
        for i in range(starts[m] + 1, starts[m + 1]):
            if begin <= time[i] < end:
                gap[n], member[n] = time[i] - time[i - 1], m
                n += 1
    return gap[:n], member[:n]


@kernel
def present(
    first_member: int, after_member: int, starts: Ints, time: Ints, edges: Ints, span: int, allowed: Flags
) -> Ints:
    """Members with an occurrence in a bucket or the `span - 1` before it; as differences, to be summed up."""
    buckets = len(edges) - 1
    scale = scale_of(edges)
    change = np.zeros(buckets + 1, np.int64)
    for m in range(first_member, after_member):
        if len(allowed) and not allowed[m]:
            continue
        b, covered = -1, 0
        for i in range(starts[m], starts[m + 1]):
            t = time[i]
            if t < edges[0]:
                continue
            if t >= edges[buckets]:
                break
            if b >= 0 and t < edges[b + 1]:
                continue
            b = bucket_of(edges, scale, t)
            after = min(b + span, buckets)
            if after > covered:
                change[max(b, covered)] += 1
                change[after] -= 1
                covered = after
    return change
