"""Funnels: how far each member, or each attempt, got through a row of steps."""

import numpy as np

from punchcard.timeline.kernels import Bytes, Codes, Flags, Ints, kernel
from punchcard.timeline.kernels.order import before

CLEAN = 0  # no exclusion crossed the attempt
STOPPED = 1  # an exclusion came, and no further step after it
CROSSED = 2  # an exclusion came, and the next step after it: that step is the attempt's last


@kernel
def first_after(time: Ints, arrival: Ints, low: int, high: int, place: int) -> int:
    """The first place in a sorted run `[low, high)` that comes after `place`; `high` if there is none."""
    while low < high:
        middle = (low + high) // 2
        if before(time, arrival, place, middle):
            high = middle
        else:
            low = middle + 1
    return low


@kernel
def excluded(
    starts: Ints,
    which: Ints,
    steps: int,
    after_step: Ints,
    before_step: Ints,
    member: int,
    level: int,
    time: Ints,
    arrival: Ints,
    after: int,
) -> int:
    """The first exclusion that applies to an attempt that has reached `level`, after a place; -1 if there is none."""
    found = -1
    for x in range(len(after_step)):
        if after_step[x] <= level < before_step[x]:
            run = which[steps + x]
            high = starts[run, member + 1]
            place = first_after(time, arrival, starts[run, member], high, after)
            if place < high and (found < 0 or before(time, arrival, place, found)):
                found = place
    return found


@kernel
def furthest(
    first_member: int,
    after_member: int,
    starts: Ints,
    which: Ints,
    steps: int,
    time: Ints,
    arrival: Ints,
    clock: Ints,
    window: int,
    begin: int,
    end: int,
    until: int,
    after_step: Ints,
    before_step: Ints,
    leave: bool,
    first_only: bool,
    allowed: Flags,
) -> tuple[Codes, Bytes, Ints]:
    """Each member's furthest attempt through steps in order: whose, how many steps, and the place of each.

    Step by step: for every occurrence of a step, the latest attempt that had reached the step before is the only one
    worth continuing, as its window closes last; so each step is one merge of two sorted runs. Of equally far attempts
    it is the one that got there first and, of those, the last begun.
    """
    longest = 0
    for s in range(steps):
        for m in range(first_member, after_member):
            longest = max(longest, starts[which[s], m + 1] - starts[which[s], m])
    place = np.empty((steps, longest), np.int64)
    entry = np.empty((steps, longest), np.int64)
    parent = np.empty((steps, longest), np.int64)
    exclusions = len(after_step)
    member = np.empty(after_member - first_member, np.int32)
    reach = np.empty(after_member - first_member, np.int8)
    places = np.full((after_member - first_member, steps), -1, np.int64)
    n = 0
    for m in range(first_member, after_member):
        low, high = starts[which[0], m], starts[which[0], m + 1]
        if low == high or (len(allowed) and not allowed[m]):
            continue
        count = 0
        for i in range(low, high):
            if begin <= time[i] < end:
                place[0, count], entry[0, count], parent[0, count] = i, i, -1
                count += 1
                if first_only:
                    break
        if count == 0:
            continue
        level, crossed = 1, 0
        for s in range(1, steps):
            low, high = starts[which[s], m], starts[which[s], m + 1]
            known, p = 0, -1
            for i in range(low, high):
                if time[i] >= until:
                    break
                while p + 1 < count and before(time, arrival, place[s - 1, p + 1], i):
                    p += 1
                if p < 0:
                    continue
                begun = entry[s - 1, p]
                if clock[i] - clock[begun] > window or (known and entry[s, known - 1] == begun):
                    continue
                if exclusions:
                    x = excluded(starts, which, steps, after_step, before_step, m, s, time, arrival, place[s - 1, p])
                    if x >= 0 and before(time, arrival, x, i):
                        if leave:
                            crossed = max(crossed, s + 1)
                        continue
                place[s, known], entry[s, known], parent[s, known] = i, begun, p
                known += 1
                if s == steps - 1:
                    break
            if known == 0:
                break
            level, count = s + 1, known
        chosen = 0
        if exclusions and leave and level < steps:
            if crossed > level:
                continue
            while chosen < count:
                x = excluded(
                    starts, which, steps, after_step, before_step, m, level, time, arrival, place[level - 1, chosen]
                )
                if x < 0 or time[x] >= until or clock[x] - clock[entry[level - 1, chosen]] > window:
                    break
                chosen += 1
            if chosen == count:
                continue
        member[n], reach[n] = m, level
        for s in range(level - 1, -1, -1):
            places[n, s] = place[s, chosen]
            chosen = parent[s, chosen]
        n += 1
    return member[:n], reach[:n], places[:n]


