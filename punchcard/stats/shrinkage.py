"""Shrinkage: a league table whose winner is not merely the noisiest."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, stats

from punchcard.stats.estimate import Effect, Interval, NotEnough, check_level
from punchcard.stats.moments import finite

Floats = np.ndarray[tuple[int], np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Shrunk:
    """Estimates pulled towards their common mean, each the more the noisier it was.

    `spread` is the standard deviation of the true values, the noise taken out; at zero nothing in the data says that
    the things differ at all, and all are shown as the mean.
    """

    values: Floats
    ses: Floats
    mean: float
    spread: float


def shrink(values: ArrayLike, ses: ArrayLike) -> Shrunk:
    """Empirical Bayes for estimates with known standard errors, same unit, at least three of them.

    True values are taken as normal around a common mean; their variance is Paule and Mandel's (1982). The standard
    errors given back include that of the mean (Morris 1983), not that of the spread.
    """
    y, se = finite(values, at_least=3), finite(ses, at_least=3)
    if len(y) != len(se):
        raise ValueError(f"each estimate has its standard error; got {len(y)} and {len(se)}")
    if se.min() <= 0:
        raise NotEnough("an estimate without a standard error cannot be weighed; leave it out")
    tau2 = _paule_mandel(y, se)
    weights = 1 / (se**2 + tau2)
    mean = float(np.average(y, weights=weights))
    kept = tau2 / (se**2 + tau2)
    return Shrunk(
        values=mean + kept * (y - mean),
        ses=np.sqrt(kept * se**2 + (1 - kept) ** 2 / weights.sum()),
        mean=mean,
        spread=float(np.sqrt(tau2)),
    )


def pooled(values: ArrayLike, ses: ArrayLike, level: float = 0.95) -> Effect:
    """The mean of the true values behind estimates with known standard errors, at least three of them.

    The interval is that of Hartung and Knapp (2001), which allows for the spread being estimated from few.
    """
    check_level(level)
    found = shrink(values, ses)
    y, se = finite(values, at_least=3), finite(ses, at_least=3)
    weights = 1 / (se**2 + found.spread**2)
    free = len(y) - 1
    error = float(np.sqrt((weights * (y - found.mean) ** 2).sum() / (free * weights.sum())))
    if error == 0:
        return Effect(found.mean, 0.0, Interval(found.mean, found.mean), float(found.mean == 0))
    half = float(stats.t.ppf((1 + level) / 2, free)) * error
    p = float(2 * stats.t.sf(abs(found.mean) / error, free))
    return Effect(found.mean, error, Interval(found.mean - half, found.mean + half), p)


def james_stein(values: ArrayLike, se: float) -> Floats:
    """Estimates with one standard error for all, pulled to their mean (Efron and Morris 1975; positive part).

    At least four; beats the estimates themselves in total squared error whatever the true values are.
    """
    y = finite(values, at_least=4)
    distance = float(((y - y.mean()) ** 2).sum())
    kept = max(0.0, 1 - (len(y) - 3) * se**2 / distance) if distance else 0.0
    return y.mean() + kept * (y - y.mean())


def _paule_mandel(y: Floats, se: Floats) -> float:
    """The variance at which the weighted squares around the mean are what chance gives: their number less one."""

    def surplus(tau2: float) -> float:
        weights = 1 / (se**2 + tau2)
        return float((weights * (y - np.average(y, weights=weights)) ** 2).sum()) - (len(y) - 1)

    if surplus(0.0) <= 0:
        return 0.0
    # With weights of at most 1/tau2 the squares are below the limit at the latest here.
    above = float(((y - y.mean()) ** 2).sum()) / (len(y) - 1) + 1e-300
    while surplus(above) > 0:
        above *= 2
    # The estimate's own scale sets the precision, so that money in cents and in millions are treated alike.
    return float(optimize.brentq(surplus, 0.0, above, xtol=above * 1e-13))
