"""Ratio metrics: a sum over a sum, where the unit of chance is the member and not the row."""

from punchcard.stats.estimate import NotEnough
from punchcard.stats.moments import Moments, Pair


def ratio(parts: Pair) -> Moments:
    """A ratio of sums (x over y, such as revenue over receipts) as the moments of one value a member.

    The mean is the ratio itself, sum of x over sum of y; the variance is that of (x - ratio * y) / mean(y), the delta
    method of Deng, Knoblich and Lu (2018). Members are independent, their receipts are not: treating receipts as the
    units makes intervals too narrow.
    """
    if parts.mean_y == 0:
        raise NotEnough("the denominator sums to zero, so there is no ratio")
    value = parts.mean_x / parts.mean_y
    linear = parts.var_x - 2 * value * parts.cov + value**2 * parts.var_y
    return Moments(parts.n, value, linear / parts.mean_y**2)
