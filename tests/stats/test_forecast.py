"""Forecasts: intervals that cover what comes, a back-test that looks at nothing later, and refusals."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from punchcard.stats import forecast as forecasting
from punchcard.stats.estimate import NotEnough
from punchcard.stats.forecast import FEWEST, Forecast

HORIZON = 6


def forecast(values: Sequence[float] | np.ndarray, horizon: int, *, season: int = 1) -> Forecast:
    """What is forecast of a series, given as it comes."""
    return forecasting.forecast([float(value) for value in values], horizon, season=season)


def walks(chance: np.random.Generator, count: int, length: int, alpha: float) -> np.ndarray:
    """Series of a level that moves: the model behind simple exponential smoothing."""
    noise = chance.normal(0, 10, (count, length))
    return 1000 + np.hstack([np.zeros((count, 1)), alpha * noise[:, :-1].cumsum(axis=1)]) + noise


@pytest.mark.parametrize(("alpha", "length"), [(0.1, 60), (0.3, 104), (0.7, 104), (0.0, 60)])
def test_intervals_cover_what_comes(alpha: float, length: int) -> None:
    """Over 2,000 series of one year or two of weeks, 93 to 97 of 100 values lie in their interval."""
    series = walks(np.random.default_rng(7), 2000, length + HORIZON, alpha)
    inside = [
        one[length + ahead] in interval
        for one in series
        for ahead, interval in enumerate(forecast(one[:length], HORIZON).intervals)
    ]
    assert 0.93 <= np.mean(inside) <= 0.97


def test_intervals_cover_what_comes_with_a_season_and_a_trend() -> None:
    chance = np.random.default_rng(3)
    length, season = 84, 7
    days = np.arange(length + HORIZON)
    wave = 200 * np.sin(2 * np.pi * days / season)
    series = walks(chance, 500, length + HORIZON, 0.2) + wave
    found = [forecast(one[:length], HORIZON, season=season) for one in series]
    inside = [
        one[length + ahead] in interval
        for one, told in zip(series, found, strict=True)
        for ahead, interval in enumerate(told.intervals)
    ]
    assert 0.93 <= np.mean(inside) <= 0.97
    assert np.mean([told.has_season for told in found]) > 0.99
    tests = [told.back_test for told in found if told.back_test is not None]
    assert np.mean([test.wape for test in tests]) < np.mean([test.naive_wape for test in tests])


def test_the_back_test_measures_the_error_of_forecasts_made_then() -> None:
    """Its error is that of forecasting from each earlier moment with what was known, its coverage near the level."""
    chance = np.random.default_rng(11)
    series = walks(chance, 1, 90, 0.3)[0]
    told = forecast(series, HORIZON).back_test
    assert told is not None
    missed = came = 0.0
    inside: list[bool] = []
    for origin in range(90 - told.origins, 90):
        then = forecast(series[:origin], HORIZON)
        for ahead, value in enumerate(series[origin : origin + HORIZON]):
            missed += abs(value - then.values[ahead])
            came += abs(value)
            inside.append(value in then.intervals[ahead])
    assert told.wape == pytest.approx(missed / came)
    assert told.coverage == pytest.approx(np.mean(inside))
    assert told.forecasts == len(inside)


def test_what_is_still_to_come_moves_no_forecast() -> None:
    series = walks(np.random.default_rng(5), 1, 70, 0.3)[0]
    with_more = forecast(np.concatenate([series, [5000.0, 1.0]]), HORIZON)
    assert with_more.values != forecast(series, HORIZON).values
    assert forecast(list(series), HORIZON) == forecast(series.copy(), HORIZON)


def test_a_rising_series_is_seen_to_rise_and_a_season_to_return() -> None:
    days = np.arange(60.0)
    rising = forecast(100 + 5 * days + np.sin(days) * 0.01, HORIZON)
    assert rising.values[0] > 395
    assert rising.values[-1] > rising.values[0]
    weekly = forecast(np.tile([10.0, 20, 30, 40, 50, 60, 200], 10) + np.cos(days[:1]), HORIZON + 1, season=7)
    assert int(np.argmax(weekly.values)) == 6


def test_what_was_never_negative_is_not_forecast_to_be() -> None:
    told = forecast(np.abs(np.random.default_rng(1).normal(0, 30, 40)), HORIZON)
    assert all(interval.low >= 0 for interval in told.intervals)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1.0] * (FEWEST - 1), "needs at least 12 values; there are 11"),
        ([5.0] * 30, "all values are the same"),
        ([*range(20), math.nan], "some are missing"),
    ],
)
def test_a_forecast_is_refused(values: list[float], message: str) -> None:
    with pytest.raises(NotEnough, match=message):
        forecast(values, HORIZON)


def test_it_is_as_good_as_the_reference_implementation() -> None:
    """Against statsmodels' ETS on the same series: the mean error is at most a twentieth larger."""
    ets = pytest.importorskip("statsmodels.tsa.exponential_smoothing.ets", reason="NO STATSMODELS")
    series = walks(np.random.default_rng(13), 60, 80 + HORIZON, 0.3)
    ours, theirs = 0.0, 0.0
    for one in series:
        came = one[80:]
        ours += np.abs(came - forecast(one[:80], HORIZON).values).sum()
        fitted = ets.ETSModel(one[:80], error="add").fit(disp=False)
        theirs += np.abs(came - fitted.forecast(HORIZON)).sum()
    assert ours < 1.05 * theirs
