"""Lifetime without a contract: who still buys, how often they will, and for how much.

A member's history in three numbers, in one unit of time (weeks, say), counted from the first purchase:
`x`, the *repeat* purchase days (the first does not count, several on a day count once); `t_x`, the age at the last of
them, 0 if there is none; `age`, the age now. Arrays of any length; scalars work too.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from punchcard.stats.estimate import NotEnough

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BgNbd:
    """The BG/NBD model of Fader, Hardie and Lee (2005): purchase rate Gamma(r, alpha), dropout Beta(a, b)."""

    r: float
    alpha: float
    a: float
    b: float

    def __post_init__(self) -> None:
        if min(self.r, self.alpha, self.a, self.b) <= 0:
            raise ValueError(f"all four parameters are above zero; got {self}")

    def p_alive(self, x: ArrayLike, t_x: ArrayLike, age: ArrayLike) -> Floats:
        """The chance that a member has not left for good; exactly 1 for x = 0, which is the model and not loyalty.

        >>> float(BgNbd(r=0.25, alpha=4, a=0.8, b=2.5).p_alive(2, 30, 38).round(4))
        0.7311
        """
        x, t_x, age = histories(x, t_x, age)
        return 1 / (1 + self._left(x, t_x, age))

    def expected_purchases(self, ahead: float, x: ArrayLike, t_x: ArrayLike, age: ArrayLike) -> Floats:
        """Repeat purchases expected in the next `ahead` units of time (equation 10 of the paper)."""
        x, t_x, age = histories(x, t_x, age)
        if ahead < 0:
            raise ValueError(f"the time ahead is not negative; got {ahead}")
        if self.a == 1:
            raise ValueError("the expectation has no closed form at a = 1 exactly")
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        series = special.hyp2f1(r + x, b + x, a + b + x - 1, ahead / (alpha + age + ahead))
        bought = 1 - ((alpha + age) / (alpha + age + ahead)) ** (r + x) * series
        return (a + b + x - 1) / (a - 1) * bought / (1 + self._left(x, t_x, age))

    def log_likelihood(self, x: ArrayLike, t_x: ArrayLike, age: ArrayLike) -> float:
        """The sum over members (equation 6)."""
        return _log_likelihood(np.log([self.r, self.alpha, self.a, self.b]), *histories(x, t_x, age))

    def _left(self, x: Floats, t_x: Floats, age: Floats) -> Floats:
        """The odds that a member has left."""
        # Where x is 0 there is no term; b + x - 1 may be zero there, so it is replaced before dividing.
        again = np.where(x > 0, self.b + x - 1, 1)
        odds = self.a / again * ((self.alpha + age) / (self.alpha + t_x)) ** (self.r + x)
        return np.where(x > 0, odds, 0)


def fit_bg_nbd(x: ArrayLike, t_x: ArrayLike, age: ArrayLike) -> BgNbd:
    """The most likely parameters; at least 100 members, some of whom came back."""
    history = histories(x, t_x, age)
    if len(history[0]) < 100 or not history[0].any():
        raise NotEnough("at least 100 members, some of whom came back, are needed to fit a lifetime model")
    # In units of the longest age the parameters are of one size, whatever the unit of time was.
    scale = float(history[2].max())
    scaled = (history[0], history[1] / scale, history[2] / scale)
    found = _most_likely(_log_likelihood, scaled, 4)
    r, alpha, a, b = np.exp(found).tolist()
    return BgNbd(r, alpha * scale, a, b)


@dataclass(frozen=True, slots=True)
class GammaGamma:
    """The Gamma-Gamma model of spend (Fader, Hardie and Lee 2005; note of 2013): Gamma(p, nu), nu of Gamma(q, v).

    What a member spends must not go with how often they buy; check the correlation before you use it.
    """

    p: float
    q: float
    v: float

    def __post_init__(self) -> None:
        if min(self.p, self.q, self.v) <= 0:
            raise ValueError(f"all three parameters are above zero; got {self}")

    def expected_spend(self, x: ArrayLike, mean_spend: ArrayLike) -> Floats:
        """The spend expected per purchase of a member with `x` purchases of `mean_spend` on average; needs q > 1."""
        if self.q <= 1:
            raise NotEnough(f"with q = {self.q:g} the mean over members is infinite")
        x, spend = np.asarray(x, dtype=np.float64), np.asarray(mean_spend, dtype=np.float64)
        own = self.p * x / (self.p * x + self.q - 1)
        return (1 - own) * (self.p * self.v / (self.q - 1)) + own * spend


def fit_gamma_gamma(x: ArrayLike, mean_spend: ArrayLike) -> GammaGamma:
    """The most likely parameters from members who spent something: purchases and their mean spend."""
    count, spend = np.asarray(x, dtype=np.float64), np.asarray(mean_spend, dtype=np.float64)
    if len(count) < 100:
        raise NotEnough(f"at least 100 members are needed to fit a spend model; got {len(count)}")
    if count.min() < 1 or spend.min() <= 0:
        raise ValueError("leave out members without a purchase, and purchases of nothing")
    scale = float(spend.mean())
    p, q, v = np.exp(_most_likely(_spend_log_likelihood, (count, spend / scale), 3)).tolist()
    return GammaGamma(p, q, v * scale)


def histories(x: ArrayLike, t_x: ArrayLike, age: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """The three numbers as arrays of one shape, refused if they contradict each other."""
    repeats, last, now = np.broadcast_arrays(*(np.asarray(value, dtype=np.float64) for value in (x, t_x, age)))
    if not ((repeats >= 0) & (last >= 0) & (last <= now)).all():
        raise ValueError("0 <= t_x <= age and x >= 0 hold for every member; t_x is an age, not the time since")
    if ((repeats == 0) != (last == 0)).any():
        raise ValueError("t_x is 0 exactly for those who never came back (x = 0)")
    return repeats, last, now


def _log_likelihood(logs: Floats, x: Floats, t_x: Floats, age: Floats) -> float:
    r, alpha, a, b = np.exp(logs)
    buying = special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha)
    staying = special.betaln(a, b + x) - special.betaln(a, b)
    alive = -(r + x) * np.log(alpha + age)
    again = np.where(x > 0, b + x - 1, 1)
    gone = np.where(x > 0, np.log(a / again) - (r + x) * np.log(alpha + t_x), -np.inf)
    return float((buying + staying + np.logaddexp(alive, gone)).sum())


def _spend_log_likelihood(logs: Floats, x: Floats, spend: Floats) -> float:
    p, q, v = np.exp(logs)
    px = p * x
    shape = special.gammaln(px + q) - special.gammaln(px) - special.gammaln(q)
    scale = q * np.log(v) + (px - 1) * np.log(spend) + px * np.log(x) - (px + q) * np.log(x * spend + v)
    return float((shape + scale).sum())


def _most_likely(likelihood: Callable[..., float], data: tuple[Floats, ...], parameters: int) -> Floats:
    """The logarithms of the parameters at which the likelihood is highest, searched from all of them at 1."""
    found = optimize.minimize(
        lambda logs: -likelihood(logs, *data) / len(data[0]),
        np.zeros(parameters),
        method="Nelder-Mead",
        options={"xatol": 1e-7, "fatol": 1e-10, "maxiter": 4000},
    )
    if not found.success:
        raise NotEnough(f"the model does not settle on this history: {found.message}")
    return found.x
