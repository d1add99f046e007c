"""Attribution: the credit of touches for the conversions that follow them."""

import numpy as np

from punchcard.timeline.kernels import Codes, Flags, Floats, Ints, kernel

FIRST, LAST, LINEAR, POSITION, DECAY, CUSTOM, SHAPLEY = 0, 1, 2, 3, 4, 5, 6


@kernel
def weigh(
    model: int, age: Floats, channel: Codes, ends: float, half_life: float, custom: Floats, weights: Floats
) -> None:
    """The weights of the touches of one conversion, in order of time, adding up to one."""
    n = len(channel)
    for i in range(n):
        weights[i] = 0.0
    if model == FIRST:
        weights[0] = 1.0
    elif model == LAST:
        weights[n - 1] = 1.0
    elif model == LINEAR:
        for i in range(n):
            weights[i] = 1.0
    elif model == POSITION:
        if n <= 2:
            for i in range(n):
                weights[i] = 1.0
        else:
            for i in range(n):
                weights[i] = (1.0 - 2.0 * ends) / (n - 2)
            weights[0], weights[n - 1] = ends, ends
    elif model == DECAY:
        for i in range(n):
            # Relative to the last touch, so that old conversions do not underflow to nothing.
            weights[i] = 2.0 ** ((age[n - 1] - age[i]) / half_life)
    elif model == CUSTOM:
        for i in range(n):
            weights[i] = custom[min(n - 1 - i, len(custom) - 1)]
    else:
        for i in range(n):
            fresh = True
            for j in range(i):
                if channel[j] == channel[i]:
                    fresh = False
            weights[i] = 1.0 if fresh else 0.0
    total = 0.0
    for i in range(n):
        total += weights[i]
    for i in range(n):
        weights[i] = weights[i] / total if total > 0 else 1.0 / n


@kernel
def attributed(
    first_member: int,
    after_member: int,
    touch_starts: Ints,
    touch_time: Ints,
    touch_arrival: Ints,
    channel: Codes,
    channels: int,
    goal_starts: Ints,
    goal_time: Ints,
    goal_arrival: Ints,
    value: Floats,
    begin: int,
    end: int,
    lookback: int,
    models: Ints,
    ends: float,
    half_life: float,
    custom: Floats,
    allowed: Flags,
    wanted: tuple[int, int],
    found: Flags,
) -> tuple[Floats, Floats, Ints]:
    """Credit by model and channel: conversions and value; and the moves of the paths, for the removal effect.

    The last channel is that of conversions without a touch in the lookback. `moves[a, b]` counts paths that go from
    channel a to b; row `channels` is where paths begin, column `channels` a conversion, column `channels + 1` none: the
    touches after a member's last conversion, or of one who never converted.
    """
    credit = np.zeros((len(models), channels + 1), np.float64)
    worth = np.zeros((len(models), channels + 1), np.float64)
    moves = np.zeros((channels + 1, channels + 2), np.int64)
    longest = 0
    for m in range(first_member, after_member):
        longest = max(longest, touch_starts[m + 1] - touch_starts[m])
    weights = np.empty(longest, np.float64)
    age = np.empty(longest, np.float64)
    touch_offset, goal_offset = touch_starts[0], goal_starts[0]
    for m in range(first_member, after_member):
        if len(allowed) and not allowed[m]:
            continue
        low, high = touch_starts[m], touch_starts[m]
        last = touch_starts[m + 1]
        fresh = touch_starts[m]
        for g in range(goal_starts[m], goal_starts[m + 1]):
            t = goal_time[g]
            while high < last and (
                touch_time[high] < t or (touch_time[high] == t and touch_arrival[high] < goal_arrival[g])
            ):
                high += 1
            if not begin <= t < end:
                fresh = high
                continue
            while low < high and touch_time[low] < t - lookback:
                low += 1
            n = high - low
            if n == 0:
                for k in range(len(models)):
                    credit[k, channels] += 1.0
                    worth[k, channels] += value[g - goal_offset]
                    if wanted[0] == k and wanted[1] == channels:
                        found[m] = True
                moves[channels, channels] += 1
                fresh = high
                continue
            taken = channel[low - touch_offset : high - touch_offset]
            for i in range(n):
                age[i] = float(t - touch_time[low + i])
            for k in range(len(models)):
                weigh(models[k], age[:n], taken, ends, half_life, custom, weights)
                for i in range(n):
                    credit[k, taken[i]] += weights[i]
                    worth[k, taken[i]] += weights[i] * value[g - goal_offset]
                    if wanted[0] == k and wanted[1] == taken[i] and weights[i] > 0:
                        found[m] = True
            previous = channels
            for i in range(n):
                moves[previous, taken[i]] += 1
                previous = taken[i]
            moves[previous, channels] += 1
            fresh = high
        previous = channels
        for i in range(fresh, last):
            if begin <= touch_time[i] < end:
                moves[previous, channel[i - touch_offset]] += 1
                previous = channel[i - touch_offset]
        if previous != channels:
            moves[previous, channels + 1] += 1
    return credit, worth, moves
