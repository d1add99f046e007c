"""What the methods promise, over thousands of simulated experiments: error rates, coverage, power.

Members buy like members: most of them nothing, the rest very different amounts.
"""

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from punchcard.stats.breakage import chain_ladder
from punchcard.stats.cuped import cuped
from punchcard.stats.estimate import Effect, Interval
from punchcard.stats.mean import mean_interval, relative, welch
from punchcard.stats.moments import Moments, Pair
from punchcard.stats.multiple import benjamini_hochberg, holm
from punchcard.stats.power import power_of_shares, size_for_means
from punchcard.stats.proportion import newcombe, wilson
from punchcard.stats.quantile import quantile
from punchcard.stats.ratio import ratio
from punchcard.stats.sequential import always_valid
from punchcard.stats.shrinkage import shrink

pytestmark = pytest.mark.slow

EXPERIMENTS = 4_000
MEMBERS = 600
LIFT = 0.1


def spend(chance: np.random.Generator, members: int, lift: float = 0.0) -> np.ndarray:
    """A month's spend: 40 % buy, amounts log-normal; the lift raises what they spend."""
    return (chance.random(members) < 0.4) * chance.lognormal(3, 0.7, members) * (1 + lift)


MEAN_SPEND = 0.4 * np.exp(3 + 0.7**2 / 2)


def compare_means(chance: np.random.Generator, lift: float) -> Effect:
    return welch(Moments.of(spend(chance, MEMBERS)), Moments.of(spend(chance, 2 * MEMBERS, lift)))


def compare_relative(chance: np.random.Generator, lift: float) -> Effect:
    return relative(Moments.of(spend(chance, MEMBERS)), Moments.of(spend(chance, 2 * MEMBERS, lift)))


def compare_shares(chance: np.random.Generator, lift: float) -> Effect:
    control, treatment = chance.binomial(MEMBERS, 0.1), chance.binomial(2 * MEMBERS, 0.1 * (1 + lift))
    return newcombe((int(control), MEMBERS), (int(treatment), 2 * MEMBERS))


def compare_ratios(chance: np.random.Generator, lift: float) -> Effect:
    def arm(members: int, lift: float) -> Pair:
        receipts = 1 + chance.poisson(chance.gamma(1, 2, members))
        habit = chance.gamma(4, 5, members)  # a member's receipts resemble each other
        return Pair.of(habit * receipts * (1 + lift) + chance.normal(0, 4, members) * np.sqrt(receipts), receipts)

    return welch(ratio(arm(MEMBERS, 0)), ratio(arm(2 * MEMBERS, lift)))


def compare_cuped(chance: np.random.Generator, lift: float) -> Effect:
    def arm(members: int, lift: float) -> Pair:
        habit = chance.gamma(2, 10, members)
        before, after = habit * chance.gamma(8, 1 / 8, members), habit * chance.gamma(8, 1 / 8, members)
        return Pair.of(after * (1 + lift), before)

    adjusted = cuped(arm(MEMBERS, 0), arm(2 * MEMBERS, lift))
    return welch(adjusted.control, adjusted.treatment)


def compare_medians(chance: np.random.Generator, lift: float) -> Effect:
    control, treatment = chance.lognormal(3, 0.7, MEMBERS), chance.lognormal(3, 0.7, 2 * MEMBERS) * (1 + lift)
    return welch(quantile(control, 0.5), quantile(treatment, 0.5))


COMPARISONS: list[tuple[Callable[[np.random.Generator, float], Effect], float]] = [
    (compare_means, MEAN_SPEND * LIFT),
    (compare_relative, LIFT),
    (compare_shares, 0.1 * LIFT),
    (compare_ratios, 20 * LIFT),
    (compare_cuped, 20 * LIFT),
    (compare_medians, np.exp(3) * LIFT),
]


@pytest.mark.parametrize(("compare", "truth"), COMPARISONS, ids=lambda value: getattr(value, "__name__", ""))
def test_one_experiment_in_twenty_finds_an_effect_where_there_is_none(
    compare: Callable[[np.random.Generator, float], Effect], truth: float
) -> None:
    chance = np.random.default_rng(1)
    found = np.mean([compare(chance, 0).p < 0.05 for _ in range(EXPERIMENTS)])
    assert 0.04 <= found <= 0.06


@pytest.mark.parametrize(("compare", "truth"), COMPARISONS, ids=lambda value: getattr(value, "__name__", ""))
def test_the_interval_holds_the_true_effect_19_times_in_20(
    compare: Callable[[np.random.Generator, float], Effect], truth: float
) -> None:
    chance = np.random.default_rng(2)
    held = np.mean([truth in compare(chance, LIFT).interval for _ in range(EXPERIMENTS)])
    assert 0.93 <= held <= 0.97


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5])
def test_wilsons_interval_holds_the_true_share(share: float) -> None:
    hits = np.random.default_rng(3).binomial(200, share, EXPERIMENTS)
    assert 0.93 <= np.mean([share in wilson(int(hit), 200) for hit in hits]) <= 0.97


