"""Days: the calendar of a simulated programme in its own zone, and how busy each day is."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import exp, pi, sin
from zoneinfo import ZoneInfo

import numpy as np

from punchcard.simulate.chance import Floats, Ints
from punchcard.simulate.profile import Season

DAY = 86_400

_YEAR_DAYS = 365.25
_EPOCH = date(1970, 1, 1)
# Points earned on the last day run out long after it; the calendar goes on for as long.
_BEYOND = 800


@dataclass(frozen=True, slots=True)
class Days:
    """The days of the data, numbered from 0, with the moments (seconds since 1970) at which they begin.

    `noons` is noon less twelve hours: a time of day added to it is right on days with 23 or 25 hours too, from early
    morning on. `months` holds the first day of every calendar month and, at its end, the number of days.
    `busy` is how much is bought on a day (1 on average), `so_far` its running sum.
    """

    first: date
    count: int
    midnights: Ints
    noons: Ints
    months: Ints
    busy: Floats
    so_far: Floats

    @property
    def start(self) -> int:
        """The moment at which the data begins."""
        return int(self.midnights[0])

    @property
    def end(self) -> int:
        """The moment before which everything in the data happened."""
        return int(self.midnights[self.count])

    @property
    def month_starts(self) -> Ints:
        """The moment at which each month begins, and at the end the one after the last."""
        return self.midnights[self.months]

    def day(self, index: int) -> date:
        """The date of a day."""
        return self.first + timedelta(days=index)

    def number(self, index: Ints) -> Ints:
        """Days since 1970, as files store a date."""
        return index + (self.first - _EPOCH).days

    def of(self, moments: Ints) -> Ints:
        """The day on which each moment lies."""
        return np.searchsorted(self.midnights, moments, side="right") - 1

    def month_of(self, moments: Ints) -> Ints:
        """The month in which each moment lies; what is before the data counts to its first."""
        found = np.searchsorted(self.month_starts, moments, side="right") - 1
        return np.clip(found, 0, len(self.months) - 2)


def days(first: date, count: int, zone: str, season: Season) -> Days:
    """The calendar from a first day on."""
    dates = [first + timedelta(days=index) for index in range(count + _BEYOND)]
    clock = ZoneInfo(zone)
    midnights = np.array([_moment(day, 0, clock) for day in dates])
    noons = np.array([_moment(day, 12, clock) - DAY // 2 for day in dates])
    inside = dates[:count]
    months = [index for index, day in enumerate(inside) if index == 0 or day.day == 1]
    busy = np.array([_busy(day, season) for day in inside])
    busy *= count / busy.sum()
    so_far = np.concatenate([[0.0], np.cumsum(busy)])
    return Days(first, count, midnights, noons, np.array([*months, count]), busy, so_far)


def _moment(day: date, hour: int, clock: ZoneInfo) -> int:
    return round(datetime(day.year, day.month, day.day, hour, tzinfo=clock).astimezone(UTC).timestamp())


def _busy(day: date, season: Season) -> float:
    """A year's wave with its top in early summer, the weeks before Christmas, and the day of the week."""
    turn = (day.timetuple().tm_yday - 1) / _YEAR_DAYS
    to_christmas = (date(day.year, 12, 24) - day).days
    rush = season.christmas * exp(-to_christmas / season.christmas_days) if to_christmas >= 0 else 0.0
    return (1 + season.wave * sin(2 * pi * (turn - 0.2)) + rush) * season.week[day.weekday()]
