"""Power, sample size and the smallest effect that can be found, against statsmodels."""

from typing import Any

import pytest
from statsmodels.stats.power import TTestIndPower
from statsmodels.stats.proportion import power_proportions_2indep

from punchcard.stats.estimate import NotEnough
from punchcard.stats.power import (
    detectable_mean,
    detectable_share,
    power_of_means,
    power_of_shares,
    size_for_means,
    size_for_shares,
)


@pytest.mark.parametrize(("n_control", "n_treatment"), [(20, 20), (100, 300), (5_000, 500)])
@pytest.mark.parametrize("difference", [0.05, -0.3, 0.8])
def test_the_power_of_a_t_test_agrees_with_statsmodels(n_control: int, n_treatment: int, difference: float) -> None:
    ratio: Any = n_treatment / n_control  # statsmodels is untyped, and pyright takes its default of 1 for an int
    reference = TTestIndPower().power(abs(difference) / 2, n_control, 0.05, ratio=ratio)
    assert power_of_means(difference, 2, n_control, n_treatment) == pytest.approx(reference, abs=1e-6)


@pytest.mark.parametrize(("control", "treatment"), [(0.02, 0.025), (0.5, 0.4), (0.1, 0.1)])
@pytest.mark.parametrize(("n_control", "n_treatment"), [(500, 500), (1_000, 9_000)])
def test_the_power_for_shares_agrees_with_statsmodels(
    control: float, treatment: float, n_control: int, n_treatment: int
) -> None:
    ratio: Any = n_control / n_treatment
    reference: Any = power_proportions_2indep(treatment - control, control, n_treatment, ratio)
    assert power_of_shares(control, treatment, n_control, n_treatment) == pytest.approx(reference.power, abs=1e-6)


def test_the_size_for_half_a_standard_deviation_is_the_textbooks_64() -> None:
    """Cohen, Statistical power analysis (1988), table 2.4.1: d = 0.5, power 0.8, two-sided 0.05."""
    assert size_for_means(0.5, 1) == (64, 64)


@pytest.mark.parametrize("control_share", [0.5, 0.1])
def test_the_size_is_the_smallest_that_reaches_the_power(control_share: float) -> None:
    control, treatment = size_for_shares(0.05, 0.06, control_share=control_share)
    assert power_of_shares(0.05, 0.06, control, treatment) >= 0.8
    assert power_of_shares(0.05, 0.06, control - 1, treatment - 1) < 0.8
    assert control / (control + treatment) == pytest.approx(control_share, abs=1e-3)


def test_the_smallest_effect_that_can_be_found_has_just_that_power() -> None:
    assert power_of_means(detectable_mean(30, 2_000, 8_000), 30, 2_000, 8_000) == pytest.approx(0.8, abs=1e-9)
    rise = detectable_share(0.04, 2_000, 8_000)
    assert power_of_shares(0.04, 0.04 + rise, 2_000, 8_000) == pytest.approx(0.8, abs=1e-9)


def test_a_plan_that_cannot_be_is_refused() -> None:
    with pytest.raises(NotEnough, match="cannot show any rise"):
        detectable_share(0.9, 3, 3)
    with pytest.raises(ValueError, match="difference of nothing"):
        size_for_means(0, 1)
    with pytest.raises(NotEnough, match="members would be needed"):
        size_for_means(1e-9, 1)
