"""Moments: all that a mean, a share, a ratio or a quantile of one arm must tell for a comparison.

A database computes moments in one pass (`count`, `avg`, `var_samp`, `covar_samp`), so an experiment over millions of
members travels as five numbers an arm. A share, a ratio, a quantile and an outcome adjusted by CUPED each become
`Moments` too, and then every comparison of `mean.py` and `sequential.py` works on all of them.
"""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from punchcard.stats.estimate import NotEnough


@dataclass(frozen=True, slots=True)
class Moments:
    """Count, mean and sample variance (divided by n - 1) of one value a unit (a member, mostly)."""

    n: int
    mean: float
    variance: float

    @classmethod
    def of(cls, values: ArrayLike) -> Self:
        """The moments of a one-dimensional array; refuses fewer than two values and anything not finite.

        >>> Moments.of([1, 2, 3, 4])
        Moments(n=4, mean=2.5, variance=1.6666666666666667)
        """
        array = finite(values)
        return cls(len(array), float(array.mean()), float(array.var(ddof=1)))

    @classmethod
    def of_share(cls, successes: int, n: int) -> Self:
        """The moments of n zeros and ones.

        >>> Moments.of_share(1, 4) == Moments.of([1, 0, 0, 0])
        True
        """
        if n < 2:
            raise NotEnough(f"a variance needs at least 2 values; got {n}")
        if not 0 <= successes <= n:
            raise ValueError(f"{successes} successes of {n} is impossible")
        share = successes / n
        return cls(n, share, share * (1 - share) * n / (n - 1))

    @property
    def se(self) -> float:
        """The standard error of the mean."""
        return math.sqrt(self.variance / self.n)


@dataclass(frozen=True, slots=True)
class Pair:
    """Moments of two values a unit and their covariance: numerator and denominator, or outcome and covariate."""

    n: int
    mean_x: float
    mean_y: float
    var_x: float
    var_y: float
    cov: float

    @classmethod
    def of(cls, x: ArrayLike, y: ArrayLike) -> Self:
        """The moments of two arrays of the same length, one element a unit."""
        first, second = finite(x), finite(y)
        if len(first) != len(second):
            raise ValueError(f"each unit has both values; got {len(first)} and {len(second)}")
        ((var_x, cov), (_, var_y)) = np.cov(first, second, ddof=1)
        return cls(len(first), float(first.mean()), float(second.mean()), float(var_x), float(var_y), float(cov))

    def __add__(self, other: "Pair") -> "Pair":
        """The moments of both samples together (Chan, Golub and LeVeque 1979)."""
        n = self.n + other.n
        apart_x, apart_y = other.mean_x - self.mean_x, other.mean_y - self.mean_y
        weight = self.n * other.n / n

        def together(mine: float, theirs: float, between: float) -> float:
            return (mine * (self.n - 1) + theirs * (other.n - 1) + between * weight) / (n - 1)

        return Pair(
            n,
            self.mean_x + apart_x * other.n / n,
            self.mean_y + apart_y * other.n / n,
            together(self.var_x, other.var_x, apart_x**2),
            together(self.var_y, other.var_y, apart_y**2),
            together(self.cov, other.cov, apart_x * apart_y),
        )


def error_of_difference(control: Moments, treatment: Moments) -> float:
    """The standard error of a difference of two independent means, variances not taken as equal."""
    squared = control.variance / control.n + treatment.variance / treatment.n
    if not squared > 0:
        raise NotEnough("all values are the same, so nothing tells how much they vary by chance")
    return math.sqrt(squared)


def finite(values: ArrayLike, *, at_least: int = 2) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """A one-dimensional float array with enough values, all of them finite."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"one value a unit is expected; got an array of {array.ndim} dimensions")
    if len(array) < at_least:
        raise NotEnough(f"at least {at_least} values are needed; got {len(array)}")
    if not np.isfinite(array).all():
        raise ValueError("a value is missing or infinite; decide what it means before you average it")
    return array
