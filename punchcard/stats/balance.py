"""Is an experiment fit to be read: were members assigned in the planned shares, and were the arms alike before?"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import special

from punchcard.stats.estimate import NotEnough
from punchcard.stats.moments import Moments

# A mismatch is a defect of assignment or logging and not a finding, so the bar is high (Fabijan and others 2019).
MISMATCH = 0.001


@dataclass(frozen=True, slots=True)
class SampleRatio:
    """Pearson's chi-square of the counts against the plan; `mismatch` means that no figure may be read."""

    chi2: float
    p: float

    @property
    def mismatch(self) -> bool:
        """True if chance alone would give such counts less than once in a thousand experiments."""
        return self.p < MISMATCH


def sample_ratio(counts: Sequence[int], planned: Sequence[float]) -> SampleRatio:
    """Members assigned to each arm against the planned shares (any positive weights, in the same order).

    >>> check = sample_ratio([9_100, 900], [90, 10])
    >>> round(check.chi2, 4), check.mismatch
    (11.1111, True)
    """
    if len(counts) != len(planned) or len(counts) < 2:
        raise ValueError(f"each of at least two arms has a count and a plan; got {len(counts)} and {len(planned)}")
    if min(planned) <= 0 or min(counts) < 0:
        raise ValueError("planned shares are above zero and counts are not below")
    total, weights = sum(counts), sum(planned)
    expected = [total * weight / weights for weight in planned]
    if min(expected) < 5:
        raise NotEnough(f"at least 5 members are expected in each arm; the smallest expects {min(expected):.1f}")
    chi2 = sum((count - plan) ** 2 / plan for count, plan in zip(counts, expected, strict=True))
    return SampleRatio(chi2, float(special.chdtrc(len(counts) - 1, chi2)))


def standardised_difference(control: Moments, treatment: Moments) -> float:
    """How far apart two arms were before the start, in standard deviations; above 0.1 in size is worth a look.

    Does not grow with the sample as a p-value would (Austin 2009).
    """
    spread = math.sqrt((control.variance + treatment.variance) / 2)
    if spread == 0:
        if control.mean == treatment.mean:
            return 0.0
        raise NotEnough("the arms differ and neither varies, so no scale tells how far apart they are")
    return (treatment.mean - control.mean) / spread
