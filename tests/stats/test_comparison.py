"""Comparisons of two arms, each against a library or a paper that computes the same."""

from typing import Any

import numpy as np
import pytest
from gbstats.frequentist.tests import FrequentistConfig, SequentialConfig, SequentialTwoSidedTTest, TwoSidedTTest
from gbstats.models.statistics import (
    QuantileStatistic,
    RatioStatistic,
    RegressionAdjustedStatistic,
    SampleMeanStatistic,
    compute_theta,
)
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint, proportions_ztest

from punchcard.stats.balance import sample_ratio, standardised_difference
from punchcard.stats.cuped import cuped
from punchcard.stats.estimate import Effect, NotEnough
from punchcard.stats.mean import mean_interval, relative, welch
from punchcard.stats.moments import Moments, Pair
from punchcard.stats.proportion import newcombe, wilson
from punchcard.stats.quantile import quantile, quantile_interval
from punchcard.stats.ratio import ratio
from punchcard.stats.sequential import always_valid
from punchcard.stats.winsor import spending_cap, winsorised

CHANCE = np.random.default_rng(20261124)
BEFORE_A, BEFORE_B = CHANCE.gamma(2, 10, 400), CHANCE.gamma(2, 10, 350)
A, B = 0.7 * BEFORE_A + CHANCE.gamma(2, 10, 400), 0.7 * BEFORE_B + CHANCE.gamma(2.2, 10, 350)
RECEIPTS_A, RECEIPTS_B = 1 + CHANCE.poisson(2, 400), 1 + CHANCE.poisson(2, 350)


def close(value: Any) -> object:
    return pytest.approx(value, rel=1e-6, abs=1e-9)


def figures(effect: Effect) -> tuple[float, float, float, float]:
    return effect.value, effect.interval.low, effect.interval.high, effect.p


