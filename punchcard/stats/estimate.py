"""What a statistic gives: an interval, or an effect with its interval and p-value; or a refusal."""

from dataclasses import dataclass


class NotEnough(ValueError):
    """The numbers cannot carry the figure that was asked for; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A range of values that the data do not contradict, both ends included."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Effect:
    """Treatment minus control: the estimate, its standard error, its interval, and the p-value of "no effect"."""

    value: float
    se: float
    interval: Interval
    p: float

    @property
    def proven(self) -> bool:
        """True if the interval leaves out "no effect"."""
        return 0 not in self.interval


def check_level(level: float) -> float:
    """The confidence level, if it is one.

    >>> check_level(95)
    Traceback (most recent call last):
        ...
    ValueError: a confidence level lies between 0 and 1, such as 0.95; got 95
    """
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, such as 0.95; got {level}")
    return level
