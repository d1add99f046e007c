"""Bins of a histogram with edges that people read easily, and a spread in words."""

import math
from collections.abc import Sequence


def bins(least: float, high: float, most: int) -> list[float]:
    """The edges of at most about `most` bins from `least` to `high`: 1, 2 or 5 times a power of ten wide.

    Of whole numbers no bin is narrower than one; the last edge lies above `high`.

    >>> bins(3, 48, 5), bins(0, 1, 4), bins(7, 7, 20)
    ([0.0, 10.0, 20.0, 30.0, 40.0, 50.0], [0.0, 1.0, 2.0], [7.0, 8.0])
    """
    span = max(high - least, 1e-9)
    rough = span / most
    power = 10 ** math.floor(math.log10(rough))
    width = next((step * power for step in (1, 2, 5, 10) if step * power >= rough), 10 * power)
    if float(least).is_integer() and float(high).is_integer():
        width = max(width, 1.0)
    start = math.floor(least / width) * width
    number = max(1, math.ceil((high - start) / width + 1e-9) if high > start else 1)
    return [float(f"{start + place * width:.12g}") for place in range(number + 1)]


def in_words(count: int, named: Sequence[tuple[str, float | None]]) -> str:
    """How many values there are, and some of them by name, with two decimals at most.

    >>> in_words(4000, [("median", 24880.0), ("mean", 468.888)])
    '4,000 in all · median 24,880 · mean 468.89'
    """
    return " · ".join([f"{count:,} in all", *(f"{name} {_plain(value)}" for name, value in named)])


def _plain(value: float | None) -> str:
    return "—" if value is None else f"{value:,.2f}".removesuffix(".00")
