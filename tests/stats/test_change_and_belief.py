"""Difference in differences, the effect on those reached, beliefs and bands: against other libraries, and by chance."""

from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from gbstats.bayesian.tests import EffectBayesianABTest, EffectBayesianConfig, GaussianPrior
from gbstats.models.statistics import SampleMeanStatistic
from scipy import integrate, stats

from punchcard.stats.band import reach_of_all
from punchcard.stats.bayes import Prior, chance_of_share, chances_to_be_best, posterior
from punchcard.stats.change import Layer, difference_in_differences, layered
from punchcard.stats.complier import complier_effect
from punchcard.stats.estimate import Effect, Interval, NotEnough
from punchcard.stats.joint import Joint
from punchcard.stats.mean import welch
from punchcard.stats.moments import Moments, Pair

EXPERIMENTS = 4_000
Floats = np.ndarray[Any, np.dtype[np.float64]]


def before_and_after(chance: np.random.Generator, members: int, lift: float = 0.0, drift: float = 3.0) -> Floats:
    """What members spent before and after: a habit of their own, a season for all, a lift for some."""
    habit = chance.gamma(2, 10, members)
    before, after = (habit * chance.gamma(4, 1 / 4, members) for _ in range(2))
    return np.column_stack([after + drift + lift, before])


def pair(table: Floats) -> Pair:
    return Pair.of(table[:, 0], table[:, 1])


def regression(columns: dict[str, Floats], y: Floats) -> Any:
    """Least squares with errors that do not assume equal variances (HC2 is Welch's for two groups)."""
    x = np.column_stack([np.ones(len(y)), *columns.values()])
    return sm.OLS(y, x).fit(cov_type="HC2")


def test_difference_in_differences_is_the_regression_on_every_members_change() -> None:
    chance = np.random.default_rng(1)
    control, treated = before_and_after(chance, 300), before_and_after(chance, 500, 2.0)
    effect = difference_in_differences(pair(control), pair(treated))
    change = np.concatenate([control[:, 0] - control[:, 1], treated[:, 0] - treated[:, 1]])
    known = regression({"treated": np.repeat([0.0, 1.0], [300, 500])}, change)
    assert effect.value == pytest.approx(known.params[1], abs=1e-9)
    assert effect.se == pytest.approx(known.bse[1], abs=1e-9)


def test_layers_weigh_as_their_treated_do() -> None:
    """The fully interacted regression at the treated's mean gives the same (Imbens and Rubin 2015, chapter 17)."""
    chance = np.random.default_rng(2)
    layers = [(before_and_after(chance, 80), before_and_after(chance, 40, 5.0)) for _ in range(3)]
    layers[2] = (layers[2][0] + 100, layers[2][1] + 100)
    effect = layered([Layer(Joint.of(a), Joint.of(b)) for a, b in layers], [1, -1])
    each = [difference_in_differences(pair(a), pair(b)) for a, b in layers]
    assert effect.value == pytest.approx(np.mean([one.value for one in each]))
    assert effect.se == pytest.approx(np.sqrt(sum(one.se**2 for one in each)) / 3)


def test_the_effect_on_those_reached_is_two_stage_least_squares() -> None:
    chance = np.random.default_rng(3)
    lot = np.repeat([0.0, 1.0], [400, 600])
    reached = (chance.random(1_000) < np.where(lot == 1, 0.75, 0.15)).astype(float)
    y = chance.gamma(2, 10, 1_000) + 4 * reached
    arms = [Pair.of(y[lot == side], reached[lot == side]) for side in (0, 1)]
    effect = complier_effect(arms[0], arms[1])
    first = regression({"lot": lot}, reached).fittedvalues
    assert effect.value == pytest.approx(regression({"reached": first}, y).params[1], abs=1e-9)
    # Robust errors of two-stage least squares, each arm with its own degrees of freedom.
    x, z = np.column_stack([np.ones(1_000), reached]), np.column_stack([np.ones(1_000), lot])
    inverse = np.linalg.inv(z.T @ x)
    residual = y - x @ (inverse @ z.T @ y)
    leverage = np.where(lot == 1, 600 / 599, 400 / 399)
    meat = (z * (residual**2 * leverage)[:, None]).T @ z
    assert effect.se == pytest.approx(float(np.sqrt((inverse @ meat @ inverse.T)[1, 1])), abs=1e-9)


