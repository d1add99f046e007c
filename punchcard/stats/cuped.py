"""CUPED: what a member did before tells part of what they do after; taking it out narrows the interval."""

from dataclasses import dataclass

from punchcard.stats.estimate import NotEnough
from punchcard.stats.moments import Moments, Pair


@dataclass(frozen=True, slots=True)
class Adjusted:
    """Both arms with the covariate taken out, and the share of the outcome's variance that went with it."""

    control: Moments
    treatment: Moments
    theta: float
    variance_reduction: float


def cuped(control: Pair, treatment: Pair) -> Adjusted:
    """Takes the covariate y out of the outcome x in both arms (Deng, Xu, Kohavi and Walker 2013).

    y must be known before assignment: whatever treatment can change must not be in it. One theta for both arms, from
    both together. Means stay on the outcome's scale (y counts from its mean over both arms), so `relative` may follow
    `welch`. Refuses a covariate that is the same for everybody.
    """
    both = control + treatment
    if not both.var_y > 0:
        raise NotEnough("the covariate is the same for every member, so it explains nothing")
    theta = both.cov / both.var_y

    def without(arm: Pair) -> Moments:
        mean = arm.mean_x - theta * (arm.mean_y - both.mean_y)
        return Moments(arm.n, mean, arm.var_x + theta**2 * arm.var_y - 2 * theta * arm.cov)

    explained = both.cov**2 / (both.var_x * both.var_y) if both.var_x > 0 else 0.0
    return Adjusted(without(control), without(treatment), theta, explained)