def test_students_interval_holds_the_true_mean() -> None:
    chance = np.random.default_rng(4)
    held = [MEAN_SPEND in mean_interval(Moments.of(spend(chance, MEMBERS))) for _ in range(EXPERIMENTS)]
    assert 0.93 <= np.mean(held) <= 0.97


def looks(chance: np.random.Generator, lift: float) -> Iterator[tuple[Moments, Moments]]:
    """One experiment seen a hundred times, each time with 100 more members an arm."""
    edges = np.arange(100, 10_001, 100)
    running: list[tuple[np.ndarray, np.ndarray]] = []
    for values in (spend(chance, 10_000), spend(chance, 10_000, lift)):
        mean = values.cumsum()[edges - 1] / edges
        square = (values**2).cumsum()[edges - 1] / edges
        running.append((mean, (square - mean**2) * edges / (edges - 1)))
    for look, n in enumerate(edges.tolist()):
        control, treatment = (Moments(n, float(mean[look]), float(variance[look])) for mean, variance in running)
        yield control, treatment


def test_peeking_a_hundred_times_is_safe_with_always_valid_intervals_and_not_with_welchs() -> None:
    chance = np.random.default_rng(5)
    wrong_sequential = wrong_fixed = 0
    experiments = 2_000
    for _ in range(experiments):
        seen = list(looks(chance, 0))
        wrong_sequential += any(always_valid(a, b, tuned_for=10_000).proven for a, b in seen)
        wrong_fixed += any(abs(b.mean - a.mean) > 1.96 * np.hypot(a.se, b.se) for a, b in seen)
    assert wrong_sequential / experiments <= 0.05
    assert wrong_fixed / experiments > 0.25


def test_an_always_valid_interval_holds_the_truth_at_all_looks_together() -> None:
    chance = np.random.default_rng(6)
    truth = MEAN_SPEND * LIFT
    held = [
        all(truth in always_valid(a, b, tuned_for=10_000).interval for a, b in looks(chance, LIFT))
        for _ in range(2_000)
    ]
    assert np.mean(held) >= 0.95


def test_the_planned_size_has_the_planned_power() -> None:
    chance = np.random.default_rng(7)
    control, treatment = size_for_means(2, 10, power=0.8)
    found = [
        welch(Moments.of(chance.normal(0, 10, control)), Moments.of(chance.normal(2, 10, treatment))).p < 0.05
        for _ in range(EXPERIMENTS)
    ]
    assert np.mean(found) == pytest.approx(0.8, abs=0.02)


def test_the_power_for_shares_is_what_it_says() -> None:
    chance = np.random.default_rng(8)
    pairs = zip(chance.binomial(2_000, 0.10, EXPERIMENTS), chance.binomial(3_000, 0.13, EXPERIMENTS), strict=True)
    found = [newcombe((int(a), 2_000), (int(b), 3_000)).p < 0.05 for a, b in pairs]
    assert np.mean(found) == pytest.approx(power_of_shares(0.10, 0.13, 2_000, 3_000), abs=0.02)


def test_twenty_segments_at_once_give_false_findings_no_more_often_than_promised() -> None:
    chance = np.random.default_rng(9)
    p_values = chance.random((EXPERIMENTS, 20))
    assert np.mean([(holm(row) < 0.05).any() for row in p_values]) == pytest.approx(0.05, abs=0.01)
    p_values[:, :5] *= 1e-4  # five true effects among the twenty
    findings = [benjamini_hochberg(row) < 0.05 for row in p_values]
    assert np.mean([row[5:].sum() / max(1, row.sum()) for row in findings]) <= 0.05


def test_the_winner_of_a_league_of_campaigns_is_overstated_and_shrinkage_mends_it() -> None:
    chance = np.random.default_rng(10)
    raw, mended = [], []
    for _ in range(2_000):
        ses = chance.uniform(0.5, 4, 30)
        truth = chance.normal(5, 1, 30)
        seen = truth + chance.normal(0, ses)
        shrunk = shrink(seen, ses)
        raw.append(seen.max() - truth[seen.argmax()])
        mended.append(shrunk.values.max() - truth[shrunk.values.argmax()])
    assert np.mean(raw) > 2
    assert abs(np.mean(mended)) < 0.2


def test_macks_error_covers_what_is_to_come() -> None:
    """Cohorts that develop as Mack's model says: the truth lies within 1.96 standard errors about 19 times in 20."""
    chance = np.random.default_rng(11)
    held: list[bool] = []
    for _ in range(2_000):
        full = np.empty((12, 6))
        full[:, 0] = chance.gamma(100, 10, 12)
        for age, factor in enumerate((2.0, 1.4, 1.2, 1.1, 1.05)):
            full[:, age + 1] = full[:, age] * factor + chance.normal(0, 0.5 * np.sqrt(full[:, age]))
        known = np.where(np.arange(6) < np.clip(12 - np.arange(12), 1, 6)[:, None], full, np.nan)
        development = chain_ladder(known)
        assert development.se is not None
        total = sum(development.ultimate)
        reach = 1.96 * development.se
        held.append(full[:, -1].sum() in Interval(total - reach, total + reach))
    assert 0.92 <= np.mean(held) <= 0.97
