"""Many tests at once: p-values adjusted so that the usual threshold keeps its meaning."""

import numpy as np
from numpy.typing import ArrayLike

from punchcard.stats.moments import finite

Floats = np.ndarray[tuple[int], np.dtype[np.float64]]


def holm(p_values: ArrayLike) -> Floats:
    """Adjusted so that the chance of even one false finding stays below the threshold (Holm 1979); order is kept.

    >>> holm([0.01, 0.04, 0.03])
    array([0.03, 0.06, 0.06])
    """
    p, order = _ordered(p_values)
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    return _back(steps, order)


def benjamini_hochberg(p_values: ArrayLike) -> Floats:
    """Adjusted so that the expected share of false findings among the findings stays below the threshold.

    Benjamini and Hochberg (1995), for independent or positively dependent tests; order is kept.

    >>> benjamini_hochberg([0.01, 0.04, 0.03])
    array([0.03, 0.04, 0.04])
    """
    p, order = _ordered(p_values)
    ranked = p[order] * len(p) / np.arange(1, len(p) + 1)
    steps = np.minimum.accumulate(ranked[::-1])[::-1]
    return _back(steps, order)


def _ordered(p_values: ArrayLike) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.intp]]]:
    p = finite(p_values, at_least=1)
    if p.min() < 0 or p.max() > 1:
        raise ValueError("a p-value lies between 0 and 1")
    return p, np.argsort(p, kind="stable")


def _back(steps: Floats, order: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Floats:
    adjusted = np.empty_like(steps)
    adjusted[order] = np.minimum(steps, 1)
    return adjusted
