"""BG/NBD and Gamma-Gamma: worked and published figures, the likelihood by integration, recovery of known parameters."""

import math

import numpy as np
import pytest
from scipy import stats

from punchcard.stats.estimate import NotEnough
from punchcard.stats.lifetime import BgNbd, GammaGamma, fit_bg_nbd, fit_gamma_gamma

WORKED = BgNbd(r=0.25, alpha=4, a=0.8, b=2.5)
CDNOW = BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426)  # Fader, Hardie and Lee, Marketing Science 24 (2005), table 2


def test_a_member_of_three_receipt_days_is_alive_with_0_7311() -> None:
    assert WORKED.p_alive(2, 30, 38) == pytest.approx(0.7311, abs=5e-5)


def test_a_member_who_never_came_back_counts_as_alive_in_this_model() -> None:
    assert WORKED.p_alive([0, 0], [0, 0], [0, 500]).tolist() == [1, 1]


def test_the_first_customer_of_cdnow_is_expected_to_buy_1_226_times() -> None:
    """Fader, Hardie and Lee, BG/NBD in Excel (2005): x = 2, t_x = 30.43, T = 38.86, and 39 weeks ahead."""
    assert CDNOW.expected_purchases(39, 2, 30.43, 38.86) == pytest.approx(1.226, abs=5e-4)


def test_nothing_is_expected_of_no_time_and_more_of_more() -> None:
    ahead = [float(CDNOW.expected_purchases(weeks, 4, 20, 30)) for weeks in (0, 1, 10, 100)]
    assert ahead[0] == pytest.approx(0, abs=1e-12)
    assert ahead == sorted(ahead)


@pytest.mark.parametrize(("x", "t_x", "age"), [(0, 0, 20), (1, 5, 20), (3, 19, 20), (3, 6, 20)])
def test_the_likelihood_is_the_integral_over_rates_and_dropouts(x: int, t_x: float, age: float) -> None:
    """The model's story for one rate and one dropout chance, integrated over both mixtures on a Gauss-Legendre grid."""
    nodes, weights = np.polynomial.legendre.leggauss(400)
    rate, dropout = 4 * (nodes + 1)[:, None], ((nodes + 1) / 2)[None, :]
    alive = (1 - dropout) ** x * rate**x * np.exp(-rate * age)
    left = dropout * (1 - dropout) ** (x - 1) * rate**x * np.exp(-rate * t_x) if x else 0.0
    density = (alive + left) * stats.gamma.pdf(rate, 1.5, scale=1 / 4) * stats.beta.pdf(dropout, 1.8, 2.5)
    likelihood = 4 * weights @ density @ weights / 2
    assert BgNbd(1.5, 4, 1.8, 2.5).log_likelihood(x, t_x, age) == pytest.approx(math.log(likelihood), abs=1e-5)


@pytest.mark.parametrize(
    ("history", "why"),
    [
        ((2, 0, 38), "exactly for those"),
        ((0, 8, 38), "exactly for those"),
        ((2, 40, 38), "an age, not"),
        ((-1, 1, 2), "x >= 0"),
    ],
)
def test_a_history_that_contradicts_itself_is_refused(history: tuple[float, float, float], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        WORKED.p_alive(*history)


def test_fitting_needs_members_who_came_back() -> None:
    with pytest.raises(NotEnough):
        fit_bg_nbd(np.zeros(500), np.zeros(500), np.full(500, 30.0))


@pytest.mark.slow
def test_fitting_recovers_the_parameters_it_was_given() -> None:
    truth = BgNbd(r=0.8, alpha=6, a=1.2, b=3)
    x, t_x, age = simulated(truth, members=20_000, seed=3)
    found = fit_bg_nbd(x, t_x, age)
    assert [found.r, found.alpha, found.a, found.b] == pytest.approx([0.8, 6, 1.2, 3], rel=0.15)
    assert found.log_likelihood(x, t_x, age) >= truth.log_likelihood(x, t_x, age)
    # The unit of time is nobody's business but the caller's.
    in_days = fit_bg_nbd(x, t_x * 7, age * 7)
    assert [in_days.r, in_days.alpha / 7, in_days.a, in_days.b] == pytest.approx(
        [found.r, found.alpha, found.a, found.b], rel=1e-3
    )


@pytest.mark.slow
def test_p_alive_is_the_share_that_is_alive() -> None:
    """Calibration: of members shown as alive with about p, about p are."""
    truth = BgNbd(r=0.8, alpha=6, a=1.2, b=3)
    x, t_x, age, alive = simulated_with_truth(truth, members=100_000, seed=4)
    shown = truth.p_alive(x, t_x, age)
    for low in (0.1, 0.3, 0.5, 0.7, 0.9):
        group = (shown >= low) & (shown < low + 0.1)
        assert alive[group].mean() == pytest.approx(shown[group].mean(), abs=0.03)


def test_expected_spend_of_a_cdnow_customer() -> None:
    """Fader and Hardie (2013): p = 6.25, q = 3.74, v = 15.44; two purchases of 22.35 on average."""
    model = GammaGamma(p=6.25, q=3.74, v=15.44)
    assert model.expected_spend(2, 22.35) == pytest.approx(24.66, abs=0.01)
    assert model.expected_spend(0, 0) == pytest.approx(6.25 * 15.44 / 2.74)


@pytest.mark.slow
def test_fitting_spend_recovers_the_parameters_it_was_given() -> None:
    chance = np.random.default_rng(5)
    x = 1 + chance.poisson(3, 20_000)
    rate = chance.gamma(4, 1 / 15, 20_000)
    spend = chance.gamma(6 * x) / rate / x
    found = fit_gamma_gamma(x, spend)
    assert [found.p, found.q, found.v] == pytest.approx([6, 4, 15], rel=0.1)


def simulated(model: BgNbd, *, members: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return simulated_with_truth(model, members=members, seed=seed)[:3]


def simulated_with_truth(
    model: BgNbd, *, members: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Histories drawn by the model's own story, step by step: a purchase, then perhaps leaving for good."""
    chance = np.random.default_rng(seed)
    rate = chance.gamma(model.r, 1 / model.alpha, members)
    dropout = chance.beta(model.a, model.b, members)
    age = chance.uniform(30, 100, members)
    x, t_x, now = np.zeros(members), np.zeros(members), np.zeros(members)
    alive, watched = np.ones(members, dtype=bool), np.ones(members, dtype=bool)
    while watched.any():
        now[watched] += chance.exponential(1 / rate[watched])
        watched &= now <= age
        x[watched] += 1
        t_x[watched] = now[watched]
        leaves = watched & (chance.random(members) < dropout)
        alive[leaves] = False
        watched &= ~leaves
    return x, t_x, age, alive
