"""Many tests and many estimates at once, against statsmodels and published figures."""

from typing import Any

import numpy as np
import pytest
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.multitest import multipletests

from punchcard.stats.estimate import NotEnough
from punchcard.stats.multiple import benjamini_hochberg, holm
from punchcard.stats.shrinkage import james_stein, pooled, shrink


@pytest.mark.parametrize("count", [1, 2, 7, 40])
@pytest.mark.parametrize("digits", [1, 12])  # one digit: many ties
def test_adjusted_p_values_agree_with_statsmodels(count: int, digits: int) -> None:
    p_values = np.random.default_rng(count).random(count).round(digits) ** 2
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])
    assert benjamini_hochberg(p_values) == pytest.approx(multipletests(p_values, method="fdr_bh")[1])


def test_the_fifteen_p_values_of_benjamini_and_hochberg_give_four_findings() -> None:
    """JRSS B 57 (1995), section 3.2: thrombolysis trial; the procedure rejects four, Holm's three."""
    p_values = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344]
    p_values += [0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000]
    assert (benjamini_hochberg(p_values) <= 0.05).sum() == 4
    assert (holm(p_values) <= 0.05).sum() == 3


def test_a_number_that_is_no_p_value_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm([0.1, 1.2])


def test_shrinkage_finds_the_spread_and_mean_that_statsmodels_finds() -> None:
    chance = np.random.default_rng(7)
    ses = chance.uniform(0.5, 3, 30)
    values = chance.normal(10, 2, 30) + chance.normal(0, ses)
    # Its iteration ends in "no spread" when rounding takes the last step below zero; 1e-8 keeps clear of that.
    reference: Any = combine_effects(values, ses**2, method_re="iterated", atol=1e-8)
    shrunk = shrink(values, ses)
    assert shrunk.spread**2 == pytest.approx(reference.tau2, rel=1e-6)
    assert shrunk.mean == pytest.approx(reference.mean_effect_re, rel=1e-6)


@pytest.mark.parametrize("spread", [0.0, 2.0])
def test_the_pooled_effect_is_that_of_statsmodels_with_hartung_and_knapp(spread: float) -> None:
    chance = np.random.default_rng(11)
    ses = chance.uniform(0.5, 3, 12)
    values = chance.normal(1, spread, 12) + chance.normal(0, ses)
    reference: Any = combine_effects(values, ses**2, method_re="iterated", use_t=True, atol=1e-8)
    found = pooled(values, ses)
    low, high = reference.conf_int(use_t=True)[3]  # random effects, variance scaled by what is seen
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high), rel=1e-5)
    assert (0 in found.interval) == (found.p >= 0.05)


def test_the_noisier_estimate_is_pulled_further() -> None:
    shrunk = shrink([0.0, 10.0, 20.0, 20.0], [1, 1, 1, 8])
    assert shrunk.values[3] < shrunk.values[2] < 20


def test_estimates_that_differ_no_more_than_by_chance_are_all_shown_as_the_mean() -> None:
    shrunk = shrink([9.0, 10.0, 11.0], [5, 5, 5])
    assert shrunk.spread == 0
    assert shrunk.values == pytest.approx([10, 10, 10])


def test_shrinkage_does_not_depend_on_the_unit() -> None:
    cents = shrink([100.0, 250.0, 900.0, 420.0], [60, 90, 80, 70])
    millions = shrink([1e-4, 2.5e-4, 9e-4, 4.2e-4], [6e-5, 9e-5, 8e-5, 7e-5])
    assert millions.values * 1e6 == pytest.approx(cents.values)


def test_an_estimate_without_its_error_is_refused() -> None:
    with pytest.raises(NotEnough, match="cannot be weighed"):
        shrink([1.0, 2, 3], [1, 0, 1])


def test_the_batting_averages_of_efron_and_morris_shrink_as_published() -> None:
    """Scientific American 236 (1977): 18 players after 45 times at bat; factor 0.212, Clemente from .400 to .294."""
    averages = np.array([18, 17, 16, 15, 14, 14, 13, 12, 11, 11, 10, 10, 10, 10, 10, 9, 8, 7]) / 45
    mean = averages.mean()
    shrunk = james_stein(averages, float(np.sqrt(mean * (1 - mean) / 45)))
    assert (shrunk[0] - mean) / (averages[0] - mean) == pytest.approx(0.212, abs=5e-4)
    assert (round(shrunk[0], 3), round(shrunk[-1], 3)) == (0.294, 0.242)
