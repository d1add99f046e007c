"""Scales: from values to percent of a plot, with ticks at round numbers."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

_ROUND = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear axis from `low` to `high`, both ticks, `step` apart."""

    low: float
    high: float
    step: float

    def at(self, value: float) -> float:
        """Where a value lies, in percent from the low end."""
        return (value - self.low) / (self.high - self.low) * 100

    @property
    def ticks(self) -> tuple[float, ...]:
        """The values to label, low to high."""
        count = round((self.high - self.low) / self.step)
        return tuple(round(self.low + place * self.step, 10) for place in range(count + 1))


def scale(values: Iterable[float | None], *, zero: bool = True, ticks: int = 4, whole: bool = False) -> Scale:
    """The axis that holds all values with about `ticks` steps; `zero` keeps zero on it, `whole` steps by whole numbers.

    >>> scale([3, 58_200]).ticks
    (0.0, 20000.0, 40000.0, 60000.0)
    """
    known = [float(value) for value in values if value is not None and math.isfinite(value)]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        low, high = (min(low, 0.0), max(high, 0.0)) if high else (0.0, 1.0)
    step = _step((high - low) / ticks)
    if whole:
        step = max(1.0, math.ceil(step))
    return Scale(math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step, step)


def roomy(values: Iterable[float | None]) -> Scale:
    """The axis that holds all values and zero with a little room at both ends, for marks without ticks.

    >>> round(roomy([2, 8]).at(0), 2), round(roomy([2, 8]).at(8), 2)
    (4.0, 96.59)
    """
    known = [0.0, *(value for value in values if value is not None)]
    low, high = min(known), max(known)
    reach = (high - low) * 1.08 or 1.0
    start = low - reach * 0.04
    return Scale(start, start + reach, reach)


def _step(rough: float) -> float:
    size = 10.0 ** math.floor(math.log10(rough))
    return next(part * size for part in _ROUND if part * size >= rough * 0.999)


def spread(count: int, room: int) -> tuple[int, ...]:
    """Which of `count` evenly spaced places to label so that at most `room` labels stand.

    >>> spread(12, 4), spread(3, 6)
    ((0, 3, 6, 9), (0, 1, 2))
    """
    stride = max(1, math.ceil(count / room))
    return tuple(range(0, count, stride))
