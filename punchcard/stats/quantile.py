"""Quantiles: an interval that assumes no distribution, and moments for a comparison without a bootstrap."""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from punchcard.stats.estimate import Interval, NotEnough, check_level
from punchcard.stats.moments import Moments, finite


def quantile_interval(values: ArrayLike, q: float, level: float = 0.95) -> Interval:
    """Two values of the sample that enclose the quantile at about the level, by the normal approximation of ranks.

    One value a member, in any order. Refuses a sample too small to have such values on both sides.
    """
    low, high, ordered = _ranks(values, q, level)
    return Interval(float(ordered[low]), float(ordered[high]))


def quantile(values: ArrayLike, q: float) -> Moments:
    """A quantile as moments, so that `welch` and `always_valid` compare it: one value a member, in any order.

    Its standard error is the width of its 95 % interval over twice 1.96, after Deng, Knoblich and Lu (2018, section 4):
    no density is estimated and nothing resampled. Refuses where many members share the quantile's value (a median of
    zero, say): the figure then moves in jumps, and no standard error describes it.
    """
    low, high, ordered = _ranks(values, q, 0.95)
    width = float(ordered[high] - ordered[low])
    if width <= 0:
        raise NotEnough(f"too many values are equal to the {q:g} quantile ({ordered[low]:g}) to tell how it varies")
    se = width / (2 * float(special.ndtri(0.975)))
    return Moments(len(ordered), float(np.quantile(ordered, q)), se**2 * len(ordered))


def _ranks(values: ArrayLike, q: float, level: float) -> tuple[int, int, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    if not 0 < q < 1:
        raise ValueError(f"a quantile lies between 0 and 1, such as 0.5; got {q}")
    ordered = np.sort(finite(values))
    n = len(ordered)
    reach = float(special.ndtri((1 + check_level(level)) / 2)) * math.sqrt(n * q * (1 - q))
    low, high = math.floor(n * q - reach) - 1, math.ceil(n * q + reach)
    if low < 0 or high >= n:
        raise NotEnough(f"{n} values are too few for an interval of the {q:g} quantile")
    return low, high, ordered