def test_the_interval_of_those_reached_holds_what_the_data_do_not_contradict() -> None:
    """Anderson and Rubin: a value is in it exactly if the outcome without it does not differ between the arms."""
    chance = np.random.default_rng(4)
    reached = [(chance.random(500) < share).astype(float) for share in (0.1, 0.4)]
    y = [chance.gamma(2, 10, 500) + 3 * met for met in reached]
    effect = complier_effect(Pair.of(y[0], reached[0]), Pair.of(y[1], reached[1]))
    for bound in (effect.interval.low, effect.interval.high):
        left, right = (Moments.of(out - bound * met) for out, met in zip(y, reached, strict=True))
        z = (right.mean - left.mean) / np.sqrt(left.se**2 + right.se**2)
        assert abs(z) == pytest.approx(1.959963984540054, abs=1e-9)
    with pytest.raises(NotEnough, match="did not reach more"):
        complier_effect(Pair.of(y[0], reached[0]), Pair.of(y[1], reached[0]))


@pytest.mark.parametrize("prior", [None, Prior(0.5, 2.0)])
def test_a_belief_agrees_with_gbstats(prior: Prior | None) -> None:
    a, b = Moments(900, 20.0, 400.0), Moments(1_100, 21.0, 500.0)
    stats_ = [
        SampleMeanStatistic(n=m.n, sum=m.n * m.mean, sum_squares=(m.n - 1) * m.variance + m.n * m.mean**2)
        for m in (a, b)
    ]
    known = EffectBayesianABTest(
        stats_[0],
        stats_[1],
        EffectBayesianConfig(
            difference_type="absolute",
            prior_type="absolute",
            prior_effect=GaussianPrior(prior.mean, prior.sd**2, proper=True) if prior else GaussianPrior(),
        ),
    ).compute_result()
    found = posterior(welch(a, b), prior or Prior())
    assert found.mean == pytest.approx(known.expected, abs=1e-9)
    assert [found.interval.low, found.interval.high] == pytest.approx(known.ci, abs=1e-9)
    assert found.better == pytest.approx(known.chance_to_win, abs=1e-9)
    assert [found.regret, found.risk] == pytest.approx(known.risk, abs=1e-9)


@pytest.mark.parametrize(
    ("control", "treatment"), [((10, 100), (15, 100)), ((0, 50), (3, 60)), ((900, 1_000), (9, 10))]
)
def test_the_chance_of_a_higher_share_is_the_double_integral(
    control: tuple[int, int], treatment: tuple[int, int]
) -> None:
    a, b = (stats.beta(1 + hits, 1 + n - hits) for hits, n in (control, treatment))
    known: Any = integrate.quad(lambda x: b.pdf(x) * a.cdf(x), 0, 1, limit=400, epsabs=1e-11, points=[float(b.mean())])
    assert chance_of_share(control, treatment) == pytest.approx(known[0], abs=1e-6)


def test_the_chances_of_three_arms_to_be_best_are_those_of_the_dice() -> None:
    arms = [Moments(1_000, mean, 900.0) for mean in (10.0, 10.5, 11.5)]
    found = chances_to_be_best(arms)
    drawn = np.random.default_rng(5).normal([arm.mean for arm in arms], [arm.se for arm in arms], (1_000_000, 3))
    assert sum(found) == pytest.approx(1, abs=1e-9)
    assert found == pytest.approx(np.bincount(drawn.argmax(axis=1), minlength=3) / 1e6, abs=0.002)
    two = [Moments(1_000, mean, 900.0) for mean in (10.0, 11.5)]
    assert chances_to_be_best(two)[1] == pytest.approx(posterior(welch(two[0], two[1])).better, abs=1e-9)


@pytest.mark.parametrize("looks", [1, 4, 12])
def test_a_band_is_as_wide_as_independent_looks_need(looks: int) -> None:
    sidak = float(stats.norm.ppf((1 + 0.95 ** (1 / looks)) / 2))
    assert reach_of_all(np.eye(looks)) == pytest.approx(sidak, rel=0.015)


def test_moments_put_together_are_those_of_all() -> None:
    table = np.random.default_rng(6).gamma(2, 3, (50, 3))
    one, all_ = Joint.of(table[:20]) + Joint.of(table[20:]), Joint.of(table)
    assert (one.n, one.mean, one.cov) == (50, pytest.approx(all_.mean), pytest.approx(all_.cov))


def rate(found: list[bool]) -> float:
    return float(np.mean(found))


