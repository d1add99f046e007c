"""Winsorising: a cap on what a few very large buyers can do to a mean."""

import numpy as np
from numpy.typing import ArrayLike

from punchcard.stats.estimate import NotEnough
from punchcard.stats.moments import finite


def spending_cap(values: ArrayLike, share: float = 0.99) -> float:
    """The quantile of the *buyers'* values (those above zero) at which to cap: one cap for all arms together.

    Where most members buy nothing, a quantile over all members is zero and would cut every buyer to zero; over buyers
    it never is. Take the values of all arms in one array, or the cap itself becomes a difference between them.

    >>> spending_cap([0] * 997 + [10, 20, 30], 0.5)
    20.0
    """
    if not 0 < share <= 1:
        raise ValueError(f"the share of buyers to leave as they are lies between 0 and 1; got {share}")
    array = finite(values, at_least=1)
    buyers = array[array > 0]
    if not len(buyers):
        raise NotEnough("nobody bought, so there is nothing to cap")
    return float(np.quantile(buyers, share))


def winsorised(values: ArrayLike, cap: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The values, none above the cap; zeros and returns (negative values) stay as they are.

    >>> winsorised([-5, 0, 10, 900], spending_cap([0, 10, 20, 30, 900], 0.5))
    array([-5.,  0., 10., 25.])
    """
    if not cap > 0:
        raise ValueError(f"a cap of {cap:g} would cut every buyer to nothing")
    return np.minimum(finite(values, at_least=1), cap)
