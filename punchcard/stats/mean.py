"""Means and their differences, absolute and relative, without the assumption of equal variances."""

import math

from scipy import special

from punchcard.stats.estimate import Effect, Interval, NotEnough, check_level
from punchcard.stats.moments import Moments, error_of_difference


def mean_interval(sample: Moments, level: float = 0.95) -> Interval:
    """Student's t interval of a mean; `sample` in any unit, the interval in the same.

    >>> interval = mean_interval(Moments.of([4, 5, 6]))
    >>> round(interval.low, 4), round(interval.high, 4)
    (2.5159, 7.4841)
    """
    half = _student(sample.n - 1, level) * sample.se
    return Interval(sample.mean - half, sample.mean + half)


def welch(control: Moments, treatment: Moments, level: float = 0.95) -> Effect:
    """Treatment minus control with Welch's t interval and test (1947; degrees of freedom by Satterthwaite, 1946).

    Refuses samples without any spread. One value is one member, however often they bought.
    """
    se = error_of_difference(control, treatment)
    freedom = se**4 / (
        (control.variance / control.n) ** 2 / (control.n - 1)
        + (treatment.variance / treatment.n) ** 2 / (treatment.n - 1)
    )
    value = treatment.mean - control.mean
    half = _student(freedom, level) * se
    p = 2 * float(special.stdtr(freedom, -abs(value) / se))
    return Effect(value, se, Interval(value - half, value + half), p)


def relative(control: Moments, treatment: Moments, level: float = 0.95) -> Effect:
    """Treatment over control minus one, as a share: 0.05 is five per cent more.

    The interval is Fieller's (1954), which stays honest where the control's mean is uncertain; if that mean cannot be
    told from zero the interval has no end, and the function refuses. `se` is by the delta method; `p` is that of the
    absolute difference, as "no effect" is the same statement in both.
    """
    absolute = welch(control, treatment, level)
    quantile = float(special.ndtri((1 + level) / 2))
    # How uncertain the denominator is: at 1 and above its own interval reaches zero.
    vague = (quantile * control.se / control.mean) ** 2 if control.mean else math.inf
    if vague >= 1:
        raise NotEnough("the control's mean cannot be told from zero, so a percentage of it says nothing")
    quotient = treatment.mean / control.mean
    middle = quotient / (1 - vague)
    spread = treatment.se**2 * (1 - vague) + (quotient * control.se) ** 2
    half = quantile * math.sqrt(spread) / (abs(control.mean) * (1 - vague))
    se = math.sqrt(treatment.se**2 + (quotient * control.se) ** 2) / abs(control.mean)
    return Effect(quotient - 1, se, Interval(middle - half - 1, middle + half - 1), absolute.p)


def _student(freedom: float, level: float) -> float:
    return float(special.stdtrit(freedom, (1 + check_level(level)) / 2))
