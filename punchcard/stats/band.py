"""Band: intervals of several estimates that all hold together, so that a curve may be read at its best point."""

import numpy as np

from punchcard.stats.estimate import NotEnough, check_level
from punchcard.stats.joint import Square

DRAWS = 20_000  # the 95 % point of the largest deviation is then known to about one per cent


def reach_of_all(cov: Square, level: float = 0.95) -> float:
    """How many standard errors each of several normal estimates needs, for all intervals to hold at once.

    The quantile of the largest absolute deviation under their covariance (Montiel Olea and Plagborg-Moller 2019), by
    simulation with a fixed seed. One estimate alone gives 1.96; independent ones what Sidak gives.
    """
    spread = np.sqrt(np.diag(cov))
    kept = spread > 0
    if not kept.any():
        raise NotEnough("no estimate varies, so there is no band")
    correlation = cov[np.ix_(kept, kept)] / np.outer(spread[kept], spread[kept])
    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.clip(values, 0, None))
    drawn = np.random.default_rng(20_240_501).standard_normal((DRAWS, int(kept.sum()))) @ root.T
    return float(np.quantile(np.abs(drawn).max(axis=1), check_level(level)))
