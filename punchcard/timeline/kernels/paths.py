"""Paths: what follows what, within sessions."""

import numpy as np

from punchcard.timeline.kernels import Codes, Flags, Ints, kernel
from punchcard.timeline.kernels.order import first_at


@kernel
def paths(
    first_member: int,
    after_member: int,
    starts: Ints,
    time: Ints,
    code: Codes,
    node: Codes,
    gap: int,
    begin: int,
    end: int,
    origin: int,
    target: int,
    most: int,
    collapse: bool,
    skipped: int,
    allowed: Flags,
) -> tuple[Codes, Codes]:
    """The path of each session: its member and up to `most` nodes, -1 after the last.

    A path begins at the first `origin` and ends at the first `target` after it (below 0: anywhere); sessions without
    them give none. `node` gives the node of each code; negative ones are hidden. Between two ends a long path keeps its
    halves, with `skipped` between.
    """
    offset = starts[0]
    # Sessions are counted first: room for every activity would be many times what is needed.
    longest, sessions = 0, 0
    for m in range(first_member, after_member):
        low, high = starts[m], starts[m + 1]
        longest = max(longest, high - low)
        low = first_at(time, low, high, begin)
        for i in range(low, high):
            if time[i] >= end:
                break
            sessions += i == low or time[i] - time[i - 1] >= gap
    trail = np.empty(longest, np.int32)
    member = np.empty(sessions, np.int32)
    found = np.empty((sessions, most), np.int32)
    n = 0
    for m in range(first_member, after_member):
        if len(allowed) and not allowed[m]:
            continue
        length = 0
        first = first_at(time, starts[m], starts[m + 1], begin)
        after = first_at(time, first, starts[m + 1], end)
        for i in range(first, after + 1):
            closing = i == after
            if closing or (i > first and time[i] - time[i - 1] >= gap):
                low, high = 0, length
                if origin >= 0:
                    while low < length and trail[low] != origin:
                        low += 1
                if target >= 0:
                    high = low
                    while high < length and trail[high] != target:
                        high += 1
                    high = high + 1 if high < length else low
                size = high - low
                if size > 0:
                    for s in range(most):
                        found[n, s] = -1
                    if size <= most:
                        for s in range(size):
                            found[n, s] = trail[low + s]
                    elif target < 0:
                        for s in range(most):
                            found[n, s] = trail[low + s]
                    elif origin < 0:
                        for s in range(most):
                            found[n, s] = trail[high - most + s]
                    else:
                        half = most // 2
                        for s in range(half):
                            found[n, s] = trail[low + s]
                            found[n, half + 1 + s] = trail[high - half + s]
                        found[n, half] = skipped
                    member[n] = m
                    n += 1
                length = 0
            if closing:
                break
            at = node[code[i - offset]]
            if at >= 0 and not (collapse and length > 0 and trail[length - 1] == at):
                trail[length] = at
                length += 1
    return member[:n], found[:n]


@kernel
def dense_edges(found: Codes, nodes: int) -> Ints:
    """How many paths go from one node to another, by position."""
    edges = np.zeros((found.shape[1] - 1, nodes, nodes), np.int64)
    for i in range(len(found)):
        for s in range(found.shape[1] - 1):
            if found[i, s + 1] < 0:
                break
            edges[s, found[i, s], found[i, s + 1]] += 1
    return edges
