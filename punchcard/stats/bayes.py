"""Bayes: how likely is it that the treatment is better, and what is lost if it is chosen and is not."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from punchcard.stats.estimate import Effect, Interval, NotEnough, check_level
from punchcard.stats.moments import Moments


@dataclass(frozen=True, slots=True)
class Prior:
    """What was believed of an effect before: normal around `mean`; without `sd` nothing was."""

    mean: float = 0.0
    sd: float = math.inf


FLAT = Prior()


@dataclass(frozen=True, slots=True)
class Posterior:
    """What is believed of an effect after: its chance to be above zero, and the loss expected of either choice.

    `risk` is what choosing the treatment is expected to lose against the better of both, `regret` what staying with the
    control is.
    """

    mean: float
    sd: float
    interval: Interval
    better: float
    risk: float
    regret: float


def posterior(effect: Effect, prior: Prior = FLAT, level: float = 0.95) -> Posterior:
    """The belief in a difference after it was measured; normal, as means of many members are.

    >>> round(posterior(Effect(1.0, 1.0, Interval(-0.96, 2.96), 0.32)).better, 4)
    0.8413
    """
    if not effect.se > 0:
        raise NotEnough("an effect without a standard error cannot change a belief")
    known, before = 1 / effect.se**2, 1 / prior.sd**2
    mean = (known * effect.value + before * prior.mean) / (known + before)
    sd = 1 / math.sqrt(known + before)
    half = float(special.ndtri((1 + check_level(level)) / 2)) * sd
    better = float(special.ndtr(mean / sd))
    bell = math.exp(-((mean / sd) ** 2) / 2) / math.sqrt(2 * math.pi) * sd
    return Posterior(
        mean, sd, Interval(mean - half, mean + half), better, bell - mean * (1 - better), bell + mean * better
    )


def chance_of_share(control: tuple[int, int], treatment: tuple[int, int], prior: tuple[float, float] = (1, 1)) -> float:
    """The chance that the treatment's share is the higher one, exactly, from (successes, n) of both.

    Both shares are Beta before (uniform unless told otherwise) and after; no simulation.

    >>> round(chance_of_share((10, 100), (10, 100)), 6)
    0.5
    """
    (a, b), (c, d) = ((prior[0] + hits, prior[1] + n - hits) for hits, n in (control, treatment))
    # Where the treatment's share lies, seen from 12 standard deviations at either side, at Gauss and Legendre's points.
    middle, spread = c / (c + d), math.sqrt(c * d / ((c + d) ** 2 * (c + d + 1)))
    low, high = max(0.0, middle - 12 * spread), min(1.0, middle + 12 * spread)
    points, weights = np.polynomial.legendre.leggauss(300)
    x = low + (high - low) * (points + 1) / 2
    density = np.exp((c - 1) * np.log(x) + (d - 1) * np.log1p(-x) - special.betaln(c, d))
    return float((weights * density * special.betainc(a, b, x)).sum() * (high - low) / 2)


def chances_to_be_best(arms: Sequence[Moments]) -> tuple[float, ...]:
    """For each arm the chance that its mean is the highest of all; they sum to one."""
    means, ses = np.array([arm.mean for arm in arms]), np.array([arm.se for arm in arms])
    if not ses.min() > 0:
        raise NotEnough("all values of an arm are the same, so nothing tells how sure its mean is")
    points, weights = np.polynomial.legendre.leggauss(200)
    z = 8 * points  # beyond eight standard deviations nothing is left
    found: list[float] = []
    for own, (mean, se) in enumerate(zip(means, ses, strict=True)):
        below = [
            special.ndtr((mean + se * z - means[other]) / ses[other]) for other in range(len(arms)) if other != own
        ]
        bell = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
        found.append(float((8 * weights * bell * np.prod(below, axis=0)).sum()))
    return tuple(found)
