"""Breakage: how much of the points issued will ever be used, from how earlier cohorts developed."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from punchcard.stats.estimate import NotEnough

Triangle = np.ndarray[tuple[int, int], np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Development:
    """A triangle taken to its end: the factor from each age to the next, and what each cohort comes to.

    `se` is the standard error of the total still to come (Mack 1993); None where fewer than four ages leave nothing to
    estimate it from.
    """

    factors: tuple[float, ...]
    ultimate: tuple[float, ...]
    se: float | None


def chain_ladder(triangle: ArrayLike) -> Development:
    """Cumulative amounts, a row a cohort (oldest first) and a column an age; NaN is what has not happened yet.

    Link ratios are weighted by volume. The last age is taken as the end of development, so the oldest cohort must have
    reached it. Each row is known up to its age and unknown after, older rows at least as far as younger ones.
    """
    cells = np.asarray(triangle, dtype=np.float64)
    reached = _reached(cells)
    factors: list[float] = []
    for age in range(cells.shape[1] - 1):
        both = reached > age + 1
        before = float(cells[both, age].sum())
        if before <= 0:
            raise NotEnough(f"nothing is there at age {age + 1} to develop from")
        factors.append(float(cells[both, age + 1].sum()) / before)
    full = cells.copy()
    for age, factor in enumerate(factors):
        coming = reached <= age + 1
        full[coming, age + 1] = full[coming, age] * factor
    return Development(tuple(factors), tuple(full[:, -1].tolist()), _mack(cells, full, reached, factors))


def ultimate_redemption_rate(development: Development, issued: ArrayLike) -> float:
    """The share of all points issued to these cohorts that will ever be used; expected breakage is one minus it.

    >>> ladder = chain_ladder([[200, 500, 600], [240, 580, np.nan], [220, np.nan, np.nan]])
    >>> round(ultimate_redemption_rate(ladder, [1000, 1000, 1000]), 4)
    0.648
    """
    points = np.asarray(issued, dtype=np.float64)
    if len(points) != len(development.ultimate):
        raise ValueError(f"each cohort has its points; got {len(points)} for {len(development.ultimate)} cohorts")
    if not points.sum() > 0:
        raise NotEnough("no points were issued")
    return float(sum(development.ultimate) / points.sum())


def _reached(cells: Triangle) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """How many ages each cohort has behind it."""
    if cells.ndim != 2 or min(cells.shape) < 2:
        raise NotEnough("a triangle has at least two cohorts and two ages")
    known = np.isfinite(cells)
    reached = known.sum(axis=1)
    expected = np.arange(cells.shape[1]) < reached[:, None]
    if not (known == expected).all() or (np.diff(reached) > 0).any() or reached.min() < 1:
        raise ValueError("a cohort is known up to its age and not after, the oldest cohort first; this is no triangle")
    if reached[0] != cells.shape[1]:
        raise NotEnough("not even the oldest cohort has reached the last age")
    return reached


def _mack(
    cells: Triangle,
    full: Triangle,
    reached: np.ndarray[tuple[int], np.dtype[np.intp]],
    factors: list[float],
) -> float | None:
    """Mack's standard error of the total (ASTIN Bulletin 23, 1993): process and estimation, with what cohorts share."""
    ages = cells.shape[1]
    if ages < 4 or (full <= 0).any():
        return None
    sigma2: list[float] = []
    for age, factor in enumerate(factors):
        both = reached > age + 1
        if both.sum() > 1:
            links = cells[both, age + 1] / cells[both, age]
            sigma2.append(float((cells[both, age] * (links - factor) ** 2).sum() / (both.sum() - 1)))
        elif len(sigma2) > 1 and sigma2[-2] > 0:
            # One cohort alone has no spread; Mack goes on with the decline of the two before.
            sigma2.append(min(sigma2[-1] ** 2 / sigma2[-2], sigma2[-2], sigma2[-1]))
        else:
            return None
    total = 0.0
    for cohort, age_now in enumerate(reached):
        relative = 0.0
        shared = 0.0
        for age in range(int(age_now) - 1, ages - 1):
            before = float(cells[reached > age + 1, age].sum())
            part = sigma2[age] / factors[age] ** 2
            relative += part * (1 / full[cohort, age] + 1 / before)
            shared += 2 * part / before
        later = float(full[cohort + 1 :, -1].sum())
        total += float(full[cohort, -1]) ** 2 * relative + float(full[cohort, -1]) * later * shared
    return math.sqrt(total)
