"""Planning: how many members a comparison needs, and what a given number can show.

All tests are two-sided. `alpha` is the error rate, `power` the chance to find a true effect of the given size.
"""

import math
from collections.abc import Callable

from scipy import optimize, special, stats

from punchcard.stats.estimate import NotEnough

MOST_MEMBERS = 10**10


def power_of_means(difference: float, sd: float, n_control: int, n_treatment: int, alpha: float = 0.05) -> float:
    """The chance that a t test finds a true difference of means, with one standard deviation in both arms."""
    _check(alpha, n_control, n_treatment)
    freedom = n_control + n_treatment - 2
    shift = abs(difference) / (sd * math.sqrt(1 / n_control + 1 / n_treatment))
    critical = float(special.stdtrit(freedom, 1 - alpha / 2))
    wrong_way = float(stats.nct.cdf(-critical, freedom, shift))
    # SciPy gives NaN where hardly anything is left of this tail (below 1e-12).
    return float(stats.nct.sf(critical, freedom, shift)) + (0.0 if math.isnan(wrong_way) else wrong_way)


def power_of_shares(control: float, treatment: float, n_control: int, n_treatment: int, alpha: float = 0.05) -> float:
    """The chance that the pooled score test tells two true shares apart (normal approximation)."""
    _check(alpha, n_control, n_treatment)
    pooled = (control * n_control + treatment * n_treatment) / (n_control + n_treatment)
    under_none = math.sqrt(pooled * (1 - pooled) * (1 / n_control + 1 / n_treatment))
    under_true = math.sqrt(control * (1 - control) / n_control + treatment * (1 - treatment) / n_treatment)
    if under_true == 0:
        raise NotEnough("shares of exactly 0 or 1 leave nothing to chance; plan with the shares you expect")
    critical = float(special.ndtri(1 - alpha / 2)) * under_none
    difference = abs(treatment - control)
    above, below = (difference - critical) / under_true, (-difference - critical) / under_true
    return float(special.ndtr(above) + special.ndtr(below))


def size_for_means(
    difference: float, sd: float, *, power: float = 0.8, alpha: float = 0.05, control_share: float = 0.5
) -> tuple[int, int]:
    """The fewest members (control, treatment) with which a t test finds this difference of means."""
    if difference == 0:
        raise ValueError("no sample is large enough to find a difference of nothing")
    return _smallest(lambda a, b: power_of_means(difference, sd, a, b, alpha), power, control_share)


def size_for_shares(
    control: float, treatment: float, *, power: float = 0.8, alpha: float = 0.05, control_share: float = 0.5
) -> tuple[int, int]:
    """The fewest members (control, treatment) with which the two shares are told apart."""
    if control == treatment:
        raise ValueError("no sample is large enough to find a difference of nothing")
    return _smallest(lambda a, b: power_of_shares(control, treatment, a, b, alpha), power, control_share)


def detectable_mean(sd: float, n_control: int, n_treatment: int, *, power: float = 0.8, alpha: float = 0.05) -> float:
    """The smallest difference of means, in the outcome's unit, that these members show with this power."""
    se = sd * math.sqrt(1 / n_control + 1 / n_treatment)

    def short(difference: float) -> float:
        return power_of_means(difference, sd, n_control, n_treatment, alpha) - power

    return float(optimize.brentq(short, 0.0, 100 * se, xtol=se * 1e-12))


def detectable_share(
    control: float, n_control: int, n_treatment: int, *, power: float = 0.8, alpha: float = 0.05
) -> float:
    """The smallest rise above the control's share, as a share, that these members show with this power."""
    room = 1 - control

    def short(rise: float) -> float:
        return power_of_shares(control, control + rise, n_control, n_treatment, alpha) - power

    most = room * (1 - 1e-9)
    if short(most) < 0:
        raise NotEnough(f"{n_control} and {n_treatment} members cannot show any rise with a power of {power:g}")
    return float(optimize.brentq(short, 0.0, most, xtol=1e-14))


def _smallest(reached: Callable[[int, int], float], power: float, control_share: float) -> tuple[int, int]:
    if not 0 < control_share < 1:
        raise ValueError(f"the control's share lies between 0 and 1; got {control_share}")

    def arms(total: int) -> tuple[int, int]:
        control = max(2, math.ceil(total * control_share))
        return control, max(2, math.ceil(total * (1 - control_share)))

    most = 4
    while reached(*arms(most)) < power:
        most *= 2
        if most > MOST_MEMBERS:
            raise NotEnough(f"more than {MOST_MEMBERS:,} members would be needed")
    fewest = most // 2
    while fewest < most:
        middle = (fewest + most) // 2
        if reached(*arms(middle)) < power:
            fewest = middle + 1
        else:
            most = middle
    return arms(fewest)


def _check(alpha: float, n_control: int, n_treatment: int) -> None:
    if not 0 < alpha < 1:
        raise ValueError(f"alpha lies between 0 and 1, such as 0.05; got {alpha}")
    if min(n_control, n_treatment) < 2:
        raise NotEnough(f"at least 2 members an arm are needed; got {n_control} and {n_treatment}")