@pytest.mark.parametrize(("successes", "n"), [(0, 10), (1, 10), (10, 10), (81, 263), (15, 148), (0, 20), (1, 29)])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_the_interval_of_a_share_is_wilsons(successes: int, n: int, level: float) -> None:
    interval = wilson(successes, n, level)
    low, high = proportion_confint(successes, n, alpha=1 - level, method="wilson")
    assert (interval.low, interval.high) == (close(low), close(high))


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [  # Newcombe, Statistics in Medicine 17 (1998), table II, method 10: first minus second
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0000),
    ],
)
def test_the_difference_of_shares_is_newcombes(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    if first[0] + second[0] == 0:
        with pytest.raises(NotEnough):
            newcombe(second, first)
        return
    effect = newcombe(control=second, treatment=first)
    assert (round(effect.interval.low, 4), round(effect.interval.high, 4)) == (low, high)


def test_the_difference_of_shares_agrees_with_statsmodels() -> None:
    effect = newcombe(control=(120, 2000), treatment=(171, 2100))
    low, high = confint_proportions_2indep(171, 2100, 120, 2000, method="newcomb")
    _, p = proportions_ztest([171, 120], [2100, 2000])
    assert figures(effect) == (close(171 / 2100 - 120 / 2000), close(low), close(high), close(p))


def test_the_interval_of_a_mean_is_students() -> None:
    interval = mean_interval(Moments.of(A), 0.9)
    low, high = stats.t.interval(0.9, len(A) - 1, A.mean(), stats.sem(A))
    assert (interval.low, interval.high) == (close(low), close(high))


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_the_difference_of_means_is_welchs(level: float) -> None:
    reference = stats.ttest_ind(B, A, equal_var=False)
    bounds = reference.confidence_interval(level)
    assert figures(welch(Moments.of(A), Moments.of(B), level)) == (
        close(B.mean() - A.mean()),
        close(bounds.low),
        close(bounds.high),
        close(reference.pvalue),
    )


def test_a_relative_difference_has_fiellers_interval() -> None:
    """The interval's ends are where treatment - quotient * control is just within chance: checked by that equation."""
    control, treatment = Moments.of(A), Moments.of(B)
    effect = relative(control, treatment)
    for bound in (effect.interval.low, effect.interval.high):
        quotient = 1 + bound
        apart = treatment.mean - quotient * control.mean
        assert abs(apart) / np.hypot(treatment.se, quotient * control.se) == close(stats.norm.ppf(0.975))
    reference = TwoSidedTTest(gb_mean(A), gb_mean(B), FrequentistConfig(difference_type="relative"))
    assert effect.value == close(reference.point_estimate)
    assert effect.se == close(np.sqrt(reference.variance))
    assert effect.p == close(welch(control, treatment).p)


def test_a_relative_difference_to_nearly_nothing_is_refused() -> None:
    with pytest.raises(NotEnough, match="cannot be told from zero"):
        relative(Moments.of([-1, 1, 0.1, 0]), Moments.of([1, 2, 3]))


def test_a_ratio_metric_agrees_with_gbstats() -> None:
    effect = welch(ratio(Pair.of(A, RECEIPTS_A)), ratio(Pair.of(B, RECEIPTS_B)))
    reference = TwoSidedTTest(
        gb_ratio(A, RECEIPTS_A), gb_ratio(B, RECEIPTS_B), FrequentistConfig(difference_type="absolute")
    )
    assert figures(effect) == gb_figures(reference)
    assert effect.value == close(B.sum() / RECEIPTS_B.sum() - A.sum() / RECEIPTS_A.sum())


def test_cuped_agrees_with_gbstats_and_narrows_the_interval() -> None:
    adjusted = cuped(Pair.of(A, BEFORE_A), Pair.of(B, BEFORE_B))
    effect = welch(adjusted.control, adjusted.treatment)
    first, second = gb_adjusted(A, BEFORE_A), gb_adjusted(B, BEFORE_B)
    first.theta = second.theta = compute_theta(first, second)
    assert adjusted.theta == close(first.theta)
    assert figures(effect) == gb_figures(TwoSidedTTest(first, second, FrequentistConfig(difference_type="absolute")))
    assert effect.se < welch(Moments.of(A), Moments.of(B)).se
    both = np.corrcoef(np.r_[A, B], np.r_[BEFORE_A, BEFORE_B])[0, 1] ** 2
    assert adjusted.variance_reduction == close(both)


def test_a_relative_effect_after_cuped_is_a_percentage_of_what_the_control_spent() -> None:
    adjusted = cuped(Pair.of(A, BEFORE_A), Pair.of(B, BEFORE_B))
    assert adjusted.control.mean == pytest.approx(A.mean(), rel=0.05)


def test_an_always_valid_comparison_agrees_with_gbstats() -> None:
    effect = always_valid(Moments.of(A), Moments.of(B), tuned_for=5000)
    config = SequentialConfig(difference_type="absolute", sequential_tuning_parameter=5000)
    assert figures(effect) == gb_figures(SequentialTwoSidedTTest(gb_mean(A), gb_mean(B), config))
    assert effect.interval.low < welch(Moments.of(A), Moments.of(B)).interval.low


@pytest.mark.parametrize("q", [0.25, 0.5, 0.9])
def test_a_quantile_varies_as_gbstats_says(q: float) -> None:
    bounds = quantile_interval(A, q)
    reference = QuantileStatistic(len(A), len(A), q, float(np.quantile(A, q)), bounds.low, bounds.high)
    sample = quantile(A, q)
    assert sample.mean == close(reference.mean)
    # gbstats divides by n - 1 where the standard error asks for n.
    assert sample.variance * (len(A) - 1) / len(A) == close(reference.variance)


def test_a_quantile_shared_by_too_many_is_refused() -> None:
    with pytest.raises(NotEnough, match="too many values are equal"):
        quantile(np.r_[np.zeros(900), A], 0.5)


def test_a_cap_never_cuts_a_buyer_to_nothing() -> None:
    spend = np.r_[np.zeros(9_900), np.arange(1, 101)]
    assert np.quantile(spend, 0.98) == 0  # where the usual rule, a quantile over all members, would cap
    capped = winsorised(spend, spending_cap(spend, 0.95))
    assert (capped > 0).sum() == 100
    assert capped.max() == close(np.quantile(np.arange(1, 101), 0.95))


@pytest.mark.parametrize(
    ("counts", "planned"), [((9_100, 900), (90, 10)), ((5_012, 4_988), (1, 1)), ((330, 340, 280), (1, 1, 1))]
)
def test_a_sample_ratio_is_pearsons_chi_square(counts: tuple[int, ...], planned: tuple[float, ...]) -> None:
    reference = stats.chisquare(counts, np.array(planned) / sum(planned) * sum(counts))
    check = sample_ratio(counts, planned)
    assert (check.chi2, check.p) == (close(reference.statistic), close(reference.pvalue))
    assert check.mismatch == (counts == (9_100, 900))


def test_arms_alike_before_the_start_are_a_small_distance_apart() -> None:
    assert standardised_difference(Moments(10, 20, 4), Moments(10, 21, 4)) == close(0.5)


def test_moments_of_parts_add_up_to_those_of_the_whole() -> None:
    together = Pair.of(A, BEFORE_A) + Pair.of(B, BEFORE_B)
    whole = Pair.of(np.r_[A, B], np.r_[BEFORE_A, BEFORE_B])
    for field in Pair.__slots__:
        assert getattr(together, field) == close(getattr(whole, field))


@pytest.mark.parametrize(
    ("refused", "why"),
    [
        (lambda: wilson(0, 0), "needs somebody"),
        (lambda: wilson(5, 4), "impossible"),
        (lambda: Moments.of([1]), "at least 2 values"),
        (lambda: Moments.of([1, np.nan]), "missing or infinite"),
        (lambda: welch(Moments.of([1, 1]), Moments.of([2, 2])), "all values are the same"),
        (lambda: cuped(Pair.of([1, 2], [3, 3]), Pair.of([1, 2], [3, 3])), "explains nothing"),
        (lambda: ratio(Pair.of([1, 2], [-1, 1])), "sums to zero"),
        (lambda: spending_cap([0, 0]), "nobody bought"),
        (lambda: sample_ratio([3, 1], [1, 1]), "at least 5 members"),
        (lambda: quantile_interval([1, 2, 3], 0.5), "too few"),
    ],
)
def test_what_the_numbers_cannot_carry_is_refused(refused, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        refused()


def gb_mean(values: np.ndarray) -> SampleMeanStatistic:
    return SampleMeanStatistic(n=len(values), sum=float(values.sum()), sum_squares=float((values**2).sum()))


def gb_ratio(values: np.ndarray, receipts: np.ndarray) -> RatioStatistic:
    return RatioStatistic(len(values), gb_mean(values), gb_mean(receipts), float((values * receipts).sum()))


def gb_adjusted(values: np.ndarray, before: np.ndarray) -> RegressionAdjustedStatistic:
    return RegressionAdjustedStatistic(
        len(values), gb_mean(values), gb_mean(before), float((values * before).sum()), 0.0
    )


def gb_figures(reference: TwoSidedTTest | SequentialTwoSidedTTest) -> tuple[object, ...]:
    return (
        close(reference.point_estimate),
        *(close(bound) for bound in reference.confidence_interval),
        close(reference.p_value),
    )
