"""Several values a member at once: their means and how they vary together, so that any combination of them is known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from punchcard.stats.estimate import NotEnough
from punchcard.stats.moments import Moments, Pair

Floats = np.ndarray[tuple[int], np.dtype[np.float64]]
Square = np.ndarray[tuple[int, int], np.dtype[np.float64]]


@dataclass(frozen=True, eq=False)
class Joint:
    """Count, means and sample covariances of k values a member, of one arm.

    A database gives all of it in one pass (`count`, `avg`, `covar_samp`); spend of every week, of the time before and
    whether a member was reached then answer any question that is linear in them.
    """

    n: int
    mean: Floats
    cov: Square

    @classmethod
    def of(cls, values: ArrayLike) -> "Joint":
        """The moments of a table: a row a member, a column a value."""
        table = np.asarray(values, dtype=np.float64)
        if len(table) < 2:
            raise NotEnough(f"a variance needs at least 2 members; got {len(table)}")
        return cls(len(table), table.mean(axis=0), np.atleast_2d(np.cov(table, rowvar=False, ddof=1)))

    def moments(self, weights: Sequence[float]) -> Moments:
        """The moments of a weighted sum of the values.

        >>> Joint.of([[1, 5], [2, 5], [3, 8]]).moments([1, -1])
        Moments(n=3, mean=-4.0, variance=1.0)
        """
        w = np.asarray(weights, dtype=np.float64)
        return Moments(self.n, float(w @ self.mean), max(0.0, float(w @ self.cov @ w)))

    def pair(self, x: Sequence[float], y: Sequence[float]) -> Pair:
        """The moments of two weighted sums and their covariance."""
        a, b = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        first, second = self.moments(x), self.moments(y)
        return Pair(self.n, first.mean, second.mean, first.variance, second.variance, float(a @ self.cov @ b))

    def __add__(self, other: "Joint") -> "Joint":
        """The moments of both samples together (Chan, Golub and LeVeque 1979)."""
        n = self.n + other.n
        apart = other.mean - self.mean
        squares = self.cov * (self.n - 1) + other.cov * (other.n - 1) + np.outer(apart, apart) * self.n * other.n / n
        return Joint(n, self.mean + apart * other.n / n, squares / (n - 1))
