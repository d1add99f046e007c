"""Retention: who comes back, how many buckets after the start."""

import numpy as np

from punchcard.timeline.kernels import Codes, Flags, Floats, Ints, kernel
from punchcard.timeline.kernels.buckets import bucket_of, scale_of

ON, ON_OR_AFTER, ON_OR_BEFORE, BRACKETS, STREAK = 0, 1, 2, 3, 4

MICROSECONDS_OF_DAY = 86_400_000_000


@kernel
def month_of(local: int) -> tuple[int, int, int, int]:
    """A local time as (months since year 0, day of the month, microsecond of the day, days of that month)."""
    days = local // MICROSECONDS_OF_DAY
    rest = local - days * MICROSECONDS_OF_DAY
    # Civil from days, by eras of 400 years that begin on 1 March (Howard Hinnant's algorithm).
    z = days + 719_468
    era = z // 146_097
    day_of_era = z - era * 146_097
    year_of_era = (day_of_era - day_of_era // 1_460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * shifted + 2) // 5 + 1
    month = shifted + 3 if shifted < 10 else shifted - 9
    year = year_of_era + era * 400 + (1 if month <= 2 else 0)
    length = 31
    if month in (4, 6, 9, 11):
        length = 30
    elif month == 2:
        length = 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return year * 12 + month - 1, day, rest, length


@kernel
def months_between(start: int, later: int) -> int:
    """Complete months from one local time to a later one.

    A month is complete at the same day and time, or on the last day of a month that has no such day.
    """
    month, day, rest, _ = month_of(start)
    other, other_day, other_rest, length = month_of(later)
    due = min(day, length)
    months = other - month
    if other_day < due or (other_day == due and other_rest < rest):
        months -= 1
    return months


@kernel
def returned(mode: int, base: int, buckets: Ints, known: int, columns: int, low: Ints, high: Ints, hits: Flags) -> None:
    """Mark the columns (0 stands for one bucket after `base`) in which a member is retained.

    `buckets` are the sorted buckets with enough returns; those up to `base` say nothing.
    """
    for n in range(len(hits)):
        hits[n] = False
    first = 0
    while first < known and buckets[first] <= base:
        first += 1
    if first == known:
        return
    if mode == ON_OR_AFTER:
        for n in range(min(columns, buckets[known - 1] - base)):
            hits[n] = True
    elif mode == ON_OR_BEFORE:
        for n in range(buckets[first] - base - 1, columns):
            hits[n] = True
    elif mode == STREAK:
        n = 0
        while first + n < known and n < columns and buckets[first + n] == base + n + 1:
            hits[n] = True
            n += 1
    else:
        for k in range(columns):
            for i in range(first, known):
                if low[k] <= buckets[i] - base <= high[k]:
                    hits[k] = True


@kernel
def retained(
    first_member: int,
    after_member: int,
    start_starts: Ints,
    start_time: Ints,
    return_starts: Ints,
    return_time: Ints,
    edges: Ints,
    cohorts: int,
    columns: int,
    mode: int,
    low: Ints,
    high: Ints,
    first_time: bool,
    least: int,
    length: int,
    until: int,
    value: Floats,
    group: Codes,
    groups: int,
    allowed: Flags,
    wanted: tuple[int, int, int],
    found: Flags,
) -> tuple[Ints, Floats]:
    """Members (and the sum of a value) by group, cohort and column; column 0 is the cohort itself.

    `length` 0 counts calendar buckets; above 0, spans of that many microseconds from the start; -1, complete months
    from the start (both times then being local ones). Nothing from `until` on counts. `wanted` asks for the members of
    one cell (group, cohort, column).
    """
    total = len(edges) - 1
    scale = scale_of(edges)
    cells = np.zeros((groups, cohorts, columns + 1), np.int64)
    sums = np.zeros((groups, cohorts, columns + 1), np.float64)
    anchors = np.empty(cohorts, np.int64)
    in_cohort = np.empty(cohorts, np.int64)
    most = 0
    for m in range(first_member, after_member):
        most = max(most, return_starts[m + 1] - return_starts[m])
    buckets = np.empty(most, np.int64)
    times = np.empty(most, np.int64)
    amounts = np.empty(most, np.float64)
    hits = np.zeros(columns, np.bool_)
    offset = return_starts[0]
    for m in range(first_member, after_member):
        begin, after = start_starts[m], start_starts[m + 1]
        if begin == after or (len(allowed) and not allowed[m]):
            continue
        starts = 0
        b = -1
        for i in range(begin, after):
            t = start_time[i]
            if t >= edges[cohorts] or t >= until:
                break
            if t >= edges[0] and (b < 0 or t >= edges[b + 1]):
                b = bucket_of(edges, scale, t)
                in_cohort[starts], anchors[starts] = b, t
                starts += 1
            if first_time:
                break
        if starts == 0:
            continue
        g = 0
        if len(group):
            g = group[m] if group[m] >= 0 else groups - 1
        known = 0
        for s in range(starts):
            cohort = in_cohort[s]
            cells[g, cohort, 0] += 1
            if wanted[0] == g and wanted[1] == cohort and wanted[2] == 0:
                found[m] = True
            base = cohort if length == 0 else 0
            if s == 0 or length != 0:
                # The returns by bucket: of the calendar once for all cohorts, else counted from each start.
                known = 0
                b = -1
                for i in range(return_starts[m], return_starts[m + 1]):
                    t = return_time[i]
                    if t >= until:
                        break
                    if length == 0:
                        if t < edges[0]:
                            continue
                        if t >= edges[total]:
                            break
                        if b < 0 or t >= edges[b + 1]:
                            b = bucket_of(edges, scale, t)
                    else:
                        if t < anchors[s]:
                            continue
                        b = months_between(anchors[s], t) if length < 0 else (t - anchors[s]) // length
                    if known == 0 or buckets[known - 1] != b:
                        buckets[known], times[known], amounts[known] = b, 0, 0.0
                        known += 1
                    times[known - 1] += 1
                    if len(value) and not np.isnan(value[i - offset]):
                        amounts[known - 1] += value[i - offset]
                if least > 1:
                    enough = 0
                    for i in range(known):
                        if times[i] >= least:
                            buckets[enough], amounts[enough] = buckets[i], amounts[i]
                            enough += 1
                    known = enough
            if mode == ON:
                for i in range(known):
                    n = buckets[i] - base
                    if 0 < n <= columns:
                        cells[g, cohort, n] += 1
                        if wanted[0] == g and wanted[1] == cohort and wanted[2] == n:
                            found[m] = True
            else:
                returned(mode, base, buckets, known, columns, low, high, hits)
                for n in range(columns):
                    if hits[n]:
                        cells[g, cohort, n + 1] += 1
                        if wanted[0] == g and wanted[1] == cohort and wanted[2] == n + 1:
                            found[m] = True
            if len(value):
                for i in range(known):
                    if 0 <= buckets[i] - base <= columns:
                        sums[g, cohort, buckets[i] - base] += amounts[i]
    return cells, sums
