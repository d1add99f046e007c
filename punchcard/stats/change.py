"""Difference in differences: how much more one group changed than another; weaker than lots, so tested in the open."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from punchcard.stats.estimate import Effect, Interval, NotEnough, check_level
from punchcard.stats.joint import Joint
from punchcard.stats.mean import welch
from punchcard.stats.moments import Moments, Pair


@dataclass(frozen=True, slots=True)
class Layer:
    """Members alike in what they did before: those treated and those not."""

    control: Joint
    treatment: Joint


def difference_in_differences(control: Pair, treatment: Pair, level: float = 0.95) -> Effect:
    """The change of the treated less the change of the others; x is after, y is before, of the same member.

    The regression with a dummy for every member gives the same estimate; its members are the units here as there.

    >>> before, after = [18, 20, 22, 20], [29, 31, 30, 30]
    >>> moved = difference_in_differences(Pair.of(after, before), Pair.of([33, 31, 32, 32], before))
    >>> moved.value
    2.0
    """
    return welch(_change(control), _change(treatment), level)


def layered(layers: Sequence[Layer], weights: Sequence[float], level: float = 0.95) -> Effect:
    """The effect on the treated of a weighted sum of values, layer by layer, each as heavy as its treated members.

    Post-stratification on what was known before (Imbens and Rubin 2015, chapter 17). The difference in differences is
    the sum with +1 for after and -1 for before.
    """
    usable = [layer for layer in layers if layer.control.n >= 2 and layer.treatment.n >= 2]
    treated = sum(layer.treatment.n for layer in usable)
    if not treated:
        raise NotEnough("nobody among the others did before what the treated did, so there is no one to compare with")
    value = variance = 0.0
    for layer in usable:
        a, b = layer.control.moments(weights), layer.treatment.moments(weights)
        share = layer.treatment.n / treated
        value += share * (b.mean - a.mean)
        variance += share**2 * (a.variance / a.n + b.variance / b.n)
    if not variance > 0:
        raise NotEnough("all values are the same, so nothing tells how much they vary by chance")
    se = float(np.sqrt(variance))
    half = float(special.ndtri((1 + check_level(level)) / 2)) * se
    return Effect(value, se, Interval(value - half, value + half), 2 * float(special.ndtr(-abs(value) / se)))


def _change(pair: Pair) -> Moments:
    return Moments(pair.n, pair.mean_x - pair.mean_y, max(0.0, pair.var_x + pair.var_y - 2 * pair.cov))