@pytest.mark.slow
def test_differences_in_differences_err_as_often_as_they_say() -> None:
    chance = np.random.default_rng(7)

    def once(lift: float) -> Effect:
        return difference_in_differences(pair(before_and_after(chance, 400)), pair(before_and_after(chance, 800, lift)))

    assert 0.04 <= rate([once(0).proven for _ in range(EXPERIMENTS)]) <= 0.06
    assert 0.93 <= rate([2.0 in once(2.0).interval for _ in range(EXPERIMENTS)]) <= 0.97


@pytest.mark.slow
def test_layers_err_as_often_as_they_say_where_the_treated_chose_themselves() -> None:
    """Who bought more before is treated more often: a plain difference is wrong, the layers are not."""
    chance = np.random.default_rng(8)
    held: list[bool] = []
    false: list[bool] = []
    for _ in range(2_000):
        kind = chance.integers(0, 4, 1_500)
        treated = chance.random(1_500) < 0.15 + 0.15 * kind
        table = np.column_stack([kind * 10 + chance.gamma(2, 5, 1_500), kind * 10 + chance.gamma(2, 5, 1_500)])
        for lift, told in ((2.0, held), (0.0, false)):
            moved = table + np.column_stack([treated * lift, np.zeros(1_500)])
            effect = layered(
                [
                    Layer(Joint.of(moved[(kind == k) & ~treated]), Joint.of(moved[(kind == k) & treated]))
                    for k in range(4)
                ],
                [1, -1],
            )
            told.append(lift in effect.interval if lift else effect.proven)
    assert 0.93 <= rate(held) <= 0.97
    assert 0.04 <= rate(false) <= 0.06


@pytest.mark.slow
def test_the_effect_on_those_reached_errs_as_often_as_it_says() -> None:
    chance = np.random.default_rng(9)

    def arm(members: int, share: float, effect: float) -> Pair:
        reached = (chance.random(members) < share).astype(float)
        return Pair.of(chance.gamma(1, 20, members) + effect * reached, reached)

    def once(effect: float) -> Effect:
        return complier_effect(arm(500, 0.1, effect), arm(1_000, 0.7, effect))

    assert 0.04 <= rate([once(0).proven for _ in range(EXPERIMENTS)]) <= 0.06
    assert 0.93 <= rate([4.0 in once(4.0).interval for _ in range(EXPERIMENTS)]) <= 0.97


@pytest.mark.slow
def test_a_band_over_weeks_errs_at_no_week_more_often_than_it_says() -> None:
    """Eight weeks of spend that hang together by members' habits; any week outside its band is an error."""
    chance = np.random.default_rng(10)
    add = np.tril(np.ones((8, 8)))
    gaps: list[Floats] = []
    covs: list[Floats] = []
    for _ in range(2_000):
        arms = [
            Joint.of(chance.gamma(1, 4, (n, 1)) * (chance.random((n, 8)) < 0.3) * chance.gamma(2, 1, (n, 8)))
            for n in (300, 600)
        ]
        covs.append(add @ (arms[0].cov / arms[0].n + arms[1].cov / arms[1].n) @ add.T)
        gaps.append(np.abs(add @ (arms[1].mean - arms[0].mean)) / np.sqrt(np.diag(covs[-1])))
    reach = reach_of_all(np.mean(covs, axis=0))  # of every experiment it is nearly the same, and slow to find
    assert 0.04 <= rate([bool((z > reach).any()) for z in gaps]) <= 0.06
    # What a reader of eight ordinary intervals would fall for:
    assert rate([bool((z > 1.96).any()) for z in gaps]) > 0.1


@pytest.mark.slow
def test_a_belief_of_ninety_per_cent_is_right_nine_times_of_ten() -> None:
    """Effects drawn from the prior: among beliefs of about a given size that share is true."""
    chance = np.random.default_rng(11)
    effects = chance.normal(0, 1, 20_000)
    seen = effects + chance.normal(0, 1, 20_000)
    beliefs = [posterior(Effect(x, 1.0, Interval(x - 1.96, x + 1.96), 0.5), Prior(0, 1)) for x in seen]
    better = np.array([one.better for one in beliefs])
    for low in (0.5, 0.7, 0.85):
        among = (better >= low) & (better < low + 0.1)
        assert np.mean(effects[among] > 0) == pytest.approx(better[among].mean(), abs=0.02)
    assert 0.93 <= rate([x in one.interval for x, one in zip(effects, beliefs, strict=True)]) <= 0.97
