"""Forecast: what a series will be, with an interval, and how far such forecasts have been off.

Exponential smoothing in its error-correction form (Hyndman and others, Forecasting with Exponential Smoothing, 2008):
a level, a damped trend and a season, all additive. The weights are taken from a grid, by AICc. All of the grid runs
through the series at once, so at each moment the best of it so far is known. What it would have forecast then, held
against what came, is the back-test: no weight in it was chosen with what came after.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from punchcard.stats.estimate import Interval, NotEnough, check_level

Floats = NDArray[np.float64]

FEWEST = 12  # values before a first forecast; with a season also two and a half of its rounds
_BURN = 4  # first values that only set the start
_ROUNDS = 2.5
_MOST_ORIGINS = 26

_ALPHAS = (0.01, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.98)
_BETAS = (0.05, 0.2, 0.5)  # of alpha
_PHIS = (0.8, 0.9, 0.97)
_GAMMAS = (0.03, 0.1, 0.3)  # of what alpha leaves


@dataclass(frozen=True, slots=True)
class BackTest:
    """Forecasts made at earlier moments, held against what came.

    `wape` is the sum of the errors' sizes over the sum of what came, `naive_wape` that of saying "as the last one"
    (with a season: as a round ago). `coverage` is the share of values that lay in their interval.
    """

    origins: int
    forecasts: int
    wape: float
    naive_wape: float
    coverage: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """The next values, each with its interval; the parts of the model; and the back-test."""

    values: tuple[float, ...]
    intervals: tuple[Interval, ...]
    has_trend: bool
    has_season: bool
    back_test: BackTest | None


def forecast(values: Sequence[float], horizon: int, *, season: int = 1, level: float = 0.95) -> Forecast:
    """The next values of a series; NotEnough if it is too short, or never changes."""
    check_level(level)
    series = np.asarray(values, np.float64)
    if len(series) < FEWEST:
        raise NotEnough(f"a forecast needs at least {FEWEST} values; there are {len(series)}")
    if not np.isfinite(series).all():
        raise NotEnough("a forecast needs a value at each moment; some are missing")
    if np.ptp(series) == 0:
        raise NotEnough("all values are the same, so nothing says how far a forecast may be off")
    rounds = season if season > 1 and len(series) >= _ROUNDS * season + _BURN else 1
    race = _Race(series, rounds, horizon, level)
    first = max(FEWEST, math.ceil(_ROUNDS * rounds) + _BURN if rounds > 1 else 0, len(series) - _MOST_ORIGINS)
    made: list[tuple[int, Floats, Floats]] = []
    for place in range(len(series)):
        if place >= first:
            ahead, reach, _ = race.ahead(place)
            made.append((place, ahead, reach))
        race.step(place)
    ahead, reach, best = race.ahead(len(series))
    least = 0.0 if series.min() >= 0 else -math.inf  # what was never negative will not be
    return Forecast(
        tuple(max(float(value), least) for value in ahead),
        tuple(
            Interval(max(float(value - far), least), max(float(value + far), least))
            for value, far in zip(ahead, reach, strict=True)
        ),
        bool(race.phi[best] > 0),
        bool(race.gamma[best] > 0),
        _back_test(series, made, rounds),
    )


class _Race:
    """All models of the grid, side by side: their weights, states, and squared errors so far."""

    def __init__(self, series: Floats, season: int, horizon: int, level: float) -> None:
        self.series, self.season, self.horizon, self.level = series, season, horizon, level
        trends = [(0.0, 0.0), *product(_BETAS, _PHIS)]
        seasons = [0.0, *(_GAMMAS if season > 1 else ())]
        grid = np.array([(a, b * a, phi, g * (1 - a)) for a, (b, phi), g in product(_ALPHAS, trends, seasons)])
        self.alpha, self.beta, self.phi, self.gamma = grid.T
        seasonal = self.gamma > 0
        self.weights = 2 + 2 * (self.phi > 0) + seasonal
        self.parameters = self.weights + 1 + (self.phi > 0) + season * seasonal  # with what they start from
        begin = series[: max(2 * _BURN, season)]
        self.level_now = np.full(len(grid), begin.mean())
        self.trend = np.zeros(len(grid))
        start = series[:season] - series[:season].mean() if season > 1 else np.zeros(1)
        self.seasons = start[:, None] * seasonal[None, :]
        self.squares = np.zeros(len(grid))

    def step(self, place: int) -> None:
        """Let all models see the value at a place."""
        slot = place % self.season
        trend = self.phi * self.trend
        error = self.series[place] - (self.level_now + trend + self.seasons[slot])
        self.level_now = self.level_now + trend + self.alpha * error
        self.trend = trend + self.beta * error
        self.seasons[slot] += self.gamma * error
        if place >= max(_BURN, self.season if self.season > 1 else 0):
            self.squares += error**2

    def ahead(self, seen: int) -> tuple[Floats, Floats, int]:
        """The best model after so many values: its next values, how far their intervals reach, and its place."""
        count = seen - max(_BURN, self.season if self.season > 1 else 0)
        free = count - self.parameters
        squares = np.maximum(self.squares, 1e-300)
        weighed = np.where(
            free > 1, count * np.log(squares / count) + 2 * self.parameters * count / np.maximum(free - 1, 1), np.inf
        )
        best = int(np.argmin(weighed))
        steps = np.arange(1, self.horizon + 1)
        damped = np.cumsum(self.phi[best] ** steps)
        slots = (seen + steps - 1) % self.season
        values = self.level_now[best] + damped * self.trend[best] + self.seasons[slots, best]
        turns = (steps % self.season == 0) if self.season > 1 else np.zeros(self.horizon, np.bool_)
        weights = self.alpha[best] + self.beta[best] * damped + self.gamma[best] * turns
        spread = np.sqrt(1 + np.concatenate([[0.0], np.cumsum(weights**2)[:-1]]))
        left = max(float(count - self.weights[best]), 1.0)
        sigma = math.sqrt(squares[best] / left)
        return values, stats.t.ppf((1 + self.level) / 2, left) * sigma * spread, best


def _back_test(series: Floats, made: list[tuple[int, Floats, Floats]], season: int) -> BackTest | None:
    missed, naive, came, inside, count = 0.0, 0.0, 0.0, 0, 0
    for place, ahead, reach in made:
        actual = series[place : place + len(ahead)]
        steps = np.arange(len(actual))
        error = np.abs(actual - ahead[: len(actual)])
        missed += error.sum()
        naive += np.abs(actual - series[place - season + steps % season]).sum()
        came += np.abs(actual).sum()
        inside += int((error <= reach[: len(actual)]).sum())
        count += len(actual)
    if not count or not came:
        return None
    return BackTest(len(made), count, float(missed / came), float(naive / came), inside / count)