@kernel
def next_step(
    starts: Ints,
    which: Ints,
    step: int,
    member: int,
    time: Ints,
    arrival: Ints,
    key: Ints,
    wanted: int,
    after: int,
    tolerance: int,
    used: Ints,
) -> int:
    """The first occurrence of a step after a place (or within the tolerance of it), of the wanted key; -1 if none."""
    high = starts[which[step], member + 1]
    if tolerance < 0:
        place = first_after(time, arrival, starts[which[step], member], high, after)
    else:
        place = starts[which[step], member]
        far = high
        while place < far:
            middle = (place + far) // 2
            if time[middle] < time[after] - tolerance:
                place = middle + 1
            else:
                far = middle
    while place < high:
        taken = len(key) > 0 and key[place] != wanted
        for u in range(len(used)):
            if used[u] >= 0 and time[used[u]] == time[place] and arrival[used[u]] == arrival[place]:
                taken = True
        if not taken:
            return place
        place += 1
    return -1


@kernel
def attempts(
    first_member: int,
    after_member: int,
    starts: Ints,
    which: Ints,
    steps: int,
    time: Ints,
    arrival: Ints,
    clock: Ints,
    window: int,
    begin: int,
    end: int,
    until: int,
    after_step: Ints,
    before_step: Ints,
    leave: bool,
    first_only: bool,
    allowed: Flags,
    any_order: bool,
    optional: Flags,
    tolerance: int,
    key: Ints,
    until_next: bool,
) -> tuple[Codes, Bytes, Bytes, Ints, Ints]:
    """Every attempt on its own: its member, steps reached, if an exclusion crossed it, its steps' places, its entry.

    Each attempt takes the first occurrence of each next step. `key` holds properties constant (-1: not given, no
    attempt); `until_next` ends an attempt where the next one of its key begins; `tolerance` below 0 keeps to the order
    of arrival.
    """
    entries = steps if any_order else 1
    most = 0
    for s in range(entries):
        most += starts[which[s], after_member] - starts[which[s], first_member]
    member = np.empty(most, np.int32)
    reach = np.zeros(most, np.int8)
    state = np.zeros(most, np.int8)
    begun = np.empty(most, np.int64)
    rows = np.full((most, steps), -1, np.int64)
    n = 0
    at = np.empty(entries, np.int64)
    for m in range(first_member, after_member):
        if len(allowed) and not allowed[m]:
            continue
        for s in range(entries):
            at[s] = starts[which[s], m]
        since = n
        while True:
            # The next occurrence that may begin an attempt: the earliest of the steps that may come first.
            s = -1
            for q in range(entries):
                if at[q] < starts[which[q], m + 1] and (s < 0 or before(time, arrival, at[q], at[s])):
                    s = q
            if s < 0:
                break
            i = at[s]
            for q in range(entries):
                while at[q] < starts[which[q], m + 1] and not before(time, arrival, i, at[q]):
                    at[q] += 1
            wanted = int(key[i]) if len(key) else 0
            if not (begin <= time[i] < end) or wanted < 0:
                continue
            if first_only and n > since:
                continue
            stop = -1
            if until_next:
                high = starts[which[0], m + 1]
                stop = first_after(time, arrival, starts[which[0], m], high, i)
                while stop < high and len(key) and key[stop] != wanted:
                    stop += 1
                stop = -1 if stop == high else stop
            member[n], begun[n] = m, i
            rows[n, s] = i
            here, last, done = i, s, 1
            while done < steps:
                best, best_step = -1, -1
                first_candidate = 0 if any_order else last + 1
                for q in range(first_candidate, steps):
                    if any_order and rows[n, q] >= 0:
                        continue
                    found = next_step(starts, which, q, m, time, arrival, key, wanted, here, tolerance, rows[n])
                    if found >= 0 and (best < 0 or before(time, arrival, found, best)):
                        best, best_step = found, q
                    if not any_order and not optional[q]:
                        break
                if best >= 0 and (
                    time[best] >= until
                    or clock[best] - clock[i] > window
                    or (stop >= 0 and not before(time, arrival, best, stop))
                ):
                    best = -1
                level = done if any_order else last + 1
                x = excluded(starts, which, steps, after_step, before_step, m, level, time, arrival, here)
                if x >= 0 and (
                    time[x] >= until
                    or clock[x] - clock[i] > window
                    or (stop >= 0 and not before(time, arrival, x, stop))
                ):
                    x = -1
                if x >= 0 and (best < 0 or before(time, arrival, x, best)):
                    if leave:
                        state[n] = STOPPED
                        if best >= 0 and not any_order:
                            state[n] = CROSSED
                            rows[n, best_step] = best
                            last = best_step
                    break
                if best < 0:
                    break
                rows[n, best_step] = best
                if tolerance < 0 or before(time, arrival, here, best):
                    here = best
                last = best_step
                done += 1
                if not any_order and last == steps - 1:
                    break
            if any_order:
                reach[n] = done
            else:
                reach[n] = last + 1
            n += 1
    return member[:n], reach[:n], state[:n], rows[:n], begun[:n]


