"""Always-valid comparison: look as often as you like, stop when you like, and the error rate still holds."""

import math

from punchcard.stats.estimate import Effect, Interval, check_level
from punchcard.stats.moments import Moments, error_of_difference


def always_valid(control: Moments, treatment: Moments, *, tuned_for: int, level: float = 0.95) -> Effect:
    """Treatment minus control so far, with an interval that holds at all looks together.

    The asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas ("Time-uniform central limit
    theory and asymptotic confidence sequences", Annals of Statistics 2024), and the p-value that goes with it; over
    several looks the smallest p-value so far is valid. `tuned_for` is the number of members, both arms together, at
    which the interval shall be tightest: the size you plan for, chosen before the start. The guarantee is for large
    samples: the first look should have a hundred members or more an arm.
    """
    alpha = 1 - check_level(level)
    if tuned_for < 1:
        raise ValueError(f"tuned_for is a number of members; got {tuned_for}")
    n = control.n + treatment.n
    se = error_of_difference(control, treatment)
    value = treatment.mean - control.mean
    # The scale of the normal mixture that makes the interval nearly tightest at `tuned_for`.
    rho2 = (-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / tuned_for
    grown = n * rho2 + 1
    half = se * math.sqrt(2 * grown / (n * rho2) * math.log(math.sqrt(grown) / alpha))
    p = math.sqrt(grown) * math.exp(-((value / se) ** 2) * n * rho2 / (2 * grown))
    return Effect(value, se, Interval(value - half, value + half), min(1.0, p))
