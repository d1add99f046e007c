"""The chain ladder: a case by hand, and the triangle on which Mack published his standard error."""

import numpy as np
import pytest

from punchcard.stats.breakage import chain_ladder, ultimate_redemption_rate
from punchcard.stats.estimate import NotEnough

NAN = np.nan
QUARTERS = [[200, 500, 600], [240, 580, NAN], [220, NAN, NAN]]


def test_what_older_quarters_became_tells_what_younger_ones_will() -> None:
    development = chain_ladder(QUARTERS)
    assert development.factors == pytest.approx((2.4545, 1.2), abs=5e-5)
    assert development.ultimate == pytest.approx((600, 696, 648))
    assert ultimate_redemption_rate(development, [1000, 1000, 1000]) == pytest.approx(0.648)
    assert development.se is None  # three ages leave nothing to estimate it from


def test_the_reserve_of_taylor_and_ashe_and_its_error_are_macks() -> None:
    """ASTIN Bulletin 23 (1993): reserve 18,680,856 and standard error 2,447,095 (in thousands: 18,681 and 2,447)."""
    rows = [
        [357848, 1124788, 1735330, 2218270, 2745596, 3319994, 3466336, 3606286, 3833515, 3901463],
        [352118, 1236139, 2170033, 3353322, 3799067, 4120063, 4647867, 4914039, 5339085],
        [290507, 1292306, 2218525, 3235179, 3985995, 4132918, 4628910, 4909315],
        [310608, 1418858, 2195047, 3757447, 4029929, 4381982, 4588268],
        [443160, 1136350, 2128333, 2897821, 3402672, 3873311],
        [396132, 1333217, 2180715, 2985752, 3691712],
        [440832, 1288463, 2419861, 3483130],
        [359480, 1421128, 2864498],
        [376686, 1363294],
        [344014],
    ]
    development = chain_ladder([row + [NAN] * (10 - len(row)) for row in rows])
    assert round(sum(development.ultimate) - sum(row[-1] for row in rows)) == 18_680_856
    assert development.se is not None
    assert round(development.se) == 2_447_095


@pytest.mark.parametrize(
    ("triangle", "why"),
    [
        ([[1, 2, NAN], [1, 2, NAN]], "not even the oldest"),
        ([[1, NAN], [1, 2]], "no triangle"),
        ([[1, NAN, 3], [1, 2, NAN]], "no triangle"),
        ([[0, 5], [0, NAN]], "nothing is there at age 1"),
        ([[1, 2]], "at least two cohorts"),
    ],
)
def test_what_is_no_triangle_is_refused(triangle: list[list[float]], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        chain_ladder(triangle)


def test_a_rate_needs_points_for_each_cohort() -> None:
    development = chain_ladder(QUARTERS)
    with pytest.raises(NotEnough, match="no points"):
        ultimate_redemption_rate(development, [0, 0, 0])
    with pytest.raises(ValueError, match="each cohort"):
        ultimate_redemption_rate(development, [1, 2])