@kernel
def strict_attempts(
    first_member: int,
    after_member: int,
    starts: Ints,
    time: Ints,
    clock: Ints,
    steps: int,
    window: int,
    begin: int,
    end: int,
    until: int,
    is_step: Ints,
    is_exclusion: Ints,
    leave: bool,
    first_only: bool,
    allowed: Flags,
    key: Ints,
) -> tuple[Codes, Bytes, Bytes, Ints, Ints]:
    """Every attempt whose steps follow one another with nothing between.

    Bit s of `is_step[i]` says that place i is step s; bit r of `is_exclusion[i]`, that it excludes an attempt which has
    reached r steps. Both begin at `starts[0]`.
    """
    offset = starts[0]
    most = 0
    for i in range(starts[first_member], starts[after_member]):
        most += is_step[i - offset] & 1
    member = np.empty(most, np.int32)
    reach = np.zeros(most, np.int8)
    state = np.zeros(most, np.int8)
    begun = np.empty(most, np.int64)
    rows = np.full((most, steps), -1, np.int64)
    n = 0
    for m in range(first_member, after_member):
        if len(allowed) and not allowed[m]:
            continue
        high = starts[m + 1]
        for i in range(starts[m], high):
            if not is_step[i - offset] & 1 or not begin <= time[i] < end:
                continue
            if len(key) and key[i - offset] < 0:
                continue
            member[n], begun[n] = m, i
            rows[n, 0] = i
            done = 1
            for j in range(i + 1, high):
                if done == steps or time[j] >= until or clock[j - offset] - clock[i - offset] > window:
                    break
                follows = (is_step[j - offset] >> done) & 1 == 1
                if len(key) and key[j - offset] != key[i - offset]:
                    follows = False
                if not follows:
                    if leave and (is_exclusion[j - offset] >> done) & 1 == 1:
                        state[n] = STOPPED
                    break
                rows[n, done] = j
                done += 1
            reach[n] = done
            n += 1
            if first_only:
                break
    return member[:n], reach[:n], state[:n], rows[:n], begun[:n]


@kernel
def touched(
    first_member: int,
    after_member: int,
    starts: Ints,
    time: Ints,
    begin: int,
    until: int,
    value: Codes,
    last: bool,
    found: Ints,
) -> None:
    """For each member the first (or last) place in the period whose value is given; -1 if there is none."""
    offset = starts[0]
    for m in range(first_member, after_member):
        found[m] = -1
        for i in range(starts[m], starts[m + 1]):
            if begin <= time[i] < until and value[i - offset] >= 0:
                found[m] = i
                if not last:
                    break
