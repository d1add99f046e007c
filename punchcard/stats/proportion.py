"""Shares of members: an interval for one, and the difference of two."""

import math

from scipy import special

from punchcard.stats.estimate import Effect, Interval, NotEnough, check_level


def wilson(successes: int, n: int, level: float = 0.95) -> Interval:
    """The score interval of a share, which stays sane for small n and near 0 and 1 (Wilson 1927).

    >>> interval = wilson(0, 10)
    >>> interval.low, round(interval.high, 4)
    (0.0, 0.2775)
    """
    _check(successes, n)
    z = float(special.ndtri((1 + check_level(level)) / 2))
    share = successes / n
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    # The bound is 0 or 1 exactly when no (or every) member succeeded; rounding must not say otherwise.
    return Interval(middle - half if successes else 0.0, middle + half if successes < n else 1.0)


def newcombe(control: tuple[int, int], treatment: tuple[int, int], level: float = 0.95) -> Effect:
    """The difference of two independent shares, each given as (successes, n): treatment minus control.

    The interval is Newcombe's hybrid score (1998, method 10); the p-value that of the pooled score test, which is
    Pearson's chi-square without correction. Refuses if nobody, or everybody, succeeded on both sides.

    >>> effect = newcombe((48, 80), (56, 70))  # Newcombe's example (a), the other way round: 0.2 from 0.0524 to 0.3339
    >>> round(effect.value, 4), round(effect.interval.low, 4), round(effect.interval.high, 4)
    (0.2, 0.0524, 0.3339)
    """
    (hits_a, n_a), (hits_b, n_b) = control, treatment
    a, b = wilson(hits_a, n_a, level), wilson(hits_b, n_b, level)
    share_a, share_b = hits_a / n_a, hits_b / n_b
    value = share_b - share_a
    pooled = (hits_a + hits_b) / (n_a + n_b)
    if pooled in (0, 1):
        raise NotEnough("nobody differs from anybody: there is nothing to compare")
    score = value / math.sqrt(pooled * (1 - pooled) * (1 / n_a + 1 / n_b))
    return Effect(
        value,
        math.sqrt(share_a * (1 - share_a) / n_a + share_b * (1 - share_b) / n_b),
        Interval(
            value - math.hypot(share_b - b.low, a.high - share_a),
            value + math.hypot(b.high - share_b, share_a - a.low),
        ),
        2 * float(special.ndtr(-abs(score))),
    )


def _check(successes: int, n: int) -> None:
    if n < 1:
        raise NotEnough(f"a share needs somebody to be a share of; got n = {n}")
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes of {n} is impossible")
